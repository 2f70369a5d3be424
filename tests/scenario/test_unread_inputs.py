"""The numbers said to be read by no equation are those the program does not mention, and whoever sets one is told."""

from __future__ import annotations

import re
from pathlib import Path

from simmodel.scenario import load_with_provenance
from simmodel.scenario.catalog import scenario_folder
from simmodel.scenario.explain import explain_path
from simmodel.scenario.load import LoadedScenario
from simmodel.scenario.schema_quantity import Record, quantity_fields
from simmodel.scenario.table_layer import STUDY_ROWS
from simmodel.scenario.unread_inputs import UNREAD_INPUTS

NAMED_BY_STANDARD = {"resilience_cost_low", "resilience_cost_high"}
"""Read by a name that is put together: f"resilience_cost_{standard}"."""


def records(kind: type[Record] = Record) -> set[type[Record]]:
    return {kind}.union(*(records(below) for below in kind.__subclasses__()))


def test_the_list_is_what_the_program_does_not_read(repository_root: Path) -> None:
    sources = [path for part in ("simmodel", "solvers") for path in (repository_root / part).rglob("*.py")]
    stages = [path for path in sources if not path.name.startswith("schema") and path.name != "unread_inputs.py"]
    text = "\n".join(path.read_text(encoding="utf-8") for path in stages)
    fields = {name for record in records() for name in quantity_fields(record)} - STUDY_ROWS.keys() - NAMED_BY_STANDARD
    unread = {name for name in fields if not re.search(rf"[.\"]{name}\b", text)}
    listed = {name for names in UNREAD_INPUTS.values() for name in names}
    assert unread == listed


def test_the_page_of_the_tables_lists_them() -> None:
    page = (scenario_folder() / "tables" / "README.md").read_text(encoding="utf-8")
    for table, names in UNREAD_INPUTS.items():
        (line,) = [line for line in page.splitlines() if line.startswith(f"- `{table}`: ")]
        assert line == f"- `{table}`: " + ", ".join(f"`{name}`" for name in names)


def test_whoever_sets_one_is_told(loaded: LoadedScenario) -> None:
    assert loaded.warnings == ()
    settings = ("parameters.construction_crews=5", "parameters.theta=3", "borders.YAL.winter_closed_months=2")
    said = load_with_provenance("almaty", overrides=settings).warnings
    assert [line.split(" ")[0] for line in said] == [
        "borders.YAL.winter_closed_months",
        "parameters.construction_crews",
    ]


def test_explain_says_what_is_used_in_its_place(loaded: LoadedScenario) -> None:
    (statement,) = explain_path(loaded, "countries.KAZ.vat_rate")
    assert statement.note == "no equation reads it: cash flows are without value added tax"
    (statement,) = explain_path(loaded, "parameters.theta")
    assert statement.note == ""
