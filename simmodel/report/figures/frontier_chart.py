"""The frontier: how much gap the next million of another objective costs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from simmodel.report.figures.style import BLUE, GREY, SETTINGS, VERMILION, name_axes, new_figure, save_figure


def draw_frontier(
    folder: Path,
    *,
    gap_musd: Sequence[float],
    other_musd: Sequence[float],
    other: str,
    near_musd: Sequence[tuple[float, float]],
    note: str,
) -> None:
    """Draw efficient plans, and mixes near the best one, as gap over another objective.

    Parameters
    ----------
    folder : to write frontier.png and frontier.svg into
    gap_musd, other_musd : of the efficient plans [constant musd, nominal musd]
    other : the other objective in words, with its unit
    near_musd : (other, gap) of the alternatives
    note : line under the figure
    """
    import matplotlib as mpl

    settings: Any = SETTINGS
    with mpl.rc_context(settings):
        figure, axes = new_figure(4.0)
        axes.plot(other_musd, gap_musd, color=BLUE, marker="o", markersize=4.0, linewidth=1.2, label="efficient plans")
        if near_musd:
            x, y = zip(*near_musd, strict=True)
            axes.scatter(x, y, color=VERMILION, marker="x", s=28.0, label="other mixes near the smallest gap", zorder=3)
        axes.set_ylim(bottom=0.0)
        axes.legend(loc="lower left", labelcolor=GREY)
        name_axes(axes, "What a smaller gap costs", other, "mean gap over fresh draws, constant musd")
        save_figure(figure, folder, "frontier", note)
