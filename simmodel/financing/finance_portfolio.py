"""The one door of the financing stage: cash flows in, plan, gap and waterfall out."""

from __future__ import annotations

import numpy as np

from simmodel.financing.allocations import allocations_table
from simmodel.financing.cover_account import guarantees_table
from simmodel.financing.draw_split import DrawSplit, split_draws
from simmodel.financing.financing_result import CAUSES, FinancingResult, PlanRow
from simmodel.financing.funding_need import country_ids
from simmodel.financing.gap_waterfall import TAX_TOLERANCE, SolvedCase, solve_cases, waterfall
from simmodel.financing.link_debt import LinkDebt, cover_table, link_debt_table, links_debt
from simmodel.financing.portfolio_cash import Floats, PortfolioCash
from simmodel.financing.public_accounts import (
    country_packages_table,
    fiscal_table,
    package_figures,
    proposed_loans_table,
)
from simmodel.financing.sources_and_uses import sources_and_uses_table
from simmodel.scenario.schema import Scenario
from solvers import InstrumentKind, RecourseOutcome, funding_gap_shares

NO_GAP_SHARE = 0.005  # a gap of at most this share of the need counts as none


def finance_portfolio(scenario: Scenario, cash: PortfolioCash) -> FinancingResult:
    """Find the financing with the smallest gap, in the Declaration's order, and what it leaves unpaid in every draw.

    Parameters
    ----------
    scenario : terms, eligibility, envelopes and rules
    cash : cash flows of the candidate links in the four portfolio runs, and their planned cost

    Returns
    -------
    FinancingResult   the mean of `gap_draws_musd` is the last row of the waterfall

    Raises
    ------
    DataError       terms that an instrument needs are missing
    FinancingError  the rules and the amounts already agreed cannot all hold; the message names them
    """
    split = split_draws(cash.draws, scenario.financing.draws_in)
    cases = solve_cases(scenario, cash, split)
    steps = waterfall(cash, cases, split.fresh)
    final = cases[-1]
    plan, outcome, problem = final.plan, final.outcome, final.priced.problem
    gap = outcome.gap_musd
    need = steps[0].musd
    shares = _country_shares(cash, final)
    money = [row for row in plan_rows(final) if row.group != InstrumentKind.GUARANTEE.value]
    committed = sum(row.commitment_musd for row in money)
    private = sum(row.commitment_musd for row in money if row.is_private)
    debts = links_debt(final.judged, plan, final.run, final.leases, split.fresh)
    return FinancingResult(
        fresh_draws=tuple(range(split.fresh.start, split.fresh.stop)),
        fitted_draws=split.fitted_count,
        link_ids=problem.links.ids,
        countries=problem.countries.ids,
        years=tuple(int(year) for year in problem.years),
        need_musd=need,
        gap_draws_musd=gap,
        gap_by_link_musd=outcome.gap_by_link_musd,
        gap_by_country_musd=_by_country(outcome, shares),
        gap_by_year_musd=outcome.gap_by_year_musd,
        gap_by_cause_musd=np.array([part.sum(axis=0) for part in _parts(outcome)]),
        mean_gap_by_link_year_musd=outcome.mean_gap_by_link_year_musd,
        mean_gap_by_link_country_cause=_by_link_country_cause(final, shares),
        probability_no_gap=float(np.mean(gap <= NO_GAP_SHARE * need)),
        waterfall=steps,
        cases=tuple(case.summary for case in cases),
        plan=plan_rows(final),
        planned_cost_musd=problem.links.planned_cost_musd,
        planned_sources_musd=plan.planned_sources_musd,
        funding_gap_musd=plan.funding_gap_musd,
        debt_service_musd=plan.debt_service_musd,
        lender_cfads_musd=final.judged.links.lender_cfads_musd,
        expected_cfads_musd=final.judged.links.expected_cfads_musd,
        reserve_target_musd=plan.reserve_target_musd,
        operating_support_musd=plan.operating_support_musd,
        prices=plan.prices,
        private_share=private / committed if committed > 0.0 else 0.0,
        tables=(
            link_debt_table(debts),
            cover_table(tuple(int(year) for year in problem.years), debts),
            sources_and_uses_table(problem, plan),
            proposed_loans_table(scenario, final.priced, plan),
            fiscal_table(final.priced, plan, cash.us_index),
            country_packages_table(final.priced, plan),
            allocations_table(problem, plan),
            guarantees_table(scenario, final.priced, plan),
        ),
        key_figures=_key_figures(final, debts),
        warnings=_warnings(scenario, split, cases),
    )


