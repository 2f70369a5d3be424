"""Regions and transit markets: people, users, incomes, coverage, city programmes, volumes."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from simmodel.inputs.calendar import Calendar, s_curve
from simmodel.inputs.model_inputs import MARKET_TRANSIT, REGION, REGION_YEAR
from simmodel.inputs.network import PhysicalNetwork
from simmodel.inputs.slots import SlotBook, clip_marginal
from simmodel.scenario.schema import Scenario
from simmodel.scenario.schema_demand import SmartCity

COVERAGE_LIMIT = 0.98
"""Share of people towards which coverage grows (the unit of the parameter `coverage_growth` names it)."""
LARGEST_SATURATION = 0.995
"""Saturation stays below this share of coverage, so that the income share people pay is finite."""
LEAST_VOLUME_RATIO = 0.1
"""No draw of the volume of a market is below this share of its central value."""


def order_regions(scenario: Scenario, network: PhysicalNetwork) -> tuple[str, ...]:
    """Return the regions, those of a country together and in the order of the countries."""
    return tuple(name for iso3 in network.countries[:-1] for name in scenario.region_ids(iso3))


def build_regions(scenario: Scenario, network: PhysicalNetwork, names: tuple[str, ...]) -> NDArray[np.void]:
    """Return the base year of the regions, shape (regions,) REGION."""
    records = np.zeros(len(names), dtype=REGION)
    for number, name in enumerate(names):
        region, record = scenario.regions[name], records[number]
        country = scenario.countries[region.iso3]
        users, coverage = region.users_share_t0.value, region.coverage_share.value
        record["country"] = network.country_index(region.iso3)
        record["users0"] = users
        record["income0"] = country.income_month_usd.value * region.income_ratio.value
        record["retail0"] = country.entry_basket_usd_month.value
        saturation = max(country.saturation_t0.value * users / country.users_share_t0.value, users)
        record["saturation0"] = min(max(saturation, 1e-6), LARGEST_SATURATION * coverage)
        record["coverage0"] = coverage
        record["local_share"] = min(country.access_cost_usd_month.value / country.entry_basket_usd_month.value, 1.0)
        record["backhaul"] = region.backhaul_usd_per_mbps_month.value
        record["population0"] = region.population_persons.value
        programmes = programmes_of(scenario, name)
        record["smart_level0"] = programme_level(programmes, np.array([scenario.study.first_year - 1.0]))[0]
        record["smart_cancel_rate"] = sum(programme.cancellation_rate_per_year.value for programme in programmes)
        delays = [programme.retender_delay_years.value for programme in programmes]
        record["smart_delay"] = max(1, round(max(delays))) if delays else 1
    return records


def programmes_of(scenario: Scenario, region: str) -> list[SmartCity]:
    """Return the city programmes of a region."""
    return [programme for programme in scenario.smart_cities.values() if programme.region_id == region]


def programme_level(programmes: list[SmartCity], years: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the traffic that programmes add in calendar years [fraction]: an S-curve from each start to maturity."""
    level = np.zeros(len(years))
    for programme in programmes:
        ramp = max(programme.ramp_years.value, 1.0)
        level += programme.uplift.value * s_curve((years + 1.0 - programme.start_year) / ramp)
    return level


def build_region_years(scenario: Scenario, calendar: Calendar, names: tuple[str, ...]) -> NDArray[np.void]:
    """Return people, coverage and programme level by region and year, shape (regions, years) REGION_YEAR."""
    since = calendar.years_since_base()
    years = calendar.base_year + since
    records = np.zeros((len(names), calendar.years), dtype=REGION_YEAR)
    speed = scenario.parameters.coverage_growth.value
    for number, name in enumerate(names):
        region = scenario.regions[name]
        growth = scenario.countries[region.iso3].population_growth.value
        coverage = region.coverage_share.value
        records["population"][number] = region.population_persons.value * (1.0 + growth) ** since
        missing = max(COVERAGE_LIMIT - coverage, 0.0)
        records["coverage"][number] = coverage + missing * (1.0 - np.exp(-speed * since))
        records["smart_level"][number] = programme_level(programmes_of(scenario, name), years)
    return records


def build_transits(scenario: Scenario, slots: SlotBook) -> tuple[tuple[str, ...], NDArray[np.void]]:
    """Return the names of the transit markets and their records MARKET_TRANSIT."""
    names = tuple(scenario.transit_markets)
    records = np.zeros(len(names), dtype=MARKET_TRANSIT)
    for number, name in enumerate(names):
        market, record = scenario.transit_markets[name], records[number]
        for field, leaf, least, most in (
            ("volume_slot", "volume_gbps", LEAST_VOLUME_RATIO * market.volume_gbps.value, np.inf),
            ("contestable_slot", "contestable_share", 1e-6, 1.0),
        ):
            record[field] = slots.draw_leaf(
                f"transit_markets/{name}/{leaf}",
                f"transit_markets.{name}.{leaf}",
                partial(clip_marginal, lower=least, upper=most),
            )
        record["growth0"] = market.growth_t0.value
        record["growth_terminal"] = market.growth_terminal.value
        record["growth_sigma"] = market.growth_sigma.value
    return names, records
