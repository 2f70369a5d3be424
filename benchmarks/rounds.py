"""Rounds that alternate between versions, each in a process of its own."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from benchmarks.cases import ROOT
from benchmarks.programs import Round
from benchmarks.versions import ONE_THREAD, VERSIONS


class Worker:
    """A process that runs one version of one case."""

    def __init__(self, version: str, case: str, *, plain: bool = False) -> None:
        self.version, self.case = version, ""
        self.counted: dict[str, int] = {}
        environment = {**os.environ, **ONE_THREAD, **VERSIONS[version].environment}
        if plain:
            environment["NUMBA_DISABLE_JIT"] = "1"
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, (str(ROOT), environment.get("PYTHONPATH", ""))))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", version],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=environment,
        )
        self.ready_s = self.take(case)

    def ask(self, command: dict[str, Any]) -> dict[str, Any]:
        """Send a command and wait for its answer."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError(f"{self.version} on {self.case} ended with {self.process.wait()}")
        return dict(json.loads(answer))

    def take(self, case: str) -> float:
        """Get ready for a case; seconds since the process started."""
        self.case = case
        answer = self.ask({"case": case})
        self.counted = answer["counted"]
        return float(answer["ready_s"])

    def simulate(self, draws: int, threads: int = 1, keep: str = "nothing") -> Round:
        """One round."""
        return Round(**self.ask({"draws": draws, "threads": threads, "keep": keep}))

    def close(self) -> None:
        """End the process."""
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()
        self.process.wait()


@contextmanager
def working(version: str, case: str, *, plain: bool = False) -> Iterator[Worker]:
    """A worker, ended with the block; `plain` as plain Python, which spares the tests a compilation."""
    worker = Worker(version, case, plain=plain)
    try:
        yield worker
    finally:
        worker.close()


@dataclass(frozen=True, slots=True)
class Timing:
    """A version on a case: microseconds of a draw.

    Attributes
    ----------
    version, case : which
    rounds : one after another
    ready_s : from the start of the process to the first draw, with what there was to compile
    counted : what a version counted of a block
    """

    version: str
    case: str
    rounds: tuple[Round, ...]
    ready_s: float
    counted: dict[str, int]

    def per_draw_us(self, what: str = "kernel_s") -> list[float]:
        """Every round's microseconds a draw."""
        return [getattr(one, what) / one.draws * 1e6 for one in self.rounds]

    @property
    def median_us(self) -> float:
        """Median of the rounds, processor time of the simulation of blocks."""
        return statistics.median(self.per_draw_us())

    @property
    def least_us(self) -> float:
        """Fastest round."""
        return min(self.per_draw_us())


def ratio(slow: Timing, fast: Timing, what: str = "kernel_s") -> float:
    """Median over the rounds of one version's time over another's in the same round."""
    pairs = zip(slow.per_draw_us(what), fast.per_draw_us(what), strict=True)
    return statistics.median(one / other for one, other in pairs)


def runnable(versions: Sequence[str]) -> tuple[list[str], list[str]]:
    """Versions that can run here, and a line for each that cannot."""
    obstacles = {version: VERSIONS[version].obstacle() for version in versions}
    notes = [f"{version} was not timed: {reason}" for version, reason in obstacles.items() if reason]
    return [version for version, reason in obstacles.items() if not reason], notes


def time_versions(
    versions: Sequence[str], case: str, *, draws: int, rounds: int, plain: Sequence[str] = ()
) -> dict[str, Timing]:
    """Time versions of a case in alternating rounds; the first, which warms caches up, does not count."""
    with ExitStack() as stack:
        workers = [stack.enter_context(working(name, case, plain=name in plain)) for name in versions]
        made: dict[str, list[Round]] = {version: [] for version in versions}
        for number in range(rounds + 1):
            for worker in workers if number % 2 else reversed(workers):
                one = worker.simulate(max(1, int(draws * VERSIONS[worker.version].share)))
                if number:
                    made[worker.version].append(one)
        return {w.version: Timing(w.version, case, tuple(made[w.version]), w.ready_s, w.counted) for w in workers}
