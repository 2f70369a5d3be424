"""One look for every figure: sizes, colours, the line under it, and how it is saved."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito, Color Universal Design, 2008: told apart with any common colour vision, and in grey by their order.
BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, VERMILION, PURPLE = "#F0E442", "#0072B2", "#D55E00", "#CC79A7"
GREY, LIGHT_GREY = "#666666", "#DDDDDD"
HATCHES = ("", "///", "...", "\\\\\\", "xx", "++", "oo", "--")

WIDTH_INCHES = 7.5
DOTS_PER_INCH = 150
SETTINGS: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 9.0,
    "axes.titlesize": 11.0,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": LIGHT_GREY,
    "grid.linewidth": 0.6,
    "hatch.linewidth": 0.5,
    "legend.frameon": False,
    "text.hinting": "none",  # fitting glyphs to pixels costs a seventh of the drawing and shows at no size printed
    "svg.hashsalt": "simmodel",
    "svg.fonttype": "none",
}


def new_figure(
    height_inches: float, *, left: float = 0.75, right: float = 0.2, top: float = 0.4, bottom: float = 0.75
) -> tuple[Figure, Axes]:
    """Return a figure with one panel; margins in inches, `bottom` with room for the note."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH_INCHES, height_inches))
    FigureCanvasAgg(figure)
    width, height = WIDTH_INCHES - left - right, height_inches - top - bottom
    place = (left / WIDTH_INCHES, bottom / height_inches, width / WIDTH_INCHES, height / height_inches)
    return figure, figure.add_axes(place)


def name_axes(axes: Axes, title: str, x_label: str = "", y_label: str = "") -> None:
    """Write title and axis labels at fixed places, so that nothing has to be measured to place them."""
    box, (width, height) = axes.get_position(), axes.get_figure().get_size_inches()  # type: ignore[union-attr]
    axes.set_title(title, y=1.0 + 0.07 / (box.height * height))
    if x_label:
        axes.set_xlabel(x_label, va="center")
        axes.xaxis.set_label_coords(0.5, -0.36 / (box.height * height))
    if y_label:
        axes.set_ylabel(y_label, va="center")
        axes.yaxis.set_label_coords((0.13 - box.x0 * width) / (box.width * width), 0.5)


def save_figure(figure: Figure, folder: Path, name: str, note: str) -> None:
    """Write a figure as PNG and SVG, with the note under it."""
    figure.text(0.012, 0.008, note, fontsize=7.0, color=GREY, ha="left", va="bottom")
    figure.savefig(
        folder / f"{name}.png", dpi=DOTS_PER_INCH, metadata={"Software": None}, pil_kwargs={"compress_level": 1}
    )
    figure.savefig(folder / f"{name}.svg", metadata={"Date": None, "Creator": "simmodel"})


def amount(value: float) -> str:
    """Return an amount as printed beside a bar."""
    return f"{value:,.0f}" if abs(value) >= 99.5 else f"{value:.1f}"


def percent(share: float) -> str:
    """Return a share as text; what is neither none nor all is never shown as 0 or 100 %."""
    if 0.0 < share < 0.005:
        return "under 1 %"
    return "over 99 %" if 0.995 <= share < 1.0 else f"{share * 100:.0f} %"


def wrap_name(name: str, width: int, indent: str = "") -> str:
    """Return a name on at most two lines, cut only where these do not hold it."""
    return "\n".join(textwrap.wrap(name, width, max_lines=2, placeholder=" …", subsequent_indent=indent))
