"""Equity insured against political events, against closed forms and the internal rate of return of its own flows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy_financial as npf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solvers import (
    FinancingPlan,
    FinancingProblem,
    Instrument,
    InstrumentKind,
    SolveOptions,
    insured_hurdle,
    resimulate_plan,
    solve_financing,
)
from tests.solvers.cases import COMMERCIAL, COMMERCIAL_TERMS, EQUITY, Case, Terms, build

COVER = Instrument(id="pri", name="political risk insurance", kind=InstrumentKind.GUARANTEE)
INSURED = replace(
    EQUITY,
    id="insured",
    name="insured equity",
    guaranteed_by="pri",
    cover_share=0.9,
    insurance_premium=0.01,
    insured_years=30,
    variant_of="equity",
)
HURDLE = 0.15


def case(
    *,
    cash: tuple[float, ...] = (9.0,) * 20,
    premium: float = 0.05,
    loss: float = 0.0,
    insured: Instrument = INSURED,
    cover: Instrument = COVER,
    equity: tuple[Instrument, ...] = (),
    **changes: Any,
) -> FinancingProblem:
    """One year of works for 100, then years of cash, with insured equity and what else is given."""
    uses = tuple((each, Terms()) for each in (cover, insured, *equity))
    sections = {"political_premium": np.array([premium]), "political_loss": np.array([loss])}
    return build(Case(cfads_musd=cash, hurdle=HURDLE, uses=uses, sections=sections), **changes)


def solve(problem: FinancingProblem, levels: int = 1) -> FinancingPlan:
    plan = solve_financing(problem, SolveOptions(levels=levels))
    flow = resimulate_plan(problem, plan)
    assert flow.gap_musd == pytest.approx(plan.gap_musd, abs=1e-8)
    assert flow.sponsor_value_musd.min() >= -1e-8
    return plan


def amount(problem: FinancingProblem, plan: FinancingPlan, name: str) -> float:
    ids = [each.id for each in problem.instruments]
    return float(plan.commitment_musd[:, ids.index(name)].sum())


def test_level_cash_carries_the_closed_form() -> None:
    """Cash of 9 in years 2 to 21 at 15 - 0.9 * 5 = 10.5 per cent, less 0.9 per cent a year of premium."""
    problem = case()
    equity = amount(problem, solve(problem), "insured")
    worth = -npf.pv(0.105, 20, 1.0) / 1.105
    paid_in = 1.0 / 1.105
    assert equity == pytest.approx(9.0 * worth / (paid_in + 0.009 * worth), rel=1e-10)
    assert insured_hurdle(problem, 0, 1) == pytest.approx(0.105, rel=1e-12)


@settings(max_examples=12, deadline=None)
@given(
    cash=st.lists(st.floats(0.0, 9.0), min_size=12, max_size=12),
    premium=st.floats(0.0, 0.08),
    loss=st.floats(0.0, 0.02),
    paid=st.floats(0.0, 0.02),
)
def test_insured_sponsors_earn_their_hurdle_on_their_own_flows(
    cash: list[float], premium: float, loss: float, paid: float
) -> None:
    """All cash is theirs: paid in, dividends, premiums and claims have the insured hurdle as their rate of return."""
    problem = case(cash=(4.0, *cash), premium=premium, loss=loss, insured=replace(INSURED, insurance_premium=paid))
    equity = amount(problem, solve(problem), "insured")
    rate = HURDLE - 0.9 * max(premium - loss, 0.0)
    assert 0.0 < equity < 100.0 - 1e-6
    flows = np.array([-equity, 4.0, *cash])
    flows[1:] -= 0.9 * equity * (paid - loss)
    assert npf.npv(rate, flows) == pytest.approx(0.0, abs=1e-7)


def test_after_the_insured_years_the_whole_hurdle_is_asked() -> None:
    """Insured in the year of the works and five years of service; discounting by hand, year by year."""
    problem = case(insured=replace(INSURED, insured_years=6))
    equity = amount(problem, solve(problem), "insured")
    worth, premiums, value = 0.0, 0.0, 1.0
    for year in range(1, 22):
        value /= 1.105 if year <= 6 else 1.15
        worth += 9.0 * value if year > 1 else 0.0
        premiums += 0.009 * value if 1 < year <= 6 else 0.0
    assert equity * (1.0 / 1.105 + premiums) == pytest.approx(worth, rel=1e-10)


def test_cover_that_changes_nothing_is_plain_equity() -> None:
    nothing = replace(INSURED, insurance_premium=0.0)
    insured, plain = case(premium=0.0, insured=nothing), case(premium=0.0, insured=replace(nothing, guaranteed_by=None))
    assert solve(insured).gap_musd == pytest.approx(solve(plain).gap_musd, abs=1e-9)


def test_insured_and_plain_equity_share_the_cash() -> None:
    """Half of what insured equity alone could be leaves half of the cash to plain equity."""
    alone = case()
    most = amount(alone, solve(alone), "insured")
    cover = replace(COVER, cover_limit_musd=0.45 * most)
    problem = case(cover=cover, equity=(EQUITY,))
    plan = solve(problem)
    assert amount(problem, plan, "insured") == pytest.approx(0.5 * most, rel=1e-8)
    plain = 9.0 * -npf.pv(HURDLE, 20, 1.0)
    assert amount(problem, plan, "equity") == pytest.approx(0.5 * plain, rel=1e-8)
    assert "cover_limit" in {price.constraint for price in plan.prices}
    assert "a guarantor covers only so much of one link" in " ".join(price.sentence for price in plan.prices)


def test_the_limit_of_a_link_that_cannot_bind_has_no_row() -> None:
    shares = {"max_share_of_cost": np.array([[0.9, 1.0]])}
    free, bound = (case(cover=replace(COVER, cover_limit_musd=limit), eligibility=shares) for limit in (90.0, 5.0))
    assert amount(free, solve(free), "insured") > 40.0
    assert amount(bound, solve(bound), "insured") == pytest.approx(5.0 / 0.9, rel=1e-9)


def test_an_event_counts_once() -> None:
    """What the draws have lost and the insurer gives back is worth what the hurdle asked for it, and not both."""
    gaps = [solve(case(premium=0.04, loss=loss)).gap_musd for loss in (0.0, 0.01, 0.02, 0.04)]
    without = solve(case(premium=0.0, loss=0.0)).gap_musd
    assert max(gaps) - min(gaps) < 0.25 * (without - max(gaps))
    assert without - max(gaps) > 5.0


@settings(max_examples=8, deadline=None)
@given(premium=st.floats(0.0, 0.08), more=st.floats(0.0, 0.04), paid=st.floats(0.0, 0.03), dearer=st.floats(0.0, 0.02))
def test_riskier_countries_gain_more_and_dearer_premiums_less(
    premium: float, more: float, paid: float, dearer: float
) -> None:
    def gap(political: float, rate: float) -> float:
        insured = replace(INSURED, insurance_premium=rate)
        return solve(case(premium=political, insured=insured, equity=(EQUITY,))).gap_musd

    assert gap(premium + more, paid) <= gap(premium, paid) + 1e-7
    assert gap(premium, paid + dearer) >= gap(premium, paid) - 1e-7


def test_cover_dearer_than_what_it_relieves_is_not_bought() -> None:
    problem = case(premium=0.002, equity=(EQUITY,))
    plan = solve(problem, levels=4)
    assert amount(problem, plan, "insured") == pytest.approx(0.0, abs=1e-7)
    assert amount(problem, plan, "pri") == pytest.approx(0.0, abs=1e-7)


def test_insured_equity_beside_debt_keeps_to_the_programme_written_out() -> None:
    """With debt service out of the same cash: the row of the hurdle, written once more, holds with equality."""
    problem = case(equity=(), uses=((COVER, Terms()), (INSURED, Terms()), (COMMERCIAL, COMMERCIAL_TERMS)))
    plan = solve(problem)
    equity, cash = amount(problem, plan, "insured"), np.array([0.0, *(9.0,) * 20])
    years = np.arange(1, 22)
    at_hurdle, at_own = 1.15**-years, 1.105**-years
    asked = equity * (at_own[0] + 0.009 * at_own[1:].sum()) * (cash @ at_hurdle) / (cash @ at_own)
    assert (cash - plan.debt_service_musd[0]) @ at_hurdle == pytest.approx(asked, rel=1e-9)
    assert amount(problem, plan, "comm") > 5.0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"cover_share": 1.2}, "cover_share"),
        ({"insurance_premium": -0.1}, "insurance_premium"),
        ({"guaranteed_by": "x"}, "x"),
    ],
)
def test_terms_out_of_range_are_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        case(insured=replace(INSURED, **change))


def test_a_negative_political_premium_is_refused() -> None:
    with pytest.raises(ValueError, match="political_premium"):
        case(premium=-0.01)
