"""Which paths are open and how buyers divide their traffic over them (docs/model.md, section 6)."""

from __future__ import annotations

from simmodel.engine.block import B
from simmodel.engine.elementary import exp, log, power
from simmodel.engine.jit import kernel_step
from simmodel.engine.rows_kernel import set_row
from simmodel.engine.state import Record, Row, State
from simmodel.inputs.model_inputs import Network


@kernel_step
def open_path_step(s: State, net: Network, run: int) -> None:
    """Paths whose links all serve; `active` is 1 where that is so in some draw of the block."""
    for p in range(len(net.paths)):
        path, in_service = net.paths[p], s.path_open[p]
        if path.has_candidate == 0:
            s.active[p] = 1
            continue
        s.active[p] = net.runs[run].has_portfolio
        for j in range(path.first_link, path.last_link):
            if s.any_open[net.path_links[j].link] == 0:
                s.active[p] = 0
        if s.active[p] == 1:
            set_row(in_service, 1.0)
            for j in range(path.first_link, path.last_link):
                number = net.path_links[j].link
                if net.links[number].candidate == 1:
                    link = s.links[number]
                    for i in range(B):
                        in_service[i] *= link.open[i]


@kernel_step
def route_step(s: State, net: Network, o: int) -> None:
    """Attraction of a demand's paths and what contracts hold, its price index and its price before the margin."""
    p, demand, base, common, scratch = net.demands[o], s.demands[o], s.demand_base[o], s.common[0], s.scratch[0]
    theta = common.theta[p.kind]
    set_row(scratch.a, 0.0)
    set_row(scratch.b, 0.0)
    for q in range(p.first_path, p.last_path):
        if s.active[q] == 1:
            in_service = s.path_open[q] if net.paths[q].has_candidate == 1 else common.ones
            weigh_path(s.paths[q], s.path_constant[q], s.path_price[q], in_service, theta, common.switching, scratch)
    price_demand(demand, base, scratch, theta)
    for q in range(p.first_path, p.last_path):
        if s.active[q] == 1:
            share_out(s.paths[q], scratch)


@kernel_step
def weigh_path(
    row: Record, constant: Row, price: Row, in_service: Row, theta: Row, switching: Row, scratch: Record
) -> None:
    """Attraction of a path (sum in scratch a) and the share its contracts hold (sum in scratch b).

    A power taken in two short loops is faster than in one long one.
    """
    for i in range(B):
        scratch.c[i] = -theta[i] * log(price[i])
    for i in range(B):
        row.target[i] = in_service[i] * constant[i] * exp(scratch.c[i])
        row.share[i] = (1.0 - switching[i]) * row.share[i] * in_service[i]
        scratch.a[i] += row.target[i]
        scratch.b[i] += row.share[i]


@kernel_step
def price_demand(demand: Record, base: Record, scratch: Record, theta: Row) -> None:
    """Price index of a demand and its price; one over the attraction (scratch a) and what no contract holds (b)."""
    for i in range(B):
        demand.index[i] = power(scratch.a[i], -1.0 / theta[i])
        demand.price[i] = base.price[i] * demand.index[i] / base.index[i]
        scratch.a[i] = 1.0 / scratch.a[i]
        scratch.b[i] = 1.0 - scratch.b[i]


@kernel_step
def share_out(row: Record, scratch: Record) -> None:
    """Share out what is free by attraction."""
    for i in range(B):
        row.target[i] *= scratch.a[i]
        row.share[i] += scratch.b[i] * row.target[i]


@kernel_step
def wholesale_step(s: State, net: Network) -> None:
    """Wholesale price a region meets: path price, gateway margin, backhaul."""
    for r in range(len(net.regions)):
        margin, outside = s.countries[net.regions[r].country].margin, s.common[0].outside
        add_margin(s.demands[r], margin, outside, net.regions[r].backhaul)


@kernel_step
def add_margin(demand: Record, margin: Row, outside: Row, backhaul: float) -> None:
    """Wholesale price of a region."""
    for i in range(B):
        demand.wholesale_before[i] = demand.wholesale[i]
        demand.wholesale[i] = demand.price[i] + margin[i] + backhaul * outside[i]
