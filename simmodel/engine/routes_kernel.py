"""Which paths are open and how buyers divide their traffic over them (docs/model.md, section 6)."""

from __future__ import annotations

from simmodel.engine.block import B
from simmodel.engine.elementary import power
from simmodel.engine.jit import kernel_step
from simmodel.engine.rows_kernel import set_row
from simmodel.engine.state import Record, Row, State
from simmodel.inputs.model_inputs import Network


@kernel_step
def open_path_step(s: State, net: Network, run: int) -> None:
    """Paths whose links all serve; `active` is 1 where that is so in some draw of the block."""
    for p in range(len(net.paths)):
        path, row = net.paths[p], s.paths[p]
        if path.has_candidate == 0:
            s.active[p] = 1
            continue
        s.active[p] = net.runs[run].has_portfolio
        for j in range(path.first_link, path.last_link):
            if s.any_open[net.path_links[j].link] == 0:
                s.active[p] = 0
        if s.active[p] == 1:
            set_row(row.open, 1.0)
            for j in range(path.first_link, path.last_link):
                number = net.path_links[j].link
                if net.links[number].candidate == 1:
                    link = s.links[number]
                    for i in range(B):
                        row.open[i] *= link.open[i]


@kernel_step
def route_step(s: State, net: Network, o: int) -> None:
    """Shares of a demand's paths, its price index and its wholesale price before the gateway's margin."""
    p, demand, base, common, scratch = net.demands[o], s.demands[o], s.demand_base[o], s.common[0], s.scratch[0]
    theta = common.theta[p.kind]
    set_row(scratch.a, 0.0)
    set_row(scratch.b, 0.0)
    for q in range(p.first_path, p.last_path):
        if s.active[q] == 1:
            weigh_path(s.paths[q], s.path_base[q], s.path_price[q], theta, scratch)
            keep_share(s.paths[q], common, scratch)
    for i in range(B):
        demand.index[i] = power(scratch.a[i], -1.0 / theta[i])
    for i in range(B):
        demand.price[i] = base.price[i] * demand.index[i] / base.index[i]
    for i in range(B):
        scratch.a[i] = 1.0 / scratch.a[i]
        scratch.b[i] = 1.0 - scratch.b[i]
    for q in range(p.first_path, p.last_path):
        if s.active[q] == 1:
            move_share(s.paths[q], scratch)


@kernel_step
def weigh_path(row: Record, base: Record, price: Row, theta: Row, scratch: Record) -> None:
    """Attraction of an open path; the sum of attractions in scratch a."""
    for i in range(B):
        row.target[i] = row.open[i] * base.constant[i] * power(price[i], -theta[i])
    for i in range(B):
        scratch.a[i] += row.target[i]


@kernel_step
def keep_share(row: Record, common: Record, scratch: Record) -> None:
    """What contracts hold on a path; the sum in scratch b."""
    for i in range(B):
        row.share[i] = (1.0 - common.switching[i]) * row.share[i] * row.open[i]
        scratch.b[i] += row.share[i]


@kernel_step
def move_share(row: Record, scratch: Record) -> None:
    """Share out what is free by attraction."""
    for i in range(B):
        row.target[i] *= scratch.a[i]
        row.share[i] += scratch.b[i] * row.target[i]


@kernel_step
def wholesale_step(s: State, net: Network) -> None:
    """Wholesale price a region meets: path price, gateway margin, backhaul."""
    common = s.common[0]
    for r in range(len(net.regions)):
        demand, country, backhaul = s.demands[r], s.countries[net.regions[r].country], net.regions[r].backhaul
        for i in range(B):
            demand.wholesale_before[i] = demand.wholesale[i]
            demand.wholesale[i] = demand.price[i] + country.margin[i] + backhaul * common.outside[i]
