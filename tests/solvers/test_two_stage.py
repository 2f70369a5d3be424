"""The plan over draws against the same programme written out in full, and what slopes and risk measure must do."""

from __future__ import annotations

from dataclasses import replace

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
    evaluate_recourse,
    resimulate_plan,
    solve_two_stage,
)
from solvers.build_model import build_model
from solvers.meet_draws import Exposure, Recourse
from solvers.model_sets import build_model_sets
from solvers.recourse import recourse_inputs
from tests.solvers.cases import HAND_CASE, build, two_country_case
from tests.solvers.extensive_form import solve_extensive
from tests.solvers.portfolio import build_portfolio
from tests.solvers.random_draws import random_draws
from tests.solvers.test_properties import RELAXATIONS, random_problem

SEEDS = st.integers(0, 100_000)
EXACT = TwoStageOptions(gap_tolerance=1e-9, levels=1)
MIXED = RiskMeasure(tail_weight=0.5, tail_level=0.8)


def gap_of(problem: FinancingProblem, draws: Draws, risk: RiskMeasure) -> float:
    plan = solve_two_stage(problem, draws, replace(EXACT, risk=risk))
    assert plan.search is not None and plan.search.ended == "proven"
    return plan.search.best_musd


def gaps_of_draws(problem: FinancingProblem, plan: FinancingPlan, draws: Draws) -> np.ndarray:
    """Gap of every draw by the recursion written in numpy."""
    inputs = recourse_inputs(
        problem,
        plan,
        cost_musd=draws.cost_musd,
        cfads_musd=draws.cfads_musd,
        lease_income_lost_per_iru=draws.lease_income_lost_per_iru.__getitem__,
    )
    return evaluate_recourse(inputs).gap_musd


