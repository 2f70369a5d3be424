"""The network: nodes, links and their segments, ways to build, borders, gateways, exits, host projects."""

from __future__ import annotations

from typing import ClassVar, Literal, TypeAlias

from pydantic import Field

from simmodel.scenario.schema_quantity import Quantity, Record, quantity, share

Regime: TypeAlias = Literal["incumbent", "cournot", "open_access", "price_cap", "retail_minus", "benchmark"]
Terrain: TypeAlias = Literal["plain", "agri", "hill", "mountain", "extreme", "urban", "sea_shallow", "sea_deep"]
Method: TypeAlias = Literal["own_trench", "road", "railway", "opgw", "aerial", "pipeline", "seabed"]
PRICE = "USD/Mbps/month"


class Place(Record):
    """A node of the network: a city, a landing, a border point, a hub outside the region."""

    columns: ClassVar[dict[str, str]] = {"population": "value"}

    name: str = Field(description="name for people")
    iso3: str = Field(description="country")
    lat: float = Field(ge=-90, le=90, description="latitude [degrees]")
    lon: float = Field(ge=-180, le=180, description="longitude [degrees]")
    type: str = Field(description="city, capital, landing, border, external_hub, sea_median, smart_city_pilot")
    tier: int = Field(ge=0, le=4, description="1 largest; 0 no city")
    population: Quantity = quantity("persons", None, "people of the city; 0 where nobody lives")


class Segment(Record):
    """A hop of a link between two nodes: one country, terrain, method, host and hazard zone."""

    segment_id: str = Field(description="unique name")
    link_id: str = Field(default="", description="code of the link, as L01; joins the tables")
    sequence: int = Field(ge=1, description="position in the link, from 1")
    from_node: str = Field(description="node where it starts")
    to_node: str = Field(description="node where it ends")
    iso3: str = Field(description="country whose ground it lies in")
    km: Quantity = quantity("km", "length", "route length")
    great_circle_km: Quantity | None = quantity("km", None, "distance as the crow flies", optional=True)
    terrain: Terrain = Field(description="terrain, with the method the key of a build type")
    method: Method = Field(description="how it is built")
    host_id: str | None = Field(default=None, description="host project it can share works with")
    codeployable_share: Quantity = share("share of its length that can share the works of the host")
    border_node: str | None = Field(default=None, description="border it crosses")
    zone_id: str | None = Field(default=None, description="hazard zone it lies in")
    in_programme: bool = Field(strict=True, description="false: foreign or existing, its cost is another's")


class Link(Record):
    """A cable system between two nodes, with what the user may decide about it."""

    columns: ClassVar[dict[str, str]] = {
        "code": "id",
        "length_km": "value",
        "announced_cost_musd": "announced_cost_usd_m",
        "via": "via",
    }

    code: str = Field(description="code in the tables, as L01")
    name: str = Field(description="name for people")
    from_node: str = Field(description="node where it starts")
    to_node: str = Field(description="node where it ends")
    via: tuple[str, ...] = Field(description="every node on the way, both ends included")
    countries: tuple[str, ...] = Field(description="countries it touches")
    length_km: Quantity = quantity("km", "length", "route length")
    technology: str = Field(default="", description="in words")
    corridor: str = Field(default="", description="transport corridor it follows")
    terrain_class: str = Field(default="", description="in words")
    status: str = Field(default="", description="in words")
    role: Literal["existing", "baseline", "candidate"] = Field(description="a candidate is built only in a portfolio")
    announced_cost_musd: Quantity | None = quantity("musd", None, "cost as announced; evidence only", optional=True)
    announced_capacity_tbps: Quantity | None = quantity(
        "Tbit/s", None, "capacity as announced; evidence only", optional=True
    )

    latency_one_way: Quantity = quantity("ms", None, "one-way delay")
    design_maximum: Quantity = quantity("Gbit/s", None, "capacity the system can ever carry")
    in_service_today: bool = Field(strict=True, description="carries traffic in the base year")
    earliest_start_year: int | None = Field(default=None, description="first year works can start")
    price_ceiling_start: Quantity | None = quantity(PRICE, "price", "ceiling of the first price", optional=True)
    non_completion_probability: Quantity | None = share("probability that works stop for good", optional=True)
    regime_today: Regime = Field(description="pricing regime today")
    sellers_today: Quantity = quantity("operators", None, "sellers of capacity today", minimum=1.0)
    affiliate_share: Quantity = share("share sold to the seller's own retail arm")
    markup_to_rivals: Quantity = quantity("fraction", "share_or_probability", "what rivals pay more", maximum=10.0)
    lit_capacity_t0: Quantity | None = quantity("Gbit/s", "traffic_volume", "lit capacity today", optional=True)
    price_t0: Quantity | None = quantity(PRICE, "price", "price today", optional=True)
    requires_link: str | None = Field(default=None, description="worthless without this link")
    upgrades_link: str | None = Field(default=None, description="shares corridor and zone with this existing link")

    include: bool = Field(strict=True, default=True, description="lever: part of the study")
    start_year: int | None = Field(default=None, description="lever: year works start; candidates only")
    wait_for_host: bool = Field(
        strict=True, default=False, description="lever: wait for the host project, up to max_wait_years"
    )
    resilience_standard: Literal["none", "low", "high"] = Field(default="none", description="lever: building standard")
    regime: Regime = Field(description="lever: pricing regime without reform")
    capex_musd: Quantity | None = quantity(
        "musd", "unit_cost", "lever: takes the place of the engineering estimate", optional=True
    )
    anchor_cash_musd: Quantity | None = quantity(
        "musd", None, "paid during the works by anchor tenants already signed", optional=True
    )
    anchor_gbps: Quantity | None = quantity(
        "Gbit/s", None, "regional traffic of anchor tenants, not billed again", optional=True
    )
    segments: tuple[Segment, ...] = Field(min_length=1, description="its hops, in order")


