"""Tables of a run as CSV: one file a topic, the unit in every header."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from simmodel.inputs.model_inputs import RUNS
from simmodel.report.run_report import RunReport
from simmodel.report.summary import link_summary
from simmodel.results.country_results import COUNTRY_UNITS
from simmodel.results.economics import Stakeholder

Row = Sequence[object]

LINK_HEADER = {
    "id": "link [id]",
    "name": "name [text]",
    "planned_cost_musd": "planned cost with contingency [constant musd]",
    "capex_musd": "capex mean [constant musd]",
    "capex_p10_musd": "capex P10 [constant musd]",
    "capex_p90_musd": "capex P90 [constant musd]",
    "fnpv_musd": "FNPV mean [constant musd]",
    "fnpv_p10_musd": "FNPV P10 [constant musd]",
    "fnpv_p90_musd": "FNPV P90 [constant musd]",
    "probability_fnpv_positive": "probability that FNPV is positive [fraction]",
    "firr": "FIRR median [fraction per year, real]",
    "share_of_draws_with_firr": "draws with one FIRR [fraction]",
    "draws_without_firr": "draws without FIRR [count]",
    "draws_with_several_firr": "draws with several FIRR [count]",
    "payback_years": "payback median of draws that pay back [years]",
    "share_of_draws_paid_back": "draws that pay back [fraction]",
    "wacc_real": "WACC [fraction per year, real]",
    "lcoc": "levelised cost of capacity median [constant USD/Mbps/month]",
    "price_earned_usd_per_mbps_month": "price earned, levelised, median [constant USD/Mbps/month]",
    "price_usd_per_mbps_month_last_year": "price in the last year median [constant USD/Mbps/month]",
    "flow_gbps_last_year": "flow in the last year median [Gbit/s]",
    "probability_in_service": "probability of being in service at the end [fraction]",
    "availability": "availability mean [fraction]",
    "gap_musd": "gap mean [constant musd]",
    "gap_p10_musd": "gap P10 [constant musd]",
    "gap_p90_musd": "gap P90 [constant musd]",
}


def write_tables(report: RunReport, folder: Path) -> None:
    """Write every table into `folder`."""
    folder.mkdir()
    for name, header, rows in all_tables(report):
        write_table(folder / f"{name}.csv", header, rows)


def write_table(path: Path, header: Sequence[str], rows: Iterable[Row]) -> None:
    """Write one table; what is not a number is left empty."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        writer.writerows([cell(value) for value in row] for row in rows)


def cell(value: object) -> object:
    """Return a value for a table: floats with nine digits, empty for none."""
    if value is None:
        return ""
    if isinstance(value, float | np.floating):
        return "" if not np.isfinite(value) else f"{value:.9g}"
    return value


def all_tables(report: RunReport) -> list[tuple[str, Sequence[str], Iterable[Row]]]:
    """Return name, header and rows of every table."""
    return [
        waterfall_table(report),
        financing_plan_table(report),
        links_table(report),
        link_years_table(report),
        countries_table(report),
        regions_table(report),
        cash_flow_table(report),
        gap_table(report),
        gap_years_table(report),
        calibration_table(report),
        concentration_table(report),
        economics_table(report),
        stakeholders_table(report),
        constraint_table(report),
        cases_table(report),
        *((table.name, table.header, table.rows) for table in report.financing.tables),
    ]


def waterfall_table(report: RunReport) -> tuple[str, Sequence[str], Iterable[Row]]:
    """Need, signed steps, residual."""
    header = ("step [name]", "amount [constant musd]", "meaning [text]")
    return "waterfall", header, [(row.step, row.musd, row.meaning) for row in report.financing.waterfall]


def financing_plan_table(report: RunReport) -> tuple[str, Sequence[str], Iterable[Row]]:
    """Money of every instrument in every section, with its draws by year."""
    years = report.financing.years
    header = (
        "link [id]",
        "country [iso3]",
        "instrument [id]",
        "name [text]",
        "kind [text]",
        "private [yes/no]",
        "commitment [nominal musd]",
        "grant element [fraction]",
        *(f"draw {year} [nominal musd]" for year in years),
    )
    rows = []
    for row in report.financing.plan:
        draws = dict(row.draw_musd)
        start = (row.link, row.country, row.instrument, row.name, row.group, "yes" if row.is_private else "no")
        rows.append((*start, row.commitment_musd, row.grant_element, *(draws.get(year, 0.0) for year in years)))
    return "financing_plan", header, rows


def links_table(report: RunReport) -> tuple[str, Sequence[str], Iterable[Row]]:
    """One row a candidate link."""
    rows = [link_summary(report, index) for index in range(len(report.results.candidates.ids))]
    return "links", tuple(LINK_HEADER.values()), [[row[key] for key in LINK_HEADER] for row in rows]


