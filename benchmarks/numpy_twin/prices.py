"""Prices of segments: conduct, ceilings, speed limit (docs/model.md, section 7)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.numpy_twin.chunk import BOTH, Chunk, Rows, View, annuities, columns
from simmodel.inputs.model_inputs import NONE, REGIMES

INCUMBENT, COURNOT, OPEN_ACCESS, PRICE_CAP, RETAIL_MINUS, BENCHMARK = range(len(REGIMES))
BILLING = 0.012


@dataclass(slots=True)
class Books:
    """What prices remember; (segments, draws), [class] first where prices differ by class.

    Attributes
    ----------
    total_weight, km_share, cost_annuity, cost_opex, base_flow : weights of the links' and segments' price rules
    first, rule : [class] (links, draws) rule of the base year and of the year before
    civil, terminal, waves, opex, gross, rab, depreciation : the regulator's accounts
    ratio : (countries, draws), lit : at the last review
    """

    total_weight: list[Rows]
    sold: list[NDArray[np.bool_]]
    km_share: list[Rows]
    cost_annuity: list[Rows]
    cost_opex: list[Rows]
    base_share: list[Rows]
    base_flow: list[Rows]
    first: list[Rows]
    rule: list[Rows]
    civil: Rows
    terminal: Rows
    waves: Rows
    opex: Rows
    gross: Rows
    rab: Rows
    depreciation: Rows
    ratio: Rows
    lit: Rows
    cap: list[Rows]


def halves(view: View, rows: Rows) -> tuple[Rows, Rows]:
    """Rows of the regional and of the transit paths."""
    return rows[: view.regional], rows[view.regional :]


def inverse(rows: Rows) -> Rows:
    """One over each number, zero for zero."""
    return np.divide(1.0, rows, out=np.zeros_like(rows), where=rows > 0)


def cost_of_segments(c: Chunk, view: View, q: Rows, us_index: float) -> list[Rows]:
    """[class] (segments, draws) avoidable cost."""
    s = view.segment
    cost = np.multiply.outer(s["wave_annuity"] * s["wave_capex_usd"], q)
    cost += (s["wave_opex_usd"] * us_index)[:, None]
    cost *= c.unit_cost
    result = []
    for name in ("base_price_regional", "base_price_transit"):
        highest = np.where(view.new_segment, np.inf, 0.5 * s[name])[:, None]
        result.append(np.minimum(cost, highest))
    return result


def count_sellers(c: Chunk, view: View, gateways: Rows) -> Rows:
    """(links, draws) operators a link counts as: the fewest of its sections."""
    net, section = c.setting.net, view.section
    base = net.channel_base[section["country"], 0]
    own = view.link["sellers"][view.link_of_section]
    scale = np.divide(own, base, out=np.zeros(len(base)), where=base > 0)[:, None]
    sellers = np.maximum(own[:, None], scale * gateways[section["country"]])
    first = np.searchsorted(view.section_of, np.arange(len(section)))
    sellers[view.segment["regime"][first] == INCUMBENT] = 1.0
    starts = np.searchsorted(view.link_of_section, np.arange(len(view.link)))
    return np.minimum.reduceat(sellers, starts, axis=0)


def open_books(c: Chunk, view: View) -> Books:
    """The base year."""
    s, base, net = view.segment, c.base, c.setting.net
    draws, weight = c.draws, c.weight[view.paths]
    new_km = np.zeros(len(view.path))
    km = c.setting.km[np.ix_(view.paths, view.links)]
    new_km = km[:, view.candidate].sum(axis=1)
    part = np.where(
        view.candidate, np.divide(km, new_km[:, None], out=np.zeros_like(km), where=new_km[:, None] > 0), 1.0
    )
    annuity = s["wave_annuity"] * s["wave_capex_usd"]
    total, sold, km_share, by_annuity, by_opex, base_flow = [], [], [], [], [], []
    for b, (weights, rows) in enumerate(zip(halves(view, weight), halves(view, part), strict=True)):
        sets = view.sets[b]
        total.append(sets @ weights)
        scale = inverse(total[b])
        km_share.append((sets.multiply(rows.T).tocsr() @ weights) * scale)
        by_annuity.append((sets @ ((view.new[b] @ annuity)[:, None] * weights)) * scale)
        by_opex.append((sets @ ((view.new[b] @ s["wave_opex_usd"])[:, None] * weights)) * scale)
        sold.append(total[b] > 0)
        today = halves(view, (view.path["has_candidate"] == 0)[:, None] * weight)[b]
        base_flow.append(view.loads[b] @ today)
    exists = ~view.new_segment
    life_wave, optics = float(net.market[0]["life_wave"]), c.constant("mea_trend_optics")
    wave = s["wave_capex_usd"] * 1e-6
    stock = np.where(exists, s["asset_base_share"] * (s["civil_musd"] + s["terminal_musd"]), 0.0)
    opex = s["opex_fixed_musd"] + c.constant("opex_active_share") * (s["lit0_waves"] * wave + s["terminal_musd"])
    charges = {
        "civil": annuities(s["wacc"], c.constant("mea_trend_civil"), c.constant("life_cable"))[:, 0]
        * np.where(exists, s["asset_base_share"] * s["civil_musd"], 0.0),
        "terminal": annuities(s["wacc"], optics, c.constant("life_terminal"))[:, 0]
        * np.where(exists, s["terminal_musd"], 0.0),
        "waves": annuities(s["wacc"], optics, life_wave)[:, 0] * np.where(exists, s["lit0_waves"] * wave, 0.0),
        "opex": np.where(exists, opex, 0.0),
        "gross": stock,
        "rab": stock,
        "depreciation": np.minimum(stock / c.constant("life_cable"), stock),
    }
    spread = {name: np.repeat(value[:, None], draws, axis=1) for name, value in charges.items()}
    prices = [s["base_price_regional"], s["base_price_transit"]]
    capped = s["regime"] == PRICE_CAP
    books = Books(
        total_weight=total,
        sold=sold,
        km_share=[np.where(view.candidate[:, None], share, 1.0) for share in km_share],
        cost_annuity=by_annuity,
        cost_opex=by_opex,
        base_share=[base.link_share[view.links, b] for b in BOTH],
        base_flow=base_flow,
        first=[],
        rule=[],
        ratio=np.ones((len(net.countries), draws)),
        lit=np.zeros((len(s), draws)),
        cap=[np.repeat(price[capped][:, None], draws, axis=1) for price in prices],
        **spread,
    )
    gateways = np.repeat(net.channel_base[:, :1], draws, axis=1)
    cost = [base.cost[view.segments, b] for b in BOTH]
    price = [base.price[view.segments, b] for b in BOTH]
    sellers, rests = count_sellers(c, view, gateways), rest_of_links(view, books, weight * base.g[view.paths], price)
    for b in BOTH:
        psi = np.maximum(sellers * c.theta[b] * (1.0 - books.base_share[b]), 1.5)
        first = (rests[b] + psi * (view.by_link @ cost[b])) / (psi - 1.0)
        books.first.append(np.where(view.candidate[:, None], 1.0, first))
        books.rule.append(books.first[b].copy())
    return books


def rest_of_links(view: View, books: Books, weighted: Rows, price: list[Rows]) -> list[Rows]:
    """[class] (links, draws) mean generalised price of a link's paths without what it takes, of weighted prices."""
    result = []
    for b, rows in enumerate(halves(view, weighted)):
        rest = view.sets[b] @ rows
        rest -= view.by_link @ (price[b] * books.base_flow[b])
        rest *= inverse(books.total_weight[b])
        result.append(rest)
    return result


