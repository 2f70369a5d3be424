"""Planned cost by link, section and year."""

import numpy as np
import pytest

from simmodel.inputs.build import BuiltInputs
from simmodel.inputs.link_costs import planned_capex_musd
from simmodel.inputs.planned_costs import PlannedCosts, plan_costs
from simmodel.scenario.schema import Scenario


@pytest.fixture(scope="module")
def alone(scenario: Scenario, built: BuiltInputs) -> PlannedCosts:
    contingency = scenario.parameters.contingency.value
    return plan_costs(built.inputs, contingency=contingency, has_codeployment=False, has_reforms=False)


@pytest.fixture(scope="module")
def together(scenario: Scenario, built: BuiltInputs) -> PlannedCosts:
    contingency = scenario.parameters.contingency.value
    return plan_costs(built.inputs, contingency=contingency, has_codeployment=True, has_reforms=True)


def test_plan_is_the_estimate_of_the_programme(scenario: Scenario, alone: PlannedCosts) -> None:
    by_link = np.bincount(alone.section_link, alone.constant_musd)
    for slug, cost in zip(alone.links, by_link, strict=True):
        assert cost == pytest.approx(planned_capex_musd(scenario, slug).programme_musd), slug


def test_everything_is_spent_that_is_not_sunk(built: BuiltInputs, alone: PlannedCosts) -> None:
    real = alone.link_musd / built.inputs.network.years["us_index"]
    total = np.bincount(alone.section_link, alone.constant_musd)
    for number, schedule in enumerate(alone.schedules):
        if schedule.preparation_start >= 0.0:
            assert real[number].sum() == pytest.approx(total[number])
        else:
            assert real[number].sum() <= total[number] * (1.0 + 1e-12)


def test_nothing_is_spent_after_opening(alone: PlannedCosts) -> None:
    for cost, schedule in zip(alone.link_musd, alone.schedules, strict=True):
        assert cost[schedule.opening :].sum() == 0.0


def test_co_deployment_and_reforms_make_the_plan_cheaper(alone: PlannedCosts, together: PlannedCosts) -> None:
    assert (together.constant_musd <= alone.constant_musd * (1.0 + 1e-12)).all()
    assert together.constant_musd.sum() < alone.constant_musd.sum()
    assert any(schedule.with_host for schedule in together.schedules)