def link_years_table(report: RunReport) -> tuple[str, Sequence[str], Iterable[Row]]:
    """Means of every link by run and year."""
    results = report.results
    units = {
        "flow": "Gbit/s",
        "price_regional": "nominal USD/Mbps/month",
        "price_transit": "nominal USD/Mbps/month",
        "availability": "fraction",
        "lit": "Gbit/s",
        "open": "fraction of draws",
    }
    variables = tuple(results.link_means)
    header = (
        "link [id]",
        "role [text]",
        "run [name]",
        "year [calendar]",
        *(f"{v} mean [{units.get(v, 'nominal musd')}]" for v in variables),
    )
    rows = []
    for place, link in enumerate(results.link_ids):
        candidate = bool(results.link_is_candidate[place])
        for run, name in enumerate(RUNS):
            if name not in ("without", "with") or (candidate and name == "without"):
                continue
            for t, year in enumerate(results.years):
                values = (float(results.link_means[variable][run, place, t]) for variable in variables)
                rows.append((link, "candidate" if candidate else "existing", name, year, *values))
    return "link_years", header, rows


def countries_table(report: RunReport) -> tuple[str, Sequence[str], Iterable[Row]]:
    """Means by country, run and year, and the quantiles of traffic and wholesale price where draws were kept."""
    countries, years = report.results.countries, report.results.years
    quantiles = ("p10", "p50", "p90")
    header = (
        "country [iso3]",
        "run [name]",
        "year [calendar]",
        *(f"{v} mean [{unit}]" for v, (unit, _) in COUNTRY_UNITS.items()),
        *(f"demand {q.upper()} [Gbit/s]" for q in quantiles),
        *(f"wholesale_price {q.upper()} [nominal USD/Mbps/month]" for q in quantiles),
    )
    rows = []
    for c, code in enumerate(countries.countries):
        for run, name in enumerate(RUNS):
            for t, year in enumerate(years):
                row: list[object] = [code, name, year, *(float(countries.means[v][run, c, t]) for v in COUNTRY_UNITS)]
                for variable in ("demand", "wholesale_price"):
                    spread = countries.spreads.get((name, variable))
                    row += [None if spread is None else float(getattr(spread, q)[c, t]) for q in quantiles]
                rows.append(row)
    return "countries", header, rows


def regions_table(report: RunReport) -> tuple[str, Sequence[str], Iterable[Row]]:
    """Means of every city and rest of country, without and with the programme, by year."""
    results, regions = report.results, report.scenario.regions
    header = (
        "region [id]",
        "name [text]",
        "country [iso3]",
        "tier [1 largest city .. 4 rest of country]",
        "run [name]",
        "year [calendar]",
        *(f"{v} mean [{COUNTRY_UNITS[v][0]}]" for v in results.region_means),
    )
    rows = []
    for place, identifier in enumerate(results.region_ids):
        region = regions[identifier]
        for run in ("without", "with"):
            for t, year in enumerate(results.years):
                values = (float(of[RUNS.index(run), place, t]) for of in results.region_means.values())
                rows.append((identifier, region.name, region.iso3, region.tier, run, year, *values))
    return "regions", header, rows


def cash_flow_table(report: RunReport) -> tuple[str, Sequence[str], Iterable[Row]]:
    """Mean cash flow of every candidate link, and the plan's sources, debt service and support, by year."""
    results, financing = report.results, report.financing
    names = ("capex", "revenue", "opex", "maintenance", "tax", "cfads")
    plan = {
        "planned_cost": financing.planned_cost_musd,
        "planned_sources": financing.planned_sources_musd,
        "funding_gap_of_plan": financing.funding_gap_musd,
        "debt_service": financing.debt_service_musd,
        "lender_case_cfads": financing.lender_cfads_musd,
        "reserve_target": financing.reserve_target_musd,
        "operating_support": financing.operating_support_musd,
    }
    header = (
        "link [id]",
        "year [calendar]",
        "US price index [ratio]",
        *(f"{name} mean [nominal musd]" for name in names),
        *(f"{name} [nominal musd]" for name in plan),
        "gap mean [constant musd]",
    )
    run = RUNS.index("with")
    rows = []
    for place, link in enumerate(financing.link_ids):
        position = results.link_ids.index(link)
        for t, year in enumerate(results.years):
            simulated = [float(results.link_means[name][run, position, t]) for name in names]
            planned = [float(values[place, t]) for values in plan.values()]
            gap = float(financing.mean_gap_by_link_year_musd[place, t])
            rows.append((link, year, float(results.us_index[t]), *simulated, *planned, gap))
    return "cash_flow", header, rows


def gap_table(report: RunReport) -> tuple[str, Sequence[str], Iterable[Row]]:
    """Mean gap by link, country and cause; it adds to the mean of the gap."""
    header = ("link [id]", "country [iso3]", "cause [name]", "gap mean [constant musd]")
    return "gap_by_link_country_cause", header, report.financing.mean_gap_by_link_country_cause


def gap_years_table(report: RunReport) -> tuple[str, Sequence[str], Iterable[Row]]:
    """The gap by year, as a distribution; the means add to the mean of the gap."""
    header = ("year [calendar]", *(f"gap {name} [constant musd]" for name in ("mean", "P10", "P50", "P90")))
    gap = report.financing.gap_by_year_musd
    quantiles = np.quantile(gap, [0.1, 0.5, 0.9], axis=1)
    return (
        "gap_by_year",
        header,
        [(year, float(gap[t].mean()), *map(float, quantiles[:, t])) for t, year in enumerate(report.financing.years)],
    )


