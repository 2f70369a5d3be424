"""Global parameters of the market: macro, adoption, traffic, route choice.

One field per row of `parameters.csv`.
"""

from __future__ import annotations

from simmodel.scenario.schema_quantity import Quantity, Record, quantity


class MacroParameters(Record):
    """Parameters of macro."""

    gdp_convergence_years: Quantity = quantity(
        "years",
        None,
        "years in which growth of GDP per head goes from today's to the long-run rate",
        minimum=1.0,
    )
    gdp_common_rho: Quantity = quantity(
        "correlation",
        "share_or_probability",
        "correlation of the yearly growth shocks of two countries",
        maximum=1.0,
    )
    gdp_sigma_floor: Quantity = quantity(
        "log points per year",
        "growth_rate",
        "least standard deviation of yearly growth",
    )
    us_inflation_longrun: Quantity = quantity(
        "fraction per year",
        "growth_rate",
        "US inflation beyond the published path",
        maximum=1.0,
    )
    fx_mean_reversion: Quantity = quantity(
        "per year persistence",
        "share_or_probability",
        "share of a real exchange rate shock that remains after a year",
    )
    fx_jump_sigma: Quantity = quantity(
        "log points",
        "growth_rate",
        "spread of the size of a devaluation around its median",
    )
    fx_catch_up_rate: Quantity = quantity(
        "per year",
        "event_rate",
        "speed at which the real overshoot of a devaluation fades",
    )
    revenue_fx_indexation: Quantity = quantity(
        "fraction",
        "share_or_probability",
        "share of local-currency revenue indexed to the exchange rate",
        maximum=1.0,
    )
    wholesale_usd_share: Quantity = quantity(
        "fraction",
        "share_or_probability",
        "share of wholesale revenue invoiced in US dollars",
        maximum=1.0,
    )


class AdoptionParameters(Record):
    """Parameters of retail prices and adoption."""

    affordability_target: Quantity = quantity(
        "fraction of income",
        "share_or_probability",
        "largest share of income an affordable basket may take (UN Broadband Commission)",
        maximum=1.0,
    )
    household_income_share: Quantity = quantity(
        "fraction",
        "share_or_probability",
        "household disposable income over national income",
        maximum=1.0,
    )
    affordability_weight: Quantity = quantity(
        "exponent",
        "elasticity",
        "not used by the present equations: exponent of the affordable share in saturation",
    )
    bass_churn: Quantity = quantity("per year", "event_rate", "yearly share of users above saturation who leave")
    coverage_growth: Quantity = quantity(
        "per year towards 0.98",
        "growth_rate",
        "yearly growth of population coverage, up to 0.98",
    )
    retail_subscription_elasticity: Quantity = quantity(
        "elasticity",
        "elasticity",
        "validation only: price elasticity of subscriptions",
        minimum=None,
    )
    retail_price_per_doubling_of_capacity: Quantity = quantity(
        "fraction",
        "share_or_probability",
        "validation only: change of retail prices per doubling of capacity",
        minimum=-1.0,
        maximum=1.0,
    )
    relevance: Quantity = quantity(
        "fraction per year",
        "growth_rate",
        "yearly rise of the share of income people will pay",
        maximum=1.0,
    )
    retail_trend: Quantity = quantity(
        "ratio per year",
        "growth_rate",
        "yearly factor of retail prices while wholesale prices stay on their reference path",
    )
    pass_through_incumbent: Quantity = quantity(
        "elasticity of retail to wholesale price",
        "elasticity",
        "elasticity of retail to wholesale prices under an incumbent",
    )
    pass_through_competitive: Quantity = quantity(
        "elasticity of retail to wholesale price",
        "elasticity",
        "the same in a competitive market",
    )
    basket_kbps: Quantity = quantity(
        "busy-hour kbit/s",
        "traffic_volume",
        "busy-hour use of the basket of the margin squeeze test",
    )


