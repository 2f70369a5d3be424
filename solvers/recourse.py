"""What a plan's gap becomes in every draw: construction account and reserve waterfall in closed form.

The plan fixes the money raised and the service owed; a draw decides what the works cost and what the link earns. Money
not spent in a year waits in the construction account; cash shortfalls first empty the reserve. Both are forward
recursions whose value is the optimum of the draw's own linear program, because later constant dollars never weigh more.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solvers.financing_plan import FinancingPlan
from solvers.financing_problem import FinancingProblem, Floats, Integers
from solvers.instruments import InstrumentKind


@dataclass(frozen=True, slots=True)
class RecourseInputs:
    """A plan and the draws it meets; S draws, L links, T years.

    Attributes
    ----------
    planned_sources_musd : (L, T) money the plan leaves for the works; signed, zero after the last construction year
    planned_cost_musd : (L, T)
    debt_service_musd, reserve_target_musd : (L, T)
    last_construction_year : (L,) year index of the plan; the reserve is filled at its end
    cost_musd : (S, L, T) what the works cost in the draw, in the years the draw builds
    cfads_musd : (S, L, T) cash flow available for debt service in the draw, net of lease income presold; signed
    constant_usd_weight : (T,) [-] >= 0
    """

    planned_sources_musd: Floats
    planned_cost_musd: Floats
    debt_service_musd: Floats
    reserve_target_musd: Floats
    last_construction_year: Integers
    cost_musd: Floats
    cfads_musd: Floats
    constant_usd_weight: Floats


@dataclass(frozen=True, slots=True)
class RecourseOutcome:
    """The gap of every draw and its causes, in constant musd.

    Attributes
    ----------
    unfunded_plan_musd : (S, L, T) works the plan had no money for
    overrun_musd : (S, L, T) works that cost more, or were paid for earlier, than planned
    operating_shortfall_musd : (S, L, T) operating cost and debt service that neither cash nor reserve covers
    """

    unfunded_plan_musd: Floats
    overrun_musd: Floats
    operating_shortfall_musd: Floats

    @property
    def gap_by_link_musd(self) -> Floats:
        """(S, L) gap of each link: the sum of its three causes over the years."""
        total: Floats = np.sum(self.unfunded_plan_musd + self.overrun_musd + self.operating_shortfall_musd, axis=2)
        return total

    @property
    def gap_musd(self) -> Floats:
        """(S,) gap of the portfolio."""
        total: Floats = np.sum(self.gap_by_link_musd, axis=1)
        return total


def recourse_inputs(
    problem: FinancingProblem,
    plan: FinancingPlan,
    *,
    cost_musd: Floats,
    cfads_musd: Floats,
    lease_income_lost_per_iru: Floats | None = None,
) -> RecourseInputs:
    """Put a plan and the draws together.

    Parameters
    ----------
    cost_musd : (S, L, T) construction cost of the draws
    cfads_musd : (S, L, T) cash flow available for debt service, before presold lease income is taken out; signed
    lease_income_lost_per_iru : (S, L, T) or (L, T) [-] lease income given up per musd presold, on the draws' own lease
        revenue; by default the problem's
    """
    is_iru = [each.kind is InstrumentKind.IRU for each in problem.instruments]
    presold = np.zeros(len(problem.links.ids))
    np.add.at(presold, problem.sections.link, plan.commitment_musd[:, is_iru].sum(axis=1))
    lost = problem.links.lease_income_lost_per_iru if lease_income_lost_per_iru is None else lease_income_lost_per_iru
    return RecourseInputs(
        planned_sources_musd=plan.planned_sources_musd,
        planned_cost_musd=problem.links.planned_cost_musd,
        debt_service_musd=plan.debt_service_musd,
        reserve_target_musd=plan.reserve_target_musd,
        last_construction_year=problem.links.last_construction_year,
        cost_musd=cost_musd,
        cfads_musd=cfads_musd - lost * presold[:, None],
        constant_usd_weight=problem.rules.constant_usd_weight,
    )


def evaluate_recourse(inputs: RecourseInputs) -> RecourseOutcome:
    """Meet every draw with the plan and split the gap by link, year and cause.

    With K the cost and F the cash flow of a draw, per link:

        account    x = a[t-1] + sources[t] - K[t] ;  g[t] = max(-x, 0) ;  a[t] = max(x, 0)
        waterfall  x = b[t-1] + F[t] - service[t] ;  o[t] = max(-x, 0) ;  b[t] = min(max(x, 0), target[t])

    Before the plan's opening the reserve is empty; at the end of the last construction year it holds its target. Of the
    works without money, in constant USD and from the first year on, as much as the plan itself lacked is the unfunded
    plan, the rest overrun and delay; the two and the operating shortfall add to the gap.

    Returns
    -------
    RecourseOutcome   arrays (S, L, T) [constant musd], >= 0
    """
    weight = inputs.constant_usd_weight
    works_gap = _run_construction_account(inputs) * weight[:, None, None]
    lacking = np.maximum((inputs.planned_cost_musd - inputs.planned_sources_musd) @ weight, 0.0)
    unfunded = np.empty_like(works_gap)
    still_lacking = np.broadcast_to(lacking, works_gap.shape[1:])
    for year in range(len(weight)):
        unfunded[year] = np.minimum(works_gap[year], still_lacking)
        still_lacking = still_lacking - unfunded[year]
    shortfall = _run_reserve_waterfall(inputs) * weight[:, None, None]
    return RecourseOutcome(
        unfunded_plan_musd=_years_last(unfunded),
        overrun_musd=_years_last(works_gap - unfunded),
        operating_shortfall_musd=_years_last(shortfall),
    )


def _run_construction_account(inputs: RecourseInputs) -> Floats:
    """Return the works without money of every draw, (T, S, L) [nominal musd]: years first, one block of memory each."""
    cost = _years_first(inputs.cost_musd)
    gap = np.empty_like(cost)
    account = np.zeros(cost.shape[1:])
    for year in range(len(cost)):
        left = account + inputs.planned_sources_musd[:, year] - cost[year]
        gap[year] = np.maximum(-left, 0.0)
        account = np.maximum(left, 0.0)
    return gap


def _run_reserve_waterfall(inputs: RecourseInputs) -> Floats:
    """Return the cash shortfall of every draw, (T, S, L) [nominal musd]."""
    cash = _years_first(inputs.cfads_musd)
    gap = np.empty_like(cash)
    reserve = np.zeros(cash.shape[1:])
    for year in range(len(cash)):
        left = reserve + cash[year] - inputs.debt_service_musd[:, year]
        gap[year] = np.maximum(-left, 0.0)
        target = inputs.reserve_target_musd[:, year]
        ceiling = np.where(year > inputs.last_construction_year, target, 0.0)
        kept = np.minimum(np.maximum(left, 0.0), ceiling)
        reserve = np.where(year == inputs.last_construction_year, target, kept)
    return gap


def _years_first(values: Floats) -> Floats:
    return np.ascontiguousarray(np.moveaxis(values, 2, 0))


def _years_last(values: Floats) -> Floats:
    return np.moveaxis(values, 0, 2)


def funding_gap_shares(problem: FinancingProblem, plan: FinancingPlan) -> Floats:
    """Return each section's share of its link's funding gap, (K,) [-], adding to 1 over a link.

    A section answers for its cost less the tied money it received; the link's other money is spread over these
    remainders in proportion, so the remainders are the shares. A link paid in full with tied money is shared by cost.
    The viability gap is shared by cost.
    """
    is_tied = [each.is_tied and each.kind is not InstrumentKind.GUARANTEE for each in problem.instruments]
    remainder = np.maximum(problem.sections.cost_musd - plan.commitment_musd[:, is_tied].sum(axis=1), 0.0)
    links = len(problem.links.ids)
    by_link = np.zeros(links)
    np.add.at(by_link, problem.sections.link, remainder)
    nothing_left = by_link[problem.sections.link] <= 1e-9 * np.maximum(problem.sections.cost_musd, 1.0)
    base = np.where(nothing_left, problem.sections.cost_musd, remainder)
    totals = np.zeros(links)
    np.add.at(totals, problem.sections.link, base)
    counts = np.bincount(problem.sections.link, minlength=links)
    total = totals[problem.sections.link]
    equal = 1.0 / counts[problem.sections.link]
    return np.asarray(np.where(total > 0.0, base / np.where(total > 0.0, total, 1.0), equal), dtype=np.float64)
