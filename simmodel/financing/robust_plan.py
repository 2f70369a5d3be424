"""One plan signed before the policy is known: what it leaves under each policy beyond the best plan for that policy.

The policies are the portfolio runs of the engine, on the same draws. Every plan compared is agreed today, so it meets
the rows of today's rules: cost estimate, lenders' path, sponsors' case and lease income are those of the run without
co-deployment and reforms. What a policy then does to cost and cash meets the plan in the draws, and counts as gap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from simmodel.financing.draw_split import DrawSplit, split_draws
from simmodel.financing.financing_tables import FinancingTable
from simmodel.financing.funding_need import PresoldLeases, PricedProblem, financing_problem, presold_leases
from simmodel.financing.gap_waterfall import (
    CASES,
    as_packaged,
    draws_of,
    errors_in_words,
    find_plan,
    two_stage_options,
    unpaid_in_draws,
)
from simmodel.financing.portfolio_cash import Floats, PortfolioCash, RunCash
from simmodel.scenario.schema import Scenario
from solvers import FinancingPlan, RiskMeasure, solve_robust

POLICIES = {
    "today": "portfolio",
    "co_deployment": "portfolio_codeploy",
    "reforms": "portfolio_reform",
    "both": "with",
}
"""Names on the command line, and runs of the engine."""
WORDS = {
    "today": "today's rules",
    "co_deployment": "co-deployment",
    "reforms": "reforms",
    "both": "co-deployment and reforms",
}
SIGNED_UNDER = "today"
ROBUST = "robust plan"
PROGRAMME = "plan appraised as if both came"  # on other rows than the rest: the plan of the waterfall's last case


@dataclass(frozen=True, slots=True)
class ComparedPlan:
    """A plan under each of W policies; (W,) [constant musd].

    Attributes
    ----------
    name : what it is
    gap_musd : mean gap over the fresh draws
    regret_musd : risk over the fresh draws less that of the best plan for the policy; signed, for the best plan is the
        best on the draws it was fitted to
    fitted_regret_musd : the same on the draws fitted to, less the smallest risk known there
    """

    name: str
    gap_musd: Floats
    regret_musd: Floats
    fitted_regret_musd: Floats


@dataclass(frozen=True, slots=True)
class DrawnMoney:
    """Money of the robust plan in one section, instrument and year [nominal musd], and how much of it is no-regret."""

    link: str
    country: str
    instrument: str
    name: str
    is_private: bool
    year: int
    drawn_musd: float
    core_musd: float


@dataclass(frozen=True, slots=True)
class RobustAnswer:
    """The robust plan beside the best plan for each policy.

    Attributes
    ----------
    policies : names
    plans : best plans in the order of the policies, the robust plan, the plan appraised as if both came
    fitted_risk_musd, bound_musd : (W,) smallest risk known on the draws fitted to, and what no plan beats there
    regret_bound_musd : what no plan's largest regret beats on the draws fitted to
    money : of the robust plan
    unfinished : plans whose search ended before they were proven to be the best, and why
    tail_weight : [-] of the worst draws in the risk
    """

    policies: tuple[str, ...]
    plans: tuple[ComparedPlan, ...]
    fitted_risk_musd: Floats
    bound_musd: Floats
    regret_bound_musd: float
    money: tuple[DrawnMoney, ...]
    unfinished: tuple[tuple[str, str], ...]
    tail_weight: float
    fitted_draws: int
    fresh_draws: int

    @property
    def drawn_musd(self) -> float:
        """Money of the robust plan [nominal musd]."""
        return sum(each.drawn_musd for each in self.money)

    @property
    def core_musd(self) -> float:
        """Money of it that a best plan draws whichever policy comes [nominal musd]."""
        return sum(each.core_musd for each in self.money)


@dataclass(frozen=True, slots=True)
class _Appraisal:
    """The rows of a run, and the leases that a presale agreed under it takes."""

    priced: PricedProblem
    leases: PresoldLeases


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A plan with the question it answers."""

    name: str
    asked: _Appraisal
    plan: FinancingPlan


def find_robust(scenario: Scenario, cash: PortfolioCash, policies: Sequence[str] = tuple(POLICIES)) -> RobustAnswer:
    """Find the plan whose largest regret over some policies is smallest, and read it on fresh draws.

    Parameters
    ----------
    policies : names of `POLICIES`

    Raises
    ------
    DataError, FinancingError   see `simmodel.errors`
    """
    split, options = split_draws(cash.draws, scenario.financing.draws_in), two_stage_options(scenario)
    runs = [cash.runs[POLICIES[name]] for name in policies]
    today, programme = (_appraise(scenario, cash, run) for run in (POLICIES[SIGNED_UNDER], CASES[-1].run))
    with errors_in_words(ROBUST):
        draws = [draws_of(run, today.leases, split.fitted) for run in runs]
        found = solve_robust(today.priced.problem, draws, options)
    expected = draws_of(cash.runs[CASES[-1].run], programme.leases, split.fitted)
    candidates = [
        *(
            _Candidate(f"best for {WORDS[name]}", today, plan)
            for name, plan in zip(policies, found.optima, strict=True)
        ),
        _Candidate(ROBUST, today, found.plan),
        _Candidate(PROGRAMME, programme, find_plan(programme.priced.problem, expected, options, PROGRAMME)),
    ]
    return RobustAnswer(
        policies=tuple(policies),
        plans=_compare(candidates, runs, split, options.risk, found.best_musd),
        fitted_risk_musd=found.best_musd,
        bound_musd=found.bound_musd,
        regret_bound_musd=max(found.regret_bound_musd, 0.0),
        money=_money(today.priced, found.plan, found.core_musd),
        unfinished=tuple(
            (each.name, each.plan.search.ended)
            for each in candidates
            if each.plan.search is not None and each.plan.search.ended != "proven"
        ),
        tail_weight=options.risk.tail_weight,
        fitted_draws=split.fitted_count,
        fresh_draws=split.fresh_count,
    )


