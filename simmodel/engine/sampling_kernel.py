"""Draws of the static parameters of one block: normal numbers by stream, correlation, inverse distributions."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simmodel.engine.block import B
from simmodel.engine.elementary import exp, logistic, normal_cdf, turn_uniforms_into_normals
from simmodel.engine.jit import kernel_entry, kernel_step
from simmodel.engine.random_streams import fill_uniforms, uniform_of_word
from simmodel.inputs.marginals import MarginalKind

__all__ = ["TABLE_REACH", "Points", "StaticDraws", "fill_medians", "fill_static_rows"]

Row = NDArray[np.float64]

FIXED: Final = int(MarginalKind.FIXED)
UNIFORM: Final = int(MarginalKind.UNIFORM)
TRIANGULAR: Final = int(MarginalKind.TRIANGULAR)
NORMAL: Final = int(MarginalKind.NORMAL)
LOGNORMAL: Final = int(MarginalKind.LOGNORMAL)
SHIFTED_LOGNORMAL: Final = int(MarginalKind.SHIFTED_LOGNORMAL)
LOGIT_NORMAL: Final = int(MarginalKind.LOGIT_NORMAL)
BETA: Final = int(MarginalKind.BETA)
DISCRETE: Final = int(MarginalKind.DISCRETE)

# Tables of the inverse beta distribution run over standard normal numbers from -TABLE_REACH to TABLE_REACH.
TABLE_REACH: Final = 8.0


class StaticDraws(NamedTuple):
    """Everything the kernel needs to draw the static parameters; an element of each array per slot unless it says."""

    kinds: NDArray[np.int64]  # MarginalKind
    parameters: NDArray[np.float64]  # (slots, 4)
    lower: NDArray[np.float64]  # cut, -infinity for none
    upper: NDArray[np.float64]
    first_point: NDArray[np.int64]  # where its points start in `points`
    last_point: NDArray[np.int64]
    points: NDArray[np.float64]  # (points, 2): discrete value, cumulative probability | observation | value, slope
    first_term: NDArray[np.int64]  # where its normal number's terms start in `terms` and `weights`
    last_term: NDArray[np.int64]
    terms: NDArray[np.int64]  # index of a source
    weights: NDArray[np.float64]  # its weight; the squares of a slot's weights sum to one
    streams: NDArray[np.uint64]  # (sources,) stream number of every independent normal number
    years: NDArray[np.int64]  # (sources,) its year in the stream
    words: NDArray[np.int64]  # (sources,) its word in that year


class Points(NamedTuple):
    """Where the uniform numbers of the sources come from."""

    method: NDArray[np.int64]  # (1,) INDEPENDENT, SOBOL or GIVEN
    directions: NDArray[np.uint32]  # (replicates, sources, 32) scrambled direction numbers of Sobol sequences
    shifts: NDArray[np.uint32]  # (replicates, sources) digital shifts
    given: NDArray[np.float64]  # (sources, draws) uniform numbers of a design made at once


# How `Points` are made: Philox words by position, Sobol sequences, or the columns of `given`.
INDEPENDENT: Final = 0
SOBOL: Final = 1
GIVEN: Final = 2
# Draws in a row that are points of one Sobol sequence; the sequences take turns.
TURN: Final = 128
LANES: Final = min(B, TURN)


@kernel_step
def fill_sobol(row: Row, points: Points, source: int, first_draw: int) -> None:
    """Write uniform numbers of B draws: draw k is a point of sequence (k // TURN) % replicates.

    Point p of a sequence is the exclusive or of the direction numbers at the bits of p's Gray code, and of the shift.
    """
    replicates = points.shifts.shape[0]
    for start in range(0, B, LANES):
        turn = (first_draw + start) // TURN
        replicate = turn % replicates
        point0 = turn // replicates * TURN + (first_draw + start) % TURN
        directions, shift = points.directions[replicate, source], points.shifts[replicate, source]
        for i in range(LANES):
            point = np.uint64(point0 + i)
            gray, word = point ^ (point >> np.uint64(1)), np.uint64(shift)
            for bit in range(32):
                word ^= np.uint64(directions[bit]) * ((gray >> np.uint64(bit)) & np.uint64(1))
            row[start + i] = uniform_of_word(word)


@kernel_step
def fill_sources(
    sources: NDArray[np.float64], scratch: Row, draws: StaticDraws, points: Points, seed: np.uint64, first_draw: int
) -> None:
    """Write the independent normal numbers of one block, (sources, B)."""
    method = points.method[0]
    for k in range(draws.streams.size):
        row = sources[k]
        if method == INDEPENDENT:
            fill_uniforms(row, seed, first_draw, draws.streams[k], draws.years[k], draws.words[k])
        elif method == SOBOL:
            fill_sobol(row, points, k, first_draw)
        else:
            for i in range(B):
                row[i] = points.given[k, first_draw + i]
        turn_uniforms_into_normals(row, scratch)


@kernel_step
def combine_sources(normals: Row, sources: NDArray[np.float64], draws: StaticDraws, slot: int) -> None:
    """Write a slot's normal number, the weighted sum of its sources, always added in the same order."""
    for i in range(B):
        normals[i] = 0.0
    for term in range(draws.first_term[slot], draws.last_term[slot]):
        source = sources[draws.terms[term]]
        weight = draws.weights[term]
        for i in range(B):
            normals[i] += weight * source[i]


@kernel_step
def fill_triangular(row: Row, uniforms: Row, minimum: float, mode: float, maximum: float) -> None:
    """Inverse of the triangular distribution function."""
    width = maximum - minimum
    share_below = (mode - minimum) / width
    left, right = width * (mode - minimum), width * (maximum - mode)
    for i in range(B):
        u = uniforms[i]
        row[i] = minimum + np.sqrt(u * left) if u < share_below else maximum - np.sqrt((1.0 - u) * right)


@kernel_step
def fill_discrete(row: Row, uniforms: Row, points: NDArray[np.float64]) -> None:
    """Write the first value whose cumulative probability reaches the uniform."""
    for i in range(B):
        row[i] = points[0, 0]
    for k in range(1, points.shape[0]):
        value, reached = points[k, 0], points[k - 1, 1]
        for i in range(B):
            row[i] = value if uniforms[i] > reached else row[i]


@kernel_step
def fill_empirical(row: Row, uniforms: Row, points: NDArray[np.float64]) -> None:
    """Interpolate between sorted observations at position (n - 1) u."""
    intervals = points.shape[0] - 1
    for i in range(B):
        position = uniforms[i] * intervals
        k = min(int(position), intervals - 1)
        row[i] = points[k, 0] + (position - k) * (points[k + 1, 0] - points[k, 0])


@kernel_step
def fill_from_table(row: Row, normals: Row, points: NDArray[np.float64], minimum: float, maximum: float) -> None:
    """Inverse beta distribution function: cubic interpolation between table values and their slopes (per interval)."""
    intervals = points.shape[0] - 1
    per_unit = intervals / (2.0 * TABLE_REACH)
    width = maximum - minimum
    for i in range(B):
        position = min(max((normals[i] + TABLE_REACH) * per_unit, 0.0), float(intervals))
        k = min(int(position), intervals - 1)
        s = position - k
        left, right = points[k, 0], points[k + 1, 0]
        rise = right - left
        slope_left, slope_right = points[k, 1], points[k + 1, 1]
        bend = slope_left + slope_right - 2.0 * rise
        row[i] = minimum + width * (left + s * (slope_left + s * ((rise - slope_left - bend) + s * bend)))


@kernel_step
def fill_slot(row: Row, normals: Row, uniforms: Row, draws: StaticDraws, slot: int) -> None:
    """Turn a slot's normal numbers into values of its marginal."""
    kind = draws.kinds[slot]
    a, b = draws.parameters[slot, 0], draws.parameters[slot, 1]
    c, d = draws.parameters[slot, 2], draws.parameters[slot, 3]
    points = draws.points[draws.first_point[slot] : draws.last_point[slot]]
    if kind == FIXED:
        for i in range(B):
            row[i] = a
    elif kind == NORMAL:
        for i in range(B):
            row[i] = a + b * normals[i]
    elif kind == LOGNORMAL:
        for i in range(B):
            row[i] = exp(a + b * normals[i])
    elif kind == SHIFTED_LOGNORMAL:
        for i in range(B):
            row[i] = a + b * (exp(c * normals[i]) - 1.0)
    elif kind == LOGIT_NORMAL:
        for i in range(B):
            row[i] = logistic(a + b * normals[i])
    elif kind == BETA:
        fill_from_table(row, normals, points, c, d)
    else:
        for i in range(B):
            uniforms[i] = normal_cdf(normals[i])
        if kind == UNIFORM:
            for i in range(B):
                row[i] = a + (b - a) * uniforms[i]
        elif kind == TRIANGULAR:
            fill_triangular(row, uniforms, a, b, c)
        elif kind == DISCRETE:
            fill_discrete(row, uniforms, points)
        else:
            fill_empirical(row, uniforms, points)
    lower, upper = draws.lower[slot], draws.upper[slot]
    for i in range(B):
        value = row[i]
        row[i] = lower if value < lower else (upper if value > upper else value)


@kernel_entry
def fill_static_rows(
    rows: NDArray[np.float64],
    sources: NDArray[np.float64],
    scratch: NDArray[np.float64],
    draws: StaticDraws,
    points: Points,
    seed: np.uint64,
    first_draw: int,
) -> None:
    """Write the static parameters of one block, (slots, B).

    Parameters
    ----------
    rows : (slots, B) values, in each parameter's own unit
    sources : (sources, B) working space
    scratch : (2, B) working space
    seed, first_draw : the study's seed and the block's first draw, a multiple of B
    """
    fill_sources(sources, scratch[0], draws, points, seed, first_draw)
    for slot in range(draws.kinds.size):
        combine_sources(scratch[0], sources, draws, slot)
        fill_slot(rows[slot], scratch[0], scratch[1], draws, slot)


@kernel_entry
def fill_medians(rows: NDArray[np.float64], scratch: NDArray[np.float64], draws: StaticDraws) -> None:
    """Write every slot's median, its value at the normal number 0, in every lane; `scratch` is (2, B)."""
    for slot in range(draws.kinds.size):
        for i in range(B):
            scratch[0, i] = 0.0
        fill_slot(rows[slot], scratch[0], scratch[1], draws, slot)
