"""Shortest ways through the network.

The graph searched is that of directed segments: a step leads from one segment to the next at a junction, so that two
parallel cables stay two, and so that entering a foreign country with a gateway costs its border fee once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from simmodel.inputs.network import PhysicalNetwork

NO_COUNTRY = -1


@dataclass(frozen=True, slots=True)
class Start:
    """Where a search starts.

    Attributes
    ----------
    nodes : nodes of the network
    costs : cost of reaching each of them from outside [USD/Mbps/month]
    home : number of the country whose buyers pay no border fee at home; NO_COUNTRY: no border fee at all
    """

    nodes: tuple[str, ...]
    costs: tuple[float, ...]
    home: int


@dataclass(frozen=True, slots=True)
class WayTree:
    """The cheapest ways from one start to every node.

    Attributes
    ----------
    distances : (2 * segments,) cost up to the end of each directed segment; infinite where there is no way
    previous : (2 * segments,) directed segment before; negative at the start
    ways : ways already asked for, by node
    """

    distances: NDArray[np.float64]
    previous: NDArray[np.int32]
    ways: dict[str, tuple[int, ...]] = field(default_factory=dict)


class RouteGraph:
    """Directed segments and the steps between them. Directed segment 2g runs along segment g, 2g + 1 against it."""

    def __init__(self, network: PhysicalNetwork, *, charges_fee: Sequence[bool], border_fee: float) -> None:
        """Build the graph.

        Parameters
        ----------
        network : links and segments
        charges_fee : (countries,) whether a country has gateway holders who take the fee
        border_fee : paid once for every foreign country entered [USD/Mbps/month]
        """
        ends = [
            side
            for segment in network.segments
            for side in ((segment.from_node, segment.to_node), (segment.to_node, segment.from_node))
        ]
        self.tails = tuple(tail for tail, _ in ends)
        self.heads = tuple(head for _, head in ends)
        self.countries = np.repeat([network.country_index(segment.iso3) for segment in network.segments], 2)
        self._charges_fee = np.asarray(charges_fee, dtype=bool)
        self._border_fee = border_fee
        leaving: dict[str, list[int]] = {}
        entering: dict[str, list[int]] = {}
        for state, (tail, head) in enumerate(ends):
            leaving.setdefault(tail, []).append(state)
            entering.setdefault(head, []).append(state)
        self.leaving = {node: np.array(states) for node, states in leaving.items()}
        self.entering = {node: np.array(states) for node, states in entering.items()}
        self.nodes = {node: place for place, node in enumerate(self.entering)}
        self._entering_states = np.concatenate(list(self.entering.values()))
        self._entering_bounds = np.cumsum([0, *(len(states) for states in self.entering.values())][:-1])
        steps = [(a, b) for a in range(len(ends)) for b in leaving.get(self.heads[a], []) if a // 2 != b // 2]
        pairs = np.array(steps, dtype=np.int64).reshape(-1, 2)
        self._from, self._to = pairs[:, 0], pairs[:, 1]

    def fees_on_entry(self, before: NDArray[np.int64], after: NDArray[np.int64], home: int) -> NDArray[np.float64]:
        """Return the fee paid where one country follows another, for buyers of a home country."""
        if home == NO_COUNTRY:
            return np.zeros(len(after))
        pays = (before != after) & (after != home) & self._charges_fee[after]
        return np.where(pays, self._border_fee, 0.0)

    def cheapest_ways(self, start: Start, segment_costs: NDArray[np.float64]) -> WayTree:
        """Return the cheapest ways from a start; see `cheapest_ways_from_each`."""
        return self.cheapest_ways_from_each([start], segment_costs)[0]

    def cheapest_ways_from_each(self, starts: Sequence[Start], segment_costs: NDArray[np.float64]) -> list[WayTree]:
        """Return the cheapest ways from each of several starts.

        Parameters
        ----------
        starts : nodes to leave from
        segment_costs : (segments,) [USD/Mbps/month]; infinite for a closed segment
        """
        trees: list[WayTree | None] = [None] * len(starts)
        for home in dict.fromkeys(start.home for start in starts):
            places = [place for place, start in enumerate(starts) if start.home == home]
            found = self._search([starts[place] for place in places], segment_costs, home)
            for place, tree in zip(places, found, strict=True):
                trees[place] = tree
        return [tree for tree in trees if tree is not None]

    def _search(self, starts: Sequence[Start], segment_costs: NDArray[np.float64], home: int) -> list[WayTree]:
        states = len(self.tails)
        costs = np.repeat(segment_costs, 2)
        tails, heads = [self._from], [self._to]
        values = [costs[self._to] + self.fees_on_entry(self.countries[self._from], self.countries[self._to], home)]
        for place, start in enumerate(starts):
            for node, cost in zip(start.nodes, start.costs, strict=True):
                first = self.leaving.get(node)
                if first is None:
                    continue
                before = np.full(len(first), home)
                values.append(cost + costs[first] + self.fees_on_entry(before, self.countries[first], home))
                tails.append(np.full(len(first), states + place))
                heads.append(first)
        value = np.concatenate(values)
        usable = np.isfinite(value)
        size = states + len(starts)
        edges = (np.concatenate(tails)[usable], np.concatenate(heads)[usable])
        matrix = csr_array((value[usable], edges), shape=(size, size))
        distances, previous = dijkstra(matrix, directed=True, indices=np.arange(states, size), return_predecessors=True)
        previous = np.where(previous[:, :states] >= states, -1, previous[:, :states]).astype(np.int32)
        return [WayTree(distances[place, :states], previous[place]) for place in range(len(starts))]

    def node_distances(self, tree: WayTree, start: Start) -> NDArray[np.float64]:
        """Return the cost of reaching every node along a tree, in the order of `nodes`; infinite for no way."""
        distances = np.minimum.reduceat(tree.distances[self._entering_states], self._entering_bounds)
        for node, cost in zip(start.nodes, start.costs, strict=True):
            if node in self.nodes:
                place = self.nodes[node]
                distances[place] = min(distances[place], cost)
        return distances

    def distance_to(self, tree: WayTree, node: str) -> float:
        """Return the cost of the cheapest way to a node, infinite where there is none."""
        states = self.entering.get(node)
        return np.inf if states is None else float(tree.distances[states].min())

    def way_to(self, tree: WayTree, node: str) -> tuple[int, ...]:
        """Return the directed segments of the cheapest way to a node; empty where there is none."""
        if node not in tree.ways:
            tree.ways[node] = self._trace(tree, node)
        return tree.ways[node]

    def _trace(self, tree: WayTree, node: str) -> tuple[int, ...]:
        states = self.entering.get(node)
        if states is None:
            return ()
        state = int(states[int(np.argmin(tree.distances[states]))])
        if not np.isfinite(tree.distances[state]):
            return ()
        way = []
        while state >= 0:
            way.append(state)
            state = int(tree.previous[state])
        return tuple(reversed(way))

    def is_simple(self, way: Sequence[int]) -> bool:
        """Say whether a way passes no node twice."""
        nodes = [self.tails[way[0]], *(self.heads[state] for state in way)] if way else []
        return len(set(nodes)) == len(nodes)

    def crossings_of(self, way: Sequence[int], home: int) -> tuple[int, ...]:
        """Return the foreign countries with gateway holders that a way enters, one entry a crossing."""
        crossed = []
        before = home
        for state in way:
            country = int(self.countries[state])
            if country not in (before, home) and self._charges_fee[country]:
                crossed.append(country)
            before = country
        return tuple(crossed)
