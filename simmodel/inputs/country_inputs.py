"""Countries: macroeconomy, adoption, gateways, tax, political events. The last one stands for all outside the model."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
from numpy.typing import NDArray

from simmodel.errors import DataError
from simmodel.inputs import marginals
from simmodel.inputs.calendar import Calendar
from simmodel.inputs.hazard_inputs import lognormal_sigma
from simmodel.inputs.model_inputs import COUNTRY, COUNTRY_YEAR
from simmodel.inputs.network import OUTSIDE, PhysicalNetwork
from simmodel.inputs.slots import SlotBook, clip_marginal, shift_marginal
from simmodel.scenario.schema import Scenario
from simmodel.scenario.schema_countries import Country
from simmodel.units import DAYS_PER_YEAR

LEVY_COUNTRY = "PAK"
LEAST_OBSERVED_RATIO = 0.1
"""No draw of an observation of the base year is below this share of its central value."""
PERSONS_PER_MILLION = 1e6


def build_countries(scenario: Scenario, network: PhysicalNetwork, slots: SlotBook) -> NDArray[np.void]:
    """Return the records of the countries; reference prices (`bill_ref0`), regions and effects are filled in later.

    Returns
    -------
    (countries + 1,) COUNTRY

    Raises
    ------
    DataError : a country with demand has no gateway
    """
    records = np.zeros(len(network.countries), dtype=COUNTRY)
    for number, iso3 in enumerate(network.countries[:-1]):
        if iso3 not in scenario.gateways:
            raise DataError(f"gateways has no row for {iso3}, which has regions")
        country = scenario.countries[iso3]
        fill_macro(records[number], iso3, country, slots)
        fill_adoption(records[number], scenario, country)
        fill_prices(records[number], scenario, iso3, country)
        fill_tax(records[number], scenario, iso3, country)
        fill_events(records[number], scenario, iso3)
    fill_outside(records, scenario, slots)
    return records


def fill_macro(record: np.void, iso3: str, country: Country, slots: SlotBook) -> None:
    """Fill income growth, exchange rate and the drawn observations of a country."""
    growth = f"countries.{iso3}.gdp_per_head_growth"
    middle = country.gdp_per_head_growth.value
    record["growth_shift_slot"] = slots.draw_leaf(
        f"countries/{iso3}/growth_shift", growth, partial(shift_marginal, offset=-middle)
    )
    for field, name, number in (
        ("wholesale_slot", "wholesale_price_t0", country.wholesale_price_t0),
        ("traffic_slot", "international_demand_t0", country.international_demand_t0),
    ):
        least = LEAST_OBSERVED_RATIO * number.value
        record[field] = slots.draw_leaf(
            f"countries/{iso3}/{name}", f"countries.{iso3}.{name}", partial(clip_marginal, lower=least)
        )
    record["gdp_sigma"] = country.gdp_sigma.value
    record["fx_sigma"] = country.fx_sigma.value
    record["fx_jump_rate"] = country.fx_jump_rate.value
    record["fx_jump_median"] = country.fx_jump_size_median.value


def fill_adoption(record: np.void, scenario: Scenario, country: Country) -> None:
    """Fill adoption, use and tourism of a country."""
    parameters = scenario.parameters
    gini = country.gini.value
    record["gini_sd"] = math.sqrt(2.0) * normal_quantile((gini + 1.0) / 2.0)
    record["bass_p"] = country.bass_p.value
    record["bass_q"] = country.bass_q.value
    record["growth0_divisor"] = (1.0 + users_growth(country)) * (1.0 + international_share_growth(country))
    record["international_share0"] = country.international_share_t0.value
    record["international_share_end"] = country.international_share_end.value
    nights = country.tourist_stay_days.value / DAYS_PER_YEAR * (1.0 - parameters.tourist_same_day_share.value)
    record["tourist_years"] = country.tourist_arrivals.value * PERSONS_PER_MILLION * nights
    record["tourist_use"] = parameters.tourist_relative_use.value


def normal_quantile(probability: float) -> float:
    """Return the standard normal quantile."""
    from scipy.special import ndtri

    return float(ndtri(probability))


def users_growth(country: Country) -> float:
    """Return the yearly growth of users in the base year: people, and the step of adoption towards saturation."""
    users, saturation = country.users_share_t0.value, country.saturation_t0.value
    speed = country.bass_p.value + country.bass_q.value * min(users / saturation, 1.0)
    gain = speed * max(saturation - users, 0.0)
    return (1.0 + country.population_growth.value) * (1.0 + gain / users) - 1.0


def international_share_growth(country: Country) -> float:
    """Return the yearly growth (negative) of the international share of traffic in the base year."""
    today, end = country.international_share_t0.value, country.international_share_end.value
    return (end + (today - end) * math.exp(-country.localisation_rate_today.value)) / today - 1.0


def fill_prices(record: np.void, scenario: Scenario, iso3: str, country: Country) -> None:
    """Fill retail and gateway prices and the cost of capital of a country.

    The efficient cost of retail is the retail margin on the international cost within the entry basket: basket =
    access cost + (1 + margin) x international cost. The path on which wholesale prices are expected, so that neither
    use nor retail prices answer to it, is the country's own without reform.
    """
    parameters, gateway = scenario.parameters, scenario.gateways[iso3]
    record["retail_trend"] = parameters.retail_trend.value
    record["reference_decline"] = gateway.price_decline_without_reform.value
    record["access_cost"] = country.access_cost_usd_month.value
    margin = country.retail_margin.value
    international = (country.entry_basket_usd_month.value - country.access_cost_usd_month.value) / (1.0 + margin)
    record["efficient_retail_cost"] = max(margin * international, 0.0)
    record["basket_kbps"] = parameters.basket_kbps.value
    record["gateway_cost"] = gateway.cost_usd_per_mbps_month.value
    record["gateway_decline"] = gateway.price_decline_without_reform.value
    record["wacc_nominal"] = country.wacc_nominal_usd.value


def fill_tax(record: np.void, scenario: Scenario, iso3: str, country: Country) -> None:
    """Fill profit tax, depreciation and levy of a country; the universal service levy is known for Pakistan only."""
    record["tax_rate"] = country.corporate_tax.value
    record["tax_loss_years"] = country.tax_loss_years.value
    kind = "life" if country.tax_depreciation_method == "straight_line" else "rate"
    for part, number in (("civil", country.tax_depreciation_civil), ("equipment", country.tax_depreciation_equipment)):
        value = number.value
        record[f"{part}_tax_{kind}"] = round(value) if kind == "life" else value
    record["usf_levy"] = scenario.parameters.usf_levy_pak.value if iso3 == LEVY_COUNTRY else 0.0


def fill_events(record: np.void, scenario: Scenario, iso3: str) -> None:
    """Fill shutdowns, re-nationalisation and revocation of a country; events it does not have stay at rate 0."""
    events = scenario.political_events.get(iso3, {})
    record["nat_years"] = 1
    if "deliberate_shutdown" in events:
        event = events["deliberate_shutdown"]
        record["shutdown_rate"] = event.events_per_year.value
        record["shutdown_effect"] = event.effect.value
        record["shutdown_days_median"] = event.duration_days_median.value
        record["shutdown_days_sigma"] = lognormal_sigma(
            median=event.duration_days_median.value, p90=event.duration_days_p90.value
        )
    if "gateway_renationalisation" in events:
        event = events["gateway_renationalisation"]
        record["nationalisation_rate"] = event.events_per_year.value
        record["nat_years"] = max(1, round(event.duration_days_median.value / DAYS_PER_YEAR))
    if "licence_revocation" in events:
        record["revocation_rate"] = events["licence_revocation"].events_per_year.value


def fill_outside(records: NDArray[np.void], scenario: Scenario, slots: SlotBook) -> None:
    """Fill the country that stands for the neighbours: mean tax and cost of capital of the others, nothing else.

    Its assets are written off for tax over their technical lives.
    """
    outside, others = records[-1], records[:-1]
    for field in ("tax_rate", "wacc_nominal", "reference_decline"):
        outside[field] = others[field].mean()
    outside["tax_loss_years"] = round(others["tax_loss_years"].mean())
    outside["civil_tax_life"] = round(scenario.parameters.life_cable.value)
    outside["equipment_tax_life"] = round(scenario.parameters.life_terminal.value)
    outside["retail_trend"] = 1.0
    outside["growth0_divisor"] = 1.0
    outside["gini_sd"] = others["gini_sd"].mean()
    outside["nat_years"] = 1
    outside["basket_kbps"] = scenario.parameters.basket_kbps.value
    for field in ("growth_shift_slot", "wholesale_slot", "traffic_slot"):
        name = f"countries/{OUTSIDE}/{field.removesuffix('_slot')}"
        outside[field] = slots.draw(name, marginals.fixed(0.0))


def build_country_years(scenario: Scenario, network: PhysicalNetwork, calendar: Calendar) -> NDArray[np.void]:
    """Return growth of GDP per head by country and year: straight from today's to the long-run rate, then constant.

    Returns
    -------
    (countries + 1, years) COUNTRY_YEAR : `gdp_growth` [log points a year]; reference prices are filled in later
    """
    records = np.zeros((len(network.countries), calendar.years), dtype=COUNTRY_YEAR)
    way = np.clip(calendar.years_since_base() / scenario.parameters.gdp_convergence_years.value, 0.0, 1.0)
    for number, iso3 in enumerate(network.countries[:-1]):
        country = scenario.countries[iso3]
        today, end = country.gdp_per_head_growth.value, country.gdp_per_head_growth_terminal.value
        records["gdp_growth"][number] = np.log1p(today + (end - today) * way)
    return records
