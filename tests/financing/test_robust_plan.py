"""The robust plan on made-up cash flows: today's rows, money of the package, fresh draws beside fitted ones."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from simmodel.financing import PortfolioCash
from simmodel.financing.frontier import ask_frontier, find_alternatives
from simmodel.financing.packages import with_package
from simmodel.financing.robust_plan import POLICIES, PROGRAMME, ROBUST, RobustAnswer, find_robust, robust_tables
from simmodel.scenario import load_scenario
from simmodel.scenario.schema import Scenario
from tests.financing.synthetic_portfolio import synthetic_portfolio


@cache
def flagship() -> Scenario:
    """Without least amounts, which the tests of the optimiser settle."""
    return load_scenario("almaty", overrides=("financing.whole_numbers=false",))


@cache
def portfolio() -> PortfolioCash:
    return synthetic_portfolio(flagship(), draws=40, income_share=0.12, links=2)


@cache
def answer() -> RobustAnswer:
    return find_robust(flagship(), portfolio())


def test_the_robust_plan_has_the_smallest_largest_regret_on_the_draws_fitted_to() -> None:
    found = answer()
    assert [each.name for each in found.plans[4:]] == [ROBUST, PROGRAMME]
    assert (found.fitted_draws, found.fresh_draws) == (20, 20)
    regrets = np.array([each.fitted_regret_musd for each in found.plans[:5]])
    assert np.all(regrets >= -1e-9)
    assert regrets[4].max() == pytest.approx(regrets.max(axis=1).min(), abs=1e-9)
    assert found.regret_bound_musd <= regrets[4].max() + 1e-6
    assert np.all(found.bound_musd <= found.fitted_risk_musd + 1e-6)


def test_regret_over_fresh_draws_is_counted_from_the_best_plan_for_the_policy() -> None:
    found = answer()
    for place in range(4):
        assert found.plans[place].regret_musd[place] == 0.0
        for each in found.plans:  # the mean alone is minimised: the risk is the mean gap
            more = each.gap_musd[place] - found.plans[place].gap_musd[place]
            assert each.regret_musd[place] == pytest.approx(more, abs=1e-9)


def test_money_is_that_of_the_plan_and_the_core_is_part_of_it() -> None:
    found = answer()
    assert found.drawn_musd > 1.0
    assert all(0.0 <= each.core_musd <= each.drawn_musd for each in found.money)
    money = next(table for table in robust_tables(found) if table.name == "robust_plan")
    assert sum(float(str(row[6])) for row in money.rows) == pytest.approx(found.drawn_musd)


def test_plans_are_signed_on_todays_rules() -> None:
    """What the other policies plan to spend, and how their lenders would see them, changes no plan but the last."""
    cash, policies = portfolio(), ("today", "reforms")
    reformed = cash.runs["portfolio_reform"]
    blind = replace(reformed, planned_cost_musd=0.5 * reformed.planned_cost_musd, tax_musd=reformed.tax_musd[:0])
    known, again = (
        find_robust(flagship(), replace(cash, runs=cash.runs | {"portfolio_reform": run}), policies)
        for run in (reformed, blind)
    )
    assert again.money == known.money
    for one, other in zip(again.plans, known.plans, strict=True):
        np.testing.assert_array_equal(one.gap_musd, other.gap_musd)


def test_packages_keep_public_money_out_of_the_robust_plan_and_of_the_frontier() -> None:
    scenario = with_package(flagship(), "commercial_only", file="almaty.yaml")
    public = {name for name, row in scenario.instruments.items() if row.group in ("grant", "concessional", "mdb")}
    found = find_robust(scenario, portfolio(), ("today", "both"))
    assert found.policies == ("today", "both") and set(found.policies) < set(POLICIES)
    assert not {each.instrument.split("/")[0] for each in found.money} & public
    for plan in find_alternatives(ask_frontier(scenario, portfolio())):
        assert plan.public_musd == pytest.approx(0.0, abs=1e-9)
