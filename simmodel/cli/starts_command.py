"""The command that asks when each link should start."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

HELP = """Choose when each link starts, and which waits for its host project; simulate and finance the choice.

Every start is simulated once on the same draws; the choice is made together with the money, and simulated again.

Examples:

  simmodel starts almaty

  simmodel starts almaty --delay 2 --delay 4 --link cku_railway --link casa_1000

  simmodel starts trans_caspian --no-host --delay 1 --draws 4096 --out results/later
"""


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("starts", help=HELP, rich_help_panel="Studies")(starts)


def starts(
    scenario: Annotated[str, typer.Argument(help="Scenario file, or the name of a shipped one, as almaty.")],
    delay: Annotated[
        list[int] | None, typer.Option(help="Years by which a link may start later than planned; may be repeated.")
    ] = None,
    host: Annotated[
        bool, typer.Option(help="A link may wait for its host project, up to parameters.max_wait_years.")
    ] = True,
    link: Annotated[
        list[str] | None, typer.Option(help="Link whose start is open; may be repeated. Default: all candidates.")
    ] = None,
    draws: Annotated[int, typer.Option(min=2, help="Draws of every simulation.")] = 2048,
    seed: Annotated[int | None, typer.Option(min=0, help="Seed, in place of the scenario's.")] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="Threads. Default: one a processor.")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Lay a value over the scenario.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder to make. Default: results/SCENARIO-starts.", metavar="DIR")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the run that is in the folder.")] = False,
) -> None:
    """Choose when each link starts."""
    from simmodel.cli.run_command import told_progress
    from simmodel.pipeline import StudyOptions
    from simmodel.results.store import check_place
    from simmodel.studies.start_years import find_starts
    from simmodel.studies.write_starts import starts_text, write_starts

    folder = out or Path("results") / f"{Path(scenario).stem}-starts"
    check_place(folder, overwrite=overwrite)
    options = StudyOptions(draws=draws, seed=seed, overrides=tuple(settings or ()), threads=threads)
    with told_progress() as told:
        found = find_starts(scenario, options, delays=delay or (), hosts=host, links=link or (), progress=told.tell)
        told.tell("writing tables and figures", 0, 0)
        answer = write_starts(found, folder, overwrite=overwrite)
    for line in found.study.report.manifest.warnings:
        typer.echo(f"note: {line}", err=True)
    typer.echo(starts_text(answer))
    typer.echo(f"\nWritten to {folder}")
