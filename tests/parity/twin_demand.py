"""Section 8: retail prices, adoption, use and demand of the regions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from tests.parity.twin_base import Base
from tests.parity.twin_network import Rows, Setting
from tests.parity.twin_shocks import World, growth_curve


@dataclass(slots=True)
class People:
    """State of the regions, (regions, draws); `international` is (countries, draws).

    Attributes
    ----------
    users : share of people
    use : busy-hour kbit/s per user
    wholesale : W
    retail : R, constant USD a month
    affordable : share of people with the basket within the target
    """

    users: Rows
    use: Rows
    wholesale: Rows
    retail: Rows
    affordable: Rows
    international: Rows


def start_people(setting: Setting, base: Base) -> People:
    """The base year."""
    one = np.ones(setting.draws)
    regions, countries = setting.net.regions, setting.net.countries
    return People(
        users=regions["users0"][:, None] * one,
        use=base.use.copy(),
        wholesale=base.wholesale.copy(),
        retail=regions["retail0"][:, None] * one,
        affordable=np.zeros((len(regions), setting.draws)),
        international=countries["international_share0"][:, None] * one,
    )


def affordable_share(setting: Setting, c: int, target: Rows, income: Rows, retail: Rows) -> Rows:
    """Share of people whose basket costs at most `target` of their income (lognormal incomes)."""
    sd = setting.net.countries[c]["gini_sd"]
    share: Rows = ndtr((np.log(target * income / retail) - 0.5 * sd * sd) / sd)
    return share


def step_region(
    setting: Setting, world: World, base: Base, people: People, r: int, t: int, reforms: bool, wholesale: Rows, e: Rows
) -> None:
    """Retail price, users and use per user of one region; `e` is the country's exchange rate."""
    net, n = setting.net, t + 1
    region, c = net.regions[r], int(net.regions[r]["country"])
    country = net.countries[c]
    degree = np.clip(setting.channel(reforms, c, "pass_through", t), 0.0, 1.0)
    low, high = setting.parameter("pass_through_incumbent"), setting.parameter("pass_through_competitive")
    elasticity = low + (high - low) * degree
    reference = base.wholesale[r] * (1.0 - country["reference_decline"]) ** n
    local = 1.0 + region["local_share"] * (1.0 / e - 1.0)
    trend = region["retail0"] * country["retail_trend"] ** n
    retail = trend * np.clip(wholesale / reference, 0.02, 50.0) ** elasticity * local

    income = region["income0"] * world.gdp[c, t] / e
    target = np.full(setting.draws, setting.constant("affordability_target"))
    people.affordable[r] = affordable_share(setting, c, target, income, retail)
    tau = base.tau[r] * (1.0 + setting.parameter("relevance")) ** n
    ceiling = net.region_years[r]["coverage"][t] * affordable_share(setting, c, tau, income, retail)
    k, a = np.maximum(ceiling, 1e-6), people.users[r]
    joining = (country["bass_p"] + country["bass_q"] * np.minimum(a / k, 1.0)) * np.maximum(k - a, 0.0)
    leaving = setting.constant("bass_churn") * np.maximum(a - k, 0.0)
    people.users[r] = np.clip(a + joining - leaving, 0.0, 1.0)

    g0 = (1.0 + setting.parameter("growth0")) / country["growth0_divisor"] - 1.0
    gt = setting.parameter("growth_terminal")
    growth = gt + (g0 - gt) * growth_curve(setting, t) + world.traffic[c, t]
    u = people.use[r]
    room = np.maximum(1.0 - u / setting.parameter("usage_max"), 0.0)
    departure = wholesale / people.wholesale[r] / (1.0 - country["reference_decline"])
    answer = np.clip(departure, 0.3, 3.0) ** -setting.parameter("usage_elasticity")
    people.use[r] = np.maximum(u * (1.0 + growth * room) * answer, 1e-6)
    people.retail[r] = retail
    people.wholesale[r] = wholesale


def step_demand(setting: Setting, world: World, people: People, t: int, reforms: bool) -> Rows:
    """(demands, draws) busy-hour traffic; moves the international share on."""
    net, n = setting.net, t + 1
    demand = np.zeros((len(net.demands), setting.draws))
    for c, country in enumerate(net.countries[:-1]):
        end = country["international_share_end"]
        rate = setting.channel(reforms, c, "localisation", t)
        people.international[c] = end + (people.international[c] - end) * np.exp(-rate)
        inside = slice(country["first_region"], country["last_region"])
        population = net.region_years[inside]["population"][:, t][:, None]
        users = np.maximum((population * people.users[inside]).sum(axis=0), 1e-9)
        arrivals = country["tourist_years"] * setting.channel(reforms, c, "arrivals_ratio", t)
        tourism = arrivals * country["tourist_use"] / users
        ratio = setting.channel(reforms, c, "digital_ratio", t)
        phase = min(n / 10.0, 1.0)
        digital = setting.constant("digital_share0") + setting.parameter("digital_uplift") * ratio * phase
        uplift = 1.0 + tourism + world.smart[inside, t] + digital
        volume = population * people.users[inside] * people.use[inside] * people.international[c]
        demand[inside] = volume * 1e-6 * uplift
    demand[len(net.regions) :] = world.volume[:, t]
    return demand
