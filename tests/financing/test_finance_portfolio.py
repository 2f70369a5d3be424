"""The financing stage on made-up cash flows: identities, economics, and the plan's own path."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from simmodel.financing import FinancingResult, PortfolioCash, RunCash, finance_portfolio
from simmodel.financing.funding_need import Measures, financing_problem
from simmodel.financing.gap_waterfall import unpaid_in_draws
from simmodel.scenario import load_scenario
from simmodel.scenario.schema import Scenario
from solvers import solve_financing
from tests.financing.synthetic_portfolio import synthetic_portfolio

FLAGSHIP = Path(__file__).parents[2] / "scenarios" / "almaty.yaml"


@cache
def flagship(*overrides: str) -> Scenario:
    return load_scenario(FLAGSHIP, overrides=overrides)


@cache
def financed(income_share: float = 0.18) -> tuple[PortfolioCash, FinancingResult]:
    cash = synthetic_portfolio(flagship(), draws=64, income_share=income_share, links=6)
    return cash, finance_portfolio(flagship(), cash)


def test_waterfall_adds_up_to_the_mean_gap() -> None:
    _, result = financed()
    steps = [step.musd for step in result.waterfall]
    assert [result.waterfall[0].step, result.waterfall[-1].step] == ["need", "residual"]
    assert sum(steps[:-1]) == pytest.approx(steps[-1], abs=1e-9)
    assert steps[-1] == pytest.approx(result.gap_draws_musd.mean(), abs=1e-9)


@pytest.mark.parametrize("part", ["gap_by_link_musd", "gap_by_country_musd", "gap_by_year_musd", "gap_by_cause_musd"])
def test_every_split_adds_up_to_the_gap_of_each_draw(part: str) -> None:
    _, result = financed()
    np.testing.assert_allclose(getattr(result, part).sum(axis=0), result.gap_draws_musd, rtol=1e-12, atol=1e-9)


def test_split_by_link_country_and_cause_adds_up_to_the_mean() -> None:
    _, result = financed()
    total = sum(row[3] for row in result.mean_gap_by_link_country_cause)
    assert total == pytest.approx(result.gap_draws_musd.mean(), rel=1e-12)


def test_need_is_the_mean_cost_and_deficit_of_the_empty_package() -> None:
    cash, result = financed()
    run = cash.runs["portfolio"]
    by_hand = sum(
        (run.cost_musd[:, year].sum(axis=0) + np.maximum(-run.cfads_musd[:, year], 0).sum(axis=0)).mean()
        / cash.us_index[year]
        for year in range(len(cash.us_index))
    )
    assert result.need_musd == pytest.approx(by_hand, rel=1e-12)


def test_resimulated_plan_has_the_optimisers_gap() -> None:
    _, result = financed()
    for case in result.cases:
        assert case.resimulated_gap_musd == pytest.approx(
            case.planned_gap_musd, abs=1e-8 * max(case.planned_gap_musd, 1)
        )


def test_links_without_income_raise_no_private_money() -> None:
    _, result = financed(0.0)
    by_step = {step.step: step.musd for step in result.waterfall}
    assert by_step["private_finance_today"] + by_step["private_finance_unlocked"] >= -1e-6
    assert by_step["public_and_concessional"] < 0.0


def test_more_income_leaves_a_smaller_gap_to_private_money() -> None:
    gaps = [financed(share)[1].cases[2].mean_gap_musd for share in (0.0, 0.18, 0.4)]
    assert gaps[0] > gaps[1] > gaps[2]


def test_the_plans_own_path_leaves_the_planned_gap() -> None:
    """A single draw that costs and earns what the plan expects: the recourse repeats the optimum."""
    scenario, cash = flagship(), synthetic_portfolio(flagship(), draws=1, links=5)
    income = cash.runs["with"]
    certain = RunCash(
        planned_cost_musd=income.planned_cost_musd,
        cost_musd=income.planned_cost_musd[:, :, None],
        cfads_musd=income.cfads_musd,
        revenue_musd=income.revenue_musd,
        hard_currency_cash_musd=income.hard_currency_cash_musd,
        tax_musd=np.zeros_like(income.tax_musd),
        completed=income.completed,
    )
    cash = replace(cash, runs={**cash.runs, "with": certain})
    problem = financing_problem(scenario, cash, Measures("all_money", "with", True, True)).problem
    plan = solve_financing(problem)
    outcome = unpaid_in_draws(problem, plan, certain)
    assert float(outcome.gap_musd[0]) <= plan.gap_musd + 1e-8
    assert float(outcome.unfunded_plan_musd.sum()) == pytest.approx(
        float((plan.funding_gap_musd @ problem.rules.constant_usd_weight).sum()), abs=1e-7
    )


def test_more_grant_never_widens_the_planned_gap() -> None:
    cash = synthetic_portfolio(flagship(), draws=16, income_share=0.08, links=5)
    gaps = []
    for factor in (1.0, 3.0):
        scenario = flagship()
        envelopes = tuple(
            row.model_copy(
                update={
                    "envelope_musd": row.envelope_musd.model_copy(update={"value": row.envelope_musd.value * factor})
                }
            )
            if row.instrument_id in ("ida_grant", "adb_adf")
            else row
            for row in scenario.envelopes
        )
        richer = scenario.model_copy(update={"envelopes": envelopes})
        problem = financing_problem(richer, cash, Measures("all_money", "with", True, True)).problem
        gaps.append(solve_financing(problem).minimum_gap_musd)
    assert gaps[1] <= gaps[0] + 1e-6


def test_afghanistan_contracts_no_public_debt() -> None:
    _, result = financed()
    loans = {name for name, row in flagship().instruments.items() if row.is_ppg}
    assert not [row for row in result.plan if row.country == "AFG" and row.instrument.split("/")[0] in loans]


def test_a_portfolio_without_links_needs_nothing() -> None:
    cash = synthetic_portfolio(flagship(), draws=8, links=0)
    result = finance_portfolio(flagship(), cash)
    assert result.need_musd == 0.0
    assert result.gap_draws_musd.tolist() == [0.0] * 8
    assert result.probability_no_gap == 1.0
