"""Checks of the network: nodes, segments, related links, exits, zones."""

from __future__ import annotations

from collections.abc import Iterable

from simmodel.scenario.reporter import Reporter
from simmodel.scenario.schema import Scenario
from simmodel.scenario.schema_network import Link

LENGTH_TOLERANCE = 0.02
"""How far the segments of a link may miss its length, as a fraction of it."""


def link_nodes_exist(scenario: Scenario, report: Reporter) -> None:
    """Every node a link or a segment names is a node of the tables."""
    for slug, link in scenario.links.items():
        named: list[tuple[tuple[str | int, ...], str]] = [
            (("links", slug, "from_node"), link.from_node),
            (("links", slug, "to_node"), link.to_node),
        ]
        named += [(("links", slug, "via", index), node) for index, node in enumerate(link.via)]
        for index, segment in enumerate(link.segments):
            named.append((("links", slug, "segments", index, "from_node"), segment.from_node))
            named.append((("links", slug, "segments", index, "to_node"), segment.to_node))
        for path, node in named:
            if node not in scenario.nodes:
                report.unknown(path, "node", node, scenario.nodes)


def segments_are_contiguous(scenario: Scenario, report: Reporter) -> None:
    """The segments of a link are numbered from one, follow `via` end to end, and add up to its length."""
    for slug, link in scenario.links.items():
        stops = (link.segments[0].from_node, *(segment.to_node for segment in link.segments))
        for index, segment in enumerate(link.segments):
            path = ("links", slug, "segments", index)
            if segment.sequence != index + 1:
                report.add((*path, "sequence"), f"segment {segment.segment_id} should be number {index + 1}")
            if segment.from_node != stops[index]:
                message = f"segment {segment.segment_id} starts at {segment.from_node}, not at {stops[index]}"
                report.add((*path, "from_node"), message)
        if stops != link.via:
            message = f"the segments run {'-'.join(stops)}, the link {'-'.join(link.via)}"
            report.add(("links", slug, "via"), message)
        for field, node, stop in (("from_node", link.from_node, stops[0]), ("to_node", link.to_node, stops[-1])):
            if node in scenario.nodes and node != stop:
                report.add(("links", slug, field), f"the segments end at {stop}, not at {node}")
        total = sum(segment.km.value for segment in link.segments)
        if abs(total - link.length_km.value) > LENGTH_TOLERANCE * link.length_km.value:
            message = f"the segments add up to {total:g} km, not {link.length_km.value:g}"
            report.add(("links", slug, "length_km"), message)


def programme_ends_at_borders(scenario: Scenario, report: Reporter) -> None:
    """What a candidate link has in one country is the programme's altogether, or a neighbour's altogether."""
    for slug, link in scenario.links.items():
        first: dict[str, bool] = {}
        for index, segment in enumerate(link.segments):
            if (
                link.role == "candidate"
                and first.setdefault(segment.iso3, segment.in_programme) != segment.in_programme
            ):
                message = f"segment {segment.segment_id}: the link's other segments in {segment.iso3} say otherwise"
                report.add(("links", slug, "segments", index, "in_programme"), message)


def segment_joins_exist(scenario: Scenario, report: Reporter) -> None:
    """Every way to build, host, border and zone a segment names is in the tables."""
    for slug, link in scenario.links.items():
        for index, segment in enumerate(link.segments):
            path = ("links", slug, "segments", index)
            build_type = f"{segment.terrain}/{segment.method}"
            if build_type not in scenario.build_types:
                report.unknown((*path, "method"), "build type", build_type, scenario.build_types)
            joins: tuple[tuple[str, str, str | None, Iterable[str]], ...] = (
                ("host_id", "host project", segment.host_id, scenario.hosts),
                ("border_node", "border", segment.border_node, scenario.borders),
                ("zone_id", "hazard zone", segment.zone_id, scenario.zones),
            )
            for field, what, name, known in joins:
                if name is not None and name not in known:
                    report.unknown((*path, field), what, name, known)


