"""Economic appraisal of the programme: ENPV, EIRR, BCR, and who gains, by stakeholder and country.

Each run is compared with its reference (`docs/model.md`, section 11): the reforms with today's policy, the portfolio
under reforms with the reforms alone. The programme is the two steps added up. Buyers' surplus already holds what buyers
pay, so that a lower price between residents is a transfer from operators to buyers, and only the triangle remains.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simmodel.results.array_types import FloatArray
from simmodel.results.discounting import at_valuation_date, npv
from simmodel.results.economic_costs import EconomicPrices, carbon_cost_by_country, reform_cost_by_country
from simmodel.results.economics import (
    ResourceFlow,
    Stakeholder,
    Transfer,
    benefit_cost_ratio,
    stakeholder_matrix,
    switching_value,
)
from simmodel.results.irr import InternalRate, internal_rate_of_return
from simmodel.results.simulated_runs import SimulatedRuns
from simmodel.results.spread import Spread, spread_over_draws
from simmodel.scenario.schema import Scenario

COMPARISONS = (("reforms", "reform_only", "without"), ("portfolio", "with", "reform_only"))
PARTS = ("buyers_surplus", "operators_revenue", "avoided_outages", "resource_cost", "reform_cost", "carbon_cost")


@dataclass(frozen=True, slots=True)
class EconomicResult:
    """Net benefit of the programme for the countries of the region; constant musd, discounted to the start of year 1.

    Attributes
    ----------
    countries : C codes; the last is "outside": the sections of candidate links in other countries
    rates : discount rates [per year, real]
    enpv_musd : step -> (rates,) mean ENPV; steps: reforms, portfolio, programme
    enpv_spread_musd : step -> Spread (rates,) over draws, with outages and carbon at their means
    eirr : of the mean net benefit of the programme [per year, real]; NaN with its number of roots when not unique
    bcr : [-] at the first rate
    parts_musd : part -> (C, T) mean yearly net benefit of the programme, signed as it enters
    switching : part -> relative change of the part that brings the ENPV at the first rate to zero
    matrix_musd : (stakeholders, C) present value at the first rate; its sum is the ENPV of the programme
    trapezoid_share : share of region, year and draw where the surplus is a trapezoid because demand shifted
    """

    countries: tuple[str, ...]
    rates: tuple[float, ...]
    enpv_musd: dict[str, FloatArray]
    enpv_spread_musd: dict[str, Spread]
    eirr: InternalRate
    bcr: float
    parts_musd: dict[str, FloatArray]
    switching: dict[str, float]
    matrix_musd: FloatArray
    trapezoid_share: float


@dataclass(frozen=True, slots=True)
class Change:
    """Means of what changes between a run and its reference, (C and outside, T), constant musd."""

    surplus: FloatArray
    gateway_revenue: FloatArray
    gateway_cost: FloatArray
    link_revenue: FloatArray
    resource_cost: FloatArray
    outages: FloatArray
    taxes: FloatArray
    levies: FloatArray
    candidate_revenue: FloatArray
    candidate_cost: FloatArray
    candidate_taxes: FloatArray


def appraise_programme(scenario: Scenario, runs: SimulatedRuns, rates: tuple[float, ...]) -> EconomicResult:
    """Work out the economic results of reforms, portfolio and both.

    Parameters
    ----------
    rates : real discount rates, the main one first
    """
    prices = EconomicPrices.of(scenario)
    changes = {step: mean_change(scenario, runs, run, reference) for step, run, reference in COMPARISONS}
    reform_cost = reform_cost_by_country(scenario, runs)
    carbon = carbon_cost_by_country(scenario, runs, prices)
    nothing = np.zeros_like(reform_cost)
    parts_of = {
        "reforms": parts_of_change(changes["reforms"], prices, reform_cost, nothing),
        "portfolio": parts_of_change(changes["portfolio"], prices, nothing, carbon),
    }
    parts = {part: parts_of["reforms"][part] + parts_of["portfolio"][part] for part in PARTS}
    steps = {**parts_of, "programme": parts}
    net = {step: sum(of.values(), start=np.zeros_like(nothing)) for step, of in steps.items()}
    enpv = {
        step: np.array([float(npv(rate=rate, cash_flow=_dated(value.sum(axis=0)))) for rate in rates])
        for step, value in net.items()
    }
    total = _dated(net["programme"].sum(axis=0))
    matrix = _matrix(changes, parts, prices, rates[0])
    benefits, costs = _benefits_and_costs(parts)
    return EconomicResult(
        countries=runs.inputs.names.countries,
        rates=rates,
        enpv_musd=enpv,
        enpv_spread_musd=_spread_of_enpv(runs, prices, parts_of, rates),
        eirr=internal_rate_of_return(cash_flow=total),
        bcr=float(benefit_cost_ratio(benefits=benefits, costs=costs, rate=rates[0])),
        parts_musd=parts,
        switching={
            part: float(switching_value(component=_dated(value.sum(axis=0)), net_benefit=total, rate=rates[0]))
            for part, value in parts.items()
        },
        matrix_musd=matrix,
        trapezoid_share=float(runs.region_mean("with", "trapezoid").mean()),
    )


def mean_change(scenario: Scenario, runs: SimulatedRuns, run: str, reference: str) -> Change:
    """Return the mean change of everything the appraisal needs, by country.

    Outside the region only the candidate links' own sections count: what other operators there gain or lose is theirs.
    """
    network, names = runs.inputs.network, runs.inputs.names
    index = network.years["us_index"]
    countries = len(names.countries)

    def country(variable: str) -> FloatArray:
        return np.asarray((runs.country_mean(run, variable) - runs.country_mean(reference, variable)) / index)

    def links(variable: str, *, only_candidates: bool) -> FloatArray:
        change = (runs.link_mean(run, variable) - runs.link_mean(reference, variable)) / index
        if only_candidates:
            change = change * (network.links["candidate"] == 1)[:, None]
        sections = network.sections
        by_section = change[sections["link"]] * sections["works_share"][:, None]
        total = np.zeros((countries, len(index)))
        np.add.at(total, sections["country"], by_section)
        return total

    surplus = np.zeros((countries, len(index)))
    np.add.at(surplus, network.regions["country"], runs.region_mean(run, "surplus_change") / index)
    candidate_revenue, candidate_taxes = (links(name, only_candidates=True) for name in ("revenue", "tax"))
    candidate_cost = (
        links("opex", only_candidates=True)
        + links("maintenance", only_candidates=True)
        + links("capex_economic", only_candidates=True)
    )
    revenue, resource, taxes = country("link_revenue"), country("resource_cost"), links("tax", only_candidates=False)
    revenue[-1], resource[-1], taxes[-1] = candidate_revenue[-1], candidate_cost[-1], candidate_taxes[-1]
    return Change(
        surplus=surplus,
        gateway_revenue=country("gateway_revenue"),
        gateway_cost=country("gateway_cost"),
        link_revenue=revenue,
        resource_cost=resource,
        outages=avoided_outages(scenario, runs, run, reference),
        taxes=taxes,
        levies=revenue * network.countries["usf_levy"][:, None],
        candidate_revenue=candidate_revenue,
        candidate_cost=candidate_cost,
        candidate_taxes=candidate_taxes,
    )


def avoided_outages(scenario: Scenario, runs: SimulatedRuns, run: str, reference: str) -> FloatArray:
    """Value of traffic no longer lost, beyond what buyers' own value of reliability holds; (C, T) constant musd.

    The value is a share of the GDP of the lost time (`outage_value_share_of_gdp`); GDP is mean income times people.
    What buyers would pay for reliability themselves is in their generalised price already and is taken off.
    """
    network = runs.inputs.network
    regions, index = network.regions, network.years["us_index"]
    growth = runs.country_mean(reference, "gdp_index")[regions["country"]]
    gdp_musd = regions["income0"][:, None] * 12.0 * network.region_years["population"] * growth / 1e6
    share = scenario.parameters.outage_value_share_of_gdp.value
    reliability = scenario.parameters.value_of_reliability.value  # USD/Mbps/month per unit of time lost

    def lost_share(name: str) -> FloatArray:
        served = np.maximum(runs.region_mean(name, "demand") - runs.region_mean(name, "unserved"), 1e-12)
        return runs.region_mean(name, "lost") / served

    fewer = lost_share(reference) - lost_share(run)
    own_value = 0.012 * reliability * runs.region_mean(reference, "demand")
    value = fewer * np.maximum(share * gdp_musd - own_value, 0.0)
    total = np.zeros((len(runs.inputs.names.countries), len(index)))
    np.add.at(total, regions["country"], value)
    return total


def parts_of_change(
    change: Change, prices: EconomicPrices, reform_cost: FloatArray, carbon: FloatArray
) -> dict[str, FloatArray]:
    """Return the parts of the net benefit, signed as they enter it."""
    return {
        "buyers_surplus": change.surplus,
        "operators_revenue": change.gateway_revenue + change.link_revenue,
        "avoided_outages": change.outages,
        "resource_cost": -prices.economic_factor * (change.resource_cost + change.gateway_cost),
        "reform_cost": -reform_cost,
        "carbon_cost": -carbon,
    }


def _dated(yearly: FloatArray) -> FloatArray:
    return at_valuation_date(yearly_flow=yearly)


def _benefits_and_costs(parts: dict[str, FloatArray]) -> tuple[FloatArray, FloatArray]:
    """Benefits: buyers, operators' revenue, outages (a lost revenue is less benefit); costs: all others."""
    totals = {part: value.sum(axis=0) for part, value in parts.items()}
    benefits = totals["buyers_surplus"] + totals["operators_revenue"] + totals["avoided_outages"]
    costs = -(totals["resource_cost"] + totals["reform_cost"] + totals["carbon_cost"])
    return _dated(benefits), _dated(costs)


