"""Which paths use which segments and links: lists the kernels sum over, made once a run from the network."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simmodel.inputs.model_inputs import ModelInputs, Network
from simmodel.inputs.stream_names import stream_numbers

__all__ = ["COMMON_SHOCKS", "Incidence", "Streams", "find_incidence", "name_streams"]

Index = NDArray[np.int64]
LAND = 0
# Words of the stream "market": standard normal shocks of a year that all countries share.  They are drawn with the
# static parameters and are the last rows of `State.drawn`, year by year.
COMMON_SHOCKS = ("gdp", "traffic", "outside_price")


class Incidence(NamedTuple):
    """Flat lists with their first positions; an axis of two is the class of buyers (regional, transit)."""

    old_segments: Index  # existing segments of every path
    old_first: Index  # (paths + 1,)
    new_segments: Index  # candidate segments of every path
    new_first: Index  # (paths + 1,)
    segment_paths: Index  # paths over a segment
    segment_first: Index  # (2, segments + 1)
    use_paths: Index  # paths over a link
    use_first: Index  # (2, links + 1)
    rest_paths: Index  # paths that set a link's price: today's for an existing link, all over it for a candidate
    rest_share: NDArray[np.float64]  # km of the link / km of all candidates on that path (1 for existing links)
    rest_first: Index  # (2, links + 1)
    path_demand: Index
    zone_paths: Index  # paths of a demand across one of its zones
    zone_factors: NDArray[np.float64]  # and how much of its hours they feel
    zone_first: Index  # (zones of all demands + 1,)
    path_annuity: NDArray[np.float64]  # yearly wave cost of a path's candidate segments at today's prices [USD]
    path_wave_opex: NDArray[np.float64]  # its operating part [USD]
    reference_place: Index  # (runs,) place of a run among the runs that others are compared with, -1 none
    run_links: Index  # (runs, links) 1 where a link is part of a run: existing links always
    run_delay: NDArray[np.float64]  # (runs, links) years by which a candidate's works start later than planned
    run_waits: Index  # (runs, links) 1 where a candidate waits for its host project


class Streams(NamedTuple):
    """Numbers of the random streams of annual shocks but the market's, in the order of the arrays."""

    macro: NDArray[np.uint64]
    events: NDArray[np.uint64]
    transits: NDArray[np.uint64]
    segments: NDArray[np.uint64]
    hazards: NDArray[np.uint64]
    borders: NDArray[np.uint64]
    sections: NDArray[np.uint64]
    regions: NDArray[np.uint64]


def name_streams(inputs: ModelInputs) -> Streams:
    """Give every annual shock its stream, by name; two names with one number are refused."""
    names = inputs.names
    modelled = names.countries[: len(inputs.network.countries) - 1]
    groups: list[list[str]] = [
        [f"country/{iso3}/macro" for iso3 in modelled],
        [f"country/{iso3}/events" for iso3 in modelled],
        [f"transit/{market}" for market in names.transits],
        [f"segment/{segment}" for segment in names.segments],
        [f"hazard/{hazard}" for hazard in names.hazards],
        [f"border/{border}" for border in names.borders],
        [f"section/{link}/{iso3}" for link, iso3 in names.sections],
        [f"region/{region}" for region in names.regions],
    ]
    numbers = stream_numbers(name for group in groups for name in group)
    ends = np.cumsum([len(group) for group in groups])
    return Streams(*(np.ascontiguousarray(part) for part in np.split(numbers, ends[:-1])))


def _flatten(lists: Iterable[Sequence[int]]) -> tuple[Index, Index]:
    """One flat list of many and the first position of each."""
    lists = list(lists)
    first = np.cumsum([0, *(len(part) for part in lists)]).astype(np.int64)
    flat = np.array([item for part in lists for item in part], dtype=np.int64)
    return flat, first


def _flatten_by_class(lists: Sequence[Sequence[Sequence[int]]]) -> tuple[Index, Index]:
    """The same for a list a class; one flat list, (2, objects + 1) first positions."""
    regional, first_regional = _flatten(lists[0])
    transit, first_transit = _flatten(lists[1])
    return np.concatenate([regional, transit]), np.stack([first_regional, first_transit + regional.size])