@dataclass(slots=True)
class Before:
    """The year before: (paths, draws) price without candidates, [class] prices, link uses; demand, waves, retail."""

    rest: Rows
    price: list[Rows]
    use: list[Rows]
    demand: Rows
    waves: Rows
    retail: Rows
    international: Rows


def conduct_prices(
    c: Chunk, view: View, books: Books, before: Before, t: int, reforms: bool, cost: list[Rows]
) -> tuple[list[Rows], Rows]:
    """[class] (segments, draws) prices sellers would choose; (links, draws) `rest` of the regional class."""
    x, q, us_index = c.x[t], c.q[t], float(c.setting.net.years[t]["us_index"])
    sellers = count_sellers(c, view, c.channel(reforms, "gateways", t))
    rests = rest_of_links(view, books, c.weight[view.paths] * before.rest, before.price)
    new = view.candidate[:, None]
    for b in BOTH:
        share = before.use[b] * inverse(view.potential[b] @ before.demand)
        np.clip(share, 0.0, 1.0, out=share)
        np.minimum(share, books.base_share[b], out=share, where=~new)
        psi = np.maximum(sellers * c.theta[b] * (1.0 - share), 1.5)
        own = (books.cost_annuity[b] * q + us_index * books.cost_opex[b]) * c.unit_cost
        own = np.where(new, own, view.by_link @ cost[b])
        rule = books.km_share[b] * (rests[b] + psi * own) / (psi - 1.0)
        previous = np.where(new, rule, books.rule[b]) if t == 0 else books.rule[b]
        books.rule[b] = np.sqrt(rule * previous)
    changes = [books.rule[b] / books.first[b] for b in BOTH]
    s = view.segment
    part = s["km"] / view.link["length_km"][view.link_of]
    result = []
    for b in BOTH:
        chosen = np.where(books.sold[b], changes[b], changes[1 - b])
        scale = np.where(view.new_segment, part, s["base_price_transit" if b else "base_price_regional"])[:, None]
        prices = chosen[view.link_of] * scale
        unsold = ~(books.sold[0] | books.sold[1])
        for l in np.flatnonzero(unsold.any(axis=1)):
            inside = np.flatnonzero(view.link_of == l)
            instead = cost[b][inside] if view.candidate[l] else scale[inside] * x
            prices[inside] = np.where(unsold[l], instead, prices[inside])
        result.append(prices)
    return result, rests[0]


