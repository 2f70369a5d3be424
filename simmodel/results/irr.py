"""Internal rates of return: every real root of the present value, or that there is none.

With x = 1/(1+r) the present value is the polynomial sum(cash_flow_k x^k). Its roots on the interval of x that stands
for
the rates searched are counted and separated by the signs of its Bernstein coefficients on sub-intervals: no change of
sign proves that there is no root, one change proves exactly one (variation diminishing property), more are split again.

References
----------
Rouillier, F. and Zimmermann, P., Efficient isolation of polynomial's real roots, J. Comput. Appl. Math. 162 (2004)
33-50.
"""

from __future__ import annotations

from functools import lru_cache
from math import comb
from typing import NamedTuple

import numpy as np

from simmodel.results.array_types import BoolArray, FloatArray, IntArray, Numeric, as_floats, as_years
from simmodel.results.discounting import npv

LOWEST_RATE = -0.99
HIGHEST_RATE = 10.0
_CHUNK_ROWS = 8192
_START_INTERVALS = 12
_SPLIT_SHARE = 0.4871  # off the middle, so that a split never falls on a round rate by accident
_SMALLEST_RELATIVE_WIDTH = 1e-7
_DOUBLE_ROOT_TOLERANCE = 1e-11


class InternalRate(NamedTuple):
    """Internal rate of return of each row and how many real roots the row has.

    rate : (...) [fraction per year]   the root where there is exactly one; NaN where there is none or several
    root_count : (...)   number of distinct real roots between the lowest and the highest rate searched
    """

    rate: FloatArray
    root_count: IntArray


def internal_rates_of_return(
    *, cash_flow: Numeric, lowest_rate: float = LOWEST_RATE, highest_rate: float = HIGHEST_RATE
) -> FloatArray:
    """Return every real internal rate of return of one cash flow.

    Parameters
    ----------
    cash_flow : (years + 1,)   signed, + = to the holder; element 0 at the valuation date
    lowest_rate, highest_rate : fraction per year; roots outside this range are not looked for

    Returns
    -------
    (roots,) [fraction per year]   ascending; empty when there is none; roots closer together than 1e-7 of
        1 + r count as one; a multiple root is as exact as rounding lets it be (about 1e-7 when double, 1e-5 when
        triple)

    Raises
    ------
    ValueError   when a flow is not finite or the range is empty or reaches -1
    """
    flow = as_years(cash_flow)
    if flow.ndim != 1:
        raise ValueError("internal_rates_of_return takes one cash flow; use internal_rate_of_return for many")
    _check_search(flow, lowest_rate, highest_rate)
    _, rates = _all_roots(flow[None, :], lowest_rate, highest_rate)
    return np.sort(rates)


def internal_rate_of_return(
    *, cash_flow: Numeric, lowest_rate: float = LOWEST_RATE, highest_rate: float = HIGHEST_RATE
) -> InternalRate:
    """Internal rate of return of many cash flows at once, with the number of roots of each.

    Parameters
    ----------
    cash_flow : (..., years + 1)   signed; element 0 at the valuation date
    lowest_rate, highest_rate : fraction per year; range searched

    Returns
    -------
    InternalRate   rate (...) and root_count (...); rate is NaN unless root_count is 1

    Notes
    -----
    A row whose flow changes sign once (Descartes: one root above -100 %) is solved by a bracketed Newton iteration on
    log(PV of receipts / PV of payments), which is monotone in log(1 + r); other rows by root isolation.
    """
    flow = as_years(cash_flow)
    _check_search(flow, lowest_rate, highest_rate)
    rows = flow.reshape(-1, flow.shape[-1])
    rate = np.full(rows.shape[0], np.nan)
    root_count = np.zeros(rows.shape[0], dtype=np.int64)
    changes_once, changes_more = _sign_pattern(rows)
    for members in _chunks(changes_once):
        rate[members] = _single_roots(rows[members], lowest_rate, highest_rate)
        root_count[members] = np.isfinite(rate[members])
    for members in _chunks(changes_more):
        row_of_root, roots = _all_roots(rows[members], lowest_rate, highest_rate)
        counts = np.bincount(row_of_root, minlength=len(members))
        single = counts[row_of_root] == 1
        root_count[members] = counts
        rate[members[row_of_root[single]]] = roots[single]
    return InternalRate(rate.reshape(flow.shape[:-1]), root_count.reshape(flow.shape[:-1]))


