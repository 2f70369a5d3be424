"""Generalised prices, route choice, flows within capacity, traffic lost (docs/model.md, sections 6 and 9)."""

from __future__ import annotations

import numpy as np

from benchmarks.numpy_twin.chunk import Chunk, Index, Rows, View
from benchmarks.numpy_twin.prices import halves
from tests.parity.twin_shocks import HOURS

OFFERS = 3


def path_prices(c: Chunk, view: View, t: int, price: list[Rows]) -> tuple[Rows, Rows]:
    """(paths, draws) generalised price without the candidate segments, and with them."""
    path = view.path
    rest = c.expected[t][view.paths] * c.parameter("value_of_reliability")
    rest += np.multiply.outer(path["latency"], c.parameter("value_of_latency"))
    crossings = (path["last_crossing"] - path["first_crossing"])[: view.regional].astype(np.float64)
    rest[: view.regional] += np.multiply.outer(crossings, c.parameter("border_fee"))
    rest += (path["external_price"] * path["relative_decline"] ** (t + 1))[:, None]
    rest *= c.x[t]
    for part, old, prices in zip(halves(view, rest), view.old, price, strict=True):
        part += old @ prices
    full = rest.copy()
    for part, new, prices in zip(halves(view, full), view.new, price, strict=True):
        if new.nnz:
            part += new @ prices
    return rest, np.maximum(full, 1e-6, out=full)


def choose_routes(c: Chunk, view: View, full: Rows, opened: Rows, share: Rows) -> tuple[Rows, Rows]:
    """(paths, draws) target shares, (demands, draws) price index; `share` moves on in place. `opened`: of new paths."""
    target = np.log(full)
    for part, theta in zip(halves(view, target), c.theta, strict=True):
        part *= -theta
    np.exp(target, out=target)
    target *= c.base.constant[view.paths]
    target *= view.path["path_size"][:, None]
    target[view.new_paths] *= opened
    total = view.by_demand @ target
    target *= (1.0 / total)[view.demand_of]
    share *= 1.0 - c.parameter("switching")
    share[view.new_paths] *= opened
    share += (1.0 - view.by_demand @ share)[view.demand_of] * target
    index = np.log(total)
    kinds = c.setting.net.demands["kind"]
    for b in (0, 1):
        index[kinds == b] *= -1.0 / c.theta[b]
    return target, np.exp(index, out=index)


def fit_flows(c: Chunk, view: View, t: int, demand: Rows, share: Rows, target: Rows) -> tuple[Rows, Rows, list[Rows]]:
    """(paths, draws) flow, (demands, draws) unserved, [class] (segments, draws) load."""
    flow = demand[view.demand_of] * share
    unserved = np.zeros_like(demand)
    maximum = c.setting.net.segment_years["maximum"][view.segments, t][:, None]
    for offer in range(OFFERS + 2):
        loads = [load @ part for load, part in zip(view.loads, halves(view, flow), strict=True)]
        total = loads[0] + loads[1]
        full = np.flatnonzero((total > maximum).any(axis=1))
        if len(full) == 0 or offer > OFFERS:
            break
        refuse(view, full, maximum / np.maximum(total, maximum), flow, unserved, None if offer == OFFERS else target)
    return flow, unserved, loads


def refuse(view: View, full: Index, ratio: Rows, flow: Rows, unserved: Rows, target: Rows | None) -> None:
    """Take what full segments cannot carry from their paths; offer it to the same demands' paths by `target`."""
    over = [(g, paths_over(view, int(g))) for g in full]
    limited = np.unique(np.concatenate([paths for _, paths in over]))
    demands = np.unique(view.demand_of[limited])
    rows = np.flatnonzero(np.isin(view.demand_of, demands))
    starts = np.searchsorted(view.demand_of[rows], demands)
    of = np.searchsorted(demands, view.demand_of[rows])
    keep = np.ones((len(rows), flow.shape[1]))
    for g, paths in over:
        place = np.searchsorted(rows, paths)
        keep[place] = np.minimum(keep[place], ratio[g])
    kept = flow[rows] * keep
    refused = np.add.reduceat(flow[rows] - kept, starts, axis=0)
    if target is None:
        unserved[demands] += refused
    else:
        keep *= target[rows]
        room = np.add.reduceat(keep, starts, axis=0)
        unserved[demands] += np.where(room > 0, 0.0, refused)
        kept += np.divide(refused, room, out=np.zeros_like(refused), where=room > 0)[of] * keep
    flow[rows] = kept


def paths_over(view: View, g: int) -> Index:
    """Paths of both classes over a segment."""
    regional, transit = (load.indices[load.indptr[g] : load.indptr[g + 1]] for load in view.loads)
    return np.concatenate([regional, transit + view.regional]).astype(np.int64)


def lost_traffic(c: Chunk, view: View, t: int, flow: Rows) -> Rows:
    """(regions, draws) traffic lost to outages, mean over the year."""
    net, restored = c.setting.net, c.constant("restoration")
    served = view.by_demand @ flow
    f = flow * np.divide(1.0, served, out=np.zeros_like(served), where=served > 0)[view.demand_of]

    def lose(part: Rows, closed: Rows) -> Rows:
        other = 1.0 - part
        other *= c.headroom
        np.minimum(other, part, out=other)
        other *= -restored
        other += part
        other *= closed
        return other

    of_paths = lose(f, c.path_cut[t][view.paths])
    of_paths += view.path["external_unavailability"][:, None] * f
    lost = view.by_demand @ of_paths
    if view.zones.nnz:
        of_zones = lose(view.zones @ f, c.zone_hours[t][net.demand_zones])
        lost += (view.demand_zones @ of_zones) / HOURS
    regions = len(net.regions)
    lost[:regions] += c.shutdown[t][net.regions["country"]]
    return np.minimum(lost[:regions], 1.0) * served[:regions]
