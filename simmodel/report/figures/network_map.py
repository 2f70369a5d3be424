"""Map of the links: existing ones grey, candidates coloured by the share of their planned cost that stays unpaid."""

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
    VERMILION,
    name_axes,
    new_figure,
    save_figure,
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
WEST, EAST, SOUTH, NORTH = 44.0, 90.0, 23.0, 56.0


def draw_map(report: RunReport, folder: Path) -> None:
    """Draw the network over the outlines of the countries (Natural Earth), candidates numbered by the list beside."""
    from matplotlib.collections import LineCollection
    from matplotlib.lines import Line2D

    figure, axes = new_figure(5.2, left=0.6, right=2.3)
    axes.add_collection(LineCollection(_outlines(), colors="#BBBBBB", linewidths=0.6))
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
        place = _free_place(course, taken)
        taken.append(place)
        axes.annotate(
            str(number),
            (float(place[0]), float(place[1])),
            fontsize=6.5,
            ha="center",
            va="center",
            bbox={"boxstyle": "circle,pad=0.15", "fc": "white", "ec": BLACK, "lw": 0.5},
        )
        listed.append(f"{number}  {_short(names[slug])}")
    axes.text(1.02, 1.0, "\n".join(listed), transform=axes.transAxes, fontsize=6.5, va="top", linespacing=1.5)
    key = [
        Line2D([], [], color=colour, linestyle=style, linewidth=2.2, label=words) for _, colour, style, words in CLASSES
    ]
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
    title = "Candidate links and what stays unpaid of their cost"
    name_axes(axes, title, "longitude [degrees east]", "latitude [degrees north]")
    save_figure(figure, folder, "map", f"{report.note}. Outlines: Natural Earth; courses are schematic")


def _look(report: RunReport, place: int) -> tuple[str, LineStyle]:
    planned = float(np.sum(report.financing.planned_cost_musd[place] / report.results.us_index))
    gap = float(report.financing.gap_by_link_musd[place].mean())
    share = gap / planned if planned > 0.0 else 0.0
    return next((colour, style) for limit, colour, style, _ in CLASSES if share <= limit)


def _course(scenario: Scenario, slug: str) -> list[tuple[float, float]]:
    return [(scenario.nodes[node].lon, scenario.nodes[node].lat) for node in scenario.links[slug].via]


def _free_place(course: FloatArray, taken: list[FloatArray]) -> FloatArray:
    """Return the point of a course nearest its middle that keeps clear of the labels already placed."""
    steps = np.linspace(0.0, len(course) - 1.0, 41)
    points = np.stack([np.interp(steps, np.arange(len(course)), course[:, axis]) for axis in (0, 1)], axis=1)
    order = np.argsort(np.abs(np.arange(41) - 20), kind="stable")
    clear = [np.min([np.hypot(*(points[k] - other)) for other in taken], initial=9.0) for k in order]
    good = [k for k, distance in zip(order, clear, strict=True) if distance > 1.3]
    chosen: FloatArray = points[good[0] if good else order[int(np.argmax(clear))]]
    return chosen


def _outlines() -> list[FloatArray]:
    """Rings of the countries' outlines, as (points, 2) longitude and latitude."""
    shapes = json.loads((scenario_folder() / "tables" / "geo" / "countries.geojson").read_text(encoding="utf-8"))
    rings = []
    for feature in shapes["features"]:
        geometry = feature["geometry"]
        polygons = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
        rings += [np.array(ring) for polygon in polygons for ring in polygon]
    return rings


def _short(name: str, longest: int = 34) -> str:
    return name if len(name) <= longest else name[: longest - 1].rstrip() + "…"
