"""Calibration of a block to the base year: exits, traffic, margins, link rules (docs/model.md, section 5)."""

from __future__ import annotations

from simmodel.engine.block import B
from simmodel.engine.elementary import power
from simmodel.engine.hazards_kernel import count_fees, fill_fixed_price
from simmodel.engine.incidence import Incidence
from simmodel.engine.jit import kernel_step
from simmodel.engine.prices_kernel import (
    avoidable,
    cost_step,
    existing_rule,
    potential_step,
    raise_price,
    rest_step,
    seller_step,
    share_of,
    sum_path_price,
)
from simmodel.engine.rows_kernel import copy_row, set_row
from simmodel.engine.state import Record, Row, State
from simmodel.inputs.model_inputs import Network

LAND, SATELLITE, OPTION = 0, 1, 2
REGIONAL = 0


@kernel_step
def calibrate_base_year(s: State, net: Network, inc: Incidence) -> None:
    """Everything about the base year that the six runs share."""
    price_base_year(s, net, inc)
    for o in range(len(net.demands)):
        split_demand(s, net, o)
    for c in range(len(net.countries)):
        fit_country(s, net, c)
    for m in range(len(net.transits)):
        o = len(net.regions) + m
        volume, contestable = s.drawn[net.transits[m].volume_slot], s.drawn[net.transits[m].contestable_slot]
        for i in range(B):
            s.demand_base[o].demand[i] = volume[i] * contestable[i]
    sum_country_demand(s, net)
    weigh_paths(s, net, inc)
    flow_segments(s, net, inc)
    for number in range(len(net.links)):
        fit_link(s, net, inc, number)


@kernel_step
def price_base_year(s: State, net: Network, inc: Incidence) -> None:
    """Today's prices, candidates at cost; generalised prices of all paths."""
    common = s.common[0]
    set_row(common.equipment, 1.0)
    set_row(common.outside, 1.0)
    for g in range(len(net.segments)):
        p = net.segments[g]
        if net.links[p.link].candidate == 1:
            annuity, opex = s.segment_constants[g].wave_annuity_usd, p.wave_opex_usd
            fill_cost(s.segment_cost[g], common, annuity, opex)
            copy_row(s.price[0, g], s.segment_cost[g])
            copy_row(s.price[1, g], s.segment_cost[g])
        else:
            set_row(s.price[0, g], p.base_price_regional)
            set_row(s.price[1, g], p.base_price_transit)
    for p in range(len(net.paths)):
        base, path = s.path_base[p], net.paths[p]
        unavailability, fees = base.unavailability, count_fees(net, inc, p)
        fill_fixed_price(
            s.scratch[0].a, common, common.outside, unavailability, fees, s.path_external[0, p], path.latency
        )
        sum_path_price(s, net, inc, s.scratch[0].a, p)
        copy_row(base.generalised, s.path_price[p])


@kernel_step
def fill_cost(row: Row, common: Record, annuity: float, opex: float) -> None:
    """Avoidable cost of a candidate segment."""
    for i in range(B):
        row[i] = avoidable(annuity, common.equipment[i], opex, common.unit_cost[i])


@kernel_step
def split_demand(s: State, net: Network, o: int) -> None:
    """Constants, shares, price index and mean prices of a demand."""
    p, base, theta = net.demands[o], s.demand_base[o], s.common[0].theta[net.demands[o].kind]
    for e in range(p.first_exit, p.last_exit):
        set_row(s.exits[e].weight_sum, 0.0)
    for q in range(p.first_path, p.last_path):  # scratch use of `share`: price to the power minus theta
        path, row = net.paths[q], s.path_base[q]
        raise_price(row.share, row.generalised, theta)
        if path.today == 1 or path.kind != LAND:
            ex, size = s.exits[path.exit], path.path_size
            for i in range(B):
                ex.weight_sum[i] += size * row.share[i]
    if p.kind == REGIONAL:
        fit_exits(s, net, o)
    else:
        fit_transit_exits(s, net, o)
    set_row(base.weight_sum, 0.0)
    for q in range(p.first_path, p.last_path):
        path, row, constant = net.paths[q], s.path_base[q], s.path_constant[q]
        open_today = path.today == 1 or path.kind != LAND
        for i in range(B):
            row.share[i] *= constant[i]
        if open_today:
            for i in range(B):
                base.weight_sum[i] += row.share[i]
    mean_prices(s, net, o)


@kernel_step
def fit_exits(s: State, net: Network, o: int) -> None:
    """Constants that give every exit its observed share; a new exit gets a part of the preferred one's."""
    p, new_route = net.demands[o], s.common[0].new_route
    preferred = p.first_exit
    for e in range(p.first_exit, p.last_exit):
        observed, row = net.exits[e].observed_share, s.exits[e]
        if observed > net.exits[preferred].observed_share:
            preferred = e
        if observed > 0.0:
            for i in range(B):
                row.constant[i] = observed / row.weight_sum[i]
    best = s.exits[preferred]
    for e in range(p.first_exit, p.last_exit):
        row = s.exits[e]
        if not net.exits[e].observed_share > 0.0:
            for i in range(B):
                row.constant[i] = new_route[i] * best.constant[i]
    for q in range(p.first_path, p.last_path):
        spread_constant(s.path_constant[q], s.exits[net.paths[q].exit], net.paths[q].path_size)


