"""The Pyomo model as rows and columns: what Pyomo's own compiler finds, in a third of its time.

The body of every row is a `LinearSum`, two lists that need no walk over expressions.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import itemgetter
from typing import Any, NamedTuple

import highspy
import numpy as np
from numpy.typing import NDArray
from pyomo.environ import Constraint, Objective, Var

from solvers.errors import SolverError
from solvers.financing_problem import Floats


class Row(NamedTuple):
    """One row: its family and indices in the Pyomo model, and its bounds."""

    family: str
    indices: tuple[int, ...]
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class TranslatedModel:
    """A model in the form solvers take.

    Attributes
    ----------
    variables : those in any row or in the objective, column by column
    lower, upper : (columns,) their bounds, which are those of their family
    rows : in the order of the model
    starts : (rows,) where the terms of each row begin
    columns, coefficients : of every term
    """

    variables: list[Any]
    lower: Floats
    upper: Floats
    rows: tuple[Row, ...]
    starts: NDArray[np.int32]
    columns: NDArray[np.int32]
    coefficients: Floats

    def pass_to(self, highs: highspy.Highs) -> None:
        """Give the model to HiGHS, with costs of zero.

        Raises
        ------
        SolverError   HiGHS does not take it: a variable is twice in a row
        """
        count = len(self.variables)
        status = highs.passModel(
            count,
            len(self.rows),
            len(self.columns),
            int(highspy.MatrixFormat.kRowwise),
            int(highspy.ObjSense.kMinimize),
            0.0,
            np.zeros(count),
            self.lower,
            self.upper,
            np.array([row.lower for row in self.rows]),
            np.array([row.upper for row in self.rows]),
            self.starts,
            self.columns,
            self.coefficients,
            np.full(count, int(highspy.HighsVarType.kContinuous), dtype=np.int32),
        )
        if status == highspy.HighsStatus.kError:
            raise SolverError("HiGHS did not take the model")


def translate_model(model: Any) -> TranslatedModel:
    """Translate a model all of whose rows are made by `linear_rows.add_row`."""
    rows: list[Row] = []
    starts: list[int] = []
    terms: list[Any] = []
    coefficients: list[float] = []
    for family in model.component_objects(Constraint, active=True):
        name = family.local_name
        for indices, row in sorted(family.items(), key=itemgetter(0)):
            lower, body, upper = row.to_bounded_expression()
            lower = -highspy.kHighsInf if lower is None else lower
            upper = highspy.kHighsInf if upper is None else upper
            rows.append(Row(name, indices, lower, upper))
            starts.append(len(terms))
            terms += body.variables
            coefficients += body.coefficients
    costed = [variable for each in model.component_data_objects(Objective) for variable in each.expr.variables]
    variables, bounds, columns = _place(model, costed + terms)
    return TranslatedModel(
        variables=variables,
        lower=bounds[:, 0],
        upper=bounds[:, 1],
        rows=tuple(rows),
        starts=np.array(starts, dtype=np.int32),
        columns=columns[len(costed) :],
        coefficients=np.array(coefficients, dtype=np.float64),
    )


def _place(model: Any, terms: list[Any]) -> tuple[list[Any], Floats, NDArray[np.int32]]:
    """Give the variables of some terms their columns: family by family, in the order in which the terms come to them.

    Returns
    -------
    the variables column by column, their bounds (columns, 2), and the column of every term
    """
    families = [family for family in model.component_objects(Var) if len(family)]
    members = [variable for family in families for variable in family.values()]
    place_of = {id(variable): place for place, variable in enumerate(members)}
    placed = np.fromiter(map(place_of.__getitem__, map(id, terms)), np.int64, len(terms))
    family_of = np.repeat(np.arange(len(families)), [len(family) for family in families])
    first_term = np.full(len(families), len(terms))
    np.minimum.at(first_term, family_of[placed], np.arange(len(terms)))
    is_used = np.zeros(len(members), dtype=bool)
    is_used[placed] = True
    order = np.argsort(first_term[family_of], kind="stable")
    order = order[is_used[order]]
    column_of = np.empty(len(members), dtype=np.int32)
    column_of[order] = np.arange(len(order))
    bounds = np.array([_bounds(next(iter(family.values()))) for family in families])
    return [members[place] for place in order.tolist()], bounds[family_of[order]], column_of[placed]


def _bounds(variable: Any) -> tuple[float, float]:
    lower, upper = variable.bounds
    return -highspy.kHighsInf if lower is None else lower, highspy.kHighsInf if upper is None else upper
