"""Countries: one field per variable of the model rows of `countries.csv`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from simmodel.scenario.schema_quantity import Quantity, Record, quantity


class Country(Record):
    """What the model knows of a country, in the base year unless a name says otherwise."""

    population_growth: Quantity = quantity(
        "fraction per year",
        "growth_rate",
        "yearly growth of population",
        maximum=1.0,
    )
    users_share_t0: Quantity = quantity(
        "fraction of population",
        "share_or_probability",
        "share of the population online in the base year",
        maximum=1.0,
    )
    gdp_per_head_growth: Quantity = quantity(
        "fraction per year",
        "growth_rate",
        "growth of real GDP per head today",
        minimum=-1.0,
        maximum=1.0,
    )
    gdp_per_head_growth_terminal: Quantity = quantity(
        "fraction per year",
        "growth_rate",
        "growth of real GDP per head in the long run",
        maximum=1.0,
    )
    gdp_sigma: Quantity = quantity(
        "log points per year",
        "growth_rate",
        "standard deviation of yearly growth of GDP per head",
    )
    gini: Quantity = quantity("fraction", "share_or_probability", "Gini coefficient of incomes", maximum=1.0)
    income_month_usd: Quantity = quantity(
        "USD per person and month",
        "population_macro_level",
        "mean income per head",
    )
    entry_basket_usd_month: Quantity = quantity(
        "USD per month",
        "price",
        "cheapest monthly data plan: the retail price of the base year",
    )
    access_cost_usd_month: Quantity = quantity("USD per month", "price", "cost of access within the retail price")
    retail_margin: Quantity = quantity(
        "fraction",
        "share_or_probability",
        "not used by the present equations: retail margin",
        maximum=1.0,
    )
    pass_through_today: Quantity = quantity(
        "fraction",
        "share_or_probability",
        "place of the country between incumbent and competitive pass-through today",
        maximum=1.0,
    )
    pass_through_liberalised: Quantity = quantity(
        "fraction",
        "share_or_probability",
        "the same after liberalisation",
        maximum=1.0,
    )
    gateway_operators_today: Quantity = quantity("operators", None, "holders of an international gateway today")
    gateway_operators_liberalised: Quantity = quantity("operators", None, "the same after liberalisation")
    gateway_regime_today: Literal["incumbent", "cournot"] = Field(description="conduct of the gateway holders today")
    wholesale_price_t0: Quantity = quantity(
        "USD/Mbps/month",
        "price",
        "national wholesale price of international capacity in the base year",
    )
    busy_hour_kbps_per_user: Quantity = quantity(
        "kbit/s",
        "traffic_volume",
        "busy-hour use per user in the base year",
    )
    international_demand_t0: Quantity = quantity(
        "Gbit/s",
        "traffic_volume",
        "international busy-hour traffic in the base year",
    )
    international_share_t0: Quantity = quantity(
        "fraction",
        "share_or_probability",
        "share of traffic that comes from abroad in the base year",
        maximum=1.0,
    )
    international_share_end: Quantity = quantity(
        "fraction",
        "share_or_probability",
        "the same in the long run",
        maximum=1.0,
    )
    localisation_rate_today: Quantity = quantity("per year", "event_rate", "speed at which traffic comes home today")
    localisation_rate_exchange_points: Quantity = quantity("per year", "event_rate", "the same with exchange points")
    bass_p: Quantity = quantity("per year", "event_rate", "innovation coefficient of adoption")
    bass_q: Quantity = quantity("per year", "event_rate", "imitation coefficient of adoption")
    coverage_share: Quantity = quantity(
        "fraction of population",
        "share_or_probability",
        "share of the population under 4G coverage",
        maximum=1.0,
    )
    affordable_share_t0: Quantity = quantity(
        "fraction",
        None,
        "check value: share of people whose basket takes at most 2 percent of income",
        maximum=1.0,
    )
    saturation_t0: Quantity = quantity(
        "fraction of population",
        "share_or_probability",
        "share of the population that will be online at today's prices",
        maximum=1.0,
    )
    saturation_calibration: Quantity = quantity(
        "ratio",
        None,
        "not used by the present equations: multiplier of saturation",
    )
    tourist_arrivals: Quantity = quantity(
        "million persons per year",
        "population_macro_level",
        "arrivals of visitors",
    )
    tourist_stay_days: Quantity = quantity("days", "duration_delay", "length of a stay")
    fx_sigma: Quantity = quantity(
        "log points per year",
        "growth_rate",
        "standard deviation of the real exchange rate outside devaluations",
    )
    fx_jump_rate: Quantity = quantity("per year", "event_rate", "devaluations")
    fx_jump_size_median: Quantity = quantity(
        "log points, local currency weaker",
        "policy_effect",
        "median size of a devaluation",
    )
    inflation_2026: Quantity = quantity(
        "fraction per year",
        "growth_rate",
        "inflation of consumer prices in 2026",
        maximum=1.0,
    )
    inflation_longrun: Quantity = quantity(
        "fraction per year",
        "growth_rate",
        "inflation of consumer prices in the long run",
        maximum=1.0,
    )
    corporate_tax: Quantity = quantity("fraction", None, "corporate income tax rate", maximum=1.0)
    tax_depreciation_method: Literal["straight_line", "declining"] = Field(description="method of tax depreciation")
    tax_depreciation_civil: Quantity = quantity(
        "years or fraction per year",
        None,
        "civil works: life in years (straight line) or yearly rate (declining)",
    )
    tax_depreciation_equipment: Quantity = quantity(
        "years or fraction per year",
        None,
        "equipment: life in years (straight line) or yearly rate (declining)",
    )
    tax_loss_years: Quantity = quantity("years", None, "years a tax loss is carried forward")
    vat_rate: Quantity = quantity("fraction", None, "value added tax rate", maximum=1.0)
    project_debt_spread: Quantity = quantity(
        "fraction",
        "interest_rate_spread",
        "project spread over the sovereign spread",
        maximum=1.0,
    )
    cost_of_equity: Quantity = quantity(
        "fraction, nominal USD",
        "interest_rate_spread",
        "cost of equity",
        maximum=1.0,
    )
    equity_country_premium: Quantity = quantity(
        "fraction per year", None, "part of the return sponsors ask that pays for the risk of the country", maximum=1.0
    )
    wacc_nominal_usd: Quantity = quantity(
        "fraction",
        "interest_rate_spread",
        "commercial cost of capital, nominal",
        maximum=1.0,
    )
    wacc_real_usd: Quantity = quantity(
        "fraction",
        "interest_rate_spread",
        "commercial cost of capital, real",
        maximum=1.0,
    )
    grid_carbon_kg_per_kwh: Quantity = quantity("kg/kWh", "unit_cost", "carbon intensity of the grid")
    electricity_price: Quantity = quantity("USD/kWh", "price", "price of electricity for business")
    ppg_pv_headroom: Quantity = quantity("musd", "money_envelope", "room for public debt, present value, all sectors")
    ppg_service_headroom: Quantity = quantity(
        "musd per year",
        "money_envelope",
        "room for public debt service, all sectors",
    )
    ppp_cap: Quantity = quantity(
        "musd",
        "money_envelope",
        "ceiling of public-private partnership commitments, all sectors",
    )
    concessionality_floor: Quantity | None = quantity(
        "fraction",
        None,
        "least grant element of a package of public debt and grants; absent: no such rule",
        maximum=1.0,
        optional=True,
    )
