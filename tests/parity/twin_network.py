"""The network of the twin: incidence matrices, drawn rows, exogenous shocks and the channels of reforms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simmodel.inputs.model_inputs import CHANNELS, ModelInputs, Network
from tests.parity.twin_random import AnnualShocks

Rows = NDArray[np.float64]


@dataclass(slots=True)
class Setting:
    """What all six runs share.

    Attributes
    ----------
    on_path : (paths, segments) 1 where the path runs over the segment
    uses : (paths, links) 1 where the path uses the link; `km`: the length of the link it uses
    factor : (paths, zones) how hard the zone's outages hit the path, 0 where it does not cross it
    crossings : (paths, countries) times the path pays a country's border fee
    demand : (paths,) its demand; `of_demand`: (demands, paths) the same as 0/1
    in_section, in_link : (sections, segments), (links, segments) 0/1
    channels : [reforms off/on] (countries, channels, years, draws)
    """

    inputs: ModelInputs
    net: Network
    drawn: Rows
    draws: int
    years: int
    expected: bool
    shocks: AnnualShocks
    on_path: Rows
    uses: Rows
    km: Rows
    factor: Rows
    crossings: Rows
    demand: NDArray[np.int64]
    of_demand: Rows
    regional: NDArray[np.bool_]
    in_section: Rows
    in_link: Rows
    link_of: NDArray[np.int64]
    candidate: NDArray[np.bool_]
    channels: tuple[Rows, Rows]

    def parameter(self, name: str) -> Rows:
        """(draws,) a drawn parameter of the market record."""
        row: Rows = self.drawn[self.net.market[0][name + "_slot"]]
        return row

    def constant(self, name: str) -> float:
        """A fixed parameter of the market record."""
        return float(self.net.market[0][name])

    def channel(self, reforms: bool, country: int, name: str, t: int) -> Rows:
        """(draws,) value of a reform channel in year t."""
        row: Rows = self.channels[int(reforms)][country, CHANNELS.index(name), t]
        return row


def describe_setting(
    inputs: ModelInputs, drawn: Rows, draws: int, first_draw: int, seed: int, *, expected: bool
) -> Setting:
    """Spread the flat lists of the contract out into matrices."""
    net = inputs.network
    years = len(net.years)
    n_paths, n_segments, n_links = len(net.paths), len(net.segments), len(net.links)
    on_path, factor = np.zeros((n_paths, n_segments)), np.zeros((n_paths, len(net.zones)))
    uses, km = np.zeros((n_paths, n_links)), np.zeros((n_paths, n_links))
    crossings = np.zeros((n_paths, len(net.countries)))
    for p, path in enumerate(net.paths):
        on_path[p, net.path_segments[path["first_piece"] : path["last_piece"]]] = 1.0
        for link in net.path_links[path["first_link"] : path["last_link"]]:
            uses[p, link["link"]] = 1.0
            km[p, link["link"]] = link["km"]
        for country in net.path_crossings[path["first_crossing"] : path["last_crossing"]]:
            crossings[p, country] += 1.0
        for zone in net.path_zones[path["first_zone"] : path["last_zone"]]:
            factor[p, zone["zone"]] = zone["factor"]
    of_demand = np.zeros((len(net.demands), n_paths))
    for o, demand in enumerate(net.demands):
        of_demand[o, demand["first_path"] : demand["last_path"]] = 1.0
    of_path = of_demand.argmax(axis=0)
    in_section, in_link = np.zeros((len(net.sections), n_segments)), np.zeros((n_links, n_segments))
    in_section[net.segments["section"], np.arange(n_segments)] = 1.0
    in_link[net.segments["link"], np.arange(n_segments)] = 1.0
    shocks = AnnualShocks(seed, first_draw, draws, years, expected=expected)
    return Setting(
        inputs=inputs,
        net=net,
        drawn=drawn,
        draws=draws,
        years=years,
        expected=expected,
        shocks=shocks,
        on_path=on_path,
        uses=uses,
        km=km,
        factor=factor,
        crossings=crossings,
        demand=of_path,
        of_demand=of_demand,
        regional=net.demands["kind"][of_path] == 0,
        in_section=in_section,
        in_link=in_link,
        link_of=net.segments["link"],
        candidate=net.links["candidate"] == 1,
        channels=(channel_values(net, drawn, False, expected), channel_values(net, drawn, True, expected)),
    )


def channel_values(net: Network, drawn: Rows, reforms: bool, expected: bool) -> Rows:
    """(countries, channels, years, draws) values of all channels."""
    years = len(net.years)
    return np.stack(
        [
            np.stack([channels_at(net, drawn, country, t, reforms, expected) for t in range(years)], axis=1)
            for country in range(len(net.countries))
        ]
    )


def channels_at(net: Network, drawn: Rows, country: int, t: float, reforms: bool, expected: bool) -> Rows:
    """(channels, draws) values of one country's channels at a time, section 2; no effect before the first year."""
    values = np.repeat(net.channel_base[country][:, None], drawn.shape[1], axis=1)
    record = net.countries[country]
    if reforms and t >= 0:
        for effect in net.effects[record["first_effect"] : record["last_effect"]]:
            if expected:
                success = np.full(drawn.shape[1], effect["probability"] >= 0.5)
            else:
                success = drawn[effect["success_slot"]] < effect["probability"]
            active = success & (t >= effect["start_t"] + drawn[effect["lag_slot"]])
            x, value = drawn[effect["effect_slot"]], values[effect["channel"]]
            changed = (x, value * x, value + x)[effect["operation"]]
            values[effect["channel"]] = np.where(active, changed, value)
    place = CHANNELS.index("open_access")
    values[place] = np.clip(values[place], 0.0, 1.0)
    return values
