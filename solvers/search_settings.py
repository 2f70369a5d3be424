"""How a plan over draws is searched."""

from __future__ import annotations

from dataclasses import dataclass, field

from solvers.risk import RiskMeasure


@dataclass(frozen=True, slots=True)
class Limits:
    """When to stop.

    Attributes
    ----------
    gap_tolerance : [-] distance of bound and value at which a plan counts as proven
    rounds : most times the draws are met for one question to the programme
    seconds : most time, None: no limit
    memory_mb : most memory of the process, None: no limit
    """

    gap_tolerance: float = 1e-4
    rounds: int = 500
    seconds: float | None = None
    memory_mb: float | None = None


@dataclass(frozen=True, slots=True)
class WholeNumbers:
    """How whole numbers are settled.

    Attributes
    ----------
    tolerance : [-] distance from the bound at which a plan counts as proven
    enough : [-] part of the tolerance: a rounding this close to the bound needs no other beside it
    nodes : most nodes of one search tree
    known_uses : (instrument id, group) of agreements that a plan already known makes: one more way to round
    """

    tolerance: float = 0.01
    enough: float = 0.1
    nodes: int = 1000
    known_uses: frozenset[tuple[str, int]] = frozenset()


@dataclass(frozen=True, slots=True)
class TwoStageOptions:
    """How to plan over draws.

    Attributes
    ----------
    risk : how the gaps of the draws are weighed
    gap_tolerance : [-] distance of value and bound at which a plan counts as proven
    whole_numbers : how tickets, financiers and incompatible lenders are settled; None: they are not heeded
    seconds, memory_mb : limits; the best plan found by then and its bound are handed back
    level_slack_relative : [-] part of a level's optimum given up to the later levels
    levels : how many levels to solve, 1 (the gap only) to 4, or 5 where there is another plan to stay near to
    relaxations : rows whose realistic relaxation is solved for
    """

    risk: RiskMeasure = field(default_factory=RiskMeasure)
    gap_tolerance: float = 1e-4
    whole_numbers: WholeNumbers | None = None
    seconds: float | None = None
    memory_mb: float | None = None
    level_slack_relative: float = 1e-4
    levels: int = 4
    relaxations: int = 0
