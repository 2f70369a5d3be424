"""Compilation of the kernels; only this module and `lean_compilation` import numba.

Three decorators name the three layers of a kernel:

``kernel_scalar``   a branch-free scalar function, always inlined so that the lane loop around it becomes SIMD code
``kernel_step``     a loop over the ``B`` lanes of a block, or over links, countries and demands calling such loops
``kernel_entry``    what Python calls: releases the GIL (plain threads run it in parallel) and is kept on disk

The machine code is cached in a folder named after everything it depends on: the source of every module of the engine
and of its contract with the inputs stage, the versions of numba and llvmlite, the processor and the code generation
settings. numba itself only looks at the file of the entry point, so an edited callee would otherwise go on answering
with its old code. A cache that cannot be written or that holds damaged files costs compile time, never a result; what
happened is kept in :func:`cache_warnings`.

With ``NUMBA_DISABLE_JIT=1`` the decorators return the plain Python functions.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import shutil
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import llvmlite  # type: ignore[import-untyped]
import numba
from llvmlite import binding as llvm
from numba.core.caching import FunctionCache, IndexDataCacheFile

from simmodel.engine.block import B
from simmodel.engine.lean_compilation import lean_compilation

__all__ = [
    "KERNEL_OPTIONS",
    "STRICT",
    "B",
    "CacheWarning",
    "cache_folder",
    "cache_warnings",
    "code_identity",
    "entry_and_signature",
    "entry_points_compiled",
    "exact_step",
    "has_code",
    "is_kept",
    "jit_disabled",
    "kernel_entry",
    "kernel_scalar",
    "kernel_step",
    "parts_kept",
    "use_cache_folder",
    "warn_of_cache",
]

P = ParamSpec("P")
R = TypeVar("R")

# A loop over the lanes of a block stays a loop: a short one would be written out lane by lane before it is SIMD code.
# Written out afterwards, it would hand numbers to the next loop in registers, and which products are fused with sums
# there depends on the lengths of the loops: last digits would depend on the block.
llvm.set_option("simmodel", "-unroll-full-max-count=1")
# A step is a few hundred nanoseconds of work, so that a call of it counts: 225 by default, and 5 % of a draw.
llvm.set_option("simmodel", "-inline-threshold=1500")

# numba knows the flag but gives it no name among the options of a function.
numba.core.cpu.CPUTargetOptions.noalias = numba.core.options.TargetOptions.Mapping("noalias")

# `SIMMODEL_STRICT=1` rounds every operation by itself: the same bits on processors with and without fused multiply-add.
STRICT: bool = os.environ.get("SIMMODEL_STRICT", "") not in ("", "0")

# The flags are part of a result's identity: other flags give other last bits.  No "reassoc" (sums keep their order), no
# "nnan" and "ninf" (a non-finite number must survive to be found).  `_nrt=False` compiles without reference counting:
# 10 to 18 percent faster, and a kernel that allocates memory does not compile.  `noalias` is C's restrict: what a
# kernel writes through one of its arguments it reads through no other.  Without it SIMD code first compares the
# addresses of all rows of a loop: a third of the time for short rows.
KERNEL_OPTIONS: dict[str, Any] = {
    "fastmath": False if STRICT else {"contract", "nsz", "arcp"},
    "error_model": "numpy",
    "_nrt": False,
    "noalias": True,
}

CONTRACT = (
    "marginals.py",
    "model_inputs.py",
)  # modules of the inputs stage that kernels take constants from

_CHECKSUM_BYTES = hashlib.sha256().digest_size


class CacheWarning(RuntimeWarning):
    """The compilation cache could not be used; the run goes on, compiling anew."""


class _CacheState:
    """Where this process keeps compiled code and what went wrong with it."""

    __slots__ = ("entry_points", "fingerprint", "folder", "keeps_parts", "messages", "parts")

    def __init__(self) -> None:
        self.fingerprint = ""
        self.folder: Path | None = None
        self.keeps_parts = False
        self.messages: list[str] = []
        self.entry_points: list[Any] = []
        self.parts: list[Any] = []  # scalars and steps


_STATE = _CacheState()


def jit_disabled() -> bool:
    """True when ``NUMBA_DISABLE_JIT`` asks for plain Python."""
    return bool(numba.config.DISABLE_JIT)


def cache_warnings() -> tuple[str, ...]:
    """Everything that kept this process from using its compilation cache, for the manifest of a run."""
    return tuple(_STATE.messages)


def warn_of_cache(message: str) -> None:
    """Warn, once, of what costs compile time but no result."""
    if message not in _STATE.messages:
        _STATE.messages.append(message)
        warnings.warn(message, CacheWarning, stacklevel=3)


# ---------------------------------------------------------------------------------------------------- the cache folder


def kernel_fingerprint() -> str:
    """Hash of everything compiled code depends on: sources, numba, llvmlite, Python, processor, settings, block.

    The sources are those of the engine and of its contract with the inputs stage, whose records and constants the
    kernels contain.
    """
    digest = hashlib.blake2b(digest_size=12)
    package = Path(__file__).parent.parent
    for path in sorted(
        [
            *package.glob("engine/**/*.py"),
            *(package / "inputs" / name for name in CONTRACT),
        ]
    ):
        digest.update(path.relative_to(package).as_posix().encode() + b"\0")
        digest.update(path.read_bytes() + b"\0")
    cpu = numba.config.CPU_NAME or llvm.get_host_cpu_name()
    features = numba.config.CPU_FEATURES or llvm.get_host_cpu_features().flatten()
    flags = sorted(KERNEL_OPTIONS["fastmath"] or ())
    settings = (
        numba.__version__,
        llvmlite.__version__,
        sys.version,
        cpu,
        features,
        flags,
        numba.config.OPT,
        B,
    )
    digest.update(repr(settings).encode())
    return digest.hexdigest()


def _preferred_root() -> Path:
    """``SIMMODEL_CACHE_DIR``, else ``simmodel`` in the user's cache folder."""
    chosen = os.environ.get("SIMMODEL_CACHE_DIR")
    if chosen:
        return Path(chosen).expanduser()
    if sys.platform == "win32" and os.environ.get("LOCALAPPDATA"):
        return Path(os.environ["LOCALAPPDATA"]) / "simmodel" / "cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "simmodel"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "simmodel"


