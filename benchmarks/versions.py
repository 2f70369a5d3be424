"""The programs that are timed: each simulates the same draws of the same network, in a process of its own."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec

# One thread inside NumPy: threads are measured by themselves.
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def always() -> str:
    """No reason against."""
    return ""


def needs_gcc() -> str:
    """Why the C version cannot run here."""
    return "" if shutil.which(os.environ.get("CC", "gcc")) else "gcc was not found"


def needs_package(name: str) -> Callable[[], str]:
    """Why a peer cannot run here."""
    return lambda: "" if find_spec(name) else f"{name} is not installed"


@dataclass(frozen=True, slots=True)
class Version:
    """A program.

    Attributes
    ----------
    name, words : what it is called, what it is
    environment : variables its process starts with
    obstacle : the reason it cannot run here; empty if it can
    share : share of the draws of a round it is given, so that a slow one does not take the whole round
    """

    name: str
    words: str
    environment: Mapping[str, str] = field(default_factory=dict)
    obstacle: Callable[[], str] = always
    share: float = 1.0


VERSIONS: dict[str, Version] = {
    version.name: version
    for version in (
        Version("engine", "the engine"),
        Version("numpy", "plain NumPy over all draws of a chunk", share=0.5),
        Version("scalar", "the engine's kernels one draw at a time", {"SIMMODEL_BLOCK": "1"}, share=0.25),
        Version("c", "the same recursion in C, gcc -O3 -march=native -ffast-math", obstacle=needs_gcc),
        Version("floor", "the same random words, normals, exp and log alone, on rows in the first-level cache"),
        Version("work", "the same and all other arithmetic on rows, as counted, on rows in the first-level cache"),
    )
}
