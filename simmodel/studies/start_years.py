"""When should each link start, and which should wait for the road or railway they can share works with?

Every start of a link that is asked about is simulated once, with the other links as planned and on the same draws. The
optimiser chooses among these starts together with the money; the starts it chooses are then simulated together, in a
study of their own, and financed again. What the two differ by is what starts do to each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from simmodel.engine.keep_plan import KeepPlan
from simmodel.engine.memory_need import FIXED_BYTES, GIB, free_memory
from simmodel.engine.monte_carlo import EngineOutput, simulate
from simmodel.engine.portfolios import REFERENCES, Portfolio, runs_of_portfolios
from simmodel.errors import ScenarioError
from simmodel.financing.draw_split import split_draws
from simmodel.financing.gap_waterfall import SolvedCase, solve_case
from simmodel.financing.portfolio_cash import Integers, PortfolioCash, RunCash
from simmodel.financing.start_options import (
    MEASURES,
    StartChoice,
    StartFlows,
    choose_starts,
    serve_equally,
    take_links,
)
from simmodel.inputs import plan_costs
from simmodel.inputs.build import build_inputs
from simmodel.inputs.model_inputs import LINK_VARIABLES, ModelInputs
from simmodel.inputs.planned_costs import PlannedCosts
from simmodel.pipeline import Progress, Study, StudyOptions, load, portfolio_plan, run_study
from simmodel.results.simulated_runs import CASH_VARIABLES, SimulatedRuns, candidate_links
from simmodel.scenario.load import LoadedScenario
from simmodel.scenario.problems import Problem, nearest_name
from simmodel.scenario.schema import Scenario

AS_PLANNED = "as planned"
MOST_TOGETHER = 32  # runs simulated in one call
COPIES = 4  # of the cash flows, at most: as kept, by start, over equal years of service, of the starts being solved


@dataclass(frozen=True, slots=True)
class Start:
    """One start that a link may have.

    Attributes
    ----------
    link : slug
    words : what it is
    delay_years : years later than planned; 0 where it waits or is as planned
    waits : for the host project
    opening : planned year index of first service
    """

    link: str
    words: str
    delay_years: int
    waits: bool
    opening: int

    @property
    def is_planned(self) -> bool:
        """Whether the scenario plans it."""
        return self.delay_years == 0 and not self.waits


@dataclass(frozen=True, slots=True)
class StartsStudy:
    """What was chosen, what was expected of it, and what it came to.

    Attributes
    ----------
    starts : every start that was tried, row by row
    choice : of the optimiser
    works_musd : (rows,) mean cost of preparation and works [constant musd]
    simulated : the financing of the chosen starts simulated together, over as many years of service as `choice`
    study : the study of the chosen starts
    """

    starts: tuple[Start, ...]
    choice: StartChoice
    works_musd: np.ndarray
    simulated: SolvedCase
    study: Study

    def chosen(self) -> tuple[tuple[Start, float, float], ...]:
        """Return the start of every link, the change of its works' cost against plan, and what it brings [musd]."""
        planned = {one.link: row for row, one in enumerate(self.starts) if one.is_planned}
        return tuple(
            (
                self.starts[row],
                float(self.works_musd[row] - self.works_musd[planned[self.starts[row].link]]),
                float(self.choice.gain_musd[link]),
            )
            for link, row in enumerate(self.choice.rows)
        )


