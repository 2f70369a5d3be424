"""Array types shared by the finance functions.

Every finance function is vectorised: leading axes are draws, links or countries, the last axis is years (or payments).
Rates are fractions per year, money is in the unit the caller uses throughout (million USD in the product).
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int64]
BoolArray: TypeAlias = npt.NDArray[np.bool_]
Numeric: TypeAlias = npt.ArrayLike


def as_floats(values: Numeric) -> FloatArray:
    """Return ``values`` as a float64 array (no copy where it already is one)."""
    return np.asarray(values, dtype=np.float64)


def as_years(values: Numeric) -> FloatArray:
    """Return ``values`` as a float64 array with at least one axis, the last being years."""
    array = np.asarray(values, dtype=np.float64)
    return array if array.ndim else array.reshape(1)


def broadcast_years(*series: Numeric) -> tuple[FloatArray, ...]:
    """Broadcast several year series to one shape; scalars and shorter leading axes are repeated."""
    return tuple(np.broadcast_arrays(*(as_years(values) for values in series)))


def divide_or_nan(numerator: Numeric, denominator: Numeric) -> FloatArray:
    """Divide element by element, NaN where the denominator is not positive."""
    top, bottom = np.broadcast_arrays(as_floats(numerator), as_floats(denominator))
    quotient = np.full(top.shape, np.nan)
    np.divide(top, bottom, out=quotient, where=bottom > 0.0)
    return quotient
