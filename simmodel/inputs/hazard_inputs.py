"""Cable cuts, hazard zones, border closures and political events, as the engine takes them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simmodel.inputs import marginals
from simmodel.inputs.calendar import Calendar
from simmodel.inputs.link_costs import build_type_of
from simmodel.inputs.marginals import Z90
from simmodel.inputs.model_inputs import BORDER, HAZARD, HOST
from simmodel.inputs.network import NetworkSegment, PhysicalNetwork
from simmodel.inputs.slots import UNIT_INTERVAL, SlotBook
from simmodel.scenario.schema import Scenario
from simmodel.scenario.schema_hazards import ZoneHazard
from simmodel.units import HOURS_PER_YEAR, MONTHS_PER_YEAR, USD_PER_MUSD

HOURS_PER_DAY = 24.0
AERIAL_METHODS = ("aerial", "opgw")


@dataclass(frozen=True, slots=True)
class HazardArrays:
    """Zones, hazards and borders with their names.

    Attributes
    ----------
    zone_names, border_names, host_names, hazard_names : in the order of the arrays; a hazard is `zone/kind`
    zones : (zones, 2) first and last hazard
    hazards, borders, hosts : records HAZARD, BORDER, HOST
    """

    zone_names: tuple[str, ...]
    zones: NDArray[np.int64]
    hazard_names: tuple[str, ...]
    hazards: NDArray[np.void]
    border_names: tuple[str, ...]
    borders: NDArray[np.void]
    host_names: tuple[str, ...]
    hosts: NDArray[np.void]


@dataclass(frozen=True, slots=True)
class CutRisk:
    """Cable cuts of a segment.

    Attributes
    ----------
    cuts_per_year : expected cuts
    repair_median_hours, repair_sigma : lognormal repair time
    repair_cost_musd : of one cut
    """

    cuts_per_year: float
    repair_median_hours: float
    repair_sigma: float
    repair_cost_musd: float


@dataclass(frozen=True, slots=True)
class ZoneExposure:
    """How far a segment feels what strikes its zone.

    Attributes
    ----------
    hours_factor : of the zone's outage hours
    damage_factor : of the zone's damage share
    """

    hours_factor: float
    damage_factor: float


def lognormal_sigma(*, median: float, p90: float) -> float:
    """Return the standard deviation of the logarithm from median and ninetieth percentile; 0 for a median of 0."""
    return math.log(p90 / median) / Z90 if median > 0.0 and p90 > median else 0.0


def build_hazards(scenario: Scenario, network: PhysicalNetwork, calendar: Calendar, slots: SlotBook) -> HazardArrays:
    """Return the hazards of every zone, the borders and the hosts that the network touches."""
    hops = [hop for segment in network.segments for hop in segment.hops]
    zone_names = tuple(zone for zone in scenario.zones if any(hop.zone_id == zone for hop in hops))
    border_names = tuple(node for node in scenario.borders if any(hop.border_node == node for hop in hops))
    host_names = tuple(host for host in scenario.hosts if any(hop.host_id == host for hop in hops))
    hazard_names: list[str] = []
    records: list[tuple[float, ...]] = []
    zones = np.zeros((len(zone_names), 2), dtype=np.int64)
    for number, zone in enumerate(zone_names):
        zones[number, 0] = len(records)
        for kind in scenario.zone_hazards.get(zone, {}):
            hazard_names.append(f"{zone}/{kind}")
            records.append(hazard_record(scenario, slots, zone, kind, number))
        zones[number, 1] = len(records)
    borders = np.zeros(len(border_names), dtype=BORDER)
    for number, node in enumerate(border_names):
        border = scenario.borders[node]
        borders[number]["closure_rate"] = border.closure_events_per_year.value
        dark_days = border.closure_days_per_event.value * border.traffic_stopped_share.value
        borders[number]["closure_hours"] = dark_days * HOURS_PER_DAY
    return HazardArrays(
        zone_names=zone_names,
        zones=zones,
        hazard_names=tuple(hazard_names),
        hazards=np.array(records, dtype=HAZARD),
        border_names=border_names,
        borders=borders,
        host_names=host_names,
        hosts=build_hosts(scenario, host_names, calendar, slots),
    )


def hazard_record(scenario: Scenario, slots: SlotBook, zone: str, kind: str, number: int) -> tuple[float, ...]:
    """Return a record HAZARD: damage as a lognormal with the table's mean and standard deviation."""
    hazard = scenario.zone_hazards[zone][kind]
    mean, sd = hazard.damage_share_mean.value, hazard.damage_share_sd.value
    name = f"zone_hazards/{zone}/{kind}/events_per_year"
    return (
        slots.draw_leaf(name, name.replace("/", ".")),
        number,
        hazard.climate_trend_per_year.value,
        mean,
        math.sqrt(math.log1p((sd / mean) ** 2)) if mean > 0.0 else 0.0,
        hazard.outage_hours_median.value,
        lognormal_sigma(median=hazard.outage_hours_median.value, p90=hazard.outage_hours_p90.value),
    )