def find_starts(
    path: str | Path,
    options: StudyOptions,
    *,
    delays: Sequence[int],
    hosts: bool,
    links: Sequence[str],
    progress: Progress,
) -> StartsStudy:
    """Choose the start of each link, simulate the choice and finance it.

    Parameters
    ----------
    path : scenario file, or the name of a shipped one
    options : draws, seed and overrides of every simulation
    delays : years by which a link may start later than planned
    hosts : a link may wait for its host project
    links : whose start is open; none named: all candidates'

    Raises
    ------
    ScenarioError   what is asked for makes no sense; all of it at once
    DataError, SimulationError, FinancingError   see `simmodel.errors`
    """
    progress("reading the scenario", 0, 0)
    loaded = load(path, options)
    scenario = loaded.scenario
    inputs = build_inputs(scenario).inputs
    starts = list_starts(scenario, inputs, delays=delays, hosts=hosts, links=links)
    refuse_too_many(inputs, starts)
    flows, works = simulate_starts(loaded, inputs, starts, options.threads, progress)
    progress("choosing starts and money", 0, 0)
    split = split_draws(flows.cash.draws, scenario.financing.draws_in)
    choice = choose_starts(scenario, flows, split)
    chosen = [starts[row] for row in choice.rows]
    study = run_study(path, replace(options, overrides=(*options.overrides, *overrides_of(scenario, chosen))), progress)
    progress("holding the choice against its simulation", 0, 0)
    cut = years_cut(starts)[list(choice.rows)]
    run = serve_equally(study.cash.runs["with"], study.cash.plan.section_link, cut)
    together = replace(study.cash, runs={"with": run})
    return StartsStudy(tuple(starts), choice, works, solve_case(scenario, together, MEASURES, split), study)


def list_starts(
    scenario: Scenario, inputs: ModelInputs, *, delays: Sequence[int], hosts: bool, links: Sequence[str]
) -> list[Start]:
    """Return every start of every candidate link, the planned one first.

    A link can wait for a host whose window is not yet open when its works are planned to start, unless the scenario
    lets it wait anyway.

    Raises
    ------
    ScenarioError
    """
    names = [inputs.names.links[number] for number in candidate_links(inputs)]
    problems = [
        Problem("--link", 0, 0, "", f"{link!r} is no candidate link of the scenario", nearest_name(link, names))
        for link in links
        if link not in names
    ]
    years = len(inputs.network.years)
    if len(set(delays)) != len(delays) or any(not 1 <= delay < years for delay in delays):
        asked = ", ".join(map(str, delays))
        problems.append(Problem("--delay", 0, 0, "", f"{asked}: whole years from 1 to {years - 1}, each once"))
    if not delays and not hosts:
        problems.append(Problem("--no-host", 0, 0, "", "no start but the planned one is left: name a --delay"))
    if not scenario.financing.whole_numbers:
        problems.append(
            Problem("", 0, 0, "financing.whole_numbers", "a start is a whole number: say true, or leave it out")
        )
    if problems:
        raise ScenarioError(problems)
    found = []
    for place, name in enumerate(names):
        is_open = not links or name in links
        found += _starts_of(inputs, place, name, delays if is_open else (), hosts=hosts and is_open)
    late = [one for one in found if not one.is_planned and one.opening >= years]
    if late:
        raise ScenarioError(
            [
                Problem("", 0, 0, f"links.{one.link}", f"{one.words} it would not open within the {years} years")
                for one in late
            ]
        )
    return found


def _starts_of(inputs: ModelInputs, place: int, name: str, delays: Sequence[int], *, hosts: bool) -> list[Start]:
    plain = plan_with(inputs, name).schedules[place]
    starts = [Start(name, AS_PLANNED, 0, waits=False, opening=plain.opening)]
    for delay in sorted(delays):
        opening = plan_with(inputs, name, delay_years=delay).schedules[place].opening
        starts.append(Start(name, f"{delay} year{'s' if delay > 1 else ''} later", delay, False, opening))
    if hosts:
        waiting = plan_with(inputs, name, waits=True).schedules[place]
        if waiting.works_start > plain.works_start:
            starts.append(Start(name, f"waits for {host_of(inputs, name)}", 0, waits=True, opening=waiting.opening))
    return starts


def host_of(inputs: ModelInputs, link: str) -> str:
    """Return the name of the host project of a link."""
    return inputs.names.hosts[int(inputs.network.links[inputs.names.links.index(link)]["host"])]


