"""What is kept of a simulation: which rows draw by draw, and which cells are counted into histograms."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from simmodel.inputs.model_inputs import (
    COUNTRY_VARIABLES,
    LINK_VARIABLES,
    MARKET_VARIABLES,
    REGION_VARIABLES,
    RUNS,
    Network,
)

__all__ = ["KeepPlan"]

Index = NDArray[np.int64]
OTHER_PORTFOLIO_RUNS = ("portfolio", "portfolio_codeploy", "portfolio_reform")
FINANCING_VARIABLES = ("capex", "capex_economic", "cfads", "revenue_usd", "opex_usd", "anchor", "revenue")


@dataclass(frozen=True, slots=True)
class KeepPlan:
    """Rows kept draw by draw and cells counted: [run, variable, object] -> row of the kept array, or cell; -1 not.

    The last market row is all demands together.  No `link_cell`: nothing is counted.  `section_row`, [run, section],
    has the rows of the sections' taxable profit; None: none is kept.  Rows are kept of the draws below `most_draws`; by
    default of all.
    """

    link_row: Index
    region_row: Index
    country_row: Index
    market_row: Index
    link_cell: Index | None = None
    most_draws: int | None = None
    section_row: Index | None = None

    @classmethod
    def nothing(cls, network: Network) -> KeepPlan:
        """Keep means and squared deviations alone."""
        counts = _object_counts(network)
        runs = len(network.runs)
        none = [np.full((runs, variables, objects), -1, dtype=np.int64) for variables, objects in counts]
        return cls(none[0], none[1], none[2], none[3])

    @classmethod
    def full(cls, network: Network) -> KeepPlan:
        """Keep every variable of everything in every run."""
        counts = _object_counts(network)
        runs = len(network.runs)
        every = [_number(np.ones((runs, variables, objects), dtype=bool)) for variables, objects in counts]
        section = _number(np.ones((runs, len(network.sections)), dtype=bool))
        return cls(every[0], every[1], every[2], every[3], section_row=section)

    @classmethod
    def default(cls, network: Network) -> KeepPlan:
        """Keep what financing and the usual reports need."""
        (v_link, links), (v_region, regions), (v_country, countries), (v_market, markets) = _object_counts(network)
        runs, candidate = len(network.runs), network.links["candidate"] == 1
        link = np.zeros((runs, v_link, links), dtype=bool)
        country = np.zeros((runs, v_country, countries), dtype=bool)
        market = np.zeros((runs, v_market, markets), dtype=bool)
        full = RUNS.index("with")
        link[full, :, candidate] = True
        for name in OTHER_PORTFOLIO_RUNS:
            for variable in FINANCING_VARIABLES:
                link[RUNS.index(name), LINK_VARIABLES.index(variable), candidate] = True
        for name in ("without", "reform_only", "with"):
            country[RUNS.index(name)] = True
        for variable in ("demand", "outside_share"):
            market[full, MARKET_VARIABLES.index(variable)] = True
        region = np.zeros((runs, v_region, regions), dtype=bool)
        return cls(_number(link), _number(region), _number(country), _number(market))

    def is_same(self, other: KeepPlan) -> bool:
        """Tell whether another plan, perhaps one of another process, keeps and counts the same."""
        return all(np.array_equal(getattr(self, part.name), getattr(other, part.name)) for part in fields(self))

    def rows(self) -> tuple[int, int, int, int, int]:
        """Kept rows of links, regions, countries, markets and sections."""
        sections = np.empty(0) if self.section_row is None else self.section_row
        tables = (self.link_row, self.region_row, self.country_row, self.market_row, sections)
        return tuple(int(table.max(initial=-1)) + 1 for table in tables)  # type: ignore[return-value]

    def section_rows(self, network: Network) -> Index:
        """Rows of the sections' profit, [run, section], -1 not kept."""
        none = np.full((len(network.runs), len(network.sections)), -1, dtype=np.int64)
        return none if self.section_row is None else self.section_row

    def cells(self) -> Index:
        """Cells of link variables, [run, variable, link], -1 not counted."""
        return np.full_like(self.link_row, -1) if self.link_cell is None else self.link_cell

    def kept_draws(self, first_draw: int, draws: int) -> int:
        """Of draws from `first_draw` on, how many are kept."""
        return draws if self.most_draws is None else min(draws, max(self.most_draws - first_draw, 0))

    def size_bytes(self, *, years: int, draws: int) -> int:
        """Memory the kept rows take."""
        return 8 * years * self.kept_draws(0, draws) * sum(self.rows())


def _object_counts(network: Network) -> tuple[tuple[int, int], ...]:
    """Variables and objects of each table."""
    return (
        (len(LINK_VARIABLES), len(network.links)),
        (len(REGION_VARIABLES), len(network.regions)),
        (len(COUNTRY_VARIABLES), len(network.countries)),
        (len(MARKET_VARIABLES), len(network.transits) + 1),
    )


def _number(wanted: NDArray[np.bool_]) -> Index:
    """Number the wanted places in order."""
    row = np.full(wanted.shape, -1, dtype=np.int64)
    row[wanted] = np.arange(int(wanted.sum()))
    return row
