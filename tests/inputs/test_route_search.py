"""Ways through a network of three nodes, by hand."""

import numpy as np
import pytest

from simmodel.errors import DataError
from simmodel.inputs.exit_choice import split_by_gate
from simmodel.inputs.external_routes import ExternalChain
from simmodel.inputs.network import NetworkSegment, PhysicalNetwork
from simmodel.inputs.path_choice import (
    DemandRoutes,
    End,
    FoundPath,
    PathFinder,
    PathSettings,
    choose_paths,
    paths_over_candidate,
    prepare_candidate_search,
)
from simmodel.inputs.route_inputs import path_sizes
from simmodel.inputs.route_search import NO_COUNTRY, RouteGraph, Start


def segment(link: str, start: str, end: str, iso3: str, *, candidate: bool = False) -> NetworkSegment:
    return NetworkSegment(f"{link}/{start}-{end}", link, iso3, start, end, (), (), 100.0, 1.0, candidate)


# A home in AAA; two parallel cables A-B in AAA, B-C in BBB, and a candidate A-C outside every country with a gateway.
SEGMENTS = (
    segment("north", "A", "B", "AAA"),
    segment("south", "A", "B", "AAA"),
    segment("east", "B", "C", "BBB"),
    segment("new", "A", "C", "XXX", candidate=True),
)
NETWORK = PhysicalNetwork(
    ("AAA", "BBB", "outside"),
    ("north", "south", "east", "new"),
    tuple((part.link, part.iso3) for part in SEGMENTS),
    SEGMENTS,
)
COSTS = np.array([1.0, 1.2, 0.5, 0.9])
FEE = 0.25
HUB = ExternalChain("C", "HUB", "CCC", 0.4, 5.0, 0.0, True)


@pytest.fixture
def graph() -> RouteGraph:
    return RouteGraph(NETWORK, charges_fee=(True, True, False), border_fee=FEE)


def test_cheapest_way_pays_the_fee_of_a_foreign_country_once(graph: RouteGraph) -> None:
    today = np.where([part.candidate for part in SEGMENTS], np.inf, COSTS)
    tree = graph.cheapest_ways(Start(("A",), (0.0,), 0), today)
    assert graph.way_to(tree, "C") == (0, 4)
    assert graph.distance_to(tree, "C") == pytest.approx(1.0 + 0.5 + FEE)
    assert graph.crossings_of((0, 4), 0) == (1,)
    assert graph.crossings_of((0, 4), 1) == (0,)


def test_transit_pays_no_fee(graph: RouteGraph) -> None:
    tree = graph.cheapest_ways(Start(("A",), (0.1,), NO_COUNTRY), np.where(COSTS == 0.9, np.inf, COSTS))
    assert graph.distance_to(tree, "C") == pytest.approx(0.1 + 1.5)


def test_segments_are_run_both_ways(graph: RouteGraph) -> None:
    tree = graph.cheapest_ways(Start(("C",), (0.0,), 1), COSTS)
    assert graph.way_to(tree, "B") == (5,)
    assert graph.way_to(tree, "A") == (7,)


def test_closed_network_leads_nowhere(graph: RouteGraph) -> None:
    tree = graph.cheapest_ways(Start(("A",), (0.0,), 0), np.full(4, np.inf))
    assert graph.distance_to(tree, "C") == np.inf
    assert graph.way_to(tree, "C") == ()


def demand() -> DemandRoutes:
    end = End("C", "HUB@CCC", HUB, 0.4, True)
    return DemandRoutes("A", Start(("A",), (0.0,), 0), (None,), (end,), {"HUB@CCC": 1.0}, 10.0, False)


def test_path_set_holds_today_the_new_link_and_the_parallel_cable(graph: RouteGraph) -> None:
    finder = PathFinder(NETWORK, graph, COSTS, PathSettings(3, 1, 4.0))
    tree = graph.cheapest_ways(demand().start, finder.today_costs)
    today = finder.best_paths(demand(), tree, only_today=True, unweighted=finder.today_costs)
    assert today["HUB@CCC"].way == (0, 4)
    assert today["HUB@CCC"].cost == pytest.approx(1.5 + FEE + 0.4)
    paths = choose_paths(finder, demand(), today)
    assert [path.way for path in paths] == [(0, 4), (6,), (2, 4)]
    assert [sorted(path.candidates) for path in paths] == [[], ["new"], []]


def test_candidate_alone_gets_its_path(graph: RouteGraph) -> None:
    finder = PathFinder(NETWORK, graph, COSTS, PathSettings(1, 1, 4.0))
    tree = graph.cheapest_ways(demand().start, finder.today_costs)
    today = finder.best_paths(demand(), tree, only_today=True, unweighted=finder.today_costs)
    search = prepare_candidate_search([finder, finder], [demand()], [today], [tree])
    (traffic, number, path), *others = paths_over_candidate(search, frozenset({"new"}))
    assert not others
    assert (number, path.way) == (0, (6,))
    assert traffic == pytest.approx(10.0 * ((0.9 + 0.4) / (1.5 + FEE + 0.4)) ** -4.0)


def found(exit_name: str, cost: float) -> FoundPath:
    return FoundPath(exit_name, (), None, None, cost, frozenset())


def test_share_of_a_hub_is_split_over_gates_of_like_cost() -> None:
    today = {"H@X": found("H@X", 1.0), "H@Y": found("H@Y", 1.4), "H@Z": found("H@Z", 1.6), "G@X": found("G@X", 9.0)}
    shares = split_by_gate("A", {"H": 0.8, "G": 0.2}, today, largest_ratio=1.5)
    assert shares == pytest.approx({"H@X": 0.4, "H@Y": 0.4, "G@X": 0.2})


def test_observed_traffic_without_a_path_is_refused() -> None:
    with pytest.raises(DataError, match="A: 20% of its traffic is observed at G"):
        split_by_gate("A", {"H": 0.8, "G": 0.2}, {"H@X": found("H@X", 1.0)}, largest_ratio=1.5)


def test_new_path_takes_nothing_from_the_size_of_old_ones() -> None:
    km = np.array([100.0, 300.0, 100.0])
    old = path_sizes([(0, 1), (2, 1)], km, [False, False])
    assert old == pytest.approx([(100.0 + 150.0) / 400.0, (100.0 + 150.0) / 400.0])
    sizes = path_sizes([(0, 1), (2, 1), (0,)], km, [False, False, True])
    assert sizes[:2] == pytest.approx(old)
    assert sizes[2] == pytest.approx(0.5)
    assert path_sizes([()], km, [False]) == [1.0]