def _key_figures(case: SolvedCase, debts: tuple[LinkDebt, ...]) -> dict[str, float]:
    """Whole portfolio; cover and return are means over the links that have debt or equity, weighted by it."""
    figures = package_figures(case.priced, case.plan, np.ones(len(case.priced.problem.sections.ids), dtype=bool))
    for name, value, weight in (
        ("dscr_average", "dscr_average", "debt_musd"),
        ("dscr_lender_minimum", "dscr_lender_minimum", "debt_musd"),
        ("llcr", "llcr", "debt_musd"),
        ("equity_irr", "equity_irr", "equity_musd"),
    ):
        pairs = [(getattr(each, value), getattr(each, weight)) for each in debts]
        known = [(number, size) for number, size in pairs if np.isfinite(number) and size > 0.0]
        total = sum(size for _, size in known)
        figures[name] = sum(number * size for number, size in known) / total if total > 0.0 else np.nan
    return figures


def plan_rows(case: SolvedCase) -> tuple[PlanRow, ...]:
    """Money of the plan by section and instrument; what is less than a dollar is left out."""
    problem, plan = case.priced.problem, case.plan
    rows = []
    for section, instrument in np.argwhere(plan.commitment_musd > 1e-6):
        offer = case.priced.offers[instrument]
        draws = plan.draw_musd[section, instrument]
        rows.append(
            PlanRow(
                link=problem.links.ids[problem.sections.link[section]],
                country=problem.countries.ids[problem.sections.country[section]],
                instrument=offer.instrument.id,
                name=offer.instrument.name,
                group=offer.instrument.kind.value,
                is_private=offer.instrument.is_private,
                commitment_musd=float(plan.commitment_musd[section, instrument]),
                grant_element=offer.instrument.grant_element,
                draw_musd=tuple(
                    (int(problem.years[year]), float(draws[year])) for year in np.flatnonzero(draws > 1e-6)
                ),
            )
        )
    return tuple(rows)


def _parts(outcome: RecourseOutcome) -> tuple[Floats, Floats, Floats]:
    return outcome.unfunded_plan_musd, outcome.overrun_musd, outcome.operating_shortfall_musd


def _country_shares(cash: PortfolioCash, case: SolvedCase) -> tuple[Floats, Floats]:
    """(C, L) each country's share of a link's funding gap and of its operating gap; both add to 1 over countries."""
    plan, problem = cash.plan, case.priced.problem
    countries = country_ids(plan)
    funding, operating = (np.zeros((len(countries), len(plan.link_ids))) for _ in range(2))
    for section, (link, country) in enumerate(zip(problem.sections.link, problem.sections.country, strict=True)):
        funding[country, link] += funding_gap_shares(problem, case.plan)[section]
        operating[country, link] += plan.section_cost_share[section]
    return funding, operating


def _by_country(outcome: RecourseOutcome, shares: tuple[Floats, Floats]) -> Floats:
    by_country = shares[0] @ outcome.works_musd + shares[1] @ outcome.operating_shortfall_musd
    return np.asarray(by_country, dtype=np.float64)


def _by_link_country_cause(case: SolvedCase, shares: tuple[Floats, Floats]) -> tuple[tuple[str, str, str, float], ...]:
    problem, rows = case.priced.problem, []
    for cause, part in zip(CAUSES, _parts(case.outcome), strict=True):
        share = shares[1] if cause == "operating_shortfall" else shares[0]
        mean = part.mean(axis=1)
        for country, link in np.argwhere(share > 0.0):
            rows.append(
                (
                    problem.links.ids[link],
                    problem.countries.ids[country],
                    cause,
                    float(share[country, link] * mean[link]),
                )
            )
    return tuple(rows)


def _warnings(scenario: Scenario, split: DrawSplit, cases: tuple[SolvedCase, ...]) -> tuple[str, ...]:
    unverified = sorted(name for name, row in scenario.instruments.items() if not row.verified)
    notes = ["grace and tenor of every loan are counted from each draw"]
    if not scenario.financing.whole_numbers:
        notes.append("least amounts of agreements are not heeded, and bonds not used (financing.whole_numbers)")
    if unverified:
        notes.append("terms recalled, not read in a source: " + ", ".join(unverified))
    if not scenario.financing.conditional_eligibility:
        notes.append("instruments whose eligibility is conditional are not used (financing.conditional_eligibility)")
    if not split.is_separate:
        notes.append("a single draw: the plan is fitted to the draw its gap is read on")
    notes += [
        f"the search for the plan of {case.summary.name} ended at the {case.summary.ended}: "
        f"{case.summary.risk_musd:.4g} musd found, no plan can do better than {case.summary.bound_musd:.4g}"
        for case in cases
        if case.summary.ended != "proven"
    ]
    notes += [
        f"the tax of the plan of {case.summary.name} differs from the tax it was made with by "
        f"{case.summary.tax_difference:.1%} of the cash flow of a link after {case.summary.tax_passes} passes; "
        "the gap is read at the tax it pays"
        for case in cases
        if case.summary.tax_difference >= TAX_TOLERANCE
    ]
    return tuple(notes)
