"""Threads change nothing but the time; failures and interruptions name their place and leave no thread behind."""

import threading
import time
import tracemalloc

import numpy as np
import pytest

from simmodel.engine.block import B
from simmodel.engine.executors import BlockRange, available_threads, run_blocks


def run(work, n_blocks=23, **options):
    run_blocks(work, BlockRange(0, n_blocks), new_state=dict, **options)


@pytest.mark.parametrize("threads", [1, 2, 5, 40])
@pytest.mark.parametrize("chunk_blocks", [1, 4, 50])
def test_every_block_is_done_once_in_chunks_of_the_size_asked_for(threads, chunk_blocks):
    done, chunks = np.zeros(23, dtype=int), set()

    def work(first, last, state):
        done[first:last] += 1
        chunks.add((first, last))
        time.sleep(0.001 * (first % 3))

    run(work, threads=threads, chunk_blocks=chunk_blocks)
    assert np.all(done == 1)
    assert chunks == {(k, min(k + chunk_blocks, 23)) for k in range(0, 23, chunk_blocks)}


def test_nothing_is_kept_of_chunks_that_are_done():
    def peak(n_blocks):
        tracemalloc.start()
        run(lambda first, last, state: None, n_blocks=n_blocks, threads=1)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    assert peak(40_000) < peak(400) + 4_000


def test_each_thread_has_a_state_of_its_own():
    seen = {}

    def work(first, last, state):
        time.sleep(0.002)
        seen.setdefault(id(state), (state, set()))[1].add(threading.get_ident())

    run(work, threads=3, chunk_blocks=1)
    assert 1 <= len(seen) <= 3
    assert all(len(threads) == 1 for _, threads in seen.values())


@pytest.mark.parametrize("threads", [1, 3])
def test_progress_ends_at_the_whole_and_never_falls(threads):
    reports = []
    caller = threading.get_ident()

    def progress(done, total):
        assert threading.get_ident() == caller
        reports.append((done, total))

    run(lambda first, last, state: time.sleep(0.01), threads=threads, progress=progress)
    assert reports == sorted(set(reports))
    assert reports[-1] == (23, 23)


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_the_earliest_failure_is_raised_with_its_place(threads):
    def work(first, last, state):
        if first >= 8:
            time.sleep(0.02 / (first - 7))  # later chunks fail first
            raise ArithmeticError(f"block {first}")

    with pytest.raises(ArithmeticError, match="block 8") as caught:
        run(work, threads=threads, chunk_blocks=2, kernel="hazard")
    assert caught.value.__notes__ == [f"in kernel hazard, draws {8 * B} to {10 * B - 1}"]


@pytest.mark.parametrize("threads", [1, 3])
def test_an_interruption_stops_the_work(threads):
    done = []

    def work(first, last, state):
        time.sleep(0.01)
        done.append(first)

    def progress(finished, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(work, n_blocks=2000, threads=threads, chunk_blocks=1, progress=progress)
    after = len(done)
    assert after < 200
    time.sleep(0.05)
    assert len(done) == after
    assert not [t for t in threading.enumerate() if t.name.startswith("simmodel-blocks")]


@pytest.mark.parametrize("threads", [1, 3])
def test_a_state_that_cannot_be_made_is_an_error(threads):
    def new_state():
        raise MemoryError("no room")

    with pytest.raises(MemoryError, match="no room"):
        run_blocks(lambda first, last, state: None, BlockRange(0, 9), new_state=new_state, threads=threads)


def test_nothing_to_do():
    done = []
    run(lambda first, last, state: done.append(first), n_blocks=0)
    assert done == []


def test_ranges():
    assert BlockRange.of_draws(0, 1) == BlockRange(0, 1)
    assert BlockRange.of_draws(B - 1, 2 * B + 1) == BlockRange(0, 3)
    assert BlockRange.of_draws(2 * B, 2 * B) == BlockRange(2, 2)
    with pytest.raises(ValueError, match="do not make a range"):
        BlockRange(3, 2)
    with pytest.raises(ValueError, match="at least 1"):
        run(lambda first, last, state: None, threads=0)
    assert available_threads() >= 1
