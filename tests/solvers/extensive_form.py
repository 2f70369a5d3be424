"""The same question written out in full: one copy of account, reserve and gap for every draw, solved by scipy.

Only the rows of the plan come from the project's model; everything that concerns the draws is written here anew, with
variables for every balance instead of a closed form.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import scipy.sparse as sp
from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from solvers import Draws, FinancingProblem, InstrumentKind, RiskMeasure
from solvers.build_model import build_model
from solvers.model_sets import build_model_sets


@dataclass
class Programme:
    """A linear programme that grows: columns with bounds and costs, rows as triples."""

    lower: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    cost: list[float] = field(default_factory=list)
    whole: list[int] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    columns: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    row_lower: list[float] = field(default_factory=list)
    row_upper: list[float] = field(default_factory=list)

    def column(self, lower: float = 0.0, upper: float = np.inf, cost: float = 0.0, whole: int = 0) -> int:
        for values, value in ((self.lower, lower), (self.upper, upper), (self.cost, cost), (self.whole, whole)):
            values.append(value)  # type: ignore[attr-defined]
        return len(self.lower) - 1

    def row(self, terms: dict[int, float], lower: float = -np.inf, upper: float = np.inf) -> None:
        for column, value in terms.items():
            if column >= 0:
                self.rows.append(len(self.row_lower))
                self.columns.append(column)
                self.values.append(value)
        self.row_lower.append(lower)
        self.row_upper.append(upper)

    def solve(self, method: str = "highs", *, seconds: float | None = None) -> tuple[float, np.ndarray]:
        """Solve by scipy; TimeoutError if a linear programme has no answer in that many seconds."""
        shape = (len(self.row_lower), len(self.lower))
        matrix = sp.csr_array((self.values, (self.rows, self.columns)), shape=shape)
        lower, upper = np.array(self.row_lower), np.array(self.row_upper)
        if any(self.whole):
            found = milp(
                self.cost,
                integrality=self.whole,
                bounds=Bounds(self.lower, self.upper),
                constraints=LinearConstraint(matrix, lower, upper),
                options={"mip_rel_gap": 1e-9},
            )
            assert found.success, found.message
            return float(found.fun), found.x
        equal = lower == upper
        above, below = np.isfinite(upper) & ~equal, np.isfinite(lower) & ~equal
        answer: Any = linprog(
            self.cost,
            A_ub=sp.vstack([matrix[above], -matrix[below]]),
            b_ub=np.concatenate([upper[above], -lower[below]]),
            A_eq=matrix[equal],
            b_eq=upper[equal],
            bounds=list(zip(self.lower, self.upper, strict=True)),
            method=method,
            options={} if seconds is None else {"time_limit": seconds},
        )
        if answer.status == 1:
            raise TimeoutError(answer.message)
        assert answer.success, answer.message
        return float(answer.fun), answer.x


def solve_extensive(
    problem: FinancingProblem, draws: Draws, risk: RiskMeasure, *, whole_numbers: bool = False
) -> float:
    """Return the smallest risk of the gap over the draws [constant musd]."""
    return extensive_programme(problem, draws, risk, whole_numbers=whole_numbers).solve()[0]


def extensive_programme(
    problem: FinancingProblem, draws: Draws, risk: RiskMeasure, *, whole_numbers: bool = False
) -> Programme:
    """Return the programme written out in full."""
    programme, of = _plan_rows(problem, risk, whole_numbers)
    for column, cost in _risk_of(programme, of, problem, draws, risk).items():
        programme.cost[column] = cost
    return programme


def solve_extensive_regret(
    problem: FinancingProblem,
    worlds: list[Draws],
    best: list[float],
    risk: RiskMeasure,
    *,
    whole_numbers: bool = False,
) -> float:
    """Return the smallest largest regret over worlds whose best plans leave a known risk [constant musd]."""
    programme, of = _plan_rows(problem, risk, whole_numbers)
    regret = programme.column(-np.inf, np.inf, 1.0)
    for draws, smallest in zip(worlds, best, strict=True):
        programme.row(_risk_of(programme, of, problem, draws, risk) | {regret: -1.0}, upper=smallest)
    return programme.solve()[0]


def _risk_of(
    programme: Programme, of: dict[str, dict[Any, int]], problem: FinancingProblem, draws: Draws, risk: RiskMeasure
) -> dict[int, float]:
    """Add every draw to a programme and return the columns and coefficients whose sum is the risk."""
    count, weight = draws.count, problem.rules.constant_usd_weight
    tail = programme.column(-np.inf, np.inf)
    total = {tail: risk.tail_weight}
    excess_cost = risk.tail_weight / ((1.0 - risk.tail_level) * count)
    for s in range(count):
        gap = programme.column()
        total[gap] = (1.0 - risk.tail_weight) / count
        parts = {gap: -1.0}
        for link in range(len(problem.links.ids)):
            parts |= {column: float(weight[year]) for year, column in _works(programme, of, problem, draws, link, s)}
            parts |= {column: float(weight[year]) for year, column in _cash(programme, of, problem, draws, link, s)}
        programme.row(parts, 0.0, 0.0)
        if risk.tail_weight > 0.0:
            excess = programme.column()
            total[excess] = excess_cost
            programme.row({excess: 1.0, tail: 1.0, gap: -1.0}, lower=0.0)
    return total


def _plan_rows(
    problem: FinancingProblem, risk: RiskMeasure, whole_numbers: bool
) -> tuple[Programme, dict[str, dict[Any, int]]]:
    model = build_model(problem, build_model_sets(problem), risk, whole_numbers=whole_numbers)
    compiled = LinearStandardFormCompiler().write(model, mixed_form=True)
    programme = Programme()
    for variable in compiled.columns:
        lower, upper = variable.bounds
        programme.column(
            -np.inf if lower is None else lower, np.inf if upper is None else upper, whole=int(variable.is_integer())
        )
    matrix = compiled.A.tocoo()
    programme.rows, programme.columns = matrix.row.tolist(), matrix.col.tolist()
    programme.values = matrix.data.tolist()
    for entry, right in zip(compiled.rows, compiled.rhs, strict=True):
        programme.row_lower.append(float(right) if entry.bound_type <= 0 else -np.inf)
        programme.row_upper.append(float(right) if entry.bound_type >= 0 else np.inf)
    position = {id(variable): column for column, variable in enumerate(compiled.columns)}
    of = {
        name: {index: position.get(id(variable), -1) for index, variable in getattr(model, name).items()}
        for name in ("planned_sources", "debt_service", "opening_reserve", "commitment", "built")
    }
    return programme, of


def _works(
    programme: Programme, of: dict[str, dict[Any, int]], problem: FinancingProblem, draws: Draws, link: int, s: int
) -> list[tuple[int, int]]:
    """left[t] - left[t-1] - sources[t] - gap[t] = -cost[t], times the size of a link whose start year is open."""
    gaps, before = [], -1
    for year in range(len(problem.years)):
        gap, left = programme.column(), programme.column()
        cost = float(draws.cost_musd[link, year, s])
        source = of["planned_sources"].get((link, year), -1)
        size = of["built"].get(link, -1)
        right = 0.0 if size >= 0 else -cost
        programme.row({left: 1.0, before: -1.0, source: -1.0, gap: -1.0, size: cost}, right, right)
        gaps.append((year, gap))
        before = left
    return gaps


def _cash(
    programme: Programme, of: dict[str, dict[Any, int]], problem: FinancingProblem, draws: Draws, link: int, s: int
) -> list[tuple[int, int]]:
    """reserve[t] <= reserve[t-1] + cash - service + gap ; reserve[t] <= target[t] ; zero before the opening."""
    last, months = int(problem.links.last_construction_year[link]), problem.rules.reserve_months
    presales = {
        column: float(draws.lease_income_lost_per_iru[link, :, s % draws.lease_income_lost_per_iru.shape[2]][0])
        for (section, instrument), column in of["commitment"].items()
        if problem.instruments[instrument].kind is InstrumentKind.IRU and problem.sections.link[section] == link
    }
    gaps, before = [], -1
    for year in range(len(problem.years)):
        gap, left = programme.column(), programme.column()
        lost = float(draws.lease_income_lost_per_iru[link, year, s % draws.lease_income_lost_per_iru.shape[2]])
        terms = {left: 1.0, before: -1.0, gap: -1.0, of["debt_service"].get((link, year), -1): 1.0}
        terms |= dict.fromkeys(presales, lost)
        size, cash = of["built"].get(link, -1), float(draws.cfads_musd[link, year, s])
        programme.row(terms | {size: -cash}, upper=0.0 if size >= 0 else cash)
        if year < last:
            programme.upper[left] = 0.0
            before = -1
        elif year == last:
            before = of["opening_reserve"].get(link, -1)
            programme.upper[left] = 0.0
        else:
            due = of["debt_service"].get((link, year + 1), -1)
            programme.row({left: 1.0, due: -months / 12.0}, upper=0.0)
            before = left
        gaps.append((year, gap))
    return gaps
