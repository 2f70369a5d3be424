"""What a run leaves: identities between its files, units in every header, complete or not there."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from simmodel.errors import StorageError
from simmodel.report.screen import _percent, screen_text
from simmodel.report.summary import summarise
from simmodel.report.tables import all_tables
from simmodel.report.write_report import write_report
from simmodel.results.dataset import open_results
from simmodel.results.simulated_runs import Keep
from simmodel.results.store import check_place, new_folder
from tests.report.made_up_report import CAUSES, made_up_report

UNIT = re.compile(r".+ \[[^\]]+\]\Z")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "almaty"
    write_report(made_up_report(), out)
    return out


def read_json(path: Path) -> dict[str, object]:
    content: dict[str, object] = json.loads(path.read_text(encoding="utf-8"))
    return content


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_everything_promised_is_there(written: Path) -> None:
    files = {path.relative_to(written).as_posix() for path in written.rglob("*") if path.is_file()}
    tables = {"waterfall", "financing_plan", "links", "countries", "cash_flow", "calibration"}
    figures = {"traffic", "wholesale_price", "waterfall", "financing_mix", "gap_by_link", "portfolio_npv", "map"}
    assert {"manifest.json", "scenario.resolved.yaml", "summary.json", "results.nc"} <= files
    assert {f"tables/{name}.csv" for name in tables} <= files
    assert {f"figures/{name}.{kind}" for name in figures for kind in ("png", "svg")} <= files
    assert [path.name for path in written.parent.iterdir()] == ["almaty"]


def test_summary_has_the_promised_keys(written: Path) -> None:
    summary = read_json(written / "summary.json")
    assert {
        "need_musd",
        "gap_musd",
        "waterfall",
        "links",
        "countries",
        "prices",
        "affordability",
        "probability_no_gap",
    } <= set(summary)
    assert {"mean", "p10", "p50", "p90", "cvar90"} <= set(summary["gap_musd"])  # type: ignore[call-overload]
    for link in summary["links"]:  # type: ignore[attr-defined]
        assert {"id", "capex_musd", "fnpv_musd", "firr", "lcoc", "gap_musd"} <= set(link)
    assert {"today", "horizon_without", "horizon_with"} <= set(summary["affordability"])  # type: ignore[call-overload]


def test_waterfall_adds_up_to_the_mean_of_the_gap(written: Path) -> None:
    summary = read_json(written / "summary.json")
    rows = summary["waterfall"]
    assert isinstance(rows, list)
    assert (rows[0]["step"], rows[-1]["step"]) == ("need", "residual")
    assert sum(row["musd"] for row in rows[:-1]) == pytest.approx(rows[-1]["musd"], abs=1e-9)
    assert rows[-1]["musd"] == pytest.approx(summary["gap_musd"]["mean"], rel=1e-12)  # type: ignore[index]


def test_gap_is_the_same_by_link_country_year_and_cause(written: Path) -> None:
    mean = read_json(written / "summary.json")["gap_musd"]["mean"]  # type: ignore[index]
    tables = written / "tables"
    links = sum(float(row["gap mean [constant musd]"]) for row in read_csv(tables / "links.csv"))
    parts = sum(float(row["gap mean [constant musd]"]) for row in read_csv(tables / "gap_by_link_country_cause.csv"))
    years = sum(float(row["gap mean [constant musd]"]) for row in read_csv(tables / "gap_by_year.csv"))
    cells = sum(float(row["gap mean [constant musd]"]) for row in read_csv(tables / "cash_flow.csv"))
    assert [links, parts, years, cells] == pytest.approx([mean] * 4, rel=1e-7)


def test_stakeholders_add_up_to_the_enpv(written: Path) -> None:
    rows = read_csv(written / "tables" / "stakeholders.csv")
    enpv = read_json(written / "summary.json")["economics"]["enpv_musd"]["programme"][0]  # type: ignore[index]
    assert float(rows[-1]["all [constant musd]"]) == pytest.approx(enpv, rel=1e-8)
    assert sum(float(row["all [constant musd]"]) for row in rows[:-1]) == pytest.approx(enpv, rel=1e-8)


def test_every_header_has_its_unit() -> None:
    for name, header, _ in all_tables(made_up_report()):
        assert len(set(header)) == len(header), name
        assert [column for column in header if not UNIT.match(column)] == [], name


def test_every_variable_has_its_unit(written: Path) -> None:
    with open_results(written / "results.nc") as results:
        assert [name for name, values in results.variables.items() if not values.attrs.get("units")] == []
        assert [name for name, values in results.variables.items() if not values.attrs.get("long_name")] == []
        assert results["gap_by_link"].dims == ("financed", "fresh_draw")
        assert tuple(results["cause"].values) == CAUSES
        total = float(results["gap_by_link"].sum("financed").mean())
        assert total == pytest.approx(float(results["gap"].mean()), rel=1e-5)


def test_tail_means_are_written_with_their_error_and_the_bad_side(written: Path) -> None:
    links = made_up_report().results.candidates
    with open_results(written / "results.nc") as results:
        assert "conditional value at risk at 90 percent" in results.attrs["tails"]
        for name, tails in links.tails_by_year.items():
            array = results[f"candidate_{name}_tails"]
            assert "the bad tenth is the" in array.attrs["long_name"]
            np.testing.assert_array_equal(array.sel(tail="lowest_tenth").values, tails.lowest)
            np.testing.assert_array_equal(array.sel(tail="highest_tenth").values, tails.highest)
            np.testing.assert_array_equal(array.sel(tail="error").values, tails.error)
            assert np.all(tails.lowest <= links.by_year[name].p10) and np.all(tails.highest >= links.by_year[name].p90)


def test_screen_prints_the_numbers_of_the_summary(written: Path) -> None:
    summary = read_json(written / "summary.json")
    text = screen_text(summary)
    assert text == screen_text(summarise(made_up_report()))
    for row in summary["waterfall"]:  # type: ignore[attr-defined]
        assert f"{row['musd']:,.1f}".lstrip("+") in text
    for link in summary["links"]:  # type: ignore[attr-defined]
        line = next(line for line in text.splitlines() if line.strip().startswith(link["id"][:24]))
        assert f"{link['gap_musd']:,.1f}" in line and f"{link['fnpv_musd']:,.1f}" in line
    assert max(map(len, text.splitlines())) <= 104


def test_screen_accounts_for_the_whole_gap(written: Path) -> None:
    summary = read_json(written / "summary.json")
    rows = [*summary["countries"], summary["outside"]]  # type: ignore[misc]
    mean = summary["gap_musd"]["mean"]  # type: ignore[index]
    assert sum(row["gap_musd"] for row in rows) == pytest.approx(mean, rel=1e-9)
    assert sum(summary["gap_by_cause_musd"].values()) == pytest.approx(mean, rel=1e-9)  # type: ignore[attr-defined]
    last = next(line for line in screen_text(summary).splitlines() if line.startswith("  all "))
    assert last.split()[-2:] == [f"{sum(row['works_musd'] for row in rows):,.1f}", f"{mean:,.1f}"]


def test_a_precision_that_is_unknown_is_not_reached(written: Path) -> None:
    summary = read_json(written / "summary.json")
    unknown = {f"{name}_standard_error_musd": None for name in ("gap", "need")}
    summary["precision"] = {**unknown, "asked_for": "gap.se=1%", "reached": False}
    assert "Standard errors unknown: too few draws for this design. gap.se=1% NOT REACHED" in screen_text(summary)


def test_a_share_that_is_not_none_is_not_shown_as_none() -> None:
    shown = [_percent(share) for share in (None, 0.0, 0.001, 0.5, 0.999, 1.0)]
    assert shown == ["-", "0%", "<1%", "50%", ">99%", "100%"]


def test_a_link_that_is_never_built_does_not_pay() -> None:
    report = made_up_report()
    fnpv = np.array(report.results.candidates.fnpv_musd)
    fnpv[0] = 0.0
    fnpv[1, : fnpv.shape[1] // 4] = 1.0
    fnpv[1, fnpv.shape[1] // 4 :] = 0.0
    results = replace(report.results, candidates=replace(report.results.candidates, fnpv_musd=fnpv))
    links = summarise(replace(report, results=results))["links"]
    assert [link["probability_fnpv_positive"] for link in links[:2]] == [0.0, 0.25]


def test_link_without_a_rate_of_return_has_none(written: Path) -> None:
    first = read_json(written / "summary.json")["links"][0]  # type: ignore[index]
    assert first["firr"] is None and first["draws_without_firr"] == first["draws_without_firr"] > 0
    assert read_csv(written / "tables" / "links.csv")[0]["FIRR median [fraction per year, real]"] == ""


def test_summary_keep_writes_no_draws(tmp_path: Path) -> None:
    import netCDF4

    from simmodel.report.write_report import labelled_run
    from simmodel.results.dataset import write_netcdf

    write_netcdf(labelled_run(replace(made_up_report(), keep=Keep.SUMMARY)), tmp_path / "results.nc")
    with netCDF4.Dataset(tmp_path / "results.nc") as file:
        assert "draw" not in file.dimensions


def test_same_report_gives_the_same_bytes(written: Path, tmp_path: Path) -> None:
    write_report(made_up_report(), tmp_path / "again")
    for path in written.rglob("*"):
        if path.suffix in (".csv", ".json", ".png", ".svg", ".yaml") and path.name != "manifest.json":
            assert path.read_bytes() == (tmp_path / "again" / path.relative_to(written)).read_bytes(), path.name


def test_a_folder_is_never_replaced_unasked(tmp_path: Path) -> None:
    out = tmp_path / "run"
    with new_folder(out, overwrite=False) as folder:
        (folder / "manifest.json").write_text("{}", encoding="utf-8")
    with pytest.raises(StorageError, match="--overwrite"):
        check_place(out, overwrite=False)
    with new_folder(out, overwrite=True) as folder:
        (folder / "manifest.json").write_text("[]", encoding="utf-8")
    assert (out / "manifest.json").read_text(encoding="utf-8") == "[]"
    assert list(tmp_path.iterdir()) == [out]


def test_a_folder_that_holds_no_run_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work", encoding="utf-8")
    with pytest.raises(StorageError, match="holds no run"):
        check_place(tmp_path, overwrite=True)
    with pytest.raises(StorageError, match="no folder"):
        check_place(tmp_path / "thesis.txt", overwrite=True)
    empty = tmp_path / "empty"
    empty.mkdir()
    with new_folder(empty, overwrite=False) as folder:
        (folder / "manifest.json").touch()
    assert (empty / "manifest.json").exists()


def test_nothing_is_left_of_a_run_that_fails(tmp_path: Path) -> None:
    out = tmp_path / "run"
    with pytest.raises(StorageError, match="disk is full"), new_folder(out, overwrite=False) as folder:
        (folder / "half").write_text("half", encoding="utf-8")
        raise OSError(28, "disk is full")
    assert list(tmp_path.iterdir()) == []
