"""Where demands may go: exits by land with their observed shares, satellite, and the options around the region."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from simmodel.errors import DataError
from simmodel.inputs.external_routes import ExternalChain, ExternalRoutes, cost_of
from simmodel.inputs.network import PhysicalNetwork
from simmodel.inputs.path_choice import DemandRoutes, End, FoundPath
from simmodel.inputs.route_search import NO_COUNTRY, Start
from simmodel.scenario.schema import Scenario

LAND, SATELLITE, OPTION = 0, 1, 2
REGIONAL, TRANSIT = 0, 1
LAND_EXIT = "land"


@dataclass(frozen=True, slots=True)
class Alternative:
    """An exit of a demand with its paths: by land, by satellite or around the region.

    Attributes
    ----------
    name, kind : of the exit
    observed_share : of the demand in the base year [fraction]
    paths : ways found by land; empty for another kind
    price, latency_ms, unavailability : of an alternative without way
    """

    name: str
    kind: int
    observed_share: float
    paths: tuple[FoundPath, ...] = ()
    price: float = 0.0
    latency_ms: float = 0.0
    unavailability: float = 0.0


def region_routes(scenario: Scenario, network: PhysicalNetwork, routes: ExternalRoutes, name: str) -> DemandRoutes:
    """Return where the paths of a region start and may end."""
    region = scenario.regions[name]
    country = scenario.countries[region.iso3]
    users = sum(
        other.population_persons.value * other.users_share_t0.value
        for other in scenario.regions.values()
        if other.iso3 == region.iso3
    )
    share = region.population_persons.value * region.users_share_t0.value / users
    ends = tuple(
        End(
            chain.entry,
            chain.exit_name,
            chain,
            cost_of(scenario, chain) + routes.transit_price[chain.hub],
            chain.in_service,
        )
        for chain in routes.chains
        if chain.hub in routes.transit_price
    )
    start = Start((region.node_id,), (0.0,), network.country_index(region.iso3))
    return DemandRoutes(name, start, (None,), ends, {}, share * country.international_demand_t0.value, False)


def transit_routes(scenario: Scenario, routes: ExternalRoutes, name: str) -> DemandRoutes:
    """Return where the paths of a transit market start and may end: external legs, or a hub inside the region."""
    market = scenario.transit_markets[name]
    starts = hub_ends(scenario, routes, market.from_hub)
    ends = hub_ends(scenario, routes, market.to_hub)
    cheapest: dict[str, End] = {}
    for end in sorted((end for end in starts if end.in_service), key=lambda end: end.cost):
        cheapest.setdefault(end.node, end)
    start = Start(tuple(cheapest), tuple(end.cost for end in cheapest.values()), NO_COUNTRY)
    size = market.volume_gbps.value * market.contestable_share.value
    chains = tuple(end.chain for end in cheapest.values())
    return DemandRoutes(name, start, chains, ends, {}, size, True)


def hub_ends(scenario: Scenario, routes: ExternalRoutes, hub: str) -> tuple[End, ...]:
    """Return the ways to a hub; a hub that is a node of the network is reached without a leg."""
    inside = any(hub in (hop.from_node, hop.to_node) for link in scenario.links.values() for hop in link.segments)
    if inside:
        return (End(hub, LAND_EXIT, None, 0.0, True),)
    return tuple(
        End(chain.entry, LAND_EXIT, chain, cost_of(scenario, chain), chain.in_service)
        for chain in routes_of(routes, hub)
    )


def observe_exits(scenario: Scenario, demand: DemandRoutes, today: dict[str, FoundPath], kind: int) -> DemandRoutes:
    """Return a regional demand with the observed share of its exits; a transit market as it is."""
    if kind == TRANSIT:
        return demand
    iso3 = scenario.regions[demand.name].iso3
    if iso3 not in scenario.demand_splits:
        raise DataError(f"demand_splits has no row for {iso3}")
    splits = {hub: number.value for hub, number in scenario.demand_splits[iso3].items()}
    ratio = scenario.parameters.gate_price_ratio_max.value
    weights = split_by_gate(demand.name, splits, today, largest_ratio=ratio)
    return DemandRoutes(
        demand.name, demand.start, demand.start_chains, demand.ends, weights, demand.size_gbps, demand.needs_segment
    )


def split_by_gate(
    demand_name: str, splits: dict[str, float], today: dict[str, FoundPath], *, largest_ratio: float
) -> dict[str, float]:
    """Return the observed share of each exit: a hub's share, equal over its gates in use.

    A gate counts as used today when its best path costs at most `largest_ratio` times the hub's cheapest.

    Raises
    ------
    DataError : traffic is observed at a hub that no path of today reaches
    """
    shares: dict[str, float] = {}
    for hub, split in splits.items():
        if split <= 0.0:
            continue
        costs = {name: path.cost for name, path in today.items() if name.partition("@")[0] == hub}
        if not costs:
            raise DataError(
                f"{demand_name}: {split:.0%} of its traffic is observed at {hub}, but no path leads there today"
            )
        gates = [name for name, cost in costs.items() if cost <= largest_ratio * min(costs.values())]
        for name in gates:
            shares[name] = split / len(gates)
    return shares


def routes_of(routes: ExternalRoutes, hub: str) -> tuple[ExternalChain, ...]:
    """Return the chains to a hub.

    Raises
    ------
    DataError : none leads there
    """
    chains = routes.by_hub.get(hub, ())
    if not chains:
        raise DataError(f"no external leg leads to {hub}")
    return chains


def region_alternatives(scenario: Scenario, demand: DemandRoutes, paths: Sequence[FoundPath]) -> list[Alternative]:
    """Return the exits of a region, those observed first, and satellite.

    An exit that has a path today but no observed use counts as observed at `unused_exit_share`; the others give way.
    """
    parameters = scenario.parameters
    names = list(dict.fromkeys([*demand.weights, *(path.exit for path in paths)]))
    today = {path.exit for path in paths if not path.candidates}
    unused = [name for name in names if name in today and name not in demand.weights]
    little = parameters.unused_exit_share.value
    rest = 1.0 - little * len(unused)
    exits = []
    for name in names:
        share = demand.weights[name] * rest if name in demand.weights else (little if name in unused else 0.0)
        own = tuple(path for path in paths if path.exit == name)
        exits.append(Alternative(name, LAND, share, own))
    exits.append(
        Alternative(
            "satellite",
            SATELLITE,
            0.0,
            price=parameters.satellite_price_ceiling.value,
            latency_ms=parameters.satellite_latency.value,
            unavailability=1.0 - parameters.satellite_availability.value,
        )
    )
    return exits


def transit_alternatives(scenario: Scenario, demand: DemandRoutes, paths: Sequence[FoundPath]) -> list[Alternative]:
    """Return the way by land through the region and the outside options of a transit market."""
    options = scenario.outside_options.get(demand.name, {})
    shares = {name: option.share_today.value for name, option in options.items()}
    total = sum(shares.values())
    if not paths and total <= 0.0:
        raise DataError(f"transit market {demand.name} has neither a path nor an outside option")
    open_today = any(not path.candidates for path in paths)
    if open_today and total < 1.0:
        land, scale = 1.0 - total, 1.0
    else:
        land, scale = 0.0, 1.0 / total
    exits = [Alternative(LAND_EXIT, LAND, land, tuple(paths))] if paths else []
    for name, option in options.items():
        exits.append(
            Alternative(
                name,
                OPTION,
                shares[name] * scale,
                price=option.price_usd_per_mbps_month.value,
                latency_ms=option.latency_ms_one_way.value,
                unavailability=1.0 - option.availability.value,
            )
        )
    return exits
