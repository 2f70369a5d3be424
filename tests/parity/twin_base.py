"""Section 5: the base year of every draw, calibrated to what was observed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from tests.parity.twin_network import Rows, Setting
from tests.parity.twin_shocks import unavailability_at_expected_events

CLASSES = 2


@dataclass(slots=True)
class Base:
    """The base year; rows (objects, draws).

    Attributes
    ----------
    price : (segments, classes, draws); `cost`: avoidable cost likewise
    g : generalised price of every path, new segments at their avoidable cost
    constant : a of every path; `weight` of every path as if open; `share` of today's
    weight_sum, index, demand, money : of a demand: sum of today's weights, I, D, sum of share times money price
    mean_g : of a demand, share-weighted generalised price
    users, use, tau, wholesale : of a region; `margin`, `international`, `observed`: of a country
    flow : of a path; `link_use`, `link_share`: (links, classes, draws)
    """

    price: Rows
    cost: Rows
    g: Rows
    constant: Rows
    weight: Rows
    share: Rows
    weight_sum: Rows
    index: Rows
    demand: Rows
    money: Rows
    mean_g: Rows
    use: Rows
    tau: Rows
    wholesale: Rows
    margin: Rows
    observed: Rows
    flow: Rows
    link_use: Rows
    link_share: Rows


def theta_of(setting: Setting, transit: int) -> Rows:
    """(draws,) elasticity of route choice of a class."""
    return setting.parameter("theta_transit" if transit else "theta")


def avoidable_cost(setting: Setting, q: Rows, us_index: float) -> Rows:
    """(segments, classes, draws) yearly cost of one more Mbit/s, at most half the observed price [USD/Mbps/month]."""
    s = setting.net.segments
    usd = (s["wave_annuity"] * s["wave_capex_usd"])[:, None] * q + (s["wave_opex_usd"] * us_index)[:, None]
    cost = usd / (12000.0 * setting.constant("wave_gbps") / (1.0 + setting.parameter("headroom")))
    result = np.repeat(cost[:, None, :], CLASSES, axis=1)
    for b, name in enumerate(("base_price_regional", "base_price_transit")):
        cap = np.where(setting.candidate[setting.link_of], np.inf, 0.5 * s[name])
        result[:, b] = np.minimum(result[:, b], cap[:, None])
    return result


def path_charges(setting: Setting, price: Rows) -> Rows:
    """(paths, draws) what a path pays on its segments, at its demand's class."""
    regional, transit = setting.on_path @ price[:, 0], setting.on_path @ price[:, 1]
    return np.where(setting.regional[:, None], regional, transit)


def border_charges(setting: Setting, x: Rows) -> Rows:
    """(paths, draws) border fees; transit pays none."""
    count = np.where(setting.regional, setting.crossings.sum(axis=1), 0.0)
    return count[:, None] * setting.parameter("border_fee") * x


def external_charges(setting: Setting, x: Rows, n: int) -> Rows:
    """(paths, draws) price beyond the last link, n years after the base year."""
    paths = setting.net.paths
    return (paths["external_price"] * paths["relative_decline"] ** n)[:, None] * x


def generalised_prices(setting: Setting, price: Rows, x: Rows, n: int, unavailability: Rows) -> Rows:
    """(paths, draws) G of section 6."""
    money = path_charges(setting, price) + border_charges(setting, x) + external_charges(setting, x, n)
    delay = setting.net.paths["latency"][:, None] * setting.parameter("value_of_latency") * x
    failure = setting.parameter("value_of_reliability") * unavailability * x
    return np.maximum(money + delay + failure, 1e-6)


def calibrate_base_year(setting: Setting) -> Base:
    """Solve the base year."""
    net, draws = setting.net, setting.draws
    one = np.ones(draws)
    cost = avoidable_cost(setting, one, 1.0)
    price = np.empty_like(cost)
    new = setting.candidate[setting.link_of][:, None]
    for b, name in enumerate(("base_price_regional", "base_price_transit")):
        price[:, b] = np.where(new, cost[:, b], net.segments[name][:, None])
    g = generalised_prices(setting, price, one, 0, unavailability_at_expected_events(setting))
    constant, weight = np.zeros_like(g), np.zeros_like(g)
    for record in net.demands:
        span = slice(record["first_path"], record["last_path"])
        theta = theta_of(setting, record["kind"])
        utility = net.paths["path_size"][span, None] * g[span] ** -theta
        constant[span] = path_constants(setting, record, utility, g[span], theta)
        weight[span] = constant[span] * utility
    today = weight * net.paths["today"][:, None]
    weight_sum = setting.of_demand @ today
    theta = np.stack([theta_of(setting, kind) for kind in net.demands["kind"]])
    share = today / weight_sum[setting.demand]
    money = path_charges(setting, price) + border_charges(setting, one) + external_charges(setting, one, 0)
    money = setting.of_demand @ (share * money)
    demand, use = base_demand(setting)
    margin, observed = gateway_margins(setting, demand, money)
    regions, last = net.regions, len(net.regions)
    flow = demand[setting.demand] * share
    use_of_links, share_of_links = link_shares(setting, flow, demand)
    sd = net.countries["gini_sd"][regions["country"]]
    spread = sd * ndtri(regions["saturation0"] / regions["coverage0"]) + 0.5 * sd * sd
    return Base(
        price=price,
        cost=cost,
        g=g,
        constant=constant,
        weight=weight,
        share=share,
        weight_sum=weight_sum,
        index=weight_sum ** (-1.0 / theta),
        demand=demand,
        money=money,
        mean_g=setting.of_demand @ (share * g),
        use=use,
        tau=np.repeat((regions["retail0"] / regions["income0"] * np.exp(spread))[:, None], draws, axis=1),
        wholesale=money[:last] + margin[regions["country"]] + regions["backhaul"][:, None],
        margin=margin,
        observed=observed,
        flow=flow,
        link_use=use_of_links,
        link_share=share_of_links,
    )


