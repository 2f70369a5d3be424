"""Checks that span several parts of a scenario, each a function with the name of what must hold.

A check reads the scenario before its selection is applied and reports to a `Reporter`, which finds the place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from simmodel.scenario.correlation_check import correlations_are_positive_definite
from simmodel.scenario.finance_checks import countries_are_complete, instruments_are_known_and_eligible
from simmodel.scenario.network_checks import (
    link_nodes_exist,
    links_are_complete,
    network_joins_exist,
    programme_ends_at_borders,
    related_links_are_present,
    segment_joins_exist,
    segments_are_contiguous,
)
from simmodel.scenario.problems import ProblemList, nearest_name
from simmodel.scenario.provenance import Mapping
from simmodel.scenario.reporter import Reporter, value_at
from simmodel.scenario.schema import Scenario
from simmodel.scenario.schema_paths import NESTED_QUANTITIES, field_metadata, types_at
from simmodel.scenario.schema_quantity import Quantity, fit_to_field

SHARE_TOLERANCE = 1e-6
"""How far shares may miss the sum of one."""


def check_scenario(scenario: Scenario, tree: Mapping, problems: ProblemList) -> None:
    """Run every check."""
    reporter = Reporter(tree, problems)
    for check in CHECKS:
        check(scenario, reporter)
    correlations_are_positive_definite(scenario, reporter.add)


def selection_names_exist(scenario: Scenario, report: Reporter) -> None:
    """Names in the selection, the policy and the financing choices are known."""
    selection = scenario.selection
    countries = {region.iso3 for region in scenario.regions.values()}
    candidates = [slug for slug, link in scenario.links.items() if link.role == "candidate"]
    existing = [slug for slug, link in scenario.links.items() if link.role != "candidate"]
    instruments = scenario.instruments
    lists: list[tuple[tuple[str, str], str, str | tuple[str, ...], Iterable[str]]] = [
        (("selection", "regions"), "region", selection.regions, scenario.regions),
        (("selection", "candidates"), "candidate link", selection.candidates, candidates),
        (("selection", "existing"), "existing link", selection.existing, existing),
        (("selection", "countries"), "country with regions", selection.countries, countries),
        (("policy", "reforms"), "reform", scenario.policy.reforms, scenario.reforms),
        (("financing", "instruments"), "instrument", scenario.financing.instruments, instruments),
        (("financing", "exclude_instruments"), "instrument", scenario.financing.exclude_instruments, instruments),
    ]
    for path, what, names, known in lists:
        if isinstance(names, str):
            continue
        for index, name in enumerate(names):
            if name not in known:
                report.unknown((*path, index), what, name, known)


def years_fit_together(scenario: Scenario, report: Reporter) -> None:
    """Price year, first year and the starts of reforms fit together."""
    study = scenario.study
    last_year = study.first_year + study.years - 1
    if study.price_year > study.first_year:
        report.add(("study", "price_year"), f"{study.price_year} is after the first year, {study.first_year}")
    for name, reform in scenario.reforms.items():
        if reform.enabled and not study.first_year <= reform.start_year <= last_year:
            message = f"{reform.start_year} is outside the study, {study.first_year} to {last_year}"
            report.add(("reforms", name, "start_year"), message)
    for index, row in enumerate(scenario.eligibility):
        if row.to_year < row.from_year:
            report.add(("eligibility", index, "to_year"), f"{row.to_year} is before {row.from_year}")


def regions_are_placed(scenario: Scenario, report: Reporter) -> None:
    """Every region lies in a known country and at a known node; a country has at most one rest."""
    rests: dict[str, str] = {}
    for name, region in scenario.regions.items():
        if region.node_id not in scenario.nodes:
            report.unknown(("regions", name, "node_id"), "node", region.node_id, scenario.nodes)
        if region.iso3 not in scenario.countries:
            report.unknown(("regions", name, "iso3"), "country", region.iso3, scenario.countries)
        if region.kind == "rest_of_country":
            if region.iso3 in rests:
                message = f"{region.iso3} already has the rest {rests[region.iso3]}"
                report.add(("regions", name, "kind"), message)
            rests.setdefault(region.iso3, name)
    for name, programme in scenario.smart_cities.items():
        if programme.region_id not in scenario.regions:
            report.unknown(("smart_cities", name, "region_id"), "region", programme.region_id, scenario.regions)


def shares_add_to_one(scenario: Scenario, report: Reporter) -> None:
    """Exit shares of a country add up to one; alternatives of a transit market take at most all of it."""
    for iso3, split in scenario.demand_splits.items():
        total = sum(number.value for number in split.values())
        if abs(total - 1.0) > SHARE_TOLERANCE:
            report.add(("demand_splits", iso3), f"the shares add up to {total:g}, not 1")
        for hub in split:
            if hub not in scenario.hubs:
                report.unknown(("demand_splits", iso3, hub), "hub", hub, scenario.hubs)
    for market, options in scenario.outside_options.items():
        total = sum(option.share_today.value for option in options.values())
        if total > 1.0 + SHARE_TOLERANCE:
            report.add(("outside_options", market), f"the shares of today add up to {total:g}, more than 1")


def nested_quantities_fit(scenario: Scenario, report: Reporter) -> None:
    """Quantities that are no field of a record have the unit and bounds of their table."""
    tables: dict[str, dict[str, dict[str, Quantity]]] = {
        "demand_splits": scenario.demand_splits,
        "macro_paths": {
            iso3: {str(year): number for year, number in path.items()} for iso3, path in scenario.macro_paths.items()
        },
    }
    for name, table in tables.items():
        for outer, row in table.items():
            for inner, number in row.items():
                try:
                    fit_to_field(number, NESTED_QUANTITIES[name])
                except ValueError as error:
                    report.add((name, outer, inner), str(error))


REFORM_TABLES = {
    "countries": ("countries", "x"),
    "gateways": ("gateways", "x"),
    "link_parameters": ("links", "x"),
    "segments": ("links", "x", "segments", 0),
    "borders": ("borders", "x"),
    "smart_cities": ("smart_cities", "x"),
    "parameters": ("parameters",),
}
"""Where the scenario keeps the tables a reform may change."""


def reform_targets_exist(scenario: Scenario, report: Reporter) -> None:
    """Every effect of a reform changes a value the scenario has, in a country it has."""
    known: dict[tuple[str, str], bool] = {}
    for name, reform in scenario.reforms.items():
        for index, effect in enumerate(reform.effects):
            path = ("reforms", name, "effects", index)
            if effect.target_table not in REFORM_TABLES:
                report.unknown((*path, "target_table"), "table", effect.target_table, REFORM_TABLES)
                continue
            target = (effect.target_table, effect.parameter)
            if target not in known:
                known[target] = bool(types_at((*REFORM_TABLES[effect.target_table], effect.parameter)))
            if not known[target]:
                report.add((*path, "parameter"), f"{effect.target_table} has no {effect.parameter!r}")
            if effect.iso3 != "ALL" and effect.iso3 not in scenario.countries:
                report.unknown((*path, "iso3"), "country", effect.iso3, scenario.countries)


def uncertainty_targets_exist(scenario: Scenario, report: Reporter) -> None:
    """Every uncertainty and correlation names a quantity of the scenario, and no quantity twice."""
    targets: dict[str, str] = {}
    for name, uncertainty in scenario.uncertainties.items():
        path = ("uncertainties", name, "target")
        if not is_quantity(scenario, uncertainty.target):
            report.add(path, f"{uncertainty.target!r} is not a quantity of the scenario")
        if uncertainty.target in targets:
            report.add(path, f"{uncertainty.target} is already drawn by {targets[uncertainty.target]}")
        targets.setdefault(uncertainty.target, name)
    for index, correlation in enumerate(scenario.correlations):
        for field, name in (("a", correlation.a), ("b", correlation.b)):
            if name not in scenario.uncertainties and not is_quantity(scenario, name):
                message = f"{name!r} is neither an uncertainty nor a quantity of the scenario."
                report.add(("correlations", index, field), message, nearest_name(name, scenario.uncertainties))


def is_quantity(scenario: Scenario, path: str) -> bool:
    """Say whether a dotted path leads to a quantity that has a value."""
    steps = path.split(".")
    return field_metadata(tuple(steps)) is not None and isinstance(value_at(scenario, steps), Quantity)


def quality_table_is_complete(scenario: Scenario, report: Reporter) -> None:
    """Every kind of variable has a default spread at each of the four grades, and it widens from A to D."""
    for kind, grades in scenario.quality.items():
        for grade in "ABCD":
            if grade not in grades:
                report.add(("quality", kind), f"grade {grade} is missing")
        widths = [
            grades[grade].p90_ratio_or_plus - grades[grade].p10_ratio_or_minus * (grades[grade].unit != "cv")
            for grade in "ABCD"
            if grade in grades
        ]
        if widths != sorted(widths):
            report.add(("quality", kind), "a weaker grade must not be narrower than a better one")


CHECKS: tuple[Callable[[Scenario, Reporter], None], ...] = (
    selection_names_exist,
    link_nodes_exist,
    segments_are_contiguous,
    programme_ends_at_borders,
    segment_joins_exist,
    related_links_are_present,
    links_are_complete,
    years_fit_together,
    regions_are_placed,
    countries_are_complete,
    shares_add_to_one,
    nested_quantities_fit,
    network_joins_exist,
    instruments_are_known_and_eligible,
    reform_targets_exist,
    uncertainty_targets_exist,
    quality_table_is_complete,
)
