"""Drawn parameters: every slot of the draw matrix, with its name and marginal distribution.

A slot's name is its random stream, so it never depends on what else a scenario holds. Slots are handed out in any
order and numbered by name at the end. The marginal of a slot that is a leaf of the scenario is, in this order: the one
a named uncertainty of the scenario gives, the leaf's own tenth and ninetieth percentile, the default width of its kind
and grade.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simmodel.errors import DataError
from simmodel.inputs import marginals
from simmodel.inputs.marginals import Marginal, MarginalKind
from simmodel.scenario.schema import Scenario
from simmodel.scenario.schema_uncertainty import (
    Beta,
    Discrete,
    Empirical,
    Fixed,
    LogitNormal,
    Lognormal,
    Normal,
    Pert,
    ShiftedLognormal,
    Triangular,
    Uniform,
)
from simmodel.scenario.schema_uncertainty import Marginal as ScenarioMarginal
from simmodel.scenario.spreads import spread_of

UNIT_INTERVAL: Final = marginals.uniform(minimum=0.0, maximum=1.0)
Z_TAIL: Final = 2.5758293035489004
"""Standard normal quantile at 99.5 percent."""
_LINEAR_KINDS: Final = {
    MarginalKind.FIXED: (0,),
    MarginalKind.UNIFORM: (0, 1),
    MarginalKind.TRIANGULAR: (0, 1, 2),
    MarginalKind.BETA: (2, 3),
}


@dataclass(frozen=True, slots=True)
class CommonFactor:
    """Slots that share one normal factor.

    Attributes
    ----------
    name : of the group, as `overrun`
    slots : names of the slots
    variance_share : share of the variance in common [fraction]
    """

    name: str
    slots: tuple[str, ...]
    variance_share: float


class SlotBook:
    """Hands out slots while the arrays are built; `number_by_name` turns the numbers handed out into final ones."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._marginals: dict[str, Marginal] = {}
        self._indices: dict[str, int] = {}
        self._names_by_target: dict[str, str] = {}
        self._overrides = {entry.target: entry for entry in scenario.uncertainties.values()}

    def draw(self, name: str, marginal: Marginal) -> int:
        """Return the slot of a parameter that is no leaf; an uncertainty may name it with dots for slashes."""
        target = name.replace("/", ".")
        override = self._overrides.get(target)
        return self._add(name, target, marginal if override is None else convert_marginal(override.marginal))

    def draw_leaf(self, name: str, path: str, change: Callable[[Marginal], Marginal] | None = None) -> int:
        """Return the slot of a leaf of the scenario.

        Parameters
        ----------
        name : of the slot
        path : dotted path of the leaf, as `parameters.theta`
        change : turns the leaf's distribution into the slot's, as a shift of origin
        """
        override = self._overrides.get(path)
        if override is None:
            marginal = cut_tails(convert_marginal(spread_of(self._scenario, path)))
        else:
            marginal = convert_marginal(override.marginal)
        return self._add(name, path, marginal if change is None else change(marginal))

    def draw_fixed_leaf(self, name: str, path: str, value: float) -> int:
        """Return the slot of a leaf that stays at its value unless a named uncertainty draws it."""
        override = self._overrides.get(path)
        return self._add(
            name, path, marginals.fixed(value) if override is None else convert_marginal(override.marginal)
        )

    def draw_parameter(self, field: str, change: Callable[[Marginal], Marginal] | None = None) -> int:
        """Return the slot of a global parameter."""
        return self.draw_leaf(f"parameters/{field}", f"parameters.{field}", change)

    def _add(self, name: str, target: str, marginal: Marginal) -> int:
        known = self._marginals.get(name)
        if known is not None:
            if known != marginal:
                raise ValueError(f"slot {name} has two distributions")
            return self._indices[name]
        self._marginals[name] = marginal
        self._indices[name] = len(self._indices)
        self._names_by_target[target] = name
        return self._indices[name]

    def number_by_name(self, arrays: Iterable[NDArray[np.void]]) -> tuple[tuple[str, Marginal], ...]:
        """Renumber every `_slot` field of the arrays by name, in place, and return the slots in that order."""
        names = sorted(self._marginals)
        final = np.empty(len(names), dtype=np.int64)
        for number, name in enumerate(names):
            final[self._indices[name]] = number
        for array in arrays:
            for field in array.dtype.names or ():
                if field.endswith("_slot"):
                    column = array[field]
                    array[field] = np.where(column >= 0, final[np.maximum(column, 0)], column)
        return tuple((name, self._marginals[name]) for name in names)

    def correlations(self) -> tuple[tuple[str, str, float], ...]:
        """Return the rank correlations of the scenario between slots."""
        return tuple(
            (self._slot_named(entry.a), self._slot_named(entry.b), entry.rank) for entry in self._scenario.correlations
        )

    def check_uncertainties(self) -> None:
        """Refuse an uncertainty whose target is not drawn: it would have no effect."""
        idle = sorted(
            f"{name} ({entry.target})"
            for name, entry in self._scenario.uncertainties.items()
            if entry.target not in self._names_by_target
        )
        if idle:
            raise DataError(
                "uncertainties of values that the simulation takes as fixed: " + ", ".join(idle)
                + "; give them with --set instead, or remove them"
            )  # fmt: skip

    def _slot_named(self, text: str) -> str:
        target = self._scenario.uncertainties[text].target if text in self._scenario.uncertainties else text
        name = self._names_by_target.get(target.replace("/", "."))
        if name is None:
            raise DataError(f"correlation with {text}: the simulation takes this value as fixed")
        return name


