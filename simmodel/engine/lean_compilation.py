"""Compiling an entry point and the two hundred functions it calls: what numba does in vain is left out.

numba is made for single functions.  Every function is taken through some twenty passes, optimised together with all it
calls, wrapped for Python and turned into machine code, once on every level of calls; and the meaning of every ``+`` is
looked for anew in all of its libraries.  Measured on the flagship's kernels, a cold compilation takes a third of the
processor time with what is left out here, and gives the same bits.

- :class:`KernelCompiler` has the passes a kernel needs: no closures, no generators, no object mode, no parallel loops.
- :func:`lean_compilation` replaces, while an entry point compiles, methods of numba by cheaper ones.

Both use internals of numba.  Where these are not as expected, everything is compiled the long way.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numba

__all__ = ["KernelCompiler", "lean_compilation"]

Replacement = tuple[Any, str, Callable[..., Any]]  # of a class, the method so called, by this function

_LOCK = threading.RLock()  # the methods of numba belong to the whole process


def _kernel_compiler() -> Any:
    """Numba's compiler with the passes of a kernel; all of numba's passes where one of them is not found."""
    try:
        untyped, typed = numba.core.untyped_passes, numba.core.typed_passes
        passes = (
            untyped.TranslateByteCode,
            untyped.FixupArgs,
            untyped.IRProcessing,
            untyped.GenericRewrites,
            untyped.ReconstructSSA,
            typed.NopythonTypeInference,
            typed.PreLowerStripPhis,
            typed.IRLegalization,
            typed.AnnotateTypes,
            typed.NativeLowering,
            typed.NoPythonBackend,
        )
        machinery = numba.core.compiler_machinery.PassManager
    except AttributeError:
        return numba.core.compiler.Compiler

    class Compiler(numba.core.compiler.CompilerBase):
        """From bytecode to LLVM's language in eleven passes."""

        def define_pipelines(self) -> list[Any]:
            """One pipeline: a kernel that does not compile as it stands is an error."""
            pipeline = machinery("kernel")
            for step in passes:
                pipeline.add_pass(step, step.__name__)
            pipeline.finalize()
            return [pipeline]

    return Compiler


KernelCompiler = _kernel_compiler()


@contextmanager
def lean_compilation(entry: str) -> Iterator[None]:
    """Compile the function called `entry` with all it calls; other functions compiled meanwhile serve only within it.

    They have no machine code of their own and must not be called from Python: whoever opens this context forgets them
    afterwards, as :mod:`simmodel.engine.jit` does.
    """
    with _LOCK:
        try:
            replacements = (*_one_executable(entry), *_resolve_once(), *_load_registries_once())
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


def _load_registries_once() -> list[Replacement]:
    """Look for newly registered functions and types once, instead of before and in every function."""

    def once(owner: Any) -> Replacement:
        refresh = owner.refresh
        seen: set[int] = set()

        def refresh_once(self: Any) -> None:
            if id(self) not in seen:
                refresh(self)
                seen.add(id(self))

        return (owner, "refresh", refresh_once)

    return [once(numba.core.base.BaseContext), once(numba.core.typing.context.BaseContext)]
