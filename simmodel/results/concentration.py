"""How much a country leans on one link, one exit and one neighbour, and what it loses when the largest is cut."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from simmodel.inputs.model_inputs import RUNS
from simmodel.results.simulated_runs import SimulatedRuns
from simmodel.results.wholesale_pricing import herfindahl_index
from simmodel.scenario.schema import Scenario

CONCENTRATION_RUNS = ("without", "with")


@dataclass(frozen=True, slots=True)
class ConcentrationRow:
    """Concentration of a country's international traffic in one run and year, from mean flows on paths.

    Attributes
    ----------
    country, run : names;  year : calendar year
    hhi_link : [0..1] Herfindahl index of the use of links (a path uses every link it runs over)
    hhi_exit, hhi_neighbour : [0..1] of exits (hub and gate) and of the first country abroad
    largest_link, largest_exit, largest_neighbour : names
    largest_link_share, largest_exit_share, largest_neighbour_share : [-] of the country's traffic that is cut at once
        when the largest one is lost, before anything is rerouted
    """

    country: str
    run: str
    year: int
    hhi_link: float
    hhi_exit: float
    hhi_neighbour: float
    largest_link: str
    largest_link_share: float
    largest_exit: str
    largest_exit_share: float
    largest_neighbour: str
    largest_neighbour_share: float


def measure_concentration(
    scenario: Scenario, runs: SimulatedRuns, years: tuple[int, ...]
) -> tuple[ConcentrationRow, ...]:
    """Return a row for every country, run of `CONCENTRATION_RUNS` and year index of `years`."""
    links, exits, neighbours = _labels_of_paths(scenario, runs)
    by_country = _paths_of_countries(runs)
    rows = []
    for country, paths in by_country.items():
        for run in CONCENTRATION_RUNS:
            flow = runs.output.path_flow_mean[RUNS.index(run)]
            for year in years:
                traffic = {path: float(flow[path, year]) for path in paths}
                rows.append(_row(country, run, runs.inputs.first_year + year, traffic, links, exits, neighbours))
    return tuple(rows)


def _row(
    country: str,
    run: str,
    year: int,
    traffic: dict[int, float],
    links: list[tuple[str, ...]],
    exits: list[str],
    neighbours: list[str],
) -> ConcentrationRow:
    total = max(sum(traffic.values()), 1e-300)
    by_link: dict[str, float] = defaultdict(float)
    by_exit: dict[str, float] = defaultdict(float)
    by_neighbour: dict[str, float] = defaultdict(float)
    for path, flow in traffic.items():
        by_exit[exits[path]] += flow
        by_neighbour[neighbours[path]] += flow
        for link in links[path]:
            by_link[link] += flow
    largest = [max(group, key=group.__getitem__, default="") for group in (by_link, by_exit, by_neighbour)]
    return ConcentrationRow(
        country=country,
        run=run,
        year=year,
        hhi_link=_hhi(by_link),
        hhi_exit=_hhi(by_exit),
        hhi_neighbour=_hhi(by_neighbour),
        largest_link=largest[0],
        largest_link_share=by_link.get(largest[0], 0.0) / total,
        largest_exit=largest[1],
        largest_exit_share=by_exit.get(largest[1], 0.0) / total,
        largest_neighbour=largest[2],
        largest_neighbour_share=by_neighbour.get(largest[2], 0.0) / total,
    )


def _hhi(group: dict[str, float]) -> float:
    flows = np.array(list(group.values()))
    return float(herfindahl_index(share=flows / flows.sum())) if flows.sum() > 0.0 else float("nan")


def _paths_of_countries(runs: SimulatedRuns) -> dict[str, list[int]]:
    """Paths of every country's regions, by country code."""
    network, names = runs.inputs.network, runs.inputs.names
    paths: dict[str, list[int]] = {name: [] for name in names.countries[:-1]}
    for region, record in enumerate(network.regions):
        demand = network.demands[region]
        paths[names.countries[int(record["country"])]] += range(int(demand["first_path"]), int(demand["last_path"]))
    return paths


def _labels_of_paths(scenario: Scenario, runs: SimulatedRuns) -> tuple[list[tuple[str, ...]], list[str], list[str]]:
    """Links, exit and first country abroad of every path."""
    network, names = runs.inputs.network, runs.inputs.names
    links, exits, neighbours = [], [], []
    segment_country = [country_of_segment(scenario, name) for name in names.segments]
    home = {int(path): country for country, paths in _paths_of_countries(runs).items() for path in paths}
    for index, path in enumerate(network.paths):
        on_path = network.path_links["link"][path["first_link"] : path["last_link"]]
        links.append(tuple(names.links[link] for link in on_path))
        exits.append(exit_label(names.exits[int(path["exit"])]))
        pieces = network.path_segments[path["first_piece"] : path["last_piece"]]
        abroad = [segment_country[piece] for piece in pieces if segment_country[piece] not in (home.get(index), "")]
        neighbours.append(abroad[0] if abroad else exits[-1].rpartition("@")[2])
    return links, exits, neighbours


def exit_label(name: str) -> str:
    """Return `hub@gate` of an exit called `<demand>/<hub>@<gate>`."""
    return name.rpartition("/")[2]


def country_of_segment(scenario: Scenario, name: str) -> str:
    """Return the country of an engine segment called `<slug>/<from>-<to>`; empty when the scenario does not know it."""
    slug, _, hop = name.partition("/")
    link = scenario.links.get(slug)
    if link is None:
        return ""
    ends = set(hop.split("-"))
    for segment in link.segments:
        if segment.from_node in ends and (segment.to_node in ends or segment.from_node == hop.split("-")[0]):
            return segment.iso3
    return link.segments[0].iso3
