"""Links, sections and segments as the engine takes them.

A candidate's segment that is not in the programme is built by a neighbour: it costs the programme nothing, but once the
link is open its opex, waves and repairs are the link's, as is its revenue. An existing segment holds its passive works
in `civil_musd` alone: they only matter as the base of its regulated charges and as what a hazard destroys.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from simmodel.errors import DataError
from simmodel.inputs import marginals
from simmodel.inputs.calendar import Calendar
from simmodel.inputs.hazard_inputs import HazardArrays, cut_risk, zone_exposure
from simmodel.inputs.link_costs import (
    LinkCapex,
    Part,
    build_type_of,
    construction_years,
    hop_opex_musd,
    permit_years,
    planned_capex_musd,
    sum_parts,
    years_of_days,
)
from simmodel.inputs.model_inputs import LINK, REGIMES, SECTION, SEGMENT, SEGMENT_YEAR
from simmodel.inputs.network import NetworkSegment, PhysicalNetwork
from simmodel.inputs.slots import UNIT_INTERVAL, CommonFactor, SlotBook, clip_marginal
from simmodel.scenario.schema import Scenario
from simmodel.scenario.schema_network import Link

COST_BASES = ("lric", "rab")
LEAST_COST_RATIO = 0.05
"""No draw of a cost ratio is below."""
CONSTRUCTION_SLOTS = ("overrun_slot", "unit_cost_slot", "schedule_slot", "completion_slot", "lost_slot", "cancel_slot")


@dataclass(frozen=True, slots=True)
class LinkArrays:
    """Links, sections and segments.

    Attributes
    ----------
    links, sections, segments : records LINK, SECTION, SEGMENT
    common_factors : groups of slots that move together
    warnings : what the arrays cannot say, in words
    """

    links: NDArray[np.void]
    sections: NDArray[np.void]
    segments: NDArray[np.void]
    common_factors: tuple[CommonFactor, ...]
    warnings: tuple[str, ...]


def build_links(
    scenario: Scenario,
    network: PhysicalNetwork,
    hazards: HazardArrays,
    countries: NDArray[np.void],
    calendar: Calendar,
    slots: SlotBook,
) -> LinkArrays:
    """Return links, sections and segments; lists of demands and planned flows are filled in later."""
    links = np.zeros(len(network.links), dtype=LINK)
    sections = np.zeros(len(network.sections), dtype=SECTION)
    segments = np.zeros(len(network.segments), dtype=SEGMENT)
    warnings: list[str] = []
    overruns: list[str] = []
    for number, slug in enumerate(network.links):
        link, capex = scenario.links[slug], planned_capex_musd(scenario, slug)
        own = network.segments_of(slug)
        host = main_host(scenario, link)
        fill_link(links[number], scenario, network, slug, own, calendar)
        links[number]["host"] = -1 if host is None else hazards.host_names.index(host)
        if link.role == "candidate":
            fill_construction(links[number], scenario, slug, capex, calendar, slots)
            overruns.append(f"links/{slug}/overrun")
            warnings.extend(host_warnings(slug, link, host))
        else:
            for field in CONSTRUCTION_SLOTS:
                links[number][field] = -1
        for place in own:
            fill_segment(segments[place], scenario, network, network.segments[place], capex, host, countries)
            fill_risks(segments[place], scenario, network.segments[place], hazards)
            segments[place]["link"] = number
        fill_sections(links[number], number, sections, segments, network, own)
    common = CommonFactor("overrun", tuple(overruns), scenario.parameters.overrun_common_share.value)
    return LinkArrays(links, sections, segments, (common,) if overruns else (), tuple(warnings))


def fill_link(
    record: np.void,
    scenario: Scenario,
    network: PhysicalNetwork,
    slug: str,
    own: Sequence[int],
    calendar: Calendar,
) -> None:
    """Fill what existing and candidate links have in common."""
    link = scenario.links[slug]
    record["first_segment"], record["last_segment"] = own[0], own[-1] + 1
    record["candidate"] = link.role == "candidate"
    record["sellers"] = link.sellers_today.value
    record["length_km"] = sum(network.segments[place].km for place in own)
    record["anchor_cash"] = 0.0 if link.anchor_cash_musd is None else link.anchor_cash_musd.value
    record["anchor_gbps"] = 0.0 if link.anchor_gbps is None else link.anchor_gbps.value


def fill_construction(
    record: np.void, scenario: Scenario, slug: str, capex: LinkCapex, calendar: Calendar, slots: SlotBook
) -> None:
    """Fill schedule, risks and drawn parameters of a candidate link.

    Raises
    ------
    DataError : the link has no year of first works
    """
    link, parameters = scenario.links[slug], scenario.parameters
    start_year = link.start_year if link.start_year is not None else link.earliest_start_year
    if start_year is None:
        raise DataError(f"links.{slug}: a candidate needs start_year or earliest_start_year")
    record["wait_for_host"] = link.wait_for_host
    record["start_t"] = calendar.start_of(start_year)
    record["preparation_years"] = parameters.preparation_years.value
    record["construction_years"] = construction_years(scenario, link)
    record["permit_years"] = permit_years(scenario, link)
    probability = link.non_completion_probability
    record["non_completion"] = 0.0 if probability is None else probability.value
    record["preparation_musd"] = (
        sum(item.amount_musd for item in capex.components if link.segments[item.hop].in_programme)
        * parameters.preparation_share.value
    )
    fill_cancellation(record, scenario, link)
    base = f"links/{slug}"
    ratio = partial(clip_marginal, lower=LEAST_COST_RATIO)
    overrun = marginals.lognormal_from_median(median=parameters.overrun_median.value, p90=parameters.overrun_p90.value)
    schedule = marginals.lognormal_from_median(
        median=parameters.schedule_multiplier_median.value, p90=parameters.schedule_multiplier_p90.value
    )
    record["overrun_slot"] = slots.draw(f"{base}/overrun", ratio(overrun))
    record["unit_cost_slot"] = slots.draw(f"{base}/unit_cost", unit_cost_ratio(scenario, link))
    record["schedule_slot"] = slots.draw(f"{base}/schedule", ratio(schedule))
    record["completion_slot"] = slots.draw(f"{base}/completion", UNIT_INTERVAL)
    record["cancel_slot"] = slots.draw(f"{base}/cancel", UNIT_INTERVAL)
    lost = parameters.non_completion_spent_share
    record["lost_slot"] = slots.draw(
        f"{base}/lost",
        marginals.fixed(lost.value)
        if lost.low is None or lost.high is None
        else marginals.triangular(minimum=lost.low, mode=lost.value, maximum=lost.high),
    )


def fill_cancellation(record: np.void, scenario: Scenario, link: Link) -> None:
    """Fill the risk that a contract is cancelled during the works: means over the link's countries, weighted by km."""
    events = [
        (hop.km.value, scenario.political_events[hop.iso3]["contract_cancellation"])
        for hop in link.segments
        if "contract_cancellation" in scenario.political_events.get(hop.iso3, {})
    ]
    total_km = sum(hop.km.value for hop in link.segments)
    rate = sum(km * event.events_per_year.value for km, event in events) / total_km
    record["cancel_rate"] = rate
    if rate > 0.0:
        weights = [km * event.events_per_year.value / (total_km * rate) for km, event in events]
        record["cancel_delay_years"] = sum(
            weight * years_of_days(event.duration_days_median.value)
            for weight, (_, event) in zip(weights, events, strict=True)
        )
        record["cancel_cost_share"] = sum(
            weight * event.effect.value for weight, (_, event) in zip(weights, events, strict=True)
        )


