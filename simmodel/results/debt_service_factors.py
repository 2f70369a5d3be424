"""Payments per USD drawn: the matrices through which all debt service is linear in the draws of a loan."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simmodel.results.array_types import FloatArray, Numeric, as_floats
from simmodel.results.debt_profiles import RepaymentProfile, principal_shares


@dataclass(frozen=True, slots=True)
class LoanTerms:
    """Terms of a loan that fix its payments per USD drawn.

    interest_rate : scalar or (years,)   fraction per year, of each year 1..T
    first_repayment_year, final_repayment_year : years (1 = first year of the horizon) of the first and last principal
    profile : repayment profile over those years; custom_shares is required by CUSTOM, one per repayment year
    interest_share_in_draw_year : theta, share of a year's interest due on money drawn in that year
    capitalise_until_year : interest of years up to this one is added to the balance instead of being paid; 0 = never
    """

    interest_rate: float | FloatArray
    first_repayment_year: int
    final_repayment_year: int
    profile: RepaymentProfile = RepaymentProfile.EQUAL_PRINCIPAL
    custom_shares: FloatArray | None = None
    interest_share_in_draw_year: float = 0.5
    capitalise_until_year: int = 0


@dataclass(frozen=True, slots=True)
class DebtServiceFactors:
    """Payments in year t (second axis) per USD drawn in year tau (first axis); (draw_years, years) [-].

    interest, principal, debt_service : paid in the year; debt_service = interest + principal
    balance_end : outstanding at the end of the year, 0 before the draw
    """

    interest: FloatArray
    principal: FloatArray
    debt_service: FloatArray
    balance_end: FloatArray


def repayment_window(*, signing_year: int, grace_years: float, tenor_years: float) -> tuple[int, int]:
    """Years of the first and last principal payment of a loan whose grace and tenor run from the start of a year.

    Parameters
    ----------
    signing_year : year 1.. at whose start the loan is signed
    grace_years, tenor_years : years; parts of a year are rounded up for the grace and for the tenor

    Returns
    -------
    first, final   a loan of tenor 25 and grace 5 signed in year 1 repays in years 6 to 25

    Raises
    ------
    ValueError   when the grace is not shorter than the tenor
    """
    if grace_years >= tenor_years:
        raise ValueError("the grace period must be shorter than the tenor")
    first = signing_year + int(np.ceil(grace_years - 1e-9))
    final = signing_year - 1 + int(np.ceil(tenor_years - 1e-9))
    return min(first, final), final


def debt_service_factors(*, terms: LoanTerms, draw_years: int, years: int) -> DebtServiceFactors:
    """Interest, principal and debt service per USD drawn in each draw year.

    A draw made in year tau bears theta of a year's interest in tau and full interest on its balance after. It repays by
    the loan's profile; a draw made in or after the first repayment year repays by the profile over the years left.

    Parameters
    ----------
    terms : LoanTerms
    draw_years : number of years 1.. in which money can be drawn
    years : horizon T

    Returns
    -------
    DebtServiceFactors   (draw_years, years); payments after T are cut off (so a loan that matures later shows a
    positive balance_end in the last year)

    Raises
    ------
    ValueError   when the repayment years are out of order or end before the last draw can be repaid
    """
    if not 1 <= terms.first_repayment_year <= terms.final_repayment_year:
        raise ValueError("repayment years must satisfy 1 <= first <= final")
    if terms.final_repayment_year <= draw_years:
        raise ValueError("the final repayment must come after the last year in which money can be drawn")
    rates = np.broadcast_to(as_floats(terms.interest_rate), (years,))
    interest, principal, balance_end = (np.zeros((draw_years, years)) for _ in range(3))
    for draw in range(1, draw_years + 1):
        repayment = _repayment_of_draw(terms, draw, rates)
        balance, scale = 1.0, 1.0
        for year in range(draw, years + 1):
            due = rates[year - 1] * balance * (terms.interest_share_in_draw_year if year == draw else 1.0)
            if year <= terms.capitalise_until_year:
                balance, scale = balance + due, scale * (1.0 + due / balance)
            else:
                interest[draw - 1, year - 1] = due
            paid = repayment.get(year, 0.0) * scale
            principal[draw - 1, year - 1] = paid
            balance -= paid
            balance_end[draw - 1, year - 1] = balance
    return DebtServiceFactors(interest, principal, interest + principal, balance_end)


def _repayment_of_draw(terms: LoanTerms, draw: int, rates: FloatArray) -> dict[int, float]:
    """Share of the principal of one draw that is repaid in each year (1 = first year of the horizon)."""
    first = max(terms.first_repayment_year, draw + 1)
    if terms.capitalise_until_year >= first:
        raise ValueError("interest cannot be capitalised once principal is repaid")
    payments = terms.final_repayment_year - first + 1
    custom = terms.custom_shares
    if custom is not None:
        custom = custom[first - terms.first_repayment_year :]
    if terms.profile is RepaymentProfile.ANNUITY:
        shares = _annuity_shares(np.append(rates, np.full(terms.final_repayment_year, rates[-1])), first, payments)
    else:
        shares = principal_shares(profile=terms.profile, payments=payments, custom_shares=custom)
    return {first + index: float(share) for index, share in enumerate(shares)}


def _annuity_shares(rates: FloatArray, first: int, payments: int) -> FloatArray:
    """Principal shares that make interest plus principal level under rates that may differ by year."""
    window = rates[first - 1 : first - 1 + payments]
    discount = 1.0 / np.cumprod(1.0 + window)
    level = 1.0 / discount.sum()
    shares, balance = np.empty(payments), 1.0
    for index in range(payments):
        shares[index] = level - window[index] * balance
        balance -= shares[index]
    return shares


def commitment_fees(
    *, commitment: Numeric, draws: Numeric, fee_rate: Numeric, share_in_draw_year: float = 0.5
) -> FloatArray:
    """Fees on the part of a commitment not yet drawn.

    c (X - draws of earlier years - theta x draws of the year)

    Parameters
    ----------
    commitment : (...) [million USD]   X >= total draws
    draws : (..., years) [million USD]   years in which the loan is available
    fee_rate : scalar or (...)   fraction per year
    share_in_draw_year : theta

    Returns
    -------
    (..., years) [million USD]
    """
    drawn = as_floats(draws)
    earlier = np.cumsum(drawn, axis=-1) - drawn
    undrawn = as_floats(commitment)[..., None] - earlier - share_in_draw_year * drawn
    return as_floats(fee_rate)[..., None] * undrawn
