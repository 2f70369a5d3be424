"""Draw every figure of a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from simmodel.report.figures.fan_charts import draw_price, draw_traffic
from simmodel.report.figures.gap_charts import draw_financing_mix, draw_gap_by_link, draw_s_curve, draw_waterfall
from simmodel.report.figures.network_map import draw_map
from simmodel.report.figures.style import SETTINGS
from simmodel.report.run_report import RunReport

FIGURES = (draw_waterfall, draw_financing_mix, draw_gap_by_link, draw_s_curve, draw_traffic, draw_price, draw_map)


def draw_figures(report: RunReport, folder: Path) -> None:
    """Draw every figure into `folder`, as PNG for reading and SVG for print."""
    import matplotlib as mpl

    folder.mkdir()
    settings: Any = SETTINGS
    with mpl.rc_context(settings):
        for draw in FIGURES:
            draw(report, folder)
