"""Joins, ranges and the four marks (unit, year, source, quality) of every shipped table."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from simmodel.scenario import Quantity, Scenario
from simmodel.scenario.catalog import scenario_folder
from simmodel.scenario.schema_quantity import Record, quantity_fields

TABLES = sorted((scenario_folder() / "tables").glob("*.csv"))


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.stem)
def test_every_row_has_unit_year_source_and_quality(path: Path) -> None:
    rows = read(path)
    assert rows
    for row in rows:
        assert row["unit"].strip()
        assert re.fullmatch(r"\d{4}(-\d{2,4})?", row["year"].strip()), row
        assert row["source"].strip()
        assert row["quality"] in ("A", "B", "C", "D")
        assert None not in row
        assert None not in row.values()


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.stem)
def test_no_cell_names_a_file_users_do_not_have(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"\b(finance|model|kernel|architecture)\.md|fixes\.csv|/work/", text)


def each_quantity(value: object, path: str = "") -> list[tuple[str, Quantity, dict[str, object]]]:
    found: list[tuple[str, Quantity, dict[str, object]]] = []
    if isinstance(value, Record):
        meta = quantity_fields(type(value))
        for name in type(value).model_fields:
            child = getattr(value, name)
            if isinstance(child, Quantity):
                found.append((f"{path}.{name}", child, meta[name]))
            else:
                found += each_quantity(child, f"{path}.{name}")
    elif isinstance(value, dict):
        for key, child in value.items():
            found += each_quantity(child, f"{path}.{key}")
    elif isinstance(value, tuple):
        for index, child in enumerate(value):
            found += each_quantity(child, f"{path}.{index}")
    return found


def test_every_quantity_has_its_unit_a_source_a_grade_and_lies_in_its_bounds(almaty: Scenario) -> None:
    quantities = each_quantity(almaty)
    assert len(quantities) > 4000
    for path, number, meta in quantities:
        assert number.unit, path
        assert number.source, path
        assert number.quality in ("A", "B", "C", "D"), path
        minimum, maximum = meta["minimum"], meta["maximum"]
        for part in (number.value, number.low, number.high):
            assert part is None or not isinstance(minimum, float) or part >= minimum, path
            assert part is None or not isinstance(maximum, float) or part <= maximum, path


def test_the_flagship_has_what_it_promises(almaty: Scenario) -> None:
    candidates = almaty.candidate_links()
    assert len(almaty.regions) == 41
    assert len(candidates) >= 12
    assert {"trans_caspian", "uap_railway", "quetta_taftan_upgrade", "gwadar_chabahar", "casa_1000"} <= set(candidates)
    assert sum(link.role != "candidate" for link in almaty.included_links().values()) == 48
    assert set(almaty.countries) == {"AFG", "AZE", "KAZ", "KGZ", "PAK", "TJK", "TKM", "UZB"}
    assert {region.tier for region in almaty.regions.values()} == {1, 2, 3, 4}


def test_slugs_are_unique_words() -> None:
    slugs = [row["slug"] for row in read(scenario_folder() / "tables" / "links.csv")]
    assert len(set(slugs)) == len(slugs) == 65
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", slug) for slug in slugs)


def test_one_parameter_row_one_field(almaty: Scenario) -> None:
    rows = read(scenario_folder() / "tables" / "parameters.csv")
    names = {row["parameter"] for row in rows if row["section"] != "0"}
    assert names == set(type(almaty.parameters).model_fields)
    countries = read(scenario_folder() / "tables" / "countries.csv")
    variables = {row["variable"] for row in countries if row["role"] == "model"}
    assert variables == set(type(almaty.countries["KAZ"]).model_fields)


def test_people_and_income_close_on_the_country(almaty: Scenario) -> None:
    for iso3 in almaty.countries:
        regions = [almaty.regions[name] for name in almaty.region_ids(iso3)]
        people = sum(region.population_persons.value for region in regions)
        income = sum(region.population_persons.value * region.income_ratio.value for region in regions) / people
        users = sum(region.population_persons.value * region.users_share_t0.value for region in regions) / people
        assert income == pytest.approx(1.0, abs=0.03)
        assert users == pytest.approx(almaty.countries[iso3].users_share_t0.value, abs=0.02)


def test_width_of_the_default_spread_grows_as_quality_falls(almaty: Scenario) -> None:
    for grades in almaty.quality.values():
        widths = [grades[grade].p90_ratio_or_plus for grade in "ABCD"]
        assert widths == sorted(widths)
        assert len(set(widths)) == 4
