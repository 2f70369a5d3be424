"""Section 7: gateway margins, conduct and the prices of segments."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simmodel.inputs.model_inputs import CHANNELS, REGIMES
from tests.parity.twin_base import CLASSES, Base, link_shares, path_charges, theta_of
from tests.parity.twin_network import Rows, Setting

# ------------------------------------------------------------------------------------------------------------ gateways


@dataclass(slots=True)
class Gateways:
    """How far the entry of more operators has worked, (countries, draws)."""

    phase: Rows


def gateway_margins(setting: Setting, base: Base, state: Gateways, t: int, reforms: bool, nationalised: Rows) -> Rows:
    """(countries, draws) margin of year t; moves the phase on."""
    net, n = setting.net, t + 1
    em = setting.parameter("gateway_elasticity")
    margin = np.zeros_like(base.margin)
    for c, country in enumerate(net.countries[:-1]):
        start = net.channel_base[c][CHANNELS.index("gateways")]
        now = setting.channel(reforms, c, "gateways", t)
        step = np.where(now != start, 1.0 / setting.constant("gateway_phase_years"), 0.0)
        state.phase[c] = np.minimum(state.phase[c] + step, 1.0)
        before, after = max(start, 1.0) * em - 1.0, np.maximum(now, 1.0) * em - 1.0
        ratio = np.where(nationalised[c] > 0, before / (em - 1.0), (before / after) ** state.phase[c])
        share = np.maximum(setting.constant("gateway_cost_share_cap"), base.observed[c] / country["bill_ref0"])
        given = net.country_years[c][t]
        cap = np.maximum(share * given["bill_ref"] - given["p_ref"], 0.0)
        margin[c] = np.minimum(base.margin[c] * (1.0 - country["gateway_decline"]) ** n * ratio, cap)
    return margin


# ------------------------------------------------------------------------------------------------------------- conduct


@dataclass(slots=True)
class Conduct:
    """What the pricing rule remembers, and weights it fixed in the base year.

    Attributes
    ----------
    first, rule : (links, classes, draws) rule of the base year (existing links) and of the year before
    started : (links,) whether `rule` holds a value
    weight : (paths, draws) of a path over new links, its flow were they priced at cost
    """

    first: Rows
    rule: Rows
    started: np.ndarray
    weight: Rows


def rest_of_existing(setting: Setting, base: Base, l: int, b: int, g: Rows, price: Rows) -> tuple[Rows, Rows]:
    """(draws,) mean generalised price of the link's paths without the link, and the base-year flow that weights it."""
    mine = (setting.uses[:, l] > 0) & (setting.regional if b == 0 else ~setting.regional)
    inside = setting.link_of == l
    paid = setting.on_path[np.ix_(mine, inside)] @ price[inside, b]
    flow = base.flow[mine]
    total = flow.sum(axis=0)
    rest = (flow * (g[mine] - paid)).sum(axis=0)
    return np.divide(rest, total, out=np.zeros_like(rest), where=total > 0), total


def elasticity(setting: Setting, sellers: Rows, b: int, share: Rows) -> Rows:
    """(draws,) psi: how far a seller's price moves its sales."""
    return np.maximum(sellers * theta_of(setting, b) * (1.0 - share), 1.5)


def start_conduct(setting: Setting, base: Base) -> Conduct:
    """Rules of existing links and weights of new paths in the base year."""
    net = setting.net
    shape = (len(net.links), CLASSES, setting.draws)
    conduct = Conduct(np.ones(shape), np.ones(shape), ~setting.candidate, np.zeros_like(base.g))
    for l in np.flatnonzero(~setting.candidate):
        sellers = count_sellers(setting, int(l), 0, False, base_year=True)
        for b in range(CLASSES):
            rest, _ = rest_of_existing(setting, base, int(l), b, base.g, base.price)
            psi = elasticity(setting, sellers, b, base.link_share[l, b])
            cost = setting.in_link[l] @ base.cost[:, b]
            conduct.first[l, b] = (rest + psi * cost) / (psi - 1.0)
    conduct.rule[:] = conduct.first
    attraction = base.weight / (base.weight_sum[setting.demand] + base.weight)
    new = net.paths["has_candidate"] == 1
    conduct.weight = np.where(new[:, None], base.demand[setting.demand] * attraction, 0.0)
    return conduct


def count_sellers(setting: Setting, l: int, t: int, reforms: bool, *, base_year: bool = False) -> Rows:
    """(draws,) operators that sell the link, the least over its sections; one where an incumbent rules."""
    net = setting.net
    link = net.links[l]
    least = np.full(setting.draws, np.inf)
    for g in range(link["first_segment"], link["last_segment"]):
        segment = net.segments[g]
        sellers = np.full(setting.draws, float(link["sellers"]))
        if REGIMES[segment["regime"]] == "incumbent":
            sellers[:] = 1.0
        elif not base_year:
            start = net.channel_base[segment["country"]][CHANNELS.index("gateways")]
            now = setting.channel(reforms, segment["country"], "gateways", t)
            if start > 0:
                sellers = np.maximum(sellers, now / start * sellers)
        least = np.minimum(least, sellers)
    return least