def unit_cost_ratio(scenario: Scenario, link: Link) -> marginals.Marginal:
    """Return the distribution of civil unit costs over their central value, by the bands of the link's build types."""
    low = middle = high = 0.0
    for hop in link.segments:
        if not hop.in_programme:
            continue
        number = build_type_of(scenario, hop).civil_usd_per_km
        middle += hop.km.value * number.value
        low += hop.km.value * (number.value if number.low is None else number.low)
        high += hop.km.value * (number.value if number.high is None else number.high)
    if not low < middle < high:
        return marginals.fixed(1.0)
    return marginals.shifted_lognormal(p10=low / middle, p50=1.0, p90=high / middle, lower=LEAST_COST_RATIO)


def main_host(scenario: Scenario, link: Link) -> str | None:
    """Return the host project with which a link shares most civil works, if any."""
    shared: dict[str, float] = {}
    for hop in link.segments:
        if hop.host_id is not None and hop.in_programme:
            usd = hop.km.value * hop.codeployable_share.value * build_type_of(scenario, hop).civil_usd_per_km.value
            shared[hop.host_id] = shared.get(hop.host_id, 0.0) + usd
    return max(shared, key=lambda host: shared[host]) if shared else None


def host_warnings(slug: str, link: Link, host: str | None) -> list[str]:
    """Return a line for hops whose host is another than the link's: they are built alone."""
    others = sorted(
        {hop.host_id for hop in link.segments if hop.host_id not in (None, host) and hop.in_programme} - {None}
    )
    return (
        [f"link {slug} is shared with {host}; its hops along {', '.join(map(str, others))} are built alone"]
        if others
        else []
    )