def _spread_of_enpv(
    runs: SimulatedRuns, prices: EconomicPrices, parts_of: dict[str, dict[str, FloatArray]], rates: tuple[float, ...]
) -> dict[str, Spread]:
    """ENPV over draws: surplus, revenue, resource cost of each draw; outages, carbon and the outside at their means."""
    index = runs.inputs.network.years["us_index"]
    by_step: dict[str, FloatArray] = {}
    for step, run, reference in COMPARISONS:
        gateway, gateway_cost, link, resource = (
            runs.total_draws(run, name) - runs.total_draws(reference, name)
            for name in ("gateway_revenue", "gateway_cost", "link_revenue", "resource_cost")
        )
        surplus = runs.total_draws(run, "surplus_change")
        yearly = surplus + gateway + link - prices.economic_factor * (resource + gateway_cost)
        parts = parts_of[step]
        rest = sum(parts[part].sum(axis=0) for part in ("avoided_outages", "reform_cost", "carbon_cost"))
        rest = rest + parts["operators_revenue"][-1] + parts["resource_cost"][-1]
        by_step[step] = yearly / index[:, None] + np.asarray(rest)[:, None]
    by_step["programme"] = by_step["reforms"] + by_step["portfolio"]
    factors = np.stack([(1.0 + rate) ** -np.arange(1.0, len(index) + 1.0) for rate in rates])
    return {step: spread_over_draws(factors @ yearly) for step, yearly in by_step.items()}


