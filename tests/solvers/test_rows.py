"""Every row of the model in a case where it binds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from solvers import (
    Eligibility,
    FinancingConflictError,
    FinancingPlan,
    FinancingProblem,
    Instrument,
    InstrumentKind,
    RegionalWindow,
    SolveOptions,
    explain_gap,
    resimulate_plan,
    solve_financing,
)
from tests.solvers.cases import (
    COMMERCIAL,
    COMMERCIAL_TERMS,
    CONCESSIONAL,
    CONCESSIONAL_TERMS,
    EQUITY,
    GRANT,
    HAND_CASE,
    IRU,
    SOVEREIGN,
    Case,
    Terms,
    build,
    two_country_case,
)

GAP_ONLY = SolveOptions(levels=1)
TREASURY_TERMS = Terms(rate=0.01, tenor_years=20, grace_years=5)


def solve(problem: FinancingProblem) -> FinancingPlan:
    plan = solve_financing(problem, GAP_ONLY)
    flow = resimulate_plan(problem, plan)
    assert flow.gap_musd == pytest.approx(plan.gap_musd, abs=1e-8)
    assert flow.overfunding_musd <= 1e-9
    return plan


def binding(plan: FinancingPlan) -> set[str]:
    return {price.constraint for price in plan.prices}


def test_no_instruments_leave_the_need() -> None:
    problem = build(HAND_CASE, uses=(), windows=(), capex_musd=(30.0, 70.0))
    plan = solve(problem)
    assert plan.gap_musd == plan.need_musd == 100.0


def test_nothing_eligible_leaves_the_need() -> None:
    plan = solve(build(HAND_CASE, eligibility={"eligible": np.zeros((1, 3, 11), dtype=bool)}))
    assert plan.gap_musd == plan.need_musd == 100.0


def test_full_grant_leaves_nothing() -> None:
    plan = solve(build(Case(capex_musd=(40.0, 60.0), uses=((GRANT, Terms()),))))
    assert plan.gap_musd == pytest.approx(0.0, abs=1e-9)
    assert explain_gap(build(Case(uses=((GRANT, Terms()),)))) == ()


def test_operating_deficit_is_in_the_gap() -> None:
    problem = build(Case(uses=((GRANT, Terms()),), cfads_musd=(-2.0, 3.0, -1.0)))
    plan = solve(problem)
    assert plan.gap_musd == pytest.approx(3.0, abs=1e-9)
    assert plan.need_musd == pytest.approx(103.0)


def test_draws_only_in_eligible_years() -> None:
    eligible = np.zeros((1, 1, 12), dtype=bool)
    eligible[0, 0, 1] = True
    plan = solve(build(Case(capex_musd=(40.0, 60.0), uses=((GRANT, Terms()),), eligibility={"eligible": eligible})))
    assert plan.funding_gap_musd[0, :2] == pytest.approx([40.0, 0.0], abs=1e-9)


def test_construction_interest_and_fees_are_uses() -> None:
    """Sovereign money serviced by the treasury costs the link nothing, the same loan on-lent does."""
    terms = Terms(rate=0.02, tenor_years=10, grace_years=2)
    on_lent = replace(CONCESSIONAL, front_end_fee=0.01, commitment_fee=0.005)
    case = Case(capex_musd=(50.0, 50.0), cfads_musd=(40.0,) * 10, uses=((on_lent, terms),), mid_year_share=0.5)
    plan = solve(build(case))
    draws = plan.draw_musd[0, 0, :2]
    total = draws.sum()
    first_year = 0.01 * total + 0.01 * draws[0] + 0.005 * (total - 0.5 * draws[0])
    second_year = 0.02 * draws[0] + 0.01 * draws[1] + 0.005 * 0.5 * draws[1]
    assert draws[0] == pytest.approx(50.0 + first_year, abs=1e-8)
    assert draws[1] == pytest.approx(50.0 + second_year, abs=1e-8)
    by_treasury = solve(build(case, uses=((replace(on_lent, is_project_serviced=False), terms),)))
    assert by_treasury.draw_musd[0, 0, :2] == pytest.approx([50.0, 50.0], abs=1e-9)
    assert by_treasury.debt_service_musd.sum() == 0.0


def test_principal_due_while_building_is_a_use() -> None:
    """A one-year loan drawn in the first of two years is repaid in the second, from a new loan the cash can carry."""
    short = Case(capex_musd=(50.0, 0.0), cfads_musd=(40.0,) * 3, uses=((COMMERCIAL, Terms(rate=0.1, tenor_years=1)),))
    plan = solve(build(short))
    assert plan.gap_musd == pytest.approx(50.0 - 40.0 / 1.3 / 1.1**2, abs=1e-8)


def test_fixed_gearing_circularity() -> None:
    """A 70 per cent facility at 8 per cent with fees settles at the closed-form commitment 77.83697."""
    loan = replace(COMMERCIAL, front_end_fee=0.015, commitment_fee=0.005)
    case = Case(
        capex_musd=(30.0, 45.0, 25.0),
        cfads_musd=(1000.0,) * 14,
        mid_year_share=0.5,
        hurdle=0.0,
        uses=((loan, Terms(rate=0.08, tenor_years=14, grace_years=3)), (EQUITY, Terms())),
        links={"gearing_max": np.array([0.7])},
    )
    problem = build(case)
    plan = solve(problem)
    assert plan.gap_musd == pytest.approx(0.0, abs=1e-9)
    flow = resimulate_plan(problem, plan)
    uses = (problem.links.planned_cost_musd + flow.fees_and_interest_musd)[0, :3]
    assert plan.draw_musd[0].sum(axis=0)[:3] == pytest.approx(uses, abs=1e-9)


def test_fixed_gearing_draws_give_the_published_uses() -> None:
    """With draws fixed at 70 per cent of each year's uses the resimulation finds those uses: 32.4, 48.4, 30.4."""
    loan = replace(COMMERCIAL, front_end_fee=0.015, commitment_fee=0.005)
    case = Case(
        capex_musd=(30.0, 45.0, 25.0),
        cfads_musd=(1000.0,) * 14,
        mid_year_share=0.5,
        uses=((loan, Terms(rate=0.08, tenor_years=14, grace_years=3)),),
    )
    problem = build(case)
    plan = solve(problem)
    draws = np.array([22.685204, 33.852018, 21.299752])
    given_draws = np.zeros_like(plan.draw_musd)
    given_draws[0, 0, :3] = draws
    flow = resimulate_plan(problem, replace(plan, draw_musd=given_draws, commitment_musd=np.array([[draws.sum()]])))
    uses = problem.links.planned_cost_musd[0, :3] + flow.fees_and_interest_musd[0, :3]
    assert uses == pytest.approx([32.407435, 48.360026, 30.428217], abs=2e-6)


