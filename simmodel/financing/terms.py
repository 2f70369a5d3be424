"""Instruments of the scenario as the optimiser takes them: payments per unit drawn, grant element, subsidy, cover."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from simmodel.errors import DataError
from simmodel.financing.loan_payments import (
    LONGEST_TENOR,
    SCULPTED,
    average_life_years,
    contract_rate,
    curve_rate,
    grant_share,
    loan_payments,
)
from simmodel.financing.portfolio_cash import Floats
from simmodel.scenario.schema import Scenario
from simmodel.scenario.schema_finance import Instrument as ScenarioInstrument
from simmodel.scenario.schema_quantity import Quantity
from solvers import Instrument, InstrumentKind, TicketScope

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
    eligible_as : rows of the table that decide together where it may be used (the guarantee, for a covered loan)
    country : only usable there; None: wherever eligible
    payments : (LONGEST_TENOR + 1,) [-] paid k years after a draw, per unit drawn, in US dollars
    interest : (LONGEST_TENOR + 1,) [-] the interest in it
    """

    instrument: Instrument
    source_id: str
    eligible_as: tuple[str, ...]
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
    risk_cover : guarantees are offered, commercial loans under each of them, and insured equity

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
                offers += _covered_loans(scenario, loan, loan_row, name, row)
            offers += [
                _insured_equity(equity, equity_row, name, row)
                for equity, equity_row in rows.items()
                if equity_row.insured_by == name and row.equity_cover_share is not None
            ]
    return offers


def _is_public(row: ScenarioInstrument) -> bool:
    return row.is_ppg or row.group in ("grant", "concessional", "mdb", "public")


def _allowed(scenario: Scenario) -> dict[str, ScenarioInstrument]:
    """Instruments a plan may use. Right-of-way owners' shares are in the runs, and a bond is a portfolio's instrument
    (it needs a minimum size) and no part of a plan without whole numbers."""
    financing = scenario.financing
    names = scenario.instruments if financing.instruments == "all" else financing.instruments
    return {
        name: scenario.instruments[name]
        for name in names
        if name not in financing.exclude_instruments
        and scenario.instruments[name].group != "in_kind"
        and (financing.whole_numbers or scenario.instruments[name].repayment_profile != "bullet")
    }


def _offers_of(scenario: Scenario, name: str, row: ScenarioInstrument) -> list[OfferedInstrument]:
    kind = KINDS[row.group]
    if kind is not InstrumentKind.DEBT:
        nothing = np.zeros(LONGEST_TENOR + 1)
        return [OfferedInstrument(_solver_instrument(name, row, kind), name, (name,), None, nothing, nothing)]
    if row.repayment_profile == "as country":
        return _regional_top_ups(scenario, name, row)
    if row.currency == "LCU":
        return [
            _local_loan(scenario, name, row, country) for country in scenario.gateways if country in scenario.countries
        ]
    rate = contract_rate(scenario, row)
    payments, interest = loan_payments(row, rate)
    offer = _debt(scenario, name, name, row, payments, interest, None)
    return [_sculpted(offer, row, rate) if row.repayment_profile == SCULPTED else offer]


def _sculpted(offer: OfferedInstrument, row: ScenarioInstrument, rate: float) -> OfferedInstrument:
    """A loan whose repayment the plan chooses: its interest alone is fixed, and its last year."""
    if offer.instrument.is_ppg or not offer.instrument.is_project_serviced or row.tenor_years is None:
        raise DataError(f"instruments.csv: {row.name}: only private debt serviced by the link can be sculpted")
    interest = np.full(LONGEST_TENOR + 1, rate)
    interest[0] *= 0.5  # drawn over the year
    years = max(int(row.tenor_years.value - (row.grace_years.value if row.grace_years else 0.0)), 1)
    instrument = replace(offer.instrument, sculpted_rate=rate, sculpted_tenor_years=years)
    return replace(offer, instrument=instrument, payments=interest, interest=interest)


