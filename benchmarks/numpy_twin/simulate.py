"""Runs and years of a chunk of draws."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.numpy_twin.chunk import BOTH, Chunk, Rows, View, columns, make_chunk
from benchmarks.numpy_twin.collect import Everything, Moments
from benchmarks.numpy_twin.flows import choose_routes, fit_flows, lost_traffic, path_prices
from benchmarks.numpy_twin.links import (
    Plant,
    bill,
    change_of_working_capital,
    start_plant,
    step_capacity,
    tax_of_sections,
)
from benchmarks.numpy_twin.people import People, gateway_margins, start_people, step_demand
from benchmarks.numpy_twin.prices import BILLING, Before, Books, halves, open_books, set_prices
from simmodel.inputs.model_inputs import COUNTRY_TOTALS, ModelInputs
from tests.parity.twin_construction import Construction, build_links
from tests.parity.twin_outputs import surplus_change
from tests.parity.twin_shocks import HOURS

Results = Moments | Everything


@dataclass(slots=True)
class Run:
    """A run on its way through the years."""

    number: int
    reforms: bool
    view: View
    built: Construction
    capex: Rows
    spent: Rows
    people: People
    books: Books
    plant: Plant
    before: Before
    share: Rows


@dataclass(slots=True)
class Year:
    """What the results of a year are made of."""

    t: int
    margin: Rows
    index: Rows
    full: Rows
    demand: Rows
    flow: Rows
    unserved: Rows


def simulate_chunk(
    inputs: ModelInputs, drawn: Rows, draws: int, first_draw: int, results: Results | None = None
) -> Results:
    """Simulate all runs of some draws; by default their means and squared deviations are kept."""
    chunk = make_chunk(inputs, drawn, draws, first_draw)
    kept = results if results is not None else Moments(inputs.network)
    for number in range(len(inputs.network.runs)):
        run = start_run(chunk, number)
        for t in range(chunk.setting.years):
            advance_year(chunk, run, t, kept)
    return kept


def start_run(c: Chunk, number: int) -> Run:
    """The base year of a run."""
    record, base = c.setting.net.runs[number], c.base
    portfolio, reforms = bool(record["has_portfolio"]), bool(record["has_reforms"])
    view = c.views[int(portfolio)]
    built = build_links(c.setting, portfolio=portfolio, codeployment=bool(record["has_codeployment"]), reforms=reforms)
    price = [base.price[view.segments, b] for b in BOTH]
    rest = base.g[view.paths].copy()
    for part, new, prices in zip(halves(view, rest), view.new, price, strict=True):
        part -= new @ prices
    people, plant = start_people(c), start_plant(c, view)
    before = Before(
        rest=rest,
        price=price,
        use=[base.link_use[view.links, b] for b in BOTH],
        demand=base.demand,
        waves=plant.waves,
        retail=retail_means(c, people, -1),
        international=people.international.copy(),
    )
    return Run(
        number=number,
        reforms=reforms,
        view=view,
        built=built,
        capex=built.works + built.preparation,
        spent=np.zeros((len(view.link), c.draws)),
        people=people,
        books=open_books(c, view),
        plant=plant,
        before=before,
        share=base.share[view.paths].copy(),
    )


def retail_means(c: Chunk, people: People, t: int) -> Rows:
    """(countries, draws) retail price weighted by the population of year t (-1: the base year)."""
    net = c.setting.net
    population = net.regions["population0"] if t < 0 else net.region_years["population"][:, t]
    mean = np.zeros((len(net.countries), c.draws))
    for number, country in enumerate(net.countries[:-1]):
        inside = slice(country["first_region"], country["last_region"])
        if country["last_region"] > country["first_region"]:
            mean[number] = (population[inside] / population[inside].sum()) @ people.retail[inside]
    return mean


def advance_year(c: Chunk, run: Run, t: int, results: Results) -> None:
    """One year of a run, in the order of docs/model.md."""
    view, net, base = run.view, c.setting.net, c.base
    open_t = run.built.open_t[view.links]
    opened = (open_t <= t).astype(np.float64)
    opening = ((np.maximum(open_t, 0.0) == t) & view.candidate[:, None]).astype(np.float64)
    open_before = ((open_t <= t - 1) & ((t > 0) | ~view.candidate[:, None])).astype(np.float64)
    margin = gateway_margins(c, run.people, t, run.reforms)
    price, lric = set_prices(c, view, run.books, run.before, t, run.reforms, (opened, open_before, opening, run.spent))
    run.spent = run.spent + run.built.works[view.links, t]
    rest, full = path_prices(c, view, t, price)
    new_open = np.where(view.closers[view.new_paths] @ (1.0 - opened) > 0, 0.0, 1.0)
    target, index = choose_routes(c, view, full, new_open, run.share)
    index /= base.index
    regions = len(net.regions)
    wholesale = base.money[:regions] * index[:regions]
    wholesale += margin[net.regions["country"]]
    wholesale += net.regions["backhaul"][:, None] * c.x[t]
    demand = step_demand(c, run.people, t, run.reforms, wholesale)
    flow, unserved, loads = fit_flows(c, view, t, demand, run.share, target)
    year = Year(t, margin, index, full, demand, flow, unserved)
    use = [uses @ part for uses, part in zip(view.uses, halves(view, flow), strict=True)]
    record_links(c, run, year, results, (opened, opening, open_t), price, loads, use, lric)
    record_regions(c, run, year, results)
    record_countries(c, run, year, results)
    record_markets(c, run, year, results)
    results.add("paths", "flow", run.number, t, flow, view.paths)
    retail, international = retail_means(c, run.people, t), run.people.international.copy()
    run.before = Before(rest, price, use, demand, run.plant.waves.copy(), retail, international)


def record_links(
    c: Chunk,
    run: Run,
    year: Year,
    results: Results,
    links: tuple[Rows, Rows, Rows],
    price: list[Rows],
    loads: list[Rows],
    use: list[Rows],
    lric: Rows,
) -> None:
    """Capacity and cash of the links and what it adds up to."""
    view, t, s, net = run.view, year.t, run.view.segment, c.setting.net
    opened, opening, open_t = links
    open_segments, e = opened[view.link_of], c.exchange[int(run.reforms)][t]
    total = loads[0] + loads[1]
    costs = step_capacity(c, view, run.books, run.plant, t, total, open_segments, open_t, e)
    billing, dollars, local = bill(c, view, t, loads, price, open_segments)
    local *= (e ** (c.constant("fx_indexation") - 1.0))[s["country"]]
    local += dollars
    sections = {
        name: view.by_section @ rows
        for name, rows in (
            ("billing", billing),
            ("revenue", local),
            ("revenue_usd", dollars),
            ("opex", costs.opex),
            ("opex_usd", costs.opex_usd),
            ("equipment", costs.equipment),
            ("repairs", costs.repairs),
        )
    }
    fine = (view.by_section @ s["replacement_musd"])[:, None] * (
        c.constant("revocation_cost_share") * net.years[t]["us_index"]
    )
    repairs = sections["repairs"]
    repairs += fine * c.revoked[t][view.sections] * opened[view.link_of_section]
    (levy,) = columns(net.countries[view.section["country"]], "usf_levy")
    ebitda = sections["revenue"] * (1.0 - levy) - sections["opex"]
    capex, economic = run.capex[view.links, t], run.built.economic[view.links, t]
    tax = tax_of_sections(c, view, run.plant, t, (capex, opening, open_t), ebitda, repairs, sections["equipment"])
    maintenance = sections["equipment"] + repairs
    cash = ebitda - tax
    cash -= change_of_working_capital(c, run.plant, t, sections["revenue"], sections["opex"])
    cash -= maintenance
    resource = sections["opex"] + maintenance
    resource += economic[view.link_of_section] * view.section["works_share"][:, None]
    for name, rows in (
        ("link_billing", sections["billing"]),
        ("link_revenue", sections["revenue"]),
        ("resource_cost", resource),
    ):
        add_of_countries(c, results, name, run.number, t, view.sections_by_country @ rows)
    part = (s["km"] / (view.by_link @ s["km"])[view.link_of])[:, None]
    values = {
        "flow": use[0] + use[1],
        "price_regional": view.by_link @ price[0],
        "price_transit": view.by_link @ price[1],
        "capex": capex,
        "capex_economic": economic,
        "anchor": run.built.anchor[view.links, t],
        "maintenance": view.own_sections_by_link @ maintenance,
        "tax": view.own_sections_by_link @ tax,
        "cfads": view.own_sections_by_link @ cash,
        "availability": 1.0 - opened * (view.by_link @ (part / HOURS * c.hours[t][view.segments])),
        "lit": view.by_link @ (part * c.constant("wave_gbps") * run.plant.waves),
        "required_revenue": opened * (view.by_link @ lric),
        "open": opened,
        "billing": view.sections_by_link @ sections["billing"],
    }
    for name in ("revenue", "revenue_usd", "opex", "opex_usd"):
        values[name] = view.own_sections_by_link @ sections[name]
    absent = np.setdiff1d(np.arange(len(net.links)), view.links)
    for name, rows in values.items():
        results.add("links", name, run.number, t, rows, view.links)
        if len(absent):
            outside = np.full((len(absent), c.draws), 1.0 if name == "availability" else 0.0)
            results.add("links", name, run.number, t, outside, absent)


def record_regions(c: Chunk, run: Run, year: Year, results: Results) -> None:
    """Results of the regions."""
    net, base, people, t, view = c.setting.net, c.base, run.people, year.t, run.view
    mine, country = slice(0, len(net.regions)), net.regions["country"]
    kind = view.path["kind"]
    paid = year.full - c.x[t] * (
        np.multiply.outer(view.path["latency"], c.parameter("value_of_latency"))
        + c.expected[t][view.paths] * c.parameter("value_of_reliability")
    )
    paid *= year.flow
    international = people.international[country]
    price = international * (base.mean_g[mine] * year.index[mine] + year.margin[country])
    quantity = 1000.0 * year.demand[mine] / international
    c.reference[run.number, t] = price, quantity
    reference = int(net.runs[run.number]["reference_run"])
    surplus, trapezoid = np.zeros_like(price), np.zeros_like(price)
    if reference not in (-1, run.number):
        surplus, trapezoid = surplus_change(*c.reference[reference, t], price, quantity)
    land = view.by_demand @ (year.flow * (kind == 0)[:, None])
    values = {
        "users": net.region_years["population"][:, t][:, None] * people.users,
        "retail_price": people.retail,
        "affordable_share": people.affordable,
        "demand": year.demand[mine],
        "unserved": year.unserved[mine],
        "lost": lost_traffic(c, view, t, year.flow),
        "wholesale_price": people.wholesale,
        "price_index": year.index[mine],
        "satellite_flow": (view.by_demand @ (year.flow * (kind == 1)[:, None]))[mine],
        "payment": BILLING * ((view.by_demand @ paid)[mine] + year.margin[country] * land[mine]),
        "surplus_change": surplus,
        "trapezoid": trapezoid,
    }
    for name, rows in values.items():
        results.add("regions", name, run.number, t, rows)
    by_country = np.zeros_like(year.margin)
    np.add.at(by_country, country, surplus)
    add_of_countries(c, results, "surplus_change", run.number, t, by_country)


def record_countries(c: Chunk, run: Run, year: Year, results: Results) -> None:
    """Results of the countries besides the sums over links."""
    net, t, view, us_index = c.setting.net, year.t, run.view, c.setting.net.years[year.t]["us_index"]
    shape = (len(net.countries), c.draws)
    land = view.by_demand @ (year.flow * (view.path["kind"] == 0)[:, None])
    border = (view.crossings @ year.flow[: view.regional]) * (c.parameter("border_fee") * c.x[t])
    margin, revenue, cost, squeeze, ratio, traffic, mean_price = (np.zeros(shape) for _ in range(7))
    ratio += 1.0
    access, markup = c.channel(run.reforms, "open_access", t), c.channel(run.reforms, "markup", t)
    retail = retail_means(c, run.people, t)
    for number, country in enumerate(net.countries[:-1]):
        inside = slice(country["first_region"], country["last_region"])
        if country["last_region"] <= country["first_region"]:
            continue
        own_land, demand = land[inside].sum(axis=0), year.demand[inside]
        margin[number] = year.margin[number]
        revenue[number] = BILLING * (year.margin[number] * own_land + border[number])
        cost[number] = BILLING * country["gateway_cost"] * us_index * own_land
        total = demand.sum(axis=0)
        price = (demand * c.base.money[inside] * year.index[inside]).sum(axis=0) / total
        wholesale = (demand * run.people.wholesale[inside]).sum(axis=0) / total
        traffic[number], mean_price[number] = total, wholesale
        extra = year.margin[number] * (1.0 + markup[number] * (1.0 - access[number]))
        ratio[number] = (price + extra) / price
        per_mbps = country["basket_kbps"] * run.people.international[number] / 1000.0 / us_index
        kept = retail[number] - country["access_cost"] - country["efficient_retail_cost"]
        squeeze[number] = kept - wholesale * per_mbps
    values = {
        "gateway_margin": margin,
        "gateway_revenue": revenue,
        "gateway_cost": cost,
        "discrimination_ratio": ratio,
        "squeeze_headroom": squeeze,
        "demand": traffic,
        "wholesale_price": mean_price,
        "gdp_index": c.gdp[t],
        "exchange_rate": c.exchange[int(run.reforms)][t],
    }
    for name, rows in values.items():
        add_of_countries(c, results, name, run.number, t, rows)


def record_markets(c: Chunk, run: Run, year: Year, results: Results) -> None:
    """Results of the transit markets; the last row is of all demands."""
    net, t, view, first = c.setting.net, year.t, run.view, len(c.setting.net.regions)
    path, kind = view.path, view.path["kind"][:, None]
    external = (BILLING * path["external_price"] * path["relative_decline"] ** (t + 1))[:, None] * year.flow
    external *= c.x[t]
    payment = view.by_demand @ external
    options = view.by_demand @ (year.flow * (kind == 2))
    elsewhere = (year.flow * (kind > 0)).sum(axis=0)
    total = year.demand.sum(axis=0)
    values = {
        "demand": np.vstack([year.demand[first:], total]),
        "outside_share": np.vstack([options[first:] / year.demand[first:], elsewhere / total]),
        "external_payment": np.vstack([payment[first:], payment.sum(axis=0)]),
        "outside_price_index": np.repeat(c.x[t][None], len(net.transits) + 1, axis=0),
    }
    for name, rows in values.items():
        results.add("markets", name, run.number, t, rows)


def add_of_countries(c: Chunk, results: Results, name: str, run: int, t: int, rows: Rows) -> None:
    """Add what countries come to, and together."""
    results.add("countries", name, run, t, rows)
    if name in COUNTRY_TOTALS:
        results.add("markets", name, run, t, rows[:-1].sum(axis=0)[None], [len(c.setting.net.transits)])
