"""Cable cuts, border closures and natural hazards: hours dark, damage, and how buyers expect them (section 9)."""

from __future__ import annotations

import numpy as np

from simmodel.engine.block import B
from simmodel.engine.elementary import exp
from simmodel.engine.incidence import Incidence, Streams
from simmodel.engine.jit import kernel_step
from simmodel.engine.random_streams import fill_four_words, fill_poisson, fill_poisson_by_rate
from simmodel.engine.rows_kernel import add_part, copy_row, set_row, take_normal, take_uniform
from simmodel.engine.shocks_kernel import fill_severity, grow_rate
from simmodel.engine.state import Record, Row, State
from simmodel.inputs.model_inputs import Network

HOURS = 8760.0
MOST_EVENTS = 20.0


@kernel_step
def draw_hazards(s: State, net: Network, inc: Incidence, streams: Streams, seed: np.uint64, first_draw: int) -> None:
    """Fill every year's outages of a block, and what paths cost besides their segments."""
    expect_base_year(s, net)
    for t in range(len(net.years)):
        for z in range(len(net.zones)):
            draw_zone(s, net, streams, seed, first_draw, t, z)
        for j in range(len(net.borders)):
            draw_border(s, net, streams, seed, first_draw, t, j)
        for g in range(len(net.segments)):
            draw_segment(s, net, streams, seed, first_draw, t, g)
        for p in range(len(net.paths)):
            price_path(s, net, inc, t, p)
            path_outage(s, net, t, p)


@kernel_step
def draw_zone(s: State, net: Network, streams: Streams, seed: np.uint64, first_draw: int, t: int, z: int) -> None:
    """Events of every kind in a zone and year."""
    expected, scratch, zone = net.market[0].expected_events, s.scratch[0], s.zone_years[t, z]
    set_row(zone.hours, 0.0)
    set_row(zone.damage, 0.0)
    for h in range(net.zones[z, 0], net.zones[z, 1]):
        hazard = net.hazards[h]
        fill_four_words(s.words, seed, first_draw, streams.hazards[h], t, 0)
        grow_rate(scratch.b, s.drawn[hazard.rate_slot], s.common[0].climate, hazard.trend, t + 1)
        if expected == 1:
            copy_row(scratch.c, scratch.b)
        else:
            take_uniform(scratch.a, s.words[0])
            fill_poisson_by_rate(scratch.c, scratch.a, scratch.b, scratch.d, scratch.e)
            for i in range(B):
                scratch.c[i] = min(scratch.c[i], MOST_EVENTS)
        take_normal(scratch.d, s.words[1], scratch.a, expected)
        take_normal(scratch.e, s.words[2], scratch.a, expected)
        add_events(zone, scratch, hazard, expected)
    for i in range(B):
        zone.hours[i] = min(zone.hours[i], HOURS)
        zone.damage[i] = min(zone.damage[i], 1.0)


@kernel_step
def add_events(zone: Record, scratch: Record, hazard: Record, expected: int) -> None:
    """Add hours and damage of one kind of event: counts in c, normals of damage in d and of the outage in e."""
    fill_severity(scratch.f, scratch.e, hazard.outage_median, hazard.outage_sigma, expected)
    mean, sigma = hazard.damage_mean, hazard.damage_sigma
    shift = 0.0 if expected == 1 else 0.5 * sigma * sigma
    for i in range(B):
        zone.hours[i] += scratch.c[i] * scratch.f[i]
    for i in range(B):
        zone.damage[i] += scratch.c[i] * min(mean * exp(sigma * scratch.d[i] - shift), 1.0)


@kernel_step
def draw_border(s: State, net: Network, streams: Streams, seed: np.uint64, first_draw: int, t: int, j: int) -> None:
    """Hours a border crossing is closed in a year."""
    p, scratch, hours = net.borders[j], s.scratch[0], net.borders[j].closure_hours
    fill_four_words(s.words, seed, first_draw, streams.borders[j], t, 0)
    fill_counts(scratch.c, scratch.a, s.words[0], p.closure_rate, net.market[0].expected_events)
    for i in range(B):
        s.borders[j].hours[i] = scratch.c[i] * hours


@kernel_step
def fill_counts(counts: np.ndarray, uniform: np.ndarray, words: np.ndarray, rate: float, expected: int) -> None:
    """Poisson counts; the rate in expected mode."""
    if expected == 1:
        set_row(counts, rate)
    else:
        take_uniform(uniform, words)
        fill_poisson(counts, uniform, rate)
        for i in range(B):
            counts[i] = min(counts[i], MOST_EVENTS)


@kernel_step
def draw_segment(s: State, net: Network, streams: Streams, seed: np.uint64, first_draw: int, t: int, g: int) -> None:
    """Cuts and closures of a segment, and what the cuts cost its section; zone events come in once paths are done."""
    p, scratch, hours = net.segments[g], s.scratch[0], s.segment_hours[t, g]
    expected = net.market[0].expected_events
    fill_four_words(s.words, seed, first_draw, streams.segments[g], t, 0)
    fill_counts(scratch.d, scratch.a, s.words[0], p.cut_rate, expected)
    add_part(s.repairs[t, p.section], scratch.d, p.repair_cost_musd)
    take_normal(scratch.b, s.words[1], scratch.a, expected)
    fill_severity(scratch.c, scratch.b, p.repair_median, p.repair_sigma, expected)
    for i in range(B):
        hours[i] = scratch.d[i] * scratch.c[i]
    if p.border >= 0:
        border = s.borders[p.border]
        for i in range(B):
            hours[i] += border.hours[i]


