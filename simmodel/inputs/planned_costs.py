"""Planned cost of the candidate links by section and year: base estimate with contingency, on the planned schedule.

The plan is what lenders and treasuries see: no overrun, no delay, no cancellation, every link completed; reforms and
host projects as expected (a reform counts when its probability is at least one half, from its start plus its median
lag; a host finishes at its planned end plus its median slip, and counts when it is more likely than not to finish).
Works follow the S-curve of the simulation, preparation runs evenly before; what falls before the first year is sunk.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simmodel.inputs.calendar import s_curve
from simmodel.inputs.model_inputs import CHANNELS, ModelInputs, Network
from simmodel.inputs.slots import median_of

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PlannedSchedule:
    """When a link is planned to be built, in years since the start of the first year.

    Attributes
    ----------
    preparation_start, works_start, works_end : times
    opening : first whole year of service
    with_host : works fall into the host's window
    """

    preparation_start: float
    works_start: float
    works_end: float
    opening: int
    with_host: bool


@dataclass(frozen=True, slots=True)
class PlannedCosts:
    """Planned cost, nominal, contingency included.

    Attributes
    ----------
    links : slugs of the candidate links, in the order of the engine
    sections : (link, iso3) of their sections
    section_link : (sections,) number of the link in `links`
    works_musd : (sections, years) works [nominal musd]
    preparation_musd : (sections, years) preparation [nominal musd]
    constant_musd : (sections,) works and preparation in constant musd of the price year, sunk years included
    schedules : one a link
    """

    links: tuple[str, ...]
    sections: tuple[tuple[str, str], ...]
    section_link: NDArray[np.int64]
    works_musd: Array
    preparation_musd: Array
    constant_musd: Array
    schedules: tuple[PlannedSchedule, ...]

    @property
    def section_musd(self) -> Array:
        """Return works and preparation, shape (sections, years) [nominal musd]."""
        return self.works_musd + self.preparation_musd

    @property
    def link_musd(self) -> Array:
        """Return the cost by link, shape (links, years) [nominal musd]."""
        total = np.zeros((len(self.links), self.works_musd.shape[1]))
        np.add.at(total, self.section_link, self.section_musd)
        return total


def plan_costs(inputs: ModelInputs, *, contingency: float, has_codeployment: bool, has_reforms: bool) -> PlannedCosts:
    """Return the planned cost of every candidate link.

    Parameters
    ----------
    inputs : arrays of the scenario
    contingency : reserve over the estimate [fraction], `scenario.parameters.contingency`
    has_codeployment, has_reforms : what the plan counts on

    Returns
    -------
    PlannedCosts
    """
    network = inputs.network
    medians = np.array([median_of(marginal) for _, marginal in inputs.slots])
    numbers = np.flatnonzero(network.links["candidate"] == 1)
    years = len(network.years)
    sections: list[tuple[str, str]] = []
    owners: list[int] = []
    works: list[Array] = []
    preparation: list[Array] = []
    constant: list[float] = []
    schedules: list[PlannedSchedule] = []
    for place, number in enumerate(numbers):
        link = network.links[number]
        channels = expected_channels(network, medians, float(link["start_t"]), has_reforms=has_reforms)
        schedule = plan_schedule(network, medians, link, channels, has_codeployment=has_codeployment)
        works_path, preparation_path = spending_paths(link, schedule, years)
        for section in range(link["first_section"], link["last_section"]):
            record = network.sections[section]
            cost = section_works_musd(network, record, channels, with_host=schedule.with_host) * (1.0 + contingency)
            study = float(link["preparation_musd"] * record["works_share"]) * (1.0 + contingency)
            sections.append(inputs.names.sections[section])
            owners.append(place)
            works.append(cost * works_path * network.years["us_index"])
            preparation.append(study * preparation_path * network.years["us_index"])
            constant.append(cost + study)
        schedules.append(schedule)
    return PlannedCosts(
        links=tuple(inputs.names.links[number] for number in numbers),
        sections=tuple(sections),
        section_link=np.array(owners, dtype=np.int64),
        works_musd=np.array(works).reshape(len(sections), years),
        preparation_musd=np.array(preparation).reshape(len(sections), years),
        constant_musd=np.array(constant),
        schedules=tuple(schedules),
    )


def expected_channels(network: Network, medians: Array, t: float, *, has_reforms: bool) -> Array:
    """Return the channels of every country at a time, shape (countries + 1, channels)."""
    values = network.channel_base.copy()
    if not has_reforms:
        return values
    for number, country in enumerate(network.countries):
        for effect in network.effects[country["first_effect"] : country["last_effect"]]:
            begins = effect["start_t"] + medians[effect["lag_slot"]]
            if effect["probability"] < 0.5 or t < begins:
                continue
            size, place = medians[effect["effect_slot"]], (number, effect["channel"])
            if effect["operation"] == 0:
                values[place] = size
            elif effect["operation"] == 1:
                values[place] *= size
            else:
                values[place] += size
    return values


def channel_of(channels: Array, name: str, country: int) -> float:
    """Return one channel of one country."""
    return float(channels[country, CHANNELS.index(name)])


def plan_schedule(
    network: Network, medians: Array, link: np.void, channels: Array, *, has_codeployment: bool
) -> PlannedSchedule:
    """Return when a link is planned to be built."""
    sections = network.sections[link["first_section"] : link["last_section"]]
    km = np.array([network.segments["km"][row["first_segment"] : row["last_segment"]].sum() for row in sections])
    ratios = np.array([channel_of(channels, "permit_ratio", row["country"]) for row in sections])
    start = float(link["start_t"])
    works_start = start + float(link["permit_years"]) * float(km @ ratios / km.sum())
    with_host = False
    if has_codeployment and link["host"] >= 0 and network.hosts["non_completion"][link["host"]] < 0.5:
        host = network.hosts[link["host"]]
        finish = host["finish"] + medians[host["slip_slot"]]
        window = (float(finish - host["lead"]), float(finish + host["lag"]))
        if link["wait_for_host"]:
            works_start = max(works_start, min(window[0], works_start + float(network.market[0]["max_wait_years"])))
        with_host = window[0] <= works_start <= window[1]
    works_end = works_start + float(link["construction_years"])
    opening = max(math.ceil(works_end), 0)
    return PlannedSchedule(start - float(link["preparation_years"]), works_start, works_end, opening, with_host)


def spending_paths(link: np.void, schedule: PlannedSchedule, years: int) -> tuple[Array, Array]:
    """Return the shares of works and preparation spent in each year, shape (years,) each; less than 1 where sunk."""
    bounds = np.arange(years + 1, dtype=np.float64)
    duration = schedule.works_end - schedule.works_start
    works = np.diff(s_curve((bounds - schedule.works_start) / duration))
    lead = float(link["preparation_years"])
    if lead > 0.0:
        preparation = np.diff(np.clip((bounds - schedule.preparation_start) / lead, 0.0, 1.0))
    else:
        preparation = np.zeros(years)
        first = max(math.floor(link["start_t"]), 0)
        if first < years:
            preparation[first] = 1.0
    return works, preparation


def section_works_musd(network: Network, section: np.void, channels: Array, *, with_host: bool) -> float:
    """Return the works of a section without contingency [musd of the price year]."""
    country = int(section["country"])
    rows = network.segments[section["first_segment"] : section["last_segment"]]
    shared = 1.0 if with_host else 0.0
    share = np.clip(rows["codeployable_share"] + channel_of(channels, "codeploy_add", country), 0.0, 1.0)
    civil = rows["civil_musd"] * (1.0 - shared * share * rows["codeploy_saved"] * rows["kept"])
    fee = channel_of(channels, "row_fee_ratio", country)
    saved = channel_of(channels, "row_saved", country)
    way = rows["row_musd"] * fee * (1.0 - shared * saved * rows["kept"])
    terminals = rows["terminal_musd"] * channel_of(channels, "terminal_ratio", country)
    return float((civil + way + terminals + rows["other_musd"]).sum())
