"""The lowest layer of a scenario: what the tables say, before any YAML file is laid over it."""

from __future__ import annotations

from pathlib import Path

from simmodel.scenario.problems import ProblemList
from simmodel.scenario.provenance import Cell, Mapping, Node, Origin, Scalar, Sequence, find_node
from simmodel.scenario.read_tables import Row, Table, read_table
from simmodel.scenario.schema_demand import OutsideOption, Region, SmartCity, TransitMarket
from simmodel.scenario.schema_finance import Eligibility, Envelope, Instrument, SwapPoint
from simmodel.scenario.schema_hazards import PoliticalEvent, Zone, ZoneHazard
from simmodel.scenario.schema_network import (
    Border,
    BuildType,
    ExternalLeg,
    Gateway,
    HostProject,
    Hub,
    Link,
    Place,
    Segment,
)
from simmodel.scenario.schema_policy import ReformEffect
from simmodel.scenario.schema_quantity import Record
from simmodel.scenario.table_rows import quantity_cell, read_record, required_columns

STUDY_ROWS = {"first_year": "first_year", "price_year": "price_year", "horizon_years": "years"}
EVIDENCE_TABLES = ("costs", "demand", "prices", "hazards", "projects")

# (top-level name, table, record, key columns): one record per row, named by the key columns
SIMPLE_TABLES: tuple[tuple[str, str, type[Record], tuple[str, ...]], ...] = (
    ("nodes", "nodes", Place, ("id",)),
    ("regions", "regions", Region, ("region_id",)),
    ("gateways", "gateways", Gateway, ("iso3",)),
    ("external_legs", "external_legs", ExternalLeg, ("leg_id",)),
    ("hubs", "hubs", Hub, ("hub",)),
    ("transit_markets", "transit_markets", TransitMarket, ("market_id",)),
    ("outside_options", "outside_options", OutsideOption, ("market_id", "option")),
    ("hosts", "hosts", HostProject, ("host_id",)),
    ("borders", "borders", Border, ("border_node",)),
    ("zones", "zones", Zone, ("zone_id",)),
    ("zone_hazards", "zone_hazards", ZoneHazard, ("zone_id", "hazard")),
    ("political_events", "political_events", PoliticalEvent, ("iso3", "event")),
    ("smart_cities", "smart_cities", SmartCity, ("programme_id",)),
    ("instruments", "instruments", Instrument, ("instrument_id",)),
    ("swap_curves", "swap_curves", SwapPoint, ("currency", "tenor_years")),
)
# (top-level name, table, record, key columns): a list of rows
LIST_TABLES: tuple[tuple[str, str, type[Record], tuple[str, ...]], ...] = (
    ("eligibility", "eligibility", Eligibility, ("instrument_id", "iso3", "from_year")),
    ("envelopes", "envelopes", Envelope, ("instrument_id", "iso3", "window_id")),
)


def read_table_layer(folder: Path, problems: ProblemList) -> tuple[Mapping, frozenset[str]]:
    """Read every table a scenario rests on.

    Parameters
    ----------
    folder : folder of the tables
    problems : receives what is wrong with files, columns and row names

    Returns
    -------
    tree : mapping by the top-level names of a scenario
    broken : names whose table could not be read; complaints about them would only repeat that
    """
    tree: dict[str, Node] = {}
    broken: set[str] = set()
    for name, table_name, model, key in SIMPLE_TABLES:
        table = read_table(folder, table_name, {*required_columns(model), *key}, key, problems)
        collect(tree, broken, name, None if table is None else nest_rows(table, model, key))
    for name, table_name, model, key in LIST_TABLES:
        table = read_table(folder, table_name, required_columns(model), key, problems)
        collect(tree, broken, name, None if table is None else list_rows(table, model))
    read_parameters(folder, problems, tree, broken)
    collect(tree, broken, "countries", read_countries(folder, problems))
    collect(tree, broken, "links", read_links(folder, problems))
    collect(tree, broken, "build_types", read_build_types(folder, problems))
    collect(tree, broken, "demand_splits", read_pairs(folder, "demand_splits", ("iso3", "hub"), "split", problems))
    collect(tree, broken, "macro_paths", read_macro_paths(folder, problems))
    collect(tree, broken, "reforms", read_reforms(folder, problems, tree.get("study")))
    if "study" in broken:
        broken.add("reforms")  # they begin in the first year
    collect(tree, broken, "quality", read_quality(folder, problems))
    return Mapping(tree, Origin(folder.name)), frozenset(broken)


