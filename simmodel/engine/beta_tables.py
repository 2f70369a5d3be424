"""Tables of the inverse beta distribution function, over standard normal numbers."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from simmodel.engine.sampling_kernel import TABLE_REACH

__all__ = ["tabulate_inverse_beta"]

FloatMatrix = NDArray[np.float64]

# A table of the inverse beta distribution is refined until it errs by less than this share of the range at every
# midpoint.
TABLE_ERROR: Final = 1e-7
FEWEST_INTERVALS: Final = 128
MOST_INTERVALS: Final = 16384


def tabulate_inverse_beta(*, alpha: float, beta: float) -> FloatMatrix:
    """Tabulate the inverse beta distribution function over standard normal numbers from -8 to 8.

    Between the points the kernel runs a cubic through both values with both slopes.  The slopes are five-point
    differences, held to three times the neighbouring rises, which keeps the curve rising (Fritsch and Carlson 1980).
    The number of points is doubled until the curve errs by less than 1e-7 at every midpoint, and below 1e-6 everywhere.

    Returns
    -------
    (points, 2) value between 0 and 1, slope per interval

    Raises
    ------
    ValueError
        if no table of 16,385 points is that good (a beta that is all but a coin toss).
    """
    intervals = FEWEST_INTERVALS
    values = _inverse_beta(np.linspace(-TABLE_REACH, TABLE_REACH, intervals + 1), alpha, beta)
    while intervals <= MOST_INTERVALS:
        grid = np.linspace(-TABLE_REACH, TABLE_REACH, 2 * intervals + 1)
        exact = _inverse_beta(grid[1::2], alpha, beta)
        slopes = _rising_slopes(values)
        midpoints = 0.5 * (values[:-1] + values[1:]) + 0.125 * (slopes[:-1] - slopes[1:])
        if np.max(np.abs(midpoints - exact)) < TABLE_ERROR:
            return np.column_stack([values, slopes])
        finer = np.empty(grid.size)
        finer[::2], finer[1::2] = values, exact
        values = np.maximum.accumulate(finer)
        intervals *= 2
    raise ValueError(f"beta with alpha {alpha:.3g}, beta {beta:.3g} is too close to a coin toss to tabulate")


def _inverse_beta(normals: FloatMatrix, alpha: float, beta: float) -> FloatMatrix:
    """Exact inverse at standard normal numbers, from whichever tail is small."""
    from scipy.special import betaincinv, ndtr

    tail = ndtr(-np.abs(normals))
    below = normals <= 0.0
    values = np.empty(normals.size)
    values[below] = betaincinv(alpha, beta, tail[below])
    values[~below] = 1.0 - betaincinv(beta, alpha, tail[~below])
    return np.maximum.accumulate(values)


def _rising_slopes(values: FloatMatrix) -> FloatMatrix:
    """Slopes per interval that keep a cubic through rising `values` rising."""
    rises = np.diff(values)
    slopes = np.gradient(values)
    slopes[2:-2] = (8.0 * (values[3:-1] - values[1:-3]) - (values[4:] - values[:-4])) / 12.0
    bound = 3.0 * np.minimum(np.append(rises, rises[-1]), np.append(rises[0], rises))
    return np.clip(slopes, 0.0, bound)
