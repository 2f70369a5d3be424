"""The Monte Carlo engine: arrays of parameters in, simulated draws out, the same bits on any number of threads.

`simulate` is loaded, and numba with it, when it is first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simmodel.engine.monte_carlo import simulate

__all__ = ["simulate"]


def __getattr__(name: str) -> Any:
    if name == "simulate":
        from simmodel.engine.monte_carlo import simulate

        return simulate
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
