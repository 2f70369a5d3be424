"""Mean and quantiles over draws of many quantities at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simmodel.results.array_types import FloatArray


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
