"""The case that can be worked out by hand: one link, three instruments, four binding rows."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog

from solvers import SolveOptions, explain_gap, resimulate_plan, solve_financing
from tests.solvers.cases import HAND_CASE, build

GAP_ONLY = SolveOptions(levels=1)
GAP_MUSD = 18.295620723110865


def annuity(rate: float) -> float:
    return rate / (1.0 - (1.0 + rate) ** -10)


def test_hand_case_reproduces_the_closed_form() -> None:
    plan = solve_financing(build(HAND_CASE), GAP_ONLY)
    concessional, commercial, equity = plan.commitment_musd[0]
    assert concessional == pytest.approx(30.0, abs=1e-9)
    assert commercial == pytest.approx(37.80625077, abs=1e-8)
    assert equity == pytest.approx(13.89812850, abs=1e-8)
    assert plan.gap_musd == pytest.approx(GAP_MUSD, abs=1e-9)
    service = 12.0 / 1.3
    by_hand = (service - 30.0 * annuity(0.02)) / annuity(0.09)
    assert commercial == pytest.approx(by_hand, abs=1e-9)


def test_hand_case_duals() -> None:
    prices = solve_financing(build(HAND_CASE), GAP_ONLY).prices
    by_family = {price.constraint: price.gap_change_per_unit for price in prices}
    assert len(by_family) == len(prices) == 3
    assert by_family["dscr"] == pytest.approx(-1.07606852, abs=1e-8)  # ten equal years together
    assert by_family["sponsor_hurdle"] == pytest.approx(-1.15, abs=1e-9)
    assert by_family["window"] == pytest.approx(-0.28554445, abs=1e-8)
    assert by_family["window"] == pytest.approx(annuity(0.02) / annuity(0.09) - 1.0, abs=1e-9)


def test_hand_case_agrees_with_scipy() -> None:
    """The same case written out for another solver: variables concessional, commercial, equity, gap."""
    a_conc, a_comm = annuity(0.02), annuity(0.09)
    discount = 1.15 ** -np.arange(2.0, 12.0)
    a_ub = [[1.3 * a_conc, 1.3 * a_comm, 0.0, 0.0], [discount.sum() * a_conc, discount.sum() * a_comm, 1.15**-1, 0.0]]
    found = linprog(
        [0, 0, 0, 1],
        A_ub=a_ub,
        b_ub=[12.0, 12.0 * discount.sum()],
        A_eq=[[1, 1, 1, 1]],
        b_eq=[100.0],
        bounds=[(0, 30), (0, None), (0, None), (0, None)],
        method="highs-ipm",
    )
    plan = solve_financing(build(HAND_CASE), GAP_ONLY)
    assert plan.gap_musd == pytest.approx(found.fun, abs=1e-9)
    assert plan.commitment_musd[0] == pytest.approx(found.x[:3], abs=1e-9)


def test_half_year_in_the_hurdle_alone() -> None:
    """Equity paid over the year costs half a year more: 12.960072 and a gap of 19.233678."""
    factors_without_idc = build(HAND_CASE)
    problem = build(HAND_CASE, rules={"mid_year_share": 0.5})
    assert np.array_equal(problem.debt_service_per_draw, factors_without_idc.debt_service_per_draw)
    plan = solve_financing(problem, GAP_ONLY)
    assert plan.commitment_musd[0, 2] == pytest.approx(12.960072, abs=1e-6)
    assert plan.gap_musd == pytest.approx(19.233678, abs=1e-6)


def test_hand_case_resimulated() -> None:
    problem = build(HAND_CASE)
    plan = solve_financing(problem, GAP_ONLY)
    assert resimulate_plan(problem, plan).gap_musd == pytest.approx(plan.gap_musd, abs=1e-9)


def test_conflict_names_the_three_rows() -> None:
    names = {conflict.constraint for conflict in explain_gap(build(HAND_CASE))}
    assert {"sources_uses", "dscr", "sponsor_hurdle"} <= names


def test_relaxations_are_measured_by_solving_again() -> None:
    plan = solve_financing(build(HAND_CASE), SolveOptions(levels=1, relaxations=20))
    window = next(price for price in plan.prices if price.constraint == "window")
    assert window.relaxed_by == pytest.approx(3.0)
    assert window.gap_change_musd == pytest.approx(3.0 * window.gap_change_per_unit, abs=1e-8)
    assert plan.gap_musd == pytest.approx(GAP_MUSD, abs=1e-9)
    assert "concessional window" in window.subject