def _regional_top_ups(scenario: Scenario, name: str, row: ScenarioInstrument) -> list[OfferedInstrument]:
    """The regional window lends on the terms of the country: one offer beside each credit it can top up."""
    offers = []
    for base in ("ida_40y", "ida_reg", "ida_blend"):
        if base in scenario.instruments:
            terms = scenario.instruments[base].model_copy(update={"max_share_of_cost": row.max_share_of_cost})
            payments, interest = loan_payments(terms, contract_rate(scenario, terms))
            offer = _debt(scenario, f"{name}/{base}", name, terms, payments, interest, None)
            label = f"{row.name} on terms of {terms.name}"
            offers.append(replace(offer, instrument=replace(offer.instrument, name=label), eligible_as=(base,)))
    return offers


def _local_loan(scenario: Scenario, name: str, row: ScenarioInstrument, country: str) -> OfferedInstrument:
    """A loan in local currency, its payments turned into dollars along purchasing-power parity."""
    if row.rate_type == "none":  # an availability payment: the treasury pays what the money costs the operator
        terms = scenario.countries[country]
        rate = curve_rate(scenario, "USD", average_life_years(row)) + terms.project_debt_spread.value
        payments, interest = loan_payments(row, rate)
    else:
        payments, interest = _in_dollars(scenario, country, *loan_payments(row, _local_rate(scenario, row, country)))
    return _debt(scenario, f"{name}/{country}", name, row, payments, interest, country)


def _local_rate(scenario: Scenario, row: ScenarioInstrument, country: str) -> float:
    spread = row.spread.value if row.spread else 0.0
    return curve_rate(scenario, CURRENCIES[country], average_life_years(row)) + spread


def _in_dollars(scenario: Scenario, country: str, payments: Floats, interest: Floats) -> tuple[Floats, Floats]:
    """Payments and interest in local currency per unit, as dollars per dollar drawn: the currency weakens with the
    difference of long-run inflation, and what it takes off the principal is taken off the interest."""
    inflation = scenario.countries[country].inflation_longrun.value
    us_inflation = scenario.parameters.us_inflation_longrun.value
    weaker = ((1.0 + us_inflation) / (1.0 + inflation)) ** np.arange(LONGEST_TENOR + 1)
    principal = (payments - interest) * weaker
    return payments * weaker, payments * weaker - principal / max(principal.sum(), 1e-300)


def _debt(
    scenario: Scenario,
    identifier: str,
    source: str,
    row: ScenarioInstrument,
    payments: Floats,
    interest: Floats,
    country: str | None,
) -> OfferedInstrument:
    reference = _reference_rate(scenario, row)
    instrument = replace(
        _solver_instrument(identifier, row, InstrumentKind.DEBT),
        grant_element=_grant_element(scenario, row, payments),
        subsidy_share=max(grant_share(payments, reference) - row.front_end_fee.value, 0.0)
        if row.group != "public"
        else 1.0,
    )
    return OfferedInstrument(instrument, source, (source,), country, payments, interest)


def _grant_element(scenario: Scenario, row: ScenarioInstrument, payments: Floats) -> float:
    """At the discount rate of the debt rules, on the declared basis: the contract's rate, or one in SDR if known."""
    on_basis = payments
    if scenario.financing.grant_element_basis == "sdr_equivalent" and row.sdr_rate is not None:
        on_basis, _ = loan_payments(row, row.sdr_rate.value)
    return grant_share(on_basis, scenario.parameters.grant_element_discount.value) - row.front_end_fee.value


def _covered_loans(
    scenario: Scenario, loan: str, row: ScenarioInstrument, guarantee: str, cover: ScenarioInstrument
) -> list[OfferedInstrument]:
    """A commercial loan under a guarantee: in dollars one offer, in local currency one a country, if it covers those.

    Cover may open a market to dollar lenders who are not there without it. Local banks lend where they do anyway.
    """
    offers = []
    if row.currency == "USD":
        longer = _longer(row, cover.tenor_years)
        payments, interest = loan_payments(longer, contract_rate(scenario, longer) + _relief(scenario, row, cover))
        offer = _debt(scenario, f"{loan}+{guarantee}", loan, longer, payments, interest, None)
        offers.append(replace(offer, eligible_as=(guarantee,)))
    elif row.currency == "LCU" and cover.local_tenor_years is not None:
        longer = _longer(row, cover.local_tenor_years)
        for country in (each for each in scenario.gateways if each in scenario.countries):
            rate = _local_rate(scenario, longer, country) + _relief(scenario, row, cover)
            payments, interest = _in_dollars(scenario, country, *loan_payments(longer, rate))
            offer = _debt(scenario, f"{loan}+{guarantee}/{country}", loan, longer, payments, interest, country)
            offers.append(replace(offer, eligible_as=(guarantee, loan)))
    share = cover.max_share_of_cost.value
    return [
        replace(
            offer,
            instrument=replace(
                offer.instrument,
                name=f"{row.name} under {cover.name}",
                guaranteed_by=guarantee,
                cover_share=share,
                variant_of=loan if offer.country is None else f"{loan}/{offer.country}",
            ),
        )
        for offer in offers
    ]


