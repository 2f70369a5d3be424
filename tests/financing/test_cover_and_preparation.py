"""What guarantees use up and change, and what preparation funds pay, on the flagship's terms."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from simmodel.financing import finance_portfolio
from simmodel.financing.allocations import allocations_table
from simmodel.financing.funding_need import Measures, PricedProblem, financing_problem
from simmodel.financing.loan_payments import contract_rate
from simmodel.financing.portfolio_cash import PortfolioCash
from simmodel.financing.terms import OfferedInstrument, offered_instruments
from simmodel.scenario import load_scenario, load_with_provenance
from simmodel.scenario.explain import explain_path
from simmodel.scenario.schema import Scenario
from solvers import FinancingPlan, SolveOptions, solve_financing
from tests.financing.synthetic_portfolio import synthetic_portfolio

ALL_MONEY = Measures("all_money", "with", risk_cover=True, public_money=True)
FEW = ("ida_40y", "ida_blend", "pcg", "ebrd_ns", "bank_usd", "equity_sponsor", "csppf", "usf", "adb_adf")
CHARGE = "instruments.pcg.envelope_charge"


@cache
def flagship(*overrides: str) -> Scenario:
    return load_scenario("almaty", overrides=(f"financing.instruments=[{', '.join(FEW)}]", *overrides))


@cache
def cash() -> PortfolioCash:
    return synthetic_portfolio(flagship(), draws=16, income_share=0.4, links=8)


@cache
def planned(*overrides: str) -> tuple[PricedProblem, FinancingPlan]:
    priced = financing_problem(flagship(*overrides), cash(), ALL_MONEY)
    return priced, solve_financing(priced.problem, SolveOptions(levels=1))


def offers(*overrides: str) -> dict[str, OfferedInstrument]:
    offered = offered_instruments(load_scenario("almaty", overrides=overrides), public_money=True, risk_cover=True)
    return {offer.instrument.id: offer for offer in offered}


def committed(priced: PricedProblem, plan: FinancingPlan, instrument: str) -> np.ndarray:
    """(C,) commitments by country."""
    position = [offer.instrument.id for offer in priced.offers].index(instrument)
    by_country = np.zeros(len(priced.problem.countries.ids))
    np.add.at(by_country, priced.problem.sections.country, plan.commitment_musd[:, position])
    return by_country


@pytest.mark.parametrize(("guarantee", "relieved"), [("prg", 0.5), ("pcg", 1.0), ("pri_miga", 0.5)])
def test_cover_changes_the_spread_and_the_tenor_of_what_it_covers(guarantee: str, relieved: float) -> None:
    """On the covered part the spread, or its political half, gives way to the premium; the rest pays what it paid."""
    scenario, all_offers = load_scenario("almaty"), offers()
    loan, cover = scenario.instruments["ebrd_ns"], scenario.instruments[guarantee]
    assert loan.spread is not None and cover.fixed_rate is not None and cover.tenor_years is not None
    covered = all_offers[f"ebrd_ns+{guarantee}"]
    share = cover.max_share_of_cost.value
    covered_life = loan.model_copy(update={"tenor_years": cover.tenor_years})
    expected = contract_rate(scenario, covered_life) + share * (cover.fixed_rate.value - relieved * loan.spread.value)
    assert covered.interest[1] == pytest.approx(expected, rel=1e-12)
    assert covered.instrument.cover_share == share
    assert np.flatnonzero(covered.payments)[-1] + 1 == cover.tenor_years.value
    assert np.flatnonzero(all_offers["ebrd_ns"].payments)[-1] + 1 == 10


def test_the_link_pays_for_its_cover_and_a_treasury_stands_behind_it() -> None:
    for name, exposure in (("prg", 1.0), ("pcg", 1.0), ("pri_miga", 0.0)):
        cover, terms = offers()[name].instrument, load_scenario("almaty").instruments[name]
        assert (cover.is_project_serviced, cover.ppp_exposure_share) == (True, exposure)
        assert (cover.front_end_fee, cover.commitment_fee) == (terms.front_end_fee.value, terms.commitment_fee.value)


def test_a_guarantee_is_charged_to_the_allocation_it_shares_with_loans() -> None:
    problem = planned()[0].problem
    position = [each.id for each in problem.instruments].index("pcg")
    charged = {
        (name, country): float(charge)
        for name, row in zip(problem.windows.ids, problem.windows.charge[:, position], strict=True)
        for country, charge in zip(problem.countries.ids, row, strict=True)
        if charge > 0.0 and name != "no_envelope"
    }
    assert charged[("W_IDA_KGZ", "KGZ")] == charged[("W_IBRD_KAZ", "KAZ")] == 0.25
    assert set(charged.values()) == {0.25}
    assert len({country for _, country in charged}) == len(charged)


def test_explain_says_where_the_charge_comes_from() -> None:
    (statement,) = explain_path(load_with_provenance("almaty"), CHARGE)
    assert (statement.value, statement.unit, statement.quality) == ("0.25", "fraction", "D")
    assert statement.source and "instruments.csv" in statement.place


def test_the_allocation_holds_loans_and_the_charged_cover() -> None:
    priced, plan = planned()
    rows = {str(row[0]): row for row in allocations_table(priced.problem, plan).rows}
    cover = dict(zip(priced.problem.countries.ids, committed(priced, plan, "pcg"), strict=True))
    assert max(cover.values()) > 5.0
    for country, amount in cover.items():
        window = next((name for name in (f"W_IDA_{country}", f"W_IBRD_{country}") if name in rows), None)
        if window is None:
            assert amount == pytest.approx(0.0, abs=1e-9)
            continue
        _, _, limit, money, by_cover, left = rows[window]
        assert by_cover == pytest.approx(0.25 * amount, abs=1e-9)
        assert left == pytest.approx(float(str(limit)) - float(str(money)) - float(str(by_cover)), abs=1e-9)
        assert float(str(left)) >= -1e-7


def gap_with_scarce_allocations(scenario: Scenario) -> float:
    """Smallest planned gap if the World Bank had a tenth of its money."""
    problem = financing_problem(scenario, cash(), ALL_MONEY).problem
    is_scarce = [name.startswith(("W_IDA", "W_IBRD")) for name in problem.windows.ids]
    limit = np.where(is_scarce, 0.1, 1.0) * problem.windows.limit_musd
    scarce = replace(problem, windows=replace(problem.windows, limit_musd=limit))
    return solve_financing(scarce, SolveOptions(levels=1)).minimum_gap_musd


def test_no_charge_is_the_plan_without_it_and_a_higher_one_never_narrows_the_gap() -> None:
    scenario = flagship()
    unlisted = tuple(row for row in scenario.envelopes if row.instrument_id != "pcg")
    without = gap_with_scarce_allocations(scenario.model_copy(update={"envelopes": unlisted}))
    gaps = [gap_with_scarce_allocations(flagship(f"{CHARGE}={charge}")) for charge in (0, 0.25, 0.5, 1)]
    assert gaps[0] == pytest.approx(without, abs=1e-7)
    assert gaps == sorted(gaps)
    assert gaps[-1] > gaps[0] + 0.5


def test_the_preparation_fund_pays_no_more_than_studies_and_than_it_has() -> None:
    priced, plan = planned()
    position = [offer.instrument.id for offer in priced.offers].index("csppf")
    due = np.asarray(priced.problem.sections.preparation_musd)
    assert plan.commitment_musd[:, position].sum() == pytest.approx(2.4, abs=1e-7)
    assert np.all(plan.draw_musd[:, position] <= due + 1e-9)


def test_a_huge_preparation_fund_stops_at_the_studies_of_those_who_may_use_it() -> None:
    problem = financing_problem(flagship("financing.instruments=[csppf]"), cash(), ALL_MONEY).problem
    rich = replace(problem, windows=replace(problem.windows, limit_musd=problem.windows.limit_musd * 1e4))
    plan = solve_financing(rich, SolveOptions(levels=1))
    may = np.array([problem.countries.ids[country] not in ("AFG", "outside") for country in problem.sections.country])
    due = np.asarray(problem.sections.preparation_musd) * may[:, None]
    assert plan.draw_musd[:, 0] == pytest.approx(due, abs=1e-7)
    assert 2.4 < due.sum() < 0.1 * problem.sections.cost_musd.sum()
    paid = float(due.sum(axis=0) @ problem.rules.constant_usd_weight)
    assert plan.need_musd - plan.gap_musd == pytest.approx(paid, abs=1e-6)


def test_without_the_preparation_fund_the_gap_is_larger() -> None:
    with_fund, without = planned()[1], planned("financing.exclude_instruments=[csppf]")[1]
    assert without.minimum_gap_musd > with_fund.minimum_gap_musd + 0.5
    assert without.minimum_gap_musd <= with_fund.minimum_gap_musd + 2.4 + 1e-6


def test_cover_is_no_money() -> None:
    """The private share is of the money of the plan; what guarantors cover is counted beside it."""
    poor = synthetic_portfolio(flagship(), draws=4, income_share=0.1, links=4)
    quick = ("financing.whole_numbers=false", "financing.confirmed_prices=0")
    few = flagship("financing.instruments=[pcg, ebrd_ns, bank_usd, equity_sponsor]", *quick)
    result = finance_portfolio(few, poor)
    money = [row for row in result.plan if row.group != "guarantee"]
    assert len(money) < len(result.plan)
    private = sum(row.commitment_musd for row in money if row.is_private)
    assert private > 0.0
    assert result.private_share == pytest.approx(private / sum(row.commitment_musd for row in money), rel=1e-12)
