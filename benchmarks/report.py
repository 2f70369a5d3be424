"""Outcomes as JSON, as a text table, and as figures."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.accuracy import draw_accuracy
from benchmarks.memory import draw_memory
from benchmarks.outcome import Outcome

BAR_NAMES = {
    "numpy": "plain NumPy",
    "scalar": "one draw at a time",
    "c": "C, -O3 -ffast-math",
    "floor": "floor: words, exp, log",
    "work": "floor with arithmetic",
}


def write_outcome(name: str, outcome: Outcome, machine: Mapping[str, Any], folder: Path) -> None:
    """Write one suite's JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    content = {"suite": name, "machine": dict(machine), **outcome.to_json()}
    (folder / f"{name}.json").write_text(json.dumps(content, indent=1, default=float) + "\n", encoding="utf-8")


def read_results(folder: Path) -> dict[str, dict[str, Any]]:
    """Every suite's JSON in a folder, by name."""
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))}


def table_text(results: Mapping[str, dict[str, Any]]) -> str:
    """All tables, then what was to be reached."""
    blocks = []
    for name, result in results.items():
        machine = result["machine"]
        head = f"{name}: {result['title']}\n{machine['processor']}, {machine['threads']} threads, {machine['when']}"
        blocks.append("\n".join([head, "", *aligned(result["columns"], result["rows"]), *notes_of(result)]))
        if result["targets"]:
            blocks.append("\n".join(aligned(("target", "measured", "reach", ""), target_rows(result))))
    return "\n\n".join(blocks) + "\n"


def notes_of(result: Mapping[str, Any]) -> list[str]:
    """Notes under a table."""
    return ["", *(f"  {note}" for note in result["notes"])] if result["notes"] else []


def target_rows(result: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Targets as rows."""
    return [
        (
            target["what"],
            target["measured"],
            f"{'at least' if target['at_least'] else 'at most'} {target['reach']:g}",
            "reached" if target["reached"] else "MISSED",
        )
        for target in result["targets"]
    ]


def aligned(columns: Any, rows: Any) -> list[str]:
    """Lines of a table: text to the left, numbers to the right."""
    cells = [[str(column) for column in columns], *([cell_text(value) for value in row] for row in rows)]
    numeric = [all(isinstance(row[place], int | float) for row in rows) for place in range(len(columns))]
    widths = [max(len(line[place]) for line in cells) for place in range(len(columns))]
    return [
        "  ".join(
            text.rjust(width) if right else text.ljust(width)
            for text, width, right in zip(line, widths, numeric, strict=True)
        ).rstrip()
        for line in cells
    ]


def cell_text(value: Any) -> str:
    """A number with four digits, anything else as it is."""
    return f"{value:,.4g}" if isinstance(value, float) else (f"{value:,}" if isinstance(value, int) else str(value))


def draw_figures(results: Mapping[str, dict[str, Any]], folder: Path) -> list[Path]:
    """Draw the figures of the suites there are, each with the machine and the day it was measured on."""
    figures = {
        "speed": ("versions.png", "The same draws by every version", [draw_versions]),
        "scaling": ("scaling.png", "The engine over sizes", [draw_links, draw_years]),
        "accuracy": ("accuracy.png", "Error of the mean over draws", [draw_accuracy]),
        "memory": ("memory.png", "Most memory of a process; hollow: foretold", [draw_memory]),
    }
    made = []
    for name, (file, words, panels) in figures.items():
        if name not in results:
            continue
        from matplotlib.figure import Figure

        result, machine = results[name], results[name]["machine"]
        figure = Figure(figsize=(7, 4), layout="constrained")
        figure.suptitle(f"{words} ({machine['processor']}, {machine['when'][:10]})", fontsize="medium")
        for place, draw in enumerate(panels, start=1):
            draw(figure.add_subplot(1, len(panels), place), result)
        made.append(folder / file)
        figure.savefig(made[-1], dpi=150)
    return made


def draw_versions(axes: Any, result: Mapping[str, Any]) -> None:
    """Bars of microseconds a draw on the first case, shortest first, the engine's in a colour of its own."""
    case = result["rows"][0][0]
    bars = sorted((row[2], row[1]) for row in result["rows"] if row[0] == case)
    colours = ["tab:orange" if name == "engine" else "tab:blue" for _, name in bars]
    axes.barh([BAR_NAMES.get(name, name) for _, name in bars], [time for time, _ in bars], color=colours)
    axes.bar_label(axes.containers[0], fmt="{:,.0f}", padding=3)
    axes.set(xlabel=f"processor time a draw of the {case}, one thread [µs]")
    axes.margins(x=0.15)


def draw_links(axes: Any, result: Mapping[str, Any]) -> None:
    """Time over the number of links."""
    draw_scaling(axes, result, "links")
    axes.set_ylabel("ns per draw, year and unit of work")


def draw_years(axes: Any, result: Mapping[str, Any]) -> None:
    """Time over the number of years."""
    draw_scaling(axes, result, "years")


def draw_scaling(axes: Any, result: Mapping[str, Any], what: str) -> None:
    """Nanoseconds per draw, year and unit of work."""
    points = [(int(row["case"].split("_")[1]), row["kernel [ns/unit]"]) for row in result["details"].get(what, [])]
    axes.plot(*zip(*points, strict=True), marker="o")
    axes.set(xscale="log", xlabel=what)
    axes.set_xticks([x for x, _ in points], [str(x) for x, _ in points])
    axes.set_ylim(0.0, 1.15 * max(y for _, y in points))
