"""The financing of the flagship as a run does it: four cases, whole agreements, confirmed prices, fresh draws."""

from __future__ import annotations

import gc
import statistics
import time

from pyomo.common.gc_manager import PauseGC

from benchmarks.cases import ROOT
from benchmarks.outcome import Outcome, Target
from simmodel.financing.draw_split import split_draws
from simmodel.financing.finance_portfolio import finance_portfolio
from simmodel.financing.funding_need import financing_problem, presold_leases
from simmodel.financing.gap_waterfall import CASES, draws_of, two_stage_options
from simmodel.pipeline import StudyOptions, run_study
from solvers import FinancingProblem, RiskMeasure, solve_frontier, solve_two_stage
from solvers.build_model import build_model
from solvers.linear_program import LinearProgram
from solvers.model_sets import build_model_sets


def build_and_translate(problem: FinancingProblem, risk: RiskMeasure, *, whole_numbers: bool = False) -> LinearProgram:
    """Do what Pyomo has a part in: the model, as a search builds it, and its translation, with HiGHS holding it."""
    with PauseGC():
        return LinearProgram(build_model(problem, build_model_sets(problem), risk, whole_numbers=whole_numbers))


def measure_flagship(outcome: Outcome, *, draws: int, points: int, rounds: int) -> None:
    """The stage as a whole, what Pyomo takes of it, and a frontier against one plan of its last case."""
    study = run_study(ROOT / "scenarios" / "almaty.yaml", StudyOptions(draws=draws))
    scenario, cash = study.report.scenario, study.cash
    split = split_draws(cash.draws, scenario.financing.draws_in)
    run, options = cash.runs[CASES[-1].run], two_stage_options(scenario)
    problems = [financing_problem(scenario, cash, measures).problem for measures in CASES]
    fitted = draws_of(run, presold_leases(scenario, cash.plan, run), split.fitted)
    works = {
        "stage": lambda: finance_portfolio(scenario, cash),
        "pyomo": lambda: [build_and_translate(each, options.risk, whole_numbers=True) for each in problems],
        "plan": lambda: solve_two_stage(problems[-1], fitted, options),
        "frontier": lambda: solve_frontier(problems[-1], fitted, options, points=points),
    }
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in works}
    thresholds = gc.get_threshold()
    gc.set_threshold(100_000)  # as the program does
    for _ in range(rounds):
        for name, work in works.items():
            started = time.perf_counter(), time.process_time()
            work()
            times[name].append((time.perf_counter() - started[0], time.process_time() - started[1]))
    gc.set_threshold(*thresholds)
    wall = statistics.median(each for each, _ in times["stage"])
    stage, pyomo, plan, frontier = (statistics.median(each for _, each in times[name]) for name in works)
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
