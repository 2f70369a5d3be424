"""The base year at medians: prices, shares and demand calibrated to what is observed (docs/model.md, section 5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from simmodel.inputs.model_inputs import Network
from simmodel.units import HOURS_PER_YEAR, KBPS_PER_GBPS, MBPS_PER_GBPS

REGIONAL = 0
Array: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PathGeometry:
    """Index arrays of the paths, made once.

    Attributes
    ----------
    demand : (paths,) demand of each path
    uses : (paths, segments) 1 where a path uses a segment
    crossings : (paths,) foreign countries entered; 0 for transit
    unavailability : (paths,) expected share of the year dark in the base year
    transit : (paths,) whether its demand is a transit market
    """

    demand: NDArray[np.int64]
    uses: csr_array
    crossings: Array
    unavailability: Array
    transit: NDArray[np.bool_]


def path_geometry(network: Network, medians: Array) -> PathGeometry:
    """Return the index arrays of the paths."""
    paths, demands = network.paths, network.demands
    counts = demands["last_path"] - demands["first_path"]
    demand = np.repeat(np.arange(len(demands)), counts)
    bounds = np.concatenate([[0], paths["last_piece"]])
    shape = (len(paths), len(network.segments))
    uses = csr_array((np.ones(len(network.path_segments)), network.path_segments, bounds), shape=shape)
    crossings = (paths["last_crossing"] - paths["first_crossing"]).astype(np.float64)
    return PathGeometry(
        demand, uses, crossings, expected_unavailability(network, medians, uses), demands["kind"][demand] != REGIONAL
    )


def expected_unavailability(network: Network, medians: Array, uses: csr_array) -> Array:
    """Return the share of the base year each path is expected to be dark, shape (paths,)."""
    segments, hazards = network.segments, network.hazards
    cuts = segments["cut_rate"] * segments["repair_median"] * np.exp(0.5 * segments["repair_sigma"] ** 2)
    with_border = segments["border"] >= 0
    closure = np.zeros(len(segments))
    rows = network.borders[segments["border"][with_border]]
    closure[with_border] = rows["closure_rate"] * rows["closure_hours"]
    own = np.minimum(uses @ (cuts + closure), HOURS_PER_YEAR)
    mean = hazards["outage_median"] * np.exp(0.5 * hazards["outage_sigma"] ** 2)
    hours = medians[hazards["rate_slot"]] * mean
    by_zone = np.minimum(np.bincount(hazards["zone"], hours, minlength=len(network.zones)), HOURS_PER_YEAR)
    path_of_entry = np.repeat(np.arange(len(network.paths)), network.paths["last_zone"] - network.paths["first_zone"])
    felt = network.path_zones["factor"] * by_zone[network.path_zones["zone"]]
    zones = np.bincount(path_of_entry, felt, minlength=len(network.paths))
    return np.asarray(np.minimum((own + zones) / HOURS_PER_YEAR + network.paths["external_unavailability"], 1.0))


def path_theta(network: Network, medians: Array, geometry: PathGeometry) -> Array:
    """Return the elasticity of route choice of each path's demand."""
    market = network.market[0]
    regional, transit = medians[market["theta_slot"]], medians[market["theta_transit_slot"]]
    theta: Array = np.where(geometry.transit, transit, regional)
    return theta


def generalised_prices(
    network: Network, medians: Array, geometry: PathGeometry, prices: Array, x: float, n: int
) -> Array:
    """Return the generalised price of every path [USD/Mbps/month], at least 1e-6.

    Parameters
    ----------
    prices : (segments, 2) by class of buyer
    x : index of outside prices
    n : years since the base year
    """
    market, paths = network.market[0], network.paths
    way = geometry.uses @ prices
    own = np.where(geometry.transit, way[:, 1], way[:, 0])
    outside = (
        medians[market["border_fee_slot"]] * geometry.crossings
        + paths["external_price"] * paths["relative_decline"] ** n
        + medians[market["value_of_latency_slot"]] * paths["latency"]
        + medians[market["value_of_reliability_slot"]] * geometry.unavailability
    )
    return np.asarray(np.maximum(own + outside * x, 1e-6))


def route_weights(
    network: Network,
    medians: Array,
    geometry: PathGeometry,
    constants: Array,
    prices: Array,
    x: float,
    theta: Array,
    n: int,
) -> Array:
    """Return constant x path size x G**(-theta) of every path."""
    price = generalised_prices(network, medians, geometry, prices, x, n)
    return np.asarray(constants * network.paths["path_size"] * price**-theta)


def normalise(weight: Array, demand: NDArray[np.int64], demands: int) -> Array:
    """Return weights over their sum in each demand."""
    return np.asarray(weight / np.bincount(demand, weight, minlength=demands)[demand])


@dataclass(frozen=True, slots=True)
class BaseYear:
    """State of the base year.

    Attributes
    ----------
    prices : (segments, 2) today's prices; 0 for candidates, which no path of today uses
    constants, shares : (paths,) constants of the exits and shares
    demand : (demands,) [Gbit/s]
    use_kbps : (countries,) busy-hour use per user [kbit/s]
    price : (regions,) mean money price of a region's paths
    mean_price : (countries + 1,) the same by country, weighted by demand
    bill : (countries + 1,) retail price over international use [USD/Mbps/month]
    """

    prices: Array
    constants: Array
    shares: Array
    demand: Array
    use_kbps: Array
    price: Array
    mean_price: Array
    bill: Array


