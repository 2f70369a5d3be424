"""Waves, renewals, running costs and the regulator's books of a segment (docs/model.md, sections 7 and 9)."""

from __future__ import annotations

from typing import Final

import numpy as np

from simmodel.engine.block import B
from simmodel.engine.flows_kernel import class_flow
from simmodel.engine.incidence import Incidence
from simmodel.engine.jit import kernel_step
from simmodel.engine.pricing_kernel import RAB
from simmodel.engine.rows_kernel import add_part, copy_row, scale_row, set_row
from simmodel.engine.state import Record, Row, State
from simmodel.inputs.model_inputs import LINK_VARIABLES, Network

LIT: Final = LINK_VARIABLES.index("lit")
ROUNDING = 1e-9


@kernel_step
def capacity_step(s: State, net: Network, inc: Incidence, number: int, g: int, t: int) -> None:
    """Bring a segment from the state of t-1 to that of t; its running costs and investment go to its section."""
    p, segment, link, market, common = net.segments[g], s.segments[g], s.links[number], net.market[0], s.common[0]
    sums, fixed, scratch, lit = s.section_sums[0], s.segment_constants[g], s.scratch[0], s.link_results[0].out[LIT]
    if net.links[number].candidate == 1:
        scale_row(s.books[g].civil_charge, 1.0 + market.mea_trend_civil)
    flow = class_flow(s, inc, 0, g), class_flow(s, inc, 1, g)
    light_waves(segment, flow, link, common, scratch, s.waves[t % market.life_wave, g], fixed, market)
    add_part(lit, segment.waves, fixed.part_of_link * market.wave_gbps)
    if net.links[number].candidate == 0:
        due = p.terminal_musd if (t + p.terminal_offset) % market.life_terminal == 0 else 0.0
        set_row(scratch.b, due)
    else:
        renew_candidate(scratch.b, link.open_t, p.terminal_musd, float(market.life_terminal), float(t))
    opex_fixed = p.opex_fixed_musd * net.years[t].us_index
    spend(segment, sums, link, common, s.countries[p.country].exchange, scratch, p, fixed, market, opex_fixed)
    if p.cost_base == RAB:
        book_step(s.books[g], scratch.a, market.life_cable)


@kernel_step
def light_waves(
    segment: Record,
    flow: tuple[Row, Row],
    link: Record,
    common: Record,
    scratch: Record,
    history: Row,
    fixed: Record,
    market: Record,
) -> None:
    """Light whole waves for the flow (number in scratch a), retire old ones, and move their charge.

    Charges are tilted annuities: they grow with the trend of their prices; a wave's ends with its life.  `history`
    holds the waves that end this year, then those added.
    """
    gbps, optics = market.wave_gbps, 1.0 + market.mea_trend_optics
    factor, ended_factor, regional, transit = fixed.wave_factor, fixed.wave_charge_ended, flow[0], flow[1]
    for i in range(B):
        needed = max(np.ceil((regional[i] + transit[i]) * (1.0 + common.headroom[i]) / gbps - ROUNDING), 1.0)
        left = segment.waves[i] - history[i]
        added = max(needed - left, 0.0) if link.open[i] > 0.0 else 0.0
        new, old = factor * added * common.equipment[i], ended_factor * history[i] * common.retired_price[i]
        segment.wave_charge[i] = segment.wave_charge[i] * optics + new - old
        segment.waves[i] = left + added
        history[i] = added
        scratch.a[i] = added


@kernel_step
def renew_candidate(due: Row, open_t: Row, cost: float, life: float, t: float) -> None:
    """Terminals of a candidate are renewed at the end of their life."""
    for i in range(B):
        age = t - open_t[i]
        ends = (age > 0.0) & (age - life * np.floor(age / life) == 0.0)
        due[i] = cost if ends else 0.0


@kernel_step
def spend(
    segment: Record,
    sums: Record,
    link: Record,
    common: Record,
    exchange: Row,
    scratch: Record,
    p: Record,
    fixed: Record,
    market: Record,
    opex_fixed: float,
) -> None:
    """Running costs, whose local part follows the exchange rate, and investment (also in scratch a)."""
    wave, active, terminal, usd = fixed.wave_musd, market.opex_active_share, p.terminal_musd, market.opex_usd_share
    for i in range(B):
        cost = opex_fixed + active * (segment.waves[i] * wave + terminal) * common.equipment[i]
        base = cost if link.open[i] > 0.0 else 0.0
        segment.opex[i] = base * (usd + (1.0 - usd) / exchange[i])
        invested = scratch.a[i] * wave * common.equipment[i] + scratch.b[i] * common.equipment[i]
        scratch.a[i] = invested
        sums.opex[i] += segment.opex[i]
        sums.opex_usd[i] += base * usd
        sums.equipment[i] += invested


@kernel_step
def book_step(book: Record, invested: Row, life: float) -> None:
    """The regulator's asset base: investment less depreciation."""
    for i in range(B):
        book.gross[i] += invested[i]
        base = book.rab[i] + invested[i]
        book.depreciation[i] = min(book.gross[i] / life, base)
        book.rab[i] = base - book.depreciation[i]


@kernel_step
def start_segment(s: State, net: Network, number: int, g: int) -> None:
    """Base-year state of a segment: stock, charges, books, running costs, prices."""
    p, segment, book, market, fixed = (
        net.segments[g],
        s.segments[g],
        s.books[g],
        net.market[0],
        s.segment_constants[g],
    )
    existing = 0.0 if net.links[number].candidate == 1 else 1.0
    stock = existing * p.asset_base_share * (p.civil_musd + p.terminal_musd)
    waves = existing * p.lit0_waves
    opex = p.opex_fixed_musd + market.opex_active_share * (waves * fixed.wave_musd + p.terminal_musd)
    set_row(segment.waves, waves)
    for year in range(market.life_wave):
        set_row(s.waves[year, g], waves / market.life_wave)
    set_row(book.civil_charge, 0.0)
    set_row(segment.wave_charge, fixed.wave_factor * waves)
    set_row(book.gross, stock)
    set_row(book.rab, stock)
    set_row(book.depreciation, min(stock / market.life_cable, stock))
    set_row(segment.opex, existing * opex)
    set_row(book.lit_review, 0.0)
    for b in range(2):
        price = p.base_price_regional if b == 0 else p.base_price_transit
        set_row(s.segment_flow[b, g], 0.0)
        set_row(book.cap[b], price)
        if net.links[number].candidate == 1:
            copy_row(s.price[b, g], s.segment_cost[g])
        else:
            set_row(s.price[b, g], price)
