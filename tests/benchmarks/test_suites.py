"""Every suite of the benchmarks still runs, at sizes of seconds; what it measures is not looked at."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.cases import SEEDS, all_cases, describe_network
from benchmarks.machine import describe_machine
from benchmarks.outcome import Effort
from benchmarks.report import draw_figures, read_results, table_text, write_outcome
from benchmarks.suites import SUITES, suite


@pytest.mark.slow
@pytest.mark.parametrize("name", SUITES)
def test_a_suite_measures_and_is_reported(name: str, tmp_path: Path) -> None:
    outcome = suite(name)(Effort.TINY)
    assert outcome.rows or outcome.notes
    assert all(len(row) == len(outcome.columns) for row in outcome.rows)
    write_outcome(name, outcome, describe_machine(), tmp_path)
    results = read_results(tmp_path)
    assert json.loads((tmp_path / f"{name}.json").read_text())["suite"] == name
    assert outcome.title in table_text(results)
    for figure in draw_figures(results, tmp_path):
        assert figure.stat().st_size > 0


def test_cases_are_networks_of_the_size_they_say() -> None:
    for case in all_cases().values():
        if case.name in ("links_5", "years_1", "regime_price_cap"):
            network = case.build().network
            assert f"{len(network.links)} links" in case.words
            assert f"{len(network.years)} year" in case.words


def test_networks_compared_by_their_units_of_work_are_of_like_make_up() -> None:
    for links in SEEDS:
        sizes = describe_network(all_cases()[f"links_{links}"].build().network)
        work = sizes["units_of_work"]
        assert sizes["segments"] / work == pytest.approx(0.25, abs=0.02)
        assert links / work == pytest.approx(0.063, abs=0.008)
        assert sizes["regions"] / work == pytest.approx(0.038, abs=0.005)
        assert sizes["candidates"] / links == pytest.approx(0.4, abs=0.08)
