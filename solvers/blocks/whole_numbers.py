"""What is there or is not there: tickets, financiers of a link, lenders that do not meet."""

from __future__ import annotations

from typing import Any

import numpy as np
from pyomo.environ import Binary, Var

from solvers.agreements import group_of, lenders_of
from solvers.blocks.linear_rows import LinearSum, add_row, new_rows
from solvers.blocks.sources_and_uses import LARGEST_SHARE
from solvers.financing_problem import FinancingProblem, Floats
from solvers.instruments import InstrumentKind
from solvers.model_sets import ModelSets, Use
from solvers.sponsor_value import cash_worth_musd, equity_asked_per_draw


def add_start_years(model: Any, problem: FinancingProblem) -> None:
    """One start year of each link whose start is open.

    sum over the options of a link of built[l] = 1
    """
    model.start_year = new_rows()
    for group, options in enumerate(problem.rules.start_options):
        total = LinearSum()
        for link in options:
            total.add(1.0, model.built[link])
        add_row(model.start_year, (group,), total, lower=1.0, upper=1.0)


def add_tickets(model: Any, problem: FinancingProblem, sets: ModelSets) -> None:
    """Least amount of an agreement, which covers a link, a country's sections or the whole portfolio, on all its terms.

    ticket[i] used[i,g] <= sum_{k in g} commitment[k,i] <= most[i,g] used[i,g] ;  used in {0, 1}

    An agreement that cannot reach its ticket is closed.
    """
    groups: dict[tuple[int, int], list[Use]] = {}
    lenders = lenders_of(problem)
    for use in sets.draw_years:
        if problem.instruments[use[1]].minimum_ticket_musd > 0.0:
            groups.setdefault((lenders[use[1]], group_of(problem, *use)), []).append(use)
    most = {group: _largest(problem, uses, lenders) for group, uses in groups.items()}
    if len(model.operating_support) == 0:
        asked, worth = equity_asked_per_draw(problem), cash_worth_musd(problem)
        most = {group: min(most[group], _most_equity(problem, uses, asked, worth)) for group, uses in groups.items()}
    model.used = Var([g for g in groups if most[g] >= problem.instruments[g[0]].minimum_ticket_musd], domain=Binary)
    model.ticket = new_rows()
    model.ticket_use = new_rows()
    for group, uses in groups.items():
        ticket = problem.instruments[group[0]].minimum_ticket_musd
        total = _sum_of(model, uses)
        if group not in model.used:
            add_row(model.ticket_use, group, total, upper=0.0)
            continue
        at_least = LinearSum()
        at_least.add_all([*total.coefficients, -ticket], [*total.variables, model.used[group]])
        add_row(model.ticket, group, at_least, lower=0.0)
        total.add(-most[group], model.used[group])
        add_row(model.ticket_use, group, total, upper=0.0)


def add_financier_limit(model: Any, problem: FinancingProblem, sets: ModelSets) -> None:
    """Most instruments in a link; cover is none.

    sum_{k in l} commitment[k,i] <= most[l,i] present[l,i] ;  sum_i present[l,i] <= N
    """
    model.present_use = new_rows()
    model.financiers = new_rows()
    if problem.rules.financiers_max is None:
        model.present = Var([], domain=Binary)
        return
    by_link: dict[tuple[int, int], list[Use]] = {}
    lenders = lenders_of(problem)
    for link, uses in enumerate(sets.link_uses):
        for use in uses:
            if problem.instruments[use[1]].kind is not InstrumentKind.GUARANTEE:
                by_link.setdefault((link, use[1]), []).append(use)
    model.present = Var(list(by_link), domain=Binary)
    for key, members in by_link.items():
        total = _sum_of(model, members)
        total.add(-_largest(problem, members, lenders), model.present[key])
        add_row(model.present_use, key, total, upper=0.0)
    for link in range(len(sets.link_uses)):
        count = LinearSum()
        for key in by_link:
            if key[0] == link:
                count.add(1.0, model.present[key])
        add_row(model.financiers, (link,), count, upper=float(problem.rules.financiers_max))


def add_incompatible_lenders(model: Any, problem: FinancingProblem, sets: ModelSets) -> None:
    """Groups of lenders that do not meet in one link.

    sum over the first group <= most first_side[l] ;  sum over the second group <= most (1 - first_side[l])
    """
    model.first_side = Var(
        [(link, pair) for link in range(len(sets.link_uses)) for pair in range(len(problem.rules.incompatible))],
        domain=Binary,
    )
    model.incompatible = new_rows()
    lenders = lenders_of(problem)
    for link, uses in enumerate(sets.link_uses):
        for pair, sides in enumerate(problem.rules.incompatible):
            members = [[use for use in uses if use[1] in side] for side in sides]
            if not all(members):
                continue
            for place, chosen in enumerate(members):
                total, most = _sum_of(model, chosen), _largest(problem, chosen, lenders)
                total.add(-most if place == 0 else most, model.first_side[link, pair])
                add_row(model.incompatible, (link, pair, place), total, upper=0.0 if place == 0 else most)


def _sum_of(model: Any, uses: list[Use]) -> LinearSum:
    total = LinearSum()
    total.add_all([1.0] * len(uses), [model.commitment[use] for use in uses])
    return total


def _largest(problem: FinancingProblem, uses: list[Use], lenders: tuple[int, ...]) -> float:
    """Most that some uses can come to: ceilings of their lenders, cut by every window that charges them all in full."""
    sections, instruments = [use[0] for use in uses], [use[1] for use in uses]
    share = np.minimum(problem.eligibility.max_share_of_cost[sections, instruments], LARGEST_SHARE)
    by_lender: dict[Use, float] = {}
    for use, ceiling in zip(uses, share * problem.sections.cost_musd[sections], strict=True):
        key, most = (use[0], lenders[use[1]]), min(float(ceiling), _due_for_studies(problem, use))
        by_lender[key] = max(by_lender.get(key, 0.0), most)
    charge = problem.windows.charge[:, instruments, problem.sections.country[sections]]
    whole = np.all(charge >= 1.0, axis=1)
    return min([sum(by_lender.values()), *problem.windows.limit_musd[whole].tolist()])


def _due_for_studies(problem: FinancingProblem, use: Use) -> float:
    """Return what preparation money may pay of a section; no limit for other money."""
    due = problem.sections.preparation_musd
    if due is None or not problem.instruments[use[1]].is_preparation_only:
        return np.inf
    return float(due[use[0]] @ problem.eligibility.eligible[use])


def _most_equity(problem: FinancingProblem, uses: list[Use], asked: Floats, worth_musd: Floats) -> float:
    """Return the equity of a link that its expected cash can pay for at most; no limit for other money.

    Parameters
    ----------
    asked, worth_musd : `sponsor_value.equity_asked_per_draw` and `cash_worth_musd`
    """
    links = {int(problem.sections.link[use[0]]) for use in uses}
    if len(links) > 1 or any(problem.instruments[use[1]].kind is not InstrumentKind.EQUITY for use in uses):
        return np.inf
    link, sections, instruments = links.pop(), [use[0] for use in uses], [use[1] for use in uses]
    first, last = int(problem.links.first_construction_year[link]), int(problem.links.last_construction_year[link])
    may_be_drawn = problem.eligibility.eligible[sections, instruments, first : last + 1]
    return float(worth_musd[link] / asked[sections, instruments, first : last + 1][may_be_drawn].min())
