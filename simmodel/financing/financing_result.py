"""What the financing stage gives back: the plan, the gap it leaves as a distribution, and the waterfall."""

from __future__ import annotations

from dataclasses import dataclass

from simmodel.financing.financing_tables import FinancingTable
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
    planned_gap_musd : gap of the plan on its planned cost and the lenders' path [constant musd]
    resimulated_gap_musd : the same, worked out again from the draws of money without the optimiser
    fitted_gap_musd : mean of the gap over the draws the plan was fitted to, at the tax it pays [constant musd]
    mean_gap_musd : mean of the gap over the fresh draws [constant musd]: what is published
    standard_error_musd : of that mean
    risk_musd, bound_musd : what the plan minimises on the fitted draws, and what no plan can beat [constant musd]
    rounds : how often the fitted draws were met
    ended : "proven", or the limit that ended the search
    tax_passes : plans that were made, each with the tax that the interest of the one before leaves
    tax_difference : [-] largest over the links of the change of CFADS between that tax and the tax the plan pays
    """

    name: str
    run: str
    planned_gap_musd: float
    resimulated_gap_musd: float
    fitted_gap_musd: float
    mean_gap_musd: float
    standard_error_musd: float
    risk_musd: float
    bound_musd: float
    rounds: int
    ended: str
    tax_passes: int
    tax_difference: float

    @property
    def optimism_musd(self) -> float:
        """Mean gap over fresh draws less that over the fitted ones [constant musd]."""
        return self.mean_gap_musd - self.fitted_gap_musd


@dataclass(frozen=True, slots=True)
class FinancingResult:
    """The financing of the portfolio with every measure, and what no money covers. Amounts in constant musd.

    S counts the fresh draws: those the plan was not fitted to.

    Attributes
    ----------
    fresh_draws : (S,) their numbers in the run
    fitted_draws : how many draws the plan was fitted to
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
    cases : the optima behind the waterfall
    plan : money by section and instrument
    planned_cost_musd, planned_sources_musd, funding_gap_musd, debt_service_musd, lender_cfads_musd,
    expected_cfads_musd, reserve_target_musd, operating_support_musd : (L, T) [nominal musd] of the plan
    prices : rows that hold the gap up, dearest first
    private_share : [-] of the money committed
    tables : cover of debt, sources and uses, proposed loans, fiscal commitments, packages by country
    key_figures : name -> number: private money per public money, grant element, subsidy, cover and return
    warnings : what a reader should know
    """

    fresh_draws: tuple[int, ...]
    fitted_draws: int
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
    tables: tuple[FinancingTable, ...]
    key_figures: dict[str, float]
    warnings: tuple[str, ...]
