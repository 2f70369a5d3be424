"""Which start of each link leaves the smallest gap: against trying all combinations, and what must and must not pay."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from simmodel.financing.draw_split import split_draws
from simmodel.financing.gap_waterfall import solve_case
from simmodel.financing.packages import with_package
from simmodel.financing.portfolio_cash import PortfolioCash, RunCash
from simmodel.financing.start_options import (
    MEASURES,
    SERVICE,
    StartFlows,
    choose_starts,
    serve_equally,
    solve_rows,
    take_links,
)
from simmodel.scenario import load_scenario
from simmodel.scenario.schema import Scenario
from tests.financing.synthetic_portfolio import YEARS, synthetic_portfolio

FLAGSHIP = Path(__file__).parents[2] / "scenarios" / "almaty.yaml"
SPLIT = split_draws(32, 1024)


@cache
def flagship(*overrides: str) -> Scenario:
    return load_scenario(FLAGSHIP, overrides=overrides)


def financed_by(package: str, *overrides: str) -> Scenario:
    return with_package(flagship(*overrides), package, file="")


def only_with(income_share: float = 0.06) -> PortfolioCash:
    cash = synthetic_portfolio(flagship(), draws=32, links=2, income_share=income_share)
    return replace(cash, runs={"with": cash.runs["with"]})


def later(flows: np.ndarray, years: int, us_index: np.ndarray, share: float = 1.0) -> np.ndarray:
    """The same constant dollars some years later; (..., years, draws) or (..., years)."""
    real = flows / (us_index[:, None] if flows.ndim == 3 else us_index)
    moved = np.zeros_like(real)
    moved[:, years:] = real[:, : YEARS - years]
    return share * moved * (us_index[:, None] if flows.ndim == 3 else us_index)


def with_starts(cash: PortfolioCash, starts: tuple[tuple[int, float], ...]) -> StartFlows:
    """Every link as planned, and starts some years later at a share of the cost; over equal years of service."""
    run, index = cash.runs["with"], cash.us_index
    links, options = len(cash.plan.link_ids), ((0, 1.0), *starts)
    rows = [link for link in range(links) for _ in options]
    ids = [f"{cash.plan.link_ids[link]}+{years}" for link in range(links) for years, _ in options]
    plan, sections = take_links(cash.plan, rows, ids)
    section_years = [options[int(row) % len(options)][0] for row in plan.section_link]
    moved = {
        name: np.concatenate(
            [
                later(getattr(run, name)[link : link + 1], years, index, share if "cost" in name else 1.0)
                for link in range(links)
                for years, share in options
            ]
        )
        for name in (*SERVICE, "cost_musd", "planned_cost_musd")
    }
    profit = np.concatenate(
        [
            later(run.section_profit_musd[section : section + 1], years, index)
            for section, years in zip(sections, section_years, strict=True)
        ]
    )
    studies = [
        later(plan.preparation_musd[section : section + 1], years, index) for section, years in enumerate(section_years)
    ]
    plan = replace(plan, preparation_musd=np.concatenate(studies))
    own = RunCash(**moved, completed=run.completed[rows], section_profit_musd=profit)
    longest = max(years for years, _ in options)
    cut = np.array([longest - years for _ in range(links) for years, _ in options])
    equal = serve_equally(own, plan.section_link, cut)
    is_planned = np.array([years == 0 for _ in range(links) for years, _ in options])
    return StartFlows(np.array(rows), is_planned, replace(cash, plan=plan, runs={"with": equal}))


@pytest.mark.parametrize(("package", "starts"), [("commercial_only", ((2, 0.85), (4, 0.82))), ("blended", ((3, 0.9),))])
def test_best_of_all_combinations(package: str, starts: tuple[tuple[int, float], ...]) -> None:
    scenario, flows = financed_by(package), with_starts(only_with(0.12), starts)
    rows_of = [np.flatnonzero(flows.link == link) for link in range(2)]
    gaps = {
        pair: solve_rows(scenario, flows, [int(row) for row in pair], SPLIT).summary.fitted_gap_musd
        for pair in product(*rows_of)
    }
    choice = choose_starts(scenario, flows, SPLIT)
    assert choice.chosen.summary.fitted_gap_musd == pytest.approx(gaps[choice.rows], rel=2e-3)
    # within the gap of whole numbers of the choice and that of the plan for it, 1 % each, and the least gain
    assert choice.chosen.summary.fitted_gap_musd <= min(gaps.values()) * 1.022
    assert max(gaps.values()) > min(gaps.values()) * 1.05


def test_the_planned_start_alone_is_the_present_plan() -> None:
    cash = only_with()
    flows = StartFlows(np.arange(2), np.ones(2, dtype=bool), cash)
    choice = choose_starts(flagship(), flows, SPLIT)
    present = solve_case(flagship(), cash, MEASURES, SPLIT)
    assert choice.rows == (0, 1) and choice.chosen is choice.planned
    assert choice.chosen.summary.mean_gap_musd == present.summary.mean_gap_musd
    np.testing.assert_array_equal(choice.chosen.plan.draw_musd, present.plan.draw_musd)


@pytest.mark.parametrize("income_share", [0.0, 0.1])
def test_a_link_waits_where_that_saves_much_and_never_where_it_saves_nothing(income_share: float) -> None:
    scenario, cash = financed_by("commercial_only"), only_with(income_share)
    much = choose_starts(scenario, with_starts(cash, ((2, 0.6),)), SPLIT)
    assert much.rows == (1, 3)
    assert much.chosen.summary.mean_gap_musd < much.planned.summary.mean_gap_musd
    assert (much.gain_musd > 0.0).all()
    nothing = choose_starts(scenario, with_starts(cash, ((2, 1.0),)), SPLIT)
    assert nothing.rows == (0, 2)
    assert (nothing.gain_musd == 0.0).all() and nothing.chosen is nothing.planned


def test_works_are_put_off_only_where_later_gaps_count_less() -> None:
    """Links that only cost and have no money: three years later at 5 % a year the gap is 1.05^-3 of what it was."""
    flows = with_starts(only_with(0.0), ((3, 1.0),))
    assert choose_starts(financed_by("commercial_only"), flows, SPLIT).rows == (0, 2)
    impatient = choose_starts(financed_by("commercial_only", "financing.gap_discount_rate_real=0.05"), flows, SPLIT)
    assert impatient.rows == (1, 3)
    ratio = impatient.chosen.summary.mean_gap_musd / impatient.planned.summary.mean_gap_musd
    assert ratio == pytest.approx(1.05**-3, rel=1e-9)


def test_service_is_cut_where_it_would_last_longer_than_the_latest_start_leaves() -> None:
    cash = only_with()
    run = cash.runs["with"]
    cut = serve_equally(run, cash.plan.section_link, np.array([3, 0]))
    assert not cut.cfads_musd[0, -3:].any() and run.cfads_musd[0, -3:].any()
    np.testing.assert_array_equal(cut.cfads_musd[:, :-3], run.cfads_musd[:, :-3])
    np.testing.assert_array_equal(cut.cfads_musd[1], run.cfads_musd[1])
    first = cash.plan.section_link == 0
    assert not cut.section_profit_musd[first, -3:].any() and cut.section_profit_musd[~first, -3:].any()
    np.testing.assert_array_equal(cut.cost_musd, run.cost_musd)
