"""Demands, exits and paths as the engine takes them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simmodel.inputs.exit_choice import (
    LAND,
    REGIONAL,
    TRANSIT,
    Alternative,
    observe_exits,
    region_alternatives,
    region_routes,
    transit_alternatives,
    transit_routes,
)
from simmodel.inputs.external_routes import ExternalChain, ExternalRoutes, build_external_routes
from simmodel.inputs.hazard_inputs import expected_unavailability, zone_exposure
from simmodel.inputs.model_inputs import DEMAND, EXIT, PATH, PATH_LINK, PATH_ZONE
from simmodel.inputs.network import PhysicalNetwork
from simmodel.inputs.path_choice import (
    CandidateSearch,
    DemandRoutes,
    FoundPath,
    PathFinder,
    PathSettings,
    choose_paths,
    paths_over_candidate,
    prepare_candidate_search,
)
from simmodel.inputs.route_search import RouteGraph, Start
from simmodel.scenario.schema import Scenario

LEAST_EXPECTED_SHARE = 0.02
"""Expected share of a demand below which a path over a single candidate is not worth having."""


@dataclass(frozen=True, slots=True)
class RouteArrays:
    """Demands, exits, paths and their lists, with names.

    Attributes
    ----------
    demands, exits, paths : records DEMAND, EXIT, PATH
    path_segments, path_links, path_crossings, path_zones, demand_zones : the lists they address
    exit_names, path_names : `<demand>/<exit>`, `<demand>/<exit>/<number>`
    warnings : candidate links on no path
    """

    demands: NDArray[np.void]
    exits: NDArray[np.void]
    paths: NDArray[np.void]
    path_segments: NDArray[np.int64]
    path_links: NDArray[np.void]
    path_crossings: NDArray[np.int64]
    path_zones: NDArray[np.void]
    demand_zones: NDArray[np.int64]
    exit_names: tuple[str, ...]
    path_names: tuple[str, ...]
    warnings: tuple[str, ...]


def build_routes(
    scenario: Scenario, network: PhysicalNetwork, regions: Sequence[str], transits: Sequence[str], zones: Sequence[str]
) -> RouteArrays:
    """Find the paths of every demand and return them as arrays.

    Parameters
    ----------
    regions, transits : names of the demands, in order
    zones : names of the hazard zones

    Raises
    ------
    DataError : traffic is observed at a hub that no path of today reaches, or a market has neither path nor option
    """
    parameters = scenario.parameters
    charges = [iso3 in scenario.gateways for iso3 in network.countries]
    graph = RouteGraph(network, charges_fee=charges, border_fee=parameters.border_fee.value)
    routes = build_external_routes(scenario)
    demands = [region_routes(scenario, network, routes, name) for name in regions]
    demands += [transit_routes(scenario, routes, name) for name in transits]
    settings = [
        PathSettings(round(count), round(parameters.paths_per_candidate.value), theta)
        for count, theta in (
            (parameters.paths_per_demand.value, parameters.theta.value),
            (parameters.paths_per_transit_market.value, parameters.theta_transit.value),
        )
    ]
    costs = segment_costs(scenario, network)
    finders = [PathFinder(network, graph, costs, setting) for setting in settings]
    kinds = [REGIONAL] * len(regions) + [TRANSIT] * len(transits)
    trees = graph.cheapest_ways_from_each([demand.start for demand in demands], finders[0].today_costs)
    today = [
        finders[0].best_paths(demand, tree, only_today=True, unweighted=finders[0].today_costs)
        for demand, tree in zip(demands, trees, strict=True)
    ]
    demands = [
        observe_exits(scenario, demand, found, kind) for demand, found, kind in zip(demands, today, kinds, strict=True)
    ]
    sets: dict[tuple[Start, str], list[FoundPath]] = {}
    for demand, found, kind in zip(demands, today, kinds, strict=True):
        if demand.start_key not in sets:
            sets[demand.start_key] = choose_paths(finders[kind], demand, found)
    chosen = [list(sets[demand.start_key]) for demand in demands]
    search = prepare_candidate_search(finders, demands, today, trees)
    warnings = add_candidate_paths(scenario, network, search, chosen)
    alternatives = [
        region_alternatives(scenario, demand, paths)
        if kind == REGIONAL
        else transit_alternatives(scenario, demand, paths)
        for demand, paths, kind in zip(demands, chosen, kinds, strict=True)
    ]
    tables = PathTables(scenario, network, graph, routes, zones)
    for number, (demand, exits, kind) in enumerate(zip(demands, alternatives, kinds, strict=True)):
        tables.add_demand(demand, exits, kind, number if kind == REGIONAL else number - len(regions))
    return tables.arrays(warnings)


def segment_costs(scenario: Scenario, network: PhysicalNetwork) -> NDArray[np.float64]:
    """Return the generalised price of each segment in the base year; a candidate at its first price.

    Returns
    -------
    (segments,) [USD/Mbps/month]
    """
    parameters = scenario.parameters
    costs = []
    for segment in network.segments:
        link = scenario.links[segment.link]
        price = link.price_ceiling_start if segment.candidate else link.price_t0
        km = sum(hop.km.value for hop in link.segments)
        costs.append(
            (0.0 if price is None else price.value * segment.km / km)
            + parameters.value_of_latency.value * segment.latency_ms
            + parameters.value_of_reliability.value * expected_unavailability(scenario, segment)
            + 1e-9
        )
    return np.array(costs)


def add_candidate_paths(
    scenario: Scenario, network: PhysicalNetwork, search: CandidateSearch, chosen: list[list[FoundPath]]
) -> tuple[str, ...]:
    """Add the best paths over each candidate on its own; return a line for each candidate on no path at all.

    `paths_per_candidate` regions get one, and one transit market, where the path would take a part of their traffic
    worth speaking of; where none would, the region that comes nearest.
    """
    most = search.finders[0].settings.paths_per_candidate
    warnings = []
    for slug in network.links:
        if scenario.links[slug].role != "candidate":
            continue
        found = paths_over_candidate(search, required_links(scenario, network, slug))
        used = [entry for entry in found if slug in entry[2].candidates]
        worth = [entry for entry in used if entry[0] >= LEAST_EXPECTED_SHARE * search.demands[entry[1]].size_gbps]
        regional = [entry for entry in worth if not search.demands[entry[1]].needs_segment]
        transit = [entry for entry in worth if search.demands[entry[1]].needs_segment]
        nearest = sorted(used, key=lambda entry: is_far(search, entry))
        for _, number, path in [*regional[:most], *transit[:1]] or nearest[:1]:
            if path.key not in {known.key for known in chosen[number]}:
                chosen[number].append(path)
        if not any(slug in path.candidates for paths in chosen for path in paths):
            warnings.append(f"link {slug} is on no path: no demand would use it at the prices of the base year")
    return tuple(warnings)


def is_far(search: CandidateSearch, entry: tuple[float, int, FoundPath]) -> tuple[bool, float]:
    """Return the order in which demands take a path few would use: regions first, largest share of demand first."""
    demand = search.demands[entry[1]]
    return demand.needs_segment, -entry[0] / demand.size_gbps


def required_links(scenario: Scenario, network: PhysicalNetwork, slug: str) -> frozenset[str]:
    """Return a candidate and the candidates it is worthless without."""
    slugs = {link.code: name for name, link in scenario.links.items()}
    group, ahead = {slug}, [slug]
    while ahead:
        needed = scenario.links[ahead.pop()].requires_link
        name = slugs.get(needed, needed) if needed is not None else None
        if name is not None and name not in group and name in network.links:
            group.add(name)
            ahead.append(name)
    return frozenset(group)


def path_sizes(ways: Sequence[tuple[int, ...]], km: NDArray[np.float64], is_new: Sequence[bool]) -> list[float]:
    """Return the path size of each path of a demand: less than 1 for a path that shares its way with others.

    PS = sum over segments of (km of the segment / km of the path) / (number of paths that use the segment). Overlap
    counts only paths at least as old: a path of today shares with paths of today, a new one with all.

    References
    ----------
    M. Ben-Akiva and M. Bierlaire, Discrete choice methods and their applications to short term travel decisions,
    in: Handbook of Transportation Science, 1999
    """
    everyone = Counter(segment for way in ways for segment in way)
    old = Counter(segment for way, new in zip(ways, is_new, strict=True) if not new for segment in way)
    sizes = []
    for way, new in zip(ways, is_new, strict=True):
        users = everyone if new else old
        length = sum(km[segment] for segment in way)
        sizes.append(sum(km[segment] / users[segment] for segment in way) / length if length > 0.0 else 1.0)
    return sizes


class PathTables:
    """Collects demands, exits and paths into arrays."""

    def __init__(
        self,
        scenario: Scenario,
        network: PhysicalNetwork,
        graph: RouteGraph,
        routes: ExternalRoutes,
        zones: Sequence[str],
    ) -> None:
        self.scenario, self.network, self.graph, self.routes = scenario, network, graph, routes
        zone_numbers = {zone: number for number, zone in enumerate(zones)}
        self.zones = [
            -1 if segment.hops[0].zone_id is None else zone_numbers[segment.hops[0].zone_id]
            for segment in network.segments
        ]
        self.zone_factors = [zone_exposure(scenario, segment).hours_factor for segment in network.segments]
        self.km = np.array([segment.km for segment in network.segments])
        self.demands: list[tuple[int, ...]] = []
        self.exits: list[tuple[float, int]] = []
        self.paths: list[tuple[float, ...]] = []
        self.path_segments: list[int] = []
        self.path_links: list[tuple[int, float]] = []
        self.path_crossings: list[int] = []
        self.path_zones: list[tuple[int, int, float]] = []
        self.demand_zones: list[int] = []
        self.exit_names: list[str] = []
        self.path_names: list[str] = []

    def add_demand(self, demand: DemandRoutes, exits: Sequence[Alternative], kind: int, number: int) -> None:
        """Add a demand with its exits and paths."""
        found = [path for alternative in exits for path in alternative.paths]
        ways = [tuple(state // 2 for state in path.way) for path in found]
        sizes = path_sizes(ways, self.km, [bool(path.candidates) for path in found])
        exponent = self.scenario.parameters.path_size_exponent.value
        size_of = {path.key: size**exponent for path, size in zip(found, sizes, strict=True)}
        own_zones = sorted({self.zones[segment] for way in ways for segment in way} - {-1})
        positions = {zone: position for position, zone in enumerate(own_zones)}
        first_path, first_exit, first_zone = len(self.paths), len(self.exits), len(self.demand_zones)
        self.demand_zones.extend(own_zones)
        for alternative in exits:
            self.exits.append((alternative.observed_share, alternative.kind))
            name = f"{demand.name}/{alternative.name}"
            self.exit_names.append(name)
            if alternative.kind == LAND:
                for count, path in enumerate(alternative.paths, start=1):
                    self.add_path(demand, path, f"{name}/{count}", size_of[path.key], positions, kind)
            else:
                self.add_wayless(alternative, name)
        self.demands.append(
            (kind, number, first_path, len(self.paths), first_exit, len(self.exits), first_zone, len(self.demand_zones))
        )

    def add_path(
        self, demand: DemandRoutes, path: FoundPath, name: str, size: float, positions: dict[int, int], kind: int
    ) -> None:
        """Add a way by land."""
        segments = [state // 2 for state in path.way]
        starts = [len(self.path_segments), len(self.path_links), len(self.path_crossings), len(self.path_zones)]
        self.path_segments.extend(segments)
        for link in dict.fromkeys(self.network.segments[segment].link for segment in segments):
            km = sum(self.km[segment] for segment in segments if self.network.segments[segment].link == link)
            self.path_links.append((self.network.links.index(link), float(km)))
        if kind == REGIONAL:
            self.path_crossings.extend(self.graph.crossings_of(path.way, demand.start.home))
        for zone in dict.fromkeys(self.zones[segment] for segment in segments):
            if zone >= 0:
                factor = max(self.zone_factors[segment] for segment in segments if self.zones[segment] == zone)
                self.path_zones.append((zone, positions[zone], factor))
        ends = [len(self.path_segments), len(self.path_links), len(self.path_crossings), len(self.path_zones)]
        chains = [chain for chain in (path.start_chain, path.end_chain) if chain is not None]
        price, latency, available = self.external_terms(chains, kind)
        latency += sum(self.network.segments[segment].latency_ms for segment in segments)
        if kind == REGIONAL:
            latency += self.scenario.regions[demand.name].backhaul_ms_one_way.value
        self.append_path(
            LAND, not path.candidates, starts, ends, bool(path.candidates), (size, price, 1.0 - available, latency)
        )
        self.path_names.append(name)

    def external_terms(self, chains: Sequence[ExternalChain], kind: int) -> tuple[float, float, float]:
        """Return price, latency and availability of the legs of a path; regional demand buys IP transit at the hub."""
        price, latency, available = 0.0, 0.0, 1.0
        for chain in chains:
            price += chain.price + (self.routes.transit_price[chain.hub] if kind == REGIONAL else 0.0)
            latency += chain.latency_ms
            available *= 1.0 - chain.unavailability
        return price, latency, available

    def add_wayless(self, alternative: Alternative, name: str) -> None:
        """Add satellite or an outside option: one path without segments."""
        places = [len(self.path_segments), len(self.path_links), len(self.path_crossings), len(self.path_zones)]
        terms = (1.0, alternative.price, alternative.unavailability, alternative.latency_ms)
        self.append_path(alternative.kind, True, places, places, False, terms)
        self.path_names.append(f"{name}/1")

    def append_path(
        self,
        kind: int,
        today: bool,
        starts: Sequence[int],
        ends: Sequence[int],
        has_candidate: bool,
        terms: tuple[float, float, float, float],
    ) -> None:
        """Append a record PATH; terms are path size, external price, external unavailability and latency."""
        bounds = [bound for pair in zip(starts, ends, strict=True) for bound in pair]
        self.paths.append((len(self.exits) - 1, kind, int(today), *bounds, int(has_candidate), *terms, 1.0))

    def arrays(self, warnings: tuple[str, ...]) -> RouteArrays:
        """Return what was collected."""
        return RouteArrays(
            demands=np.array(self.demands, dtype=DEMAND),
            exits=np.array(self.exits, dtype=EXIT),
            paths=np.array(self.paths, dtype=PATH),
            path_segments=np.array(self.path_segments, dtype=np.int64),
            path_links=np.array(self.path_links, dtype=PATH_LINK),
            path_crossings=np.array(self.path_crossings, dtype=np.int64),
            path_zones=np.array(self.path_zones, dtype=PATH_ZONE),
            demand_zones=np.array(self.demand_zones, dtype=np.int64),
            exit_names=tuple(self.exit_names),
            path_names=tuple(self.path_names),
            warnings=warnings,
        )
