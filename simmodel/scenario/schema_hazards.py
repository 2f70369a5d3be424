"""Hazards by zone, and political events by country."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from simmodel.scenario.schema_quantity import Quantity, Record, quantity, share


class Zone(Record):
    """A hazard zone: one event hits every segment in it."""

    name: str = Field(description="name for people")
    hazard_kinds: tuple[str, ...] = Field(description="hazards that strike here")
    countries: tuple[str, ...] = Field(description="countries it touches")
    link_ids: tuple[str, ...] = Field(description="codes of the links inside")
    segment_ids: tuple[str, ...] = Field(description="segments inside")
    km: Quantity = quantity("km", None, "route length inside")


class ZoneHazard(Record):
    """How often a hazard strikes a zone and what it does."""

    events_per_year: Quantity = quantity("events per year", "event_rate", "events")
    climate_trend_per_year: Quantity = quantity(
        "fraction per year", "growth_rate", "growth of the rate with the climate", minimum=-1.0, maximum=1.0
    )
    damage_share_mean: Quantity = share("mean damage over replacement value", kind="damage_share")
    damage_share_sd: Quantity = share("standard deviation of the damage", kind=None)
    damage_distribution: Literal["beta"] = Field(description="shape of the damage")
    outage_hours_median: Quantity = quantity("hours", "duration_delay", "median outage")
    outage_hours_p90: Quantity = quantity("hours", "duration_delay", "ninetieth percentile of the outage")
    resilience_effect: Quantity = share("share of the resilience standard's effect that holds here")
    aerial_factor: Quantity = quantity("ratio", "policy_effect", "damage of aerial cable over buried")


class PoliticalEvent(Record):
    """A political event of a country: shutdown, revocation, cancellation, re-nationalisation."""

    events_per_year: Quantity = quantity("events per year", "event_rate", "events")
    effect: Quantity = quantity("see effect_unit", "share_or_probability", "size of the effect", maximum=1.0)
    effect_unit: str = Field(description="what the effect measures")
    duration_days_median: Quantity = quantity("days", "duration_delay", "median duration")
    duration_days_p90: Quantity = quantity("days", "duration_delay", "ninetieth percentile of the duration")
    cost_share_of_asset: Quantity = share("cost over the asset's value")
