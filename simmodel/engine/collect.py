"""What the kernels write down of a block: chosen rows draw by draw, moments of everything, histograms of some.

Moments (mean, sum of squared deviations) are merged neighbour by neighbour up a binary tree of draws, which
`simmodel.engine.moments` climbs further from blocks on: they depend on the draws alone, not on blocks or threads.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simmodel.engine.block import B
from simmodel.engine.jit import exact_step, kernel_step
from simmodel.engine.rows_kernel import set_row
from simmodel.engine.state import ROWS_AT_ONCE, Record, Row, State
from simmodel.inputs.model_inputs import (
    COUNTRY_VARIABLES,
    LINK_VARIABLES,
    MARKET_VARIABLES,
    REGION_VARIABLES,
    Network,
)

__all__ = [
    "BINS",
    "Collection",
    "collect_base_year",
    "collect_link",
    "collect_openings",
    "collect_region",
    "collect_year",
]

Index = NDArray[np.int64]
Matrix = NDArray[np.float64]
N_LINK, N_REGION = len(LINK_VARIABLES), len(REGION_VARIABLES)
N_EXISTING: Final = LINK_VARIABLES.index("open")  # results of an existing link that differ between draws
N_COUNTRY, N_MARKET = len(COUNTRY_VARIABLES), len(MARKET_VARIABLES)
LINK_TABLE, REGION_TABLE, COUNTRY_TABLE, MARKET_TABLE = 0, 1, 2, 3
BINS: Final = 4096
# Moments are the same for every block of whole groups.
GROUP: Final = min(B, 64)
QUARTER: Final = max(GROUP // 4, 1)
LANE_ORDER: Final = tuple(
    (i // 4 + (0, 2, 1, 3)[i % 4] * QUARTER if GROUP >= 4 else i) for i in range(GROUP)
)  # the draws of a group, partners side by side


class Collection(NamedTuple):
    """Where results go; kept arrays are shared by all threads, moments are those of a block."""

    link_row: Index  # [run, object, variable] -> row, -1 not kept; likewise the next three
    region_row: Index
    country_row: Index
    market_row: Index
    section_row: Index  # [run, section]
    kept_links: NDArray[np.float64]  # (rows, years, kept draws in whole blocks)
    kept_regions: NDArray[np.float64]
    kept_countries: NDArray[np.float64]
    kept_markets: NDArray[np.float64]
    kept_sections: NDArray[np.float64]
    openings: NDArray[np.float64]  # (open_t works_start completed, links, kept draws in whole blocks)
    link_moments: NDArray[np.float64]  # (mean and squared deviations, run, year, link, variable)
    region_moments: NDArray[np.float64]
    country_moments: NDArray[np.float64]
    market_moments: NDArray[np.float64]
    path_moments: NDArray[np.float64]  # (2, run, year, path, 1) flow
    base_moments: NDArray[np.float64]  # (2, base-year quantity)
    link_cell: Index  # [run, link, variable] -> cell of the histograms, -1 not counted
    ranges: NDArray[np.float64]  # (cells, years, 3) lower and upper end of the histogram, bins per unit
    counts: NDArray[np.uint32]  # (cells, years, BINS) of a thread
    tails: NDArray[np.float64]  # (2, cells, years) mean distance of the block's draws below and above the range
    broken: Index  # (7,) found, table, run, variable, object, year, lane
    lanes: Index  # (3,) column of the block's first draw in the kept arrays, -1 kept no more; first, last lane wanted


@exact_step
def fold_row(row: Row, c: Collection, fold: Matrix, v: int, scratch: Record) -> None:
    """Moments of every four draws of a row, or of all its wanted draws where not all are: `end_fold` goes on."""
    first, last = c.lanes[1], c.lanes[2]
    if last - first < B or B < 4:
        fold[0, v], fold[1, v] = lane_moments(row, first, last, scratch)
    else:
        for g in range(B // GROUP):
            fold_quarters(row, g * GROUP, fold[0], fold[1], (v * (B // GROUP) + g) * QUARTER)


@exact_step
def fold_quarters(row: Row, first: int, mean: Row, squares: Row, place: int) -> None:
    """Moments of four draws each of a group from lane `first` on: 0 and 32 after it with 16 and 48 after it, and so on.

    Two sets of n draws with means m, m' and squared deviations q, q' make one with the mean of m and m' and
    q + q' + (m - m')**2 n / 2.
    """
    for i in range(QUARTER):
        even, odd = row[first + i], row[first + QUARTER + i]
        even_gap, odd_gap = row[first + 2 * QUARTER + i] - even, row[first + 3 * QUARTER + i] - odd
        even, odd = even + even_gap * 0.5, odd + odd_gap * 0.5
        gap = odd - even
        mean[place + i] = even + gap * 0.5
        squares[place + i] = (even_gap * even_gap * 0.5 + odd_gap * odd_gap * 0.5) + gap * gap


@exact_step
def end_fold(c: Collection, fold: Matrix, rows: int) -> None:
    """Merge the sets of so many rows two by two up a tree: a row's mean and squared deviations in fold[0:2, row].

    All rows are merged in one loop a level, which is long enough for SIMD code.
    """
    if c.lanes[2] - c.lanes[1] < B or B < 4:
        return
    n, half, source = B // 4, 2.0, 0
    while n > 1:
        n //= 2
        pair_sets(fold[source], fold[source + 1], fold[2 - source], fold[3 - source], rows * n, half)
        half, source = 2.0 * half, 2 - source
    if source == 2:
        for v in range(rows):
            fold[0, v], fold[1, v] = fold[2, v], fold[3, v]


@exact_step
def pair_sets(mean: Row, squares: Row, merged_mean: Row, merged_squares: Row, n: int, half: float) -> None:
    """Moments of every two neighbouring sets, n pairs of them; half the draws of a set."""
    for i in range(n):
        gap = mean[2 * i + 1] - mean[2 * i]
        merged_mean[i] = mean[2 * i] + gap * 0.5
        merged_squares[i] = (squares[2 * i] + squares[2 * i + 1]) + gap * gap * half


@exact_step
def lane_moments(row: Row, first: int, last: int, fold: Record) -> tuple[float, float]:
    """The same up the same tree, of which some leaves are missing: draws in e."""
    for i in range(B):
        # where fold_quarters has a draw's partners, neighbours stand here
        lane = i // GROUP * GROUP + LANE_ORDER[i % GROUP]
        is_wanted = first <= lane < last
        fold.c[i], fold.d[i], fold.e[i] = row[lane] if is_wanted else 0.0, 0.0, 1.0 if is_wanted else 0.0
    n = B
    while n > 1:
        n //= 2
        for g in range(n):
            merge_neighbours(fold, 2 * g, g)
    return fold.c[0], fold.d[0]


@exact_step
def merge_neighbours(fold: Record, g: int, target: int) -> None:
    """Merge the moments in places g and g + 1: means in c, squared deviations in d, draws in e."""
    left, right = fold.e[g], fold.e[g + 1]
    gap = fold.c[g + 1] - fold.c[g]
    if right == 0.0:
        fold.c[target], fold.d[target] = fold.c[g], fold.d[g]
    elif left == 0.0:
        fold.c[target], fold.d[target] = fold.c[g + 1], fold.d[g + 1]
    else:
        fold.c[target] = fold.c[g] + gap * (right / (left + right))
        fold.d[target] = (fold.d[g] + fold.d[g + 1]) + gap * gap * (left * right / (left + right))
    fold.e[target] = left + right


@kernel_step
def collect_object(
    rows: Matrix,
    n: int,
    index: Index,
    kept: NDArray[np.float64],
    moments: NDArray[np.float64],
    s: State,
    c: Collection,
    table: int,
    run: int,
    k: int,
    t: int,
) -> None:
    """Write the moments of an object's first n results, keep what is wanted, note what is not finite."""
    fold, column = s.fold, c.lanes[0]
    for v in range(n):
        fold_row(rows[v], c, fold, v, s.scratch[0])
    end_fold(c, fold, n)
    for v in range(n):
        moments[0, run, t, k, v] = fold[0, v]
        moments[1, run, t, k, v] = fold[1, v]
    for v in range(n):
        mean, place = fold[0, v], index[run, k, v]
        if mean - mean != 0.0 and c.broken[0] == 0:
            note_broken(rows[v], c.broken, table, run, v, k, t, c.lanes[1], c.lanes[2])
        if place >= 0 and column >= 0:
            keep_part(kept, place, t, column, rows[v], 1.0)