def test_reserve_is_a_use_of_the_opening_year() -> None:
    with_reserve = solve(build(HAND_CASE, reserve_months=6.0))
    without = solve(build(HAND_CASE))
    service = with_reserve.debt_service_musd[0, 1]
    assert with_reserve.reserve_target_musd[0, 0] == pytest.approx(0.5 * service)
    assert with_reserve.planned_sources_musd[0, 0] == pytest.approx(
        with_reserve.draw_musd[0, :, 0].sum() - 0.5 * service, abs=1e-9
    )
    assert with_reserve.gap_musd > without.gap_musd + 1.0
    assert with_reserve.reserve_target_musd[0, -1] == 0.0


def test_cover_binds_every_year() -> None:
    plan = solve(build(HAND_CASE))
    assert 1.3 * plan.debt_service_musd[0, 1:] == pytest.approx(np.full(10, 12.0), abs=1e-9)


def test_tax_shield_raises_debt() -> None:
    shield = np.where(np.arange(11) > 0, 0.2, 0.0)[None, :]
    assert solve(build(HAND_CASE, links={"tax_shield_rate": shield})).gap_musd < solve(build(HAND_CASE)).gap_musd


def test_operating_support_lets_debt_through_a_bad_year() -> None:
    """One bad year among ten: paying its covenant is cheaper than giving up the debt."""
    cash = (12.0,) * 4 + (6.0,) + (12.0,) * 5
    plan = solve(build(HAND_CASE, cfads_musd=cash))
    assert plan.operating_support_musd[0, 5] > 1.0
    assert plan.operating_support_musd.sum() == pytest.approx(plan.operating_support_musd[0, 5])
    assert plan.gap_musd < plan.need_musd


