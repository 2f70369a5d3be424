"""When a candidate link opens and what it costs (docs/model.md, section 4)."""

from __future__ import annotations

import numpy as np

from simmodel.engine.block import B
from simmodel.engine.jit import kernel_scalar, kernel_step
from simmodel.engine.reforms_kernel import (
    CODEPLOY_ADD,
    OVERRUN_RATIO,
    PERMIT_RATIO,
    ROW_FEE_RATIO,
    ROW_SAVED,
    TERMINAL_RATIO,
    evaluate_channel,
)
from simmodel.engine.rows_kernel import set_row
from simmodel.engine.state import NEVER, Record, Row, State
from simmodel.inputs.model_inputs import Network

ROUNDING = 1e-9


@kernel_scalar
def spent_share(y: float) -> float:
    """Share of the works done at the share y of their time (Beta(2, 2))."""
    x = min(max(y, 0.0), 1.0)
    return x * x * (3.0 - 2.0 * x)


@kernel_scalar
def even_share(y: float) -> float:
    """Share of the preparation done at the share y of its time."""
    return min(max(y, 0.0), 1.0)


@kernel_step
def plan_link(s: State, net: Network, run: int, number: int) -> None:
    """Schedule and cost of a link in this run; an existing one is open from the start."""
    link, p = s.links[number], net.links[number]
    set_row(link.works_total, 0.0)
    set_row(link.capex, 0.0)
    set_row(link.capex_economic, 0.0)
    set_row(link.works, 0.0)
    set_row(link.anchor, 0.0)
    s.any_opened[number] = 0
    if p.candidate == 0:
        set_row(link.open_t, -1.0)
        set_row(link.open, 1.0)
        set_row(link.open_before, 1.0)
        set_row(link.opened, 0.0)
        set_row(link.completed, 1.0)
        s.any_open[number] = B
        return
    s.any_open[number] = 0
    if s.in_run[number] == 0:
        set_row(link.open_t, NEVER)
        set_row(link.completed, 0.0)
        return
    schedule_link(s, net, run, number)
    cost_link(s, net, run, number)


@kernel_step
def schedule_link(s: State, net: Network, run: int, number: int) -> None:
    """Permits, cancelled contracts, waiting for the host, duration, completion."""
    link, p, scratch, market = s.links[number], net.links[number], s.scratch[0], net.market[0]
    set_row(scratch.b, 0.0)
    for k in range(p.first_section, p.last_section):
        km = 0.0
        for g in range(net.sections[k].first_segment, net.sections[k].last_segment):
            km += net.segments[g].km
        evaluate_channel(s, net, run, scratch.a, net.sections[k].country, PERMIT_RATIO, s.start_t[number])
        for i in range(B):
            scratch.b[i] += km / p.length_km * scratch.a[i]
    chance = 1.0 - np.exp(-p.cancel_rate * p.construction_years)
    cancel = s.drawn[p.cancel_slot]
    if market.expected_events == 1:
        set_row(link.cancelled, chance)
    else:
        for i in range(B):
            link.cancelled[i] = 1.0 if cancel[i] < chance else 0.0
    schedule, permit_share = s.drawn[p.schedule_slot], market.delay_share_permits
    start, permits, works, delay = s.start_t[number], p.permit_years, p.construction_years, p.cancel_delay_years
    for i in range(B):
        late = schedule[i] - 1.0
        wait = permits * (1.0 + late * permit_share) * scratch.b[i] + link.cancelled[i] * delay
        link.works_start[i] = start + wait
        link.duration[i] = works * (1.0 + late * (1.0 - permit_share))
    fill_host_window(s, net, run, number)
    if s.waits[number] == 1:
        longest = market.max_wait_years
        for i in range(B):
            later = max(link.works_start[i], min(scratch.d[i], link.works_start[i] + longest))
            link.works_start[i] = later if scratch.c[i] > 0.0 else link.works_start[i]
    completion, lost, chance = s.drawn[p.completion_slot], s.drawn[p.lost_slot], p.non_completion
    for i in range(B):
        done = completion[i] >= chance
        link.completed[i] = 1.0 if done else 0.0
        link.spent[i] = 1.0 if done else lost[i]
        planned = max(np.ceil(link.works_start[i] + link.duration[i] - ROUNDING), 0.0)
        link.open_t[i] = planned if done else NEVER


@kernel_step
def fill_host_window(s: State, net: Network, run: int, number: int) -> None:
    """Whether the host project is finished (c) and between which times works can share its trench (d to e)."""
    scratch, host_number = s.scratch[0], net.links[number].host
    set_row(scratch.c, 0.0)
    set_row(scratch.d, 0.0)
    set_row(scratch.e, 0.0)
    if net.runs[run].has_codeployment == 1 and host_number >= 0:
        host = net.hosts[host_number]
        slip, completion = s.drawn[host.slip_slot], s.drawn[host.completion_slot]
        finish, lead, lag, chance = host.finish, host.lead, host.lag, host.non_completion
        for i in range(B):
            scratch.c[i] = 1.0 if completion[i] >= chance else 0.0
            scratch.d[i] = finish + slip[i] - lead
            scratch.e[i] = finish + slip[i] + lag


