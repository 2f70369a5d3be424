"""Work over blocks of draws on plain threads.

The kernels release Python's global lock, so threads of one process run them side by side and share their arrays.
Blocks are handed out in chunks of a fixed size to whichever thread is free: what a chunk computes does not depend on
who computes it.  Nothing is kept of a chunk that is done, so that any number of draws takes the same memory.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from simmodel.engine.block import B

__all__ = ["CHUNK_BLOCKS", "BlockRange", "available_threads", "run_blocks"]

State = TypeVar("State")

# Blocks handed out at a time: 128 draws, a fifth of a second of the flagship; enough chunks to keep threads even.
CHUNK_BLOCKS: Final = 2
# How often the calling thread looks up from waiting, to report progress and to hear Ctrl-C on every system [seconds].
WAKE_SECONDS: Final = 0.1


@dataclass(frozen=True, slots=True)
class BlockRange:
    """Blocks [first, last) of a run; block b holds draws B b to B b + B - 1."""

    first: int
    last: int

    def __post_init__(self) -> None:
        if not 0 <= self.first <= self.last:
            raise ValueError(f"blocks {self.first} to {self.last} do not make a range")

    @classmethod
    def of_draws(cls, first_draw: int, last_draw: int) -> BlockRange:
        """Return the blocks that hold draws [first_draw, last_draw)."""
        first = first_draw // B
        return cls(first, first if last_draw <= first_draw else -(-last_draw // B))

    def count_chunks(self, chunk_blocks: int) -> int:
        """Number of parts of `chunk_blocks`; the last may be shorter."""
        return -(-(self.last - self.first) // chunk_blocks)

    def chunk(self, number: int, chunk_blocks: int) -> BlockRange:
        """Return the part of that number, from 0 on."""
        first = self.first + number * chunk_blocks
        return BlockRange(first, min(first + chunk_blocks, self.last))


def available_threads() -> int:
    """Return the number of processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return max(1, os.cpu_count() or 1)


@dataclass(slots=True)
class _Job(Generic[State]):
    """Chunks handed out in order, and what failed; the one thing the threads share."""

    work: Callable[[int, int, State], None]
    new_state: Callable[[], State]
    blocks: BlockRange
    chunk_blocks: int
    kernel: str
    failures: dict[int, BaseException] = field(default_factory=dict)
    stopped: bool = False
    blocks_done: int = 0
    _following: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self) -> int | None:
        """Return the number of the next chunk; None at the end, and after a failure or an interruption."""
        with self._lock:
            if self.stopped or self._following == self.blocks.count_chunks(self.chunk_blocks):
                return None
            self._following += 1
            return self._following - 1

    def do_one(self, number: int, state: State) -> None:
        """Do one chunk, keeping its failure.

        Chunks are taken in order, so when one fails all earlier ones were taken: the earliest failure of a job is the
        same for any number of threads.
        """
        chunk = self.blocks.chunk(number, self.chunk_blocks)
        try:
            self.work(chunk.first, chunk.last, state)
        except BaseException as problem:
            place = f"in kernel {self.kernel}, " if self.kernel else ""
            problem.add_note(f"{place}draws {chunk.first * B} to {chunk.last * B - 1}")
            with self._lock:
                self.failures[number] = problem
                self.stopped = True
            return
        with self._lock:
            self.blocks_done += chunk.last - chunk.first

    def do_all(self, report: Callable[[], None] | None = None) -> None:
        """Do chunks until there are none; what one thread does."""
        state = self.new_state()
        while (number := self.take()) is not None:
            self.do_one(number, state)
            if report is not None:
                report()


def run_blocks(
    work: Callable[[int, int, State], None],
    blocks: BlockRange,
    *,
    new_state: Callable[[], State],
    threads: int | None = None,
    chunk_blocks: int = CHUNK_BLOCKS,
    kernel: str = "",
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Call ``work(first_block, last_block, state)`` for every chunk of `blocks`.

    Parameters
    ----------
    work : computes blocks [first_block, last_block); writes only where no other chunk writes
    blocks : what to do
    new_state : makes the working space of a thread; called once in each
    threads : at least 1; by default all processors of this process
    chunk_blocks : blocks handed out at a time, at least 1
    kernel : what the work is called in errors
    progress : called in the calling thread, now and then and at the end, with the blocks done and all blocks

    Raises
    ------
    whatever `work`, `new_state` or `progress` raises.  An error of `work` carries a note with the kernel and the draws;
    of several, the earliest chunk's is raised.  KeyboardInterrupt ends the threads after their current chunk and goes
    on.
    """
    wanted = available_threads() if threads is None else threads
    if wanted < 1 or chunk_blocks < 1:
        raise ValueError(f"{wanted} threads and chunks of {chunk_blocks} blocks: both must be at least 1")
    job = _Job(work, new_state, blocks, chunk_blocks, kernel)
    n_threads = min(wanted, blocks.count_chunks(chunk_blocks))
    last_report = -1

    def report() -> None:
        nonlocal last_report
        if progress is not None and job.blocks_done != last_report:
            last_report = job.blocks_done
            progress(last_report, blocks.last - blocks.first)

    if n_threads == 1:
        job.do_all(report)
    elif n_threads > 1:
        _run_threads(job, n_threads, report)
    if job.failures:
        raise job.failures[min(job.failures)]
    report()


def _run_threads(job: _Job[State], n_threads: int, report: Callable[[], None]) -> None:
    """Do a job on several threads, which have ended when this returns or raises."""
    with ThreadPoolExecutor(n_threads, thread_name_prefix="simmodel-blocks") as pool:
        try:
            waiting: set[Future[None]] = {pool.submit(job.do_all) for _ in range(n_threads)}
            while waiting:
                done, waiting = wait(waiting, timeout=WAKE_SECONDS, return_when=FIRST_EXCEPTION)
                for future in done:
                    future.result()
                if not job.failures:
                    report()
        finally:
            job.stopped = True