def related_links_are_present(scenario: Scenario, report: Reporter) -> None:
    """A link that needs or upgrades another names one that exists and is in the study."""
    codes: dict[str, str] = {}
    for slug, link in scenario.links.items():
        if link.code in codes:
            report.add(("links", slug, "code"), f"duplicate id {link.code}, already that of {codes[link.code]}")
        codes.setdefault(link.code, slug)
        for field, other in (("requires_link", link.requires_link), ("upgrades_link", link.upgrades_link)):
            if other is None:
                continue
            if other not in scenario.links:
                report.unknown(("links", slug, field), "link", other, scenario.links)
            elif field == "requires_link" and is_chosen(scenario, slug) and not is_chosen(scenario, other):
                message = f"{slug} is worthless without {other}, which the study leaves out"
                report.add(("selection", "candidates"), message)


def is_chosen(scenario: Scenario, slug: str) -> bool:
    """Say whether a link will be in the study."""
    link, selection = scenario.links[slug], scenario.selection
    names = selection.candidates if link.role == "candidate" else selection.existing
    return link.include and (names == "all" or (names != "none" and slug in names))


def links_are_complete(scenario: Scenario, report: Reporter) -> None:
    """A candidate has a start and a risk, an existing link a capacity and a price; starts are within the study."""
    last_year = scenario.study.first_year + scenario.study.years - 1
    for slug, link in scenario.links.items():
        needed = (
            ("start_year", "non_completion_probability")
            if link.role == "candidate"
            else ("lit_capacity_t0", "price_t0")
        )
        for field in needed:
            if getattr(link, field) is None:
                report.add(("links", slug, field), f"a {link.role} link needs it")
        if link.role == "candidate" and link.start_year is not None:
            check_start(slug, link, scenario.study.first_year, last_year, report)


def check_start(slug: str, link: Link, first_year: int, last_year: int, report: Reporter) -> None:
    """Report a start before works can start or outside the study."""
    path = ("links", slug, "start_year")
    start = link.start_year
    if start is not None and link.earliest_start_year is not None and start < link.earliest_start_year:
        report.add(path, f"{start} is before the earliest possible start, {link.earliest_start_year}")
    if start is not None and not first_year <= start <= last_year:
        report.add(path, f"{start} is outside the study, {first_year} to {last_year}")


def network_joins_exist(scenario: Scenario, report: Reporter) -> None:
    """Gateways, legs, markets, zones and their hazards name nodes, hubs, markets, links and zones that exist."""
    for iso3, gateway in scenario.gateways.items():
        if gateway.node_id not in scenario.nodes:
            report.unknown(("gateways", iso3, "node_id"), "node", gateway.node_id, scenario.nodes)
    for name, leg in scenario.external_legs.items():
        if leg.from_node not in scenario.nodes:
            report.unknown(("external_legs", name, "from_node"), "node", leg.from_node, scenario.nodes)
        if leg.to_hub not in scenario.hubs and leg.to_hub not in scenario.nodes:
            report.unknown(("external_legs", name, "to_hub"), "hub or node", leg.to_hub, scenario.hubs)
    for name, market in scenario.transit_markets.items():
        for field, hub in (("from_hub", market.from_hub), ("to_hub", market.to_hub)):
            if hub not in scenario.hubs and hub not in scenario.nodes:
                report.unknown(("transit_markets", name, field), "hub or node", hub, scenario.hubs)
        if not scenario.outside_options.get(name):
            report.add(("transit_markets", name), "the market has no outside option")
    for name in scenario.outside_options:
        if name not in scenario.transit_markets:
            report.unknown(("outside_options", name), "transit market", name, scenario.transit_markets)
    codes = {link.code for link in scenario.links.values()}
    for name, zone in scenario.zones.items():
        for index, code in enumerate(zone.link_ids):
            if code not in codes:
                report.unknown(("zones", name, "link_ids", index), "link", code, codes)
    for name in scenario.zone_hazards:
        if name not in scenario.zones:
            report.unknown(("zone_hazards", name), "hazard zone", name, scenario.zones)
