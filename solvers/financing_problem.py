"""What the financing optimiser is given: links, sections, countries, instruments and the rules that bind them.

Every array is indexed by position. Shapes use L links, K sections (one link in one country), C countries,
I instruments, W windows and T years. Year index 0 is the first year of the horizon; a flow of year index t falls
t + 1 years after the valuation date. Amounts are nominal million USD ("musd") and are stored as magnitudes unless a
field says that it is signed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from solvers.instruments import Instrument
from solvers.problem_checks import check_problem

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Links:
    """The links of the portfolio the cash flows belong to.

    Attributes
    ----------
    ids : L names
    first_construction_year, last_construction_year : (L,) year index; money is drawn between the two, both included;
        operation starts the year after the last one
    planned_cost_musd : (L, T) planned construction cost, contingency and preparation included; zero after the last
        construction year
    lender_cfads_musd : (L, T) cash flow available for debt service on the lenders' downside path, unlevered tax; signed
    expected_cfads_musd : (L, T) the same in the sponsor's expected case; signed, its positive part counts
    lender_hard_currency_cash_musd : (L, T) hard-currency revenue less hard-currency cost on the lenders' path; signed,
        its positive part counts
    tax_shield_rate : (L, T) [-] tax rate in years with taxable profit, zero in the others
    dscr_target : (L, T) [-] cover of debt service the lenders ask for, >= 1
    gearing_max : (L,) [-] most project-serviced debt per unit of money raised; 1 switches the row off
    private_share_min : (L,) [-] least private money per unit of money raised; 0 switches the row off
    sponsor_hurdle_rate : (L,) [per year, nominal USD] return the sponsors ask for
    lease_income_lost_per_iru : (L, T) [-] yearly lease income, net of the maintenance charge, given up per musd presold
    """

    ids: tuple[str, ...]
    first_construction_year: Integers
    last_construction_year: Integers
    planned_cost_musd: Floats
    lender_cfads_musd: Floats
    expected_cfads_musd: Floats
    lender_hard_currency_cash_musd: Floats
    tax_shield_rate: Floats
    dscr_target: Floats
    gearing_max: Floats
    private_share_min: Floats
    sponsor_hurdle_rate: Floats
    lease_income_lost_per_iru: Floats


@dataclass(frozen=True, slots=True)
class Sections:
    """The part of a link that lies in one country.

    Attributes
    ----------
    ids : K names
    link, country : (K,) position in `Links` and `Countries`
    cost_musd : (K,) planned cost; over the sections of a link it adds to the link's planned cost
    iru_presale_value_musd : (K,) what a presale of all fibre pairs of the section would fetch at signature
    tied_limit_musd : (K,) most money tied to the section, when a plan provides for draws that cost more than planned;
        None: the planned cost
    preparation_musd : (K, T) part of the planned cost that is studies and design, certain in every draw; None: none
    political_premium : (K,) [per year] part of the sponsors' hurdle that pays for political events; None: none
    political_loss : (K,) [per year, of the investment] what political events are expected to take and the expected cash
        holds already; None: nothing
    """

    ids: tuple[str, ...]
    link: Integers
    country: Integers
    cost_musd: Floats
    iru_presale_value_musd: Floats
    tied_limit_musd: Floats | None = None
    preparation_musd: Floats | None = None
    political_premium: Floats | None = None
    political_loss: Floats | None = None


@dataclass(frozen=True, slots=True)
class Countries:
    """Debt rules and room of each country; infinity means that no limit applies.

    Attributes
    ----------
    ids : C names
    concessionality_floor : (C,) [-] least grant element of the package of public debt and grants; NaN: no such rule
    sovereign_debt_allowed : (C,) False where no public debt may be contracted
    ppg_present_value_headroom_musd : (C,) room for the present value of new public debt
    ppg_service_headroom_musd : (C, T) room for the yearly service of new public debt
    ppp_exposure_cap_musd : (C,) room for guarantees and the present value of availability payments
    """

    ids: tuple[str, ...]
    concessionality_floor: Floats
    sovereign_debt_allowed: Flags
    ppg_present_value_headroom_musd: Floats
    ppg_service_headroom_musd: Floats
    ppp_exposure_cap_musd: Floats


@dataclass(frozen=True, slots=True)
class Eligibility:
    """Who may use what, where, when and for how much.

    Attributes
    ----------
    eligible : (K, I, T) whether the instrument may be drawn for the section in that year; a guarantee may be used
        if any construction year of the link is eligible
    max_share_of_cost : (K, I) [-] most of the section's cost the instrument may carry; infinity: no limit
    minimum_commitment_musd : (K, I) amount already agreed, which the plan must contain; zero: nothing agreed
    """

    eligible: Flags
    max_share_of_cost: Floats
    minimum_commitment_musd: Floats


@dataclass(frozen=True, slots=True)
class Windows:
    """Envelopes: each limits the sum of the commitments charged to it, whatever instruments and countries share it.

    Attributes
    ----------
    ids : W names
    limit_musd : (W,) >= 0
    charge : (W, I, C) [-] use of the window per unit committed; 1 for a plain member, 0 outside, a fraction for a
        guarantee that uses up part of an allocation
    """

    ids: tuple[str, ...]
    limit_musd: Floats
    charge: Floats


@dataclass(frozen=True, slots=True)
class RegionalWindow:
    """A regional top-up that matches money from the country's own allocation.

    Attributes
    ----------
    id : name
    top_up, base : positions of the instruments that make the top-up and of those it matches
    ratio : [-] most top-up per unit of base money in the same country
    minimum_countries : countries with a section in the portfolio below which the window stays closed
    """

    id: str
    top_up: tuple[int, ...]
    base: tuple[int, ...]
    ratio: float
    minimum_countries: int


@dataclass(frozen=True, slots=True)
class FinancingRules:
    """Rules common to all links.

    Attributes
    ----------
    constant_usd_weight : (T,) [-] turns nominal USD of a year into the constant USD the gap is published in
    reserve_months : months of next year's debt service kept in the reserve account
    mid_year_share : [-] part of the year that a draw is outstanding on average; 0.5 spreads draws over the year
    hard_currency_cover : [-] most hard-currency debt service per unit of hard-currency cash
    iru_fibre_share_max : [-] most fibre pairs that may be presold
    financiers_max : most instruments in one link, heeded where whole numbers are asked for; None: no limit
    start_options : groups of links, by position, that are one link with another start year each: one of a group is
        built; needs whole numbers
    incompatible : pairs of groups of instruments, by position, that may not meet in one link (sanctions screens);
        heeded where whole numbers are asked for
    """

    constant_usd_weight: Floats
    reserve_months: float
    mid_year_share: float
    hard_currency_cover: float
    iru_fibre_share_max: float
    financiers_max: int | None = None
    start_options: tuple[tuple[int, ...], ...] = ()
    incompatible: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class FinancingProblem:
    """The whole question: how to pay for the links, and how much cannot be paid for.

    Attributes
    ----------
    years : (T,) calendar years
    debt_service_per_draw : (I, T, T) [-] payment in year t per unit drawn in year tau, index [i, tau, t]; zero for
        money that is not repaid. Payments due before the link opens are paid from the money raised.
    interest_per_draw : (I, T, T) [-] the interest in it, for the tax shield

    Raises
    ------
    ValueError
        A shape that does not fit, a value that is not finite or out of range, or project-serviced debt that does not
        repay within the horizon: each message names the field.
    """

    years: Integers
    links: Links
    sections: Sections
    countries: Countries
    instruments: tuple[Instrument, ...]
    debt_service_per_draw: Floats
    interest_per_draw: Floats
    eligibility: Eligibility
    windows: Windows
    regional_windows: tuple[RegionalWindow, ...]
    rules: FinancingRules

    def __post_init__(self) -> None:
        check_problem(self)