@kernel_step
def spread_constant(constant: Row, ex: Record, size: float) -> None:
    """Constant of a path: its exit's times its path size."""
    for i in range(B):
        constant[i] = ex.constant[i] * size


@kernel_step
def fit_transit_exits(s: State, net: Network, o: int) -> None:
    """Land paths open today count fully, others as new routes, options by their share."""
    p, scratch, new_route = net.demands[o], s.scratch[0], s.common[0].new_route
    options, has_land = 0.0, False
    for e in range(p.first_exit, p.last_exit):
        if net.exits[e].kind == OPTION:
            options += net.exits[e].observed_share
    set_row(scratch.a, 0.0)
    for q in range(p.first_path, p.last_path):
        path, row = net.paths[q], s.path_base[q]
        if path.kind == LAND and path.today == 1:
            has_land = True
            for i in range(B):
                scratch.a[i] += path.path_size * row.share[i]
    land_share = 1.0 - options
    if not has_land or land_share <= 0.0:
        fit_transit_without_land(s, net, o)
        return
    for q in range(p.first_path, p.last_path):
        path, row, constant, size = net.paths[q], s.path_base[q], s.path_constant[q], net.paths[q].path_size
        if path.kind == OPTION:
            observed = net.exits[path.exit].observed_share
            for i in range(B):
                constant[i] = observed * (scratch.a[i] / land_share) / row.share[i] * size
        elif path.today == 1 and path.kind == LAND:
            set_row(constant, size)
        else:
            for i in range(B):
                constant[i] = new_route[i] * size


@kernel_step
def fit_transit_without_land(s: State, net: Network, o: int) -> None:
    """All traffic goes by the options today; land paths are new routes beside the largest."""
    p, scratch, new_route = net.demands[o], s.scratch[0], s.common[0].new_route
    largest = -1.0
    set_row(scratch.a, 0.0)
    for q in range(p.first_path, p.last_path):
        path, row, constant = net.paths[q], s.path_base[q], s.path_constant[q]
        if path.kind == OPTION:
            observed = net.exits[path.exit].observed_share
            for i in range(B):
                constant[i] = observed / row.share[i] * path.path_size
            if observed > largest:
                largest = observed
                for i in range(B):
                    scratch.a[i] = observed / row.share[i]
    for q in range(p.first_path, p.last_path):
        path, constant = net.paths[q], s.path_constant[q]
        if path.kind != OPTION:
            for i in range(B):
                constant[i] = new_route[i] * scratch.a[i] * path.path_size


@kernel_step
def mean_prices(s: State, net: Network, o: int) -> None:
    """Shares of the base year, the price index, mean money price and mean generalised price."""
    p, base, common, theta = net.demands[o], s.demand_base[o], s.common[0], s.common[0].theta[net.demands[o].kind]
    set_row(base.price, 0.0)
    set_row(base.generalised, 0.0)
    for i in range(B):
        base.index[i] = power(base.weight_sum[i], -1.0 / theta[i])
    for q in range(p.first_path, p.last_path):
        path, row = net.paths[q], s.path_base[q]
        if path.today == 1 or path.kind != LAND:
            latency = path.latency
            for i in range(B):
                row.share[i] /= base.weight_sum[i]
                base.generalised[i] += row.share[i] * row.generalised[i]
            for i in range(B):
                gap = common.latency_value[i] * latency + common.reliability_value[i] * row.unavailability[i]
                base.price[i] += row.share[i] * (row.generalised[i] - gap)
        else:
            set_row(row.share, 0.0)


@kernel_step
def fit_country(s: State, net: Network, c: int) -> None:
    """Use per user that gives the observed traffic, gateway margin that gives the observed wholesale price."""
    p, row, scratch, market = net.countries[c], s.country_base[c], s.scratch[0], net.market[0]
    set_row(row.usage, 0.0)
    set_row(row.margin, 0.0)
    set_row(row.cap_share, 0.0)
    if p.first_region >= p.last_region:
        return
    users, traffic_users = 0.0, 0.0
    for r in range(p.first_region, p.last_region):
        users += net.regions[r].population0 * net.regions[r].users0
    tourism = p.tourist_years * p.tourist_use / max(users, 1e-9)
    for r in range(p.first_region, p.last_region):
        q = net.regions[r]
        uplift = tourism + q.smart_level0 + market.digital_share0
        traffic_users += q.population0 * q.users0 * p.international_share0 * (1.0 + uplift)
    traffic, wholesale = s.drawn[p.traffic_slot], s.drawn[p.wholesale_slot]
    for i in range(B):
        row.usage[i] = traffic[i] * 1e6 / traffic_users
    set_row(scratch.a, 0.0)
    set_row(scratch.b, 0.0)
    for r in range(p.first_region, p.last_region):
        q, base = net.regions[r], s.demand_base[r]
        uplift = tourism + q.smart_level0 + market.digital_share0
        factor = q.population0 * q.users0 * p.international_share0 * 1e-6 * (1.0 + uplift)
        for i in range(B):
            base.demand[i] = row.usage[i] * factor
        for i in range(B):
            scratch.a[i] += base.demand[i]
            scratch.b[i] += base.demand[i] * base.price[i]
    lowest, reference = market.gateway_cost_share_cap, p.bill_ref0
    for i in range(B):
        row.margin[i] = max(wholesale[i] - scratch.b[i] / scratch.a[i], 0.0)
        row.cap_share[i] = max(lowest, wholesale[i] / reference)
    for r in range(p.first_region, p.last_region):
        backhaul, base = net.regions[r].backhaul, s.demand_base[r]
        for i in range(B):
            base.wholesale[i] = base.price[i] + row.margin[i] + backhaul