@pytest.mark.parametrize("risk", [RiskMeasure(), MIXED, RiskMeasure(1.0, 0.9)], ids=["mean", "mixed", "tail"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_cuts_find_what_the_extensive_form_finds(risk: RiskMeasure, seed: int) -> None:
    problem = random_problem(seed)
    draws = random_draws(problem, 60, seed)
    assert gap_of(problem, draws, risk) == pytest.approx(solve_extensive(problem, draws, risk), rel=1e-6)


@pytest.mark.parametrize("seed", [0, 4])
def test_portfolio_agrees_with_the_extensive_form(seed: int) -> None:
    problem = build_portfolio(links=4, instruments=14, seed=seed)
    draws = random_draws(problem, 30, seed)
    assert gap_of(problem, draws, MIXED) == pytest.approx(solve_extensive(problem, draws, MIXED), rel=1e-6)


def test_hand_case_with_one_draw_is_the_hand_case() -> None:
    """A single draw that costs and earns what the plan expects leaves the gap of the closed form."""
    problem = build(HAND_CASE)
    certain = Draws(
        problem.links.planned_cost_musd[:, :, None],
        problem.links.lender_cfads_musd[:, :, None],
        problem.links.lease_income_lost_per_iru[:, :, None],
    )
    plan = solve_two_stage(problem, certain, EXACT)
    assert plan.commitment_musd[0] == pytest.approx([30.0, 37.80625077, 13.89812850], abs=1e-7)
    assert plan.gap_musd == pytest.approx(18.295620723110865, abs=1e-8)


@settings(max_examples=15, deadline=None)
@given(seed=SEEDS)
def test_levels_hold_the_risk_and_the_plan_adds_up(seed: int) -> None:
    problem = random_problem(seed)
    draws = random_draws(problem, 40, seed)
    plan = solve_two_stage(problem, draws, TwoStageOptions(risk=MIXED))
    search = plan.search
    assert search is not None and search.ended == "proven"
    flow = resimulate_plan(problem, plan)
    assert flow.planned_sources_musd == pytest.approx(plan.planned_sources_musd, abs=1e-8)
    assert flow.debt_service_musd == pytest.approx(plan.debt_service_musd, abs=1e-8)
    assert flow.gap_musd == pytest.approx(plan.gap_musd, abs=1e-7)
    assert flow.covenant_shortfall_musd.max() <= 1e-7
    assert flow.sponsor_value_musd.min() >= -1e-6
    gaps = gaps_of_draws(problem, plan, draws)
    assert search.mean_musd == pytest.approx(gaps.mean(), abs=1e-8)
    assert search.risk_musd == pytest.approx(MIXED.value(gaps), abs=1e-8)
    assert search.risk_musd == pytest.approx(0.5 * search.mean_musd + 0.5 * search.tail_musd, abs=1e-9)
    assert search.bound_musd - 1e-7 <= search.best_musd <= search.bound_musd + 1.1e-4 * search.best_musd + 1e-9
    assert search.risk_musd <= search.best_musd * (1.0 + 1.01e-4) + 1e-8


@settings(max_examples=8, deadline=None)
@given(seed=SEEDS)
def test_slopes_are_those_of_finite_differences(seed: int) -> None:
    generator = np.random.default_rng(seed)
    links, years, count = 3, 9, 12
    last = np.array([2, 3, 8])
    draws = Draws(
        generator.uniform(0, 8, (links, years, count)) * (generator.random((links, years, count)) < 0.5),
        generator.normal(3, 4, (links, years, count)),
        generator.uniform(0, 0.3, (links, years, count)),
    )
    recourse = Recourse(
        draws,
        last_construction_year=last,
        constant_usd_weight=1.02 ** -np.arange(1.0, years + 1.0),
        with_sizes=True,
    )
    parts = {
        "planned_sources_musd": generator.uniform(0, 5, (links, years)),
        "debt_service_musd": generator.uniform(0, 3, (links, years)),
        "reserve_target_musd": generator.uniform(0, 2, (links, years)),
        "presold_musd": generator.uniform(1, 4, links),
        "size": generator.uniform(0.5, 1.5, links),
    }
    risk = RiskMeasure(0.5, 0.7)
    answer = recourse.respond(Exposure(**parts), risk)
    slopes = {
        "planned_sources_musd": answer.plan[0],
        "debt_service_musd": answer.service[0],
        "reserve_target_musd": answer.target[0],
        "presold_musd": answer.presold[0],
        "size": answer.size[0],
    }
    tails = dict(zip(slopes, (answer.plan, answer.service, answer.target, answer.presold, answer.size), strict=True))
    step = 1e-6
    for name, slope in slopes.items():
        for index in np.ndindex(slope.shape):
            if name == "reserve_target_musd" and index[1] < last[index[0]]:
                assert slope[index] == 0.0
                continue
            shifted = []
            for sign in (1.0, -1.0):
                moved = parts[name].copy()
                moved[index] += sign * step
                gap = recourse.gap_by_link_musd(Exposure(**(parts | {name: moved}))).copy()
                shifted.append((gap.sum(axis=0).mean(), float(risk.tail_weights(gap.sum(axis=0)) @ gap.sum(axis=0))))
            mean, tail = ((shifted[0][part] - shifted[1][part]) / (2.0 * step) for part in range(2))
            assert mean == pytest.approx(slope[index], abs=1e-6), (name, index)
            assert tail == pytest.approx(tails[name][1][index], abs=1e-6)


@settings(max_examples=20, deadline=None)
@given(seed=SEEDS, share=st.floats(0.0, 1.0))
def test_planes_never_lie_above_the_gap(seed: int, share: float) -> None:
    """A plan elsewhere has at least the gap that the slopes of this one promise, in the mean and in the tail."""
    problem = random_problem(seed)
    draws = random_draws(problem, 25, seed)
    recourse = Recourse(
        draws,
        last_construction_year=problem.links.last_construction_year,
        constant_usd_weight=problem.rules.constant_usd_weight,
    )
    generator = np.random.default_rng(seed)
    shape = problem.links.planned_cost_musd.shape

    def anywhere() -> Exposure:
        return Exposure(
            planned_sources_musd=generator.uniform(0, 60, shape) * (problem.links.planned_cost_musd > 0),
            debt_service_musd=generator.uniform(0, 9, shape),
            reserve_target_musd=generator.uniform(0, 5, shape),
            presold_musd=generator.uniform(0, 6, 1),
            size=np.ones(1),
        )

    risk = RiskMeasure(0.5, share * 0.99)
    here, there = anywhere(), anywhere()
    answer = recourse.respond(here, risk)
    moves = {
        "plan": there.planned_sources_musd - here.planned_sources_musd,
        "service": there.debt_service_musd - here.debt_service_musd,
        "target": there.reserve_target_musd - here.reserve_target_musd,
        "presold": there.presold_musd - here.presold_musd,
    }
    plane = [sum(float(np.sum(getattr(answer, name)[part] * move)) for name, move in moves.items()) for part in (0, 1)]
    mean, tail = float(answer.mean_by_link_musd.sum()), float(answer.tail_by_link_musd.sum())
    gap = recourse.gap_by_link_musd(there).sum(axis=0)
    assert gap.mean() >= mean + plane[0] - 1e-9
    assert risk.tail_weights(gap) @ gap >= tail + plane[1] - 1e-9


def test_risk_measure_vector_and_extremes() -> None:
    """Losses 1 to 10, the worst 15 per cent: 10 in full and half of 9."""
    losses = np.arange(1.0, 11.0)
    assert RiskMeasure(1.0, 0.85).value(losses) == pytest.approx(9.0 + 2.0 / 3.0, abs=1e-12)
    assert RiskMeasure(0.0, 0.85).value(losses) == losses.mean()
    assert RiskMeasure(1.0, 0.0).value(losses) == pytest.approx(losses.mean())
    assert RiskMeasure(1.0, 0.99).value(losses) == 10.0
    assert RiskMeasure(1.0, 0.85).tail_weights(losses[::-1]).sum() == pytest.approx(1.0)
    with pytest.raises(ValueError, match="tail_weight"):
        RiskMeasure(1.5, 0.9)
    with pytest.raises(ValueError, match="tail_level"):
        RiskMeasure(0.5, 1.0)


def test_aversion_to_risk_runs_from_the_mean_to_the_worst_draw() -> None:
    problem = random_problem(11)
    draws = random_draws(problem, 30, 11)
    values, means, tails = [], [], []
    for weight in (0.0, 0.25, 0.5, 0.75, 1.0):
        plan = solve_two_stage(problem, draws, replace(EXACT, risk=RiskMeasure(weight, 0.8)))
        assert plan.search is not None
        values.append(plan.search.risk_musd)
        means.append(plan.search.mean_musd)
        tails.append(plan.search.tail_musd)
    for series, sign in ((values, 1.0), (means, 1.0), (tails, -1.0)):
        assert np.all(sign * np.diff(series) >= -1e-7)
    worst = solve_two_stage(problem, draws, replace(EXACT, risk=RiskMeasure(1.0, 0.999)))
    assert worst.search is not None
    gaps = gaps_of_draws(problem, worst, draws)
    assert worst.search.risk_musd == pytest.approx(gaps.max(), abs=1e-8)
    for weight in (0.0, 0.5):
        other = solve_two_stage(problem, draws, replace(EXACT, risk=RiskMeasure(weight, 0.8)))
        assert gaps_of_draws(problem, other, draws).max() >= gaps.max() - 1e-7


@pytest.mark.parametrize("relaxation", RELAXATIONS.values(), ids=RELAXATIONS.keys())
@settings(max_examples=3, deadline=None)
@given(seed=SEEDS)
def test_no_relaxation_widens_the_gap_over_draws(relaxation, seed: int) -> None:  # type: ignore[no-untyped-def]
    problem = random_problem(seed)
    draws = random_draws(problem, 20, seed)
    assert gap_of(relaxation(problem), draws, MIXED) <= gap_of(problem, draws, MIXED) + 1e-6


@settings(max_examples=6, deadline=None)
@given(seed=SEEDS, factor=st.floats(0.05, 50.0))
def test_scale_and_currency_invariance(seed: int, factor: float) -> None:
    problem, scaled = random_problem(seed), scale(random_problem(seed), factor)
    draws = random_draws(problem, 20, seed)
    dear = Draws(draws.cost_musd * factor, draws.cfads_musd * factor, draws.lease_income_lost_per_iru)
    expected = factor * gap_of(problem, draws, MIXED)
    assert gap_of(scaled, dear, MIXED) == pytest.approx(expected, rel=1e-6, abs=1e-6 * factor)


def scale(problem: FinancingProblem, factor: float) -> FinancingProblem:
    """The same problem in a money of which `factor` make a dollar."""
    links, sections = problem.links, problem.sections
    return replace(
        problem,
        links=replace(
            links,
            planned_cost_musd=links.planned_cost_musd * factor,
            lender_cfads_musd=links.lender_cfads_musd * factor,
            expected_cfads_musd=links.expected_cfads_musd * factor,
            lender_hard_currency_cash_musd=links.lender_hard_currency_cash_musd * factor,
        ),
        sections=replace(
            sections,
            cost_musd=sections.cost_musd * factor,
            iru_presale_value_musd=sections.iru_presale_value_musd * factor,
        ),
        countries=replace(
            problem.countries,
            ppg_present_value_headroom_musd=problem.countries.ppg_present_value_headroom_musd * factor,
        ),
        windows=replace(problem.windows, limit_musd=problem.windows.limit_musd * factor),
    )


def test_shadow_prices_agree_with_finite_differences() -> None:
    problem = random_problem(3)
    draws = random_draws(problem, 40, 3)
    plan = solve_two_stage(problem, draws, EXACT)
    assert plan.search is not None
    step, checked = 1e-5, 0
    for place, window in enumerate(problem.windows.ids):
        price = sum(p.gap_change_per_unit for p in plan.prices if p.subject == f"window {window}")
        limits = problem.windows.limit_musd.copy()
        limits[place] += step
        wider = replace(problem, windows=replace(problem.windows, limit_musd=limits))
        change = (gap_of(wider, draws, RiskMeasure()) - plan.search.best_musd) / step
        assert change == pytest.approx(price, abs=2e-3)
        checked += price < -0.01
    assert checked


def test_relaxations_are_solved_with_the_cuts_that_are_there() -> None:
    problem = build_portfolio(links=4, instruments=14, seed=2)
    draws = random_draws(problem, 40, 2)
    plan = solve_two_stage(problem, draws, replace(EXACT, relaxations=4))
    assert plan.search is not None
    for price in plan.prices[:4]:
        assert price.gap_change_musd is not None and price.relaxed_by is not None
        assert price.gap_change_per_unit * price.relaxed_by - 1e-4 <= price.gap_change_musd <= 1e-6


def test_a_limit_ends_with_the_best_plan_and_its_bound() -> None:
    problem = build_portfolio(links=6, instruments=14, seed=1)
    draws = random_draws(problem, 200, 1)
    best = solve_two_stage(problem, draws, EXACT)
    assert best.search is not None
    for options in (replace(EXACT, seconds=0.0), replace(EXACT, memory_mb=1.0)):
        plan = solve_two_stage(problem, draws, options)
        assert plan.search is not None
        assert plan.search.ended in ("time limit", "memory limit")
        assert plan.search.bound_musd <= best.search.best_musd + 1e-7 <= plan.search.risk_musd + 2e-7
        assert resimulate_plan(problem, plan).covenant_shortfall_musd.max() <= 1e-7


def test_the_model_has_no_component_per_draw() -> None:
    problem = build_portfolio(links=3, instruments=7, seed=0)
    model = build_model(problem, build_model_sets(problem), RiskMeasure())
    assert len(model.expected_gap) == 3
    assert not hasattr(model, "funding_gap") and len(model.operating_support) == 0


def test_same_draws_same_bits() -> None:
    problem = two_country_case()
    draws = random_draws(problem, 50, 5)
    first, second = (solve_two_stage(problem, draws, TwoStageOptions(risk=MIXED)) for _ in range(2))
    assert first.draw_musd.tobytes() == second.draw_musd.tobytes()


def test_weights_that_grow_are_refused() -> None:
    problem = two_country_case()
    draws = random_draws(problem, 3, 0)
    with pytest.raises(ValueError, match="constant_usd_weight"):
        Recourse(draws, last_construction_year=np.array([2]), constant_usd_weight=np.linspace(0.5, 1.0, 18))
