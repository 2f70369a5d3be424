"""Calendar years and the engine's years t, counted from the start of the first simulated year."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simmodel.scenario.schema import Scenario


@dataclass(frozen=True, slots=True)
class Calendar:
    """The simulated years.

    Attributes
    ----------
    first_year : calendar year of t = 0; the base year is the one before
    years : number of simulated years
    """

    first_year: int
    years: int

    @property
    def base_year(self) -> int:
        """Return the calendar year the data describe."""
        return self.first_year - 1

    def start_of(self, year: int) -> float:
        """Return the time at which a calendar year starts [years since the start of the first year]."""
        return float(year - self.first_year)

    def end_of(self, year: int) -> float:
        """Return the time at which a calendar year ends [years since the start of the first year]."""
        return float(year - self.first_year + 1)

    def years_since_base(self) -> NDArray[np.float64]:
        """Return n = 1 .. years, the years since the base year of t = 0 .. years - 1; shape (years,)."""
        return np.arange(1, self.years + 1, dtype=np.float64)


def calendar_of(scenario: Scenario) -> Calendar:
    """Return the calendar of a scenario."""
    return Calendar(scenario.study.first_year, scenario.study.years)


def s_curve(progress: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the distribution function of a Beta(2, 2), y*y*(3 - 2y), of progress cut to [0, 1]."""
    y = np.clip(progress, 0.0, 1.0)
    return np.asarray(y * y * (3.0 - 2.0 * y))
