"""What lenders, sponsors and treasuries are told: identities, hand-worked ratios, packages side by side."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from simmodel.errors import ScenarioError
from simmodel.financing import FinancingResult, PortfolioCash, RunCash, finance_portfolio
from simmodel.financing.funding_need import PresoldLeases
from simmodel.financing.link_debt import links_debt
from simmodel.financing.packages import with_package
from simmodel.scenario import load_scenario
from simmodel.scenario.schema import Scenario
from solvers import Draws, TwoStageOptions, solve_two_stage
from tests.financing.synthetic_portfolio import synthetic_portfolio
from tests.solvers.cases import HAND_CASE, build


@cache
def flagship() -> Scenario:
    return load_scenario("almaty")


@cache
def portfolio() -> PortfolioCash:
    return synthetic_portfolio(flagship(), draws=40, income_share=0.12, links=6)


@cache
def financed(package: str = "") -> FinancingResult:
    scenario = with_package(flagship(), package, file="almaty.yaml") if package else flagship()
    return finance_portfolio(scenario, portfolio())


def table(result: FinancingResult, name: str) -> list[dict[str, object]]:
    found = next(each for each in result.tables if each.name == name)
    return [dict(zip(found.header, row, strict=True)) for row in found.rows]


def number(row: dict[str, object], start: str) -> float:
    value = next(value for name, value in row.items() if name.startswith(start))
    assert isinstance(value, float | int)
    return float(value)


@pytest.mark.parametrize("package", ["", "open_access_consortium"])
def test_sources_are_uses_in_every_year(package: str) -> None:
    rows = table(financed(package), "sources_and_uses")
    assert len(rows) == 18
    for row in rows:
        sources = number(row, "money drawn") + number(row, "gap of") + number(row, "account at the start")
        uses = number(row, "works") + number(row, "fees") + number(row, "first") + number(row, "account at the end")
        assert sources == pytest.approx(uses, abs=1e-9)


def test_proposed_loans_are_the_public_debt_of_the_plan() -> None:
    result = financed()
    loans = table(result, "proposed_loans")
    public = {name for name, row in flagship().instruments.items() if row.is_ppg}
    planned: dict[tuple[str, str], float] = {}
    for row in result.plan:
        if row.group == "debt" and (row.instrument.split("/")[0] in public):
            key = (row.country, row.instrument)
            planned[key] = planned.get(key, 0.0) + row.commitment_musd
    amounts = {(str(row["borrower [iso3]"]), str(row["loan [id]"])): number(row, "amount") for row in loans}
    assert amounts == pytest.approx(planned, abs=1e-6)
    for row in loans:
        drawn = sum(float(str(value)) for name, value in row.items() if name.startswith("drawn"))
        assert drawn == pytest.approx(number(row, "amount"), abs=1e-9)
    terms = {str(row["loan [id]"]): row for row in loans}
    checked = 0
    for name, row in terms.items():
        contract = flagship().instruments.get(name)
        if contract is None or contract.grace_years is None or contract.tenor_years is None:
            continue
        assert number(row, "maturity") == contract.tenor_years.value
        if not contract.repayment_profile.startswith("custom"):
            assert number(row, "grace") == contract.grace_years.value
        if contract.rate_type == "fixed" and contract.fixed_rate is not None:
            assert number(row, "rate after") == pytest.approx(contract.fixed_rate.value)
        checked += 1
    assert checked >= 3


def test_country_packages_add_up_and_the_grant_element_is_the_weighted_one() -> None:
    result = financed()
    rows = {str(row["country [iso3]"]): row for row in table(result, "country_packages")}
    for start in ("cost", "public", "private money [", "reference"):
        assert sum(number(row, start) for name, row in rows.items() if name != "all") == pytest.approx(
            number(rows["all"], start), abs=1e-9
        )
    by_hand = {"soft": 0.0, "grant": 0.0}
    for row in result.plan:
        if row.country == "KGZ" and (row.group == "grant" or (row.group == "debt" and not row.is_private)):
            by_hand["soft"] += row.commitment_musd
            by_hand["grant"] += row.commitment_musd * row.grant_element
    assert number(rows["KGZ"], "grant element") == pytest.approx(by_hand["grant"] / by_hand["soft"], abs=1e-9)
    assert number(rows["KGZ"], "grant element") >= 0.35 - 1e-9
    assert result.key_figures["private_per_public"] == pytest.approx(
        number(rows["all"], "private money [") / number(rows["all"], "public money"), rel=1e-9
    )


def test_treasuries_pay_their_loans_back() -> None:
    """Service of a loan that matures within the horizon is at least what was drawn; constant dollars are fewer."""
    result = financed()
    rows = table(result, "fiscal_commitments")
    service: dict[str, float] = {}
    for row in rows:
        country = str(row["country [iso3]"])
        service[country] = service.get(country, 0.0) + number(row, "debt service")
        assert 0.0 <= number(row, "of this") <= number(row, "debt service") + 1e-12
        assert number(row, "the same") <= number(row, "debt service") + 1e-12
    loans = table(result, "proposed_loans")
    for country in service:
        own = [row for row in loans if row["borrower [iso3]"] == country]
        matured = [row for row in own if number(row, "maturity") <= 18]
        assert service[country] >= sum(number(row, "amount") for row in matured) - 1e-9


def test_cover_and_return_of_the_hand_case() -> None:
    """Cash of 12 against service of 12/1.3 in every year: DSCR and LLCR 1.3, and the sponsors just get their hurdle."""
    problem = build(HAND_CASE, mid_year_share=0.5, cfads_musd=(12.0,) * 10)
    links = problem.links
    draws = Draws(links.planned_cost_musd[:, :, None], links.lender_cfads_musd[:, :, None], np.zeros((1, 11, 1)))
    plan = solve_two_stage(problem, draws, TwoStageOptions(gap_tolerance=1e-9, levels=1))
    run = RunCash(
        planned_cost_musd=links.planned_cost_musd,
        cost_musd=draws.cost_musd,
        cfads_musd=draws.cfads_musd,
        revenue_musd=draws.cfads_musd,
        hard_currency_cash_musd=draws.cfads_musd,
        tax_musd=np.zeros((1, 11, 1)),
        completed=np.ones((1, 1)),
        section_profit_musd=np.zeros((1, 11, 1)),
    )
    (debt,) = links_debt(problem, plan, run, PresoldLeases(np.zeros((1, 11)), 0.03), slice(0, 1))
    assert debt.dscr_average == pytest.approx(1.3, abs=1e-6)
    assert debt.dscr_lender_minimum == pytest.approx(1.3, abs=1e-6)
    assert debt.dscr_minimum[1:] == pytest.approx(np.full(10, 1.3), abs=1e-6)
    assert np.isnan(debt.dscr_mean[0])
    assert debt.llcr == pytest.approx(1.3, abs=1e-6)
    assert debt.equity_irr == pytest.approx(0.15, abs=1e-6)


def test_key_figures_are_numbers_or_say_that_there_is_none() -> None:
    assert set(financed().key_figures) == {
        "public_musd",
        "private_musd",
        "private_per_public",
        "grant_element",
        "subsidy_musd",
        "dscr_average",
        "dscr_lender_minimum",
        "llcr",
        "equity_irr",
    }


def test_packages_use_what_they_may_and_none_beats_all_money() -> None:
    everything = financed()
    public = {name for name, row in flagship().instruments.items() if row.is_ppg or row.group in ("grant", "mdb")}
    for name, package in flagship().financing.packages.items():
        result = financed(name)
        used = {row.instrument.split("/")[0].split("+")[0] for row in result.plan}
        if package.instruments != "all":
            assert used <= set(package.instruments)
        if not package.public_money:
            assert not used & public
        assert result.need_musd == everything.need_musd
        best, bound = result.cases[-1], everything.cases[-1].bound_musd
        assert best.risk_musd >= bound - 1e-6
    assert not any(row.is_private for row in financed("mdb_classic").plan)
    for link in financed("blended").link_ids:
        rows = [row for row in financed("blended").plan if row.link == link and row.group != "guarantee"]
        total = sum(row.commitment_musd for row in rows)
        assert sum(row.commitment_musd for row in rows if row.is_private) >= 0.1 * total - 1e-6


def test_an_unknown_package_is_named_with_the_known_ones() -> None:
    with pytest.raises(ScenarioError, match="mdb_classic") as refused:
        with_package(flagship(), "mdb_clasic", file="almaty.yaml")
    assert "Did you mean 'mdb_classic'" in str(refused.value)
