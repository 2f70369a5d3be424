"""Many portfolios in one call against a call for each: portfolios a second, and that the bits are the same."""

from __future__ import annotations

import time

import numpy as np

from benchmarks.cases import build_case
from benchmarks.outcome import Effort, Outcome, Target
from simmodel.engine.portfolios import Portfolio, PortfolioOutcomes, simulate_portfolios
from simmodel.inputs.model_inputs import ModelInputs

LINKS = 12  # candidate links whose subsets are simulated
WANTED = 2.0  # times as fast as separate simulations
REAL_RATE = 0.08


def measure(effort: Effort) -> Outcome:
    """Subsets of candidate links, in one call and in separate calls, in alternating rounds on one thread."""
    inputs = build_case(effort.choose("years_1", "flagship", "flagship"))
    together, apart, draws, rounds = effort.choose((4, 2, 128, 1), (64, 8, 128, 2), (256, 16, 1024, 3))
    portfolios = random_subsets(inputs, together)
    some = portfolios[:apart]
    simulate_portfolios(inputs, some[:1], draws=1, real_rate=REAL_RATE)  # compiled
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
    check_same(whole, separate, [portfolios.index(one) for one in some])
    outcome = Outcome(
        f"Subsets of {LINKS} candidate links, {draws:,} draws each, one thread: portfolios in one call and one by one",
        ("how", "portfolios", "draws", "processor time [s/portfolio]", "portfolios a second"),
    )
    for (how, times), number in zip(seconds.items(), (len(portfolios), len(some)), strict=True):
        outcome.rows.append((how, number, draws, min(times), 1.0 / min(times)))
    ratio = min(seconds["separate calls"]) / min(seconds["one call"])
    outcome.targets.append(Target("portfolios in one call: times as fast as separate calls", ratio, WANTED, True))
    outcome.notes.append(
        "a separate call simulates the portfolio and the two runs it is compared with; costs and values of every draw, "
        "and all means, were compared bit by bit"
    )
    return outcome


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
