"""A whole study with the compiled engine: the same bits whatever the threads, and again from the resolved scenario."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simmodel.pipeline import StudyOptions, run_study
from simmodel.report.write_report import write_report
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