@kernel_step
def count_row(row: Row, c: Collection, cell: int, t: int, scratch: Record, fold: Matrix) -> None:
    """Count a row into its histogram, and add up how far it lies below and above its range."""
    low, high, per_unit = c.ranges[cell, t, 0], c.ranges[cell, t, 1], c.ranges[cell, t, 2]
    first, last, counts = c.lanes[1], c.lanes[2], c.counts[cell, t]
    for i in range(B):
        scratch.f[i] = min(max((row[i] - low) * per_unit, 0.0), BINS - 1.0)
    for i in range(first, last):
        counts[int(scratch.f[i])] += 1
    for i in range(B):
        scratch.f[i] = max(low - row[i], 0.0)
    fold_row(scratch.f, c, fold, 0, scratch)
    for i in range(B):
        scratch.f[i] = max(row[i] - high, 0.0)
    fold_row(scratch.f, c, fold, 1, scratch)
    end_fold(c, fold, 2)
    c.tails[0, cell, t], c.tails[1, cell, t] = fold[0, 0], fold[0, 1]


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
def collect_region(s: State, c: Collection, run: int, k: int, t: int) -> None:
    """Collect the results of a region."""
    rows = s.region_results[0].out
    collect_object(rows, N_REGION, c.region_row, c.kept_regions, c.region_moments, s, c, REGION_TABLE, run, k, t)


