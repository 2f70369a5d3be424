"""Demand: regions, exit shares, transit markets with their alternatives, city programmes."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from simmodel.scenario.schema_network import PRICE
from simmodel.scenario.schema_quantity import Quantity, Record, quantity, share


class Region(Record):
    """A city, or the rest of a country."""

    name: str = Field(description="name for people")
    iso3: str = Field(description="country")
    kind: Literal["city", "rest_of_country"] = Field(description="a city, or all the rest")
    tier: int = Field(ge=1, le=4, description="1 largest; 4 rest of country")
    node_id: str = Field(description="node where its traffic enters")
    population_persons: Quantity = quantity("persons", "population_macro_level", "people")
    income_ratio: Quantity = quantity("ratio", "population_macro_level", "income over the national mean")
    users_share_t0: Quantity = share("share of people online in the base year")
    coverage_share: Quantity = share("share of people under coverage")
    backhaul_km: Quantity = quantity("km", "length", "distance to its node")
    backhaul_usd_per_mbps_month: Quantity = quantity(PRICE, "price", "price of carriage to its node")
    backhaul_ms_one_way: Quantity = quantity("ms", None, "one-way delay to its node")
    flagship: bool = Field(strict=True, description="kept apart by the selection `flagship`")


class TransitMarket(Record):
    """Traffic between hubs outside the region, part of which may go through it."""

    name: str = Field(description="name for people")
    from_hub: str = Field(description="hub at one end")
    to_hub: str = Field(description="hub at the other end")
    volume_gbps: Quantity = quantity("Gbit/s", "traffic_volume", "volume in the base year")
    contestable_share: Quantity = share("share that may choose a path by land")
    growth_t0: Quantity = quantity("fraction per year", "growth_rate", "growth today", minimum=-1.0, maximum=5.0)
    growth_terminal: Quantity = quantity(
        "fraction per year", "growth_rate", "growth in the long run", minimum=-1.0, maximum=5.0
    )
    growth_sigma: Quantity = quantity("log points per year", "growth_rate", "standard deviation of growth")


class OutsideOption(Record):
    """A way around the region, open to a transit market."""

    price_usd_per_mbps_month: Quantity = quantity(PRICE, "price", "price")
    latency_ms_one_way: Quantity = quantity("ms", None, "one-way delay")
    availability: Quantity = share("share of time in service")
    price_decline_per_year: Quantity = quantity(
        "fraction per year", "growth_rate", "fall of the price", minimum=-1.0, maximum=1.0
    )
    share_today: Quantity = share("share of the contestable traffic today")


class SmartCity(Record):
    """A city programme that adds traffic."""

    region_id: str = Field(description="region it runs in")
    name: str = Field(description="name for people")
    start_year: int = Field(ge=2000, le=2100, description="year it starts")
    uplift: Quantity = quantity("fraction", "share_or_probability", "traffic added at maturity", maximum=10.0)
    ramp_years: Quantity = quantity("years", "duration_delay", "years to maturity")
    cancellation_rate_per_year: Quantity = quantity("events per year", "event_rate", "cancellations")
    retender_delay_years: Quantity = quantity("years", "duration_delay", "delay of a new tender")
    capex_musd_per_100k_people: Quantity = quantity("musd per 100,000 people", "unit_cost", "cost of the programme")

    columns: ClassVar[dict[str, str]] = {"uplift": "uplift_at_maturity"}
