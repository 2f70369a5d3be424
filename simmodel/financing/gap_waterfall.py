"""The waterfall of the Declaration: need, less co-deployment, less reforms, less money; what remains is the gap.

Co-deployment and reforms change the engine's run (the same draws in every run); private finance, risk cover and public
money change what the optimiser may use. The gap of a case is the mean over the draws of what the case's plan leaves
unpaid. Steps are signed and never clipped: a reform that lowers a monopoly price also lowers the revenue of a link.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np

from simmodel.errors import FinancingError
from simmodel.financing.draw_split import DrawSplit
from simmodel.financing.financing_result import FinancingCase, WaterfallStep
from simmodel.financing.funding_need import Measures, PresoldLeases, PricedProblem, financing_problem, presold_leases
from simmodel.financing.levered_tax import InterestRelief, at_tax_with_interest, interest_relief, no_relief
from simmodel.financing.portfolio_cash import Floats, PortfolioCash, PortfolioPlan, RunCash
from simmodel.scenario.schema import Scenario
from solvers import (
    Draws,
    FinancingConflictError,
    FinancingPlan,
    FinancingProblem,
    RecourseOutcome,
    RiskMeasure,
    SolverError,
    TwoStageOptions,
    WholeNumbers,
    agreements_of,
    evaluate_recourse,
    resimulate_plan,
    solve_two_stage,
)
from solvers.recourse import recourse_inputs

CASES = (
    Measures("commercial_today", "portfolio", risk_cover=False, public_money=False),
    Measures("commercial_reformed", "with", risk_cover=False, public_money=False),
    Measures("with_risk_cover", "with", risk_cover=True, public_money=False),
    Measures("all_money", "with", risk_cover=True, public_money=True),
)

TAX_TOLERANCE = 0.005  # of a link's CFADS: below it the tax a plan assumes is good enough
TAX_PASSES = 2  # most plans of a case


@dataclass(frozen=True, slots=True)
class SolvedCase:
    """A case with its plan and what the plan leaves unpaid in every fresh draw.

    Attributes
    ----------
    priced : the question as it was put to the optimiser
    judged : the same with the lenders' and sponsors' paths at the tax that the plan pays
    run : cash flows at that tax
    """

    measures: Measures
    priced: PricedProblem
    judged: FinancingProblem
    run: RunCash
    leases: PresoldLeases
    plan: FinancingPlan
    outcome: RecourseOutcome
    summary: FinancingCase


def solve_cases(scenario: Scenario, cash: PortfolioCash, split: DrawSplit) -> tuple[SolvedCase, ...]:
    """Solve the four cases behind the waterfall, in its order; what a package leaves out repeats the case before."""
    cases: list[SolvedCase] = []
    for measures in CASES:
        cases.append(solve_case(scenario, cash, measures, split, known=cases[-1] if cases else None))
    return tuple(cases)


def ask_case(scenario: Scenario, cash: PortfolioCash, measures: Measures) -> AskedCase:
    """Put the question of a case; what the package leaves out is not asked for.

    Raises
    ------
    DataError   an instrument without the terms it needs
    """
    measures = as_packaged(scenario, measures)
    run = cash.runs[measures.run]
    return AskedCase(
        measures=measures,
        priced=financing_problem(scenario, cash, measures),
        portfolio=cash.plan,
        run=run,
        leases=presold_leases(scenario, cash.plan, run),
        lender_percentile=scenario.financing.lender_case_percentile,
    )


def solve_case(
    scenario: Scenario, cash: PortfolioCash, measures: Measures, split: DrawSplit, known: SolvedCase | None = None
) -> SolvedCase:
    """Solve a case; the agreements of a case that is known are one way to round, so that more money is never worse."""
    asked = ask_case(scenario, cash, measures)
    agreed = agreements_of(known.priced.problem, known.plan) if known else {}
    options = two_stage_options(scenario, frozenset(agreed))
    if measures.name == CASES[-1].name:
        options = replace(options, relaxations=scenario.financing.confirmed_prices)
    settled = settle_tax(asked, split.fitted, options)
    priced, plan = replace(asked.priced, problem=settled.solved), settled.plan
    outcome, fitted = (
        unpaid_in_draws(priced, plan, settled.run, asked.leases, chosen) for chosen in (split.fresh, split.fitted)
    )
    summary = summarise_case(asked.measures, priced, settled, outcome, float(fitted.gap_musd.mean()))
    return SolvedCase(asked.measures, priced, settled.judged, settled.run, asked.leases, plan, outcome, summary)


@dataclass(frozen=True, slots=True)
class AskedCase:
    """A case before it is solved; `run` has the engine's tax, `lender_percentile` is that of the lenders' path."""

    measures: Measures
    priced: PricedProblem
    portfolio: PortfolioPlan
    run: RunCash
    leases: PresoldLeases
    lender_percentile: float


@dataclass(frozen=True, slots=True)
class SettledPlan:
    """A plan and the tax it pays.

    Attributes
    ----------
    plan : found for `solved`
    judged : the problem at the tax that the plan pays
    run : cash flows at that tax
    passes : plans that were made
    difference : (L,) [-] of CFADS: between the tax the plan pays and the tax it was made with, by link
    """

    plan: FinancingPlan
    solved: FinancingProblem
    judged: FinancingProblem
    run: RunCash
    passes: int
    difference: Floats


def settle_tax(asked: AskedCase, fitted: slice, options: TwoStageOptions) -> SettledPlan:
    """Plan with the tax without debt, work out the tax with the plan's interest, and plan again if it differs much.

    The second plan starts from the agreements of the first and, of the plans with its gap, is the one nearest to it: so
    it pays nearly the tax that it was made with.
    """
    first, run = asked.priced.problem, asked.run
    problem, assumed, near = first, no_relief(run), None
    for passes in range(1, TAX_PASSES + 1):
        draws = draws_of(assumed.of(run), asked.leases, fitted)
        plan = find_plan(problem, draws, options, asked.measures.name, near_musd=near)
        relief = interest_relief(problem, plan, asked.portfolio, run, asked.lender_percentile)
        difference = relief.difference(assumed, run)
        judged, again = at_tax_with_interest(first, plan, asked.portfolio, relief)
        if passes == TAX_PASSES or difference.max(initial=0.0) < TAX_TOLERANCE:
            break
        problem, assumed, near = again, relief, plan.draw_musd
        options = replace(start_from(options, frozenset(agreements_of(problem, plan))), levels=options.levels + 1)
    return SettledPlan(plan, problem, judged, relief.of(run), passes, difference)


@dataclass(frozen=True, slots=True)
class TaxedQuestion:
    """A question at the tax that a first plan pays, for studies of many plans.

    Attributes
    ----------
    asked : the question with the engine's tax
    priced : as it is put to the optimiser
    relief : what the first plan's interest takes off the tax
    first : the first plan
    """

    asked: AskedCase
    priced: PricedProblem
    relief: InterestRelief
    first: FinancingPlan


def at_tax_of_a_first_plan(asked: AskedCase, fitted: slice, options: TwoStageOptions) -> TaxedQuestion:
    """Make one plan with the tax without debt, and put the question again with the tax that this plan pays."""
    problem = asked.priced.problem
    plan = find_plan(problem, draws_of(asked.run, asked.leases, fitted), options, asked.measures.name)
    relief = interest_relief(problem, plan, asked.portfolio, asked.run, asked.lender_percentile)
    _, again = at_tax_with_interest(problem, plan, asked.portfolio, relief)
    return TaxedQuestion(asked, replace(asked.priced, problem=again), relief, plan)


def start_from(options: TwoStageOptions, agreed: frozenset[tuple[str, int]]) -> TwoStageOptions:
    """Return the options with agreements to try first."""
    if options.whole_numbers is None:
        return options
    return replace(options, whole_numbers=replace(options.whole_numbers, known_uses=agreed))


def as_packaged(scenario: Scenario, measures: Measures) -> Measures:
    """Return measures without what the scenario's package leaves out."""
    return replace(
        measures,
        risk_cover=measures.risk_cover and scenario.financing.risk_cover,
        public_money=measures.public_money and scenario.financing.public_money,
    )


