"""Who may use what: eligibility by section and year, ceilings by section, and the envelopes."""

from __future__ import annotations

import numpy as np

from simmodel.financing.portfolio_cash import Floats, PortfolioPlan
from simmodel.financing.terms import OfferedInstrument
from simmodel.scenario.schema import Scenario
from simmodel.scenario.schema_finance import Eligibility as EligibilityRow
from solvers import Eligibility, InstrumentKind, Windows

OPEN_TO_NEIGHBOURS = ("equity_sponsor", "consortium")  # what operators of a neighbour without lending terms may bring


def eligible_money(
    scenario: Scenario, plan: PortfolioPlan, offers: list[OfferedInstrument], *, first_year: int, matures: np.ndarray
) -> Eligibility:
    """Return who may draw what and when.

    Parameters
    ----------
    matures : (I, T) a project-serviced debt drawn in the year repays within the horizon
    """
    sections, years = len(plan.section_country), matures.shape[1]
    eligible = np.zeros((sections, len(offers), years), dtype=bool)
    ceiling = np.zeros((sections, len(offers)))
    open_share = _open_shares(scenario, offers, first_year, years)
    for section, country in enumerate(plan.section_country):
        for position, offer in enumerate(offers):
            if offer.country not in (None, country):
                continue
            limit = _largest_share(scenario, plan, section, offer)
            if limit <= 0.0:
                continue
            if country == "outside":
                if offer.source_id in OPEN_TO_NEIGHBOURS and offer.instrument.guaranteed_by is None:
                    eligible[section, position], ceiling[section, position] = matures[position], limit
                continue
            share = open_share.get((position, country))
            if share is None:
                continue
            eligible[section, position] = matures[position] & (share > 0.0)
            ceiling[section, position] = min(limit, float(share.max()))
            if offer.instrument.is_preparation_only:
                eligible[section, position] &= plan.preparation_musd[section] > 0.0
    return Eligibility(eligible=eligible, max_share_of_cost=ceiling, minimum_commitment_musd=np.zeros_like(ceiling))


def _largest_share(scenario: Scenario, plan: PortfolioPlan, section: int, offer: OfferedInstrument) -> float:
    """Largest share of a section's cost that the terms and the purpose of an instrument allow."""
    row, link = scenario.instruments[offer.source_id], int(plan.section_link[section])
    if row.pays_for == "domestic links" and not plan.is_domestic[link]:
        return 0.0
    share = row.max_share_of_cost.value
    return min(share, float(plan.climate_cost_share[link])) if row.pays_for == "climate measures" else share


def _open_shares(
    scenario: Scenario, offers: list[OfferedInstrument], first_year: int, years: int
) -> dict[tuple[int, str], Floats]:
    """(T,) [-] by offer and country: the share of the country's cost that its rows leave open; 0: closed that year.

    Of rows that decide together each must be open, and the smallest share holds.
    """
    by_key: dict[tuple[str, str], list[EligibilityRow]] = {}
    for row in scenario.eligibility:
        by_key.setdefault((row.instrument_id, row.iso3), []).append(row)
    shares: dict[tuple[int, str], Floats] = {}
    for position, offer in enumerate(offers):
        for country in {iso3 for name, iso3 in by_key if name == offer.eligible_as[0]}:
            share = np.full(years, np.inf)
            for name in offer.eligible_as:
                own = np.zeros(years)
                for row in by_key.get((name, country), ()):
                    if _is_open(row, offer, scenario):
                        span = slice(max(row.from_year - first_year, 0), max(row.to_year - first_year + 1, 0))
                        own[span] = np.maximum(own[span], row.max_share_of_country_cost.value)
                share = np.minimum(share, own)
            if share.any():
                shares[position, country] = share
    return shares


def _is_open(row: EligibilityRow, offer: OfferedInstrument, scenario: Scenario) -> bool:
    if row.status == "yes":
        return True
    if row.status == "grant_only":
        return offer.instrument.kind is InstrumentKind.GRANT
    return row.status == "conditional" and scenario.financing.conditional_eligibility


def envelopes(scenario: Scenario, offers: list[OfferedInstrument], countries: tuple[str, ...]) -> Windows:
    """Return the envelopes: rows of one window share one allocation, so their common limit is the largest of them.

    Money uses up what is committed of it, a guarantee the part of its cover that its institution sets aside.
    An instrument without any row is limited by its share of cost alone; one with rows for other countries only has no
    money in a country without a row.
    """
    with_rows = {row.instrument_id for row in scenario.envelopes}
    limits: dict[str, float] = {}
    charges: dict[str, Floats] = {}
    covered: set[tuple[int, int]] = set()
    for row in scenario.envelopes:
        charge = scenario.instruments[row.instrument_id].envelope_charge
        use = 1.0 if charge is None else charge.value
        for position, offer in enumerate(offers):
            if offer.source_id != row.instrument_id:
                continue
            for place, country in enumerate(countries):
                if row.iso3 in (country, "ALL"):
                    limits[row.window_id] = max(limits.get(row.window_id, 0.0), row.envelope_musd.value)
                    charges.setdefault(row.window_id, np.zeros((len(offers), len(countries))))[position, place] = use
                    covered.add((position, place))
    closed = np.zeros((len(offers), len(countries)))
    for position, offer in enumerate(offers):
        for place in range(len(countries)):
            if offer.source_id in with_rows and (position, place) not in covered:
                closed[position, place] = 1.0
    if closed.any():
        limits["no_envelope"], charges["no_envelope"] = 0.0, closed
    names = tuple(limits)
    shape = (len(names), len(offers), len(countries))
    return Windows(
        ids=names,
        limit_musd=np.array([limits[name] for name in names]),
        charge=np.array([charges[name] for name in names]).reshape(shape),
    )
