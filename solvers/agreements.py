"""Which agreement covers which money: one with a link, one with a country, or one for the portfolio."""

from __future__ import annotations

from solvers.financing_plan import FinancingPlan
from solvers.financing_problem import FinancingProblem
from solvers.instruments import TicketScope

NO_MONEY_MUSD = 1e-6


def group_of(problem: FinancingProblem, section: int, instrument: int) -> int:
    """Return the link or country whose agreement covers an instrument in a section; 0 for the portfolio's."""
    scope = problem.instruments[instrument].ticket_scope
    if scope is TicketScope.PORTFOLIO:
        return 0
    of = problem.sections.country if scope is TicketScope.COUNTRY else problem.sections.link
    return int(of[section])


def lenders_of(problem: FinancingProblem) -> tuple[int, ...]:
    """Return for each instrument the one whose agreement it belongs to: itself, or the one it is on other terms."""
    places = {each.id: position for position, each in enumerate(problem.instruments)}
    return tuple(places.get(each.variant_of or each.id, place) for place, each in enumerate(problem.instruments))


def agreements_of(problem: FinancingProblem, plan: FinancingPlan) -> dict[tuple[str, int], float]:
    """Return the amount of each agreement of a plan [nominal musd], by id of the lender's instrument and group."""
    amounts: dict[tuple[str, int], float] = {}
    lenders = lenders_of(problem)
    for section in range(len(problem.sections.ids)):
        for position, lender in enumerate(lenders):
            amount = float(plan.commitment_musd[section, position])
            if amount > NO_MONEY_MUSD:
                key = (problem.instruments[lender].id, group_of(problem, section, position))
                amounts[key] = amounts.get(key, 0.0) + amount
    return amounts
