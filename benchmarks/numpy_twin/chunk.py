"""What the runs of a chunk of draws share: parameters, shocks, the base year."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from benchmarks.numpy_twin.view import BOTH, Index, Rows, View, make_view, sums
from simmodel.inputs.model_inputs import CHANNELS, ModelInputs
from tests.parity import twin_shocks
from tests.parity.twin_base import Base, calibrate_base_year
from tests.parity.twin_network import Setting, describe_setting
from tests.parity.twin_regulation import annuity_factor
from tests.parity.twin_shocks import HOURS, growth_curve


@dataclass(slots=True)
class Chunk:
    """A chunk of draws; (years, objects, draws) unless said otherwise.

    Attributes
    ----------
    views : without and with the candidate links;  reference : buyers' prices and quantities of runs and years
    theta : [class] (draws,);  unit_cost : (draws,);  weight : (paths, draws) that sets the links' prices
    exchange : [reforms] (years, countries, draws);  expected : Ubar of paths at the start of each year
    """

    setting: Setting
    base: Base
    views: tuple[View, View]
    theta: list[Rows]
    unit_cost: Rows
    headroom: Rows
    x: Rows
    q: Rows
    maturity: Rows
    gdp: Rows
    traffic: Rows
    exchange: tuple[Rows, Rows]
    cut_cost: Rows
    hours: Rows
    damage: Rows
    zone_hours: Rows
    path_cut: Rows
    expected: Rows
    revoked: Rows
    nationalised: Rows
    shutdown: Rows
    smart: Rows
    volume: Rows
    weight: Rows
    reference: dict[tuple[int, int], tuple[Rows, Rows]]

    @property
    def draws(self) -> int:
        """How many."""
        return self.setting.draws

    def constant(self, name: str) -> float:
        """A fixed parameter of the market."""
        return self.setting.constant(name)

    def parameter(self, name: str) -> Rows:
        """(draws,) a drawn parameter of the market."""
        return self.setting.parameter(name)

    def channel(self, reforms: bool, name: str, t: int) -> Rows:
        """(countries, draws) a reform channel."""
        row: Rows = self.setting.channels[int(reforms)][:, CHANNELS.index(name), t]
        return row


def by_year(rows: Rows) -> Rows:
    """(objects, years, draws) turned into (years, objects, draws)."""
    return np.ascontiguousarray(rows.swapaxes(0, 1))


def make_chunk(inputs: ModelInputs, drawn: Rows, draws: int, first_draw: int) -> Chunk:
    """Shocks and base year of some draws."""
    net = inputs.network
    setting = describe_setting(inputs, drawn, draws, first_draw, inputs.seed, expected=False)
    x, q = twin_shocks.price_indices(setting)
    cut_hours, cut_cost = (by_year(rows) for rows in twin_shocks.cuts_and_closures(setting))
    zone_hours, zone_damage = (by_year(rows) for rows in twin_shocks.zone_events(setting))
    hours, damage = cut_hours.copy(), np.zeros_like(cut_hours)
    exposed = np.flatnonzero(net.segments["zone"] >= 0)
    zone, record = net.segments["zone"][exposed], net.segments[exposed]
    hours[:, exposed] += zone_hours[:, zone] * record["zone_factor"][:, None]
    damage[:, exposed] = np.minimum(zone_damage[:, zone] * record["damage_factor"][:, None], 1.0)
    np.minimum(hours, HOURS, out=hours)
    path_cut, expected = path_outages(setting, cut_hours, zone_hours)
    base = calibrate_base_year(setting)
    new = net.paths["has_candidate"] == 1
    attraction = base.demand[setting.demand] * base.weight / (base.weight_sum[setting.demand] + base.weight)
    headroom = setting.parameter("headroom")
    return Chunk(
        setting=setting,
        base=base,
        views=(make_view(net, portfolio=False), make_view(net, portfolio=True)),
        theta=[setting.parameter("theta"), setting.parameter("theta_transit")],
        unit_cost=(1.0 + headroom) / (12000.0 * setting.constant("wave_gbps")),
        headroom=headroom,
        x=x,
        q=q,
        maturity=np.stack([growth_curve(setting, t) for t in range(setting.years)]),
        gdp=by_year(twin_shocks.gdp_paths(setting)),
        traffic=by_year(twin_shocks.traffic_shocks(setting)),
        exchange=tuple(by_year(twin_shocks.exchange_rates(setting, reforms=reforms)) for reforms in (False, True)),  # type: ignore[arg-type]
        cut_cost=cut_cost,
        hours=hours,
        damage=damage,
        zone_hours=zone_hours,
        path_cut=path_cut,
        expected=expected,
        revoked=by_year(twin_shocks.revocations(setting)),
        nationalised=by_year(twin_shocks.nationalisations(setting)),
        shutdown=by_year(twin_shocks.shutdowns(setting)),
        smart=by_year(twin_shocks.smart_programmes(setting)),
        volume=by_year(twin_shocks.transit_volumes(setting)),
        weight=np.where(new[:, None], attraction, base.flow),
        reference={},
    )


def path_outages(setting: Setting, cut_hours: Rows, zone_hours: Rows) -> tuple[Rows, Rows]:
    """(years, paths, draws) share of the year cut, and what buyers expect at the start of the year."""
    on_path, factor = csr_array(setting.on_path), csr_array(setting.factor)
    external = setting.net.paths["external_unavailability"][:, None]
    cut = np.stack([np.minimum(on_path @ hours, HOURS) for hours in cut_hours])
    expected = np.empty_like(cut)
    expected[0] = twin_shocks.unavailability_at_expected_events(setting)
    for t in range(setting.years - 1):
        now = np.minimum((cut[t] + factor @ zone_hours[t]) / HOURS + external, 1.0)
        np.multiply(expected[t], 0.7, out=expected[t + 1])
        expected[t + 1] += 0.3 * now
    cut /= HOURS
    return cut, expected


def annuities(wacc: Rows, trend: float, life: float) -> Rows:
    """(segments, 1) first-year factors of tilted annuities."""
    return np.array([annuity_factor(float(rate), trend, life) for rate in wacc])[:, None]


def columns(record: np.ndarray, *names: str) -> list[Rows]:
    """Fields of records as columns."""
    return [record[name][:, None].astype(np.float64) for name in names]


__all__ = ["BOTH", "Chunk", "Index", "Rows", "View", "annuities", "columns", "make_chunk", "sums"]
