"""Annual shocks of a block, drawn once and met by all runs (docs/model.md, sections 1, 3 and 8)."""

from __future__ import annotations

import numpy as np

from simmodel.engine.block import B
from simmodel.engine.elementary import exp, log, power
from simmodel.engine.incidence import COMMON_SHOCKS, Streams
from simmodel.engine.jit import kernel_step
from simmodel.engine.random_streams import fill_four_words
from simmodel.engine.rows_kernel import copy_part, copy_row, set_row, take_event, take_normal, take_uniform
from simmodel.engine.state import Record, Row, State
from simmodel.inputs.model_inputs import Network

MONTHLY = 12000.0  # Mbit/s-months a year in 1 Gbit/s
N_COMMON = len(COMMON_SHOCKS)


@kernel_step
def take_parameters(s: State, net: Network) -> None:
    """Copy the draws that concern the whole market beside each other."""
    market, common, drawn = net.market[0], s.common[0], s.drawn
    copy_row(common.theta[0], drawn[market.theta_slot])
    copy_row(common.theta[1], drawn[market.theta_transit_slot])
    copy_row(common.latency_value, drawn[market.value_of_latency_slot])
    copy_row(common.reliability_value, drawn[market.value_of_reliability_slot])
    copy_row(common.border_fee, drawn[market.border_fee_slot])
    copy_row(common.new_route, drawn[market.new_route_constant_slot])
    copy_row(common.switching, drawn[market.switching_slot])
    copy_row(common.usage_elasticity, drawn[market.usage_elasticity_slot])
    copy_row(common.usage_max, drawn[market.usage_max_slot])
    copy_row(common.relevance, drawn[market.relevance_slot])
    copy_row(common.growth0, drawn[market.growth0_slot])
    copy_row(common.growth_terminal, drawn[market.growth_terminal_slot])
    copy_row(common.growth_mid, drawn[market.growth_mid_slot])
    copy_row(common.growth_width, drawn[market.growth_width_slot])
    copy_row(common.pass_incumbent, drawn[market.pass_through_incumbent_slot])
    copy_row(common.pass_competitive, drawn[market.pass_through_competitive_slot])
    copy_row(common.outside_decline, drawn[market.outside_decline_slot])
    copy_row(common.equipment_decline, drawn[market.equipment_decline_slot])
    copy_row(common.climate, drawn[market.climate_slot])
    copy_row(common.gateway_elasticity, drawn[market.gateway_elasticity_slot])
    copy_row(common.headroom, drawn[market.headroom_slot])
    copy_row(common.digital_uplift, drawn[market.digital_uplift_slot])
    set_row(common.ones, 1.0)
    set_row(common.zeros, 0.0)
    capacity = MONTHLY * market.wave_gbps
    for i in range(B):
        common.unit_cost[i] = (1.0 + common.headroom[i]) / capacity
        common.relevance_log[i] = log(1.0 + common.relevance[i])


@kernel_step
def draw_shocks(s: State, net: Network, streams: Streams, seed: np.uint64, first_draw: int) -> None:
    """Fill every year's shocks of a block."""
    for t in range(len(net.years)):
        draw_market(s, net, t)
        for c in range(len(net.countries)):
            draw_country(s, net, streams, seed, first_draw, t, c)
        for m in range(len(net.transits)):
            draw_transit(s, net, streams, seed, first_draw, t, m)
        for r in range(len(net.regions)):
            draw_region(s, net, streams, seed, first_draw, t, r)
        for k in range(len(net.sections)):
            draw_section(s, net, streams, seed, first_draw, t, k)


