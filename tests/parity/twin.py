"""The whole simulation once more, in plain NumPy and from the equations of docs/model.md: slow, and easy to check.

Each file follows a part of that page; rows are (objects, draws), and a year is a loop in :func:`simulate_run`.
"""

from __future__ import annotations

import numpy as np

from simmodel.inputs.model_inputs import ModelInputs
from tests.parity.twin_base import (
    Base,
    avoidable_cost,
    border_charges,
    calibrate_base_year,
    external_charges,
    generalised_prices,
    path_charges,
)
from tests.parity.twin_cash import start_tax
from tests.parity.twin_construction import build_links
from tests.parity.twin_demand import People, start_people, step_demand, step_region
from tests.parity.twin_flows import choose_routes, fit_flows, lost_traffic, start_waves
from tests.parity.twin_links import run_links
from tests.parity.twin_network import Rows, Setting, describe_setting
from tests.parity.twin_outputs import empty_outputs, record_countries, record_markets, record_regions
from tests.parity.twin_prices import Gateways, Market, conduct_prices, gateway_margins, settle_prices, start_conduct
from tests.parity.twin_regulation import Retail, capitalise_works, caps, regulated_prices, review, start_regulation
from tests.parity.twin_shocks import World, describe_world, exchange_rates
from tests.parity.twin_state import Outputs, Run, Year


def simulate_twin(
    inputs: ModelInputs, drawn: Rows, draws: int, first_draw: int, seed: int, deterministic: bool = False
) -> Outputs:
    """Simulate all runs.

    Parameters
    ----------
    inputs : network and names
    drawn : (slots, draws) static parameters
    draws, first_draw, seed : the draws whose annual shocks to make
    deterministic : every annual shock at its median, every event at its expectation

    Returns
    -------
    ``("links", variable)`` etc. -> (runs, objects, years, draws); ``("base", name)`` -> (objects, draws);
    ``("construction", name)`` -> (runs, links, draws). Markets have one more row, the last, of all demands.
    """
    expected = deterministic or bool(inputs.network.market[0]["expected_events"])
    setting = describe_setting(inputs, np.asarray(drawn, dtype=np.float64), draws, first_draw, seed, expected=expected)
    world = describe_world(setting)
    base = calibrate_base_year(setting)
    outputs = empty_outputs(setting)
    buyers: dict[tuple[int, int], tuple[Rows, Rows]] = {}
    for number in range(len(inputs.network.runs)):
        run = start_run(setting, base, number)
        outputs["construction", "open_t"][number] = run.built.open_t
        outputs["construction", "works_start"][number] = run.built.works_start
        for t in range(setting.years):
            year = simulate_year(setting, world, run, t, outputs)
            record_regions(setting, run, year, outputs, buyers)
            record_countries(setting, world, run, year, outputs)
            record_markets(setting, run, year, outputs)
    outputs["base", "wholesale_price"] = base.wholesale
    outputs["base", "margin"] = base.margin
    outputs["base", "demand"] = base.demand
    outputs["base", "share"] = base.share
    outputs["base", "flow"] = base.flow
    outputs["base", "link_use"] = base.link_use
    return outputs


def start_run(setting: Setting, base: Base, number: int) -> Run:
    """A run in its base year."""
    record = setting.net.runs[number]
    portfolio, codeployment = record["has_portfolio"] == 1, record["has_codeployment"] == 1
    reforms = bool(record["has_reforms"] == 1)
    return Run(
        number=number,
        reforms=reforms,
        reference=int(record["reference_run"]),
        built=build_links(setting, portfolio=portfolio, codeployment=codeployment, reforms=reforms),
        exchange=exchange_rates(setting, reforms=reforms),
        in_run=~setting.candidate | portfolio,
        base=base,
        market=Market(base.g, base.flow, base.demand, base.price),
        conduct=start_conduct(setting, base),
        books=start_regulation(setting, base),
        gateways=Gateways(np.zeros((len(setting.net.countries), setting.draws))),
        people=start_people(setting, base),
        waves=start_waves(setting),
        tax=start_tax(setting),
        share=base.share,
    )


# ----------------------------------------------------------------------------------------------------------- one year


