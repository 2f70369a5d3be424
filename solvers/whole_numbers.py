"""Settle what is there or is not there, with a proven distance from the best that can be.

The plan with broken numbers is a bound: no plan with whole ones has a smaller gap. Rounding it in a few ways and
solving again gives plans with whole numbers, often close enough to the bound to be done. Where they are not, HiGHS
branches on the programme with all cuts found so far; each of its plans meets the draws, gives new cuts, and raises the
bound.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from solvers.agreements import group_of, lenders_of
from solvers.cut_search import CutSearch, Found
from solvers.errors import SolverError
from solvers.financing_problem import FinancingProblem, Floats, Integers
from solvers.linear_program import WholeSettings
from solvers.model_sets import Use
from solvers.search_settings import WholeNumbers

ROUNDING = (0.5, 0.15, 0.9)
"""Numbers above one of these are rounded up: which plan rounds best is not known in advance."""
MOST_ROUNDS = 8  # of branching
TREE_PART = 0.25  # of the tolerance that a search tree may leave: its plans meet the draws afterwards, and get worse


@dataclass(frozen=True, slots=True)
class _Columns:
    """The whole-number columns and what they are."""

    positions: Integers
    tickets: Floats  # least amount behind the column, zero for other kinds
    keys: tuple[tuple[str, int] | None, ...]
    sides: tuple[frozenset[tuple[str, int]] | None, ...]  # agreements of the first side of a screen
    amounts: tuple[Integers, ...]  # columns of the commitments behind it
    options: tuple[Integers, ...]  # positions in this list of the start years of one link


def settle_whole_numbers(
    search: CutSearch, relaxed: Found, settings: WholeNumbers, *, charged_to_the_end: bool = True
) -> Found:
    """Return the best plan with whole numbers and its bound; the programme is left with these numbers fixed.

    Parameters
    ----------
    search : built with whole numbers, just minimised with broken ones
    relaxed : the plan with broken numbers and the bound it gives
    settings : how far to go
    charged_to_the_end : what is charged beside the risk counts in the answer, not only in the choice of roundings

    Raises
    ------
    SolverError   no plan with whole numbers was found
    """
    columns = _find_columns(search)
    if not len(columns.positions):
        if not charged_to_the_end:
            search.stop_charging()
        relaxed.whole_numbers = True
        return relaxed
    best: Found | None = None
    numbers = np.zeros(len(columns.positions))
    for chosen in _roundings(relaxed.columns, columns, settings):
        found = _solve_fixed(search, columns, chosen, relaxed.bound_musd)
        if found is not None and (best is None or found.risk_musd < best.risk_musd):
            best, numbers = found, chosen
        if best is not None and (search.out_of_time() or _is_close(search, best, settings, settings.enough)):
            break
    if best is None:
        raise SolverError("no plan with whole numbers was found: amounts agreed cannot be met with the tickets")
    if not charged_to_the_end:
        search.stop_charging()
    if not _is_close(search, best, settings):
        best, numbers = _branch(search, columns, best, numbers, settings)
    settled = _solve_fixed(search, columns, numbers, best.bound_musd)
    if settled is not None and (settled.risk_musd < best.risk_musd or not charged_to_the_end):
        best = Found(settled.columns, settled.risk_musd, best.bound_musd, best.ended)
    best.whole_numbers = True
    return best


def free_whole_numbers(search: CutSearch) -> None:
    """Let the whole numbers be broken again, for another question to the same programme."""
    positions = _find_columns(search).positions
    search.program.set_bounds(positions, np.zeros(len(positions)), np.ones(len(positions)))


def agreements_made(search: CutSearch, plan: Floats) -> frozenset[tuple[str, int]]:
    """Return the agreements of a plan with whole numbers, as `WholeNumbers.known_uses` takes them."""
    columns = _find_columns(search)
    pairs = zip(columns.keys, plan[columns.positions], strict=True)
    return frozenset(key for key, number in pairs if key is not None and number > 0.5)


def fix_each_rounding(search: CutSearch, plan: Floats) -> Iterator[None]:
    """Fix the whole numbers at one rounding of a plan after the other, for a caller who tries them."""
    columns = _find_columns(search)
    for numbers in _roundings(plan, columns, WholeNumbers()):
        search.program.set_bounds(columns.positions, numbers, numbers)
        yield


_found: WeakKeyDictionary[CutSearch, _Columns] = WeakKeyDictionary()


def _find_columns(search: CutSearch) -> _Columns:
    """Return the whole-number columns of a search, found once."""
    if search not in _found:
        _found[search] = _look_for_columns(search)
    return _found[search]


def _look_for_columns(search: CutSearch) -> _Columns:
    program, model, problem = search.program, search.model, search.problem
    positions: list[int] = []
    tickets, keys, sides, amounts = [], [], [], []
    lenders = lenders_of(problem)
    commitments = {use: program.position_of(variable) for use, variable in model.commitment.items()}
    places: dict[int, int] = {}
    for name in ("used", "present", "first_side", "built"):
        for index, variable in getattr(model, name).items():
            position = program.position_of(variable)
            if position < 0:
                continue
            if name == "built":
                places[index] = len(positions)
            is_ticket = name == "used"
            positions.append(position)
            tickets.append(problem.instruments[index[0]].minimum_ticket_musd if is_ticket else 0.0)
            keys.append((problem.instruments[index[0]].id, index[1]) if is_ticket else None)
            uses = _uses_behind(problem, lenders, commitments, name, index)
            agreed = frozenset((problem.instruments[lenders[use[1]]].id, group_of(problem, *use)) for use in uses)
            sides.append(agreed if name == "first_side" else None)
            amounts.append(np.array([commitments[use] for use in uses if commitments[use] >= 0], dtype=np.int64))
    options = tuple(np.array([places[link] for link in group]) for group in problem.rules.start_options)
    return _Columns(
        np.array(positions, dtype=np.int64), np.array(tickets), tuple(keys), tuple(sides), tuple(amounts), options
    )


def _uses_behind(
    problem: FinancingProblem, lenders: tuple[int, ...], commitments: Iterable[Use], name: str, index: Any
) -> list[Use]:
    """Return the uses whose amounts a whole-number column is about; none for the years of a link."""
    if name == "built":
        return []
    if name == "used":
        return [use for use in commitments if lenders[use[1]] == index[0] and group_of(problem, *use) == index[1]]
    chosen = (index[1],) if name == "present" else problem.rules.incompatible[index[1]][0]
    return [use for use in commitments if use[1] in chosen and problem.sections.link[use[0]] == index[0]]


def _roundings(plan: Floats, columns: _Columns, settings: WholeNumbers) -> list[Floats]:
    """Ways to round the plan, each once; the last one makes no agreement at all."""
    amounts = np.array([plan[each].sum() for each in columns.amounts])
    share = np.where(columns.tickets > 0.0, amounts / np.maximum(columns.tickets, 1e-12), amounts > 1e-9)
    ways = []
    if settings.known_uses:
        ways.append(_as_known(columns, settings.known_uses))
    ways += [(share >= threshold).astype(np.float64) for threshold in ROUNDING]
    ways.append(np.zeros(len(share)))
    distinct: dict[bytes, Floats] = {}
    for way in ways:
        for options in columns.options:  # the year that the plan with broken numbers builds most of
            way[options] = 0.0
            way[options[np.argmax(plan[columns.positions[options]])]] = 1.0
        distinct.setdefault(way.tobytes(), way)
    return list(distinct.values())


def _as_known(columns: _Columns, known: frozenset[tuple[str, int]]) -> Floats:
    """Round to agreements that are known: a screen keeps out the side that has none of them."""
    numbers = [
        float(bool(side & known)) if side is not None else float(key is None or key in known)
        for key, side in zip(columns.keys, columns.sides, strict=True)
    ]
    return np.array(numbers)


def _solve_fixed(search: CutSearch, columns: _Columns, numbers: Floats, bound_musd: float) -> Found | None:
    """Return the best plan with these whole numbers, under the bound of all; None if they contradict each other."""
    search.program.set_bounds(columns.positions, numbers, numbers)
    try:
        found = search.minimise_gap()
    except SolverError:
        return None
    return Found(found.columns, found.risk_musd, bound_musd, found.ended)


def _is_close(search: CutSearch, found: Found, settings: WholeNumbers, share: float = 1.0) -> bool:
    return found.risk_musd - found.bound_musd <= share * settings.tolerance * search.scale(found.risk_musd)


def _branch(
    search: CutSearch, columns: _Columns, best: Found, numbers: Floats, settings: WholeNumbers
) -> tuple[Found, Floats]:
    part = max(TREE_PART, 0.9 * settings.enough)
    ends = WholeSettings(relative_gap=part * settings.tolerance, nodes=settings.nodes)
    free = np.zeros(len(numbers)), np.ones(len(numbers))
    best.ended = "limit of rounds"
    for _ in range(MOST_ROUNDS):
        if search.limit_reached():
            best.ended = search.limit_reached()
            break
        search.program.set_bounds(columns.positions, *free)
        search.leave_time(must_answer=False)
        try:
            answer = search.program.minimise_whole(
                search.objective, columns.positions, search.with_stand_ins(best.columns), ends
            )
        except SolverError:
            best.ended = search.limit_reached() or "node limit"
            break
        bound = max(best.bound_musd, answer.bound)
        chosen = np.round(answer.columns[columns.positions])
        found = _solve_fixed(search, columns, chosen, bound)
        best.bound_musd = bound
        if found is not None and found.risk_musd < best.risk_musd:
            best, numbers = Found(found.columns, found.risk_musd, bound, best.ended), chosen
        if _is_close(search, best, settings):
            best.ended = "proven"
            break
        if not answer.is_proven:
            best.ended = search.limit_reached() or "node limit"
            break
    return best, numbers
