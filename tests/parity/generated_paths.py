"""A network while it is being made, and its demands, exits and paths."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.parity.generated_objects import Draws

# Price beyond the last link by kind of path: land, satellite, outside option [USD/Mbps/month].
EXTERNAL_PRICES = ((0.3, 3.0), (20.0, 40.0), (2.0, 8.0))


@dataclass(slots=True)
class Draft:
    """A network while it is being made: lists of rows, turned into arrays at the end."""

    draws: Draws
    countries: int
    years: int
    complements: bool
    links: list[dict[str, Any]] = field(default_factory=list)
    sections: list[dict[str, Any]] = field(default_factory=list)
    segments: list[dict[str, Any]] = field(default_factory=list)
    demands: list[dict[str, Any]] = field(default_factory=list)
    exits: list[dict[str, Any]] = field(default_factory=list)
    paths: list[dict[str, Any]] = field(default_factory=list)
    path_segments: list[int] = field(default_factory=list)
    path_links: list[dict[str, Any]] = field(default_factory=list)
    path_crossings: list[int] = field(default_factory=list)
    path_zones: list[dict[str, Any]] = field(default_factory=list)
    maximum: list[float] = field(default_factory=list)
    demand_zones: list[int] = field(default_factory=list)
    exit_names: list[str] = field(default_factory=list)
    path_names: list[str] = field(default_factory=list)
    section_names: list[tuple[str, str]] = field(default_factory=list)
    segment_names: list[str] = field(default_factory=list)


def add_demands(draft: Draft, regions: NDArray[np.void], transit_count: int, *, tight: bool) -> None:
    """The demands with their exits and paths; `tight` gives one transit market no land path today."""
    existing = [i for i, link in enumerate(draft.links) if link["candidate"] == 0]
    candidates = [i for i, link in enumerate(draft.links) if link["candidate"] == 1]
    without_candidate = int(draft.draws.rng.integers(0, draft.countries))  # one country no candidate reaches
    for demand in range(len(regions) + transit_count):
        kind = int(demand >= len(regions))
        reachable = candidates
        if not kind and int(regions[demand]["country"]) == without_candidate:
            reachable = []
        row = {"kind": kind, "object": demand - kind * len(regions), "first_path": len(draft.paths)}
        row |= {"first_exit": len(draft.exits), "first_zone": len(draft.demand_zones)}
        if kind:
            closed = tight and demand == len(regions) and bool(candidates)
            add_transit_paths(draft, demand, [] if closed else existing, reachable)
        else:
            add_regional_paths(draft, demand, int(regions[demand]["country"]), existing, reachable)
        row |= {"last_path": len(draft.paths), "last_exit": len(draft.exits), "last_zone": len(draft.demand_zones)}
        draft.demands.append(row)


def add_regional_paths(draft: Draft, demand: int, country: int, existing: list[int], candidates: list[int]) -> None:
    """Land exits with and without an observed share, new exits over candidates, then satellite."""
    draws, rng = draft.draws, draft.draws.rng
    observed_count = int(rng.integers(1, 4))
    observed = rng.dirichlet(np.full(observed_count, 2.0))
    for share in observed:
        place = add_exit(draft, f"{demand}/exit", 0, float(share))
        for _ in range(int(rng.integers(1, 3))):
            add_path(draft, demand, place, draws.some(existing, 1, 3), country)
        if candidates and draws.chance(0.5):
            add_path(draft, demand, place, some_new(draft, candidates, existing), country)
    if draws.chance(0.5):  # a path today that nobody is seen to use
        add_path(draft, demand, add_exit(draft, f"{demand}/unused", 0, 0.0), draws.some(existing, 1, 2), country)
    if candidates:  # an exit that only new links reach
        place = add_exit(draft, f"{demand}/new", 0, 0.0)
        add_path(draft, demand, place, some_new(draft, candidates, existing), country)
    if draws.chance(0.2):  # a region at the border: nothing to cross
        add_path(draft, demand, add_exit(draft, f"{demand}/border", 0, 0.0), [], country)
    place = add_exit(draft, f"{demand}/satellite", 1, 0.0)
    add_path(draft, demand, place, [], country, kind=1)


def add_transit_paths(draft: Draft, demand: int, existing: list[int], candidates: list[int]) -> None:
    """One land exit and one or two outside options."""
    draws, rng = draft.draws, draft.draws.rng
    place = add_exit(draft, f"{demand}/land", 0, 0.0)
    for _ in range(int(rng.integers(1, 3)) if existing else 0):
        add_path(draft, demand, place, draws.some(existing, 1, 3), -1)
    if candidates:
        add_path(draft, demand, place, some_new(draft, candidates, existing), -1)
    options = int(rng.integers(1, 3))
    for share in rng.dirichlet(np.full(options + 1, 2.0))[:options]:
        observed = float(share) * 0.9 if existing else float(1.0 / options)
        place = add_exit(draft, f"{demand}/option", 2, observed)
        add_path(draft, demand, place, [], -1, kind=2)


def some_new(draft: Draft, candidates: list[int], existing: list[int]) -> list[int]:
    """One or two new links, and up to two existing ones where new links may complement them."""
    draws = draft.draws
    new = draws.some(candidates, 1, 2)
    old = draws.some(existing, 0, 2)
    return new + old if draft.complements else new


def add_exit(draft: Draft, name: str, kind: int, observed_share: float) -> int:
    """A new exit; returns its global index."""
    draft.exits.append({"observed_share": observed_share, "kind": kind})
    draft.exit_names.append(f"{name}/{len(draft.exits) - 1}")
    return len(draft.exits) - 1


def add_path(draft: Draft, demand: int, place: int, links: list[int], country: int, *, kind: int = 0) -> None:
    """A path over whole stretches of the given links, with its lists of segments, links, crossings and zones."""
    draws, rng = draft.draws, draft.draws.rng
    row: dict[str, Any] = {"exit": place, "kind": kind, "first_piece": len(draft.path_segments)}
    row |= {"first_link": len(draft.path_links), "first_crossing": len(draft.path_crossings)}
    row["first_zone"] = len(draft.path_zones)
    factors: dict[int, float] = {}
    for link in links:
        first, last = draft.links[link]["first_segment"], draft.links[link]["last_segment"]
        start = int(rng.integers(first, last))
        used = list(range(start, int(rng.integers(start, last)) + 1))
        draft.path_segments.extend(used)
        draft.path_links.append({"link": link, "km": sum(draft.segments[g]["km"] for g in used)})
        for segment in (draft.segments[g] for g in used):
            if segment["zone"] >= 0:
                factors[segment["zone"]] = max(factors.get(segment["zone"], 0.0), segment["zone_factor"])
    crossed = [draft.segments[g]["country"] for g in draft.path_segments[row["first_piece"] :]]
    if country >= 0:
        draft.path_crossings.extend(sorted({c for c in crossed if c not in (country, draft.countries)}))
    first_zone = draft.demands[-1]["last_zone"] if draft.demands else 0
    for zone, factor in factors.items():
        if zone not in draft.demand_zones[first_zone:]:
            draft.demand_zones.append(zone)
        position = draft.demand_zones[first_zone:].index(zone)
        draft.path_zones.append({"zone": zone, "position": position, "factor": factor})
    new = any(draft.links[link]["candidate"] for link in links)
    alternative = kind > 0
    row |= {
        "today": int(not new),
        "has_candidate": int(new),
        "last_piece": len(draft.path_segments),
        "last_link": len(draft.path_links),
        "last_crossing": len(draft.path_crossings),
        "last_zone": len(draft.path_zones),
        "path_size": 1.0 if alternative else draws.between(0.4, 1.0),
        "external_price": draws.between(*EXTERNAL_PRICES[kind]),
        "external_unavailability": draws.between(0, 0.02),
        "latency": draws.between(20, 120),
        "relative_decline": draws.choose((1.0, 0.97)) if alternative else 1.0,
    }
    draft.paths.append(row)
    draft.path_names.append(f"{demand}/{len(draft.paths) - 1}")
