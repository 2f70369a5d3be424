"""Sections 6 and 9: route choice, flows within capacity, waves, and traffic lost to outages."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tests.parity.twin_base import Base, theta_of
from tests.parity.twin_network import Rows, Setting
from tests.parity.twin_shocks import HOURS, World

ROUNDS = 3


def choose_routes(setting: Setting, base: Base, g: Rows, open_paths: Rows, share: Rows) -> tuple[Rows, Rows, Rows]:
    """(paths, draws) target shares and shares of the year, and (demands, draws) price index I."""
    theta = np.stack([theta_of(setting, int(kind)) for kind in setting.net.demands["kind"]])
    attraction = setting.net.paths["path_size"][:, None] * g ** -theta[setting.demand]
    weight = open_paths * base.constant * attraction
    total = setting.of_demand @ weight
    target = weight / total[setting.demand]
    kept = (1.0 - setting.parameter("switching")) * share * open_paths
    left = 1.0 - setting.of_demand @ kept
    return target, kept + left[setting.demand] * target, total ** (-1.0 / theta)


def path_keep(setting: Setting, flow: Rows, t: int) -> Rows:
    """(paths, draws) least ratio of maximum to flow over the segments of a path, at most 1."""
    load = setting.on_path.T @ flow
    maximum = setting.net.segment_years["maximum"][:, t, None]
    keep = np.where(load > maximum, maximum / np.where(load > maximum, load, 1.0), 1.0)
    result = np.ones_like(flow)
    for g in np.flatnonzero((keep < 1.0).any(axis=1)):
        mine = setting.on_path[:, g] > 0
        result[mine] = np.minimum(result[mine], keep[g])
    return result


def fit_flows(setting: Setting, demand: Rows, share: Rows, target: Rows, t: int) -> tuple[Rows, Rows]:
    """(paths, draws) flow that the segments can carry after three offers to other paths; (demands, draws) the rest."""
    flow = demand[setting.demand] * share
    unserved = np.zeros_like(demand)
    for _ in range(ROUNDS):
        keep = path_keep(setting, flow, t)
        refused = setting.of_demand @ (flow * (1.0 - keep))
        offer = target * keep
        total = setting.of_demand @ offer
        unserved += np.where(total > 0, 0.0, refused)
        part = offer / np.where(total > 0, total, 1.0)[setting.demand]
        flow = flow * keep + refused[setting.demand] * part
    keep = path_keep(setting, flow, t)
    return flow * keep, unserved + setting.of_demand @ (flow * (1.0 - keep))


@dataclass(slots=True)
class Waves:
    """Lit waves of segments (segments, draws), and what was added in each year (segments, years, draws)."""

    lit: Rows
    added: Rows


def start_waves(setting: Setting) -> Waves:
    """The base year."""
    lit0 = setting.net.segments["lit0_waves"]
    return Waves(np.repeat(lit0[:, None], setting.draws, axis=1), np.zeros((len(lit0), setting.years, setting.draws)))


def retiring_waves(setting: Setting, waves: Waves, t: int) -> Rows:
    """(segments, draws) waves that reach the end of their life in year t."""
    life = int(setting.net.market[0]["life_wave"])
    if t >= life:
        gone: Rows = waves.added[:, t - life]
        return gone
    return np.repeat((setting.net.segments["lit0_waves"] / life)[:, None], setting.draws, axis=1)


def light_waves(setting: Setting, waves: Waves, t: int, flow: Rows, opened: Rows) -> Rows:
    """(segments, draws) waves added in year t; retires the old ones. `flow`, `opened`: (segments, draws)."""
    retired = retiring_waves(setting, waves, t)
    needed = np.ceil(flow * (1.0 + setting.parameter("headroom")) / setting.constant("wave_gbps") - 1e-9)
    left = waves.lit - retired
    added = np.where(opened > 0, np.maximum(np.maximum(needed, 1.0) - left, 0.0), 0.0)
    waves.added[:, t] = added
    waves.lit = left + added
    return added


def lost_traffic(setting: Setting, world: World, t: int, flow: Rows) -> Rows:
    """(regions, draws) traffic lost to outages, mean over the year [Gbit/s]."""
    net, headroom, restored = setting.net, setting.parameter("headroom"), setting.constant("restoration")

    def unrestored(part: Rows) -> Rows:
        return part - restored * np.minimum(part, headroom * (1.0 - part))

    result = np.zeros((len(net.regions), setting.draws))
    for r, region in enumerate(net.regions):
        span = slice(net.demands[r]["first_path"], net.demands[r]["last_path"])
        served = flow[span].sum(axis=0)
        f = np.divide(flow[span], served, out=np.zeros_like(flow[span]), where=served > 0)
        lost = (world.path_cut_hours[span, t] / HOURS * unrestored(f)).sum(axis=0)
        for z in np.flatnonzero(setting.factor[span].any(axis=0)):
            exposed = setting.factor[span, z] @ f
            lost += world.zone_hours[z, t] / HOURS * unrestored(exposed)
        lost += net.paths["external_unavailability"][span] @ f
        lost += world.shutdown[region["country"], t]
        result[r] = np.minimum(lost, 1.0) * served
    return result
