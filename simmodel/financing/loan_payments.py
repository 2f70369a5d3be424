"""What one unit of a loan costs, year by year: profiles, rates and curves."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from simmodel.errors import DataError
from simmodel.financing.portfolio_cash import Floats
from simmodel.results.debt_profiles import RepaymentProfile
from simmodel.results.debt_service_factors import LoanTerms, debt_service_factors, repayment_window
from simmodel.scenario.schema import Scenario

if TYPE_CHECKING:
    from simmodel.scenario.schema_finance import Instrument as ScenarioInstrument

LONGEST_TENOR = 45  # years followed beyond the horizon, for grant elements
ROUNDING = 1e-12  # payments below this, per unit drawn, are what rounding leaves after maturity
STEP = re.compile(r"([\d.]+) years (\d+)-(\d+)")
SHARES_TOLERANCE = 0.01  # published yearly shares are rounded
SCULPTED = "sculpted"


def loan_payments(row: ScenarioInstrument, rate: float) -> tuple[Floats, Floats]:
    """Payments and interest k years after the year of a draw, per unit drawn; grace and tenor run from its start.

    The profile of a sculpted loan is chosen with the plan; here it repays in equal parts, for its grant element.

    Parameters
    ----------
    row : terms
    rate : [per year] in the currency of the contract; `grace_rate` takes its place until the first repayment

    Returns
    -------
    payments, interest   (LONGEST_TENOR + 1,) [-]

    Raises
    ------
    DataError   terms that a loan needs are missing, or a profile that is not known
    """
    if row.tenor_years is None or row.grace_years is None:
        raise DataError(f"instruments.csv: {row.name} is a loan without tenor or grace")
    profile, steps = _profile(row)
    if profile is RepaymentProfile.BULLET:
        first = final = int(np.ceil(row.tenor_years.value))
    elif steps is None:
        first, final = repayment_window(
            signing_year=1, grace_years=row.grace_years.value, tenor_years=row.tenor_years.value
        )
    else:
        first, final = steps[0], steps[0] + len(steps[1]) - 1
    first = max(first, 2)
    rates = np.full(LONGEST_TENOR + 1, rate)
    if row.grace_rate is not None:
        rates[: first - 1] = row.grace_rate.value
    terms = LoanTerms(
        interest_rate=rates,
        first_repayment_year=first,
        final_repayment_year=max(final, first),
        profile=profile,
        custom_shares=None if steps is None else steps[1],
    )
    factors = debt_service_factors(terms=terms, draw_years=1, years=LONGEST_TENOR + 1)
    principal = np.where(factors.principal[0] > ROUNDING, factors.principal[0], 0.0)
    interest = np.where(factors.interest[0] > ROUNDING, factors.interest[0], 0.0)
    return principal + interest, interest


def _profile(row: ScenarioInstrument) -> tuple[RepaymentProfile, tuple[int, Floats] | None]:
    """The profile; for steps the first year of repayment and the share of each year.

    `custom:0.02 years 11-20; 0.04 years 21-40` repays 2 per cent a year, then 4.
    """
    text = row.repayment_profile
    if text == SCULPTED:
        return RepaymentProfile.EQUAL_PRINCIPAL, None
    if text.startswith("custom:"):
        return RepaymentProfile.CUSTOM, _steps(row.name, text.removeprefix("custom:"))
    try:
        return RepaymentProfile(text), None
    except ValueError:
        raise DataError(f"instruments.csv: {row.name}: repayment profile {text!r} is not known") from None


def _steps(name: str, text: str) -> tuple[int, Floats]:
    shares: list[float] = []
    first = following = 0
    for part in text.split(";"):
        found = STEP.fullmatch(part.strip())
        start, end = (int(found[2]), int(found[3])) if found else (0, -1)
        if found is None or end < start or (shares and start != following):
            raise DataError(
                f"instruments.csv: {name}: repayment steps {text!r}: write share years a-b; share years b-c"
            )
        first, following = first or start, end + 1
        shares += [float(found[1])] * (end - start + 1)
    if abs(sum(shares) - 1.0) > SHARES_TOLERANCE:
        raise DataError(f"instruments.csv: {name}: repayment steps {text!r} repay {sum(shares):.2%} of the loan")
    return first, np.array(shares) / sum(shares)


def average_life_years(row: ScenarioInstrument) -> float:
    """Return the middle of the repayment [years], at which curves are read."""
    tenor = row.tenor_years.value if row.tenor_years else 0.0
    grace = row.grace_years.value if row.grace_years else 0.0
    return 0.5 * (tenor + grace)


def contract_rate(scenario: Scenario, row: ScenarioInstrument) -> float:
    """Return the yearly rate in the currency of the contract: fixed, or the curve at the average life plus the spread.

    Raises
    ------
    DataError   neither a fixed rate nor a curve and a spread
    """
    if row.rate_type == "fixed" and row.fixed_rate is not None:
        return row.fixed_rate.value
    if row.rate_type != "floating" or row.base_curve is None or row.spread is None:
        raise DataError(f"instruments.csv: {row.name} needs a fixed rate, or a curve and a spread")
    return curve_rate(scenario, row.base_curve, average_life_years(row)) + row.spread.value


def curve_rate(scenario: Scenario, currency: str, tenor_years: float) -> float:
    """Return a point of a base curve [per year].

    Raises
    ------
    DataError   no curve for the currency
    """
    if currency not in scenario.swap_curves:
        raise DataError(f"swap_curves.csv has no curve for {currency}")
    points = sorted((tenor, point.rate.value) for tenor, point in scenario.swap_curves[currency].items())
    tenors, rates = zip(*points, strict=True)
    return float(np.interp(tenor_years, tenors, rates))


def grant_share(payments: Floats, discount_rate: float) -> float:
    """Return 1 less the present value, at the draw in mid-year, of payments of one unit at the ends of the years."""
    elapsed = np.arange(len(payments)) + 0.5
    return 1.0 - float(payments @ (1.0 + discount_rate) ** -elapsed)
