"""The calls that the floor counts are those the kernels make."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.floor import count_calls
from tests.parity.generated_networks import generate_inputs

# Plain Python, blocks of one draw: every call is one of a lane.  The log of a normal number belongs to it; what is
# called once a block (the exp of a fixed rate) is not counted.
PROGRAM = """
import json
from collections import Counter
from simmodel.engine import elementary
calls = Counter()

def counted(module, name, word):
    original = getattr(module, name)
    def call(*arguments):
        calls[word] += 1
        return original(*arguments)
    setattr(module, name, call)

for name in ("exp", "log"):
    counted(elementary, name, name)
counted(elementary, "tail_distance", "normal")
from simmodel.engine import random_streams
counted(random_streams, "fill_four_words", "quad")
counted(random_streams, "fill_poisson", "fixed rate")
from simmodel.engine.keep_plan import KeepPlan
from simmodel.engine import monte_carlo
from tests.parity.generated_networks import generate_inputs
inputs = generate_inputs(3, links=4, regions=3, years=1)
run_block = monte_carlo.run_block
def counted_block(*arguments):
    calls.clear()
    run_block(*arguments)
monte_carlo.run_block = counted_block
monte_carlo.simulate(inputs, draws=1, threads=1, keep=KeepPlan.nothing(inputs.network))
print(json.dumps(calls))
"""


@pytest.mark.slow
def test_counted_calls_are_those_of_an_instrumented_run(repository_root: Path) -> None:
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1", "SIMMODEL_BLOCK": "1", "PYTHONPATH": str(repository_root)}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=environment,
        cwd=repository_root,
        capture_output=True,
        text=True,
        check=True,
    )
    calls = json.loads(done.stdout)
    counted = count_calls(generate_inputs(3, links=4, regions=3, years=1), draws=1)
    assert counted.quads == calls["quad"]
    assert counted.normals == calls["normal"]
    assert counted.exps == calls["exp"] - calls["fixed rate"]
    assert counted.logs == calls["log"] - calls["normal"]
