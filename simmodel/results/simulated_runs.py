"""The engine's answer by name: what was kept of each draw, and the means of everything."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

from simmodel.inputs.model_inputs import (
    COUNTRY_TOTALS,
    COUNTRY_VARIABLES,
    LINK_VARIABLES,
    MARKET_VARIABLES,
    REGION_VARIABLES,
    RUNS,
    ModelInputs,
)
from simmodel.results.array_types import BoolArray, FloatArray, IntArray
from simmodel.results.spread import TAIL_SHARE, Spread, Tails, spread_over_draws, tails_over_draws

if TYPE_CHECKING:
    from simmodel.engine.histograms import Histograms
    from simmodel.engine.keep_plan import KeepPlan
    from simmodel.engine.monte_carlo import EngineOutput

WITHOUT, REFORM_ONLY, WITH = RUNS.index("without"), RUNS.index("reform_only"), RUNS.index("with")
FINANCED_RUNS = ("portfolio", "portfolio_codeploy", "portfolio_reform", "with")  # whose cash is kept draw by draw
PLANNED_RUNS = ("portfolio", "with")  # of them, runs that a plan is made for

# What a plan meets in each portfolio run beside the profits that tax is levied on, what financing reads besides in
# those that a plan is made for, and what the metrics of a link read in the run `with`.
MET_VARIABLES = ("capex", "cfads", "revenue", "anchor")
CASH_VARIABLES = (*MET_VARIABLES, "revenue_usd", "opex_usd", "tax")
METRIC_VARIABLES = ("flow", "price_regional", "opex", "maintenance")
FAN_RUNS = ("without", "with")
FAN_VARIABLES = ("demand", "wholesale_price")
# Variables of links whose yearly quantiles and tail means are reported.
LINK_YEAR_SPREADS = ("flow", "price_regional", "revenue", "cfads", "capex")
SUMMARY_DRAWS = 10_000  # draws whose whole paths a summary keeps, for financing and for what is worked out draw by draw
APPRAISED_RUNS = ("without", "reform_only", "with")  # whose sums over countries the ENPV of each draw needs


class Keep(Enum):
    """How much of the draws a run leaves.

    SUMMARY : means, quantiles and tail means
    SCALARS : and one number per draw of each link and of the portfolio
    FULL : and every variable of every draw, link, country and year
    """

    SUMMARY = "summary"
    SCALARS = "scalars"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class SimulatedRuns:
    """Inputs, what was asked to be kept, and the engine's output.

    Attributes
    ----------
    candidates : positions of the candidate links in `names.links`, in order
    draws : draws whose rows were kept; a summary of more draws keeps the first of them
    """

    inputs: ModelInputs
    keep: KeepPlan
    output: EngineOutput
    candidates: IntArray
    draws: int

    def replicates(self) -> IntArray:
        """Replicate every kept draw belongs to; some draws of a Latin hypercube alone count as independent."""
        from simmodel.engine.point_sets import Sampling, replicate_of_draws

        sampling, made = Sampling(self.inputs.sampling), self.output.draws
        if sampling is Sampling.LATIN_HYPERCUBE and self.draws < made:
            sampling = Sampling.MONTE_CARLO
        return replicate_of_draws(sampling, made)[: self.draws]

    def link_mean(self, run: str, variable: str) -> FloatArray:
        """Mean over draws of a link variable, (links, years)."""
        mean: FloatArray = self.output.link_mean[RUNS.index(run), LINK_VARIABLES.index(variable)]
        return mean

    def region_mean(self, run: str, variable: str) -> FloatArray:
        """Mean over draws of a region variable, (regions, years)."""
        mean: FloatArray = self.output.region_mean[RUNS.index(run), REGION_VARIABLES.index(variable)]
        return mean

    def country_mean(self, run: str, variable: str) -> FloatArray:
        """Mean over draws of a country variable, (countries and outside, years)."""
        mean: FloatArray = self.output.country_mean[RUNS.index(run), COUNTRY_VARIABLES.index(variable)]
        return mean

    def market_mean(self, run: str, variable: str) -> FloatArray:
        """Mean over draws of a market variable, (transit markets and all, years)."""
        mean: FloatArray = self.output.market_mean[RUNS.index(run), MARKET_VARIABLES.index(variable)]
        return mean

    def link_draws(self, run: str, variable: str) -> FloatArray:
        """Draws of a variable of the candidate links, (candidates, years, draws); zero for anchors that no link has."""
        rows = self.keep.link_row[RUNS.index(run), LINK_VARIABLES.index(variable)][self.candidates]
        if variable == "anchor" and np.all(rows < 0):  # no candidate link has an anchor tenant
            return np.zeros((len(rows), len(self.inputs.network.years), self.draws))
        return _rows(self.output.links, rows, f"link variable {variable} of run {run}")

    def completed(self, run: str) -> FloatArray:
        """1 where a candidate link is in service at the end of the horizon, else 0; (candidates, draws).

        A link in service has lit waves, and so hard-currency operating cost.
        """
        return np.asarray(self.link_draws(run, "opex_usd")[:, -1, :] > 0.0, dtype=np.float64)

    def section_profits(self, run: str) -> FloatArray:
        """Draws of the taxable profit of the candidate links' sections before interest, (sections, years, draws)."""
        of_candidates = np.isin(self.inputs.network.sections["link"], self.candidates)
        rows = self.keep.section_rows(self.inputs.network)[RUNS.index(run), of_candidates]
        return _rows(self.output.sections, rows, f"profit of run {run}")

    def link_spread(self, run: str, variable: str) -> Spread:
        """Mean and quantiles over all draws of a variable of the candidate links, arrays (candidates, years)."""
        counted = self._counted(run, variable)
        if counted is None:
            return spread_over_draws(self.link_draws(run, variable))
        p10, p50, p90 = (counted.quantile(probability) for probability in (0.1, 0.5, 0.9))
        return Spread(self.link_mean(run, variable)[self.candidates], p10, p50, p90)

    def link_tails(self, run: str, variable: str) -> Tails:
        """Tail means over all draws of a variable of the candidate links, arrays (candidates, years)."""
        counted = self._counted(run, variable)
        if counted is None:
            return tails_over_draws(self.link_draws(run, variable))
        lowest, highest = (counted.tail_mean(TAIL_SHARE, lowest=end) for end in (True, False))
        return Tails(lowest, highest, 1.0 / counted.ranges[..., 2])

    def _counted(self, run: str, variable: str) -> Histograms | None:
        """Histograms of a variable of the candidate links; None where the draws were kept instead."""
        histograms = self.output.histograms
        if histograms is None:
            return None
        cells = histograms.cell[RUNS.index(run), LINK_VARIABLES.index(variable)][self.candidates]
        if np.any(cells < 0):
            raise KeyError(f"link variable {variable} of run {run} was not counted")
        return histograms.of_cells(cells)

    def region_draws(self, run: str, variable: str) -> FloatArray:
        """Draws of a region variable, (regions, years, draws)."""
        rows = self.keep.region_row[RUNS.index(run), REGION_VARIABLES.index(variable)]
        return _rows(self.output.regions, rows, f"region variable {variable} of run {run}")

    def total_draws(self, run: str, variable: str) -> FloatArray:
        """Draws of one of `COUNTRY_TOTALS`, the sum over the countries of the region, (years, draws)."""
        rows = self.keep.market_row[RUNS.index(run), MARKET_VARIABLES.index(variable), -1:]
        (total,) = _rows(self.output.markets, rows, f"total {variable} of run {run}")
        return np.asarray(total)

    def country_draws(self, run: str, variable: str) -> FloatArray:
        """Draws of a country variable, (countries and outside, years, draws)."""
        rows = self.keep.country_row[RUNS.index(run), COUNTRY_VARIABLES.index(variable)]
        return _rows(self.output.countries, rows, f"country variable {variable} of run {run}")


