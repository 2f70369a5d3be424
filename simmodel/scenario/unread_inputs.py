"""Numbers of the tables that no equation reads: evidence, checks, and what another number says in their place.

Whoever sets one of them is told so, `explain` says it, and the page of the tables lists them; a test holds the list
against the program.
"""

from __future__ import annotations

from collections.abc import Mapping

from simmodel.scenario.provenance import Mapping as Tree
from simmodel.scenario.provenance import iterate_leaves

UNREAD_INPUTS: Mapping[str, Mapping[str, str]] = {
    "parameters": {
        "gdp_sigma_floor": "countries.gdp_sigma",
        "household_income_share": "incomes are income_month_usd as it stands",
        "affordability_weight": "adoption follows the income share people are seen to pay",
        "retail_subscription_elasticity": "a check of adoption",
        "retail_price_per_doubling_of_capacity": "a check of the pass-through",
        "usage_elasticity_asymmetry": "use answers to rises and falls alike",
        "income_elasticity_of_usage": "income reaches traffic through adoption",
        "busy_hour_ratio": "traffic is busy-hour traffic throughout",
        "peak_utilisation": "capacity is lit by headroom",
        "smart_city_uplift": "each programme has its own uplift",
        "smart_city_ramp_years": "each programme has its own years",
        "traffic_inertia": "1 - switching",
        "new_link_ramp_years": "plan_ramp_years for the plan, switching for the traffic",
        "sanction_refusal_share": "sanctions act through sanction_price_multiplier",
        "transit_growth_sigma": "each transit market has its own",
        "outside_major_event_rate": "outside routes are as available as their rows say in every year",
        "outside_major_event_days": "see outside_major_event_rate",
        "outside_major_event_loss": "see outside_major_event_rate",
        "equipment_decline_common": "all equipment falls by equipment_decline_per_gbps",
        "civil_price_trend": "works cost the same in constant dollars in every year",
        "life_duct": "civil works live life_cable",
        "life_subsea": "civil works live life_cable",
        "border_facility_musd": "each border has its own",
        "exchange_point_musd": "a cost of the reform exchange_points",
        "construction_months_per_1000km": "works advance by build_types.build_km_per_month",
        "construction_crews": "build_km_per_month is the speed of the whole link",
        "codeploy_saved_civil_share": "each host project has its own",
        "civil_share_of_capex": "a check of the unit costs",
        "opex_passive_share": "build_types.route_om_usd_per_km_year",
        "opex_subsea_share": "build_types.route_om_usd_per_km_year",
        "fibre_pairs_existing": "links.design_maximum",
        "gbps_per_pair": "links.design_maximum",
        "line_system_share_per_pair": "one line system a link",
        "demand_elasticity_for_markup": "mark-ups follow from route choice (theta)",
        "marginal_cost_usd_per_mbps_month": "avoidable cost follows from waves, ports and power",
        "regulated_wacc_spread": "regulated prices use the WACC of the country",
        "regional_price_decline_competitive": "gateways.price_decline_without_reform",
        "regional_price_decline_monopoly": "gateways.price_decline_without_reform",
        "anchor_presale_share": "the financing plan decides presales",
        "max_volume_discount": "no volume discounts",
        "cut_rate_multiplier_codeployed": "a shared trench is cut as often as one alone",
        "cut_common_corridor": "cuts on different links never coincide",
        "repair_time_border_closed_multiplier": "repair takes no longer while a border is closed",
        "governance_slope": "political rates are those of political_events",
        "discount_rate_lagging": "every run shows the value at 6, 9 and 12 %",
        "risk_free_usd": "countries.wacc_nominal_usd",
        "mature_equity_premium": "countries.wacc_nominal_usd",
        "asset_beta": "countries.wacc_nominal_usd",
        "debt_to_equity": "countries.wacc_nominal_usd",
        "crp_lambda": "countries.wacc_nominal_usd",
        "lockup_dscr": "dividends are not locked",
        "miga_premium": "the terms of the instrument",
        "terminal_value_share": "nothing is left at the end of the horizon",
    },
    "countries": {
        "pass_through_liberalised": "reforms.gateway_liberalisation",
        "gateway_operators_liberalised": "reforms.gateway_liberalisation",
        "busy_hour_kbps_per_user": "use per head follows from international_demand_t0",
        "localisation_rate_exchange_points": "reforms.exchange_points",
        "saturation_calibration": "saturation_t0",
        "inflation_2026": "macro_paths",
        "vat_rate": "cash flows are without value added tax",
        "wacc_real_usd": "wacc_nominal_usd less the path of US inflation",
        "electricity_price": "parameters.colocation_usd_per_kw_month",
    },
    "gateways": {
        "transport_and_transit_usd": "a check of the mark-up",
        "price_decline_with_reform": "competition follows from the number of operators",
        "sla_availability": "a gateway is always available",
    },
    "borders": {
        "bcp_hours": "evidence of permit_delay_months",
        "closure_days_per_year": "events times days",
        "access_delay_multiplier": "repair takes no longer while a border is closed",
        "winter_closed_months": "works advance at the same speed all year",
    },
    "links": {
        "announced_cost_musd": "evidence for the estimate",
        "announced_capacity_tbps": "design_maximum",
        "great_circle_km": "km",
    },
    "hosts": {"row_saved_share": "parameters.codeploy_row_saved and the reform dig_once"},
    "external_legs": {"price_decline_per_year": "all outside prices fall with the main hub's"},
    "outside_options": {"price_decline_per_year": "all outside prices fall with the main hub's"},
    "instruments": {
        "grant_element_5pct_published": "a check of the grant element",
    },
    "envelopes": {
        "allocation_3y_musd": "envelope_musd is the part for digital backbone",
        "digital_share": "envelope_musd is the part for digital backbone",
    },
}
"""By top-level name and field: what stands in its place."""


def why_unread(path: tuple[str | int, ...]) -> str:
    """Return what stands in the place of a number no equation reads; empty for one that is read."""
    return UNREAD_INPUTS.get(str(path[0]), {}).get(str(path[-1]), "") if path else ""


def unread_settings(tree: Tree) -> tuple[str, ...]:
    """Return a line for every number that a file or `--set` gives a value and no equation reads."""
    lines = []
    for path, leaf in iterate_leaves(tree):
        reason = why_unread(path)
        if reason and not leaf.origin.column_name:
            lines.append(f"{'.'.join(str(step) for step in path)} is set, and not used: {reason}")
    return tuple(lines)
