"""Shipped scenarios, selection, the resolved form, explanation and the JSON Schema."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simmodel.errors import ScenarioError
from simmodel.scenario import LoadedScenario, Scenario, load_scenario
from simmodel.scenario.catalog import scenario_folder, shipped_scenarios
from simmodel.scenario.explain import explain_path
from simmodel.scenario.export_schema import SCHEMA_FILE, export_schema
from simmodel.scenario.resolved import write_resolved
from simmodel.scenario.selection import select_rows


@pytest.mark.parametrize("name", shipped_scenarios())
@pytest.mark.parametrize("policy", ["status_quo", "reform"])
def test_shipped_scenarios_load_under_both_policies(name: str, policy: str, tmp_path: Path) -> None:
    case = tmp_path / "case.yaml"
    case.write_text(f"extends: [{name}, fragments/{policy}]\n", encoding="utf-8")
    scenario = load_scenario(case)
    assert scenario.policy.name == policy
    assert any(reform.enabled for reform in scenario.reforms.values()) == (policy == "reform")


def test_four_scenarios_are_shipped() -> None:
    assert set(shipped_scenarios()) == {"almaty", "silk_road_cities", "southern_corridor", "trans_caspian"}


def test_selection_is_idempotent_and_loses_nobody(almaty: Scenario) -> None:
    assert select_rows(almaty) == almaty
    full = load_scenario("silk_road_cities")
    assert len(full.regions) == 75

    def people(scenario: Scenario) -> float:
        return sum(region.population_persons.value for region in scenario.regions.values())

    def added_users(scenario: Scenario) -> float:
        return sum(
            programme.uplift.value
            * scenario.regions[programme.region_id].population_persons.value
            * scenario.regions[programme.region_id].users_share_t0.value
            for programme in scenario.smart_cities.values()
        )

    assert people(full) == pytest.approx(people(almaty), rel=1e-12)
    assert added_users(full) == pytest.approx(added_users(almaty), rel=1e-12)


def test_countries_and_links_can_be_chosen() -> None:
    scenario = load_scenario(
        "almaty", overrides=["selection.countries=[KGZ, UZB]", "selection.candidates=none", "links.tapi.include=false"]
    )
    assert set(scenario.countries) == set(scenario.demand_splits) == {"KGZ", "UZB"}
    assert {region.iso3 for region in scenario.regions.values()} == {"KGZ", "UZB"}
    assert not scenario.candidate_links()
    assert len(scenario.included_links()) == 48
    assert len(scenario.links) == 65


def test_resolved_form_loads_to_the_same_scenario(almaty: Scenario, tmp_path: Path) -> None:
    path = tmp_path / "scenario.resolved.yaml"
    path.write_text(write_resolved(almaty), encoding="utf-8")
    assert load_scenario(path) == almaty


def test_resolved_form_is_ordinary_yaml(tmp_path: Path) -> None:
    small = tmp_path / "small.yaml"
    text = "\n".join(write_resolved(load_scenario("almaty")).splitlines()[1:400])
    small.write_text(text + "\n", encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        load_scenario(small)
    assert all("is missing" in str(problem) for problem in caught.value.problems)


def test_a_mistake_in_a_resolved_file_has_its_line(almaty: Scenario, tmp_path: Path) -> None:
    lines = write_resolved(almaty).splitlines()
    index = next(number for number, line in enumerate(lines) if '"theta":' in line)
    lines[index] = lines[index].replace("4.0", "-4.0", 1)
    path = tmp_path / "scenario.resolved.yaml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        load_scenario(path)
    (problem,) = caught.value.problems
    assert f":{index + 1}:" in str(problem)


def test_scenarios_are_frozen(almaty: Scenario) -> None:
    with pytest.raises(ValueError, match="frozen"):
        almaty.study.draws = 3  # type: ignore[misc]


def test_explanation_of_a_stored_value(loaded: LoadedScenario) -> None:
    (statement,) = explain_path(loaded, "links.L01.price_ceiling_start")
    assert statement.path == "links.trans_caspian.price_ceiling_start"
    assert statement.value.startswith("0.135")
    assert statement.unit == "USD/Mbps/month"
    assert statement.quality == "D"
    assert "link_parameters.csv:" in statement.place


def test_explanation_of_an_unknown_path_suggests_one(loaded: LoadedScenario) -> None:
    with pytest.raises(ScenarioError, match="Did you mean 'trans_caspian'"):
        explain_path(loaded, "links.trans_caspain.price_t0")


def test_schema_of_the_repository_is_up_to_date() -> None:
    path = scenario_folder() / SCHEMA_FILE
    assert path.read_text(encoding="utf-8") == export_schema(), (
        "run: simmodel schema --out scenarios/scenario.schema.json"
    )


def test_every_shipped_yaml_points_to_the_schema() -> None:
    for path in scenario_folder().rglob("*.yaml"):
        first = path.read_text(encoding="utf-8").splitlines()[0]
        name = first.removeprefix("# yaml-language-server: $schema=")
        assert name != first, path
        assert (path.parent / name).resolve() == (scenario_folder() / SCHEMA_FILE).resolve(), path


def test_schema_describes_every_quantity_with_unit_and_bounds() -> None:
    definitions = json.loads(export_schema())["$defs"]
    theta = definitions["Parameters"]["properties"]["theta"]
    assert theta["unit"] == "elasticity"
    assert theta["minimum"] == 0.0
    assert "description" in theta
