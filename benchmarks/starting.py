"""Compiling the engine, and starting it when it is compiled already."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile

from benchmarks.cases import ROOT
from benchmarks.outcome import Effort, Outcome, Target
from simmodel.engine.jit import cache_folder

PROGRAM = """
import json, os, time
from tests.parity.generated_networks import generate_inputs
inputs = generate_inputs(3, links=5, regions=3, years=1)
import numba
wall, processor = time.perf_counter(), time.process_time()
from simmodel.engine.keep_plan import KeepPlan
from simmodel.engine.monte_carlo import simulate
simulate(inputs, draws=1, threads=1, keep=KeepPlan.nothing(inputs.network))
beside = os.times()
spent = time.process_time() - processor + beside.children_user + beside.children_system
print(json.dumps([time.perf_counter() - wall, spent]))
"""


def start(folder: str) -> tuple[float, float]:
    """Seconds on the wall and of processors from `import numba` done to the first draw done."""
    environment = {**os.environ, "SIMMODEL_CACHE_DIR": folder, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=True)
    wall, processor = json.loads(done.stdout)
    return wall, processor


def measure(effort: Effort) -> Outcome:
    """Cold starts, each into an empty cache folder, and starts that find the code there."""
    outcome = Outcome(
        "Starting the engine: importing its modules, loading or compiling kernels, one draw of a small network [s]",
        ("start", "wall [s]", "processor [s]", "repeats"),
    )
    cold_count, cached_count = effort.choose((0, 1), (1, 3), (3, 9))
    cold, cached = [], []
    with tempfile.TemporaryDirectory() as shared:
        for number in range(cold_count):
            folder = shared if number == 0 else os.path.join(shared, str(number))
            cold.append(start(folder))
        place = shared if cold_count else str(cache_folder().parent)
        start(place)
        cached = [start(place) for _ in range(cached_count)]
    for name, times, reach in (("cold", cold, 15.0), ("cached", cached, 0.5)):
        if times:
            wall = statistics.median(wall for wall, _ in times)
            processor = statistics.median(processor for _, processor in times)
            outcome.rows.append((name, wall, processor, len(times)))
            outcome.targets.append(Target(f"{name} start, seconds on the wall", wall, reach, at_least=False))
    outcome.details["starts"] = {"cold": cold, "cached": cached}
    return outcome
