"""How often a block runs each of its loops over draws: the kernels as plain Python, all draws of a loop at once.

Every loop over draws is rewritten before its module is loaded: it notes its passes and is done by NumPy.  This needs a
process of its own, `python -m benchmarks.passes`, which takes pickled inputs.
"""

from __future__ import annotations

import ast
import json
import os
import pickle
import subprocess
import sys
from collections import Counter
from contextlib import redirect_stdout
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType
from typing import Any

import numpy as np

from benchmarks.cases import ROOT
from benchmarks.lane_loops import decorators, fixed_choices, is_lane_loop
from simmodel.engine.block import B
from simmodel.inputs.model_inputs import ModelInputs

Passes = dict[tuple[str, tuple[bool, ...]], float]  # by loop and outcomes of its fixed choices
PASSES: Counter[tuple[str, tuple[bool, ...]]] = Counter()  # draws that went through, in this process


def note_pass(name: str, lanes: range, *chosen: bool) -> Any:
    """Note a pass of a loop; the places it goes through."""
    PASSES[name, tuple(map(bool, chosen))] += len(lanes)
    return np.arange(lanes.start, lanes.stop, lanes.step)


class OnArrays(ast.NodeTransformer):
    """Rewrites loops over draws, and the scalar functions they call, to be done on arrays."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.fixed: list[ast.IfExp] = []
        self.inside = False

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
        """Rewrite a scalar function."""
        self.inside = "kernel_scalar" in decorators(node)
        self.generic_visit(node)
        self.inside = False
        return node

    def visit_For(self, node: ast.For) -> Any:
        """Put the statements of a loop over draws in its place."""
        if not is_lane_loop(node):
            return self.generic_visit(node)
        self.inside, self.fixed = True, fixed_choices(node)
        tests = [one.test for one in self.fixed]
        lanes = called("note_pass", ast.Constant(f"{self.file}:{node.lineno}"), node.iter, *tests)
        self.generic_visit(node)
        self.inside = False
        return [ast.Assign([node.target], lanes), *node.body]

    def visit_IfExp(self, node: ast.IfExp) -> Any:
        """Choose draw by draw."""
        self.generic_visit(node)
        return called("np.where", node.test, node.body, node.orelse) if self.inside and node not in self.fixed else node

    def visit_Call(self, node: ast.Call) -> Any:
        """Take the smaller or larger draw by draw."""
        self.generic_visit(node)
        name = {"min": "np.minimum", "max": "np.maximum"}.get(ast.unparse(node.func)) if self.inside else None
        return called(name, *node.args) if name else node

    def visit_AugAssign(self, node: ast.AugAssign) -> Any:
        """Sum over the draws."""
        self.generic_visit(node)
        if self.inside and isinstance(node.op, ast.Add) and isinstance(node.target, ast.Name):
            node.value = called("np.sum", node.value)
        return node


def called(function: str, *arguments: ast.expr) -> ast.Call:
    """Call of a function."""
    return ast.Call(ast.parse(function, mode="eval").body, list(arguments), [])


class Loader(SourceFileLoader):
    """Loads a module of the engine with its loops over draws rewritten."""

    def get_code(self, fullname: str) -> CodeType:
        """Never from a file of compiled code."""
        tree = OnArrays(Path(self.path).name).visit(ast.parse(self.get_data(self.path)))
        return compile(ast.fix_missing_locations(tree), self.path, "exec")

    def exec_module(self, module: Any) -> None:
        """Give it what the rewritten loops call."""
        module.__dict__.update(np=np, note_pass=note_pass)
        super().exec_module(module)


class Finder(MetaPathFinder):
    """Finds the modules of the engine."""

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> ModuleSpec | None:
        """Let everything else be found as usual."""
        spec = PathFinder.find_spec(fullname, path, target) if fullname.startswith("simmodel.engine.") else None
        if spec is not None:
            assert spec.origin is not None
            spec.loader = Loader(fullname, spec.origin)
        return spec


def run_on_arrays(inputs: ModelInputs) -> Any:
    """Simulate a block, which fills `PASSES`; what `simulate` answers."""
    sys.meta_path.insert(0, Finder())
    from scipy.special import ndtr, ndtri

    from simmodel.engine import elementary

    def turn_uniforms_into_normals(row: Any, scratch: Any) -> None:
        row[:] = ndtri(row)

    vars(elementary).update(exp=np.exp, log=np.log, power=np.power, normal_cdf=ndtr)
    vars(elementary).update(turn_uniforms_into_normals=turn_uniforms_into_normals)
    from simmodel.engine import monte_carlo
    from simmodel.engine.keep_plan import KeepPlan

    run_block = monte_carlo.run_block

    def run_block_alone(*arguments: Any) -> None:
        PASSES.clear()  # of the draws of static parameters
        run_block(*arguments)

    vars(monte_carlo).update(run_block=run_block_alone)
    with np.errstate(all="ignore"):
        return monte_carlo.simulate(inputs, draws=B, threads=1, keep=KeepPlan.nothing(inputs.network))


def count_passes(inputs: ModelInputs) -> Passes:
    """How often a block goes through each of its loops over draws, counted in a process of its own.

    A loop over fewer places than there are draws in a block counts as a part of a pass, one over more as several.
    """
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.passes"],
        input=pickle.dumps(inputs),
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        check=True,
    )
    return {(name, tuple(chosen)): draws / block for name, chosen, draws, block in json.loads(done.stdout)}


if __name__ == "__main__":
    given = pickle.load(sys.stdin.buffer)
    with redirect_stdout(sys.stderr):
        run_on_arrays(given)
    json.dump([(name, chosen, draws, B) for (name, chosen), draws in PASSES.items()], sys.stdout)
