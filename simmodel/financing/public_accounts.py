"""What the plan means for treasuries: loans to sign, service and commitments by year, concessionality, subsidy."""

from __future__ import annotations

import numpy as np

from simmodel.financing.financing_tables import FinancingTable
from simmodel.financing.funding_need import PricedProblem
from simmodel.financing.portfolio_cash import Floats
from simmodel.financing.terms import CURRENCIES, OfferedInstrument
from simmodel.scenario.schema import Scenario
from solvers import FinancingPlan, InstrumentKind, resimulate_plan

LEAST_MUSD = 1e-6


def proposed_loans_table(scenario: Scenario, priced: PricedProblem, plan: FinancingPlan) -> FinancingTable:
    """New public debt, loan by loan, as a debt-sustainability workbook takes it."""
    problem = priced.problem
    header = (
        "borrower [iso3]",
        "loan [id]",
        "name [text]",
        "currency [code]",
        "amount [nominal musd]",
        "grace from the draw [years]",
        "maturity from the draw [years]",
        "rate in grace [fraction per year]",
        "rate after [fraction per year]",
        "front-end fee [fraction]",
        "commitment fee [fraction per year]",
        "grant element at 5 percent [fraction]",
        "reference-price subsidy [fraction]",
        *(f"drawn {year} [nominal musd]" for year in problem.years),
    )
    rows = []
    for country, name in enumerate(problem.countries.ids):
        own = problem.sections.country == country
        for position, (each, offer) in enumerate(zip(problem.instruments, priced.offers, strict=True)):
            drawn = plan.draw_musd[own, position].sum(axis=0)
            if not (each.is_ppg and each.kind is InstrumentKind.DEBT) or drawn.sum() <= LEAST_MUSD:
                continue
            grace, maturity, early, late = loan_terms(offer)
            rows.append(
                (
                    name,
                    each.id,
                    each.name,
                    currency_of(scenario, offer, name),
                    float(drawn.sum()),
                    grace,
                    maturity,
                    early,
                    late,
                    each.front_end_fee,
                    each.commitment_fee,
                    each.grant_element,
                    each.subsidy_share,
                    *map(float, drawn),
                )
            )
    return FinancingTable("proposed_loans", header, tuple(rows))


def loan_terms(offer: OfferedInstrument) -> tuple[int, int, float, float]:
    """Read grace and maturity [years] and the rates in grace and after it from the payments of one unit."""
    principal = offer.payments - offer.interest
    repaid = np.flatnonzero(principal > LEAST_MUSD)
    balance = 1.0 - np.concatenate([[0.0], np.cumsum(principal)[:-1]])
    first, final = int(repaid[0]), int(repaid[-1])
    return first, final + 1, float(offer.interest[1]), float(offer.interest[first] / balance[first])


def currency_of(scenario: Scenario, offer: OfferedInstrument, country: str) -> str:
    """Return the currency of the contract."""
    currency = scenario.instruments[offer.source_id].currency
    return CURRENCIES.get(country, currency) if currency == "LCU" else currency


def fiscal_table(priced: PricedProblem, plan: FinancingPlan, us_index: Floats) -> FinancingTable:
    """Service of treasuries, the part that is availability payments, and guarantees given, by country and year."""
    problem = priced.problem
    service = resimulate_plan(problem, plan).treasury_debt_service_musd
    availability = np.zeros_like(service)
    guarantees = np.zeros(len(problem.countries.ids))
    for position, (each, offer) in enumerate(zip(problem.instruments, priced.offers, strict=True)):
        by_country = np.zeros_like(service)
        np.add.at(
            by_country, problem.sections.country, plan.draw_musd[:, position] @ problem.debt_service_per_draw[position]
        )
        if offer.source_id == "ppp_annuity":
            availability += by_country
        if each.kind is InstrumentKind.GUARANTEE and each.ppp_exposure_share > 0.0:
            np.add.at(guarantees, problem.sections.country, each.ppp_exposure_share * plan.commitment_musd[:, position])
    header = (
        "country [iso3]",
        "year [calendar year]",
        "debt service, fees and availability payments [nominal musd]",
        "of this availability payments [nominal musd]",
        "the same [constant musd]",
        "cover given by the treasury [nominal musd]",
    )
    rows = [
        (
            name,
            int(year),
            float(service[country, t]),
            float(availability[country, t]),
            float(service[country, t] / us_index[t]),
            float(guarantees[country]),
        )
        for country, name in enumerate(problem.countries.ids)
        for t, year in enumerate(problem.years)
        if service[country].any() or guarantees[country] > 0.0
    ]
    return FinancingTable("fiscal_commitments", header, tuple(rows))


def country_packages_table(priced: PricedProblem, plan: FinancingPlan) -> FinancingTable:
    """Money by country: public, private, and how soft the public package is."""
    header = (
        "country [iso3]",
        "cost of its sections [nominal musd]",
        "public money [nominal musd]",
        "private money [nominal musd]",
        "private money per public money [ratio]",
        "grant element of public debt and grants at 5 percent [fraction]",
        "reference-price subsidy [nominal musd]",
        "subsidy as a share of cost [fraction]",
    )
    problem, rows = priced.problem, []
    for country, name in enumerate((*problem.countries.ids, "all")):
        own = (
            np.ones(len(problem.sections.ids), dtype=bool)
            if name == "all"
            else np.asarray(problem.sections.country == country)
        )
        figures = package_figures(priced, plan, own)
        cost = float(problem.sections.cost_musd[own].sum())
        rows.append(
            (
                name,
                cost,
                figures["public_musd"],
                figures["private_musd"],
                figures["private_per_public"],
                figures["grant_element"],
                figures["subsidy_musd"],
                figures["subsidy_musd"] / cost if cost > 0.0 else np.nan,
            )
        )
    return FinancingTable("country_packages", header, tuple(rows))


def package_figures(priced: PricedProblem, plan: FinancingPlan, sections: np.ndarray) -> dict[str, float]:
    """Return public and private money, their ratio, grant element and subsidy of some sections.

    The grant element is the amount-weighted mean over public debt and public grants (the debt rules' number), the
    subsidy what all money is worth below the reference price (the blending rules' number).
    """
    public = private = grant = soft = subsidy = 0.0
    for position, each in enumerate(priced.problem.instruments):
        amount = float(plan.commitment_musd[sections, position].sum())
        if each.kind is InstrumentKind.GUARANTEE:
            continue
        is_public = not each.is_private
        public, private = public + is_public * amount, private + (not is_public) * amount
        subsidy += each.subsidy_share * amount
        if each.kind is InstrumentKind.GRANT or (each.kind is InstrumentKind.DEBT and each.is_ppg):
            soft += amount
            grant += each.grant_element * amount
    return {
        "public_musd": public,
        "private_musd": private,
        "private_per_public": private / public if public > 0.0 else np.nan,
        "grant_element": grant / soft if soft > 0.0 else np.nan,
        "subsidy_musd": subsidy,
    }
