"""Traffic lost in outages and what buyers pay (docs/model.md, sections 9 and 11)."""

from __future__ import annotations

from simmodel.engine.block import B
from simmodel.engine.hazards_kernel import HOURS
from simmodel.engine.incidence import Incidence
from simmodel.engine.jit import kernel_step
from simmodel.engine.prefetch import AHEAD, ask_for
from simmodel.engine.pricing_kernel import BILLING
from simmodel.engine.rows_kernel import add_row, set_row, sum_parts
from simmodel.engine.state import Record, Row, State
from simmodel.inputs.model_inputs import Network

LAND, SATELLITE, OPTION = 0, 1, 2
REGIONAL = 0


@kernel_step
def lost_step(s: State, net: Network, inc: Incidence, o: int, t: int) -> None:
    """Traffic lost by cuts, zone events, failures beyond the region and shutdowns, as far as no other path takes it."""
    p, demand, scratch, headroom = net.demands[o], s.demands[o], s.scratch[0], s.common[0].headroom
    restoration = net.market[0].restoration
    start_losses(scratch, demand.served)
    for q in range(p.first_path, p.last_path):
        if s.active[q] == 1:
            ask_for(s.path_cut[t, min(q + AHEAD, len(net.paths) - 1)])
            cut, external = s.path_cut[t, q], net.paths[q].external_unavailability
            lose_on_path(s.path_flow[q], cut, scratch, headroom, restoration, external)
    for z in range(p.first_zone, p.last_zone):
        set_row(scratch.c, 0.0)
        sum_parts(scratch.c, s.path_flow, inc.zone_factors, inc.zone_paths, inc.zone_first[z], inc.zone_first[z + 1])
        lose_in_zone(s.zone_years[t, net.demand_zones[z]].hours, scratch, headroom, restoration)
    if p.kind == REGIONAL:
        add_row(scratch.b, s.country_years[t, net.regions[p.object].country].shutdown)
    end_losses(demand.lost, demand.served, scratch.b)


@kernel_step
def start_losses(scratch: Record, served: Row) -> None:
    """One over the traffic served (scratch a); share of it lost (scratch b)."""
    for i in range(B):
        scratch.a[i] = 1.0 / served[i] if served[i] > 0.0 else 0.0
        scratch.b[i] = 0.0


@kernel_step
def lose_on_path(flow: Row, cut: Row, scratch: Record, headroom: Row, restoration: float, external: float) -> None:
    """Cuts on a path and failures beyond it."""
    for i in range(B):
        share = flow[i] * scratch.a[i]
        restored = restoration * min(share, headroom[i] * (1.0 - share))
        scratch.b[i] += cut[i] * (share - restored) + share * external


@kernel_step
def lose_in_zone(hours: Row, scratch: Record, headroom: Row, restoration: float) -> None:
    """An event closes all paths across its zone (flow in scratch c) together; only the others take their traffic."""
    for i in range(B):
        share = scratch.c[i] * scratch.a[i]
        restored = restoration * min(share, headroom[i] * (1.0 - share))
        scratch.b[i] += hours[i] / HOURS * (share - restored)


@kernel_step
def end_losses(lost: Row, served: Row, share: Row) -> None:
    """No more than all is lost."""
    for i in range(B):
        lost[i] = min(share[i], 1.0) * served[i]


@kernel_step
def payment_step(s: State, net: Network, o: int, t: int) -> None:
    """Flows served by land and otherwise, money paid for paths, payments beyond the region, border fees."""
    p, demand, scratch, common = net.demands[o], s.demands[o], s.scratch[0], s.common[0]
    set_row(demand.served, 0.0)
    set_row(demand.land_flow, 0.0)
    set_row(demand.money, 0.0)
    set_row(scratch.d, 0.0)  # external payment
    set_row(scratch.e, 0.0)  # flow by satellite
    set_row(scratch.f, 0.0)  # flow by options
    for q in range(p.first_path, p.last_path):
        if s.active[q] == 0:
            continue
        ask_for(s.path_fixed[t, min(q + AHEAD, len(net.paths) - 1)])
        path, flow = net.paths[q], s.path_flow[q]
        kind_flow = demand.land_flow if path.kind == LAND else (scratch.e if path.kind == SATELLITE else scratch.f)
        fees = float(path.last_crossing - path.first_crossing) if p.kind == REGIONAL else 0.0
        fixed, charges = s.path_fixed[t, q], (fees, s.path_external[t + 1, q])
        pay_path(flow, s.path_price[q], fixed, demand, kind_flow, scratch.d, common, charges)
        if p.kind == REGIONAL:
            for j in range(path.first_crossing, path.last_crossing):
                receive_fees(s.countries[net.path_crossings[j]].fees, flow, common.border_money)


@kernel_step
def pay_path(
    flow: Row,
    price: Row,
    fixed: Row,
    demand: Record,
    kind_flow: Row,
    external_money: Row,
    common: Record,
    charges: tuple[float, float],
) -> None:
    """Add a path's flow and money: what its segments cost, border fees, and what is paid beyond it."""
    fees, external = charges
    for i in range(B):
        beyond = common.outside[i] * external
        demand.served[i] += flow[i]
        kind_flow[i] += flow[i]
        demand.money[i] += flow[i] * (price[i] - fixed[i] + common.outside[i] * common.border_fee[i] * fees + beyond)
        external_money[i] += BILLING * flow[i] * beyond


@kernel_step
def receive_fees(fees: Row, flow: Row, border_money: Row) -> None:
    """Border fees of a path that crosses a country."""
    for i in range(B):
        fees[i] += border_money[i] * flow[i]
