"""Money raised against money spent, link by link and year by year."""

from __future__ import annotations

from typing import Any

import numpy as np
from pyomo.environ import NonNegativeReals, Var

from solvers.agreements import lenders_of
from solvers.blocks.linear_rows import LinearSum, add_row, add_sized_row, new_rows
from solvers.blocks.variables import draw_terms, size_of
from solvers.financing_problem import FinancingProblem, Floats
from solvers.instruments import InstrumentKind
from solvers.model_sets import ModelSets, Use

LARGEST_SHARE = 3.0  # of a section's cost, where an instrument has no ceiling and needs one: fees and interest included


def add_planned_sources(model: Any, problem: FinancingProblem, sets: ModelSets, net_sources: Floats) -> None:
    """Money left for the works of a construction year.

    planned_sources[l,tau] = sum_k sum_i sum_u n[i,u,tau] draw[k,i,u] - fees of guarantees
                             - 1{tau=last} opening_reserve[l]

    n is `draw_factors.net_sources_per_draw`. A guarantee, if the link pays it, costs its front-end fee in the first
    year and its commitment fee in every construction year.
    """
    model.net_sources = new_rows(model.planned_sources)
    draws = draw_terms(model, sets, sets.link_uses, net_sources)
    for link, span in enumerate(sets.construction_years):
        paid_cover = [use for use in sets.link_uses[link] if _is_paid_cover(problem, use)]
        for year in span:
            total = LinearSum()
            total.add(-1.0, model.planned_sources[link, year])
            draws.add_to(total, link, year)
            for use in paid_cover:
                instrument = problem.instruments[use[1]]
                fee = instrument.commitment_fee + (instrument.front_end_fee if year == span.start else 0.0)
                total.add(-fee, model.commitment[use])
            if sets.link_uses[link] and year == span[-1]:
                total.add(-1.0, model.opening_reserve[link])
            add_row(model.net_sources, (link, year), total, lower=0.0, upper=0.0)


def add_planned_gap(model: Any, problem: FinancingProblem, sets: ModelSets) -> None:
    """What the planned sources leave uncovered of the planned cost, for a plan that meets no draws.

    planned_sources[l,tau] + funding_gap[l,tau] = planned cost[l,tau] ;  funding_gap >= 0
    """
    construction = [(link, year) for link, span in enumerate(sets.construction_years) for year in span]
    model.funding_gap = Var(construction, domain=NonNegativeReals)
    model.sources_uses = new_rows(model.funding_gap)
    for link, year in construction:
        balance = LinearSum()
        balance.add(1.0, model.planned_sources[link, year])
        balance.add(1.0, model.funding_gap[link, year])
        cost = float(problem.links.planned_cost_musd[link, year])
        size = size_of(model, link)
        add_sized_row(model.sources_uses, (link, year), balance, size=size, lower=cost, upper=cost)


def _is_paid_cover(problem: FinancingProblem, use: Use) -> bool:
    instrument = problem.instruments[use[1]]
    return instrument.kind is InstrumentKind.GUARANTEE and instrument.is_project_serviced


def add_tied_money(model: Any, problem: FinancingProblem, sets: ModelSets, net_sources: Floats) -> None:
    """A country's money pays its own section and not its neighbour's.

    sum over tied i of (commitment[k,i] - its own fees and service while building) <= tied limit[k]

    The limit is the planned cost, or what the section may cost in a bad draw where the plan provides for one.
    """
    model.tied_money = new_rows()
    limits = problem.sections.tied_limit_musd
    most = problem.sections.cost_musd if limits is None else limits
    for link, uses in enumerate(sets.link_uses):
        net_over_construction = net_sources[link].sum(axis=2).tolist()
        totals: dict[int, LinearSum] = {}
        for section, instrument in uses:
            if problem.instruments[instrument].is_tied:
                total = totals.setdefault(section, LinearSum())
                use = section, instrument
                for year, draw in zip(sets.draw_years[use], model.draws_of_use[use], strict=True):
                    total.add(net_over_construction[instrument][year], draw)
        for section, total in totals.items():
            size = size_of(model, link)
            add_sized_row(model.tied_money, (section,), total, size=size, upper=float(most[section]))


