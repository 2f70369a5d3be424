"""Values that remember where they came from: file, line, column, and what they replaced.

A scenario is read into a tree of these before it is checked. `Cell` is a quantity of a table row: a number with its
unit, year, source and quality in one place.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

PlainScalar: TypeAlias = "str | int | float | bool | None"


class Origin(NamedTuple):
    """Place of a value: `line` and `column` count from 1 (0: not known); `column_name` is set for a table."""

    file: str
    line: int = 0
    column: int = 0
    column_name: str = ""

    def __str__(self) -> str:
        if self.line == 0:
            return self.file
        if self.column_name:
            return f"{self.file}:{self.line} (column {self.column_name})"
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(slots=True)
class Scalar:
    """A bare value; `replaced` holds what it overrode, latest first."""

    value: PlainScalar
    origin: Origin
    replaced: tuple[Node, ...] = ()


@dataclass(slots=True)
class Cell:
    """A quantity: keys among value, low, high, unit, year, source, quality, distribution.

    `places` holds the origin of keys that were written elsewhere than the cell itself.
    """

    fields: dict[str, PlainScalar]
    origin: Origin
    replaced: tuple[Node, ...] = ()
    places: dict[str, Origin] = field(default_factory=dict)


@dataclass(slots=True)
class Mapping:
    """Named values; `replace` means that it takes the place of what it would have been merged into."""

    items: dict[str, Node]
    origin: Origin
    replace: bool = False
    key_origins: dict[str, Origin] = field(default_factory=dict)
    replaced: tuple[Node, ...] = ()


@dataclass(slots=True)
class Sequence:
    """A list; lists are never merged, a later one replaces an earlier one."""

    items: list[Node]
    origin: Origin
    replaced: tuple[Node, ...] = ()


Node: TypeAlias = "Scalar | Cell | Mapping | Sequence"


def to_plain(node: Node) -> object:
    """Return the tree as dictionaries, lists and scalars."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Cell):
        return node.fields
    if isinstance(node, Mapping):
        return {key: to_plain(item) for key, item in node.items.items()}
    return [to_plain(item) for item in node.items]


def find_node(root: Node, path: tuple[str | int, ...]) -> Node | None:
    """Return the node at `path`, or None when the tree has nothing there."""
    node: Node = root
    for step in path:
        if isinstance(node, Mapping) and step in node.items:
            node = node.items[str(step)]
        elif isinstance(node, Sequence) and isinstance(step, int) and 0 <= step < len(node.items):
            node = node.items[step]
        else:
            return None
    return node


def without(root: Mapping, path: tuple[str | int, ...]) -> Mapping:
    """Return a tree in which the value at `path` has given way to what it had overridden, or is gone.

    A list is one value: a wrong item takes the list with it.
    """
    if not path or path[0] not in root.items:
        return root
    name, items = str(path[0]), dict(root.items)
    child = items.pop(name)
    if isinstance(child, Mapping) and len(path) > 1:
        items[name] = without(child, path[1:])
    elif child.replaced:
        items[name] = child.replaced[0]
    return Mapping(items, root.origin, root.replace, root.key_origins, root.replaced)


def nearest_origin(root: Node, path: tuple[str | int, ...]) -> Origin:
    """Return the origin of the node at `path`, or of its nearest ancestor that exists."""
    node: Node = root
    for step in path:
        if isinstance(node, Mapping) and step in node.items:
            node = node.items[str(step)]
        elif isinstance(node, Sequence) and isinstance(step, int) and 0 <= step < len(node.items):
            node = node.items[step]
        elif isinstance(node, Cell) and step in node.places:
            return node.places[str(step)]
        else:
            break
    return node.origin


def key_origin(root: Node, path: tuple[str | int, ...]) -> Origin:
    """Return where the last key of `path` is written, for complaints about the key and not about its value."""
    parent = find_node(root, path[:-1])
    if isinstance(parent, Mapping) and path and str(path[-1]) in parent.key_origins:
        return parent.key_origins[str(path[-1])]
    return nearest_origin(root, path)


def iterate_leaves(node: Node, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Node]]:
    """Yield (path, node) of every scalar and quantity, depth first, in the order of the tree."""
    if isinstance(node, Mapping):
        for key, item in node.items.items():
            yield from iterate_leaves(item, (*path, key))
    elif isinstance(node, Sequence):
        for index, item in enumerate(node.items):
            yield from iterate_leaves(item, (*path, index))
    else:
        yield path, node
