"""Write the study of the chosen starts into a folder, as a run, with what was tried and chosen beside it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from simmodel.report.tables import write_table
from simmodel.report.write_report import write_report
from simmodel.studies.start_years import StartsStudy
from simmodel.studies.stored_run import store_run

HEADER = (
    "link [id]",
    "start [text]",
    "planned first year of service [calendar year]",
    "preparation and works, mean over draws [constant musd]",
    "chosen [yes/no]",
    "what it brings: growth of the gap if this link alone started as planned [constant musd]",
)


def write_starts(found: StartsStudy, out: Path, *, overwrite: bool) -> dict[str, Any]:
    """Write the folder of the run, `tables/start_years.csv` and `starts.json`; return what `starts.json` holds.

    Raises
    ------
    StorageError   see `simmodel.results.store`
    """
    answer = summarise_starts(found)

    def beside(folder: Path) -> None:
        store_run(found.study, folder)
        text = json.dumps(answer, indent=2, ensure_ascii=False, allow_nan=False)
        (folder / "starts.json").write_text(text + "\n", encoding="utf-8")
        write_table(folder / "start_years.csv", HEADER, start_rows(found))

    write_report(found.study.report, out, overwrite=overwrite, beside=beside)
    return answer


def start_rows(found: StartsStudy) -> list[tuple[str | int | float, ...]]:
    """Return a row for every start that was tried."""
    first_year = found.study.cash.first_year
    gain = dict(zip(found.choice.rows, found.choice.gain_musd, strict=True))
    return [
        (
            one.link,
            one.words,
            first_year + one.opening,
            float(found.works_musd[row]),
            "yes" if row in gain else "no",
            float(gain.get(row, 0.0)),
        )
        for row, one in enumerate(found.starts)
    ]


def summarise_starts(found: StartsStudy) -> dict[str, Any]:
    """Return the gaps of plan, screening and simulation, and the start of every link."""
    gap = {
        "as_planned": found.choice.planned.summary.mean_gap_musd,
        "screened": found.choice.chosen.summary.mean_gap_musd,
        "simulated_together": found.simulated.summary.mean_gap_musd,
    }
    first_year = found.study.cash.first_year
    return {
        "gap_over_equal_years_of_service_musd": {
            **gap,
            "simulated_less_screened": gap["simulated_together"] - gap["screened"],
        },
        "gap_of_the_run_musd": float(found.study.report.financing.gap_draws_musd.mean()),
        "search_ended": found.choice.ended,
        "starts_tried": len(found.starts),
        "links": [
            {
                "id": start.link,
                "start": start.words,
                "first_year_of_service": first_year + start.opening,
                "works_against_plan_musd": works,
                "brings_musd": brings,
            }
            for start, works, brings in found.chosen()
        ],
    }


def starts_text(answer: dict[str, Any]) -> str:
    """Return the answer as lines for a screen."""
    gap = answer["gap_over_equal_years_of_service_musd"]
    lines = [
        f"Mean gap over fresh draws and equally many years of service, constant musd ({answer['starts_tried']} starts"
        " tried)",
        f"  every link as planned                           {gap['as_planned']:>9,.1f}",
        f"  starts chosen, each simulated alone (screening) {gap['screened']:>9,.1f}",
        f"  starts chosen, simulated together               {gap['simulated_together']:>9,.1f}"
        f"   difference {gap['simulated_less_screened']:+,.1f}",
        f"Gap of the run over the whole horizon             {answer['gap_of_the_run_musd']:>11,.1f}",
        "",
        f"  {'link':<28}{'start':<26}{'serves from':>12}{'works':>9}{'brings':>9}",
    ]
    lines += [
        f"  {each['id']:<28}{each['start']:<26}{each['first_year_of_service']:>12}"
        f"{each['works_against_plan_musd']:>+9,.1f}{each['brings_musd']:>9,.1f}"
        for each in answer["links"]
    ]
    if answer["search_ended"] != "proven":
        lines.append(f"The search ended at the {answer['search_ended']}: other starts may leave a smaller gap.")
    lines += [
        "works: change of preparation and works against the planned start; brings: growth of the gap if the link",
        "alone started as planned. What users lose by waiting is not in the gap: compare the economy of both runs.",
    ]
    return "\n".join(lines)