@kernel_step
def path_outage(s: State, net: Network, t: int, p: int) -> None:
    """Share of the year a path is cut, and what its buyers will expect of the next year."""
    path, cut, scratch = net.paths[p], s.path_cut[t, p], s.scratch[0]
    set_row(cut, 0.0)
    for j in range(path.first_piece, path.last_piece):
        hours = s.segment_hours[t, net.path_segments[j]]
        for i in range(B):
            cut[i] += hours[i]
    for i in range(B):
        cut[i] = min(cut[i], HOURS) / HOURS
        scratch.b[i] = cut[i]
    for j in range(path.first_zone, path.last_zone):
        zone, factor = s.zone_years[t, net.path_zones[j].zone], net.path_zones[j].factor / HOURS
        for i in range(B):
            scratch.b[i] += factor * zone.hours[i]
    expect_more(s.path_unavailability[p], scratch.b, path.external_unavailability)


@kernel_step
def expect_more(unavailability: Row, outage: Row, external: float) -> None:
    """Buyers learn from the year."""
    for i in range(B):
        unavailability[i] = 0.7 * unavailability[i] + 0.3 * min(outage[i] + external, 1.0)


@kernel_step
def price_path(s: State, net: Network, inc: Incidence, t: int, p: int) -> None:
    """What a path costs in year t besides its segments: the same in all runs."""
    path, outside = net.paths[p], s.market_years[t].outside
    fees = count_fees(net, inc, p)
    unavailability, latency = s.path_unavailability[p], path.latency
    fill_fixed_price(s.path_fixed[t, p], s.common[0], outside, unavailability, fees, s.path_external[t + 1, p], latency)


@kernel_step
def count_fees(net: Network, inc: Incidence, p: int) -> float:
    """Border fees a path pays; transit pays none."""
    is_regional = net.demands[inc.path_demand[p]].kind == 0
    return float(net.paths[p].last_crossing - net.paths[p].first_crossing) if is_regional else 0.0


@kernel_step
def fill_fixed_price(
    price: Row, common: Record, outside: Row, unavailability: Row, fees: float, external: float, latency: float
) -> None:
    """What a path costs besides its segments: border fees, beyond the region, time, interruptions."""
    for i in range(B):
        money = common.border_fee[i] * fees + external
        quality = common.latency_value[i] * latency + common.reliability_value[i] * unavailability[i]
        price[i] = outside[i] * (money + quality)


@kernel_step
def outage_step(s: State, net: Network) -> None:
    """What the year's events do to links in service, the same in all runs; once the paths have read the hours."""
    for t in range(len(net.years)):
        for number in range(len(net.links)):
            dark = s.dark[t, number]
            set_row(dark, 0.0)
            for g in range(net.links[number].first_segment, net.links[number].last_segment):
                p, hours, part = net.segments[g], s.segment_hours[t, g], s.segment_constants[g].part_of_link
                if p.zone >= 0:
                    zone, factor = s.zone_years[t, p.zone], p.zone_factor
                    for i in range(B):
                        hours[i] += factor * zone.hours[i]
                    add_damage(s.repairs[t, p.section], zone.damage, p.damage_factor, p.replacement_musd)
                fill_received(s.received[t, g], dark, hours, s.section_years[t, p.section].revoked, net.market[0], part)


@kernel_step
def add_damage(repairs: Row, damage: Row, factor: float, value: float) -> None:
    """Add the damaged part of the replacement value."""
    for i in range(B):
        repairs[i] += value * min(damage[i] * factor, 1.0)


@kernel_step
def fill_received(received: Row, dark: Row, hours: Row, revoked: Row, market: Record, part: float) -> None:
    """Share of a segment's billing that outages, revocation and service credits leave; the link's outage, by km."""
    allowed, multiple, lost = 1.0 - market.sla_target, market.sla_credit_multiple, min(market.revocation_years, 1.0)
    for i in range(B):
        outage = min(hours[i], HOURS) / HOURS
        left = (1.0 - outage) * (1.0 - lost * revoked[i])
        received[i] = left - min(multiple * max(outage - allowed, 0.0), left)
        dark[i] += part * outage


@kernel_step
def expect_base_year(s: State, net: Network) -> None:
    """Unavailability of every path at the expected events of the base year."""
    scratch = s.scratch[0]
    for p in range(len(net.paths)):
        path, unavailability = net.paths[p], s.path_base[p].unavailability
        fixed = 0.0
        for j in range(path.first_piece, path.last_piece):
            g = net.segments[net.path_segments[j]]
            fixed += g.cut_rate * g.repair_median * np.exp(0.5 * g.repair_sigma * g.repair_sigma)
            if g.border >= 0:
                fixed += net.borders[g.border].closure_rate * net.borders[g.border].closure_hours
        set_row(scratch.b, min(fixed, HOURS))
        for j in range(path.first_zone, path.last_zone):
            zone, factor = net.zones[net.path_zones[j].zone], net.path_zones[j].factor
            set_row(scratch.c, 0.0)
            for h in range(zone[0], zone[1]):
                hazard, rate = net.hazards[h], s.drawn[net.hazards[h].rate_slot]
                hours = hazard.outage_median * np.exp(0.5 * hazard.outage_sigma * hazard.outage_sigma)
                for i in range(B):
                    scratch.c[i] += rate[i] * hours
            for i in range(B):
                scratch.b[i] += factor * min(scratch.c[i], HOURS)
        external = path.external_unavailability
        for i in range(B):
            unavailability[i] = min(scratch.b[i] / HOURS + external, 1.0)
        copy_row(s.path_unavailability[p], unavailability)
