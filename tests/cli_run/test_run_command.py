"""`simmodel run` from the outside: what it prints, writes and refuses. The engine is the plain NumPy twin here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simmodel import pipeline
from simmodel.cli.app import main
from simmodel.inputs.model_inputs import ModelInputs
from simmodel.pipeline import Progress, StudyOptions
from simmodel.report.screen import screen_text
from simmodel.results.simulated_runs import SimulatedRuns
from tests.pipeline.simulate_by_twin import simulate_by_twin

SMALL = (
    "--set", "study.years=5", "--set", "selection.regions=[ALA, TAS, DYU]",
    "--set", "selection.candidates=[trans_caspian, casa_1000]", "--draws", "6",
)  # fmt: skip


@pytest.fixture
def twin_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    def simulate(inputs: ModelInputs, options: StudyOptions, progress: Progress) -> tuple[SimulatedRuns, bool]:
        progress("simulating", 0, inputs.draws)
        return simulate_by_twin(inputs, inputs.draws, options.keep), False

    monkeypatch.setattr(pipeline, "simulate_runs", simulate)


def leave(*arguments: str) -> int:
    with pytest.raises(SystemExit) as left:
        main(["run", *arguments])
    code = left.value.code
    return code if isinstance(code, int) else 0


@pytest.mark.usefixtures("twin_engine")
def test_a_run_prints_what_it_writes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "first"
    assert leave("almaty", "--out", str(out), *SMALL) == 0
    printed = capsys.readouterr()
    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    assert screen_text(summary) in printed.out
    assert "reading the scenario" in printed.err and "\r" not in printed.err
    assert sum(row["musd"] for row in summary["waterfall"][:-1]) == pytest.approx(summary["gap_musd"]["mean"], rel=1e-9)

    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["draws"] == 6 and manifest["seed"] == summary["seed"]
    assert {"scenario", "inputs", "engine", "financing and results", "report"} <= set(manifest["seconds"])
    assert "almaty.yaml" in manifest["sha256"] and "tables/links.csv" in manifest["sha256"]
    assert manifest["warnings"] == summary["warnings"]

    again = tmp_path / "again"
    assert leave(str(out / "scenario.resolved.yaml"), "--out", str(again)) == 0
    for name in ("links", "waterfall", "countries", "cash_flow", "financing_plan", "economics"):
        first, second = ((folder / "tables" / f"{name}.csv").read_bytes() for folder in (out, again))
        assert first == second, name

    capsys.readouterr()
    assert leave("almaty", "--out", str(out), *SMALL) == 6
    assert "--overwrite" in capsys.readouterr().err


def test_a_bad_scenario_leaves_no_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "run"
    assert leave("almaty", "--out", str(out), "--set", "parameters.thetta=3") == 2
    errors = capsys.readouterr().err
    assert "Did you mean" in errors and "Traceback" not in errors
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_no_run_is_refused_before_anything_is_computed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "thesis.txt").write_text("years of work", encoding="utf-8")
    assert leave("almaty", "--out", str(tmp_path), "--overwrite") == 6
    assert "not replaced" in capsys.readouterr().err
