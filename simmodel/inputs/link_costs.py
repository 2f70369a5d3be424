"""The engineering estimate of a link: what its hops cost to build and to run, item by item.

A hop costs civil works and cable by terrain and method, amplifier sites every `amplifier_span_km` on land, a terminal
at either end of the link, an optical switch at every node between two land hops, a border facility, right of way on
land; a run of sea hops has a landing station at either end and one mobilisation. Civil works in Afghanistan carry the
security uplift, a resilience standard its share of civil works. Preparation and contingency come on top:
planned capex = base x (1 + preparation_share) x (1 + contingency).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal, TypeAlias

from simmodel.errors import DataError
from simmodel.scenario.schema import Scenario
from simmodel.scenario.schema_network import BuildType, Link, Segment
from simmodel.units import DAYS_PER_YEAR, MONTHS_PER_YEAR, USD_PER_MUSD

Part: TypeAlias = Literal["civil", "row", "terminal", "other"]
PARTS: tuple[Part, ...] = ("civil", "row", "terminal", "other")
SECURITY_COUNTRY = "AFG"


@dataclass(frozen=True, slots=True)
class CapexComponent:
    """One item of the estimate, on one hop.

    Attributes
    ----------
    hop : position of the hop in the link, from 0
    part : civil works, right of way, terminals (renewed as electronics are), other
    item : in words
    amount_musd : cost without preparation and contingency [musd of the price year]
    paths : dotted paths of the scenario values it is made of
    """

    hop: int
    part: Part
    item: str
    amount_musd: float
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LinkCapex:
    """The planned capex of a link and what it is made of.

    Attributes
    ----------
    link : slug
    components : items of the estimate, after the user's own figure (if any) has scaled them
    base_musd : their sum
    preparation_musd : studies, design, supervision
    contingency_musd : planned reserve; never in a draw
    total_musd : of all three, whoever pays
    programme_musd : the same, of the hops the programme pays for
    is_given : the scenario gives the total (`links.<slug>.capex_musd`)
    """

    link: str
    components: tuple[CapexComponent, ...]
    base_musd: float
    preparation_musd: float
    contingency_musd: float
    total_musd: float
    programme_musd: float
    is_given: bool


def planned_capex_musd(scenario: Scenario, link_id: str) -> LinkCapex:
    """Return the planned capex of a link, with its components.

    Parameters
    ----------
    scenario : a checked scenario
    link_id : slug of the link

    Returns
    -------
    LinkCapex : in musd of the price year, before overrun and before any saving by co-deployment

    Raises
    ------
    DataError : there is no such link
    """
    if link_id not in scenario.links:
        raise DataError(f"no link {link_id}")
    link = scenario.links[link_id]
    components = link_components(scenario, link_id)
    share, reserve = scenario.parameters.preparation_share.value, scenario.parameters.contingency.value
    base = sum(component.amount_musd for component in components)
    scale = 1.0
    if link.capex_musd is not None:
        scale = link.capex_musd.value / (base * (1.0 + share) * (1.0 + reserve))
        components = tuple(
            CapexComponent(item.hop, item.part, item.item, item.amount_musd * scale, item.paths) for item in components
        )
        base *= scale
    programme = sum(item.amount_musd for item in components if link.segments[item.hop].in_programme)
    return LinkCapex(
        link=link_id,
        components=components,
        base_musd=base,
        preparation_musd=base * share,
        contingency_musd=base * (1.0 + share) * reserve,
        total_musd=base * (1.0 + share) * (1.0 + reserve),
        programme_musd=programme * (1.0 + share) * (1.0 + reserve),
        is_given=link.capex_musd is not None,
    )


def link_components(scenario: Scenario, link_id: str) -> tuple[CapexComponent, ...]:
    """Return the items of the estimate of every hop of a link."""
    link = scenario.links[link_id]
    items: list[CapexComponent] = []
    for number, hop in enumerate(link.segments):
        items.extend(route_components(scenario, link_id, link, number, hop))
    items.extend(amplifier_components(scenario, link_id, link))
    items.extend(node_components(scenario, link))
    items.extend(sea_components(scenario, link))
    return tuple(item for item in items if item.amount_musd > 0.0)


def is_sea(hop: Segment) -> bool:
    """Say whether a hop lies on the sea bed."""
    return hop.terrain.startswith("sea")


def build_type_of(scenario: Scenario, hop: Segment) -> BuildType:
    """Return how a hop is built.

    Raises
    ------
    DataError : the table of build types has no such terrain and method
    """
    key = f"{hop.terrain}/{hop.method}"
    if key not in scenario.build_types:
        raise DataError(f"segment {hop.segment_id}: no build type {key}")
    return scenario.build_types[key]


def route_components(scenario: Scenario, link_id: str, link: Link, number: int, hop: Segment) -> list[CapexComponent]:
    """Return what the length of a hop costs: civil works, cable, right of way, border facility."""
    parameters, kind, km = scenario.parameters, build_type_of(scenario, hop), hop.km.value
    key, where = f"build_types.{hop.terrain}/{hop.method}", f"links.{link_id}.segments.{number}.km"
    civil = km * kind.civil_usd_per_km.value / USD_PER_MUSD
    place = f"{hop.from_node}-{hop.to_node}"
    items = [
        CapexComponent(number, "civil", f"civil works {place}", civil, (where, f"{key}.civil_usd_per_km")),
        CapexComponent(
            number, "other", f"cable {place}", km * kind.cable_usd_per_km.value / USD_PER_MUSD,
            (where, f"{key}.cable_usd_per_km"),
        ),
    ]  # fmt: skip
    if hop.iso3 == SECURITY_COUNTRY:
        uplift = parameters.security_uplift_afg.value
        items.append(
            CapexComponent(number, "civil", f"security {place}", civil * uplift, ("parameters.security_uplift_afg",))
        )
    if link.resilience_standard != "none":
        field = f"resilience_cost_{link.resilience_standard}"
        extra = civil * getattr(parameters, field).value
        items.append(CapexComponent(number, "civil", f"resilience {place}", extra, (f"parameters.{field}",)))
    if not is_sea(hop):
        fee = km * parameters.row_usd_per_km.value / USD_PER_MUSD
        items.append(CapexComponent(number, "row", f"right of way {place}", fee, (where, "parameters.row_usd_per_km")))
    if hop.border_node is not None:
        facility = scenario.borders[hop.border_node].facility_cost_musd.value
        path = f"borders.{hop.border_node}.facility_cost_musd"
        items.append(CapexComponent(number, "other", f"border facility {hop.border_node}", facility, (path,)))
    return items


def amplifier_sites(scenario: Scenario, link: Link) -> list[float]:
    """Return the number of amplifier sites of each hop: whole sites on the land route, shared out by km."""
    land = [0.0 if is_sea(hop) else hop.km.value for hop in link.segments]
    sites = math.floor(sum(land) / scenario.parameters.amplifier_span_km.value)
    return [sites * km / sum(land) if sites else 0.0 for km in land]


def amplifier_components(scenario: Scenario, link_id: str, link: Link) -> list[CapexComponent]:
    """Return the amplifier sites: electronics, which are renewed, and the rest of the site, which stays."""
    parameters = scenario.parameters
    electronics = parameters.amplifier_equipment_usd.value / USD_PER_MUSD
    site = parameters.amplifier_site_usd.value / USD_PER_MUSD
    span = "parameters.amplifier_span_km"
    items = []
    for number, count in enumerate(amplifier_sites(scenario, link)):
        items.append(
            CapexComponent(
                number, "terminal", f"amplifiers ({count:.1f})", count * electronics,
                (span, "parameters.amplifier_equipment_usd"),
            )
        )  # fmt: skip
        items.append(
            CapexComponent(
                number, "other", f"amplifier sites ({count:.1f})", count * (site - electronics),
                (span, "parameters.amplifier_site_usd", "parameters.amplifier_equipment_usd"),
            )
        )  # fmt: skip
    return items


def node_components(scenario: Scenario, link: Link) -> list[CapexComponent]:
    """Return a terminal at either end of the link and an optical switch between two land hops."""
    terminal = scenario.parameters.terminal_usd.value / USD_PER_MUSD
    switch = scenario.parameters.roadm_usd.value / USD_PER_MUSD
    last = len(link.segments) - 1
    ends = ((0, link.segments[0].from_node), (last, link.segments[last].to_node))
    items = [
        CapexComponent(number, "terminal", f"terminal {node}", terminal, ("parameters.terminal_usd",))
        for number, node in ends
    ]
    for number, hop in enumerate(link.segments[:-1]):
        if not is_sea(hop) and not is_sea(link.segments[number + 1]):
            items.append(
                CapexComponent(number, "terminal", f"optical switch {hop.to_node}", switch, ("parameters.roadm_usd",))
            )
    return items


def sea_components(scenario: Scenario, link: Link) -> list[CapexComponent]:
    """Return landing stations and mobilisation of every run of sea hops."""
    landing, fixed = scenario.parameters.landing_station_musd.value, scenario.parameters.subsea_fixed_musd.value
    items = []
    for at_sea, run in groupby(range(len(link.segments)), key=lambda number: is_sea(link.segments[number])):
        numbers = list(run)
        if not at_sea:
            continue
        km = [link.segments[number].km.value for number in numbers]
        for number, node in (
            (numbers[0], link.segments[numbers[0]].from_node),
            (numbers[-1], link.segments[numbers[-1]].to_node),
        ):
            path = ("parameters.landing_station_musd",)
            items.append(CapexComponent(number, "other", f"landing station {node}", landing, path))
        for number, length in zip(numbers, km, strict=True):
            share = fixed * length / sum(km)
            items.append(
                CapexComponent(number, "other", "mobilisation and survey", share, ("parameters.subsea_fixed_musd",))
            )
    return items


def hop_opex_musd(scenario: Scenario, link: Link) -> list[float]:
    """Return the yearly fixed opex of each hop: route maintenance, power, border staff [musd]."""
    parameters = scenario.parameters
    usd_per_kw_year = parameters.colocation_usd_per_kw_month.value * MONTHS_PER_YEAR
    sites = amplifier_sites(scenario, link)
    opex = []
    last = len(link.segments) - 1
    for number, hop in enumerate(link.segments):
        ends = (number == 0) + (number == last)
        power_kw = sites[number] * parameters.power_amplifier_kw.value + ends * parameters.power_terminal_kw.value
        usd = hop.km.value * build_type_of(scenario, hop).route_om_usd_per_km_year.value + power_kw * usd_per_kw_year
        staff = parameters.border_staff_musd_per_year.value if hop.border_node is not None and not is_sea(hop) else 0.0
        opex.append(usd / USD_PER_MUSD + staff)
    return opex


def construction_years(scenario: Scenario, link: Link) -> float:
    """Return the planned duration of the works [years]: the speed of each terrain, sea runs at the same time as land.

    The speeds are taken as those of the whole link: 30 km a month of mountain is what Rawalpindi-Khunjerab did (820 km
    in 27 months); with the speeds per crew and three crews it would have taken nine.
    """
    parameters = scenario.parameters
    own = [hop for hop in link.segments if hop.in_programme] or list(link.segments)
    land_months = sum(
        hop.km.value / build_type_of(scenario, hop).build_km_per_month.value for hop in own if not is_sea(hop)
    )
    sea_months = parameters.construction_months_subsea.value if any(is_sea(hop) for hop in own) else 0.0
    return max(land_months, sea_months) / MONTHS_PER_YEAR


def permit_years(scenario: Scenario, link: Link) -> float:
    """Return the planned delay of permits [years]: the sum over the borders the link crosses."""
    borders = dict.fromkeys(hop.border_node for hop in link.segments if hop.border_node is not None)
    return sum(scenario.borders[node].permit_delay_months.value for node in borders) / MONTHS_PER_YEAR


def sum_parts(components: Sequence[CapexComponent], hops: Sequence[int]) -> dict[Part, float]:
    """Return the cost of some hops by part [musd]."""
    wanted = frozenset(hops)
    return {
        part: sum(item.amount_musd for item in components if item.part == part and item.hop in wanted) for part in PARTS
    }


def years_of_days(days: float) -> float:
    """Return days as years."""
    return days / DAYS_PER_YEAR
