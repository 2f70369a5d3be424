"""Regrets: what each plan leaves under each policy beyond the best plan for that policy."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simmodel.report.figures.style import BLACK, SETTINGS, amount, new_figure, save_figure, wrap_name

DARK = 0.5  # of the colour scale, from which figures are written in white
APART = 0.25  # of a column, between the policies and the largest of them
SMALLEST_SCALE = 1.0  # constant musd: smaller regrets than this are not drawn in full colour


def draw_regrets(
    folder: Path,
    *,
    plans: Sequence[str],
    policies: Sequence[str],
    regret_musd: NDArray[np.float64],
    unit: str,
    note: str,
) -> None:
    """Draw a matrix of plans and policies, the largest regret of each plan beside it.

    Parameters
    ----------
    folder : to write regrets.png and regrets.svg into
    plans, policies : in words
    regret_musd : (plans, policies) [constant musd]
    unit : what the figures are
    note : line under the figure
    """
    import matplotlib as mpl

    settings: Any = SETTINGS
    count = len(policies)
    largest = regret_musd.max(axis=1)
    top = max(float(largest.max()), SMALLEST_SCALE) / 0.85
    rows = np.arange(len(plans) + 1.0)
    with mpl.rc_context(settings):
        figure, axes = new_figure(1.6 + 0.36 * len(plans), left=2.3, top=0.72, bottom=0.72)
        for left, values in ((0.0, regret_musd), (count + APART, largest[:, None])):
            edges = left + np.arange(values.shape[1] + 1.0)
            axes.pcolormesh(edges, rows, values, cmap="Blues", vmin=0.0, vmax=top, edgecolors="#FFFFFF", linewidth=1.5)
            for (row, column), value in np.ndenumerate(values):
                colour = "#FFFFFF" if value > DARK * top else BLACK
                text = amount(round(float(value), 1) + 0.0)
                axes.text(left + column + 0.5, row + 0.5, text, ha="center", va="center", color=colour)
        axes.set_xlim(0.0, count + APART + 1.0)
        axes.set_ylim(len(plans), 0.0)
        axes.grid(visible=False)
        axes.set_yticks(rows[:-1] + 0.5, [wrap_name(name, 36) for name in plans], fontsize=8.5)
        names = [*(wrap_name(name, 14) for name in policies), "largest"]
        axes.set_xticks([*(np.arange(count) + 0.5), count + APART + 0.5], names, fontsize=8.0)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        height = figure.get_figheight()
        title = "Regret of each plan under each policy"
        figure.text(0.012, 1.0 - 0.08 / height, title, fontsize=11.0, fontweight="bold", va="top")
        figure.text(0.012, 1.0 - 0.31 / height, unit, fontsize=8.0, va="top", linespacing=1.3)
        save_figure(figure, folder, "regrets", note)
