"""What a plan's gap becomes in every draw: construction account and reserve waterfall in closed form.

The plan fixes the money raised and the service owed; a draw decides what the works cost and what the link earns. Money
not spent in a year waits in the construction account; cash shortfalls first empty the reserve. Both are forward
recursions whose value is the optimum of the draw's own linear program, because later constant dollars never weigh more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
    operating_support_musd : (L, T) paid to the link in every draw, and part of the gap
    lease_income_foregone_musd : L arrays, (T,) or by draw (T, S), lease income of the fibre presold
    last_construction_year : (L,) year index of the plan; the reserve is filled at its end
    cost_musd : (L, T, S) what the works cost in the draw, in the years the draw builds
    cfads_musd : (L, T, S) cash flow available for debt service in the draw, before support and presales; signed
    constant_usd_weight : (T,) [-] >= 0
    size : (L,) [-] share of the link's cost and cash that there is: 0 for a start year that was not chosen
    """

    planned_sources_musd: Floats
    planned_cost_musd: Floats
    debt_service_musd: Floats
    reserve_target_musd: Floats
    operating_support_musd: Floats
    lease_income_foregone_musd: Sequence[Floats]
    last_construction_year: Integers
    cost_musd: Floats
    cfads_musd: Floats
    constant_usd_weight: Floats
    size: Floats


@dataclass(frozen=True, slots=True)
class LinkGap:
    """The gap of one link by year and draw, (T, S) in constant musd, >= 0.

    Attributes
    ----------
    works_musd : works without money
    unfunded_plan_musd : the part of them the plan had no money for; the rest cost more, or was paid earlier, than
        planned
    operating_shortfall_musd : operating support, and cost and debt service that neither cash nor reserve covers
    """

    works_musd: Floats
    unfunded_plan_musd: Floats
    operating_shortfall_musd: Floats


@dataclass(frozen=True, slots=True)
class RecourseOutcome:
    """The gap of every draw in constant musd: sums over years of the parts of `LinkGap`, and what the years add up to.

    Attributes
    ----------
    works_musd, unfunded_plan_musd, operating_shortfall_musd : (L, S) see `LinkGap`
    gap_by_link_musd : (L, S) works and operating shortfall
    gap_by_year_musd : (T, S) the same over the links
    mean_gap_by_link_year_musd : (L, T) its mean over draws
    """

    works_musd: Floats
    unfunded_plan_musd: Floats
    operating_shortfall_musd: Floats
    gap_by_link_musd: Floats
    gap_by_year_musd: Floats
    mean_gap_by_link_year_musd: Floats

    @property
    def overrun_musd(self) -> Floats:
        """(L, S) works that cost more, or were paid for earlier, than planned."""
        return self.works_musd - self.unfunded_plan_musd

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
    lease_income_lost_per_iru: Callable[[int], Floats] | None = None,
) -> RecourseInputs:
    """Put a plan and the draws together.

    The operating support a plan counts on is paid in every draw and is part of the gap. Leaving it out would let
    lenders and sponsors count on money nobody promised: on the plan's own path the gap would be smaller than the
    optimum the plan was chosen for.

    Parameters
    ----------
    cost_musd : (L, T, S) construction cost of the draws
    cfads_musd : (L, T, S) cash flow available for debt service, before presold lease income is taken out; signed
    lease_income_lost_per_iru : gives a link's lease income lost per musd presold, (T, S) [-], on the draws' own leases;
        asked for the links with presales only; by default the problem's mean path
    """
    is_iru = [each.kind is InstrumentKind.IRU for each in problem.instruments]
    presold = np.zeros(len(problem.links.ids))
    np.add.at(presold, problem.sections.link, plan.commitment_musd[:, is_iru].sum(axis=1))
    mean_path = problem.links.lease_income_lost_per_iru
    lost_of = lease_income_lost_per_iru or mean_path.__getitem__
    nothing = np.zeros(len(problem.years))
    return RecourseInputs(
        planned_sources_musd=plan.planned_sources_musd,
        planned_cost_musd=problem.links.planned_cost_musd,
        debt_service_musd=plan.debt_service_musd,
        reserve_target_musd=plan.reserve_target_musd,
        operating_support_musd=plan.operating_support_musd,
        lease_income_foregone_musd=[
            lost_of(link) * sold if sold > 0.0 else nothing for link, sold in enumerate(presold)
        ],
        last_construction_year=problem.links.last_construction_year,
        cost_musd=cost_musd,
        cfads_musd=cfads_musd,
        constant_usd_weight=problem.rules.constant_usd_weight,
        size=plan.size,
    )


