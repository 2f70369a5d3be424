"""Smallest risk of the gap over draws, or smallest regret over several worlds, by cutting planes.

The model of the plan stands in HiGHS once. Each round meets all draws with one plan and adds the planes that its
exact slopes span: one for the mean gap of each link, one for the mean of the portfolio's worst draws, in every world.
The value of the model is a lower bound on every plan's risk or regret, the value met is an upper one.

Sources: Kelley (1960) and Benders (1962) for the cuts; Kuenzi-Bay and Mayer (2006), Fabian (2008) for one cut on the
tail; Ben-Ameur and Neto (2007) for separating between the model's plan and the best one known (in-out).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from pyomo.common.gc_manager import PauseGC

from solvers.blocks.linear_rows import add_expressions
from solvers.build_model import build_model
from solvers.draws import World
from solvers.errors import SolverError
from solvers.financing_problem import FinancingProblem, Floats, Integers
from solvers.instruments import InstrumentKind
from solvers.linear_program import Cut, LinearProgram
from solvers.meet_draws import Exposure, Recourse, Response
from solvers.model_sets import build_model_sets
from solvers.process_memory import can_be_watched, most_memory_mb
from solvers.risk import RiskMeasure
from solvers.search_settings import Limits

TOWARDS_MODEL = 0.4  # of the way from the best plan known to the model's
PURGE_EVERY = 10  # rounds
PURGE_SLACK = 0.01  # of the value


@dataclass(slots=True)
class Found:
    """The best plan known: columns of the programme, risk of its gap, what no plan can beat, why the search ended.

    Over several worlds the largest regret stands in the place of the risk.
    """

    columns: Floats
    risk_musd: float
    bound_musd: float
    ended: str
    whole_numbers: bool = False


class CutSearch:
    """A problem over draws, ready to be minimised for one expression after the other.

    Parameters
    ----------
    problem : what to finance and with what
    worlds : the futures to fit to, of one world or of several; the links, years and weights are those of the problem
    risk : how their gaps are weighed
    limits : when to stop
    whole_numbers : the rows of tickets, financiers and incompatible lenders are there; their whole numbers may be
        broken until `whole_numbers.settle_whole_numbers` settles them
    near_musd : (K, I, T) draws of another plan, for a second level that leaves out as little of them as it can

    Attributes
    ----------
    model, program : the Pyomo model and its translation
    rounds : how often the draws were met so far
    """

    def __init__(
        self,
        problem: FinancingProblem,
        worlds: Sequence[World],
        risk: RiskMeasure,
        limits: Limits,
        *,
        whole_numbers: bool = False,
        near_musd: Floats | None = None,
    ) -> None:
        if limits.memory_mb is not None and not can_be_watched():
            raise ValueError("memory_mb: this system does not say how much memory a process takes")
        self.problem, self.worlds, self.risk, self.limits = problem, tuple(worlds), risk, limits
        self.sets = build_model_sets(problem)
        best = tuple(world.best_musd for world in worlds)
        with PauseGC():  # a hundred thousand objects that stay: looking for garbage among them takes as long as they do
            self.model = build_model(
                problem, self.sets, risk, whole_numbers=whole_numbers, best_musd=best, near_musd=near_musd
            )
            self.program = LinearProgram(self.model)
        self.rounds, self._first_round = 0, 0
        self._first_level = self.model.minimum_gap.expr
        self.objective = self._first_level
        self._charges = np.zeros(self.program.column_count)
        self._started = time.monotonic()
        self._find_columns()
        self.recourses = [
            Recourse(
                world.draws,
                last_construction_year=problem.links.last_construction_year,
                constant_usd_weight=problem.rules.constant_usd_weight,
                with_sizes=len(self.model.built) > 0,
                presold_links=np.isin(np.arange(len(problem.links.ids)), self._presale_link),
            )
            for world in worlds
        ]

    def _find_columns(self) -> None:
        """Find the columns that meet the draws; -1 stands for an amount that is zero in every plan."""
        problem, model, program = self.problem, self.model, self.program
        links, years = len(problem.links.ids), len(problem.years)
        self._plan = program.positions(model.planned_sources, (links, years))
        self._service = program.positions(model.debt_service, (links, years))
        self._reserve = program.positions(model.opening_reserve, (links,))
        self._mean = program.positions(model.expected_gap, (len(self.worlds), links))
        self._size = program.positions(model.built, (links,))
        self._tail = program.positions(model.tail_gap, (len(self.worlds),))
        self._regret = program.position_of(model.component("regret"))
        commitment = program.positions(model.commitment, (len(problem.sections.ids), len(problem.instruments)))
        presales = np.array([each.kind is InstrumentKind.IRU for each in problem.instruments], dtype=bool)
        sections, instruments = np.nonzero((commitment >= 0) & presales)
        self._presale, self._presale_link = commitment[sections, instruments], problem.sections.link[sections]
        of_link = np.column_stack([self._plan, self._service, self._reserve, self._size])
        self._of_link = [
            np.sort(np.append(columns[columns >= 0], self._presale[self._presale_link == link]))
            for link, columns in enumerate(of_link)
        ]

    def exposure(self, columns: Floats) -> Exposure:
        """Return the part of a plan that meets the draws."""
        values = np.append(columns, 0.0)  # read by the position -1
        links = len(self.problem.links.ids)
        service, last = values[self._service], self.problem.links.last_construction_year
        target = np.zeros_like(service)
        target[:, :-1] = self.problem.rules.reserve_months / 12.0 * service[:, 1:]
        target[np.arange(links), last] = values[self._reserve]
        presold = np.zeros(links)
        np.add.at(presold, self._presale_link, values[self._presale])
        return Exposure(
            planned_sources_musd=values[self._plan],
            debt_service_musd=service,
            reserve_target_musd=target,
            presold_musd=presold,
            size=np.where(self._size >= 0, values[self._size], 1.0),
        )

    def respond(self, columns: Floats) -> tuple[float, list[Response]]:
        """Meet the draws with a plan: the risk of its gap or its largest regret [constant musd], and by world the
        slopes."""
        self.rounds += 1
        exposure = self.exposure(columns)
        responses = [recourse.respond(exposure, self.risk) for recourse in self.recourses]
        return max(self.regrets(responses)), responses

    def regrets(self, responses: list[Response]) -> list[float]:
        """Return what a plan leaves beyond the best plan for each world; in a single world, all [constant musd]."""
        values = []
        for world, response in zip(self.worlds, responses, strict=True):
            mean, tail = float(response.mean_by_link_musd.sum()), float(response.tail_by_link_musd.sum())
            risk = (1.0 - self.risk.tail_weight) * mean + self.risk.tail_weight * tail
            values.append(risk - world.best_musd)
        return values

    @property
    def minimises_regret(self) -> bool:
        """Whether the first level is a regret over worlds, and not the risk in one."""
        return self._regret >= 0

    def scale(self, value_musd: float) -> float:
        """Return the gap behind a risk or a regret, of which tolerances are shares [constant musd]."""
        return max(abs(value_musd) + max(abs(world.best_musd) for world in self.worlds), 1e-9)

    def with_stand_ins(self, columns: Floats) -> Floats:
        """Return the columns of a plan with the gap that it really has."""
        value, responses = self.respond(columns)
        filled = columns.copy()
        for mean, tail, response in zip(self._mean, self._tail, responses, strict=True):
            own = mean >= 0
            filled[mean[own]] = response.mean_by_link_musd[own] * (1.0 + 1e-9)
            if tail >= 0:
                filled[tail] = float(response.tail_by_link_musd.sum()) * (1.0 + 1e-9)
        if self._regret >= 0:
            filled[self._regret] = value + 1e-8 * self.scale(value)
        return filled

    def add_cuts(self, columns: Floats, responses: list[Response]) -> None:
        """Add the planes that touch the gap at a plan, in every world."""
        cuts = []
        for mean, tail, response in zip(self._mean, self._tail, responses, strict=True):
            if self.risk.tail_weight < 1.0:
                slope = self._gradient(response, 0)
                for link, own in enumerate(self._of_link):
                    if mean[link] >= 0:
                        value = float(response.mean_by_link_musd[link])
                        cuts.append(_plane(int(mean[link]), own[slope[own] != 0.0], slope, columns, value))
            if tail >= 0:
                slope = self._gradient(response, 1)
                value = float(response.tail_by_link_musd.sum())
                cuts.append(_plane(int(tail), np.flatnonzero(slope).astype(np.int64), slope, columns, value))
        self.program.add_cuts(cuts)

    def _gradient(self, response: Response, which: int) -> Floats:
        """Slopes by column; targets of the reserve after the opening follow next year's service."""
        links = self.problem.links
        slope = np.zeros(self.program.column_count + 1)  # the last one collects what has no column
        target = response.target[which]
        service = response.service[which].copy()
        open_years = np.arange(target.shape[1]) > links.last_construction_year[:, None]
        service[:, 1:] += (self.problem.rules.reserve_months / 12.0 * target * open_years)[:, :-1]
        slope[self._plan] = response.plan[which]
        slope[self._service] = service
        slope[self._reserve] = target[np.arange(len(target)), links.last_construction_year]
        slope[self._size] = response.size[which]
        slope[self._presale] = response.presold[which][self._presale_link]
        return slope[:-1]

    def charge(self, total: Any, price: float) -> None:
        """Add a price on a linear expression to what is minimised beside the risk."""
        self._charges = price * self.program.costs(total)
        self.objective = add_expressions(self._first_level, price, total)

    def stop_charging(self) -> None:
        """Minimise the risk alone again."""
        self._charges = np.zeros(self.program.column_count)
        self.objective = self._first_level

    def minimise_gap(self, start: Found | None = None) -> Found:
        """Return the plan with the smallest risk of the gap; the last bound and plan when a limit is reached.

        Raises
        ------
        SolverError   the rows contradict each other, or HiGHS has no answer
        """
        self._first_round = self.rounds
        found = Found(np.empty(0), np.inf, -np.inf, "proven")
        if start is not None:
            found = Found(start.columns, start.risk_musd, -np.inf, "proven")
        while True:
            self.leave_time(must_answer=not len(found.columns))
            try:
                found.bound_musd = max(found.bound_musd, self.program.minimise(self.objective))
            except SolverError:
                if not len(found.columns) or not self.out_of_time():
                    raise
                found.ended = "time limit"
                return found
            model_plan = self.program.solution()
            if not self._separate(model_plan, found):
                return found
            if self.rounds % PURGE_EVERY == 0:
                self.program.purge_cuts(PURGE_SLACK * self.scale(found.risk_musd))

    def _separate(self, model_plan: Floats, found: Found) -> bool:
        """Cut the model's plan off; False if the best plan is proven or a limit is reached."""
        between = model_plan
        if len(found.columns):
            between = TOWARDS_MODEL * model_plan + (1.0 - TOWARDS_MODEL) * found.columns
        cut_off = False
        for plan in (between, model_plan):
            risk, responses = self.respond(plan)
            risk += float(self._charges @ plan)
            if risk < found.risk_musd:
                found.columns, found.risk_musd = plan, risk
            ended = self._reached(found)
            if ended:
                found.ended = ended
                return False
            cut_off = self._cuts_off(model_plan, plan, responses)
            self.add_cuts(plan, responses)
            if cut_off or plan is model_plan:
                break
        return True

    def _cuts_off(self, model_plan: Floats, plan: Floats, responses: list[Response]) -> bool:
        """Tell whether the planes at a plan lie above what the model believes of its own plan."""
        moved = model_plan - plan
        for mean, tail, response in zip(self._mean, self._tail, responses, strict=True):
            tolerance = 1e-3 * self.limits.gap_tolerance * max(abs(float(response.mean_by_link_musd.sum())), 1e-9)
            if self.risk.tail_weight < 1.0:
                slope = self._gradient(response, 0)
                for link, own in enumerate(self._of_link):
                    plane = float(response.mean_by_link_musd[link] + slope[own] @ moved[own])
                    if mean[link] >= 0 and plane > model_plan[mean[link]] + tolerance:
                        return True
            if tail >= 0:
                plane = float(response.tail_by_link_musd.sum() + self._gradient(response, 1) @ moved)
                if plane > float(model_plan[tail]) + tolerance:
                    return True
        return False

    def _reached(self, found: Found) -> str:
        if found.risk_musd - found.bound_musd <= self.limits.gap_tolerance * self.scale(found.risk_musd):
            return "proven"
        return self.limit_reached()

    def limit_reached(self) -> str:
        """Return the limit that ends the search, in words; empty: go on."""
        if self.rounds - self._first_round >= self.limits.rounds:
            return "limit of rounds"
        if self.out_of_time():
            return "time limit"
        return "memory limit" if self._out_of_memory() else ""

    def out_of_time(self) -> bool:
        """Tell whether the time is spent."""
        return self.limits.seconds is not None and time.monotonic() - self._started >= self.limits.seconds

    def leave_time(self, *, must_answer: bool) -> None:
        """Give HiGHS the time that is left, or all it needs for a first answer."""
        if self.limits.seconds is not None:
            left = self.limits.seconds - (time.monotonic() - self._started)
            self.program.allow_seconds(None if must_answer else max(left, 0.05))

    def _out_of_memory(self) -> bool:
        return self.limits.memory_mb is not None and most_memory_mb() > self.limits.memory_mb


def _plane(stand_in: int, used: Integers, slope: Floats, columns: Floats, value: float) -> Cut:
    """Return the cut stand-in >= value + slope (x - columns)."""
    return Cut(
        positions=np.append(stand_in, used),
        coefficients=np.append(1.0, -slope[used]),
        lower=value - float(slope[used] @ columns[used]),
    )
