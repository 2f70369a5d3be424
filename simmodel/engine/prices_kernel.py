"""Generalised prices of paths, avoidable cost and the price rule of a link (docs/model.md, sections 6 and 7)."""

from __future__ import annotations

import numpy as np

from simmodel.engine.block import B
from simmodel.engine.elementary import power
from simmodel.engine.incidence import Incidence
from simmodel.engine.jit import kernel_scalar, kernel_step
from simmodel.engine.prefetch import AHEAD, ask_for
from simmodel.engine.rows_kernel import fill_sum_from, set_row, sum_products
from simmodel.engine.state import Record, Row, State
from simmodel.inputs.model_inputs import Network

LEAST_PRICE = 1e-6
NO_FLOW = 1e-300
LEAST_PSI = 1.5


@kernel_scalar
def best_price(rest: float, cost: float, sellers: float, theta: float, share: float) -> float:
    """Price that earns most where the rest of the path costs `rest`, by the elasticity a seller reckons with."""
    psi = max(sellers * theta * (1.0 - share), LEAST_PSI)
    return (rest + psi * cost) / (psi - 1.0)


@kernel_scalar
def share_of(use: float, potential: float) -> float:
    """Share of the traffic that could use a link and does."""
    return min(max(use / max(potential, NO_FLOW), 0.0), 1.0)


@kernel_scalar
def avoidable(annuity_usd: float, equipment: float, opex_usd: float, unit_cost: float) -> float:
    """Avoidable cost at the year's prices [USD/Mbps/month]."""
    return (annuity_usd * equipment + opex_usd) * unit_cost


@kernel_step
def cost_step(s: State, net: Network, number: int, us_index: float) -> None:
    """Avoidable cost of a link: of all its segments, each at most half of today's price where there is one."""
    pricing, p = s.link_pricing[0], net.links[number]
    set_row(pricing.cost[0], 0.0)
    set_row(pricing.cost[1], 0.0)
    for g in range(p.first_segment, p.last_segment):
        add_cost(pricing, s.common[0], s.segment_constants[g], net.segments[g].wave_opex_usd * us_index)


@kernel_step
def add_cost(pricing: Record, common: Record, fixed: Record, opex_usd: float) -> None:
    """Add a segment's avoidable cost."""
    annuity, regional, transit = fixed.wave_annuity_usd, fixed.highest_regional, fixed.highest_transit
    for i in range(B):
        cost = avoidable(annuity, common.equipment[i], opex_usd, common.unit_cost[i])
        pricing.cost[0, i] += min(cost, regional)
        pricing.cost[1, i] += min(cost, transit)


@kernel_step
def path_price_step(s: State, net: Network, inc: Incidence, t: int, portfolio: int) -> None:
    """Generalised prices of all paths in year t, without and with candidate segments."""
    for p in range(len(net.paths)):
        if portfolio == 1 or net.paths[p].has_candidate == 0:
            ask_for(s.path_fixed[t, min(p + AHEAD, len(net.paths) - 1)])
            sum_path_price(s, net, inc, s.path_fixed[t, p], p)


@kernel_step
def sum_path_price(s: State, net: Network, inc: Incidence, fixed: Row, p: int) -> None:
    """Generalised price of a path."""
    path, price, b = net.paths[p], s.path_price[p], net.demands[inc.path_demand[p]].kind
    rest = s.path_rest[p] if path.has_candidate == 1 else price
    fill_sum_from(rest, fixed, s.price[b], inc.old_segments, inc.old_first[p], inc.old_first[p + 1])
    if path.has_candidate == 1:
        fill_sum_from(price, rest, s.price[b], inc.new_segments, inc.new_first[p], inc.new_first[p + 1])
    for i in range(B):
        price[i] = max(price[i], LEAST_PRICE)


