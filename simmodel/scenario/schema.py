"""The whole scenario: one frozen record that every later stage reads."""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import Field

from simmodel.scenario.schema_countries import Country
from simmodel.scenario.schema_demand import OutsideOption, Region, SmartCity, TransitMarket
from simmodel.scenario.schema_finance import Eligibility, Envelope, Financing, Instrument, SwapPoint
from simmodel.scenario.schema_hazards import PoliticalEvent, Zone, ZoneHazard
from simmodel.scenario.schema_network import (
    Border,
    BuildType,
    ExternalLeg,
    Gateway,
    HostProject,
    Hub,
    Link,
    Place,
)
from simmodel.scenario.schema_parameters import Parameters
from simmodel.scenario.schema_policy import Policy, Reform
from simmodel.scenario.schema_quantity import Quantity, Record
from simmodel.scenario.schema_uncertainty import Correlation, QualitySpread, Uncertainty

InflationPath: TypeAlias = dict[int, Quantity]


class Study(Record):
    """Years, draws and random numbers of the study."""

    name: str = Field(default="", description="title for people")
    first_year: int = Field(ge=2000, le=2100, description="first simulated year; the base year is the one before")
    price_year: int = Field(ge=2000, le=2100, description="year of the constant US dollars")
    years: int = Field(ge=2, le=60, description="simulated years")
    draws: int = Field(ge=1, le=10_000_000, description="draws of the Monte Carlo simulation")
    seed: int = Field(ge=0, le=2**64 - 1, description="seed of every random number")
    sampling: Literal["monte_carlo", "latin_hypercube", "sobol"] = Field(
        default="monte_carlo", description="design of the static parameters and of the shocks all countries share"
    )


class Selection(Record):
    """Which rows of the tables are in the study."""

    regions: Literal["flagship", "all"] | tuple[str, ...] = Field(
        default="flagship", description="regions kept apart; the others are merged into the rest of their country"
    )
    candidates: Literal["all", "none"] | tuple[str, ...] = Field(
        default="all", description="candidate links in the portfolio"
    )
    existing: Literal["all"] | tuple[str, ...] = Field(default="all", description="existing links in the study")
    countries: Literal["all"] | tuple[str, ...] = Field(
        default="all", description="countries with demand in the study; all: every country that has a region"
    )


class Scenario(Record):
    """A checked scenario. Nothing in it changes after `load_scenario` returns."""

    study: Study = Field(description="years, draws, seed")
    selection: Selection = Field(default=Selection(), description="which rows of the tables are used")
    policy: Policy = Field(description="co-deployment and reforms")
    financing: Financing = Field(default=Financing(), description="choices of the financing stage")
    parameters: Parameters = Field(description="global parameters")
    countries: dict[str, Country] = Field(description="by ISO 3166 alpha-3 code")
    regions: dict[str, Region] = Field(description="by region id")
    nodes: dict[str, Place] = Field(description="by node id")
    links: dict[str, Link] = Field(description="by slug, as trans_caspian")
    build_types: dict[str, BuildType] = Field(description="by terrain/method")
    gateways: dict[str, Gateway] = Field(description="by country")
    external_legs: dict[str, ExternalLeg] = Field(description="by leg id")
    hubs: dict[str, Hub] = Field(description="by hub")
    demand_splits: dict[str, dict[str, Quantity]] = Field(
        description="share of a country's international traffic by hub; sums to 1 [fraction]",
    )
    transit_markets: dict[str, TransitMarket] = Field(description="by market id")
    outside_options: dict[str, dict[str, OutsideOption]] = Field(description="by market id and option")
    hosts: dict[str, HostProject] = Field(description="by host id")
    borders: dict[str, Border] = Field(description="by border node")
    zones: dict[str, Zone] = Field(description="by zone id")
    zone_hazards: dict[str, dict[str, ZoneHazard]] = Field(description="by zone id and hazard")
    political_events: dict[str, dict[str, PoliticalEvent]] = Field(description="by country and event")
    smart_cities: dict[str, SmartCity] = Field(description="by programme id")
    reforms: dict[str, Reform] = Field(description="by reform")
    macro_paths: dict[str, InflationPath] = Field(description="inflation by country and year [fraction per year]")
    swap_curves: dict[str, dict[int, SwapPoint]] = Field(description="base curves by currency and tenor [years]")
    instruments: dict[str, Instrument] = Field(description="by instrument id")
    eligibility: tuple[Eligibility, ...] = Field(description="instrument x country x period")
    envelopes: tuple[Envelope, ...] = Field(description="money by instrument, country and window")
    quality: dict[str, dict[str, QualitySpread]] = Field(description="default spread by kind of variable and grade")
    uncertainties: dict[str, Uncertainty] = Field(default_factory=dict, description="named uncertainties")
    correlations: tuple[Correlation, ...] = Field(default=(), description="rank correlations")

    def region_ids(self, iso3: str) -> tuple[str, ...]:
        """Return the ids of a country's regions, in order."""
        return tuple(name for name, region in self.regions.items() if region.iso3 == iso3)

    def included_links(self) -> dict[str, Link]:
        """Return the links that are part of the study, in order."""
        return {slug: link for slug, link in self.links.items() if link.include}

    def candidate_links(self) -> dict[str, Link]:
        """Return the included links that are built only in a portfolio, in order."""
        return {slug: link for slug, link in self.links.items() if link.include and link.role == "candidate"}
