"""What is kept of a simulation: chosen rows draw by draw, means and squared deviations of everything, base-year means.

Sums over the draws of a block are folded in halves (64, 32, 16, 8 and then one by one), around the block's first value,
and blocks are merged one after the other in their order, so that they do not depend on the number of threads.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simmodel.engine.block import B
from simmodel.engine.jit import kernel_step
from simmodel.engine.rows_kernel import set_row
from simmodel.engine.state import Record, Row, State
from simmodel.inputs.model_inputs import (
    COUNTRY_VARIABLES,
    LINK_VARIABLES,
    MARKET_VARIABLES,
    REGION_VARIABLES,
    RUNS,
    Network,
)

__all__ = ["Collection", "KeepPlan", "collect_base_year", "collect_openings", "collect_year", "merge_moments"]

Index = NDArray[np.int64]
N_LINK, N_REGION = len(LINK_VARIABLES), len(REGION_VARIABLES)
N_COUNTRY, N_MARKET = len(COUNTRY_VARIABLES), len(MARKET_VARIABLES)
LINK_TABLE, REGION_TABLE, COUNTRY_TABLE, MARKET_TABLE = 0, 1, 2, 3
AVAILABILITY = LINK_VARIABLES.index("availability")
OTHER_PORTFOLIO_RUNS = ("portfolio", "portfolio_codeploy", "portfolio_reform")
FINANCING_VARIABLES = ("capex", "capex_economic", "cfads", "revenue_usd", "opex_usd", "anchor", "revenue")


@dataclass(frozen=True, slots=True)
class KeepPlan:
    """Rows kept draw by draw: [run, variable, object] -> row of the kept array, -1 not kept.

    The last market row is all demands together.
    """

    link_row: Index
    region_row: Index
    country_row: Index
    market_row: Index

    @classmethod
    def nothing(cls, network: Network) -> KeepPlan:
        """Keep means and squared deviations alone."""
        counts = _object_counts(network)
        runs = len(network.runs)
        return cls(*(np.full((runs, variables, objects), -1, dtype=np.int64) for variables, objects in counts))

    @classmethod
    def full(cls, network: Network) -> KeepPlan:
        """Keep every variable of everything in every run."""
        counts = _object_counts(network)
        runs = len(network.runs)
        return cls(*(_number(np.ones((runs, variables, objects), dtype=bool)) for variables, objects in counts))

    @classmethod
    def default(cls, network: Network) -> KeepPlan:
        """Keep what financing and the usual reports need."""
        (v_link, links), (v_region, regions), (v_country, countries), (v_market, markets) = _object_counts(network)
        runs, candidate = len(network.runs), network.links["candidate"] == 1
        link = np.zeros((runs, v_link, links), dtype=bool)
        country = np.zeros((runs, v_country, countries), dtype=bool)
        market = np.zeros((runs, v_market, markets), dtype=bool)
        full = RUNS.index("with")
        link[full, :, candidate] = True
        for name in OTHER_PORTFOLIO_RUNS:
            for variable in FINANCING_VARIABLES:
                link[RUNS.index(name), LINK_VARIABLES.index(variable), candidate] = True
        for name in ("without", "reform_only", "with"):
            country[RUNS.index(name)] = True
        for variable in ("demand", "outside_share"):
            market[full, MARKET_VARIABLES.index(variable)] = True
        region = np.zeros((runs, v_region, regions), dtype=bool)
        return cls(_number(link), _number(region), _number(country), _number(market))

    def rows(self) -> tuple[int, int, int, int]:
        """Kept rows of links, regions, countries and markets."""
        tables = (self.link_row, self.region_row, self.country_row, self.market_row)
        return tuple(int(table.max(initial=-1)) + 1 for table in tables)  # type: ignore[return-value]

    def size_bytes(self, *, years: int, draws: int) -> int:
        """Memory the kept rows take."""
        return 8 * years * draws * sum(self.rows())


def _object_counts(network: Network) -> tuple[tuple[int, int], ...]:
    """Variables and objects of each table."""
    return (
        (N_LINK, len(network.links)),
        (N_REGION, len(network.regions)),
        (N_COUNTRY, len(network.countries)),
        (N_MARKET, len(network.transits) + 1),
    )


def _number(wanted: NDArray[np.bool_]) -> Index:
    """Number the wanted places in order."""
    row = np.full(wanted.shape, -1, dtype=np.int64)
    row[wanted] = np.arange(int(wanted.sum()))
    return row


class Collection(NamedTuple):
    """Where results go; kept arrays are shared by all threads, moments belong to a chunk of blocks."""

    link_row: Index
    region_row: Index
    country_row: Index
    market_row: Index
    kept_links: NDArray[np.float64]  # (rows, years, padded draws)
    kept_regions: NDArray[np.float64]
    kept_countries: NDArray[np.float64]
    kept_markets: NDArray[np.float64]
    openings: NDArray[np.float64]  # (open_t works_start completed, links, padded draws)
    link_moments: NDArray[np.float64]  # (mean and squared deviations, run, variable, link, year)
    region_moments: NDArray[np.float64]
    country_moments: NDArray[np.float64]
    market_moments: NDArray[np.float64]
    path_moments: NDArray[np.float64]  # (2, run, 1, path, year) flow
    base_moments: NDArray[np.float64]  # (2, base-year quantity)
    weight: NDArray[np.float64]  # (1,) draws in the moments so far
    broken: Index  # (7,) found, table, run, variable, object, year, lane
    lanes: Index  # (3,) column of the block's first draw in the kept arrays; first and last (exclusive) lane wanted


@kernel_step
def add_moments(
    row: NDArray[np.float64], mean: float, squares: float, weight: float, first: int, last: int, fold: Record
) -> tuple[float, float]:
    """Mean and squared deviations of `weight` draws and of lanes [first, last) of a row together."""
    shift = row[first]
    total, square = 0.0, 0.0
    if last - first == B and B >= 8:
        for i in range(B // 2):
            x, y = row[i] - shift, row[i + B // 2] - shift
            fold.a[i] = x + y
            fold.b[i] = x * x + y * y
        for i in range(B // 4):
            fold.a[i] += fold.a[i + B // 4]
            fold.b[i] += fold.b[i + B // 4]
        for i in range(B // 8):
            fold.a[i] += fold.a[i + B // 8]
            fold.b[i] += fold.b[i + B // 8]
        for i in range(B // 8):
            total += fold.a[i]
            square += fold.b[i]
    else:
        for i in range(first, last):
            total += row[i] - shift
            square += (row[i] - shift) * (row[i] - shift)
    count = float(last - first)
    own = shift + total / count
    own_squares = max(square - total * total / count, 0.0) if total - total == 0.0 else total
    gap = own - mean
    both = weight + count
    return mean + gap * (count / both), squares + own_squares + gap * gap * (weight * count / both)


@kernel_step
def collect_row(
    row: Row,
    kept: NDArray[np.float64],
    place: int,
    moments: NDArray[np.float64],
    c: Collection,
    table: int,
    run: int,
    v: int,
    k: int,
    t: int,
    fold: Record,
) -> None:
    """Add a row to the moments, keep it if wanted, note the first number that is not finite."""
    column, first, last = c.lanes[0], c.lanes[1], c.lanes[2]
    mean, squares = add_moments(row, moments[0, run, v, k, t], moments[1, run, v, k, t], c.weight[0], first, last, fold)
    moments[0, run, v, k, t] = mean
    moments[1, run, v, k, t] = squares
    if mean - mean != 0.0 and c.broken[0] == 0:
        note_broken(row, c.broken, table, run, v, k, t, first, last)
    if place >= 0:
        for i in range(B):
            kept[place, t, column + i] = row[i]


@kernel_step
def note_broken(
    row: NDArray[np.float64], broken: Index, table: int, run: int, v: int, number: int, t: int, first: int, last: int
) -> None:
    """Write down where the first number that is not finite was found."""
    broken[0] = 1
    broken[1] = table
    broken[2] = run
    broken[3] = v
    broken[4] = number
    broken[5] = t
    broken[6] = first
    for i in range(last - 1, first - 1, -1):
        if row[i] - row[i] != 0.0:
            broken[6] = i


@kernel_step
def collect_year(s: State, net: Network, c: Collection, run: int, t: int) -> None:
    """Collect all results of a year."""
    fold = s.scratch[0]
    for k in range(len(net.regions)):
        for v in range(N_REGION):
            row, place = s.regions[k].out[v], c.region_row[run, v, k]
            collect_row(row, c.kept_regions, place, c.region_moments, c, REGION_TABLE, run, v, k, t, fold)
    for k in range(len(net.countries)):
        for v in range(N_COUNTRY):
            row, place = s.countries[k].out[v], c.country_row[run, v, k]
            collect_row(row, c.kept_countries, place, c.country_moments, c, COUNTRY_TABLE, run, v, k, t, fold)
    for k in range(len(net.transits) + 1):
        for v in range(N_MARKET):
            row, place = s.markets[k].out[v], c.market_row[run, v, k]
            collect_row(row, c.kept_markets, place, c.market_moments, c, MARKET_TABLE, run, v, k, t, fold)
    for k in range(len(net.links)):
        if net.links[k].candidate == 1 and net.runs[run].has_portfolio == 0:
            describe_absent_link(s.links[k])
        for v in range(N_LINK):
            row, place = s.links[k].out[v], c.link_row[run, v, k]
            collect_row(row, c.kept_links, place, c.link_moments, c, LINK_TABLE, run, v, k, t, fold)
    collect_paths(s, net, c, run, t)


@kernel_step
def describe_absent_link(link: Record) -> None:
    """A candidate that is not part of the run: nothing flows, nothing fails."""
    for v in range(N_LINK):
        set_row(link.out[v], 1.0 if v == AVAILABILITY else 0.0)


@kernel_step
def collect_paths(s: State, net: Network, c: Collection, run: int, t: int) -> None:
    """Add the flows of all paths to their moments."""
    moments, first, last = c.path_moments, c.lanes[1], c.lanes[2]
    for q in range(len(net.paths)):
        mean, squares = moments[0, run, 0, q, t], moments[1, run, 0, q, t]
        mean, squares = add_moments(s.path_flow[q], mean, squares, c.weight[0], first, last, s.scratch[0])
        moments[0, run, 0, q, t] = mean
        moments[1, run, 0, q, t] = squares


@kernel_step
def collect_openings(s: State, net: Network, c: Collection, run: int) -> None:
    """Keep when the works start, the year of first service and whether links are completed, in the last run."""
    column = c.lanes[0]
    if run == len(net.runs) - 1:
        for number in range(len(net.links)):
            if net.links[number].candidate == 1:
                link = s.links[number]
                for i in range(B):
                    c.openings[0, number, column + i] = link.open_t[i]
                    c.openings[1, number, column + i] = link.works_start[i]
                    c.openings[2, number, column + i] = link.completed[i]


@kernel_step
def collect_base_year(s: State, net: Network, c: Collection) -> None:
    """Means of the base year: traffic and wholesale price of regions, margins, shares of exits, links' flow."""
    place, fold, row = 0, s.scratch[0], s.scratch[0].c
    for o in range(len(net.demands)):
        place = add_base(s.demand_base[o].demand, c, place, fold)
    for r in range(len(net.regions)):
        place = add_base(s.demand_base[r].wholesale, c, place, fold)
    for k in range(len(net.countries)):
        place = add_base(s.country_base[k].margin, c, place, fold)
    for o in range(len(net.demands)):
        for e in range(net.demands[o].first_exit, net.demands[o].last_exit):
            set_row(row, 0.0)
            for q in range(net.demands[o].first_path, net.demands[o].last_path):
                if net.paths[q].exit == e:
                    share = s.path_base[q].share
                    for i in range(B):
                        row[i] += share[i]
            place = add_base(row, c, place, fold)
    for number in range(len(net.links)):
        for b in range(2):
            if net.links[number].candidate == 1:
                set_row(row, 0.0)
                place = add_base(row, c, place, fold)
            else:
                place = add_base(s.link_base[number].weight[b], c, place, fold)
    for number in range(len(net.links)):
        for b in range(2):
            set_row(row, 0.0)
            for g in range(net.links[number].first_segment, net.links[number].last_segment):
                price = s.price[b, g]
                for i in range(B):
                    row[i] += price[i]
            place = add_base(row, c, place, fold)


@kernel_step
def add_base(row: Row, c: Collection, place: int, fold: Record) -> int:
    """Add a base-year row to its moments; the place of the next one."""
    mean, squares, first, last = c.base_moments[0, place], c.base_moments[1, place], c.lanes[1], c.lanes[2]
    mean, squares = add_moments(row, mean, squares, c.weight[0], first, last, fold)
    c.base_moments[0, place] = mean
    c.base_moments[1, place] = squares
    return place + 1


def merge_moments(total: NDArray[np.float64], weight: float, part: NDArray[np.float64], part_weight: float) -> None:
    """Add the mean and squared deviations of `part_weight` draws to those of `weight` draws, in place."""
    both = weight + part_weight
    gap = part[0] - total[0]
    total[0] += gap * (part_weight / both)
    total[1] += part[1] + gap * gap * (weight * part_weight / both)