@kernel_step
def sum_country_demand(s: State, net: Network) -> None:
    """Demand of every country; outside, of all demands."""
    outside = s.country_base[len(net.countries) - 1]
    for c in range(len(net.countries)):
        row = s.country_base[c]
        set_row(row.demand, 0.0)
        for r in range(net.countries[c].first_region, net.countries[c].last_region):
            base = s.demand_base[r]
            for i in range(B):
                row.demand[i] += base.demand[i]
    set_row(outside.demand, 0.0)
    for o in range(len(net.demands)):
        base = s.demand_base[o]
        for i in range(B):
            outside.demand[i] += base.demand[i]


@kernel_step
def weigh_paths(s: State, net: Network, inc: Incidence) -> None:
    """Flow of today's paths, and the flow a candidate path would have if its candidates were priced at cost."""
    for q in range(len(net.paths)):
        path, row, base, weight = net.paths[q], s.path_base[q], s.demand_base[inc.path_demand[q]], s.path_weight[q]
        if path.has_candidate == 1:
            theta = s.common[0].theta[net.demands[inc.path_demand[q]].kind]
            constant = s.path_constant[q]
            raise_price(weight, row.generalised, theta)
            for i in range(B):
                attraction = constant[i] * weight[i]
                weight[i] = base.demand[i] * attraction / (base.weight_sum[i] + attraction)
        else:
            for i in range(B):
                weight[i] = base.demand[i] * row.share[i]


@kernel_step
def flow_segments(s: State, net: Network, inc: Incidence) -> None:
    """Base-year flow of every segment and class."""
    for g in range(len(net.segments)):
        for b in range(2):
            row = s.segment_base_flow[b, g]
            set_row(row, 0.0)
            for j in range(inc.segment_first[b, g], inc.segment_first[b, g + 1]):
                q = inc.segment_paths[j]
                if net.paths[q].has_candidate == 0:
                    weight = s.path_weight[q]
                    for i in range(B):
                        row[i] += weight[i]


@kernel_step
def fit_link(s: State, net: Network, inc: Incidence, number: int) -> None:
    """Weights, base-year share of the market and price rule of a link."""
    p, base, link, common, scratch = net.links[number], s.link_base[number], s.links[number], s.common[0], s.scratch[0]
    for b in range(2):
        set_row(base.weight[b], 0.0)
        set_row(base.km_share[b], 0.0)
        set_row(base.cost_annuity[b], 0.0)
        set_row(base.cost_opex[b], 0.0)
        for j in range(inc.rest_first[b, number], inc.rest_first[b, number + 1]):
            q = inc.rest_paths[j]
            add_weights(base, s.path_weight[q], b, inc.rest_share[j], inc.path_annuity[q], inc.path_wave_opex[q])
        for i in range(B):
            total = max(base.weight[b, i], 1e-300)
            base.km_share[b, i] /= total
            base.cost_annuity[b, i] /= total
            base.cost_opex[b, i] /= total
    for c in range(len(net.countries)):
        set_row(s.countries[c].channel[0], net.channel_base[c, 0])
    seller_step(s, net, number)
    cost_step(s, net, number, 1.0)
    rest_step(s, net, inc, number)
    for b in range(2):
        potential_step(s, net, number, b, True)
        for i in range(B):
            base.share[b, i] = share_of(base.weight[b, i], scratch.a[i])
        set_row(base.rule[b], 1.0)
        if p.candidate == 0:
            existing_rule(base.rule[b], s.link_pricing[0], link.sellers, common.theta[b], base.share[b], b)


@kernel_step
def add_weights(base: Record, weight: Row, b: int, km_share: float, annuity: float, opex: float) -> None:
    """Add a path to the weighted means of a link."""
    for i in range(B):
        base.weight[b, i] += weight[i]
        base.km_share[b, i] += km_share * weight[i]
        base.cost_annuity[b, i] += annuity * weight[i]
        base.cost_opex[b, i] += opex * weight[i]
