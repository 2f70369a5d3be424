"""Global parameters of money: wholesale prices, economic appraisal, finance.

One field per row of `parameters.csv`.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from simmodel.scenario.schema_quantity import Quantity, Record, quantity


class PriceParameters(Record):
    """Parameters of wholesale prices."""

    cost_base: Literal["lric", "rab"] = Field(
        description="base of regulated prices: long-run incremental cost or regulated asset base"
    )
    demand_elasticity_for_markup: Quantity = quantity(
        "elasticity",
        "elasticity",
        "evidence only: demand elasticity behind a mark-up",
    )
    marginal_cost_usd_per_mbps_month: Quantity = quantity(
        "USD/Mbps/month per 1,000 km",
        "price",
        "evidence only: marginal cost of carrying traffic",
    )
    common_cost_share: Quantity = quantity(
        "fraction",
        "share_or_probability",
        "common cost over incremental cost",
        maximum=1.0,
    )
    utilisation_floor: Quantity = quantity(
        "fraction of design sales",
        "share_or_probability",
        "least share of lit capacity a tariff may assume sold",
        maximum=1.0,
    )
    regulated_wacc_spread: Quantity = quantity(
        "fraction added to wacc_real_usd",
        "interest_rate_spread",
        "added to the real cost of capital for tariffs",
        minimum=-1.0,
        maximum=1.0,
    )
    mea_price_trend_optics: Quantity = quantity(
        "fraction per year",
        "growth_rate",
        "yearly price trend of modern equivalent optics",
        minimum=-1.0,
        maximum=1.0,
    )
    mea_price_trend_civil: Quantity = quantity(
        "fraction per year",
        "growth_rate",
        "yearly price trend of modern equivalent civil works",
        maximum=1.0,
    )
    price_cap_x: Quantity = quantity(
        "fraction per year",
        "growth_rate",
        "yearly efficiency factor of a price cap",
        maximum=1.0,
    )
    retail_minus_margin: Quantity = quantity(
        "fraction",
        "share_or_probability",
        "avoidable share of the retail price",
        maximum=1.0,
    )
    benchmark_decline: Quantity = quantity(
        "fraction per year",
        "growth_rate",
        "yearly fall of the benchmark price",
        maximum=1.0,
    )
    satellite_price_ceiling: Quantity = quantity(
        "USD/Mbps/month",
        "price",
        "price of satellite capacity, always open to a buyer",
    )
    regional_price_decline_competitive: Quantity = quantity(
        "fraction per year",
        "growth_rate",
        "yearly fall of competitive regional prices",
        maximum=1.0,
    )
    regional_price_decline_monopoly: Quantity = quantity(
        "fraction per year",
        "growth_rate",
        "yearly fall of monopoly regional prices",
        maximum=1.0,
    )
    iru_term_years: Quantity = quantity("years", "duration_delay", "term of an indefeasible right of use")
    iru_price_share: Quantity = quantity(
        "fraction of PV of leases",
        "share_or_probability",
        "up-front price of a right over the present value of leases",
        maximum=1.0,
    )
    iru_om_share: Quantity = quantity(
        "fraction of price per year",
        "share_or_probability",
        "yearly maintenance over the price of a right",
        maximum=1.0,
    )
    iru_max_fibre_share: Quantity = quantity(
        "fraction of pairs",
        "share_or_probability",
        "largest share of fibre pairs sold as rights",
        maximum=1.0,
    )
    anchor_presale_share: Quantity = quantity(
        "fraction of design sales",
        "share_or_probability",
        "share of design sales a signed anchor tenant takes",
        maximum=1.0,
    )
    max_volume_discount: Quantity = quantity(
        "fraction",
        "interest_rate_spread",
        "largest discount for volume",
        maximum=1.0,
    )
    gateway_elasticity: Quantity = quantity("elasticity", "elasticity", "elasticity behind the gateway margin")
    gateway_phase_years: Quantity = quantity(
        "years",
        "duration_delay",
        "years until a new number of gateways has full effect",
    )
    gateway_cost_share_cap: Quantity = quantity(
        "share of the retail price",
        "share_or_probability",
        "largest share of the retail price the gateway margin may take",
        maximum=1.0,
    )
    glide: Quantity = quantity(
        "largest fall per year",
        "share_or_probability",
        "largest fall of a regulated price in a year",
    )
    plan_share: Quantity = quantity(
        "share of the traffic that could use a new link",
        "share_or_probability",
        "traffic of a new link over that of all demands that could use it, in the plan",
        maximum=1.0,
    )
    plan_ramp_years: Quantity = quantity("years", "duration_delay", "years until the planned share is reached")
    review_years: Quantity = quantity("years", "duration_delay", "years between tariff reviews")
    existing_asset_base_share: Quantity = quantity(
        "share of replacement cost",
        "share_or_probability",
        "asset base of an existing link over replacement cost",
        maximum=1.0,
    )


class EconomicParameters(Record):
    """Parameters of economic appraisal."""

    reform_running_cost_share: Quantity = quantity(
        "fraction of set-up cost per year",
        "share_or_probability",
        "yearly cost of running a reform over the cost of setting it up",
        maximum=1.0,
    )
    discount_rate_economic: Quantity = quantity(
        "fraction, real",
        "interest_rate_spread",
        "real economic discount rate",
        maximum=1.0,
    )
    discount_rate_lagging: Quantity = quantity(
        "fraction, real",
        "interest_rate_spread",
        "real economic discount rate for lagging regions",
        maximum=1.0,
    )
    standard_conversion_factor: Quantity = quantity("ratio", "policy_effect", "border price over domestic price")
    shadow_wage_rate_factor: Quantity = quantity(
        "ratio",
        "policy_effect",
        "shadow wage over market wage of unskilled labour",
    )
    unskilled_labour_share: Quantity = quantity(
        "fraction of civil",
        "share_or_probability",
        "unskilled labour over civil works",
        maximum=1.0,
    )
    carbon_price_usd_t: Quantity = quantity("USD per tCO2, 2025 prices", "unit_cost", "shadow price of carbon")
    carbon_price_growth: Quantity = quantity(
        "fraction per year, real",
        "growth_rate",
        "real yearly growth of the carbon price",
        maximum=1.0,
    )
    tax_share_of_capex: Quantity = quantity(
        "fraction",
        "share_or_probability",
        "taxes and duties in capex",
        maximum=1.0,
    )
    unskilled_and_traded_split_traded: Quantity = quantity(
        "fraction of capex",
        "share_or_probability",
        "traded goods in capex",
        maximum=1.0,
    )


class FinanceParameters(Record):
    """Parameters of finance."""

    risk_free_usd: Quantity = quantity(
        "fraction",
        "interest_rate_spread",
        "risk-free rate in US dollars",
        maximum=1.0,
    )
    mature_equity_premium: Quantity = quantity(
        "fraction",
        "share_or_probability",
        "equity premium of a mature market",
        maximum=1.0,
    )
    asset_beta: Quantity = quantity("ratio", "policy_effect", "unlevered beta of telecom infrastructure")
    debt_to_equity: Quantity = quantity("ratio", "policy_effect", "target debt over equity")
    crp_lambda: Quantity = quantity(
        "fraction",
        "share_or_probability",
        "share of country risk premium charged",
        maximum=1.0,
    )
    dscr_target_contracted: Quantity = quantity(
        "ratio",
        "policy_effect",
        "debt service cover asked on contracted revenue",
    )
    dscr_target_merchant: Quantity = quantity(
        "ratio",
        "policy_effect",
        "debt service cover asked on merchant revenue",
    )
    gearing_max: Quantity = quantity("fraction", "share_or_probability", "largest debt over cost", maximum=1.0)
    sponsor_hurdle: Quantity = quantity(
        "fraction, nominal USD",
        "interest_rate_spread",
        "return asked by sponsors",
        maximum=1.0,
    )
    dsra_months: Quantity = quantity("months", "duration_delay", "months of debt service held in reserve")
    lockup_dscr: Quantity = quantity("ratio", "policy_effect", "cover under which dividends are locked")
    concessionality_floor: Quantity = quantity(
        "fraction",
        "share_or_probability",
        "least grant element of a concessional package",
        maximum=1.0,
    )
    grant_element_discount: Quantity = quantity(
        "fraction",
        "interest_rate_spread",
        "discount rate of the grant element",
        maximum=1.0,
    )
    receivable_days: Quantity = quantity("days", "duration_delay", "days until revenue is paid")
    payable_days: Quantity = quantity("days", "duration_delay", "days until costs are paid")
    usf_levy_pak: Quantity = quantity(
        "fraction of revenue",
        "share_or_probability",
        "universal service levy in Pakistan",
        maximum=1.0,
    )
    miga_premium: Quantity = quantity(
        "fraction of insured per year",
        "interest_rate_spread",
        "yearly premium of political risk insurance",
        maximum=1.0,
    )
    cvar_alpha: Quantity = quantity(
        "probability",
        "share_or_probability",
        "level of the conditional value at risk of the gap",
        maximum=1.0,
    )
    terminal_value_share: Quantity = quantity(
        "fraction of civil net book value",
        "share_or_probability",
        "residual value over net book value of civil works",
        maximum=1.0,
    )
    hard_currency_cover: Quantity = quantity(
        "ratio",
        "policy_effect",
        "share of free hard-currency revenue that hard-currency debt service may take",
    )
