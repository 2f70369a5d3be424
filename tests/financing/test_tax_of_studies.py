"""Plans of the frontier and over policies are made with the tax that interest leaves, and read at the tax they pay."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from simmodel.financing import PortfolioCash
from simmodel.financing.frontier import FrontierQuestion, ask_frontier, find_alternatives, find_frontier, plans_table
from simmodel.financing.gap_waterfall import TAX_TOLERANCE, unpaid_in_draws
from simmodel.financing.levered_tax import interest_relief
from simmodel.financing.robust_plan import RobustAnswer, find_robust, robust_tables
from simmodel.scenario import load_scenario
from simmodel.scenario.schema import Scenario
from solvers import FrontierPoint, solve_frontier
from tests.financing.synthetic_portfolio import synthetic_portfolio


@cache
def flagship() -> Scenario:
    return load_scenario("almaty", overrides=("financing.whole_numbers=false",))


@cache
def paying() -> PortfolioCash:
    """Links that earn enough for debt of their own, and pay tax."""
    return synthetic_portfolio(flagship(), draws=64, income_share=0.12, links=4)


@cache
def untaxed() -> PortfolioCash:
    runs = {
        name: replace(run, section_profit_musd=0.0 * run.section_profit_musd) for name, run in paying().runs.items()
    }
    return replace(paying(), runs=runs)


@cache
def question() -> FrontierQuestion:
    return ask_frontier(flagship(), paying())


@cache
def points() -> tuple[FrontierPoint, ...]:
    asked = question()
    return solve_frontier(asked.taxed.priced.problem, asked.draws, asked.options, points=6)


@cache
def robust() -> RobustAnswer:
    return find_robust(flagship(), paying())


def test_the_frontier_is_made_with_the_tax_that_a_first_plan_pays() -> None:
    asked = question().taxed
    relief = interest_relief(asked.asked.priced.problem, asked.first, paying().plan, paying().runs["with"], 0.1)
    assert relief.saved_musd is not None and asked.relief.saved_musd is not None
    np.testing.assert_array_equal(asked.relief.saved_musd, relief.saved_musd)
    fitted = question().draws.cfads_musd - paying().runs["with"].cfads_musd[:, :, :32]
    np.testing.assert_allclose(fitted, relief.saved_musd[:, :, :32], atol=1e-12)


def test_points_are_read_at_the_tax_they_pay_and_made_again_where_it_is_another() -> None:
    """On the first pass some points pay quite another tax than they were made with; on the second none does."""
    asked = question()
    once = [asked._read("", each.risk_musd, each.plan, asked.taxed.relief).tax_difference for each in points()]
    settled = [asked.settle("", each) for each in points()]
    assert max(once) > TAX_TOLERANCE
    assert max(read.tax_difference for read, _ in settled) < TAX_TOLERANCE
    for (read, plan), point, before in zip(settled, points(), once, strict=True):
        assert (plan is point.plan) == (before < TAX_TOLERANCE)
        run = paying().runs["with"]
        relief = interest_relief(asked.taxed.priced.problem, plan, paying().plan, run, 0.1)
        leases, priced = asked.taxed.asked.leases, asked.taxed.priced
        gap = unpaid_in_draws(priced, plan, relief.of(run), leases, slice(32, 64)).gap_musd
        assert read.gap_musd == pytest.approx(gap.mean(), abs=1e-9)
        for axis, most in point.held_musd:
            assert axis == "subsidy" and read.subsidy_musd <= most + 1e-6


def test_points_made_again_stay_near_to_themselves() -> None:
    asked = question()
    for point in points():
        _, plan = asked.settle("", point)
        if plan is not point.plan:
            left_out = np.maximum(point.plan.draw_musd - plan.draw_musd, 0.0).sum()
            assert left_out < 0.05 * point.plan.draw_musd.sum()


def test_the_tables_say_how_far_the_tax_lies() -> None:
    frontier = find_frontier(question(), points=4)
    table = plans_table("frontier", frontier)
    place = next(n for n, name in enumerate(table.header) if name.startswith("change of CFADS"))
    assert [row[place] for row in table.rows] == [each.tax_difference for each in frontier]
    assert 0.0 < max(each.tax_difference for each in frontier) < TAX_TOLERANCE
    near = find_alternatives(question())
    assert max(each.tax_difference for each in near) < TAX_TOLERANCE
    best, money = near[0], dict(near[0].amounts)
    assert best.distance == 0.0 and max(each.distance for each in near) > 0.05
    for each in near:  # moved between instruments, and beside that between sections
        other = dict(each.amounts)
        moved = sum(abs(other.get(name, 0.0) - money.get(name, 0.0)) for name in other.keys() | money.keys()) / 2.0
        assert each.distance >= moved / (best.private_musd + best.public_musd) - 1e-6


def test_without_tax_nothing_changes() -> None:
    asked = ask_frontier(flagship(), untaxed())
    assert asked.taxed.priced.problem is asked.taxed.asked.priced.problem
    assert {each.tax_difference for each in find_frontier(asked, points=3)} == {0.0}
    answer = find_robust(flagship(), untaxed(), ("today", "both"))
    assert answer.tax_passes == 1
    assert max(each.tax_difference.max() for each in answer.plans) == 0.0


def test_the_robust_plan_is_made_with_the_tax_it_pays_under_every_policy() -> None:
    answer = robust()
    assert answer.tax_passes == 2
    chosen = answer.plans[len(answer.policies)]
    assert chosen.tax_difference.shape == (4,)
    assert 0.0 < chosen.tax_difference.max() < TAX_TOLERANCE
    assert chosen.fitted_regret_musd.max() >= -1e-9
    assert answer.regret_bound_musd <= chosen.fitted_regret_musd.max() + 1e-6
    regrets = next(table for table in robust_tables(answer) if table.name == "regrets")
    assert [row[-1] for row in regrets.rows] == [each.tax_difference.max() for each in answer.plans]


def test_interest_that_is_deducted_leaves_a_smaller_gap() -> None:
    """Under every policy the best plan for it leaves less than where no tax is saved."""
    taxed, free = robust(), find_robust(flagship(), untaxed())
    for place in range(4):
        assert taxed.fitted_risk_musd[place] < free.fitted_risk_musd[place]
