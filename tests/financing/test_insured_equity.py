"""Political-risk insurance of sponsors' equity, on the flagship's terms."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from simmodel.financing import finance_portfolio
from simmodel.financing.cover_account import guarantees_table
from simmodel.financing.funding_need import Measures, PricedProblem, financing_problem, political_loss
from simmodel.financing.portfolio_cash import PortfolioCash
from simmodel.scenario import load_scenario, load_with_provenance
from simmodel.scenario.explain import explain_path
from simmodel.scenario.schema import Scenario
from solvers import FinancingPlan, SolveOptions, solve_financing
from tests.financing.synthetic_portfolio import synthetic_portfolio

WITH_COVER = Measures("with_risk_cover", "with", risk_cover=True, public_money=False)
SHARE = "financing.political_risk_share_of_country_premium"
PREMIUM = "instruments.pri_miga.fixed_rate"


@cache
def flagship(*overrides: str) -> Scenario:
    return load_scenario("almaty", overrides=("financing.instruments=[pri_miga, equity_sponsor]", *overrides))


@cache
def cash() -> PortfolioCash:
    return synthetic_portfolio(flagship(), draws=16, income_share=0.12, links=8)


@cache
def planned(*overrides: str) -> tuple[PricedProblem, FinancingPlan]:
    priced = financing_problem(flagship(*overrides), cash(), WITH_COVER)
    return priced, solve_financing(priced.problem, SolveOptions(levels=4))


def rows_of(priced: PricedProblem, plan: FinancingPlan) -> list[dict[str, object]]:
    table = guarantees_table(flagship(), priced, plan)
    return [dict(zip(table.header, row, strict=True)) for row in table.rows]


def test_terms_are_those_of_the_tables() -> None:
    """Nine tenths of equity at 1 per cent for 15 years, up to 250 million a link; half of the country premium."""
    problem = planned()[0].problem
    insured = next(each for each in problem.instruments if each.id == "equity_sponsor+pri_miga")
    cover = next(each for each in problem.instruments if each.id == "pri_miga")
    assert (insured.cover_share, insured.insurance_premium, insured.insured_years) == (0.9, 0.01, 15)
    assert (insured.variant_of, insured.is_private, cover.cover_limit_musd) == ("equity_sponsor", True, 250.0)
    assert (cover.minimum_ticket_musd, cover.ppp_exposure_share) == (0.0, 0.0)
    premium = dict(zip(problem.sections.country, np.asarray(problem.sections.political_premium), strict=True))
    for country, name in enumerate(problem.countries.ids):
        expected = 0.0 if name == "outside" else 0.5 * flagship().countries[name].equity_country_premium.value
        assert premium[country] == pytest.approx(expected, rel=1e-12)


def test_the_loss_is_that_of_the_licences_the_engine_revokes() -> None:
    """Kyrgyz Republic: 0.0169 events a year, each of which takes 0.3 of the asset."""
    assert political_loss(flagship(), "KGZ") == pytest.approx((1.0 - np.exp(-0.0169)) * 0.3, rel=1e-12)
    losses = {name: political_loss(flagship(), name) for name in ("KAZ", "TJK", "TKM")}
    assert losses["KAZ"] < losses["TJK"] < losses["TKM"]


def test_who_is_insured_where_and_when() -> None:
    """Members of the agency but Afghanistan; Turkmenistan if conditions count as met; no neighbour's share."""
    for overrides, closed in (
        ((), {"AFG", "TKM", "outside"}),
        (("financing.conditional_eligibility=true",), {"AFG", "outside"}),
    ):
        priced = financing_problem(flagship(*overrides), cash(), WITH_COVER)
        problem, ids = priced.problem, [each.instrument.id for each in priced.offers]
        may = problem.eligibility.eligible[:, ids.index("equity_sponsor+pri_miga")].any(axis=1)
        for section, country in enumerate(problem.sections.country):
            assert may[section] == (problem.countries.ids[country] not in closed)
    late = flagship().model_copy(
        update={
            "eligibility": tuple(
                row.model_copy(update={"from_year": 2028}) if row.instrument_id == "pri_miga" else row
                for row in flagship().eligibility
            )
        }
    )
    problem = financing_problem(late, cash(), WITH_COVER).problem
    insured = [each.id for each in problem.instruments].index("equity_sponsor+pri_miga")
    assert not problem.eligibility.eligible[:, insured, :2].any() and problem.eligibility.eligible[:, insured, 2].any()