def test_tied_money_pays_its_own_section() -> None:
    case = Case(uses=((GRANT, Terms()),), cost_shares=(0.6, 0.4), countries=2, section_country=(0, 1))
    eligible = np.ones((2, 1, 11), dtype=bool)
    eligible[1] = False
    plan = solve(build(case, eligibility={"eligible": eligible}))
    assert plan.gap_musd == pytest.approx(40.0, abs=1e-9)
    assert "tied_money" in binding(plan)
    untied = replace(GRANT, is_tied=False)
    free = solve(build(case, eligibility={"eligible": eligible}, uses=((untied, Terms()),)))
    assert free.gap_musd == pytest.approx(0.0, abs=1e-9)


def test_share_of_cost() -> None:
    plan = solve(build(Case(uses=((GRANT, Terms()),), eligibility={"max_share_of_cost": np.array([[0.25]])})))
    assert plan.gap_musd == pytest.approx(75.0, abs=1e-9)
    assert "instrument_share" in binding(plan)


def test_a_lender_has_one_share_of_cost_on_all_its_terms() -> None:
    """Plain and covered, a quarter together; covered alone a tenth."""
    other = replace(GRANT, id="other", variant_of="grant")
    case = Case(uses=((GRANT, Terms()), (other, Terms())))
    together = solve(build(case, eligibility={"max_share_of_cost": np.array([[0.25, 0.25]])}))
    assert together.gap_musd == pytest.approx(75.0, abs=1e-9)
    smaller = build(case, eligibility={"max_share_of_cost": np.array([[0.25, 0.1]])})
    assert solve(smaller).gap_musd == pytest.approx(75.0, abs=1e-9)
    only_other = replace(smaller.eligibility, eligible=np.array([[[False] * 11, [True] * 11]]))
    assert solve(replace(smaller, eligibility=only_other)).gap_musd == pytest.approx(90.0, abs=1e-9)


def test_shared_window_limits_the_sum() -> None:
    case = Case(
        uses=((GRANT, Terms()), (SOVEREIGN, TREASURY_TERMS)),
        cost_shares=(0.5, 0.5),
        countries=2,
        section_country=(0, 1),
        cfads_musd=(1.0,) * 25,
    )
    members = {("grant", 0): 1.0, ("grant", 1): 1.0, ("sov", 0): 1.0, ("sov", 1): 1.0}
    plan = solve(build(case, windows=(("shared window", 37.0, members),)))
    assert plan.gap_musd == pytest.approx(63.0, abs=1e-9)
    assert plan.prices[0].subject == "window shared window"
    assert plan.prices[0].gap_change_per_unit == pytest.approx(-1.0)


def regional_case(minimum_countries: int) -> FinancingProblem:
    top_up = replace(GRANT, id="regional", name="regional top-up")
    case = Case(
        uses=((GRANT, Terms()), (top_up, Terms())),
        cost_shares=(0.5, 0.5),
        countries=2,
        section_country=(0, 1),
        windows=(("country0", 10.0, {("grant", 0): 1.0}), ("country1", 5.0, {("grant", 1): 1.0})),
        regional_windows=(
            RegionalWindow(id="regional", top_up=(1,), base=(0,), ratio=2.0, minimum_countries=minimum_countries),
        ),
    )
    return build(case)


def test_regional_window_matches_the_national_allocation() -> None:
    plan = solve(regional_case(2))
    assert plan.commitment_musd[:, 1] == pytest.approx([20.0, 10.0], abs=1e-9)
    assert plan.gap_musd == pytest.approx(55.0, abs=1e-9)


def test_regional_window_needs_enough_countries() -> None:
    plan = solve(regional_case(3))
    assert plan.commitment_musd[:, 1] == pytest.approx([0.0, 0.0], abs=1e-9)


def test_gearing() -> None:
    plan = solve(build(HAND_CASE, cfads_musd=(30.0,) * 10, links={"gearing_max": np.array([0.6])}))
    debt = plan.commitment_musd[0, :2].sum()
    assert debt <= 0.6 * plan.commitment_musd.sum() + 1e-9
    tight = solve(build(HAND_CASE, links={"gearing_max": np.array([0.6])}))
    assert "gearing" in binding(tight)
    assert tight.commitment_musd[0, :2].sum() == pytest.approx(0.6 * tight.commitment_musd.sum(), abs=1e-8)


