"""Map of the links: existing ones grey, candidates coloured by their mean gap over their planned cost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np

from simmodel.report.figures.style import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    VERMILION,
    name_axes,
    new_figure,
    save_figure,
    wrap_name,
)
from simmodel.report.run_report import RunReport
from simmodel.results.array_types import FloatArray
from simmodel.scenario.catalog import scenario_folder
from simmodel.scenario.schema import Scenario

LineStyle: TypeAlias = Literal["-", "--", "-.", ":"]
# Mean gap over planned cost: upper end of the class, colour, line style.
CLASSES: tuple[tuple[float, str, LineStyle, str], ...] = (
    (0.05, GREEN, "-", "up to 5 %"),
    (0.35, BLUE, "--", "5-35 %"),
    (0.75, ORANGE, "-.", "35-75 %"),
    (np.inf, VERMILION, ":", "over 75 %"),
)
OTHERS: tuple[str, LineStyle, str] = (PURPLE, "-", "built by a neighbour")
LABEL_DEGREES = 1.3
"""How far a label lies from its course, and a little more from other labels."""
WEST, EAST, SOUTH, NORTH = 44.0, 90.0, 23.0, 56.0


def draw_map(report: RunReport, folder: Path) -> None:
    """Draw the network over the outlines of the countries (Natural Earth), candidates numbered by the list beside."""
    from matplotlib.collections import LineCollection
    from matplotlib.lines import Line2D

    figure, axes = new_figure(5.2, left=0.6, right=2.3)
    outlines = _outlines()
    axes.add_collection(LineCollection([ring for _, ring in outlines], colors="#BBBBBB", linewidths=0.6))
    for iso3, (x, y) in _labels(outlines).items():
        axes.text(x, y, iso3, fontsize=7.0, color="#999999", ha="center", va="center")
    existing = [
        _course(report.scenario, slug)
        for slug in report.results.link_ids
        if report.scenario.links[slug].role != "candidate"
    ]
    axes.add_collection(LineCollection(existing, colors=GREY, linewidths=0.8))
    names = dict(zip(report.results.candidates.ids, report.results.candidates.names, strict=True))
    listed = []
    taken: list[FloatArray] = []
    for number, slug in enumerate(report.financing.link_ids, start=1):
        colour, style = _look(report, number - 1)
        course = np.array(_course(report.scenario, slug))
        axes.plot(course[:, 0], course[:, 1], color=colour, linestyle=style, linewidth=2.2)
        point, label = _free_place(course, taken)
        taken.append(label)
        axes.annotate(
            str(number),
            (float(point[0]), float(point[1])),
            xytext=(float(label[0]), float(label[1])),
            arrowprops={"arrowstyle": "-", "linewidth": 0.5},
            fontsize=6.0,
            ha="center",
            va="center",
            bbox={"boxstyle": "circle,pad=0.15", "fc": "white", "ec": BLACK, "lw": 0.5},
        )
        listed.append(f"{number:>2}  {wrap_name(names[slug], 36, indent='     ')}")
    axes.text(1.02, 1.0, "\n".join(listed), transform=axes.transAxes, fontsize=6.3, va="top", linespacing=1.35)
    looks = (*(look[1:] for look in CLASSES), OTHERS)
    key = [Line2D([], [], color=colour, linestyle=style, linewidth=2.2, label=words) for colour, style, words in looks]
    key.append(Line2D([], [], color=GREY, linewidth=0.8, label="existing link"))
    axes.legend(
        handles=key,
        title="mean gap / planned cost",
        loc="lower left",
        fontsize=7,
        title_fontsize=7,
        frameon=True,
        framealpha=0.9,
    )
    axes.set_xlim(WEST, EAST)
    axes.set_ylim(SOUTH, NORTH)
    axes.set_aspect(1.0 / np.cos(np.radians(0.5 * (SOUTH + NORTH))))
    axes.grid(visible=False)
    title = "Candidate links by residual gap over planned cost"
    name_axes(axes, title, "longitude [degrees east]", "latitude [degrees north]")
    save_figure(figure, folder, "map", f"{report.note}. Outlines: Natural Earth; courses are schematic")


def _look(report: RunReport, place: int) -> tuple[str, LineStyle]:
    planned = float(np.sum(report.financing.planned_cost_musd[place] / report.results.us_index))
    if planned <= 0.0:
        return OTHERS[:2]
    share = float(report.financing.gap_by_link_musd[place].mean()) / planned
    return next((colour, style) for limit, colour, style, _ in CLASSES if share <= limit)


def _course(scenario: Scenario, slug: str) -> list[tuple[float, float]]:
    return [(scenario.nodes[node].lon, scenario.nodes[node].lat) for node in scenario.links[slug].via]


def _free_place(course: FloatArray, taken: list[FloatArray]) -> tuple[FloatArray, FloatArray]:
    """Return a point of a course and a place beside it for the label, near the middle and clear of other labels.

    The label lies at a right angle to the course, so that short links stay visible.
    """
    ends = len(course) - 1
    steps = np.linspace(0.0, float(ends), 41)
    points = np.stack([np.interp(steps, np.arange(ends + 1), course[:, axis]) for axis in (0, 1)], axis=1)
    hops = np.diff(course, axis=0)[np.minimum(steps.astype(int), ends - 1)]
    across = np.stack([-hops[:, 1], hops[:, 0]], axis=1) / np.maximum(np.hypot(hops[:, 0], hops[:, 1]), 1e-9)[:, None]
    near = np.argsort(np.abs(np.arange(41) - 20), kind="stable")
    choices = [(points[k], points[k] + side * LABEL_DEGREES * across[k]) for k in near for side in (1.0, -1.0)]
    clear = [np.min([np.hypot(*(label - other)) for other in taken], initial=9.0) for _, label in choices]
    good = [k for k, distance in enumerate(clear) if distance > 1.1 * LABEL_DEGREES]
    return choices[good[0] if good else int(np.argmax(clear))]


def _labels(outlines: list[tuple[str, FloatArray]]) -> dict[str, tuple[float, float]]:
    """Where the code of each country stands: the middle of its largest ring, where that is on the map."""
    largest: dict[str, FloatArray] = {}
    for iso3, ring in outlines:
        if len(ring) > len(largest.get(iso3, ())):
            largest[iso3] = ring
    middles = {iso3: 0.5 * (ring.min(axis=0) + ring.max(axis=0)) for iso3, ring in largest.items()}
    return {
        iso3: (float(x), float(y))
        for iso3, (x, y) in middles.items()
        if WEST + 1.0 < x < EAST - 1.0 and SOUTH + 1.0 < y < NORTH - 1.0
    }


def _outlines() -> list[tuple[str, FloatArray]]:
    """Rings of the countries' outlines with their codes, as (points, 2) longitude and latitude."""
    shapes = json.loads((scenario_folder() / "tables" / "geo" / "countries.geojson").read_text(encoding="utf-8"))
    rings = []
    for feature in shapes["features"]:
        geometry = feature["geometry"]
        polygons = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
        rings += [(feature["properties"]["iso3"], np.array(ring)) for polygon in polygons for ring in polygon]
    return rings
