"""Compiling entry points in two processes side by side.

numba works under Python's global lock, so a second thread does not help and a second process does.  It is sent what to
compile, leaves the code in the cache folder, and this process finds it there as it finds what an earlier run compiled.
Whatever the second process does not bring about (it cannot be started, is killed, knows other sources) this process
compiles itself, after a warning: the cost is time, never a result.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import IO, Any, Final

from simmodel.engine import jit
from simmodel.engine.executors import available_threads

__all__ = ["Call", "compile_as_told", "compile_side_by_side"]

Call = tuple[Callable[..., None], tuple[Any, ...]]  # an entry point and the arguments it will be called with
Wanted = tuple[Any, Any]  # an entry point and the signature to compile it for

# A second process that has not ended so long after this one is taken to hang [seconds].
PATIENCE_SECONDS: Final = 120.0
LONGEST: Final = 300  # of its last words that are repeated
# What the second process runs; it imports from where this one does.
PROGRAM: Final = (
    "import pickle, sys; sys.path[:] = pickle.load(sys.stdin.buffer); "
    "from simmodel.engine.side_by_side import compile_as_told; sys.exit(compile_as_told(sys.stdin.buffer))"
)

_LOCK = threading.Lock()


def compile_side_by_side(here: Sequence[Call], beside: Sequence[Call]) -> None:
    """Compile entry points for the types of their arguments, or load the code kept on disk.

    Parameters
    ----------
    here : compiled in this process
    beside : compiled meanwhile in a second one, if both have something to do and there are two processors

    Raises
    ------
    whatever numba raises for a kernel that does not compile
    """
    if jit.jit_disabled():
        return
    first, second = ([jit.entry_and_signature(*call) for call in calls] for calls in (here, beside))
    with _LOCK:
        missing = [[wanted for wanted in part if not jit.has_code(*wanted)] for part in (first, second)]
        if all(missing) and available_threads() > 1:
            with _second_process(missing[1]):
                _compile(missing[0])
        _compile([*first, *second])


def _compile(entries: Sequence[Wanted]) -> None:
    """Load or compile in this process; functions that several entry points call are compiled once."""
    with jit.parts_kept():
        for entry, signature in entries:
            entry.compile(signature)


@contextmanager
def _second_process(entries: Sequence[Wanted]) -> Iterator[None]:
    """Compile in a second process meanwhile, and wait for it; a warning says what kept it from its work."""
    folder = jit.cache_folder()  # which can be written to
    with tempfile.TemporaryFile(dir=folder) as told, tempfile.TemporaryFile(dir=folder) as said:
        process, problem = None, ""
        try:
            _tell(told, entries)
            process = subprocess.Popen([sys.executable, "-c", PROGRAM], stdin=told, stdout=said, stderr=said)
        except (OSError, ValueError, AttributeError, pickle.PicklingError) as failure:
            problem = str(failure)
        try:
            yield
            if process is not None and process.wait(PATIENCE_SECONDS):
                said.seek(0)
                problem = f"exit code {process.returncode} {said.read().decode(errors='replace')[-LONGEST:].strip()}"
        except subprocess.TimeoutExpired as failure:
            problem = str(failure)
        finally:
            if process is not None:
                process.kill()
                process.wait()
    if problem:
        jit.warn_of_cache(f"no second process helped to compile ({problem}); this one compiles everything")


def _tell(file: IO[bytes], entries: Sequence[Wanted]) -> None:
    """Write what the second process reads: where to import from, what it must find there, what to compile."""
    if getattr(sys, "frozen", False) or not sys.executable:
        raise OSError("this program is not run by a Python interpreter of its own")
    named = [(entry.py_func.__module__, entry.py_func.__name__, signature) for entry, signature in entries]
    pickle.dump(sys.path, file)
    pickle.dump((jit.cache_folder(), jit.code_identity(), pickle.dumps(named)), file)
    file.seek(0)


def compile_as_told(file: IO[bytes]) -> str | None:
    """Do the work of the second process; what is wrong, if anything."""
    folder, identity, named = pickle.load(file)
    jit.use_cache_folder(folder)
    if jit.code_identity() != identity:
        return "other sources or settings"
    entries = [(getattr(import_module(module), name), signature) for module, name, signature in pickle.loads(named)]
    _compile(entries)
    return None if all(jit.is_kept(entry) for entry, _ in entries) else "; ".join(jit.cache_warnings())