def _make_writable(folder: Path) -> None:
    """Create `folder` and prove that a file can be written there; raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder):
        pass


def _private_folder() -> Path:
    """A folder of this process alone, removed at its end (a shared one could be filled by somebody else)."""
    folder = Path(tempfile.mkdtemp(prefix="simmodel-kernels-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def cache_folder() -> Path:
    """Folder of this version's compiled kernels; created, and proved writable, when first asked for."""
    if _STATE.folder is None:
        _STATE.fingerprint = kernel_fingerprint()
        try:
            folder = _preferred_root() / f"kernels-{_STATE.fingerprint}"
            _make_writable(folder)
        except (OSError, RuntimeError) as problem:  # RuntimeError: no home folder
            warn_of_cache(f"compiled kernels cannot be kept ({problem}); they are compiled for this run only")
            folder = _private_folder()
        _STATE.folder = folder
    return _STATE.folder


def use_cache_folder(folder: Path) -> None:
    """Keep compiled kernels where another process that runs the same code does; before any entry point is made."""
    _STATE.folder, _STATE.fingerprint = folder, kernel_fingerprint()


def code_identity() -> tuple[str, dict[str, Any]]:
    """What two processes must have in common for one to run the code of the other."""
    cache_folder()
    return _STATE.fingerprint, KERNEL_OPTIONS


# -------------------------------------------------------------------------------------------- a cache that can be hurt


class _CheckedFiles(IndexDataCacheFile):
    """numba's cache files with a checksum before the machine code: running damaged code cannot be survived."""

    def _load_data(self, name: str) -> Any:
        return _unpickle(_read_code(Path(self._data_path(name))))

    def _save_data(self, name: str, data: Any) -> None:
        content = self._dump(data)
        with self._open_for_write(self._data_path(name)) as file:
            file.write(hashlib.sha256(content).digest() + content)


def _read_code(path: Path) -> bytes:
    """What a file holds after its checksum; raises OSError, and ValueError where the two do not fit."""
    content = path.read_bytes()
    checksum, data = content[:_CHECKSUM_BYTES], content[_CHECKSUM_BYTES:]
    if hashlib.sha256(data).digest() != checksum:
        raise ValueError(f"checksum of {path.name} does not fit")
    return data


def _is_sound(file: str) -> bool:
    """Tell whether machine code lies in a file, and its checksum fits."""
    try:
        _read_code(Path(file))
    except (OSError, ValueError):
        return False
    return True


def _unpickle(data: bytes) -> Any:
    import pickle

    return pickle.loads(data)


