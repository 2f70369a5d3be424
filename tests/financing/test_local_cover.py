"""Guarantees for loans in local currency, on the flagship's terms."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import numpy_financial as npf
import pytest

from simmodel.financing.allocations import allocations_table
from simmodel.financing.cover_account import guarantees_table
from simmodel.financing.funding_need import Measures, PricedProblem, financing_problem
from simmodel.financing.loan_payments import curve_rate
from simmodel.financing.portfolio_cash import PortfolioCash
from simmodel.financing.terms import CURRENCIES, OfferedInstrument, offered_instruments
from simmodel.scenario import load_scenario
from simmodel.scenario.schema import Scenario
from solvers import FinancingPlan, SolveOptions, solve_financing
from tests.financing.synthetic_portfolio import synthetic_portfolio

ALL_MONEY = Measures("all_money", "with", risk_cover=True, public_money=True)
LOCAL = ("pcg", "bank_lcu", "equity_sponsor")
TENOR = "instruments.pcg.local_tenor_years"


@cache
def flagship(*overrides: str) -> Scenario:
    return load_scenario("almaty", overrides=(f"financing.instruments=[{', '.join(LOCAL)}]", *overrides))


@cache
def cash() -> PortfolioCash:
    return synthetic_portfolio(flagship(), draws=16, income_share=0.25, links=8)


@cache
def planned(*overrides: str) -> tuple[PricedProblem, FinancingPlan]:
    priced = financing_problem(flagship(*overrides), cash(), ALL_MONEY)
    return priced, solve_financing(priced.problem, SolveOptions(levels=1))


def offers(*overrides: str) -> dict[str, OfferedInstrument]:
    offered = offered_instruments(flagship(*overrides), public_money=True, risk_cover=True)
    return {offer.instrument.id: offer for offer in offered}


@pytest.mark.parametrize("country", ["KGZ", "KAZ", "PAK"])
def test_a_covered_local_loan_is_an_annuity_at_the_relieved_rate_in_a_weakening_currency(country: str) -> None:
    """Half of the spread gives way to the premium; ten years instead of five, of which one is of interest alone."""
    scenario, covered = flagship(), offers()[f"bank_lcu+pcg/{country}"]
    loan, cover = scenario.instruments["bank_lcu"], scenario.instruments["pcg"]
    assert loan.spread and loan.grace_years and loan.tenor_years and cover.fixed_rate and cover.local_tenor_years
    tenor, grace = int(cover.local_tenor_years.value), int(loan.grace_years.value)
    assert (tenor, grace, loan.tenor_years.value) == (10, 1, 5.0)
    rate = curve_rate(scenario, CURRENCIES[country], 0.5 * (tenor + grace)) + loan.spread.value
    rate += 0.5 * (cover.fixed_rate.value - loan.spread.value)
    weaker = (1.0 + scenario.parameters.us_inflation_longrun.value) / (
        1.0 + scenario.countries[country].inflation_longrun.value
    )
    instalment = -npf.pmt(rate, tenor - grace, 1.0)
    expected = [0.5 * rate, *[instalment * weaker**age for age in range(1, tenor)]]
    assert covered.payments[:tenor] == pytest.approx(expected, rel=1e-9)
    assert not covered.payments[tenor:].any()
    assert not covered.instrument.is_hard_currency
    assert (covered.instrument.guaranteed_by, covered.instrument.variant_of) == ("pcg", f"bank_lcu/{country}")


def test_only_a_guarantee_with_a_local_tenor_covers_local_loans() -> None:
    scenario = load_scenario("almaty")
    covered = {o.instrument.id for o in offered_instruments(scenario, public_money=True, risk_cover=True)}
    assert {name.split("/")[0] for name in covered if name.startswith("bank_lcu+")} == {"bank_lcu+pcg"}
    assert not [name for name in offers(f"{TENOR}=null") if name.startswith("bank_lcu+")]


def test_cover_opens_no_market_to_local_banks() -> None:
    """Turkmenistan is open to guarantees where conditions count as met, and has no bank that lends."""
    for overrides in ((), ("financing.conditional_eligibility=true",)):
        priced = financing_problem(flagship(*overrides), cash(), ALL_MONEY)
        ids, problem = [offer.instrument.id for offer in priced.offers], priced.problem
        for section, country in enumerate(problem.sections.country):
            name = problem.countries.ids[country]
            for position, offer in enumerate(priced.offers):
                if offer.source_id == "bank_lcu" and problem.eligibility.eligible[section, position].any():
                    assert offer.country == name and name not in ("TKM", "AFG", "outside")
            if name not in ("TKM", "AFG", "outside"):
                assert problem.eligibility.eligible[section, ids.index(f"bank_lcu+pcg/{name}")].any()


def test_covered_local_loans_use_a_quarter_of_their_cover_and_share_the_banks_limit() -> None:
    priced, plan = planned()
    problem = priced.problem
    is_covered = np.array([each.guaranteed_by == "pcg" for each in problem.instruments])
    is_cover = np.array([each.id == "pcg" for each in problem.instruments])
    is_local = np.array([offer.source_id == "bank_lcu" for offer in priced.offers])
    covered, cover = plan.commitment_musd[:, is_covered].sum(axis=1), plan.commitment_musd[:, is_cover].sum(axis=1)
    assert covered.sum() > 10.0
    assert np.all(cover >= 0.5 * covered - 1e-7)
    assert np.all(plan.commitment_musd[:, is_local].sum(axis=1) <= 0.5 * problem.sections.cost_musd + 1e-7)
    used = {str(row[0]): float(str(row[4])) for row in allocations_table(problem, plan).rows}
    for country, name in enumerate(problem.countries.ids):
        own = cover[problem.sections.country == country].sum()
        windows = [window for window in (f"W_IDA_{name}", f"W_IBRD_{name}") if window in used]
        assert sum(used[window] for window in windows) == pytest.approx(0.25 * own, abs=1e-7)


def test_more_tenor_and_a_cheaper_premium_never_widen_the_gap() -> None:
    without = planned("financing.exclude_instruments=[pcg]")[1].minimum_gap_musd
    by_tenor = [planned(f"{TENOR}={years}")[1].minimum_gap_musd for years in (6, 8, 10)]
    premium = "instruments.pcg.fixed_rate"
    by_premium = [planned(f"{premium}={rate}")[1].minimum_gap_musd for rate in (0.0, 0.0125, 0.03)]
    assert [without, *by_tenor] == sorted([without, *by_tenor], reverse=True)
    assert by_premium == sorted(by_premium)
    assert without > by_tenor[-1] + 1.0


def test_a_scarce_allocation_limits_the_cover() -> None:
    priced, plan = planned()
    limit = np.where([name.startswith("W_I") for name in priced.problem.windows.ids], 0.01, 1.0)
    windows = replace(priced.problem.windows, limit_musd=limit * priced.problem.windows.limit_musd)
    scarce = solve_financing(replace(priced.problem, windows=windows), SolveOptions(levels=1))
    assert scarce.minimum_gap_musd > plan.minimum_gap_musd + 0.5
    assert "window" in {price.constraint for price in scarce.prices}


def test_the_table_of_guarantees_says_what_cover_does_and_costs() -> None:
    priced, plan = planned()
    table = guarantees_table(flagship(), priced, plan)
    rows = [dict(zip(table.header, row, strict=True)) for row in table.rows]
    ids = [offer.instrument.id for offer in priced.offers]
    covered = [position for position, each in enumerate(priced.problem.instruments) if each.guaranteed_by == "pcg"]
    assert sum(row["committed [nominal musd]"] for row in rows) == pytest.approx(plan.commitment_musd[:, covered].sum())
    for row in rows:
        assert row["cover [nominal musd]"] == pytest.approx(0.5 * row["committed [nominal musd]"])
        assert row["exposure of the treasury [nominal musd]"] == row["cover [nominal musd]"]
        assert row["front-end fee [nominal musd]"] == pytest.approx(0.0025 * row["cover [nominal musd]"])
        assert (row["maturity without cover [years]"], row["maturity with cover [years]"]) == (5, 10)
        assert row["covered [id]"] in ids
        without, with_cover = (
            row[f"cost of the money {way} [fraction per year]"]
            for way in ("without cover", "with cover, premium included")
        )
        assert with_cover < without
