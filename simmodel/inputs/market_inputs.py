"""The global parameters of the engine: one record MARKET, and the six runs."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from simmodel.errors import DataError
from simmodel.inputs import marginals
from simmodel.inputs.calendar import Calendar
from simmodel.inputs.marginals import Marginal, MarginalKind
from simmodel.inputs.model_inputs import MARKET, RUN, RUNS
from simmodel.inputs.slots import SlotBook, clip_marginal, shift_marginal
from simmodel.scenario.schema import Scenario

# Field of the record and parameter of the scenario it is drawn from, where the names differ or not.
DRAWN = {
    "theta": "theta",
    "theta_transit": "theta_transit",
    "value_of_latency": "value_of_latency",
    "value_of_reliability": "value_of_reliability",
    "border_fee": "border_fee",
    "new_route_constant": "new_route_constant",
    "switching": "switching",
    "usage_elasticity": "usage_elasticity",
    "usage_max": "usage_per_user_max",
    "relevance": "relevance",
    "growth0": "traffic_growth_t0",
    "growth_terminal": "traffic_growth_terminal",
    "pass_through_incumbent": "pass_through_incumbent",
    "pass_through_competitive": "pass_through_competitive",
    "equipment_decline": "equipment_decline_per_gbps",
    "climate": "climate_trend_multiplier",
    "gateway_elasticity": "gateway_elasticity",
    "headroom": "headroom",
    "digital_uplift": "digital_trade_uplift",
}
# Bounds inside which the equations hold; draws beyond are moved to them.
CUTS = {
    "theta": (1.0, 20.0),  # below, the price index has no meaning; above, the cheapest path takes all
    "theta_transit": (1.0, 20.0),
    "new_route_constant": (1e-6, np.inf),
    "gateway_elasticity": (1.05, np.inf),  # n e - 1 > 0 with one operator
    "equipment_decline": (-0.5, 0.9),
    "usage_max": (1.0, np.inf),
}
FIXED = {
    "gdp_rho": "gdp_common_rho",
    "traffic_rho": "traffic_shock_rho",
    "traffic_sigma": "traffic_shock_sigma",
    "traffic_common_share": "traffic_shock_common_share",
    "fx_reversion": "fx_mean_reversion",
    "fx_jump_sigma": "fx_jump_sigma",
    "fx_catch_up": "fx_catch_up_rate",
    "outside_decline_sigma": "outside_price_decline_sigma",
    "affordability_target": "affordability_target",
    "bass_churn": "bass_churn",
    "digital_share0": "digital_trade_share_t0",
    "delay_share_permits": "delay_share_permits",
    "max_wait_years": "max_wait_years",
    "glide": "glide",
    "wave_gbps": "wave_gbps",
    "common_cost_share": "common_cost_share",
    "utilisation_floor": "utilisation_floor",
    "price_cap_x": "price_cap_x",
    "retail_minus_margin": "retail_minus_margin",
    "benchmark_decline": "benchmark_decline",
    "gateway_phase_years": "gateway_phase_years",
    "gateway_cost_share_cap": "gateway_cost_share_cap",
    "mea_trend_civil": "mea_price_trend_civil",
    "mea_trend_optics": "mea_price_trend_optics",
    "life_cable": "life_cable",
    "opex_active_share": "opex_active_share",
    "opex_usd_share": "opex_usd_share",
    "usd_revenue_share": "wholesale_usd_share",
    "fx_indexation": "revenue_fx_indexation",
    "sla_target": "sla_target_availability",
    "sla_credit_multiple": "sla_credit_multiple",
    "restoration": "restoration",
    "receivable_days": "receivable_days",
    "payable_days": "payable_days",
    "review_years": "review_years",
    "life_wave": "life_wave",
    "life_terminal": "life_terminal",
}
WHOLE = ("review_years", "life_wave", "life_terminal")


def build_market(scenario: Scenario, calendar: Calendar, slots: SlotBook) -> NDArray[np.void]:
    """Return the record of global parameters, shape (1,).

    Raises
    ------
    DataError : a number of years that must be whole is not, or the steepness of traffic growth is drawn
    """
    market = np.zeros(1, dtype=MARKET)
    for field, parameter in DRAWN.items():
        lower, upper = CUTS.get(field, (-np.inf, np.inf))
        market[f"{field}_slot"] = slots.draw_parameter(parameter, partial(clip_marginal, lower=lower, upper=upper))
    market["growth_mid_slot"] = slots.draw_parameter(
        "traffic_growth_midpoint", partial(shift_marginal, offset=-float(calendar.first_year))
    )
    market["growth_width_slot"] = slots.draw_parameter("traffic_growth_steepness", width_of_steepness)
    hub = main_hub(scenario)
    market["outside_decline_slot"] = slots.draw_leaf(
        f"hubs/{hub}/decline_per_year", f"hubs.{hub}.decline_per_year", partial(clip_marginal, lower=0.0, upper=0.5)
    )
    for field, parameter in FIXED.items():
        value = getattr(scenario.parameters, parameter).value
        if field in WHOLE and (not float(value).is_integer() or value < 1.0):
            raise DataError(f"parameters.{parameter} is {value}: whole years are needed")
        market[field] = value
    market["revocation_cost_share"], market["revocation_years"] = revocation_terms(scenario)
    return market


def main_hub(scenario: Scenario) -> str:
    """Return the hub at which most international traffic is exchanged: its transit price leads all outside prices."""
    traffic: dict[str, float] = {}
    for iso3, splits in scenario.demand_splits.items():
        demand = scenario.countries[iso3].international_demand_t0.value if iso3 in scenario.countries else 0.0
        for hub, split in splits.items():
            traffic[hub] = traffic.get(hub, 0.0) + demand * split.value
    known = {hub: gbps for hub, gbps in traffic.items() if hub in scenario.hubs}
    if not known:
        raise DataError("demand_splits names no hub with a transit price")
    return max(known, key=lambda hub: known[hub])


def width_of_steepness(marginal: Marginal) -> Marginal:
    """Return the width of the logistic decline of growth [years], the inverse of its steepness [per year]."""
    if marginal.kind != MarginalKind.FIXED:
        raise DataError("parameters.traffic_growth_steepness cannot be drawn: give it a fixed value")
    return marginals.fixed(1.0 / marginal.parameters[0])


def revocation_terms(scenario: Scenario) -> tuple[float, float]:
    """Return what a revoked licence costs [share of the asset] and for how long revenue is lost [years].

    Means over the countries, weighted by how often it happens; 0 where no country knows the event.
    """
    events = [
        events["licence_revocation"] for events in scenario.political_events.values() if "licence_revocation" in events
    ]
    rates = np.array([event.events_per_year.value for event in events])
    if rates.sum() <= 0.0:
        return 0.0, 0.0
    weights = rates / rates.sum()
    cost = float(weights @ [event.cost_share_of_asset.value for event in events])
    return cost, float(weights @ [event.duration_days_median.value for event in events]) / 365.0


def build_runs(scenario: Scenario) -> NDArray[np.void]:
    """Return the six runs; the policy can take co-deployment out of all of them.

    `reference_run` is the run buyers' surplus is compared with: `reform_only` for the last two, so that only the
    portfolio differs; doing nothing for the others; -1 for doing nothing itself.
    """
    rows = {
        "without": (0, 0, 0, -1),
        "reform_only": (0, 0, 1, 0),
        "portfolio": (1, 0, 0, 0),
        "portfolio_codeploy": (1, 1, 0, 0),
        "portfolio_reform": (1, 0, 1, 1),
        "with": (1, 1, 1, 1),
    }
    runs = np.array([rows[name] for name in RUNS], dtype=RUN)
    if not scenario.policy.co_deployment:
        runs["has_codeployment"] = 0
    return runs
