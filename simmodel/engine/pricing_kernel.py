"""Prices of segments in year t from the state of the year before: conduct, caps, speed limit (section 7)."""

from __future__ import annotations

from typing import Final

from simmodel.engine.block import B
from simmodel.engine.constants import NO_LIMIT
from simmodel.engine.incidence import Incidence
from simmodel.engine.jit import kernel_scalar, kernel_step
from simmodel.engine.prices_kernel import (
    NO_FLOW,
    avoidable,
    cost_step,
    move_candidate_rule,
    move_existing_rule,
    potential_step,
    rest_step,
    seller_step,
)
from simmodel.engine.reforms_kernel import OPEN_ACCESS
from simmodel.engine.rows_kernel import copy_part, copy_row, set_row
from simmodel.engine.state import Record, Row, State
from simmodel.inputs.model_inputs import REGIMES, Network

COURNOT: Final = REGIMES.index("cournot")  # the regimes up to here set no ceiling
OPEN_ACCESS_REGIME: Final = REGIMES.index("open_access")
PRICE_CAP: Final = REGIMES.index("price_cap")
RETAIL_MINUS: Final = REGIMES.index("retail_minus")
BENCHMARK: Final = REGIMES.index("benchmark")
RAB: Final = 1
BILLING: Final = 0.012  # musd a year for 1 Gbit/s at 1 USD/Mbps/month


@kernel_step
def pricing_step(s: State, net: Network, inc: Incidence, run: int, t: int) -> None:
    """Price of every segment and class in year t."""
    us_index = net.years[t].us_index
    if t % net.market[0].review_years == 0:
        review_countries(s, net, t)
    for number in range(len(net.links)):
        p = net.links[number]
        if s.in_run[number] == 0:
            continue
        if t == 0 or net.runs[run].has_reforms == 1:
            seller_step(s, net, number)
        if p.candidate == 0:
            cost_step(s, net, number, us_index)
        rest_step(s, net, inc, number)
        rule_step(s, net, inc, number, t)
        if s.any_opened[number] > 0:
            capitalise_link(s, net, number)
        for g in range(p.first_segment, p.last_segment):
            segment_price_step(s, net, number, g, t)


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
def rule_step(s: State, net: Network, inc: Incidence, number: int, t: int) -> None:
    """The seller's price of a link by class, damped by the last one, and the level its segments follow.

    A class without a path that sets the price has none: it takes the other's level.
    """
    link, base, p, common, scratch = s.links[number], s.link_base[number], net.links[number], s.common[0], s.scratch[0]
    pricing = s.link_pricing[0]
    for b in range(2):
        if sets_price(inc, number, b):
            potential_step(s, net, number, b, False)
            if p.candidate == 1:
                move_candidate_rule(link, pricing, base, common, scratch.a, b, net.years[t].us_index, t == 0)
            else:
                move_existing_rule(link, pricing, base, common.theta[b], scratch.a, b)
    for b in range(2):
        own = b if sets_price(inc, number, b) else 1 - b
        other = 1 - own if sets_price(inc, number, 1 - own) else own
        if p.candidate == 1:
            level_candidate(pricing.level[b], link, base, own, other)
        else:
            level_existing(pricing.level[b], link, base, common, own, other)


@kernel_step
def sets_price(inc: Incidence, number: int, b: int) -> bool:
    """Say whether a path of a class has a part in the price of a link."""
    return inc.rest_first[b, number] < inc.rest_first[b, number + 1]


@kernel_step
def level_candidate(level: Row, link: Record, base: Record, b: int, other: int) -> None:
    """Price of the whole link; in draws without flow of the class the other's."""
    for i in range(B):
        level[i] = link.rule[b, i] if base.weight[b, i] > NO_FLOW else link.rule[other, i]


@kernel_step
def level_existing(level: Row, link: Record, base: Record, common: Record, b: int, other: int) -> None:
    """Price over the base year's; in draws without flow of the class the other's, without any the outside price."""
    for i in range(B):
        own, others = link.rule[b, i] / base.rule[b, i], link.rule[other, i] / base.rule[other, i]
        used, other_used = base.weight[b, i] > NO_FLOW, base.weight[other, i] > NO_FLOW
        level[i] = own if used else (others if other_used else common.outside[i])


@kernel_step
def capitalise_link(s: State, net: Network, number: int) -> None:
    """In the draws where a candidate opens this year, its works become charges and asset base."""
    link, p, life = s.links[number], net.links[number], net.market[0].life_cable
    for g in range(p.first_segment, p.last_segment):
        book, share, factor = s.books[g], net.segments[g].works_share_in_link, s.segment_constants[g].civil_factor
        for i in range(B):
            works = link.opened[i] * share * link.works_total[i]
            book.civil_charge[i] += factor * works
            book.rab[i] += works
            book.gross[i] += works
            dep = min(book.gross[i] / life, book.rab[i])
            book.depreciation[i] = dep if link.opened[i] > 0.0 else book.depreciation[i]