class BuildType(Record):
    """Cost, speed and fragility of building in a terrain by a method."""

    terrain: Terrain = Field(description="terrain")
    method: Method = Field(description="method")
    civil_usd_per_km: Quantity = quantity("USD/km", "unit_cost", "civil works")
    cable_usd_per_km: Quantity = quantity("USD/km", "unit_cost", "cable")
    cuts_per_1000_km_year: Quantity = quantity("cuts per 1,000 km and year", "event_rate", "cable cuts")
    repair_hours_median: Quantity = quantity("hours", "duration_delay", "median repair time")
    repair_hours_p90: Quantity = quantity("hours", "duration_delay", "ninetieth percentile of repair time")
    repair_cost_usd: Quantity = quantity("USD per repair", "unit_cost", "cost of a repair")
    route_om_usd_per_km_year: Quantity = quantity("USD/km/year", "unit_cost", "route maintenance")
    build_km_per_month: Quantity = quantity("km per month and crew", "duration_delay", "speed of works")
    embodied_tco2_per_km: Quantity = quantity("tCO2/km", "unit_cost", "carbon of the works")


class Border(Record):
    """A border crossing: permits, closures, facility."""

    name: str = Field(description="name for people")
    pair: str = Field(description="the two countries, as KAZ-CHN")
    bcp_hours: Quantity | None = quantity("hours", None, "hours a lorry needs; evidence only", optional=True)
    permit_delay_months: Quantity = quantity("months", "duration_delay", "delay of permits")
    closure_events_per_year: Quantity = quantity("events per year", "event_rate", "closures")
    closure_days_per_event: Quantity = quantity("days", "duration_delay", "length of a closure")
    closure_days_per_year: Quantity = quantity("days per year", "duration_delay", "days closed", maximum=365.0)
    traffic_stopped_share: Quantity = share("share of traffic lost while closed")
    access_delay_multiplier: Quantity = quantity("ratio", "policy_effect", "repair and works time while closed")
    facility_cost_musd: Quantity = quantity("musd", "unit_cost", "facility at the crossing")
    winter_closed_months: Quantity = quantity("months per year", None, "months closed each winter", maximum=12.0)


class Gateway(Record):
    """The national gateway: the mark-up between transport cost and national wholesale price."""

    gateway_id: str = Field(description="unique name")
    node_id: str = Field(description="node where it stands")
    transport_and_transit_usd: Quantity = quantity(PRICE, "price", "cheapest transport and transit to the hub")
    price_t0_usd_per_mbps_month: Quantity = quantity(PRICE, "price", "mark-up today")
    cost_usd_per_mbps_month: Quantity = quantity(PRICE, "price", "cost of the gateway")
    regime_today: Literal["incumbent", "cournot"] = Field(description="conduct today")
    operators_today: Quantity = quantity("operators", None, "holders today", minimum=1.0)
    affiliate_share: Quantity = share("share sold to the holder's own retail arm")
    markup_to_rivals: Quantity = quantity("fraction", "share_or_probability", "what rivals pay more", maximum=10.0)
    price_decline_without_reform: Quantity = quantity(
        "fraction per year", "growth_rate", "fall of the mark-up", minimum=-1.0, maximum=1.0
    )
    price_decline_with_reform: Quantity = quantity(
        "fraction per year", "growth_rate", "fall of the mark-up after liberalisation", minimum=-1.0, maximum=1.0
    )
    sla_availability: Quantity = share("availability promised")


class ExternalLeg(Record):
    """A leg from the edge of the region to a hub outside it."""

    leg_id: str = Field(description="unique name")
    from_node: str = Field(description="node where it starts")
    to_hub: str = Field(description="hub where it ends, or a node from which another leg goes on")
    price_usd_per_mbps_month: Quantity = quantity(PRICE, "price", "price")
    price_decline_per_year: Quantity = quantity(
        "fraction per year", "growth_rate", "fall of the price", minimum=-1.0, maximum=1.0
    )
    latency_ms_one_way: Quantity = quantity("ms", None, "one-way delay")
    availability: Quantity = share("share of time in service")
    countries: tuple[str, ...] = Field(description="countries crossed, or subsea")
    in_service: bool = Field(strict=True, description="open today")
    sanction_flag: bool = Field(strict=True, description="touches a sanctioned country")


class Hub(Record):
    """A place where Internet transit is bought."""

    name: str = Field(description="name for people")
    ip_transit_usd_per_mbps_month: Quantity = quantity(PRICE, "price", "IP transit price")
    decline_per_year: Quantity = quantity(
        "fraction per year", "growth_rate", "fall of the price", minimum=-1.0, maximum=1.0
    )


class HostProject(Record):
    """A road, railway, power line or pipeline whose works a link can share."""

    name: str = Field(description="name for people")
    kind: str = Field(description="road, rail, power, pipeline, telecom")
    countries: tuple[str, ...] = Field(description="countries it crosses")
    finish_year: int = Field(ge=2000, le=2100, description="year planned to finish")
    slip_median_months: Quantity = quantity("months", "duration_delay", "median slip of the finish")
    slip_p90_months: Quantity = quantity("months", "duration_delay", "ninetieth percentile of the slip")
    non_completion_probability: Quantity = share("probability that it is never finished")
    window_lead_years: Quantity = quantity("years", "duration_delay", "years before the finish when works can start")
    window_lag_years: Quantity = quantity("years", "duration_delay", "years after the finish when works can start")
    saved_civil_share: Quantity = share("civil cost saved on shared kilometres")
    row_saved_share: Quantity = share("right-of-way cost saved on shared kilometres")
