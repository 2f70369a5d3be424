"""When to start each link: the financing of every start it may have, and the starts that leave the smallest gap.

Each start of a link is a link of its own to the optimiser, of which one is built. Starts are compared over equally many
years of service: an early one would else be charged with deficits, or credited with income, of years that the horizon
cuts off a late one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from simmodel.financing.draw_split import DrawSplit
from simmodel.financing.gap_waterfall import CASES, SolvedCase, ask_case, settle_tax, solve_case, two_stage_options
from simmodel.financing.portfolio_cash import Floats, Integers, PortfolioCash, PortfolioPlan, RunCash, SectionTax
from simmodel.scenario.schema import Scenario

MEASURES = replace(CASES[-1], name="start_years")
LEAST_GAIN = 1e-3  # of the gap: a start other than planned must bring more
PROFIT = "section_profit_musd"
SERVICE = ("cfads_musd", "revenue_musd", "hard_currency_cash_musd", "tax_musd")


@dataclass(frozen=True, slots=True)
class StartFlows:
    """Links and the starts they may have; R rows, one a start of a link.

    Attributes
    ----------
    link : (R,) number of the link
    is_planned : (R,) the start that the scenario plans; one a link
    cash : of the rows, each as a link of its own, over equally many years of service
    """

    link: Integers
    is_planned: np.ndarray
    cash: PortfolioCash

    def planned(self) -> list[int]:
        """Rows of the planned starts, by link."""
        return [int(row) for row in np.flatnonzero(self.is_planned)]

    def groups(self) -> tuple[tuple[int, ...], ...]:
        """Rows of the links with more than one start."""
        by_link = (tuple(int(row) for row in np.flatnonzero(self.link == link)) for link in np.unique(self.link))
        return tuple(rows for rows in by_link if len(rows) > 1)


@dataclass(frozen=True, slots=True)
class StartChoice:
    """The starts that leave the smallest gap.

    Attributes
    ----------
    rows : chosen row of each link, in order
    gain_musd : (links,) what the gap grows by if the link alone starts as planned [constant musd]; 0 where it does
    chosen, planned : the financing of the chosen and of the planned starts
    ended : why the search for them ended
    """

    rows: tuple[int, ...]
    gain_musd: Floats
    chosen: SolvedCase
    planned: SolvedCase
    ended: str


def choose_starts(scenario: Scenario, flows: StartFlows, split: DrawSplit) -> StartChoice:
    """Choose a start for every link, all together, and give back those that bring nothing.

    The optimiser chooses with the plan, to within `financing.whole_number_gap`. Then each start that is not the planned
    one is held against it with the other links as chosen, and kept if it brings more than `LEAST_GAIN` of the gap.

    Raises
    ------
    FinancingError   see `gap_waterfall.find_plan`
    """
    planned = solve_rows(scenario, flows, flows.planned(), split)
    rows, ended = _search(scenario, flows, split)
    best = planned if rows == flows.planned() else solve_rows(scenario, flows, rows, split)
    gain = np.zeros(len(rows))
    for link, usual in enumerate(flows.planned()):
        if rows[link] == usual:
            continue
        other = [*rows[:link], usual, *rows[link + 1 :]]
        without = planned if other == flows.planned() else solve_rows(scenario, flows, other, split)
        gain[link] = without.summary.mean_gap_musd - best.summary.mean_gap_musd
        if gain[link] <= LEAST_GAIN * planned.summary.mean_gap_musd:
            rows, best, gain[link] = other, without, 0.0
    return StartChoice(tuple(rows), gain, best, planned, ended)


def _search(scenario: Scenario, flows: StartFlows, split: DrawSplit) -> tuple[list[int], str]:
    """Rows that the optimiser builds, by link, and why it ended."""
    groups = flows.groups()
    if not groups:
        return flows.planned(), "proven"
    asked = ask_case(scenario, flows.cash, MEASURES)
    problem = asked.priced.problem
    problem = replace(problem, rules=replace(problem.rules, start_options=groups))
    asked = replace(asked, priced=replace(asked.priced, problem=problem))
    plan = settle_tax(asked, split.fitted, two_stage_options(scenario)).plan
    built = np.flatnonzero(plan.size > 0.5)
    rows = [int(row) for row in built[np.argsort(flows.link[built], kind="stable")]]
    return rows, "proven" if plan.search is None else plan.search.ended


def solve_rows(scenario: Scenario, flows: StartFlows, rows: Sequence[int], split: DrawSplit) -> SolvedCase:
    """Finance the links with these starts, one a link."""
    return solve_case(scenario, take_rows(flows.cash, rows), MEASURES, split)


def take_rows(cash: PortfolioCash, rows: Sequence[int]) -> PortfolioCash:
    """Return some links of a portfolio, in the order asked for."""
    plan, sections = take_links(cash.plan, rows, [cash.plan.link_ids[row] for row in rows])
    runs = {}
    for name, run in cash.runs.items():
        chosen = {field: getattr(run, field)[list(rows)] for field in RunCash.__slots__ if field != PROFIT}
        runs[name] = RunCash(**chosen, section_profit_musd=run.section_profit_musd[sections])
    return replace(cash, plan=plan, runs=runs)


def take_links(plan: PortfolioPlan, links: Sequence[int], ids: Sequence[str]) -> tuple[PortfolioPlan, Integers]:
    """Return the plan of some links, which may come several times under different names, and their sections."""
    own = [np.flatnonzero(plan.section_link == link) for link in links]
    sections = np.concatenate([*own, np.empty(0, dtype=np.int64)]).astype(np.int64)
    chosen = list(links)
    taken = PortfolioPlan(
        link_ids=tuple(ids),
        section_link=np.repeat(np.arange(len(own)), [len(each) for each in own]).astype(np.int64),
        section_country=tuple(plan.section_country[section] for section in sections),
        section_cost_share=plan.section_cost_share[sections],
        preparation_musd=plan.preparation_musd[sections],
        discount_rate_nominal=plan.discount_rate_nominal[chosen],
        tax_rate=plan.tax_rate[chosen],
        tax=SectionTax(*(getattr(plan.tax, field)[sections] for field in SectionTax.__slots__)),
        climate_cost_share=plan.climate_cost_share[chosen],
        is_domestic=plan.is_domestic[chosen],
    )
    return taken, sections


def serve_equally(run: RunCash, section_link: Integers, years_cut: Integers) -> RunCash:
    """Return the run without what links earn and pay in their last years of service.

    Parameters
    ----------
    section_link : (K,) link of each section
    years_cut : (L,) years at the end of the horizon that are left out
    """
    years = run.cfads_musd.shape[1]
    counts = (np.arange(years)[None, :] < years - years_cut[:, None]).astype(np.float64)
    cut = {name: getattr(run, name) * counts[:, :, None] for name in SERVICE}
    return replace(run, **cut, section_profit_musd=run.section_profit_musd * counts[section_link][:, :, None])
