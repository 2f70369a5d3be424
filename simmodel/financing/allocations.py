"""What the plan takes of every allocation, in money and in cover, and what it leaves."""

from __future__ import annotations

import numpy as np

from simmodel.financing.financing_tables import FinancingTable
from solvers import FinancingPlan, FinancingProblem, InstrumentKind

HEADER = (
    "allocation [id]",
    "for [iso3]",
    "limit [nominal musd]",
    "used by money [nominal musd]",
    "used by guarantees [nominal musd]",
    "left [nominal musd]",
)


def allocations_table(problem: FinancingProblem, plan: FinancingPlan) -> FinancingTable:
    """One row for each allocation that has money; a guarantee uses the part of its cover that is set aside for it."""
    committed = np.zeros((len(problem.instruments), len(problem.countries.ids)))
    np.add.at(committed.T, problem.sections.country, plan.commitment_musd)
    is_cover = np.array([each.kind is InstrumentKind.GUARANTEE for each in problem.instruments], dtype=bool)
    rows = []
    for name, limit, charge in zip(
        problem.windows.ids, problem.windows.limit_musd, problem.windows.charge, strict=True
    ):
        if limit > 0.0:
            by_instrument = (charge * committed).sum(axis=1)
            money, cover = float(by_instrument[~is_cover].sum()), float(by_instrument[is_cover].sum())
            where = " ".join(np.array(problem.countries.ids)[(charge > 0.0).any(axis=0)])
            rows.append((name, where, float(limit), money, cover, float(limit) - money - cover))
    return FinancingTable("allocations", HEADER, tuple(rows))
