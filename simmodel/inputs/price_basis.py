"""US inflation and the index that turns constant into nominal US dollars."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simmodel.errors import DataError
from simmodel.inputs.calendar import Calendar
from simmodel.inputs.model_inputs import YEAR
from simmodel.scenario.schema import Scenario

DOLLAR_COUNTRY = "USA"


def us_inflation_of(scenario: Scenario, year: int) -> float:
    """Return US inflation of a calendar year [fraction]; beyond the published path the long-run rate.

    Raises
    ------
    DataError : the year lies before the path, or no path is given
    """
    path = scenario.macro_paths.get(DOLLAR_COUNTRY)
    if not path:
        raise DataError(f"macro_paths has no inflation path of {DOLLAR_COUNTRY}")
    if year in path:
        return path[year].value
    if year < max(path):
        raise DataError(f"macro_paths.{DOLLAR_COUNTRY} gives no inflation for {year}")
    return scenario.parameters.us_inflation_longrun.value


def build_years(scenario: Scenario, calendar: Calendar) -> NDArray[np.void]:
    """Return the records of the years.

    Returns
    -------
    (years,) YEAR : `us_index`, 1 in the price year; `us_inflation` [fraction]

    Raises
    ------
    DataError : prices are not those of the base year, or inflation of a year is missing
    """
    if scenario.study.price_year != calendar.base_year:
        raise DataError(
            f"study.price_year is {scenario.study.price_year}: prices must be those of the base year"
            f" {calendar.base_year}, the year before study.first_year"
        )
    years = np.zeros(calendar.years, dtype=YEAR)
    years["us_inflation"] = [us_inflation_of(scenario, calendar.first_year + t) for t in range(calendar.years)]
    years["us_index"] = np.cumprod(1.0 + years["us_inflation"])
    return years
