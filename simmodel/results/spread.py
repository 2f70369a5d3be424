"""Mean, quantiles and tail means over draws of many quantities at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simmodel.results.array_types import FloatArray

TAIL_SHARE = 0.1  # of the draws, on either side


@dataclass(frozen=True, slots=True)
class Spread:
    """Mean, tenth, fiftieth and ninetieth percentile; all of one shape, in the unit of the values.

    Draws that are not numbers (no rate of return, nothing sold) are left out; NaN where none is left.
    """

    mean: FloatArray
    p10: FloatArray
    p50: FloatArray
    p90: FloatArray

    def items(self) -> tuple[tuple[str, FloatArray], ...]:
        """Return name and array of the four."""
        return (("mean", self.mean), ("p10", self.p10), ("p50", self.p50), ("p90", self.p90))


@dataclass(frozen=True, slots=True)
class Tails:
    """Means of the lowest and of the highest tenth of the draws; of one shape, in the unit of the values.

    The one on the bad side is the conditional value at risk at 90 percent.  `error` is the most by which counting
    instead of keeping the draws can have moved either: the width of a bin, zero where the draws were kept.
    """

    lowest: FloatArray
    highest: FloatArray
    error: FloatArray

    def items(self) -> tuple[tuple[str, FloatArray], ...]:
        """Return name and array of the three."""
        return (("lowest_tenth", self.lowest), ("highest_tenth", self.highest), ("error", self.error))


def tails_over_draws(values: FloatArray) -> Tails:
    """Average both ends of the last axis; of a draw that a tenth cuts through, the part inside counts.

    Parameters
    ----------
    values : (..., draws)   no NaN

    Returns
    -------
    Tails   arrays (...)
    """
    draws = values.shape[-1]
    wanted = TAIL_SHARE * draws
    whole = int(wanted)
    ordered = np.partition(values, (whole, draws - 1 - whole), axis=-1)

    def mean_of_first(side: FloatArray) -> FloatArray:
        return np.asarray((side[..., :whole].sum(axis=-1) + (wanted - whole) * side[..., whole]) / wanted)

    return Tails(mean_of_first(ordered), mean_of_first(ordered[..., ::-1]), np.zeros(values.shape[:-1]))


def spread_over_draws(values: FloatArray) -> Spread:
    """Summarise over the last axis.

    Parameters
    ----------
    values : (..., draws)   NaN is left out

    Returns
    -------
    Spread   arrays (...); quantiles linear between order statistics
    """
    draws = values.shape[-1]
    flat = np.ascontiguousarray(values).reshape(-1, draws)
    if np.isnan(flat).any():
        columns = np.array([_spread_of_row(row) for row in flat]).reshape(-1, 4)
    else:
        positions = (draws - 1) * np.array([0.1, 0.5, 0.9])
        below = np.floor(positions).astype(np.int64)
        above = np.minimum(below + 1, draws - 1)
        ordered = np.partition(flat, np.unique(np.concatenate([below, above])), axis=-1)
        part = positions - below
        quantiles = ordered[:, below] * (1.0 - part) + ordered[:, above] * part
        columns = np.column_stack([flat.mean(axis=-1), quantiles])
    shape = values.shape[:-1]
    mean, p10, p50, p90 = (np.ascontiguousarray(columns[:, index]).reshape(shape) for index in range(4))
    return Spread(mean, p10, p50, p90)


def _spread_of_row(row: FloatArray) -> tuple[float, float, float, float]:
    numbers = row[~np.isnan(row)]
    if len(numbers) == 0:
        return (np.nan, np.nan, np.nan, np.nan)
    p10, p50, p90 = np.quantile(numbers, [0.1, 0.5, 0.9])
    return (float(numbers.mean()), float(p10), float(p50), float(p90))
