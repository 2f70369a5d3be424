"""The gap of the draws: account, waterfall and causes, against hand-worked vectors and the draws' own programmes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from solvers import RecourseInputs, SolveOptions, evaluate_recourse, funding_gap_shares, solve_financing
from solvers.recourse import evaluate_link, recourse_inputs
from tests.solvers.cases import two_country_case


def one_link(
    *,
    sources: list[float],
    planned: list[float],
    cost: list[float],
    cash: list[float],
    service: list[float],
    target: list[float],
    last: int,
) -> RecourseInputs:
    def row(values: list[float]) -> np.ndarray:
        return np.array([values], dtype=float)

    return RecourseInputs(
        planned_sources_musd=row(sources),
        planned_cost_musd=row(planned),
        debt_service_musd=row(service),
        reserve_target_musd=row(target),
        operating_support_musd=np.zeros((1, len(cost))),
        lease_income_foregone_musd=np.zeros((1, len(cost))),
        last_construction_year=np.array([last]),
        cost_musd=row(cost)[..., None],
        cfads_musd=row(cash)[..., None],
        constant_usd_weight=np.ones(len(cost)),
        size=np.ones(1),
    )


def test_reserve_waterfall_vector() -> None:
    """Cash 8, 12, 2, 15, 9 against service of 10 with a reserve of 5: short in the third year only, by 3."""
    zero = [0.0] * 6
    inputs = one_link(
        sources=zero,
        planned=zero,
        cost=zero,
        cash=[0, 8, 12, 2, 15, 9],
        service=[0, 10, 10, 10, 10, 10],
        target=[5, 5, 5, 5, 5, 0],
        last=0,
    )
    assert evaluate_link(inputs, 0).operating_shortfall_musd[:, 0].tolist() == [0, 0, 0, 3, 0, 0]
    assert evaluate_recourse(inputs).gap_musd.tolist() == [3.0]


def test_support_is_cash_and_gap_and_presold_leases_are_neither() -> None:
    """Cash of 7 and 2, with 4 of support and 1 presold, against 8: the reserve keeps 2, then 1 is lacking."""
    zero = [0.0] * 3
    inputs = replace(
        one_link(sources=zero, planned=zero, cost=zero, cash=[0, 7, 2], service=[0, 8, 8], target=[0, 2, 0], last=0),
        operating_support_musd=np.array([[0.0, 4.0, 4.0]]),
        lease_income_foregone_musd=np.array([[0.0, 1.0, 1.0]]),
    )
    assert evaluate_link(inputs, 0).operating_shortfall_musd[:, 0].tolist() == [0, 4, 5]


def test_pure_delay_costs_nothing() -> None:
    zero = [0.0] * 4
    plan = [33.0, 33.0, 34.0, 0.0]
    outcome = evaluate_recourse(
        one_link(sources=plan, planned=plan, cost=[0, 33, 33, 34], cash=zero, service=zero, target=zero, last=2)
    )
    assert outcome.gap_musd.tolist() == [0.0]


def test_causes_of_a_funding_gap() -> None:
    """10 of 100 unfunded, works cost 20 more and the link loses 4 a year: 10, 20 and 8."""
    inputs = one_link(
        sources=[45, 45, 0, 0],
        planned=[50, 50, 0, 0],
        cost=[60, 60, 0, 0],
        cash=[0, 0, -4, -4],
        service=[0, 0, 0, 0],
        target=[0, 0, 0, 0],
        last=1,
    )
    gap, outcome = evaluate_link(inputs, 0), evaluate_recourse(inputs)
    assert gap.unfunded_plan_musd[:, 0].tolist() == [10, 0, 0, 0]
    assert gap.works_musd[:, 0].tolist() == [15, 15, 0, 0]
    assert gap.operating_shortfall_musd[:, 0].tolist() == [0, 0, 4, 4]
    assert outcome.unfunded_plan_musd.tolist() == [[10.0]]
    assert outcome.overrun_musd.tolist() == [[20.0]]
    assert outcome.operating_shortfall_musd.tolist() == [[8.0]]
    assert outcome.gap_by_year_musd[:, 0].tolist() == [15, 15, 4, 4]
    assert outcome.mean_gap_by_link_year_musd.tolist() == [[15, 15, 4, 4]]


def test_empty_plan_leaves_the_whole_need_of_every_draw() -> None:
    generator = np.random.default_rng(1)
    cost, cash = generator.uniform(0, 10, (2, 6, 50)), generator.normal(0, 5, (2, 6, 50))
    weight = 1.03 ** -np.arange(6.0)
    zero = np.zeros((2, 6))
    outcome = evaluate_recourse(
        RecourseInputs(
            planned_sources_musd=zero,
            planned_cost_musd=cost.mean(axis=2),
            debt_service_musd=zero,
            reserve_target_musd=zero,
            operating_support_musd=zero,
            lease_income_foregone_musd=zero,
            last_construction_year=np.array([2, 1]),
            cost_musd=cost,
            cfads_musd=cash,
            constant_usd_weight=weight,
            size=np.ones(2),
        )
    )
    need = np.einsum("lts,t->s", cost + np.maximum(-cash, 0.0), weight)
    assert outcome.gap_musd == pytest.approx(need, abs=1e-12)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_waterfall_is_the_optimum_of_the_draw(seed: int) -> None:
    """Closed form against a linear programme that may hold back reserve and account as it likes."""
    generator = np.random.default_rng(seed)
    years, last = 7, 2
    weight = np.sort(generator.uniform(0.5, 1.0, years))[::-1]
    building = np.arange(years) <= last
    sources, cost = generator.uniform(0, 10, years) * building, generator.uniform(0, 10, years)
    cash = generator.uniform(-3, 15, years) * ~building
    service = generator.uniform(0, 10, years) * ~building
    target = np.append(0.5 * service[1:], 0.0)
    target[:last] = 0.0
    inputs = one_link(
        sources=sources.tolist(),
        planned=sources.tolist(),
        cost=cost.tolist(),
        cash=cash.tolist(),
        service=service.tolist(),
        target=target.tolist(),
        last=last,
    )
    outcome = evaluate_recourse(replace(inputs, constant_usd_weight=weight))
    assert outcome.gap_musd[0] == pytest.approx(
        _optimum(sources, cost, weight, 0.0, np.full(years, np.inf))
        + _optimum(cash[last + 1 :], service[last + 1 :], weight[last + 1 :], target[last], target[last + 1 :]),
        abs=1e-8,
    )


def _optimum(money: np.ndarray, bill: np.ndarray, weight: np.ndarray, opening: float, cap: np.ndarray) -> float:
    """min sum w g with balance b[t] <= b[t-1] + money - bill + g, 0 <= b <= cap."""
    years = len(money)
    a_ub, b_ub = np.zeros((years, 2 * years)), money - bill
    for year in range(years):
        a_ub[year, years + year], a_ub[year, year] = 1.0, -1.0
        if year:
            a_ub[year, years + year - 1] = -1.0
    b_ub = b_ub + np.append(opening, np.zeros(years - 1))
    bounds = [(0, None)] * years + [(0, None if np.isinf(each) else each) for each in cap]
    return float(linprog(np.append(weight, np.zeros(years)), A_ub=a_ub, b_ub=b_ub, bounds=bounds).fun)


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_causes_add_up_and_are_never_negative(seed: int) -> None:
    generator = np.random.default_rng(seed)
    shape = (3, 8, 20)
    planned = generator.uniform(0, 10, shape[:2])
    inputs = RecourseInputs(
        planned_sources_musd=planned * generator.uniform(0, 1.2, shape[:2]),
        planned_cost_musd=planned,
        debt_service_musd=generator.uniform(0, 4, shape[:2]),
        reserve_target_musd=generator.uniform(0, 2, shape[:2]),
        operating_support_musd=generator.uniform(0, 1, shape[:2]),
        lease_income_foregone_musd=generator.uniform(0, 1, shape[:2]),
        last_construction_year=np.array([1, 3, 5]),
        cost_musd=generator.uniform(0, 14, shape),
        cfads_musd=generator.normal(4, 4, shape),
        constant_usd_weight=1.02 ** -np.arange(8.0),
        size=np.ones(3),
    )
    outcome = evaluate_recourse(inputs)
    for part in (outcome.unfunded_plan_musd, outcome.overrun_musd, outcome.operating_shortfall_musd):
        assert part.min() >= 0.0
    lacking = np.maximum((planned - inputs.planned_sources_musd) @ inputs.constant_usd_weight, 0.0)
    assert outcome.unfunded_plan_musd == pytest.approx(np.minimum(outcome.works_musd, lacking[:, None]), abs=1e-9)
    assert outcome.gap_by_link_musd == pytest.approx(outcome.works_musd + outcome.operating_shortfall_musd, abs=1e-9)
    assert outcome.gap_by_year_musd.sum(axis=0) == pytest.approx(outcome.gap_musd, abs=1e-9)
    assert outcome.mean_gap_by_link_year_musd.sum() == pytest.approx(outcome.gap_musd.mean(), abs=1e-9)


def test_plan_on_its_own_path_has_its_own_funding_gap() -> None:
    """A draw equal to the plan leaves the plan's funding gap; cash above the covenants leaves no shortfall."""
    problem = two_country_case()
    plan = solve_financing(problem, SolveOptions(levels=1))
    inputs = recourse_inputs(
        problem,
        plan,
        cost_musd=problem.links.planned_cost_musd[..., None],
        cfads_musd=problem.links.lender_cfads_musd[..., None],
    )
    outcome = evaluate_recourse(inputs)
    weight = problem.rules.constant_usd_weight
    assert outcome.overrun_musd.sum() == pytest.approx(0.0, abs=1e-9)
    assert outcome.unfunded_plan_musd.sum() == pytest.approx(float((plan.funding_gap_musd @ weight).sum()), abs=1e-9)


def test_sections_answer_for_what_their_country_did_not_pay() -> None:
    problem = two_country_case()
    plan = solve_financing(problem, SolveOptions(levels=1))
    shares = funding_gap_shares(problem, plan)
    tied = plan.commitment_musd[:, [each.is_tied for each in problem.instruments]].sum(axis=1)
    remainder = problem.sections.cost_musd - tied
    assert shares.sum() == pytest.approx(1.0)
    assert shares == pytest.approx(remainder / remainder.sum())
