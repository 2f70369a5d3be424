"""Most memory a simulation and a whole study take, over draws and over what is kept, against what was foretold."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from typing import Any

from benchmarks.cases import ROOT, build_case
from benchmarks.outcome import Effort, Outcome, Target
from simmodel.engine.memory_need import free_memory, memory_need
from simmodel.results.simulated_runs import SUMMARY_DRAWS, Keep, plan_keeping

MIB = 2.0**20
THREADS = 2
FLAT = 1.1  # most a summary of many draws may take over one of 10,000: histograms, and which stages run side by side
SAY_PEAK = """
import atexit, os, sys
from simmodel.studies.engine_speed import peak_memory
what, case, draws, keep, threads, folder = sys.argv[1:]
atexit.register(lambda: print(peak_memory(), file=sys.stderr))
"""
ENGINE = """
from benchmarks.cases import build_case
from simmodel.engine.monte_carlo import simulate
from simmodel.results.simulated_runs import Keep, plan_keeping
inputs, draws = build_case(case), int(draws)
simulate(inputs, draws=draws, threads=int(threads), keep=plan_keeping(inputs, Keep(keep), draws))
"""
STUDY = """
from benchmarks.cases import ROOT
from simmodel.cli.app import main
scenario, out = str(ROOT / "scenarios" / "almaty.yaml"), os.path.join(folder, "run")
main(["run", scenario, "--draws", draws, "--keep", keep, "--threads", threads, "--out", out])
"""
PROGRAMS = {"engine": ENGINE, "study": STUDY}


@dataclass(frozen=True, slots=True)
class Load:
    """A simulation whose memory is measured.

    Attributes
    ----------
    what : "engine", or "study": the command `simmodel run` from the scenario to its report
    case, keep, draws : of what network, what is kept, how many
    """

    what: str
    case: str
    keep: Keep
    draws: int

    @property
    def words(self) -> str:
        """The simulation in words."""
        return f"{self.what}, {self.case}, {self.keep.value}, {self.draws:,} draws"


def measure(effort: Effort) -> Outcome:
    """Peaks of fresh processes, one after another."""
    outcome = Outcome(
        f"Most memory of a process, {THREADS} threads: the engine alone, and a whole study with its report",
        ("what", "case", "keep", "draws", "measured [MiB]", "foretold [MiB]"),
    )
    peak_of(Load("engine", "years_1", Keep.SUMMARY, 1))  # compiled: that takes more memory than a small simulation
    for load in loads_of(effort):
        inputs = build_case(load.case)
        need = memory_need(inputs, plan_keeping(inputs, load.keep, load.draws), load.draws).total
        free = free_memory()
        if free is not None and need > free:
            outcome.notes.append(f"{load.words} was not measured: {need / MIB:,.0f} MiB were not free")
            continue
        peak = peak_of(load)
        if peak is None:
            outcome.notes.append("the system does not say how much memory a process took")
            break
        outcome.rows.append((load.what, load.case, load.keep.value, load.draws, peak, need / MIB))
    add_targets(outcome)
    return outcome


def loads_of(effort: Effort) -> list[Load]:
    """What is measured: a summary of ever more draws; all that can be kept of few."""
    engine = effort.choose((11_000, 44_000), (10_000, 100_000, 1_000_000), (10_000, 100_000, 1_000_000, 10_000_000))
    summaries = effort.choose((), (1_000, 10_000, 30_000), (1_000, 10_000, 100_000))
    kept = effort.choose((), (1_000,), (1_000, 10_000))
    loads = [Load("engine", "years_1", Keep.SUMMARY, draws) for draws in engine]
    loads += [Load("study", "flagship", Keep.SUMMARY, draws) for draws in summaries]
    return loads + [Load("study", "flagship", keep, draws) for keep in (Keep.SCALARS, Keep.FULL) for draws in kept]


def peak_of(load: Load) -> float | None:
    """Most memory of a process that does this and nothing else [MiB]; None where the system does not say."""
    with tempfile.TemporaryDirectory() as folder:
        settings = (load.what, load.case, str(load.draws), load.keep.value, str(THREADS), folder)
        done = subprocess.run(
            [sys.executable, "-c", SAY_PEAK + PROGRAMS[load.what], *settings],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            check=True,
        )
    answer = done.stderr.splitlines()[-1]
    return None if answer == "None" else float(answer)


def add_targets(outcome: Outcome) -> None:
    """A summary of many draws takes what one of 10,000 takes; nothing takes more than was foretold."""
    for name in PROGRAMS:
        peaks = {
            draws: peak
            for what, _, keep, draws, peak, _ in outcome.rows
            if what == name and keep == Keep.SUMMARY.value and draws >= SUMMARY_DRAWS
        }
        if len(peaks) > 1:
            few, many = min(peaks), max(peaks)
            words = f"{name}: memory of a summary of {many:,} draws over that of {few:,}"
            outcome.targets.append(Target(words, peaks[many] / peaks[few], FLAT, at_least=False))
    if outcome.rows:
        largest = max(row[4] / row[5] for row in outcome.rows)
        outcome.targets.append(Target("memory measured over foretold, the largest", largest, 1.0, at_least=False))


def draw_memory(axes: Any, result: dict[str, Any]) -> None:
    """Memory over draws, by what is kept; what was foretold beside it, hollow."""
    groups: dict[tuple[str, str], list[Any]] = {}
    for row in result["rows"]:
        groups.setdefault((row[0], row[2]), []).append(row)
    for number, ((what, keep), rows) in enumerate(groups.items()):
        draws, colour = [row[3] for row in rows], f"C{number}"
        axes.plot(draws, [row[4] for row in rows], marker="o", color=colour, label=f"{what}, {keep}")
        axes.plot(draws, [row[5] for row in rows], ":", marker="o", color=colour, markerfacecolor="none")
    axes.set(xscale="log", yscale="log", xlabel="draws", ylabel="most memory [MiB]")
    axes.legend(fontsize="x-small")
