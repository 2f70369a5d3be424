"""Every loop over the draws of a block becomes SIMD code, by LLVM's own word.

The whole engine is compiled once, with line numbers (they change no code), and LLVM says of each loop whether it
vectorised it.  Nothing is timed.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TypeGuard

import pytest

PROGRAM = """
import llvmlite.binding as llvm
for option in ("pass-remarks", "pass-remarks-missed"):
    llvm.set_option("", f"--{option}=loop-vectorize")
from simmodel.engine import jit, side_by_side
side_by_side.available_threads = lambda: 1  # LLVM says it all in this process
jit.KERNEL_OPTIONS.update(debug=True, _dbg_extend_lifetimes=False, _dbg_optnone=False)
import numpy as np

@jit.kernel_step
def carry(row):
    for i in range(1, row.size):  # each turn needs the one before: this cannot be vectorised
        row[i] = np.sqrt(row[i - 1])

from simmodel.engine.keep_plan import KeepPlan
from simmodel.engine.monte_carlo import simulate
from tests.parity.generated_networks import generate_inputs
carry(np.ones(64))
inputs = generate_inputs(0, links=4, regions=3, years=1)
simulate(inputs, draws=1, threads=1, keep=KeepPlan.nothing(inputs.network))
"""
REMARK = re.compile(r"^remark: (\S+?):(\d+):\d+: (vectorized loop|loop not vectorized)", re.MULTILINE)
LANES = {"range(B)", "range(QUARTER)"}
C_LIBRARY = {
    f"{module}.{name}"
    for module in ("math", "np")
    for name in ("exp", "expm1", "log", "log1p", "log2", "log10", "pow", "power", "sin", "cos", "tan", "tanh", "erf")
}
# Functions whose loops take next to no time: once a run; in the last, broken block; copies of a few markets' traffic.
SELDOM = {"collect_openings", "lane_moments", "demand_step"}


@pytest.fixture(scope="module")
def remarks(repository_root: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, int], set[bool]]:
    """(file, line) -> what LLVM said of the loop there, once for every place it is inlined at."""
    program = tmp_path_factory.mktemp("remarks") / "program.py"
    program.write_text(PROGRAM)
    environment = os.environ | {"PYTHONPATH": str(repository_root), "SIMMODEL_CACHE_DIR": str(program.parent / "cache")}
    done = subprocess.run(
        [sys.executable, str(program)],
        env=environment,
        cwd=repository_root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    said: dict[tuple[str, int], set[bool]] = {}
    for file, line, verdict in REMARK.findall(done.stderr):
        said.setdefault((file, int(line)), set()).add(verdict == "vectorized loop")
    return said


def lane_loops(root: Path) -> Iterator[tuple[str, str, range]]:
    """(file, function, lines) of every loop over the lanes of a block in the kernels."""
    for path in sorted((root / "simmodel" / "engine").glob("*.py")):
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(function, ast.FunctionDef):
                for node in ast.walk(function):
                    if isinstance(node, ast.For) and ast.unparse(node.iter) in LANES:
                        yield path.name, function.name, lines_of(node)


def inlined_scalars(root: Path) -> Iterator[tuple[str, str, range]]:
    """(file, function, lines) of the functions inlined in such loops: LLVM may name a loop by a line of one."""
    for path in sorted((root / "simmodel" / "engine").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if is_inlined(node):
                yield path.name, node.name, lines_of(node)


def is_inlined(node: ast.AST) -> TypeGuard[ast.FunctionDef]:
    """Tell whether code is a function that is inlined wherever it is called."""
    return isinstance(node, ast.FunctionDef) and "kernel_scalar" in map(ast.unparse, node.decorator_list)


def lines_of(node: ast.For | ast.FunctionDef) -> range:
    """The lines a piece of code stands on."""
    return range(node.lineno, (node.end_lineno or node.lineno) + 1)


@pytest.mark.slow
def test_every_loop_over_draws_becomes_simd_code(
    remarks: dict[tuple[str, int], set[bool]], repository_root: Path
) -> None:
    """LLVM names a loop by its first line, or by a line inside it when the loop begins with a choice."""
    scalar = [
        f"{file}:{lines.start} in {function}"
        for file, function, lines in (*lane_loops(repository_root), *inlined_scalars(repository_root))
        if function not in SELDOM and any(False in remarks.get((file, line), set()) for line in lines)
    ]
    assert not scalar, "\n".join(["LLVM did not vectorise:", *scalar])


def test_nothing_loops_inside_a_loop_over_draws(repository_root: Path) -> None:
    """LLVM vectorises innermost loops alone, and says nothing of the loop around one."""
    loops = (ast.For, ast.While, ast.ListComp)
    for path in sorted((repository_root / "simmodel" / "engine").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            is_lanes = isinstance(node, ast.For) and ast.unparse(node.iter) in LANES
            if is_inlined(node) or is_lanes:
                inner = [place for place in ast.walk(node) if isinstance(place, loops) and place is not node]
                assert not inner, f"{path.name}:{inner[0].lineno} loops inside {ast.unparse(node).splitlines()[0]}"


def test_nothing_calls_the_c_library_in_a_loop_over_draws(repository_root: Path) -> None:
    """LLVM calls such a loop vectorised, and calls the C library draw by draw inside it; `elementary` has them."""
    for path in sorted((repository_root / "simmodel" / "engine").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.For) and ast.unparse(node.iter) in LANES or is_inlined(node):
                for part in ast.walk(node):
                    is_power = isinstance(part, ast.BinOp) and isinstance(part.op, ast.Pow)
                    is_call = isinstance(part, ast.Call) and ast.unparse(part.func) in C_LIBRARY
                    assert not is_power and not is_call, f"{path.name}:{part.lineno} {ast.unparse(part)}"


@pytest.mark.slow
def test_llvm_says_so_of_nearly_every_loop(remarks: dict[tuple[str, int], set[bool]], repository_root: Path) -> None:
    """A few loops are named by a function inlined in them, become a call that copies memory, or are not called."""
    loops = list(lane_loops(repository_root))
    named = [(file, lines) for file, _, lines in loops if True in remarks.get((file, lines.start), set())]
    assert len(named) > 0.8 * len(loops)
    assert any(file == "program.py" and said == {False} for (file, _), said in remarks.items())
