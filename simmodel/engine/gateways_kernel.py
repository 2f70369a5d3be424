"""Exchange rate and the margin of the international gateway (docs/model.md, sections 3 and 7)."""

from __future__ import annotations

import numpy as np

from simmodel.engine.block import B
from simmodel.engine.elementary import exp, power
from simmodel.engine.jit import kernel_step
from simmodel.engine.reforms_kernel import FX_JUMP_RATIO, GATEWAYS
from simmodel.engine.rows_kernel import set_row
from simmodel.engine.state import Record, State
from simmodel.inputs.model_inputs import Network


@kernel_step
def exchange_step(s: State, net: Network, t: int) -> None:
    """Real exchange rates: slow movements and devaluations, whose rate reforms change."""
    expected, catch_up = net.market[0].expected_events, np.exp(-net.market[0].fx_catch_up)
    indexation = net.market[0].fx_indexation - 1.0  # local tariffs follow domestic prices to this extent
    for c in range(len(net.countries) - 1):
        country, year, rate = s.countries[c], s.country_years[t, c], net.countries[c].fx_jump_rate
        for i in range(B):
            chance = 1.0 - exp(-rate * country.channel[FX_JUMP_RATIO, i])
            jump = 1.0 if year.jump_uniform[i] < chance else 0.0
            jump = chance if expected == 1 else jump
            country.fx_jump[i] = country.fx_jump[i] * catch_up + jump * year.jump_size[i]
        for i in range(B):
            level = year.fx_slow[i] + country.fx_jump[i]
            country.exchange[i] = exp(level)
            country.tariff_factor[i] = exp(indexation * level)
    set_row(s.countries[len(net.countries) - 1].exchange, 1.0)
    set_row(s.countries[len(net.countries) - 1].tariff_factor, 1.0)


@kernel_step
def margin_step(s: State, net: Network, t: int) -> None:
    """Gateway margins: fall with time, with new gateways once they take effect, rise in a renationalisation."""
    market, elasticity = net.market[0], s.common[0].gateway_elasticity
    for c in range(len(net.countries) - 1):
        country, base, p, year = s.countries[c], s.country_base[c], net.countries[c], s.country_years[t, c]
        gateways = net.channel_base[c, GATEWAYS]
        takeover_step(country, year, float(p.nat_years), market.expected_events)
        speed = 1.0 / market.gateway_phase_years
        left = s.country_year_constants[t, c].gateway_left
        bill, price = net.country_years[c, t].bill_ref, net.country_years[c, t].p_ref
        first = max(gateways, 1.0)
        for i in range(B):
            changed = country.channel[GATEWAYS, i] != gateways
            country.phase[i] = min(country.phase[i] + (speed if changed else 0.0), 1.0)
        for i in range(B):
            top = first * elasticity[i] - 1.0
            ratio = power(top / (max(country.channel[GATEWAYS, i], 1.0) * elasticity[i] - 1.0), country.phase[i])
            ratio = top / (elasticity[i] - 1.0) if country.nationalised[i] > 0.0 else ratio
            limit = max(base.cap_share[i] * bill - price, 0.0)
            country.margin[i] = min(base.margin[i] * left * ratio, limit)


@kernel_step
def takeover_step(country: Record, year: Record, years: float, expected: int) -> None:
    """A renationalisation lasts whole years, the one it happens in included; none in expected mode."""
    possible = 0.0 if expected == 1 else years
    for i in range(B):
        starts = (country.nat_years_left[i] <= 0.0) & (year.takeover[i] > 0.0)
        left = possible if starts else country.nat_years_left[i]
        country.nationalised[i] = 1.0 if left > 0.0 else 0.0
        country.nat_years_left[i] = max(left - 1.0, 0.0)
