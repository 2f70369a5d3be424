"""Global parameters of the assets: capex and opex, hazards.

One field per row of `parameters.csv`.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from simmodel.scenario.schema_quantity import Quantity, Record, quantity


class CapexParameters(Record):
    """Parameters of capacity, capex, opex."""

    opex_usd_share: Quantity = quantity(
        "fraction of opex",
        "share_or_probability",
        "share of opex priced in US dollars",
        maximum=1.0,
    )
    non_completion_spent_share: Quantity = quantity(
        "fraction of planned works",
        "share_or_probability",
        "share of the money spent when works stop for good",
        maximum=1.0,
    )
    amplifier_span_km: Quantity = quantity("km", "length", "distance between amplifiers")
    amplifier_site_usd: Quantity = quantity("USD per site", "unit_cost", "site of an amplifier")
    amplifier_equipment_usd: Quantity = quantity("USD per site", "unit_cost", "equipment of an amplifier")
    terminal_usd: Quantity = quantity("USD per end", "unit_cost", "terminal at one end")
    roadm_usd: Quantity = quantity("USD per node", "unit_cost", "optical switch at a node")
    wave_gbps: Quantity = quantity("Gbit/s", "traffic_volume", "capacity of a wave")
    wave_usd: Quantity = quantity("USD per 400G wave, both ends", "unit_cost", "equipment of a wave, both ends")
    regeneration_reach_km: Quantity = quantity("km", "length", "distance after which a wave is regenerated")
    router_port_usd: Quantity = quantity("USD per 400G port", "unit_cost", "router port of a wave")
    headroom: Quantity = quantity("fraction of flow", "share_or_probability", "spare capacity over flow")
    equipment_decline_per_gbps: Quantity = quantity(
        "fraction per year",
        "growth_rate",
        "yearly fall of equipment price per Gbit/s",
        maximum=1.0,
    )
    equipment_decline_common: Quantity = quantity(
        "fraction per year",
        "growth_rate",
        "yearly fall of the price of common equipment",
        maximum=1.0,
    )
    civil_price_trend: Quantity = quantity(
        "fraction per year, real",
        "growth_rate",
        "real yearly change of civil works prices",
        minimum=-1.0,
        maximum=1.0,
    )
    life_cable: Quantity = quantity("years", "duration_delay", "life of a buried cable")
    life_duct: Quantity = quantity("years", "duration_delay", "life of a duct")
    life_subsea: Quantity = quantity("years", "duration_delay", "life of a submarine cable")
    life_terminal: Quantity = quantity("years", "duration_delay", "life of a terminal")
    life_wave: Quantity = quantity("years", "duration_delay", "life of wave equipment")
    border_facility_musd: Quantity = quantity("musd per crossing", "unit_cost", "facility at a border crossing")
    landing_station_musd: Quantity = quantity("musd each", "unit_cost", "cable landing station")
    subsea_fixed_musd: Quantity = quantity(
        "musd per system",
        "unit_cost",
        "mobilisation, survey and permits of a submarine system",
    )
    exchange_point_musd: Quantity = quantity("musd", "unit_cost", "an internet exchange point")
    row_usd_per_km: Quantity = quantity("USD/km", "unit_cost", "right of way, once")
    preparation_share: Quantity = quantity(
        "fraction of capex",
        "share_or_probability",
        "studies, design and supervision over capex",
        maximum=1.0,
    )
    contingency: Quantity = quantity(
        "fraction of capex",
        "share_or_probability",
        "planned reserve over the estimate; in the plan, never in the draws",
        maximum=1.0,
    )
    security_uplift_afg: Quantity = quantity(
        "fraction of civil",
        "share_or_probability",
        "security cost over civil works in Afghanistan",
        maximum=1.0,
    )
    overrun_median: Quantity = quantity(
        "ratio",
        "policy_effect",
        "median of actual cost over the estimate without contingency",
    )
    overrun_p90: Quantity = quantity("ratio", "policy_effect", "ninetieth percentile of the same ratio")
    overrun_common_share: Quantity = quantity(
        "fraction of variance",
        "share_or_probability",
        "share of the variance of overruns common to all links",
        maximum=1.0,
    )
    schedule_multiplier_median: Quantity = quantity("ratio", "policy_effect", "median of actual duration over plan")
    schedule_multiplier_p90: Quantity = quantity("ratio", "policy_effect", "ninetieth percentile of the same ratio")
    delay_share_permits: Quantity = quantity(
        "fraction of delay",
        "share_or_probability",
        "share of delay due to permits",
        maximum=1.0,
    )
    preparation_years: Quantity = quantity(
        "years before construction",
        "duration_delay",
        "years of preparation before works",
    )
    construction_months_per_1000km: Quantity = quantity(
        "months",
        "duration_delay",
        "months of works per 1,000 km (alternative to crews and speed)",
    )
    construction_crews: Quantity = quantity("crews per link", None, "crews at work on a link")
    construction_months_subsea: Quantity = quantity("months", "duration_delay", "months of works of a submarine link")
    codeploy_saved_civil_share: Quantity = quantity(
        "fraction of civil",
        "share_or_probability",
        "civil cost saved on shared kilometres",
        maximum=1.0,
    )
    codeploy_row_saved: Quantity = quantity(
        "fraction",
        "share_or_probability",
        "right-of-way cost saved on shared kilometres",
        maximum=1.0,
    )
    codeploy_host_share_rule: Literal["incremental", "shapley", "proportional"] = Field(
        description="how link and host share the saving of shared works"
    )
    civil_share_of_capex: Quantity = quantity(
        "fraction",
        "share_or_probability",
        "validation only: civil works over capex",
        maximum=1.0,
    )
    opex_passive_share: Quantity = quantity(
        "fraction of civil per year",
        "share_or_probability",
        "yearly opex over civil value",
        maximum=1.0,
    )
    opex_active_share: Quantity = quantity(
        "fraction of equipment per year",
        "share_or_probability",
        "yearly opex over equipment value",
        maximum=1.0,
    )
    opex_subsea_share: Quantity = quantity(
        "fraction of capex per year",
        "share_or_probability",
        "yearly opex over capex of a submarine link",
        maximum=1.0,
    )
    power_amplifier_kw: Quantity = quantity("kW", "unit_cost", "power of an amplifier")
    power_terminal_kw: Quantity = quantity("kW", "unit_cost", "power of a terminal")
    colocation_usd_per_kw_month: Quantity = quantity("USD/kW/month", "unit_cost", "rent of powered space")
    border_staff_musd_per_year: Quantity = quantity(
        "musd per crossing and year",
        "unit_cost",
        "staff at a border crossing",
    )
    capex_s_curve: Literal["beta(2,2)"] = Field(description="shape of spending over the construction years")
    fibre_pairs_existing: Quantity = quantity("pairs", None, "fibre pairs of an existing cable")
    gbps_per_pair: Quantity = quantity("Gbit/s", "traffic_volume", "design capacity of a fibre pair")
    gbps_per_pair_growth: Quantity = quantity(
        "fraction per year",
        "growth_rate",
        "yearly growth of the capacity of a pair",
        maximum=1.0,
    )
    line_system_share_per_pair: Quantity = quantity(
        "share of line equipment cost per additional pair",
        "share_or_probability",
        "line equipment of a further pair over that of the first",
        maximum=1.0,
    )
    max_wait_years: Quantity = quantity("years", "duration_delay", "longest wait for a host project")


class HazardParameters(Record):
    """Parameters of hazards, outages, political events."""

    resilience_cost_low: Quantity = quantity(
        "fraction of civil",
        "share_or_probability",
        "cost of the low resilience standard over civil works",
        maximum=1.0,
    )
    resilience_avoided_low: Quantity = quantity(
        "fraction of damage",
        "share_or_probability",
        "damage avoided by the low standard",
        maximum=1.0,
    )
    resilience_cost_high: Quantity = quantity(
        "fraction of civil",
        "share_or_probability",
        "cost of the high resilience standard over civil works",
        maximum=1.0,
    )
    resilience_avoided_high: Quantity = quantity(
        "fraction of damage",
        "share_or_probability",
        "damage avoided by the high standard",
        maximum=1.0,
    )
    cut_rate_multiplier_codeployed: Quantity = quantity(
        "ratio",
        "policy_effect",
        "cut rate on shared works over that of own works",
    )
    cut_common_corridor: Quantity = quantity(
        "probability",
        "share_or_probability",
        "probability that a cut hits every cable of a corridor",
        maximum=1.0,
    )
    sla_target_availability: Quantity = quantity(
        "fraction",
        "share_or_probability",
        "availability promised to buyers",
        maximum=1.0,
    )
    sla_credit_multiple: Quantity = quantity(
        "multiple of the fee for the lost hours",
        None,
        "credit for a lost hour over its fee",
    )
    outage_value_share_of_gdp: Quantity = quantity(
        "fraction of GDP of the lost hours",
        "share_or_probability",
        "value of an hour without international traffic over GDP of the hour",
        maximum=1.0,
    )
    repair_time_border_closed_multiplier: Quantity = quantity(
        "ratio",
        "policy_effect",
        "repair time while the border is closed over normal",
    )
    climate_trend_multiplier: Quantity = quantity("ratio", "growth_rate", "multiplies every climate trend of hazards")
    governance_slope: Quantity = quantity(
        "per point of the corruption perceptions index below 40",
        "elasticity",
        "rise of political event rates per point of the corruption index below 40",
    )
    restoration: Quantity = quantity(
        "share of outage avoided by ring protection",
        "share_or_probability",
        "outage avoided by ring protection",
        maximum=1.0,
    )
