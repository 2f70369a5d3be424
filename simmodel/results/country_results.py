"""Prices, users, traffic and tests by country and year, in every run; distributions where draws were kept."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simmodel.inputs.model_inputs import RUNS
from simmodel.results.array_types import FloatArray, IntArray
from simmodel.results.simulated_runs import FAN_RUNS, FAN_VARIABLES, SimulatedRuns
from simmodel.results.spread import Spread, spread_over_draws

COUNTRY_UNITS = {
    "users": ("persons", "people online"),
    "users_share": ("fraction", "share of people online"),
    "demand": ("Gbit/s", "international busy-hour traffic demanded"),
    "unserved": ("Gbit/s", "traffic no path can carry"),
    "lost": ("Gbit/s", "traffic lost to outages, mean over the year"),
    "wholesale_price": (
        "nominal USD/Mbps/month",
        "national wholesale price of international capacity, weighted by traffic",
    ),
    "wholesale_price_real": ("constant USD/Mbps/month", "the same in constant dollars"),
    "retail_price": ("constant USD/month", "entry data plan, weighted by people"),
    "affordable_share": ("fraction", "share of people whose basket takes at most the target share of income"),
    "gateway_margin": ("nominal USD/Mbps/month", "mark-up of the international gateway"),
    "gateway_revenue": ("nominal musd", "gateway mark-up and border fees received"),
    "link_revenue": ("nominal musd", "revenue of links in the country"),
    "discrimination_ratio": ("ratio", "what a rival pays over what the gateway holder's own retail arm pays"),
    "squeeze_headroom": (
        "constant USD/user/month",
        "what an efficient rival has left at the retail price; negative: squeezed",
    ),
    "gdp_index": ("ratio", "real GDP per head, base year 1"),
    "exchange_rate": ("ratio", "real exchange rate, base year 1, up: local currency weaker"),
}
REGION_MEANS = ("users", "demand", "unserved", "lost", "wholesale_price", "retail_price", "affordable_share")
"""What is told of each region, in the units of `COUNTRY_UNITS`."""


@dataclass(frozen=True, slots=True)
class CountryResults:
    """Countries of the region, by run and year; C countries, R runs, T years.

    Attributes
    ----------
    countries : C codes
    population : (C, T) [persons];  population_base : (C,) in the base year
    means : variable of `COUNTRY_UNITS` -> (R, C, T)
    base : variable -> (C,) in the base year: users, users_share, demand, wholesale_price, retail_price,
        affordable_share
    spreads : (run, variable) -> Spread of arrays (C, T), for `demand` and `wholesale_price`
    region_demand : run -> Spread (T,) traffic of all countries [Gbit/s]
    region_price : run -> Spread (T,) traffic-weighted wholesale price of all countries [nominal USD/Mbps/month]
    region_affordable : run -> (T,) population-weighted mean share of people for whom the basket is affordable
    base_affordable : [-] the same in the base year
    satellite_share : (R, C, T) [-] share of traffic that goes by satellite
    """

    countries: tuple[str, ...]
    population: FloatArray
    population_base: FloatArray
    means: dict[str, FloatArray]
    base: dict[str, FloatArray]
    spreads: dict[tuple[str, str], Spread]
    region_demand: dict[str, Spread]
    region_price: dict[str, Spread]
    region_affordable: dict[str, FloatArray]
    base_affordable: float
    satellite_share: FloatArray


def collect_countries(runs: SimulatedRuns) -> CountryResults:
    """Bring the regions together by country: sums of people and traffic, means weighted by traffic or by people."""
    network = runs.inputs.network
    home = network.regions["country"]
    countries = len(runs.inputs.names.countries) - 1
    population = _by_country(home, countries, network.region_years["population"])
    means, satellite = _country_means(runs, home, countries, population)
    spreads, demand, price = _distributions(runs)
    people = population / population.sum(axis=0)
    base = base_year(runs, home, countries)
    base_people = _by_country(home, countries, network.regions["population0"][:, None])[:, 0]
    return CountryResults(
        countries=runs.inputs.names.countries[:countries],
        population=population,
        population_base=base_people,
        means=means,
        base=base,
        spreads=spreads,
        region_demand=demand,
        region_price=price,
        region_affordable={
            run: (means["affordable_share"][index] * people).sum(axis=0) for index, run in enumerate(RUNS)
        },
        base_affordable=float(base["affordable_share"] @ base_people / base_people.sum()),
        satellite_share=satellite,
    )


def _by_country(home: IntArray, countries: int, values: FloatArray) -> FloatArray:
    """Sum of region values (regions, ...) by country, (countries, ...)."""
    total = np.zeros((countries, *values.shape[1:]))
    np.add.at(total, home, values)
    return total


def _ratio(top: FloatArray, bottom: FloatArray) -> FloatArray:
    quotient = np.zeros(np.broadcast_shapes(top.shape, bottom.shape))
    np.divide(top, bottom, out=quotient, where=bottom > 0.0)
    return quotient


def _country_means(
    runs: SimulatedRuns, home: IntArray, countries: int, population: FloatArray
) -> tuple[dict[str, FloatArray], FloatArray]:
    """Means over draws by run, country and year; prices are weighted by mean traffic, retail by people."""
    network = runs.inputs.network
    people = network.region_years["population"]
    collected: dict[str, list[FloatArray]] = {name: [] for name in COUNTRY_UNITS}
    satellite = []
    for run in RUNS:
        demand = runs.region_mean(run, "demand")
        total = _by_country(home, countries, demand)
        users = _by_country(home, countries, runs.region_mean(run, "users"))
        wholesale = _ratio(_by_country(home, countries, runs.region_mean(run, "wholesale_price") * demand), total)
        row = {
            "users": users,
            "users_share": _ratio(users, population),
            "demand": total,
            "wholesale_price": wholesale,
            "wholesale_price_real": wholesale / network.years["us_index"],
        }
        for name in ("unserved", "lost"):
            row[name] = _by_country(home, countries, runs.region_mean(run, name))
        for name in ("retail_price", "affordable_share"):
            row[name] = _ratio(_by_country(home, countries, runs.region_mean(run, name) * people), population)
        for name in COUNTRY_UNITS:
            value = row[name] if name in row else runs.country_mean(run, name)[:countries]
            collected[name].append(value)
        satellite.append(_ratio(_by_country(home, countries, runs.region_mean(run, "satellite_flow")), total))
    return {name: np.stack(values) for name, values in collected.items()}, np.stack(satellite)


def _distributions(
    runs: SimulatedRuns,
) -> tuple[dict[tuple[str, str], Spread], dict[str, Spread], dict[str, Spread]]:
    """Quantiles of traffic and of the traffic-weighted wholesale price, by country and for the region."""
    spreads: dict[tuple[str, str], Spread] = {}
    demand_of: dict[str, Spread] = {}
    price_of: dict[str, Spread] = {}
    for run in FAN_RUNS:
        demand, price = (runs.country_draws(run, name)[:-1] for name in FAN_VARIABLES)
        spreads[run, "demand"] = spread_over_draws(demand)
        spreads[run, "wholesale_price"] = spread_over_draws(price)
        everywhere = demand.sum(axis=0)
        bill = np.einsum("cts,cts->ts", demand, price)
        demand_of[run] = spread_over_draws(everywhere)
        price_of[run] = spread_over_draws(bill / np.maximum(everywhere, 1e-300))
    return spreads, demand_of, price_of


def base_year(runs: SimulatedRuns, home: IntArray, countries: int) -> dict[str, FloatArray]:
    """State of the base year by country: what is given (users, retail price) and what the engine found (the rest)."""
    network = runs.inputs.network
    regions = network.regions
    people = regions["population0"]
    population = _by_country(home, countries, people[:, None])[:, 0]
    users = _by_country(home, countries, (people * regions["users0"])[:, None])[:, 0]
    demand = runs.output.base_demand[: len(regions)]
    total = _by_country(home, countries, demand[:, None])[:, 0]
    bill = _by_country(home, countries, (demand * runs.output.base_wholesale)[:, None])[:, 0]
    retail = _by_country(home, countries, (people * regions["retail0"])[:, None])[:, 0]
    affordable = _by_country(home, countries, (people * affordable_share_of_regions(runs))[:, None])[:, 0]
    return {
        "users": users,
        "users_share": _ratio(users, population),
        "demand": total,
        "wholesale_price": _ratio(bill, total),
        "retail_price": _ratio(retail, population),
        "affordable_share": _ratio(affordable, population),
    }


def affordable_share_of_regions(runs: SimulatedRuns) -> FloatArray:
    """Share of people in each region whose basket takes at most the target share of income in the base year.

    Incomes are lognormal with the Gini coefficient of the country (`docs/model.md`, section 8).
    """
    from scipy.special import ndtr

    network = runs.inputs.network
    regions = network.regions
    sd = network.countries["gini_sd"][regions["country"]]
    ratio = float(network.market["affordability_target"][0]) * regions["income0"] / regions["retail0"]
    share: FloatArray = ndtr((np.log(ratio) - 0.5 * sd * sd) / sd)
    return share
