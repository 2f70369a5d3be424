"""Tax with the plan's interest deducted: the engine's recursion, a worked example, and the passes of the financing."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from simmodel.engine.keep_plan import KeepPlan
from simmodel.engine.monte_carlo import simulate
from simmodel.financing import PortfolioCash, PortfolioPlan
from simmodel.financing.draw_split import split_draws
from simmodel.financing.finance_portfolio import finance_portfolio
from simmodel.financing.gap_waterfall import TAX_TOLERANCE, SolvedCase, solve_cases, unpaid_in_draws
from simmodel.financing.levered_tax import deducted_cost_musd, interest_relief, no_relief, section_tax_musd
from simmodel.financing.packages import with_package
from simmodel.financing.portfolio_cash import SectionTax
from simmodel.inputs.model_inputs import LINK_VARIABLES
from simmodel.scenario import load_scenario
from simmodel.scenario.schema import Scenario
from solvers import InstrumentKind, cost_of_debt_musd, resimulate_plan
from tests.financing.synthetic_portfolio import TAX_RATE, synthetic_portfolio
from tests.parity.generated_networks import generate_inputs

FLAGSHIP = Path(__file__).parents[2] / "scenarios" / "almaty.yaml"


@cache
def flagship() -> Scenario:
    return load_scenario(FLAGSHIP)


@cache
def solved() -> tuple[PortfolioCash, tuple[SolvedCase, ...]]:
    """Links that earn enough for private debt."""
    cash = synthetic_portfolio(flagship(), draws=64, income_share=0.25, links=4)
    return cash, solve_cases(flagship(), cash, split_draws(64, 1024))


def one_section(loss_years: float = 9.0) -> PortfolioPlan:
    tax = SectionTax(*(np.array([value]) for value in (0.2, loss_years, 20.0, 0.0)))
    nothing = np.zeros(1)
    return PortfolioPlan(
        link_ids=("one",),
        section_link=np.zeros(1, dtype=np.int64),
        section_country=("KGZ",),
        section_cost_share=np.ones(1),
        preparation_musd=np.zeros((1, 12)),
        discount_rate_nominal=nothing,
        tax_rate=nothing,
        tax=tax,
        climate_cost_share=nothing,
        is_domestic=np.ones(1, dtype=bool),
    )


@pytest.mark.parametrize("number", [3, 5, 8])
def test_without_interest_the_tax_is_the_engines(number: int) -> None:
    inputs = generate_inputs(number)
    net, keep = inputs.network, KeepPlan.full(inputs.network)
    output = simulate(inputs, draws=4, threads=1, keep=keep)
    country = net.countries[net.sections["country"]]
    names = ("tax_rate", "tax_loss_years", "civil_tax_life", "civil_tax_rate")
    plan = replace(one_section(), tax=SectionTax(*(np.array(country[name]) for name in names)))
    profit = output.sections[keep.section_rows(net)]
    kept = output.links[keep.link_row[:, LINK_VARIABLES.index("tax")]]
    again = np.zeros_like(kept)
    for run in range(len(net.runs)):
        for section, link in enumerate(net.sections["link"]):
            again[run, link] += section_tax_musd(plan, section, profit[run, section])
    assert kept.max() > 0.0
    np.testing.assert_allclose(again, kept, rtol=1e-12, atol=1e-12)


def test_a_loss_made_by_interest_saves_tax_when_it_is_used() -> None:
    """Profits of -40, 0, 30, 40, 50, 35 pay 0, 0, 0, 6, 10, 7 at 20 %; less interest of 10 a year 0, 0, 0, 0, 6, 5."""
    profit = np.array([-40.0, 0.0, 30.0, 40.0, 50.0, 35.0])[:, None]
    without, left = (section_tax_musd(one_section(), 0, profit - interest)[:, 0] for interest in (0.0, 10.0))
    assert without.tolist() == pytest.approx([0.0, 0.0, 0.0, 6.0, 10.0, 7.0])
    assert left.tolist() == pytest.approx([0.0, 0.0, 0.0, 0.0, 6.0, 5.0])


FLOWS = arrays(np.float64, (12, 1), elements=st.floats(-50.0, 50.0))
COSTS = arrays(np.float64, (12, 1), elements=st.floats(0.0, 20.0))


@settings(max_examples=60, deadline=None)
@given(profit=FLOWS, interest=COSTS, loss_years=st.integers(0, 12))
def test_interest_never_raises_the_tax_of_all_years_nor_saves_more_than_its_rate(
    profit: np.ndarray, interest: np.ndarray, loss_years: int
) -> None:
    plan = one_section(float(loss_years))
    saved = section_tax_musd(plan, 0, profit) - section_tax_musd(plan, 0, profit - interest)
    assert saved.sum() >= -1e-9
    assert saved.sum() <= 0.2 * interest.sum() + 1e-9


def test_interest_is_deducted_in_its_year_and_that_of_the_works_over_their_life() -> None:
    cash, cases = solved()
    case = cases[-1]
    problem, plan = case.priced.problem, case.plan
    cost, deducted = cost_of_debt_musd(problem, plan), deducted_cost_musd(problem, plan, cash.plan)
    assert cost.sum() > 1.0
    for link, last in enumerate(problem.links.last_construction_year):
        own = cash.plan.section_link == link
        building, years = cost[link, : last + 1].sum(), np.arange(cost.shape[1])
        written_off = np.where((years > last) & (years <= last + 20), building / 20.0, 0.0)
        expected = np.where(years > last, cost[link], 0.0) + written_off
        np.testing.assert_allclose(deducted[own].sum(axis=0), expected, atol=1e-9)


def test_cost_of_debt_is_what_is_paid_less_what_was_drawn() -> None:
    _, cases = solved()
    for case in cases:
        problem, plan = case.priced.problem, case.plan
        is_debt = [each.kind is InstrumentKind.DEBT and each.is_project_serviced for each in problem.instruments]
        drawn = np.zeros(len(problem.links.ids))
        np.add.at(drawn, problem.sections.link, plan.draw_musd[:, is_debt].sum(axis=(1, 2)))
        flow = resimulate_plan(problem, plan)
        paid = (flow.debt_service_musd + flow.fees_and_interest_musd).sum(axis=1)
        np.testing.assert_allclose(cost_of_debt_musd(problem, plan).sum(axis=1), paid - drawn, atol=1e-6)


def test_the_published_gap_is_read_at_the_tax_the_plan_pays() -> None:
    cash, cases = solved()
    for case in cases:
        run, fresh = cash.runs[case.measures.run], slice(32, 64)
        relief = interest_relief(case.priced.problem, case.plan, cash.plan, run, 0.1)
        exact = unpaid_in_draws(case.priced, case.plan, relief.of(run), case.leases, fresh).gap_musd.mean()
        assert case.summary.mean_gap_musd == pytest.approx(exact, abs=1e-9)
        poor = replace(run, cfads_musd=0.5 * run.cfads_musd)  # so that debt is not paid in full
        gaps = [
            unpaid_in_draws(case.priced, case.plan, flows, case.leases, fresh).gap_musd.mean()
            for flows in (relief.of(poor), poor)
        ]
        assert gaps[0] < gaps[1] - 1e-3


def test_two_passes_bring_the_tax_within_the_tolerance() -> None:
    """A link's tax falls by more than the tolerance; a second plan, made with that tax, pays nearly that tax."""
    cash, cases = solved()
    for case in cases:
        run = cash.runs[case.measures.run]
        relief = interest_relief(case.priced.problem, case.plan, cash.plan, run, 0.1)
        from_none = relief.difference(no_relief(run), run)
        assert case.summary.tax_passes == (2 if from_none.max() > TAX_TOLERANCE else 1)
        assert case.summary.tax_difference < TAX_TOLERANCE
    assert max(case.summary.tax_passes for case in cases) == 2


def test_tax_cannot_be_saved_without_debt_of_the_link_or_without_tax() -> None:
    cash, _ = solved()
    public = finance_portfolio(with_package(flagship(), "mdb_classic", file=""), cash)
    assert [(case.tax_passes, case.tax_difference) for case in public.cases] == [(1, 0.0)] * 4
    untaxed = {name: replace(run, section_profit_musd=run.section_profit_musd * 0.0) for name, run in cash.runs.items()}
    free = finance_portfolio(flagship(), replace(cash, runs=untaxed))
    assert {case.tax_passes for case in free.cases} == {1}


def test_links_pay_no_more_tax_than_without_debt() -> None:
    cash, cases = solved()
    for case in cases:
        run = cash.runs[case.measures.run]
        saved = case.run.cfads_musd - run.cfads_musd
        assert saved.sum(axis=1).min() >= -1e-9
        assert (saved <= run.section_profit_musd.sum(axis=0).max() * TAX_RATE + 1e-9).all()
