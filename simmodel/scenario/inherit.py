"""Lay scenario files over each other. This page is the one place where the order of precedence is stated.

From weakest to strongest:

1. the tables (`scenarios/tables/*.csv`, or the folder given by `tables:`);
2. the files named by `extends:`, in their order, each with its own `extends:` below it;
3. the file itself;
4. every `--set path=value`, in their order.

Mappings merge key by key; `!replace` before a mapping puts it in the place of what it would be merged into; a list
replaces a list; a value replaces a value. A bare number laid over a quantity keeps its unit and drops its band, year,
source and quality: what is set is taken as said. A mapping laid over a quantity changes the keys it has.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from simmodel.scenario.catalog import scenario_folder, shipped_scenarios
from simmodel.scenario.problems import ProblemList, nearest_name
from simmodel.scenario.provenance import Cell, Mapping, Node, Origin, PlainScalar, Scalar, Sequence
from simmodel.scenario.read_tables import display_name
from simmodel.scenario.read_yaml import parse_yaml, read_yaml

QUANTITY_KEYS = frozenset(("value", "low", "high", "unit", "year", "source", "quality", "distribution"))
SET_SOURCE = "--set"


@dataclass(slots=True)
class Layers:
    """The YAML layers of a scenario from weakest to strongest, and the folder of tables below them.

    `tables` is None when no file names a folder, and False when a file says `tables: none`.
    """

    trees: list[Mapping] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)
    tables: Path | bool | None = None


def read_layers(path: Path, problems: ProblemList) -> Layers:
    """Read a file and everything it extends, weakest first."""
    layers = Layers()
    add_file(path, layers, (), Origin(display_name(path)), problems)
    return layers


def add_file(path: Path, layers: Layers, above: tuple[Path, ...], origin: Origin, problems: ProblemList) -> None:
    """Append a file to the layers, after the files it extends."""
    resolved = path.resolve()
    if resolved in above:
        chain = " -> ".join(display_name(file) for file in (*above[above.index(resolved) :], resolved))
        problems.add(origin, "extends", f"files extend each other in a circle: {chain}")
        return
    if not resolved.is_file() and above:
        problems.add(origin, "extends", f"no such file: {display_name(path)}")
        return
    if not resolved.exists():
        shipped = nearest_name(path.stem, shipped_scenarios())
        problems.add(Origin(display_name(path)), "", "no such file.", shipped)
        return
    name = display_name(path)
    tree = read_yaml(path, name, problems)
    if tree is None:
        return
    for parent, place in read_extends(tree, path.resolve().parent, problems):
        add_file(parent, layers, (*above, resolved), place, problems)
    read_tables_key(tree, path.parent, layers, problems)
    layers.trees.append(tree)
    layers.files.append(resolved)


def read_extends(tree: Mapping, folder: Path, problems: ProblemList) -> list[tuple[Path, Origin]]:
    """Take `extends` out of a file and return the files it names, with the place of each name.

    A name is looked for beside the file first, then among the shipped scenarios; `.yaml` may be left out.
    """
    node = tree.items.pop("extends", None)
    entries = node.items if isinstance(node, Sequence) else [] if node is None else [node]
    parents: list[tuple[Path, Origin]] = []
    for entry in entries:
        if not isinstance(entry, Scalar) or not isinstance(entry.value, str):
            problems.add(entry.origin, "extends", "the name of a file is expected, or a list of names")
            continue
        name = entry.value if entry.value.endswith((".yaml", ".yml")) else f"{entry.value}.yaml"
        beside, shipped = folder / name, scenario_folder() / name
        parents.append((beside if beside.is_file() or not shipped.is_file() else shipped, entry.origin))
    return parents


def read_tables_key(tree: Mapping, folder: Path, layers: Layers, problems: ProblemList) -> None:
    """Take `tables` out of a file: a folder, or `none` for a scenario that holds every value itself."""
    node = tree.items.pop("tables", None)
    if node is None:
        return
    if not isinstance(node, Scalar) or not isinstance(node.value, str):
        problems.add(node.origin, "tables", "a folder is expected, or the word none")
    elif node.value == "none":
        layers.tables = False
    else:
        layers.tables = folder / node.value


def merge(base: Node, over: Node) -> Node:
    """Lay `over` on `base`; neither is changed, and the result remembers what was replaced.

    Merging the same node twice gives the same values as merging it once.
    """
    if isinstance(base, Cell):
        return merge_into_cell(base, over)
    if isinstance(base, Mapping) and isinstance(over, Mapping) and not over.replace:
        items = dict(base.items)
        for key, node in over.items.items():
            items[key] = merge(items[key], node) if key in items else detach(node)
        keys = {**base.key_origins, **over.key_origins}
        return Mapping(items, base.origin, base.replace, keys, base.replaced)
    return with_history(over, base)


def merge_into_cell(base: Cell, over: Node) -> Node:
    """Lay a number or a mapping over a quantity."""
    history = (base, *base.replaced)
    if isinstance(over, Cell):
        return Cell(dict(over.fields), over.origin, history)
    if isinstance(over, Scalar) and isinstance(over.value, int | float) and not isinstance(over.value, bool):
        fields: dict[str, PlainScalar] = {"value": over.value, "source": f"set in {over.origin}"}
        if base.fields.get("unit"):
            fields["unit"] = base.fields["unit"]
        return Cell(fields, over.origin, history)
    if isinstance(over, Mapping) and not over.replace and all(isinstance(n, Scalar) for n in over.items.values()):
        changed = {key: node.value for key, node in over.items.items() if isinstance(node, Scalar)}
        places = {**base.places, **{key: node.origin for key, node in over.items.items()}}
        return Cell({**base.fields, **changed}, over.origin, history, places)
    return with_history(over, base)


def with_history(node: Node, replaced: Node) -> Node:
    """Return a copy of `node` that remembers `replaced` and what that had replaced."""
    history = (replaced, *replaced.replaced)
    if isinstance(node, Scalar):
        return Scalar(node.value, node.origin, history)
    if isinstance(node, Cell):
        return Cell(dict(node.fields), node.origin, history, dict(node.places))
    if isinstance(node, Sequence):
        return Sequence(list(node.items), node.origin, history)
    return Mapping(
        {key: detach(item) for key, item in node.items.items()}, node.origin, False, dict(node.key_origins), history
    )


def detach(node: Node) -> Node:
    """Return a node whose `!replace` marks are spent, because there was nothing below to replace."""
    if isinstance(node, Mapping):
        items = {key: detach(item) for key, item in node.items.items()}
        return Mapping(items, node.origin, False, dict(node.key_origins), node.replaced)
    return node


def merge_layers(trees: list[Mapping]) -> Mapping:
    """Merge layers from weakest to strongest."""
    merged = Mapping({}, trees[0].origin if trees else Origin(""))
    for tree in trees:
        result = merge(merged, tree)
        assert isinstance(result, Mapping)
        merged = result
    return merged


def apply_settings(tree: Mapping, settings: tuple[str, ...], problems: ProblemList) -> Mapping:
    """Lay every `path=value` over the tree, in order.

    Parameters
    ----------
    tree : merged layers
    settings : for instance `parameters.theta=3` or `links.tapi={include: false}`; the value is YAML
    problems : receives settings that cannot be read
    """
    for text in settings:
        origin = Origin(f"{SET_SOURCE} {text}")
        path, sign, value_text = text.partition("=")
        steps = [step.strip() for step in path.strip().split(".")]
        if not sign or not all(steps):
            problems.add(origin, "", "the form is path=value, as parameters.theta=3")
            continue
        if not value_text.strip():
            problems.add(origin, path.strip(), "a value is missing after =")
            continue
        node = parse_yaml(value_text, origin.file, problems)
        if node is None:
            continue
        strip_places(node, origin)
        overlay = nest(tree, steps, node, origin, path.strip(), problems)
        if overlay is not None:
            result = merge(tree, overlay)
            assert isinstance(result, Mapping)
            tree = result
    return tree


def nest(
    tree: Mapping, steps: list[str], node: Node, origin: Origin, path: str, problems: ProblemList
) -> Mapping | None:
    """Return `node` as a mapping along `steps`; an index into a list copies the list with one item changed."""
    chain: list[Node | None] = [tree]
    for step in steps[:-1]:
        chain.append(child_of(chain[-1], step))
    for parent, step in zip(reversed(chain), reversed(steps), strict=True):
        if isinstance(parent, Sequence):
            if not step.isdigit() or int(step) >= len(parent.items):
                problems.add(origin, path, f"{step!r} is no index of a list of {len(parent.items)}")
                return None
            items = list(parent.items)
            items[int(step)] = merge(items[int(step)], node)
            node = Sequence(items, origin)
        elif isinstance(parent, Scalar):
            problems.add(origin, path, f"{step!r} lies inside a single value")
            return None
        else:
            node = Mapping({step: node}, origin, key_origins={step: origin})
    assert isinstance(node, Mapping)
    return node


def child_of(node: Node | None, step: str) -> Node | None:
    """Return the child of a node, or None."""
    if isinstance(node, Mapping):
        return node.items.get(step)
    if isinstance(node, Sequence) and step.isdigit() and int(step) < len(node.items):
        return node.items[int(step)]
    return None


def strip_places(node: Node, origin: Origin) -> None:
    """Give a node that came from the command line the command line as its place."""
    node.origin = origin
    if isinstance(node, Mapping):
        node.key_origins = dict.fromkeys(node.items, origin)
        for item in node.items.values():
            strip_places(item, origin)
    elif isinstance(node, Sequence):
        for item in node.items:
            strip_places(item, origin)
