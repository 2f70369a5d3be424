"""How precise an answer is: standard errors that fit the design of the draws, and the precision a user asks for."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np

from simmodel.errors import ScenarioError
from simmodel.results.array_types import FloatArray, IntArray

QUANTITIES = ("gap", "need")  # whose standard errors are reported, and can be asked for
FIRST_DRAWS = 1024  # of a simulation that goes on until an answer is precise enough; later batches are multiples
MOST_GROWTH = 4.0  # times the draws so far
MARGIN = 1.1  # more draws than the last standard error says, which is an estimate itself


@dataclass(frozen=True, slots=True)
class Target:
    """A precision to reach: `quantity`.se at most `amount`, in musd or as a share of the mean."""

    text: str
    quantity: str
    amount: float
    is_share: bool

    def limit_musd(self, mean_musd: float) -> float:
        """Largest standard error that will do."""
        return self.amount * abs(mean_musd) if self.is_share else self.amount


@dataclass(frozen=True, slots=True)
class Precision:
    """Standard errors of means over draws; constant musd.

    Attributes
    ----------
    sampling : design of the draws
    replicates : independent parts the errors are taken from; with plain random draws every draw is one
    mean_musd, standard_error_musd : by quantity of `QUANTITIES`; an error is NaN where fewer than two replicates leave
        it unknown.  They are those of the draws: the plan of finance is taken as given.
    target : what was asked for, as it was written; "" nothing
    is_reached : whether it was; True when nothing was asked for
    """

    sampling: str
    replicates: int
    mean_musd: dict[str, float]
    standard_error_musd: dict[str, float]
    target: str = ""
    is_reached: bool = True


def parse_target(text: str) -> Target:
    """Read `gap.se=1%`, `gap.se=2musd` or `need.se=0.5%`.

    Raises
    ------
    ScenarioError   anything else
    """
    match = re.fullmatch(r"(\w+)\.se\s*=\s*([0-9.]+(?:[eE][-+]?\d+)?)\s*(%|musd)", text.strip())
    if match is None or match[1] not in QUANTITIES or not _is_positive(match[2]):
        wanted = " or ".join(f"{name}.se=1%" for name in QUANTITIES)
        raise ScenarioError(
            [f"--until {text}: a standard error to reach is written {wanted}, or with musd, as gap.se=2musd"]
        )
    is_share = match[3] == "%"
    return Target(text, match[1], float(match[2]) * (0.01 if is_share else 1.0), is_share)


def _is_positive(text: str) -> bool:
    try:
        return 0.0 < float(text) < math.inf
    except ValueError:
        return False


def standard_error_of_mean(*, values: FloatArray, replicate: IntArray) -> float:
    """Standard error of the mean over draws that are independent only between replicates.

    Parameters
    ----------
    values : (draws,)
    replicate : (draws,) number of the replicate a draw belongs to; a number of its own for every independent draw

    Returns
    -------
    NaN with fewer than two replicates

    Notes
    -----
    The mean is the replicates' means weighted by their draws, w; its variance is that of the weighted deviations,
    sum of w^2 (m_r - m)^2, over (R - 1) / R.  With one draw a replicate this is s / sqrt(draws).
    """
    _, place, sizes = np.unique(replicate, return_inverse=True, return_counts=True)
    parts = len(sizes)
    if parts < 2:
        return math.nan
    mean = values.mean()
    deviation = np.bincount(place, weights=values - mean) / len(values)  # w (m_r - m)
    return float(np.sqrt(parts / (parts - 1.0) * np.sum(deviation * deviation)))


def measure_precision(
    *, draws_musd: dict[str, FloatArray], replicate: IntArray, sampling: str, target: Target | None = None
) -> Precision:
    """Return the standard errors of the means of some quantities, and whether they are small enough.

    Parameters
    ----------
    draws_musd : quantity -> (draws,)
    replicate : (draws,) see `standard_error_of_mean`
    """
    mean = {name: float(values.mean()) for name, values in draws_musd.items()}
    error = {name: standard_error_of_mean(values=values, replicate=replicate) for name, values in draws_musd.items()}
    reached = target is None or error[target.quantity] <= target.limit_musd(mean[target.quantity])
    text = "" if target is None else target.text
    return Precision(sampling, len(np.unique(replicate)), mean, error, text, reached)


def following_draws(precision: Precision, target: Target, *, draws: int, most: int) -> int:
    """Return how many draws to have next: what the standard error asks for, in whole batches, at most `most`."""
    error = precision.standard_error_musd[target.quantity]
    limit = target.limit_musd(precision.mean_musd[target.quantity])
    growth = (error / limit) ** 2 * MARGIN if limit > 0.0 and math.isfinite(error) else MOST_GROWTH
    wanted = draws * min(max(growth, 1.0), MOST_GROWTH)
    batches = max(math.ceil(wanted / FIRST_DRAWS), draws // FIRST_DRAWS + 1)
    return min(batches * FIRST_DRAWS, most)
