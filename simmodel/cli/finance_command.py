"""Commands about a stored run: finance it again, trade its objectives off, sign before the policy is known."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from simmodel.financing.gap_conflicts import LinkConflict

FINANCE_HELP = """Finance a stored run again, with another package, without simulating; leaves the same folder as a run.

Examples:

  simmodel finance results/almaty --package mdb_classic

  simmodel finance results/almaty --package blended --out results/blended

  simmodel finance results/almaty --set financing.tail_weight=0.5
"""


FRONTIER_HELP = """Trade the gap of a stored run off against subsidy or private money; find other mixes near the best.

Examples:

  simmodel frontier results/almaty --axes gap,subsidy

  simmodel frontier results/almaty --axes gap,private --points 20
"""


ROBUST_HELP = """Find the plan to sign before it is known which policy comes: the smallest largest regret.

The regret of a plan under a policy is the gap it leaves beyond the best plan for that policy. Policies are the four
portfolio runs, on the same draws: today's rules, co-deployment, reforms, both. Plans are signed on today's cost
estimate and lenders' case.

Examples:

  simmodel robust results/almaty

  simmodel robust results/almaty --package blended --policies today,reforms --out results/robust
"""


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("finance", help=FINANCE_HELP, rich_help_panel="Studies")(finance)
    app.command("frontier", help=FRONTIER_HELP, rich_help_panel="Studies")(frontier)
    app.command("robust", help=ROBUST_HELP, rich_help_panel="Studies")(robust)


def conflicts_text(conflicts: tuple[LinkConflict, ...]) -> str:
    """Return the demands that cannot all hold, link by link."""
    lines = ["", "Without a gap these cannot all hold (one set of possibly several; least amounts of loans apart)"]
    for each in conflicts:
        lines.append(f"  {each.link}" + ("" if each.demands else ": can be paid for in full"))
        lines += [f"    - {demand}" for demand in each.demands]
    return "\n".join(lines)


def finance(
    run: Annotated[Path, typer.Argument(help="Folder of a run.", metavar="RUN")],
    package: Annotated[
        str | None, typer.Option(help="Package of the scenario's financing.packages. Default: as the run was financed.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder to make. Default: RUN-PACKAGE.", metavar="DIR")] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="PATH=VALUE", help="Lay a value over the financing part of the scenario."),
    ] = None,
    why: Annotated[
        bool,
        typer.Option("--why", help="Say of every link which rules cannot all hold without a gap; takes some seconds."),
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the run that is in the folder.")] = False,
) -> None:
    """Finance a stored run again."""
    from simmodel.cli.run_command import told_progress
    from simmodel.results.store import check_place
    from simmodel.studies.refinance import prepare_refinancing

    folder = out or run.with_name(f"{run.name}-{package or 'financed'}")
    check_place(folder, overwrite=overwrite)
    with told_progress() as told:
        told.tell("reading the run", 0, 0)
        again = prepare_refinancing(run, package=package, overrides=tuple(settings or ()))
        told.tell("financing the portfolio", 0, 0)
        report = again.report()
        told.tell("writing tables and figures", 0, 0)
        from simmodel.report.screen import screen_text
        from simmodel.report.write_report import write_report

        summary = write_report(report, folder, overwrite=overwrite, beside=again.keep_draws)
    for line in report.manifest.warnings:
        typer.echo(f"note: {line}", err=True)
    typer.echo(screen_text(summary))
    if why:
        typer.echo(conflicts_text(again.conflicts()))
    typer.echo(f"\nWritten to {folder}")


def frontier(
    run: Annotated[Path, typer.Argument(help="Folder of a run.", metavar="RUN")],
    axes: Annotated[
        str, typer.Option(help="gap,subsidy or gap,private or gap,subsidy,private.", metavar="AXES")
    ] = "gap,subsidy",
    points: Annotated[int, typer.Option(min=2, help="Points of the grid of each axis beside the gap.")] = 15,
    package: Annotated[str | None, typer.Option(help="Package of the scenario's financing.packages.")] = None,
    slack: Annotated[float, typer.Option(min=0.0, max=1.0, help="How much of the gap other mixes may add.")] = 0.02,
    out: Annotated[Path | None, typer.Option(help="Folder to make. Default: RUN-frontier.", metavar="DIR")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what is in the folder.")] = False,
) -> None:
    """Trade the gap off against subsidy or private money."""
    from simmodel.cli.run_command import told_progress
    from simmodel.results.store import check_place
    from simmodel.studies.refinance import prepare_refinancing
    from simmodel.studies.write_frontier import frontier_text, read_axes, write_frontier

    others = read_axes(axes)
    folder = out or run.with_name(f"{run.name}-frontier")
    check_place(folder, overwrite=overwrite)
    with told_progress() as told:
        told.tell("reading the run", 0, 0)
        stored = prepare_refinancing(run, package=package)
        told.tell("tracing the frontier and looking for other mixes", 0, 0)
        answer = write_frontier(stored, folder, axes=others, points=points, slack=slack, overwrite=overwrite)
    typer.echo(frontier_text(*answer))
    typer.echo(f"\nWritten to {folder}")


def robust(
    run: Annotated[Path, typer.Argument(help="Folder of a run.", metavar="RUN")],
    policies: Annotated[
        str, typer.Option(help="At least two of today, co_deployment, reforms, both.", metavar="NAMES")
    ] = "today,co_deployment,reforms,both",
    package: Annotated[str | None, typer.Option(help="Package of the scenario's financing.packages.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder to make. Default: RUN-robust.", metavar="DIR")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what is in the folder.")] = False,
) -> None:
    """Find the plan with the smallest largest regret over policies."""
    from simmodel.cli.run_command import told_progress
    from simmodel.results.store import check_place
    from simmodel.studies.refinance import prepare_refinancing
    from simmodel.studies.write_robust import read_policies, robust_text, write_robust

    names = read_policies(policies)
    folder = out or run.with_name(f"{run.name}-robust")
    check_place(folder, overwrite=overwrite)
    with told_progress() as told:
        told.tell("reading the run", 0, 0)
        stored = prepare_refinancing(run, package=package)
        told.tell("looking for the plan to sign under any policy", 0, 0)
        answer = write_robust(stored, folder, policies=names, overwrite=overwrite)
    typer.echo(robust_text(answer))
    typer.echo(f"\nWritten to {folder}")
