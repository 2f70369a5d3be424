"""The default spread of a quantity: its own band first, else the width its quality grade deserves.

1. A quantity whose table or scenario says `distribution: fixed` is not drawn.
2. Its own `low` and `high` are the tenth and ninetieth percentile and win over everything else.
3. Without a band, the table of widths (`quality`, by kind of variable and grade) gives one: the weaker the grade, the
   wider.
4. Without a kind or a grade the value is fixed.

A named uncertainty (`uncertainties`) with the quantity as its target wins over all four.
"""

from __future__ import annotations

import math
from typing import Any

from simmodel.errors import DataError
from simmodel.scenario.reporter import value_at
from simmodel.scenario.schema import Scenario
from simmodel.scenario.schema_paths import field_metadata
from simmodel.scenario.schema_quantity import Quantity
from simmodel.scenario.schema_uncertainty import (
    Beta,
    Fixed,
    LogitNormal,
    Lognormal,
    Marginal,
    Normal,
    ShiftedLognormal,
    Triangular,
    Uniform,
)

SMALL = 1e-12
UNIFORM_TAIL = 0.1
"""Share of a uniform distribution below its tenth percentile."""


def spread_of(scenario: Scenario, dotted_path: str) -> Marginal:
    """Return the distribution of a quantity.

    Parameters
    ----------
    scenario : a checked scenario
    dotted_path : for instance `parameters.theta` or `links.tapi.segments.0.km`

    Returns
    -------
    Marginal : in the unit of the quantity; `Fixed` when it is not drawn

    Raises
    ------
    DataError : there is no quantity at the path
    """
    for uncertainty in scenario.uncertainties.values():
        if uncertainty.target == dotted_path:
            return uncertainty.marginal
    steps = dotted_path.split(".")
    number = value_at(scenario, steps)
    meta = field_metadata(tuple(steps))
    if not isinstance(number, Quantity) or meta is None:
        raise DataError(f"{dotted_path} is not a quantity of the scenario")
    return default_spread(scenario, number, meta)


def default_spread(scenario: Scenario, number: Quantity, meta: dict[str, Any]) -> Marginal:
    """Return the distribution a quantity has by its own band or grade; `meta` is the metadata of its field."""
    if number.distribution == "fixed":
        return Fixed(value=number.value)
    minimum, maximum = meta["minimum"], meta["maximum"]
    if number.low is not None and number.high is not None and number.low < number.high:
        return band_spread(number, number.low, number.high, minimum, maximum)
    if meta["kind"] is None or number.quality is None:
        return Fixed(value=number.value)
    return graded_spread(scenario, number, str(meta["kind"]), minimum, maximum)


def band_spread(number: Quantity, low: float, high: float, minimum: float | None, maximum: float | None) -> Marginal:
    """Return the distribution with tenth and ninetieth percentile `low` and `high`, cut at the bounds of the field.

    A band that does not lie on both sides of its value becomes a triangle over the band.
    """
    if number.distribution == "uniform":
        tail = UNIFORM_TAIL / (1.0 - 2.0 * UNIFORM_TAIL) * (high - low)
        first, last = low - tail, high + tail
        return Uniform(
            minimum=first if minimum is None else max(first, minimum),
            maximum=last if maximum is None else min(last, maximum),
        )
    margin = SMALL * max(abs(low), abs(high))
    if not low + margin < number.value < high - margin:
        return Triangular(minimum=low, mode=number.value, maximum=high)
    return ShiftedLognormal(p10=low, p50=number.value, p90=high, minimum=minimum, maximum=maximum)


def graded_spread(
    scenario: Scenario, number: Quantity, kind: str, minimum: float | None, maximum: float | None
) -> Marginal:
    """Return the distribution the table of widths gives a value of this kind and grade."""
    row = scenario.quality.get(kind, {}).get(str(number.quality))
    if row is None:
        raise DataError(f"the quality table has no row for kind {kind}, grade {number.quality}")
    value, down, up = number.value, row.p10_ratio_or_minus, row.p90_ratio_or_plus
    if row.distribution.startswith("logit-normal"):
        upper = 1.0 if maximum is None else maximum
        if 0.0 < value < 1.0 <= upper:
            return LogitNormal(median=value, p90_shift=up)
        return Fixed(value=value)
    if row.distribution.startswith("beta"):
        return beta_spread(value, up)
    if row.distribution == "normal":
        sd = (up - down) / (2.0 * 1.2815515655446004)
        if minimum is None and maximum is None:
            return Normal(mean=value, sd=sd)
        return ShiftedLognormal(p10=value + down, p50=value, p90=value + up, minimum=minimum, maximum=maximum)
    if abs(value) < SMALL:
        return Fixed(value=value)
    low, high = sorted((value * down, value * up))
    if row.distribution == "lognormal" and value > 0 and abs(math.log(down * up)) < SMALL:
        return Lognormal(median=value, p90=value * up)
    return ShiftedLognormal(p10=low, p50=value, p90=high, minimum=minimum, maximum=maximum)


def beta_spread(mean: float, variation: float) -> Marginal:
    """Return the beta distribution on [0, 1] with this mean and coefficient of variation.

    A coefficient no beta can have is cut to nine tenths of the largest one.
    """
    if not 0.0 < mean < 1.0:
        return Fixed(value=mean)
    largest = math.sqrt(mean * (1.0 - mean))
    return Beta(mean=mean, sd=min(variation * mean, 0.9 * largest))
