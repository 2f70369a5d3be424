"""The engineering estimate of links."""

import pytest

from simmodel.errors import DataError
from simmodel.inputs.link_costs import construction_years, permit_years, planned_capex_musd
from simmodel.scenario.schema import Scenario
from simmodel.scenario.schema_quantity import Quantity

# Planned capex with preparation and contingency, before overrun [musd]: worked out by hand in the data work, from
# segments and build types, for candidates and three existing links. The Trans-Caspian was announced at 50.8, the
# Khunjerab cable cost 44.
ESTIMATES_MUSD = {
    "L01": 50.6, "L02": 49.4, "L07": 56.8, "L08": 39.3, "L13": 38.4, "L16": 19.8, "L22": 36.6, "L23": 45.1,
    "L27": 83.7, "L29": 4.9, "L39": 46.0, "L40": 23.2, "L58": 14.7, "L59": 67.5, "L61": 26.1, "L62": 28.2,
    "L63": 37.2, "L64": 26.2, "L65": 11.3,
}  # fmt: skip


@pytest.mark.parametrize("code", sorted(ESTIMATES_MUSD))
def test_estimate_is_the_one_worked_out_by_hand(scenario: Scenario, code: str) -> None:
    slug = next(slug for slug, link in scenario.links.items() if link.code == code)
    assert planned_capex_musd(scenario, slug).total_musd == pytest.approx(ESTIMATES_MUSD[code], abs=0.06)


def test_components_add_up_and_name_values_of_the_scenario(scenario: Scenario) -> None:
    capex = planned_capex_musd(scenario, "trans_caspian")
    assert sum(item.amount_musd for item in capex.components) == pytest.approx(capex.base_musd)
    total = capex.base_musd + capex.preparation_musd + capex.contingency_musd
    assert total == pytest.approx(capex.total_musd)
    tops = {path.split(".")[0] for item in capex.components for path in item.paths}
    assert tops <= {"parameters", "build_types", "links", "borders"}


def test_users_figure_takes_the_place_of_the_estimate(scenario: Scenario) -> None:
    link = scenario.links["tapi"].model_copy(update={"capex_musd": Quantity(value=100.0, unit="musd")})
    changed = scenario.model_copy(update={"links": {**scenario.links, "tapi": link}})
    capex = planned_capex_musd(changed, "tapi")
    assert capex.is_given
    assert capex.total_musd == pytest.approx(100.0)


def test_resilience_standard_costs_a_share_of_civil_works(scenario: Scenario) -> None:
    plain = planned_capex_musd(scenario, "uap_railway")
    link = scenario.links["uap_railway"].model_copy(update={"resilience_standard": "high"})
    changed = scenario.model_copy(update={"links": {**scenario.links, "uap_railway": link}})
    civil = sum(item.amount_musd for item in plain.components if item.item.startswith("civil works"))
    extra = planned_capex_musd(changed, "uap_railway").base_musd - plain.base_musd
    assert extra == pytest.approx(civil * scenario.parameters.resilience_cost_high.value)


def test_neighbours_part_costs_the_programme_nothing(scenario: Scenario) -> None:
    capex = planned_capex_musd(scenario, "kulma_kashgar")
    assert capex.total_musd > 10.0
    assert capex.programme_musd == 0.0
    part = planned_capex_musd(scenario, "bishkek_torugart_kashgar")
    assert 0.0 < part.programme_musd < part.total_musd


def test_schedule_follows_terrain_and_borders(scenario: Scenario) -> None:
    sea = construction_years(scenario, scenario.links["trans_caspian"])
    assert sea == pytest.approx(scenario.parameters.construction_months_subsea.value / 12.0)
    assert 1.5 < construction_years(scenario, scenario.links["uap_railway"]) < 3.0
    months = sum(scenario.borders[node].permit_delay_months.value for node in ("HRN", "KHL"))
    assert permit_years(scenario, scenario.links["uap_railway"]) == pytest.approx(months / 12.0)


def test_unknown_link_is_refused(scenario: Scenario) -> None:
    with pytest.raises(DataError, match="atlantis"):
        planned_capex_musd(scenario, "atlantis")
