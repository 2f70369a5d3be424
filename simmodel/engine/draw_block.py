"""One block of B draws, from its random numbers to its results: the table of contents of the simulation.

`advance_year` lists the steps of a year in the order of docs/model.md; every step is a small function of a `*_kernel`
module.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from simmodel.engine.base_year_kernel import calibrate_base_year
from simmodel.engine.block import B
from simmodel.engine.capacity_kernel import start_segment
from simmodel.engine.cash_kernel import absent_link_step, link_cash_step, start_section
from simmodel.engine.collect import (
    Collection,
    collect_base_year,
    collect_link,
    collect_openings,
    collect_region,
    collect_year,
)
from simmodel.engine.construction_kernel import capex_step, opening_step, plan_link
from simmodel.engine.countries_kernel import (
    count_demand_step,
    country_result_step,
    market_result_step,
    region_result_step,
    total_step,
)
from simmodel.engine.demand_kernel import demand_step
from simmodel.engine.flows_kernel import flow_step
from simmodel.engine.gateways_kernel import exchange_step, margin_step
from simmodel.engine.hazards_kernel import draw_hazards, outage_step
from simmodel.engine.incidence import Incidence, Streams
from simmodel.engine.jit import kernel_entry, kernel_step
from simmodel.engine.prices_kernel import path_price_step
from simmodel.engine.pricing_kernel import BILLING, pricing_step
from simmodel.engine.reforms_kernel import reform_step
from simmodel.engine.routes_kernel import open_path_step, route_step, wholesale_step
from simmodel.engine.rows_kernel import copy_row, set_row, take_row
from simmodel.engine.shocks_kernel import draw_shocks, take_parameters
from simmodel.engine.state import State
from simmodel.inputs.model_inputs import CHANNELS, COUNTRY_VARIABLES, Network

N_CHANNELS = len(CHANNELS)
N_COUNTRY_VARIABLES = len(COUNTRY_VARIABLES)


def run_block(
    s: State,
    net: Network,
    inc: Incidence,
    streams: Streams,
    collection: Collection,
    seed: np.uint64,
    first_draw: int,
) -> None:
    """Simulate draws first_draw to first_draw + B - 1 in all runs; two entry points, so that two processes compile."""
    prepare_block(s, net, inc, streams, collection, seed, first_draw)
    run_years(s, net, inc, collection)


@kernel_entry
def prepare_block(
    s: State,
    net: Network,
    inc: Incidence,
    streams: Streams,
    collection: Collection,
    seed: np.uint64,
    first_draw: int,
) -> None:
    """Everything the runs share: parameters, shocks, hazards and the base year."""
    take_parameters(s, net)
    draw_shocks(s, net, streams, seed, first_draw)
    draw_hazards(s, net, inc, streams, seed, first_draw)
    calibrate_base_year(s, net, inc)
    outage_step(s, net)
    collect_base_year(s, net, collection)


@kernel_entry
def run_years(s: State, net: Network, inc: Incidence, collection: Collection) -> None:
    """All years of all runs."""
    for run in range(len(net.runs)):
        start_run(s, net, inc, run)
        for t in range(len(net.years)):
            advance_year(s, net, inc, collection, run, t)
            collect_year(s, net, collection, run, t)
        collect_openings(s, net, collection, run)


BLOCK_KERNELS: Final = (prepare_block, run_years)


@kernel_step
def advance_year(s: State, net: Network, inc: Incidence, collection: Collection, run: int, t: int) -> None:
    """The year's steps, in order; what links and regions come to is written down at once."""
    # what happens to countries and links
    turn_year(s, net, t)
    reform_step(s, net, run, t)
    exchange_step(s, net, t)
    build_links(s, net, t)
    # prices of the year, from the state of the year before
    pricing_step(s, net, inc, run, t)
    margin_step(s, net, t)
    # buyers choose routes; people adopt and use
    path_price_step(s, net, inc, t, net.runs[run].has_portfolio)
    open_path_step(s, net, run)
    for o in range(len(net.demands)):
        route_step(s, net, o)
    wholesale_step(s, net)
    demand_step(s, net, t)
    count_demand_step(s, net)
    # traffic, capacity, outages
    flow_step(s, net, inc, t)
    market_result_step(s, net, inc, t)
    # money
    for number in range(len(net.links)):
        if s.in_run[number] == 1:
            link_cash_step(s, net, inc, number, t)
        else:
            absent_link_step(s)
        collect_link(s, net, collection, run, number, t)
    for r in range(len(net.regions)):
        region_result_step(s, net, inc, run, r, t)
        collect_region(s, collection, run, r, t)
    for c in range(len(net.countries)):
        country_result_step(s, net, c, t)
    total_step(s, net)


