"""What one objective costs in terms of another: efficient plans, and other mixes that are nearly as good.

The frontier is found by AUGMECON2 (Mavrotas and Florios 2013): the gap is minimised while each other objective is held
at the points of a grid, with a small price on what it could still gain, so that every point is efficient; grid points
that a slack already covers are passed over. The alternatives are found by hop, skip and jump (Brill, Chang and Hopkins
1982): within a few per cent of the best gap, use as little as possible of what the plans found so far use.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from solvers.agreements import agreements_of
from solvers.draws import Draws, World
from solvers.financing_plan import FinancingPlan
from solvers.financing_problem import FinancingProblem, Floats
from solvers.search_settings import Limits, TwoStageOptions

if TYPE_CHECKING:
    from solvers.cut_search import CutSearch, Found

AXES = ("subsidy", "private_mobilisation")
PRICE_OF_SLACK = 1e-3  # of the best gap, for the whole range of an objective
POINT_TOLERANCE = 0.005
"""Distance of a plan with whole numbers from its bound that is enough here: points of a frontier lie further apart."""


@dataclass(frozen=True, slots=True)
class FrontierPoint:
    """An efficient plan.

    Attributes
    ----------
    risk_musd : what the search minimises, on the draws fitted to [constant musd]
    subsidy_musd, private_musd : [nominal musd]
    plan : the plan, with the record of its search
    held_musd : (axis, most) of the grid that the plan was held to, as the axis is minimised
    """

    risk_musd: float
    subsidy_musd: float
    private_musd: float
    plan: FinancingPlan
    held_musd: tuple[tuple[str, float], ...] = ()


class _Frontier:
    """One programme that answers for every point of the grid."""

    def __init__(
        self, problem: FinancingProblem, draws: Draws, options: TwoStageOptions, near_musd: Floats | None = None
    ) -> None:
        from solvers.cut_search import CutSearch

        self.options = options
        limits = Limits(gap_tolerance=options.gap_tolerance, seconds=options.seconds, memory_mb=options.memory_mb)
        self.search: CutSearch = CutSearch(
            problem,
            (World(draws),),
            options.risk,
            limits,
            whole_numbers=options.whole_numbers is not None,
            near_musd=near_musd,
        )
        self.whole_numbers = options.whole_numbers  # with the agreements of the point before as one way to round
        self.expressions = {name: self.search.model.level_expressions[name].expr for name in AXES}
        self.costs = {name: self.search.program.costs(total) for name, total in self.expressions.items()}

    def settle_points(self) -> None:
        """Take `POINT_TOLERANCE` from now on: the ends of the grid are found, its points may lie a little off."""
        if self.whole_numbers is not None:
            tolerance = max(self.whole_numbers.tolerance, POINT_TOLERANCE)
            self.whole_numbers = replace(self.whole_numbers, tolerance=tolerance, enough=1.0)

    def solve(self) -> tuple[Found, Floats]:
        """Return the best plan under the limits as they stand, with whole numbers where asked for."""
        from solvers.whole_numbers import agreements_made, free_whole_numbers, settle_whole_numbers

        if self.options.whole_numbers is not None:
            free_whole_numbers(self.search)
        found = self.search.minimise_gap()
        if self.whole_numbers is not None:
            found = settle_whole_numbers(self.search, found, self.whole_numbers)
            made = agreements_made(self.search, found.columns)
            self.whole_numbers = replace(self.whole_numbers, known_uses=made)
        return found, found.columns

    def value(self, name: str, columns: Floats) -> float:
        return float(self.costs[name] @ columns)

    def point(self, found: Found, columns: Floats) -> FrontierPoint:
        from solvers.two_stage import read_found

        risk, _ = self.search.respond(columns)
        pure = replace_risk(found, risk)
        plan = read_found(self.search, pure, columns, [risk], ())
        committed, instruments = plan.commitment_musd.sum(axis=0), self.search.problem.instruments
        subsidy = float(committed @ np.array([each.subsidy_share for each in instruments]))
        private = float(committed @ np.array([each.is_private for each in instruments]))
        return FrontierPoint(risk, subsidy, private, plan)


def replace_risk(found: Found, risk_musd: float) -> Found:
    """Return the record of a search with the risk alone, without the price of slack."""
    return replace(found, risk_musd=risk_musd, bound_musd=min(found.bound_musd, risk_musd))


def solve_frontier(
    problem: FinancingProblem,
    draws: Draws,
    options: TwoStageOptions,
    *,
    axes: tuple[str, ...] = ("subsidy",),
    points: int = 15,
) -> tuple[FrontierPoint, ...]:
    """Return efficient plans between the smallest gap and the best of each other objective.

    Parameters
    ----------
    axes : one or both of "subsidy" (as little as possible) and "private_mobilisation" (as much as possible)
    points : of the grid of each axis

    Returns
    -------
    points in the order of the grid; fewer than asked for where several grid points have the same plan

    Raises
    ------
    ValueError   an axis that is not known, or fewer than two points
    """
    if not axes or not set(axes) <= set(AXES) or len(set(axes)) != len(axes):
        raise ValueError(f"axes: choose among {', '.join(AXES)}")
    if points < 2:
        raise ValueError("points: at least two")
    frontier = _Frontier(problem, draws, options)
    ranges = [_range_of(frontier, axis) for axis in axes]
    best_gap = min(abs(low_gap) for low_gap, _, _ in ranges)
    charge = _charge(frontier, axes, ranges, best_gap)
    frontier.search.charge(charge, 1.0)
    _, columns = frontier.solve()  # of the plans with the smallest gap the one that is best in the other objectives
    worst = [frontier.value(axis, columns) for axis in axes]
    for axis in axes:
        frontier.search.program.limit(frontier.expressions[axis], np.inf)
    frontier.settle_points()
    grids = [np.linspace(best, end, points) for (_, best, _), end in zip(ranges, worst, strict=True)]
    found = _walk(frontier, axes, grids)
    frontier.search.stop_charging()
    return _distinct(found)


def solve_near(
    problem: FinancingProblem,
    draws: Draws,
    options: TwoStageOptions,
    plan: FinancingPlan,
    *,
    held_musd: tuple[tuple[str, float], ...] = (),
    price: float,
) -> FrontierPoint | None:
    """Return the plan with the smallest gap near to another one; None if there is none within what is held.

    Parameters
    ----------
    plan : the other one, for the same links and instruments; its agreements are one way to round
    held_musd : as in `FrontierPoint`
    price : [constant musd of gap per nominal musd] of what is left out of the other plan's draws
    """
    whole = options.whole_numbers
    if whole is not None:
        whole = replace(whole, known_uses=frozenset(agreements_of(problem, plan)))
    frontier = _Frontier(problem, draws, replace(options, whole_numbers=whole), near_musd=plan.draw_musd)
    frontier.search.charge(frontier.search.model.level_expressions["departure"].expr, price)
    for axis, most in held_musd:
        frontier.search.program.limit(frontier.expressions[axis], most)
    try:
        found, columns = frontier.solve()
    except RuntimeError:
        return None
    return replace(frontier.point(found, columns), held_musd=held_musd)


def _range_of(frontier: _Frontier, axis: str) -> tuple[float, float, float]:
    """Return the smallest risk, the best value of an objective, and its value in the plan of the smallest risk."""
    search = frontier.search
    found, columns = frontier.solve()
    from solvers.whole_numbers import free_whole_numbers

    if frontier.options.whole_numbers is not None:
        free_whole_numbers(search)
    best = search.program.minimise(frontier.expressions[axis])
    return found.risk_musd, best, frontier.value(axis, columns)


def _charge(frontier: _Frontier, axes: tuple[str, ...], ranges: list[tuple[float, float, float]], gap: float) -> Any:
    """A price so small that the gap is hardly touched, and large enough that no slack is left lying."""
    from solvers.blocks.linear_rows import LinearSum, add_expressions

    total = LinearSum()
    for rank, (axis, (_, best, worst)) in enumerate(zip(axes, ranges, strict=True)):
        price = PRICE_OF_SLACK * gap / max(abs(worst - best), 1e-9) * 10.0**-rank
        total = add_expressions(total, price, frontier.expressions[axis])
    return total


def _walk(frontier: _Frontier, axes: tuple[str, ...], grids: list[Floats]) -> list[FrontierPoint]:
    """Solve the grid, the last axis fastest; leave out the points that a slack of the last axis covers."""
    found: list[FrontierPoint] = []
    outer = grids[0][::-1] if len(axes) > 1 else np.array([np.inf])
    inner_axis, inner = axes[-1], grids[-1]
    step = abs(inner[1] - inner[0])
    for held in outer:
        if len(axes) > 1:
            frontier.search.program.move_limit(0, float(held))
        place = len(inner) - 1
        while place >= 0 and not frontier.search.limit_reached():
            frontier.search.program.move_limit(len(axes) - 1, float(inner[place]))
            frontier.search.program.purge_cuts(0.05 * abs(float(inner[place])) + 1.0)
            try:
                best, columns = frontier.solve()
            except RuntimeError:  # no plan this far: nor any further along this axis
                break
            limits = (float(held), float(inner[place]))[-len(axes) :]
            found.append(replace(frontier.point(best, columns), held_musd=tuple(zip(axes, limits, strict=True))))
            slack = float(inner[place]) - frontier.value(inner_axis, columns)
            place -= 1 + (int(slack / step) if step > 0.0 else 0)
    return found


def _distinct(points: list[FrontierPoint]) -> tuple[FrontierPoint, ...]:
    kept: list[FrontierPoint] = []
    for point in points:
        figures = np.array([point.risk_musd, point.subsidy_musd, point.private_musd])
        known = ([each.risk_musd, each.subsidy_musd, each.private_musd] for each in kept)
        if not any(np.allclose(figures, other, rtol=1e-6, atol=1e-6) for other in known):
            kept.append(point)
    return tuple(kept)


SMALLEST_GAP = "smallest gap, at any subsidy"  # one of the plans that have it; the frontier's is the cheapest of them


@dataclass(frozen=True, slots=True)
class Alternative:
    """A plan nearly as good as the best, and what makes it another one.

    Attributes
    ----------
    name : how it was asked for
    risk_musd : on the draws fitted to [constant musd]
    """

    name: str
    risk_musd: float
    plan: FinancingPlan


def solve_alternatives(
    problem: FinancingProblem, draws: Draws, options: TwoStageOptions, *, slack: float = 0.02, count: int = 4
) -> tuple[Alternative, ...]:
    """Return a plan with the smallest risk and different mixes whose risk is within a share of its.

    Parameters
    ----------
    slack : [-] of the smallest risk that may be given up
    count : mixes found by avoiding what the ones before use; the plans with least public debt, least subsidy and most
        private money within the slack come after them
    """
    from solvers.two_stage import read_found

    frontier = _Frontier(problem, draws, options)
    search = frontier.search
    found, best = frontier.solve()
    allowed = found.risk_musd * (1.0 + slack)
    search.program.limit(search.model.level_expressions["gap"].expr, found.risk_musd * (1.0 + 0.75 * slack))
    commitment = search.model.commitment
    used = np.zeros((len(problem.sections.ids), len(problem.instruments)))
    plans = [(SMALLEST_GAP, best)]
    wishes: list[tuple[str, Any]] = [(f"mix {n + 1}: shuns all used above", None) for n in range(count)]
    is_debt = np.tile([float(each.is_ppg) for each in problem.instruments], (len(problem.sections.ids), 1))
    wishes += [
        ("least public debt", _sum_of(commitment, is_debt.__getitem__)),
        ("least subsidy", frontier.expressions["subsidy"]),
        ("most private money", frontier.expressions["private_mobilisation"]),
    ]
    for name, wish in wishes:
        used += _amounts(search, problem, plans[-1][1]) > 1e-6
        total = wish if wish is not None else _sum_of(commitment, (used > 0.0).astype(np.float64).__getitem__)
        columns = _best_of_wish(frontier, total, allowed)
        if columns is not None:
            plans.append((name, columns))
    alternatives = []
    for name, columns in plans:
        risk, _ = search.respond(columns)
        plan = read_found(search, found, columns, [risk], ())
        alternatives.append(Alternative(name, risk, plan))
    return tuple(alternatives)


def _best_of_wish(frontier: _Frontier, total: Any, allowed_musd: float) -> Floats | None:
    """Return the plan that is best in an expression within the risk allowed, its agreements rounded in the best way."""
    from solvers.two_stage import minimise_holding_risk
    from solvers.whole_numbers import fix_each_rounding, free_whole_numbers

    search = frontier.search
    if frontier.options.whole_numbers is not None:
        free_whole_numbers(search)
    answer = minimise_holding_risk(search, total, allowed_musd)
    if answer is None or frontier.options.whole_numbers is None:
        return None if answer is None else answer[1]
    best, columns = np.inf, None
    for _ in fix_each_rounding(search, answer[1]):
        try:
            rounded = minimise_holding_risk(search, total, allowed_musd)
        except RuntimeError:  # these agreements cannot keep to the risk
            continue
        if rounded is not None and rounded[0] < best:
            best, columns = rounded[0], rounded[1]
    return columns


def _sum_of(variables: Any, weight: Any) -> Any:
    from solvers.blocks.linear_rows import LinearSum

    total = LinearSum()
    for use, variable in variables.items():
        total.add(weight(use), variable)
    return total


def _amounts(search: CutSearch, problem: FinancingProblem, columns: Floats) -> Floats:
    shape = (len(problem.sections.ids), len(problem.instruments))
    return np.append(columns, 0.0)[search.program.positions(search.model.commitment, shape)]
