"""Costs at economic prices: conversion factors, reforms, carbon."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simmodel.results.array_types import FloatArray
from simmodel.results.economics import resource_cost
from simmodel.results.simulated_runs import SimulatedRuns
from simmodel.scenario.schema import Scenario

HOURS_PER_YEAR = 8760.0


@dataclass(frozen=True, slots=True)
class EconomicPrices:
    """How a financial cost splits; the three shares add to 1.

    Attributes
    ----------
    economic_factor : [-] economic cost per unit of financial cost
    to_government : [-] tax in the cost, less the premium on the foreign exchange it takes
    to_households : [-] wages above the opportunity cost of unskilled labour
    carbon_price_usd_per_t, carbon_price_growth : in the price year, and real growth [per year]
    """

    economic_factor: float
    to_government: float
    to_households: float
    carbon_price_usd_per_t: float
    carbon_price_growth: float

    @classmethod
    def of(cls, scenario: Scenario) -> EconomicPrices:
        """Read the conversion factors of a scenario."""
        p = scenario.parameters
        tax, labour = p.tax_share_of_capex.value, p.unskilled_labour_share.value
        traded = p.unskilled_and_traded_split_traded.value
        exchange, wage = 1.0 / p.standard_conversion_factor.value, p.shadow_wage_rate_factor.value
        factor = resource_cost(
            financial_cost_musd=[1.0],
            tax_share=tax,
            traded_share=traded,
            unskilled_labour_share=labour,
            shadow_exchange_rate_factor=exchange,
            shadow_wage_factor=wage,
        )
        return cls(
            economic_factor=float(factor[0]),
            to_government=tax - (1.0 - tax) * traded * (exchange - 1.0),
            to_households=(1.0 - tax) * labour * (1.0 - wage),
            carbon_price_usd_per_t=p.carbon_price_usd_t.value,
            carbon_price_growth=p.carbon_price_growth.value,
        )


def reform_cost_by_country(scenario: Scenario, runs: SimulatedRuns) -> FloatArray:
    """Cost of the reforms of the policy, (C, T) constant musd.

    Setting a reform up is paid once, in the year it starts, whether it succeeds or not; where it takes place, running
    it costs a share of that in every later year. A reform of all countries costs each its share of people.
    """
    names, years = runs.inputs.names.countries, len(runs.inputs.network.years)
    cost = np.zeros((len(names), years))
    if not np.any(runs.inputs.network.runs["has_reforms"] == 1):
        return cost
    people = np.bincount(
        runs.inputs.network.regions["country"], weights=runs.inputs.network.regions["population0"], minlength=len(names)
    )
    running_share = scenario.parameters.reform_running_cost_share.value
    for reform in scenario.reforms.values():
        if not reform.enabled:
            continue
        first = max(reform.start_year - scenario.study.first_year, 0)
        for effect in reform.effects:
            payers = [name == effect.iso3 for name in names] if effect.iso3 != "ALL" else people / people.sum()
            set_up = effect.cost_musd.value * np.asarray(payers, dtype=np.float64)
            cost[:, first : first + 1] += set_up[:, None]
            cost[:, first + 1 :] += (running_share * effect.success_probability.value * set_up)[:, None]
    return cost


def carbon_cost_by_country(scenario: Scenario, runs: SimulatedRuns, prices: EconomicPrices) -> FloatArray:
    """Cost of the carbon of building and powering the candidate links in the run `with`; (C, T) constant musd.

    Works emit as they are paid for; amplifier sites and terminals draw power in every year of service, at the carbon
    intensity of the country's grid (a mean one outside the region).
    """
    network, names = runs.inputs.network, runs.inputs.names.countries
    index = network.years["us_index"]
    years = np.arange(len(index))
    price = prices.carbon_price_usd_per_t * (1.0 + prices.carbon_price_growth) ** (
        scenario.study.first_year - scenario.study.price_year + years
    )
    capex = runs.link_mean("with", "capex") / index
    spread = np.zeros_like(capex)
    total = capex.sum(axis=1)
    np.divide(capex, total[:, None], out=spread, where=total[:, None] > 0.0)
    service = runs.link_mean("with", "open")
    grids = [scenario.countries[name].grid_carbon_kg_per_kwh.value for name in names[:-1] if name in scenario.countries]
    grid = np.array(
        [
            scenario.countries[n].grid_carbon_kg_per_kwh.value if n in scenario.countries else float(np.mean(grids))
            for n in names
        ]
    )
    p = scenario.parameters
    tonnes = np.zeros((len(names), len(index)))
    for segment in network.segments:
        link, country = int(segment["link"]), int(segment["country"])
        if network.links["candidate"][link] != 1:
            continue
        kilowatt = (
            segment["km"] / p.amplifier_span_km.value * p.power_amplifier_kw.value
            + 2.0 * p.power_terminal_kw.value * segment["km"] / network.links["length_km"][link]
        )
        power = kilowatt * HOURS_PER_YEAR * grid[country] / 1000.0 * service[link]  # kg/kWh = t/MWh
        tonnes[country] += segment["embodied_tco2"] * spread[link] + power
    return tonnes * price / 1e6
