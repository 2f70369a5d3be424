"""The network as the engine sees it: segments between junctions, sections, links, and the legs to hubs outside.

Consecutive hops of one link in one country and hazard zone become one segment where the node between them is no
junction: no region is attached there and no other link and no external leg touches it. Junctions are found over all
links of the scenario, also those left out of the study, so that the name of a segment, and with it its random stream,
does not depend on them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

from simmodel.errors import DataError
from simmodel.scenario.schema import Scenario
from simmodel.scenario.schema_network import Link, Segment

OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class NetworkSegment:
    """A stretch of a link inside one country between two junctions.

    Attributes
    ----------
    name : `<link>/<from>-<to>`
    link, iso3 : slug of its link, country of its ground
    from_node, to_node : its ends
    hops : rows of the table of segments it is made of, in order
    hop_numbers : their positions in the link, from 0
    km : route length
    latency_ms : one way, its share by km of the link's delay
    candidate : built only in a portfolio
    """

    name: str
    link: str
    iso3: str
    from_node: str
    to_node: str
    hops: tuple[Segment, ...]
    hop_numbers: tuple[int, ...]
    km: float
    latency_ms: float
    candidate: bool


@dataclass(frozen=True, slots=True)
class PhysicalNetwork:
    """Links, sections and segments in the order of the engine's arrays.

    Attributes
    ----------
    countries : iso3 of the countries with demand, in order, and `outside` last
    links : slugs; existing ones first, then candidates
    sections : (link, iso3), those of a link together
    segments : those of a section together
    """

    countries: tuple[str, ...]
    links: tuple[str, ...]
    sections: tuple[tuple[str, str], ...]
    segments: tuple[NetworkSegment, ...]

    def country_index(self, iso3: str) -> int:
        """Return the number of a country; the last stands for every country outside the model."""
        return self.countries.index(iso3) if iso3 in self.countries else len(self.countries) - 1

    def segments_of(self, link: str) -> tuple[int, ...]:
        """Return the numbers of a link's segments."""
        return tuple(number for number, segment in enumerate(self.segments) if segment.link == link)


def build_network(scenario: Scenario) -> PhysicalNetwork:
    """Return the links of the study with their sections and segments."""
    with_regions = {region.iso3 for region in scenario.regions.values()}
    countries = (*(iso3 for iso3 in scenario.countries if iso3 in with_regions), OUTSIDE)
    junctions = find_junctions(scenario)
    included = scenario.included_links()
    links = tuple(sorted(included, key=lambda slug: (included[slug].role == "candidate", included[slug].code)))
    sections: list[tuple[str, str]] = []
    segments: list[NetworkSegment] = []
    for slug in links:
        own = merge_hops(slug, included[slug], junctions)
        for iso3 in dict.fromkeys(segment.iso3 for segment in own):
            sections.append((slug, iso3))
            segments.extend(segment for segment in own if segment.iso3 == iso3)
    if not segments:
        raise DataError("the study has no links")
    return PhysicalNetwork(countries, links, tuple(sections), tuple(segments))


def find_junctions(scenario: Scenario) -> frozenset[str]:
    """Return the nodes where traffic can enter, leave or change links."""
    touching = Counter(
        node
        for link in scenario.links.values()
        for node in {end for hop in link.segments for end in (hop.from_node, hop.to_node)}
    )
    shared = {node for node, links in touching.items() if links > 1}
    regions = {region.node_id for region in scenario.regions.values()}
    legs = {leg.from_node for leg in scenario.external_legs.values()}
    markets = {hub for market in scenario.transit_markets.values() for hub in (market.from_hub, market.to_hub)}
    return frozenset(shared | regions | legs | markets)


def is_like(hop: Segment, before: Segment) -> bool:
    """Say whether two hops lie in one country and zone and are paid and shared alike."""
    return (hop.iso3, hop.zone_id, hop.host_id, hop.in_programme) == (
        before.iso3, before.zone_id, before.host_id, before.in_programme
    )  # fmt: skip


def merge_hops(slug: str, link: Link, junctions: frozenset[str]) -> list[NetworkSegment]:
    """Return the segments of a link, in the order of its hops."""
    runs: list[list[int]] = [[0]]
    for number, (before, hop) in enumerate(pairwise(link.segments), start=1):
        if is_like(hop, before) and hop.from_node not in junctions:
            runs[-1].append(number)
        else:
            runs.append([number])
    total_km = sum(hop.km.value for hop in link.segments)
    merged = []
    for run in runs:
        hops = tuple(link.segments[number] for number in run)
        km = sum(hop.km.value for hop in hops)
        start, end = hops[0].from_node, hops[-1].to_node
        merged.append(
            NetworkSegment(
                name=f"{slug}/{start}-{end}",
                link=slug,
                iso3=hops[0].iso3,
                from_node=start,
                to_node=end,
                hops=hops,
                hop_numbers=tuple(run),
                km=km,
                latency_ms=link.latency_one_way.value * km / total_km,
                candidate=link.role == "candidate",
            )
        )
    return merged
