"""Write a frontier and the mixes near the best plan into a folder: two tables, a figure, a manifest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from simmodel.errors import ScenarioError
from simmodel.financing.frontier import AXES, EfficientPlan, ask_frontier, find_alternatives, find_frontier, plans_table
from simmodel.report.figures.frontier_chart import draw_frontier
from simmodel.report.tables import write_table
from simmodel.results.store import new_folder
from simmodel.scenario.problems import Problem
from simmodel.studies.refinance import Refinancing

SHOWN = 5e-5  # a difference of the tax below it would be shown as 0.00 %
Plans = tuple[EfficientPlan, ...]
WORDS = {"subsidy": "reference-price subsidy, nominal musd", "private": "private money, nominal musd"}


def read_axes(text: str) -> tuple[str, ...]:
    """Return the axes beside the gap.

    Raises
    ------
    ScenarioError   anything but the gap and one or two of the others
    """
    names = [name.strip() for name in text.split(",")]
    others = tuple(name for name in names if name != "gap")
    if names.count("gap") != 1 or not others or len(set(others)) != len(others) or not set(others) <= set(AXES):
        message = f"{text!r}: write gap and one or two of {', '.join(AXES)}, as gap,subsidy"
        raise ScenarioError([Problem("--axes", 0, 0, "", message)])
    return others


def write_frontier(
    stored: Refinancing, out: Path, *, axes: tuple[str, ...], points: int, slack: float, overwrite: bool
) -> tuple[Plans, Plans]:
    """Find and write the frontier and the alternatives; return both.

    Raises
    ------
    StorageError   see `simmodel.results.store`
    """
    question = ask_frontier(stored.scenario, stored.run.cash)
    frontier = find_frontier(question, axes=axes, points=points)
    near = find_alternatives(question, slack=slack)
    with new_folder(out, overwrite=overwrite) as folder:
        for table in (plans_table("frontier", frontier), plans_table("alternatives", near)):
            write_table(folder / f"{table.name}.csv", table.header, table.rows)
        first = axes[0]

        def other(plan: EfficientPlan) -> float:
            return plan.subsidy_musd if first == "subsidy" else plan.private_musd

        draw_frontier(
            folder,
            gap_musd=[plan.gap_musd for plan in frontier],
            other_musd=[other(plan) for plan in frontier],
            other=WORDS[first],
            near_musd=[(other(plan), plan.gap_musd) for plan in near],
            note=source_note(stored.run.manifest),
        )
        manifest = {**stored.run.manifest, "frontier_axes": ["gap", *axes], "points": points, "slack": slack}
        (folder / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    return frontier, near


def source_note(manifest: dict[str, Any]) -> str:
    """Return where the numbers come from, for the foot of the figure."""
    run = f"simmodel {manifest['version']}, scenario {manifest['scenario']}"
    return f"Source: {run}; {manifest['draws']:,} draws, seed {manifest['seed']}"


def frontier_text(frontier: Plans, near: Plans) -> str:
    """Return both as lines for a screen."""
    head = f"  {'':<30}{'gap':>9}{'P90':>9}{'subsidy':>9}{'private':>9}{'public':>9}{'agreements':>12}{'elsewhere':>11}"
    lines = ["Efficient plans: gap over fresh draws in constant musd, money in nominal musd", head]
    lines += [_line(plan) for plan in frontier]
    lines += ["", "Other mixes near the smallest gap", head]
    lines += [_line(plan) for plan in near]
    largest = max((plan.tax_difference for plan in (*frontier, *near)), default=0.0)
    if largest >= SHOWN:
        lines += [
            "",
            f"Tax after each plan's interest: within {largest:.2%} of a link's CFADS of the tax planned with.",
        ]
    return "\n".join(lines)


def _line(plan: EfficientPlan) -> str:
    return (
        f"  {plan.name:<30}{plan.gap_musd:>9,.1f}{plan.gap_p90_musd:>9,.1f}{plan.subsidy_musd:>9,.1f}"
        f"{plan.private_musd:>9,.1f}{plan.public_musd:>9,.1f}{plan.agreements:>12}{plan.distance:>11.0%}"
    )
