"""Marginal distributions of drawn parameters, as the engine takes them.

A marginal is a rule that turns a standard normal number z (equivalently the probability u = F(z) below it) into a
value: the inverse distribution function.  Every rule rises with z, so a rank correlation of the z is one of the values,
and the value at z = 0 is the median.  Build marginals with the functions of this module, which check their arguments.

======================  ====================================  ========================================================
kind                    parameters                            value
======================  ====================================  ========================================================
FIXED                   value                                 value
UNIFORM                 minimum, maximum                      minimum + (maximum - minimum) u
TRIANGULAR              minimum, mode, maximum                inverse of the triangle's distribution function at u
NORMAL                  mean, sd                              mean + sd z
LOGNORMAL               mu, sigma (of the logarithm)          exp(mu + sigma z)
SHIFTED_LOGNORMAL       median, scale, rate                   median + scale (exp(rate z) - 1); scale rate > 0
LOGIT_NORMAL            logit of the median, sigma            1 / (1 + exp(-(logit + sigma z)))
BETA (and PERT)         alpha, beta, minimum, maximum         minimum + (maximum - minimum) * inverse beta at u
DISCRETE                (values, probabilities)               the first value whose cumulative probability reaches u
EMPIRICAL               (values)                              straight between sorted observations, position (n - 1) u
======================  ====================================  ========================================================

`lower` and `upper` cut the value: a draw beyond them is moved to them (so each may hold probability of its own).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

__all__ = [
    "Z90",
    "Marginal",
    "MarginalKind",
    "beta",
    "discrete",
    "empirical",
    "fixed",
    "logit_normal",
    "lognormal_from_mean",
    "lognormal_from_median",
    "normal",
    "pert",
    "shifted_lognormal",
    "triangular",
    "uniform",
]

# Ninetieth percentile of the standard normal distribution.
Z90: Final = 1.2815515655446004
# A ratio of upper to lower half-width this close to one is a normal distribution (to one part in ten million).
_SYMMETRIC: Final = 1e-7


class MarginalKind(IntEnum):
    """Families of distributions; the numbers are what the kernels see."""

    FIXED = 0
    UNIFORM = 1
    TRIANGULAR = 2
    NORMAL = 3
    LOGNORMAL = 4
    SHIFTED_LOGNORMAL = 5
    LOGIT_NORMAL = 6
    BETA = 7
    DISCRETE = 8
    EMPIRICAL = 9


@dataclass(frozen=True, slots=True)
class Marginal:
    """One distribution in the canonical form of the table above.

    Attributes
    ----------
    kind : family
    parameters : up to four numbers, in the value's own unit where they are values
    values : points of a discrete (rising) or empirical (sorted) distribution, else empty
    probabilities : one per value of a discrete distribution (sum 1), else empty
    lower, upper : cuts, infinite for none
    """

    kind: MarginalKind
    parameters: tuple[float, ...] = ()
    values: tuple[float, ...] = ()
    probabilities: tuple[float, ...] = ()
    lower: float = -math.inf
    upper: float = math.inf

    def __post_init__(self) -> None:
        numbers = (*self.parameters, *self.values, *self.probabilities)
        if not all(math.isfinite(number) for number in numbers):
            raise ValueError(f"{self.kind.name.lower()}: parameters must be finite numbers, not {numbers}")
        if not self.lower <= self.upper:
            raise ValueError(f"{self.kind.name.lower()}: lower cut {self.lower} is above upper cut {self.upper}")


def fixed(value: float) -> Marginal:
    """Return the distribution that is always `value`."""
    return Marginal(MarginalKind.FIXED, (value,))


def uniform(*, minimum: float, maximum: float) -> Marginal:
    """Return the uniform distribution between two values."""
    _require(minimum <= maximum, f"uniform: minimum {minimum} is above maximum {maximum}")
    return Marginal(MarginalKind.UNIFORM, (minimum, maximum))


def triangular(*, minimum: float, mode: float, maximum: float) -> Marginal:
    """Return the triangular distribution with its top at `mode`."""
    _require(minimum <= mode <= maximum, f"triangular: {minimum}, {mode}, {maximum} do not rise")
    if minimum == maximum:
        return fixed(mode)
    return Marginal(MarginalKind.TRIANGULAR, (minimum, mode, maximum))


def pert(*, minimum: float, mode: float, maximum: float) -> Marginal:
    """Return the beta distribution with mean (minimum + 4 mode + maximum) / 6 and the given mode.

    References
    ----------
    D. G. Malcolm and others, Application of a technique for research and development program evaluation, Operations
    Research 7, 1959 (weight 4); alpha + beta = 6.
    """
    _require(minimum <= mode <= maximum, f"pert: {minimum}, {mode}, {maximum} do not rise")
    if minimum == maximum:
        return fixed(mode)
    rise = 4.0 * (mode - minimum) / (maximum - minimum)
    return Marginal(MarginalKind.BETA, (1.0 + rise, 5.0 - rise, minimum, maximum))


def normal(*, mean: float, sd: float, lower: float = -math.inf, upper: float = math.inf) -> Marginal:
    """Return the normal distribution, cut at `lower` and `upper`."""
    _require(sd >= 0.0, f"normal: standard deviation {sd} is negative")
    return Marginal(MarginalKind.NORMAL, (mean, sd), lower=lower, upper=upper)


def lognormal_from_median(*, median: float, p90: float, lower: float = -math.inf, upper: float = math.inf) -> Marginal:
    """Return the lognormal distribution with a median and a ninetieth percentile, both positive."""
    _require(0.0 < median <= p90, f"lognormal: 0 < median {median} <= p90 {p90} does not hold")
    return Marginal(MarginalKind.LOGNORMAL, (math.log(median), math.log(p90 / median) / Z90), lower=lower, upper=upper)


def lognormal_from_mean(*, mean: float, cv: float, lower: float = -math.inf, upper: float = math.inf) -> Marginal:
    """Return the lognormal distribution with a mean and a coefficient of variation (sd / mean)."""
    _require(mean > 0.0, f"lognormal: mean {mean} is not positive")
    _require(cv >= 0.0, f"lognormal: coefficient of variation {cv} is negative")
    variance = math.log1p(cv * cv)
    parameters = (math.log(mean) - 0.5 * variance, math.sqrt(variance))
    return Marginal(MarginalKind.LOGNORMAL, parameters, lower=lower, upper=upper)


def shifted_lognormal(
    *, p10: float, p50: float, p90: float, lower: float = -math.inf, upper: float = math.inf
) -> Marginal:
    """Return the distribution with given tenth, fiftieth and ninetieth percentile: lognormal up to shift and sign.

    With b = (p90 - p50) / (p50 - p10), x = p50 + (p90 - p50) (b**(z / Z90) - 1) / (b - 1); a normal for b = 1.

    References
    ----------
    R. B. Myerson, Probability Models for Economic Decisions, 2005, chapter 4 (generalized lognormal distribution)
    """
    _require(p10 < p50 < p90, f"shifted lognormal: {p10}, {p50}, {p90} do not rise")
    ratio = (p90 - p50) / (p50 - p10)
    if abs(ratio - 1.0) < _SYMMETRIC:
        return normal(mean=p50, sd=(p90 - p50) / Z90, lower=lower, upper=upper)
    parameters = (p50, (p90 - p50) / (ratio - 1.0), math.log(ratio) / Z90)
    return Marginal(MarginalKind.SHIFTED_LOGNORMAL, parameters, lower=lower, upper=upper)


def logit_normal(*, median: float, p90_shift: float) -> Marginal:
    """Return a share between 0 and 1 whose log-odds are normal, `p90_shift` logits above the median at its p90."""
    _require(0.0 < median < 1.0, f"logit-normal: median {median} is not between 0 and 1")
    _require(p90_shift >= 0.0, f"logit-normal: shift {p90_shift} is negative")
    return Marginal(MarginalKind.LOGIT_NORMAL, (math.log(median) - math.log1p(-median), p90_shift / Z90))


def beta(*, mean: float, sd: float, minimum: float = 0.0, maximum: float = 1.0) -> Marginal:
    """Return the beta distribution on [minimum, maximum] with a mean and a standard deviation."""
    _require(minimum < mean < maximum, f"beta: mean {mean} is not between {minimum} and {maximum}")
    width = maximum - minimum
    share, variance = (mean - minimum) / width, (sd / width) ** 2
    _require(0.0 < variance < share * (1.0 - share), f"beta: no beta with mean {mean} has standard deviation {sd}")
    weight = share * (1.0 - share) / variance - 1.0
    return Marginal(MarginalKind.BETA, (share * weight, (1.0 - share) * weight, minimum, maximum))


def discrete(*, values: Sequence[float], probabilities: Sequence[float]) -> Marginal:
    """Return the distribution over a few values; they are put in rising order, so that ranks keep their meaning."""
    _require(len(values) == len(probabilities) > 0, "discrete: values and probabilities differ in number, or are none")
    _require(min(probabilities) >= 0.0, "discrete: a probability is negative")
    total = math.fsum(probabilities)
    _require(abs(total - 1.0) <= 1e-9, f"discrete: probabilities sum to {total}, not 1")
    pairs = sorted(zip(values, probabilities, strict=True))
    return Marginal(
        MarginalKind.DISCRETE, values=tuple(v for v, _ in pairs), probabilities=tuple(p / total for _, p in pairs)
    )


def empirical(*, values: Sequence[float]) -> Marginal:
    """Return the distribution of observed values, given in any order; at least two."""
    _require(len(values) >= 2, "empirical: at least two values are needed")
    return Marginal(MarginalKind.EMPIRICAL, values=tuple(sorted(values)))


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise ValueError(message)