def _matrix(
    changes: dict[str, Change], parts: dict[str, FloatArray], prices: EconomicPrices, rate: float
) -> FloatArray:
    """Who gains: economic flows on those they fall on, and transfers booked at payer and receiver.

    Operators bear financial costs; what these hold beyond the economic cost is tax (to the government), wages above the
    opportunity cost of labour (to households) and, negative, the premium on foreign exchange (borne by the government).
    Lenders' concessions are the financing stage's: their row is zero here, because no finance is in the ENPV.
    """
    change = {name: sum(getattr(of, name) for of in changes.values()) for name in Change.__slots__}
    countries = range(len(change["surplus"]))
    flows: list[ResourceFlow] = []
    transfers: list[Transfer] = []
    incumbent_revenue = change["gateway_revenue"] + change["link_revenue"] - change["candidate_revenue"]
    financial_cost = change["resource_cost"] + change["gateway_cost"]
    incumbent_cost = financial_cost - change["candidate_cost"]
    for c in countries:
        rows = (
            (Stakeholder.CONSUMERS, parts["buyers_surplus"][c] + parts["avoided_outages"][c]),
            (Stakeholder.INCUMBENT, incumbent_revenue[c] - prices.economic_factor * incumbent_cost[c]),
            (
                Stakeholder.LINK_OWNERS,
                change["candidate_revenue"][c] - prices.economic_factor * change["candidate_cost"][c],
            ),
            (Stakeholder.GOVERNMENT, parts["reform_cost"][c]),
            (Stakeholder.NON_RESIDENTS, parts["carbon_cost"][c]),
        )
        flows += [ResourceFlow(who, c, _dated(value)) for who, value in rows]
        for payer, cost in (
            (Stakeholder.INCUMBENT, incumbent_cost[c]),
            (Stakeholder.LINK_OWNERS, change["candidate_cost"][c]),
        ):
            transfers.append(Transfer(payer, c, Stakeholder.GOVERNMENT, c, _dated(prices.to_government * cost)))
            transfers.append(Transfer(payer, c, Stakeholder.CONSUMERS, c, _dated(prices.to_households * cost)))
        incumbent_taxes = change["taxes"][c] - change["candidate_taxes"][c] + change["levies"][c]
        transfers.append(Transfer(Stakeholder.INCUMBENT, c, Stakeholder.GOVERNMENT, c, _dated(incumbent_taxes)))
        transfers.append(
            Transfer(Stakeholder.LINK_OWNERS, c, Stakeholder.GOVERNMENT, c, _dated(change["candidate_taxes"][c]))
        )
    return stakeholder_matrix(resource_flows=flows, transfers=transfers, countries=len(change["surplus"]), rate=rate)
