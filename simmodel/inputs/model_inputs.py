"""The contract between the inputs stage and the engine: one record per object, every field with its unit.

A field that ends in ``_slot`` is the row of the static draw matrix that holds the parameter (``docs/model.md``,
section 1). Lists of variable length are flat integer arrays addressed by ``first_x:last_x`` fields. Indices are int64,
-1 means none.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simmodel.inputs.marginals import Marginal

RUNS = ("without", "reform_only", "portfolio", "portfolio_codeploy", "portfolio_reform", "with")
CLASSES = ("regional", "transit")
REGIMES = ("incumbent", "cournot", "open_access", "price_cap", "retail_minus", "benchmark")
OPERATIONS = ("set", "multiply", "add")
NONE = 1e30  # a cap that never binds

CHANNELS = (
    "gateways",  # operators of the international gateway [count]
    "pass_through",  # degree of pass-through of wholesale to retail prices [0..1]
    "open_access",  # open-access regulation in force [0/1]
    "markup",  # what the gateway holder adds for rivals [fraction]
    "codeploy_add",  # added to the co-deployable share [fraction]
    "row_saved",  # share of right-of-way cost saved by co-deployment [fraction]
    "row_fee_ratio",  # right-of-way fee, ratio to today
    "permit_ratio",  # permit delay, ratio to today
    "overrun_ratio",  # spread of the overrun above 1, ratio to today
    "terminal_ratio",  # cost of terminals at construction, ratio to today
    "digital_ratio",  # digital-trade uplift, ratio to today
    "localisation",  # yearly rate at which the international share closes on its end value [per year]
    "smart_cost_ratio",  # cost of city programmes, ratio to today (reported only)
    "debt_spread_add",  # added to the project debt spread (financing stage) [fraction]
    "arrivals_ratio",  # tourist arrivals, ratio to today
    "fx_jump_ratio",  # rate of devaluations, ratio to today
)

# What the engine returns, per year and draw.
LINK_VARIABLES = (
    "flow",  # use of the link: flow of the paths that use it, both classes [Gbit/s]
    "price_regional",  # sum over segments [nominal USD/Mbps/month]
    "price_transit",
    "billing",  # gross, before outages and credits [nominal musd]
    "revenue",  # after outages, credits, exchange rate [nominal musd]
    "revenue_usd",  # its hard-currency part [nominal musd]
    "opex",  # [nominal musd]
    "opex_usd",  # its hard-currency part [nominal musd]
    "maintenance",  # waves, renewals, repairs, damage [nominal musd]
    "tax",  # [nominal musd]
    "cfads",  # [nominal musd]
    "availability",  # length-weighted mean of its segments [fraction]; 1 before service
    "lit",  # length-weighted mean lit capacity [Gbit/s]
    "required_revenue",  # LRIC+ price times billed plan, all segments [nominal musd]
    # from here on the same in all draws for an existing link
    "open",  # in service [0/1]
    "capex",  # preparation and works to first service, candidate links [nominal musd]
    "capex_economic",  # the same at the full co-deployment saving (kept = 1) [nominal musd]
    "anchor",  # cash from anchor tenants [nominal musd]
)
REGION_VARIABLES = (
    "users",  # [persons]
    "retail_price",  # [constant USD per month]
    "affordable_share",  # [fraction of people]
    "demand",  # busy hour [Gbit/s]
    "unserved",  # [Gbit/s]
    "lost",  # by outages, mean over the year [Gbit/s]
    "wholesale_price",  # W [nominal USD/Mbps/month]
    "price_index",  # I / I[0-]
    "satellite_flow",  # [Gbit/s]
    "payment",  # what buyers of capacity pay [nominal musd]
    "surplus_change",  # buyers' surplus against the reference run [nominal musd]
    "trapezoid",  # 1 where the surplus used the trapezoid
)
COUNTRY_VARIABLES = (
    "demand",  # of its regions, busy hour [Gbit/s]
    "wholesale_price",  # mean by traffic of W [nominal USD/Mbps/month]
    "surplus_change",  # of its regions' buyers [nominal musd]
    "gateway_margin",  # [nominal USD/Mbps/month]
    "gateway_revenue",  # margin and border fees received [nominal musd]
    "gateway_cost",  # [nominal musd]
    "link_billing",  # segments in the country [nominal musd]
    "link_revenue",  # segments in the country [nominal musd]
    "resource_cost",  # opex, maintenance and economic capex of sections in the country [nominal musd]
    "discrimination_ratio",
    "squeeze_headroom",  # [constant USD per user and month]
    "gdp_index",  # Y
    "exchange_rate",  # e
)
COUNTRY_TOTALS = ("surplus_change", "gateway_revenue", "gateway_cost", "link_revenue", "resource_cost")
MARKET_VARIABLES = (  # one record a transit market, then one for all demands together
    "demand",  # [Gbit/s]
    "outside_share",  # share of the market on outside options
    "external_payment",  # [nominal musd]
    "outside_price_index",
    *COUNTRY_TOTALS,  # of the countries of the region together; 0 for a transit market [nominal musd]
)


def fields(names: str, kind: str = "f8") -> list[tuple[str, str]]:
    """Fields of one kind from a string of names."""
    return [(name, kind) for name in names.split()]


def record(*groups: list[tuple[str, str]]) -> np.dtype:
    """An aligned record type of groups of fields."""
    return np.dtype([field for group in groups for field in group], align=True)


# Scenario-wide parameters. growth_mid: years after first_year; growth_width: years; revocation_years: part of a year of
# revenue lost; receivable_days, payable_days: days; lives: whole years.
MARKET = record(
    fields(
        "theta_slot theta_transit_slot value_of_latency_slot value_of_reliability_slot border_fee_slot "
        "new_route_constant_slot switching_slot usage_elasticity_slot usage_max_slot relevance_slot "
        "growth0_slot growth_terminal_slot growth_mid_slot growth_width_slot "
        "pass_through_incumbent_slot pass_through_competitive_slot outside_decline_slot equipment_decline_slot "
        "climate_slot gateway_elasticity_slot headroom_slot digital_uplift_slot",
        "i8",
    ),
    fields("expected_events review_years life_wave life_terminal", "i8"),
    fields(
        "gdp_rho traffic_rho traffic_sigma traffic_common_share fx_reversion fx_jump_sigma fx_catch_up "
        "outside_decline_sigma affordability_target bass_churn digital_share0 delay_share_permits max_wait_years "
        "glide wave_gbps common_cost_share utilisation_floor price_cap_x retail_minus_margin benchmark_decline "
        "gateway_phase_years gateway_cost_share_cap mea_trend_civil mea_trend_optics life_cable "
        "opex_active_share opex_usd_share usd_revenue_share fx_indexation sla_target sla_credit_multiple "
        "restoration receivable_days payable_days revocation_cost_share revocation_years"
    ),
)

# growth_shift [per year], observed wholesale price [USD/Mbps/month] and traffic [Gbit/s] are drawn. nat_years: whole
# years a renationalisation lasts; tourist_years: overnight visitor-years per year; tax lives in years, 0: declining
# balance at the rate. The last country is "outside": no regions, no levies, tax and WACC the mean of the countries.
COUNTRY = record(
    fields("growth_shift_slot wholesale_slot traffic_slot", "i8"),
    fields("first_region last_region first_effect last_effect nat_years", "i8"),
    fields(
        "gdp_sigma fx_sigma fx_jump_rate fx_jump_median retail_trend reference_decline gini_sd bass_p bass_q "
        "growth0_divisor international_share0 international_share_end tourist_years tourist_use "
        "access_cost efficient_retail_cost basket_kbps gateway_cost gateway_decline bill_ref0 wacc_nominal "
        "tax_rate usf_levy shutdown_rate shutdown_effect shutdown_days_median shutdown_days_sigma "
        "nationalisation_rate revocation_rate tax_loss_years "
        "civil_tax_life civil_tax_rate equipment_tax_life equipment_tax_rate"
    ),
)
# (country, year); bill_ref, p_ref: nominal USD/Mbps/month; d_ref: Gbit/s of the year before; the last country: all
COUNTRY_YEAR = record(fields("gdp_growth bill_ref p_ref d_ref"))

REGION = record(
    fields("country", "i8"),
    fields("users0 income0 retail0 saturation0 coverage0 local_share backhaul population0"),
    fields("smart_level0 smart_cancel_rate"),
    fields("smart_delay", "i8"),  # whole years
)
REGION_YEAR = record(fields("population coverage smart_level"))  # (region, year)

MARKET_TRANSIT = record(
    fields("volume_slot contestable_slot", "i8"),
    fields("growth0 growth_terminal growth_sigma"),
)

# A demand is a region's international traffic (kind 0; regions first, in order) or a transit market (kind 1).
# first_zone: demand_zones, the zones its paths cross.
DEMAND = record(fields("kind object first_path last_path first_exit last_exit first_zone last_zone", "i8"))
EXIT = record(fields("observed_share"), fields("kind", "i8"))  # kind 0 land, 1 satellite, 2 outside option
# first_piece: path_segments; first_link: path_links, each link once; first_crossing: path_crossings, one entry a
# foreign country with a gateway holder; first_zone: path_zones. exit is a global index. relative_decline: 1 unless the
# price of the alternative falls at another speed than the outside index.
PATH = record(
    fields("exit kind today first_piece last_piece first_link last_link first_crossing last_crossing", "i8"),
    fields("first_zone last_zone has_candidate", "i8"),
    fields("path_size external_price external_unavailability latency relative_decline"),
)
PATH_LINK = record(fields("link", "i8"), fields("km"))  # km of the link that the path uses
PATH_ZONE = record(fields("zone position", "i8"), fields("factor"))  # position in the demand's own list of zones

# candidate: 0 existing, 1 candidate; first_demand: link_demands.
LINK = record(
    fields("first_segment last_segment first_section last_section host candidate wait_for_host", "i8"),
    fields("first_demand last_demand", "i8"),
    fields("overrun_slot unit_cost_slot schedule_slot completion_slot lost_slot cancel_slot", "i8"),
    fields(
        "start_t preparation_years construction_years permit_years non_completion "
        "cancel_rate cancel_delay_years cancel_cost_share sellers length_km preparation_musd anchor_cash anchor_gbps"
    ),
)
SECTION = record(
    fields("link country first_segment last_segment", "i8"),
    fields("works_share"),  # of the link's planned works and preparation [fraction]
    fields("programme"),  # 1: costs and income are the link's; 0: a neighbour's, who builds and runs its side
)
# cost_base: 0 lric, 1 rab; country: index, outside is the last; border: -1 none; base_price: 0 for candidates;
# civil_musd .. other_musd: at prices of price_year without contingency; asset_base_share: part of the replacement value
# of an existing segment that is still in the books (1, unused, for candidates).
SEGMENT = record(
    fields("link section country regime cost_base zone border terminal_offset", "i8"),
    fields(
        "km base_price_regional base_price_transit lit0_waves wacc wave_annuity wave_capex_usd wave_opex_usd "
        "civil_musd row_musd terminal_musd other_musd codeployable_share codeploy_saved kept works_share_in_link "
        "asset_base_share opex_fixed_musd replacement_musd zone_factor damage_factor "
        "cut_rate repair_median repair_sigma repair_cost_musd embodied_tco2"
    ),
)
SEGMENT_YEAR = record(fields("plan_flow maximum"))  # (segment, year) [Gbit/s]: regulator's plan; most the fibres carry

HOST = record(
    fields("slip_slot completion_slot", "i8"),
    fields("finish lead lag non_completion"),  # years since the start of first_year
)
HAZARD = record(
    fields("rate_slot zone", "i8"),
    fields("trend damage_mean damage_sigma outage_median outage_sigma"),  # lognormal sigmas; outage in hours
)
BORDER = record(fields("closure_rate closure_hours"))
EFFECT = record(
    fields("channel operation effect_slot lag_slot success_slot", "i8"),
    fields("start_t probability"),
)
YEAR = record(fields("us_index us_inflation"))
RUN = record(fields("has_portfolio has_codeployment has_reforms reference_run", "i8"))


class Network(NamedTuple):
    """All parameters of a scenario, as numba takes them. Arrays of records, C-ordered, aligned."""

    market: NDArray[np.void]  # (1,) MARKET
    runs: NDArray[np.void]  # (runs,) RUN
    years: NDArray[np.void]  # (years,) YEAR
    countries: NDArray[np.void]  # (countries + 1,) COUNTRY, the last is outside
    country_years: NDArray[np.void]  # (countries + 1, years) COUNTRY_YEAR
    channel_base: NDArray[np.float64]  # (countries + 1, channels)
    effects: NDArray[np.void]  # EFFECT, contiguous by country
    regions: NDArray[np.void]  # REGION, contiguous by country
    region_years: NDArray[np.void]  # (regions, years) REGION_YEAR
    transits: NDArray[np.void]  # MARKET_TRANSIT
    demands: NDArray[np.void]  # DEMAND: regions, then transit markets
    exits: NDArray[np.void]  # EXIT, contiguous by demand
    paths: NDArray[np.void]  # PATH, contiguous by demand
    path_segments: NDArray[np.int64]
    path_links: NDArray[np.void]  # PATH_LINK
    path_crossings: NDArray[np.int64]  # country index
    path_zones: NDArray[np.void]  # PATH_ZONE
    demand_zones: NDArray[np.int64]
    links: NDArray[np.void]  # LINK
    link_demands: NDArray[np.int64]  # demands with a path over the link, both classes
    sections: NDArray[np.void]  # SECTION
    segments: NDArray[np.void]  # SEGMENT
    segment_years: NDArray[np.void]  # (segments, years) SEGMENT_YEAR
    zones: NDArray[np.int64]  # (zones, 2): first and last hazard of the zone
    hazards: NDArray[np.void]  # HAZARD, contiguous by zone
    borders: NDArray[np.void]  # BORDER
    hosts: NDArray[np.void]  # HOST


class Names(NamedTuple):
    """Identifiers in the order of the arrays."""

    countries: tuple[str, ...]  # the last is "outside"
    regions: tuple[str, ...]
    transits: tuple[str, ...]
    links: tuple[str, ...]
    sections: tuple[tuple[str, str], ...]  # (link, iso3)
    segments: tuple[str, ...]
    exits: tuple[str, ...]
    paths: tuple[str, ...]
    hazards: tuple[str, ...]  # "zone/kind"
    borders: tuple[str, ...]
    hosts: tuple[str, ...]


class ModelInputs(NamedTuple):
    """What the engine needs: parameters, the static draws to make, and names for results."""

    network: Network
    slots: tuple[tuple[str, Marginal], ...]  # name and marginal of every row of the draw matrix, in order
    correlations: tuple[tuple[str, str, float], ...]  # rank correlations of slot names
    common_factors: tuple[tuple[str, tuple[str, ...], float], ...]  # (group, slot names, share of variance in common)
    names: Names
    first_year: int
    seed: int
    draws: int
    sampling: str = "monte_carlo"  # design of the static and common draws: `simmodel.engine.point_sets.Sampling`
