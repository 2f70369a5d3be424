"""The translation of the model against Pyomo's own compiler, and rows as Pyomo expressions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import highspy
import numpy as np
import pytest
import scipy.sparse as sp
from pyomo.environ import ConcreteModel, Objective, Var, value
from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler

from solvers import FinancingProblem, RiskMeasure
from solvers.blocks.linear_rows import LinearSum, add_row, add_sized_row, new_rows
from solvers.build_model import build_model
from solvers.errors import SolverError
from solvers.model_sets import build_model_sets
from solvers.translate_model import TranslatedModel, translate_model
from tests.solvers.cases import two_country_case
from tests.solvers.portfolio import build_portfolio

RISK = RiskMeasure(0.5, 0.9)


def with_everything(seed: int) -> FinancingProblem:
    """Tickets, few financiers, lenders apart, two start years and sculpted loans."""
    problem = build_portfolio(links=4, instruments=12, seed=seed)
    instruments = [
        replace(each, minimum_ticket_musd=0.5 + 0.1 * place) for place, each in enumerate(problem.instruments)
    ]
    instruments[3] = replace(instruments[3], sculpted_rate=0.06, sculpted_tenor_years=9)
    rules = replace(problem.rules, financiers_max=4, start_options=((0, 1),), incompatible=(((2,), (9,)),))
    return replace(problem, instruments=tuple(instruments), rules=rules)


def matrix_of(translated: TranslatedModel) -> sp.csr_array:
    ends = np.append(translated.starts, len(translated.columns))
    shape = (len(translated.rows), len(translated.variables))
    return sp.csr_array((translated.coefficients, translated.columns, ends), shape=shape)


def models() -> dict[str, Any]:
    plain, whole = build_portfolio(links=5, instruments=14, seed=3), with_everything(2)
    hand = two_country_case()
    return {
        "plan on its own path": build_model(hand, build_model_sets(hand)),
        "plan over draws": build_model(plain, build_model_sets(plain), RISK),
        "whole numbers": build_model(whole, build_model_sets(whole), RISK, whole_numbers=True),
        "two worlds": build_model(plain, build_model_sets(plain), RISK, best_musd=(1.0, 2.0)),
    }


@pytest.mark.parametrize("name", ["plan on its own path", "plan over draws", "whole numbers", "two worlds"])
def test_translation_is_that_of_pyomo(name: str) -> None:
    model = models()[name]
    translated, compiled = translate_model(model), LinearStandardFormCompiler().write(model, mixed_form=True)
    assert [id(variable) for variable in translated.variables] == [id(variable) for variable in compiled.columns]
    bounds = [
        (lower if np.isfinite(lower) else None, upper if np.isfinite(upper) else None)
        for lower, upper in zip(translated.lower.tolist(), translated.upper.tolist(), strict=True)
    ]
    assert bounds == [variable.bounds for variable in translated.variables]
    families = [entry.constraint.parent_component().local_name for entry in compiled.rows]
    assert [row.family for row in translated.rows] == families
    assert [row.indices for row in translated.rows] == [entry.constraint.index() for entry in compiled.rows]
    assert (matrix_of(translated) != compiled.A).nnz == 0
    for row, entry, bound in zip(translated.rows, compiled.rows, compiled.rhs, strict=True):
        expected = {0: (bound, bound), 1: (-highspy.kHighsInf, bound), -1: (bound, highspy.kHighsInf)}
        assert (row.lower, row.upper) == expected[entry.bound_type]


def test_highs_holds_the_matrix_that_was_translated() -> None:
    translated, highs = translate_model(models()["whole numbers"]), highspy.Highs()
    highs.setOptionValue("output_flag", False)
    translated.pass_to(highs)
    program = highs.getLp()
    held = program.a_matrix_
    shape = (program.num_row_, program.num_col_)
    assert (sp.csc_array((held.value_, held.index_, held.start_), shape=shape) != matrix_of(translated)).nnz == 0
    assert [variable.bounds for variable in translated.variables] == [
        tuple(None if np.isinf(bound) else bound for bound in bounds)
        for bounds in zip(program.col_lower_, program.col_upper_, strict=True)
    ]


def one_row(*places: int) -> Any:
    model = ConcreteModel()
    model.x = Var(range(3))
    total = LinearSum()
    for place in places:
        total.add(2.0 + place, model.x[place])
    model.rows = new_rows()
    add_row(model.rows, (0,), total, upper=1.0)
    model.least = Objective(expr=total)
    return model


def test_a_variable_twice_in_a_row_is_not_passed_over() -> None:
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    with pytest.raises(SolverError, match="did not take"):
        translate_model(one_row(1, 1)).pass_to(highs)


def test_a_row_is_a_pyomo_expression() -> None:
    """Values, words and the variables of no row: what Pyomo says of a row is what was put in."""
    model = one_row(0, 2)
    model.x[0].value, model.x[2].value = 3.0, 5.0
    assert value(model.rows[(0,)].body) == 2.0 * 3.0 + 4.0 * 5.0
    assert str(model.rows[(0,)].expr) == "2.0*x[0] + 4.0*x[2]  <=  1.0"
    assert [variable.name for variable in translate_model(model).variables] == ["x[0]", "x[2]"]


def test_a_row_of_variable_size_has_one_bound() -> None:
    model = one_row(0)
    total = LinearSum()
    total.add(1.0, model.x[1])
    with pytest.raises(ValueError, match="one bound"):
        add_sized_row(model.rows, (1,), total, size=model.x[2], lower=1.0, upper=2.0)
