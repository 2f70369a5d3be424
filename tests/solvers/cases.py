"""Small financing problems for the tests; every number is made up unless a test says otherwise."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from solvers import (
    Countries,
    Eligibility,
    FinancingProblem,
    FinancingRules,
    Instrument,
    InstrumentKind,
    Links,
    RegionalWindow,
    Sections,
    Windows,
)


@dataclass(frozen=True)
class Terms:
    """Terms of a loan: annuity after `grace_years` of interest only."""

    rate: float = 0.0
    tenor_years: int = 0
    grace_years: int = 0


def loan_factors(terms: Terms, years: int, mid_year_share: float) -> tuple[np.ndarray, np.ndarray]:
    """Payment and interest per unit drawn, [draw year, year]: half a year of interest in the draw year if asked."""
    service, interest = np.zeros((years, years)), np.zeros((years, years))
    instalments = terms.tenor_years - terms.grace_years
    for drawn in range(years):
        service[drawn, drawn] = interest[drawn, drawn] = terms.rate * mid_year_share
        balance = 1.0
        annuity = terms.rate / (1 - (1 + terms.rate) ** -instalments) if terms.rate else 1.0 / instalments
        for age in range(1, terms.tenor_years + 1):
            year = drawn + age
            if year >= years:
                break
            interest[drawn, year] = terms.rate * balance
            service[drawn, year] = interest[drawn, year] if age <= terms.grace_years else annuity
            balance -= service[drawn, year] - interest[drawn, year]
    return service, interest


@dataclass(frozen=True)
class Case:
    """A problem in the making: whatever is not given is switched off."""

    capex_musd: tuple[float, ...] = (100.0,)
    cfads_musd: tuple[float, ...] = (12.0,) * 10
    uses: tuple[tuple[Instrument, Terms], ...] = ()
    cost_shares: tuple[float, ...] = (1.0,)
    countries: int = 1
    section_country: tuple[int, ...] = (0,)
    mid_year_share: float = 0.0
    reserve_months: float = 0.0
    dscr: float = 1.3
    hurdle: float = 0.15
    windows: tuple[tuple[str, float, dict[tuple[str, int], float]], ...] = ()
    links: dict[str, Any] = field(default_factory=dict)
    country: dict[str, Any] = field(default_factory=dict)
    rules: dict[str, Any] = field(default_factory=dict)
    eligibility: dict[str, Any] = field(default_factory=dict)
    sections: dict[str, Any] = field(default_factory=dict)
    regional_windows: tuple[RegionalWindow, ...] = ()


def build(case: Case, **changes: Any) -> FinancingProblem:
    """Build the one-link problem of a case; its construction years are the length of the capex."""
    case = replace(case, **changes)
    building, years = len(case.capex_musd), len(case.capex_musd) + len(case.cfads_musd)
    sections, countries, instruments = len(case.cost_shares), case.countries, len(case.uses)
    cost = np.zeros((1, years))
    cost[0, :building] = case.capex_musd
    cash = np.zeros((1, years))
    cash[0, building:] = case.cfads_musd
    factors = [
        loan_factors(terms, years, case.mid_year_share)
        if instrument.kind is InstrumentKind.DEBT
        else (np.zeros((years, years)), np.zeros((years, years)))
        for instrument, terms in case.uses
    ]
    ids = [instrument.id for instrument, _ in case.uses]
    charge = np.zeros((len(case.windows), instruments, countries))
    for position, (_, _, members) in enumerate(case.windows):
        for (instrument_id, country), share in members.items():
            charge[position, ids.index(instrument_id), country] = share
    links = {
        "ids": ("link",),
        "first_construction_year": np.array([0]),
        "last_construction_year": np.array([building - 1]),
        "planned_cost_musd": cost,
        "lender_cfads_musd": cash,
        "expected_cfads_musd": cash,
        "lender_hard_currency_cash_musd": np.full((1, years), 1e6),
        "tax_shield_rate": np.zeros((1, years)),
        "dscr_target": np.full((1, years), case.dscr),
        "gearing_max": np.ones(1),
        "private_share_min": np.zeros(1),
        "sponsor_hurdle_rate": np.array([case.hurdle]),
        "lease_income_lost_per_iru": np.zeros((1, years)),
    }
    country = {
        "ids": tuple(f"country{c}" for c in range(countries)),
        "concessionality_floor": np.full(countries, np.nan),
        "sovereign_debt_allowed": np.ones(countries, dtype=bool),
        "ppg_present_value_headroom_musd": np.full(countries, np.inf),
        "ppg_service_headroom_musd": np.full((countries, years), np.inf),
        "ppp_exposure_cap_musd": np.full(countries, np.inf),
    }
    eligibility = {
        "eligible": np.ones((sections, instruments, years), dtype=bool),
        "max_share_of_cost": np.full((sections, instruments), np.inf),
        "minimum_commitment_musd": np.zeros((sections, instruments)),
    }
    rules = {
        "constant_usd_weight": np.ones(years),
        "reserve_months": case.reserve_months,
        "mid_year_share": case.mid_year_share,
        "hard_currency_cover": 1.0,
        "iru_fibre_share_max": 0.5,
    }
    section = {
        "ids": tuple(f"section{k}" for k in range(sections)),
        "link": np.zeros(sections, dtype=np.int64),
        "country": np.array(case.section_country),
        "cost_musd": np.array(case.cost_shares) * cost.sum(),
        "iru_presale_value_musd": np.zeros(sections),
    }
    return FinancingProblem(
        years=np.arange(2026, 2026 + years),
        links=Links(**(links | case.links)),
        sections=Sections(**(section | case.sections)),
        countries=Countries(**(country | case.country)),
        instruments=tuple(instrument for instrument, _ in case.uses),
        debt_service_per_draw=np.array([each[0] for each in factors]).reshape(instruments, years, years),
        interest_per_draw=np.array([each[1] for each in factors]).reshape(instruments, years, years),
        eligibility=Eligibility(**(eligibility | case.eligibility)),
        windows=Windows(
            ids=tuple(w[0] for w in case.windows), limit_musd=np.array([w[1] for w in case.windows]), charge=charge
        ),
        regional_windows=case.regional_windows,
        rules=FinancingRules(**(rules | case.rules)),
    )


CONCESSIONAL = Instrument(
    id="conc", name="concessional loan", kind=InstrumentKind.DEBT, is_ppg=True, grant_element=0.3, subsidy_share=0.4
)
COMMERCIAL = Instrument(id="comm", name="commercial loan", kind=InstrumentKind.DEBT, is_private=True)
EQUITY = Instrument(id="equity", name="sponsor equity", kind=InstrumentKind.EQUITY, is_private=True)
GRANT = Instrument(
    id="grant", name="grant", kind=InstrumentKind.GRANT, is_tied=True, grant_element=1.0, subsidy_share=1.0
)
SOVEREIGN = Instrument(
    id="sov",
    name="sovereign loan",
    kind=InstrumentKind.DEBT,
    is_project_serviced=False,
    is_ppg=True,
    is_tied=True,
    grant_element=0.35,
    subsidy_share=0.35,
)
IRU = Instrument(id="iru", name="IRU presale", kind=InstrumentKind.IRU, is_private=True)

CONCESSIONAL_TERMS, COMMERCIAL_TERMS = Terms(rate=0.02, tenor_years=10), Terms(rate=0.09, tenor_years=10)
HAND_CASE = Case(
    uses=((CONCESSIONAL, CONCESSIONAL_TERMS), (COMMERCIAL, COMMERCIAL_TERMS), (EQUITY, Terms())),
    windows=(("concessional window", 30.0, {("conc", 0): 1.0}),),
)
"""One link: 100 in one year, 12 a year for ten years; a concessional loan capped at 30, a commercial loan, equity."""


def two_country_case(**changes: Any) -> FinancingProblem:
    """Two sections, three construction years, interest and fees while building, a reserve, every kind of money."""
    years = 3 + 15
    uses = (
        (GRANT, Terms()),
        (SOVEREIGN, Terms(rate=0.01, tenor_years=15, grace_years=5)),
        (
            replace(CONCESSIONAL, front_end_fee=0.005, commitment_fee=0.0025),
            Terms(rate=0.02, tenor_years=14, grace_years=3),
        ),
        (
            replace(COMMERCIAL, front_end_fee=0.015, commitment_fee=0.01),
            Terms(rate=0.09, tenor_years=12, grace_years=3),
        ),
        (EQUITY, Terms()),
        (IRU, Terms()),
    )
    case = Case(
        capex_musd=(30.0, 45.0, 25.0),
        cfads_musd=tuple(np.linspace(6.0, 14.0, 15)),
        uses=uses,
        cost_shares=(0.6, 0.4),
        countries=2,
        section_country=(0, 1),
        mid_year_share=0.5,
        reserve_months=6.0,
        windows=(
            ("grants", 8.0, {("grant", 0): 1.0, ("grant", 1): 1.0}),
            ("country0 loans", 15.0, {("sov", 0): 1.0, ("conc", 0): 1.0}),
            ("country1 loans", 6.0, {("sov", 1): 1.0, ("conc", 1): 1.0}),
        ),
        links={
            "tax_shield_rate": np.where(np.arange(years) > 8, 0.2, 0.0)[None, :],
            "gearing_max": np.array([0.7]),
            "lease_income_lost_per_iru": np.where(np.arange(years) > 2, 0.1, 0.0)[None, :],
        },
        rules={"constant_usd_weight": 1.02 ** -np.arange(1, years + 1)},
        sections={"iru_presale_value_musd": np.array([8.0, 4.0])},
        country={"concessionality_floor": np.array([0.35, np.nan])},
    )
    return build(case, **changes)
