"""The Pyomo model as one persistent HiGHS linear program, with the way back from rows and columns to names."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np

from solvers.errors import SolverError
from solvers.financing_problem import Floats, Integers
from solvers.translate_model import Row, translate_model

WRONG_HIGHS_VERSIONS = ("1.14.0",)
NO_ANSWER = (highspy.HighsModelStatus.kUnknown, highspy.HighsModelStatus.kIterationLimit)
FEASIBILITY_TOLERANCE = 1e-9
DUAL_SIMPLEX, PRIMAL_SIMPLEX = 1, 4
PERTURBATIONS = ("dual_simplex_cost_perturbation_multiplier", "primal_simplex_bound_perturbation_multiplier")
"""HiGHS shakes costs and bounds against cycling, and then works the shaking off: half the steps of a warm start."""
STEPS_PER_LINE = 20  # of the simplex method for each row and column, before it counts as cycling


@dataclass(frozen=True, slots=True)
class Cut:
    """A plane from below: the sum of coefficients times columns is at least a bound."""

    positions: Integers
    coefficients: Floats
    lower: float


@dataclass(frozen=True, slots=True)
class WholeSettings:
    """When a search for whole numbers ends: at a distance from its bound, or after so many nodes of its tree."""

    relative_gap: float
    nodes: int


@dataclass(frozen=True, slots=True)
class WholeAnswer:
    """Columns with whole numbers, the bound no such columns can beat, and whether the gap asked for was reached."""

    columns: Floats
    bound: float
    is_proven: bool


class LinearProgram:
    """A translated model that is solved again and again: costs, bounds and rows may change, the translation stays.

    Attributes
    ----------
    rows : the rows of the model, in the order of HiGHS
    """

    def __init__(self, model: Any) -> None:
        translated = translate_model(model)
        self.rows, self._variables = translated.rows, translated.variables
        self._columns = {id(variable): position for position, variable in enumerate(self._variables)}
        self._highs = _new_highs()
        translated.pass_to(self._highs)
        self._be_quick()
        self._basis_is_known = False
        self._minimised: Any = None
        self._bounds_changed = False
        self._values = np.zeros(len(self._variables))
        self._added_is_cut: list[bool] = []  # of the rows after those of the model, in the order of HiGHS

    def minimise(self, total: Any) -> float:
        """Minimise a linear expression of the model and return its smallest value.

        New costs leave the last basis primal feasible, new bounds leave it dual feasible: each goes on with the simplex
        that profits.

        Raises
        ------
        SolverError
            If HiGHS proves no optimum.
        """
        if total is not self._minimised:
            self._set_costs(total)
        is_primal_feasible = self._basis_is_known and total is not self._minimised and not self._bounds_changed
        self._highs.setOptionValue("simplex_strategy", PRIMAL_SIMPLEX if is_primal_feasible else DUAL_SIMPLEX)
        self._minimised, self._bounds_changed = total, False
        went_on = self._basis_is_known
        status = self.run()
        if status in NO_ANSWER or (went_on and status == highspy.HighsModelStatus.kInfeasible):
            status = self._start_anew()  # from an old basis HiGHS has called a feasible programme infeasible
        if status not in (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kModelEmpty):
            raise SolverError(f"HiGHS ended with: {self._highs.modelStatusToString(status)}")
        return float(self._highs.getInfo().objective_function_value)

    def _start_anew(self) -> Any:
        """Solve from nothing, in one way after the other: for numerical trouble or cycling on the way from a basis."""
        status = highspy.HighsModelStatus.kUnknown
        self._be_patient()
        for strategy, presolve in ((DUAL_SIMPLEX, "on"), (PRIMAL_SIMPLEX, "on"), (DUAL_SIMPLEX, "off")):
            self._highs.clearSolver()
            self._highs.setOptionValue("simplex_strategy", strategy)
            self._highs.setOptionValue("presolve", presolve)
            self._highs.run()
            status = self._highs.getModelStatus()
            if status not in NO_ANSWER:
                break
        self._be_quick()
        self._basis_is_known = status == highspy.HighsModelStatus.kOptimal
        return status

    def _be_quick(self) -> None:
        """Leave perturbations out, and give up where the method seems to cycle without them."""
        for option in PERTURBATIONS:
            self._highs.setOptionValue(option, 0.0)
        steps = STEPS_PER_LINE * (len(self.rows) + len(self._variables))
        self._highs.setOptionValue("simplex_iteration_limit", steps)

    def _be_patient(self) -> None:
        for option in PERTURBATIONS:
            self._highs.setOptionValue(option, 1.0)
        self._highs.setOptionValue("simplex_iteration_limit", highspy.kHighsIInf)

    def run(self) -> Any:
        """Solve with the costs and bounds as they stand and return the status of HiGHS."""
        self._highs.setOptionValue("presolve", "off" if self._basis_is_known else "on")
        self._highs.run()
        status = self._highs.getModelStatus()
        self._basis_is_known = status == highspy.HighsModelStatus.kOptimal
        return status

    def allow_seconds(self, seconds: float | None) -> None:
        """Limit the time of the next solves together; None: no limit."""
        spent = self._highs.getRunTime()
        self._highs.setOptionValue("time_limit", highspy.kHighsInf if seconds is None else spent + seconds)

    def is_feasible(self) -> bool:
        """Tell whether any point meets every row and bound.

        Raises
        ------
        SolverError
            If HiGHS can tell neither.
        """
        status = self.run()
        if status in NO_ANSWER:
            status = self._start_anew()
        if status == highspy.HighsModelStatus.kOptimal:
            return True
        if status in (highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible):
            return False
        raise SolverError(f"HiGHS ended with: {self._highs.modelStatusToString(status)}")

    def value(self, variable: Any) -> float:
        """Return the value of a variable in the last solution; a variable in no row is zero."""
        position = self._columns.get(id(variable))
        return 0.0 if position is None else float(self._values[position])

    def read_solution(self) -> None:
        """Fetch the values of the last solution."""
        self._values = self.solution()

    def row_duals(self) -> Floats:
        """Return the change of the minimum per unit of right-hand side, for the rows of the model."""
        return np.asarray(self._highs.getSolution().row_dual, dtype=np.float64)[: len(self.rows)]

    def relax_row(self, position: int, amount: float) -> None:
        """Widen the bound of a row by an amount; zero restores it."""
        row = self.rows[position]
        self._highs.changeRowBounds(position, row.lower - amount, row.upper + amount)

    def limit(self, total: Any, upper: float) -> None:
        """Add the row total <= upper."""
        positions, coefficients = self._terms(total)
        self._highs.addRow(-highspy.kHighsInf, upper, len(positions), positions, coefficients)
        self._added_is_cut.append(False)

    def minimise_whole(self, total: Any, whole: Integers, start: Floats, settings: WholeSettings) -> WholeAnswer:
        """Minimise with whole numbers in some columns; afterwards they may be broken again.

        Parameters
        ----------
        total : linear expression of the model
        whole : columns
        start : a point to start from, column by column
        settings : when to stop

        Raises
        ------
        SolverError
            If HiGHS finds no point.
        """
        highs = self._highs
        self._set_costs(total)
        self._minimised = total
        kinds = [highspy.HighsVarType.kInteger] * len(whole)
        positions = whole.astype(np.int32)
        highs.changeColsIntegrality(len(whole), positions, np.array(kinds))
        for option, value in (
            ("presolve", "on"),
            ("mip_rel_gap", settings.relative_gap),
            ("mip_max_nodes", settings.nodes),
        ):
            highs.setOptionValue(option, value)
        point = highspy.HighsSolution()
        point.col_value = list(start)
        highs.setSolution(point)
        highs.run()
        info, status = highs.getInfo(), highs.getModelStatus()
        found = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
        answer = WholeAnswer(self.solution(), float(info.mip_dual_bound), status == highspy.HighsModelStatus.kOptimal)
        highs.changeColsIntegrality(len(whole), positions, np.array([highspy.HighsVarType.kContinuous] * len(whole)))
        self._basis_is_known = False
        if not found:
            raise SolverError(f"HiGHS ended with: {highs.modelStatusToString(status)}")
        return answer

    def move_limit(self, number: int, upper: float) -> None:
        """Change the upper end of the limit that was added as this number, from 0 on."""
        place = [place for place, is_cut in enumerate(self._added_is_cut) if not is_cut][number]
        self._highs.changeRowBounds(len(self.rows) + place, -highspy.kHighsInf, upper)

    def add_cuts(self, cuts: list[Cut]) -> None:
        """Add rows, sum of coefficient times column >= lower, which `purge_cuts` may take away again."""
        if not cuts:
            return
        sizes = [len(cut.positions) for cut in cuts]
        self._highs.addRows(
            len(cuts),
            np.array([cut.lower for cut in cuts]),
            np.full(len(cuts), highspy.kHighsInf),
            sum(sizes),
            np.cumsum([0, *sizes[:-1]]).astype(np.int32),
            np.concatenate([cut.positions for cut in cuts]).astype(np.int32),
            np.concatenate([cut.coefficients for cut in cuts]),
        )
        self._added_is_cut += [True] * len(cuts)

    def purge_cuts(self, slack: float) -> int:
        """Delete the cuts that the last solution meets with more than a slack; return how many are left."""
        first = len(self.rows)
        values = np.asarray(self._highs.getSolution().row_value)[first:]
        lower = np.asarray(self._highs.getLp().row_lower_)[first:]
        loose = np.array(self._added_is_cut, dtype=bool) & (values - lower > slack)
        if loose.any():
            positions = (first + np.flatnonzero(loose)).astype(np.int32)
            self._highs.deleteRows(len(positions), positions)
            self._added_is_cut = [kind for kind, gone in zip(self._added_is_cut, loose, strict=True) if not gone]
        return int(np.sum(self._added_is_cut))

    @property
    def limit_count(self) -> int:
        """Number of limits added."""
        return sum(not is_cut for is_cut in self._added_is_cut)

    @property
    def column_count(self) -> int:
        """Number of columns."""
        return len(self._variables)

    def position_of(self, variable: Any) -> int:
        """Return the column of a variable; -1 if it is in no row."""
        return self._columns.get(id(variable), -1)

    def positions(self, variables: Any, shape: tuple[int, ...]) -> Integers:
        """Return the columns of an indexed variable as an array; -1 where there is none."""
        columns = np.full(shape, -1, dtype=np.int64)
        for index, variable in variables.items():
            columns[index] = self._columns.get(id(variable), -1)
        return columns

    def costs(self, total: Any) -> Floats:
        """Return the coefficients of a linear expression, column by column."""
        positions, coefficients = self._terms(total)
        costs = np.zeros(len(self._variables))
        np.add.at(costs, positions, coefficients)
        return costs

    def solution(self) -> Floats:
        """Return the values of the columns in the last solution."""
        return np.asarray(self._highs.getSolution().col_value, dtype=np.float64)

    def keep_solution(self, values: Floats) -> None:
        """Take these values as the solution that `value` reads."""
        self._values = values

    def set_bounds(self, positions: Integers, lower: Floats, upper: Floats) -> None:
        """Replace the bounds of columns; the basis stays a good one to go on from."""
        self._highs.changeColsBounds(len(positions), positions.astype(np.int32), lower, upper)
        self._bounds_changed = True

    def close(self, variables: Iterable[Any]) -> None:
        """Fix variables at zero."""
        for variable in variables:
            position = self._columns.get(id(variable))
            if position is not None:
                self._highs.changeColBounds(position, 0.0, 0.0)
        self._basis_is_known = False

    def conflicting_rows(self) -> tuple[Row, ...]:
        """Return rows that cannot all hold, for a program that has just been found infeasible.

        Strategy 6: elasticity over the whole program, then reduction to an irreducible set. The light strategy (0)
        can return nothing. The set is one of possibly several.

        Raises
        ------
        SolverError
            If HiGHS names no row.
        """
        self._highs.setOptionValue("iis_strategy", 6)
        self._highs.setOptionValue("presolve", "off")
        _, iis = self._highs.getIis()
        conflicting = tuple(self.rows[position] for position in iis.row_index_ if position < len(self.rows))
        if not conflicting:
            raise SolverError("HiGHS found the demands contradictory but not which ones")
        return conflicting

    def _set_costs(self, total: Any) -> None:
        costs = self.costs(total)
        self._highs.changeColsCost(len(costs), np.arange(len(costs), dtype=np.int32), costs)

    def _terms(self, total: Any) -> tuple[Any, Floats]:
        known = [
            (self._columns[id(variable)], coefficient)
            for variable, coefficient in zip(total.variables, total.coefficients, strict=True)
            if id(variable) in self._columns
        ]
        positions = np.array([position for position, _ in known], dtype=np.int32)
        return positions, np.array([coefficient for _, coefficient in known], dtype=np.float64)


@contextmanager
def _silence() -> Iterator[None]:
    """Send the process's standard output nowhere: HiGHS greets on it before it can be told not to."""
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        yield
    finally:
        os.dup2(kept, 1)
        os.close(nowhere)
        os.close(kept)


def _new_highs() -> Any:
    with _silence():
        highs = highspy.Highs()
    if highs.version() in WRONG_HIGHS_VERSIONS:
        raise SolverError(f"highspy {highs.version()} gives wrong answers: install another version")
    for option, value in (
        ("output_flag", False),
        ("threads", 1),
        ("random_seed", 0),
        ("solver", "simplex"),
        ("primal_feasibility_tolerance", FEASIBILITY_TOLERANCE),
        ("dual_feasibility_tolerance", FEASIBILITY_TOLERANCE),
    ):
        highs.setOptionValue(option, value)
    return highs
