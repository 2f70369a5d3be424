"""Scenarios shared by the tests of the scenario stage."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from simmodel.errors import ScenarioError
from simmodel.scenario import LoadedScenario, Scenario, load_scenario, load_with_provenance
from simmodel.scenario.catalog import scenario_folder
from simmodel.scenario.problems import ProblemList
from simmodel.scenario.provenance import Mapping
from simmodel.scenario.table_layer import EVIDENCE_TABLES, read_table_layer

Problems = Callable[..., list[str]]


@pytest.fixture(scope="session")
def loaded() -> LoadedScenario:
    """The flagship with provenance."""
    return load_with_provenance("almaty")


@pytest.fixture(scope="session")
def almaty(loaded: LoadedScenario) -> Scenario:
    """The flagship."""
    return loaded.scenario


@pytest.fixture(scope="session")
def shipped_layer() -> tuple[Mapping, frozenset[str]]:
    """The shipped tables, read once."""
    return read_table_layer(scenario_folder() / "tables", ProblemList())


@pytest.fixture
def problems_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shipped_layer: tuple[Mapping, frozenset[str]]
) -> Problems:
    """Load YAML text on top of the flagship, and return the problems as lines.

    The shipped tables are not read again for each case; merging does not change them.
    """

    def read_once(folder: Path, problems: ProblemList) -> tuple[Mapping, frozenset[str]]:
        shipped = folder == scenario_folder() / "tables"
        return shipped_layer if shipped else read_table_layer(folder, problems)

    monkeypatch.setattr("simmodel.scenario.load.read_table_layer", read_once)

    def load(text: str, *overrides: str, extend: bool = True, tables: Path | None = None) -> list[str]:
        monkeypatch.chdir(tmp_path)
        Path("case.yaml").write_text(("extends: almaty\n" if extend else "") + text, encoding="utf-8")
        try:
            load_scenario("case.yaml", overrides=overrides, tables=tables)
        except ScenarioError as error:
            return [str(problem) for problem in error.problems]
        return []

    return load


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    """A copy of the tables that a test may spoil."""
    folder = tmp_path / "tables"
    folder.mkdir()
    for path in (scenario_folder() / "tables").glob("*.csv"):
        if path.stem not in EVIDENCE_TABLES:
            shutil.copy(path, folder)
    return folder
