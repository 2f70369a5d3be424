"""Trading the gap off: no point of the frontier can be improved, and other mixes keep to their slack."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from solvers import (
    Draws,
    FinancingProblem,
    RiskMeasure,
    TwoStageOptions,
    WholeNumbers,
    agreements_of,
    solve_alternatives,
    solve_frontier,
    solve_two_stage,
)
from solvers.frontier import SMALLEST_GAP
from tests.solvers.portfolio import build_portfolio
from tests.solvers.random_draws import random_draws
from tests.solvers.test_whole_numbers import with_tickets

EXACT = TwoStageOptions(risk=RiskMeasure(0.2, 0.8), gap_tolerance=1e-6)


def question(seed: int = 2) -> tuple[FinancingProblem, Draws]:
    problem = build_portfolio(links=4, instruments=14, seed=seed)
    return problem, random_draws(problem, 20, seed)


def test_every_point_is_the_smallest_gap_at_its_subsidy() -> None:
    """Each point against the same programme with the subsidy as a window of its own: an independent way to hold it."""
    problem, draws = question()
    points = solve_frontier(problem, draws, EXACT, points=6)
    assert len(points) == 6
    share = np.array([each.subsidy_share for each in problem.instruments])
    charge = np.broadcast_to(share[:, None], (len(share), len(problem.countries.ids)))
    for point in points:
        assert float(point.plan.commitment_musd.sum(axis=0) @ share) == pytest.approx(point.subsidy_musd, abs=1e-6)
        held = replace(
            problem,
            windows=replace(
                problem.windows,
                ids=(*problem.windows.ids, "subsidy"),
                limit_musd=np.append(problem.windows.limit_musd, point.subsidy_musd),
                charge=np.concatenate([problem.windows.charge, charge[None]]),
            ),
        )
        best = solve_two_stage(held, draws, replace(EXACT, levels=1)).search
        assert best is not None
        assert point.risk_musd == pytest.approx(best.best_musd, rel=1.1e-3)
    risks = [point.risk_musd for point in points]
    subsidies = [point.subsidy_musd for point in points]
    assert np.all(np.diff(risks) > 0.0) and np.all(np.diff(subsidies) < 0.0)
    assert subsidies[-1] == pytest.approx(0.0, abs=1e-6)
    smallest = solve_two_stage(problem, draws, replace(EXACT, levels=2)).levels
    assert risks[0] == pytest.approx(smallest[0].optimum_musd, rel=1.1e-3)
    assert subsidies[0] >= smallest[1].optimum_musd * (1.0 - 0.05)


def test_frontier_is_convex_where_nothing_is_whole() -> None:
    problem, draws = question(5)
    points = solve_frontier(problem, draws, EXACT, points=7)
    risk = np.array([point.risk_musd for point in points])
    subsidy = np.array([point.subsidy_musd for point in points])
    slopes = np.diff(risk) / np.diff(subsidy)
    assert np.all(np.diff(slopes) <= 1e-2 * np.abs(slopes).max())


def test_private_money_and_both_axes() -> None:
    problem, draws = question()
    private = solve_frontier(problem, draws, EXACT, axes=("private_mobilisation",), points=4)
    amounts = [point.private_musd for point in private]
    assert np.all(np.diff(amounts) > 0.0)
    assert np.all(np.diff([point.risk_musd for point in private]) >= -1e-3)
    both = solve_frontier(problem, draws, EXACT, axes=("subsidy", "private_mobilisation"), points=3)
    figures = np.array([[p.risk_musd, p.subsidy_musd, -p.private_musd] for p in both])
    for place, point in enumerate(figures):
        others = np.delete(figures, place, axis=0)
        better = np.all(others <= point + 1e-6, axis=1) & np.any(others < point - np.abs(point) * 2e-3 - 1e-3, axis=1)
        assert not better.any()


def test_points_with_whole_numbers_keep_their_tickets() -> None:
    problem, draws = question(3)
    problem = with_tickets(problem, 3, largest_musd=6.0)
    options = replace(EXACT, gap_tolerance=1e-4, whole_numbers=WholeNumbers(tolerance=0.01))
    tickets = {each.id: each.minimum_ticket_musd for each in problem.instruments}
    for point in solve_frontier(problem, draws, options, points=4):
        assert point.plan.search is not None and point.plan.search.whole_numbers
        for (name, _), amount in agreements_of(problem, point.plan).items():
            assert amount >= tickets[name] - 1e-6


@pytest.mark.parametrize("whole", [None, WholeNumbers(tolerance=0.01)], ids=["broken", "whole"])
def test_alternatives_keep_to_the_slack_and_are_other_mixes(whole: WholeNumbers | None) -> None:
    problem, draws = question(7)
    problem = with_tickets(problem, 7, largest_musd=4.0)
    options = replace(EXACT, gap_tolerance=1e-4, whole_numbers=whole)
    found = solve_alternatives(problem, draws, options, slack=0.03, count=2)
    best = found[0]
    assert best.name == SMALLEST_GAP
    assert len(found) >= 4
    for each in found[1:]:
        assert each.risk_musd <= best.risk_musd * 1.03 + 1e-6
    moved = [np.abs(each.plan.commitment_musd - best.plan.commitment_musd).sum() / 2.0 for each in found]
    assert max(moved) > 0.05 * best.plan.commitment_musd.sum()
    by_name = {each.name: each.plan for each in found}
    share = np.array([each.subsidy_share for each in problem.instruments])
    subsidies = {name: float(plan.commitment_musd.sum(axis=0) @ share) for name, plan in by_name.items()}
    if "least subsidy" in subsidies:
        assert subsidies["least subsidy"] <= min(subsidies.values()) * (1.05 if whole else 1.001) + 1e-6
    if whole is not None:
        tickets = {each.id: each.minimum_ticket_musd for each in problem.instruments}
        for each in found:
            for (name, _), amount in agreements_of(problem, each.plan).items():
                assert amount >= tickets[name] - 1e-6


def test_axes_and_points_that_make_no_sense_are_refused() -> None:
    problem, draws = question()
    with pytest.raises(ValueError, match="axes"):
        solve_frontier(problem, draws, EXACT, axes=("jobs",))
    with pytest.raises(ValueError, match="points"):
        solve_frontier(problem, draws, EXACT, points=1)
