"""Fan charts over the years: traffic and wholesale price of the region, without and with the programme."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from simmodel.report.figures.style import BLUE, VERMILION, name_axes, new_figure, save_figure
from simmodel.report.run_report import RunReport
from simmodel.results.array_types import FloatArray
from simmodel.results.spread import Spread

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LINES = (
    ("with", "with links, co-deployment and reforms", BLUE, "-"),
    ("without", "without the programme", VERMILION, "--"),  # on top: where the two agree, both are seen
)


def draw_traffic(report: RunReport, folder: Path) -> None:
    """Draw the traffic of all countries."""
    scale = np.full(len(report.results.years), 1e-3)
    _draw_fan(
        report, folder, "traffic", report.results.countries.region_demand, scale,
        "International traffic of the region", "busy-hour traffic [Tbit/s], log scale",
    )  # fmt: skip


def draw_price(report: RunReport, folder: Path) -> None:
    """Draw the traffic-weighted wholesale price of all countries in constant dollars."""
    year = report.scenario.study.price_year
    _draw_fan(
        report, folder, "wholesale_price", report.results.countries.region_price, 1.0 / report.results.us_index,
        "Wholesale price of international capacity, weighted by traffic",
        f"constant {year} USD per Mbit/s per month, log scale",
    )  # fmt: skip


def _draw_fan(
    report: RunReport, folder: Path, name: str, spreads: dict[str, Spread], scale: FloatArray, title: str, label: str
) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    figure, axes = new_figure(4.2)
    years = np.array(report.results.years)
    for run, words, colour, style in LINES:
        spread = spreads[run]
        axes.fill_between(years, spread.p10 * scale, spread.p90 * scale, color=colour, alpha=0.18, linewidth=0.0)
        for edge in (spread.p10, spread.p90):
            axes.plot(years, edge * scale, color=colour, linestyle=style, linewidth=0.7)
        axes.plot(
            years,
            spread.p50 * scale,
            color=colour,
            linestyle=style,
            linewidth=1.8,
            label=f"{words}: median (thick), P10 and P90 (thin)",
        )
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(FuncFormatter(_plain_number))
    axes.yaxis.set_minor_formatter(FuncFormatter(_minor_label(axes)))
    axes.set_xlim(years[0], years[-1])
    axes.xaxis.set_major_locator(MaxNLocator(nbins=8, steps=[1, 2, 5, 10], integer=True))
    name_axes(axes, title, "year", label)
    axes.legend(loc="best")
    save_figure(figure, folder, name, report.note)


def _plain_number(value: float, _position: int | None = None) -> str:
    return f"{value:,.10g}"


def _minor_label(axes: Axes) -> Callable[[float, int | None], str]:
    """Return what labels minor ticks: 2 and 5 only, and only when few decades are shown."""

    def label(value: float, _position: int | None = None) -> str:
        low, high = axes.get_ylim()
        leading = round(value / 10.0 ** np.floor(np.log10(value) + 1e-9))
        return _plain_number(value) if high / low < 200.0 and leading in (2, 5) else ""

    return label