def candidate_links(inputs: ModelInputs) -> IntArray:
    """Return the positions of the candidate links, in order."""
    return np.flatnonzero(inputs.network.links["candidate"] == 1).astype(np.int64)


def kept_rows(inputs: ModelInputs, keep: Keep) -> dict[str, IntArray]:
    """Return the rows of the five kept arrays, [run, variable, object] -> row or -1, as the later stages need them.

    Rows are numbered in the order run, variable, object, so that one variable of one run is one stretch of memory.
    Sections have a single variable, which is not in their index.
    """
    names = inputs.names
    link = np.full((len(RUNS), len(LINK_VARIABLES), len(names.links)), -1, dtype=np.int64)
    region = np.full((len(RUNS), len(REGION_VARIABLES), len(names.regions)), -1, dtype=np.int64)
    country = np.full((len(RUNS), len(COUNTRY_VARIABLES), len(names.countries)), -1, dtype=np.int64)
    market = np.full((len(RUNS), len(MARKET_VARIABLES), len(names.transits) + 1), -1, dtype=np.int64)
    section = np.full((len(RUNS), len(inputs.network.sections)), -1, dtype=np.int64)
    candidates = candidate_links(inputs)
    for run in FINANCED_RUNS:
        section[RUNS.index(run), np.isin(inputs.network.sections["link"], candidates)] = 0
    every = keep is Keep.FULL
    anchored = bool(_has_anchor(inputs)[candidates].any())
    for run in FINANCED_RUNS:
        for variable in LINK_VARIABLES if every and run == "with" else _link_variables(run):
            if variable != "anchor" or anchored or every:
                link[RUNS.index(run), LINK_VARIABLES.index(variable), candidates] = 0
    for run in FAN_RUNS:
        for variable in FAN_VARIABLES:
            country[RUNS.index(run), COUNTRY_VARIABLES.index(variable)] = 0
        if every:
            region[RUNS.index(run)] = 0
    for run in APPRAISED_RUNS:
        for variable in COUNTRY_TOTALS:
            market[RUNS.index(run), MARKET_VARIABLES.index(variable), -1] = 0
        if every:
            country[RUNS.index(run)] = 0
    if every:
        market[RUNS.index("with")] = 0
    return {
        "link_row": _number(link),
        "region_row": _number(region),
        "country_row": _number(country),
        "market_row": _number(market),
        "section_row": _number(section),
    }


