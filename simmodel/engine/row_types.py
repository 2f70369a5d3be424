"""What kernels see of the arrays of a bundle: tables, entries of tables and rows, each of them one address.

numba's own arrays are structures of seven and more words that every function takes apart and puts together again, for
every row it touches; that was a third of compiling.  Kernels read and write as they do with arrays: `table[i, j]`,
`entry.field`, `row[i]`, `len(table)`.  All are in C order, and no place counts from the end.

========  ====================================================================================
Table     of any number of axes; where the bundle keeps its address and shape
Entry     of a table of records; its fields are numbers, rows or rows of rows
Rows      a field of some rows
Row       numbers side by side: a field, or what is left of a table's place but for the last axis
========  ====================================================================================
"""

from __future__ import annotations

import hashlib
import operator
from functools import cache
from typing import Any

from simmodel.engine import jit

__all__ = ["TableType"]

numba: Any = jit.numba  # type: ignore[attr-defined]  # the one import is there
types: Any = numba.types
signature: Any = numba.core.typing.signature


class TableType(types.Type):
    """An array of a bundle: its numbers or records, and how many axes it has."""

    def __init__(self, dtype: Any, ndim: int) -> None:
        if not (isinstance(dtype, types.Number) or (isinstance(dtype, types.Record) and dtype.aligned)):
            raise TypeError(f"kernels take arrays of numbers or of aligned records, not of {dtype}")
        self.dtype, self.ndim = dtype, ndim
        super().__init__(name=f"Table_{ndim}_{_short_name(dtype)}")

    def part(self, axes: int) -> Any:
        """What lies at a place on the first axes; a part that is neither number, record nor row is an array."""
        if isinstance(self.dtype, types.Record):
            return EntryType(self.dtype) if axes == self.ndim else None
        if axes == self.ndim:
            return self.dtype
        left = self.ndim - axes
        return RowType(self.dtype) if left == 1 else types.Array(self.dtype, left, "C")


class EntryType(types.Type):
    """A record."""

    def __init__(self, record: Any) -> None:
        self.record = record
        super().__init__(name=f"Entry_{_short_name(record)}")

    def field(self, name: str) -> Any:
        """Type of a field; None for a name that is none."""
        kind = self.record.typeof(name) if name in self.record.fields else None
        if isinstance(kind, types.NestedArray) and kind.ndim < 3:
            return RowType(kind.dtype) if kind.ndim == 1 else RowsType(kind.dtype, kind.shape[1])
        return kind if isinstance(kind, types.Number) else None


class RowsType(types.Type):
    """Rows of one length, one after the other."""

    ndim = 2

    def __init__(self, dtype: Any, length: int) -> None:
        self.dtype, self.length = dtype, length
        super().__init__(name=f"Rows_{length}_{dtype}")

    def part(self, axes: int) -> Any:
        """A row, or a number of one."""
        return RowType(self.dtype) if axes == 1 else self.dtype


class RowType(types.Type):
    """Numbers side by side."""

    ndim = 1

    def __init__(self, dtype: Any) -> None:
        self.dtype = dtype
        super().__init__(name=f"Row_{dtype}")

    def part(self, _axes: int) -> Any:
        """A number."""
        return self.dtype


@cache
def _short_name(dtype: Any) -> str:
    """A name for symbols; those of records hold the names of all their fields."""
    if not isinstance(dtype, types.Record):
        return str(dtype)
    return f"Record_{hashlib.blake2b(dtype.name.encode(), digest_size=8).hexdigest()}"


for _kind in (TableType, EntryType, RowsType, RowType):
    numba.extending.register_model(_kind)(numba.core.datamodel.models.OpaqueModel)

# ------------------------------------------------------------------------------------------------------------- types


def _place(index: Any) -> Any:
    """Type of a place: one number or a tuple of numbers, all of a machine word; None for anything else."""
    if isinstance(index, types.Integer):
        return types.intp
    if isinstance(index, types.BaseTuple) and all(isinstance(number, types.Integer) for number in index):
        return types.UniTuple(types.intp, len(index))
    return None


def _find_part(base: Any, index: Any) -> tuple[Any, Any]:
    """Types of the place and of what lies there; None if `base` has no such places."""
    place = _place(index)
    if not isinstance(base, TableType | RowsType | RowType) or place is None:
        return None, None
    axes = len(place) if isinstance(place, types.UniTuple) else 1
    return place, base.part(axes) if axes <= base.ndim else None


@numba.core.typing.templates.infer_global(operator.getitem)
class _Getitem(numba.core.typing.templates.AbstractTemplate):
    def generic(self, args: Any, _kws: Any) -> Any:
        place, part = _find_part(*args)
        return None if part is None else signature(part, args[0], place)