def fill_segment(
    record: np.void,
    scenario: Scenario,
    network: PhysicalNetwork,
    segment: NetworkSegment,
    capex: LinkCapex,
    host: str | None,
    countries: NDArray[np.void],
) -> None:
    """Fill prices, capacity and cost of a segment.

    Raises
    ------
    DataError : an existing link has no price or no lit capacity
    """
    link, parameters = scenario.links[segment.link], scenario.parameters
    hops = segment.hop_numbers
    total_km = sum(hop.km.value for hop in link.segments)
    share = segment.km / total_km
    parts = sum_parts(capex.components, hops)
    country = network.country_index(segment.iso3)
    wacc = float(countries["wacc_nominal"][country])
    life = parameters.life_wave.value
    record["country"] = country
    record["regime"] = REGIMES.index(link.regime)
    record["cost_base"] = COST_BASES.index(parameters.cost_base)
    record["terminal_offset"] = zlib.crc32(segment.link.encode()) % round(parameters.life_terminal.value)
    record["km"] = segment.km
    record["wacc"] = wacc
    record["wave_annuity"] = wacc / (1.0 - (1.0 + wacc) ** -life) if wacc > 0.0 else 1.0 / life
    record["wave_capex_usd"] = wave_cost_usd(scenario, total_km) * share
    record["wave_opex_usd"] = parameters.opex_active_share.value * record["wave_capex_usd"]
    opex = hop_opex_musd(scenario, link)
    record["opex_fixed_musd"] = sum(opex[hop] for hop in hops)
    record["replacement_musd"] = sum(parts.values())
    record["terminal_musd"] = parts["terminal"]
    if segment.candidate:
        fill_candidate_cost(record, scenario, segment, parts, host)
    else:
        if link.price_t0 is None or link.price_t0.value <= 0.0 or link.lit_capacity_t0 is None:
            raise DataError(f"links.{segment.link}: an existing link needs price_t0 above 0 and lit_capacity_t0")
        record["base_price_regional"] = record["base_price_transit"] = link.price_t0.value * share
        record["lit0_waves"] = link.lit_capacity_t0.value / parameters.wave_gbps.value
        record["civil_musd"] = parts["civil"] + parts["row"] + parts["other"]
        record["asset_base_share"] = parameters.existing_asset_base_share.value