def convert_marginal(given: ScenarioMarginal) -> Marginal:
    """Return a distribution of the scenario in the form the engine takes."""
    match given:
        case Fixed():
            return marginals.fixed(given.value)
        case Uniform():
            return marginals.uniform(minimum=given.minimum, maximum=given.maximum)
        case Triangular():
            return marginals.triangular(minimum=given.minimum, mode=given.mode, maximum=given.maximum)
        case Pert():
            return marginals.pert(minimum=given.minimum, mode=given.mode, maximum=given.maximum)
        case Normal():
            return marginals.normal(mean=given.mean, sd=given.sd)
        case Lognormal():
            return _convert_lognormal(given)
        case ShiftedLognormal():
            return marginals.shifted_lognormal(
                p10=given.p10,
                p50=given.p50,
                p90=given.p90,
                lower=-math.inf if given.minimum is None else given.minimum,
                upper=math.inf if given.maximum is None else given.maximum,
            )
        case LogitNormal():
            return marginals.logit_normal(median=given.median, p90_shift=given.p90_shift)
        case Beta():
            return marginals.beta(mean=given.mean, sd=given.sd, minimum=given.minimum, maximum=given.maximum)
        case Discrete():
            return marginals.discrete(values=given.values, probabilities=given.probabilities)
        case Empirical():
            return marginals.empirical(values=given.values)


def _convert_lognormal(given: Lognormal) -> Marginal:
    if given.median is not None and given.p90 is not None:
        return marginals.lognormal_from_median(median=given.median, p90=given.p90)
    if given.mean is not None and given.cv is not None:
        return marginals.lognormal_from_mean(mean=given.mean, cv=given.cv)
    raise ValueError("a lognormal needs median and p90, or mean and cv")


def clip_marginal(marginal: Marginal, *, lower: float = -math.inf, upper: float = math.inf) -> Marginal:
    """Return the distribution cut at two bounds (draws beyond are moved to them)."""
    first, last = max(marginal.lower, lower), min(marginal.upper, upper)
    return replace(marginal, lower=min(first, upper), upper=max(last, lower))


def cut_tails(marginal: Marginal) -> Marginal:
    """Return a distribution known by its tenth, fiftieth and ninetieth percentile without its far tails.

    Three percentiles say nothing of one draw in a hundred thousand: draws beyond the half percent at either end are
    moved to it.
    """
    if marginal.kind == MarginalKind.NORMAL:
        mean, sd = marginal.parameters
        return clip_marginal(marginal, lower=mean - Z_TAIL * sd, upper=mean + Z_TAIL * sd)
    if marginal.kind == MarginalKind.SHIFTED_LOGNORMAL:
        median, scale, rate = marginal.parameters
        ends = [median + scale * math.expm1(rate * z) for z in (-Z_TAIL, Z_TAIL)]
        return clip_marginal(marginal, lower=ends[0], upper=ends[1])
    return marginal


