"""Read YAML 1.2 into a tree that knows file, line and column of every value.

Plain scalars follow the YAML 1.2 core schema: `1e2` is a number, `NO` and `on` are text, `yes` is text.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from simmodel.scenario.problems import ProblemList
from simmodel.scenario.provenance import Mapping, Node, Origin, PlainScalar, Scalar, Sequence
from simmodel.scenario.resolved import read_resolved

INTEGER = re.compile(r"[-+]?[0-9]+(_[0-9]+)*\Z")
OCTAL = re.compile(r"0o[0-7]+\Z")
HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+\Z")
REAL = re.compile(r"[-+]?(\.[0-9]+|[0-9][0-9_]*(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
NOT_FINITE = re.compile(r"([-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))\Z")
DEEPEST = 20
"""Levels of nesting a scenario may have."""
WORDS: dict[str, PlainScalar] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}


def read_yaml(path: Path, name: str, problems: ProblemList) -> Mapping | None:
    """Read one scenario file.

    Parameters
    ----------
    path : file to read
    name : how the file is called in messages
    problems : receives what is wrong: syntax, tabs, duplicate keys, an empty file, a document that is no mapping

    Returns
    -------
    Mapping, or None when the file cannot be read at all
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        problems.add(Origin(name), "", "no such file")
        return None
    except (OSError, UnicodeDecodeError) as error:
        problems.add(Origin(name), "", f"cannot be read: {error}")
        return None
    node = read_resolved(text, name) or parse_yaml(text, name, problems)
    if node is None:
        return None
    if not isinstance(node, Mapping):
        problems.add(node.origin, "", "a scenario must be a mapping of names to values")
        return None
    return node


def parse_yaml(text: str, name: str, problems: ProblemList) -> Node | None:
    """Parse YAML text; None when it is empty or not YAML (the reason is then in `problems`)."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    tab = find_tab(text)
    if tab is not None:
        problems.add(Origin(name, *tab), "", "a tab cannot indent YAML: use spaces")
        return None
    try:
        root: Any = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        origin = Origin(name) if mark is None else Origin(name, mark.line + 1, mark.column + 1)
        problems.add(origin, "", f"not valid YAML: {error.problem or error.context}")
        return None
    except YAMLError as error:
        problems.add(Origin(name), "", f"not valid YAML: {' '.join(str(error).split())}")
        return None
    if root is None:
        problems.add(Origin(name, 1, 1), "", "the file is empty")
        return None
    return convert_node(root, name, problems, ())


def find_tab(text: str) -> tuple[int, int] | None:
    """Return (line, column) of the first tab used as indentation, counted from 1."""
    for number, line in enumerate(text.splitlines(), start=1):
        indentation = line[: len(line) - len(line.lstrip())]
        if "\t" in indentation and line.strip() and not line.lstrip().startswith("#"):
            return number, indentation.index("\t") + 1
    return None


def convert_node(node: Any, name: str, problems: ProblemList, path: tuple[str, ...]) -> Node:
    """Turn a composed YAML node into a tree node, noting duplicate and non-text keys."""
    from ruamel.yaml.nodes import MappingNode, SequenceNode

    origin = Origin(name, node.start_mark.line + 1, node.start_mark.column + 1)
    tag = "" if node.tag is None else str(node.tag)
    if tag.startswith("!") and tag != "!replace":
        problems.add(origin, ".".join(path), f"unknown tag {tag}; the only tag is !replace")
    if len(path) > DEEPEST:
        problems.add(origin, ".".join(path[:3]), f"more than {DEEPEST} levels deep, or an alias that contains itself")
        return Scalar(None, origin)
    if isinstance(node, MappingNode):
        return convert_mapping(node, origin, tag == "!replace", problems, path)
    if isinstance(node, SequenceNode):
        items = [convert_node(item, name, problems, (*path, str(index))) for index, item in enumerate(node.value)]
        return Sequence(items, origin)
    if tag == "!replace" and not node.value:
        return Mapping({}, origin, replace=True)
    if tag == "!replace":
        problems.add(origin, ".".join(path), "!replace stands before a mapping; a single value replaces anyway")
    plain = node.style in (None, "")
    return Scalar(resolve_plain(node.value) if plain else node.value, origin)


def convert_mapping(node: Any, origin: Origin, replace: bool, problems: ProblemList, path: tuple[str, ...]) -> Mapping:
    """Convert a mapping; the first of two equal keys is kept and the second reported."""
    mapping = Mapping({}, origin, replace=replace)
    for key_node, value_node in node.value:
        place = Origin(origin.file, key_node.start_mark.line + 1, key_node.start_mark.column + 1)
        if not isinstance(key_node.value, str):
            problems.add(place, ".".join(path), "a key must be a single word")
            continue
        key = key_node.value
        if key in mapping.items:
            first = mapping.key_origins[key]
            problems.add(place, ".".join((*path, key)), f"duplicate key; first written on line {first.line}")
            continue
        mapping.key_origins[key] = place
        mapping.items[key] = convert_node(value_node, origin.file, problems, (*path, key))
    return mapping


def resolve_plain(text: str) -> PlainScalar:
    """Return the value of a plain scalar by the YAML 1.2 core schema.

    Text that looks like a number but is not (`1e2x`) stays text.
    """
    if text in WORDS:
        return WORDS[text]
    if INTEGER.match(text):
        return int(text)
    if OCTAL.match(text):
        return int(text[2:], 8)
    if HEXADECIMAL.match(text):
        return int(text, 16)
    if REAL.match(text):
        return float(text)
    if NOT_FINITE.match(text):
        return float(text.replace(".", "", 1))
    return text
