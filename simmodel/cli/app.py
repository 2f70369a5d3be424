"""The command line: parse, call, print. Each command group is a file with a function `register(app)`."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from simmodel import __version__
from simmodel.cli import bench_command, finance_command, run_command, scenario_commands, starts_command
from simmodel.cli.messages import print_error
from simmodel.errors import SimmodelError

COMMAND_GROUPS = (run_command, finance_command, starts_command, bench_command, scenario_commands)

app = typer.Typer(
    name="simmodel",
    help="Cross-border telecom links of Central Asia: which pay, at what price, financed how, and what gap is left.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    add_completion=False,
)
for group in COMMAND_GROUPS:
    group.register(app)


def print_version(wanted: bool) -> None:
    """Print the version and leave."""
    if wanted:
        typer.echo(f"simmodel {__version__}")
        raise typer.Exit()


@app.callback()
def common(
    version: Annotated[
        bool, typer.Option("--version", callback=print_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """Cross-border telecom links of Central Asia: which pay, at what price, financed how, and what gap is left."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit code; a mistake of the user prints lines and no traceback."""
    try:
        app(args=None if arguments is None else list(arguments))
    except SimmodelError as error:
        print_error(error)
        sys.exit(error.exit_code)


def program() -> None:
    """Be the program: `main`, in a process that lives for one command only.

    Such a process drops few cycles of objects, so it seldom looks for them, and it leaves without freeing object by
    object what the system frees at once: together a tenth of a run.  Its matrices are small: threads of OpenBLAS would
    only wait for them, busily.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read when numpy is imported, which is not yet
    gc.set_threshold(100_000)
    try:
        main()
    except SystemExit as leaving:
        if not isinstance(leaving.code, int):
            raise
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(leaving.code)


if __name__ == "__main__":
    program()
