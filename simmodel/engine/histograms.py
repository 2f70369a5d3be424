"""Quantiles and tail means of cells whose draws were counted and not kept.

A cell's range is at least four standard deviations on both sides of the mean of the first draws, in 4096 bins of less
than 0.004 standard deviations each.  By Cantelli's inequality the tenth and the ninetieth percentile lie within three.
What falls outside is counted in the outer bins, and how far outside is summed up, so that tail means lose nothing.  The
width of a bin is a power of two and zero is an edge: a bin that holds a twentieth of the draws or more is taken for a
point mass at its lower edge, so that a quantity that is mostly nothing has the quantile nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from simmodel.engine.collect import BINS

__all__ = ["PILOT_DRAWS", "Histograms", "range_of_pilot"]

Array = NDArray[np.float64]
PILOT_DRAWS = 512
REACH = 4.0  # standard deviations on both sides of the pilot's mean
SMALLEST_RANGE = 1e-9  # of a cell that never moved, as a share of its value
POINT_MASS = 0.05  # share of the draws in one bin


def range_of_pilot(mean: Array, squares: Array, draws: int) -> Array:
    """Return lower end, upper end and bins per unit, (..., 3), from moments of the first draws."""
    deviation = np.sqrt(squares / max(draws - 1, 1))
    least = SMALLEST_RANGE * np.maximum(np.abs(mean), SMALLEST_RANGE)
    width = np.ldexp(1.0, np.ceil(np.log2(np.maximum(2.0 * REACH * deviation, least) / BINS)).astype(np.int64))
    low = (np.floor(mean / width) - BINS // 2) * width
    return np.stack([low, low + BINS * width, 1.0 / width], axis=-1)


@dataclass(frozen=True, slots=True)
class Histograms:
    """Counts of cells by year; C cells, T years.

    Attributes
    ----------
    cell : [run, variable, link] -> cell, -1 not counted; of some cells alone, their numbers
    ranges : (C, T, 3) lower end, upper end, bins per unit
    counts : (C, T, bins) draws, at most 2**32 in all
    below, above : (C, T) mean over all draws of the distance below and above the range
    """

    cell: NDArray[np.int64]
    ranges: Array
    counts: NDArray[np.uint32]
    below: Array = field(default_factory=lambda: np.zeros(()))
    above: Array = field(default_factory=lambda: np.zeros(()))

    def of_cells(self, cells: NDArray[np.int64]) -> Histograms:
        """Return the histograms of some cells, in the order asked for."""
        arrays = (self.ranges[cells], self.counts[cells], self.below[cells], self.above[cells])
        return Histograms(np.arange(len(cells)), *arrays)

    def quantile(self, probability: float) -> Array:
        """Quantile of every cell and year, (C, T), linear between order statistics."""
        wanted = probability * (int(self.counts[0, 0].sum()) - 1)
        below = int(wanted)
        part = wanted - below
        return np.asarray((1.0 - part) * self._order_statistic(below) + part * self._order_statistic(below + 1))

    def _order_statistic(self, number: int) -> Array:
        """Where the draw with `number` smaller ones lies, (C, T): its bin's draws are spread evenly over the bin."""
        cumulative = np.cumsum(self.counts, axis=-1, dtype=np.int64)
        draws = cumulative[..., -1:]
        place = np.argmax(cumulative > np.minimum(number, draws - 1), axis=-1)[..., None]
        inside = np.take_along_axis(self.counts, place, axis=-1).astype(np.int64)
        before = np.take_along_axis(cumulative, place, axis=-1) - inside
        part = np.clip((number - before + 0.5) / inside, 0.0, 1.0)
        part[inside >= POINT_MASS * draws] = 0.0
        return np.asarray(self.ranges[..., 0] + (place + part)[..., 0] / self.ranges[..., 2])

    def tail_mean(self, share: float, *, lowest: bool = False) -> Array:
        """Mean of the largest, or the lowest, `share` of the draws of every cell and year, (C, T).

        Every draw stands within one bin of where it is, so that the mean is within one, too.
        """
        draws = self.counts.sum(axis=-1, keepdims=True, dtype=np.int64)
        wanted = share * draws
        from_end = slice(None, None, 1 if lowest else -1)
        counts = self.counts[..., from_end]
        before = np.cumsum(counts, axis=-1, dtype=np.int64) - counts  # nearer to the end
        used = np.clip(wanted - before, 0.0, counts)[..., from_end]
        part = np.where(self.counts >= POINT_MASS * draws, 0.0, 0.5)
        value = self.ranges[..., :1] + (np.arange(BINS) + part) / self.ranges[..., 2:]
        inside = (used * value).sum(axis=-1) / wanted[..., 0]
        # draws beyond the range stand at its end; their distance from there is added
        beyond = -self.below if lowest else self.above
        return np.asarray(inside + beyond * draws[..., 0] / wanted[..., 0])
