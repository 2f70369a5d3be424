"""The financing of the flagship as a run does it: four cases, whole agreements, confirmed prices, fresh draws."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

from benchmarks.cases import ROOT
from benchmarks.outcome import Outcome, Target
from simmodel.financing.draw_split import split_draws
from simmodel.financing.finance_portfolio import finance_portfolio
from simmodel.financing.funding_need import financing_problem, presold_leases
from simmodel.financing.gap_waterfall import CASES, draws_of, two_stage_options
from simmodel.pipeline import StudyOptions, run_study
from solvers import cut_search, solve_frontier, solve_two_stage


def time_pyomo(work: Callable[[], Any]) -> tuple[float, float]:
    """Do a piece of work; return its processor seconds, and those of its models and of their translation."""
    spent = 0.0

    def timed(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            nonlocal spent
            started = time.process_time()
            try:
                return function(*arguments, **options)
            finally:
                spent += time.process_time() - started

        return call

    parts = {name: timed(getattr(cut_search, name)) for name in ("build_model_sets", "build_model", "LinearProgram")}
    started = time.process_time()
    with patch.multiple(cut_search, **parts):
        work()
    return time.process_time() - started, spent


def measure_flagship(outcome: Outcome, *, draws: int, points: int, rounds: int) -> None:
    """The stage as a whole, what Pyomo takes of it, and a frontier against one plan of its last case."""
    study = run_study(ROOT / "scenarios" / "almaty.yaml", StudyOptions(draws=draws))
    scenario, cash = study.report.scenario, study.cash
    split = split_draws(cash.draws, scenario.financing.draws_in)
    run, options = cash.runs[CASES[-1].run], two_stage_options(scenario)
    problem = financing_problem(scenario, cash, CASES[-1]).problem
    fitted = draws_of(run, presold_leases(scenario, cash.plan, run), split.fitted)
    works = {
        "stage": lambda: finance_portfolio(scenario, cash),
        "plan": lambda: solve_two_stage(problem, fitted, options),
        "frontier": lambda: solve_frontier(problem, fitted, options, points=points),
    }
    times: dict[str, list[tuple[float, float, float]]] = {name: [] for name in works}
    thresholds = gc.get_threshold()
    gc.set_threshold(100_000)  # as the program does
    for _ in range(rounds):
        for name, work in works.items():
            started = time.perf_counter()
            spent = time_pyomo(work)
            times[name].append((time.perf_counter() - started, *spent))
    gc.set_threshold(*thresholds)
    wall = statistics.median(each for each, _, _ in times["stage"])
    pyomo = statistics.median(each for _, _, each in times["stage"])
    stage, plan, frontier = (statistics.median(each for _, each, _ in times[name]) for name in works)
    outcome.rows += [
        (f"flagship: the stage, {split.fresh_count} fresh draws", fitted.count, stage),
        ("of it: Pyomo models and their translation", fitted.count, pyomo),
        ("flagship: plan with all money", fitted.count, plan),
        (f"flagship: frontier of {points} points", fitted.count, frontier),
    ]
    outcome.notes.append("flagship: one plan is solved without the confirmed prices, which the stage adds")
    outcome.targets += [
        Target(
            f"flagship: wall seconds, {fitted.count} draws in, {split.fresh_count} fresh ones out",
            wall,
            5.0,
            at_least=False,
        ),
        Target("flagship: Pyomo's share of the stage", pyomo / stage, 0.15, at_least=False),
        Target(f"flagship: frontier of {points} points over one plan", frontier / plan, 10.0, at_least=False),
    ]