@dataclass(slots=True)
class Market:
    """The state of the year before that prices are set from; rows of draws.

    Attributes
    ----------
    g, flow, demand : generalised price and flow of paths, demand of demands
    price : (segments, classes, draws)
    """

    g: Rows
    flow: Rows
    demand: Rows
    price: Rows


def conduct_prices(
    setting: Setting, base: Base, conduct: Conduct, before: Market, t: int, reforms: bool, cost: Rows, x: Rows
) -> tuple[Rows, Rows]:
    """(segments, classes, draws) prices sellers would choose, and (links, draws) `rest` of the regional class."""
    net = setting.net
    result, rests = np.empty_like(before.price), np.zeros((len(net.links), setting.draws))
    _, shares = link_shares(setting, before.flow, before.demand)
    new = setting.candidate[setting.link_of][:, None, None]
    others = before.g - path_charges(setting, np.where(new, before.price, 0.0))
    cost_new = path_charges(setting, np.where(new, cost, 0.0))
    for l in range(len(net.links)):
        sellers = count_sellers(setting, l, t, reforms)
        if setting.candidate[l]:
            prices, rests[l] = conduct_of_candidate(setting, conduct, others, cost_new, l, sellers, shares[l], cost)
        else:
            prices, rests[l] = conduct_of_existing(setting, base, conduct, before, l, sellers, shares[l], cost, x)
        inside = setting.link_of == l
        result[inside] = prices
    return result, rests


def conduct_of_existing(
    setting: Setting,
    base: Base,
    conduct: Conduct,
    before: Market,
    l: int,
    sellers: Rows,
    shares: Rows,
    cost: Rows,
    x: Rows,
) -> tuple[Rows, Rows]:
    """(segments of the link, classes, draws) observed price times the change of the rule."""
    inside = setting.link_of == l
    ratios, sold, rests = [], [], []
    for b in range(CLASSES):
        rest, flow = rest_of_existing(setting, base, l, b, before.g, before.price)
        psi = elasticity(setting, sellers, b, np.minimum(shares[b], base.link_share[l, b]))
        rule = (rest + psi * (setting.in_link[l] @ cost[:, b])) / (psi - 1.0)
        conduct.rule[l, b] = np.sqrt(rule * conduct.rule[l, b])
        ratios.append(conduct.rule[l, b] / conduct.first[l, b])
        sold.append(flow > 0)
        rests.append(rest)
    result = np.empty((int(inside.sum()), CLASSES, setting.draws))
    for b in range(CLASSES):
        ratio = np.where(sold[b], ratios[b], np.where(sold[1 - b], ratios[1 - b], x))
        result[:, b] = base.price[inside, b] * ratio
    return result, rests[0]


def conduct_of_candidate(
    setting: Setting,
    conduct: Conduct,
    others: Rows,
    cost_new: Rows,
    l: int,
    sellers: Rows,
    shares: Rows,
    cost: Rows,
) -> tuple[Rows, Rows]:
    """(segments of the link, classes, draws) rule of the link shared out by km.

    `others`, `cost_new`: (paths, draws) generalised price without what new segments charge, and their avoidable cost.
    """
    net = setting.net
    inside = setting.link_of == l
    new_km = setting.km[:, setting.candidate].sum(axis=1)
    part = np.divide(setting.km[:, l], new_km, out=np.zeros_like(new_km), where=new_km > 0)
    km = net.segments["km"][inside][:, None] / net.links[l]["length_km"]
    offers, sold, rests = [], [], []
    for b in range(CLASSES):
        mine = (setting.uses[:, l] > 0) & (setting.regional if b == 0 else ~setting.regional)
        weight = conduct.weight[mine]
        total = weight.sum(axis=0)
        known = total > 0
        total = np.where(known, total, 1.0)
        rest = (weight * others[mine]).sum(axis=0) / total
        own_cost = (weight * cost_new[mine]).sum(axis=0) / total
        phi = (weight * part[mine, None]).sum(axis=0) / total
        psi = elasticity(setting, sellers, b, shares[b])
        rule = phi * (rest + psi * own_cost) / (psi - 1.0)
        if conduct.started[l]:
            rule = np.sqrt(rule * conduct.rule[l, b])
        conduct.rule[l, b] = rule
        offers.append(rule * km)
        sold.append(known)
        rests.append(rest)
    conduct.started[l] = True
    result = np.empty((int(inside.sum()), CLASSES, setting.draws))
    for b in range(CLASSES):
        result[:, b] = np.where(sold[b], offers[b], np.where(sold[1 - b], offers[1 - b], cost[inside, b]))
    return result, rests[0]


# ---------------------------------------------------------------------------------------------------------- prices


def settle_prices(setting: Setting, cost: Rows, conduct: Rows, ceilings: Rows, before: Rows, open_before: Rows) -> Rows:
    """(segments, classes, draws) prices of the year; they glide down only where the link was open the year before."""
    wanted = np.maximum(cost, np.minimum(conduct, ceilings))
    glided = np.maximum(wanted, (1.0 - setting.constant("glide")) * before)
    return np.where((open_before > 0)[:, None], glided, wanted)
