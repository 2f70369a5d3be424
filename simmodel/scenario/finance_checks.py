"""Checks of the financing side: instruments, eligibility, and what a country with demand must have."""

from __future__ import annotations

from collections.abc import Iterable

from simmodel.scenario.reporter import Reporter
from simmodel.scenario.schema import Scenario


def instruments_are_known_and_eligible(scenario: Scenario, report: Reporter) -> None:
    """Rows name known instruments and countries; an instrument that is asked for is eligible somewhere in the study."""
    named = [("eligibility", index, row.instrument_id, row.iso3) for index, row in enumerate(scenario.eligibility)]
    named += [("envelopes", index, row.instrument_id, row.iso3) for index, row in enumerate(scenario.envelopes)]
    for table, index, instrument_id, iso3 in named:
        if instrument_id not in scenario.instruments:
            report.unknown((table, index, "instrument_id"), "instrument", instrument_id, scenario.instruments)
        if iso3 not in scenario.countries and (table, iso3) != ("envelopes", "ALL"):
            report.unknown((table, index, "iso3"), "country", iso3, scenario.countries)
    for name, instrument in scenario.instruments.items():
        if instrument.rate_type == "floating" and instrument.base_curve not in {*scenario.swap_curves, "LCU"}:
            report.unknown(
                ("instruments", name, "base_curve"), "base curve", str(instrument.base_curve), scenario.swap_curves
            )
        if instrument.group == "guarantee" and instrument.covers is None:
            report.add(("instruments", name, "covers"), f"guarantee {name} covers credit or political: say which")
        _check_cover(scenario, report, name)
        if instrument.pays_for == "preparation" and instrument.group != "grant":
            report.add(("instruments", name, "pays_for"), f"only a grant pays for preparation, {name} is none")
    for package, content in scenario.financing.packages.items():
        for field in ("instruments", "exclude_instruments"):
            named = getattr(content, field)
            for index, name in enumerate(() if named == "all" else named):
                if name not in scenario.instruments:
                    report.unknown(
                        ("financing", "packages", package, field, index), "instrument", name, scenario.instruments
                    )
    for place, screen in enumerate(scenario.financing.sanctions_screens):
        for side, names in enumerate(screen):
            for index, name in enumerate(names):
                if name not in scenario.instruments:
                    key = ("financing", "sanctions_screens", place, side, index)
                    report.unknown(key, "instrument", name, scenario.instruments)
    asked = scenario.financing.instruments
    if asked == "all":
        return
    countries = {region.iso3 for region in scenario.regions.values()}
    if scenario.selection.countries != "all":
        countries &= set(scenario.selection.countries)
    for index, instrument_id in enumerate(asked):
        if instrument_id in scenario.instruments and not is_eligible(scenario, instrument_id, countries):
            message = f"instrument {instrument_id} is not eligible in any country of the study in any of its years"
            report.add(("financing", "instruments", index), message)


def _check_cover(scenario: Scenario, report: Reporter, name: str) -> None:
    """Terms of cover stand on guarantees alone, and only equity names the guarantee that insures it."""
    instrument = scenario.instruments[name]
    for field in ("equity_cover_share", "max_cover_musd", "local_tenor_years"):
        if getattr(instrument, field) is not None and instrument.group != "guarantee":
            report.add(("instruments", name, field), f"only a guarantee has {field}, {name} is none")
    insurer = instrument.insured_by
    if insurer is None:
        return
    key = ("instruments", name, "insured_by")
    if instrument.group != "equity":
        report.add(key, f"only equity is insured in this way, {name} is none")
    if insurer not in scenario.instruments:
        report.unknown(key, "instrument", insurer, scenario.instruments)
    elif (
        scenario.instruments[insurer].equity_cover_share is None or scenario.instruments[insurer].covers != "political"
    ):
        report.add(key, f"{insurer} insures no equity against political events: give it equity_cover_share")


def is_eligible(scenario: Scenario, instrument_id: str, countries: set[str]) -> bool:
    """Say whether some country may use an instrument in some year of the study."""
    first, last = scenario.study.first_year, scenario.study.first_year + scenario.study.years - 1
    return any(
        row.instrument_id == instrument_id
        and row.iso3 in countries
        and row.status != "no"
        and row.from_year <= last
        and row.to_year >= first
        for row in scenario.eligibility
    )


def countries_are_complete(scenario: Scenario, report: Reporter) -> None:
    """A country with regions has a gateway, exit shares, an inflation path, political events and lending terms."""
    last_year = scenario.study.first_year + scenario.study.years - 1
    for iso3 in sorted({region.iso3 for region in scenario.regions.values()}):
        needed: tuple[tuple[str, Iterable[str], str], ...] = (
            ("gateways", scenario.gateways, "no gateway"),
            ("demand_splits", scenario.demand_splits, "no exit shares"),
            ("macro_paths", scenario.macro_paths, "no inflation path"),
            ("political_events", scenario.political_events, "no political events"),
        )
        for table, known, message in needed:
            if iso3 not in known:
                report.add((table,), f"{iso3} has regions but {message}")
        rows = [row for row in scenario.eligibility if row.iso3 == iso3]
        if not any(row.from_year <= last_year and row.to_year >= scenario.study.first_year for row in rows):
            report.add(("eligibility",), f"{iso3} has no lending terms in the years of the study")
    if "USA" not in scenario.macro_paths:
        report.add(("macro_paths",), "the US inflation path (USA) is missing")
