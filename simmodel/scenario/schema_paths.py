"""Walk the schema along a path: which record, which field, which names are known there."""

from __future__ import annotations

import types
from collections.abc import Iterable
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from simmodel.scenario.schema import Scenario
from simmodel.scenario.schema_quantity import Quantity, quantity_fields

FRACTION: dict[str, Any] = {"unit": "fraction", "kind": "share_or_probability", "minimum": 0.0, "maximum": 1.0}
INFLATION: dict[str, Any] = {"unit": "fraction per year", "kind": "growth_rate", "minimum": -0.5, "maximum": 10.0}
NESTED_QUANTITIES: dict[str, dict[str, Any]] = {"demand_splits": FRACTION, "macro_paths": INFLATION}
"""Quantities that are values of a mapping and not fields of a record: their unit, kind and bounds."""


def inner_types(annotation: Any) -> list[Any]:
    """Return the alternatives of a union, without None; `Annotated` is taken off."""
    if get_origin(annotation) is Annotated:
        return inner_types(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        return [kind for part in get_args(annotation) for kind in inner_types(part) if part is not type(None)]
    return [annotation]


def step_into(annotation: Any, step: str | int) -> list[Any]:
    """Return the types found one step below a type."""
    found: list[Any] = []
    for kind in inner_types(annotation):
        origin = get_origin(kind)
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            if str(step) in kind.model_fields:
                found.append(kind.model_fields[str(step)].annotation)
        elif origin is dict:
            found.append(get_args(kind)[1])
        elif origin is tuple:
            found.append(get_args(kind)[0])
    return found


def types_at(path: Iterable[str | int]) -> list[Any]:
    """Return the types a scenario may hold at a path; empty where the schema knows nothing."""
    level: list[Any] = [Scenario]
    for step in path:
        level = [kind for annotation in level for kind in step_into(annotation, step)]
    return [kind for annotation in level for kind in inner_types(annotation)]


def known_names(path: tuple[str | int, ...]) -> tuple[str, ...]:
    """Return the field names of the records allowed at a path."""
    names: list[str] = []
    for kind in types_at(path):
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            names.extend(kind.model_fields)
    return tuple(names)


def field_metadata(path: tuple[str | int, ...]) -> dict[str, Any] | None:
    """Return unit, kind, minimum and maximum of the quantity at a path, or None when there is no quantity."""
    if not any(kind is Quantity for kind in types_at(path)):
        return None
    for kind in types_at(path[:-1]):
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            meta = quantity_fields(kind).get(str(path[-1]))
            if meta is not None:
                return meta
    return NESTED_QUANTITIES.get(str(path[0]))