def test_private_share() -> None:
    case = Case(uses=((GRANT, Terms()), (EQUITY, Terms())), links={"private_share_min": np.array([0.8])})
    plan = solve(build(case))
    grant, equity = plan.commitment_musd[0]
    assert equity == pytest.approx(4.0 * grant, abs=1e-8)
    assert {"private_share", "sponsor_hurdle"} <= binding(plan)


def test_package_concessionality() -> None:
    """A loan of 30 per cent grant element needs a grant beside it: 5 parts of grant lift 65 of loan to 35 per cent."""
    loan = replace(SOVEREIGN, grant_element=0.30)
    case = Case(
        uses=((GRANT, Terms()), (loan, TREASURY_TERMS)),
        cfads_musd=(1.0,) * 25,
        windows=(("grants", 5.0, {("grant", 0): 1.0}),),
        country={"concessionality_floor": np.array([0.35])},
    )
    plan = solve(build(case))
    assert plan.commitment_musd[0] == pytest.approx([5.0, 5.0 * 0.65 / 0.05], abs=1e-8)
    assert "concessionality" in binding(plan)
    grants_only = solve(build(case, country={"concessionality_floor": np.array([1.0])}))
    assert grants_only.commitment_musd[0] == pytest.approx([5.0, 0.0], abs=1e-9)


def test_no_sovereign_debt() -> None:
    case = Case(
        uses=((GRANT, Terms()), (SOVEREIGN, TREASURY_TERMS)),
        cfads_musd=(1.0,) * 25,
        windows=(("grants", 5.0, {("grant", 0): 1.0}),),
        country={"sovereign_debt_allowed": np.array([False])},
    )
    plan = solve(build(case))
    assert plan.commitment_musd[0] == pytest.approx([5.0, 0.0], abs=1e-9)
    assert "sovereign_debt_ban" in binding(plan)


def test_present_value_and_service_headroom() -> None:
    case = Case(uses=((SOVEREIGN, TREASURY_TERMS),), cfads_musd=(1.0,) * 25)
    by_value = solve(build(case, country={"ppg_present_value_headroom_musd": np.array([13.0])}))
    assert by_value.commitment_musd[0, 0] == pytest.approx(13.0 / 0.65, abs=1e-9)
    room = np.full((1, 26), 0.7)
    problem = build(case, country={"ppg_service_headroom_musd": room})
    by_service = solve(problem)
    flow = resimulate_plan(problem, by_service)
    assert flow.treasury_debt_service_musd.max() == pytest.approx(0.7, abs=1e-9)
    assert {"ppg_service"} <= binding(by_service)


def guaranteed_case(cap: float) -> FinancingProblem:
    guarantee = Instrument(
        id="prg",
        name="partial risk guarantee",
        kind=InstrumentKind.GUARANTEE,
        front_end_fee=0.01,
        ppp_exposure_share=1.0,
    )
    covered = replace(COMMERCIAL, id="covered", name="covered loan", guaranteed_by="prg", cover_share=0.8)
    case = Case(
        uses=((guarantee, Terms()), (covered, Terms(rate=0.06, tenor_years=10))),
        cfads_musd=(20.0,) * 10,
        windows=(("ida", 10.0, {("prg", 0): 0.25}),),
        country={"ppp_exposure_cap_musd": np.array([cap])},
    )
    return build(case)


def test_guarantee_carries_the_covered_loan() -> None:
    plan = solve(guaranteed_case(24.0))
    guarantee, loan = plan.commitment_musd[0]
    assert guarantee == pytest.approx(24.0, abs=1e-9)
    assert loan == pytest.approx(24.0 / 0.8, abs=1e-9)
    assert plan.gap_musd == pytest.approx(100.0 - 30.0 + 0.24, abs=1e-9)
    assert {"ppp_exposure", "guarantee_cover"} <= binding(plan)


def test_guarantee_uses_a_quarter_of_the_allocation() -> None:
    plan = solve(guaranteed_case(np.inf))
    assert plan.commitment_musd[0, 0] == pytest.approx(40.0, abs=1e-9)
    assert "window" in binding(plan)