@kernel_step
def draw_market(s: State, net: Network, t: int) -> None:
    """Common shocks, price outside the region, equipment prices, maturity of traffic growth."""
    market, common, scratch, year = net.market[0], s.common[0], s.scratch[0], s.market_years[t]
    sigma = market.outside_decline_sigma
    first = len(s.drawn) - N_COMMON * (len(net.years) - t)
    copy_row(common.z_gdp, s.drawn[first])
    copy_row(common.z_traffic, s.drawn[first + 1])
    copy_row(scratch.b, s.drawn[first + 2])
    if t == 0:
        set_row(common.outside, 1.0)
        set_row(common.equipment, 1.0)
        for i in range(B):
            common.maturity0[i] = 1.0 / (1.0 + exp((0.0 - common.growth_mid[i]) / common.growth_width[i]))
    for i in range(B):
        decline = common.outside_decline[i] + sigma * scratch.b[i]
        common.outside[i] *= 1.0 - min(max(decline, 0.0), 0.5)
        year.outside[i] = common.outside[i]
    for i in range(B):
        common.equipment[i] *= 1.0 - common.equipment_decline[i]
        year.equipment[i] = common.equipment[i]
    for i in range(B):
        level = 1.0 / (1.0 + exp((t - common.growth_mid[i]) / common.growth_width[i]))
        year.maturity[i] = level / common.maturity0[i]


@kernel_step
def draw_country(s: State, net: Network, streams: Streams, seed: np.uint64, first_draw: int, t: int, c: int) -> None:
    """Output, exchange rate, traffic growth and political events of a country; none outside."""
    market, p, scratch, year = net.market[0], net.countries[c], s.scratch[0], s.country_years[t, c]
    expected = market.expected_events
    if c == len(net.countries) - 1:
        set_row(year.gdp, 1.0)
        return
    before = s.country_years[t - 1, c] if t > 0 else s.country_start[0]
    fill_four_words(s.words, seed, first_draw, streams.macro[c], t, 0)
    take_normal(scratch.b, s.words[0], scratch.a, expected)
    shift, growth = s.drawn[p.growth_shift_slot], net.country_years[c, t].gdp_growth
    output_step(year, before, s.common[0], scratch, shift, growth, p, market)
    take_normal(scratch.b, s.words[1], scratch.a, expected)
    reversion, fx_sigma = market.fx_reversion, p.fx_sigma
    for i in range(B):
        year.fx_slow[i] = reversion * before.fx_slow[i] + fx_sigma * scratch.b[i]
    take_uniform(year.jump_uniform, s.words[2])
    take_normal(scratch.b, s.words[3], scratch.a, expected)
    fill_severity(year.jump_size, scratch.b, p.fx_jump_median, market.fx_jump_sigma, expected)
    fill_four_words(s.words, seed, first_draw, streams.events[c], t, 0)
    take_normal(scratch.b, s.words[0], scratch.a, expected)
    traffic_growth_step(year, before, s.common[0], scratch, s.market_years[t], p, market)
    take_event(year.shutdown, s.words[1], 1.0 - np.exp(-p.shutdown_rate), expected)
    take_normal(scratch.b, s.words[2], scratch.a, expected)
    fill_severity(scratch.c, scratch.b, p.shutdown_days_median, p.shutdown_days_sigma, expected)
    effect = p.shutdown_effect
    for i in range(B):
        year.shutdown[i] *= effect * min(scratch.c[i], 365.0) / 365.0
    take_event(year.takeover, s.words[3], 1.0 - np.exp(-p.nationalisation_rate), expected)


@kernel_step
def fill_severity(row: np.ndarray, normals: np.ndarray, median: float, sigma: float, expected: int) -> None:
    """Lognormal sizes; their mean in expected mode."""
    shift = 0.5 * sigma * sigma if expected == 1 else 0.0
    for i in range(B):
        row[i] = median * exp(sigma * normals[i] + shift)