def plan_with(
    inputs: ModelInputs, link: str, *, contingency: float = 0.0, delay_years: float = 0.0, waits: bool = False
) -> PlannedCosts:
    """Return the planned cost with co-deployment and reforms, one link starting otherwise."""
    records = inputs.network.links.copy()
    number = inputs.names.links.index(link)
    records["start_t"][number] += delay_years
    records["wait_for_host"][number] |= int(waits)
    changed = inputs._replace(network=inputs.network._replace(links=records))
    return plan_costs(changed, contingency=contingency, has_codeployment=True, has_reforms=True)


def refuse_too_many(inputs: ModelInputs, starts: Sequence[Start]) -> None:
    """Refuse draws whose cash flows would not fit into memory, before anything is simulated.

    Raises
    ------
    ScenarioError
    """
    rows = sum(len(CASH_VARIABLES) + len(_sections(inputs, inputs.names.links.index(one.link))) for one in starts)
    each = COPIES * 8.0 * rows * len(inputs.network.years)
    free = free_memory()
    if free is None or FIXED_BYTES + each * inputs.draws <= free:
        return
    fits = int(max(free - FIXED_BYTES, 0.0) // each)
    message = (
        f"{inputs.draws:,} draws of {len(starts)} starts take {(FIXED_BYTES + each * inputs.draws) / GIB:.1f} GiB, and "
        f"{free / GIB:.1f} GiB are free; at most {fits:,}, or fewer --link and --delay"
    )
    raise ScenarioError([Problem("--draws", 0, 0, "", message)])


def years_cut(starts: Sequence[Start]) -> Integers:
    """(rows,) years by which each start opens before the latest start of its link."""
    latest: dict[str, int] = {}
    for one in starts:
        latest[one.link] = max(latest.get(one.link, 0), one.opening)
    return np.array([latest[one.link] - one.opening for one in starts], dtype=np.int64)


def overrides_of(scenario: Scenario, chosen: Sequence[Start]) -> list[str]:
    """Return what makes the scenario plan the chosen starts."""
    found = []
    for one in chosen:
        link = scenario.links[one.link]
        planned = link.start_year if link.start_year is not None else link.earliest_start_year
        if one.waits:
            found.append(f"links.{one.link}.wait_for_host=true")
        elif one.delay_years and planned is not None:
            found.append(f"links.{one.link}.start_year={planned + one.delay_years}")
    return found


def simulate_starts(
    loaded: LoadedScenario, inputs: ModelInputs, starts: Sequence[Start], threads: int | None, progress: Progress
) -> tuple[StartFlows, np.ndarray]:
    """Simulate every start, and return its cash flows and the mean cost of its works [constant musd]."""
    numbers = candidate_links(inputs)
    names = [inputs.names.links[number] for number in numbers]
    every = frozenset(names)
    planned = [row for row, one in enumerate(starts) if one.is_planned]
    others = [row for row, one in enumerate(starts) if not one.is_planned]
    jobs = [planned, *([row] for row in others)]  # rows that one run of the engine answers
    cash: dict[int, RunCash] = {}
    for first in range(0, len(jobs), MOST_TOGETHER):
        some = jobs[first : first + MOST_TOGETHER]
        progress("simulating every start", first, len(jobs))
        portfolios = [_portfolio(every, starts[rows[0]]) for rows in some]
        network, members = runs_of_portfolios(inputs, portfolios)
        own = inputs._replace(network=network)
        keep = _keep_rows(own, starts, some)
        output = simulate(own, draws=inputs.draws, threads=threads, keep=keep, members=members)
        for run, rows in enumerate(some, start=len(REFERENCES)):
            for row in rows:
                cash[row] = _cash_of(loaded.scenario, inputs, output, run, starts[row], names.index(starts[row].link))
    link = np.array([names.index(one.link) for one in starts], dtype=np.int64)
    base = portfolio_plan(loaded, SimulatedRuns(inputs, output.keep, output, numbers, inputs.draws))
    plan, _ = take_links(base, link.tolist(), [f"{one.link} ({one.words})" for one in starts])
    prepared = [_preparation_musd(inputs, one, names.index(one.link)) for one in starts]
    plan = replace(plan, preparation_musd=np.concatenate(prepared))
    by_row = [cash[row] for row in range(len(starts))]
    flows = RunCash(**{name: np.concatenate([getattr(one, name) for one in by_row]) for name in RunCash.__slots__})
    index = np.array(inputs.network.years["us_index"])
    works = np.einsum("lts,t->l", flows.cost_musd, 1.0 / index) / flows.draws
    equal = serve_equally(flows, plan.section_link, years_cut(starts))
    whole = PortfolioCash(plan, {"with": equal}, inputs.first_year, index)
    return StartFlows(link, np.array([one.is_planned for one in starts]), whole), np.asarray(works, dtype=np.float64)


def _portfolio(every: frozenset[str], start: Start) -> Portfolio:
    if start.waits:
        return Portfolio(every, waiting=frozenset({start.link}))
    return Portfolio(every, delay_years={start.link: float(start.delay_years)} if start.delay_years else {})


def _keep_rows(inputs: ModelInputs, starts: Sequence[Start], jobs: Sequence[Sequence[int]]) -> KeepPlan:
    """Keep the cash flows of the links whose starts a run is there for."""
    keep, row, profit = KeepPlan.nothing(inputs.network), 0, 0
    section = np.full((len(inputs.network.runs), len(inputs.network.sections)), -1, dtype=np.int64)
    for run, rows in enumerate(jobs, start=len(REFERENCES)):
        for number in (inputs.names.links.index(starts[place].link) for place in rows):
            for variable in CASH_VARIABLES:
                keep.link_row[run, LINK_VARIABLES.index(variable), number] = row
                row += 1
            own = _sections(inputs, number)
            section[run, own] = np.arange(profit, profit + len(own))
            profit += len(own)
    return replace(keep, section_row=section)


def _sections(inputs: ModelInputs, link: int) -> Integers:
    record = inputs.network.links[link]
    return np.arange(record["first_section"], record["last_section"], dtype=np.int64)


def _preparation_musd(inputs: ModelInputs, start: Start, place: int) -> np.ndarray:
    """Studies and design of the sections of a link that starts so, (sections, years) [nominal musd]."""
    costs = plan_with(inputs, start.link, delay_years=start.delay_years, waits=start.waits)
    mine: np.ndarray = costs.preparation_musd[costs.section_link == place]
    return mine


def _cash_of(
    scenario: Scenario, inputs: ModelInputs, output: EngineOutput, run: int, start: Start, place: int
) -> RunCash:
    """Cash flows of one link in one run, arrays of one link."""
    number = inputs.names.links.index(start.link)
    rows = {name: output.keep.link_row[run, LINK_VARIABLES.index(name), number] for name in CASH_VARIABLES}
    draws = {name: output.links[row : row + 1] for name, row in rows.items()}
    profits = output.keep.section_rows(inputs.network)[run, _sections(inputs, number)]
    contingency = scenario.parameters.contingency.value
    plan = plan_with(inputs, start.link, contingency=contingency, delay_years=start.delay_years, waits=start.waits)
    return RunCash(
        planned_cost_musd=plan.link_musd[place : place + 1],
        cost_musd=draws["capex"] - draws["anchor"],
        cfads_musd=draws["cfads"],
        revenue_musd=draws["revenue"],
        hard_currency_cash_musd=draws["revenue_usd"] - draws["opex_usd"],
        tax_musd=draws["tax"],
        completed=(draws["opex_usd"][:, -1, :] > 0.0).astype(np.float64),
        section_profit_musd=output.sections[profits],
    )
