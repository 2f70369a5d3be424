"""Limits on what each source can give: windows, regional top-ups, guarantees."""

from __future__ import annotations

from typing import Any

import numpy as np

from solvers.blocks.linear_rows import LinearSum, add_row, new_rows
from solvers.financing_problem import FinancingProblem
from solvers.instruments import InstrumentKind
from solvers.model_sets import ModelSets


def add_windows(model: Any, problem: FinancingProblem, sets: ModelSets) -> None:
    """Envelopes, shared or not.

    sum_i sum_k charge[w,i,c(k)] commitment[k,i] <= limit[w]
    """
    model.window = new_rows()
    sections, instruments = np.array(list(sets.draw_years), dtype=np.int64).reshape(-1, 2).T
    commitments = list(model.commitment.values())
    charges = problem.windows.charge[:, instruments, problem.sections.country[sections]]
    totals = [LinearSum() for _ in problem.windows.ids]
    windows, members = np.nonzero(charges)
    terms = zip(windows.tolist(), members.tolist(), charges[windows, members].tolist(), strict=True)
    for window, member, charge in terms:
        totals[window].add(charge, commitments[member])
    for window, total in enumerate(totals):
        add_row(model.window, (window,), total, upper=float(problem.windows.limit_musd[window]))


def add_regional_windows(model: Any, problem: FinancingProblem, sets: ModelSets) -> None:
    """Regional money matches the country's own allocation, and needs enough countries.

    sum_{k in c, i in top-up} commitment[k,i] <= ratio sum_{k in c, i in base} commitment[k,i]

    The ratio is zero when fewer countries than the window asks for have a section in the portfolio.
    """
    model.regional_window = new_rows()
    countries_in_portfolio = len(set(problem.sections.country.tolist()))
    for position, window in enumerate(problem.regional_windows):
        ratio = window.ratio if countries_in_portfolio >= window.minimum_countries else 0.0
        for country, uses in enumerate(sets.country_uses):
            if not any(use[1] in window.top_up for use in uses):
                continue
            total = LinearSum()
            for use in uses:
                factor = float(use[1] in window.top_up) - ratio * float(use[1] in window.base)
                total.add(factor, model.commitment[use])
            add_row(model.regional_window, (position, country), total, upper=0.0)


def add_guarantees(model: Any, problem: FinancingProblem, sets: ModelSets) -> None:
    """Guaranteed debt and insured equity need their cover, of which a guarantor gives only so much in a link.

    sum_{i guaranteed by g} cover[i] commitment[k,i] <= commitment[k,g]
    sum_{k in l} commitment[k,g] <= limit[g]

    The second row is left out where the sections may not come to the limit.
    """
    model.guarantee_cover = new_rows()
    positions = {each.id: index for index, each in enumerate(problem.instruments)}
    covered: dict[tuple[int, int], LinearSum] = {}
    for use in sets.draw_years:
        instrument = problem.instruments[use[1]]
        if instrument.guaranteed_by is not None:
            key = (use[0], positions[instrument.guaranteed_by])
            covered.setdefault(key, LinearSum()).add(instrument.cover_share, model.commitment[use])
    for key, total in covered.items():
        if key in sets.draw_years and problem.instruments[key[1]].kind is InstrumentKind.GUARANTEE:
            total.add(-1.0, model.commitment[key])
        add_row(model.guarantee_cover, key, total, upper=0.0)
    _add_cover_limits(model, problem, sets)


def _add_cover_limits(model: Any, problem: FinancingProblem, sets: ModelSets) -> None:
    model.cover_limit = new_rows()
    limited = {place for place, each in enumerate(problem.instruments) if np.isfinite(each.cover_limit_musd)}
    for link, uses in enumerate(sets.link_uses):
        for position in sorted(limited & {use[1] for use in uses}):
            limit = problem.instruments[position].cover_limit_musd
            own = [use for use in uses if use[1] == position]
            sections = [use[0] for use in own]
            most = problem.eligibility.max_share_of_cost[sections, position] @ problem.sections.cost_musd[sections]
            if most > limit:
                total = LinearSum()
                for use in own:
                    total.add(1.0, model.commitment[use])
                add_row(model.cover_limit, (link, position), total, upper=limit)
