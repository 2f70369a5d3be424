"""Section 4: how long a candidate link takes, whether it is finished, and what it costs in each year."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simmodel.inputs.model_inputs import CHANNELS
from tests.parity.twin_network import Rows, Setting, channels_at

NEVER = 1e9


@dataclass(slots=True)
class Construction:
    """One run's candidate links; rows of existing links are zero, open from the start.

    Attributes
    ----------
    open_t : (links, draws) first year of service; NEVER where works stop or the link is not in the run
    works, preparation, economic, anchor : (links, years, draws) nominal musd a year; `economic` is works and
        preparation at the full co-deployment saving
    """

    open_t: Rows
    works_start: Rows
    works: Rows
    preparation: Rows
    economic: Rows
    anchor: Rows

    @property
    def capex(self) -> Rows:
        """(links, years, draws) works and preparation."""
        return self.works + self.preparation


def build_links(setting: Setting, *, portfolio: bool, codeployment: bool, reforms: bool) -> Construction:
    """The construction of every link in one run."""
    shape = (len(setting.net.links), setting.years, setting.draws)
    built = Construction(
        open_t=np.full((shape[0], shape[2]), -NEVER),
        works_start=np.zeros((shape[0], shape[2])),
        works=np.zeros(shape),
        preparation=np.zeros(shape),
        economic=np.zeros(shape),
        anchor=np.zeros(shape),
    )
    for l in np.flatnonzero(setting.candidate):
        if portfolio:
            build_link(setting, built, int(l), codeployment, reforms)
        else:
            built.open_t[l] = NEVER
    return built


def build_link(setting: Setting, built: Construction, l: int, codeployment: bool, reforms: bool) -> None:
    """Write one candidate link's construction."""
    net, drawn = setting.net, setting.drawn
    link = net.links[l]
    sections = net.sections[link["first_section"] : link["last_section"]]
    by_section = [
        channels_at(net, drawn, s["country"], float(link["start_t"]), reforms, setting.expected) for s in sections
    ]
    km = [net.segments["km"][s["first_segment"] : s["last_segment"]].sum() for s in sections]
    permit_ratio = sum(k * v[CHANNELS.index("permit_ratio")] for k, v in zip(km, by_section, strict=True)) / sum(km)
    overrun_ratio = (
        sum(s["works_share"] * v[CHANNELS.index("overrun_ratio")] for s, v in zip(sections, by_section, strict=True))
        / sections["works_share"].sum()
    )

    # times
    m = drawn[link["schedule_slot"]]
    share = setting.constant("delay_share_permits")
    permits = link["permit_years"] * (1 + (m - 1) * share) * permit_ratio
    probability = 1.0 - np.exp(-link["cancel_rate"] * link["construction_years"])
    if setting.expected:
        kappa = np.full(setting.draws, probability)
    else:
        kappa = np.where(drawn[link["cancel_slot"]] < probability, 1.0, 0.0)
    start = link["start_t"] + permits + kappa * link["cancel_delay_years"]
    hosted = np.zeros(setting.draws)
    if codeployment and link["host"] >= 0:
        host = net.hosts[link["host"]]
        completes = drawn[host["completion_slot"]] >= host["non_completion"]
        window_start = host["finish"] + drawn[host["slip_slot"]] - host["lead"]
        window_end = host["finish"] + drawn[host["slip_slot"]] + host["lag"]
        if link["wait_for_host"] == 1:
            waited = np.maximum(start, np.minimum(window_start, start + setting.constant("max_wait_years")))
            start = np.where(completes, waited, start)
        hosted = np.where(completes & (window_start <= start) & (start <= window_end), 1.0, 0.0)
    duration = link["construction_years"] * (1 + (m - 1) * (1 - share))
    stops = drawn[link["completion_slot"]] < link["non_completion"]
    spent = np.where(stops, drawn[link["lost_slot"]], 1.0)
    built.works_start[l] = start
    built.open_t[l] = np.where(stops, NEVER, np.maximum(np.ceil(start + duration - 1e-9), 0.0))

    # cost
    ratio = (1 + (drawn[link["overrun_slot"]] - 1) * overrun_ratio) * (1 + kappa * link["cancel_cost_share"])
    cost = cost_of_works(setting, l, by_section, hosted, kept=True) * ratio
    economic_cost = cost_of_works(setting, l, by_section, hosted, kept=False) * ratio
    prepared_from = link["start_t"] - link["preparation_years"]
    for t in range(setting.years):
        index = net.years[t]["us_index"]
        works = index * (s_curve((t + 1 - start) / duration) - s_curve((t - start) / duration)) * spent
        if link["preparation_years"] > 0:
            progress = np.clip((np.array([t + 1, t]) - prepared_from) / link["preparation_years"], 0, 1)
            prepared = progress[0] - progress[1]
        else:
            prepared = 1.0 if t == max(np.floor(link["start_t"]), 0) else 0.0
        built.works[l, t] = works * cost
        built.preparation[l, t] = index * link["preparation_musd"] * prepared
        built.economic[l, t] = works * economic_cost + built.preparation[l, t]
        built.anchor[l, t] = works * link["anchor_cash"]


def cost_of_works(setting: Setting, l: int, by_section: list[Rows], hosted: Rows, *, kept: bool) -> Rows:
    """(draws,) K_works of a link, constant musd; with `kept` False the whole saving counts."""
    net = setting.net
    link = net.links[l]
    unit_cost = setting.drawn[link["unit_cost_slot"]]
    total = np.zeros(setting.draws)
    for g in range(link["first_segment"], link["last_segment"]):
        segment = net.segments[g]
        channels = dict(zip(CHANNELS, by_section[segment["section"] - link["first_section"]], strict=True))
        share_kept = segment["kept"] if kept else 1.0
        shareable = np.clip(segment["codeployable_share"] + channels["codeploy_add"], 0, 1)
        saved = hosted * shareable * segment["codeploy_saved"] * share_kept
        total += segment["civil_musd"] * unit_cost * (1 - saved)
        total += segment["row_musd"] * channels["row_fee_ratio"] * (1 - hosted * channels["row_saved"] * share_kept)
        total += segment["terminal_musd"] * channels["terminal_ratio"] + segment["other_musd"]
    return total


def s_curve(y: Rows) -> Rows:
    """Share of the works done at a share of their time: the distribution function of a Beta(2, 2)."""
    y = np.clip(y, 0.0, 1.0)
    return y * y * (3.0 - 2.0 * y)