def _insured_equity(name: str, row: ScenarioInstrument, guarantee: str, cover: ScenarioInstrument) -> OfferedInstrument:
    """Equity insured against political events: the optimiser knows what its sponsors ask for less, and pay more."""
    nothing = np.zeros(LONGEST_TENOR + 1)
    instrument = replace(
        _solver_instrument(f"{name}+{guarantee}", row, InstrumentKind.EQUITY),
        name=f"{row.name} under {cover.name}",
        guaranteed_by=guarantee,
        cover_share=cover.equity_cover_share.value if cover.equity_cover_share else 0.0,
        insurance_premium=cover.fixed_rate.value if cover.fixed_rate else 0.0,
        insured_years=int(cover.tenor_years.value) if cover.tenor_years else 0,
        variant_of=name,
    )
    return OfferedInstrument(instrument, name, (guarantee, name), None, nothing, nothing)


def _longer(row: ScenarioInstrument, tenor: Quantity | None) -> ScenarioInstrument:
    """The loan with the tenor of its cover, if that is longer."""
    if tenor is None or (row.tenor_years is not None and row.tenor_years.value >= tenor.value):
        return row
    return row.model_copy(update={"tenor_years": tenor})


def _relief(scenario: Scenario, row: ScenarioInstrument, cover: ScenarioInstrument) -> float:
    """Change of the rate of a loan under cover [per year]: the covered part pays the premium in place of the spread.

    Cover of any default takes away the whole spread on the part it covers, cover of political events only their part
    of that spread (`financing.political_risk_share_of_spread`).
    """
    spread = row.spread.value if row.spread else 0.0
    relieved = 1.0 if cover.covers == "credit" else scenario.financing.political_risk_share_of_spread
    premium = cover.fixed_rate.value if cover.fixed_rate else 0.0
    return cover.max_share_of_cost.value * (premium - relieved * spread)


def _guarantee(name: str, row: ScenarioInstrument) -> OfferedInstrument:
    """Cover: the link pays its fees; where a treasury stands behind it, its whole amount is the treasury's exposure."""
    nothing = np.zeros(LONGEST_TENOR + 1)
    exposure = 1.0 if row.is_ppg else 0.0
    terms = _solver_instrument(name, row, InstrumentKind.GUARANTEE)
    limit = np.inf if row.max_cover_musd is None else row.max_cover_musd.value
    instrument = replace(terms, is_project_serviced=True, ppp_exposure_share=exposure, cover_limit_musd=limit)
    return OfferedInstrument(instrument, name, (name,), None, nothing, nothing)


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
        is_preparation_only=row.pays_for == "preparation",
        is_hard_currency=row.is_hard_currency,
        grant_element=1.0 if is_grant else 0.0,
        subsidy_share=1.0 if is_grant else 0.0,
        front_end_fee=row.front_end_fee.value,
        commitment_fee=row.commitment_fee.value,
        ppp_exposure_share=1.0 if row.group == "public" else 0.0,
        minimum_ticket_musd=row.min_ticket_musd.value,
        ticket_scope=_ticket_scope(row),
    )


def _ticket_scope(row: ScenarioInstrument) -> TicketScope:
    """A bond is issued for the portfolio, a treasury agrees for its country, private money is agreed link by link."""
    if row.repayment_profile == "bullet":
        return TicketScope.PORTFOLIO
    return TicketScope.COUNTRY if _is_public(row) else TicketScope.LINK


def _reference_rate(scenario: Scenario, row: ScenarioInstrument) -> float:
    """What the same money would cost from the market: the dollar curve plus the mean project spread."""
    spreads = [
        scenario.countries[country].project_debt_spread.value
        for country in scenario.gateways
        if country in scenario.countries
    ]
    return curve_rate(scenario, "USD", average_life_years(row)) + float(np.mean(spreads))
