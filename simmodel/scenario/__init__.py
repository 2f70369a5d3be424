"""The scenario stage: YAML and tables in, one frozen and checked `Scenario` out."""

from simmodel.scenario.load import LoadedScenario, load_scenario, load_with_provenance
from simmodel.scenario.schema import Scenario
from simmodel.scenario.schema_quantity import Quantity
from simmodel.scenario.spreads import spread_of

__all__ = ["LoadedScenario", "Quantity", "Scenario", "load_scenario", "load_with_provenance", "spread_of"]
