"""Why a link cannot be paid for in full: the rules that cannot all hold without a gap, in words."""

from __future__ import annotations

from dataclasses import dataclass

from simmodel.financing.funding_need import financing_problem
from simmodel.financing.gap_waterfall import CASES
from simmodel.financing.portfolio_cash import PortfolioCash
from simmodel.scenario.schema import Scenario
from solvers import explain_gap


@dataclass(frozen=True, slots=True)
class LinkConflict:
    """A link and the demands on its financing that cannot all hold; none: it can be paid for in full.

    The demands are one irreducible set of possibly several: without any one of them the others could hold.
    """

    link: str
    demands: tuple[str, ...]


def gap_conflicts(scenario: Scenario, cash: PortfolioCash) -> tuple[LinkConflict, ...]:
    """Ask of every link whether it could be paid for in full on planned cost and the lenders' path, and if not, why.

    Parameters
    ----------
    scenario : rules and money, all that the last case of the waterfall may use
    cash : cash flows

    Returns
    -------
    one entry a link, in order
    """
    problem = financing_problem(scenario, cash, CASES[-1]).problem
    return tuple(
        LinkConflict(name, tuple(conflict.sentence for conflict in explain_gap(problem, link=link)))
        for link, name in enumerate(problem.links.ids)
    )