def modified_internal_rate_of_return(
    *, cash_flow: Numeric, finance_rate: float, reinvestment_rate: float
) -> FloatArray:
    """Rate that links payments discounted at a finance rate with receipts compounded at a reinvestment rate.

    Parameters
    ----------
    cash_flow : (..., years + 1)   signed; element 0 at the valuation date
    finance_rate, reinvestment_rate : fraction per year

    Returns
    -------
    (...) [fraction per year]   NaN where the row has no payment or no receipt
    """
    flow = as_years(cash_flow)
    periods = flow.shape[-1] - 1
    receipts = npv(rate=reinvestment_rate, cash_flow=np.maximum(flow, 0.0)) * (1.0 + reinvestment_rate) ** periods
    payments = npv(rate=finance_rate, cash_flow=np.maximum(-flow, 0.0))
    ratio = np.full(receipts.shape, np.nan)
    np.divide(receipts, payments, out=ratio, where=(payments > 0.0) & (receipts > 0.0))
    modified: FloatArray = ratio ** (1.0 / periods) - 1.0
    return modified


def internal_rates_of_return_dated(
    *,
    cash_flow: Numeric,
    days_from_first: Numeric,
    lowest_rate: float = LOWEST_RATE,
    highest_rate: float = HIGHEST_RATE,
) -> FloatArray:
    """Annual internal rates of return of flows on given days (year of 365 days).

    Parameters
    ----------
    cash_flow : (flows,)   signed
    days_from_first : (flows,) [days]   days after the first flow
    lowest_rate, highest_rate : fraction per year

    Returns
    -------
    (roots,) [fraction per year]   ascending; crossings found on a grid of 4,000 rates, so two roots closer together
        than about 0.2 % of 1 + r can be missed
    """
    flow, years = as_years(cash_flow), as_years(days_from_first) / 365.0
    _check_search(flow, lowest_rate, highest_rate)
    grid = np.linspace(np.log1p(lowest_rate), np.log1p(highest_rate), 4001)

    def value(log_growth: FloatArray) -> FloatArray:
        total: FloatArray = np.exp(-np.multiply.outer(log_growth, years)) @ flow
        return total

    positive = value(grid) >= 0.0
    crossing = np.flatnonzero(positive[1:] != positive[:-1])
    low, high, low_positive = grid[crossing], grid[crossing + 1], positive[crossing]
    for _ in range(60):
        middle = 0.5 * (low + high)
        same_side = (value(middle) >= 0.0) == low_positive
        low, high = np.where(same_side, middle, low), np.where(same_side, high, middle)
    return np.expm1(0.5 * (low + high))


def _check_search(flow: FloatArray, lowest_rate: float, highest_rate: float) -> None:
    if not np.all(np.isfinite(flow)):
        raise ValueError("a cash flow holds a number that is not finite")
    if not -1.0 < lowest_rate < highest_rate:
        raise ValueError("rates searched must satisfy -1 < lowest_rate < highest_rate")


def _chunks(chosen: BoolArray) -> list[IntArray]:
    """Positions of the chosen rows, as many at a time as are worked on at once."""
    members = np.flatnonzero(chosen)
    return [members[first : first + _CHUNK_ROWS] for first in range(0, len(members), _CHUNK_ROWS)]


def _sign_pattern(rows: FloatArray) -> tuple[BoolArray, BoolArray]:
    """Rows whose flow changes sign exactly once, and more than once (zeros skipped)."""
    last = rows.shape[1] - 1
    positive, negative = rows > 0.0, rows < 0.0
    both = positive.any(axis=1) & negative.any(axis=1)
    first_positive, first_negative = positive.argmax(axis=1), negative.argmax(axis=1)
    last_positive = last - positive[:, ::-1].argmax(axis=1)
    last_negative = last - negative[:, ::-1].argmax(axis=1)
    once = both & ((last_negative < first_positive) | (last_positive < first_negative))
    return once, both & ~once