class TrafficParameters(Record):
    """Parameters of traffic."""

    traffic_growth_t0: Quantity = quantity(
        "fraction per year",
        "growth_rate",
        "growth of total traffic in the base year",
        maximum=1.0,
    )
    traffic_growth_terminal: Quantity = quantity(
        "fraction per year",
        "growth_rate",
        "growth of traffic in the long run",
        maximum=1.0,
    )
    traffic_growth_midpoint: Quantity = quantity(
        "year",
        "growth_rate",
        "calendar year in which the decline of growth is half done",
    )
    traffic_growth_steepness: Quantity = quantity(
        "per year",
        "growth_rate",
        "steepness of the logistic decline of growth",
    )
    traffic_shock_rho: Quantity = quantity(
        "autocorrelation",
        "share_or_probability",
        "persistence of the yearly shock to traffic growth",
        maximum=1.0,
    )
    traffic_shock_sigma: Quantity = quantity(
        "log points per year",
        "growth_rate",
        "standard deviation of the yearly shock to traffic growth",
    )
    traffic_shock_common_share: Quantity = quantity(
        "fraction of variance",
        "share_or_probability",
        "share of the variance of that shock common to all countries",
        maximum=1.0,
    )
    usage_elasticity: Quantity = quantity(
        "elasticity (positive)",
        "elasticity",
        "fall of use per user for a departure of the wholesale price from its reference path",
    )
    usage_elasticity_asymmetry: Quantity = quantity(
        "ratio",
        "policy_effect",
        "elasticity for a price rise over that for a fall",
    )
    income_elasticity_of_usage: Quantity = quantity(
        "elasticity",
        "elasticity",
        "elasticity of use per user to income, for sensitivity",
    )
    busy_hour_ratio: Quantity = quantity("ratio", "policy_effect", "peak over average traffic")
    peak_utilisation: Quantity = quantity(
        "fraction",
        "share_or_probability",
        "traffic at the peak over lit capacity",
        maximum=1.0,
    )
    tourist_relative_use: Quantity = quantity(
        "ratio to a resident user",
        "policy_effect",
        "traffic of a tourist over that of a resident user",
    )
    tourist_same_day_share: Quantity = quantity(
        "fraction",
        "share_or_probability",
        "share of arrivals that leave the same day",
        maximum=1.0,
    )
    digital_trade_share_t0: Quantity = quantity(
        "fraction of traffic",
        "share_or_probability",
        "share of traffic from digital trade in the base year",
        maximum=1.0,
    )
    digital_trade_uplift: Quantity = quantity(
        "fraction",
        "share_or_probability",
        "traffic added by paperless trade and instant payments, after ten years",
        maximum=1.0,
    )
    smart_city_uplift: Quantity = quantity(
        "fraction of city international traffic",
        "share_or_probability",
        "default traffic added by a city programme",
        maximum=1.0,
    )
    smart_city_ramp_years: Quantity = quantity("years", "duration_delay", "years of the S-curve of a city programme")
    usage_per_user_max: Quantity = quantity(
        "busy-hour kbit/s per user",
        "traffic_volume",
        "ceiling of busy-hour use per user",
    )


class RouteParameters(Record):
    """Parameters of route choice."""

    satellite_latency: Quantity = quantity("ms one way", None, "delay by satellite")
    satellite_availability: Quantity = quantity(
        "fraction",
        "share_or_probability",
        "share of the time satellite capacity is in service",
        maximum=1.0,
    )
    unused_exit_share: Quantity = quantity(
        "fraction of demand",
        "share_or_probability",
        "share of demand at an exit that is open today but not seen in use",
        maximum=0.1,
    )
    gate_price_ratio_max: Quantity = quantity(
        "ratio to the hub's cheapest gate",
        None,
        "dearest gate that shares in the traffic observed at a hub",
        minimum=1.0,
    )
    paths_per_transit_market: Quantity = quantity("count", None, "paths kept for a transit market", minimum=1.0)
    paths_per_candidate: Quantity = quantity("count", None, "paths added for each candidate link alone", minimum=1.0)
    theta: Quantity = quantity("elasticity", "elasticity", "elasticity of route choice of regional demand")
    paths_per_demand: Quantity = quantity("count", None, "paths kept for a demand")
    path_size_exponent: Quantity = quantity("exponent", "elasticity", "weight of path overlap in route choice")
    value_of_latency: Quantity = quantity(
        "USD/Mbps/month per ms one way",
        "price",
        "what buyers pay for a shorter path",
    )
    value_of_reliability: Quantity = quantity(
        "USD/Mbps/month per unit of unavailability",
        "price",
        "what buyers pay for a more reliable path",
    )
    traffic_inertia: Quantity = quantity(
        "share of last year kept",
        "share_or_probability",
        "not used where switching is: share of last year's traffic kept",
        maximum=1.0,
    )
    new_link_ramp_years: Quantity = quantity(
        "years",
        "duration_delay",
        "years in which a new link is taken up in the plan",
    )
    sanction_price_multiplier: Quantity = quantity(
        "ratio",
        "policy_effect",
        "price of a sanctioned exit over its quote",
    )
    sanction_refusal_share: Quantity = quantity(
        "fraction",
        "share_or_probability",
        "share of demand that refuses a sanctioned exit",
        maximum=1.0,
    )
    transit_growth_sigma: Quantity = quantity(
        "log points per year",
        "growth_rate",
        "standard deviation of transit market growth",
    )
    outside_price_decline_sigma: Quantity = quantity(
        "log points per year",
        "growth_rate",
        "standard deviation of the fall of outside prices",
    )
    outside_major_event_rate: Quantity = quantity("events per year", "event_rate", "major cuts of submarine routes")
    outside_major_event_days: Quantity = quantity(
        "days",
        "duration_delay",
        "length of a major cut of submarine routes",
    )
    outside_major_event_loss: Quantity = quantity(
        "fraction of capacity",
        "share_or_probability",
        "capacity lost in a major cut",
        maximum=1.0,
    )
    theta_transit: Quantity = quantity("elasticity", "elasticity", "elasticity of route choice of transit")
    new_route_constant: Quantity = quantity(
        "ratio to the preferred exit",
        "policy_effect",
        "preference for an exit not used today over the preferred one",
    )
    switching: Quantity = quantity(
        "share of traffic re-contracted per year",
        "share_or_probability",
        "share of traffic re-contracted in a year",
        maximum=1.0,
    )
    border_fee: Quantity = quantity(
        "USD/Mbps/month per foreign country crossed",
        "price",
        "fee paid to the gateway holder of each foreign country crossed",
    )