def allocation_case(cfads_musd: float, charge: float, *, loans: bool = True) -> FinancingProblem:
    """Cover of 80 per cent at a fee of 1 per cent and loans to the treasury share an allocation of 10."""
    guarantee = Instrument(id="prg", name="guarantee", kind=InstrumentKind.GUARANTEE, front_end_fee=0.01)
    covered = replace(COMMERCIAL, id="covered", name="covered loan", guaranteed_by="prg", cover_share=0.8)
    uses = ((guarantee, Terms()), (covered, Terms(rate=0.06, tenor_years=10)), (SOVEREIGN, TREASURY_TERMS))
    case = Case(
        uses=uses if loans else uses[:2],
        cfads_musd=(cfads_musd,) * 25,
        windows=(("allocation", 10.0, {("prg", 0): charge} | ({("sov", 0): 1.0} if loans else {})),),
    )
    return build(case)


@pytest.mark.parametrize("charge", [0.0, 0.25, 0.5])
def test_cover_leaves_the_loans_what_it_does_not_use(charge: float) -> None:
    """Cash of 4 a year carries a covered loan of 22.6 over ten years; the rest of the allocation is lent."""
    plan = solve(allocation_case(4.0, charge))
    loan = 4.0 / 1.3 * (1.0 - 1.06**-10) / 0.06
    assert plan.commitment_musd[0, :2] == pytest.approx([0.8 * loan, loan], abs=1e-8)
    assert plan.commitment_musd[0, 2] == pytest.approx(10.0 - charge * 0.8 * loan, abs=1e-8)
    assert plan.gap_musd == pytest.approx(100.0 - loan * (1.0 - 0.01 * 0.8) - 10.0 + charge * 0.8 * loan, abs=1e-8)
    (price,) = [price for price in plan.prices if price.constraint == "window"]
    assert price.gap_change_per_unit == pytest.approx(-1.0, abs=1e-9)


def test_more_cover_leaves_fewer_loans() -> None:
    lent = [solve(allocation_case(cash, 0.25)).commitment_musd[0, 2] for cash in (1.0, 2.0, 4.0, 8.0)]
    assert lent == sorted(lent, reverse=True) and lent[0] > lent[-1] + 5.0


def test_an_allocation_for_cover_alone_is_worth_the_loans_it_brings() -> None:
    """A million of allocation covers 4 of 5 lent, for a fee of 0.04: it closes 4.96 of gap, by dual and by solving."""
    problem = allocation_case(40.0, 0.25, loans=False)
    plan = solve(problem)
    (price,) = [price for price in plan.prices if price.constraint == "window"]
    assert price.gap_change_per_unit == pytest.approx(-4.96, abs=1e-9)
    wider = replace(problem, windows=replace(problem.windows, limit_musd=problem.windows.limit_musd + 0.5))
    assert solve(wider).gap_musd == pytest.approx(plan.gap_musd - 0.5 * 4.96, abs=1e-8)


@settings(max_examples=25, deadline=None)
@given(
    cash=st.floats(0.5, 30.0),
    charges=st.tuples(st.floats(0.0, 1.0), st.floats(0.0, 1.0)).map(sorted),
    cap=st.floats(0.0, 60.0),
)
def test_cover_and_loans_agree_with_the_programme_written_out(cash: float, charges: list[float], cap: float) -> None:
    """The same choice for scipy, in three variables: cover, covered loan, loan to the treasury."""
    gaps = []
    for charge in charges:
        problem = allocation_case(cash, charge)
        capped = replace(problem.countries, ppp_exposure_cap_musd=np.array([cap]))
        exposed = replace(problem.instruments[0], ppp_exposure_share=1.0)
        problem = replace(problem, countries=capped, instruments=(exposed, *problem.instruments[1:]))
        service = 0.06 / (1.0 - 1.06**-10)
        found = linprog(
            [0.01, -1.0, -1.0],
            A_ub=[[0.0, 1.3 * service, 0.0], [-1.0, 0.8, 0.0], [charge, 0.0, 1.0], [1.0, 0.0, 0.0], [-0.01, 1.0, 1.0]],
            b_ub=[cash, 0.0, 10.0, cap, 100.0],
        )
        gaps.append(solve(problem).gap_musd)
        assert gaps[-1] == pytest.approx(100.0 + found.fun, abs=1e-6)
    assert gaps[0] <= gaps[1] + 1e-7


