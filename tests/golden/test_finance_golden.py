"""Every case of finance_*.yaml: the function named, on the inputs given, returns what the source says."""

import enum
import inspect
import typing
from pathlib import Path

import numpy as np
import pytest
from ruamel.yaml import YAML

from simmodel.results import metrics, statistics

FOLDER = Path(__file__).parent


def read_cases() -> list[tuple[str, dict[str, typing.Any]]]:
    yaml = YAML(typ="safe", pure=True)
    files = sorted(FOLDER.glob("finance_*.yaml"))
    return [(f"{file.stem}: {case['name']}", case) for file in files for case in yaml.load(file)]


CASES = read_cases()


def call(name: str, inputs: dict[str, typing.Any]) -> typing.Any:
    function = getattr(metrics, name, None) or getattr(statistics, name)
    hints = typing.get_type_hints(inspect.unwrap(function))
    choices = {key: hint for key, hint in hints.items() if isinstance(hint, type) and issubclass(hint, enum.Enum)}
    return function(**{key: choices[key](value) if key in choices else value for key, value in inputs.items()})


@pytest.mark.parametrize("case", [case for _, case in CASES], ids=[name for name, _ in CASES])
def test_golden_case(case: dict[str, typing.Any]) -> None:
    assert case["source"]
    result, expected = call(case["function"], case["inputs"]), case["expected"]
    pairs = (
        [(getattr(result, field), value) for field, value in expected.items()]
        if isinstance(expected, dict)
        else [(result, expected)]
    )
    for actual, wanted in pairs:
        assert np.shape(actual) == np.shape(wanted)
        np.testing.assert_allclose(actual, wanted, rtol=0.0, atol=case["tolerance"])


def test_names_of_golden_cases_are_unique() -> None:
    names = [name for name, _ in CASES]
    assert len(set(names)) == len(names) > 40
