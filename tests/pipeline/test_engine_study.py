"""A whole study with the compiled engine: the same bits whatever the threads, and again from the resolved scenario."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from simmodel import pipeline
from simmodel.pipeline import StudyOptions, run_study
from simmodel.report.write_report import write_report
from simmodel.results import precision as precision_module
from simmodel.results import simulated_runs
from simmodel.results.precision import parse_target
from simmodel.results.simulated_runs import Keep

SMALL = ("study.years=8", "selection.regions=[ALA, TAS, DYU]", "selection.candidates=[trans_caspian, casa_1000]")
DRAWS = 300  # more than two blocks, and no whole number of them


def written(scenario: str | Path, options: StudyOptions, out: Path) -> dict[str, bytes]:
    write_report(run_study(scenario, options).report, out)
    files = (path for path in out.rglob("*") if path.suffix in (".csv", ".json", ".yaml", ".png"))
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in files if path.name != "manifest.json"}


@pytest.mark.slow
def test_same_bits_whatever_the_threads_and_again_from_the_resolved_scenario(tmp_path: Path) -> None:
    one = written("almaty", StudyOptions(draws=DRAWS, overrides=SMALL, threads=1), tmp_path / "one")
    two = written("almaty", StudyOptions(draws=DRAWS, overrides=SMALL, threads=2), tmp_path / "two")
    assert one == two
    again = written(tmp_path / "one" / "scenario.resolved.yaml", StudyOptions(), tmp_path / "again")
    numbers = [name for name in one if name.endswith(".csv")]
    assert {name: one[name] for name in numbers} == {name: again[name] for name in numbers}
    residual = json.loads(one["summary.json"])
    assert sum(row["musd"] for row in residual["waterfall"][:-1]) == pytest.approx(
        residual["gap_musd"]["mean"], rel=1e-9
    )


@pytest.mark.slow
def test_deterministic_study_is_one_draw_at_the_medians(tmp_path: Path) -> None:
    options = StudyOptions(overrides=SMALL, deterministic=True, keep=Keep.FULL)
    first = written("almaty", options, tmp_path / "first")
    assert first == written("almaty", options, tmp_path / "second")
    summary = json.loads(first["summary.json"])
    assert summary["draws"] == 1 and summary["deterministic"]
    assert summary["gap_musd"]["p10"] == summary["gap_musd"]["p90"]
    assert b"--deterministic" in first["scenario.resolved.yaml"]


@pytest.mark.slow
def test_compilation_is_said_until_the_first_draws_are_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simmodel.engine.jit.entry_points_compiled", lambda *kernels: False)
    told: list[tuple[str, int]] = []
    options = StudyOptions(draws=DRAWS, overrides=SMALL, threads=1)
    run_study("almaty", options, lambda words, done, of: told.append((words, done)))
    first = next(place for place, (words, _) in enumerate(told) if words.startswith("compiling the engine"))
    last = next(place for place, (words, _) in enumerate(told) if words == "simulating")
    assert first < last and all(done > 0 for words, done in told if words == "simulating")


@pytest.mark.slow
def test_drawing_until_an_answer_is_precise_gives_the_bits_of_that_many_draws(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (pipeline, precision_module):
        monkeypatch.setattr(module, "FIRST_DRAWS", 128)
    target = parse_target("gap.se=3%")
    options = StudyOptions(draws=1500, overrides=SMALL, until=target)
    study = run_study("almaty", options)
    precision, made = study.report.precision, study.report.manifest.draws
    assert precision.is_reached == (precision.standard_error_musd["gap"] <= 0.03 * precision.mean_musd["gap"])
    assert 128 < made <= 1500
    summary = write_report(study.report, tmp_path / "until")
    at_once = write_report(run_study("almaty", StudyOptions(draws=made, overrides=SMALL)).report, tmp_path / "once")
    assert "run again: simmodel run scenario.resolved.yaml --until gap.se=3%\n" in study.report.resolved_yaml
    assert summary["precision"]["asked_for"] == "gap.se=3%"
    assert summary["precision"]["reached"] == precision.is_reached
    for key in ("gap_musd", "need_musd", "links", "countries", "economics"):
        assert summary[key] == at_once[key]
    assert at_once["need_musd"] == pytest.approx(precision.mean_musd["need"], rel=1e-12)


@pytest.mark.slow
def test_a_summary_of_many_draws_keeps_the_first_and_counts_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulated_runs, "SUMMARY_DRAWS", 256)
    few, many = (
        run_study("almaty", StudyOptions(draws=DRAWS * 3, overrides=SMALL, keep=keep)).report
        for keep in (Keep.SUMMARY, Keep.SCALARS)
    )
    assert (few.manifest.draws, few.manifest.draws_kept, many.manifest.draws_kept) == (DRAWS * 3, 256, DRAWS * 3)
    assert any("first 256 of 900 draws" in warning for warning in few.manifest.warnings)
    assert few.results.countries.means["demand"].tobytes() == many.results.countries.means["demand"].tobytes()
    for name, spread in few.results.candidates.by_year.items():
        whole = many.results.candidates.by_year[name]
        assert spread.mean == pytest.approx(whole.mean, rel=1e-9, abs=1e-9)
        width = np.abs(whole.p90 - whole.p10)
        for name in ("p10", "p50", "p90"):
            error = np.abs(getattr(spread, name) - getattr(whole, name))
            assert np.all(error <= 0.01 * width + 1e-8 * np.abs(whole.p50))
    for name, tails in few.results.candidates.tails_by_year.items():
        exact = many.results.candidates.tails_by_year[name]
        assert np.all(exact.error == 0.0) and np.all(tails.error > 0.0) and np.any(exact.lowest < exact.highest)
        for ours, whole in ((tails.lowest, exact.lowest), (tails.highest, exact.highest)):
            assert np.all(np.abs(ours - whole) <= tails.error + 1e-12 * np.abs(whole))
    assert any("tail means of links, on all" in warning for warning in few.manifest.warnings)
    assert few.financing.fitted_draws == len(few.financing.gap_draws_musd) == 128