def set_prices(
    c: Chunk, view: View, books: Books, before: Before, t: int, reforms: bool, links: tuple[Rows, Rows, Rows, Rows]
) -> tuple[list[Rows], Rows]:
    """[class] (segments, draws) prices; (segments, draws) revenue that LRIC+ stands for.

    `links` : (links, draws) open, open the year before, opening, works so far.
    """
    net, s = c.setting.net, view.segment
    opened, open_before, opening, works = links
    if opening.any():
        capitalise(c, view, books, opening, works)
    if t % int(net.market[0]["review_years"]) == 0:
        review(c, view, books, before, t)
    cost = cost_of_segments(c, view, c.q[t], float(net.years[t]["us_index"]))
    conduct, rest = conduct_prices(c, view, books, before, t, reforms, cost)
    plan = np.maximum(net.segment_years["plan_flow"][view.segments, t], 1e-3)[:, None]
    billed = plan * books.ratio[s["country"]]
    np.maximum(billed, c.constant("utilisation_floor") * books.lit, out=billed)
    billed *= BILLING
    lric = (1.0 + c.constant("common_cost_share")) * (books.civil + books.terminal + books.waves + books.opex)
    allowed = books.opex + books.depreciation + s["wacc"][:, None] * books.rab
    access = np.where((s["cost_base"] == 1)[:, None], allowed, lric) / billed
    ceilings = caps(c, view, books, before, t, rest, access, lric / billed, opening)
    degree = c.channel(reforms, "open_access", t)[s["country"]]
    regulated = np.flatnonzero(degree.any(axis=1))
    kept = 1.0 - c.constant("glide")
    in_service, served_before = opened[view.link_of] > 0, open_before[view.link_of] > 0
    prices = []
    for b in BOTH:
        bound = np.minimum(conduct[b], ceilings[b])
        a = degree[regulated]
        mixed = np.minimum(conduct[b][regulated], a * access[regulated] + (1.0 - a) * bound[regulated])
        bound[regulated] = np.where(a > 0, mixed, bound[regulated])
        wanted = np.maximum(cost[b], np.where(in_service, bound, conduct[b]))
        np.maximum(wanted, kept * before.price[b], out=wanted, where=served_before)
        prices.append(wanted)
    return prices, lric


