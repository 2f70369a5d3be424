"""What is kept of the results: means and squared deviations, or every draw."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.numpy_twin.view import Rows
from simmodel.inputs.model_inputs import (
    COUNTRY_VARIABLES,
    LINK_VARIABLES,
    MARKET_VARIABLES,
    REGION_VARIABLES,
    Network,
)

TABLES = {
    "links": LINK_VARIABLES,
    "regions": REGION_VARIABLES,
    "countries": COUNTRY_VARIABLES,
    "markets": MARKET_VARIABLES,
    "paths": ("flow",),
}


def object_counts(net: Network) -> dict[str, int]:
    """Objects of every table."""
    return {
        "links": len(net.links),
        "regions": len(net.regions),
        "countries": len(net.countries),
        "markets": len(net.transits) + 1,
        "paths": len(net.paths),
    }


class Moments:
    """Means and squared deviations over the draws of a chunk, as the engine's summary has them."""

    def __init__(self, net: Network) -> None:
        shape = (len(net.runs), len(net.years))
        counts = object_counts(net)
        self.values = {
            (kind, name): np.zeros((2, shape[0], counts[kind], shape[1])) for kind in TABLES for name in TABLES[kind]
        }

    def add(self, kind: str, name: str, run: int, t: int, rows: Rows, objects: Any = slice(None)) -> None:
        """Add (objects, draws) of a year."""
        mean = rows.mean(axis=1)
        gap = rows - mean[:, None]
        self.values[kind, name][0, run, objects, t] = mean
        self.values[kind, name][1, run, objects, t] = np.einsum("od,od->o", gap, gap)


class Everything:
    """Every draw: (kind, variable) -> (runs, objects, years, draws)."""

    def __init__(self, net: Network, draws: int) -> None:
        counts = object_counts(net)
        self.values = {
            (kind, name): np.zeros((len(net.runs), counts[kind], len(net.years), draws))
            for kind in TABLES
            for name in TABLES[kind]
        }

    def add(self, kind: str, name: str, run: int, t: int, rows: Rows, objects: Any = slice(None)) -> None:
        """Keep (objects, draws) of a year."""
        self.values[kind, name][run, objects, t] = rows
