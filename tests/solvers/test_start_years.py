"""The start year of a link as a choice: against branch and bound, against trying every year, and the hand case."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest

from solvers import (
    Draws,
    Eligibility,
    FinancingProblem,
    RiskMeasure,
    TwoStageOptions,
    WholeNumbers,
    evaluate_recourse,
    resimulate_plan,
    solve_two_stage,
)
from solvers.recourse import recourse_inputs
from tests.solvers.extensive_form import solve_extensive
from tests.solvers.portfolio import build_portfolio
from tests.solvers.random_draws import random_draws

MIXED = RiskMeasure(tail_weight=0.3, tail_level=0.8)
EXACT = TwoStageOptions(risk=MIXED, gap_tolerance=1e-7, levels=1, whole_numbers=WholeNumbers(tolerance=1e-5))


def keep_links(problem: FinancingProblem, draws: Draws, kept: list[int]) -> tuple[FinancingProblem, Draws]:
    """The problem without the other links."""
    of_link = {name: getattr(problem.links, name) for name in problem.links.__slots__}
    chosen: dict[str, Any] = {n: v[kept] if isinstance(v, np.ndarray) else v for n, v in of_link.items()}
    chosen["ids"] = tuple(problem.links.ids[link] for link in kept)
    sections = np.flatnonzero(np.isin(problem.sections.link, kept))
    place = {link: position for position, link in enumerate(kept)}
    smaller = replace(
        problem,
        links=replace(problem.links, **chosen),
        sections=replace(
            problem.sections,
            ids=tuple(problem.sections.ids[k] for k in sections),
            link=np.array([place[int(problem.sections.link[k])] for k in sections]),
            country=problem.sections.country[sections],
            cost_musd=problem.sections.cost_musd[sections],
            iru_presale_value_musd=problem.sections.iru_presale_value_musd[sections],
        ),
        eligibility=Eligibility(
            problem.eligibility.eligible[sections],
            problem.eligibility.max_share_of_cost[sections],
            problem.eligibility.minimum_commitment_musd[sections],
        ),
        rules=replace(problem.rules, start_options=()),
    )
    fewer = Draws(draws.cost_musd[kept], draws.cfads_musd[kept], draws.lease_income_lost_per_iru[kept])
    return smaller, fewer


def with_options(seed: int) -> tuple[FinancingProblem, Draws]:
    """Five links of which 0, 1 are one link with two start years and 2, 3 another; 4 has no choice."""
    problem = build_portfolio(links=5, instruments=7, seed=seed)
    problem = replace(problem, rules=replace(problem.rules, start_options=((0, 1), (2, 3))))
    return problem, random_draws(problem, 8, seed)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_best_years_of_all_combinations(seed: int) -> None:
    problem, draws = with_options(seed)
    plan = solve_two_stage(problem, draws, EXACT)
    assert plan.search is not None and plan.search.ended == "proven"
    gaps = {}
    for pair in product((0, 1), (2, 3)):
        smaller, fewer = keep_links(problem, draws, [*pair, 4])
        alone = solve_two_stage(smaller, fewer, replace(EXACT, whole_numbers=None)).search
        assert alone is not None
        gaps[pair] = alone.best_musd
    best = min(gaps.values())
    assert plan.search.best_musd == pytest.approx(best, rel=2e-5)
    assert plan.search.bound_musd <= best + 1e-6
    chosen = tuple(np.flatnonzero(plan.size > 0.5).tolist())
    assert gaps[chosen[:2]] == pytest.approx(best, rel=2e-5)
    assert chosen[2] == 4


def test_preparation_money_goes_to_the_year_that_is_chosen() -> None:
    """A fund without limit pays the studies of the start that is built, and nothing for the one that is not."""
    problem = build_portfolio(links=2, instruments=7, seed=1)
    links = problem.sections.link
    due = 0.1 * problem.links.planned_cost_musd[links]
    eligible = problem.eligibility.eligible.copy()
    eligible[:, 0] = True
    problem = replace(
        problem,
        instruments=(replace(problem.instruments[0], is_preparation_only=True), *problem.instruments[1:]),
        sections=replace(problem.sections, preparation_musd=due),
        eligibility=replace(problem.eligibility, eligible=eligible),
        windows=replace(problem.windows, limit_musd=problem.windows.limit_musd + 1e3 * problem.windows.charge[:, 0, 0]),
        rules=replace(problem.rules, start_options=((0, 1),)),
    )
    plan = solve_two_stage(problem, random_draws(problem, 4, 1), EXACT)
    paid = plan.draw_musd[:, 0].sum(axis=1)
    assert np.all(plan.draw_musd[:, 0] <= due * plan.size[links][:, None] + 1e-7)
    assert paid[plan.size[links] < 0.5].sum() == 0.0 < paid.sum()


@pytest.mark.parametrize("seed", [4, 5])
def test_agrees_with_branch_and_bound_on_the_extensive_form(seed: int) -> None:
    problem, draws = with_options(seed)
    plan = solve_two_stage(problem, draws, EXACT)
    assert plan.search is not None
    best = solve_extensive(problem, draws, MIXED, whole_numbers=True)
    assert plan.search.best_musd == pytest.approx(best, rel=2e-5)


def test_a_year_that_is_not_chosen_raises_no_money_and_leaves_no_gap() -> None:
    problem, draws = with_options(6)
    plan = solve_two_stage(problem, draws, replace(EXACT, levels=4))
    assert plan.size.tolist().count(1.0) == 3 and plan.size.tolist().count(0.0) == 2
    idle = plan.size[problem.sections.link] == 0.0
    assert plan.commitment_musd[idle].max() <= 1e-7
    outcome = evaluate_recourse(
        recourse_inputs(
            problem,
            plan,
            cost_musd=draws.cost_musd,
            cfads_musd=draws.cfads_musd,
            lease_income_lost_per_iru=draws.lease_income_lost_per_iru.__getitem__,
        )
    )
    assert outcome.gap_by_link_musd[plan.size == 0.0].max() <= 1e-6
    assert plan.search is not None
    assert MIXED.value(outcome.gap_musd) == pytest.approx(plan.search.risk_musd, abs=1e-6)
    flow = resimulate_plan(problem, plan)
    assert flow.gap_musd == pytest.approx(plan.gap_musd, abs=1e-6)
    assert flow.covenant_shortfall_musd.max() <= 1e-6


def test_start_years_need_whole_numbers_and_groups_that_make_sense() -> None:
    problem, draws = with_options(1)
    with pytest.raises(ValueError, match="whole numbers"):
        solve_two_stage(problem, draws, replace(EXACT, whole_numbers=None))
    with pytest.raises(ValueError, match="start_options"):
        replace(problem, rules=replace(problem.rules, start_options=((0, 1), (1, 2))))
    agreed = problem.eligibility.minimum_commitment_musd.copy()
    agreed[0, 0] = 1.0
    with pytest.raises(ValueError, match="minimum_commitment_musd"):
        replace(problem, eligibility=replace(problem.eligibility, minimum_commitment_musd=agreed))