@kernel_step
def collect_link(s: State, net: Network, c: Collection, run: int, k: int, t: int) -> None:
    """Collect the results of a link; those that are the same in every draw need no sums."""
    rows, differing = s.link_results[0].out, N_LINK
    if not is_wanted(c, run, k):
        differing = 0 if s.in_run[k] == 0 else (N_EXISTING if net.links[k].candidate == 0 else N_LINK)
    for v in range(differing, N_LINK):
        c.link_moments[0, run, t, k, v] = rows[v, 0]
    collect_object(rows, differing, c.link_row, c.kept_links, c.link_moments, s, c, LINK_TABLE, run, k, t)
    for v in range(differing):
        if c.link_cell[run, k, v] >= 0:
            count_row(rows[v], c, c.link_cell[run, k, v], t, s.scratch[0], s.fold)
    collect_sections(s, net, c, run, k, t)


@kernel_step
def is_wanted(c: Collection, run: int, k: int) -> bool:
    """Say whether any row of a link is kept or counted."""
    for v in range(N_LINK):
        if c.link_row[run, k, v] >= 0 or c.link_cell[run, k, v] >= 0:
            return True
    return False


@kernel_step
def collect_sections(s: State, net: Network, c: Collection, run: int, number: int, t: int) -> None:
    """Keep the taxable profit of a link's own sections; there is none where the link is not part of the run."""
    column = c.lanes[0]
    for k in range(net.links[number].first_section, net.links[number].last_section):
        place = c.section_row[run, k]
        if place >= 0 and column >= 0:
            part = 1.0 if s.in_run[number] == 1 else 0.0
            keep_part(c.kept_sections, place, t, column, s.sections[k].profit, part)


@kernel_step
def keep_part(kept: NDArray[np.float64], place: int, t: int, column: int, row: Row, part: float) -> None:
    """Keep a part of a row."""
    for i in range(B):
        kept[place, t, column + i] = row[i] * part


@kernel_step
def collect_year(s: State, net: Network, c: Collection, run: int, t: int) -> None:
    """Collect the results of countries, transit markets and paths."""
    for k in range(len(net.countries)):
        rows = s.countries[k].out
        collect_object(
            rows, N_COUNTRY, c.country_row, c.kept_countries, c.country_moments, s, c, COUNTRY_TABLE, run, k, t
        )
    for k in range(len(net.transits) + 1):
        rows = s.markets[k].out
        collect_object(rows, N_MARKET, c.market_row, c.kept_markets, c.market_moments, s, c, MARKET_TABLE, run, k, t)
    collect_paths(s, net, c, run, t)


@kernel_step
def collect_paths(s: State, net: Network, c: Collection, run: int, t: int) -> None:
    """Moments of the flows of all paths."""
    moments, fold = c.path_moments, s.fold
    for q in range(0, len(net.paths), ROWS_AT_ONCE):
        rows = min(ROWS_AT_ONCE, len(net.paths) - q)
        for v in range(rows):
            fold_row(s.path_flow[q + v], c, fold, v, s.scratch[0])
        end_fold(c, fold, rows)
        for v in range(rows):
            moments[0, run, t, q + v, 0] = fold[0, v]
            moments[1, run, t, q + v, 0] = fold[1, v]


@kernel_step
def collect_openings(s: State, net: Network, c: Collection, run: int) -> None:
    """Keep when the works start, the year of first service and whether links are completed, in the last run."""
    column = c.lanes[0]
    if run == len(net.runs) - 1 and column >= 0:
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
    place, row = 0, s.scratch[0].f
    for o in range(len(net.demands)):
        place = add_base(s.demand_base[o].demand, s, c, place)
    for r in range(len(net.regions)):
        place = add_base(s.demand_base[r].wholesale, s, c, place)
    for k in range(len(net.countries)):
        place = add_base(s.country_base[k].margin, s, c, place)
    for o in range(len(net.demands)):
        for e in range(net.demands[o].first_exit, net.demands[o].last_exit):
            set_row(row, 0.0)
            for q in range(net.demands[o].first_path, net.demands[o].last_path):
                if net.paths[q].exit == e:
                    share = s.path_base[q].share
                    for i in range(B):
                        row[i] += share[i]
            place = add_base(row, s, c, place)
    for number in range(len(net.links)):
        for b in range(2):
            if net.links[number].candidate == 1:
                set_row(row, 0.0)
                place = add_base(row, s, c, place)
            else:
                place = add_base(s.link_base[number].weight[b], s, c, place)
    for number in range(len(net.links)):
        for b in range(2):
            set_row(row, 0.0)
            for g in range(net.links[number].first_segment, net.links[number].last_segment):
                price = s.price[b, g]
                for i in range(B):
                    row[i] += price[i]
            place = add_base(row, s, c, place)


@kernel_step
def add_base(row: Row, s: State, c: Collection, place: int) -> int:
    """Write the moments of a base-year row; the place of the next one."""
    fold_row(row, c, s.fold, 0, s.scratch[0])
    end_fold(c, s.fold, 1)
    c.base_moments[0, place], c.base_moments[1, place] = s.fold[0, 0], s.fold[1, 0]
    return place + 1