def collect(tree: dict[str, Node], broken: set[str], name: str, node: Node | None) -> None:
    """Put a table into the tree, or remember that it is broken."""
    if node is None:
        broken.add(name)
    else:
        tree[name] = node


def nest_rows(table: Table, model: type[Record], key: tuple[str, ...]) -> Mapping:
    """Return one record per row, in mappings nested along the key columns; flat units for `see column names`."""
    root = Mapping({}, Origin(table.file, 1, 1))
    for row in table:
        record = read_record(model, row)
        if model is Region:
            grade_population(record, row)
        if model is PoliticalEvent:
            set_unit(record, "effect", row.text("effect_unit"))
        place(root, [row.text(column) for column in key], record, row.origin(key[-1]))
    return root


def list_rows(table: Table, model: type[Record]) -> Sequence:
    """Return the rows of a table as a list of records."""
    return Sequence([read_record(model, row) for row in table], Origin(table.file, 1, 1))


def place(root: Mapping, names: list[str], node: Node, origin: Origin) -> None:
    """Hang a node under nested mappings, making those that are missing."""
    for name in names[:-1]:
        child = root.items.setdefault(name, Mapping({}, origin))
        assert isinstance(child, Mapping)
        root = child
    root.items[names[-1]] = node
    root.key_origins[names[-1]] = origin


def grade_population(record: Mapping, row: Row) -> None:
    """Give the population of a region the grade of its own column."""
    cell = record.items.get("population_persons")
    grade = row.cells.get("population_quality", "").strip()
    if isinstance(cell, Cell) and grade:
        cell.fields["quality"] = grade


def set_unit(record: Mapping, field: str, unit: str) -> None:
    """Give a quantity of a record the unit named in its row."""
    cell = record.items.get(field)
    if isinstance(cell, Cell):
        cell.fields["unit"] = unit


def read_parameters(folder: Path, problems: ProblemList, tree: dict[str, Node], broken: set[str]) -> None:
    """Read the global parameters; first year, price year and horizon go to `study`."""
    columns = ("parameter", "value", "value_text", "low", "high", "distribution")
    table = read_table(folder, "parameters", columns, ("parameter",), problems)
    if table is None:
        broken.update(("parameters", "study"))
        return
    parameters, study = Mapping({}, Origin(table.file, 1, 1)), Mapping({}, Origin(table.file, 1, 1))
    for row in table:
        name, origin = row.text("parameter"), row.origin("parameter")
        if name in STUDY_ROWS:
            number = row.number("value")
            year = int(number) if isinstance(number, float) and number.is_integer() else number
            place(study, [STUDY_ROWS[name]], Scalar(year, row.origin("value")), origin)
        elif row.text("value_text"):
            place(parameters, [name], Scalar(row.text("value_text"), row.origin("value_text")), origin)
        else:
            cell = quantity_cell(row, "value")
            cell.fields["distribution"] = row.text("distribution") or None
            place(parameters, [name], cell, origin)
    tree["parameters"], tree["study"] = parameters, study


