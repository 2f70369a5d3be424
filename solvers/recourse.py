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
    cost_musd : (L, T, S) what the works cost in the draw, in the years the draw builds
    cfads_musd : (L, T, S) cash flow available for debt service in the draw, net of lease income presold; signed
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
    unfunded_plan_musd : (L, T, S) works the plan had no money for
    overrun_musd : (L, T, S) works that cost more, or were paid for earlier, than planned
    operating_shortfall_musd : (L, T, S) operating cost and debt service that neither cash nor reserve covers
    """

    unfunded_plan_musd: Floats
    overrun_musd: Floats
    operating_shortfall_musd: Floats

    @property
    def gap_by_link_musd(self) -> Floats:
        """(L, S) gap of each link: the sum of its three causes over the years."""
        total: Floats = np.sum(self.unfunded_plan_musd + self.overrun_musd + self.operating_shortfall_musd, axis=1)
        return total

    @property
    def gap_musd(self) -> Floats:
        """(S,) gap of the portfolio."""
        total: Floats = np.sum(self.gap_by_link_musd, axis=0)
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
    cost_musd : (L, T, S) construction cost of the draws
    cfads_musd : (L, T, S) cash flow available for debt service, before presold lease income is taken out; signed
    lease_income_lost_per_iru : (L, T, S) or (L, T) [-] lease income given up per musd presold, on the draws' own lease
        revenue; by default the problem's
    """
    is_iru = [each.kind is InstrumentKind.IRU for each in problem.instruments]
    presold = np.zeros(len(problem.links.ids))
    np.add.at(presold, problem.sections.link, plan.commitment_musd[:, is_iru].sum(axis=1))
    lost = problem.links.lease_income_lost_per_iru if lease_income_lost_per_iru is None else lease_income_lost_per_iru
    foregone = (lost.T * presold).T
    return RecourseInputs(
        planned_sources_musd=plan.planned_sources_musd,
        planned_cost_musd=problem.links.planned_cost_musd,
        debt_service_musd=plan.debt_service_musd,
        reserve_target_musd=plan.reserve_target_musd,
        last_construction_year=problem.links.last_construction_year,
        cost_musd=cost_musd,
        cfads_musd=cfads_musd - (foregone if foregone.ndim == 3 else foregone[:, :, None]),
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
    RecourseOutcome   arrays (L, T, S) [constant musd], >= 0
    """
    weight = inputs.constant_usd_weight[:, None]
    lacking = np.maximum((inputs.planned_cost_musd - inputs.planned_sources_musd) @ inputs.constant_usd_weight, 0.0)
    unfunded, overrun = np.empty_like(inputs.cost_musd), np.empty_like(inputs.cost_musd)
    shortfall = np.empty_like(inputs.cfads_musd)
    for link in range(len(inputs.cost_musd)):
        works_gap = _run_construction_account(inputs, link) * weight
        still_lacking = np.full(works_gap.shape[1], lacking[link])
        for year, gap in enumerate(works_gap):
            np.minimum(gap, still_lacking, out=unfunded[link, year])
            still_lacking -= unfunded[link, year]
        np.subtract(works_gap, unfunded[link], out=overrun[link])
        np.multiply(_run_reserve_waterfall(inputs, link), weight, out=shortfall[link])
    return RecourseOutcome(unfunded_plan_musd=unfunded, overrun_musd=overrun, operating_shortfall_musd=shortfall)


def _run_construction_account(inputs: RecourseInputs, link: int) -> Floats:
    """Return the works of a link without money in every draw, (T, S) [nominal musd]."""
    cost = inputs.cost_musd[link]
    gap = np.empty_like(cost)
    account = np.zeros(cost.shape[1])
    for year, source in enumerate(inputs.planned_sources_musd[link]):
        left = account + source - cost[year]
        np.maximum(-left, 0.0, out=gap[year])
        account = np.maximum(left, 0.0, out=left)
    return gap


def _run_reserve_waterfall(inputs: RecourseInputs, link: int) -> Floats:
    """Return the cash shortfall of a link in every draw, (T, S) [nominal musd]."""
    cash, last = inputs.cfads_musd[link], int(inputs.last_construction_year[link])
    gap = np.empty_like(cash)
    reserve = np.zeros(cash.shape[1])
    for year, (service, target) in enumerate(
        zip(inputs.debt_service_musd[link], inputs.reserve_target_musd[link], strict=True)
    ):
        left = reserve + cash[year] - service
        np.maximum(-left, 0.0, out=gap[year])
        if year == last:
            reserve = np.full_like(left, target)
        else:
            reserve = np.clip(left, 0.0, target if year > last else 0.0, out=left)
    return gap


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
