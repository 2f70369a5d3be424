"""Cash flows of the flagship's candidate links, made up from planned costs and a seeded generator."""

from __future__ import annotations

import numpy as np

from simmodel.financing import PortfolioCash, PortfolioPlan, RunCash, SectionTax
from simmodel.scenario.schema import Scenario

YEARS = 25
PREPARATION_SHARE = 0.3  # of what is spent in the first year
TAX_RATE = 0.18


def synthetic_portfolio(
    scenario: Scenario, *, draws: int = 64, income_share: float = 0.18, seed: int = 7, links: int | None = None
) -> PortfolioCash:
    """Return a portfolio whose links earn about `income_share` of their cost a year from the fourth year on."""
    random = np.random.default_rng(seed)
    chosen = list(scenario.candidate_links().items())[:links]
    country_of_link, shares = [], []
    for position, (_, link) in enumerate(chosen):
        km: dict[str, float] = {}
        for segment in link.segments:
            country = segment.iso3 if segment.iso3 in scenario.gateways else "outside"
            km[country] = km.get(country, 0.0) + segment.km.value
        for country, length in km.items():
            country_of_link.append((position, country))
            shares.append(length / sum(km.values()))
    cost = random.uniform(10.0, 60.0, len(chosen))
    planned = np.zeros((len(chosen), YEARS))
    planned[:, :3] = cost[:, None] * np.array([0.2, 0.5, 0.3])
    plan = PortfolioPlan(
        link_ids=tuple(slug for slug, _ in chosen),
        section_link=np.array([link for link, _ in country_of_link], dtype=np.int64),
        section_country=tuple(country for _, country in country_of_link),
        section_cost_share=np.array(shares, dtype=np.float64),
        preparation_musd=planned[[link for link, _ in country_of_link]]
        * np.array(shares)[:, None]
        * PREPARATION_SHARE
        * (np.arange(YEARS) == 0),
        discount_rate_nominal=np.full(len(chosen), 0.11),
        tax_rate=np.full(len(chosen), TAX_RATE),
        tax=SectionTax(
            rate=np.full(len(shares), TAX_RATE),
            loss_years=np.full(len(shares), 5.0),
            civil_life_years=np.full(len(shares), 20.0),
            civil_rate=np.zeros(len(shares)),
        ),
        climate_cost_share=np.full(len(chosen), 0.05),
        is_domestic=np.array(
            [len({c for l, c in country_of_link if l == i}) == 1 for i in range(len(chosen))], dtype=bool
        ),
    )
    runs = {
        name: _run(random, planned, cost, draws, income_share * lift, saving, plan)
        for name, lift, saving in (
            ("portfolio", 1.0, 1.0),
            ("portfolio_codeploy", 1.0, 0.9),
            ("with", 0.9, 0.88),
            ("portfolio_reform", 0.9, 0.98),
        )
    }
    return PortfolioCash(plan=plan, runs=runs, first_year=2026, us_index=1.025 ** (np.arange(YEARS) + 1.0))


def _run(
    random: np.random.Generator,
    planned: np.ndarray,
    cost: np.ndarray,
    draws: int,
    income_share: float,
    saving: float,
    plan: PortfolioPlan,
) -> RunCash:
    links = len(cost)
    overrun = random.lognormal(np.log(1.1), 0.2, (links, 1, draws)) * saving
    income = np.zeros((links, YEARS, draws))
    level = random.lognormal(0.0, 0.3, (links, 1, draws))
    income[:, 3:] = cost[:, None, None] * income_share * level
    return RunCash(
        planned_cost_musd=planned * saving,
        cost_musd=planned[:, :, None] * overrun,
        cfads_musd=income * 0.8,
        revenue_musd=income,
        hard_currency_cash_musd=income * 0.7,
        tax_musd=income * 0.05,
        completed=np.ones((links, draws)),
        section_profit_musd=income[plan.section_link] * plan.section_cost_share[:, None, None] * 0.05 / TAX_RATE,
    )
