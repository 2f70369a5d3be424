"""Instruments of the scenario as the optimiser takes them: payments per unit drawn, grant element, subsidy, cover."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np

from simmodel.errors import DataError
from simmodel.financing.portfolio_cash import Floats
from simmodel.results.debt_profiles import RepaymentProfile
from simmodel.results.debt_service_factors import LoanTerms, debt_service_factors, repayment_window
from simmodel.scenario.schema import Scenario
from simmodel.scenario.schema_finance import Instrument as ScenarioInstrument
from solvers import Instrument, InstrumentKind

LONGEST_TENOR = 45  # years followed beyond the horizon, for grant elements
ROUNDING = 1e-12  # payments below this, per unit drawn, are what rounding leaves after maturity
KINDS = {
    "grant": InstrumentKind.GRANT,
    "concessional": InstrumentKind.DEBT,
    "mdb": InstrumentKind.DEBT,
    "commercial": InstrumentKind.DEBT,
    "public": InstrumentKind.DEBT,
    "equity": InstrumentKind.EQUITY,
    "iru": InstrumentKind.IRU,
    "guarantee": InstrumentKind.GUARANTEE,
}
CURRENCIES = {
    "AFG": "AFN",
    "AZE": "AZN",
    "KAZ": "KZT",
    "KGZ": "KGS",
    "MNG": "MNT",
    "PAK": "PKR",
    "TJK": "TJS",
    "TKM": "TMT",
    "UZB": "UZS",
}


@dataclass(frozen=True, slots=True)
class OfferedInstrument:
    """An instrument on the terms of one country, or of all.

    Attributes
    ----------
    instrument : as the optimiser sees it
    source_id : row of the instrument table whose eligibility, envelope and limits apply
    eligible_as : row of the table that decides where it may be used (the guarantee, for a covered loan)
    country : only usable there; None: wherever eligible
    payments : (LONGEST_TENOR + 1,) [-] paid k years after a draw, per unit drawn, in US dollars
    interest : (LONGEST_TENOR + 1,) [-] the interest in it
    """

    instrument: Instrument
    source_id: str
    eligible_as: str
    country: str | None
    payments: Floats
    interest: Floats


def offered_instruments(scenario: Scenario, *, public_money: bool, risk_cover: bool) -> list[OfferedInstrument]:
    """Return the instruments a case of the waterfall may use, on all their terms.

    Private finance is money no treasury owes: equity, presales and loans serviced by the link. What a treasury owes or
    gives (grants, concessional and development-bank loans, export credits to the state, availability payments) is
    public money, whatever its group in the table.

    Parameters
    ----------
    public_money : public money is offered beside private finance
    risk_cover : guarantees are offered, and commercial loans under each of them

    Raises
    ------
    DataError   a floating rate without a curve, or a repayment profile that is not known
    """
    rows = _allowed(scenario)
    guarantees = {name: row for name, row in rows.items() if row.group == "guarantee"}
    offers: list[OfferedInstrument] = []
    for name, row in rows.items():
        if name not in guarantees and (public_money or not _is_public(row)):
            offers += _offers_of(scenario, name, row)
    if risk_cover:
        loans = {name: row for name, row in rows.items() if row.group == "commercial" and row.is_private}
        for name, row in guarantees.items():
            offers.append(_guarantee(name, row))
            for loan, loan_row in loans.items():
                if loan_row.currency == "USD":
                    offers.append(_covered_loan(scenario, loan, loan_row, name, row))
    return offers


def _is_public(row: ScenarioInstrument) -> bool:
    return row.is_ppg or row.group in ("grant", "concessional", "mdb", "public")


def _allowed(scenario: Scenario) -> dict[str, ScenarioInstrument]:
    """Instruments that can pay for works. Preparation funds pay none, right-of-way owners' shares are in the runs,
    a bond is a portfolio's instrument (it needs a minimum size) and so no part of a plan without whole numbers."""
    financing = scenario.financing
    names = scenario.instruments if financing.instruments == "all" else financing.instruments
    left_out = {*financing.exclude_instruments, "csppf"}
    return {
        name: scenario.instruments[name]
        for name in names
        if name not in left_out
        and scenario.instruments[name].group != "in_kind"
        and scenario.instruments[name].repayment_profile != "bullet"
    }


