"""What the floor with arithmetic counts is what the kernels do, and what it does is no more than it counts."""

from __future__ import annotations

import ast
import json
import os
import pickle
import re
import subprocess
import sys
from collections import Counter
from functools import reduce
from pathlib import Path

import numpy as np
import pytest

from benchmarks import passes
from benchmarks.lane_loops import OPERATIONS, LaneLoop, count_pass, find_loops, find_scalars
from benchmarks.work import COUNTED_ELSEWHERE, ENGINE, compile_loops, count_rows, write_loops
from simmodel.engine.block import B
from simmodel.engine.keep_plan import KeepPlan
from simmodel.engine.monte_carlo import simulate
from tests.parity.generated_networks import generate_inputs

SCALARS = ast.parse("def clip(x, top):\n    low = max(x, 0.0)\n    return min(low, top)").body[0]


def count(body: str, *chosen: bool, fuses: bool = True) -> dict[str, int]:
    """Count a loop with this body."""
    loop = ast.parse("for i in range(B):\n" + "\n".join(f"    {line}" for line in body.split("\n"))).body[0]
    assert isinstance(loop, ast.For) and isinstance(SCALARS, ast.FunctionDef)
    return dict(count_pass(LaneLoop("", "", loop, fuses), {"clip": SCALARS}, chosen))


@pytest.mark.parametrize(
    ("body", "counted"),
    [
        ("a[i] = 1.0", {"writes": 1}),
        ("a[i] = b[i]", {"reads": 1, "writes": 1}),
        ("a[i] += b[i] * c[i]", {"reads": 3, "writes": 1, "fused": 1}),
        ("a[i] = b[i] * c[i] - d[i] * e[i]", {"reads": 4, "writes": 1, "fused": 1, "products": 1}),
        ("x = b[i] * p\na[i] = x + c[i]", {"reads": 2, "writes": 1, "fused": 1}),
        ("x = b[i] * p\na[i] = x + c[i]\nd[i] = x", {"reads": 2, "writes": 2, "sums": 1, "products": 1}),
        ("a[i] = (1.0 - q) * b[i] / (p * p)", {"reads": 1, "writes": 1, "products": 2}),
        ("a[i] = b[i] / c[i]", {"reads": 2, "writes": 1, "divisions": 1}),
        ("a[i] = b[i] / c[i]\nd[i] = e[i] / c[i]", {"reads": 3, "writes": 2, "divisions": 1, "products": 2}),
        ("a[i] = (b[i] + 1.0) * (b[i] + 1.0)", {"reads": 1, "writes": 1, "sums": 1, "products": 1}),
        ("a[i] += b[i]\nc[i] = a[i] - b[i]", {"reads": 2, "writes": 2, "sums": 2}),
        ("a[i] = clip(b[i], p)", {"reads": 1, "writes": 1, "choices": 2}),
        ("a[i] = b[i] if (b[i] > 0.0) & (c[i] < p) else -c[i]", {"reads": 2, "writes": 1, "choices": 3}),
        ("n += 1 if b[i] > 0.0 else 0", {"reads": 1, "sums": 1, "choices": 2}),
        ("x, y = b[i], c[i]\nx, y = y, x\na[i] = x", {"reads": 1, "writes": 1}),
        ("a[i] = np.sqrt(b[i]) * exp(p * c[i])", {"reads": 2, "writes": 1, "roots": 1, "products": 2, "elementary": 1}),
        ("a[i] = -b[i] * c[i] + d[i]", {"reads": 3, "writes": 1, "fused": 1}),
        ("a[place + i] = np.ceil(b[2 * i]) - b[2 * i + 1]", {"reads": 2, "writes": 1, "sums": 1, "choices": 1}),
        ("x = 5.0 * b[i]\na[i] = c[i]", {"reads": 1, "writes": 1}),
    ],
)
def test_counts_of_loops_made_by_hand(body: str, counted: dict[str, int]) -> None:
    assert count(body) == counted


def test_a_choice_that_is_the_same_for_all_draws_is_made_before_the_loop() -> None:
    body = "a[i] = (0.0 if first else a[i]) + p * b[i]"
    assert count(body, True) == {"reads": 1, "writes": 1, "products": 1}
    assert count(body, False) == {"reads": 2, "writes": 1, "fused": 1}


def test_products_are_not_fused_where_the_compiler_may_not() -> None:
    assert count("a[i] += b[i] * c[i]", fuses=False) == {"reads": 3, "writes": 1, "sums": 1, "products": 1}


