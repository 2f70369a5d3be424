"""Precedence, merging, `!replace`, `--set` and the history of a value."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simmodel.scenario.inherit import apply_settings, merge, merge_layers, read_layers
from simmodel.scenario.problems import ProblemList
from simmodel.scenario.provenance import Cell, Mapping, Node, Origin, Scalar, Sequence, find_node, to_plain
from simmodel.scenario.read_yaml import parse_yaml

HERE = Origin("f", 1, 1)
KEYS = st.sampled_from(["a", "b", "c"])
SCALARS = st.one_of(st.integers(-5, 5), st.floats(-5, 5), st.sampled_from(["x", "NO"]), st.none())


def as_scalar(value: object) -> Node:
    assert value is None or isinstance(value, str | int | float)
    return Scalar(value, HERE)


def as_cell(fields: dict[str, object]) -> Node:
    return Cell({key: value for key, value in fields.items() if isinstance(value, str | float)}, HERE)


CELLS = st.fixed_dictionaries({"value": st.floats(0, 9), "unit": st.just("km"), "quality": st.just("D")})
LEAVES: st.SearchStrategy[Node] = st.one_of(SCALARS.map(as_scalar), CELLS.map(as_cell))
NODES: st.SearchStrategy[Node] = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=2).map(lambda items: Sequence(items, HERE)),
        st.builds(
            lambda items, replace: Mapping(items, HERE, replace),
            st.dictionaries(KEYS, inner, max_size=3),
            st.booleans(),
        ),
    ),
    max_leaves=8,
)
TREES = st.dictionaries(KEYS, NODES, max_size=3).map(lambda items: Mapping(items, HERE))


@settings(deadline=None)
@given(TREES, TREES)
def test_merging_twice_changes_nothing(base: Mapping, over: Mapping) -> None:
    once = merge(base, over)
    assert to_plain(merge(once, over)) == to_plain(once)


@settings(deadline=None)
@given(TREES)
def test_merging_onto_nothing_gives_the_tree(tree: Mapping) -> None:
    assert to_plain(merge_layers([tree])) == to_plain(tree)


@settings(deadline=None)
@given(TREES, TREES)
def test_merging_leaves_both_sides_as_they_were(base: Mapping, over: Mapping) -> None:
    before = to_plain(base), to_plain(over)
    merge(base, over)
    assert (to_plain(base), to_plain(over)) == before


def tree_of(text: str, name: str = "f") -> Mapping:
    node = parse_yaml(text, name, ProblemList())
    assert isinstance(node, Mapping)
    return node


def test_replace_takes_the_place_of_a_mapping() -> None:
    base = tree_of("a: {x: 1, y: 2}\nb: {x: 1}")
    over = tree_of("a: !replace {z: 3}\nb: {z: 3}")
    assert to_plain(merge(base, over)) == {"a": {"z": 3}, "b": {"x": 1, "z": 3}}


def test_lists_replace() -> None:
    assert to_plain(merge(tree_of("a: [1, 2]"), tree_of("a: [3]"))) == {"a": [3]}


def test_a_bare_number_keeps_the_unit_and_drops_the_band() -> None:
    cell = Cell({"value": 4.0, "low": 2.0, "high": 8.0, "unit": "km", "quality": "D"}, Origin("t.csv", 3, 4, "value"))
    merged = merge(Mapping({"a": cell}, HERE), tree_of("a: 5"))
    node = find_node(merged, ("a",))
    assert isinstance(node, Cell)
    assert node.fields == {"value": 5, "unit": "km", "source": "set in f:1:4"}
    assert node.replaced == (cell,)


def test_a_mapping_over_a_quantity_changes_only_its_keys() -> None:
    cell = Cell({"value": 4.0, "low": 2.0, "high": 8.0, "unit": "km"}, HERE)
    merged = merge(Mapping({"a": cell}, HERE), tree_of("a: {high: 9}"))
    assert to_plain(merged) == {"a": {"value": 4.0, "low": 2.0, "high": 9, "unit": "km"}}


def test_order_of_precedence(tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text("a: 1\nb: 1\nc: 1\nd: 1\n")
    (tmp_path / "two.yaml").write_text("extends: one\nb: 2\nc: 2\nd: 2\n")
    (tmp_path / "three.yaml").write_text("c: 3\nd: 3\n")
    (tmp_path / "top.yaml").write_text("extends: [two, three.yaml]\nd: 4\n")
    problems = ProblemList()
    layers = read_layers(tmp_path / "top.yaml", problems)
    tree = apply_settings(merge_layers(layers.trees), ("e=5", "e=6"), problems)
    assert to_plain(tree) == {"a": 1, "b": 2, "c": 3, "d": 4, "e": 6}
    assert not len(problems)
    leaf = find_node(tree, ("d",))
    assert leaf is not None
    assert [Path(old.origin.file).name for old in leaf.replaced] == ["three.yaml", "two.yaml", "one.yaml"]


def test_a_circle_of_files_is_named(tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text("extends: two\n")
    (tmp_path / "two.yaml").write_text("extends: one\n")
    problems = ProblemList()
    read_layers(tmp_path / "one.yaml", problems)
    (problem,) = problems.sorted()
    assert "circle" in problem.message
    assert problem.line == 1


@pytest.mark.parametrize("text", ["theta", "=3", "a..b=3", "a=", "a=[1"])
def test_a_setting_that_cannot_be_read_is_named(text: str) -> None:
    problems = ProblemList()
    apply_settings(Mapping({}, HERE), (text,), problems)
    (problem,) = problems.sorted()
    assert problem.file == f"--set {text}"


def test_settings_reach_into_lists_and_mappings() -> None:
    problems = ProblemList()
    tree = tree_of("a: [{x: 1}, {x: 2}]\nb: {c: {d: 1}}")
    changed = apply_settings(tree, ("a.1.x=5", "b.c={e: 2}", "b.c.f=!replace {g: 1}"), problems)
    assert to_plain(changed) == {"a": [{"x": 1}, {"x": 5}], "b": {"c": {"d": 1, "e": 2, "f": {"g": 1}}}}
    assert not len(problems)
    apply_settings(tree, ("a.7.x=5", "b.c.d.e=1"), problems)
    assert len(problems) == 2
