"""What each version does in its process: take a network, simulate draws of it, say how long the work took."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from simmodel.inputs.model_inputs import ModelInputs


@dataclass(slots=True)
class Round:
    """How long a round took.

    Attributes
    ----------
    draws : simulated
    kernel_s : processor time inside the simulation of blocks, all threads together
    call_s : processor time of the whole call
    wall_s : time on the wall
    """

    draws: int
    kernel_s: float
    call_s: float
    wall_s: float


class Program(Protocol):
    """A version at work."""

    def take(self, inputs: ModelInputs) -> None:
        """Get ready for a network, compiling what there is to compile."""

    def simulate(self, draws: int, threads: int, keep: str) -> Round:
        """Simulate some draws of it."""


class Engine:
    """The engine through `simulate`, its entry point timed by itself; a subclass may put another in its place."""

    def __init__(self) -> None:
        from simmodel.engine import monte_carlo

        self.seconds: list[float] = []
        self.inputs: ModelInputs | None = None
        monte_carlo.run_block = self.timed(self.entry(monte_carlo.run_block))

    def entry(self, run_block: Callable[..., None]) -> Callable[..., None]:
        """What simulates a block."""
        return run_block

    def timed(self, run_block: Callable[..., None]) -> Callable[..., None]:
        """The same, adding the processor time of each call to `seconds`."""

        def run(*arguments: Any) -> None:
            started = time.thread_time()
            run_block(*arguments)
            self.seconds.append(time.thread_time() - started)

        return run

    def take(self, inputs: ModelInputs) -> None:
        """Compile, and touch the memory once."""
        self.inputs = inputs
        self.simulate(1, 1, "nothing")

    def simulate(self, draws: int, threads: int, keep: str) -> Round:
        """Call `simulate`."""
        from simmodel.engine.keep_plan import KeepPlan
        from simmodel.engine.monte_carlo import simulate

        assert self.inputs is not None
        plan: KeepPlan = getattr(KeepPlan, keep)(self.inputs.network)
        self.seconds.clear()
        wall, call = time.perf_counter(), time.process_time()
        simulate(self.inputs, draws=draws, threads=threads, keep=plan)
        return Round(draws, sum(self.seconds), time.process_time() - call, time.perf_counter() - wall)


class Scalar(Engine):
    """The engine compiled for blocks of one draw."""

    def __init__(self) -> None:
        from simmodel.engine.block import B

        if B != 1:
            raise RuntimeError(f"blocks of {B} draws, not of one: SIMMODEL_BLOCK was not heard")
        super().__init__()


class InC(Engine):
    """The engine with blocks simulated by the C version."""

    def entry(self, run_block: Callable[..., None]) -> Callable[..., None]:
        """Compile the C version and use it."""
        from benchmarks.c.build import load_run_block

        return load_run_block()


class InNumPy:
    """Plain NumPy, a chunk of draws at a time."""

    CHUNK = 512

    def __init__(self) -> None:
        self.inputs: ModelInputs | None = None

    def take(self, inputs: ModelInputs) -> None:
        """Nothing to compile."""
        self.inputs = inputs

    def simulate(self, draws: int, threads: int, keep: str) -> Round:
        """Simulate chunk after chunk; the static parameters come from the engine and are not timed."""
        from benchmarks.numpy_twin import simulate_chunk
        from tests.parity.drawing import drawn_parameters

        assert self.inputs is not None
        kernel, wall, call = 0.0, time.perf_counter(), time.process_time()
        for first in range(0, draws, self.CHUNK):
            count = min(self.CHUNK, draws - first)
            drawn = drawn_parameters(self.inputs, draws=count, first_draw=first)
            started = time.thread_time()
            simulate_chunk(self.inputs, drawn, count, first)
            kernel += time.thread_time() - started
        return Round(draws, kernel, time.process_time() - call, time.perf_counter() - wall)


class Floor:
    """The words, normals, exp and log that a simulation calls, and nothing else."""

    def __init__(self) -> None:
        self.work: Callable[[int], None] | None = None

    def take(self, inputs: ModelInputs) -> None:
        """Count the calls and compile."""
        from benchmarks.floor import count_calls, floor_of

        self.work = floor_of(count_calls(inputs))
        self.work(1)

    def simulate(self, draws: int, threads: int, keep: str) -> Round:
        """Call the elementary functions for whole blocks of draws."""
        from simmodel.engine.block import B

        assert self.work is not None
        blocks = -(-draws // B)
        wall, call, started = time.perf_counter(), time.process_time(), time.thread_time()
        self.work(blocks)
        kernel = time.thread_time() - started
        return Round(blocks * B, kernel, time.process_time() - call, time.perf_counter() - wall)


class Work(Floor):
    """The same, and all else that is done to rows, on rows in the first-level cache."""

    def __init__(self) -> None:
        super().__init__()
        self.counted: dict[str, int] = {}

    def take(self, inputs: ModelInputs) -> None:
        """Count what is done, and compile."""
        from benchmarks.work import work_of

        self.work, self.counted = work_of(inputs)
        self.work(1)


PROGRAMS: dict[str, Callable[[], Program]] = {
    "engine": Engine,
    "numpy": InNumPy,
    "scalar": Scalar,
    "c": InC,
    "floor": Floor,
    "work": Work,
}
