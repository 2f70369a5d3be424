"""What the financing stage is given: the candidate links' cash flows in the portfolio runs, and their planned cost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class RunCash:
    """Cash flows of the candidate links in one run of the engine; (links, years, draws) [nominal musd] but the first.

    Attributes
    ----------
    planned_cost_musd : (links, years) as promoters would budget it under the run's policy; contingency and preparation
        included
    cost_musd : preparation and works, less what anchor tenants pay in construction; >= 0
    cfads_musd : cash flow available for debt service, tax unlevered; signed
    revenue_musd : after outages and credits
    hard_currency_cash_musd : hard-currency revenue less hard-currency operating cost; signed
    tax_musd : >= 0
        (a run read back from its folder holds the lenders' path of these two, in place of the draws)
    completed : (links, draws) [0/1] the link opens within the horizon
        (no link has these three in a run that no plan is made for)
    section_profit_musd : (sections, years, draws) [nominal musd] what tax is levied on, before interest; signed
    """

    planned_cost_musd: Floats
    cost_musd: Floats
    cfads_musd: Floats
    revenue_musd: Floats
    hard_currency_cash_musd: Floats
    tax_musd: Floats
    completed: Floats
    section_profit_musd: Floats

    @property
    def draws(self) -> int:
        """Number of draws."""
        return int(self.cost_musd.shape[2])


@dataclass(frozen=True, slots=True)
class SectionTax:
    """Income tax of the sections; (K,) each.

    Attributes
    ----------
    rate : [-]
    loss_years : years that a loss is carried forward
    civil_life_years : over which civil works are written off in equal parts; 0: declining balance
    civil_rate : [-] of the declining balance
    """

    rate: Floats
    loss_years: Floats
    civil_life_years: Floats
    civil_rate: Floats


@dataclass(frozen=True, slots=True)
class PortfolioPlan:
    """What does not depend on the run: the candidate links, their sections, and the terms that go with them.

    Attributes
    ----------
    link_ids : L names
    section_link : (K,) position in `link_ids`
    section_country : K codes; "outside" for neighbours without lending terms
    section_cost_share : (K,) [-] share of the link's planned cost; adds to 1 over a link
    preparation_musd : (K, T) studies and design before the works, without contingency: the same in every draw and run
        [nominal musd]
    discount_rate_nominal : (L,) [per year] WACC of the link, cost-weighted over its sections
    tax_rate : (L,) [-] cost-weighted over its sections
    tax : of the sections
    climate_cost_share : (L,) [-] part of the cost that makes the link withstand hazards
    is_domestic : (L,) all sections in one country
    """

    link_ids: tuple[str, ...]
    section_link: Integers
    section_country: tuple[str, ...]
    section_cost_share: Floats
    preparation_musd: Floats
    discount_rate_nominal: Floats
    tax_rate: Floats
    tax: SectionTax
    climate_cost_share: Floats
    is_domestic: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class PortfolioCash:
    """The plan, the portfolio runs that financing compares, by name, and the calendar."""

    plan: PortfolioPlan
    runs: dict[str, RunCash]
    first_year: int
    us_index: Floats  # (T,) nominal per constant dollar

    @property
    def draws(self) -> int:
        """Number of draws, the same in every run."""
        return min(run.draws for run in self.runs.values())
