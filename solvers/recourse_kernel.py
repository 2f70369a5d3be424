"""The recourse of a plan in every draw and its exact subgradient, compiled.

Arrays of draws are (L, T, S), draws last: the loop over draws is the innermost one and runs as SIMD code. Years in
which a draw lacks money are marked in the forward pass; the backward pass turns the marks into what one more dollar of
a year would have saved.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba
import numpy as np

from solvers.financing_problem import Floats, Integers

CARRIES, LACKS, FULL = np.uint8(0), np.uint8(1), np.uint8(2)
"""Marks of a year: what is left waits, nothing is left, the reserve is at its target and the rest is paid out."""

Compiled = TypeVar("Compiled", bound=Callable[..., Any])


def _compile(function: Compiled) -> Compiled:
    """Compile a kernel and keep the machine code on disk where there is a place for it.

    Sums over draws may be taken in another order, so that they become SIMD code: slopes differ in their last bits from
    one kind of processor to another, as does the path of the simplex method that uses them.
    """
    settings: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": {"reassoc", "contract", "nsz"}}
    try:
        return numba.njit(function, cache=True, **settings)
    except RuntimeError:  # no folder can be written: compile in every process
        return numba.njit(function, **settings)


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
    balance = np.empty(draws)
    for link in range(links):
        balance[:] = 0.0
        gap[link, :] = 0.0
        built, sold = size[link], presold[link]
        for year in range(works_end[link]):
            source, worth = plan[link, year], weight[year]
            for s in range(draws):
                left = balance[s] + source - built * cost[link, year, s]
                works_mark[link, year, s] = LACKS if left < 0.0 else CARRIES
                gap[link, s] += worth * max(-left, 0.0)
                balance[s] = max(left, 0.0)
        balance[:] = 0.0
        for year in range(years):
            due, worth = service[link, year], weight[year]
            full = target[link, year] if year > last[link] else 0.0
            for s in range(draws):
                left = balance[s] + built * cash[link, year, s] - due
                if sold != 0.0:
                    left -= sold * lease_lost[link, year, s if per_draw else 0]
                cash_mark[link, year, s] = LACKS if left < 0.0 else (CARRIES if left < full else FULL)
                gap[link, s] += worth * max(-left, 0.0)
                balance[s] = min(max(left, 0.0), full)
            if year == last[link]:
                balance[:] = target[link, year]


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
    plan_slope: Floats,
    service_slope: Floats,
    target_slope: Floats,
    presold_slope: Floats,
    size_slope: Floats,
    presold_links: Any,
    with_sizes: bool,
) -> None:
    """Add up subgradients of the gap of each link: the mean over draws, and the mean under the weights of the tail.

    Parameters
    ----------
    works_mark, cash_mark : (L, T, S) of `run_forward`
    tail : (S,) [-] weights of the draws, adding to 1
    plan_slope, service_slope, target_slope : (2, L, T) filled; [0] the mean, [1] the tail
    presold_slope, size_slope : (2, L) filled; left at zero unless asked for
    presold_links : (L,) links whose slope to presales is wanted
    """
    links, years, draws = cost.shape
    per_draw = lease_lost.shape[2] == draws
    even = 1.0 / draws
    worst_draws = np.flatnonzero(tail)
    worth = np.empty(draws)  # of one more dollar at the end of the year before
    for link in range(links):
        worth[:] = 0.0
        for year in range(works_end[link] - 1, -1, -1):
            mean, worst, mean_size, worst_size = 0.0, 0.0, 0.0, 0.0
            for s in range(draws):
                now = weight[year] if works_mark[link, year, s] == LACKS else worth[s]
                worth[s] = now
                mean += now
            for w in worst_draws:
                worst += tail[w] * worth[w]
            if with_sizes:
                for s in range(draws):
                    mean_size += worth[s] * cost[link, year, s]
                for w in worst_draws:
                    worst_size += tail[w] * worth[w] * cost[link, year, w]
            plan_slope[0, link, year], plan_slope[1, link, year] = -even * mean, -worst
            size_slope[0, link] += even * mean_size
            size_slope[1, link] += worst_size
        worth[:] = 0.0
        for year in range(years - 1, -1, -1):
            mean, worst, mean_full, worst_full = 0.0, 0.0, 0.0, 0.0
            mean_size, worst_size = 0.0, 0.0
            if year == last[link]:  # the reserve starts at its target, whatever was left
                for s in range(draws):
                    mean_full += worth[s]
                for w in worst_draws:
                    worst_full += tail[w] * worth[w]
                worth[:] = 0.0
            for w in worst_draws:
                if cash_mark[link, year, w] == FULL:
                    worst_full += tail[w] * worth[w]
            for s in range(draws):
                mark = cash_mark[link, year, s]
                paid_out = worth[s] if mark == FULL else 0.0
                now = weight[year] if mark == LACKS else worth[s] - paid_out
                worth[s] = now
                mean_full += paid_out
                mean += now
            for w in worst_draws:
                worst += tail[w] * worth[w]
            if presold_links[link]:
                lost = 0.0
                for s in range(draws):
                    lost += worth[s] * lease_lost[link, year, s if per_draw else 0]
                presold_slope[0, link] += even * lost
                for w in worst_draws:
                    presold_slope[1, link] += tail[w] * worth[w] * lease_lost[link, year, w if per_draw else 0]
            if with_sizes:
                for s in range(draws):
                    mean_size += worth[s] * cash[link, year, s]
                for w in worst_draws:
                    worst_size += tail[w] * worth[w] * cash[link, year, w]
                size_slope[0, link] -= even * mean_size
                size_slope[1, link] -= worst_size
            service_slope[0, link, year], service_slope[1, link, year] = even * mean, worst
            if year >= last[link]:  # no reserve is kept before
                target_slope[0, link, year], target_slope[1, link, year] = -even * mean_full, -worst_full
