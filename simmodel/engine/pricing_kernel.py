"""Prices of segments in year t from the state of the year before: conduct, caps, speed limit (section 7)."""

from __future__ import annotations

from typing import Final

import numpy as np

from simmodel.engine.block import B
from simmodel.engine.incidence import Incidence
from simmodel.engine.jit import kernel_step
from simmodel.engine.prices_kernel import NO_FLOW, candidate_rule, existing_rule, rest_step, seller_step, share_step
from simmodel.engine.reforms_kernel import OPEN_ACCESS
from simmodel.engine.rows_kernel import copy_row, set_row
from simmodel.engine.state import Record, State
from simmodel.inputs.model_inputs import NONE, REGIMES, Network

OPEN_ACCESS_REGIME: Final = REGIMES.index("open_access")
PRICE_CAP: Final = REGIMES.index("price_cap")
RETAIL_MINUS: Final = REGIMES.index("retail_minus")
BENCHMARK: Final = REGIMES.index("benchmark")
RAB: Final = 1
BILLING: Final = 0.012  # musd a year for 1 Gbit/s at 1 USD/Mbps/month


@kernel_step
def first_factor(wacc: float, trend: float, life: float) -> float:
    """First year's charge on an investment of one that grows with the trend and repays it over its life."""
    if abs(wacc - trend) < 1e-12:
        return (1.0 + wacc) / life
    return (wacc - trend) / (1.0 - ((1.0 + trend) / (1.0 + wacc)) ** life)


@kernel_step
def pricing_step(s: State, net: Network, inc: Incidence, run: int, t: int) -> None:
    """Price of every segment and class in year t."""
    if t % net.market[0].review_years == 0:
        review_countries(s, net, t)
    for number in range(len(net.links)):
        p = net.links[number]
        if p.candidate == 1 and net.runs[run].has_portfolio == 0:
            continue
        seller_step(s, net, number)
        rest_step(s, net, inc, number)
        rule_step(s, net, number, t)
        if s.any_opened[number] > 0:
            capitalise_link(s, net, number)
        for k in range(p.first_section, p.last_section):
            for g in range(net.sections[k].first_segment, net.sections[k].last_segment):
                conduct_step(s, net, number, g)
                allowed_cost_step(s, net, g, t)
                cap_step(s, net, number, g, t)
                price_step(s, net, number, g)


@kernel_step
def review_countries(s: State, net: Network, t: int) -> None:
    """Traffic of the year before over the plan's, within limits."""
    for c in range(len(net.countries)):
        country, planned = s.countries[c], net.country_years[c, t].d_ref
        if planned > 0.0:
            for i in range(B):
                country.review_ratio[i] = min(max(country.demand[i] / planned, 0.5), 2.0)
        else:
            set_row(country.review_ratio, 1.0)


@kernel_step
def rule_step(s: State, net: Network, number: int, t: int) -> None:
    """The seller's price of a link and class, damped by the last one."""
    link, base, p, common, scratch = s.links[number], s.link_base[number], net.links[number], s.common[0], s.scratch[0]
    us_index = net.years[t].us_index
    for b in range(2):
        set_row(scratch.a, 0.0)
        for j in range(p.first_demand, p.last_demand):
            if net.demands[net.link_demands[j]].kind == b:
                demand = s.demands[net.link_demands[j]]
                for i in range(B):
                    scratch.a[i] += demand.demand[i]
        share_step(scratch.b, link.use[b], scratch.a)
        if p.candidate == 1:
            candidate_rule(scratch.c, link, base, common, scratch.b, b, us_index)
        else:
            for i in range(B):
                scratch.b[i] = min(scratch.b[i], base.share[b, i])
            existing_rule(scratch.c, link, common.theta[b], scratch.b, b)
        if p.candidate == 1 and t == 0:
            copy_row(link.rule[b], scratch.c)
        else:
            for i in range(B):
                link.rule[b, i] = np.sqrt(scratch.c[i] * link.rule[b, i])