def find_plan(
    problem: FinancingProblem, draws: Draws, options: TwoStageOptions, case: str, *, near_musd: Floats | None = None
) -> FinancingPlan:
    """Search the plan of a case, near to the draws of another if there are any.

    Raises
    ------
    FinancingError   see `errors_in_words`
    """
    with errors_in_words(case):
        return solve_two_stage(problem, draws, options, near_musd=near_musd)


@contextmanager
def errors_in_words(case: str) -> Iterator[None]:
    """Say what the optimiser refuses as an error of the financing stage.

    Raises
    ------
    FinancingError   demands that cannot all hold, a weight of years that grows, or no answer of the solver
    """
    try:
        yield
    except FinancingConflictError as error:
        words = [conflict.sentence for conflict in error.conflicts]
        raise FinancingError(f"financing ({case}): these demands cannot all hold", conflicts=words) from error
    except (SolverError, ValueError) as error:
        raise FinancingError(f"financing ({case}): {error}") from error


def two_stage_options(scenario: Scenario, known_uses: frozenset[tuple[str, int]] = frozenset()) -> TwoStageOptions:
    """Return how the scenario wants its plans searched; `known_uses` are agreements of a plan already known."""
    financing = scenario.financing
    whole = WholeNumbers(tolerance=financing.whole_number_gap, nodes=financing.node_limit, known_uses=known_uses)
    level = scenario.parameters.cvar_alpha.value if financing.cvar_alpha is None else financing.cvar_alpha
    return TwoStageOptions(
        risk=RiskMeasure(tail_weight=financing.tail_weight, tail_level=level),
        gap_tolerance=financing.gap_tolerance,
        level_slack_relative=financing.gap_tolerance,
        whole_numbers=whole if financing.whole_numbers else None,
        seconds=financing.time_limit_seconds,
        memory_mb=financing.memory_limit_mb,
    )


