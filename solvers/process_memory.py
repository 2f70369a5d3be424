"""How much memory this process has taken at most."""

from __future__ import annotations

import sys
from importlib.util import find_spec


def can_be_watched() -> bool:
    """Tell whether the system says how much memory a process takes (not on Windows)."""
    return find_spec("resource") is not None


def most_memory_mb() -> float:
    """Return the largest resident size of this process so far."""
    import resource

    unit = 1024.0**2 if sys.platform == "darwin" else 1024.0  # bytes there, kilobytes elsewhere
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) / unit