def test_without_risk_cover_nothing_is_insured() -> None:
    priced = financing_problem(flagship(), cash(), Measures("today", "with", risk_cover=False, public_money=False))
    assert [each.instrument.id for each in priced.offers] == ["equity_sponsor"]


def test_the_plan_keeps_to_shares_limits_and_allocations() -> None:
    priced, plan = planned()
    problem, ids = priced.problem, [each.instrument.id for each in priced.offers]
    insured, cover = (plan.commitment_musd[:, ids.index(name)] for name in ("equity_sponsor+pri_miga", "pri_miga"))
    assert insured.sum() > 10.0
    assert cover == pytest.approx(0.9 * insured, abs=1e-6)
    for country in range(len(problem.countries.ids)):
        assert cover[problem.sections.country == country].sum() <= 35.0 + 1e-6


def test_the_gap_narrows_with_the_political_share_and_widens_with_the_premium() -> None:
    without = planned("financing.exclude_instruments=[pri_miga]")[1].minimum_gap_musd
    by_share = [planned(f"{SHARE}={share}")[1].minimum_gap_musd for share in (0.0, 0.25, 0.5, 1.0)]
    by_premium = [planned(f"{PREMIUM}={rate}")[1].minimum_gap_musd for rate in (0.0, 0.01, 0.0175, 0.5)]
    assert [without, *by_share] == sorted([without, *by_share], reverse=True)
    assert [*by_premium, without] == sorted([*by_premium, without])
    assert by_premium[-1] == pytest.approx(without, abs=1e-6)
    assert without > planned()[1].minimum_gap_musd + 1.0


def test_the_table_says_what_insurance_costs_and_brings() -> None:
    priced, plan = planned()
    rows = rows_of(priced, plan)
    assert rows
    for row in rows:
        cover, loss = float(str(row["cover [nominal musd]"])), political_loss(flagship(), str(row["country [iso3]"]))
        political = 0.5 * flagship().countries[str(row["country [iso3]"])].equity_country_premium.value
        without, with_cover = (float(str(value)) for name, value in row.items() if name.startswith("cost of the money"))
        assert without == flagship().parameters.sponsor_hurdle.value
        assert with_cover == pytest.approx(without - 0.9 * (max(political, loss) - 0.01), rel=1e-9)
        assert row["premium of a year at full cover [nominal musd]"] == pytest.approx(0.01 * cover)
        assert row["claims expected of a year in service, of equity [nominal musd]"] == pytest.approx(loss * cover)
        assert row["exposure of the treasury [nominal musd]"] == 0.0


def test_insurance_over_draws_is_in_the_result_and_in_the_words() -> None:
    quick = ("financing.whole_numbers=false", "financing.confirmed_prices=0")
    few = flagship("financing.instruments=[pri_miga, equity_sponsor]", *quick)
    result = finance_portfolio(few, synthetic_portfolio(few, draws=16, income_share=0.12, links=4))
    (table,) = (each for each in result.tables if each.name == "guarantees")
    insured = [row for row in result.plan if row.instrument == "equity_sponsor+pri_miga"]
    assert insured and len(table.rows) == len(insured)
    assert all(row.group == "equity" and row.is_private for row in insured)
    steps = {step.step: step.musd for step in result.waterfall}
    assert steps["risk_cover"] < -0.5


@pytest.mark.parametrize(
    ("path", "value", "quality"), [("equity_cover_share", "0.9", "B"), ("max_cover_musd", "250", "B")]
)
def test_explain_says_where_the_terms_come_from(path: str, value: str, quality: str) -> None:
    (statement,) = explain_path(load_with_provenance("almaty"), f"instruments.pri_miga.{path}")
    assert (statement.value, statement.quality) == (value, quality)
    assert "MIGA" in (statement.source or "")