def draws_of(run: RunCash, leases: PresoldLeases, chosen: slice) -> Draws:
    """Return a stretch of the draws as the optimiser takes them."""
    revenue = run.revenue_musd[:, :, chosen]
    return Draws(
        cost_musd=run.cost_musd[:, :, chosen],
        cfads_musd=run.cfads_musd[:, :, chosen],
        lease_income_lost_per_iru=np.array([leases.lost(link, revenue[link]) for link in range(len(revenue))]).reshape(
            revenue.shape
        ),
    )


def summarise_case(
    measures: Measures, priced: PricedProblem, settled: SettledPlan, outcome: RecourseOutcome, fitted_gap_musd: float
) -> FinancingCase:
    """Return what a case of the waterfall came to."""
    plan = settled.plan
    search, gap = plan.search, outcome.gap_musd
    if search is None:
        raise ValueError("the plan was not fitted to draws")
    return FinancingCase(
        name=measures.name,
        run=measures.run,
        planned_gap_musd=plan.gap_musd,
        resimulated_gap_musd=resimulate_plan(priced.problem, plan).gap_musd,
        fitted_gap_musd=fitted_gap_musd,
        mean_gap_musd=float(gap.mean()),
        standard_error_musd=float(gap.std(ddof=1) / np.sqrt(len(gap))) if len(gap) > 1 else 0.0,
        risk_musd=search.risk_musd,
        bound_musd=search.bound_musd,
        rounds=search.rounds,
        ended=search.ended,
        tax_passes=settled.passes,
        tax_difference=float(settled.difference.max(initial=0.0)),
    )


def unpaid_in_draws(
    priced: PricedProblem, plan: FinancingPlan, run: RunCash, leases: PresoldLeases, chosen: slice
) -> RecourseOutcome:
    """Meet a stretch of the draws with the plan; presold leases are lost on the draw's own leases."""
    inputs = recourse_inputs(
        priced.problem,
        plan,
        cost_musd=run.cost_musd[:, :, chosen],
        cfads_musd=run.cfads_musd[:, :, chosen],
        lease_income_lost_per_iru=lambda link: leases.lost(link, run.revenue_musd[link][:, chosen]),
    )
    return evaluate_recourse(inputs)


def funding_need_musd(cash: PortfolioCash, run: str, weight: np.ndarray, chosen: slice) -> float:
    """Mean over draws of what must be paid if no money is raised: cost and operating deficits, without cost of money.

    Parameters
    ----------
    weight : (T,) constant dollars per nominal dollar
    chosen : the draws to take the mean of

    Returns
    -------
    [constant musd]
    """
    flows, total = cash.runs[run], 0.0
    for cost, cfads in zip(flows.cost_musd[:, :, chosen], flows.cfads_musd[:, :, chosen], strict=True):
        total = sum(np.einsum("ts,t->t", cost - np.minimum(cfads, 0.0), weight), start=total)  # by link, in the cache
    return float(total / (chosen.stop - chosen.start))


def waterfall(cash: PortfolioCash, cases: tuple[SolvedCase, ...], fresh: slice) -> tuple[WaterfallStep, ...]:
    """Return need, signed steps and residual; the steps add to the residual exactly."""
    weight = cases[0].priced.problem.rules.constant_usd_weight
    today, codeployed, reformed = (
        funding_need_musd(cash, run, weight, fresh) for run in ("portfolio", "portfolio_codeploy", "with")
    )
    gap = {case.summary.name: case.summary.mean_gap_musd for case in cases}
    at_todays_rules = gap["commercial_today"] - today
    private = gap["commercial_reformed"] - reformed
    steps = [
        (
            "need",
            today,
            "cost of the portfolio and its operating deficits, without co-deployment, reforms or money raised",
        ),
        ("co_deployment", codeployed - today, "works shared with roads, railways and power lines"),
        (
            "reforms",
            reformed - codeployed,
            "competition, permits, open access and standards: cost and operating deficits",
        ),
        ("private_finance_today", at_todays_rules, "equity, presales and commercial loans at today's rules"),
        (
            "private_finance_unlocked",
            private - at_todays_rules,
            "what co-deployment and reforms add to private finance; positive: what they cost it",
        ),
        ("risk_cover", gap["with_risk_cover"] - gap["commercial_reformed"], "guarantees and political-risk insurance"),
        (
            "public_and_concessional",
            gap["all_money"] - gap["with_risk_cover"],
            "grants, concessional and development-bank loans",
        ),
    ]
    rows = [WaterfallStep(*step) for step in steps]
    residual = float(np.sum([row.musd for row in rows]))
    return (*rows, WaterfallStep("residual", residual, "what no money covers: the mean of the gap"))
