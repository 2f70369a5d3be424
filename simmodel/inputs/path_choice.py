"""Which paths a demand chooses among: the path set of docs/model.md, found once before the simulation.

For every demand, in this order: the best path of today to each exit it is seen to use, the best path of the full
network (all candidates built) to these exits, the best path to another exit, second-best paths, cheapest first, found
with the segments of the best ones made dearer, and the other exits. Last, for each candidate link, the paths on which
it would take most traffic when it alone is added to today's network. The generalised cost is that of the base year.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simmodel.inputs.external_routes import ExternalChain
from simmodel.inputs.network import PhysicalNetwork
from simmodel.inputs.route_search import NO_COUNTRY, RouteGraph, Start, WayTree

SECOND_BEST_FACTOR = 1.5
"""How much dearer the segments of a path are made to find another one."""
LARGEST_DETOUR = 4.0
"""A path over a candidate is not looked at when it costs more than this many times the best path of today."""
LITTLE_USE = 0.003
"""Share of a demand that an exit without observed use is taken to have, to rank paths."""
MOST_TRIES = 40
"""Ways over a candidate that are looked at for one demand before it is given up."""


@dataclass(frozen=True, slots=True)
class End:
    """A chain of external legs at the end of a path, and what it costs from there on [USD/Mbps/month].

    `chain` is None for a hub that is a node of the region.
    """

    node: str
    exit: str
    chain: ExternalChain | None
    cost: float
    in_service: bool


@dataclass(frozen=True, slots=True)
class DemandRoutes:
    """What a demand needs for the search.

    Attributes
    ----------
    name : region or transit market
    start : where its paths begin; for a transit market one node per chain of its first hub
    ends : chains it may end with
    weights : expected share of the demand by exit that is used today [fraction]; empty for a transit market
    size_gbps : demand of the base year, to rank paths by traffic
    needs_segment : a path must use the network (transit)
    """

    name: str
    start: Start
    start_chains: tuple[ExternalChain | None, ...]
    ends: tuple[End, ...]
    weights: dict[str, float]
    size_gbps: float
    needs_segment: bool

    @property
    def start_key(self) -> tuple[Start, str]:
        """Return what regions that enter the network at one node have in common: they find the same paths."""
        return self.start, self.name if self.needs_segment else ""


@dataclass(frozen=True, slots=True)
class FoundPath:
    """A way through the network with the legs at its ends.

    Attributes
    ----------
    exit : name of the exit, `land` for transit
    way : directed segments, in order
    start_chain, end_chain : external legs; None where the path starts or ends inside the region
    cost : generalised, at the prices of the base year [USD/Mbps/month]
    candidates : slugs of the candidate links used
    """

    exit: str
    way: tuple[int, ...]
    start_chain: ExternalChain | None
    end_chain: ExternalChain | None
    cost: float
    candidates: frozenset[str]

    @property
    def key(self) -> tuple[str, tuple[int, ...], str]:
        """Return what makes two paths the same."""
        return self.exit, self.way, self.end_chain.entry if self.end_chain else ""


@dataclass(frozen=True, slots=True)
class PathSettings:
    """How many paths are kept.

    Attributes
    ----------
    paths : per demand, before those added for single candidates
    paths_per_candidate : added for each candidate link
    theta : elasticity of route choice, to rank paths by traffic
    """

    paths: int
    paths_per_candidate: int
    theta: float


class PathFinder:
    """Searches the network for one set of prices."""

    def __init__(
        self, network: PhysicalNetwork, graph: RouteGraph, segment_costs: NDArray[np.float64], settings: PathSettings
    ) -> None:
        self.network, self.graph, self.settings = network, graph, settings
        candidate = np.array([segment.candidate for segment in network.segments])
        self.full_costs = segment_costs
        self.today_costs = np.where(candidate, np.inf, segment_costs)

    def make_path(self, demand: DemandRoutes, way: tuple[int, ...], end: End) -> FoundPath | None:
        """Return a path with its exact cost, or None when it may not be used."""
        graph, segments = self.graph, self.network.segments
        if not graph.is_simple(way) or (demand.needs_segment and not way):
            return None
        if not end.in_service and not (way and segments[way[-1] // 2].candidate):
            return None
        node = graph.tails[way[0]] if way else end.node
        if node not in demand.start.nodes:
            return None
        place = demand.start.nodes.index(node)
        costs = np.repeat(self.full_costs, 2)[list(way)]
        countries = graph.countries[list(way)]
        before = np.concatenate([[demand.start.home], countries[:-1]]) if way else countries
        fees = graph.fees_on_entry(before, countries, demand.start.home)
        return FoundPath(
            exit=end.exit,
            way=way,
            start_chain=demand.start_chains[place],
            end_chain=end.chain,
            cost=float(demand.start.costs[place] + costs.sum() + fees.sum() + end.cost),
            candidates=frozenset(segments[state // 2].link for state in way if segments[state // 2].candidate),
        )

    def best_paths(
        self, demand: DemandRoutes, tree: WayTree, *, only_today: bool, unweighted: NDArray[np.float64]
    ) -> dict[str, FoundPath]:
        """Return the best path to each exit along a tree of ways; costs are those of `unweighted` prices."""
        best: dict[str, FoundPath] = {}
        here = Start((), (), demand.start.home) if demand.needs_segment else demand.start
        distances = self.graph.node_distances(tree, here)
        costs = [
            distances[self.graph.nodes[end.node]] + end.cost if end.node in self.graph.nodes else np.inf
            for end in demand.ends
        ]
        for place in np.argsort(costs, kind="stable"):
            end = demand.ends[place]
            if not np.isfinite(costs[place]):
                break
            if end.exit in best or (only_today and not end.in_service):
                continue
            at_start = end.node in demand.start.nodes and not demand.needs_segment
            way = () if at_start else self.graph.way_to(tree, end.node)
            path = self.make_path(demand, way, end)
            if path is not None and np.isfinite(unweighted[[state // 2 for state in way]]).all():
                best[end.exit] = path
        return best

    def made_dearer(self, costs: NDArray[np.float64], paths: Iterable[FoundPath]) -> NDArray[np.float64]:
        """Return segment costs with those of some paths multiplied."""
        dearer = costs.copy()
        for segment in {state // 2 for path in paths for state in path.way}:
            dearer[segment] *= SECOND_BEST_FACTOR
        return dearer


def choose_paths(finder: PathFinder, demand: DemandRoutes, today: dict[str, FoundPath]) -> list[FoundPath]:
    """Return the paths of a demand in the order of the page's rule, without those for single candidates.

    Parameters
    ----------
    finder : the network at base-year prices
    demand : where it starts and may end
    today : best path of today to each exit
    """
    graph = finder.graph
    full = finder.best_paths(
        demand, graph.cheapest_ways(demand.start, finder.full_costs), only_today=False, unweighted=finder.full_costs
    )
    used = [exit_name for exit_name in demand.weights if demand.weights[exit_name] > 0.0] or list(today)
    first = [today[exit_name] for exit_name in used] + [full[exit_name] for exit_name in used if exit_name in full]
    others = [path for found in (today, full) for exit_name, path in found.items() if exit_name not in used]
    second: list[FoundPath] = []
    for costs, found in ((finder.today_costs, today), (finder.full_costs, full)):
        dearer = costs
        for _ in range(2 if demand.needs_segment else 1):
            best = [found[exit_name] for exit_name in used if exit_name in found]
            dearer = finder.made_dearer(dearer, [*best, *second])
            tree = graph.cheapest_ways(demand.start, dearer)
            second.extend(
                finder.best_paths(demand, tree, only_today=costs is finder.today_costs, unweighted=costs).values()
            )
    ranked = [*first, *sorted(others, key=lambda path: path.cost)[:1], *sorted(second, key=lambda path: path.cost)]
    ranked += sorted(others, key=lambda path: path.cost)[1:]
    kept: dict[object, FoundPath] = {}
    for path in ranked:
        if len(kept) < finder.settings.paths or path in first:
            kept.setdefault(path.key, path)
    return list(kept.values())


@dataclass(frozen=True, slots=True)
class CandidateSearch:
    """What is the same for every candidate link: today's network around it.

    Attributes
    ----------
    finders : for regional and for transit demands
    demands, today, trees : each demand with its best paths and cheapest ways of today
    onward : cheapest ways of today from a node, by node and home country
    """

    finders: Sequence[PathFinder]
    demands: Sequence[DemandRoutes]
    today: Sequence[dict[str, FoundPath]]
    trees: Sequence[WayTree]
    onward: dict[tuple[str, int], WayTree]


def prepare_candidate_search(
    finders: Sequence[PathFinder],
    demands: Sequence[DemandRoutes],
    today: Sequence[dict[str, FoundPath]],
    trees: Sequence[WayTree],
) -> CandidateSearch:
    """Return the cheapest ways of today from every node of a candidate link, for buyers of every country."""
    finder = finders[0]
    nodes = sorted(
        {
            end
            for segment in finder.network.segments
            if segment.candidate
            for end in (segment.from_node, segment.to_node)
        }
    )
    homes = dict.fromkeys(demand.start.home for demand in demands)
    starts = [Start((node,), (0.0,), home) for home in homes for node in nodes]
    found = finder.graph.cheapest_ways_from_each(starts, finder.today_costs)
    onward = {(start.nodes[0], start.home): tree for start, tree in zip(starts, found, strict=True)}
    return CandidateSearch(finders, demands, today, trees, onward)


def paths_over_candidate(search: CandidateSearch, group: frozenset[str]) -> list[tuple[float, int, FoundPath]]:
    """Return, for every demand, its best path over a candidate (and the links it requires) added to today's network.

    Returns
    -------
    list of (expected traffic [Gbit/s], number of the demand, path), best first
    """
    inner = group_ways(search.finders[0], group)
    by_start: dict[tuple[Start, str], tuple[float, FoundPath] | None] = {}
    found: list[tuple[float, int, FoundPath]] = []
    for number, demand in enumerate(search.demands):
        if demand.start_key not in by_start:
            by_start[demand.start_key] = best_path_over(search, number, inner)
        best = by_start[demand.start_key]
        if best is not None:
            found.append((best[0] * demand.size_gbps, number, best[1]))
    return sorted(found, key=lambda entry: (-entry[0], entry[1]))


def best_path_over(
    search: CandidateSearch, number: int, inner: dict[tuple[str, str], tuple[float, tuple[int, ...]]]
) -> tuple[float, FoundPath] | None:
    """Return the path of a demand over a group of links with most expected traffic, and its share of the demand.

    Parameters
    ----------
    search : today's network
    number : of the demand
    inner : cost and way between two nodes over the group
    """
    demand, tree = search.demands[number], search.trees[number]
    finder = search.finders[int(demand.needs_segment)]
    graph = finder.graph
    before = graph.node_distances(tree, demand.start)
    pairs = [pair for pair in inner if np.isfinite(before[graph.nodes[pair[0]]])]
    ends = [end for end in demand.ends if end.node in graph.nodes]
    if not pairs or not ends:
        return None
    end_nodes = [graph.nodes[end.node] for end in ends]
    after = {
        last: graph.node_distances(search.onward[last, demand.start.home], Start((last,), (0.0,), NO_COUNTRY))[
            end_nodes
        ]
        for last in {last for _, last in pairs}
    }
    costs = np.array([before[graph.nodes[first]] + inner[first, last][0] + after[last] for first, last in pairs])
    gains = expected_share(
        demand, search.today[number], ends, costs + [end.cost for end in ends], finder.settings.theta
    )
    for flat in np.argsort(-gains, axis=None, kind="stable")[:MOST_TRIES]:
        pair_number, end_number = np.unravel_index(flat, gains.shape)
        if gains[pair_number, end_number] <= 0.0:
            break
        (first, last), end = pairs[pair_number], ends[end_number]
        head = () if first in demand.start.nodes else graph.way_to(tree, first)
        tail = () if end.node == last else graph.way_to(search.onward[last, demand.start.home], end.node)
        path = finder.make_path(demand, (*head, *inner[first, last][1], *tail), end)
        if path is not None:
            return float(gains[pair_number, end_number]), path
    return None


def expected_share(
    demand: DemandRoutes,
    today: dict[str, FoundPath],
    ends: Sequence[End],
    costs: NDArray[np.float64],
    theta: float,
) -> NDArray[np.float64]:
    """Return the share of a demand new paths would take beside the best path of today; 0 for a long detour.

    Parameters
    ----------
    demand, today : the demand and its best path of today to each exit
    ends : chains the paths end with
    costs : (ways, ends) generalised cost [USD/Mbps/month]
    theta : elasticity of route choice

    Returns
    -------
    (ways, ends) [fraction of the demand]
    """
    cheapest = min((path.cost for path in today.values()), default=np.inf)
    references = np.array([today[end.exit].cost if end.exit in today else cheapest for end in ends])
    weights = np.array([demand.weights.get(end.exit, 0.0) if demand.weights else 1.0 for end in ends])
    ratios = np.where(np.isfinite(costs), costs, np.inf) / references
    usable = ratios <= LARGEST_DETOUR
    share = np.maximum(weights, LITTLE_USE) * np.where(usable, ratios, 1.0) ** -theta
    return np.where(usable, share, 0.0)


def group_ways(finder: PathFinder, group: frozenset[str]) -> dict[tuple[str, str], tuple[float, tuple[int, ...]]]:
    """Return the cheapest way between any two nodes over the links of a group alone."""
    own = np.array([segment.link in group for segment in finder.network.segments])
    costs = np.where(own, finder.full_costs, np.inf)
    nodes = sorted(
        {end for segment, mine in zip(finder.network.segments, own, strict=True) if mine
         for end in (segment.from_node, segment.to_node)}
    )  # fmt: skip
    ways: dict[tuple[str, str], tuple[float, tuple[int, ...]]] = {}
    for first in nodes:
        tree = finder.graph.cheapest_ways(Start((first,), (0.0,), NO_COUNTRY), costs)
        for last in nodes:
            cost = finder.graph.distance_to(tree, last)
            if first != last and np.isfinite(cost):
                ways[first, last] = cost, finder.graph.way_to(tree, last)
    return ways