@kernel_step
def cost_link(s: State, net: Network, run: int, number: int) -> None:
    """Cost of the works at prices of the base year, for the link and for the economy; the host window is in c to e."""
    link, p, scratch = s.links[number], net.links[number], s.scratch[0]
    for i in range(B):
        inside = (scratch.d[i] <= link.works_start[i]) & (link.works_start[i] <= scratch.e[i])
        scratch.c[i] = scratch.c[i] if inside else 0.0
    set_row(scratch.f, 0.0)
    set_row(link.works_economic, 0.0)
    for k in range(p.first_section, p.last_section):
        section = net.sections[k]
        c, share = section.country, section.works_share
        evaluate_channel(s, net, run, scratch.a, c, OVERRUN_RATIO, s.start_t[number])
        for i in range(B):
            scratch.f[i] += share * scratch.a[i]
        for g in range(section.first_segment, section.last_segment):
            cost_segment(s, net, run, number, c, g)
    overrun, extra = s.drawn[p.overrun_slot], p.cancel_cost_share
    for i in range(B):
        link.cost_ratio[i] = (1.0 + (overrun[i] - 1.0) * scratch.f[i]) * (1.0 + link.cancelled[i] * extra)


@kernel_step
def cost_segment(s: State, net: Network, run: int, number: int, c: int, g: int) -> None:
    """Add a segment's works; scratch c is 1 where the host's works are shared."""
    link, scratch, p, start = s.links[number], s.scratch[0], net.segments[g], s.start_t[number]
    unit_cost = s.drawn[net.links[number].unit_cost_slot]
    base, civil, saved, kept = p.codeployable_share, p.civil_musd, p.codeploy_saved, p.kept
    evaluate_channel(s, net, run, scratch.a, c, CODEPLOY_ADD, start)
    for i in range(B):
        scratch.a[i] = scratch.c[i] * min(max(base + scratch.a[i], 0.0), 1.0) * saved
    for i in range(B):
        link.works[i] += civil * unit_cost[i] * (1.0 - scratch.a[i] * kept)
        link.works_economic[i] += civil * unit_cost[i] * (1.0 - scratch.a[i])
    evaluate_channel(s, net, run, scratch.a, c, ROW_SAVED, start)
    evaluate_channel(s, net, run, scratch.b, c, ROW_FEE_RATIO, start)
    row = p.row_musd
    for i in range(B):
        link.works[i] += row * scratch.b[i] * (1.0 - scratch.c[i] * scratch.a[i] * kept)
        link.works_economic[i] += row * scratch.b[i] * (1.0 - scratch.c[i] * scratch.a[i])
    evaluate_channel(s, net, run, scratch.a, c, TERMINAL_RATIO, start)
    terminal, other = p.terminal_musd, p.other_musd
    for i in range(B):
        link.works[i] += terminal * scratch.a[i] + other
        link.works_economic[i] += terminal * scratch.a[i] + other


@kernel_step
def capex_step(link: Record, p: Record, start: float, us_index: float, t: int) -> None:
    """Preparation and works of a candidate link in year t, and what its anchor tenants pay."""
    preparation_years = p.preparation_years
    prepared = 0.0
    if preparation_years > 0.0:
        begin = start - preparation_years
        prepared = even_share((t + 1.0 - begin) / preparation_years) - even_share((t - begin) / preparation_years)
    elif t == max(np.floor(start), 0.0):
        prepared = 1.0
    preparation = us_index * p.preparation_musd * prepared
    spend_on_works(link, us_index, us_index * p.anchor_cash, preparation, float(t))


@kernel_step
def spend_on_works(link: Record, us_index: float, anchor: float, preparation: float, t: float) -> None:
    """The year's part of the works and of what anchor tenants pay."""
    for i in range(B):
        y, after = (t - link.works_start[i]) / link.duration[i], (t + 1.0 - link.works_start[i]) / link.duration[i]
        share = link.spent[i] * (spent_share(after) - spent_share(y))
        works = us_index * share * link.cost_ratio[i] * link.works[i]
        link.works_total[i] += works
        link.capex[i] = works + preparation
        link.capex_economic[i] = us_index * share * link.cost_ratio[i] * link.works_economic[i] + preparation
        link.anchor[i] = anchor * share


@kernel_step
def opening_step(s: State, number: int, t: int) -> None:
    """Whether a candidate serves in year t, served in the year before, opens now; in how many draws of the block."""
    link = s.links[number]
    open_link(link, float(t))
    s.any_open[number] = count_draws(link.open)
    s.any_opened[number] = count_draws(link.opened)


@kernel_step
def open_link(link: Record, t: float) -> None:
    """Compare the year of first service with year t."""
    for i in range(B):
        link.open[i] = 1.0 if link.open_t[i] <= t else 0.0
        link.open_before[i] = 1.0 if link.open_t[i] <= t - 1.0 else 0.0
        link.opened[i] = 1.0 if link.open_t[i] == t else 0.0


@kernel_step
def count_draws(row: Row) -> int:
    """Draws in which a number is above zero."""
    count = 0
    for i in range(B):
        count += 1 if row[i] > 0.0 else 0
    return count
