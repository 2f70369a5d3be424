"""The smallest largest regret: against all worlds written out in full, a closed form, a grid and its properties."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solvers import (
    Draws,
    FinancingPlan,
    FinancingProblem,
    RiskMeasure,
    TwoStageOptions,
    WholeNumbers,
    Windows,
    agreements_of,
    evaluate_recourse,
    resimulate_plan,
    solve_robust,
    solve_two_stage,
)
from solvers.recourse import recourse_inputs
from tests.solvers.cases import EQUITY, HAND_CASE, Terms, build
from tests.solvers.extensive_form import solve_extensive, solve_extensive_regret
from tests.solvers.portfolio import build_portfolio
from tests.solvers.random_draws import random_draws
from tests.solvers.test_properties import random_problem
from tests.solvers.test_whole_numbers import with_tickets

SEEDS = st.integers(0, 100_000)
MIXED = RiskMeasure(tail_weight=0.5, tail_level=0.8)
EXACT = TwoStageOptions(risk=MIXED, gap_tolerance=1e-8, level_slack_relative=1e-8)


def worlds_of(problem: FinancingProblem, draws: int, seed: int, count: int = 3) -> list[Draws]:
    """The same draws under policies that move every link's cost and cash in their own way."""
    base = random_draws(problem, draws, seed)
    generator = np.random.default_rng(seed)
    links = len(problem.links.ids)
    return [
        Draws(
            base.cost_musd * generator.uniform(0.3, 2.0, (links, 1, 1)),
            base.cfads_musd * generator.uniform(0.3, 1.7, (links, 1, 1)),
            base.lease_income_lost_per_iru,
        )
        for _ in range(count)
    ]


def risk_of(problem: FinancingProblem, plan: FinancingPlan, draws: Draws, risk: RiskMeasure = MIXED) -> float:
    inputs = recourse_inputs(
        problem,
        plan,
        cost_musd=draws.cost_musd,
        cfads_musd=draws.cfads_musd,
        lease_income_lost_per_iru=draws.lease_income_lost_per_iru.__getitem__,
    )
    return risk.value(evaluate_recourse(inputs).gap_musd)


@pytest.mark.parametrize(("seed", "risk"), [(1, RiskMeasure()), (4, MIXED)], ids=["mean", "mixed"])
def test_agrees_with_all_worlds_written_out_in_full(seed: int, risk: RiskMeasure) -> None:
    problem = build_portfolio(links=3, instruments=7, seed=seed)
    worlds = worlds_of(problem, 12, seed)
    found = solve_robust(problem, worlds, replace(EXACT, risk=risk))
    best = [solve_extensive(problem, draws, risk) for draws in worlds]
    regret = solve_extensive_regret(problem, worlds, best, risk)
    assert regret > 0.1  # the worlds do not want the same plan
    assert found.best_musd == pytest.approx(best, rel=1e-6)
    assert found.bound_musd == pytest.approx(best, rel=1e-6)
    scale = max(best)
    assert found.regret_musd[-1].max() == pytest.approx(regret, abs=1e-6 * scale)
    assert found.regret_bound_musd == pytest.approx(regret, abs=1e-6 * scale)
    met = [risk_of(problem, found.plan, draws, risk) for draws in worlds]
    assert found.risk_musd[-1] == pytest.approx(met, abs=1e-9)


@pytest.mark.parametrize("seed", [0, 1])
def test_whole_numbers_hold_and_agree_with_branch_and_bound(seed: int) -> None:
    problem = with_tickets(random_problem(seed), seed)
    worlds = worlds_of(problem, 6, seed, count=2)
    options = replace(EXACT, whole_numbers=WholeNumbers(tolerance=1e-4))
    found = solve_robust(problem, worlds, options)
    best = [solve_extensive(problem, draws, MIXED, whole_numbers=True) for draws in worlds]
    regret = solve_extensive_regret(problem, worlds, best, MIXED, whole_numbers=True)
    tolerance = 1e-4 * max(best)
    assert found.best_musd == pytest.approx(best, abs=tolerance)
    assert found.regret_musd[-1].max() == pytest.approx(regret, abs=2.0 * tolerance)
    tickets = {each.id: each.minimum_ticket_musd for each in problem.instruments}
    for plan in (found.plan, *found.optima, *found.nearest):
        assert plan.search is not None and plan.search.whole_numbers
        assert all(amount >= tickets[name] - 1e-6 for (name, _), amount in agreements_of(problem, plan).items())


def test_one_envelope_and_two_links_by_hand() -> None:
    """Ten million for two links: in one world the first costs ten, in the other the second costs six.

    With `a` for the first, 10 - a is unpaid in one world and 6 - (10 - a) in the other: a = 7, and both regrets are 3.
    The best plans give 10 and nothing, or nothing and 6. Those nearest to 7 and 3 give 10 and nothing, or 4 and 6:
    common to all three are 4 for the first link.
    """
    problem = build_portfolio(links=2, instruments=1, seed=0, countries=1)
    problem = replace(
        problem,
        eligibility=replace(
            problem.eligibility,
            eligible=np.ones_like(problem.eligibility.eligible),
            max_share_of_cost=np.full((4, 1), np.inf),
        ),
        windows=Windows(ids=("grant",), limit_musd=np.array([10.0]), charge=np.ones((1, 1, 1))),
        rules=replace(problem.rules, constant_usd_weight=np.ones(25)),
    )
    last, nothing = problem.links.last_construction_year, np.zeros((2, 25, 1))
    worlds = []
    for link, cost in ((0, 10.0), (1, 6.0)):
        works = nothing.copy()
        works[link, last[link]] = cost
        worlds.append(Draws(works, nothing, nothing))
    found = solve_robust(problem, worlds, EXACT)

    def by_link(draw_musd: np.ndarray) -> list[float]:
        return [float(draw_musd[problem.sections.link == link].sum()) for link in range(2)]

    assert found.best_musd == pytest.approx([0.0, 0.0], abs=1e-5)
    assert by_link(found.plan.draw_musd) == pytest.approx([7.0, 3.0], abs=1e-5)
    assert found.regret_musd == pytest.approx(np.array([[0.0, 6.0], [10.0, 0.0], [3.0, 3.0]]), abs=1e-5)
    assert by_link(found.core_musd) == pytest.approx([4.0, 0.0], abs=1e-4)