@kernel_step
def segment_price_step(s: State, net: Network, number: int, g: int, t: int) -> None:
    """Price of a segment: what its seller would take, under the ceilings in force, between cost and speed limit."""
    p, q, fixed, link, scratch = (
        net.links[number],
        net.segments[g],
        s.segment_constants[g],
        s.links[number],
        s.scratch[0],
    )
    opex_usd, kept = q.wave_opex_usd * net.years[t].us_index, 1.0 - net.market[0].glide
    if p.candidate == 1:
        part = q.km / p.length_km
        take_candidate_conduct(scratch, s.link_pricing[0], s.link_base[number], s.common[0], fixed, part, opex_usd)
    else:
        take_conduct(scratch, s.link_pricing[0], q.base_price_regional, q.base_price_transit)
    works_charge = s.books[g].civil_charge if p.candidate == 1 else s.common[0].zeros
    mark, first = 1.0 + net.market[0].common_cost_share, g == p.first_segment
    fill_lric(scratch.b, link, s.segments[g], works_charge, s.standing_charge[t, g], mark, first)
    if t % net.market[0].review_years == 0:
        copy_part(s.books[g].lit_review, s.segments[g].waves, net.market[0].wave_gbps)
    if q.regime > COURNOT or s.open_access[q.country] > 0:
        ceiling_step(s, net, g, t)
        fill_caps(s, net, number, g, t)
        limit_conduct(scratch, link, s.countries[q.country].channel[OPEN_ACCESS])
    set_prices(s.price[0, g], s.price[1, g], scratch, link, s.common[0], fixed, opex_usd, kept)


@kernel_step
def take_conduct(scratch: Record, pricing: Record, regional: float, transit: float) -> None:
    """The seller's prices of an existing segment, in scratch c and d: today's, moving with the link's level."""
    for i in range(B):
        scratch.c[i] = regional * pricing.level[0, i]
        scratch.d[i] = transit * pricing.level[1, i]


@kernel_step
def take_candidate_conduct(
    scratch: Record, pricing: Record, base: Record, common: Record, fixed: Record, part: float, opex_usd: float
) -> None:
    """The same for a candidate: its part, by km, of the link's price; cost where no path uses it."""
    annuity = fixed.wave_annuity_usd
    for i in range(B):
        used = max(base.weight[0, i], base.weight[1, i]) > NO_FLOW
        cost = avoidable(annuity, common.equipment[i], opex_usd, common.unit_cost[i])
        scratch.c[i] = pricing.level[0, i] * part if used else cost
        scratch.d[i] = pricing.level[1, i] * part if used else cost


@kernel_step
def fill_lric(
    lric: Row, link: Record, segment: Record, works_charge: Row, standing: float, mark: float, first: bool
) -> None:
    """Long-run incremental cost with its part of common cost [musd a year]; the link's required revenue."""
    for i in range(B):
        charges = standing + works_charge[i] + segment.wave_charge[i] + segment.opex[i]
        lric[i] = mark * charges
        link.required[i] = (0.0 if first else link.required[i]) + lric[i] * link.open[i]


@kernel_step
def ceiling_step(s: State, net: Network, g: int, t: int) -> None:
    """Incremental cost per unit of the billed plan (scratch b) and the open-access ceiling (scratch a)."""
    book, p, scratch, ratio = (
        s.books[g],
        net.segments[g],
        s.scratch[0],
        s.countries[net.segments[g].country].review_ratio,
    )
    plan, floor = max(net.segment_years[g, t].plan_flow, 1e-3), net.market[0].utilisation_floor
    if p.cost_base == RAB:
        fill_asset_cost(scratch, s.segments[g].opex, book, ratio, p.wacc, plan, floor)
    else:
        fill_unit_cost(scratch, book.lit_review, ratio, plan, floor)


@kernel_scalar
def billed(plan: float, ratio: float, floor: float, lit: float) -> float:
    """What the regulator reckons is billed [Gbit/s]."""
    return max(plan * ratio, floor * lit)


@kernel_step
def fill_unit_cost(scratch: Record, lit: Row, ratio: Row, plan: float, floor: float) -> None:
    """Incremental cost over the billed plan, which is the ceiling too."""
    for i in range(B):
        cost = scratch.b[i] / (BILLING * billed(plan, ratio[i], floor, lit[i]))
        scratch.a[i] = cost
        scratch.b[i] = cost


