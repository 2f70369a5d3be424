"""Waves, renewals, running costs and the regulator's books of a segment (docs/model.md, sections 7 and 9)."""

from __future__ import annotations

import numpy as np

from simmodel.engine.block import B
from simmodel.engine.jit import kernel_step
from simmodel.engine.pricing_kernel import first_factor
from simmodel.engine.rows_kernel import copy_row, set_row
from simmodel.engine.state import Record, Row, State
from simmodel.inputs.model_inputs import Network

MUSD = 1e-6
ROUNDING = 1e-9


@kernel_step
def capacity_step(s: State, net: Network, number: int, g: int, t: int) -> None:
    """Bring a segment from the state of t-1 to that of t."""
    p, segment, link, market = net.segments[g], s.segments[g], s.links[number], net.market[0]
    scratch, life = s.scratch[0], market.life_wave
    if t >= life:
        copy_row(scratch.a, s.waves[g, t - life])
        copy_row(scratch.b, s.market_years[t - life].equipment)
    else:
        set_row(scratch.a, p.lit0_waves / life if net.links[number].candidate == 0 else 0.0)
        set_row(scratch.b, (1.0 + market.mea_trend_optics) ** float(t + 1 - life))
    wave_step(segment, link, s.common[0], scratch, s.waves[g, t], market.wave_gbps)
    charge_step(segment, p, s.common[0], scratch, market)
    renewal_step(segment, link, p, s.common[0], net.links[number].candidate, market.life_terminal, t)
    opex_step(segment, link, p, s.common[0], s.countries[p.country], market, net.years[t].us_index)
    book_step(segment, p, s.common[0], market.life_cable)


@kernel_step
def wave_step(segment: Record, link: Record, common: Record, scratch: Record, added: Row, gbps: float) -> None:
    """Light whole waves for the flow; scratch a is what has reached the end of its life."""
    for i in range(B):
        needed = max(np.ceil(segment.total[i] * (1.0 + common.headroom[i]) / gbps - ROUNDING), 1.0)
        left = segment.waves[i] - scratch.a[i]
        segment.added[i] = max(needed - left, 0.0) if link.open[i] > 0.0 else 0.0
        segment.waves[i] = left + segment.added[i]
    for i in range(B):
        added[i] = segment.added[i]


@kernel_step
def charge_step(segment: Record, p: Record, common: Record, scratch: Record, market: Record) -> None:
    """Tilted annuities: they grow with the trend of their prices; a wave's ends with its life."""
    civil, optics = 1.0 + market.mea_trend_civil, 1.0 + market.mea_trend_optics
    factor = first_factor(p.wacc, market.mea_trend_optics, float(market.life_wave)) * p.wave_capex_usd * MUSD
    ended = optics ** float(market.life_wave)
    for i in range(B):
        segment.civil_charge[i] *= civil
        segment.terminal_charge[i] *= optics
        new, old = factor * segment.added[i] * common.equipment[i], factor * scratch.a[i] * scratch.b[i] * ended
        segment.wave_charge[i] = segment.wave_charge[i] * optics + new - old


@kernel_step
def renewal_step(segment: Record, link: Record, p: Record, common: Record, candidate: int, life: int, t: int) -> None:
    """Terminals are renewed at the end of their life."""
    cost = p.terminal_musd
    if candidate == 0:
        due = cost if (t + p.terminal_offset) % life == 0 else 0.0
        for i in range(B):
            segment.renewal[i] = due * common.equipment[i]
    else:
        years = float(life)
        for i in range(B):
            age = t - link.open_t[i]
            due = (age > 0.0) & (age - years * np.floor(age / years) == 0.0)
            segment.renewal[i] = cost * common.equipment[i] if due else 0.0


@kernel_step
def opex_step(
    segment: Record, link: Record, p: Record, common: Record, country: Record, market: Record, us_index: float
) -> None:
    """Running costs; the local part follows the exchange rate."""
    fixed, active, terminal = p.opex_fixed_musd * us_index, market.opex_active_share, p.terminal_musd
    wave, usd = p.wave_capex_usd * MUSD, market.opex_usd_share
    for i in range(B):
        cost = fixed + active * (segment.waves[i] * wave + terminal) * common.equipment[i]
        segment.opex_base[i] = cost if link.open[i] > 0.0 else 0.0
        segment.opex[i] = segment.opex_base[i] * (usd + (1.0 - usd) / country.exchange[i])


@kernel_step
def book_step(segment: Record, p: Record, common: Record, life: int) -> None:
    """The regulator's asset base: investment less depreciation."""
    wave = p.wave_capex_usd * MUSD
    for i in range(B):
        invested = segment.added[i] * wave * common.equipment[i] + segment.renewal[i]
        segment.gross[i] += invested
        base = segment.rab[i] + invested
        segment.depreciation[i] = min(segment.gross[i] / life, base)
        segment.rab[i] = base - segment.depreciation[i]


@kernel_step
def start_segment(s: State, net: Network, number: int, g: int) -> None:
    """Base-year state of a segment: stock, charges, books, running costs, prices."""
    p, segment, market, candidate = net.segments[g], s.segments[g], net.market[0], net.links[number].candidate
    stock = 0.0 if candidate == 1 else p.asset_base_share * (p.civil_musd + p.terminal_musd)
    waves = 0.0 if candidate == 1 else p.lit0_waves
    civil = 0.0 if candidate == 1 else p.asset_base_share * p.civil_musd
    terminal = 0.0 if candidate == 1 else p.terminal_musd
    optics, wave = market.mea_trend_optics, p.wave_capex_usd * MUSD
    set_row(segment.waves, waves)
    set_row(segment.added, 0.0)
    set_row(segment.renewal, 0.0)
    set_row(segment.civil_charge, first_factor(p.wacc, market.mea_trend_civil, market.life_cable) * civil)
    set_row(segment.terminal_charge, first_factor(p.wacc, optics, float(market.life_terminal)) * terminal)
    set_row(segment.wave_charge, first_factor(p.wacc, optics, float(market.life_wave)) * waves * wave)
    set_row(segment.gross, stock)
    set_row(segment.rab, stock)
    set_row(segment.depreciation, min(stock / market.life_cable, stock))
    opex = p.opex_fixed_musd + market.opex_active_share * (waves * wave + terminal)
    set_row(segment.opex, 0.0 if candidate == 1 else opex)
    set_row(segment.opex_base, 0.0 if candidate == 1 else opex)
    set_row(segment.lit_review, 0.0)
    set_row(segment.total, 0.0)
    for b in range(2):
        set_row(segment.flow[b], 0.0)
        base = s.segment_base[g].cost[b]
        price = p.base_price_regional if b == 0 else p.base_price_transit
        for i in range(B):
            first = base[i] if candidate == 1 else price
            segment.price[b, i] = first
            segment.cap[b, i] = price
            s.price[b, g, i] = first
