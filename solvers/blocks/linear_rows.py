"""Rows of the model as lists of coefficients, which Pyomo takes without walking an expression tree."""

from __future__ import annotations

import math
from typing import Any

from pyomo.core.expr.numeric_expr import LinearExpression
from pyomo.core.expr.relational_expr import EqualityExpression, InequalityExpression, RangedExpression
from pyomo.environ import Any as AnyIndex
from pyomo.environ import Constraint


class LinearSum:
    """A sum of coefficient times variable that grows; zero coefficients are left out."""

    __slots__ = ("coefficients", "variables")

    def __init__(self) -> None:
        self.coefficients: list[float] = []
        self.variables: list[Any] = []

    def add(self, coefficient: float, variable: Any) -> None:
        """Add one term."""
        if coefficient != 0.0:
            self.coefficients.append(float(coefficient))
            self.variables.append(variable)

    def add_all(self, coefficients: list[float], variables: list[Any]) -> None:
        """Add the terms of two lists of equal length, none of whose coefficients is zero."""
        self.coefficients += coefficients
        self.variables += variables

    def expression(self) -> Any:
        """Return the sum as a Pyomo expression."""
        return LinearExpression(constant=0.0, linear_coefs=self.coefficients, linear_vars=self.variables)


def add_expressions(first: Any, factor: float, second: Any) -> Any:
    """Return first + factor * second, for expressions of `LinearSum`."""
    return LinearExpression(
        constant=0.0,
        linear_coefs=[*first.linear_coefs, *(factor * coefficient for coefficient in second.linear_coefs)],
        linear_vars=[*first.linear_vars, *second.linear_vars],
    )


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
    """
    if size is None:
        add_row(rows, index, total, lower=lower, upper=upper)
        return
    bounds = [None if bound is None or math.isinf(bound) else float(bound) for bound in (lower, upper)]
    if bounds[0] is not None and bounds[0] == bounds[1]:
        total.add(-bounds[0], size)
        add_row(rows, index, total, lower=0.0, upper=0.0)
        return
    for bound, (low, high) in zip(bounds, ((0.0, None), (None, 0.0)), strict=True):
        if bound is not None:
            total.add(-bound, size)
            add_row(rows, index, total, lower=low, upper=high)


def new_rows() -> Any:
    """Return an empty family of rows, indexed by tuples of positions."""
    return Constraint(AnyIndex)


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
    body = total.expression()
    if lower is None:  # a relation made here is what Pyomo would make of (lower, body, upper), in a fifth of the time
        rows[index] = InequalityExpression((body, upper), False)
    elif upper is None:
        rows[index] = InequalityExpression((lower, body), False)
    elif lower == upper:
        rows[index] = EqualityExpression((body, lower))
    else:
        rows[index] = RangedExpression((lower, body, upper), (False, False))