def read_countries(folder: Path, problems: ProblemList) -> Mapping | None:
    """Read the model rows of the countries; evidence rows are not part of a scenario."""
    columns = ("iso3", "variable", "role", "value", "value_text", "low", "high")
    table = read_table(folder, "countries", columns, ("iso3", "variable", "role", "year", "source"), problems)
    if table is None:
        return None
    root = Mapping({}, Origin(table.file, 1, 1))
    for row in table:
        if row.text("role") == "model":
            names = (row.text("iso3"), row.text("variable"))
            if find_node(root, names) is not None:
                problems.add(row.origin("variable"), "variable", f"duplicate id {'/'.join(names)}")
            place(root, [row.text("iso3"), row.text("variable")], long_value(row), row.origin("variable"))
    return root


def long_value(row: Row) -> Node:
    """Return the value of a row of a long table: text where it has text, a quantity otherwise."""
    if row.text("value_text"):
        return Scalar(row.text("value_text"), row.origin("value_text"))
    return quantity_cell(row, "value")


def read_links(folder: Path, problems: ProblemList) -> Mapping | None:
    """Read links with their variables and segments, by slug."""
    from_other_tables = {"segments", "include", "regime", "code", *LINK_VARIABLES}
    columns = {"slug", "id", *required_columns(Link, skip=tuple(from_other_tables))}
    table = read_table(folder, "links", columns, ("id",), problems)
    rows = read_table(
        folder, "link_parameters", ("link_id", "variable", "value", "value_text", "low", "high"),
        ("link_id", "variable"), problems,
    )  # fmt: skip
    segments = read_table(folder, "segments", required_columns(Segment), ("segment_id",), problems)
    if table is None or rows is None or segments is None:
        return None
    root = Mapping({}, Origin(table.file, 1, 1))
    slugs: dict[str, str] = {}
    for row in table:
        slug = row.text("slug")
        if slug in root.items:
            problems.add(row.origin("slug"), "slug", f"duplicate id {slug}")
        slugs[row.text("id")] = slug
        link = read_record(Link, row)
        via = row.origin("via")
        link.items["via"] = Sequence([Scalar(node, via) for node in row.text("via").split("-")], via)
        link.items["segments"] = Sequence([], row.origin("id"))
        place(root, [slug], link, row.origin("slug"))
    add_link_variables(root, rows, slugs, problems)
    add_segments(root, segments, slugs, problems)
    return root


LINK_VARIABLES = (
    "latency_one_way",
    "design_maximum",
    "in_service_today",
    "earliest_start_year",
    "price_ceiling_start",
    "non_completion_probability",
    "regime_today",
    "sellers_today",
    "affiliate_share",
    "markup_to_rivals",
    "lit_capacity_t0",
    "price_t0",
    "requires_link",
    "upgrades_link",
)


def add_link_variables(root: Mapping, table: Table, slugs: dict[str, str], problems: ProblemList) -> None:
    """Add the rows of the long table to their links; start year and regime levers begin at today's values."""
    for row in table:
        slug = slugs.get(row.text("link_id"))
        link = None if slug is None else root.items[slug]
        if not isinstance(link, Mapping):
            problems.add(row.origin("link_id"), "link_id", f"no link {row.text('link_id')} in links.csv")
            continue
        name, origin = row.text("variable"), row.origin("value")
        node = long_value(row)
        number = row.number("value")
        if name == "in_service_today":
            node = Scalar({1.0: True, 0.0: False}.get(number, number) if isinstance(number, float) else number, origin)
        elif name == "earliest_start_year":
            node = Scalar(int(number) if isinstance(number, float) and number.is_integer() else number, origin)
            link.items["start_year"] = node
        elif name in ("requires_link", "upgrades_link"):
            node = Scalar(slugs.get(row.text("value_text"), row.text("value_text")), row.origin("value_text"))
        elif name == "regime_today":
            link.items["regime"] = node
        place(link, [name], node, row.origin("variable"))


def add_segments(root: Mapping, table: Table, slugs: dict[str, str], problems: ProblemList) -> None:
    """Add the segments to their links, in their sequence."""
    ordered = sorted(table, key=lambda row: (row.text("link_id"), float(row.text("sequence") or 0)))
    for row in ordered:
        slug = slugs.get(row.text("link_id"))
        link = None if slug is None else root.items[slug]
        if not isinstance(link, Mapping):
            problems.add(row.origin("link_id"), "link_id", f"no link {row.text('link_id')} in links.csv")
            continue
        segments = link.items["segments"]
        assert isinstance(segments, Sequence)
        segments.items.append(read_record(Segment, row))


