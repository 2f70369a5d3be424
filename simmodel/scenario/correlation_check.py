"""Check that rank correlations can hold together: their normal-score matrix must be positive definite."""

from __future__ import annotations

import math
from collections.abc import Callable

from simmodel.scenario.schema import Scenario

PIVOT_TOLERANCE = 1e-10
"""A pivot of the factorisation at or below this counts as zero."""


def correlations_are_positive_definite(
    scenario: Scenario, report: Callable[[tuple[str | int, ...], str], None]
) -> None:
    """Refuse rank correlations that no set of variables can have, and name a pair that makes it so.

    The rank correlation r of a pair becomes the correlation 2 sin(pi r / 6) of its normal scores; the matrix of all is
    factorised (Cholesky), and the variable whose pivot is not positive is reported with the partner that takes the
    most of it.
    """
    names: list[str] = []
    given: dict[frozenset[str], tuple[int, float]] = {}
    for index, correlation in enumerate(scenario.correlations):
        a, b = (canonical_name(scenario, name) for name in (correlation.a, correlation.b))
        if a == b:
            report(("correlations", index), f"{a} is correlated with itself")
            continue
        if frozenset((a, b)) in given:
            report(("correlations", index), f"the pair {a} and {b} is given twice")
            continue
        given[frozenset((a, b))] = (index, 2.0 * math.sin(math.pi * correlation.rank / 6.0))
        names.extend(name for name in (a, b) if name not in names)
    matrix = [[1.0 if a == b else given.get(frozenset((a, b)), (0, 0.0))[1] for b in names] for a in names]
    failure = find_failure(matrix)
    if failure is not None:
        row, column = failure
        index = given[frozenset((names[row], names[column]))][0]
        message = (
            f"the correlation matrix is not positive definite: {names[row]} and {names[column]} "
            "contradict the other correlations"
        )
        report(("correlations", index), message)


def canonical_name(scenario: Scenario, name: str) -> str:
    """Return the target of a named uncertainty, so that a quantity has one name whichever way it is written."""
    return scenario.uncertainties[name].target if name in scenario.uncertainties else name


def find_failure(matrix: list[list[float]]) -> tuple[int, int] | None:
    """Return (row, column) of the entry that breaks positive definiteness, or None when the matrix is fine."""
    size = len(matrix)
    factor = [[0.0] * size for _ in range(size)]
    for row in range(size):
        for column in range(row):
            known = sum(factor[row][k] * factor[column][k] for k in range(column))
            factor[row][column] = (matrix[row][column] - known) / factor[column][column]
        pivot = matrix[row][row] - sum(value * value for value in factor[row][:row])
        if pivot <= PIVOT_TOLERANCE:
            linked = [column for column in range(row) if matrix[row][column] != 0.0]
            return row, max(linked, key=lambda column: abs(factor[row][column]))
        factor[row][row] = math.sqrt(pivot)
    return None
