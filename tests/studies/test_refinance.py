"""A stored run financed again: the same answer for the same package, other answers for others, refusals in words."""

from __future__ import annotations

import csv
import json
import pickle
from pathlib import Path

import numpy as np
import pytest

from simmodel import pipeline
from simmodel.cli.app import main
from simmodel.errors import ScenarioError, StorageError
from simmodel.financing.robust_plan import POLICIES
from simmodel.inputs.model_inputs import ModelInputs
from simmodel.pipeline import Progress, StudyOptions
from simmodel.results.simulated_runs import SimulatedRuns
from simmodel.scenario import load_scenario
from simmodel.studies import stored_run
from simmodel.studies.refinance import prepare_refinancing, refuse_simulated
from simmodel.studies.stored_run import FILE, pack, pack_profits, read_run
from simmodel.studies.write_robust import read_policies
from tests.financing.synthetic_portfolio import synthetic_portfolio
from tests.pipeline.simulate_by_twin import simulate_by_twin

FLAGSHIP = Path(__file__).parents[2] / "scenarios" / "almaty.yaml"
SMALL = (
    "--set", "study.years=5", "--set", "selection.regions=[ALA, TAS, DYU]",
    "--set", "selection.candidates=[trans_caspian, casa_1000]", "--draws", "6",
)  # fmt: skip


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small run made by the plain NumPy twin."""

    def simulate(inputs: ModelInputs, options: StudyOptions, progress: Progress) -> tuple[SimulatedRuns, bool]:
        return simulate_by_twin(inputs, inputs.draws, options.keep), False

    out = tmp_path_factory.mktemp("runs") / "small"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "simulate_runs", simulate)
        leave("run", "almaty", "--out", str(out), *SMALL)
    return out


def leave(*arguments: str) -> int:
    with pytest.raises(SystemExit) as left:
        main(list(arguments))
    code = left.value.code
    return code if isinstance(code, int) else 0


def summary(folder: Path) -> dict[str, object]:
    content: dict[str, object] = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    return content


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_the_same_rules_give_the_same_answer(stored: Path) -> None:
    assert leave("finance", str(stored), "--overwrite") == 0
    again = stored.with_name("small-financed")
    assert files(again) == files(stored)
    first, second = summary(stored), summary(again)
    assert second["gap_musd"] == pytest.approx(first["gap_musd"], rel=1e-4)
    assert [row["step"] for row in second["waterfall"]] == [row["step"] for row in first["waterfall"]]  # type: ignore[attr-defined]
    assert second["need_musd"] == pytest.approx(first["need_musd"], rel=1e-6)
    for untouched in ("economics", "prices", "affordability", "traffic_gbps"):
        assert second[untouched] == first[untouched]


def test_a_package_is_put_in_place_and_can_be_financed_again(stored: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert leave("finance", str(stored), "--package", "commercial_only", "--why", "--overwrite") == 0
    other = stored.with_name("small-commercial_only")
    printed = capsys.readouterr().out
    assert "package commercial_only" in printed
    assert "    - link casa_1000, in" in printed and "planned sources and gap must pay the planned cost" in printed
    waterfall = {row["step"]: row["musd"] for row in summary(other)["waterfall"]}  # type: ignore[attr-defined]
    assert waterfall["public_and_concessional"] == pytest.approx(0.0, abs=1e-6)
    assert waterfall["residual"] > summary(stored)["gap_musd"]["mean"]  # type: ignore[index]
    third = prepare_refinancing(other, package="mdb_classic")
    assert third.scenario.financing.public_money and third.run.cash.draws == 6


def test_stored_flows_are_the_flows_in_single_precision(stored: Path) -> None:
    generator = np.random.default_rng(0)
    flows = generator.normal(0, 5, (3, 7, 11)) * (generator.random((3, 7, 1)) < 0.5)
    np.testing.assert_allclose(pack(flows).unpack(), flows, rtol=1e-7)
    run = read_run(stored).cash.runs["with"]
    assert run.cost_musd.shape[2] == 6 and run.tax_musd.shape[2] == 1


def test_stored_profits_are_those_of_draws_that_earn_one() -> None:
    """A section that only loses in some draws pays no tax in them: nothing of it is kept there."""
    cash = synthetic_portfolio(load_scenario(FLAGSHIP), draws=5, links=3)
    run, losing = cash.runs["portfolio_reform"], np.flatnonzero(cash.plan.section_link == 1)
    run.section_profit_musd[losing, :, 2:] *= -1.0
    kept = pack_profits(run).unpack()
    expected = run.section_profit_musd.copy()
    expected[losing, :, 2:] = 0.0
    np.testing.assert_allclose(kept, expected, rtol=1e-7)
    assert kept.any() and expected[losing, :, :2].any()


def test_what_was_simulated_cannot_be_overridden(stored: Path) -> None:
    with pytest.raises(ScenarioError) as refused:
        refuse_simulated(("financing.tail_weight=0.5", "parameters.contingency=0.3", "study.draws=5"))
    assert "parameters.contingency" in str(refused.value) and "study.draws" in str(refused.value)
    with pytest.raises(StorageError, match="lender_case_percentile"):
        prepare_refinancing(stored, overrides=("financing.lender_case_percentile=0.2",))


def test_folders_that_are_no_run_are_refused_in_words(stored: Path, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="no manifest.json"):
        read_run(tmp_path)
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "manifest.json").write_bytes((stored / "manifest.json").read_bytes())
    with pytest.raises(StorageError, match="keep no draws"):
        read_run(broken)
    (broken / FILE).write_bytes(b"no pickle")
    with pytest.raises(StorageError, match="cannot be read"):
        read_run(broken)
    (broken / FILE).write_bytes(pickle.dumps({"version": print}))
    with pytest.raises(StorageError, match="builtins.print"):
        read_run(broken)
    (broken / FILE).write_bytes(pickle.dumps({"version": "0.0.0"}))
    with pytest.raises(StorageError, match="version 0.0.0"):
        read_run(broken)
    assert leave("finance", str(stored), "--package", "none_such") == 2


def test_frontier_of_a_stored_run(stored: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = stored.with_name("traded")
    assert leave("frontier", str(stored), "--points", "3", "--out", str(out)) == 0
    printed = capsys.readouterr().out
    assert "Efficient plans" in printed and "least public debt" in printed
    assert files(out) == {"frontier.csv", "alternatives.csv", "frontier.png", "frontier.svg", "manifest.json"}
    with (out / "frontier.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert 2 <= len(rows) <= 3
    gaps = [float(row["minimised on the draws fitted to [constant musd]"]) for row in rows]
    subsidy = [float(row["reference-price subsidy [nominal musd]"]) for row in rows]
    assert gaps == sorted(gaps) and subsidy == sorted(subsidy, reverse=True)
    assert leave("frontier", str(stored), "--axes", "subsidy,private") == 2


def test_robust_plan_of_a_stored_run(stored: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = stored.with_name("robust")
    assert leave("robust", str(stored), "--out", str(out)) == 0
    printed = capsys.readouterr().out
    assert "signed before it is known which policy comes" in printed and "over 3 fresh draws" in printed.lower()
    assert "No-regret core" in printed
    assert files(out) == {
        "policies.csv", "regrets.csv", "robust_plan.csv", "regrets.png", "regrets.svg", "manifest.json",
    }  # fmt: skip
    policies, regrets, money = (rows_of(out / f"{name}.csv") for name in ("policies", "regrets", "robust_plan"))
    assert [row["policy [id]"] for row in policies] == ["today", "co_deployment", "reforms", "both"]
    assert [row["plan [text]"] for row in regrets][4:] == ["robust plan", "plan appraised as if both came"]
    largest = [float(row["largest regret on the draws fitted to [constant musd]"]) for row in regrets[:5]]
    assert largest[4] == min(largest) >= 0.0
    for place, row in enumerate(policies):
        risk, bound = (
            float(row[name])
            for name in (
                "smallest risk on the draws fitted to [constant musd]",
                "what no plan beats there [constant musd]",
            )
        )
        assert bound - 1e-6 <= risk <= bound * (1.0 + 2e-3) + 1e-6
        own = [value for name, value in regrets[place].items() if name.startswith("regret over fresh draws")]
        assert float(own[place]) == 0.0
    for row in money:
        drawn = float(row["drawn [nominal musd]"])
        core = float(row["of it no-regret: drawn by a best plan whichever policy comes [nominal musd]"])
        assert 0.0 <= core <= drawn
    assert json.loads((out / "manifest.json").read_text(encoding="utf-8"))["policies"] == list(POLICIES)


def test_policies_that_make_no_sense_are_refused_all_at_once(stored: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert leave("robust", str(stored), "--policies", "today,reform,boht", "--out", str(stored / "none")) == 2
    refused = capsys.readouterr().err
    assert "'reform' is none of" in refused and "'boht' is none of" in refused and "reforms" in refused
    assert leave("robust", str(stored), "--policies", "today,today", "--out", str(stored / "none")) == 2
    assert "nothing to regret" in capsys.readouterr().err
    assert not (stored / "none").exists()
    assert read_policies("both, today") == ("today", "both")


def test_a_large_run_keeps_its_first_draws(stored: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = read_run(stored).cash.runs["with"]
    monkeypatch.setattr(stored_run, "MOST_DRAWS", 4)
    kept = stored_run.first_draws(run)
    assert kept.draws == 4 and kept.tax_musd.shape[2] == 1
    np.testing.assert_array_equal(kept.cfads_musd, run.cfads_musd[:, :, :4])
