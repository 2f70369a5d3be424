"""What the command line prints: problems to standard error, answers to standard output, both as plain text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import TYPE_CHECKING

import typer

from simmodel.errors import ScenarioError, SimmodelError

if TYPE_CHECKING:
    from simmodel.inputs.link_costs import LinkCapex
    from simmodel.scenario.explain import Statement


def print_error(error: SimmodelError) -> None:
    """Print an error the user can mend, without traceback."""
    if isinstance(error, ScenarioError):
        for problem in error.problems:
            typer.echo(str(problem), err=True)
        count = len(error.problems)
        typer.echo(f"{count} problem{'s' if count != 1 else ''} found", err=True)
    else:
        typer.echo(f"error: {error}", err=True)


def print_capex(capex: LinkCapex, codes: tuple[str, ...]) -> None:
    """Print the planned capex of a link item by item; `codes` names its segments."""
    how = "as given by the scenario" if capex.is_given else "engineering estimate"
    typer.echo(f"links.{capex.link}.capex = {capex.total_musd:.4g} musd, {how}:")
    for item in capex.components:
        typer.echo(f"  {item.amount_musd:10.4f} musd  {codes[item.hop]:<8} {item.item}")
    typer.echo(f"  {capex.preparation_musd:10.4f} musd  preparation")
    typer.echo(f"  {capex.contingency_musd:10.4f} musd  contingency (planned reserve, not in the draws)")
    typer.echo(f"  {capex.programme_musd:10.4f} musd  of the total falls on segments of the programme")
    typer.echo("computed from:")


def print_statements(statements: Iterable[Statement]) -> None:
    """Print where values come from."""
    for statement in statements:
        print_statement(statement)


def print_statement(statement: Statement) -> None:
    """Print one value with its unit, source, quality, place and history."""
    unit = f" {statement.unit}" if statement.unit else ""
    typer.echo(f"{statement.path} = {statement.value}{unit}")
    details = [
        ("quality", statement.quality),
        ("year", statement.year),
        ("source", statement.source),
        ("place", statement.place),
        ("note", statement.note),
        *(("replaced", text) for text in statement.replaced),
    ]
    for label, text in details:
        if text:
            typer.echo(textwrap.fill(text, 110, initial_indent=f"    {label:<9}", subsequent_indent=" " * 13))
