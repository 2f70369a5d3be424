"""Section 7: the regulator's accounts and the ceilings of the six regimes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simmodel.inputs.model_inputs import NONE, REGIMES
from tests.parity.twin_base import CLASSES, Base
from tests.parity.twin_network import Rows, Setting

INCUMBENT, COURNOT, OPEN_ACCESS, PRICE_CAP, RETAIL_MINUS, BENCHMARK = range(len(REGIMES))
RAB_BASIS = 1


def annuity_factor(wacc: float, trend: float, life: float) -> float:
    """First charge of a tilted annuity on an investment of one."""
    if abs(wacc - trend) < 1e-12:
        return (1.0 + wacc) / life
    return (wacc - trend) / (1.0 - ((1.0 + trend) / (1.0 + wacc)) ** life)


@dataclass(slots=True)
class Regulation:
    """The regulator's accounts; (segments, draws) nominal musd unless said otherwise.

    Attributes
    ----------
    civil, terminal, waves : yearly charges on civil works, terminals and waves
    opex : of the year before
    gross, rab, depreciation : additions so far, asset base, its yearly depreciation
    ratio : traffic over the reference path's at the last review; `lit`: capacity then [Gbit/s]
    cap : (segments, classes, draws) ceiling of `price_cap`
    """

    civil: Rows
    terminal: Rows
    waves: Rows
    opex: Rows
    gross: Rows
    rab: Rows
    depreciation: Rows
    ratio: Rows
    lit: Rows
    cap: Rows


def annuity_factors(setting: Setting, trend: str, life: str) -> Rows:
    """(segments, 1) first-year factors at each segment's cost of capital."""
    a, years = setting.constant(trend), setting.constant(life)
    return np.array([annuity_factor(float(w), a, years) for w in setting.net.segments["wacc"]])[:, None]


def start_regulation(setting: Setting, base: Base) -> Regulation:
    """Accounts of the base year; new links have none."""
    s = setting.net.segments
    exists = ~setting.candidate[setting.link_of]
    one = np.ones(setting.draws)
    civil = np.where(exists, s["asset_base_share"] * s["civil_musd"], 0.0)[:, None]
    terminal = np.where(exists, s["terminal_musd"], 0.0)[:, None]
    waves = np.where(exists, s["lit0_waves"] * s["wave_capex_usd"] * 1e-6, 0.0)[:, None]
    gross = np.where(exists, s["asset_base_share"] * (s["civil_musd"] + s["terminal_musd"]), 0.0)[:, None] * one
    active = setting.constant("opex_active_share") * (s["lit0_waves"] * s["wave_capex_usd"] * 1e-6 + s["terminal_musd"])
    return Regulation(
        civil=annuity_factors(setting, "mea_trend_civil", "life_cable") * civil * one,
        terminal=annuity_factors(setting, "mea_trend_optics", "life_terminal") * terminal * one,
        waves=annuity_factors(setting, "mea_trend_optics", "life_wave") * waves * one,
        opex=np.where(exists, s["opex_fixed_musd"] + active, 0.0)[:, None] * one,
        gross=gross,
        rab=gross.copy(),
        depreciation=np.minimum(gross / setting.constant("life_cable"), gross),
        ratio=np.ones((len(s), setting.draws)),
        lit=np.zeros((len(s), setting.draws)),
        cap=np.where(exists[:, None, None], base.price, NONE),
    )


def capitalise_works(setting: Setting, books: Regulation, opening: Rows, works: Rows) -> None:
    """Take the works of links that open this year into the accounts; `opening`, `works` are (segments, draws)."""
    factor = annuity_factors(setting, "mea_trend_civil", "life_cable")
    books.civil += opening * factor * works
    books.gross += opening * works
    books.rab += opening * works
    started = np.minimum(books.gross / setting.constant("life_cable"), books.rab)
    books.depreciation = np.where(opening > 0, started, books.depreciation)


def review(setting: Setting, books: Regulation, t: int, demand: Rows, lit: Rows) -> None:
    """Renew the regulator's plan from the traffic and the lit capacity of the year before."""
    net = setting.net
    last = len(net.countries) - 1
    for g, segment in enumerate(net.segments):
        country = net.countries[segment["country"]]
        if segment["country"] == last:
            traffic = demand.sum(axis=0)
        else:
            traffic = demand[country["first_region"] : country["last_region"]].sum(axis=0)
        reference = net.country_years[segment["country"]][t]["d_ref"]
        books.ratio[g] = np.clip(traffic / reference, 0.5, 2.0) if reference > 0 else 1.0
    books.lit = lit.copy()


