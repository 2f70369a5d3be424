"""Write a run into a folder: manifest, resolved scenario, summary, tables, results.nc, figures."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from simmodel.report.figures.draw_figures import draw_figures
from simmodel.report.run_report import RunReport
from simmodel.report.summary import summarise
from simmodel.report.tables import write_tables
from simmodel.results.dataset import LabelledArray, LabelledResults, label_results, write_netcdf
from simmodel.results.simulated_runs import Keep
from simmodel.results.store import new_folder


def write_report(
    report: RunReport, out: Path, *, overwrite: bool = False, beside: Callable[[Path], None] | None = None
) -> dict[str, Any]:
    """Write everything a run leaves, all or nothing.

    Parameters
    ----------
    report : the finished run
    out : folder to make
    overwrite : replace a run that is there
    beside : writes what else belongs into the folder, in another thread

    Returns
    -------
    dict : the summary as written to summary.json

    Raises
    ------
    StorageError : see `simmodel.results.store`
    """
    started = time.perf_counter()
    summary = summarise(report)
    with new_folder(out, overwrite=overwrite) as folder:
        (folder / "scenario.resolved.yaml").write_text(report.resolved_yaml, encoding="utf-8")
        _write_json(folder / "summary.json", summary)
        with ThreadPoolExecutor(1) as pool:
            written = pool.submit(beside, folder) if beside is not None else None
            write_tables(report, folder / "tables")
            write_netcdf(labelled_run(report), folder / "results.nc")
            draw_figures(report, folder / "figures")
            if written is not None:
                written.result()
        seconds = {**report.manifest.seconds, "report": round(time.perf_counter() - started, 3)}
        _write_json(folder / "manifest.json", asdict(replace(report.manifest, seconds=seconds)))
    return summary


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")


def labelled_run(report: RunReport) -> LabelledResults:
    """Return the results with the gap beside them."""
    labelled = label_results(report.results, report.keep)
    financing = report.financing
    causes = tuple(dict.fromkeys(cause for _, _, cause, _ in financing.mean_gap_by_link_country_cause))
    coordinates = {**labelled.coordinates, "financed": financing.link_ids, "payer": financing.countries}
    unit = "constant musd"
    arrays = [
        LabelledArray(
            "gap_mean", ("financed", "year"), financing.mean_gap_by_link_year_musd, unit, "mean gap by link and year"
        ),
        LabelledArray(
            "planned_cost", ("financed", "year"), financing.planned_cost_musd, "nominal musd", "planned cost"
        ),
    ]
    if len(causes):
        coordinates["cause"] = causes
        mean = financing.gap_by_cause_musd.mean(axis=1)
        if len(mean) == len(causes):
            arrays.append(LabelledArray("gap_cause_mean", ("cause",), mean, unit, "mean gap by cause"))
    if report.keep is not Keep.SUMMARY:
        coordinates["fresh_draw"] = financing.fresh_draws
        of_country, of_cause = financing.gap_by_country_musd, financing.gap_by_cause_musd
        arrays += [
            LabelledArray("gap", ("fresh_draw",), financing.gap_draws_musd, unit, "residual gap"),
            LabelledArray("gap_by_link", ("financed", "fresh_draw"), financing.gap_by_link_musd, unit, "gap by link"),
            LabelledArray("gap_by_country", ("payer", "fresh_draw"), of_country, unit, "gap by country"),
        ]
        if len(causes) == len(of_cause):
            arrays.append(
                LabelledArray(
                    "gap_by_cause", ("cause", "fresh_draw"), financing.gap_by_cause_musd, unit, "gap by cause"
                )
            )
    attributes = {
        **labelled.attributes,
        "scenario": report.manifest.scenario,
        "simmodel_version": report.manifest.version,
        "seed": str(report.manifest.seed),
        "draws": str(report.manifest.draws),
    }
    return LabelledResults(coordinates, (*labelled.arrays, *arrays, *report.extra_arrays), attributes)
