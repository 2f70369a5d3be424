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
from simmodel.financing.funding_need import PricedProblem
from simmodel.financing.gap_waterfall import (
    CASES,
    TAX_PASSES,
    TAX_TOLERANCE,
    AskedCase,
    ask_case,
    draws_of,
    errors_in_words,
    settle_tax,
    two_stage_options,
    unpaid_in_draws,
)
from simmodel.financing.levered_tax import (
    at_tax_with_interest,
    change_of_cash,
    interest_relief,
    tax_saved_musd,
    with_tax_saved,
)
from simmodel.financing.portfolio_cash import Floats, PortfolioCash, RunCash
from simmodel.scenario.schema import Scenario
from solvers import FinancingPlan, RiskMeasure, RobustPlan, TwoStageOptions, solve_robust

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
    fitted_regret_musd : the same on the draws fitted to, less the smallest risk known there; at the tax planned with,
        gap and regret over fresh draws at the tax that the plan pays itself
    tax_difference : [-] change of a link's CFADS between the two taxes, largest over the links
    """

    name: str
    gap_musd: Floats
    regret_musd: Floats
    fitted_regret_musd: Floats
    tax_difference: Floats


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
    tax_passes : robust plans that were made; the second with the tax that the first pays
    """

    policies: tuple[str, ...]
    plans: tuple[ComparedPlan, ...]
    fitted_risk_musd: Floats
    bound_musd: Floats
    regret_bound_musd: float
    money: tuple[DrawnMoney, ...]
    unfinished: tuple[tuple[str, str], ...]
    tail_weight: float
    tax_passes: int
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
class _Candidate:
    """A plan with the question it answers, and what it was made with.

    Attributes
    ----------
    assumed : runs of the policies at the tax it was made with; None: at the tax that it pays itself
    difference : [-] of the tax it was made with, where `assumed` does not tell
    """

    name: str
    asked: AskedCase
    plan: FinancingPlan
    assumed: tuple[RunCash, ...] | None
    difference: float = 0.0


@dataclass(frozen=True, slots=True)
class _Found:
    """The robust plan and the best for each policy, with the runs at the tax they were made with."""

    robust: RobustPlan
    assumed: tuple[RunCash, ...]
    passes: int


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
    runs = tuple(cash.runs[POLICIES[name]] for name in policies)
    today, programme = (_appraise(scenario, cash, run) for run in (POLICIES[SIGNED_UNDER], CASES[-1].run))
    found = _settle_tax(today, runs, split.fitted, options)
    expected = settle_tax(programme, split.fitted, options)
    candidates = [
        *(
            _Candidate(f"best for {WORDS[name]}", today, plan, found.assumed)
            for name, plan in zip(policies, found.robust.optima, strict=True)
        ),
        _Candidate(ROBUST, today, found.robust.plan, found.assumed),
        _Candidate(PROGRAMME, programme, expected.plan, None, float(expected.difference.max(initial=0.0))),
    ]
    return RobustAnswer(
        policies=tuple(policies),
        plans=_compare(candidates, runs, split, options.risk, found.robust.best_musd),
        fitted_risk_musd=found.robust.best_musd,
        bound_musd=found.robust.bound_musd,
        regret_bound_musd=max(found.robust.regret_bound_musd, 0.0),
        money=_money(today.priced, found.robust.plan, found.robust.core_musd),
        unfinished=tuple(
            (each.name, each.plan.search.ended)
            for each in candidates
            if each.plan.search is not None and each.plan.search.ended != "proven"
        ),
        tail_weight=options.risk.tail_weight,
        tax_passes=found.passes,
        fitted_draws=split.fitted_count,
        fresh_draws=split.fresh_count,
    )


def _appraise(scenario: Scenario, cash: PortfolioCash, run: str) -> AskedCase:
    return ask_case(scenario, cash, replace(CASES[-1], name=ROBUST if run != CASES[-1].run else PROGRAMME, run=run))