def _appraise(scenario: Scenario, cash: PortfolioCash, run: str) -> _Appraisal:
    priced = financing_problem(scenario, cash, replace(as_packaged(scenario, CASES[-1]), run=run))
    return _Appraisal(priced, presold_leases(scenario, cash.plan, cash.runs[run]))


def _compare(
    candidates: Sequence[_Candidate], runs: Sequence[RunCash], split: DrawSplit, risk: RiskMeasure, best_musd: Floats
) -> tuple[ComparedPlan, ...]:
    """Meet the draws of every policy with every plan; the best plans for the policies come first, in their order."""

    def gaps(each: _Candidate, chosen: slice) -> list[Floats]:
        return [unpaid_in_draws(each.asked.priced, each.plan, run, each.asked.leases, chosen).gap_musd for run in runs]

    fresh, fitted = ([gaps(each, chosen) for each in candidates] for chosen in (split.fresh, split.fitted))
    best_fresh_musd = np.array([risk.value(fresh[policy][policy]) for policy in range(len(runs))])
    return tuple(
        ComparedPlan(
            name=each.name,
            gap_musd=np.array([gap.mean() for gap in on_fresh]),
            regret_musd=np.array([risk.value(gap) for gap in on_fresh]) - best_fresh_musd,
            fitted_regret_musd=np.array([risk.value(gap) for gap in on_fitted]) - best_musd,
        )
        for each, on_fresh, on_fitted in zip(candidates, fresh, fitted, strict=True)
    )


def _money(priced: PricedProblem, plan: FinancingPlan, core_musd: Floats) -> tuple[DrawnMoney, ...]:
    problem = priced.problem
    return tuple(
        DrawnMoney(
            link=problem.links.ids[problem.sections.link[section]],
            country=problem.countries.ids[problem.sections.country[section]],
            instrument=problem.instruments[instrument].id,
            name=problem.instruments[instrument].name,
            is_private=problem.instruments[instrument].is_private,
            year=int(problem.years[year]),
            drawn_musd=float(plan.draw_musd[section, instrument, year]),
            core_musd=float(core_musd[section, instrument, year]),
        )
        for section, instrument, year in np.argwhere(plan.draw_musd > 1e-6)
    )


def robust_tables(answer: RobustAnswer) -> tuple[FinancingTable, ...]:
    """Return the policies, the regrets and the money of the robust plan as tables."""
    return _policies_table(answer), _regrets_table(answer), _money_table(answer)


def _policies_table(answer: RobustAnswer) -> FinancingTable:
    header = (
        "policy [id]",
        "run of the engine [id]",
        "gap of the best plan, mean over fresh draws [constant musd]",
        "smallest risk on the draws fitted to [constant musd]",
        "what no plan beats there [constant musd]",
        "gap of the robust plan, mean over fresh draws [constant musd]",
        "regret of the robust plan over fresh draws [constant musd]",
        "regret of the robust plan on the draws fitted to [constant musd]",
    )
    robust = answer.plans[len(answer.policies)]
    rows = [
        (
            name,
            POLICIES[name],
            answer.plans[place].gap_musd[place],
            answer.fitted_risk_musd[place],
            answer.bound_musd[place],
            robust.gap_musd[place],
            robust.regret_musd[place],
            robust.fitted_regret_musd[place],
        )
        for place, name in enumerate(answer.policies)
    ]
    return FinancingTable("policies", header, tuple(rows))


def _regrets_table(answer: RobustAnswer) -> FinancingTable:
    header = ["plan [text]"]
    for what in ("gap, mean over fresh draws", "regret over fresh draws", "regret on the draws fitted to"):
        header += [f"{what}: {WORDS[name]} [constant musd]" for name in answer.policies]
        header += [] if what.startswith("gap") else [f"largest {what} [constant musd]"]
    rows = [
        (
            each.name,
            *each.gap_musd,
            *each.regret_musd,
            each.regret_musd.max(),
            *each.fitted_regret_musd,
            each.fitted_regret_musd.max(),
        )
        for each in answer.plans
    ]
    return FinancingTable("regrets", tuple(header), tuple(rows))


def _money_table(answer: RobustAnswer) -> FinancingTable:
    header = (
        "link [id]",
        "country [id]",
        "instrument [id]",
        "instrument [text]",
        "private [true/false]",
        "year [calendar]",
        "drawn [nominal musd]",
        "of it no-regret: drawn by a best plan whichever policy comes [nominal musd]",
    )
    rows = [
        (
            each.link,
            each.country,
            each.instrument,
            each.name,
            each.is_private,
            each.year,
            each.drawn_musd,
            each.core_musd,
        )
        for each in answer.money
    ]
    return FinancingTable("robust_plan", header, tuple(rows))
