"""Compiling an entry point and the two hundred functions it calls: what numba does in vain is left out.

numba is made for single functions.  Every function is optimised together with all it calls, wrapped for Python and
turned into machine code, once on every level of calls; what an operator does is looked for anew in all of numba's
libraries at every use of it; and Python looks for garbage among millions of objects that all live until the end.
:func:`lean_compilation` replaces, while an entry point compiles, the methods of numba that do so.  A cold compile of
all kernels took some 80 s of processor time without it and some 23 s with it, when rows were still numba's arrays, with
the same results; 3.5 s of the difference were Python's garbage, for 0.6 instead of 0.35 GB of memory meanwhile.  Fewer
passes a function, rarer looks for new registries and LLVM's second level of optimisation gained at most 1 s each and
are not worth their lines.

All this uses internals of numba.  Where these are not as expected, everything is compiled the long way.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numba

__all__ = ["lean_compilation"]

Replacement = tuple[Any, str, Callable[..., Any]]  # of a class, the method so called, by this function

_LOCK = threading.RLock()  # the methods of numba belong to the whole process


@contextmanager
def lean_compilation(entry: str) -> Iterator[None]:
    """Compile the function called `entry` with all it calls; other functions compiled meanwhile serve only within it.

    They have no machine code of their own and must not be called from Python: whoever opens this context forgets them
    afterwards, as :mod:`simmodel.engine.jit` does.
    """
    with _LOCK:
        try:
            replacements = (*_one_executable(entry), *_resolve_once())
            originals = [(owner, name, owner.__dict__[name]) for owner, name, _ in replacements]
        except (AttributeError, KeyError):
            yield
            return
        collecting = gc.isenabled()
        gc.disable()  # a compilation makes millions of objects and, until its end, little garbage
        try:
            for owner, name, method in replacements:
                setattr(owner, name, method)
            yield
        finally:
            for owner, name, method in originals:
                setattr(owner, name, method)
            if collecting:
                gc.enable()


def _one_executable(entry: str) -> list[Replacement]:
    """Optimise and make executable only the library of the entry point, into which all others are linked anyway."""
    codegen, lower, context = numba.core.codegen, numba.core.lowering.BaseLower, numba.core.cpu.CPUContext
    library = codegen.CPUCodeLibrary
    optimise, finalise = library._optimize_final_module, library._finalize_final_module
    make_executable = context.get_executable
    wrap_for_python, wrap_for_c = lower.create_cpython_wrapper, lower.create_cfunc_wrapper
    _ = library._finalize_dynamic_globals

    def optimise_entry(self: Any) -> None:
        if self.name == entry:
            optimise(self)

    def finalise_entry(self: Any) -> None:
        if self.name == entry:
            finalise(self)
        else:
            self._finalize_dynamic_globals()
            self._finalized = True

    def execute_entry(self: Any, part: Any, *details: Any) -> Any:
        if part.name == entry:
            return make_executable(self, part, *details)
        part._ensure_finalized()
        return [].sort  # numba wants a builtin of its own for every function; this one refuses arguments

    def wrap_entry_for_python(self: Any, *details: Any, **options: Any) -> None:
        if self.library.name == entry:
            wrap_for_python(self, *details, **options)

    def wrap_entry_for_c(self: Any) -> None:
        if self.library.name == entry:
            wrap_for_c(self)

    return [
        (library, "_optimize_final_module", optimise_entry),
        (library, "_finalize_final_module", finalise_entry),
        (context, "get_executable", execute_entry),
        (lower, "create_cpython_wrapper", wrap_entry_for_python),
        (lower, "create_cfunc_wrapper", wrap_entry_for_c),
    ]


def _resolve_once() -> list[Replacement]:
    """Look up once what a builtin function or operator does with arguments of certain types."""
    functions = numba.core.types.functions.BaseFunction
    resolve = functions.get_call_type
    known: dict[Any, Any] = {}

    def resolve_once(self: Any, context: Any, args: Any, kws: Any) -> Any:
        call = (self, context, tuple(args), tuple(dict(kws).items()))
        if call not in known:
            known[call] = resolve(self, context, args, kws)
        return known[call]

    return [(functions, "get_call_type", resolve_once)]
