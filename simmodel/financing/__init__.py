"""Financing stage: the only door to the optimiser."""

from simmodel.financing.finance_portfolio import finance_portfolio
from simmodel.financing.financing_result import CAUSES, FinancingCase, FinancingResult, PlanRow, WaterfallStep
from simmodel.financing.portfolio_cash import PortfolioCash, PortfolioPlan, RunCash, SectionTax

__all__ = [
    "CAUSES",
    "FinancingCase",
    "FinancingResult",
    "PlanRow",
    "PortfolioCash",
    "PortfolioPlan",
    "RunCash",
    "SectionTax",
    "WaterfallStep",
    "finance_portfolio",
]