def test_small_mix_against_a_grid() -> None:
    """Every mix of two loans on a grid, with the equity its cash can pay, in a world of dear works and one of poor
    cash: no mix has a smaller largest regret, and some mix is no more than a step away."""
    problem = build(HAND_CASE, uses=(*HAND_CASE.uses[:2], (EQUITY, Terms())))
    base = random_draws(problem, 20, 1)
    worlds = [
        Draws(1.6 * base.cost_musd, 1.4 * base.cfads_musd, base.lease_income_lost_per_iru),
        Draws(0.5 * base.cost_musd, 0.3 * base.cfads_musd, base.lease_income_lost_per_iru),
    ]
    found = solve_robust(problem, worlds, EXACT)
    smallest, discount = np.inf, 1.15 ** -np.arange(2.0, 12.0)
    for concessional, commercial in product(np.linspace(0.0, 30.0, 16), np.linspace(0.0, 40.0, 21)):
        service = (concessional, commercial, 0.0) @ problem.debt_service_per_draw[:, 0]
        if 1.3 * service.max() > 12.0:
            continue
        most = max(float((12.0 - service[1:]) @ discount) * 1.15, 0.0)
        for equity in (0.0, most):
            amounts = np.array([[concessional, commercial, equity]])
            mix = replace(
                found.plan,
                commitment_musd=amounts,
                planned_sources_musd=np.eye(11)[:1] * amounts.sum(),
                debt_service_musd=service[None, :],
                reserve_target_musd=np.zeros((1, 11)),
            )
            regrets = [risk_of(problem, mix, draws) - best for draws, best in zip(worlds, found.best_musd, strict=True)]
            assert min(regrets) >= -1e-5
            smallest = min(smallest, max(regrets))
    regret = found.regret_musd[-1].max()
    assert regret > 0.1
    assert regret <= smallest + 1e-5
    assert smallest - regret < 2.0


@settings(max_examples=5, deadline=None)
@given(seed=SEEDS)
def test_no_regret_is_negative_and_no_best_plan_is_regretted_less(seed: int) -> None:
    problem = random_problem(seed)
    found = solve_robust(problem, worlds_of(problem, 10, seed), EXACT)
    largest = found.regret_musd.max(axis=1)
    assert np.all(found.regret_musd >= 0.0)
    assert np.all(largest[-1] <= largest[:-1])
    assert found.regret_bound_musd <= largest[-1] + 1e-6
    assert resimulate_plan(problem, found.plan).covenant_shortfall_musd.max() <= 1e-7
    assert resimulate_plan(problem, found.plan).sponsor_value_musd.min() >= -1e-6


@settings(max_examples=3, deadline=None)
@given(seed=SEEDS)
def test_one_more_policy_never_lowers_the_regret(seed: int) -> None:
    problem = random_problem(seed)
    worlds = worlds_of(problem, 10, seed)
    regrets = [solve_robust(problem, worlds[:count], EXACT).regret_musd[-1].max() for count in (1, 2, 3)]
    assert regrets[0] <= 1e-6
    assert np.all(np.diff(regrets) >= -1e-5)


def test_with_one_world_the_robust_plan_is_the_best_plan() -> None:
    problem = build_portfolio(links=3, instruments=7, seed=1)
    draws = random_draws(problem, 20, 1)
    found = solve_robust(problem, [draws], EXACT)
    best = solve_two_stage(problem, draws, EXACT)
    assert best.search is not None
    assert found.risk_musd[-1] == pytest.approx([best.search.best_musd], rel=1e-6)
    assert found.regret_musd == pytest.approx(np.zeros((2, 1)), abs=1e-5)
    assert found.core_musd == pytest.approx(found.plan.draw_musd)
    with pytest.raises(ValueError, match="at least one"):
        solve_robust(problem, [], EXACT)


def test_core_is_drawn_by_a_best_plan_of_every_world() -> None:
    problem = build_portfolio(links=3, instruments=7, seed=2)
    worlds = worlds_of(problem, 12, 2)
    options = replace(EXACT, level_slack_relative=1e-4)
    found = solve_robust(problem, worlds, options)
    assert 0.0 < found.core_musd.sum() < found.plan.draw_musd.sum()
    for place, (plan, draws) in enumerate(zip(found.nearest, worlds, strict=True)):
        assert np.all(found.core_musd <= plan.draw_musd + 1e-9)
        best = found.best_musd[place]
        assert risk_of(problem, plan, draws) <= best * (1.0 + 1.01e-4) + 1e-6
        left_out = np.maximum(found.plan.draw_musd - plan.draw_musd, 0.0).sum()
        own = found.optima[place].draw_musd
        assert left_out <= np.maximum(found.plan.draw_musd - own, 0.0).sum() + 1e-4


def test_same_worlds_same_bits() -> None:
    problem = random_problem(5)
    worlds = worlds_of(problem, 5, 5, count=2)
    first, second = (solve_robust(problem, worlds, EXACT) for _ in range(2))
    assert first.plan.draw_musd.tobytes() == second.plan.draw_musd.tobytes()
