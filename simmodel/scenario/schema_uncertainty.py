"""Marginal distributions, rank correlations, and the default spread by kind of variable and quality grade.

Each marginal is defined by its inverse distribution function, so that any set of points in (0, 1) drives it.
z90 = 1.2815515655446004 is the ninetieth percentile of the standard normal distribution.
"""

from __future__ import annotations

import math
from typing import Annotated, Literal, TypeAlias, TypeVar

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from simmodel.scenario.schema_quantity import Record

Finite = Annotated[float, Field(allow_inf_nan=False)]
R = TypeVar("R", bound=Record)
Z90 = 1.2815515655446004


class Fixed(Record):
    """Always `value`."""

    distribution: Literal["fixed"] = "fixed"
    value: Finite = Field(description="the value")


class Uniform(Record):
    """Any value from `minimum` to `maximum` alike."""

    distribution: Literal["uniform"] = "uniform"
    minimum: Finite = Field(description="least value")
    maximum: Finite = Field(description="largest value")

    @model_validator(mode="after")
    def check_order(self) -> Uniform:
        """Refuse an empty range."""
        return _ordered(self, self.minimum, self.maximum)


class Triangular(Record):
    """A triangle over [minimum, maximum] with its top at `mode`."""

    distribution: Literal["triangular"] = "triangular"
    minimum: Finite = Field(description="least value")
    mode: Finite = Field(description="most likely value")
    maximum: Finite = Field(description="largest value")

    @model_validator(mode="after")
    def check_order(self) -> Triangular:
        """Refuse a mode outside the range."""
        return _ordered(self, self.minimum, self.mode, self.maximum)


class Pert(Record):
    """Beta over [minimum, maximum] with mode `mode` and weight 4: mean = (minimum + 4 mode + maximum) / 6."""

    distribution: Literal["pert"] = "pert"
    minimum: Finite = Field(description="least value")
    mode: Finite = Field(description="most likely value")
    maximum: Finite = Field(description="largest value")

    @model_validator(mode="after")
    def check_order(self) -> Pert:
        """Refuse a mode outside the range."""
        return _ordered(self, self.minimum, self.mode, self.maximum)


class Normal(Record):
    """Normal with `mean` and standard deviation `sd`."""

    distribution: Literal["normal"] = "normal"
    mean: Finite = Field(description="mean")
    sd: Finite = Field(ge=0, description="standard deviation")


class Lognormal(Record):
    """Lognormal, given by median and ninetieth percentile, or by mean and coefficient of variation."""

    distribution: Literal["lognormal"] = "lognormal"
    median: Annotated[float, Field(gt=0)] | None = Field(default=None, description="median, with p90")
    p90: Annotated[float, Field(gt=0)] | None = Field(default=None, description="ninetieth percentile, with median")
    mean: Annotated[float, Field(gt=0)] | None = Field(default=None, description="mean, with cv")
    cv: Annotated[float, Field(ge=0)] | None = Field(default=None, description="sd over mean, with mean")

    @model_validator(mode="after")
    def check_pair(self) -> Lognormal:
        """Ask for exactly one of the two pairs."""
        by_quantiles = self.median is not None and self.p90 is not None
        by_moments = self.mean is not None and self.cv is not None
        given = sum(number is not None for number in (self.median, self.p90, self.mean, self.cv))
        if given != 2 or not (by_quantiles or by_moments):
            raise PydanticCustomError("pair", "a lognormal needs median and p90, or mean and cv")
        if self.median is not None and self.p90 is not None and self.p90 < self.median:
            raise PydanticCustomError("pair", "p90 is below the median")
        return self


class ShiftedLognormal(Record):
    """The distribution with given tenth, fiftieth and ninetieth percentile, cut at `minimum` and `maximum`.

    With b = (p90 - p50) / (p50 - p10) and z the standard normal quantile,
    x = p50 + (p90 - p50) (b**(z/z90) - 1) / (b - 1), and x = p50 + (p90 - p50) z / z90 when b = 1 (a normal);
    p10 < p50 < p90 is needed.

    References
    ----------
    R. B. Myerson, Probability Models for Economic Decisions, 2005, chapter 4 (generalized lognormal distribution)
    """

    distribution: Literal["shifted_lognormal"] = "shifted_lognormal"
    p10: Finite = Field(description="tenth percentile")
    p50: Finite = Field(description="median")
    p90: Finite = Field(description="ninetieth percentile")
    minimum: Finite | None = Field(default=None, description="no draw is below")
    maximum: Finite | None = Field(default=None, description="no draw is above")

    @model_validator(mode="after")
    def check_order(self) -> ShiftedLognormal:
        """Refuse percentiles that do not rise."""
        if not self.p10 < self.p50 < self.p90:
            raise PydanticCustomError("order", "p10 < p50 < p90 is needed")
        return self

    def value_at(self, z: float) -> float:
        """Return the value at the standard normal quantile `z`."""
        ratio = (self.p90 - self.p50) / (self.p50 - self.p10)
        step = z / Z90 if abs(ratio - 1.0) < 1e-9 else (math.pow(ratio, z / Z90) - 1.0) / (ratio - 1.0)
        value = self.p50 + (self.p90 - self.p50) * step
        if self.minimum is not None:
            value = max(value, self.minimum)
        return value if self.maximum is None else min(value, self.maximum)


