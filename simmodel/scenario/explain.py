"""Say where a value of a scenario comes from: number, unit, source, quality, place, and what it took the place of.

A value that is computed, such as the capex of a link, is explained by the values it is computed from; which these are
is known to the stage that computes it, and the command line brings the two together.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from simmodel.errors import ScenarioError
from simmodel.scenario.load import LoadedScenario
from simmodel.scenario.problems import Problem, nearest_name
from simmodel.scenario.provenance import Cell, Mapping, Node, Scalar, Sequence, find_node, iterate_leaves
from simmodel.scenario.reporter import value_at
from simmodel.scenario.schema import Scenario
from simmodel.scenario.schema_paths import field_metadata, known_names
from simmodel.scenario.schema_quantity import Quantity
from simmodel.scenario.unread_inputs import why_unread


@dataclass(frozen=True, slots=True)
class Statement:
    """One value and its history as text: `place` is `file:line`, `replaced` the values it overrode, latest first."""

    path: str
    value: str
    unit: str
    year: str
    source: str
    quality: str
    place: str
    replaced: tuple[str, ...]
    note: str


def link_of_capex(scenario: Scenario, path: str) -> str | None:
    """Return the slug of the link when the path is the capex of a link (`links.NAME.capex`), else None."""
    steps = resolve_steps(scenario, path.strip().split("."))
    is_capex = len(steps) == 3 and steps[0] == "links" and steps[2] in ("capex", "capex_musd")
    return steps[1] if is_capex and steps[1] in scenario.links else None


def explain_path(loaded: LoadedScenario, path: str) -> tuple[Statement, ...]:
    """Explain a value or a group of values of a scenario.

    Parameters
    ----------
    loaded : scenario with provenance
    path : dotted, as `parameters.theta` or `links.trans_caspian.price_ceiling_start`; a link may be given by its code
        (`links.L01`)

    Raises
    ------
    ScenarioError : there is nothing at the path; names the nearest known name
    """
    steps = resolve_steps(loaded.scenario, [step for step in path.strip().split(".") if step])
    node = find_node(loaded.tree, typed_steps(loaded.tree, steps))
    if node is None or not steps:
        if steps and value_at(loaded.scenario, steps) is not None:
            return (state(loaded, ".".join(steps)),)
        raise ScenarioError([missing_path(loaded, path, steps)])
    leaves = [".".join(str(step) for step in (*steps, *below)) for below, _ in iterate_leaves(node)]
    return explain_values(loaded, leaves)


def explain_values(loaded: LoadedScenario, paths: Iterable[str]) -> tuple[Statement, ...]:
    """Explain the values at several paths, each once, in the order given."""
    return tuple(state(loaded, path) for path in dict.fromkeys(paths))


def resolve_steps(scenario: Scenario, steps: list[str]) -> list[str]:
    """Return the path with a link code replaced by the slug of the link."""
    if len(steps) > 1 and steps[0] == "links":
        for slug, link in scenario.links.items():
            if link.code == steps[1]:
                return ["links", slug, *steps[2:]]
    return steps


def typed_steps(tree: Mapping, steps: list[str]) -> tuple[str | int, ...]:
    """Return the path with whole numbers where the tree has a list."""
    typed: tuple[str | int, ...] = ()
    for step in steps:
        parent = find_node(tree, typed)
        typed = (*typed, int(step) if isinstance(parent, Sequence) and step.isdigit() else step)
    return typed


def missing_path(loaded: LoadedScenario, path: str, steps: list[str]) -> Problem:
    """Return the complaint about a path that leads nowhere."""
    for depth, step in enumerate(steps):
        node = find_node(loaded.tree, typed_steps(loaded.tree, steps[: depth + 1]))
        if node is None:
            parent = find_node(loaded.tree, typed_steps(loaded.tree, steps[:depth]))
            known = [*known_names(tuple(steps[:depth])), *(parent.items if isinstance(parent, Mapping) else ())]
            known += ["capex"] if depth == 2 and steps[0] == "links" else []
            place = ".".join(steps[:depth]) or "the scenario"
            return Problem("explain", 0, 0, path, f"{place} has no {step!r}.", nearest_name(step, known))
    return Problem("explain", 0, 0, path, "a path is needed, as parameters.theta")


def state(loaded: LoadedScenario, path: str) -> Statement:
    """Return what is known about one value."""
    steps = path.split(".")
    node = find_node(loaded.tree, typed_steps(loaded.tree, steps))
    used = value_at(loaded.scenario, steps)
    meta = field_metadata(tuple(steps))
    unit = str(meta["unit"]) if meta else ""
    if isinstance(used, Quantity):
        shown, unit = show_quantity(used), used.unit or unit
        year = "" if used.year is None else str(used.year)
        source, quality = used.source, used.quality or ""
    else:
        shown, year, source, quality = show_plain(used, node), "", "", ""
    if node is None:
        return Statement(path, shown, unit, year, source or "default of the program", quality, "not set", (), "")
    note = ""
    if isinstance(used, Quantity) and isinstance(node, Cell) and node.fields.get("value") != used.value:
        note = f"changed by the selection; {show_node(node)} is written there"
    elif reason := why_unread(typed_steps(loaded.tree, steps)):
        note = f"no equation reads it: {reason}"
    replaced = tuple(f"{show_node(old)} at {old.origin}" for old in node.replaced)
    return Statement(path, shown, unit, year, source, quality, str(node.origin), replaced, note)


def show_quantity(number: Quantity) -> str:
    """Return value and band as text."""
    if number.low is None or number.high is None:
        return f"{number.value:.10g}"
    return f"{number.value:.10g} ({number.low:.10g} to {number.high:.10g})"


def show_plain(value: object, node: Node | None) -> str:
    """Return a value that is no quantity as text."""
    if value is None and isinstance(node, Scalar):
        value = node.value
    if isinstance(value, tuple):
        return "[" + ", ".join(str(item) for item in value) + "]"
    return str(value)


def show_node(node: Node) -> str:
    """Return the value of a node as text."""
    if isinstance(node, Cell):
        low, high = node.fields.get("low"), node.fields.get("high")
        band = "" if low is None or high is None else f" ({low} to {high})"
        return f"{node.fields.get('value')}{band}"
    if isinstance(node, Scalar):
        return str(node.value)
    return f"a list of {len(node.items)}" if isinstance(node, Sequence) else f"a mapping of {len(node.items)}"