@kernel_step
def conduct_step(s: State, net: Network, number: int, g: int) -> None:
    """The seller's price of a segment: its part of the link's."""
    link, base, segment, p, q = s.links[number], s.link_base[number], s.segments[g], net.links[number], net.segments[g]
    for b in range(2):
        other = 1 - b
        if p.candidate == 1:
            part = q.km / p.length_km
            for i in range(B):
                own = link.rule[b, i] if base.weight[b, i] > NO_FLOW else link.rule[other, i]
                any_weight = max(base.weight[0, i], base.weight[1, i])
                segment.conduct[b, i] = own * part if any_weight > NO_FLOW else segment.cost[b, i]
        else:
            price, common = q.base_price_regional if b == 0 else q.base_price_transit, s.common[0]
            for i in range(B):
                own = link.rule[b, i] / base.rule[b, i]
                others = link.rule[other, i] / base.rule[other, i]
                any_weight = max(base.weight[0, i], base.weight[1, i])
                ratio = others if any_weight > NO_FLOW else common.outside[i]
                segment.conduct[b, i] = price * (own if base.weight[b, i] > NO_FLOW else ratio)


@kernel_step
def capitalise_link(s: State, net: Network, number: int) -> None:
    """In the draws where a candidate opens this year, its works become charges and asset base."""
    link, p, market = s.links[number], net.links[number], net.market[0]
    for g in range(p.first_segment, p.last_segment):
        segment, q = s.segments[g], net.segments[g]
        share, life = q.works_share_in_link, market.life_cable
        factor = first_factor(q.wacc, market.mea_trend_civil, life)
        for i in range(B):
            works = link.opened[i] * share * link.works_total[i]
            segment.civil_charge[i] += factor * works
            segment.rab[i] += works
            segment.gross[i] += works
            dep = min(segment.gross[i] / life, segment.rab[i])
            segment.depreciation[i] = dep if link.opened[i] > 0.0 else segment.depreciation[i]


@kernel_step
def allowed_cost_step(s: State, net: Network, g: int, t: int) -> None:
    """Billed plan and long-run incremental cost of a segment, common cost included."""
    segment, market, country = s.segments[g], net.market[0], s.countries[net.segments[g].country]
    if t % market.review_years == 0:
        gbps = market.wave_gbps
        for i in range(B):
            segment.lit_review[i] = segment.waves[i] * gbps
    plan, floor = max(net.segment_years[g, t].plan_flow, 1e-3), market.utilisation_floor
    mark = 1.0 + market.common_cost_share
    for i in range(B):
        segment.billed[i] = max(plan * country.review_ratio[i], floor * segment.lit_review[i])
        charges = segment.civil_charge[i] + segment.terminal_charge[i] + segment.wave_charge[i] + segment.opex[i]
        segment.lric[i] = mark * charges


@kernel_step
def cap_step(s: State, net: Network, number: int, g: int, t: int) -> None:
    """Ceiling of a segment's price by the regime of its country, and by open access where that is in force."""
    segment, link, p, market = s.segments[g], s.links[number], net.segments[g], net.market[0]
    candidate = net.links[number].candidate
    if p.regime == OPEN_ACCESS_REGIME:
        fill_cost_cap(s, net, g)
        for i in range(B):
            segment.cap[0, i] = s.scratch[0].a[i]
            segment.cap[1, i] = s.scratch[0].a[i]
    elif p.regime == PRICE_CAP:
        index_cap(segment, link, 1.0 + net.years[t].us_inflation - market.price_cap_x, candidate)
        if t > 0 and t % market.review_years == 0:
            reset_cap(segment)
    elif p.regime == RETAIL_MINUS:
        retail_cap(s, net, number, g, t)
    elif p.regime == BENCHMARK and candidate == 0:
        left = (1.0 - market.benchmark_decline) ** (t + 1)
        set_row(segment.cap[0], p.base_price_regional * left)
        set_row(segment.cap[1], p.base_price_transit * left)
    else:
        set_row(segment.cap[0], NONE)
        set_row(segment.cap[1], NONE)
    open_access_cap(s, net, number, g)


