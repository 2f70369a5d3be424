"""How fast the engine is on this machine: start, draws a second by threads, memory."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simmodel.inputs.model_inputs import ModelInputs

ROUNDS = 3

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class EngineSpeed:
    """Answer of :func:`measure_engine`.

    Attributes
    ----------
    compiled : kernels were compiled, and not found in the cache
    start_s : from importing the engine to its first draw [s]
    cache_folder : where compiled kernels are kept
    draws : in a round
    draws_per_second : by threads, median of some rounds on the wall
    peak_mib : most memory the process took, or None where the system does not say [MiB]
    """

    compiled: bool
    start_s: float
    cache_folder: str
    draws: int
    draws_per_second: dict[int, float]
    peak_mib: float | None


def measure_engine(inputs: ModelInputs, *, draws: int, most_threads: int | None, progress: Progress) -> EngineSpeed:
    """Start the engine and simulate rounds of draws, with one thread and with as many as there are.

    Nothing but means is kept, as in `--keep summary` without its quantiles.  Rounds alternate between the numbers of
    threads, so that what else the machine does slows all of them.

    Parameters
    ----------
    draws : in a round, at least 1
    most_threads : by default all processors
    progress : told what is being done
    """
    progress("starting the engine (the first time: compiling it)", 0, 0)
    started = time.perf_counter()
    from simmodel.engine.draw_block import BLOCK_KERNELS
    from simmodel.engine.executors import available_threads
    from simmodel.engine.jit import cache_folder, entry_points_compiled
    from simmodel.engine.keep_plan import KeepPlan
    from simmodel.engine.monte_carlo import simulate

    compiled = not entry_points_compiled(*BLOCK_KERNELS)
    keep = KeepPlan.nothing(inputs.network)
    simulate(inputs, draws=1, threads=1, keep=keep)
    start = time.perf_counter() - started

    numbers = thread_numbers(most_threads or available_threads())
    seconds: dict[int, list[float]] = {threads: [] for threads in numbers}
    for number in range(ROUNDS):
        for place, threads in enumerate(numbers):
            progress("simulating", number * len(numbers) + place, ROUNDS * len(numbers))
            began = time.perf_counter()
            simulate(inputs, draws=draws, threads=threads, keep=keep)
            seconds[threads].append(time.perf_counter() - began)
    speed = {threads: draws / statistics.median(times) for threads, times in seconds.items()}
    return EngineSpeed(compiled, start, str(cache_folder()), draws, speed, peak_memory())


def thread_numbers(most: int) -> list[int]:
    """1, 2, 4 and so on, and the most."""
    numbers = [2**power for power in range(most.bit_length()) if 2**power < most]
    return [*numbers, most]


def peak_memory() -> float | None:
    """Most memory this process has taken [MiB]; where /proc does not say, it includes what started the process."""
    if sys.platform == "win32":
        return None
    if sys.platform == "linux":
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM:")).split()[1]) / 2**10
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)