def _offers_of(scenario: Scenario, name: str, row: ScenarioInstrument) -> list[OfferedInstrument]:
    kind = KINDS[row.group]
    if kind is not InstrumentKind.DEBT:
        nothing = np.zeros(LONGEST_TENOR + 1)
        return [OfferedInstrument(_solver_instrument(name, row, kind), name, name, None, nothing, nothing)]
    if row.repayment_profile == "as country":
        return _regional_top_ups(scenario, name, row)
    if row.currency == "LCU":
        return [
            _local_loan(scenario, name, row, country) for country in scenario.gateways if country in scenario.countries
        ]
    rate = _usd_rate(scenario, row)
    payments, interest = _payments(row, rate)
    return [_debt(scenario, name, name, row, payments, interest, None)]


def _regional_top_ups(scenario: Scenario, name: str, row: ScenarioInstrument) -> list[OfferedInstrument]:
    """The regional window lends on the terms of the country: one offer beside each credit it can top up."""
    offers = []
    for base in ("ida_40y", "ida_reg", "ida_blend"):
        if base in scenario.instruments:
            terms = scenario.instruments[base].model_copy(update={"max_share_of_cost": row.max_share_of_cost})
            payments, interest = _payments(terms, _usd_rate(scenario, terms))
            offer = _debt(scenario, f"{name}/{base}", name, terms, payments, interest, None)
            label = f"{row.name} on terms of {terms.name}"
            offers.append(replace(offer, instrument=replace(offer.instrument, name=label), eligible_as=base))
    return offers


def _local_loan(scenario: Scenario, name: str, row: ScenarioInstrument, country: str) -> OfferedInstrument:
    """A loan in local currency, its payments turned into dollars along purchasing-power parity."""
    if row.rate_type == "none":  # an availability payment: the treasury pays what the money costs the operator
        terms = scenario.countries[country]
        rate = _curve(scenario, "USD", _average_life(row)) + terms.project_debt_spread.value
        payments, interest = _payments(row, rate)
    else:
        rate = _curve(scenario, CURRENCIES[country], _average_life(row)) + (row.spread.value if row.spread else 0.0)
        payments, interest = _payments(row, rate)
        inflation = scenario.countries[country].inflation_longrun.value
        us_inflation = scenario.parameters.us_inflation_longrun.value
        weaker = ((1.0 + us_inflation) / (1.0 + inflation)) ** np.arange(LONGEST_TENOR + 1)
        principal = (payments - interest) * weaker
        payments = payments * weaker
        interest = payments - principal / max(principal.sum(), 1e-300)
    return _debt(scenario, f"{name}/{country}", name, row, payments, interest, country)


def _debt(
    scenario: Scenario,
    identifier: str,
    source: str,
    row: ScenarioInstrument,
    payments: Floats,
    interest: Floats,
    country: str | None,
) -> OfferedInstrument:
    at_five_percent = scenario.parameters.grant_element_discount.value
    reference = _reference_rate(scenario, row)
    instrument = replace(
        _solver_instrument(identifier, row, InstrumentKind.DEBT),
        grant_element=_grant_share(payments, at_five_percent) - row.front_end_fee.value,
        subsidy_share=max(_grant_share(payments, reference) - row.front_end_fee.value, 0.0)
        if row.group != "public"
        else 1.0,
    )
    return OfferedInstrument(instrument, source, source, country, payments, interest)


def _covered_loan(
    scenario: Scenario, loan: str, row: ScenarioInstrument, guarantee: str, cover: ScenarioInstrument
) -> OfferedInstrument:
    """A commercial loan under a guarantee: the covered part of the spread is exchanged for the premium.

    A partial guarantee takes away the spread on the part it covers; political-risk insurance only the political part
    of that spread (`financing.political_risk_share_of_spread`). The tenor may grow to that of the guarantee.
    """
    spread = row.spread.value if row.spread else 0.0
    share = cover.max_share_of_cost.value
    political = 1.0 if cover.is_ppg else scenario.financing.political_risk_share_of_spread
    premium = cover.fixed_rate.value if cover.fixed_rate else 0.0
    rate = _usd_rate(scenario, row) - spread * share * political + premium
    longer = row.model_copy(update={"tenor_years": cover.tenor_years})
    payments, interest = _payments(longer, rate)
    offer = _debt(scenario, f"{loan}+{guarantee}", loan, longer, payments, interest, None)
    covered = replace(
        offer.instrument, name=f"{row.name} under {cover.name}", guaranteed_by=guarantee, cover_share=share
    )
    return replace(offer, instrument=covered, eligible_as=guarantee)


def _guarantee(name: str, row: ScenarioInstrument) -> OfferedInstrument:
    nothing = np.zeros(LONGEST_TENOR + 1)
    exposure = 1.0 if row.is_ppg else 0.0
    instrument = replace(_solver_instrument(name, row, InstrumentKind.GUARANTEE), ppp_exposure_share=exposure)
    return OfferedInstrument(instrument, name, name, None, nothing, nothing)


