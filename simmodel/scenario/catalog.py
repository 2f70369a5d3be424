"""Find scenarios and tables: in a checkout beside the package, or inside an installed package."""

from __future__ import annotations

from pathlib import Path

from simmodel.errors import DataError

PACKAGED_FOLDER = "_scenarios"


def scenario_folder() -> Path:
    """Return the folder of the shipped scenarios.

    A checkout comes first (`scenarios/` beside the package), then the copy inside the installed package.

    Raises
    ------
    DataError : the installation holds neither
    """
    package = Path(__file__).resolve().parent.parent
    for folder in (package.parent / "scenarios", package / PACKAGED_FOLDER):
        if (folder / "tables").is_dir():
            return folder
    raise DataError("the shipped scenarios are missing: the installation is not complete")


def tables_folder(scenario: Path) -> Path:
    """Return the tables for a scenario file: `tables/` beside it or in a folder above it, else the shipped ones."""
    for folder in scenario.resolve().parents[:3]:
        if (folder / "tables" / "parameters.csv").is_file():
            return folder / "tables"
    return scenario_folder() / "tables"


def find_scenario(name: str) -> Path:
    """Return the file of a scenario given by path or by the name of a shipped one.

    Parameters
    ----------
    name : a path as typed, or for instance `almaty`, or `scenarios/almaty.yaml` where no such folder is near

    Returns
    -------
    Path : it may not exist; reading it then says so
    """
    path = Path(name)
    if path.is_file():
        return path
    shipped = scenario_folder()
    parts = path.parts[1:] if path.parts[:1] == ("scenarios",) else path.parts
    if not path.is_absolute() and parts:
        candidate = shipped.joinpath(*parts)
        for choice in (candidate, candidate.with_suffix(".yaml")):
            if choice.is_file():
                return choice
    return path


def shipped_scenarios() -> tuple[str, ...]:
    """Return the names of the shipped scenarios that can be run, in order."""
    return tuple(sorted(path.stem for path in scenario_folder().glob("*.yaml") if path.stem != "base"))
