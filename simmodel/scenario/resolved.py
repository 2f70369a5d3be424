"""Write a checked scenario as one YAML file that needs no table, and read that form back quickly.

The file has one line per value: `key: value` in block style, quantities and list items in flow style with JSON scalars.
It is ordinary YAML. A reader for this one form gives the same tree as the YAML reader, with lines, in a small part of
the time; a file that departs from the form is left to the YAML reader.
"""

from __future__ import annotations

import json
import re
from typing import Any

from pydantic import BaseModel

from simmodel.scenario.provenance import Cell, Mapping, Node, Origin, Scalar, Sequence
from simmodel.scenario.schema import Scenario
from simmodel.scenario.schema_quantity import Quantity

HEADER = "# simmodel scenario, resolved: every value in place, no table and no other file is read"
LINE = re.compile(r'( *)(?:("(?:[^"\\]|\\.)*"): ?(.*)|- (.+))\Z')


def write_resolved(scenario: Scenario) -> str:
    """Return a scenario as YAML text that loads to the same scenario."""
    lines = [HEADER, '"tables": "none"']
    for name in type(scenario).model_fields:
        write_value(name, getattr(scenario, name), 0, lines)
    return "\n".join(lines) + "\n"


def write_value(key: str, value: object, depth: int, lines: list[str]) -> None:
    """Append a named value to the lines; what is absent (None) is left out."""
    if value is None:
        return
    start = f"{'  ' * depth}{json.dumps(key, ensure_ascii=False)}:"
    children = child_values(value)
    if children is not None:
        if not children:
            lines.append(f"{start} {{}}")
            return
        lines.append(start)
        for name, child in children.items():
            write_value(name, child, depth + 1, lines)
    elif isinstance(value, tuple) and any(isinstance(item, BaseModel) for item in value):
        lines.append(start)
        lines.extend(f"{'  ' * (depth + 1)}- {flow(item)}" for item in value)
    else:
        lines.append(f"{start} {flow(value)}")


def child_values(value: object) -> dict[str, Any] | None:
    """Return what a mapping or record holds, or None for a value that goes on one line."""
    if isinstance(value, dict):
        return {str(name): child for name, child in value.items()}
    if isinstance(value, BaseModel) and not isinstance(value, Quantity):
        return {name: getattr(value, name) for name in type(value).model_fields}
    return None


def flow(value: object) -> str:
    """Return a value as one line of JSON, without absent fields."""
    return json.dumps(plain_value(value), ensure_ascii=False)


def plain_value(value: object) -> object:
    """Return a value as dictionaries, lists and scalars, without absent fields."""
    if isinstance(value, BaseModel):
        fields = ((name, getattr(value, name)) for name in type(value).model_fields)
        return {name: plain_value(child) for name, child in fields if child is not None and child != ""}
    if isinstance(value, tuple | list):
        return [plain_value(item) for item in value]
    if isinstance(value, dict):
        return {str(name): plain_value(child) for name, child in value.items()}
    return value


def read_resolved(text: str, name: str) -> Mapping | None:
    """Read text in the resolved form; None when it is not in that form."""
    if not text.startswith(HEADER):
        return None
    root = Mapping({}, Origin(name, 2, 1))
    open_nodes: list[Mapping | Sequence] = [root]
    pending: tuple[Mapping, str, Origin] | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith("#") or not line.strip():
            continue
        match = LINE.match(line)
        if match is None:
            return None
        depth, origin = len(match[1]) // 2, Origin(name, number, len(match[1]) + 1)
        if pending is not None:
            parent, key, place = pending
            child: Mapping | Sequence = Sequence([], place) if match[4] else Mapping({}, place)
            parent.items[key] = child
            open_nodes.append(child)
            pending = None
        if depth >= len(open_nodes):
            return None
        del open_nodes[depth + 1 :]
        pending = add_line(open_nodes[depth], match, origin)
        if pending == FAILED:
            return None
    return root if pending is None else None


FAILED: tuple[Mapping, str, Origin] = (Mapping({}, Origin("")), "", Origin(""))


def add_line(parent: Mapping | Sequence, match: re.Match[str], origin: Origin) -> tuple[Mapping, str, Origin] | None:
    """Add one line to its parent; return the key whose value is on the next lines, or FAILED."""
    try:
        if isinstance(parent, Sequence):
            if not match[4]:
                return FAILED
            parent.items.append(as_node(json.loads(match[4]), origin))
            return None
        if match[4]:
            return FAILED
        key = str(json.loads(match[2]))
        if key in parent.items:
            return FAILED
        parent.key_origins[key] = origin
        if not match[3]:
            return parent, key, origin
        parent.items[key] = as_node(json.loads(match[3]), origin)
    except ValueError:
        return FAILED
    return None


def as_node(value: Any, origin: Origin) -> Node:
    """Return a JSON value as a tree, every node at the same place."""
    if isinstance(value, dict):
        if "value" in value and "unit" in value:
            return Cell(value, origin)
        return Mapping({key: as_node(item, origin) for key, item in value.items()}, origin)
    if isinstance(value, list):
        return Sequence([as_node(item, origin) for item in value], origin)
    return Scalar(value, origin)