@kernel_step
def rest_step(s: State, net: Network, inc: Incidence, number: int) -> None:
    """Mean generalised price of a link's paths without what the link (or all candidates on the path) takes."""
    pricing, base, p = s.link_pricing[0], s.link_base[number], net.links[number]
    for b in range(2):
        first, last = inc.rest_first[b, number], inc.rest_first[b, number + 1]
        set_row(pricing.rest[b], 0.0)
        if first == last:
            continue
        if p.candidate == 1:
            sum_products(pricing.rest[b], s.path_weight, s.path_rest, inc.rest_paths, first, last)
        else:
            sum_products(pricing.rest[b], s.path_weight, s.path_price, inc.rest_paths, first, last)
            for g in range(p.first_segment, p.last_segment):
                take_own(pricing.rest[b], s.price[b, g], s.segment_base_flow[b, g])
        divide_by_weight(pricing.rest[b], base.weight[b])


@kernel_step
def take_own(rest: Row, price: Row, flow: Row) -> None:
    """Take away what a segment of the link itself costs."""
    for i in range(B):
        rest[i] -= price[i] * flow[i]


@kernel_step
def divide_by_weight(rest: Row, weight: Row) -> None:
    """Turn a weighted sum into a mean."""
    for i in range(B):
        rest[i] /= max(weight[i], NO_FLOW)


@kernel_step
def seller_step(s: State, net: Network, number: int) -> None:
    """Sellers a link counts as: the fewest of its sections."""
    link, p = s.links[number], net.links[number]
    set_row(link.sellers, 1e30)
    for k in range(p.first_section, p.last_section):
        section = net.sections[k]
        if net.segments[section.first_segment].regime == 0:
            limit_sellers(link.sellers, s.countries[section.country].channel[0], 1.0, 0.0)
        else:
            base = net.channel_base[section.country, 0]
            inverse = 1.0 / base if base > 0.0 else 0.0
            limit_sellers(link.sellers, s.countries[section.country].channel[0], p.sellers, inverse)


@kernel_step
def limit_sellers(sellers: Row, gateways: Row, own: float, inverse: float) -> None:
    """At most those of one section: today's, more when there are more gateways than today (inverse of today's)."""
    for i in range(B):
        ratio = gateways[i] * inverse if inverse > 0.0 else 1.0
        sellers[i] = min(sellers[i], max(own, ratio * own))


@kernel_step
def potential_step(s: State, net: Network, number: int, b: int, base_year: bool) -> None:
    """Traffic of a class that could use a link, in scratch a."""
    p, potential = net.links[number], s.scratch[0].a
    set_row(potential, 0.0)
    for j in range(p.first_demand, p.last_demand):
        o = net.link_demands[j]
        if net.demands[o].kind == b:
            demand = s.demand_base[o].demand if base_year else s.demands[o].demand
            for i in range(B):
                potential[i] += demand[i]


@kernel_step
def existing_rule(rule: Row, pricing: Record, sellers: Row, theta: Row, share: Row, b: int) -> None:
    """Price that earns most on an existing link at a share of the market."""
    for i in range(B):
        rule[i] = best_price(pricing.rest[b, i], pricing.cost[b, i], sellers[i], theta[i], share[i])


@kernel_step
def move_existing_rule(link: Record, pricing: Record, base: Record, theta: Row, potential: Row, b: int) -> None:
    """The same at last year's share, at most the base year's; damped by last year's price."""
    for i in range(B):
        share = min(share_of(link.use[b, i], potential[i]), base.share[b, i])
        rule = best_price(pricing.rest[b, i], pricing.cost[b, i], link.sellers[i], theta[i], share)
        link.rule[b, i] = np.sqrt(rule * link.rule[b, i])


@kernel_step
def move_candidate_rule(
    link: Record, pricing: Record, base: Record, common: Record, potential: Row, b: int, us_index: float, first: bool
) -> None:
    """The same for a candidate: its part, by km, of what the candidates of a path can take together."""
    for i in range(B):
        share = share_of(link.use[b, i], potential[i])
        cost = (base.cost_annuity[b, i] * common.equipment[i] + us_index * base.cost_opex[b, i]) * common.unit_cost[i]
        price = best_price(pricing.rest[b, i], cost, link.sellers[i], common.theta[b, i], share)
        rule = base.km_share[b, i] * price
        link.rule[b, i] = rule if first else np.sqrt(rule * link.rule[b, i])


@kernel_step
def raise_price(weight: Row, price: Row, theta: Row) -> None:
    """Price to the power minus theta."""
    for i in range(B):
        weight[i] = power(price[i], -theta[i])
