"""Order-free attribution of a total to the measures or members that bring it about."""

from __future__ import annotations

from math import factorial

import numpy as np

from simmodel.results.array_types import FloatArray, Numeric, as_floats


def shapley_values(*, coalition_value: Numeric) -> FloatArray:
    """Shapley value of every member from the value of every coalition.

    phi_m = sum over A without m of |A|! (n - |A| - 1)! / n! [v(A with m) - v(A)]

    Parameters
    ----------
    coalition_value : (..., 2^n)   value of the coalition whose member k is in it where bit k of the index is set;
        element 0 is the empty coalition. For a cost or gap to be reduced, pass its negative.

    Returns
    -------
    (..., n)   sums to v(all) - v(empty)

    Raises
    ------
    ValueError   when the last axis is not a power of two of at least 2

    References
    ----------
    Shapley, L. S., A value for n-person games, Contributions to the Theory of Games II, 1953.
    """
    value = as_floats(coalition_value)
    members = value.shape[-1].bit_length() - 1
    if members < 1 or value.shape[-1] != 1 << members:
        raise ValueError("coalition_value needs 2^n elements on its last axis, n >= 1")
    shapley = np.zeros((*value.shape[:-1], members))
    for member in range(members):
        for coalition in range(value.shape[-1]):
            if coalition >> member & 1:
                continue
            size = coalition.bit_count()
            weight = factorial(size) * factorial(members - size - 1) / factorial(members)
            shapley[..., member] += weight * (value[..., coalition | 1 << member] - value[..., coalition])
    return shapley


def sequential_contributions(*, coalition_value: Numeric, order: tuple[int, ...]) -> FloatArray:
    """Contribution of each member when they join in one given order.

    Parameters
    ----------
    coalition_value : (..., 2^n)   as in `shapley_values`
    order : members 0..n-1 in the order of joining

    Returns
    -------
    (..., n)   by member, not by order; sums to v(all) - v(empty)
    """
    value = as_floats(coalition_value)
    members = value.shape[-1].bit_length() - 1
    if sorted(order) != list(range(members)):
        raise ValueError("order must name every member once")
    gained = np.zeros((*value.shape[:-1], members))
    coalition = 0
    for member in order:
        joined = coalition | 1 << member
        gained[..., member] = value[..., joined] - value[..., coalition]
        coalition = joined
    return gained