class LogitNormal(Record):
    """A share: logit(x) = logit(median) + shift, the shift normal with tenth and ninetieth percentile given."""

    distribution: Literal["logit_normal"] = "logit_normal"
    median: Finite = Field(gt=0, lt=1, description="median, between 0 and 1")
    p90_shift: Finite = Field(ge=0, description="ninetieth percentile of the shift [logits]; the tenth is its negative")


class Beta(Record):
    """Beta on [minimum, maximum] with given mean and standard deviation."""

    distribution: Literal["beta"] = "beta"
    mean: Finite = Field(description="mean, inside the range")
    sd: Finite = Field(gt=0, description="standard deviation")
    minimum: Finite = Field(default=0.0, description="least value")
    maximum: Finite = Field(default=1.0, description="largest value")

    @model_validator(mode="after")
    def check_moments(self) -> Beta:
        """Refuse moments no beta has."""
        width = self.maximum - self.minimum
        if width <= 0 or not self.minimum < self.mean < self.maximum:
            raise PydanticCustomError("moments", "minimum < mean < maximum is needed")
        m = (self.mean - self.minimum) / width
        if (self.sd / width) ** 2 >= m * (1 - m):
            raise PydanticCustomError("moments", "the standard deviation is too large for a beta with this mean")
        return self


class Discrete(Record):
    """One of `values`, each with its probability."""

    distribution: Literal["discrete"] = "discrete"
    values: tuple[Finite, ...] = Field(min_length=1, description="values, rising")
    probabilities: tuple[Annotated[float, Field(ge=0, le=1)], ...] = Field(description="one per value; sum 1")

    @model_validator(mode="after")
    def check_probabilities(self) -> Discrete:
        """Refuse probabilities that do not fit or do not sum to one."""
        if len(self.values) != len(self.probabilities):
            raise PydanticCustomError("sizes", "values and probabilities differ in number")
        if abs(sum(self.probabilities) - 1.0) > 1e-9:
            raise PydanticCustomError("sum", "probabilities sum to {total}, not 1", {"total": sum(self.probabilities)})
        return self


class Empirical(Record):
    """Observed values: the inverse distribution function runs straight between the sorted values."""

    distribution: Literal["empirical"] = "empirical"
    values: tuple[Finite, ...] = Field(min_length=2, description="observed values, in any order")


def _ordered(record: R, *numbers: float) -> R:
    if any(a > b for a, b in zip(numbers, numbers[1:], strict=False)):
        raise PydanticCustomError("order", "minimum, mode and maximum must rise")
    return record


Marginal: TypeAlias = (
    Fixed
    | Uniform
    | Triangular
    | Pert
    | Normal
    | Lognormal
    | ShiftedLognormal
    | LogitNormal
    | Beta
    | Discrete
    | Empirical
)


class Uncertainty(Record):
    """A named uncertainty: the leaf it draws and its marginal distribution, which wins over the default spread."""

    target: str = Field(description="dotted path of a quantity, as parameters.theta or links.trans_caspian.price_t0")
    marginal: Annotated[Marginal, Field(discriminator="distribution")] = Field(description="its distribution")


class Correlation(Record):
    """Rank correlation of two quantities, each a name of `uncertainties` or a dotted path."""

    a: str = Field(description="one quantity")
    b: str = Field(description="the other")
    rank: Annotated[float, Field(ge=-1, le=1)] = Field(description="Spearman rank correlation")


class QualitySpread(Record):
    """Default spread of a kind of variable at a grade: tenth and ninetieth percentile relative to the value."""

    distribution: str = Field(description="lognormal, normal, triangular, pert, logit-normal or beta, in words")
    p10_ratio_or_minus: Finite = Field(description="tenth percentile: ratio, added amount, logits; beta: cv")
    p90_ratio_or_plus: Finite = Field(description="ninetieth percentile: ratio, added amount, logits; beta: cv")
    unit: str = Field(description="how the two numbers are meant")
    source: str = Field(default="", description="where the widths come from")