def _single_roots(rows: FloatArray, lowest_rate: float, highest_rate: float) -> FloatArray:
    """Root of rows with one change of sign; NaN where it lies outside the range."""
    powers = np.arange(rows.shape[1])
    at_lowest = rows @ (1.0 / (1.0 + lowest_rate)) ** powers
    at_highest = rows @ (1.0 / (1.0 + highest_rate)) ** powers
    inside = (at_lowest >= 0.0) != (at_highest >= 0.0)
    rate = np.full(rows.shape[0], np.nan)
    if not np.any(inside):
        return rate
    years = np.ascontiguousarray((rows if inside.all() else rows[inside]).T)
    parts = np.empty((years.shape[0], 2, years.shape[1]))
    np.maximum(years, 0.0, out=parts[:, 0])
    np.subtract(parts[:, 0], years, out=parts[:, 1])
    low = np.full(parts.shape[2], np.log1p(lowest_rate))
    high = np.full(parts.shape[2], np.log1p(highest_rate))
    log_growth = np.zeros(parts.shape[2])
    starts_positive = at_lowest[inside] >= 0.0
    for _ in range(100):
        excess, slope = _log_ratio(parts, log_growth)
        root_is_above = (excess >= 0.0) == starts_positive
        low = np.where(root_is_above, log_growth, low)
        high = np.where(root_is_above, high, log_growth)
        proposed = log_growth - excess / slope
        outside = (proposed <= low) | (proposed >= high)
        step_small = np.abs(excess) <= 1e-14
        proposed = np.where(step_small, log_growth, np.where(outside, 0.5 * (low + high), proposed))
        moved = float(np.max(np.abs(proposed - log_growth)))
        log_growth = proposed
        if moved < 1e-8:  # the error left by a Newton step is of the order of its square
            break
    rate[inside] = np.expm1(log_growth)
    return rate


def _log_ratio(parts: FloatArray, log_growth: FloatArray) -> tuple[FloatArray, FloatArray]:
    """log(PV of receipts / PV of payments) and its slope in log(1 + r); parts is (years, 2, rows)."""
    discount = np.exp(-log_growth)
    value = parts[-1].copy()
    slope = np.zeros_like(value)
    for year in range(parts.shape[0] - 2, -1, -1):
        slope *= discount
        slope += value
        value *= discount
        value += parts[year]
    duration = slope * discount / value
    return np.log(value[0] / value[1]), duration[1] - duration[0]


def _all_roots(rows: FloatArray, lowest_rate: float, highest_rate: float) -> tuple[IntArray, FloatArray]:
    """Row index and rate of every distinct real root of every row."""
    largest = np.max(np.abs(rows), axis=1, keepdims=True)
    scaled = rows / np.where(largest > 0.0, largest, 1.0)
    row, low, high, is_certain = _isolate(scaled, 1.0 / (1.0 + highest_rate), 1.0 / (1.0 + lowest_rate))
    discount = 0.5 * (low + high)
    discount[is_certain] = _refine(scaled[row[is_certain]], low[is_certain], high[is_certain])
    order = np.lexsort((discount, row))
    row, discount = row[order], discount[order]
    if row.size:
        repeated = (row[1:] == row[:-1]) & (np.abs(discount[1:] - discount[:-1]) <= 1e-7 * discount[1:])
        keep = np.concatenate([[True], ~repeated])
        row, discount = row[keep], discount[keep]
    return row, 1.0 / discount - 1.0


def _isolate(rows: FloatArray, lowest: float, highest: float) -> tuple[IntArray, FloatArray, FloatArray, BoolArray]:
    """Intervals of the discount variable, each holding one root; False marks a cluster too narrow to separate."""
    edges = np.geomspace(lowest, highest, _START_INTERVALS + 1)
    edges[1:-1] *= 1.0 + 0.00917 * np.sin(np.arange(1, _START_INTERVALS))
    found: list[tuple[IntArray, FloatArray, FloatArray, BoolArray]] = []
    for start, end in zip(edges[:-1], edges[1:], strict=True):
        coefficients = rows @ _bernstein_basis(rows.shape[1] - 1, float(start), float(end))
        row = np.arange(rows.shape[0])
        low, high = np.full(row.size, start), np.full(row.size, end)
        while row.size:
            changes = _sign_changes(coefficients)
            narrow = (changes > 1) & (high - low <= _SMALLEST_RELATIVE_WIDTH * high)
            single = changes == 1
            cluster = narrow & (changes % 2 == 1)
            even = np.flatnonzero(narrow & ~cluster)
            cluster[even] = _touches_zero(rows[row[even]], 0.5 * (low[even] + high[even]))
            chosen = single | cluster
            found.append((row[chosen], low[chosen], high[chosen], single[chosen]))
            split = (changes > 1) & ~narrow
            row, low, high, coefficients = _split(row[split], low[split], high[split], coefficients[split])
    return (
        np.concatenate([part[0] for part in found]),
        np.concatenate([part[1] for part in found]),
        np.concatenate([part[2] for part in found]),
        np.concatenate([part[3] for part in found]),
    )