def path_constants(setting: Setting, record: np.void, utility: Rows, g: Rows, theta: Rows) -> Rows:
    """(paths of the demand, draws) the constants a that give the observed shares of exits in the base year."""
    net = setting.net
    paths = net.paths[record["first_path"] : record["last_path"]]
    exits = net.exits[record["first_exit"] : record["last_exit"]]
    today, new = paths["today"] == 1, setting.parameter("new_route_constant")
    constant = np.zeros_like(utility)
    if record["kind"] == 1:
        land = paths["kind"] == 0
        outside = exits["kind"] == 2
        land_share = 1.0 - exits["observed_share"][outside].sum()
        attraction = utility[land & today].sum(axis=0)
        if (land & today).any() and land_share > 0:
            for p, path in enumerate(paths):
                if path["kind"] == 0:
                    constant[p] = 1.0 if today[p] else new
                else:
                    observed = net.exits[path["exit"]]["observed_share"]
                    constant[p] = observed * (attraction / land_share) * g[p] ** theta
            return constant
    preferred = record["first_exit"] + int(np.argmax(exits["observed_share"]))
    by_exit = {}
    for e in range(record["first_exit"], record["last_exit"]):
        observed = net.exits[e]["observed_share"]
        if observed > 0:
            by_exit[e] = observed / utility[(paths["exit"] == e) & today].sum(axis=0)
    for p, path in enumerate(paths):
        constant[p] = by_exit[path["exit"]] if path["exit"] in by_exit else new * by_exit[preferred]
    return constant


def base_demand(setting: Setting) -> tuple[Rows, Rows]:
    """(demands, draws) traffic, and (regions, draws) busy-hour kbit/s per user, one value a country."""
    net = setting.net
    demand = np.zeros((len(net.demands), setting.draws))
    use = np.zeros((len(net.regions), setting.draws))
    for country in net.countries[:-1]:
        inside = slice(country["first_region"], country["last_region"])
        regions = net.regions[inside]
        users = regions["population0"] * regions["users0"]
        tourism = country["tourist_years"] * country["tourist_use"] / max(users.sum(), 1e-9)
        uplift = tourism + regions["smart_level0"] + setting.constant("digital_share0")
        volume = users * country["international_share0"] * (1.0 + uplift)
        use[inside] = setting.drawn[country["traffic_slot"]] * 1e6 / volume.sum()
        demand[inside] = volume[:, None] * use[inside] * 1e-6
    for m, market in enumerate(net.transits):
        volume = setting.drawn[market["volume_slot"]] * setting.drawn[market["contestable_slot"]]
        demand[len(net.regions) + m] = volume
    return demand, use


def gateway_margins(setting: Setting, demand: Rows, money: Rows) -> tuple[Rows, Rows]:
    """(countries, draws) base-year gateway margin and observed wholesale price."""
    net = setting.net
    margin = np.zeros((len(net.countries), setting.draws))
    observed = np.zeros_like(margin)
    for c, country in enumerate(net.countries[:-1]):
        inside = slice(country["first_region"], country["last_region"])
        observed[c] = setting.drawn[country["wholesale_slot"]]
        if country["last_region"] > country["first_region"]:
            mean = (demand[inside] * money[inside]).sum(axis=0) / demand[inside].sum(axis=0)
            margin[c] = np.maximum(observed[c] - mean, 0.0)
    return margin, observed


def link_shares(setting: Setting, flow: Rows, demand: Rows) -> tuple[Rows, Rows]:
    """(links, classes, draws) flow that uses a link, and its share of the demands that could."""
    net = setting.net
    use = np.stack(
        [setting.uses.T @ (flow * chosen[:, None]) for chosen in (setting.regional, ~setting.regional)], axis=1
    )
    share = np.zeros_like(use)
    for l, link in enumerate(net.links):
        able = net.link_demands[link["first_demand"] : link["last_demand"]]
        for b in range(CLASSES):
            potential = demand[[o for o in able if net.demands[o]["kind"] == b]].sum(axis=0)
            ratio = np.divide(use[l, b], potential, out=np.zeros(setting.draws), where=potential > 0)
            share[l, b] = np.clip(ratio, 0.0, 1.0)
    return use, share
