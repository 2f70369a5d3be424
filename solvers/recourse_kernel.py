"""The recourse of a plan in every draw and its exact subgradient, compiled.

Arrays of draws are (L, T, S), draws last: the loop over draws is the innermost one and runs as SIMD code, on blocks of
draws whose balances stay in the nearest cache. Years in which a draw lacks money are marked in the forward pass; the
backward pass turns the marks into what one more dollar of a year would have saved.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

import numba
import numpy as np

from solvers.financing_problem import Flags, Floats, Integers
from solvers.sturdy_cache import SturdyCache

CARRIES, LACKS, FULL = np.uint8(0), np.uint8(1), np.uint8(2)
"""Marks of a year: what is left waits, nothing is left, the reserve is at its target and the rest is paid out."""

BLOCK = 1024  # draws

Compiled = TypeVar("Compiled", bound=Callable[..., Any])


SETTINGS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": {"reassoc", "contract", "nsz"}}
"""Sums over draws may be taken in another order, so that they become SIMD code: slopes differ in their last bits from
one kind of processor to another, as does the path of the simplex method that uses them."""


def _part(function: Compiled) -> Compiled:
    """Make a function a part of the kernels that call it.

    It is inlined always: a copy of its own, with sums in another order, would stand for it in the process that compiles
    but not in those that load the kernel.
    """
    return numba.njit(function, forceinline=True, **SETTINGS)


def _compile(function: Compiled) -> Compiled:
    """Compile a kernel and keep the machine code on disk where there is a place for it."""
    kernel: Any = numba.njit(function, **SETTINGS)
    if not numba.config.DISABLE_JIT:
        with suppress(RuntimeError):  # no folder can be written: compile in every process
            kernel._cache = SturdyCache(function)
    compiled: Compiled = kernel
    return compiled


@_part
def _pay_works(
    balance: Floats, owed: Floats, mark: Any, cost: Floats, built: float, source: float, worth: float
) -> None:
    """One year of the construction account of a block of draws."""
    for s in range(len(balance)):
        left = balance[s] + source - built * cost[s]
        mark[s] = LACKS if left < 0.0 else CARRIES
        owed[s] += worth * max(-left, 0.0)
        balance[s] = max(left, 0.0)


@_part
def _pay_service(
    balance: Floats,
    owed: Floats,
    mark: Any,
    cash: Floats,
    lease_lost: Floats,
    built: float,
    sold: float,
    due: float,
    full: float,
    worth: float,
) -> None:
    """One year of the reserve account of a block of draws."""
    for s in range(len(balance)):
        left = balance[s] + built * cash[s] - sold * lease_lost[s] - due
        mark[s] = LACKS if left < 0.0 else (CARRIES if left < full else FULL)
        owed[s] += worth * max(-left, 0.0)
        balance[s] = min(max(left, 0.0), full)


@_compile
def run_forward(
    cost: Floats,
    cash: Floats,
    lease_lost: Floats,
    plan: Floats,
    service: Floats,
    target: Floats,
    presold: Floats,
    size: Floats,
    last: Integers,
    works_end: Integers,
    weight: Floats,
    gap: Floats,
    works_mark: Any,
    cash_mark: Any,
) -> None:
    """Run account and reserve of every link in every draw; fill gap (L, S) [constant musd] and the marks (L, T, S).

    Parameters
    ----------
    cost, cash : (L, T, S) [musd]
    lease_lost : (L, T, S) or (L, T, 1) [-] per musd presold
    plan, service, target : (L, T) [musd] money for the works, debt service, reserve target
    presold : (L,) [musd]
    size : (L,) [-] the share of the link that is built: 1, or 0 for a start year that is not chosen
    last : (L,) last construction year
    works_end : (L,) year from which on no draw builds and no money is planned
    weight : (T,) [-]
    """
    links, years, draws = cost.shape
    per_draw = lease_lost.shape[2] == draws
    for link in range(links):
        for start in range(0, draws, BLOCK):
            block = slice(start, min(start + BLOCK, draws))
            owed, balance = gap[link, block], np.zeros(block.stop - start)
            owed[:] = 0.0
            for year in range(works_end[link]):
                mark, spent = works_mark[link, year, block], cost[link, year, block]
                _pay_works(balance, owed, mark, spent, size[link], plan[link, year], weight[year])
            balance[:] = 0.0
            for year in range(years):
                due, sold, earned = service[link, year], presold[link], cash[link, year, block]
                lost = earned  # of no weight, where nothing is lost or all draws lose the same
                if per_draw and sold != 0.0:
                    lost = lease_lost[link, year, block]
                else:
                    due, sold = due + sold * lease_lost[link, year, 0], 0.0
                full = target[link, year] if year > last[link] else 0.0
                mark = cash_mark[link, year, block]
                _pay_service(balance, owed, mark, earned, lost, size[link], sold, due, full, weight[year])
                if year == last[link]:
                    balance[:] = target[link, year]


@_part
def _add_products(worth: Floats, tail: Floats, amount: Floats) -> tuple[float, float]:
    """Sum of worth times an amount over a block: plain, and under the weights of the tail."""
    plain, worst = 0.0, 0.0
    for s in range(len(worth)):
        product = worth[s] * amount[s]
        plain += product
        worst += tail[s] * product
    return plain, worst


@_part
def _add_up(worth: Floats, tail: Floats) -> tuple[float, float]:
    """Sum of worth over a block: plain, and under the weights of the tail."""
    plain, worst = 0.0, 0.0
    for s in range(len(worth)):
        plain += worth[s]
        worst += tail[s] * worth[s]
    return plain, worst


@_part
def _look_back_at_works(worth: Floats, mark: Any, tail: Floats, now: float) -> tuple[float, float]:
    """Take what a dollar in the construction account is worth one year back; return its sums, plain and of the tail."""
    plain, worst = 0.0, 0.0
    for s in range(len(worth)):
        kept = now if mark[s] == LACKS else worth[s]
        worth[s] = kept
        plain += kept
        worst += tail[s] * kept
    return plain, worst


@_part
def _look_back(worth: Floats, mark: Any, tail: Floats, now: float) -> tuple[float, float, float, float]:
    """Take what a dollar in the reserve is worth one year back.

    Returns
    -------
    sums over the block, plain and under the weights of the tail: of the worth, and of what full reserves pay out
    """
    plain, worst, plain_out, worst_out = 0.0, 0.0, 0.0, 0.0
    for s in range(len(worth)):
        out = worth[s] if mark[s] == FULL else 0.0
        waits = worth[s] - out  # not inside the choice: the loop is a sixth slower with it there
        kept = now if mark[s] == LACKS else waits
        worth[s] = kept
        plain += kept
        worst += tail[s] * kept
        plain_out += out
        worst_out += tail[s] * out
    return plain, worst, plain_out, worst_out


@_part
def _look_back_at_leases(
    worth: Floats, mark: Any, tail: Floats, lost: Floats, now: float
) -> tuple[float, float, float, float, float, float]:
    """Do as `_look_back`, in the same pass with the sums of the worth of the leases lost, which come last."""
    plain, worst, plain_out, worst_out, plain_lost, worst_lost = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for s in range(len(worth)):
        out = worth[s] if mark[s] == FULL else 0.0
        waits = worth[s] - out  # not inside the choice: the loop is a sixth slower with it there
        kept = now if mark[s] == LACKS else waits
        worth[s] = kept
        weighted = tail[s] * kept
        plain += kept
        worst += weighted
        plain_out += out
        worst_out += tail[s] * out
        plain_lost += kept * lost[s]
        worst_lost += weighted * lost[s]
    return plain, worst, plain_out, worst_out, plain_lost, worst_lost


@_compile
def run_backward(
    cost: Floats,
    cash: Floats,
    lease_lost: Floats,
    last: Integers,
    works_end: Integers,
    weight: Floats,
    works_mark: Any,
    cash_mark: Any,
    tail: Floats,
    year_slopes: Floats,
    link_slopes: Floats,
    lease_years: Flags,
    with_sizes: bool,
) -> None:
    """Add up subgradients of the gap of each link: the mean over draws, and the mean under the weights of the tail.

    Parameters
    ----------
    works_mark, cash_mark : (L, T, S) of `run_forward`
    tail : (S,) [-] weights of the draws, adding to 1
    year_slopes : (3, 2, L, T) zero at first; to plan, service and target; [:, 0] the mean, [:, 1] the tail
    link_slopes : (2, 2, L) zero at first; to presales and size, left so unless asked for
    lease_years : (L, T) where the slope to presales is wanted and leases can be lost
    """
    plan_slope, service_slope, target_slope = year_slopes
    presold_slope, size_slope = link_slopes
    links, years, draws = cost.shape
    per_draw = lease_lost.shape[2] == draws
    even = 1.0 / draws
    for link in range(links):
        for start in range(0, draws, BLOCK):
            block = slice(start, min(start + BLOCK, draws))
            rare = tail[block]
            worth = np.zeros(len(rare))  # of one more dollar at the end of the year before
            for year in range(works_end[link] - 1, -1, -1):
                plain, worst = _look_back_at_works(worth, works_mark[link, year, block], rare, weight[year])
                plan_slope[0, link, year] -= even * plain
                plan_slope[1, link, year] -= worst
                if with_sizes:
                    plain, worst = _add_products(worth, rare, cost[link, year, block])
                    size_slope[0, link] += even * plain
                    size_slope[1, link] += worst
            worth[:] = 0.0
            for year in range(years - 1, -1, -1):
                if year == last[link]:  # the reserve starts at its target, whatever was left
                    plain, worst = _add_up(worth, rare)
                    target_slope[0, link, year] -= even * plain
                    target_slope[1, link, year] -= worst
                    worth[:] = 0.0
                mark = cash_mark[link, year, block]
                if per_draw and lease_years[link, year]:
                    plain, worst, plain_out, worst_out, plain_lost, worst_lost = _look_back_at_leases(
                        worth, mark, rare, lease_lost[link, year, block], weight[year]
                    )
                    presold_slope[0, link] += even * plain_lost
                    presold_slope[1, link] += worst_lost
                else:
                    plain, worst, plain_out, worst_out = _look_back(worth, mark, rare, weight[year])
                    if lease_years[link, year]:
                        presold_slope[0, link] += even * plain * lease_lost[link, year, 0]
                        presold_slope[1, link] += worst * lease_lost[link, year, 0]
                service_slope[0, link, year] += even * plain
                service_slope[1, link, year] += worst
                if year >= last[link]:  # no reserve is kept before
                    target_slope[0, link, year] -= even * plain_out
                    target_slope[1, link, year] -= worst_out
                if with_sizes:
                    plain, worst = _add_products(worth, rare, cash[link, year, block])
                    size_slope[0, link] -= even * plain
                    size_slope[1, link] -= worst


@_part
def _select(values: Floats, place: int) -> float:
    """Return the value that would stand at a place if they were sorted; they are reordered.

    C. A. R. Hoare, Algorithm 65: find, Communications of the ACM 4 (1961).  NumPy's partition takes five seconds to
    compile.
    """
    first, last = 0, len(values) - 1
    while first < last:
        pivot, left, right = values[place], first, last
        while left <= right:
            while values[left] < pivot:
                left += 1
            while values[right] > pivot:
                right -= 1
            if left <= right:
                values[left], values[right] = values[right], values[left]
                left, right = left + 1, right - 1
        if right < place:
            first = left
        if place < left:
            last = right
    return values[place]


@_part
def _weigh(losses: Floats, most: float, taken: int) -> Floats:
    """Weigh the worst losses, as many as are taken: each with the most, the last of the smallest with the rest of 1.

    Returns
    -------
    (S,) [-]
    """
    least = _select(losses.copy(), len(losses) - taken)
    weights = np.zeros(len(losses))
    left, last = taken, 0
    for s in range(len(losses)):
        if losses[s] > least:
            weights[s] = most
            left -= 1
    for s in range(len(losses)):  # equal losses keep their order
        if losses[s] == least and left > 0:
            weights[s] = most
            left -= 1
            last = s
    weights[last] = 1.0 - (taken - 1) * most
    return weights


@_compile
def weigh_tail(losses: Floats, most: float, taken: int) -> Floats:
    """Weigh losses (S,) as `weigh_draws` does."""
    return _weigh(losses, most, taken)


@_compile
def weigh_draws(gap: Floats, most: float, taken: int) -> tuple[Floats, Floats, Floats]:
    """Weigh draws (S,) by the gap of the portfolio; return also the mean of each link (L,), even and so weighed.

    Parameters
    ----------
    gap : (L, S)
    most, taken : of `_weigh`
    """
    links, draws = gap.shape
    total = np.zeros(draws)
    for link in range(links):
        for s in range(draws):
            total[s] += gap[link, s]
    tail = _weigh(total, most, taken)
    mean, worst = np.zeros(links), np.zeros(links)
    for link in range(links):
        plain, rare = 0.0, 0.0
        for s in range(draws):
            plain += gap[link, s]
            rare += tail[s] * gap[link, s]
        mean[link], worst[link] = plain / draws, rare
    return tail, mean, worst