def test_what_is_not_foreseen_is_an_error() -> None:
    for body in ("a[i] = sin(b[i])", "while True: pass", "a[i] = b[i] ** 2", "a[i] = b[i] if 0.0 < b[i] < 1.0 else p"):
        with pytest.raises((ValueError, KeyError)):
            count(body)


@pytest.mark.slow
def test_counted_work_is_that_of_a_run_on_numbers_that_count(
    repository_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They see some 3 % more: expressions written twice, divisors met twice, and what is done once a row or block."""
    inputs = generate_inputs(3, links=4, regions=3, years=1)
    for name, value in {"NUMBA_DISABLE_JIT": "1", "SIMMODEL_BLOCK": "8", "PYTHONPATH": str(repository_root)}.items():
        monkeypatch.setenv(name, value)
    loops = {loop.name: loop for path in ENGINE.glob("*.py") for loop in find_loops(path)}
    scalars = reduce(dict.__or__, map(find_scalars, ENGINE.glob("*.py")))
    counted: Counter[str] = Counter()
    for (name, chosen), times in passes.count_passes(inputs).items():
        if loops[name].function not in COUNTED_ELSEWHERE:
            counted.update({kind: n * times * 8 for kind, n in count_pass(loops[name], scalars, chosen).items()})
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.counting_numbers"],
        input=pickle.dumps(inputs),
        env=dict(os.environ),
        cwd=repository_root,
        stdout=subprocess.PIPE,
        check=True,
    )
    seen = json.loads(done.stdout)
    ours = {
        "reads": counted["reads"],
        "writes": counted["writes"],
        "sums": counted["sums"] + counted["fused"],
        "products": counted["products"] + counted["fused"] + counted["divisions"],
    }
    for kind, number in ours.items():
        assert 0.95 * seen[kind] < number <= seen[kind], kind
    assert seen["choices"] <= counted["choices"]


def test_copies_and_rows_beside_elementary_functions_do_not_count() -> None:
    loops = {loop.function: loop.name for path in ENGINE.glob("*_kernel.py") for loop in find_loops(path)}
    chosen: tuple[bool, ...] = ()
    assert not count_rows({(loops["copy_row"], chosen): 7.0, (loops["set_row"], chosen): 7.0})
    assert count_rows({(loops["add_row"], chosen): 7.0}) == {"reads": 14, "writes": 7, "sums": 7}
    assert count_rows({(loops["fill_severity"], chosen): 7.0}) == {"fused": 7, "products": 7}


@pytest.mark.slow
def test_the_run_that_is_counted_calculates_what_the_engine_does(repository_root: Path) -> None:
    """Its draws take the same turns, then."""
    program = (
        "import pickle, sys; from benchmarks.passes import run_on_arrays; "
        "output = run_on_arrays(pickle.load(sys.stdin.buffer)); "
        "pickle.dump((output.link_mean, output.region_mean), sys.stdout.buffer)"
    )
    inputs = generate_inputs(3, links=4, regions=3, years=2)
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=pickle.dumps(inputs),
        env={**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(repository_root)},
        cwd=repository_root,
        stdout=subprocess.PIPE,
        check=True,
    )
    engine = simulate(inputs, draws=B, threads=1, keep=KeepPlan.nothing(inputs.network))
    for ours, theirs in zip(pickle.loads(done.stdout), (engine.link_mean, engine.region_mean), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-9)


@pytest.mark.slow
def test_the_loops_that_are_timed_do_what_they_say_in_simd_code() -> None:
    counted = {
        "reads": 2600, "writes": 1000, "fused": 460, "sums": 1340, "products": 880, "choices": 490, "divisions": 73,
        "roots": 20,
    }  # fmt: skip
    source, done = write_loops(counted)
    for kind in ("reads", *OPERATIONS):
        share = counted[kind] * done["writes"] / counted["writes"]
        assert share - 1.0 < done[kind] <= share
    assert source.count("rows[") == done["reads"] + done["writes"]
    do_rows, rows, _ = compile_loops(counted)
    assert rows.size == B * (2 + 6)
    assert rows.ctypes.data % 4096 == 0
    do_rows(rows, 0.3, 0.9, 3)
    assert np.isfinite(rows).all() and rows.min() > 1e-3
    code = next(iter(do_rows.inspect_llvm().values()))
    assert "load double" not in code and "store double" not in code
    fused = done["fused"]
    for kind, n in {"fadd": done["sums"] + fused, "fmul": done["products"] + fused, "fdiv": done["divisions"]}.items():
        assert len(re.findall(rf"{kind}[a-z ]* <\d+ x double>", code)) >= n, kind