def base_year(network: Network, medians: Array, geometry: PathGeometry) -> BaseYear:
    """Return the base year, calibrated to what is observed."""
    demands, regions = network.demands, network.regions
    prices = np.column_stack([network.segments["base_price_regional"], network.segments["base_price_transit"]])
    price = generalised_prices(network, medians, geometry, prices, 1.0, 0)
    theta = path_theta(network, medians, geometry)
    pull = network.paths["path_size"] * price**-theta * (network.paths["today"] == 1)
    constants = exit_constants(network, medians, geometry, pull, price**theta)
    shares = normalise(constants * pull, geometry.demand, len(demands))
    use, regional = base_demand(network, medians)
    market = network.transits
    transit = medians[market["volume_slot"]] * medians[market["contestable_slot"]]
    demand = np.concatenate([regional, transit])
    money = (
        (geometry.uses @ prices)[:, 0]
        + medians[network.market[0]["border_fee_slot"]] * geometry.crossings
        + network.paths["external_price"]
    )
    mean = np.asarray(np.bincount(geometry.demand, shares * money, minlength=len(demands))[: len(regions)], dtype=float)
    country = regions["country"]
    countries = len(network.countries)
    total = np.maximum(np.bincount(country, regional, minlength=countries), 1e-12)
    mean_price = np.bincount(country, regional * mean, minlength=countries) / total
    people = np.bincount(country, regions["population0"], minlength=countries)
    retail = np.bincount(country, regions["population0"] * regions["retail0"], minlength=countries) / np.maximum(
        people, 1.0
    )
    international = use * network.countries["international_share0"]
    bill = np.divide(retail * MBPS_PER_GBPS, international, out=np.zeros(countries), where=international > 0.0)
    return BaseYear(prices, constants, shares, demand, use, mean, mean_price, bill)


def exit_constants(network: Network, medians: Array, geometry: PathGeometry, pull: Array, inverse_pull: Array) -> Array:
    """Return the constant of every path, from the observed shares of the exits (docs/model.md, section 5).

    Parameters
    ----------
    pull : (paths,) path size x G**(-theta) of today's paths, 0 for the others
    inverse_pull : (paths,) G**theta
    """
    new_route = medians[network.market[0]["new_route_constant_slot"]]
    exits, paths = network.exits, network.paths
    at_exit = np.bincount(paths["exit"], pull, minlength=len(exits))
    constants = np.zeros(len(paths))
    for number, demand in enumerate(network.demands):
        own = np.arange(demand["first_exit"], demand["last_exit"])
        shares = exits["observed_share"][own]
        mine = np.flatnonzero(geometry.demand == number)
        if demand["kind"] == REGIONAL:
            values = np.where(shares > 0.0, shares / np.maximum(at_exit[own], 1e-300), 0.0)
            preferred = values[int(np.argmax(shares))]
            values = np.where(shares > 0.0, values, new_route * preferred)
            constants[mine] = values[paths["exit"][mine] - demand["first_exit"]]
        else:
            constants[mine] = transit_constants(network, number, mine, pull, inverse_pull, new_route)
    return constants


def transit_constants(
    network: Network, number: int, mine: NDArray[np.int64], pull: Array, inverse_pull: Array, new_route: float
) -> Array:
    """Return the constants of the paths of a transit market."""
    paths, exits = network.paths[mine], network.exits
    land = paths["kind"] == 0
    today = paths["today"] == 1
    attraction = pull[mine][land & today].sum()
    observed = exits["observed_share"][paths["exit"]]
    own_exits = slice(network.demands["first_exit"][number], network.demands["last_exit"][number])
    options = exits["kind"][own_exits] != 0
    rest = 1.0 - exits["observed_share"][own_exits][options].sum()
    if attraction > 0.0 and rest > 0.0:
        by_land = np.where(today, 1.0, new_route)
        return np.where(land, by_land, observed * attraction / rest * inverse_pull[mine])
    option_constants = np.where(land, 0.0, observed * inverse_pull[mine])
    return np.where(land, new_route * option_constants[np.argmax(np.where(land, 0.0, observed))], option_constants)


def base_demand(network: Network, medians: Array) -> tuple[Array, Array]:
    """Return use per user by country [kbit/s] and demand by region [Gbit/s] of the base year."""
    regions, countries = network.regions, network.countries
    country = regions["country"]
    users = regions["population0"] * regions["users0"]
    by_country = np.bincount(country, users, minlength=len(countries))
    tourism = countries["tourist_years"] * countries["tourist_use"] / np.maximum(by_country, 1.0)
    uplift = tourism[country] + regions["smart_level0"] + network.market[0]["digital_share0"]
    volume = users * countries["international_share0"][country] * (1.0 + uplift)
    observed = medians[countries["traffic_slot"]] * KBPS_PER_GBPS
    total = np.bincount(country, volume, minlength=len(countries))
    use = np.divide(observed, total, out=np.zeros(len(countries)), where=total > 0.0)
    return use, use[country] * volume / KBPS_PER_GBPS
