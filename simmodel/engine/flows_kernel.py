"""Flows over paths, segments and links, and what full segments refuse (docs/model.md, section 9)."""

from __future__ import annotations

from simmodel.engine.block import B
from simmodel.engine.incidence import Incidence
from simmodel.engine.jit import kernel_step
from simmodel.engine.rows_kernel import add_row, copy_row, fill_sum, lower_row, multiply_rows, set_row
from simmodel.engine.state import Record, Row, State
from simmodel.inputs.model_inputs import Network

OFFERS = 3  # times refused traffic is offered to the other paths


@kernel_step
def flow_step(s: State, net: Network, inc: Incidence, t: int) -> None:
    """Flow of every open path, segment and link; refused traffic tries other paths."""
    for o in range(len(net.demands)):
        set_row(s.demands[o].unserved, 0.0)
        for q in range(net.demands[o].first_path, net.demands[o].last_path):
            if s.active[q] == 1:
                multiply_rows(s.path_flow[q], s.demands[o].demand, s.paths[q].share)
    for g in range(len(net.segments)):
        s.full[g], s.stale[g] = 0, 1
    above, offer = sum_segments(s, net, inc, t), 0
    while above > 0 and offer <= OFFERS:  # without an excess another round would change nothing
        fill_keep(s, net, inc, t)
        for o in range(len(net.demands)):
            refuse_step(s, net, o, offer < OFFERS)
        above = sum_segments(s, net, inc, t)
        offer += 1
    for number in range(len(net.links)):
        if s.any_open[number] > 0:
            for b in range(2):
                first, last = inc.use_first[b, number], inc.use_first[b, number + 1]
                if first < last:
                    fill_sum(s.links[number].use[b], s.path_flow, inc.use_paths, first, last)


@kernel_step
def sum_segments(s: State, net: Network, inc: Incidence, t: int) -> int:
    """Flow of the segments in service over which paths have changed; the number of segments above their maximum."""
    above = 0
    for g in range(len(net.segments)):
        if s.any_open[net.segments[g].link] > 0 and s.stale[g] == 1:
            for b in range(2):
                first, last = inc.segment_first[b, g], inc.segment_first[b, g + 1]
                if first < last:
                    fill_sum(s.segment_flow[b, g], s.path_flow, inc.segment_paths, first, last)
            flow = class_flow(s, inc, 0, g), class_flow(s, inc, 1, g)
            s.full[g] = 1 if count_above(flow, net.segment_years[g, t].maximum) > 0 else 0
        s.stale[g] = 0
        above += s.full[g]
    return above


@kernel_step
def class_flow(s: State, inc: Incidence, b: int, g: int) -> Row:
    """Flow of a class over a segment: zeros, the same for all, where the class has no path over it."""
    crossed = inc.segment_first[b, g] < inc.segment_first[b, g + 1]
    return s.segment_flow[b, g] if crossed else s.common[0].zeros


@kernel_step
def count_above(flow: tuple[Row, Row], maximum: float) -> int:
    """Draws in which the flow of both classes passes the maximum."""
    above, regional, transit = 0, flow[0], flow[1]
    for i in range(B):
        above += 1 if regional[i] + transit[i] > maximum else 0
    return above


@kernel_step
def fill_keep(s: State, net: Network, inc: Incidence, t: int) -> None:
    """Share of its flow a full segment can carry, and the least of them on a path over full segments."""
    for q in range(len(net.paths)):
        s.limited[q] = 0
    for g in range(len(net.segments)):
        if s.full[g] == 1:
            flow = class_flow(s, inc, 0, g), class_flow(s, inc, 1, g)
            keep_segment(s.segment_keep[g], flow, net.segment_years[g, t].maximum)
            for b in range(2):
                for j in range(inc.segment_first[b, g], inc.segment_first[b, g + 1]):
                    keep_path(s, inc.segment_paths[j], g)


@kernel_step
def keep_segment(keep: Row, flow: tuple[Row, Row], maximum: float) -> None:
    """Share of its flow a segment can carry."""
    regional, transit = flow[0], flow[1]
    for i in range(B):
        total = regional[i] + transit[i]
        keep[i] = maximum / total if total > maximum else 1.0


@kernel_step
def keep_path(s: State, q: int, g: int) -> None:
    """Lower what a path keeps to what a full segment of it can carry."""
    if s.active[q] == 1:
        if s.limited[q] == 0:
            copy_row(s.path_keep[q], s.segment_keep[g])
        else:
            lower_row(s.path_keep[q], s.segment_keep[g])
        s.limited[q] = 1


@kernel_step
def refuse_step(s: State, net: Network, o: int, offer_again: bool) -> None:
    """Take from a demand's paths what they cannot carry; offer it to its open paths, or count it as unserved."""
    p, demand, scratch, limited = net.demands[o], s.demands[o], s.scratch[0], 0
    for q in range(p.first_path, p.last_path):
        limited += s.limited[q]
    if limited == 0:
        return
    set_row(scratch.a, 0.0)
    set_row(scratch.b, 0.0)
    for q in range(p.first_path, p.last_path):
        if s.active[q] == 1:
            for j in range(net.paths[q].first_piece, net.paths[q].last_piece):
                s.stale[net.path_segments[j]] = 1
            keep = s.path_keep[q] if s.limited[q] == 1 else s.common[0].ones
            refuse_path(scratch, s.path_flow[q], s.paths[q].target, keep)
    if not offer_again:
        add_row(demand.unserved, scratch.a)
        return
    divide_refused(demand.unserved, scratch)
    for q in range(p.first_path, p.last_path):
        if s.active[q] == 1:
            keep = s.path_keep[q] if s.limited[q] == 1 else s.common[0].ones
            offer_path(s.path_flow[q], scratch.c, s.paths[q].target, keep)


@kernel_step
def refuse_path(scratch: Record, flow: Row, target: Row, keep: Row) -> None:
    """Take from a path what it cannot carry (sum in scratch a); attraction of what it can still take (scratch b)."""
    for i in range(B):
        scratch.a[i] += flow[i] * (1.0 - keep[i])
        scratch.b[i] += target[i] * keep[i]
        flow[i] *= keep[i]


@kernel_step
def divide_refused(unserved: Row, scratch: Record) -> None:
    """Refused traffic by unit of attraction, in scratch c; unserved where no path takes any."""
    for i in range(B):
        accepted = scratch.b[i] > 0.0
        unserved[i] += 0.0 if accepted else scratch.a[i]
        scratch.c[i] = scratch.a[i] / scratch.b[i] if accepted else 0.0


@kernel_step
def offer_path(flow: Row, refused: Row, target: Row, keep: Row) -> None:
    """Offer refused traffic to a path."""
    for i in range(B):
        flow[i] += refused[i] * target[i] * keep[i]
