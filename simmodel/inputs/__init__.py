"""Second stage: a checked scenario becomes the arrays the engine takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simmodel.inputs.build import BuiltInputs, build_inputs, build_model_inputs
    from simmodel.inputs.calibration_targets import CalibrationTarget, calibration_targets
    from simmodel.inputs.link_costs import LinkCapex, planned_capex_musd
    from simmodel.inputs.planned_costs import PlannedCosts, plan_costs

__all__ = [
    "BuiltInputs",
    "CalibrationTarget",
    "LinkCapex",
    "PlannedCosts",
    "build_inputs",
    "build_model_inputs",
    "calibration_targets",
    "plan_costs",
    "planned_capex_musd",
]

_MODULES = {
    "BuiltInputs": "build",
    "build_inputs": "build",
    "build_model_inputs": "build",
    "CalibrationTarget": "calibration_targets",
    "calibration_targets": "calibration_targets",
    "LinkCapex": "link_costs",
    "planned_capex_musd": "link_costs",
    "PlannedCosts": "planned_costs",
    "plan_costs": "planned_costs",
}


def __getattr__(name: str) -> object:
    """Load a public name when it is first asked for: kernels import the contract without the scenario stage."""
    from importlib import import_module

    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"simmodel.inputs.{_MODULES[name]}"), name)
