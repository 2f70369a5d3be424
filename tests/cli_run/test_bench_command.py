"""`simmodel bench`: it measures, and says what it measured; no number is judged."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from simmodel.cli.app import app
from simmodel.cli.bench_command import speed_lines
from simmodel.studies.engine_speed import EngineSpeed, measure_engine, thread_numbers
from tests.parity.generated_networks import generate_inputs


def test_engine_is_measured_with_every_number_of_threads() -> None:
    told: list[str] = []
    speed = measure_engine(
        generate_inputs(3, links=4, regions=3, years=1),
        draws=3,
        most_threads=2,
        progress=lambda words, done, of: told.append(words),
    )
    assert list(speed.draws_per_second) == [1, 2]
    assert all(rate > 0 for rate in speed.draws_per_second.values())
    assert speed.start_s > 0
    assert told[0].startswith("starting") and told[-1] == "simulating"


@pytest.mark.parametrize(("most", "numbers"), [(1, [1]), (2, [1, 2]), (3, [1, 2, 3]), (8, [1, 2, 4, 8])])
def test_threads_tried(most: int, numbers: list[int]) -> None:
    assert thread_numbers(most) == numbers


def test_lines_say_what_was_measured() -> None:
    lines = speed_lines(EngineSpeed(True, 12.5, "folder", 100, {1: 500.0, 2: 900.0}, 321.0))
    assert "12.50 s" in lines[0] and "compiled" in lines[0]
    assert any("900 draws/s" in line and "1.80 times one" in line for line in lines)
    assert "321 MiB" in lines[-1]


def test_help_names_examples() -> None:
    shown = CliRunner().invoke(app, ["bench", "--help"])
    assert shown.exit_code == 0
    assert "simmodel bench trans_caspian" in shown.output


def test_unknown_scenario_is_refused_without_traceback() -> None:
    from simmodel.errors import SimmodelError

    result = CliRunner().invoke(app, ["bench", "no_such_scenario"])
    assert isinstance(result.exception, SimmodelError)
