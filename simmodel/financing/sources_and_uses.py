"""Where the money of every construction year comes from and where it goes, link by link, to the last cent."""

from __future__ import annotations

import numpy as np

from simmodel.financing.financing_tables import FinancingTable
from solvers import FinancingPlan, FinancingProblem, resimulate_plan
from solvers.resimulate import run_planned_account

HEADER = (
    "link [id]",
    "year [calendar year]",
    "money drawn [nominal musd]",
    "gap of the plan [nominal musd]",
    "account at the start [nominal musd]",
    "works planned [nominal musd]",
    "of these studies and design, without contingency [nominal musd]",
    "fees, interest and service while building [nominal musd]",
    "first filling of the reserve [nominal musd]",
    "account at the end [nominal musd]",
)


def sources_and_uses_table(problem: FinancingProblem, plan: FinancingPlan) -> FinancingTable:
    """Drawn, gap and opening account on one side, works, cost of money, reserve and closing account on the other.

    Drawn money and cost of money are worked out from the draws alone; the balance of each year is an identity that the
    plan must meet (tested to 1e-9).
    """
    flow = resimulate_plan(problem, plan)
    gap, account = run_planned_account(problem, flow.planned_sources_musd, plan.size)
    links = len(problem.links.ids)
    drawn, studies = np.zeros_like(gap), np.zeros_like(gap)
    np.add.at(drawn, problem.sections.link, plan.draw_musd.sum(axis=1))
    if problem.sections.preparation_musd is not None:
        np.add.at(studies, problem.sections.link, problem.sections.preparation_musd)
    rows = []
    for link in range(links):
        last = int(problem.links.last_construction_year[link])
        for year in range(int(problem.links.first_construction_year[link]), last + 1):
            rows.append(
                (
                    problem.links.ids[link],
                    int(problem.years[year]),
                    float(drawn[link, year]),
                    float(gap[link, year]),
                    float(account[link, year - 1]) if year > 0 else 0.0,
                    float(plan.size[link] * problem.links.planned_cost_musd[link, year]),
                    float(plan.size[link] * studies[link, year]),
                    float(flow.fees_and_interest_musd[link, year]),
                    float(flow.reserve_target_musd[link, last]) if year == last else 0.0,
                    float(account[link, year]),
                )
            )
    return FinancingTable("sources_and_uses", HEADER, tuple(rows))
