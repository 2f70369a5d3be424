"""Commands about scenarios: check, new, schema, explain."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated

import typer

from simmodel.cli.messages import print_capex, print_error, print_statements
from simmodel.errors import ScenarioError, StorageError

Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PATH=VALUE", help="Lay a value over the scenario; may be repeated, the last wins."),
]


def register(app: typer.Typer) -> None:
    """Add the commands of this file to the application."""
    panel = "Scenarios"
    app.command("check", rich_help_panel=panel)(check)
    app.command("new", rich_help_panel=panel)(new)
    app.command("schema", rich_help_panel=panel)(schema)
    app.command("explain", rich_help_panel=panel)(explain)


def check(
    files: Annotated[list[str], typer.Argument(metavar="FILES...", help="Scenario files, or names of shipped ones.")],
    settings: Settings = None,
) -> None:
    """Check scenarios and print every problem with its file, line and column.

    Example: simmodel check scenarios/almaty.yaml scenarios/trans_caspian.yaml
    """
    from simmodel.scenario import load_with_provenance

    failed = False
    for file in files:
        try:
            loaded = load_with_provenance(file, overrides=settings or ())
        except ScenarioError as error:
            print_error(error)
            failed = True
            continue
        scenario = loaded.scenario
        links = scenario.included_links()
        candidates = sum(link.role == "candidate" for link in links.values())
        reforms = sum(reform.enabled for reform in scenario.reforms.values())
        typer.echo(
            f"{file}: ok, {len(scenario.regions)} regions in {len(scenario.countries)} countries, "
            f"{len(links) - candidates} existing and {candidates} candidate links, policy {scenario.policy.name}, "
            f"{reforms} reforms, {scenario.study.first_year}-{scenario.study.first_year + scenario.study.years - 1}"
        )
        for line in loaded.warnings:
            typer.echo(f"note: {line}", err=True)
    if failed:
        raise typer.Exit(ScenarioError.exit_code)


def new(
    name: Annotated[str, typer.Argument(help="Name of the new scenario; the file is NAME.yaml.")],
    source: Annotated[str, typer.Option("--from", help="Scenario the new one extends.")] = "almaty",
    folder: Annotated[Path, typer.Option(help="Folder of the new file.")] = Path("."),
) -> None:
    """Write a new scenario that extends another one, ready to be changed.

    Example: simmodel new my_case --from almaty
    """
    from simmodel.scenario.catalog import find_scenario, shipped_scenarios

    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", name):
        raise typer.BadParameter("letters, digits, - and _ only", param_hint="NAME")
    origin = find_scenario(source)
    if not origin.is_file():
        raise typer.BadParameter(
            f"no scenario {source}; shipped are {', '.join(shipped_scenarios())}", param_hint="--from"
        )
    target = folder / f"{name}.yaml"
    if target.exists():
        raise StorageError(f"{target} exists already; choose another name")
    parent = (
        origin.stem
        if origin.stem in shipped_scenarios()
        else Path(os.path.relpath(origin.resolve(), folder.resolve())).as_posix()
    )
    try:
        target.write_text(new_scenario_text(name, parent, folder), encoding="utf-8")
    except OSError as error:
        raise StorageError(f"cannot write {target}: {error}") from error
    typer.echo(f"{target} written; next: simmodel check {target}")


def new_scenario_text(name: str, parent: str, folder: Path) -> str:
    """Return the text of a new scenario file that extends `parent`."""
    from simmodel.scenario.catalog import scenario_folder
    from simmodel.scenario.export_schema import SCHEMA_FILE

    beside = (folder / SCHEMA_FILE).is_file()
    schema_place = SCHEMA_FILE if beside else (scenario_folder() / SCHEMA_FILE).as_posix()
    return f"""# yaml-language-server: $schema={schema_place}
# Values here win over those of the files below; `simmodel explain {name}.yaml PATH` says where a value comes from.
extends: [{parent}]
study:
  name: {name}
# Examples of changes:
# policy: {{name: mine, co_deployment: true, reforms: [gateway_liberalisation, dig_once]}}
# selection: {{candidates: [trans_caspian, casa_1000]}}
# links:
#   trans_caspian: {{start_year: 2028, resilience_standard: high}}
# parameters:
#   theta: {{value: 5, low: 3, high: 8}}
# A link of your own, with what it needs (nodes, borders, terrains and methods are those of the tables):
# links:
#   tashkent_almaty:
#     {{code: X1, name: Tashkent-Almaty, role: candidate, from_node: TAS, to_node: ALA, via: [TAS, CIT, ALA],
#       countries: [UZB, KAZ], length_km: 820, latency_one_way: 4.1, design_maximum: 64000, in_service_today: false,
#       start_year: 2028, non_completion_probability: 0.2, regime: cournot, regime_today: cournot, sellers_today: 2,
#       affiliate_share: 0.3, markup_to_rivals: 0.1, segments: [
#         {{segment_id: X1-1, sequence: 1, from_node: TAS, to_node: CIT, iso3: UZB, km: 130, terrain: plain,
#           method: road, codeployable_share: 0.2, border_node: YAL, in_programme: true}},
#         {{segment_id: X1-2, sequence: 2, from_node: CIT, to_node: ALA, iso3: KAZ, km: 690, terrain: plain,
#           method: road, codeployable_share: 0.2, in_programme: true}}]}}
"""


def schema(
    out: Annotated[Path | None, typer.Option(help="File to write; standard output otherwise.")] = None,
) -> None:
    """Print the JSON Schema of scenario files, for editors.

    Example: simmodel schema --out scenarios/scenario.schema.json
    """
    from simmodel.scenario.export_schema import export_schema

    text = export_schema()
    if out is None:
        typer.echo(text, nl=False)
        return
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StorageError(f"cannot write {out}: {error}") from error


def explain(
    scenario: Annotated[str, typer.Argument(metavar="SCENARIO", help="Scenario file, or name of a shipped one.")],
    path: Annotated[str, typer.Argument(metavar="PATH", help="Dotted path of a value, a group, or links.NAME.capex.")],
    settings: Settings = None,
) -> None:
    """Say where a value comes from: unit, source, quality, file and line, and what it overrode.

    Example: simmodel explain scenarios/almaty.yaml links.trans_caspian.capex
    """
    from simmodel.scenario import load_with_provenance
    from simmodel.scenario.explain import explain_path, explain_values, link_of_capex

    loaded = load_with_provenance(scenario, overrides=settings or ())
    slug = link_of_capex(loaded.scenario, path)
    if slug is None:
        print_statements(explain_path(loaded, path))
        return
    from simmodel.inputs.link_costs import planned_capex_musd

    capex = planned_capex_musd(loaded.scenario, slug)
    print_capex(capex, tuple(segment.segment_id for segment in loaded.scenario.links[slug].segments))
    if capex.is_given:
        paths = [f"links.{slug}.capex_musd"]
    else:
        paths = [leaf for item in capex.components for leaf in item.paths]
        paths += ["parameters.preparation_share", "parameters.contingency"]
    print_statements(explain_values(loaded, paths))
