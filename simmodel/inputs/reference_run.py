"""One deterministic run at medians on today's network: the regulator's plan and the reference paths of prices.

Wholesale prices stay on their reference path W_ref, link prices fall with the reference decline of their country, no
reform and no candidate link. It gives, before any draw: the demand a tariff is planned on, the flow a segment is
planned to carry, and how much of the retail bill international capacity may take (docs/model.md, sections 5, 7, 8).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from simmodel.inputs.base_year import (
    Array,
    BaseYear,
    base_year,
    normalise,
    path_geometry,
    path_theta,
    route_weights,
)
from simmodel.inputs.model_inputs import CHANNELS, Network
from simmodel.units import KBPS_PER_GBPS, MBPS_PER_GBPS

LEAST_PLAN_GBPS = 1e-3
DIGITAL_YEARS = 10.0


@dataclass(frozen=True, slots=True)
class ReferenceRun:
    """What the run gives.

    Attributes
    ----------
    bill_ref0 : (countries + 1,) retail price over international use in the base year [USD/Mbps/month]
    bill_ref, p_ref : (countries + 1, years) the same by year, nominal, and the mean path price [USD/Mbps/month]
    d_ref : (countries + 1, years) demand of the year before [Gbit/s]; the last row: all demands
    plan_flow : (segments, years) [Gbit/s]
    demand : (demands, years) [Gbit/s]
    demand0 : (demands,) base year [Gbit/s]
    shares0 : (paths,) share of each path in its demand in the base year
    price0 : (regions,) mean money price of the paths of a region in the base year [USD/Mbps/month]
    """

    bill_ref0: Array
    bill_ref: Array
    p_ref: Array
    d_ref: Array
    plan_flow: Array
    demand: Array
    demand0: Array
    shares0: Array
    price0: Array


@dataclass(frozen=True, slots=True)
class PlanTerms:
    """Terms of the plan on which the tariff of a new link is set.

    Attributes
    ----------
    share : of the traffic that could use the link
    ramp_years : years until it is reached
    """

    share: float
    ramp_years: float


def run_reference(network: Network, medians: Array, plan: PlanTerms) -> ReferenceRun:
    """Run the reference case.

    Parameters
    ----------
    network : complete but for what this run fills in
    medians : (slots,) median of every drawn parameter
    plan : terms of the plan for candidate links
    """
    market = network.market[0]
    geometry = path_geometry(network, medians)
    start = base_year(network, medians, geometry)
    years = len(network.years)
    regions = len(network.regions)
    country_of = network.regions["country"]
    shares, prices = start.shares, start.prices
    theta = path_theta(network, medians, geometry)
    switching = medians[market["switching_slot"]]
    state = DemandState(network, medians, start)
    decline = 1.0 - network.countries["reference_decline"]
    countries = len(network.countries)
    demand = np.zeros((len(network.demands), years))
    flow = np.zeros((len(network.segments), years))
    bill = np.zeros((countries, years))
    p_ref = np.zeros((countries, years))
    open_paths = network.paths["today"] == 1
    for t in range(years):
        n = t + 1
        x = (1.0 - medians[market["outside_decline_slot"]]) ** n
        prices = start.prices * decline[network.segments["country"]][:, None] ** n
        weight = route_weights(network, medians, geometry, start.constants, prices, x, theta, n) * open_paths
        target = normalise(weight, geometry.demand, len(network.demands))
        kept = (1.0 - switching) * shares * open_paths
        left = 1.0 - np.bincount(geometry.demand, kept, minlength=len(network.demands))
        shares = kept + left[geometry.demand] * target
        demand[:, t] = state.step(t)
        flow[:, t] = geometry.uses.T @ (demand[geometry.demand, t] * shares)
        bill[:, t] = state.retail_bill() * network.years["us_index"][t]
        p_ref[:, t] = start.mean_price * decline**n
    d_ref = np.zeros((countries, years))
    before = np.column_stack([start.demand, demand[:, :-1]])
    for c in range(countries - 1):
        d_ref[c] = before[:regions][country_of == c].sum(axis=0)
    d_ref[-1] = before.sum(axis=0)
    plan_flow = np.maximum(
        np.where(is_candidate(network)[:, None], planned_flow(network, demand, plan), flow), LEAST_PLAN_GBPS
    )
    return ReferenceRun(
        bill_ref0=start.bill,
        bill_ref=bill,
        p_ref=p_ref,
        d_ref=d_ref,
        plan_flow=plan_flow,
        demand=demand,
        demand0=start.demand,
        shares0=start.shares,
        price0=start.price,
    )


def is_candidate(network: Network) -> NDArray[np.bool_]:
    """Return whether each segment belongs to a candidate link."""
    return np.asarray(network.links["candidate"][network.segments["link"]] == 1)


class DemandState:
    """Adoption, use and demand, year by year, with wholesale prices on their reference path."""

    def __init__(self, network: Network, medians: Array, start: BaseYear) -> None:
        self.network, self.medians = network, medians
        regions, countries = network.regions, network.countries
        self.country = regions["country"]
        self.users = regions["users0"].copy()
        self.use = start.use_kbps[self.country].copy()
        self.international = countries["international_share0"].copy()
        self.retail = regions["retail0"].copy()
        self.income = regions["income0"].copy()
        self.volume = start.demand[len(regions) :].copy()
        self.population = regions["population0"]
        sd = countries["gini_sd"][self.country]
        self.spread = sd
        self.tau = (
            regions["retail0"]
            / regions["income0"]
            * np.exp(sd * ndtri(regions["saturation0"] / regions["coverage0"]) + 0.5 * sd * sd)
        )

    def median(self, field: str) -> float:
        """Return the median of a global parameter."""
        return float(self.medians[self.network.market[0][field]])

    def growth(self, growth0: Array | float, terminal: Array | float, t: int) -> Array:
        """Return the growth of year t on its logistic way from today's to the long-run rate."""
        middle, width = self.median("growth_mid_slot"), self.median("growth_width_slot")
        level = 1.0 / (1.0 + math.exp((t - middle) / width))
        level0 = 1.0 / (1.0 + math.exp((0.0 - middle) / width))
        return np.asarray(terminal + (np.asarray(growth0) - terminal) * level / level0)

    def step(self, t: int) -> Array:
        """Go on to year t and return the demand of regions and transit markets [Gbit/s]."""
        network, n = self.network, t + 1
        market, countries = network.market[0], network.countries
        growth_slots = np.maximum(countries["growth_shift_slot"], 0)
        income_growth = network.country_years["gdp_growth"][:, t] + self.medians[growth_slots]
        self.income = self.income * np.exp(income_growth[self.country])
        self.retail = self.retail * countries["retail_trend"][self.country]
        self.population = network.region_years["population"][:, t]
        self.adopt(network.region_years["coverage"][:, t], n)
        terminal = self.median("growth_terminal_slot")
        growth0 = (1.0 + self.median("growth0_slot")) / countries["growth0_divisor"] - 1.0
        growth = self.growth(growth0, terminal, t)[self.country]
        room = np.maximum(1.0 - self.use / self.median("usage_max_slot"), 0.0)
        self.use = np.maximum(self.use * (1.0 + growth * room), 1e-6)
        rate = network.channel_base[:, CHANNELS.index("localisation")]
        end = countries["international_share_end"]
        self.international = end + (self.international - end) * np.exp(-rate)
        people = self.population * self.users
        by_country = np.bincount(self.country, people, minlength=len(countries))
        tourism = countries["tourist_years"] * countries["tourist_use"] / np.maximum(by_country, 1.0)
        digital = market["digital_share0"] + self.median("digital_uplift_slot") * min(n / DIGITAL_YEARS, 1.0)
        uplift = tourism[self.country] + network.region_years["smart_level"][:, t] + digital
        regional = people * self.use * self.international[self.country] / KBPS_PER_GBPS * (1.0 + uplift)
        self.volume = self.volume * (
            1.0 + self.growth(network.transits["growth0"], network.transits["growth_terminal"], t)
        )
        return np.concatenate([regional, self.volume])

    def adopt(self, coverage: Array, n: int) -> None:
        """Take one step of adoption towards saturation."""
        countries = self.network.countries
        share = self.tau * (1.0 + self.median("relevance_slot")) ** n
        affordable = ndtr((np.log(share * self.income / self.retail) - 0.5 * self.spread**2) / self.spread)
        saturation = np.maximum(coverage * affordable, 1e-6)
        p, q = countries["bass_p"][self.country], countries["bass_q"][self.country]
        gain = (p + q * np.minimum(self.users / saturation, 1.0)) * np.maximum(saturation - self.users, 0.0)
        loss = self.network.market[0]["bass_churn"] * np.maximum(self.users - saturation, 0.0)
        self.users = np.clip(self.users + gain - loss, 0.0, 1.0)

    def retail_bill(self) -> Array:
        """Return retail price over international use by country, constant USD [USD/Mbps/month]."""
        countries = len(self.network.countries)
        people = np.bincount(self.country, self.population, minlength=countries)
        users = np.bincount(self.country, self.population * self.users, minlength=countries)
        retail = np.bincount(self.country, self.population * self.retail, minlength=countries)
        use = np.bincount(self.country, self.population * self.users * self.use, minlength=countries)
        mean_use = np.divide(use, users, out=np.zeros(countries), where=users > 0.0) * self.international
        price = retail / np.maximum(people, 1.0)
        bill: Array = np.divide(price * MBPS_PER_GBPS, mean_use, out=np.zeros(countries), where=mean_use > 0.0)
        return bill


def planned_flow(network: Network, demand: Array, plan: PlanTerms) -> Array:
    """Return the flow candidate links are planned to carry, shape (segments, years) [Gbit/s].

    A share of the traffic of all demands with a path over the link, reached over the ramp that starts in the planned
    opening year.
    """
    years = demand.shape[1]
    flow = np.zeros((len(network.segments), years))
    for link in network.links:
        if link["candidate"] != 1:
            continue
        served = network.link_demands[link["first_demand"] : link["last_demand"]]
        opening = math.ceil(link["start_t"] + link["permit_years"] + link["construction_years"])
        ramp = np.clip((np.arange(years) - opening + 1) / plan.ramp_years, 0.0, 1.0)
        own = slice(link["first_segment"], link["last_segment"])
        flow[own] = plan.share * demand[served].sum(axis=0) * ramp
    return flow
