"""What the financing stage gives back: the plan, the gap it leaves as a distribution, and the waterfall."""

from __future__ import annotations

from dataclasses import dataclass

from simmodel.financing.portfolio_cash import Floats
from solvers import ConstraintPrice

CAUSES = ("unfunded_plan", "overrun_and_delay", "operating_shortfall")


@dataclass(frozen=True, slots=True)
class WaterfallStep:
    """One signed step of the waterfall [constant musd]; the first is the need, the last the residual, their sum."""

    step: str
    musd: float
    meaning: str


@dataclass(frozen=True, slots=True)
class PlanRow:
    """Money of one instrument in one section [nominal musd]; `draw_musd` by calendar year."""

    link: str
    country: str
    instrument: str
    name: str
    group: str
    is_private: bool
    commitment_musd: float
    grant_element: float
    draw_musd: tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True)
class FinancingCase:
    """The optimum under one set of measures.

    Attributes
    ----------
    name : commercial_today, commercial_reformed, with_risk_cover, all_money
    run : engine run whose cash flows it uses
    planned_gap_musd : gap of the linear programme on the lenders' path [constant musd]
    resimulated_gap_musd : the same, worked out again from the draws of money without the optimiser
    mean_gap_musd : mean of the gap over the engine's draws [constant musd]
    """

    name: str
    run: str
    planned_gap_musd: float
    resimulated_gap_musd: float
    mean_gap_musd: float


@dataclass(frozen=True, slots=True)
class FinancingResult:
    """The financing of the portfolio with every measure, and what no money covers. Amounts in constant musd.

    Attributes
    ----------
    link_ids, countries : L and C names
    years : (T,) calendar years
    need_musd : gap of the empty package without co-deployment and reforms, mean over draws
    gap_draws_musd : (S,) residual gap of each draw
    gap_by_link_musd : (L, S)
    gap_by_country_musd : (C, S)
    gap_by_year_musd : (T, S)
    gap_by_cause_musd : (causes, S) in the order of `CAUSES`
    mean_gap_by_link_year_musd : (L, T)
    mean_gap_by_link_country_cause : rows (link, country, cause, musd)
    probability_no_gap : share of draws whose gap is at most half a per cent of the need
    waterfall : need, signed steps, residual
    cases : the linear programmes behind the waterfall
    plan : money by section and instrument
    planned_cost_musd, planned_sources_musd, funding_gap_musd, debt_service_musd, lender_cfads_musd,
    expected_cfads_musd, reserve_target_musd, operating_support_musd : (L, T) [nominal musd] of the plan
    prices : rows that hold the gap up, dearest first
    private_share : [-] of the money committed
    warnings : what a reader should know
    """

    link_ids: tuple[str, ...]
    countries: tuple[str, ...]
    years: tuple[int, ...]
    need_musd: float
    gap_draws_musd: Floats
    gap_by_link_musd: Floats
    gap_by_country_musd: Floats
    gap_by_year_musd: Floats
    gap_by_cause_musd: Floats
    mean_gap_by_link_year_musd: Floats
    mean_gap_by_link_country_cause: tuple[tuple[str, str, str, float], ...]
    probability_no_gap: float
    waterfall: tuple[WaterfallStep, ...]
    cases: tuple[FinancingCase, ...]
    plan: tuple[PlanRow, ...]
    planned_cost_musd: Floats
    planned_sources_musd: Floats
    funding_gap_musd: Floats
    debt_service_musd: Floats
    lender_cfads_musd: Floats
    expected_cfads_musd: Floats
    reserve_target_musd: Floats
    operating_support_musd: Floats
    prices: tuple[ConstraintPrice, ...]
    private_share: float
    warnings: tuple[str, ...]