@kernel_step
def turn_year(s: State, net: Network, t: int) -> None:
    """Shared shocks of the year; sums over a country's links start at zero."""
    common, life = s.common[0], net.market[0].life_wave
    copy_row(common.outside, s.market_years[t].outside)
    copy_row(common.equipment, s.market_years[t].equipment)
    if t >= life:
        copy_row(common.retired_price, s.market_years[t - life].equipment)
    else:
        set_row(common.retired_price, (1.0 + net.market[0].mea_trend_optics) ** float(t + 1 - life))
    for i in range(B):
        common.border_money[i] = BILLING * common.border_fee[i] * common.outside[i]
    for c in range(len(net.countries)):
        for v in range(N_COUNTRY_VARIABLES):
            set_row(s.countries[c].out[v], 0.0)


@kernel_step
def build_links(s: State, net: Network, t: int) -> None:
    """Openings and construction costs of the year."""
    for number in range(len(net.links)):
        if net.links[number].candidate == 1 and s.in_run[number] == 1:
            opening_step(s, number, t)
            capex_step(s.links[number], net.links[number], s.start_t[number], net.years[t].us_index, t)


@kernel_step
def start_run(s: State, net: Network, inc: Incidence, run: int) -> None:
    """Bring every object to its state of the base year."""
    set_row(s.common[0].outside, 1.0)
    for c in range(len(net.countries)):
        start_country(s, net, c)
    for r in range(len(net.regions)):
        start_region(s, net, r)
    for o in range(len(net.demands)):
        demand, base = s.demands[o], s.demand_base[o]
        copy_row(demand.demand, base.demand)
        copy_row(demand.wholesale, base.wholesale)
    for number in range(len(net.links)):
        s.in_run[number] = inc.run_links[run, number]
        s.start_t[number] = net.links[number].start_t + inc.run_delay[run, number]
        s.waits[number] = inc.run_waits[run, number]
        start_link(s, net, run, number)
    for q in range(len(net.paths)):
        set_row(s.path_flow[q], 0.0)
        copy_row(s.paths[q].share, s.path_base[q].share)
        copy_row(s.path_price[q], s.path_base[q].generalised)
    start_rests(s, net, inc)


@kernel_step
def start_country(s: State, net: Network, c: int) -> None:
    """Base-year state of a country."""
    country, p, people = s.countries[c], net.countries[c], 0.0
    for row in (country.fx_jump, country.phase, country.nat_years_left, country.nationalised, country.margin):
        set_row(row, 0.0)
    set_row(country.review_ratio, 1.0)
    set_row(country.international, p.international_share0)
    set_row(country.retail_mean, 0.0)
    copy_row(country.demand, s.country_base[c].demand)
    for r in range(p.first_region, p.last_region):
        people += net.regions[r].population0
    for r in range(p.first_region, p.last_region):
        part = net.regions[r].population0 / people * net.regions[r].retail0
        for i in range(B):
            country.retail_mean[i] += part


@kernel_step
def start_region(s: State, net: Network, r: int) -> None:
    """Base-year state of a region."""
    region, p = s.regions[r], net.regions[r]
    set_row(region.adoption, p.users0)
    set_row(region.retail, p.retail0)
    set_row(region.smart_years_left, 0.0)
    copy_row(region.usage, s.country_base[p.country].usage)


@kernel_step
def start_link(s: State, net: Network, run: int, number: int) -> None:
    """Schedule and cost of a link in this run, base-year use, prices and books."""
    link, base, p = s.links[number], s.link_base[number], net.links[number]
    plan_link(s, net, run, number)
    for b in range(2):
        copy_row(link.rule[b], base.rule[b])
        if p.candidate == 1:
            set_row(link.use[b], 0.0)
        else:
            copy_row(link.use[b], base.weight[b])
    for k in range(p.first_section, p.last_section):
        start_section(s, net, number, k)
        for g in range(net.sections[k].first_segment, net.sections[k].last_segment):
            start_segment(s, net, number, g)


@kernel_step
def start_rests(s: State, net: Network, inc: Incidence) -> None:
    """Generalised prices of the base year without the candidate segments."""
    for q in range(len(net.paths)):
        if net.paths[q].has_candidate == 1:
            copy_row(s.path_rest[q], s.path_base[q].generalised)
            b = net.demands[inc.path_demand[q]].kind
            for j in range(inc.new_first[q], inc.new_first[q + 1]):
                take_row(s.path_rest[q], s.price[b, inc.new_segments[j]])