@lru_cache(maxsize=256)
def _bernstein_basis(degree: int, start: float, end: float) -> FloatArray:
    """Matrix (degree + 1, degree + 1) from power coefficients to Bernstein coefficients on [start, end], both > 0."""
    power, index = np.indices((degree + 1, degree + 1))
    binomial = np.array([[comb(n, k) for k in range(degree + 1)] for n in range(degree + 1)], dtype=np.float64)
    start_to, end_to = (np.array([edge**k for k in range(degree + 1)]) for edge in (start, end))
    basis = np.zeros((degree + 1, degree + 1))
    for taken in range(degree + 1):
        rest = np.maximum(power - taken, 0)
        ways = binomial[index, taken] * binomial[degree - index, rest] * (power >= taken)
        basis += ways * end_to[taken] * start_to[rest]
    return np.asarray(basis / binomial[degree, power], dtype=np.float64)


def _sign_changes(coefficients: FloatArray) -> IntArray:
    """Changes of sign along each row, a zero counting as positive."""
    negative = coefficients < 0.0
    changes: IntArray = np.count_nonzero(negative[:, 1:] != negative[:, :-1], axis=1)
    return changes


def _split(
    row: IntArray, low: FloatArray, high: FloatArray, coefficients: FloatArray
) -> tuple[IntArray, FloatArray, FloatArray, FloatArray]:
    """Cut every interval in two and give the Bernstein coefficients of both parts (de Casteljau)."""
    left, right = np.empty_like(coefficients), coefficients.copy()
    for index in range(coefficients.shape[1]):
        left[:, index] = right[:, 0]
        stop = coefficients.shape[1] - index
        right[:, : stop - 1] = (1.0 - _SPLIT_SHARE) * right[:, : stop - 1] + _SPLIT_SHARE * right[:, 1:stop]
    cut = low + _SPLIT_SHARE * (high - low)
    return (
        np.concatenate([row, row]),
        np.concatenate([low, cut]),
        np.concatenate([cut, high]),
        np.concatenate([left, right]),
    )


def _touches_zero(rows: FloatArray, discount: FloatArray) -> BoolArray:
    """Whether the value is zero within rounding, relative to the sum of its terms."""
    terms = rows * discount[:, None] ** np.arange(rows.shape[1])
    touches: BoolArray = np.abs(terms.sum(axis=1)) <= _DOUBLE_ROOT_TOLERANCE * np.abs(terms).sum(axis=1)
    return touches


def _refine(rows: FloatArray, low: FloatArray, high: FloatArray) -> FloatArray:
    """Root inside each bracket by Newton steps, bisecting whenever a step would leave the bracket."""
    years = np.ascontiguousarray(rows.T)
    low_positive = _polynomial(years, low)[0] >= 0.0
    middle = 0.5 * (low + high)
    for _ in range(100):
        value, slope = _polynomial(years, middle)
        same_side = (value >= 0.0) == low_positive
        low, high = np.where(same_side, middle, low), np.where(same_side, high, middle)
        newton = middle - value / np.where(slope == 0.0, np.inf, slope)
        inside = (newton > low) & (newton < high)
        proposed = np.where(value == 0.0, middle, np.where(inside, newton, 0.5 * (low + high)))
        moved = np.abs(proposed - middle)
        middle = proposed
        if not middle.size or np.all(moved <= 1e-14 * middle):
            break
    return middle


def _polynomial(years: FloatArray, discount: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Value and derivative of every polynomial at its own point; years is (years, polynomials)."""
    value = years[-1].copy()
    slope = np.zeros_like(value)
    for year in range(years.shape[0] - 2, -1, -1):
        slope *= discount
        slope += value
        value *= discount
        value += years[year]
    return value, slope


def real_roots_reported(*, cash_flow: Numeric) -> str:
    """Say in words which internal rates of return a cash flow has.

    Parameters
    ----------
    cash_flow : (years + 1,)   signed; element 0 at the valuation date

    Returns
    -------
    str   "none", one percentage, or all of them with the remark that they are several
    """
    roots = internal_rates_of_return(cash_flow=as_floats(cash_flow))
    if roots.size == 0:
        return "none"
    listed = ", ".join(f"{100.0 * root:.2f} %" for root in roots)
    return listed if roots.size == 1 else f"several ({listed})"