def find_incidence(network: Network) -> Incidence:
    """Turn the paths' lists of segments and links into lists of paths a segment and a link."""
    paths, segments, links = network.paths, network.segments, network.links
    n_segments, n_links = len(segments), len(links)
    path_demand = np.zeros(len(paths), dtype=np.int64)
    for number, demand in enumerate(network.demands):
        path_demand[demand["first_path"] : demand["last_path"]] = number
    kind = network.demands["kind"][path_demand] if len(paths) else path_demand
    old: list[list[int]] = []
    new: list[list[int]] = []
    over_segment: list[list[list[int]]] = [[[] for _ in range(n_segments)] for _ in range(2)]
    over_link: list[list[list[int]]] = [[[] for _ in range(n_links)] for _ in range(2)]
    setting: list[list[list[int]]] = [[[] for _ in range(n_links)] for _ in range(2)]
    shares: list[list[list[float]]] = [[[] for _ in range(n_links)] for _ in range(2)]
    for p, path in enumerate(paths):
        pieces = network.path_segments[path["first_piece"] : path["last_piece"]]
        is_new = links["candidate"][segments["link"][pieces]] == 1
        old.append(pieces[~is_new].tolist())
        new.append(pieces[is_new].tolist())
        for g in pieces:
            over_segment[kind[p]][g].append(p)
        stretches = network.path_links[path["first_link"] : path["last_link"]]
        candidate = links["candidate"][stretches["link"]] == 1
        candidate_km = float(stretches["km"][candidate].sum())
        for stretch, is_candidate in zip(stretches, candidate, strict=True):
            number = int(stretch["link"])
            over_link[kind[p]][number].append(p)
            if is_candidate or path["today"]:
                setting[kind[p]][number].append(p)
                shares[kind[p]][number].append(float(stretch["km"]) / candidate_km if is_candidate else 1.0)
    across = _list_zone_paths(network)
    zone_paths, zone_first = _flatten([[p for p, _ in zone] for zone in across])
    annuity = segments["wave_annuity"] * segments["wave_capex_usd"]
    old_segments, old_first = _flatten(old)
    new_segments, new_first = _flatten(new)
    segment_paths, segment_first = _flatten_by_class(over_segment)
    use_paths, use_first = _flatten_by_class(over_link)
    rest_paths, rest_first = _flatten_by_class(setting)
    return Incidence(
        old_segments,
        old_first,
        new_segments,
        new_first,
        segment_paths,
        segment_first,
        use_paths,
        use_first,
        rest_paths,
        np.array([share for group in shares for link in group for share in link], dtype=np.float64),
        rest_first,
        path_demand,
        zone_paths,
        np.array([factor for zone in across for _, factor in zone], dtype=np.float64),
        zone_first,
        np.array([annuity[part].sum() for part in new], dtype=np.float64),
        np.array([segments["wave_opex_usd"][part].sum() for part in new], dtype=np.float64),
        _place_references(network),
        ((links["candidate"] == 0) | (network.runs["has_portfolio"] == 1)[:, None]).astype(np.int64),
        np.zeros((len(network.runs), n_links)),
        np.tile(links["wait_for_host"].astype(np.int64), (len(network.runs), 1)),
    )


def _list_zone_paths(network: Network) -> list[list[tuple[int, float]]]:
    """Paths of a demand across each of its zones, and how much of the zone's hours they feel."""
    across: list[list[tuple[int, float]]] = [[] for _ in network.demand_zones]
    for demand in network.demands:
        for p in range(demand["first_path"], demand["last_path"]):
            path = network.paths[p]
            for crossing in network.path_zones[path["first_zone"] : path["last_zone"]]:
                across[demand["first_zone"] + crossing["position"]].append((p, float(crossing["factor"])))
    return across


def _place_references(network: Network) -> Index:
    """Place in the buffer of the runs that later runs are compared with."""
    place = np.full(len(network.runs), -1, dtype=np.int64)
    for number, run in enumerate(network.runs):
        reference = int(run["reference_run"])
        if reference > number:
            raise ValueError(f"run {number} is compared with run {reference}, which comes later")
        if 0 <= reference < number and place[reference] < 0:
            place[reference] = place.max() + 1
    return place
