"""Memory a simulation and the stages after it take, and what is free; so that what cannot fit is refused before."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from simmodel.engine.keep_plan import KeepPlan
from simmodel.engine.point_sets import Sampling, design_bytes
from simmodel.errors import ScenarioError
from simmodel.inputs.model_inputs import ModelInputs

__all__ = ["FIXED_BYTES", "GIB", "MemoryNeed", "free_memory", "memory_need", "refuse_if_too_large"]

GIB: Final = 2.0**30
# Program, libraries, compiled code, state of the threads and moments: 0.4 GiB on the flagship, rounded up.
FIXED_BYTES: Final = 0.7 * GIB
# What results, financing and report hold at their peak beside the kept rows, as a share of them: measured, rounded up.
WORKING_SHARE: Final = 0.7
CGROUP: Final = Path("/sys/fs/cgroup")


@dataclass(frozen=True, slots=True)
class MemoryNeed:
    """Bytes that draws take.

    Attributes
    ----------
    per_draw : rows kept of a draw, and what later stages make of them
    kept_draws : draws whose rows are kept
    design : of a Latin hypercube, made at once
    """

    per_draw: float
    kept_draws: int
    design: int

    @property
    def total(self) -> float:
        """All of it, with what does not depend on the draws."""
        return FIXED_BYTES + self.per_draw * self.kept_draws + self.design


def memory_need(inputs: ModelInputs, keep: KeepPlan, draws: int) -> MemoryNeed:
    """Work out what a simulation of `draws` draws takes."""
    years, links = len(inputs.network.years), len(inputs.network.links)
    rows = 8 * (years * sum(keep.rows()) + 3 * links)
    factors = len(inputs.slots) + 3 * years
    return MemoryNeed(
        per_draw=rows * (1.0 + WORKING_SHARE),
        kept_draws=keep.kept_draws(0, draws),
        design=design_bytes(Sampling(inputs.sampling), factors, draws),
    )


def free_memory() -> float | None:
    """Bytes this process may still take: the machine's, or its control group's; None where neither is known."""
    known = [value for value in (_free_of_machine(), _free_of_group()) if value is not None]
    return min(known) if known else None


def _free_of_machine() -> float | None:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        return float(next(line for line in lines if line.startswith("MemAvailable")).split()[1]) * 1024.0
    except (OSError, StopIteration, ValueError):
        pass
    try:
        return float(os.sysconf("SC_PHYS_PAGES")) * float(os.sysconf("SC_PAGE_SIZE"))
    except (AttributeError, OSError, ValueError):
        return None


def _free_of_group() -> float | None:
    try:
        limit = (CGROUP / "memory.max").read_text(encoding="ascii").strip()
        used = float((CGROUP / "memory.current").read_text(encoding="ascii"))
        lines = (CGROUP / "memory.stat").read_text(encoding="ascii").splitlines()
        cached = float(next(line for line in lines if line.startswith("inactive_file ")).split()[1])
        return None if limit == "max" else float(limit) - used + cached
    except (OSError, StopIteration, ValueError):
        return None


def refuse_if_too_large(need: MemoryNeed, *, draws: int, keep: str, sampling: str) -> None:
    """Refuse what will not fit, with the sizes and what to do.

    Raises
    ------
    ScenarioError
    """
    free = free_memory()
    if free is None or need.total <= free:
        return
    fits = int(max(free - FIXED_BYTES - need.design, 0.0) // need.per_draw)
    if need.design > 0.25 * free:
        advice = f"study.sampling={sampling} makes its {need.design / GIB:.1f} GiB at once: take sobol or monte_carlo"
    elif need.kept_draws < draws:
        advice = f"--draws at most {fits:,}"
    else:
        advice = f"--keep summary, which holds the draws for a moment only, or --draws at most {fits:,}"
    raise ScenarioError(
        [
            f"--keep {keep}: {draws:,} draws of {need.per_draw / 1e6:.2f} MB each take {need.total / GIB:.1f} GiB, and "
            f"{free / GIB:.1f} GiB are free; {advice}"
        ]
    )