def wave_cost_usd(scenario: Scenario, link_km: float) -> float:
    """Return the cost of one wave over a link [USD]: both ends with a router port each, a regeneration per reach."""
    parameters = scenario.parameters
    regenerations = int(link_km // parameters.regeneration_reach_km.value)
    return parameters.wave_usd.value * (1 + regenerations) + 2.0 * parameters.router_port_usd.value


def fill_candidate_cost(
    record: np.void, scenario: Scenario, segment: NetworkSegment, parts: dict[Part, float], host: str | None
) -> None:
    """Fill what a candidate's segment costs to build and what its host saves."""
    parameters = scenario.parameters
    record["asset_base_share"] = 1.0
    record["kept"] = kept_share(parameters.codeploy_host_share_rule)
    record["embodied_tco2"] = sum(
        hop.km.value * build_type_of(scenario, hop).embodied_tco2_per_km.value
        for hop in segment.hops
        if hop.in_programme
    )
    if not segment.hops[0].in_programme:
        record["terminal_musd"] = 0.0
        return
    record["civil_musd"], record["row_musd"] = parts["civil"], parts["row"]
    record["terminal_musd"], record["other_musd"] = parts["terminal"], parts["other"]
    if host is not None and segment.hops[0].host_id == host:
        km = [hop.km.value for hop in segment.hops]
        shareable = [hop.codeployable_share.value for hop in segment.hops]
        record["codeployable_share"] = float(np.dot(km, shareable) / sum(km))
        record["codeploy_saved"] = scenario.hosts[host].saved_civil_share.value


def kept_share(rule: str) -> float:
    """Return the link's share of the saving of shared works.

    `proportional` is S / (S + H) with the stand-alone costs S and H of the shared works for link and host; both dig the
    same trench, so that H = S and the share is one half.
    """
    return {"incremental": 1.0, "shapley": 0.5, "proportional": 0.5}[rule]


def fill_risks(record: np.void, scenario: Scenario, segment: NetworkSegment, hazards: HazardArrays) -> None:
    """Fill cuts, zone and border of a segment; zone -1 without a zone."""
    risk, exposure = cut_risk(scenario, segment), zone_exposure(scenario, segment)
    zone = segment.hops[0].zone_id
    record["zone"] = -1 if zone is None else hazards.zone_names.index(zone)
    border = next((hop.border_node for hop in segment.hops if hop.border_node is not None), None)
    record["border"] = -1 if border is None else hazards.border_names.index(border)
    record["zone_factor"], record["damage_factor"] = exposure.hours_factor, exposure.damage_factor
    record["cut_rate"] = risk.cuts_per_year
    record["repair_median"], record["repair_sigma"] = risk.repair_median_hours, risk.repair_sigma
    record["repair_cost_musd"] = risk.repair_cost_musd


def fill_sections(
    link_record: np.void,
    link: int,
    sections: NDArray[np.void],
    segments: NDArray[np.void],
    network: PhysicalNetwork,
    own: Sequence[int],
) -> None:
    """Fill the sections of a link, and the shares of its works that fall on each section and segment.

    Shares are by cost; of a link that costs the programme nothing, by km.
    """
    rows = segments[own[0] : own[-1] + 1]
    cost = rows["civil_musd"] + rows["row_musd"] + rows["terminal_musd"] + rows["other_musd"]
    weights = cost if cost.sum() > 0.0 else rows["km"]
    rows["works_share_in_link"] = weights / weights.sum()
    numbers = [place for place, (slug, _) in enumerate(network.sections) if slug == network.links[link]]
    link_record["first_section"], link_record["last_section"] = numbers[0], numbers[-1] + 1
    for place in numbers:
        iso3 = network.sections[place][1]
        mine = [segment for segment in own if network.segments[segment].iso3 == iso3]
        record = sections[place]
        record["link"], record["country"] = link, network.country_index(iso3)
        record["first_segment"], record["last_segment"] = mine[0], mine[-1] + 1
        record["programme"] = float(any(is_own(network.segments[segment]) for segment in mine))
        record["works_share"] = segments["works_share_in_link"][mine[0] : mine[-1] + 1].sum()
        segments["section"][mine[0] : mine[-1] + 1] = place


def is_own(segment: NetworkSegment) -> bool:
    """Say whether costs and income of a segment are its link's: all of an existing link, a candidate's programme."""
    return not segment.candidate or segment.hops[0].in_programme


def build_segment_years(scenario: Scenario, network: PhysicalNetwork, years: int) -> NDArray[np.void]:
    """(segments, years) SEGMENT_YEAR: the most the fibres carry, which grows as transmission improves; no plan yet."""
    records = np.zeros((len(network.segments), years), dtype=SEGMENT_YEAR)
    growth = 1.0 + scenario.parameters.gbps_per_pair_growth.value
    maximum = np.array([scenario.links[segment.link].design_maximum.value for segment in network.segments])
    records["maximum"] = maximum[:, None] * growth ** (np.arange(years) + 1.0)
    return records
