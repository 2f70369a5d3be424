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
from simmodel.financing.portfolio_cash import Floats, PortfolioCash
from simmodel.scenario.schema import Scenario
from solvers import FinancingPlan, RobustPlan, solve_robust

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
    ended : why the search for it ended
    tail_weight : [-] of the worst draws in the risk
    """

    policies: tuple[str, ...]
    plans: tuple[ComparedPlan, ...]
    fitted_risk_musd: Floats
    bound_musd: Floats
    regret_bound_musd: float
    money: tuple[DrawnMoney, ...]
    ended: str
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
    priced, leases = _appraised(scenario, cash, POLICIES[SIGNED_UNDER])
    runs = [cash.runs[POLICIES[name]] for name in policies]
    with errors_in_words("robust plan"):
        found = solve_robust(priced.problem, [draws_of(run, leases, split.fitted) for run in runs], options)

    programme, programme_leases = _appraised(scenario, cash, CASES[-1].run)
    programme_draws = draws_of(cash.runs[CASES[-1].run], programme_leases, split.fitted)
    planned = find_plan(programme.problem, programme_draws, options, PROGRAMME)

    named = [(f"best for {WORDS[name]}", plan) for name, plan in zip(policies, found.optima, strict=True)]
    signed = [(priced, leases, name, plan) for name, plan in (*named, (ROBUST, found.plan))]
    everything = (*signed, (programme, programme_leases, PROGRAMME, planned))

    def gaps(chosen: slice) -> list[list[Floats]]:
        return [
            [unpaid_in_draws(of, plan, run, own_leases, chosen).gap_musd for run in runs]
            for of, own_leases, _, plan in everything
        ]

    def risks(by_plan: list[list[Floats]]) -> Floats:
        return np.array([[options.risk.value(gap) for gap in row] for row in by_plan])

    fresh, fitted = gaps(split.fresh), risks(gaps(split.fitted))
    risk = risks(fresh)
    plans = tuple(
        ComparedPlan(
            name=name,
            gap_musd=np.array([gap.mean() for gap in fresh[place]]),
            regret_musd=risk[place] - np.diag(risk[: len(runs)]),
            fitted_regret_musd=fitted[place] - found.best_musd,
        )
        for place, (_, _, name, _) in enumerate(everything)
    )
    return _answer(priced, found, tuple(policies), plans, split)


def _appraised(scenario: Scenario, cash: PortfolioCash, run: str) -> tuple[PricedProblem, PresoldLeases]:
    """Return the question with the rows of a run, and the leases a presale agreed under it takes."""
    priced = financing_problem(scenario, cash, replace(as_packaged(scenario, CASES[-1]), run=run))
    return priced, presold_leases(scenario, cash.plan, cash.runs[run])


def _answer(
    priced: PricedProblem,
    found: RobustPlan,
    policies: tuple[str, ...],
    plans: tuple[ComparedPlan, ...],
    split: DrawSplit,
) -> RobustAnswer:
    search = found.plan.search
    return RobustAnswer(
        policies=policies,
        plans=plans,
        fitted_risk_musd=found.best_musd,
        bound_musd=found.bound_musd,
        regret_bound_musd=max(found.regret_bound_musd, 0.0),
        money=_money(priced, found.plan, found.core_musd),
        ended=search.ended if search is not None else "",
        tail_weight=search.tail_weight if search is not None else 0.0,
        fitted_draws=split.fitted_count,
        fresh_draws=split.fresh_count,
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
