"""The waterfall of the Declaration: need, less co-deployment, less reforms, less money; what remains is the gap.

Co-deployment and reforms change the engine's run (the same draws in every run); private finance, risk cover and public
money change what the optimiser may use. The gap of a case is the mean over the draws of what the case's plan leaves
unpaid. Steps are signed and never clipped: a reform that lowers a monopoly price also lowers the revenue of a link.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from simmodel.financing.financing_result import FinancingCase, WaterfallStep
from simmodel.financing.funding_need import Measures, PricedProblem, financing_problem
from simmodel.financing.portfolio_cash import PortfolioCash, RunCash
from simmodel.scenario.schema import Scenario
from solvers import (
    FinancingPlan,
    FinancingProblem,
    RecourseOutcome,
    evaluate_recourse,
    resimulate_plan,
    solve_financing,
)
from solvers.recourse import recourse_inputs

CASES = (
    Measures("commercial_today", "portfolio", risk_cover=False, public_money=False),
    Measures("commercial_reformed", "with", risk_cover=False, public_money=False),
    Measures("with_risk_cover", "with", risk_cover=True, public_money=False),
    Measures("all_money", "with", risk_cover=True, public_money=True),
)


@dataclass(frozen=True, slots=True)
class SolvedCase:
    """A case with its plan and what the plan leaves unpaid in every draw."""

    measures: Measures
    priced: PricedProblem
    plan: FinancingPlan
    outcome: RecourseOutcome
    summary: FinancingCase


def solve_cases(scenario: Scenario, cash: PortfolioCash) -> tuple[SolvedCase, ...]:
    """Solve the four cases behind the waterfall, in its order; without risk cover the third repeats the second."""
    return tuple(_solve_case(scenario, cash, measures) for measures in CASES)


def _solve_case(scenario: Scenario, cash: PortfolioCash, measures: Measures) -> SolvedCase:
    if not scenario.financing.risk_cover:
        measures = replace(measures, risk_cover=False)
    priced = financing_problem(scenario, cash, measures)
    plan = solve_financing(priced.problem)
    outcome = unpaid_in_draws(priced.problem, plan, cash.runs[measures.run])
    summary = FinancingCase(
        name=measures.name,
        run=measures.run,
        planned_gap_musd=plan.gap_musd,
        resimulated_gap_musd=resimulate_plan(priced.problem, plan).gap_musd,
        mean_gap_musd=float(outcome.gap_musd.mean()),
    )
    return SolvedCase(measures, priced, plan, outcome, summary)


def unpaid_in_draws(problem: FinancingProblem, plan: FinancingPlan, run: RunCash) -> RecourseOutcome:
    """Meet every draw with the plan."""
    return evaluate_recourse(recourse_inputs(problem, plan, cost_musd=run.cost_musd, cfads_musd=run.cfads_musd))


def funding_need_musd(cash: PortfolioCash, run: str, weight: np.ndarray) -> float:
    """Mean over draws of what must be paid if no money is raised: cost and operating deficits, without cost of money.

    Parameters
    ----------
    weight : (T,) constant dollars per nominal dollar

    Returns
    -------
    [constant musd]
    """
    flows, total = cash.runs[run], 0.0
    for cost, cfads in zip(flows.cost_musd, flows.cfads_musd, strict=True):  # link by link, to work in the cache
        total = sum(np.einsum("ts,t->t", cost - np.minimum(cfads, 0.0), weight), start=total)
    return float(total / flows.cost_musd.shape[2])


def waterfall(cash: PortfolioCash, cases: tuple[SolvedCase, ...]) -> tuple[WaterfallStep, ...]:
    """Return need, signed steps and residual; the steps add to the residual exactly."""
    weight = cases[0].priced.problem.rules.constant_usd_weight
    today, codeployed, reformed = (
        funding_need_musd(cash, run, weight) for run in ("portfolio", "portfolio_codeploy", "with")
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
