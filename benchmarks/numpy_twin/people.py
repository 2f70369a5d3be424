"""Gateway margins, retail prices, adoption, use and traffic (docs/model.md, sections 7 and 8)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from benchmarks.numpy_twin.chunk import Chunk, Rows, columns


@dataclass(slots=True)
class People:
    """State of regions (regions, draws) and countries (countries, draws)."""

    users: Rows
    use: Rows
    wholesale: Rows
    retail: Rows
    affordable: Rows
    international: Rows
    phase: Rows


def start_people(c: Chunk) -> People:
    """The base year."""
    net, one = c.setting.net, np.ones(c.draws)
    return People(
        users=net.regions["users0"][:, None] * one,
        use=c.base.use.copy(),
        wholesale=c.base.wholesale.copy(),
        retail=net.regions["retail0"][:, None] * one,
        affordable=np.zeros((len(net.regions), c.draws)),
        international=net.countries["international_share0"][:, None] * one,
        phase=np.zeros((len(net.countries), c.draws)),
    )


def gateway_margins(c: Chunk, people: People, t: int, reforms: bool) -> Rows:
    """(countries, draws) margin of year t, zero outside."""
    net = c.setting.net
    modelled = slice(0, len(net.countries) - 1)
    country, elasticity = net.countries[modelled], c.parameter("gateway_elasticity")
    start = net.channel_base[modelled, 0][:, None]
    now = c.channel(reforms, "gateways", t)[modelled]
    people.phase[modelled] += np.where(now != start, 1.0 / c.constant("gateway_phase_years"), 0.0)
    np.minimum(people.phase, 1.0, out=people.phase)
    top = np.maximum(start, 1.0) * elasticity - 1.0
    ratio = (top / (np.maximum(now, 1.0) * elasticity - 1.0)) ** people.phase[modelled]
    ratio = np.where(c.nationalised[t, modelled] > 0, top / (elasticity - 1.0), ratio)
    decline, reference = columns(country, "gateway_decline", "bill_ref0")
    bill, price = columns(net.country_years[modelled, t], "bill_ref", "p_ref")
    share = np.maximum(c.constant("gateway_cost_share_cap"), c.base.observed[modelled] / reference)
    margin = np.zeros((len(net.countries), c.draws))
    fallen = c.base.margin[modelled] * (1.0 - decline) ** (t + 1) * ratio
    margin[modelled] = np.minimum(fallen, np.maximum(share * bill - price, 0.0))
    return margin


def step_demand(c: Chunk, people: People, t: int, reforms: bool, wholesale: Rows) -> Rows:
    """(demands, draws) busy-hour traffic of year t."""
    net, n = c.setting.net, t + 1
    regions, of = net.regions, net.regions["country"]
    country = net.countries[of]
    e = c.exchange[int(reforms)][t][of]
    step_retail(c, people, wholesale, np.clip(c.channel(reforms, "pass_through", t), 0.0, 1.0)[of], e, n)
    step_users(c, people, t, e)
    step_use(c, people, t, wholesale)
    people.wholesale = wholesale

    modelled = slice(0, len(net.countries) - 1)
    (end,) = columns(net.countries[modelled], "international_share_end")
    share = people.international[modelled]
    share -= end
    share *= np.exp(-c.channel(reforms, "localisation", t)[modelled])
    share += end
    population = net.region_years["population"][:, t][:, None]
    persons = population * people.users
    users = np.zeros((len(net.countries), c.draws))
    np.add.at(users, of, persons)
    tourists = (country["tourist_years"] * country["tourist_use"])[:, None]
    uplift = tourists * c.channel(reforms, "arrivals_ratio", t)[of] / np.maximum(users, 1e-9)[of]
    uplift += c.parameter("digital_uplift") * c.channel(reforms, "digital_ratio", t)[of] * min(n / 10.0, 1.0)
    uplift += c.smart[t]
    uplift += 1.0 + c.constant("digital_share0")
    demand = np.empty((len(net.demands), c.draws))
    volume = demand[: len(regions)]
    np.multiply(persons, people.use, out=volume)
    volume *= people.international[of]
    volume *= uplift
    volume *= 1e-6
    demand[len(regions) :] = c.volume[t]
    return demand


def step_retail(c: Chunk, people: People, wholesale: Rows, degree: Rows, e: Rows, n: int) -> None:
    """Retail prices."""
    net = c.setting.net
    country = net.countries[net.regions["country"]]
    low, high = c.parameter("pass_through_incumbent"), c.parameter("pass_through_competitive")
    departure = wholesale / (c.base.wholesale * ((1.0 - country["reference_decline"]) ** n)[:, None])
    np.clip(departure, 0.02, 50.0, out=departure)
    np.log(departure, out=departure)
    departure *= low + (high - low) * degree
    retail = np.exp(departure, out=departure)
    retail *= (net.regions["retail0"] * country["retail_trend"] ** n)[:, None]
    retail *= 1.0 + net.regions["local_share"][:, None] * (1.0 / e - 1.0)
    people.retail = retail


def step_users(c: Chunk, people: People, t: int, e: Rows) -> None:
    """Users: diffusion towards those who are covered and can pay."""
    net = c.setting.net
    regions, of = net.regions, net.regions["country"]
    country = net.countries[of]
    sd, p, q = columns(country, "gini_sd", "bass_p", "bass_q")
    means = np.log(regions["income0"][:, None] * c.gdp[t][of] / (e * people.retail)) - 0.5 * sd * sd
    people.affordable = ndtr((np.log(c.constant("affordability_target")) + means) / sd)
    willing = np.log(c.base.tau) + (t + 1) * np.log(1.0 + c.parameter("relevance"))
    k = ndtr((willing + means) / sd)
    k *= net.region_years["coverage"][:, t][:, None]
    np.maximum(k, 1e-6, out=k)
    a = people.users
    gain = (p + q * np.minimum(a / k, 1.0)) * np.maximum(k - a, 0.0)
    gain -= c.constant("bass_churn") * np.maximum(a - k, 0.0)
    gain += a
    people.users = np.clip(gain, 0.0, 1.0, out=gain)


def step_use(c: Chunk, people: People, t: int, wholesale: Rows) -> None:
    """Traffic per user."""
    net = c.setting.net
    of = net.regions["country"]
    divisor, decline = columns(net.countries[of], "growth0_divisor", "reference_decline")
    last = c.parameter("growth_terminal")
    growth = ((1.0 + c.parameter("growth0")) / divisor - 1.0 - last) * c.maturity[t]
    growth += last + c.traffic[t][of]
    growth *= np.maximum(1.0 - people.use / c.parameter("usage_max"), 0.0)
    growth += 1.0
    change = wholesale / people.wholesale / (1.0 - decline)
    np.clip(change, 0.3, 3.0, out=change)
    np.log(change, out=change)
    change *= -c.parameter("usage_elasticity")
    growth *= np.exp(change, out=change)
    people.use = np.maximum(people.use * growth, 1e-6)
