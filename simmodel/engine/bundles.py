"""Handing many arrays to kernels as one address.

numba passes a NamedTuple of arrays by value: hundreds of machine words in every call, which every function that
touches one of the arrays loads and takes apart; with the state and parameters of a whole simulation, compiling took
minutes.  A :class:`Bundle` is a list of the arrays' addresses and shapes, passed as a pointer; `bundle.links` in a
kernel is a table of :mod:`simmodel.engine.row_types`.  Kernels do not notice the difference, and run on the NamedTuple
itself when the JIT is disabled.
"""

from __future__ import annotations

import hashlib
from typing import Any, NamedTuple

import numpy as np

from simmodel.engine import jit
from simmodel.engine.row_types import TableType

__all__ = ["Bundle", "bundle_arrays"]

numba: Any = jit.numba  # type: ignore[attr-defined]  # the one import is there


class BundleType(numba.types.Type):
    """The compiler's view: what tables there are, and where the words of each start."""

    def __init__(self, label: str, tables: dict[str, TableType]) -> None:
        self.tables = tables
        self.places, place = {}, 0
        for name, table in tables.items():
            self.places[name] = place
            place += 1 + table.ndim
        digest = hashlib.blake2b(repr(tables).encode(), digest_size=8).hexdigest()
        super().__init__(name=f"{label}_{digest}")


class Bundle:
    """Address and shape of every array; keeps the arrays, all in C order, alive."""

    __slots__ = ("_arrays", "_table", "address", "numba_type")

    def __init__(self, arrays: Any) -> None:
        named = dict(zip(arrays._fields, arrays, strict=True))
        astray = [name for name, array in named.items() if not (array.flags.c_contiguous and array.flags.aligned)]
        if astray:
            raise ValueError(f"not aligned and in C order: {', '.join(astray)}")
        self._arrays = arrays
        self._table = np.array([word for array in arrays for word in (array.ctypes.data, *array.shape)], dtype=np.int64)
        self.address = self._table.ctypes.data
        kinds = {name: numba.typeof(array) for name, array in named.items()}
        tables = {name: TableType(kind.dtype, kind.ndim) for name, kind in kinds.items()}
        self.numba_type = BundleType(type(arrays).__name__, tables)


def bundle_arrays(arrays: NamedTuple) -> Any:
    """Make a bundle of a NamedTuple of arrays; with the JIT disabled, the NamedTuple serves as it is."""
    return arrays if jit.jit_disabled() else Bundle(arrays)


numba.extending.register_model(BundleType)(numba.core.datamodel.models.OpaqueModel)


@numba.extending.typeof_impl.register(Bundle)
def _type_of(value: Bundle, _context: Any) -> BundleType:
    return value.numba_type


@numba.extending.unbox(BundleType)
def _unbox(_type: BundleType, value: Any, c: Any) -> Any:
    """The table's address."""
    number = c.pyapi.object_getattr_string(value, "address")
    address = c.pyapi.long_as_voidptr(number)
    c.pyapi.decref(number)
    return numba.extending.NativeValue(address)


@numba.core.typing.templates.infer_getattr
class _Attributes(numba.core.typing.templates.AttributeTemplate):
    """Types of the entries."""

    key = BundleType

    def generic_resolve(self, bundle: BundleType, name: str) -> Any:
        """Table of a name; None for a name that is none."""
        return bundle.tables.get(name)


@numba.core.imputils.lower_getattr_generic(BundleType)
def _find_table(context: Any, builder: Any, bundle: BundleType, pointer: Any, name: str) -> Any:
    """Where the address and shape of an array are."""
    word = context.get_value_type(numba.types.intp)
    table = builder.gep(builder.bitcast(pointer, word.as_pointer()), [word(bundle.places[name])], inbounds=True)
    return builder.bitcast(table, pointer.type)
