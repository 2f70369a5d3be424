"""Many portfolios in one call against a call for each, and every subset of twelve links on all threads."""

from __future__ import annotations

import time
from contextlib import suppress

import numpy as np

from benchmarks.cases import build_case
from benchmarks.outcome import Effort, Outcome, Target
from simmodel.engine.executors import available_threads
from simmodel.engine.portfolios import Portfolio, PortfolioOutcomes, simulate_portfolios
from simmodel.inputs.model_inputs import ModelInputs

LINKS = 12  # candidate links whose subsets are simulated
WANTED = 2.0  # times as fast as separate simulations
REAL_RATE = 0.08
LIMIT_S = 420.0  # of the run over all subsets


def measure(effort: Effort, limit_s: float = LIMIT_S) -> Outcome:
    """Some subsets one by one and together on one thread, then all of them (some, where effort is small) on all."""
    inputs = build_case(effort.choose("years_1", "flagship", "flagship"))
    outcome = Outcome(
        f"Subsets of {LINKS} candidate links on the same draws: in one call, in separate calls, and on all threads",
        ("how", "threads", "portfolios", "draws", "processor time [s/portfolio]", "portfolios a second"),
    )
    simulate_portfolios(inputs, [Portfolio(frozenset())], draws=1, real_rate=REAL_RATE)  # compiled
    compare_calls(outcome, inputs, *effort.choose((4, 2, 128, 1), (64, 8, 128, 2), (128, 8, 1000, 2)))
    time_all(outcome, inputs, *effort.choose((8, 1), (128, 128), (2**LINKS, 1000)), limit_s)
    return outcome


def compare_calls(outcome: Outcome, inputs: ModelInputs, together: int, apart: int, draws: int, rounds: int) -> None:
    """One call and separate calls in alternating rounds on one thread; their answers must be the same bits."""
    portfolios = random_subsets(inputs, together)
    some = portfolios[:apart]
    seconds: dict[str, list[float]] = {"one call": [], "separate calls": []}
    whole: PortfolioOutcomes | None = None
    separate: list[PortfolioOutcomes] = []
    for _ in range(rounds):
        started = time.process_time()
        whole = simulate_portfolios(inputs, portfolios, draws=draws, real_rate=REAL_RATE, threads=1)
        seconds["one call"].append((time.process_time() - started) / len(portfolios))
        started = time.process_time()
        separate = [simulate_portfolios(inputs, [one], draws=draws, real_rate=REAL_RATE, threads=1) for one in some]
        seconds["separate calls"].append((time.process_time() - started) / len(some))
    assert whole is not None
    check_same(whole, separate, list(range(apart)))
    for (how, times), number in zip(seconds.items(), (len(portfolios), len(some)), strict=True):
        outcome.rows.append((how, 1, number, draws, min(times), 1.0 / min(times)))
    ratio = min(seconds["separate calls"]) / min(seconds["one call"])
    outcome.targets.append(Target("portfolios in one call: times as fast as separate calls", ratio, WANTED, True))
    outcome.notes.append(
        "a separate call simulates the portfolio and the two runs it is compared with; costs and values of every draw, "
        "and all means, were compared bit by bit"
    )


def time_all(outcome: Outcome, inputs: ModelInputs, number: int, draws: int, limit_s: float) -> None:
    """One call for many portfolios on all threads, or as far as it came within a time."""
    threads, portfolios = available_threads(), random_subsets(inputs, number)
    done, wall, processor = 0, 0.0, 0.0
    started, processor_start = time.perf_counter(), time.process_time()

    def watch(finished: int, of: int) -> None:
        nonlocal done, wall, processor
        done, wall, processor = finished, time.perf_counter() - started, time.process_time() - processor_start
        if finished < of and wall > limit_s:
            raise TimeoutError

    whole: PortfolioOutcomes | None = None
    with suppress(TimeoutError):
        whole = simulate_portfolios(
            inputs, portfolios, draws=draws, real_rate=REAL_RATE, threads=threads, progress=watch
        )
    outcome.rows.append(("many, all threads", threads, done, draws, processor / done, done / wall))
    part = f"{done:,} of {len(portfolios):,} portfolios ({done / len(portfolios):.1%}) in {wall:,.1f} s on the wall"
    if whole is None:
        outcome.notes.append(f"all threads: ended by the limit of {limit_s:g} s with {part}")
        return
    outcome.notes.append(f"all threads: {part}; the first and the last were compared with calls of their own")
    ends = [0, len(portfolios) - 1]
    alone = [simulate_portfolios(inputs, [portfolios[k]], draws=draws, real_rate=REAL_RATE, threads=1) for k in ends]
    check_same(whole, alone, ends)


def random_subsets(inputs: ModelInputs, number: int) -> list[Portfolio]:
    """Some of all subsets of the first candidates, any as likely as another, always the same ones."""
    candidates = [inputs.names.links[link] for link in np.flatnonzero(inputs.network.links["candidate"] == 1)][:LINKS]
    chosen = np.random.default_rng(1).permutation(2 ** len(candidates))[:number]
    return [Portfolio(frozenset(link for bit, link in enumerate(candidates) if subset >> bit & 1)) for subset in chosen]


def check_same(whole: PortfolioOutcomes, separate: list[PortfolioOutcomes], places: list[int]) -> None:
    """Refuse to report times of answers that differ."""
    for place, one in zip(places, separate, strict=True):
        same = np.array_equal(whole.cost_musd[place], one.cost_musd[0])
        same &= np.array_equal(whole.value_musd[place], one.value_musd[0])
        for group in ("link_means", "region_means", "country_means"):
            for name, values in getattr(one, group).items():
                same &= np.array_equal(getattr(whole, group)[name][place], values[0])
        if not same:
            raise AssertionError(f"portfolio {place} differs between one call and a call of its own")
