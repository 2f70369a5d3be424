"""What must hold for every problem: balances, sense of every relaxation, scale."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solvers import FinancingProblem, SolveOptions, explain_gap, resimulate_plan, solve_financing
from solvers.build_model import build_model
from solvers.model_sets import build_model_sets
from tests.solvers.cases import two_country_case
from tests.solvers.portfolio import build_portfolio

GAP_ONLY = SolveOptions(levels=1)
SEEDS = st.integers(0, 100_000)


def random_problem(seed: int) -> FinancingProblem:
    """The two-country case with its cash, costs, limits and rules drawn at random."""
    generator = np.random.default_rng(seed)
    problem = two_country_case(
        capex_musd=tuple(generator.uniform(5, 50, 3)),
        cfads_musd=tuple(generator.normal(9, 5, 15)),
        hurdle=float(generator.uniform(0.08, 0.25)),
        dscr=float(generator.uniform(1.1, 1.8)),
    )
    shape = problem.links.lender_cfads_musd.shape
    return replace(
        problem,
        windows=replace(problem.windows, limit_musd=generator.uniform(0, 25, 3)),
        links=replace(
            problem.links,
            gearing_max=generator.uniform(0.4, 1.0, 1),
            lender_hard_currency_cash_musd=generator.uniform(0, 12, shape),
            expected_cfads_musd=problem.links.lender_cfads_musd + generator.uniform(0, 4, shape),
        ),
        countries=replace(
            problem.countries,
            concessionality_floor=np.array([generator.uniform(0.2, 0.6), np.nan]),
            ppg_present_value_headroom_musd=generator.uniform(0, 20, 2),
        ),
        eligibility=replace(problem.eligibility, max_share_of_cost=generator.uniform(0.1, 1.0, (2, 6))),
    )


@settings(max_examples=25, deadline=None)
@given(seed=SEEDS)
def test_sources_are_uses_and_the_resimulation_agrees(seed: int) -> None:
    problem = random_problem(seed)
    plan = solve_financing(problem)
    flow = resimulate_plan(problem, plan)
    assert flow.gap_musd == pytest.approx(plan.gap_musd, abs=1e-8)
    assert flow.planned_sources_musd == pytest.approx(plan.planned_sources_musd, abs=1e-9)
    assert flow.planned_sources_musd + plan.funding_gap_musd == pytest.approx(problem.links.planned_cost_musd, abs=1e-9)
    assert flow.debt_service_musd == pytest.approx(plan.debt_service_musd, abs=1e-9)
    assert flow.sponsor_value_musd.min() >= -1e-7
    assert flow.covenant_shortfall_musd.max() <= plan.operating_support_musd.max() + 1e-8
    assert plan.commitment_musd == pytest.approx(plan.draw_musd.sum(axis=2), abs=1e-9)
    assert -1e-9 <= plan.minimum_gap_musd <= plan.need_musd + 1e-9


def _scaled_links(name: str, factor: float) -> Callable[[FinancingProblem], FinancingProblem]:
    def change(problem: FinancingProblem) -> FinancingProblem:
        changed: dict[str, Any] = {name: getattr(problem.links, name) * factor}
        return replace(problem, links=replace(problem.links, **changed))

    return change


RELAXATIONS: dict[str, Callable[[FinancingProblem], FinancingProblem]] = {
    "larger windows": lambda p: replace(p, windows=replace(p.windows, limit_musd=p.windows.limit_musd * 1.2)),
    "more sponsor cash": lambda p: replace(
        p, links=replace(p.links, expected_cfads_musd=p.links.expected_cfads_musd + 0.5)
    ),
    "more lender cash": lambda p: replace(p, links=replace(p.links, lender_cfads_musd=p.links.lender_cfads_musd + 0.5)),
    "more hard-currency cash": _scaled_links("lender_hard_currency_cash_musd", 1.3),
    "lower cover": _scaled_links("dscr_target", 0.9),
    "lower hurdle": _scaled_links("sponsor_hurdle_rate", 0.8),
    "higher gearing": _scaled_links("gearing_max", 1.1),
    "higher shares": lambda p: replace(
        p, eligibility=replace(p.eligibility, max_share_of_cost=p.eligibility.max_share_of_cost * 1.2)
    ),
    "lower floor": lambda p: replace(
        p, countries=replace(p.countries, concessionality_floor=p.countries.concessionality_floor * 0.8)
    ),
    "more debt room": lambda p: replace(
        p,
        countries=replace(
            p.countries, ppg_present_value_headroom_musd=p.countries.ppg_present_value_headroom_musd * 1.3
        ),
    ),
    "smaller reserve": lambda p: replace(p, rules=replace(p.rules, reserve_months=3.0)),
}


@pytest.mark.parametrize("relaxation", RELAXATIONS.values(), ids=RELAXATIONS.keys())
@settings(max_examples=6, deadline=None)
@given(seed=SEEDS)
def test_no_relaxation_widens_the_gap(relaxation: Callable[[FinancingProblem], FinancingProblem], seed: int) -> None:
    problem = random_problem(seed)
    before = solve_financing(problem, GAP_ONLY).gap_musd
    assert solve_financing(relaxation(problem), GAP_ONLY).gap_musd <= before + 1e-7


@settings(max_examples=10, deadline=None)
@given(seed=SEEDS, instrument=st.integers(0, 5))
def test_one_more_instrument_never_widens_the_gap(seed: int, instrument: int) -> None:
    problem = random_problem(seed)
    eligible = problem.eligibility.eligible.copy()
    eligible[:, instrument] = False
    without = replace(problem, eligibility=replace(problem.eligibility, eligible=eligible))
    assert solve_financing(problem, GAP_ONLY).gap_musd <= solve_financing(without, GAP_ONLY).gap_musd + 1e-7


@settings(max_examples=10, deadline=None)
@given(seed=SEEDS, factor=st.floats(0.05, 50.0))
def test_scale_invariance(seed: int, factor: float) -> None:
    """The same problem in another money has the same gap in it."""
    problem = random_problem(seed)
    links, sections, countries = problem.links, problem.sections, problem.countries
    scaled = replace(
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
            countries, ppg_present_value_headroom_musd=countries.ppg_present_value_headroom_musd * factor
        ),
        windows=replace(problem.windows, limit_musd=problem.windows.limit_musd * factor),
    )
    expected = factor * solve_financing(problem, GAP_ONLY).gap_musd
    assert solve_financing(scaled, GAP_ONLY).gap_musd == pytest.approx(expected, rel=1e-7, abs=1e-7 * factor)


def test_duals_agree_with_finite_differences() -> None:
    problem = random_problem(3)
    before = solve_financing(problem, GAP_ONLY)
    dual = sum(
        price.gap_change_per_unit
        for price in before.prices
        if price.constraint == "window" and price.subject == "window grants"
    )
    step = 1e-4
    limits = problem.windows.limit_musd + np.array([step, 0.0, 0.0])
    after = solve_financing(replace(problem, windows=replace(problem.windows, limit_musd=limits)), GAP_ONLY)
    assert (after.gap_musd - before.gap_musd) / step == pytest.approx(dual, abs=1e-4)


def test_same_problem_same_bits() -> None:
    first, second = solve_financing(random_problem(5)), solve_financing(random_problem(5))
    assert first.draw_musd.tobytes() == second.draw_musd.tobytes()
    assert first.gap_musd == second.gap_musd


@pytest.mark.parametrize("seed", range(6))
def test_portfolio_with_staggered_starts_is_resimulated(seed: int) -> None:
    problem = build_portfolio(links=6, instruments=14, seed=seed)
    plan = solve_financing(problem)
    flow = resimulate_plan(problem, plan)
    assert flow.gap_musd == pytest.approx(plan.gap_musd, abs=1e-8)
    assert flow.planned_sources_musd + plan.funding_gap_musd == pytest.approx(problem.links.planned_cost_musd, abs=1e-9)
    assert flow.debt_service_musd == pytest.approx(plan.debt_service_musd, abs=1e-9)
    limits = np.einsum(
        "wic,kc,ki->w", problem.windows.charge, np.eye(6)[problem.sections.country], plan.commitment_musd
    )
    assert np.all(limits <= problem.windows.limit_musd + 1e-9)
    outside = plan.draw_musd[~problem.eligibility.eligible]
    assert outside.max(initial=0.0) == 0.0
    assert 0.0 < plan.gap_musd < plan.need_musd


def test_the_gap_of_a_portfolio_has_an_explanation() -> None:
    problem = build_portfolio(links=5, instruments=7, seed=1)
    conflicts = explain_gap(problem)
    assert any(each.constraint == "sources_uses" and ", in 20" in each.subject for each in conflicts)
    one_link = explain_gap(problem, link=0)
    assert all("link1" not in each.subject for each in one_link if each.constraint == "sources_uses")
    plan = solve_financing(problem, SolveOptions(levels=1, relaxations=5))
    measured = [price for price in plan.prices if price.gap_change_musd is not None]
    assert len(measured) == 5
    for price in measured:
        assert price.gap_change_musd is not None and price.relaxed_by is not None
        assert price.gap_change_per_unit * price.relaxed_by - 1e-7 <= price.gap_change_musd <= 1e-7


def test_the_model_has_no_component_per_draw() -> None:
    """Rows and columns follow from the portfolio; nothing in the problem has a dimension of draws."""
    problem = build_portfolio(links=3, instruments=7, seed=0)
    model = build_model(problem, build_model_sets(problem))
    draws = sum(len(years) for years in build_model_sets(problem).draw_years.values())
    assert len(model.draw) == draws
    assert len(model.commitment) == len(build_model_sets(problem).draw_years)
