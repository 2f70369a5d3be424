"""Who shares the risk: gearing, private share, the sponsors' return, presold fibre."""

from __future__ import annotations

from typing import Any

import numpy as np

from solvers.blocks.debt_service import is_project_debt
from solvers.blocks.linear_rows import LinearSum, add_row, add_sized_row, new_rows
from solvers.blocks.variables import size_of
from solvers.financing_problem import FinancingProblem
from solvers.instruments import InstrumentKind
from solvers.model_sets import ModelSets
from solvers.sponsor_value import cash_worth_musd, equity_asked_per_draw


def add_gearing(model: Any, problem: FinancingProblem, sets: ModelSets) -> None:
    """Limit of the debt the link itself must service.

    sum_k sum_i (1{debt serviced by the link} - gearing max[l]) commitment[k,i] <= 0

    Debt the treasury services is not the link's: to its lenders that money is equity.
    """
    model.gearing = new_rows()
    is_money = np.array([each.kind is not InstrumentKind.GUARANTEE for each in problem.instruments])
    is_debt = np.array([is_project_debt(problem, position) for position in range(len(is_money))], dtype=np.float64)
    for link, uses in enumerate(sets.link_uses):
        limit = float(problem.links.gearing_max[link])
        if limit >= 1.0:
            continue
        total, factors = LinearSum(), ((is_debt - limit) * is_money).tolist()
        for use in uses:
            total.add(factors[use[1]], model.commitment[use])
        add_row(model.gearing, (link,), total, upper=0.0)


def add_private_share(model: Any, problem: FinancingProblem, sets: ModelSets) -> None:
    """Least private money per unit of money raised.

    sum_k sum_i (1{private} - private share min[l]) commitment[k,i] >= 0
    """
    model.private_share = new_rows()
    is_money = np.array([each.kind is not InstrumentKind.GUARANTEE for each in problem.instruments])
    is_private = np.array([each.is_private for each in problem.instruments], dtype=np.float64)
    for link, uses in enumerate(sets.link_uses):
        share = float(problem.links.private_share_min[link])
        if share <= 0.0:
            continue
        total, factors = LinearSum(), ((is_private - share) * is_money).tolist()
        for use in uses:
            total.add(factors[use[1]], model.commitment[use])
        add_row(model.private_share, (link,), total, lower=0.0)


def add_sponsor_hurdle(model: Any, problem: FinancingProblem, sets: ModelSets) -> None:
    """Equity is what the cash left after debt can remunerate at the sponsors' hurdle h.

    sum_t (1+h)^-t [max(F[l,t],0) + m operating_support[l,t] - debt_service[l,t] - lease lost[l,t] iru[l]]
        - sum_k sum_i sum_tau asked[k,i,tau] equity[k,i,tau] >= 0

    asked is (1+h)^-(tau - theta), or less for insured equity (`sponsor_value.equity_asked_per_draw`); m is the smallest
    ratio of the two, so that support never raises more equity than it costs. Only links with equity have the row: a
    link without sponsors owes nobody a return.
    """
    model.sponsor_hurdle = new_rows()
    links, asked, worth = problem.links, equity_asked_per_draw(problem), cash_worth_musd(problem)
    for link, uses in enumerate(sets.link_uses):
        equities = [use for use in uses if problem.instruments[use[1]].kind is InstrumentKind.EQUITY]
        if not equities:
            continue
        growth = 1.0 + float(links.sponsor_hurdle_rate[link])
        discount = growth ** -(np.arange(len(problem.years)) + 1.0)
        plain = discount * growth**problem.rules.mid_year_share
        ratio = min(float(asked[(*use, year)] / plain[year]) for use in equities for year in sets.draw_years[use])
        total, factors = LinearSum(), discount.tolist()
        for year in sets.operation_years[link]:
            if (link, year) in model.operating_support:
                total.add(min(ratio, 1.0) * factors[year], model.operating_support[link, year])
            total.add(-factors[year], model.debt_service[link, year])
        operation = list(sets.operation_years[link])
        lease_lost = float(discount[operation] @ links.lease_income_lost_per_iru[link, operation])
        for use in uses:
            if problem.instruments[use[1]].kind is InstrumentKind.IRU:
                total.add(-lease_lost, model.commitment[use])
        for use in equities:
            for draw_year in sets.draw_years[use]:
                total.add(-float(asked[(*use, draw_year)]), model.draw[(*use, draw_year)])
        add_sized_row(model.sponsor_hurdle, (link,), total, size=size_of(model, link), lower=-float(worth[link]))


def add_presold_fibre(model: Any, problem: FinancingProblem, sets: ModelSets) -> None:
    """Presales are worth what the leases are worth, and leave fibre open to others.

    commitment[k,iru] <= presale value[k]
    sum over presales of commitment[k,iru] <= fibre share max * presale value[k]
    """
    model.iru_value = new_rows()
    model.iru_fibre = new_rows()
    by_section: dict[int, LinearSum] = {}
    for use in sets.draw_years:
        if problem.instruments[use[1]].kind is not InstrumentKind.IRU:
            continue
        value = float(problem.sections.iru_presale_value_musd[use[0]])
        single = LinearSum()
        single.add(1.0, model.commitment[use])
        size = size_of(model, int(problem.sections.link[use[0]]))
        add_sized_row(model.iru_value, use, single, size=size, upper=value)
        by_section.setdefault(use[0], LinearSum()).add(1.0, model.commitment[use])
    for section, total in by_section.items():
        value = float(problem.sections.iru_presale_value_musd[section])
        size = size_of(model, int(problem.sections.link[section]))
        most = problem.rules.iru_fibre_share_max * value
        add_sized_row(model.iru_fibre, (section,), total, size=size, upper=most)
