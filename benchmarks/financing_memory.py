"""The memory of a search: a process that is given problem and draws, and searches."""

from __future__ import annotations

import pickle
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.outcome import Outcome, Target
from solvers import Draws, FinancingProblem, RiskMeasure, TwoStageOptions, solve_two_stage
from solvers.process_memory import most_memory_mb

ALLOWED_TIMES, ALLOWED_MB = 3.0, 200.0
ARRAYS = ("cost_musd", "cfads_musd", "lease_income_lost_per_iru")


def measure_memory(outcome: Outcome, problem: FinancingProblem, draws: Draws, risk: RiskMeasure) -> None:
    """Most memory of a process that reads the draws from a file and plans, against their size."""
    with TemporaryDirectory() as folder:
        for name in ARRAYS:
            np.save(Path(folder, f"{name}.npy"), getattr(draws, name))
        Path(folder, "question").write_bytes(pickle.dumps((problem, TwoStageOptions(risk=risk))))
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
            before_mb, after_mb = process.submit(plan_in_memory, Path(folder)).result()
    arrays_mb = sum(getattr(draws, name).nbytes for name in ARRAYS) / 2.0**20
    outcome.notes.append(
        f"memory at {draws.count} draws: {after_mb:.0f} MB at most, {before_mb:.0f} MB before any draw was read; "
        f"arrays of the draws {arrays_mb:.0f} MB"
    )
    allowed_mb = ALLOWED_TIMES * arrays_mb + ALLOWED_MB
    outcome.targets.append(
        Target("memory over 3 times the arrays and 200 MB", after_mb / allowed_mb, 1.0, at_least=False)
    )


def plan_in_memory(folder: Path) -> tuple[float, float]:
    """Plan for the draws of a folder; most memory [MB] before they were read, and after all."""
    problem, options = pickle.loads((folder / "question").read_bytes())
    before = most_of_own_mb()
    solve_two_stage(problem, Draws(*(np.load(folder / f"{name}.npy") for name in ARRAYS)), options)
    return before, most_of_own_mb()


def most_of_own_mb() -> float:
    """Largest resident size of this process since it was loaded; Linux's usual count begins with the parent's size."""
    status = Path("/proc/self/status")
    if not status.exists():
        return most_memory_mb()
    peak = next(line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM"))
    return float(peak.split()[1]) / 1024.0