def regulated_prices(setting: Setting, books: Regulation, t: int) -> tuple[Rows, Rows, Rows]:
    """(segments, draws) LRIC+, RAB price, and the revenue LRIC+ stands for [USD/Mbps/month twice, musd]."""
    plan = np.maximum(setting.net.segment_years["plan_flow"][:, t], 1e-3)[:, None]
    billed = np.maximum(plan * books.ratio, setting.constant("utilisation_floor") * books.lit)
    cost = (1.0 + setting.constant("common_cost_share")) * (books.civil + books.terminal + books.waves + books.opex)
    allowed = books.opex + books.depreciation + setting.net.segments["wacc"][:, None] * books.rab
    return cost / (0.012 * billed), allowed / (0.012 * billed), cost


@dataclass(slots=True)
class Retail:
    """Retail price (weighted by population) and international share of the year before, (countries, draws)."""

    price: Rows
    international: Rows


def caps(
    setting: Setting,
    base: Base,
    books: Regulation,
    t: int,
    reforms: bool,
    conduct: Rows,
    rests: Rows,
    retail: Retail,
    opened: Rows,
    opening: Rows,
) -> Rows:
    """(segments, classes, draws) ceilings of year t; `opened`, `opening` (segments, draws): in service, just opened."""
    net, n = setting.net, t + 1
    lric, rab, _ = regulated_prices(setting, books, t)
    result = np.full_like(conduct, NONE)
    reviewed = t > 0 and t % setting.constant("review_years") == 0
    for g, segment in enumerate(net.segments):
        new = setting.candidate[segment["link"]]
        access = np.repeat((rab if segment["cost_base"] == RAB_BASIS else lric)[g][None], CLASSES, axis=0)
        regime = segment["regime"]
        cap = np.full((CLASSES, setting.draws), NONE)
        if regime == OPEN_ACCESS:
            cap = access
        elif regime == PRICE_CAP:
            indexed = books.cap[g] * (1.0 + net.years[t]["us_inflation"] - setting.constant("price_cap_x"))
            reset = (opening[g] > 0) & new
            if reviewed:
                reset = reset | (opened[g] > 0)
            books.cap[g] = np.where(reset, lric[g], np.where(opened[g] > 0, indexed, NONE))
            cap = books.cap[g]
        elif regime == RETAIL_MINUS:
            cap = retail_minus_cap(setting, g, t, rests, retail)
        elif regime == BENCHMARK and not new:
            cap = base.price[g] * (1.0 - setting.constant("benchmark_decline")) ** n
        a = setting.channel(reforms, segment["country"], "open_access", t)
        mixed = a * access + (1.0 - a) * np.minimum(cap, conduct[g])
        cap = np.where(a > 0, mixed, cap)
        result[g] = np.where(opened[g] > 0, cap, NONE)
    return result


def retail_minus_cap(setting: Setting, g: int, t: int, rests: Rows, retail: Retail) -> Rows:
    """(classes, draws) what retail revenue leaves for the segment; none where there is no retail market."""
    net = setting.net
    segment = net.segments[g]
    country = net.countries[segment["country"]]
    if country["last_region"] <= country["first_region"]:
        return np.full((CLASSES, setting.draws), NONE)
    kept = retail.price[segment["country"]] * (1.0 - setting.constant("retail_minus_margin")) - country["access_cost"]
    per_mbps = kept * 1000.0 / (country["basket_kbps"] * retail.international[segment["country"]])
    left = per_mbps * net.years[t]["us_index"] - rests[segment["link"]]
    cap = np.maximum(left * segment["km"] / net.links[segment["link"]]["length_km"], 0.0)
    return np.repeat(cap[None], CLASSES, axis=0)


def grow_charges(
    setting: Setting,
    books: Regulation,
    t: int,
    added_cost: Rows,
    renewals: Rows,
    gone_cost: Rows,
    opex: Rows,
    opened: Rows,
) -> None:
    """Roll the accounts to the end of year t; `gone_cost`: cost of the waves that retire, when they were bought."""
    optics = 1.0 + setting.constant("mea_trend_optics")
    factor = annuity_factors(setting, "mea_trend_optics", "life_wave")
    life = setting.net.market[0]["life_wave"]
    existing = ~setting.candidate[setting.link_of][:, None]
    age = np.where(existing & (t < life), t + 1, life)
    books.civil = books.civil * (1.0 + setting.constant("mea_trend_civil"))
    books.terminal = books.terminal * optics
    books.waves = books.waves * optics + factor * added_cost - factor * gone_cost * optics**age
    books.opex = opex
    books.gross = books.gross + opened * (added_cost + renewals)
    books.rab = books.rab + opened * (added_cost + renewals)
    depreciation = np.minimum(books.gross / setting.constant("life_cable"), books.rab)
    books.depreciation = np.where(opened > 0, depreciation, books.depreciation)
    books.rab = np.where(opened > 0, books.rab - depreciation, books.rab)
