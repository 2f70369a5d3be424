"""Handing many arrays to kernels as one address.

numba passes a NamedTuple of arrays by value: hundreds of machine words in every call, which every function that
touches one of the arrays loads and takes apart; with the state and parameters of a whole simulation, compiling took
minutes.  A :class:`Bundle` is a table of the arrays' addresses and shapes, passed as a pointer; `bundle.links` in a
kernel reads one entry of it.  Kernels do not notice the difference, and run on the NamedTuple itself when the JIT is
disabled.
"""

from __future__ import annotations

import hashlib
from typing import Any, NamedTuple

import numpy as np

from simmodel.engine import jit

__all__ = ["Bundle", "bundle_arrays"]

numba: Any = jit.numba  # type: ignore[attr-defined]  # the one import is there


class BundleType(numba.types.Type):
    """The compiler's view: names and array types of the entries, and where each starts in the table."""

    def __init__(self, label: str, entries: tuple[tuple[str, Any], ...]) -> None:
        self.entries = entries
        places, place = {}, 0
        for name, array_type in entries:
            places[name] = place
            place += 1 + 2 * array_type.ndim
        self.places = places
        digest = hashlib.blake2b(repr(entries).encode(), digest_size=8).hexdigest()
        super().__init__(name=f"{label}_{digest}")


class Bundle:
    """A table of arrays: address, shape and strides of each; keeps the arrays alive."""

    __slots__ = ("_arrays", "_table", "address", "numba_type")

    def __init__(self, arrays: Any) -> None:
        entries = tuple((name, numba.typeof(array)) for name, array in zip(arrays._fields, arrays, strict=True))
        self._arrays = arrays
        self._table = np.array(
            [word for array in arrays for word in (array.ctypes.data, *array.shape, *array.strides)], dtype=np.int64
        )
        self.address = self._table.ctypes.data
        self.numba_type = BundleType(type(arrays).__name__, entries)


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
        """Array type of an entry; None for a name that is none."""
        return dict(bundle.entries).get(name)


@numba.core.imputils.lower_getattr_generic(BundleType)
def _load_entry(context: Any, builder: Any, bundle: BundleType, pointer: Any, name: str) -> Any:
    """Read an entry of the table and make an array of it."""
    array_type = dict(bundle.entries)[name]
    place, ndim = bundle.places[name], array_type.ndim
    word = context.get_value_type(numba.types.intp)
    table = builder.bitcast(pointer, word.as_pointer())

    def load(offset: int) -> Any:
        loaded = builder.load(builder.gep(table, [word(place + offset)]))
        loaded.set_metadata("invariant.load", builder.module.add_metadata([]))
        return loaded

    array = numba.np.arrayobj.make_array(array_type)(context, builder)
    data = builder.inttoptr(load(0), array.data.type)
    shape = [load(1 + axis) for axis in range(ndim)]
    strides = [load(1 + ndim + axis) for axis in range(ndim)]
    dtype = array_type.dtype
    itemsize = word(dtype.size if isinstance(dtype, numba.types.Record) else dtype.bitwidth // 8)
    numba.np.arrayobj.populate_array(array, data, shape, strides, itemsize, None)
    return array._getvalue()