def plan_keeping(inputs: ModelInputs, keep: Keep, draws: int) -> KeepPlan:
    """Return what the engine keeps of `draws` draws.

    A summary of more than `SUMMARY_DRAWS` draws keeps the first of them alone, for what needs whole paths of a draw,
    and counts the yearly numbers of the candidate links over all.
    """
    from simmodel.engine.keep_plan import KeepPlan

    rows = kept_rows(inputs, keep)
    tables = rows["link_row"], rows["region_row"], rows["country_row"], rows["market_row"]
    if keep is not Keep.SUMMARY or draws <= SUMMARY_DRAWS:
        return KeepPlan(*tables, section_row=rows["section_row"])
    cell = np.full_like(rows["link_row"], -1)
    for variable in LINK_YEAR_SPREADS:
        cell[WITH, LINK_VARIABLES.index(variable), candidate_links(inputs)] = 0
    return KeepPlan(*tables, link_cell=_number(cell), most_draws=SUMMARY_DRAWS, section_row=rows["section_row"])


def _link_variables(run: str) -> tuple[str, ...]:
    if run not in PLANNED_RUNS:
        return MET_VARIABLES
    return CASH_VARIABLES + (METRIC_VARIABLES if run == "with" else ())


def _number(wanted: IntArray) -> IntArray:
    rows = wanted.copy()
    rows[wanted == 0] = np.arange(np.count_nonzero(wanted == 0))
    return rows


def _has_anchor(inputs: ModelInputs) -> BoolArray:
    links = inputs.network.links
    return np.asarray((links["anchor_cash"] != 0.0) | (links["anchor_gbps"] != 0.0), dtype=np.bool_)


def _rows(kept: FloatArray, rows: IntArray, what: str) -> FloatArray:
    """Rows of a kept array; a view where they are consecutive."""
    if np.any(rows < 0):
        raise KeyError(f"the draws of {what} were not kept")
    if len(rows) and np.array_equal(rows, np.arange(rows[0], rows[0] + len(rows))):
        return kept[rows[0] : rows[0] + len(rows)]
    return kept[rows]