@kernel_step
def fill_cost_cap(s: State, net: Network, g: int) -> None:
    """Ceiling under open access in scratch a: incremental cost, or revenue on the asset base, over the billed plan."""
    segment, p, scratch = s.segments[g], net.segments[g], s.scratch[0]
    wacc = p.wacc
    if p.cost_base == RAB:
        for i in range(B):
            allowed = segment.opex[i] + segment.depreciation[i] + wacc * segment.rab[i]
            scratch.a[i] = allowed / (BILLING * segment.billed[i])
    else:
        for i in range(B):
            scratch.a[i] = segment.lric[i] / (BILLING * segment.billed[i])


@kernel_step
def index_cap(segment: Record, link: Record, growth: float, candidate: int) -> None:
    """Let a price cap grow with inflation less X; a candidate's starts at its incremental cost when it opens."""
    for i in range(B):
        start = segment.lric[i] / (BILLING * segment.billed[i])
        first = (link.opened[i] > 0.0) & (candidate == 1)
        segment.cap[0, i] = start if first else segment.cap[0, i] * growth
        segment.cap[1, i] = start if first else segment.cap[1, i] * growth


@kernel_step
def reset_cap(segment: Record) -> None:
    """At a review the price cap is set to incremental cost."""
    for i in range(B):
        cost = segment.lric[i] / (BILLING * segment.billed[i])
        segment.cap[0, i] = cost
        segment.cap[1, i] = cost


@kernel_step
def retail_cap(s: State, net: Network, number: int, g: int, t: int) -> None:
    """What is left of the retail price for a segment after the retailer's own costs and the rest of the path."""
    segment, link, base, p = s.segments[g], s.links[number], s.link_base[number], net.segments[g]
    country, c, market = s.countries[p.country], net.countries[p.country], net.market[0]
    if c.first_region >= c.last_region:
        set_row(segment.cap[0], NONE)
        set_row(segment.cap[1], NONE)
        return
    kept, access = 1.0 - market.retail_minus_margin, c.access_cost
    scale, part = 1000.0 / c.basket_kbps * net.years[t].us_index, p.km / net.links[number].length_km
    for i in range(B):
        room = (country.retail_mean[i] * kept - access) / country.international[i] * scale
        rest = link.rest[0, i] if base.weight[0, i] > NO_FLOW else 0.0
        segment.cap[0, i] = max((room - rest) * part, 0.0)
        segment.cap[1, i] = segment.cap[0, i]


@kernel_step
def open_access_cap(s: State, net: Network, number: int, g: int) -> None:
    """Bring `conduct` under the ceiling, or under open access where the country has it; not before a link serves."""
    segment, link, country, scratch = s.segments[g], s.links[number], s.countries[net.segments[g].country], s.scratch[0]
    fill_cost_cap(s, net, g)
    for b in range(2):
        for i in range(B):
            degree = country.channel[OPEN_ACCESS, i]
            bound = min(segment.conduct[b, i], segment.cap[b, i])
            mixed = min(segment.conduct[b, i], degree * scratch.a[i] + (1.0 - degree) * bound)
            limited = mixed if degree > 0.0 else bound
            segment.conduct[b, i] = limited if link.open[i] > 0.0 else segment.conduct[b, i]


@kernel_step
def price_step(s: State, net: Network, number: int, g: int) -> None:
    """Price between cost and ceiling, falling no faster than the speed limit once in service."""
    segment, link, kept = s.segments[g], s.links[number], 1.0 - net.market[0].glide
    for b in range(2):
        for i in range(B):
            wanted = max(segment.cost[b, i], segment.conduct[b, i])
            slow = max(wanted, kept * segment.price[b, i])
            segment.price[b, i] = slow if link.open_before[i] > 0.0 else wanted
        copy_row(s.price[b, g], segment.price[b])
