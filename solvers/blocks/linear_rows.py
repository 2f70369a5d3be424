"""Rows of the model as lists of coefficients, which Pyomo takes without walking an expression tree."""

from __future__ import annotations

import math
from typing import Any

from pyomo.core.expr.numeric_expr import LinearExpression
from pyomo.core.expr.relational_expr import EqualityExpression, InequalityExpression, RangedExpression
from pyomo.environ import Any as AnyIndex
from pyomo.environ import Constraint
from pyomo.repn.util import sum_like_expression_types


class LinearSum(LinearExpression):
    """A sum of coefficient times variable that grows until it is put into a row; zero coefficients are left out.

    It is a Pyomo expression, held as two lists. Pyomo's own terms, an object each, are made when Pyomo asks for them.

    Attributes
    ----------
    coefficients, variables : of equal length
    """

    __slots__ = ("coefficients", "variables")

    coefficients: list[float]
    variables: list[Any]

    def __init__(self) -> None:
        self.coefficients = []
        self.variables = []

    def __getattr__(self, name: str) -> Any:
        if name not in ("_args_", "_nargs"):
            raise AttributeError(name)
        LinearExpression.__init__(self, linear_coefs=self.coefficients, linear_vars=self.variables)
        return getattr(self, name)

    def add(self, coefficient: float, variable: Any) -> None:
        """Add one term."""
        if coefficient != 0.0:
            self.coefficients.append(float(coefficient))
            self.variables.append(variable)

    def add_all(self, coefficients: list[float], variables: list[Any]) -> None:
        """Add the terms of two lists of equal length, none of whose coefficients is zero."""
        self.coefficients += coefficients
        self.variables += variables


sum_like_expression_types.add(LinearSum)  # what Pyomo's compilers take apart term by term


def add_expressions(first: LinearSum, factor: float, second: LinearSum) -> LinearSum:
    """Return first + factor * second."""
    total = LinearSum()
    total.add_all(first.coefficients, first.variables)
    total.add_all([factor * coefficient for coefficient in second.coefficients], second.variables)
    return total


def add_sized_row(
    rows: Any,
    index: tuple[int, ...],
    total: LinearSum,
    *,
    size: Any | None,
    lower: float | None = None,
    upper: float | None = None,
) -> None:
    """Add lower * size <= total <= upper * size, where the size of a link is a variable; None: it is 1.

    A link whose start year is open has a size of 1 in the year that is chosen and 0 in the others, and with it goes
    everything its rows know of cost and cash.

    Raises
    ------
    ValueError   as `add_row`, and for a variable size with two bounds that differ
    """
    if size is not None:
        bounds = {float(bound) for bound in (lower, upper) if bound is not None and math.isfinite(bound)}
        if len(bounds) > 1:
            raise ValueError(f"{rows.local_name}{index}: a row of variable size has one bound or two equal ones")
        for bound in bounds:
            total.add(-bound, size)
        lower, upper = (None if bound is None or math.isinf(bound) else 0.0 for bound in (lower, upper))
    add_row(rows, index, total, lower=lower, upper=upper)


def new_rows(variables: Any = None) -> Any:
    """Return an empty family of rows, indexed by tuples of positions; those of some variables, where they are named."""
    return Constraint(AnyIndex if variables is None else variables.index_set())


def add_row(
    rows: Any, index: tuple[int, ...], total: LinearSum, *, lower: float | None = None, upper: float | None = None
) -> None:
    """Add lower <= total <= upper to a family; rows without terms or without a finite bound are left out.

    Raises
    ------
    ValueError
        If the row has no terms and cannot hold.
    """
    lower = None if lower is None or math.isinf(lower) else float(lower)
    upper = None if upper is None or math.isinf(upper) else float(upper)
    if lower is None and upper is None:
        return
    if not total.variables:
        if (lower or 0.0) > 0.0 or (upper or 0.0) < 0.0:
            raise ValueError(f"{rows.local_name}{index}: no variable can meet the row")
        return
    if lower is None:  # a relation made here is what Pyomo would make of (lower, body, upper), in a fifth of the time
        rows[index] = InequalityExpression((total, upper), False)
    elif upper is None:
        rows[index] = InequalityExpression((lower, total), False)
    elif lower == upper:
        rows[index] = EqualityExpression((total, lower))
    else:
        rows[index] = RangedExpression((lower, total, upper), (False, False))
