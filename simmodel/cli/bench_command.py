"""The command that says how fast the engine is here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from simmodel.studies.engine_speed import EngineSpeed

HELP = """Measure the engine on this machine: start, draws a second by threads, memory.

Takes a minute or so, and more the first time, when the engine is compiled.  The comparison with other programs, and
how the numbers of the documentation were measured, is `make bench` in a copy of the repository.

Examples:

  simmodel bench

  simmodel bench trans_caspian --draws 5000 --threads 4
"""


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("bench", help=HELP, rich_help_panel="Studies")(bench)


def bench(
    scenario: Annotated[str, typer.Argument(help="Scenario file, or the name of a shipped one.")] = "almaty",
    draws: Annotated[int, typer.Option(min=1, help="Draws in a round.")] = 2000,
    threads: Annotated[int | None, typer.Option(min=1, help="Most threads to try. Default: one a processor.")] = None,
) -> None:
    """Measure the engine."""
    from simmodel.cli.run_command import told_progress
    from simmodel.inputs.build import build_model_inputs
    from simmodel.scenario import load_scenario
    from simmodel.studies.engine_speed import measure_engine

    with told_progress() as told:
        told.tell("building the network and its routes", 0, 0)
        inputs = build_model_inputs(load_scenario(scenario))
        speed = measure_engine(inputs, draws=draws, most_threads=threads, progress=told.tell)
    years, network = len(inputs.network.years), inputs.network
    typer.echo(
        f"{scenario}: {len(network.links)} links, {len(network.regions)} regions, {len(network.paths)} paths, "
        f"{years} years, {len(network.runs)} runs a draw"
    )
    for line in speed_lines(speed):
        typer.echo(line)


def speed_lines(speed: EngineSpeed) -> list[str]:
    """The answer as lines of text."""
    how = "compiled" if speed.compiled else "compiled code found"
    lines = [f"start        {speed.start_s:10.2f} s   ({how}; kept in {speed.cache_folder})"]
    if speed.compiled:
        lines.append("                             once compiled it starts faster: run this again to see how much")
    one = speed.draws_per_second[1] if 1 in speed.draws_per_second else None
    for threads, rate in speed.draws_per_second.items():
        times = f", {rate / one:.2f} times one" if one and threads > 1 else ""
        name = f"{threads} thread{'s' if threads > 1 else ''}"
        lines.append(f"{name:<12} {rate:10,.0f} draws/s   ({1e3 / rate:.3g} ms a draw{times})")
    if speed.peak_mib is not None:
        lines.append(f"memory       {speed.peak_mib:10,.0f} MiB at most")
    return lines