def evaluate_recourse(inputs: RecourseInputs) -> RecourseOutcome:
    """Meet every draw with the plan and split the gap by link, year and cause; link by link, to work in the cache.

    Returns
    -------
    RecourseOutcome   by what `evaluate_link` says of each link
    """
    links, years, draws = inputs.cost_musd.shape
    works, unfunded, operating, by_link = (np.empty((links, draws)) for _ in range(4))
    by_year, mean = np.zeros((years, draws)), np.empty((links, years))
    for link in range(links):
        gap = evaluate_link(inputs, link)
        total = gap.works_musd + gap.operating_shortfall_musd
        works[link] = gap.works_musd.sum(axis=0)
        unfunded[link] = gap.unfunded_plan_musd.sum(axis=0)
        operating[link] = gap.operating_shortfall_musd.sum(axis=0)
        by_link[link] = total.sum(axis=0)
        by_year += total
        mean[link] = total.mean(axis=1)
    return RecourseOutcome(works, unfunded, operating, by_link, by_year, mean)


def evaluate_link(inputs: RecourseInputs, link: int) -> LinkGap:
    """Meet every draw of one link with its plan.

    With K the cost and F the cash flow of a draw, support added and presold leases taken out:

        account    x = a[t-1] + sources[t] - K[t] ;  g[t] = max(-x, 0) ;  a[t] = max(x, 0)
        waterfall  x = b[t-1] + F[t] - service[t] ;  o[t] = max(-x, 0) ;  b[t] = min(max(x, 0), target[t])

    Before the plan's opening the reserve is empty; at the end of the last construction year it holds its target. Of the
    works without money, in constant USD and from the first year on, as much as the plan itself lacked is the unfunded
    plan, the rest overrun and delay; the two and the operating shortfall add to the gap.
    """
    weight = inputs.constant_usd_weight
    works = _run_construction_account(inputs, link)
    works *= weight[:, None]
    lacking = max(
        float((inputs.size[link] * inputs.planned_cost_musd[link] - inputs.planned_sources_musd[link]) @ weight), 0.0
    )
    still_lacking = np.full(works.shape[1], lacking)
    unfunded = np.empty_like(works)
    for gap, part in zip(works, unfunded, strict=True):
        np.minimum(gap, still_lacking, out=part)
        still_lacking -= part
    shortfall = _run_reserve_waterfall(inputs, link)
    shortfall *= weight[:, None]
    shortfall += (inputs.operating_support_musd[link] * weight)[:, None]
    return LinkGap(works, unfunded, shortfall)


def _sized(flow_musd: Floats, size: float) -> Floats:
    return flow_musd if size == 1.0 else flow_musd * size


def _run_construction_account(inputs: RecourseInputs, link: int) -> Floats:
    """Return the works of a link without money in every draw, (T, S) [nominal musd]."""
    cost = _sized(inputs.cost_musd[link], inputs.size[link])
    gaps = np.empty_like(cost)
    account = np.zeros(cost.shape[1])
    for source, bill, gap in zip(inputs.planned_sources_musd[link], cost, gaps, strict=True):
        account += source
        account -= bill
        np.maximum(np.negative(account, out=gap), 0.0, out=gap)
        np.maximum(account, 0.0, out=account)
    return gaps


def _run_reserve_waterfall(inputs: RecourseInputs, link: int) -> Floats:
    """Return the cash shortfall of a link in every draw, (T, S) [nominal musd]."""
    cash, last = _sized(inputs.cfads_musd[link], inputs.size[link]), int(inputs.last_construction_year[link])
    gaps = np.empty_like(cash)
    reserve, left = np.zeros(cash.shape[1]), np.empty(cash.shape[1])
    yearly = zip(
        inputs.operating_support_musd[link],
        inputs.lease_income_foregone_musd[link],
        inputs.debt_service_musd[link],
        inputs.reserve_target_musd[link],
        strict=True,
    )
    for year, (support, foregone, service, target) in enumerate(yearly):
        np.add(cash[year], support, out=left)
        left -= foregone
        left += reserve
        left -= service
        np.maximum(np.negative(left, out=gaps[year]), 0.0, out=gaps[year])
        if year == last:
            reserve.fill(target)
        else:
            np.clip(left, 0.0, target if year > last else 0.0, out=reserve)
    return gaps


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
