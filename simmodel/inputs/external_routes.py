"""Ways from the edge of the region to hubs outside it: chains of external legs, and the exits they lead to.

An exit is a hub reached through one gate, the country (or the sea) of the first external leg.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from simmodel.scenario.schema import Scenario
from simmodel.scenario.schema_network import ExternalLeg


@dataclass(frozen=True, slots=True)
class ExternalChain:
    """Legs from a node at the edge of the region to a hub, in order.

    Attributes
    ----------
    entry : node of the region where it starts
    hub : where it ends
    gate : country of its first leg; empty for a hub that is itself a node of the region
    price : legs at the prices of the base year, sanctions included, without transit at the hub [USD/Mbps/month]
    latency_ms : one way
    unavailability : of its legs together [fraction]
    in_service : every leg carries traffic today
    """

    entry: str
    hub: str
    gate: str
    price: float
    latency_ms: float
    unavailability: float
    in_service: bool

    @property
    def exit_name(self) -> str:
        """Return the name of its exit."""
        return f"{self.hub}@{self.gate}" if self.gate else self.hub


@dataclass(frozen=True)
class ExternalRoutes:
    """The cheapest chain from every entry through every gate to every hub.

    Attributes
    ----------
    chains : in the order of legs and hubs
    transit_price : IP transit by hub [USD/Mbps/month]; hubs without a price are only passed through
    """

    chains: tuple[ExternalChain, ...]
    transit_price: Mapping[str, float]

    @cached_property
    def by_hub(self) -> dict[str, tuple[ExternalChain, ...]]:
        """Return the chains that lead to each hub."""
        hubs = dict.fromkeys(chain.hub for chain in self.chains)
        return {hub: tuple(chain for chain in self.chains if chain.hub == hub) for hub in hubs}


def build_external_routes(scenario: Scenario) -> ExternalRoutes:
    """Return the chains of external legs of a scenario.

    The price of a leg under sanctions is multiplied by `sanction_price_multiplier`. Among the chains from one entry
    through one gate to one hub the one with the least price, latency and unavailability in money is kept.
    """
    nodes = {node for link in scenario.links.values() for hop in link.segments for node in (hop.from_node, hop.to_node)}
    found: dict[tuple[str, str, str, bool], ExternalChain] = {}
    for leg in scenario.external_legs.values():
        if leg.from_node in nodes:
            for chain in chains_from(scenario, leg, nodes):
                key = (chain.entry, chain.gate, chain.hub, chain.in_service)
                if key not in found or cost_of(scenario, chain) < cost_of(scenario, found[key]):
                    found[key] = chain
    chains = [chain for chain in found.values() if chain.in_service or not is_beaten(scenario, chain, found)]
    prices = {hub: record.ip_transit_usd_per_mbps_month.value for hub, record in scenario.hubs.items()}
    return ExternalRoutes(tuple(chains), prices)


def is_beaten(
    scenario: Scenario, chain: ExternalChain, found: Mapping[tuple[str, str, str, bool], ExternalChain]
) -> bool:
    """Say whether a chain not yet in service is no better than one that is."""
    rival = found.get((chain.entry, chain.gate, chain.hub, True))
    return rival is not None and cost_of(scenario, rival) <= cost_of(scenario, chain)


def cost_of(scenario: Scenario, chain: ExternalChain) -> float:
    """Return price, latency and unavailability of a chain in money [USD/Mbps/month]."""
    parameters = scenario.parameters
    return (
        chain.price
        + parameters.value_of_latency.value * chain.latency_ms
        + parameters.value_of_reliability.value * chain.unavailability
    )


def chains_from(scenario: Scenario, first: ExternalLeg, nodes: set[str]) -> list[ExternalChain]:
    """Return every chain that starts with a leg and passes no hub twice."""
    gate = first.countries[0] if first.countries else first.to_hub
    done: list[ExternalChain] = []
    ahead: list[tuple[ExternalLeg, ...]] = [(first,)]
    while ahead:
        legs = ahead.pop()
        done.append(join_legs(scenario, legs, gate))
        passed = {first.from_node, *(leg.to_hub for leg in legs)}
        if legs[-1].to_hub in nodes:
            continue
        ahead.extend(
            (*legs, leg)
            for leg in scenario.external_legs.values()
            if leg.from_node == legs[-1].to_hub and leg.to_hub not in passed
        )
    return done


def join_legs(scenario: Scenario, legs: tuple[ExternalLeg, ...], gate: str) -> ExternalChain:
    """Return legs one after the other as one chain."""
    multiplier = scenario.parameters.sanction_price_multiplier.value
    available = 1.0
    for leg in legs:
        available *= leg.availability.value
    return ExternalChain(
        entry=legs[0].from_node,
        hub=legs[-1].to_hub,
        gate=gate,
        price=sum(leg.price_usd_per_mbps_month.value * (multiplier if leg.sanction_flag else 1.0) for leg in legs),
        latency_ms=sum(leg.latency_ms_one_way.value for leg in legs),
        unavailability=1.0 - available,
        in_service=all(leg.in_service for leg in legs),
    )