def shift_marginal(marginal: Marginal, offset: float) -> Marginal:
    """Return the distribution of the value plus `offset`.

    Raises
    ------
    DataError : the family has no shifted member and the offset is not zero
    """
    lower, upper = marginal.lower + offset, marginal.upper + offset
    numbers = list(marginal.parameters)
    match marginal.kind:
        case MarginalKind.FIXED | MarginalKind.UNIFORM | MarginalKind.TRIANGULAR | MarginalKind.BETA:
            for place in _LINEAR_KINDS[marginal.kind]:
                numbers[place] += offset
            return replace(marginal, parameters=tuple(numbers), lower=lower, upper=upper)
        case MarginalKind.NORMAL | MarginalKind.SHIFTED_LOGNORMAL:
            numbers[0] += offset
            return replace(marginal, parameters=tuple(numbers), lower=lower, upper=upper)
        case MarginalKind.LOGNORMAL:
            mu, sigma = numbers
            if sigma == 0.0:
                return marginals.fixed(math.exp(mu) + offset)
            moved = (math.exp(mu) + offset, math.exp(mu), sigma)
            return replace(marginal, kind=MarginalKind.SHIFTED_LOGNORMAL, parameters=moved, lower=lower, upper=upper)
        case MarginalKind.DISCRETE | MarginalKind.EMPIRICAL:
            return replace(
                marginal, values=tuple(value + offset for value in marginal.values), lower=lower, upper=upper
            )
        case _:
            raise DataError(f"a {marginal.kind.name.lower()} distribution cannot be moved by {offset}")


def scale_marginal(marginal: Marginal, factor: float) -> Marginal:
    """Return the distribution of the value times a positive `factor`.

    Raises
    ------
    DataError : the family has no scaled member
    """
    if factor <= 0.0:
        raise ValueError(f"the factor {factor} is not positive")
    lower, upper = marginal.lower * factor, marginal.upper * factor
    numbers = list(marginal.parameters)
    match marginal.kind:
        case MarginalKind.FIXED | MarginalKind.UNIFORM | MarginalKind.TRIANGULAR | MarginalKind.BETA:
            for place in _LINEAR_KINDS[marginal.kind]:
                numbers[place] *= factor
            return replace(marginal, parameters=tuple(numbers), lower=lower, upper=upper)
        case MarginalKind.NORMAL | MarginalKind.SHIFTED_LOGNORMAL:
            numbers[0] *= factor
            numbers[1] *= factor
            return replace(marginal, parameters=tuple(numbers), lower=lower, upper=upper)
        case MarginalKind.LOGNORMAL:
            return replace(marginal, parameters=(numbers[0] + math.log(factor), numbers[1]), lower=lower, upper=upper)
        case MarginalKind.DISCRETE | MarginalKind.EMPIRICAL:
            return replace(
                marginal, values=tuple(value * factor for value in marginal.values), lower=lower, upper=upper
            )
        case _:
            if factor == 1.0:
                return marginal
            raise DataError(f"a {marginal.kind.name.lower()} distribution cannot be multiplied by {factor}")


def median_of(marginal: Marginal) -> float:
    """Return the value of a distribution at probability one half."""
    value = _median_inside(marginal)
    return min(max(value, marginal.lower), marginal.upper)


def _median_inside(marginal: Marginal) -> float:
    numbers = marginal.parameters
    match marginal.kind:
        case MarginalKind.UNIFORM:
            return 0.5 * (numbers[0] + numbers[1])
        case MarginalKind.TRIANGULAR:
            low, mode, high = numbers
            if mode - low >= 0.5 * (high - low):
                return low + math.sqrt(0.5 * (high - low) * (mode - low))
            return high - math.sqrt(0.5 * (high - low) * (high - mode))
        case MarginalKind.LOGNORMAL:
            return math.exp(numbers[0])
        case MarginalKind.LOGIT_NORMAL:
            return 1.0 / (1.0 + math.exp(-numbers[0]))
        case MarginalKind.BETA:
            from scipy.special import betaincinv

            alpha, beta, low, high = numbers
            return low + (high - low) * float(betaincinv(alpha, beta, 0.5))
        case MarginalKind.DISCRETE:
            reached = np.cumsum(marginal.probabilities) >= 0.5 - 1e-12
            return marginal.values[int(np.argmax(reached))]
        case MarginalKind.EMPIRICAL:
            return float(np.median(marginal.values))
        case _:
            return numbers[0]