def add_preparation_money(model: Any, problem: FinancingProblem, sets: ModelSets) -> None:
    """Preparation money pays studies and design when they are due, and never the works.

    sum over preparation i of draw[k,i,tau] <= preparation[k,tau]

    Year by year: money drawn before or after the study would wait in the account and pay for works.
    """
    model.preparation_money = new_rows()
    due = problem.sections.preparation_musd
    by_year: dict[tuple[int, int], LinearSum] = {}
    for use, years in sets.draw_years.items():
        if problem.instruments[use[1]].is_preparation_only:
            for year in years:
                by_year.setdefault((use[0], year), LinearSum()).add(1.0, model.draw[(*use, year)])
    for (section, year), total in by_year.items():
        most = 0.0 if due is None else float(due[section, year])
        size = size_of(model, int(problem.sections.link[section]))
        add_sized_row(model.preparation_money, (section, year), total, size=size, upper=most)


def add_departure(model: Any, sets: ModelSets, near_musd: Floats) -> None:
    """What a plan leaves out of the draws of another, (K, I, T).

    departure[k,i,u] >= other draw[k,i,u] - draw[k,i,u]
    """
    drawn = [(*use, year) for use, years in sets.draw_years.items() for year in years if near_musd[(*use, year)] > 0.0]
    model.departure = Var(drawn, domain=NonNegativeReals)
    model.departure_of_draw = new_rows(model.departure)
    for index in drawn:
        total = LinearSum()
        total.add(1.0, model.departure[index])
        total.add(1.0, model.draw[index])
        add_row(model.departure_of_draw, index, total, lower=float(near_musd[index]))


def add_commitments(model: Any, problem: FinancingProblem, sets: ModelSets) -> None:
    """What is committed is drawn, within the share the instrument may carry and above what is agreed already.

    commitment[k,i] = sum_tau draw[k,i,tau]
    sum over the terms of one lender of commitment[k,i] <= max share[k,lender] cost[k]
    commitment[k,i] >= agreed[k,i]

    Equality, because without scenarios an undrawn commitment would count in the shares and packages and pay nothing.
    """
    model.commitment_drawn = new_rows(model.commitment)
    model.instrument_share = new_rows(model.commitment)
    model.agreed_commitment = new_rows(model.commitment)
    agreed = problem.eligibility.minimum_commitment_musd
    for use, commitment in model.commitment.items():
        draws = model.draws_of_use[use]
        if draws:
            total = LinearSum()
            total.add(1.0, commitment)
            total.add_all([-1.0] * len(draws), draws)
            add_row(model.commitment_drawn, use, total, lower=0.0, upper=0.0)
        if agreed[use] > 0.0:
            single = LinearSum()
            single.add(1.0, commitment)
            add_row(model.agreed_commitment, use, single, lower=float(agreed[use]))
    _add_shares(model, problem, sets)


def _add_shares(model: Any, problem: FinancingProblem, sets: ModelSets) -> None:
    """A lender's share of the cost, over all its terms together, and over single ones that may carry less."""
    by_lender: dict[Use, list[Use]] = {}
    lenders = lenders_of(problem)
    for use in sets.draw_years:
        by_lender.setdefault((use[0], lenders[use[1]]), []).append(use)
    shares = problem.eligibility.max_share_of_cost
    for (section, _), uses in by_lender.items():
        size = size_of(model, int(problem.sections.link[section]))
        largest = max(uses, key=lambda use: float(shares[use]))
        for use in uses:
            share = float(shares[use]) if size is None else min(float(shares[use]), LARGEST_SHARE)
            if np.isfinite(share) and (use == largest or shares[use] < shares[largest]):
                total = LinearSum()
                for member in uses if use == largest else [use]:
                    total.add(1.0, model.commitment[member])
                most = share * float(problem.sections.cost_musd[section])
                add_sized_row(model.instrument_share, use, total, size=size, upper=most)