def _settle_tax(today: AskedCase, runs: Sequence[RunCash], fitted: slice, options: TwoStageOptions) -> _Found:
    """Plan with the tax without debt, and again with the tax that the robust plan pays under each policy.

    Lenders and sponsors see today's tax. The second robust plan stays near to the first.
    """
    problem, assumed = today.priced.problem, tuple(runs)
    near: FinancingPlan | None = None
    for passes in range(1, TAX_PASSES + 1):
        with errors_in_words(ROBUST):
            draws = [draws_of(run, today.leases, fitted) for run in assumed]
            found = solve_robust(problem, draws, options, near_plan=near)
        paid = _at_own_tax(today, found.plan, runs)
        if passes == TAX_PASSES or _difference(paid, assumed).max(initial=0.0) < TAX_TOLERANCE:
            break
        relief = interest_relief(problem, found.plan, today.portfolio, today.run, today.lender_percentile)
        _, problem = at_tax_with_interest(today.priced.problem, found.plan, today.portfolio, relief)
        assumed, near = paid, found.plan
    return _Found(found, assumed, passes)


def _difference(paid: Sequence[RunCash], assumed: Sequence[RunCash]) -> Floats:
    """(W,) [-] change of CFADS between runs at two taxes, largest over the links."""
    pairs = zip(paid, assumed, strict=True)
    return np.array([change_of_cash(one, other).max(initial=0.0) for one, other in pairs])


def _at_own_tax(each: AskedCase, plan: FinancingPlan, runs: Sequence[RunCash]) -> tuple[RunCash, ...]:
    """The runs at the tax that a plan pays under each policy."""
    problem = each.priced.problem
    return tuple(with_tax_saved(run, tax_saved_musd(problem, plan, each.portfolio, run)) for run in runs)


@dataclass(frozen=True, slots=True)
class _Met:
    """Risk and mean gap of a plan under each policy, (W,), and how far its tax lies from the one it was made with."""

    mean_musd: Floats
    fresh_musd: Floats
    fitted_musd: Floats
    difference: Floats


def _meet(each: _Candidate, runs: Sequence[RunCash], split: DrawSplit, risk: RiskMeasure) -> _Met:
    def gaps(met: Sequence[RunCash], chosen: slice) -> list[Floats]:
        return [unpaid_in_draws(each.asked.priced, each.plan, run, each.asked.leases, chosen).gap_musd for run in met]

    paid = _at_own_tax(each.asked, each.plan, runs)
    fresh, fitted = gaps(paid, split.fresh), gaps(each.assumed or paid, split.fitted)
    return _Met(
        mean_musd=np.array([gap.mean() for gap in fresh]),
        fresh_musd=np.array([risk.value(gap) for gap in fresh]),
        fitted_musd=np.array([risk.value(gap) for gap in fitted]),
        difference=np.full(len(runs), each.difference) if each.assumed is None else _difference(paid, each.assumed),
    )


def _compare(
    candidates: Sequence[_Candidate], runs: Sequence[RunCash], split: DrawSplit, risk: RiskMeasure, best_musd: Floats
) -> tuple[ComparedPlan, ...]:
    """Meet the draws of every policy with every plan; the best plans for the policies come first, in their order."""
    met = [_meet(each, runs, split, risk) for each in candidates]
    best_fresh_musd = np.array([met[policy].fresh_musd[policy] for policy in range(len(runs))])
    return tuple(
        ComparedPlan(
            name=each.name,
            gap_musd=own.mean_musd,
            regret_musd=own.fresh_musd - best_fresh_musd,
            fitted_regret_musd=own.fitted_musd - best_musd,
            tax_difference=own.difference,
        )
        for each, own in zip(candidates, met, strict=True)
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
    header.append("change of CFADS between the tax planned with and paid, largest of links and policies [fraction]")
    rows = [
        (
            each.name,
            *each.gap_musd,
            *each.regret_musd,
            each.regret_musd.max(),
            *each.fitted_regret_musd,
            each.fitted_regret_musd.max(),
            each.tax_difference.max(),
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
