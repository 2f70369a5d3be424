"""Quantiles and tail means of cells whose draws were counted and not kept.

A cell's range is four standard deviations on both sides of the mean of the first draws, cut into 2048 bins of less than
0.004 standard deviations each.  By Cantelli's inequality the tenth and the ninetieth percentile lie within three.  What
falls outside is counted in the outer bins, and how far outside is summed up, so that tail means lose nothing.
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


def range_of_pilot(mean: Array, squares: Array, draws: int) -> Array:
    """Return lower end, upper end and bins per unit, (..., 3), from moments of the first draws.

    A cell that never moved in them gets a range that holds nothing but its value.
    """
    deviation = np.sqrt(squares / max(draws - 1, 1))
    half = np.maximum(REACH * deviation, 1e-9 * np.maximum(np.abs(mean), 1e-9))
    return np.stack([mean - half, mean + half, BINS / (2.0 * half)], axis=-1)


@dataclass(frozen=True, slots=True)
class Histograms:
    """Counts of cells by year; C cells, T years.

    Attributes
    ----------
    cell : [run, variable, link] -> cell, -1 not counted
    ranges : (C, T, 3) lower end, upper end, bins per unit
    counts : (C, T, bins) draws
    below, above : (C, T) mean over all draws of the distance below and above the range
    """

    cell: NDArray[np.int64]
    ranges: Array
    counts: NDArray[np.int64]
    below: Array = field(default_factory=lambda: np.zeros(()))
    above: Array = field(default_factory=lambda: np.zeros(()))

    def quantile(self, probability: float) -> Array:
        """Quantile of every cell and year, (C, T), linear between order statistics and inside bins."""
        cumulative = np.cumsum(self.counts, axis=-1)
        wanted = probability * (cumulative[..., -1:] - 1)
        place = np.argmax(cumulative > np.floor(wanted), axis=-1)[..., None]
        inside = np.take_along_axis(self.counts, place, axis=-1)
        before = np.take_along_axis(cumulative, place, axis=-1) - inside
        part = (wanted - before + 0.5) / np.maximum(inside, 1)
        position = (place + np.clip(part, 0.0, 1.0))[..., 0]
        return np.asarray(self.ranges[..., 0] + position / self.ranges[..., 2])

    def tail_mean(self, share: float) -> Array:
        """Mean of the largest `share` of the draws of every cell and year, (C, T)."""
        draws = self.counts.sum(axis=-1, keepdims=True)
        wanted = share * draws
        larger = np.cumsum(self.counts[..., ::-1], axis=-1)[..., ::-1]  # in this bin and above
        used = np.clip(wanted - (larger - self.counts), 0.0, self.counts)
        middle = self.ranges[..., :1] + (np.arange(BINS) + 0.5) / self.ranges[..., 2:]
        inside = (used * middle).sum(axis=-1) / wanted[..., 0]
        # the outer bin's middle stands for its draws at the end of the range; their distance beyond is added
        return np.asarray(inside + self.above * draws[..., 0] / wanted[..., 0])
