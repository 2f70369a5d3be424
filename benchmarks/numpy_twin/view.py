"""The part of a network that a run has, with sparse matrices for its sums."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from simmodel.inputs.model_inputs import Network

Rows = NDArray[np.float64]
Index = NDArray[np.int64]
BOTH = (0, 1)  # classes of buyers: regional, transit


@dataclass(slots=True)
class View:
    """Paths, links, sections and segments of a run, numbered anew.

    Attributes
    ----------
    paths, links, sections, segments : their numbers in the network
    path, link, section, segment : their records
    link_of, section_of : of every segment; `link_of_section`, `country_of_section`
    demand_of : of every path; the first `regional` paths are those of regions; `new_paths` run over candidates
    by_demand, by_section, by_link, sections_by_link, sections_by_country : sums over paths, segments, sections
    own_sections_by_link : sums over the sections whose costs and income are the link's
    old, new : [class] existing and candidate segments of paths;  loads : [class] paths of segments
    uses, sets : [class] paths of links; those that set a link's price
    potential : [class] demands of links;  closers : candidate links of paths
    crossings : regional paths of countries;  zones : paths of demand zones;  demand_zones : their sums by demand
    """

    paths: Index
    links: Index
    sections: Index
    segments: Index
    path: NDArray[np.void]
    link: NDArray[np.void]
    section: NDArray[np.void]
    segment: NDArray[np.void]
    link_of: Index
    section_of: Index
    link_of_section: Index
    candidate: NDArray[np.bool_]
    new_segment: NDArray[np.bool_]
    new_paths: Index
    demand_of: Index
    regional: int
    by_demand: csr_array
    by_section: csr_array
    by_link: csr_array
    sections_by_link: csr_array
    own_sections_by_link: csr_array
    sections_by_country: csr_array
    old: list[csr_array]
    new: list[csr_array]
    loads: list[csr_array]
    uses: list[csr_array]
    sets: list[csr_array]
    potential: list[csr_array]
    closers: csr_array
    crossings: csr_array
    zones: csr_array
    demand_zones: csr_array


def sums(group_of: Any, count: int) -> csr_array:
    """Sparse matrix of ones that adds up the members of groups."""
    members = len(group_of)
    return csr_array((np.ones(members), (np.asarray(group_of), np.arange(members))), shape=(count, members))


def make_view(net: Network, *, portfolio: bool) -> View:
    """All of a network, or what exists without the candidate links."""
    kept = np.ones(len(net.links), dtype=bool) if portfolio else net.links["candidate"] == 0
    links = np.flatnonzero(kept)
    sections = np.flatnonzero(kept[net.sections["link"]])
    segments = np.flatnonzero(kept[net.segments["link"]])
    paths = np.arange(len(net.paths)) if portfolio else np.flatnonzero(net.paths["has_candidate"] == 0)
    path, link, segment, section = net.paths[paths], net.links[links], net.segments[segments], net.sections[sections]
    link_of = np.searchsorted(links, segment["link"])
    demand_of = np.repeat(np.arange(len(net.demands)), net.demands["last_path"] - net.demands["first_path"])[paths]
    candidate = link["candidate"] == 1
    regional = int((net.demands["kind"][demand_of] == 0).sum())
    link_of_section = np.searchsorted(links, section["link"])
    over = incidences(net, path, demand_of, links, segments)
    classes = (slice(0, regional), slice(regional, None))
    exists, is_new = diagonal(~candidate), diagonal(candidate)
    old = [over["segment"][rows] @ diagonal(~candidate[link_of]) for rows in classes]
    new = [over["segment"][rows] @ diagonal(candidate[link_of]) for rows in classes]
    uses = [over["link"][rows].T.tocsr() for rows in classes]
    today = [diagonal(path["has_candidate"][rows] == 0) for rows in classes]
    return View(
        paths=paths,
        links=links,
        sections=sections,
        segments=segments,
        path=path,
        link=link,
        section=section,
        segment=segment,
        link_of=link_of,
        section_of=np.searchsorted(sections, segment["section"]),
        link_of_section=link_of_section,
        candidate=candidate,
        new_segment=candidate[link_of],
        new_paths=np.flatnonzero(path["has_candidate"] == 1),
        demand_of=demand_of,
        regional=regional,
        by_demand=sums(demand_of, len(net.demands)),
        by_section=sums(np.searchsorted(sections, segment["section"]), len(sections)),
        by_link=sums(link_of, len(links)),
        sections_by_link=sums(link_of_section, len(links)),
        own_sections_by_link=(sums(link_of_section, len(links)) @ diagonal(section["programme"])).tocsr(),
        sections_by_country=sums(section["country"], len(net.countries)),
        old=old,
        new=new,
        loads=[(a + b).T.tocsr() for a, b in zip(old, new, strict=True)],
        uses=uses,
        sets=[(exists @ use @ mine + is_new @ use).tocsr() for use, mine in zip(uses, today, strict=True)],
        potential=potentials(net, link),
        closers=(over["link"] @ is_new).tocsr(),
        crossings=over["crossing"][:regional].T.tocsr(),
        zones=over["zone"].T.tocsr(),
        demand_zones=sums(
            np.repeat(np.arange(len(net.demands)), net.demands["last_zone"] - net.demands["first_zone"]),
            len(net.demands),
        ),
    )


def diagonal(values: NDArray[Any]) -> csr_array:
    """Sparse diagonal matrix."""
    place = np.arange(len(values))
    return csr_array((values.astype(np.float64), (place, place)), shape=(len(values), len(values)))


def incidences(
    net: Network, path: NDArray[np.void], demand_of: Index, links: Index, segments: Index
) -> dict[str, csr_array]:
    """Segments, links, crossed countries and zones (places in the demands' own lists) of paths."""
    entries: dict[str, tuple[list[int], list[int], list[float]]] = {
        kind: ([], [], []) for kind in ("segment", "link", "crossing", "zone")
    }

    def add(kind: str, row: int, column: int, value: float = 1.0) -> None:
        for part, item in zip(entries[kind], (row, column, value), strict=True):
            part.append(item)  # type: ignore[arg-type]

    for p, (one, o) in enumerate(zip(path, demand_of, strict=True)):
        for g in net.path_segments[one["first_piece"] : one["last_piece"]]:
            add("segment", p, int(np.searchsorted(segments, g)))
        for stretch in net.path_links[one["first_link"] : one["last_link"]]:
            add("link", p, int(np.searchsorted(links, stretch["link"])))
        for country in net.path_crossings[one["first_crossing"] : one["last_crossing"]]:
            add("crossing", p, int(country))
        first_zone = int(net.demands[o]["first_zone"])
        for zone in net.path_zones[one["first_zone"] : one["last_zone"]]:
            add("zone", p, first_zone + int(zone["position"]), float(zone["factor"]))
    widths = {
        "segment": len(segments),
        "link": len(links),
        "crossing": len(net.countries),
        "zone": len(net.demand_zones),
    }
    return {
        kind: csr_array((values, (rows, columns)), shape=(len(path), widths[kind]))
        for kind, (rows, columns, values) in entries.items()
    }


def potentials(net: Network, link: NDArray[np.void]) -> list[csr_array]:
    """Demands that could use each link, by class."""
    result = []
    for b in BOTH:
        pairs = [
            (l, int(o))
            for l, one in enumerate(link)
            for o in net.link_demands[one["first_demand"] : one["last_demand"]]
            if net.demands[o]["kind"] == b
        ]
        rows, columns = [l for l, _ in pairs], [o for _, o in pairs]
        result.append(csr_array((np.ones(len(pairs)), (rows, columns)), shape=(len(link), len(net.demands))))
    return result
