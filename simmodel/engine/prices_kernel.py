"""Generalised prices of paths, avoidable cost and the price rule of a link (docs/model.md, sections 6 and 7)."""

from __future__ import annotations

import numpy as np

from simmodel.engine.block import B
from simmodel.engine.elementary import power
from simmodel.engine.incidence import Incidence
from simmodel.engine.jit import kernel_scalar, kernel_step
from simmodel.engine.rows_kernel import set_row, sum_products, sum_rows
from simmodel.engine.state import Record, Row, State
from simmodel.inputs.model_inputs import Network

MONTHLY = 12000.0  # Mbit/s-months a year in 1 Gbit/s
LEAST_PRICE = 1e-6
NO_FLOW = 1e-300
LEAST_PSI = 1.5


@kernel_scalar
def elasticity_seen(sellers: float, theta: float, share: float) -> float:
    """Price elasticity a seller reckons with."""
    return max(sellers * theta * (1.0 - share), LEAST_PSI)


@kernel_step
def cost_step(s: State, net: Network, us_index: float) -> None:
    """Avoidable cost of every segment and link, at the year's prices."""
    market, common = net.market[0], s.common[0]
    capacity = MONTHLY * market.wave_gbps
    for i in range(B):
        common.unit_cost[i] = (1.0 + common.headroom[i]) / capacity
    for number in range(len(net.links)):
        link, p = s.links[number], net.links[number]
        for b in range(2):
            set_row(link.cost[b], 0.0)
        for g in range(p.first_segment, p.last_segment):
            segment_cost(s.segments[g], net.segments[g], common, link, p.candidate, us_index)


@kernel_step
def segment_cost(segment: Record, p: Record, common: Record, link: Record, candidate: int, us_index: float) -> None:
    """Avoidable cost of a segment [USD/Mbps/month], at most half of today's price where there is one."""
    annuity, opex = p.wave_annuity * p.wave_capex_usd, p.wave_opex_usd * us_index
    highest_regional = 1e30 if candidate == 1 else 0.5 * p.base_price_regional
    highest_transit = 1e30 if candidate == 1 else 0.5 * p.base_price_transit
    for i in range(B):
        cost = (annuity * common.equipment[i] + opex) * common.unit_cost[i]
        segment.cost[0, i] = min(cost, highest_regional)
        segment.cost[1, i] = min(cost, highest_transit)
    for i in range(B):
        link.cost[0, i] += segment.cost[0, i]
        link.cost[1, i] += segment.cost[1, i]


@kernel_step
def path_price_step(s: State, net: Network, inc: Incidence, t: int, n: int, portfolio: int) -> None:
    """Generalised prices of all paths in year t (n years after the base year), without and with candidate segments."""
    for p in range(len(net.paths)):
        path = net.paths[p]
        if portfolio == 0 and path.has_candidate == 1:
            continue
        b = net.demands[inc.path_demand[p]].kind
        rest, price = s.path_rest[p], s.path_price[p]
        crossings = float(path.last_crossing - path.first_crossing) if b == 0 else 0.0
        external = path.external_price * path.relative_decline**n
        fill_fixed_price(rest, s.common[0], s.path_years[t, p], crossings, external, path.latency)
        sum_rows(rest, s.price[b], inc.old_segments, inc.old_first[p], inc.old_first[p + 1])
        for i in range(B):
            price[i] = rest[i]
        sum_rows(price, s.price[b], inc.new_segments, inc.new_first[p], inc.new_first[p + 1])
        for i in range(B):
            price[i] = max(price[i], LEAST_PRICE)


@kernel_step
def fill_fixed_price(
    rest: Row, common: Record, year: Record, crossings: float, external: float, latency: float
) -> None:
    """What a path costs besides its segments: border fees, beyond the region, time, interruptions."""
    for i in range(B):
        fees = common.border_fee[i] * crossings + external
        quality = common.latency_value[i] * latency + common.reliability_value[i] * year.unavailability[i]
        rest[i] = common.outside[i] * (fees + quality)


@kernel_step
def rest_step(s: State, net: Network, inc: Incidence, number: int) -> None:
    """Mean generalised price of a link's paths without what the link (or all candidates on the path) takes."""
    link, base, p = s.links[number], s.link_base[number], net.links[number]
    for b in range(2):
        first, last = inc.rest_first[b, number], inc.rest_first[b, number + 1]
        set_row(link.rest[b], 0.0)
        if p.candidate == 1:
            sum_products(link.rest[b], s.path_weight, s.path_rest, inc.rest_paths, first, last)
        else:
            sum_products(link.rest[b], s.path_weight, s.path_price, inc.rest_paths, first, last)
            for g in range(p.first_segment, p.last_segment):
                segment = s.segment_base[g]
                price = s.price[b, g]
                for i in range(B):
                    link.rest[b, i] -= price[i] * segment.flow[b, i]
        for i in range(B):
            link.rest[b, i] /= max(base.weight[b, i], NO_FLOW)


@kernel_step
def seller_step(s: State, net: Network, number: int) -> None:
    """Sellers a link counts as: the fewest of its sections."""
    link, p = s.links[number], net.links[number]
    set_row(link.sellers, 1e30)
    own = p.sellers
    for k in range(p.first_section, p.last_section):
        section = net.sections[k]
        c = section.country
        if net.segments[section.first_segment].regime == 0:
            for i in range(B):
                link.sellers[i] = min(link.sellers[i], 1.0)
        else:
            base = net.channel_base[c, 0]
            inverse = 1.0 / base if base > 0.0 else 0.0
            country = s.countries[c]
            for i in range(B):
                ratio = country.channel[0, i] * inverse if inverse > 0.0 else 1.0
                link.sellers[i] = min(link.sellers[i], max(own, ratio * own))


@kernel_step
def share_step(share: np.ndarray, use: np.ndarray, potential: np.ndarray) -> None:
    """Share of the traffic that could use a link and does."""
    for i in range(B):
        part = use[i] / max(potential[i], NO_FLOW)
        share[i] = min(max(part, 0.0), 1.0)


@kernel_step
def existing_rule(rule: np.ndarray, link: Record, theta: np.ndarray, share: np.ndarray, b: int) -> None:
    """Price that earns most on an existing link, by the elasticity rule."""
    for i in range(B):
        psi = elasticity_seen(link.sellers[i], theta[i], share[i])
        rule[i] = (link.rest[b, i] + psi * link.cost[b, i]) / (psi - 1.0)


@kernel_step
def candidate_rule(rule: Row, link: Record, base: Record, common: Record, share: Row, b: int, us_index: float) -> None:
    """The same for a candidate: its part, by km, of what the candidates of a path can take together."""
    for i in range(B):
        psi = elasticity_seen(link.sellers[i], common.theta[b, i], share[i])
        cost = (base.cost_annuity[b, i] * common.equipment[i] + us_index * base.cost_opex[b, i]) * common.unit_cost[i]
        rule[i] = base.km_share[b, i] * (link.rest[b, i] + psi * cost) / (psi - 1.0)


@kernel_step
def raise_price(weight: np.ndarray, price: np.ndarray, theta: np.ndarray) -> None:
    """Price to the power minus theta."""
    for i in range(B):
        weight[i] = power(price[i], -theta[i])
