"""The suites by name. Each is a module with `measure(effort: Effort) -> Outcome`."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from benchmarks.outcome import Outcome

SUITES = {
    "speed": "versions of the same simulation against each other",
    "scaling": "time per draw, year and unit of work over links, years, draws, regimes and threads",
    "starting": "compilation, and a start that finds compiled code",
    "memory": "most memory of a process over draws, by what is kept, against what was foretold",
    "accuracy": "error of the mean over draws, by design of the draws",
    "portfolios": "many portfolios on the same draws in one call against a call for each; all of them on all threads",
    "financing": "the optimiser of the financing against its own parts and against the extensive form",
    "peers": "other programs on the nearest work they can do",
}


def suite(name: str) -> Callable[..., Outcome]:
    """The measuring function of a suite."""
    measure: Callable[..., Outcome] = import_module(f"benchmarks.{name}").measure
    return measure
