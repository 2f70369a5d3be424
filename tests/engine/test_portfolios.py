"""Portfolios simulated together: the bits of separate simulations, and those of the runs a study has anyway."""

from __future__ import annotations

import numpy as np
import pytest

from simmodel.engine.keep_plan import KeepPlan
from simmodel.engine.monte_carlo import simulate
from simmodel.engine.portfolios import LINK_MEANS, Portfolio, PortfolioOutcomes, simulate_portfolios
from simmodel.inputs.model_inputs import LINK_VARIABLES, RUNS, ModelInputs
from tests.parity.generated_networks import generate_inputs

DRAWS = 150


@pytest.fixture(scope="module")
def inputs() -> ModelInputs:
    return generate_inputs(8, links=9, regions=4, years=6)


@pytest.fixture(scope="module")
def candidates(inputs: ModelInputs) -> tuple[str, ...]:
    names = tuple(inputs.names.links[link] for link in np.flatnonzero(inputs.network.links["candidate"] == 1))
    assert len(names) >= 2
    return names


@pytest.fixture(scope="module")
def portfolios(candidates: tuple[str, ...]) -> list[Portfolio]:
    one, other, every = frozenset(candidates[:1]), frozenset(candidates[1:]), frozenset(candidates)
    return [
        Portfolio(one),
        Portfolio(every),
        Portfolio(other, has_reforms=False, has_codeployment=False),
        Portfolio(frozenset()),
        Portfolio(every, delay_years={candidates[0]: 2.0}),
    ]


@pytest.fixture(scope="module")
def outcomes(inputs: ModelInputs, portfolios: list[Portfolio]) -> PortfolioOutcomes:
    return simulate_portfolios(inputs, portfolios, draws=DRAWS, real_rate=0.08)


def test_together_or_apart_gives_the_same_bits(
    inputs: ModelInputs, portfolios: list[Portfolio], outcomes: PortfolioOutcomes
) -> None:
    for batch, threads in ((1, 1), (2, 1), (2, 3), (3, 5)):
        other = simulate_portfolios(inputs, portfolios, draws=DRAWS, real_rate=0.08, batch=batch, threads=threads)
        np.testing.assert_array_equal(other.cost_musd, outcomes.cost_musd)
        np.testing.assert_array_equal(other.value_musd, outcomes.value_musd)
        for group in ("link_means", "region_means", "country_means"):
            for name, values in getattr(outcomes, group).items():
                np.testing.assert_array_equal(getattr(other, group)[name], values, err_msg=name)


@pytest.mark.parametrize("threads", [1, 2])
def test_progress_counts_portfolios_and_what_it_raises_ends_the_work(
    inputs: ModelInputs, portfolios: list[Portfolio], threads: int
) -> None:
    seen: list[tuple[int, int]] = []
    options = {"draws": 1, "real_rate": 0.08, "batch": 2, "threads": threads}
    simulate_portfolios(inputs, portfolios, progress=lambda done, of: seen.append((done, of)), **options)
    assert len(seen) == 3 and seen == sorted(seen) and seen[-1] == (5, 5)

    def stop(done: int, of: int) -> None:
        seen.append((done, of))
        raise TimeoutError("enough")

    seen.clear()
    with pytest.raises(TimeoutError, match="enough"):
        simulate_portfolios(inputs, portfolios * 20, progress=stop, **options)
    assert len(seen) == 1 and seen[0][1] == 100


def test_all_candidates_are_the_run_with_and_none_is_the_run_of_reforms(
    inputs: ModelInputs, outcomes: PortfolioOutcomes
) -> None:
    study = simulate(inputs, draws=DRAWS, keep=KeepPlan.nothing(inputs.network))
    chosen = inputs.network.links["candidate"] == 1
    for place, run in ((1, "with"), (3, "reform_only")):
        for name in LINK_MEANS:
            mean = study.link_mean[RUNS.index(run), LINK_VARIABLES.index(name)][chosen]
            np.testing.assert_array_equal(outcomes.link_means[name][place], mean)
    assert np.all(outcomes.cost_musd[3] == 0.0)


def test_links_outside_a_portfolio_do_nothing_and_those_inside_cost(
    candidates: tuple[str, ...], portfolios: list[Portfolio], outcomes: PortfolioOutcomes
) -> None:
    for place, portfolio in enumerate(portfolios):
        for number, link in enumerate(candidates):
            means = [outcomes.link_means[name][place, number] for name in LINK_MEANS]
            assert (link in portfolio.links) == bool(np.any(outcomes.link_means["capex"][place, number]))
            assert link in portfolio.links or not np.any(means)


def test_a_later_start_moves_spending_to_later_years(outcomes: PortfolioOutcomes) -> None:
    planned, later = (outcomes.link_means["capex"][place, 0] for place in (1, 4))
    assert later[:2].sum() < planned[:2].sum() or planned[:2].sum() == 0.0
    assert not np.array_equal(planned, later)


def test_a_link_told_to_wait_for_its_host_is_one_that_the_scenario_lets_wait(inputs: ModelInputs) -> None:
    links = inputs.network.links
    hosted = np.flatnonzero((links["candidate"] == 1) & (links["host"] >= 0))
    assert len(hosted)
    slugs = frozenset(inputs.names.links[link] for link in np.flatnonzero(links["candidate"] == 1))
    told = frozenset(inputs.names.links[link] for link in hosted)
    answers = []
    for asked_to_wait in (False, True):
        own = links.copy()
        own["wait_for_host"][hosted] = asked_to_wait
        network = inputs.network._replace(links=own)
        portfolios = [Portfolio(slugs), Portfolio(slugs, waiting=told)]
        found = simulate_portfolios(inputs._replace(network=network), portfolios, draws=64, real_rate=0.08)
        answers += list(found.cost_musd)
    planned, told_so, waiting, still_waiting = answers
    np.testing.assert_array_equal(told_so, waiting)
    np.testing.assert_array_equal(waiting, still_waiting)
    assert not np.array_equal(planned, waiting)


def test_everything_wrong_with_portfolios_is_said_at_once(inputs: ModelInputs, candidates: tuple[str, ...]) -> None:
    first, existing = candidates[0], inputs.names.links[int(np.flatnonzero(inputs.network.links["candidate"] == 0)[0])]
    portfolios = [
        Portfolio(frozenset(candidates)),
        Portfolio(frozenset({"nowhere", first, "elsewhere"}), waiting=frozenset({"somewhere"})),
        Portfolio(frozenset({existing}), delay_years={first: -1.0, candidates[1]: np.nan, "nowhere": 1.0}),
    ]
    with pytest.raises(ValueError) as problem:
        simulate_portfolios(inputs, portfolios, draws=1, real_rate=0.1)
    low, high = sorted([(first, -1.0), (candidates[1], np.nan)])
    assert str(problem.value).split("; ") == [
        "portfolio 1, links: no candidate links of the scenario: elsewhere, nowhere",
        "portfolio 1, waiting: no candidate links of the scenario: somewhere",
        f"portfolio 2, links: no candidate links of the scenario: {existing}",
        "portfolio 2, delay_years: no candidate links of the scenario: nowhere",
        f"portfolio 2, delay_years: {low[0]} starts {low[1]} years later, no number from 0 on",
        f"portfolio 2, delay_years: {high[0]} starts {high[1]} years later, no number from 0 on",
        f"the candidate links are {', '.join(candidates)}",
    ]
    with pytest.raises(ValueError, match="no portfolio"):
        simulate_portfolios(inputs, [], draws=1, real_rate=0.1)