PREPARATION = replace(GRANT, id="studies", name="preparation fund", is_preparation_only=True)


def preparation_case(*instruments: Instrument, fund_musd: float, grant_musd: float = 0.0) -> FinancingProblem:
    """Two sections and three years; studies cost 6 and 2 in the first two years of the first section, 3 in the other.

    One fund pays studies in both countries; a grant may pay for anything in either.
    """
    due = np.zeros((2, 13))
    due[0, :2], due[1, 0] = (6.0, 2.0), 3.0
    windows = (("fund", fund_musd, "studies"), ("grants", grant_musd, "grant"))
    ids = {each.id for each in instruments}
    case = Case(
        capex_musd=(15.0, 45.0, 40.0),
        uses=tuple((each, Terms()) for each in instruments),
        cost_shares=(0.6, 0.4),
        countries=2,
        section_country=(0, 1),
        windows=tuple((name, limit, {(of, c): 1.0 for c in (0, 1)}) for name, limit, of in windows if of in ids),
        sections={"preparation_musd": due},
    )
    return build(case)


def test_a_huge_preparation_fund_stops_at_the_studies() -> None:
    """11 of 100 are studies: that is all the fund pays, in the years and sections in which they are due."""
    problem = preparation_case(PREPARATION, fund_musd=1e6)
    plan = solve(problem)
    assert plan.draw_musd[:, 0] == pytest.approx(problem.sections.preparation_musd, abs=1e-9)
    assert plan.gap_musd == pytest.approx(89.0, abs=1e-9)
    assert "preparation_money" in binding(plan)
    untied = replace(PREPARATION, is_preparation_only=False)
    assert solve(preparation_case(untied, fund_musd=1e6)).gap_musd == pytest.approx(0.0, abs=1e-9)


def test_one_preparation_fund_serves_all_countries() -> None:
    problem = preparation_case(PREPARATION, fund_musd=3.0)
    plan = solve(problem)
    assert plan.commitment_musd.sum() == pytest.approx(3.0, abs=1e-9)
    assert plan.gap_musd == pytest.approx(97.0, abs=1e-9)
    assert np.all(plan.draw_musd[:, 0] <= np.asarray(problem.sections.preparation_musd) + 1e-9)
    assert "window" in binding(plan)


def test_without_the_preparation_fund_the_gap_or_other_money_is_larger() -> None:
    short = solve(preparation_case(PREPARATION, GRANT, fund_musd=3.0, grant_musd=50.0))
    alone = solve(preparation_case(GRANT, fund_musd=3.0, grant_musd=50.0))
    assert alone.gap_musd == pytest.approx(short.gap_musd + 3.0, abs=1e-9)
    costly = replace(GRANT, subsidy_share=2.0)
    enough = solve_financing(preparation_case(PREPARATION, costly, fund_musd=3.0, grant_musd=1e6))
    without = solve_financing(preparation_case(costly, fund_musd=3.0, grant_musd=1e6))
    assert enough.commitment_musd[:, 0].sum() == pytest.approx(3.0, abs=1e-6)
    assert without.commitment_musd[:, 0].sum() == pytest.approx(enough.commitment_musd[:, 1].sum() + 3.0, abs=0.02)


def test_preparation_money_where_nothing_is_prepared_is_closed() -> None:
    problem = preparation_case(PREPARATION, fund_musd=5.0)
    unprepared = replace(problem, sections=replace(problem.sections, preparation_musd=None))
    assert solve(unprepared).gap_musd == pytest.approx(100.0, abs=1e-9)
    with pytest.raises(ValueError, match="preparation_musd: a value is negative"):
        replace(problem, sections=replace(problem.sections, preparation_musd=np.full((2, 13), -1.0)))
    with pytest.raises(ValueError, match="preparation_musd: shape"):
        replace(problem, sections=replace(problem.sections, preparation_musd=np.zeros((2, 3))))
    with pytest.raises(ValueError, match="is no grant"):
        preparation_case(replace(PREPARATION, kind=InstrumentKind.EQUITY), fund_musd=5.0)