@numba.core.typing.templates.infer_global(operator.setitem)
class _Setitem(numba.core.typing.templates.AbstractTemplate):
    def generic(self, args: Any, _kws: Any) -> Any:
        place, part = _find_part(*args[:2])
        return signature(types.none, args[0], place, part) if isinstance(part, types.Number) else None


@numba.core.typing.templates.infer_global(len)
class _Len(numba.core.typing.templates.AbstractTemplate):
    def generic(self, args: Any, _kws: Any) -> Any:
        return signature(types.intp, *args) if isinstance(args[0], TableType) else None


@numba.core.typing.templates.infer_getattr
class _Field(numba.core.typing.templates.AttributeTemplate):
    key = EntryType

    def generic_resolve(self, entry: EntryType, name: str) -> Any:
        return entry.field(name)


# -------------------------------------------------------------------------------------------------------------- code


def _load_word(context: Any, builder: Any, table: Any, place: int) -> Any:
    """Read a word of a bundle; they do not change while a kernel runs."""
    word = context.get_value_type(types.intp)
    loaded = builder.load(builder.gep(builder.bitcast(table, word.as_pointer()), [word(place)], inbounds=True))
    loaded.set_metadata("invariant.load", builder.module.add_metadata([]))
    return loaded


def _address(context: Any, builder: Any, base_type: Any, base: Any, place_type: Any, place: Any) -> Any:
    """Where a place is, as a pointer to numbers or to the bytes of a record."""
    word = context.get_value_type(types.intp)
    start, lengths = base, []
    if isinstance(base_type, TableType):
        start = builder.inttoptr(_load_word(context, builder, base, 0), base.type)
        lengths = [_load_word(context, builder, base, 1 + axis) for axis in range(1, base_type.ndim)]
    elif isinstance(base_type, RowsType):
        lengths = [word(base_type.length)]
    numbers = numba.core.cgutils.unpack_tuple(builder, place) if isinstance(place_type, types.UniTuple) else [place]
    offset = numbers[0]
    for axis, length in enumerate(lengths, start=1):
        offset = builder.mul(offset, length, flags=["nsw"])
        if axis < len(numbers):
            offset = builder.add(offset, numbers[axis], flags=["nsw"])
    dtype = base_type.dtype
    if isinstance(dtype, types.Record):
        offset = builder.mul(offset, word(dtype.size), flags=["nsw"])
    else:
        start = builder.bitcast(start, context.get_data_type(dtype).as_pointer())
    return builder.gep(start, [offset], inbounds=True)


def _get(context: Any, builder: Any, kinds: Any, arguments: Any) -> Any:
    """`base[place]`."""
    (base, place_type), part = kinds.args, kinds.return_type
    address = _address(context, builder, base, arguments[0], place_type, arguments[1])
    if isinstance(part, types.Number):
        return builder.load(address)
    if isinstance(part, types.Array):
        axes = range(base.ndim - part.ndim, base.ndim)
        shape = [_load_word(context, builder, arguments[0], 1 + axis) for axis in axes]
        return _array(context, builder, part, address, shape)
    return builder.bitcast(address, context.get_value_type(part))


def _array(context: Any, builder: Any, kind: Any, address: Any, shape: list[Any]) -> Any:
    """numba's array of some numbers in C order."""
    itemsize = context.get_value_type(types.intp)(kind.dtype.bitwidth // 8)
    strides = [itemsize]
    for length in reversed(shape[1:]):
        strides.insert(0, builder.mul(strides[0], length))
    array = numba.np.arrayobj.make_array(kind)(context, builder)
    numba.np.arrayobj.populate_array(array, address, shape, strides, itemsize, None)
    return array._getvalue()


def _set(context: Any, builder: Any, kinds: Any, arguments: Any) -> Any:
    """`base[place] = number`."""
    base, place_type, _ = kinds.args
    builder.store(arguments[2], _address(context, builder, base, arguments[0], place_type, arguments[1]))
    return context.get_dummy_value()


for _kind in (TableType, RowsType, RowType):
    for _place_kind in (types.Integer, types.UniTuple):
        numba.core.imputils.lower_builtin(operator.getitem, _kind, _place_kind)(_get)
        numba.core.imputils.lower_builtin(operator.setitem, _kind, _place_kind, types.Any)(_set)


@numba.core.imputils.lower_builtin(len, TableType)
def _count(context: Any, builder: Any, _kinds: Any, arguments: Any) -> Any:
    return _load_word(context, builder, arguments[0], 1)


@numba.core.imputils.lower_getattr_generic(EntryType)
def _load_field(context: Any, builder: Any, entry: EntryType, pointer: Any, name: str) -> Any:
    """A number, or the address of a row or of rows."""
    kind = entry.field(name)
    place = builder.gep(pointer, [context.get_value_type(types.intp)(entry.record.offset(name))], inbounds=True)
    if not isinstance(kind, types.Number):
        return place
    return builder.load(builder.bitcast(place, context.get_data_type(kind).as_pointer()))