def capitalise(c: Chunk, view: View, books: Books, opening: Rows, works: Rows) -> None:
    """Works of links that open this year become charges and asset base."""
    inside = np.flatnonzero(opening.any(axis=1)[view.link_of])
    s, link = view.segment[inside], view.link_of[inside]
    added = opening[link] * works[link] * s["works_share_in_link"][:, None]
    books.civil[inside] += annuities(s["wacc"], c.constant("mea_trend_civil"), c.constant("life_cable")) * added
    books.gross[inside] += added
    books.rab[inside] += added
    started = np.minimum(books.gross[inside] / c.constant("life_cable"), books.rab[inside])
    books.depreciation[inside] = np.where(opening[link] > 0, started, books.depreciation[inside])


def review(c: Chunk, view: View, books: Books, before: Before, t: int) -> None:
    """Traffic of the year before over the plan's, and the capacity lit."""
    net = c.setting.net
    for number, country in enumerate(net.countries):
        inside = slice(country["first_region"], country["last_region"])
        traffic = before.demand if number == len(net.countries) - 1 else before.demand[inside]
        planned = net.country_years[number, t]["d_ref"]
        books.ratio[number] = np.clip(traffic.sum(axis=0) / planned, 0.5, 2.0) if planned > 0 else 1.0
    books.lit = before.waves * c.constant("wave_gbps")


def caps(
    c: Chunk, view: View, books: Books, before: Before, t: int, rest: Rows, access: Rows, lric: Rows, opening: Rows
) -> list[Rows]:
    """[class] (segments, draws) ceilings by the segments' own regimes."""
    net, s = c.setting.net, view.segment
    result = [np.full_like(access, NONE) for _ in BOTH]
    mine = {regime: np.flatnonzero(s["regime"] == regime) for regime in range(len(REGIMES))}
    for b in BOTH:
        result[b][mine[OPEN_ACCESS]] = access[mine[OPEN_ACCESS]]
    at = mine[PRICE_CAP]
    if len(at):
        growth = 1.0 + net.years[t]["us_inflation"] - c.constant("price_cap_x")
        starts = (opening[view.link_of[at]] > 0) & view.new_segment[at, None]
        for b in BOTH:
            indexed = np.where(starts, lric[at], books.cap[b] * growth)
            books.cap[b] = lric[at] if t > 0 and t % int(net.market[0]["review_years"]) == 0 else indexed
            result[b][at] = books.cap[b]
    at = np.flatnonzero((s["regime"] == BENCHMARK) & ~view.new_segment)
    for b, name in enumerate(("base_price_regional", "base_price_transit")):
        result[b][at] = (s[name][at] * (1.0 - c.constant("benchmark_decline")) ** (t + 1))[:, None]
    country = net.countries[s["country"]]
    at = np.flatnonzero((s["regime"] == RETAIL_MINUS) & (country["first_region"] < country["last_region"]))
    if len(at):
        of, record = s["country"][at], country[at]
        access_cost, basket = columns(record, "access_cost", "basket_kbps")
        kept = before.retail[of] * (1.0 - c.constant("retail_minus_margin")) - access_cost
        room = kept / before.international[of] * (1000.0 / basket * net.years[t]["us_index"])
        part = (s["km"][at] / view.link["length_km"][view.link_of[at]])[:, None]
        cap = np.maximum((room - rest[view.link_of[at]]) * part, 0.0)
        for b in BOTH:
            result[b][at] = cap
    return result
