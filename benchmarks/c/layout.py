"""A C header made of the engine's record types, so that both work on the same memory.

Every record type becomes a struct whose size and offsets the compiler checks; every NamedTuple of arrays becomes a
struct of one pointer and its axes' lengths for each array, which :func:`address_table` fills.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simmodel.engine import constants, state
from simmodel.engine.block import B
from simmodel.engine.collect import BINS
from simmodel.engine.incidence import COMMON_SHOCKS
from simmodel.inputs import model_inputs
from simmodel.inputs.model_inputs import (
    CHANNELS,
    COUNTRY_VARIABLES,
    LINK_VARIABLES,
    MARKET_VARIABLES,
    OPERATIONS,
    REGIMES,
    REGION_VARIABLES,
)

C_NAMES = {"f8": "double", "i8": "int64_t", "u4": "uint32_t", "u8": "uint64_t"}
ENUMS = {
    "CHANNEL": CHANNELS,
    "LINK": LINK_VARIABLES,
    "REGION": REGION_VARIABLES,
    "COUNTRY": COUNTRY_VARIABLES,
    "MARKET": MARKET_VARIABLES,
    "REGIME": REGIMES,
    "OPERATION": OPERATIONS,
    "SHOCK": COMMON_SHOCKS,
}


def header_text(*groups: NamedTuple) -> str:
    """The header for the types of these groups of arrays."""
    lines = ["/* Generated from the engine's record types. */", "#include <stddef.h>", "#include <stdint.h>", ""]
    lines += [f"enum {{ B = {B}, BINS = {BINS} }};"]
    for prefix, names in ENUMS.items():
        members = ", ".join(f"{prefix}_{name.upper()}" for name in names)
        lines.append(f"enum {{ {members}, {prefix}_COUNT }};")
    types = dict(record_types())
    used: set[str] = set()
    for group in groups:
        for array in group:
            if array.dtype.names:
                used.add(type_name(array.dtype, types))
    for name in sorted(used):
        lines += ["", *struct_lines(name, types[name])]
    for group in groups:
        lines += ["", *group_lines(group, types)]
    return "\n".join(lines) + "\n"


def record_types() -> Iterator[tuple[str, np.dtype[Any]]]:
    """Record types of the contract with the inputs stage, of constants and of the state, by name."""
    for module in (model_inputs, constants, state):
        for name, value in vars(module).items():
            if isinstance(value, np.dtype) and value.names:
                yield name, value


def plain(dtype: np.dtype[Any]) -> list[tuple[Any, ...]]:
    """Names, kinds, shapes and places of a record's fields."""
    assert dtype.fields is not None and dtype.names is not None
    return [
        (name, dtype.fields[name][0].base.str, dtype.fields[name][0].shape, dtype.fields[name][1])
        for name in dtype.names
    ]


def type_name(dtype: np.dtype[Any], types: dict[str, np.dtype[Any]]) -> str:
    """Name of the record type with these fields."""
    return next(name for name, known in types.items() if plain(known) == plain(dtype))


def struct_lines(name: str, dtype: np.dtype[Any]) -> Iterator[str]:
    """A struct and the checks of its layout; one of whole cache lines starts on a line."""
    on_a_line = all(shape and shape[-1] == B for _, _, shape, _ in plain(dtype)) and B % 8 == 0
    yield f"typedef struct {'__attribute__((aligned(64))) ' if on_a_line else ''}{{"
    for field, kind, shape, _ in plain(dtype):
        axes = "".join(f"[{length}]" for length in shape)
        yield f"    {C_NAMES[kind.lstrip('<|=')]} {field}{axes};"
    yield f"}} {name};"
    yield f'_Static_assert(sizeof({name}) == {dtype.itemsize}, "size of {name}");'
    for field, _, _, place in plain(dtype):
        yield f'_Static_assert(offsetof({name}, {field}) == {place}, "{name}.{field}");'


def group_lines(group: NamedTuple, types: dict[str, np.dtype[Any]]) -> Iterator[str]:
    """A struct of pointers, each followed by the lengths of its axes."""
    yield "typedef struct {"
    for field, array in zip(group._fields, group, strict=True):
        kind = type_name(array.dtype, types) if array.dtype.names else C_NAMES[array.dtype.str.lstrip("<|=")]
        yield f"    {kind} *{field};"
        yield f"    int64_t n_{field}[{array.ndim}];"
    yield f"}} {type(group).__name__};"


def address_table(group: NamedTuple) -> NDArray[np.int64]:
    """What a struct of :func:`group_lines` holds: address and lengths of every array."""
    words: list[int] = []
    for array in group:
        if not array.flags.c_contiguous:
            raise ValueError("the C version takes C-ordered arrays")
        words += [array.ctypes.data, *array.shape]
    return np.array(words, dtype=np.int64)
