"""A made-up portfolio of any size, with links that start in different years."""

from __future__ import annotations

import numpy as np

from solvers import (
    Countries,
    Eligibility,
    FinancingProblem,
    FinancingRules,
    Instrument,
    InstrumentKind,
    Links,
    Sections,
    Windows,
)
from tests.solvers.cases import Terms, loan_factors

FAMILIES = (
    (InstrumentKind.GRANT, {"is_tied": True, "grant_element": 1.0, "subsidy_share": 1.0}),
    (
        InstrumentKind.DEBT,
        {"is_project_serviced": False, "is_tied": True, "is_ppg": True, "grant_element": 0.4, "subsidy_share": 0.5},
    ),
    (InstrumentKind.DEBT, {"is_tied": True, "is_ppg": True, "grant_element": 0.3, "subsidy_share": 0.4}),
    (InstrumentKind.DEBT, {"is_private": True, "front_end_fee": 0.01, "commitment_fee": 0.005}),
    (InstrumentKind.DEBT, {"is_private": True, "is_hard_currency": False, "front_end_fee": 0.01}),
    (InstrumentKind.EQUITY, {"is_private": True}),
    (InstrumentKind.IRU, {"is_private": True}),
)


def build_portfolio(
    *, links: int, instruments: int, seed: int, years: int = 25, countries: int = 6
) -> FinancingProblem:
    """Two sections per link, up to five construction years, one window per country and public source."""
    generator = np.random.default_rng(seed)
    sources = tuple(
        Instrument(id=f"i{i}", name=f"source {i}", kind=FAMILIES[i % 7][0], **FAMILIES[i % 7][1])
        for i in range(instruments)
    )
    service, interest = np.zeros((2, instruments, years, years))
    for position, source in enumerate(sources):
        if source.kind is InstrumentKind.DEBT:
            rate, tenor = generator.uniform(0.01, 0.1), int(generator.integers(10, 17))
            terms = Terms(rate=rate, tenor_years=min(tenor, years - 8), grace_years=5)  # repaid by the horizon
            service[position], interest[position] = loan_factors(terms, years, 0.5)
    first = generator.integers(0, 3, links)
    last = first + generator.integers(0, 5, links)
    calendar = np.arange(years)
    building = (calendar >= first[:, None]) & (calendar <= last[:, None])
    cost = np.where(building, generator.uniform(3, 15, (links, years)), 0.0)
    cash = np.where(calendar > last[:, None], generator.uniform(0.2, 5, (links, 1)) * np.linspace(0.6, 1.4, years), 0.0)
    share = generator.uniform(0.2, 0.8, links)
    section_cost = np.stack([cost.sum(axis=1) * share, cost.sum(axis=1) * (1.0 - share)], axis=1).ravel()
    public = [i for i in range(instruments) if i % 7 < 4]
    charge = np.zeros((len(public) * countries, instruments, countries))
    for window in range(len(charge)):
        charge[window, public[window // countries], window % countries] = 1.0
    eligible = (generator.random((2 * links, instruments)) < 0.6)[:, :, None] & np.ones(years, dtype=bool)
    eligible[:, :, 6:] &= generator.random((2 * links, instruments, 1)) < 0.8
    eligible &= ~((calendar > 7) & np.array([each.is_private for each in sources])[:, None])
    return FinancingProblem(
        years=2026 + calendar,
        links=Links(
            ids=tuple(f"link{n}" for n in range(links)),
            first_construction_year=first,
            last_construction_year=last,
            planned_cost_musd=cost,
            lender_cfads_musd=0.8 * cash - 0.1 * (calendar == last[:, None] + 1),
            expected_cfads_musd=cash,
            lender_hard_currency_cash_musd=0.6 * cash,
            tax_shield_rate=np.where(calendar > 10, 0.2, 0.0) * np.ones((links, 1)),
            dscr_target=np.full((links, years), 1.4),
            gearing_max=np.full(links, 0.65),
            private_share_min=np.zeros(links),
            sponsor_hurdle_rate=np.full(links, 0.16),
            lease_income_lost_per_iru=np.where(calendar > last[:, None], 0.1, 0.0),
        ),
        sections=Sections(
            ids=tuple(f"section{n}" for n in range(2 * links)),
            link=np.repeat(np.arange(links), 2),
            country=generator.integers(0, countries, 2 * links),
            cost_musd=section_cost,
            iru_presale_value_musd=generator.uniform(0, 5, 2 * links),
        ),
        countries=Countries(
            ids=tuple(f"country{n}" for n in range(countries)),
            concessionality_floor=np.where(np.arange(countries) % 2 == 0, 0.35, np.nan),
            sovereign_debt_allowed=np.arange(countries) > 0,
            ppg_present_value_headroom_musd=np.full(countries, 30.0),
            ppg_service_headroom_musd=np.full((countries, years), 3.0),
            ppp_exposure_cap_musd=np.full(countries, np.inf),
        ),
        instruments=sources,
        debt_service_per_draw=service,
        interest_per_draw=interest,
        eligibility=Eligibility(
            eligible=eligible,
            max_share_of_cost=np.full((2 * links, instruments), 0.8),
            minimum_commitment_musd=np.zeros((2 * links, instruments)),
        ),
        windows=Windows(
            ids=tuple(f"window{n}" for n in range(len(charge))),
            limit_musd=generator.uniform(0, 6, len(charge)),
            charge=charge,
        ),
        regional_windows=(),
        rules=FinancingRules(
            constant_usd_weight=1.02 ** -np.arange(1.0, years + 1.0),
            reserve_months=6.0,
            mid_year_share=0.5,
            hard_currency_cover=0.8,
            iru_fibre_share_max=0.5,
        ),
    )