def test_covered_loan_without_its_guarantee_is_closed() -> None:
    problem = guaranteed_case(np.inf)
    eligible = problem.eligibility.eligible.copy()
    eligible[:, 0] = False
    closed = replace(problem, eligibility=replace(problem.eligibility, eligible=eligible))
    assert solve(closed).gap_musd == pytest.approx(100.0, abs=1e-9)


def test_hard_currency_cash() -> None:
    cash = np.full((1, 11), 3.0)
    plan = solve(build(HAND_CASE, links={"lender_hard_currency_cash_musd": cash}, rules={"hard_currency_cover": 0.8}))
    assert plan.debt_service_musd[0, 1:].max() == pytest.approx(2.4, abs=1e-9)
    assert "hard_currency" in binding(plan)
    local = replace(COMMERCIAL, is_hard_currency=False)
    relieved = solve(
        build(
            HAND_CASE,
            uses=((CONCESSIONAL, CONCESSIONAL_TERMS), (local, COMMERCIAL_TERMS), (EQUITY, Terms())),
            links={"lender_hard_currency_cash_musd": cash},
            rules={"hard_currency_cover": 0.8},
        )
    )
    assert relieved.gap_musd < plan.gap_musd - 1.0


def test_presale_takes_future_leases() -> None:
    """Each musd presold takes 0.12 a year: cash of 1.8 a year carries 15, the fibre left open allows 20."""
    lost = np.where(np.arange(11) > 0, 0.12, 0.0)[None, :]
    case = Case(
        uses=((IRU, Terms()),),
        cfads_musd=(1.8,) * 10,
        links={"lease_income_lost_per_iru": lost},
        sections={"iru_presale_value_musd": np.array([40.0])},
    )
    plan = solve(build(case))
    assert plan.operating_support_musd.sum() == pytest.approx(0.0, abs=1e-9)
    assert plan.commitment_musd[0, 0] == pytest.approx(15.0, abs=1e-8)
    rich = solve(build(case, cfads_musd=(9.0,) * 10))
    assert rich.commitment_musd[0, 0] == pytest.approx(20.0, abs=1e-9)
    assert "iru_fibre" in binding(rich)
    whole = solve(build(case, cfads_musd=(9.0,) * 10, rules={"iru_fibre_share_max": 2.0}))
    assert whole.commitment_musd[0, 0] == pytest.approx(40.0, abs=1e-9)
    assert "iru_value" in binding(whole)


def test_agreed_amounts_are_kept_or_refused_in_words() -> None:
    agreed = {"minimum_commitment_musd": np.array([[35.0, 0.0, 0.0]])}
    with pytest.raises(FinancingConflictError) as refused:
        solve_financing(build(HAND_CASE, eligibility=agreed))
    assert {each.constraint for each in refused.value.conflicts} == {"agreed_commitment", "window"}
    assert "window concessional window" in str(refused.value)
    plan = solve(build(HAND_CASE, eligibility={"minimum_commitment_musd": np.array([[0.0, 0.0, 15.0]])}))
    assert plan.commitment_musd[0, 2] == pytest.approx(15.0, abs=1e-9)


def test_agreed_amount_that_can_never_be_drawn_is_refused() -> None:
    agreed = {
        "minimum_commitment_musd": np.array([[0.0, 0.0, 15.0]]),
        "eligible": np.array([[[True] * 11, [True] * 11, [False] * 11]]),
    }
    with pytest.raises(ValueError, match="equity is agreed for section section0 but not eligible"):
        build(HAND_CASE, eligibility=agreed)


def test_levels_are_taken_in_order() -> None:
    """Money enough: the gap first, then the least subsidy, then the most private money, then the least money."""
    problem = build(
        HAND_CASE,
        uses=((GRANT, Terms()), (CONCESSIONAL, CONCESSIONAL_TERMS), (COMMERCIAL, COMMERCIAL_TERMS), (EQUITY, Terms())),
        windows=(),
    )
    plan = solve_financing(problem, SolveOptions(level_slack_relative=0.0))
    assert plan.gap_musd == pytest.approx(0.0, abs=1e-7)
    assert [level.name for level in plan.levels] == ["gap", "subsidy", "private_mobilisation", "commitment"]
    for level in plan.levels:
        assert level.achieved_musd == pytest.approx(level.optimum_musd, abs=1e-6)
    capped = 18.295620723110865 + 0.4 * 30.0  # a grant for the gap of the hand case, beside its loan of 30
    assert plan.levels[1].achieved_musd < capped
    more = solve_financing(problem, SolveOptions(level_slack_relative=0.01)).levels[1].achieved_musd
    assert more == pytest.approx(plan.levels[1].achieved_musd, rel=0.02)


