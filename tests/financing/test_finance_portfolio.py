"""The financing stage on made-up cash flows: identities, economics, and the plan's own path."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from simmodel.errors import FinancingError
from simmodel.financing import FinancingResult, PortfolioCash, finance_portfolio
from simmodel.financing.funding_need import Measures, financing_problem
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
    fresh = list(result.fresh_draws)
    assert fresh == list(range(32, 64)) and result.fitted_draws == 32
    by_hand = sum(
        (run.cost_musd[:, year, fresh].sum(axis=0) + np.maximum(-run.cfads_musd[:, year, fresh], 0).sum(axis=0)).mean()
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


def test_one_draw_that_is_the_plan_leaves_the_planned_gap() -> None:
    """A draw that costs and earns what the plan expects: fitted to it, read on it, and the links are the same."""
    cash = synthetic_portfolio(flagship(), draws=1, links=5)
    certain = {
        name: replace(run, cost_musd=run.planned_cost_musd[:, :, None], tax_musd=np.zeros_like(run.tax_musd))
        for name, run in cash.runs.items()
    }
    result = finance_portfolio(flagship(), replace(cash, runs=certain))
    for case in result.cases:
        assert case.mean_gap_musd == pytest.approx(case.fitted_gap_musd, abs=1e-8)
        assert case.planned_gap_musd == pytest.approx(case.mean_gap_musd, abs=1e-7)
    assert result.gap_by_cause_musd[1].sum() == pytest.approx(0.0, abs=1e-8)
    assert any("single draw" in note for note in result.warnings)


def test_the_published_gap_is_read_on_draws_the_plan_never_saw() -> None:
    """Changing the draws a plan was fitted to leaves the need alone; changing the fresh ones leaves the plan alone."""
    cash, result = financed()
    worse = {name: replace(run, cost_musd=run.cost_musd.copy()) for name, run in cash.runs.items()}
    for run in worse.values():
        run.cost_musd[:, :, 32:] *= 1.5
    other = finance_portfolio(flagship(), replace(cash, runs=worse))
    assert other.plan == result.plan
    assert other.cases[-1].fitted_gap_musd == result.cases[-1].fitted_gap_musd
    assert other.need_musd > 1.2 * result.need_musd
    assert other.gap_draws_musd.mean() > result.gap_draws_musd.mean()
    for case in result.cases:
        assert case.optimism_musd == case.mean_gap_musd - case.fitted_gap_musd
        assert case.bound_musd <= case.risk_musd <= case.bound_musd * (1.0 + 1.3e-3) + 1e-6
        assert case.ended == "proven"


def test_settings_of_the_search_are_the_scenarios() -> None:
    cash, neutral = financed()
    averse = finance_portfolio(flagship("financing.tail_weight=0.8", "financing.cvar_alpha=0.75"), cash)
    assert averse.cases[-1].risk_musd > neutral.cases[-1].risk_musd
    assert averse.cases[-1].fitted_gap_musd >= neutral.cases[-1].fitted_gap_musd - 0.05
    hurried = finance_portfolio(flagship("financing.time_limit_seconds=0"), cash)
    assert hurried.cases[-1].ended == "time limit"
    assert any("time limit" in note and "no plan can do better" in note for note in hurried.warnings)
    few = finance_portfolio(flagship("financing.draws_in=8"), cash)
    assert (few.fitted_draws, len(few.fresh_draws)) == (8, 56)


def test_a_budget_for_bad_draws_lets_public_money_pay_for_overruns() -> None:
    cash, planned = financed()
    provided = finance_portfolio(flagship("financing.budget_percentile=0.95"), cash)
    assert provided.gap_draws_musd.mean() < planned.gap_draws_musd.mean()
    paid = {row.link: 0.0 for row in provided.plan}
    for row in provided.plan:
        paid[row.link] += row.commitment_musd
    costs = dict(zip(provided.link_ids, provided.planned_cost_musd.sum(axis=1), strict=True))
    assert any(paid[link] > costs[link] * 1.01 for link in paid)


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
    assert result.gap_draws_musd.tolist() == [0.0] * 4
    assert result.probability_no_gap == 1.0


def test_a_year_that_weighs_more_than_the_one_before_is_refused_in_words() -> None:
    cash = synthetic_portfolio(flagship(), draws=8, links=2)
    falling = replace(cash, us_index=cash.us_index[::-1].copy())
    with pytest.raises(FinancingError, match="constant_usd_weight"):
        finance_portfolio(flagship(), falling)
