"""All global parameters in one record, `scenario.parameters`."""

from __future__ import annotations

from simmodel.scenario.schema_parameters_asset import CapexParameters, HazardParameters
from simmodel.scenario.schema_parameters_market import (
    AdoptionParameters,
    MacroParameters,
    RouteParameters,
    TrafficParameters,
)
from simmodel.scenario.schema_parameters_money import EconomicParameters, FinanceParameters, PriceParameters


class Parameters(
    FinanceParameters,
    EconomicParameters,
    HazardParameters,
    PriceParameters,
    CapexParameters,
    RouteParameters,
    TrafficParameters,
    AdoptionParameters,
    MacroParameters,
):
    """One field per row of the table of parameters, except first year, price year and horizon (see `study`)."""
