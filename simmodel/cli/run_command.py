"""The command that does the main job: run a scenario and leave a folder with the answer."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from rich.progress import Progress as ProgressBar

HELP = """Run a scenario: simulate, finance, and write results, tables and figures to a folder.

Examples:

  simmodel run almaty

  simmodel run scenarios/almaty.yaml --draws 2000 --out results/quick

  simmodel run trans_caspian --set links.trans_caspian.start_year=2028 --set policy.reforms=none

  simmodel run almaty --until gap.se=1% --draws 50000

  simmodel run almaty --deterministic --out results/by_hand --overwrite
"""


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("run", help=HELP, rich_help_panel="Studies")(run)


def run(
    scenario: Annotated[str, typer.Argument(help="Scenario file, or the name of a shipped one, as almaty.")],
    out: Annotated[Path | None, typer.Option(help="Folder to make. Default: results/SCENARIO.", metavar="DIR")] = None,
    draws: Annotated[int | None, typer.Option(min=1, help="Draws, in place of the scenario's.")] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Seed of the random numbers, in place of the scenario's.")
    ] = None,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Threads; no result depends on it. Default: one a processor.")
    ] = None,
    keep: Annotated[
        Literal["summary", "scalars", "full"],
        typer.Option(
            help="What is kept: means, quantiles and tail means; and a number per link and draw, and what "
            "`simmodel finance` needs; and every draw."
        ),
    ] = "scalars",
    until: Annotated[
        str | None,
        typer.Option(
            metavar="PRECISION",
            help="Draw until a standard error is small enough, at most --draws: gap.se=1%, gap.se=2musd, need.se=1%.",
        ),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="PATH=VALUE", help="Lay a value over the scenario; may be repeated, the last wins."
        ),
    ] = None,
    deterministic: Annotated[
        bool, typer.Option("--deterministic", help="Every uncertainty at its median: one draw to follow by hand.")
    ] = False,
    strict: Annotated[
        bool,
        typer.Option("--strict", help="Same bits on every kind of processor, in more time: no fused operations."),
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the run that is in the folder.")] = False,
) -> None:
    """Run a scenario."""
    if strict:  # read when the engine is imported, which is not yet
        os.environ["SIMMODEL_STRICT"] = "1"
    from simmodel.pipeline import StudyOptions, run_study
    from simmodel.results.precision import parse_target
    from simmodel.results.simulated_runs import Keep
    from simmodel.results.store import check_place

    target = None if until is None else parse_target(until)
    folder = out or Path("results") / Path(scenario).stem
    check_place(folder, overwrite=overwrite)
    options = StudyOptions(
        draws=draws,
        seed=seed,
        overrides=tuple(settings or ()),
        deterministic=deterministic,
        keep=Keep(keep),
        until=target,
        threads=threads,
    )
    with told_progress() as told:
        study = run_study(scenario, options, told.tell)
        told.tell("writing tables and figures", 0, 0)
        from simmodel.report.screen import screen_text
        from simmodel.report.write_report import write_report
        from simmodel.studies.stored_run import store_run

        keeps = options.keep is not Keep.SUMMARY
        summary = write_report(
            study.report,
            folder,
            overwrite=overwrite,
            beside=(lambda made: store_run(study, made)) if keeps else None,
        )
    for line in study.report.manifest.warnings:
        typer.echo(f"note: {line}", err=True)
    typer.echo(screen_text(summary))
    typer.echo(f"\nWritten to {folder}")


class Teller:
    """Says on standard error what is being done: a moving bar on a terminal, a line a stage elsewhere."""

    def __init__(self, bar: ProgressBar | None) -> None:
        self._bar = bar
        self._task = None if bar is None else bar.add_task("starting", total=None)
        self._words = ""
        self._started = time.perf_counter()

    def tell(self, words: str, done: int, of: int) -> None:
        """Report progress; `of` = 0 when it is not counted."""
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, description=words, completed=done, total=of or None)
        elif words != self._words:
            typer.echo(f"[{time.perf_counter() - self._started:6.1f} s] {words}", err=True)
        self._words = words


@contextmanager
def told_progress() -> Iterator[Teller]:
    """Yield what reports progress; the bar is gone when the block ends."""
    if not sys.stderr.isatty():
        yield Teller(None)
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        yield Teller(bar)
