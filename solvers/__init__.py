"""Financing mix of a portfolio of links: a linear programme that leaves the smallest gap, and what the gap becomes.

Pyomo and HiGHS are loaded when a problem is solved, not when the package is imported.
"""

from solvers.agreements import agreements_of
from solvers.draws import Draws
from solvers.errors import SolverError
from solvers.explain import FinancingConflictError
from solvers.financing_plan import Conflict, ConstraintPrice, FinancingPlan, ObjectiveLevel, SearchRecord
from solvers.financing_problem import (
    Countries,
    Eligibility,
    FinancingProblem,
    FinancingRules,
    Links,
    RegionalWindow,
    Sections,
    Windows,
)
from solvers.frontier import Alternative, FrontierPoint, solve_alternatives, solve_frontier, solve_near
from solvers.instruments import Instrument, InstrumentKind, TicketScope
from solvers.recourse import RecourseInputs, RecourseOutcome, evaluate_recourse, funding_gap_shares, recourse_inputs
from solvers.resimulate import PlanCashFlow, cost_of_debt_musd, funding_need_musd, resimulate_plan
from solvers.risk import RiskMeasure
from solvers.robust import RobustPlan, solve_robust
from solvers.search_settings import TwoStageOptions, WholeNumbers
from solvers.solve_model import SolveOptions, explain_gap, solve_financing
from solvers.sponsor_value import equity_asked_per_draw, insured_hurdle, political_loss_at
from solvers.two_stage import solve_two_stage

__all__ = [
    "Alternative",
    "Conflict",
    "ConstraintPrice",
    "Countries",
    "Draws",
    "Eligibility",
    "FinancingConflictError",
    "FinancingPlan",
    "FinancingProblem",
    "FinancingRules",
    "FrontierPoint",
    "Instrument",
    "InstrumentKind",
    "Links",
    "ObjectiveLevel",
    "PlanCashFlow",
    "RecourseInputs",
    "RecourseOutcome",
    "RegionalWindow",
    "RiskMeasure",
    "RobustPlan",
    "SearchRecord",
    "Sections",
    "SolveOptions",
    "SolverError",
    "TicketScope",
    "TwoStageOptions",
    "WholeNumbers",
    "Windows",
    "agreements_of",
    "cost_of_debt_musd",
    "equity_asked_per_draw",
    "evaluate_recourse",
    "explain_gap",
    "funding_gap_shares",
    "funding_need_musd",
    "insured_hurdle",
    "political_loss_at",
    "recourse_inputs",
    "resimulate_plan",
    "solve_alternatives",
    "solve_financing",
    "solve_frontier",
    "solve_near",
    "solve_robust",
    "solve_two_stage",
]
