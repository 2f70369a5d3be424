"""Reading YAML 1.2 with places: scalars, duplicate keys, tabs, empty files."""

from __future__ import annotations

import pytest

from simmodel.scenario.problems import ProblemList
from simmodel.scenario.provenance import Mapping, Scalar, to_plain
from simmodel.scenario.read_yaml import parse_yaml, resolve_plain


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e2", 100.0),
        ("1E-3", 0.001),
        ("-.5", -0.5),
        ("12", 12),
        ("0x10", 16),
        ("0o17", 15),
        ("NO", "NO"),
        ("no", "no"),
        ("on", "on"),
        ("yes", "yes"),
        ("true", True),
        ("~", None),
        ("", None),
        ("2024-01-01", "2024-01-01"),
        ("12:30", "12:30"),
        ("1e2x", "1e2x"),
    ],
)
def test_plain_scalars_follow_yaml_1_2(text: str, value: object) -> None:
    result = resolve_plain(text)
    assert result == value
    assert type(result) is type(value)


def test_quoted_scalars_stay_text() -> None:
    node = parse_yaml("a: '1e2'\nb: \"true\"", "f", ProblemList())
    assert node is not None
    assert to_plain(node) == {"a": "1e2", "b": "true"}


def test_every_value_knows_line_and_column() -> None:
    node = parse_yaml("a:\n  b: 1\n  c: [2, 3]\n", "f", ProblemList())
    assert isinstance(node, Mapping)
    inner = node.items["a"]
    assert isinstance(inner, Mapping)
    leaf = inner.items["b"]
    assert isinstance(leaf, Scalar)
    assert (leaf.origin.line, leaf.origin.column) == (2, 6)
    assert (inner.key_origins["c"].line, inner.key_origins["c"].column) == (3, 3)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1\nb: 2\na: 3\n", "f:3:1: a: duplicate key; first written on line 1"),
        ("a:\n\tb: 1\n", "f:2:1: a tab cannot indent YAML: use spaces"),
        ("", "f:1:1: the file is empty"),
        ("# nothing\n", "f:1:1: the file is empty"),
        ("&x a: &y {b: *y}\n", "f:1:7: a.b.b: more than 20 levels deep, or an alias that contains itself"),
        ("a: !other 1\n", "f:1:4: a: unknown tag !other; the only tag is !replace"),
    ],
)
def test_mistakes_are_named_with_their_place(text: str, line: str) -> None:
    problems = ProblemList()
    parse_yaml(text, "f", problems)
    assert [str(problem) for problem in problems.sorted()] == [line]


def test_broken_syntax_is_one_line_with_a_place() -> None:
    problems = ProblemList()
    assert parse_yaml("a: [1, 2\nb: 3\n", "f", problems) is None
    (line,) = (str(problem) for problem in problems.sorted())
    assert line.startswith("f:2:")
    assert "not valid YAML" in line