def build_hosts(scenario: Scenario, names: Sequence[str], calendar: Calendar, slots: SlotBook) -> NDArray[np.void]:
    """Return records HOST: the finish is the end of the planned year, the slip lognormal."""
    hosts = np.zeros(len(names), dtype=HOST)
    for number, name in enumerate(names):
        host = scenario.hosts[name]
        slip = marginals.lognormal_from_median(
            median=host.slip_median_months.value / MONTHS_PER_YEAR, p90=host.slip_p90_months.value / MONTHS_PER_YEAR
        )
        hosts[number]["slip_slot"] = slots.draw(f"hosts/{name}/slip", slip)
        hosts[number]["completion_slot"] = slots.draw(f"hosts/{name}/completion", UNIT_INTERVAL)
        hosts[number]["finish"] = calendar.end_of(host.finish_year)
        hosts[number]["lead"] = host.window_lead_years.value
        hosts[number]["lag"] = host.window_lag_years.value
        hosts[number]["non_completion"] = host.non_completion_probability.value
    return hosts


def cut_risk(scenario: Scenario, segment: NetworkSegment) -> CutRisk:
    """Return the cable cuts of a segment; repair time and cost are means over its hops, weighted by their cuts."""
    kinds = [build_type_of(scenario, hop) for hop in segment.hops]
    rates = np.array(
        [
            kind.cuts_per_1000_km_year.value * hop.km.value / 1000.0
            for kind, hop in zip(kinds, segment.hops, strict=True)
        ]
    )
    weights = rates / rates.sum() if rates.sum() > 0.0 else np.full(len(rates), 1.0 / len(rates))
    sigmas = [lognormal_sigma(median=kind.repair_hours_median.value, p90=kind.repair_hours_p90.value) for kind in kinds]
    return CutRisk(
        cuts_per_year=float(rates.sum()),
        repair_median_hours=float(weights @ [kind.repair_hours_median.value for kind in kinds]),
        repair_sigma=float(weights @ sigmas),
        repair_cost_musd=float(weights @ [kind.repair_cost_usd.value for kind in kinds]) / USD_PER_MUSD,
    )


def resilience_avoided(scenario: Scenario, link: str) -> float:
    """Return the share of damage the standard of a link avoids, where it holds fully."""
    standard = scenario.links[link].resilience_standard
    parameters = scenario.parameters
    by_standard = {
        "none": 0.0,
        "low": parameters.resilience_avoided_low.value,
        "high": parameters.resilience_avoided_high.value,
    }
    return by_standard[standard]


def zone_exposure(scenario: Scenario, segment: NetworkSegment) -> ZoneExposure:
    """Return how far a segment feels its zone: the resilience standard avoids a share, aerial cable suffers otherwise.

    Both depend on the kind of hazard; the engine adds the kinds up first, so the factors are means over the kinds
    weighted by their expected hours and damage.
    """
    zone = segment.hops[0].zone_id
    hazards = list(scenario.zone_hazards.get(zone, {}).values()) if zone is not None else []
    avoided = resilience_avoided(scenario, segment.link)
    km = np.array([hop.km.value for hop in segment.hops])
    aerial = float(km @ [hop.method in AERIAL_METHODS for hop in segment.hops] / km.sum())
    felt = [
        (1.0 - avoided * hazard.resilience_effect.value) * (1.0 + aerial * (hazard.aerial_factor.value - 1.0))
        for hazard in hazards
    ]
    hours = [expected_hours(hazard) for hazard in hazards]
    damage = [hazard.events_per_year.value * hazard.damage_share_mean.value for hazard in hazards]
    return ZoneExposure(weighted_mean(felt, hours), weighted_mean(felt, damage))


def expected_hours(hazard: ZoneHazard) -> float:
    """Return the expected outage hours a year of a hazard."""
    sigma = lognormal_sigma(median=hazard.outage_hours_median.value, p90=hazard.outage_hours_p90.value)
    return hazard.events_per_year.value * hazard.outage_hours_median.value * math.exp(0.5 * sigma * sigma)


def weighted_mean(values: Sequence[float], weights: Sequence[float]) -> float:
    """Return a weighted mean; 1 without any weight."""
    total = sum(weights)
    return sum(value * weight for value, weight in zip(values, weights, strict=True)) / total if total > 0.0 else 1.0


def expected_unavailability(scenario: Scenario, segment: NetworkSegment) -> float:
    """Return the share of the year a segment is expected to be dark in the base year, at most 1."""
    risk, exposure = cut_risk(scenario, segment), zone_exposure(scenario, segment)
    hours = risk.cuts_per_year * risk.repair_median_hours * math.exp(0.5 * risk.repair_sigma**2)
    zone = segment.hops[0].zone_id
    if zone is not None:
        hours += exposure.hours_factor * sum(expected_hours(h) for h in scenario.zone_hazards.get(zone, {}).values())
    for node in {hop.border_node for hop in segment.hops if hop.border_node is not None}:
        border = scenario.borders[node]
        days = border.closure_events_per_year.value * border.closure_days_per_event.value
        hours += days * border.traffic_stopped_share.value * HOURS_PER_DAY
    return min(hours / HOURS_PER_YEAR, 1.0)
