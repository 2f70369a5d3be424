"""What a check needs: a way to report a problem at the place of a value, and to look a value up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from simmodel.scenario.problems import ProblemList, nearest_name
from simmodel.scenario.provenance import Mapping, nearest_origin
from simmodel.scenario.schema import Scenario


@dataclass(frozen=True, slots=True)
class Reporter:
    """Reports a problem at the place of a value."""

    tree: Mapping
    problems: ProblemList

    def add(self, path: tuple[str | int, ...], message: str, suggestion: str = "") -> None:
        """Report a problem with the value at `path`."""
        origin = nearest_origin(self.tree, path)
        self.problems.add(origin, ".".join(str(step) for step in path), message, suggestion)

    def unknown(self, path: tuple[str | int, ...], what: str, name: str, known: Iterable[str]) -> None:
        """Report a name that is not among the known ones."""
        self.add(path, f"there is no {what} {name!r}.", nearest_name(name, known))


def value_at(scenario: Scenario, steps: Iterable[str]) -> object:
    """Return what lies at a path of a scenario, None when nothing does."""
    value: object = scenario
    for step in steps:
        if isinstance(value, dict):
            value = value.get(step, value.get(int(step)) if step.isdigit() else None)
        elif isinstance(value, tuple):
            value = value[int(step)] if step.isdigit() and int(step) < len(value) else None
        else:
            value = getattr(value, step, None) if step in getattr(type(value), "model_fields", ()) else None
    return value