def _solver_instrument(identifier: str, row: ScenarioInstrument, kind: InstrumentKind) -> Instrument:
    is_grant = kind is InstrumentKind.GRANT
    return Instrument(
        id=identifier,
        name=row.name,
        kind=kind,
        is_project_serviced=not row.is_ppg,
        is_tied=row.is_ppg or is_grant,
        is_ppg=row.is_ppg,
        is_private=row.is_private,
        is_hard_currency=row.is_hard_currency,
        grant_element=1.0 if is_grant else 0.0,
        subsidy_share=1.0 if is_grant else 0.0,
        front_end_fee=row.front_end_fee.value,
        commitment_fee=row.commitment_fee.value,
        ppp_exposure_share=1.0 if row.group == "public" else 0.0,
    )


def _payments(row: ScenarioInstrument, rate: float) -> tuple[Floats, Floats]:
    """Payments and interest k years after the year of a draw, per unit drawn; grace and tenor run from its start."""
    if row.tenor_years is None or row.grace_years is None:
        raise DataError(f"instruments.csv: {row.name} is a loan without tenor or grace")
    profile, shares = _profile(row)
    first, final = repayment_window(
        signing_year=1, grace_years=row.grace_years.value, tenor_years=row.tenor_years.value
    )
    if shares is not None:
        first, final = shares
    custom = None if shares is None else np.full(final - first + 1, 1.0 / (final - first + 1))
    terms = LoanTerms(
        interest_rate=rate,
        first_repayment_year=max(first, 2),
        final_repayment_year=final,
        profile=profile,
        custom_shares=custom,
    )
    factors = debt_service_factors(terms=terms, draw_years=1, years=LONGEST_TENOR + 1)
    principal = np.where(factors.principal[0] > ROUNDING, factors.principal[0], 0.0)
    interest = np.where(factors.interest[0] > ROUNDING, factors.interest[0], 0.0)
    return principal + interest, interest


def _profile(row: ScenarioInstrument) -> tuple[RepaymentProfile, tuple[int, int] | None]:
    """The profile, and the years of a custom one: `custom:0.05 years 6-25` repays in equal parts in years 6 to 25."""
    text = row.repayment_profile
    custom = re.fullmatch(r"custom:[\d.]+ years (\d+)-(\d+)", text)
    if custom:
        return RepaymentProfile.CUSTOM, (int(custom[1]), int(custom[2]))
    try:
        return RepaymentProfile(text), None
    except ValueError:
        raise DataError(f"instruments.csv: {row.name}: repayment profile {text!r} is not known") from None


def _average_life(row: ScenarioInstrument) -> float:
    tenor = row.tenor_years.value if row.tenor_years else 0.0
    grace = row.grace_years.value if row.grace_years else 0.0
    return 0.5 * (tenor + grace)


def _usd_rate(scenario: Scenario, row: ScenarioInstrument) -> float:
    """Yearly rate in the currency of the contract: fixed, or the curve at the average life plus the spread."""
    if row.rate_type == "fixed" and row.fixed_rate is not None:
        return row.fixed_rate.value
    if row.rate_type != "floating" or row.base_curve is None or row.spread is None:
        raise DataError(f"instruments.csv: {row.name} needs a fixed rate, or a curve and a spread")
    return _curve(scenario, row.base_curve, _average_life(row)) + row.spread.value


def _curve(scenario: Scenario, currency: str, tenor_years: float) -> float:
    if currency not in scenario.swap_curves:
        raise DataError(f"swap_curves.csv has no curve for {currency}")
    points = sorted((tenor, point.rate.value) for tenor, point in scenario.swap_curves[currency].items())
    tenors, rates = zip(*points, strict=True)
    return float(np.interp(tenor_years, tenors, rates))


def _reference_rate(scenario: Scenario, row: ScenarioInstrument) -> float:
    """What the same money would cost from the market: the dollar curve plus the mean project spread."""
    spreads = [
        scenario.countries[country].project_debt_spread.value
        for country in scenario.gateways
        if country in scenario.countries
    ]
    return _curve(scenario, "USD", _average_life(row)) + float(np.mean(spreads))


def _grant_share(payments: Floats, discount_rate: float) -> float:
    """1 less the present value of the payments of one unit, drawn at mid-year and paid yearly."""
    return 1.0 - float(payments @ (1.0 + discount_rate) ** -np.arange(len(payments), dtype=float))