@kernel_step
def output_step(
    year: Record, before: Record, common: Record, scratch: Record, shift: Row, growth: float, p: Record, market: Record
) -> None:
    """GDP per head, common and own shocks."""
    shared, own, sigma = np.sqrt(market.gdp_rho), np.sqrt(1.0 - market.gdp_rho), p.gdp_sigma
    for i in range(B):
        step = growth + shift[i] + sigma * (shared * common.z_gdp[i] + own * scratch.b[i])
        year.gdp[i] = before.gdp[i] * exp(step)


@kernel_step
def traffic_growth_step(
    year: Record, before: Record, common: Record, scratch: Record, market_year: Record, p: Record, market: Record
) -> None:
    """Growth of traffic per user: an S-curve towards its terminal rate and an autoregressive shock."""
    rho, sigma = market.traffic_rho, market.traffic_sigma
    shared, own = np.sqrt(market.traffic_common_share), np.sqrt(1.0 - market.traffic_common_share)
    divisor = p.growth0_divisor
    for i in range(B):
        year.shock[i] = rho * before.shock[i] + sigma * (shared * common.z_traffic[i] + own * scratch.b[i])
    for i in range(B):
        first, last = (1.0 + common.growth0[i]) / divisor - 1.0, common.growth_terminal[i]
        year.usage_growth[i] = last + (first - last) * market_year.maturity[i] + year.shock[i]


@kernel_step
def draw_transit(s: State, net: Network, streams: Streams, seed: np.uint64, first_draw: int, t: int, m: int) -> None:
    """Volume of a transit market and the part of it that chooses paths."""
    p, scratch, year, market_year = net.transits[m], s.scratch[0], s.transit_years[t, m], s.market_years[t]
    expected, sigma = net.market[0].expected_events, p.growth_sigma
    fill_four_words(s.words, seed, first_draw, streams.transits[m], t, 0)
    take_normal(scratch.b, s.words[0], scratch.a, expected)
    if t == 0:
        copy_row(scratch.c, s.drawn[p.volume_slot])
    else:
        copy_row(scratch.c, s.transit_years[t - 1, m].volume)
    shift = 0.0 if expected == 1 else 0.5 * sigma * sigma
    first, last = p.growth0, p.growth_terminal
    for i in range(B):
        growth = 1.0 + last + (first - last) * market_year.maturity[i]
        year.volume[i] = scratch.c[i] * growth * exp(sigma * scratch.b[i] - shift)
    contestable = s.drawn[p.contestable_slot]
    for i in range(B):
        year.demand[i] = year.volume[i] * contestable[i]


@kernel_step
def draw_region(s: State, net: Network, streams: Streams, seed: np.uint64, first_draw: int, t: int, r: int) -> None:
    """Cancellation of a city programme."""
    rate = net.regions[r].smart_cancel_rate
    fill_four_words(s.words, seed, first_draw, streams.regions[r], t, 0)
    take_event(s.region_years[t, r].cancelled, s.words[0], 1.0 - np.exp(-rate), net.market[0].expected_events)


@kernel_step
def draw_section(s: State, net: Network, streams: Streams, seed: np.uint64, first_draw: int, t: int, k: int) -> None:
    """Revocation of the licence of a link in a country, the first of what its repairs come to."""
    rate, p, revoked, replacement = (
        net.countries[net.sections[k].country].revocation_rate,
        net.sections[k],
        s.section_years[t, k].revoked,
        0.0,
    )
    fill_four_words(s.words, seed, first_draw, streams.sections[k], t, 0)
    take_event(revoked, s.words[0], 1.0 - np.exp(-rate), net.market[0].expected_events)
    for g in range(p.first_segment, p.last_segment):
        replacement += net.segments[g].replacement_musd
    copy_part(s.repairs[t, k], revoked, net.market[0].revocation_cost_share * replacement)


@kernel_step
def grow_rate(rate: np.ndarray, base: np.ndarray, climate: np.ndarray, trend: float, n: int) -> None:
    """Yearly rate of events n years after the base year."""
    for i in range(B):
        rate[i] = base[i] * power(1.0 + trend * climate[i], float(n))
