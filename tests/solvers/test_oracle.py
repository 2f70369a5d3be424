"""The compiled oracle over more draws than a block holds, the weights of the tail, and a simplex that gives up."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solvers import Draws, RiskMeasure
from solvers.cut_search import CutSearch
from solvers.draws import World
from solvers.meet_draws import Exposure, Recourse, Response
from solvers.recourse_kernel import BLOCK, weigh_draws
from solvers.search_settings import Limits
from tests.solvers.portfolio import build_portfolio
from tests.solvers.random_draws import random_draws

LINKS, YEARS, COUNT = 2, 7, BLOCK + 300
EVERY_DRAW = RiskMeasure(0.5, 0.0)  # a tail of all draws: its slopes are those of the mean


def some_draws(generator: np.random.Generator, leases: int) -> Draws:
    shape = (LINKS, YEARS, COUNT)
    return Draws(
        generator.uniform(0, 8, shape) * (generator.random(shape) < 0.5),
        generator.normal(3, 4, shape),
        generator.uniform(0, 0.3, (LINKS, YEARS, leases)),
    )


def meet(draws: Draws, exposure: Exposure) -> Response:
    recourse = Recourse(
        draws,
        last_construction_year=np.array([2, 3]),
        constant_usd_weight=1.02 ** -np.arange(1.0, YEARS + 1.0),
        with_sizes=True,
    )
    answer = recourse.respond(exposure, EVERY_DRAW)
    return replace(answer, gap_by_link_musd=answer.gap_by_link_musd.copy())


def part_of(draws: Draws, chosen: slice) -> Draws:
    leases = draws.lease_income_lost_per_iru
    own = leases[:, :, chosen] if leases.shape[2] > 1 else leases
    return Draws(draws.cost_musd[:, :, chosen], draws.cfads_musd[:, :, chosen], own)


@pytest.mark.parametrize("leases", [1, COUNT], ids=["leases of all draws", "leases of each"])
def test_blocks_of_draws_are_met_as_any_other_parts(leases: int) -> None:
    """Gaps do not depend on the block of a draw; slopes, of a tail of all draws too, are weighted means."""
    generator = np.random.default_rng(4)
    draws = some_draws(generator, leases)
    exposure = Exposure(
        planned_sources_musd=generator.uniform(0, 5, (LINKS, YEARS)),
        debt_service_musd=generator.uniform(0, 3, (LINKS, YEARS)),
        reserve_target_musd=generator.uniform(0, 2, (LINKS, YEARS)),
        presold_musd=generator.uniform(1, 4, LINKS),
        size=generator.uniform(0.5, 1.5, LINKS),
    )
    whole = meet(draws, exposure)
    cuts = (slice(0, 500), slice(500, COUNT))
    parts = [meet(part_of(draws, cut), exposure) for cut in cuts]
    assert np.allclose(whole.gap_by_link_musd, np.hstack([part.gap_by_link_musd for part in parts]), atol=1e-12)
    assert np.allclose(whole.mean_by_link_musd, whole.gap_by_link_musd.mean(axis=1), atol=1e-12)
    assert np.allclose(whole.tail_by_link_musd, whole.mean_by_link_musd, atol=1e-12)
    shares = [(cut.stop - cut.start) / COUNT for cut in cuts]
    for name in ("plan", "service", "target", "presold", "size"):
        mean = sum(share * getattr(part, name)[0] for share, part in zip(shares, parts, strict=True))
        assert np.allclose(getattr(whole, name)[0], mean, atol=1e-12), name
        assert np.allclose(getattr(whole, name)[1], mean, atol=1e-12), name


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 6), min_size=1, max_size=40), st.floats(0.0, 0.999))
def test_tail_weights_are_those_of_the_sorted_losses(losses: list[int], level: float) -> None:
    """The worst losses in full, the next in part; of equal losses those that come first."""
    array = np.array(losses, dtype=float)
    most = min(1.0 / ((1.0 - level) * len(array)), 1.0)
    taken = np.minimum(np.arange(1, len(array) + 1) * most, 1.0)
    expected = np.zeros(len(array))
    expected[np.argsort(-array, kind="stable")] = np.diff(taken, prepend=0.0)
    assert np.allclose(RiskMeasure(1.0, level).tail_weights(array), expected, atol=1e-8)


def test_means_of_the_tail_are_those_of_its_weights() -> None:
    """By link, under the weights that the worst gaps of the portfolio have."""
    generator = np.random.default_rng(5)
    gap, risk = generator.gamma(0.5, 3.0, (LINKS, COUNT)), RiskMeasure(0.5, 0.83)
    tail, mean, worst = weigh_draws(gap, *risk.tail_limits(COUNT))
    assert np.array_equal(tail, risk.tail_weights(gap.sum(axis=0)))
    assert np.allclose(mean, gap.mean(axis=1), rtol=1e-12)
    assert np.allclose(worst, gap @ tail, rtol=1e-12)


def test_a_simplex_that_gives_up_starts_anew() -> None:
    """One step is not enough: solved again with perturbations and without an end, to the same optimum."""
    problem = build_portfolio(links=2, instruments=7, seed=3)
    draws, risk = random_draws(problem, 20, 3), RiskMeasure(0.5, 0.8)
    expected = CutSearch(problem, (World(draws),), risk, Limits(gap_tolerance=1e-8)).minimise_gap().risk_musd
    hasty = CutSearch(problem, (World(draws),), risk, Limits(gap_tolerance=1e-8))
    hasty.program._highs.setOptionValue("simplex_iteration_limit", 1)
    assert hasty.minimise_gap().risk_musd == pytest.approx(expected, rel=1e-7)
    _, limit = hasty.program._highs.getOptionValue("simplex_iteration_limit")
    assert limit > 1000
