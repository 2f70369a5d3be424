"""Turn the rows of a table into scenario records, guided by the fields of the schema."""

from __future__ import annotations

import types
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, TypeAlias, Union, get_args, get_origin

from simmodel.scenario.provenance import Cell, Mapping, Node, PlainScalar, Scalar, Sequence
from simmodel.scenario.read_tables import Row
from simmodel.scenario.schema_quantity import Quantity, Record, quantity_fields

CellKind: TypeAlias = Literal["quantity", "integer", "real", "flag", "words", "text", "other"]


@dataclass(frozen=True, slots=True)
class FieldColumn:
    """A field of a record, the column that holds it, and how its text is read."""

    field: str
    column: str
    kind: CellKind
    required: bool
    unit: str


def strip_optional(annotation: Any) -> Any:
    """Return the type inside `X | None`."""
    if get_origin(annotation) in (Union, types.UnionType):
        inner = [part for part in get_args(annotation) if part is not type(None)]
        return inner[0] if len(inner) == 1 else annotation
    return annotation


def cell_kind(annotation: Any) -> CellKind:
    """Say how the text of a cell becomes a value of this type."""
    inner = strip_optional(annotation)
    simple: dict[Any, CellKind] = {Quantity: "quantity", int: "integer", float: "real", bool: "flag", str: "text"}
    if inner in simple:
        return simple[inner]
    if get_origin(inner) is tuple:
        return "words" if get_args(inner)[0] is str else "other"
    return "text" if get_origin(inner) is Literal else "other"


@cache
def field_columns(model: type[Record]) -> tuple[FieldColumn, ...]:
    """Return the fields of a record that come from a column of the same (or the declared) name."""
    units = {name: str(meta["unit"]) for name, meta in quantity_fields(model).items()}
    found = []
    for name, field in model.model_fields.items():
        kind = cell_kind(field.annotation)
        if kind != "other":
            column = model.columns.get(name, name)
            found.append(FieldColumn(name, column, kind, field.is_required(), units.get(name, "")))
    return tuple(found)


def required_columns(model: type[Record], *, skip: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return the columns a table must have for this record."""
    return tuple(entry.column for entry in field_columns(model) if entry.required and entry.field not in skip)


def read_record(model: type[Record], row: Row) -> Mapping:
    """Return a row as the tree of a record; columns the record does not know are left out."""
    items: dict[str, Node] = {}
    marks = row.marks()
    for entry in field_columns(model):
        if entry.column not in row.cells:
            continue
        node = read_field(entry, row, marks)
        if node is not None:
            items[entry.field] = node
    first = next(iter(row.cells))
    return Mapping(items, row.origin(first))


def read_field(entry: FieldColumn, row: Row, marks: dict[str, PlainScalar]) -> Node | None:
    """Return one cell as a node, or None when it is empty."""
    text = row.text(entry.column)
    origin = row.origin(entry.column)
    if entry.kind == "words":
        return Sequence([Scalar(word, origin) for word in row.words(entry.column)], origin)
    if not text:
        return None
    if entry.kind == "quantity":
        return quantity_cell(row, entry.column, unit=entry.unit, band=(entry.column, entry.field), marks=marks)
    if entry.kind == "flag":
        return Scalar({"1": True, "0": False}.get(text, text), origin)
    if entry.kind == "integer":
        return Scalar(int(text) if text.lstrip("-").isdigit() else text, origin)
    if entry.kind == "real":
        return Scalar(row.number(entry.column), origin)
    return Scalar(text, origin)


def quantity_cell(
    row: Row,
    column: str,
    *,
    unit: str = "",
    band: tuple[str, ...] = (),
    marks: dict[str, PlainScalar] | None = None,
) -> Cell:
    """Return a number of a row with unit, year, source and quality, and its low and high where the table has them.

    Parameters
    ----------
    row, column : where the number stands
    unit : unit of the field; empty: the unit column of the row
    band : names whose columns `<name>_low` and `<name>_high` hold the band; the columns `low` and `high` otherwise
    marks : year, source and quality of the row when they are known already
    """
    fields: dict[str, PlainScalar] = {"value": row.number(column)}
    pairs = [(f"{name}_low", f"{name}_high") for name in band] if band else [("low", "high")]
    for low, high in pairs:
        if low in row.cells and high in row.cells:
            fields["low"], fields["high"] = row.number(low), row.number(high)
            break
    fields["unit"] = unit or row.text("unit")
    fields.update(row.marks() if marks is None else marks)
    return Cell(fields, row.origin(column))
