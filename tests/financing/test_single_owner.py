"""Debt of our plans against NREL SAM's Single Owner: sculpted, annuity, equal principal, and with a moratorium."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from types import ModuleType

import numpy as np
import pytest

from simmodel.financing.loan_payments import loan_payments
from simmodel.results.cover_ratios import minimum_and_average_cover
from simmodel.results.debt_profiles import sculpted_debt
from simmodel.scenario import load_scenario
from solvers import Draws, FinancingPlan, FinancingProblem, TwoStageOptions, solve_two_stage
from tests.solvers.cases import COMMERCIAL, Case, Terms, build

YEARS, TENOR, RATE = 20, 12, 0.07
MUSD = 1e-6


@dataclass(frozen=True)
class SamDebt:
    """What Single Owner says of a project's debt, for the years of the loan [musd]."""

    debt: float
    cfads: np.ndarray
    principal: np.ndarray
    interest: np.ndarray
    cover: np.ndarray


def single_owner() -> ModuleType:
    reason = "NREL-PySAM is not installed: pip install 'simmodel[test]'"
    return pytest.importorskip("PySAM.Singleowner", reason=reason)


@cache
def sam_debt(
    *, is_sculpted: bool, is_annuity: bool = True, moratorium: int = 0, growth_percent: float = 0.0
) -> SamDebt:
    """A plant of 10 MW that runs all year and sells at 9 cents, for 50 million; debt at 7 per cent over 12 years.

    Sculpted debt is sized at a cover of 1.3, the others at 70 per cent of cost.
    """
    plant = single_owner().default("CustomGenerationProfileSingleOwner")
    plant.SystemOutput.assign({"gen": [1e4] * 8760, "system_pre_curtailment_kwac": [1e4] * 8760, "degradation": [0.0]})
    plant.SystemCosts.assign({"total_installed_cost": 50e6, "om_fixed": [1e6], "om_capacity": [0.0]})
    plant.SystemCosts.assign({"om_production": [0.0], "om_fixed_escal": 0.0})
    plant.Revenue.assign({"ppa_price_input": [0.09], "ppa_escalation": growth_percent, "ppa_soln_mode": 1})
    plant.Revenue.assign({"ppa_multiplier_model": 0})
    plant.Lifetime.assign({"system_use_lifetime_output": 0})
    charges = ("construction_financing_cost", "cost_debt_closing", "cost_debt_fee", "insurance_rate", "inflation_rate")
    reserves = ("months_working_reserve", "reserves_interest", "property_tax_rate", "salvage_percentage")
    plant.FinancialParameters.assign(
        dict.fromkeys(charges + reserves, 0.0)
        | {
            "analysis_period": YEARS,
            "debt_option": 1 if is_sculpted else 0,
            "dscr": 1.3,
            "debt_percent": 70.0,
            "payment_option": 0 if is_annuity else 1,
            "loan_moratorium": moratorium,
            "term_int_rate": 100 * RATE,
            "term_tenor": TENOR,
        }
    )
    plant.execute(0)
    out = plant.Outputs
    rows = (out.cf_cash_for_ds, out.cf_debt_payment_principal, out.cf_debt_payment_interest, out.cf_pretax_dscr)
    cash, principal, interest, cover = (np.array(row)[1 : TENOR + 1] for row in rows)
    return SamDebt(out.size_of_debt * MUSD, cash * MUSD, principal * MUSD, interest * MUSD, cover)


FIXED = pytest.mark.parametrize(
    ("profile", "moratorium"),
    [("annuity", 0), ("equal_principal", 0), ("annuity", 3), ("equal_principal", 3)],
)


def our_payments(profile: str, moratorium: int) -> tuple[np.ndarray, np.ndarray]:
    """Payments and interest in the years after the draw; SAM's loan starts when the plant does, a year after ours."""
    row = load_scenario("almaty").instruments["bank_usd"]
    assert row.tenor_years is not None and row.grace_years is not None
    terms = row.model_copy(
        update={
            "repayment_profile": profile,
            "tenor_years": row.tenor_years.model_copy(update={"value": TENOR + 1.0}),
            "grace_years": row.grace_years.model_copy(update={"value": moratorium + 1.0}),
        }
    )
    payments, interest = loan_payments(terms, RATE)
    assert payments[0] == interest[0] == pytest.approx(0.5 * RATE)  # drawn in mid-year: SAM has it in the plant's cost
    assert payments[TENOR + 1 :].sum() == 0.0
    return payments[1 : TENOR + 1], interest[1 : TENOR + 1]


