"""The scenario commands as a user meets them: output, exit codes, no traceback."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from simmodel.cli.app import main
from simmodel.scenario.export_schema import export_schema


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Return exit code, standard output and standard error of a command."""
    with pytest.raises(SystemExit) as left:
        main(arguments)
    captured = capsys.readouterr()
    code = left.value.code
    return (0 if code is None else int(code)), captured.out, captured.err


def test_check_says_what_a_good_scenario_holds(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "check", "trans_caspian")
    assert code == 0
    assert "41 regions in 8 countries" in out


def test_check_reports_every_file_and_leaves_with_2(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("extends: almaty\nparameters: {tehta: 1}\n", encoding="utf-8")
    code, out, err = run(capsys, "check", str(bad), "nowhere.yaml", "southern_corridor")
    assert code == 2
    assert "southern_corridor: ok" in out
    assert "bad.yaml:2:14: parameters.tehta: unknown name. Did you mean 'theta'?" in err
    assert "nowhere.yaml: no such file." in err
    assert "Traceback" not in err


def test_the_link_of_ones_own_in_a_new_scenario_is_complete(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(capsys, "new", "mine")[0] == 0
    lines = Path("mine.yaml").read_text(encoding="utf-8").splitlines()
    start = next(place for place, line in enumerate(lines) if line.startswith("# A link of your own"))
    own = [line.removeprefix("# ") for line in lines[start + 1 :]]
    Path("mine.yaml").write_text("\n".join(lines[:start] + own), encoding="utf-8")
    code, out, _ = run(capsys, "check", "mine.yaml")
    assert code == 0 and "18 candidate links" in out
    code, out, _ = run(capsys, "explain", "mine.yaml", "links.tashkent_almaty.capex")
    assert code == 0 and out.startswith("links.tashkent_almaty.capex = ")


def test_new_writes_a_scenario_that_passes(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(capsys, "new", "my_case", "--from", "trans_caspian")[0] == 0
    code, out, _ = run(capsys, "check", "my_case.yaml")
    assert code == 0
    assert "6 candidate links" in out
    code, _, err = run(capsys, "new", "my_case")
    assert code == 6
    assert "exists already" in err
    assert run(capsys, "new", "bad/name")[0] == 2
    assert run(capsys, "new", "other", "--from", "nowhere")[0] == 2


def test_schema_prints_json(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "schema")
    assert code == 0
    assert out.startswith("{")


def test_explain_shows_what_overrode_what(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "explain", "almaty", "parameters.theta", "--set", "parameters.theta=5")
    assert code == 0
    assert "parameters.theta = 5 elasticity" in out
    assert "4.0 (2.0 to 8.0)" in out
    assert "parameters.csv:" in out
    code, _, err = run(capsys, "explain", "almaty", "parameters.tehta")
    assert code == 2
    assert "Did you mean 'theta'?" in err
    assert "Traceback" not in err


def test_explain_capex_shows_its_items_and_their_places(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "explain", "almaty", "links.trans_caspian.capex")
    assert code == 0
    assert re.search(r"links\.trans_caspian\.capex = 5\d(\.\d+)? musd, engineering estimate", out)
    for path in (
        "links.trans_caspian.segments.0.km",
        "build_types.sea_shallow/seabed.civil_usd_per_km",
        "parameters.landing_station_musd",
        "parameters.subsea_fixed_musd",
        "parameters.preparation_share",
    ):
        assert f"{path} = " in out
    code, out, _ = run(capsys, "explain", "almaty", "links.L01.capex", "--set", "links.trans_caspian.capex_musd=60")
    assert code == 0
    assert "links.trans_caspian.capex = 60 musd, as given by the scenario" in out
    assert "--set links.trans_caspian.capex_musd=60" in out


def test_the_program_leaves_with_its_code_and_all_it_printed() -> None:
    """A pipe is written out though the process leaves at once; the schema is larger than any buffer."""
    program = [sys.executable, "-m", "simmodel.cli.app"]
    good = subprocess.run([*program, "schema"], capture_output=True, text=True, check=False)
    assert (good.returncode, good.stdout, good.stderr) == (0, export_schema(), "")
    bad = subprocess.run([*program, "check", "nowhere"], capture_output=True, text=True, check=False)
    assert (bad.returncode, bad.stdout) == (2, "")
    assert "1 problem found" in bad.stderr