class _SturdyCache(FunctionCache):
    """numba's function cache; any failure to read or write it becomes a warning and a fresh compilation."""

    def __init__(self, py_func: Callable[..., Any]) -> None:
        super().__init__(py_func)
        self._cache_file: Any = _CheckedFiles(
            cache_path=self._cache_path,
            filename_base=self._impl.filename_base,
            source_stamp=self._impl.locator.get_source_stamp(),
        )

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        try:
            return super().load_overload(sig, target_context)
        except Exception as problem:  # unpickling damaged bytes raises almost anything
            warn_of_cache(f"compiled kernel {self._py_func.__name__} is damaged ({problem}); compiling it again")
            self._discard_index()
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        try:
            super().save_overload(sig, data)
        except OSError as problem:
            warn_of_cache(f"compiled kernel {self._py_func.__name__} cannot be kept ({problem})")

    def holds_code(self) -> bool:
        """True if some signature of this function can be loaded; a damaged index counts as empty."""
        try:
            files = [self._cache_file._data_path(name) for name in self._cache_file._load_index().values()]
        except Exception:  # reported when the function is loaded
            return False
        return any(map(_is_sound, files))

    def _discard_index(self) -> None:
        try:
            Path(self._cache_file._index_path).unlink(missing_ok=True)
        except OSError as problem:
            warn_of_cache(f"damaged {self._cache_file._index_name} cannot be removed ({problem})")


@contextmanager
def _numba_caching_in(folder: Path) -> Iterator[None]:
    """Point numba at `folder` while a cache is attached and leave the setting as it was for other users of numba."""
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(folder)
    try:
        yield
    finally:
        numba.config.CACHE_DIR = before


# ----------------------------------------------------------------------------------------------- compiling in one piece


def _compile_leanly(dispatcher: Any) -> None:
    """Let an entry point compile without making executables of the functions it calls."""
    compile_fully = dispatcher.compile

    def compile_in_one_piece(signature: Any) -> Any:
        try:
            with lean_compilation(dispatcher.py_func.__qualname__):
                return compile_fully(signature)
        finally:
            if not _STATE.keeps_parts:
                _forget_parts()

    dispatcher.compile = compile_in_one_piece


@contextmanager
def parts_kept() -> Iterator[None]:
    """Compile several entry points, and what they have in common once."""
    _STATE.keeps_parts = True
    try:
        yield
    finally:
        _STATE.keeps_parts = False
        _forget_parts()


def _forget_parts() -> None:
    """Forget the scalars and steps compiled for an entry point, which Python cannot call; it compiles its own."""
    for part in _STATE.parts:
        if part.overloads:
            part._reset_overloads()
            part.overloads.clear()


# ---------------------------------------------------------------------------------------------------------- decorators


def kernel_scalar(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a branch-free scalar function and inline it wherever it is called."""
    compiled: Callable[P, R] = numba.njit(forceinline=True, **KERNEL_OPTIONS)(function)
    _STATE.parts.append(compiled)
    return compiled


def kernel_step(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a loop over lanes, or a loop over the things of a scenario that calls such loops."""
    compiled: Callable[P, R] = numba.njit(**KERNEL_OPTIONS)(function)
    _STATE.parts.append(compiled)
    return compiled


def exact_step(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a step whose operations are rounded one by one, for sums that must not depend on the block length."""
    compiled: Callable[P, R] = numba.njit(**{**KERNEL_OPTIONS, "fastmath": False})(function)
    _STATE.parts.append(compiled)
    return compiled


def kernel_entry(function: Callable[P, R]) -> Callable[P, R]:
    """Compile what Python calls: without the GIL, kept on disk, and known to :func:`entry_points_compiled`."""
    dispatcher: Any = numba.njit(nogil=True, **KERNEL_OPTIONS)(function)
    if not jit_disabled():
        try:
            with _numba_caching_in(cache_folder()):
                dispatcher._cache = _SturdyCache(function)
        except (OSError, RuntimeError) as problem:
            warn_of_cache(f"compiled kernel {function.__name__} cannot be kept ({problem})")
        _STATE.entry_points.append(dispatcher)
        _compile_leanly(dispatcher)
    entry: Callable[P, R] = dispatcher
    return entry


def entry_points_compiled(*entry_points: Callable[..., Any]) -> bool:
    """Tell whether calling these (by default every imported) entry points will start without compiling.

    Used for the line "compiling" of a progress report.  True with the JIT disabled, since nothing is compiled then.
    """
    if jit_disabled():
        return True
    chosen: list[Any] = list(entry_points) or _STATE.entry_points
    return all(bool(dispatcher.signatures) or is_kept(dispatcher) for dispatcher in chosen)


def is_kept(dispatcher: Any) -> bool:
    """Tell whether code of an entry point lies in the cache."""
    cache = dispatcher._cache
    return isinstance(cache, _SturdyCache) and cache.holds_code()


def entry_and_signature(entry_point: Any, arguments: tuple[Any, ...]) -> tuple[Any, Any]:
    """An entry point with the types that numba gives arguments of it."""
    return entry_point, tuple(numba.typeof(argument) for argument in arguments)


def has_code(entry_point: Any, signature: Any) -> bool:
    """Tell whether an entry point is compiled for a signature, or some code of it lies in the cache."""
    return signature in entry_point.overloads or is_kept(entry_point)