@kernel_step
def fill_asset_cost(
    scratch: Record, opex: Row, book: Record, ratio: Row, wacc: float, plan: float, floor: float
) -> None:
    """Incremental cost over the billed plan; the ceiling is running cost, depreciation and return on the asset base."""
    for i in range(B):
        units = BILLING * billed(plan, ratio[i], floor, book.lit_review[i])
        scratch.a[i] = (opex[i] + book.depreciation[i] + wacc * book.rab[i]) / units
        scratch.b[i] = scratch.b[i] / units


@kernel_step
def fill_caps(s: State, net: Network, number: int, g: int, t: int) -> None:
    """Ceilings of a segment's prices by the regime of its country, in scratch e and f."""
    book, link, p, market, scratch = s.books[g], s.links[number], net.segments[g], net.market[0], s.scratch[0]
    candidate = net.links[number].candidate
    if p.regime == OPEN_ACCESS_REGIME:
        copy_row(scratch.e, scratch.a)
        copy_row(scratch.f, scratch.a)
    elif p.regime == PRICE_CAP:
        index_cap(book, link, scratch, 1.0 + net.years[t].us_inflation - market.price_cap_x, candidate)
        if t > 0 and t % market.review_years == 0:
            copy_row(book.cap[0], scratch.b)
            copy_row(book.cap[1], scratch.b)
        copy_row(scratch.e, book.cap[0])
        copy_row(scratch.f, book.cap[1])
    elif p.regime == RETAIL_MINUS and net.countries[p.country].first_region < net.countries[p.country].last_region:
        c, part = net.countries[p.country], p.km / net.links[number].length_km
        scale = 1000.0 / c.basket_kbps * net.years[t].us_index
        retail_cap(
            scratch,
            s.link_pricing[0].rest[0],
            s.link_base[number],
            s.countries[p.country],
            scale,
            part,
            market,
            c.access_cost,
        )
    elif p.regime == BENCHMARK and candidate == 0:
        left = (1.0 - market.benchmark_decline) ** (t + 1)
        set_row(scratch.e, p.base_price_regional * left)
        set_row(scratch.f, p.base_price_transit * left)
    else:
        set_row(scratch.e, NO_LIMIT)
        set_row(scratch.f, NO_LIMIT)


@kernel_step
def index_cap(book: Record, link: Record, scratch: Record, growth: float, candidate: int) -> None:
    """Let a price cap grow with inflation less X; a candidate's starts at its incremental cost when it opens."""
    for i in range(B):
        first = (link.opened[i] > 0.0) & (candidate == 1)
        book.cap[0, i] = scratch.b[i] if first else book.cap[0, i] * growth
        book.cap[1, i] = scratch.b[i] if first else book.cap[1, i] * growth


@kernel_step
def retail_cap(
    scratch: Record,
    others: Row,
    base: Record,
    country: Record,
    scale: float,
    part: float,
    market: Record,
    access: float,
) -> None:
    """What is left of the retail price for a segment after the retailer's own costs and the rest of the path."""
    kept = 1.0 - market.retail_minus_margin
    for i in range(B):
        room = (country.retail_mean[i] * kept - access) / country.international[i] * scale
        rest = others[i] if base.weight[0, i] > NO_FLOW else 0.0
        cap = max((room - rest) * part, 0.0)
        scratch.e[i] = cap
        scratch.f[i] = cap


@kernel_step
def limit_conduct(scratch: Record, link: Record, degree: Row) -> None:
    """Bring c and d under the ceilings e and f, or under open access where that is in force; not before service."""
    for i in range(B):
        opened, share = link.open[i] > 0.0, degree[i]
        bound, transit_bound = min(scratch.c[i], scratch.e[i]), min(scratch.d[i], scratch.f[i])
        mixed = min(scratch.c[i], share * scratch.a[i] + (1.0 - share) * bound)
        transit_mixed = min(scratch.d[i], share * scratch.a[i] + (1.0 - share) * transit_bound)
        limited, transit_limited = mixed if share > 0.0 else bound, transit_mixed if share > 0.0 else transit_bound
        scratch.c[i] = limited if opened else scratch.c[i]
        scratch.d[i] = transit_limited if opened else scratch.d[i]


@kernel_step
def set_prices(
    regional: Row,
    transit: Row,
    scratch: Record,
    link: Record,
    common: Record,
    fixed: Record,
    opex_usd: float,
    kept: float,
) -> None:
    """Prices between cost and what c and d say, falling no faster than the speed limit once in service."""
    annuity, highest, highest_transit = fixed.wave_annuity_usd, fixed.highest_regional, fixed.highest_transit
    for i in range(B):
        cost = avoidable(annuity, common.equipment[i], opex_usd, common.unit_cost[i])
        wanted, transit_wanted = max(min(cost, highest), scratch.c[i]), max(min(cost, highest_transit), scratch.d[i])
        served = link.open_before[i] > 0.0
        regional[i] = max(wanted, kept * regional[i]) if served else wanted
        transit[i] = max(transit_wanted, kept * transit[i]) if served else transit_wanted
