"""Asking for rows that a pass over objects reads some objects later, so that the processor need not wait for them.

What a year's events do lies in arrays of all years, which the second-level cache cannot hold; nobody has read their
next row lately, and a pass reads too many other rows in between for the processor to guess what it will want.  The
same holds for the books of the sections of a large network.
"""

from __future__ import annotations

from typing import Any, Final

from simmodel.engine import jit
from simmodel.engine.row_types import RowType

__all__ = ["AHEAD", "ask_for"]

AHEAD: Final = 8  # objects: a row of the memory takes as long as the work on some objects
LINE = 64  # bytes of a cache line
TO_READ, SECOND_LEVEL, NUMBERS = 0, 2, 1  # what llvm.prefetch is told

numba: Any = jit.numba  # type: ignore[attr-defined]  # the one import is there
cgutils: Any = numba.core.cgutils


def _ask(_context: Any, row: Any) -> Any:
    """Type and code of `ask_for(row)`: an instruction a cache line."""
    if not isinstance(row, RowType):
        return None

    def generate(_context: Any, builder: Any, _kinds: Any, arguments: Any) -> Any:
        word = cgutils.int32_t
        kind = cgutils.ir.FunctionType(cgutils.ir.VoidType(), [cgutils.voidptr_t, word, word, word])
        ask = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        start = builder.bitcast(arguments[0], cgutils.voidptr_t)
        for line in range(0, jit.B * row.dtype.bitwidth // 8, LINE):
            place = builder.gep(start, [cgutils.intp_t(line)])
            builder.call(ask, [place, word(TO_READ), word(SECOND_LEVEL), word(NUMBERS)])
        return None

    return numba.types.none(row), generate


def _ask_nobody(row: Any) -> None:
    """Plain Python reads rows when it reads them."""


ask_for: Any = _ask_nobody if jit.jit_disabled() else numba.extending.intrinsic(_ask)
