"""One plan for several policies, agreed before anybody knows which will come.

The regret of a plan in a world is what it leaves there beyond the best plan for that world. The robust plan has the
smallest largest regret (Savage 1951; for two-stage programmes Kouvelis and Yu 1997). It is found by the search of
`cut_search` over all worlds at once, each with its own stand-ins for the gap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from solvers.agreements import agreements_of
from solvers.draws import Draws, World
from solvers.financing_plan import FinancingPlan
from solvers.financing_problem import FinancingProblem, Floats
from solvers.recourse import evaluate_recourse, recourse_inputs
from solvers.risk import RiskMeasure
from solvers.search_settings import TwoStageOptions
from solvers.solve_model import LEVEL_SLACK_MUSD
from solvers.two_stage import solve_two_stage, solve_worlds

SHARPER = 0.1  # of the tolerances of a search for a single plan: regrets are differences of gaps


@dataclass(frozen=True, slots=True)
class RobustPlan:
    """The robust plan and the best plan for each of W worlds, on the draws they were fitted to.

    Attributes
    ----------
    plan : the smallest largest regret
    optima : the best plan for each world
    nearest : of the plans as good as the best for each world, to the slack of a level, the one that leaves out least of
        the robust plan; the robust plan where it is as good itself
    risk_musd : (W + 1, W) risk of each best plan, and last of the robust one, in every world [constant musd]
    bound_musd : (W,) what no plan beats in a world
    regret_bound_musd : what no plan's largest regret beats
    """

    plan: FinancingPlan
    optima: tuple[FinancingPlan, ...]
    nearest: tuple[FinancingPlan, ...]
    risk_musd: Floats
    bound_musd: Floats
    regret_bound_musd: float

    @property
    def best_musd(self) -> Floats:
        """(W,) smallest risk of any of these plans in each world."""
        smallest: Floats = self.risk_musd.min(axis=0)
        return smallest

    @property
    def regret_musd(self) -> Floats:
        """(W + 1, W) what each plan leaves in each world beyond the best one, >= 0."""
        regret: Floats = self.risk_musd - self.best_musd
        return regret

    @property
    def core_musd(self) -> Floats:
        """(K, I, T) money of the robust plan that is drawn by a best plan whichever world comes."""
        common: Floats = np.min([plan.draw_musd for plan in (self.plan, *self.nearest)], axis=0)
        return common


def solve_robust(
    problem: FinancingProblem,
    draws: Sequence[Draws],
    options: TwoStageOptions,
    *,
    near_plan: FinancingPlan | None = None,
) -> RobustPlan:
    """Find the plan whose largest regret over some worlds is smallest, and the best plans for each of them.

    All plans meet the rows of the same problem, so no regret is negative: a plan made for one world could be agreed in
    the others as well.

    Parameters
    ----------
    problem : rows that a plan agreed before the world is known must meet
    draws : of each world, for the same links and years
    options : how a plan is searched; regrets are differences, so its search tolerances are sharpened by `SHARPER`
    near_plan : plan that the robust one stays near to, among plans with the smallest largest regret

    Raises
    ------
    as `solve_two_stage`; ValueError without a world
    """
    if not draws:
        raise ValueError("draws: at least one world")
    sharp = _sharpened(options)
    optima = tuple(solve_two_stage(problem, each, sharp) for each in draws)
    risks = np.array([_risks(problem, plan, draws, options.risk) for plan in optima])
    largest = np.max(risks - risks.min(axis=0), axis=1)
    worlds = [World(each, float(best)) for each, best in zip(draws, risks.min(axis=0), strict=True)]
    start = _starting_from(sharp, problem, near_plan or optima[int(np.argmin(largest))])
    if near_plan is None:
        plan = solve_worlds(problem, worlds, start)
    else:
        plan = solve_worlds(problem, worlds, replace(start, levels=5), near_musd=near_plan.draw_musd)
    bound = _bound(plan)
    risks = np.vstack([risks, _risks(problem, plan, draws, options.risk)])
    largest = np.max(risks - risks.min(axis=0), axis=1)
    if largest.min() < largest[-1]:  # within its tolerance a search may end at a plan worse than one of the others
        chosen = int(np.argmin(largest))
        plan, risks[-1] = optima[chosen], risks[chosen]
    near = replace(_starting_from(sharp, problem, plan), levels=5)
    slack = options.level_slack_relative * risks.min(axis=0) + LEVEL_SLACK_MUSD
    is_best_itself = risks[-1] - risks.min(axis=0) <= slack
    nearest = tuple(
        plan if itself else solve_worlds(problem, (World(each),), near, near_musd=plan.draw_musd)
        for each, itself in zip(draws, is_best_itself, strict=True)
    )
    return RobustPlan(
        plan=plan,
        optima=optima,
        nearest=nearest,
        risk_musd=risks,
        bound_musd=np.array([_bound(each) for each in optima]),
        regret_bound_musd=bound,
    )


def _sharpened(options: TwoStageOptions) -> TwoStageOptions:
    whole = options.whole_numbers
    sharp = None if whole is None else replace(whole, tolerance=SHARPER * whole.tolerance)
    return replace(options, gap_tolerance=SHARPER * options.gap_tolerance, whole_numbers=sharp)


def _starting_from(options: TwoStageOptions, problem: FinancingProblem, plan: FinancingPlan) -> TwoStageOptions:
    """Make the agreements of a plan one way to round: with them the search can only do better than the plan."""
    if options.whole_numbers is None:
        return options
    agreed = frozenset(agreements_of(problem, plan))
    return replace(options, whole_numbers=replace(options.whole_numbers, known_uses=agreed))


def _bound(plan: FinancingPlan) -> float:
    return -np.inf if plan.search is None else plan.search.bound_musd


def _risks(problem: FinancingProblem, plan: FinancingPlan, draws: Sequence[Draws], risk: RiskMeasure) -> Floats:
    """(W,) risk of a plan's gap in every world, by the recursion written in numpy and not by the search's kernel."""
    values = []
    for each in draws:
        inputs = recourse_inputs(
            problem,
            plan,
            cost_musd=each.cost_musd,
            cfads_musd=each.cfads_musd,
            lease_income_lost_per_iru=each.lease_income_lost_per_iru.__getitem__,
        )
        values.append(risk.value(evaluate_recourse(inputs).gap_musd))
    return np.array(values)