def simulate_year(setting: Setting, world: World, run: Run, t: int, outputs: Outputs) -> Year:
    """Prices, routes, demand, flows and cash of one year, in this order; leaves `run` at the end of the year."""
    net, base, n = setting.net, run.base, t + 1
    x, q = world.x[t], world.q[t]
    open_links = (t >= run.built.open_t).astype(np.float64)
    opened = open_links[setting.link_of]

    # prices from the state of t-1
    margin = gateway_margins(setting, base, run.gateways, t, run.reforms, world.nationalised[:, t])
    lric_revenue, price = set_prices(setting, run, t, q, x, open_links)

    # routes
    g = generalised_prices(setting, price, x, n, world.expected_unavailability[:, t])
    closed = (setting.uses @ (1.0 - open_links)) > 0
    target, run.share, index = choose_routes(setting, base, g, np.where(closed, 0.0, 1.0), run.share)
    index_ratio = index / base.index
    regions = len(net.regions)
    country = net.regions["country"]
    wholesale = base.money[:regions] * index_ratio[:regions] + margin[country]
    wholesale = wholesale + net.regions["backhaul"][:, None] * x

    # demand
    for r in range(regions):
        e = run.exchange[country[r], t]
        step_region(setting, world, base, run.people, r, t, run.reforms, wholesale[r], e)
    demand = step_demand(setting, world, run.people, t, run.reforms)

    # flows
    flow, unserved = fit_flows(setting, demand, run.share, target, t)
    money = path_charges(setting, price) + border_charges(setting, x) + external_charges(setting, x, n)
    outputs["paths", "path_flow"][run.number, :, t] = flow
    outputs["paths", "path_money"][run.number, :, t] = money
    year = Year(
        t, x, q, run.exchange[:, t], open_links, opened, price, margin, index_ratio, money, demand, flow, unserved
    )
    run_links(setting, world, run, year, lric_revenue, outputs)
    run.market = Market(g, flow, demand, price)
    lost = lost_traffic(setting, world, t, flow)
    outputs["regions", "lost"][run.number, :, t] = lost
    return year


def set_prices(setting: Setting, run: Run, t: int, q: Rows, x: Rows, open_links: Rows) -> tuple[Rows, Rows]:
    """(segments, draws) revenue that LRIC+ stands for, and (segments, classes, draws) prices."""
    net, base = setting.net, run.base
    opened = open_links[setting.link_of]
    new = setting.candidate[setting.link_of][:, None]
    open_before = (t - 1 >= run.built.open_t[setting.link_of]) & ((t > 0) | ~new)
    opening = (new & (opened > 0) & ~open_before).astype(np.float64)
    works = run.built.works[:, :t].sum(axis=1)[setting.link_of] * net.segments["works_share_in_link"][:, None]
    capitalise_works(setting, run.books, opening, works)
    if t % setting.constant("review_years") == 0:
        lit = run.waves.lit * setting.constant("wave_gbps")
        review(setting, run.books, t, run.market.demand, lit)
    cost = avoidable_cost(setting, q, net.years[t]["us_index"])
    conduct, rests = conduct_prices(setting, base, run.conduct, run.market, t, run.reforms, cost, x)
    retail = retail_of_last_year(setting, run.people, t)
    ceilings = caps(setting, base, run.books, t, run.reforms, conduct, rests, retail, opened, opening)
    price = settle_prices(setting, cost, conduct, ceilings, run.market.price, open_before.astype(np.float64))
    return opened * regulated_prices(setting, run.books, t)[2], price


def retail_of_last_year(setting: Setting, people: People, t: int) -> Retail:
    """Population-weighted retail prices and international shares of the year before t, by country."""
    net = setting.net
    population = net.regions["population0"] if t == 0 else net.region_years["population"][:, t - 1]
    price = np.zeros((len(net.countries), setting.draws))
    for c, country in enumerate(net.countries[:-1]):
        inside = slice(country["first_region"], country["last_region"])
        if country["last_region"] > country["first_region"]:
            weights = population[inside] / population[inside].sum()
            price[c] = weights @ people.retail[inside]
    return Retail(price, people.international.copy())