def read_build_types(folder: Path, problems: ProblemList) -> Mapping | None:
    """Read the ways to build, named terrain/method."""
    table = read_table(folder, "build_types", required_columns(BuildType), ("terrain", "method"), problems)
    if table is None:
        return None
    root = Mapping({}, Origin(table.file, 1, 1))
    for row in table:
        name = f"{row.text('terrain')}/{row.text('method')}"
        place(root, [name], read_record(BuildType, row), row.origin("terrain"))
    return root


def read_pairs(
    folder: Path, name: str, key: tuple[str, str], column: str, problems: ProblemList, unit: str = "fraction"
) -> Mapping | None:
    """Read a table of one number per pair of names."""
    table = read_table(folder, name, (*key, column), key, problems)
    if table is None:
        return None
    root = Mapping({}, Origin(table.file, 1, 1))
    for row in table:
        cell = quantity_cell(row, column, unit=unit, band=(column,))
        place(root, [row.text(key[0]), row.text(key[1])], cell, row.origin(column))
    return root


def read_macro_paths(folder: Path, problems: ProblemList) -> Mapping | None:
    """Read the inflation paths by country and year; the other rows of the table are for checking."""
    table = read_table(folder, "macro_paths", ("iso3", "variable", "value"), ("iso3", "variable", "year"), problems)
    if table is None:
        return None
    root = Mapping({}, Origin(table.file, 1, 1))
    for row in table:
        if row.text("variable") == "inflation":
            cell = quantity_cell(row, "value", unit="fraction per year")
            place(root, [row.text("iso3"), row.text("year")], cell, row.origin("value"))
    return root


def read_reforms(folder: Path, problems: ProblemList, study: Node | None) -> Mapping | None:
    """Read the reforms with their effects; each starts in the first year unless a scenario says otherwise."""
    key = ("reform", "iso3", "target_table", "parameter", "operation")
    columns = {*required_columns(ReformEffect, skip=("effect_unit",)), *key}
    table = read_table(folder, "reforms", columns, key, problems)
    if table is None:
        return None
    start = study.items.get("first_year") if isinstance(study, Mapping) else None
    root = Mapping({}, Origin(table.file, 1, 1))
    for row in table:
        name, origin = row.text("reform"), row.origin("reform")
        if name not in root.items:
            reform = Mapping({"effects": Sequence([], origin)}, origin)
            if isinstance(start, Scalar):
                reform.items["start_year"] = start
            place(root, [name], reform, origin)
        effect = read_record(ReformEffect, row)
        effect.items["effect_unit"] = Scalar(row.text("unit"), row.origin("unit"))
        set_unit(effect, "effect", row.text("unit"))
        reform_node = root.items[name]
        assert isinstance(reform_node, Mapping)
        effects = reform_node.items["effects"]
        assert isinstance(effects, Sequence)
        effects.items.append(effect)
    return root


def read_quality(folder: Path, problems: ProblemList) -> Mapping | None:
    """Read the default spreads by kind of variable and grade."""
    key = ("kind", "grade")
    numbers = ("p10_ratio_or_minus", "p90_ratio_or_plus")
    table = read_table(folder, "quality", (*key, "distribution", *numbers), key, problems)
    if table is None:
        return None
    root = Mapping({}, Origin(table.file, 1, 1))
    for row in table:
        items: dict[str, Node] = {name: Scalar(row.number(name), row.origin(name)) for name in numbers}
        for name in ("distribution", "unit", "source"):
            items[name] = Scalar(row.text(name), row.origin(name))
        origin = row.origin("grade")
        place(root, [row.text("kind"), row.text("grade")], Mapping(items, origin), origin)
    return root
