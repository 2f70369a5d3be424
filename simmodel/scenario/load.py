"""Load a scenario: read, lay over each other, check types, choose rows, check joins. Every problem in one go."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from pydantic import ValidationError

from simmodel.scenario.catalog import find_scenario, tables_folder
from simmodel.scenario.cross_checks import check_scenario
from simmodel.scenario.inherit import apply_settings, merge_layers, read_layers
from simmodel.scenario.problems import ProblemList, nearest_name
from simmodel.scenario.provenance import (
    Cell,
    Mapping,
    Origin,
    find_node,
    key_origin,
    nearest_origin,
    to_plain,
    without,
)
from simmodel.scenario.schema import Scenario
from simmodel.scenario.schema_paths import known_names
from simmodel.scenario.selection import select_rows
from simmodel.scenario.table_layer import read_table_layer
from simmodel.scenario.unread_inputs import unread_settings

PLAIN_WORDS = (
    ("a valid tuple", "a list"),
    ("Tuple should have at least 1 item after validation, not 0", "a list with at least one item is needed"),
    ("a valid boolean", "true or false"),
    ("a valid dictionary or instance of", "a mapping, see"),
    ("a valid dictionary or object to extract fields from", "a mapping"),
    ("a valid dictionary", "a mapping"),
    ("a valid integer, unable to parse string as an integer", "a whole number"),
    ("a valid integer, got a number with a fractional part", "a whole number"),
    ("a valid integer", "a whole number"),
    ("a valid number, unable to parse string as a number", "a number"),
    ("a valid number", "a number"),
    ("a valid string", "text"),
)
"""Words of the schema library and the words of the program."""
FILE_KEYS = ("extends", "tables")
Steps: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class LoadedScenario:
    """A checked scenario with the tree that knows where every value came from.

    `files` are the YAML files read, weakest first; `tables` is the folder of the tables, None when none were read;
    `warnings` names what is set and not used.
    """

    scenario: Scenario
    tree: Mapping
    files: tuple[Path, ...]
    tables: Path | None
    overrides: tuple[str, ...]
    warnings: tuple[str, ...]


def load_scenario(path: str | Path, *, overrides: Sequence[str] = (), tables: Path | None = None) -> Scenario:
    """Load and check a scenario.

    Parameters
    ----------
    path : YAML file, or the name of a shipped scenario
    overrides : `path=value` texts laid over the file, in order
    tables : folder of the tables; the default is the one a file names, else the one near the file, else the shipped one

    Returns
    -------
    Scenario : frozen; rows chosen by `selection`, regions that are not kept apart merged into the rest of their country

    Raises
    ------
    ScenarioError : with every problem found, sorted by file and line
    """
    return load_with_provenance(path, overrides=overrides, tables=tables).scenario


def load_with_provenance(
    path: str | Path, *, overrides: Sequence[str] = (), tables: Path | None = None
) -> LoadedScenario:
    """Load and check a scenario, and keep where every value came from; see `load_scenario`."""
    problems = ProblemList()
    file = find_scenario(str(path))
    layers = read_layers(file, problems)
    if not layers.trees:
        problems.raise_if_any()
    folder = choose_tables(tables, layers.tables, file)
    trees, broken = list(layers.trees), frozenset[str]()
    base = Mapping({}, Origin("tables"))
    if folder is not None:
        base, broken = read_table_layer(folder, problems)
        trees.insert(0, base)
    merged = merge_layers(trees)
    merged.origin = layers.trees[-1].origin
    tree = apply_settings(merged, tuple(overrides), problems)
    scenario, wrong = validate(tree, base, broken, problems, is_complete=not len(problems))
    if scenario is None:
        check_the_rest(tree, wrong, problems)
        problems.raise_if_any()
        raise AssertionError("a scenario that is not valid has problems")
    check_scenario(scenario, tree, problems)
    problems.raise_if_any()
    warnings = () if folder is None else unread_settings(tree)  # without tables, every number is in the file
    return LoadedScenario(select_rows(scenario), tree, tuple(layers.files), folder, tuple(overrides), warnings)


def choose_tables(given: Path | None, named: Path | bool | None, file: Path) -> Path | None:
    """Return the folder of the tables, or None for a scenario that holds every value itself."""
    if given is not None:
        return given
    if named is False:
        return None
    return named if isinstance(named, Path) else tables_folder(file)


def validate(
    tree: Mapping, base: Mapping, broken: frozenset[str], problems: ProblemList, *, is_complete: bool
) -> tuple[Scenario | None, list[Steps]]:
    """Check types, names, units and bounds; no scenario, and the paths that are wrong, when there are problems.

    `is_complete` is false when a file or a table could not be read: what is missing then is what that would have given.
    """
    try:
        return Scenario.model_validate(to_plain(tree)), []
    except ValidationError as error:
        details = [of for of in error.errors(include_url=False) if is_complete or of["type"] != "missing"]
        return None, report_errors(details, tree, base, broken, problems)


def check_the_rest(tree: Mapping, wrong: list[Steps], problems: ProblemList) -> None:
    """Check the joins of a scenario whose wrong values are taken out, so that all problems show at once.

    Where nothing can take the place of a wrong value, the joins are left until it is mended.
    """
    for path in wrong:
        tree = without(tree, path)
    try:
        scenario = Scenario.model_validate(to_plain(tree))
    except ValidationError:
        return
    check_scenario(scenario, tree, problems)


def report_errors(
    details: list[Any], tree: Mapping, base: Mapping, broken: frozenset[str], problems: ProblemList
) -> list[Steps]:
    """Turn the complaints of the schema into problems with a place; return the paths that are wrong."""
    grouped: dict[Steps, list[Any]] = defaultdict(list)
    for detail in details:
        path = real_path(tree, detail["loc"], detail["type"])
        if not path or path[0] not in broken:
            grouped[path].append(detail)
    unknown = unknown_entries(grouped, tree, base, problems)
    for path, details in grouped.items():
        if path[:2] not in unknown:
            report_one(path, details, tree, problems)
    return [*unknown, *grouped]


def real_path(tree: Mapping, location: tuple[str | int, ...], kind: str) -> Steps:
    """Return a location without the marks that the schema adds for alternatives of a union."""
    path: Steps = ()
    for index, step in enumerate(location):
        is_last = index == len(location) - 1
        inside = find_node(tree, path)
        known = isinstance(inside, Cell) and step in inside.fields
        if known or find_node(tree, (*path, step)) is not None or (is_last and kind == "missing"):
            path = (*path, step)
    return path


def unknown_entries(grouped: dict[Steps, list[Any]], tree: Mapping, base: Mapping, problems: ProblemList) -> set[Steps]:
    """Report names such as `links.trans_caspain` once, instead of every field such an entry lacks."""
    missing = {path[:2] for path, details in grouped.items() if details[0]["type"] == "missing" and len(path) > 2}
    reported: set[Steps] = set()
    for path in missing:
        table = base.items.get(str(path[0]))
        if not isinstance(table, Mapping) or str(path[1]) in table.items or isinstance(path[1], int):
            continue
        guess = nearest_name(str(path[1]), table.items)
        lacking = sorted(
            dotted(full[2:]) for full in grouped if full[:2] == path and grouped[full][0]["type"] == "missing"
        )
        if guess or len(lacking) > 3:
            shown = ", ".join(lacking[:3]) + ", ..." if guess and len(lacking) > 3 else ", ".join(lacking)
            message = f"not in the tables, and as a new entry it lacks {shown}"
            problems.add(key_origin(tree, path), dotted(path), message, guess)
            reported.add(path)
    return reported


def report_one(path: Steps, details: list[Any], tree: Mapping, problems: ProblemList) -> None:
    """Report the complaints about one value as one problem."""
    kinds = {detail["type"] for detail in details}
    if kinds == {"extra_forbidden"}:
        known = known_names(path[:-1]) + (FILE_KEYS if len(path) == 1 else ())
        guess = nearest_name(str(path[-1]), known)
        problems.add(key_origin(tree, path), dotted(path), "unknown name.", guess)
    elif kinds == {"missing"}:
        written = tree.key_origins.get("study", tree.origin) if path[0] == "study" else nearest_origin(tree, path)
        problems.add(written, dotted(path), "is missing")
    else:
        messages = list(dict.fromkeys(plain_message(detail) for detail in details))
        guess = guess_choice(details)
        problems.add(nearest_origin(tree, path), dotted(path), "; or: ".join(messages), guess)


def plain_message(detail: Any) -> str:
    """Return a complaint in the words of the program, with the value that was given."""
    message = str(detail["msg"])
    for start in ("Input should be ", "Value error, "):
        if message.startswith(start):
            message = ("must be " if start.startswith("Input") else "") + message[len(start) :]
    for technical, plain in PLAIN_WORDS:
        message = message.replace(technical, plain)
    given = detail.get("input")
    shown = repr(given) if isinstance(given, str | int | float | bool) or given is None else ""
    custom = detail["type"] in ("range", "unit", "order", "quantity", "pair", "sum", "sizes", "moments")
    return message if custom or not shown else f"{message}, not {shown}"


def guess_choice(details: list[Any]) -> str:
    """Return the allowed word most like the one given, where only certain words are allowed."""
    for detail in details:
        if detail["type"] == "literal_error" and isinstance(detail.get("input"), str):
            allowed = str(detail["ctx"]["expected"]).replace(" or ", ", ").split(", ")
            return nearest_name(detail["input"], [word.strip("'") for word in allowed])
    return ""


def dotted(path: Steps) -> str:
    """Return a path as text."""
    return ".".join(str(step) for step in path)