def test_slack_of_the_first_level_is_shown() -> None:
    plan = solve_financing(two_country_case())
    assert plan.minimum_gap_musd <= plan.gap_musd + 1e-9
    assert plan.gap_musd <= plan.minimum_gap_musd * (1 + 1.01e-4) + 1e-8


def test_late_maturity_is_refused() -> None:
    with pytest.raises(ValueError, match="does not repay within the horizon"):
        build(Case(uses=((COMMERCIAL, Terms(rate=0.05, tenor_years=20)),)))


def test_shapes_and_values_are_checked() -> None:
    problem = build(HAND_CASE)
    with pytest.raises(ValueError, match="max_share_of_cost"):
        replace(
            problem,
            eligibility=Eligibility(
                eligible=problem.eligibility.eligible,
                max_share_of_cost=np.ones((1, 2)),
                minimum_commitment_musd=np.zeros((1, 3)),
            ),
        )
    with pytest.raises(ValueError, match="cost_musd"):
        replace(problem, sections=replace(problem.sections, cost_musd=np.array([99.0])))
    with pytest.raises(ValueError, match="lender_cfads_musd"):
        replace(problem, links=replace(problem.links, lender_cfads_musd=np.full((1, 11), np.nan)))


SCULPTED = replace(COMMERCIAL, id="sculpted", name="sculpted loan", sculpted_rate=0.08, sculpted_tenor_years=10)
UNEVEN_CASH = (10.0, 11.0, 12.0, 13.0, 14.0, 13.0, 12.0, 11.0, 10.0, 9.0)


def interest_only(problem: FinancingProblem, rate: float, mid_year_share: float) -> FinancingProblem:
    years = len(problem.years)
    later = np.triu(np.ones((years, years)), 1) * rate + np.eye(years) * rate * mid_year_share
    service, interest = problem.debt_service_per_draw.copy(), problem.interest_per_draw.copy()
    service[0] = interest[0] = later
    return replace(problem, debt_service_per_draw=service, interest_per_draw=interest)


def test_sculpted_loan_takes_all_the_cash_allows() -> None:
    """Cash 10..14..9 at a cover of 1.35 and 8 per cent carries 57.4872627450902."""
    case = Case(uses=((SCULPTED, Terms(rate=0.08, tenor_years=1)),), cfads_musd=UNEVEN_CASH, dscr=1.35)
    problem = interest_only(build(case), 0.08, 0.0)
    plan = solve(problem)
    assert plan.commitment_musd[0, 0] == pytest.approx(57.4872627450902, abs=1e-8)
    assert plan.debt_service_musd[0, 1] == pytest.approx(7.407407, abs=1e-6)
    assert resimulate_plan(problem, plan).unpaid_sculpted_musd <= 1e-8


def test_sculpted_loan_with_construction_interest_shield_and_hard_currency() -> None:
    case = Case(
        uses=((SCULPTED, Terms(rate=0.08, tenor_years=1)), (EQUITY, Terms())),
        cfads_musd=UNEVEN_CASH,
        capex_musd=(40.0, 60.0),
        mid_year_share=0.5,
        reserve_months=6.0,
        links={"tax_shield_rate": np.full((1, 12), 0.2), "lender_hard_currency_cash_musd": np.full((1, 12), 7.0)},
    )
    problem = interest_only(build(case), 0.08, 0.5)
    plan = solve(problem)
    flow = resimulate_plan(problem, plan)
    assert flow.unpaid_sculpted_musd <= 1e-8
    assert plan.debt_service_musd.max() == pytest.approx(7.0, abs=1e-9)
    assert flow.fees_and_interest_musd[0, 0] == pytest.approx(0.04 * plan.draw_musd[0, 0, 0], abs=1e-9)
    assert {"hard_currency", "sponsor_hurdle"} <= binding(plan)
