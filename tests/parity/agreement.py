"""Runs of the engine with everything kept, and how far two sets of outputs lie apart."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from simmodel.engine.keep_plan import KeepPlan
from simmodel.engine.monte_carlo import simulate
from simmodel.inputs.model_inputs import (
    COUNTRY_VARIABLES,
    LINK_VARIABLES,
    MARKET_VARIABLES,
    REGION_VARIABLES,
    ModelInputs,
)

Rows = NDArray[np.float64]
VARIABLES = {
    "links": LINK_VARIABLES,
    "regions": REGION_VARIABLES,
    "countries": COUNTRY_VARIABLES,
    "markets": MARKET_VARIABLES,
}
ROWS = {"links": "link_row", "regions": "region_row", "countries": "country_row", "markets": "market_row"}


def simulate_everything(
    inputs: ModelInputs, *, draws: int, first_draw: int = 0, deterministic: bool = False
) -> dict[tuple[str, str], Rows]:
    """Every output of the engine: (kind, variable) -> (runs, objects, years, draws)."""
    keep = KeepPlan.full(inputs.network)
    output = simulate(inputs, draws=draws, first_draw=first_draw, threads=1, keep=keep, deterministic=deterministic)
    result = {}
    for kind, names in VARIABLES.items():
        kept, rows = getattr(output, kind), getattr(keep, ROWS[kind])
        for number, name in enumerate(names):
            result[kind, name] = kept[rows[:, number]]
    result["sections", "profit"] = output.sections[keep.section_rows(inputs.network)]
    return result


def differences(kernel: dict[tuple[str, str], Rows], twin: dict[tuple[str, str], Rows]) -> Iterator[str]:
    """One line for every variable that differs by more than 1e-9 of its scale: the largest value of its object."""
    for key, mine in kernel.items():
        other = twin[key]
        if mine.shape != other.shape:
            yield f"{key}: shapes {mine.shape} and {other.shape}"
            continue
        scale = np.maximum(np.abs(other).max(axis=(0, 2, 3), keepdims=True), 1e-6)
        gap = np.abs(mine - other) / scale
        if not gap.max() <= 1e-9:
            place = tuple(int(i) for i in np.unravel_index(int(np.nanargmax(gap)), gap.shape))
            share = float((gap > 1e-9).mean())
            yield (
                f"{key}: {gap.max():.2e} of scale at (run, object, year, draw) {place}, {share:.1%} of values; "
                f"kernel {mine[place]!r}, twin {other[place]!r}"
            )
