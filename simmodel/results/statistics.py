"""Statistics over draws: quantiles, tail means, their standard errors, and the lender's banded path."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from simmodel.results.array_types import FloatArray, Numeric, as_floats

_NORMAL_QUANTILE_975 = 1.959963984540054


class TailMean(NamedTuple):
    """Conditional value at risk and the value at risk that attains it.

    cvar : (...)   mean of the worst (1 - alpha) of the probability
    value_at_risk : (...)   eta*, the smallest minimiser of eta + E(L - eta)+ / (1 - alpha)
    """

    cvar: FloatArray
    value_at_risk: FloatArray


class DrawSummary(NamedTuple):
    """Summary over draws of one quantity; every field (...) in its unit, standard errors included.

    cvar90 : mean of the worst tenth, the largest values being the worst
    """

    mean: FloatArray
    mean_standard_error: FloatArray
    standard_deviation: FloatArray
    p10: FloatArray
    p50: FloatArray
    p90: FloatArray
    cvar90: FloatArray


def quantiles(*, values: Numeric, probabilities: Numeric) -> FloatArray:
    """Quantiles over the draws, linear between order statistics.

    Parameters
    ----------
    values : (draws, ...)   no NaN
    probabilities : (probabilities,) in [0, 1]

    Returns
    -------
    (probabilities, ...)   non-decreasing in the probability

    Raises
    ------
    ValueError   when there is no draw, a value is NaN or a probability is outside [0, 1]
    """
    return as_floats(np.quantile(_checked(values), as_floats(probabilities), axis=0))


def quantile_interval(*, values: Numeric, probability: float) -> tuple[FloatArray, FloatArray]:
    """95 % confidence interval of a quantile from order statistics (binomial, normal approximation).

    Parameters
    ----------
    values : (draws, ...);  probability : in (0, 1)

    Returns
    -------
    low, high : (...)   the extreme draws where the sample is too small for the interval
    """
    ordered = np.sort(_checked(values), axis=0)
    draws = ordered.shape[0]
    half = _NORMAL_QUANTILE_975 * np.sqrt(draws * probability * (1.0 - probability))
    low = int(np.clip(np.floor(draws * probability - half) - 1, 0, draws - 1))
    high = int(np.clip(np.ceil(draws * probability + half), 0, draws - 1))
    return as_floats(ordered[low]), as_floats(ordered[high])


def mean_standard_error(*, values: Numeric) -> FloatArray:
    """Standard error of the mean of independent draws, sd / sqrt(draws).

    Parameters
    ----------
    values : (draws, ...)

    Returns
    -------
    (...)   NaN for a single draw
    """
    sample = _checked(values)
    if sample.shape[0] < 2:
        return np.full(sample.shape[1:], np.nan)
    return as_floats(sample.std(axis=0, ddof=1) / np.sqrt(sample.shape[0]))


def conditional_value_at_risk(*, losses: Numeric, alpha: float, probabilities: Numeric | None = None) -> TailMean:
    """Mean of the worst (1 - alpha) of the losses, exact for a discrete distribution (the atom at the edge is split).

    Parameters
    ----------
    losses : (draws, ...)   + = bad
    alpha : confidence in [0, 1); 0 gives the mean
    probabilities : (draws,) > 0, sums to 1; equal when None

    Returns
    -------
    TailMean

    References
    ----------
    Rockafellar, R. T. and Uryasev, S., Conditional value-at-risk for general loss distributions, J. Banking & Finance
    26 (2002).
    """
    sample = _checked(losses)
    weights = tail_weights(losses=sample, alpha=alpha, probabilities=probabilities)
    order = np.argsort(-sample, axis=0, kind="stable")
    ordered_weight = np.take_along_axis(weights, order, axis=0)
    last = sample.shape[0] - 1 - np.argmax(ordered_weight[::-1] > 0.0, axis=0)
    edge = np.take_along_axis(np.take_along_axis(sample, order, axis=0), last[None, ...], axis=0)[0]
    return TailMean(as_floats((weights * sample).sum(axis=0)), as_floats(edge))


def tail_weights(*, losses: Numeric, alpha: float, probabilities: Numeric | None = None) -> FloatArray:
    """Weights q that attain the CVaR, max over q of sum(q L) with 0 <= q <= p/(1 - alpha), sum(q) = 1.

    Parameters and errors as `conditional_value_at_risk`.

    Returns
    -------
    (draws, ...) [-]   the worst draws get p/(1 - alpha), the one at the edge what is left; ties in order of draw
    """
    sample = _checked(losses)
    if not 0.0 <= alpha < 1.0:
        raise ValueError("alpha must be at least 0 and below 1")
    draws = sample.shape[0]
    chance = np.full(draws, 1.0 / draws) if probabilities is None else as_floats(probabilities)
    if chance.shape != (draws,) or np.any(chance <= 0.0) or abs(chance.sum() - 1.0) > 1e-9:
        raise ValueError("probabilities must be positive, one per draw, and sum to 1")
    order = np.argsort(-sample, axis=0, kind="stable")
    most = (chance / (1.0 - alpha))[order]
    before = np.cumsum(most, axis=0) - most
    given = np.clip(1.0 - before, 0.0, most)
    given[given < 1e-12 * most] = 0.0
    given /= given.sum(axis=0)
    weights = np.empty_like(given)
    np.put_along_axis(weights, order, given, axis=0)
    return weights


def rockafellar_uryasev_value(
    *, losses: Numeric, threshold: Numeric, alpha: float, probabilities: Numeric | None = None
) -> FloatArray:
    """Value of eta + E(L - eta)+ / (1 - alpha), whose minimum over eta is the CVaR.

    Parameters
    ----------
    losses : (draws, ...);  threshold : scalar or (...), eta;  alpha : in [0, 1)
    probabilities : (draws,); equal when None

    Returns
    -------
    (...)
    """
    sample = _checked(losses)
    excess = np.maximum(sample - as_floats(threshold), 0.0)
    if probabilities is None:
        expected = excess.mean(axis=0)
    else:
        expected = np.tensordot(as_floats(probabilities), excess, axes=(0, 0))
    return as_floats(as_floats(threshold) + expected / (1.0 - alpha))


def tail_contributions(*, parts: Numeric, alpha: float) -> FloatArray:
    """Contribution of each part to the CVaR of their sum, its mean over the tail of the sum (Euler allocation).

    Parameters
    ----------
    parts : (draws, parts)   e.g. the gap of each link;  alpha : in [0, 1)

    Returns
    -------
    (parts,)   sums to the CVaR of the sum
    """
    sample = _checked(parts)
    weights = tail_weights(losses=sample.sum(axis=-1), alpha=alpha)
    return as_floats(weights @ sample)


def tail_mean_standard_error(*, losses: Numeric, alpha: float) -> FloatArray:
    """Large-sample standard error of the CVaR, sd of eta* + (L - eta*)+/(1 - alpha) over sqrt(draws).

    Parameters
    ----------
    losses : (draws, ...);  alpha : in [0, 1)

    Returns
    -------
    (...)
    """
    sample = _checked(losses)
    edge = conditional_value_at_risk(losses=sample, alpha=alpha).value_at_risk
    return mean_standard_error(values=np.maximum(sample - edge, 0.0) / (1.0 - alpha))


def banded_path(
    *, paths: Numeric, ranking: Numeric, lower_share: float = 0.08, upper_share: float = 0.12
) -> FloatArray:
    """Lender's case: the mean of the paths that rank in a band counted from the worst, link by link.

    Parameters
    ----------
    paths : (draws, ..., years)   e.g. CFADS of each link
    ranking : (draws, ...)   what draws are ranked by, larger = better: the NPV of CFADS over the life of the debt
    lower_share, upper_share : band of ranks as shares of the draws; 0.08 to 0.12 stands for P90

    Returns
    -------
    (..., years)   unit of `paths`; with few draws the one nearest the middle of the band

    Raises
    ------
    ValueError   when the band is empty or outside [0, 1]
    """
    sample, score = _checked(paths), _checked(ranking)
    if not 0.0 <= lower_share < upper_share <= 1.0:
        raise ValueError("the band must satisfy 0 <= lower_share < upper_share <= 1")
    draws = sample.shape[0]
    order = np.argsort(score, axis=0, kind="stable")
    first, last = int(np.ceil(draws * lower_share - 1e-9)), int(np.floor(draws * upper_share + 1e-9))
    if last <= first:
        first = min(draws - 1, int(draws * 0.5 * (lower_share + upper_share)))
        last = first + 1
    chosen = np.take_along_axis(sample, order[first:last][..., None], axis=0)
    return as_floats(chosen.mean(axis=0))


def summarise_draws(*, values: Numeric) -> DrawSummary:
    """Mean, spread, quantiles and tail mean of a quantity over its draws.

    Parameters
    ----------
    values : (draws, ...)   no NaN; larger is worse for `cvar90`

    Returns
    -------
    DrawSummary
    """
    sample = _checked(values)
    p10, p50, p90 = quantiles(values=sample, probabilities=[0.1, 0.5, 0.9])
    spread = sample.std(axis=0, ddof=1) if sample.shape[0] > 1 else np.zeros(sample.shape[1:])
    return DrawSummary(
        mean=as_floats(sample.mean(axis=0)),
        mean_standard_error=mean_standard_error(values=sample),
        standard_deviation=as_floats(spread),
        p10=as_floats(p10),
        p50=as_floats(p50),
        p90=as_floats(p90),
        cvar90=conditional_value_at_risk(losses=sample, alpha=0.9).cvar,
    )


def probability_at_most(*, values: Numeric, limit: Numeric) -> tuple[FloatArray, FloatArray]:
    """Share of draws not above a limit, and its standard error.

    Parameters
    ----------
    values : (draws, ...);  limit : scalar or (...)

    Returns
    -------
    probability, standard_error : (...)
    """
    sample = _checked(values)
    share = as_floats((sample <= as_floats(limit)).mean(axis=0))
    return share, as_floats(np.sqrt(share * (1.0 - share) / sample.shape[0]))


def _checked(values: Numeric) -> FloatArray:
    sample = as_floats(values)
    if sample.ndim == 0 or sample.shape[0] == 0:
        raise ValueError("statistics need at least one draw")
    if np.any(np.isnan(sample)):
        raise ValueError("statistics were given a value that is not a number")
    return sample