@FIXED
def test_payments_of_a_loan_are_those_of_single_owner(profile: str, moratorium: int) -> None:
    theirs = sam_debt(is_sculpted=False, is_annuity=profile == "annuity", moratorium=moratorium)
    payments, interest = our_payments(profile, moratorium)
    assert theirs.debt * interest == pytest.approx(theirs.interest, rel=1e-9)
    assert theirs.debt * (payments - interest) == pytest.approx(theirs.principal, rel=1e-9, abs=1e-9)
    assert np.all(theirs.principal[:moratorium] == 0.0)
    lowest, average = minimum_and_average_cover(cfads_musd=theirs.cfads, debt_service_musd=theirs.debt * payments)
    assert lowest == pytest.approx(theirs.cover.min(), rel=1e-9)
    assert average == pytest.approx(theirs.cover.mean(), rel=1e-9)


@FIXED
def test_the_optimiser_lends_what_single_owner_lends_at_the_same_cover(profile: str, moratorium: int) -> None:
    """Asked to keep SAM's lowest cover, the plan borrows SAM's debt to the dollar."""
    theirs = sam_debt(is_sculpted=False, is_annuity=profile == "annuity", moratorium=moratorium)
    problem = one_loan(theirs, cover=float(theirs.cover.min()))
    service, interest = np.zeros((2, 1, YEARS + 1, YEARS + 1))
    service[0, 0, 1 : TENOR + 1], interest[0, 0, 1 : TENOR + 1] = our_payments(profile, moratorium)
    plan = borrow(replace(problem, debt_service_per_draw=service, interest_per_draw=interest))
    assert plan.commitment_musd[0, 0] == pytest.approx(theirs.debt, abs=1e-6)
    assert plan.debt_service_musd[0, 1 : TENOR + 1] == pytest.approx(theirs.principal + theirs.interest, abs=1e-6)


@pytest.mark.parametrize("growth_percent", [0.0, 2.0])
def test_sculpted_debt_is_that_of_single_owner(growth_percent: float) -> None:
    """The profile that the plan is free to choose is SAM's: cash over cover, every year."""
    theirs = sam_debt(is_sculpted=True, growth_percent=growth_percent)
    ours = sculpted_debt(cfads=theirs.cfads, target_dscr=1.3, rate=RATE)
    assert float(ours.debt) == pytest.approx(theirs.debt, rel=1e-9)
    assert ours.principal == pytest.approx(theirs.principal, rel=1e-9)
    problem = one_loan(theirs, cover=1.3)
    loan = replace(COMMERCIAL, sculpted_rate=RATE, sculpted_tenor_years=TENOR)
    plan = borrow(replace(problem, instruments=(loan,)))
    assert plan.commitment_musd[0, 0] == pytest.approx(theirs.debt, abs=1e-6)
    assert plan.sculpted_service_musd[0, 0, 1 : TENOR + 1] == pytest.approx(
        theirs.principal + theirs.interest, abs=1e-6
    )


def test_single_owner_ignores_a_moratorium_where_debt_follows_cover() -> None:
    """The one difference: SAM sculpts from the first year on, moratorium or not."""
    with_moratorium = sam_debt(is_sculpted=True, moratorium=3)
    assert with_moratorium.debt == sam_debt(is_sculpted=True).debt
    assert with_moratorium.principal[0] > 0.0


def one_loan(theirs: SamDebt, *, cover: float) -> FinancingProblem:
    """A link with the plant's cash and more cost than one loan can pay, so that all is borrowed that may be."""
    later = np.full(YEARS - TENOR, theirs.cfads[-1])
    case = Case(
        capex_musd=(200.0,),
        cfads_musd=(*theirs.cfads, *later),
        uses=((COMMERCIAL, Terms(rate=RATE, tenor_years=TENOR)),),
        dscr=cover,
    )
    return build(case)


def borrow(problem: FinancingProblem) -> FinancingPlan:
    """The plan of one draw that costs and earns what is planned."""
    links = problem.links
    draws = Draws(
        *(row[:, :, None] for row in (links.planned_cost_musd, links.lender_cfads_musd)), np.zeros((1, 21, 1))
    )
    return solve_two_stage(problem, draws, TwoStageOptions(gap_tolerance=1e-9, levels=1))
