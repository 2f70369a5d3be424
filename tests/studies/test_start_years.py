"""Starts of links with the compiled engine: what is tried, what is chosen, what it comes to when simulated together."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from simmodel.cli.app import main
from simmodel.errors import ScenarioError
from simmodel.financing.draw_split import split_draws
from simmodel.financing.gap_waterfall import solve_case
from simmodel.financing.start_options import MEASURES, serve_equally, solve_rows
from simmodel.inputs.build import build_inputs
from simmodel.pipeline import StudyOptions, gather_cash, load, simulate_runs
from simmodel.studies import start_years
from simmodel.studies.start_years import (
    Start,
    find_starts,
    list_starts,
    overrides_of,
    refuse_too_many,
    simulate_starts,
    years_cut,
)
from simmodel.studies.write_starts import starts_text

REGIONS = ("study.years=15", "selection.regions=[ALA, TAS, DYU]")
TWO = (*REGIONS, "selection.candidates=[west_east_hyperhighway, cku_railway]")
OPTIONS = StudyOptions(draws=128, overrides=TWO)
NOTHING_SAVED = ("hosts.H_CKU.saved_civil_share=0", "hosts.H_CKU.row_saved_share=0")


def silent(words: str, done: int, of: int) -> None:
    """Tell nobody."""


def leave(*arguments: str) -> int:
    with pytest.raises(SystemExit) as left:
        main(list(arguments))
    code = left.value.code
    return code if isinstance(code, int) else 0


@pytest.mark.slow
def test_choice_holds_against_every_combination_simulated_together() -> None:
    loaded = load("almaty", OPTIONS)
    scenario, inputs = loaded.scenario, build_inputs(loaded.scenario).inputs
    starts = list_starts(scenario, inputs, delays=(3,), hosts=True, links=())
    assert [(one.link, one.words) for one in starts] == [
        ("west_east_hyperhighway", "as planned"),
        ("west_east_hyperhighway", "3 years later"),
        ("cku_railway", "as planned"),
        ("cku_railway", "3 years later"),
        ("cku_railway", "waits for H_CKU"),
    ]
    flows, _ = simulate_starts(loaded, inputs, starts, None, silent)
    split, cut = split_draws(128, 1024), years_cut(starts)
    screened, together = {}, {}
    for rows in product(*(np.flatnonzero(flows.link == link).tolist() for link in range(2))):
        screened[rows] = solve_rows(scenario, flows, rows, split).summary.mean_gap_musd
        chosen = overrides_of(scenario, [starts[row] for row in rows])
        options = StudyOptions(draws=128, overrides=(*TWO, *chosen))
        own = load("almaty", options)
        runs, _ = simulate_runs(build_inputs(own.scenario).inputs, options, silent)
        cash = gather_cash(own, runs)
        run = serve_equally(cash.runs["with"], cash.plan.section_link, cut[list(rows)])
        cash = type(cash)(cash.plan, {"with": run}, cash.first_year, cash.us_index)
        together[rows] = solve_case(scenario, cash, MEASURES, split).summary.mean_gap_musd
    assert together[0, 2] == screened[0, 2]  # all as planned: the same run
    error = max(abs(together[rows] - screened[rows]) for rows in together)
    assert error < 0.02 * min(together.values())
    found = find_starts("almaty", OPTIONS, delays=(3,), hosts=True, links=(), progress=silent)
    assert found.simulated.summary.mean_gap_musd == pytest.approx(together[found.choice.rows], rel=2e-3)
    allowed = 0.015 * min(together.values()) + 2.0 * error  # whole numbers and least gain; what starts do to each other
    assert together[found.choice.rows] <= min(together.values()) + allowed
    assert max(together.values()) > min(together.values()) + allowed


@pytest.mark.slow
def test_the_planned_starts_alone_are_the_present_plan() -> None:
    options = StudyOptions(draws=64, overrides=(*REGIONS, "selection.candidates=[west_east_hyperhighway]"))
    found = find_starts("almaty", options, delays=(), hosts=True, links=(), progress=silent)
    assert [one.words for one in found.starts] == ["as planned"]
    assert found.simulated.summary.mean_gap_musd == found.choice.chosen.summary.mean_gap_musd
    assert found.study.report.manifest.overrides == load("almaty", options).overrides
    assert found.study.report.financing.cases[-1].mean_gap_musd == pytest.approx(
        found.simulated.summary.mean_gap_musd, rel=0.01
    )


@pytest.mark.slow
def test_waiting_lowers_the_cost_of_works_only_where_the_host_saves_some() -> None:
    change = []
    for saved in ((), NOTHING_SAVED):
        options = StudyOptions(draws=128, overrides=(*TWO, *saved))
        loaded = load("almaty", options)
        inputs = build_inputs(loaded.scenario).inputs
        starts = list_starts(loaded.scenario, inputs, delays=(), hosts=True, links=("cku_railway",))
        flows, works = simulate_starts(loaded, inputs, starts, None, silent)
        planned, waiting = (row for row, one in enumerate(starts) if one.link == "cku_railway")
        change.append(works[waiting] / works[planned] - 1.0)
        assert flows.cash.plan.link_ids[waiting] == "cku_railway (waits for H_CKU)"
    assert change[0] < -0.1
    assert abs(change[1]) < 0.02  # what the horizon cuts off


@pytest.mark.slow
def test_command_leaves_a_run_with_the_starts_beside_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "starts"
    settings = [part for override in TWO for part in ("--set", override)]
    assert leave("starts", "almaty", *settings, "--draws", "64", "--link", "cku_railway", "--out", str(out)) == 0
    answer = json.loads((out / "starts.json").read_text(encoding="utf-8"))
    gap = answer["gap_over_equal_years_of_service_musd"]
    assert gap["simulated_less_screened"] == pytest.approx(gap["simulated_together"] - gap["screened"])
    assert answer["starts_tried"] == 3 and (out / "start_years.csv").is_file()
    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    assert answer["gap_of_the_run_musd"] == pytest.approx(summary["gap_musd"]["mean"])
    waits = next(row for row in answer["links"] if row["id"] == "cku_railway")["start"] == "waits for H_CKU"
    text = (out / "scenario.resolved.yaml").read_text(encoding="utf-8")
    assert text.count('"wait_for_host": true') == int(waits)
    assert "search ended" not in starts_text(answer)
    assert "ended at the time limit" in starts_text({**answer, "search_ended": "time limit"})
    assert leave("finance", str(out), "--package", "mdb_classic", "--out", str(tmp_path / "again")) == 0
    assert "simulated together" in capsys.readouterr().out


def test_what_makes_no_sense_is_refused_all_at_once() -> None:
    loaded = load("almaty", StudyOptions(overrides=(*TWO, "financing.whole_numbers=false")))
    inputs = build_inputs(loaded.scenario).inputs
    with pytest.raises(ScenarioError) as refused:
        list_starts(loaded.scenario, inputs, delays=(0, 2), hosts=True, links=("cku_railwy",))
    said = str(refused.value)
    assert "Did you mean 'cku_railway'" in said and "whole years from 1 to 14" in said and "whole_numbers" in said
    plain = load("almaty", StudyOptions(overrides=TWO)).scenario
    with pytest.raises(ScenarioError, match="no start but the planned one"):
        list_starts(plain, inputs, delays=(), hosts=False, links=())
    with pytest.raises(
        ScenarioError, match=r"links\.cku_railway: 12 years later it would not open within the 15 years"
    ):
        list_starts(plain, inputs, delays=(12,), hosts=False, links=())


def test_draws_that_do_not_fit_are_refused_with_what_would(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = load("almaty", StudyOptions(draws=1_000_000, overrides=TWO))
    inputs = build_inputs(loaded.scenario).inputs
    starts = list_starts(loaded.scenario, inputs, delays=(1,), hosts=False, links=())
    monkeypatch.setattr(start_years, "free_memory", lambda: 4.0 * 2.0**30)
    with pytest.raises(ScenarioError, match=r"1,000,000 draws of 4 starts take .* are free; at most [\d,]+, or"):
        refuse_too_many(inputs, starts)
    refuse_too_many(inputs._replace(draws=1000), starts)


def test_the_latest_start_of_a_link_counts_to_the_end_of_the_horizon() -> None:
    starts = [Start("a", "", 0, False, 3), Start("a", "", 2, False, 5), Start("b", "", 0, False, 4)]
    assert years_cut(starts).tolist() == [2, 0, 0]