def calibration_table(report: RunReport) -> tuple[str, Sequence[str], Iterable[Row]]:
    """The base year, observed beside modelled."""
    header = (
        "country [iso3]",
        "quantity [name]",
        "unit [text]",
        "observed [unit of the row]",
        "modelled mean [unit of the row]",
        "modelled over observed [ratio]",
        "made to fit [yes/no]",
        "quality [grade]",
        "source [text]",
    )
    rows = [
        (
            r.country,
            r.quantity,
            r.unit,
            r.observed,
            r.modelled,
            r.modelled / r.observed if r.observed else None,
            "yes" if r.fitted else "no",
            r.quality,
            r.source,
        )
        for r in report.results.calibration
    ]
    return "calibration", header, rows


def concentration_table(report: RunReport) -> tuple[str, Sequence[str], Iterable[Row]]:
    """Route concentration by country, run and year."""
    header = (
        "country [iso3]",
        "run [name]",
        "year [calendar]",
        "HHI of links [0..1]",
        "HHI of exits [0..1]",
        "HHI of neighbours [0..1]",
        "largest link [id]",
        "traffic cut with the link [fraction]",
        "largest exit [hub@gate]",
        "traffic cut with the exit [fraction]",
        "largest neighbour [iso3]",
        "traffic cut with the neighbour [fraction]",
    )
    rows = [
        (
            r.country,
            r.run,
            r.year,
            r.hhi_link,
            r.hhi_exit,
            r.hhi_neighbour,
            r.largest_link,
            r.largest_link_share,
            r.largest_exit,
            r.largest_exit_share,
            r.largest_neighbour,
            r.largest_neighbour_share,
        )
        for r in report.results.concentration
    ]
    return "concentration", header, rows


def economics_table(report: RunReport) -> tuple[str, Sequence[str], Iterable[Row]]:
    """Yearly net benefit of the programme by country and part."""
    economics = report.results.economics
    header = ("country [iso3]", "year [calendar]", *(f"{part} [constant musd]" for part in economics.parts_musd))
    rows = [
        (code, year, *(float(values[c, t]) for values in economics.parts_musd.values()))
        for c, code in enumerate(economics.countries)
        for t, year in enumerate(report.results.years)
    ]
    return "economics", header, rows


def stakeholders_table(report: RunReport) -> tuple[str, Sequence[str], Iterable[Row]]:
    """Who gains, by country; the sum is the ENPV of the programme at the main rate."""
    economics = report.results.economics
    header = ("stakeholder [name]", *(f"{code} [constant musd]" for code in economics.countries), "all [constant musd]")
    rows = [
        (who.name.lower(), *map(float, economics.matrix_musd[who]), float(economics.matrix_musd[who].sum()))
        for who in Stakeholder
    ]
    rows.append(("all", *map(float, economics.matrix_musd.sum(axis=0)), float(economics.matrix_musd.sum())))
    return "stakeholders", header, rows


def constraint_table(report: RunReport) -> tuple[str, Sequence[str], Iterable[Row]]:
    """Rules that hold the gap up, dearest first."""
    header = (
        "rule [name]",
        "subject [text]",
        "change of the gap per unit of relief [constant musd per musd]",
        "limit [musd]",
        "meaning [text]",
        "what would relax it [text]",
        "relief solved for [musd]",
        "change of the gap it brings [constant musd]",
        "in words [text]",
    )
    rows = [
        (
            p.constraint,
            p.subject,
            p.gap_change_per_unit,
            p.limit,
            p.meaning,
            p.lever,
            p.relaxed_by,
            p.gap_change_musd,
            p.sentence,
        )
        for p in report.financing.prices
    ]
    return "constraint_prices", header, rows


def cases_table(report: RunReport) -> tuple[str, Sequence[str], Iterable[Row]]:
    """The optima behind the waterfall."""
    header = (
        "case [name]",
        "run [name]",
        "gap of the plan on the lenders' path [constant musd]",
        "the same worked out again [constant musd]",
        "mean gap over the draws fitted to [constant musd]",
        "mean gap over fresh draws [constant musd]",
        "difference [constant musd]",
        "standard error of the mean over fresh draws [constant musd]",
        "what was minimised on the draws fitted to [constant musd]",
        "no plan can do better than [constant musd]",
        "rounds [count]",
        "ended [text]",
        "plans made, each with the tax after the interest of the one before [count]",
        "largest change of a link's CFADS from that tax to the tax the plan pays [fraction]",
    )
    rows = [
        (
            c.name,
            c.run,
            c.planned_gap_musd,
            c.resimulated_gap_musd,
            c.fitted_gap_musd,
            c.mean_gap_musd,
            c.optimism_musd,
            c.standard_error_musd,
            c.risk_musd,
            c.bound_musd,
            c.rounds,
            c.ended,
            c.tax_passes,
            c.tax_difference,
        )
        for c in report.financing.cases
    ]
    return "financing_cases", header, rows
