"""Problems found in a scenario: each names file, line, column and field; all are collected before anything stops."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from simmodel.errors import ScenarioError
from simmodel.scenario.provenance import Origin


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake and where it stands.

    `line` and `column` count from 1; 0 means that the place inside the file is not known. `suggestion` is the
    nearest known name, or empty.
    """

    file: str
    line: int
    column: int
    field: str
    message: str
    suggestion: str = ""

    def __str__(self) -> str:
        place = self.file if self.line == 0 else f"{self.file}:{self.line}:{self.column}"
        field = f"{self.field}: " if self.field else ""
        stop = "" if self.message.endswith(".") else "."
        hint = f"{stop} Did you mean {self.suggestion!r}?" if self.suggestion else ""
        return f"{place}: {field}{self.message}{hint}"


class ProblemList:
    """Collects problems while a scenario is read, and raises them together."""

    __slots__ = ("_problems",)

    def __init__(self) -> None:
        self._problems: set[Problem] = set()

    def __len__(self) -> int:
        return len(self._problems)

    def add(self, origin: Origin, field: str, message: str, suggestion: str = "") -> None:
        """Record one problem at `origin` (its file, line and column)."""
        self._problems.add(Problem(origin.file, origin.line, origin.column, field, message, suggestion))

    def sorted(self) -> tuple[Problem, ...]:
        """Return the problems by file, line and column."""
        return tuple(sorted(self._problems))

    def raise_if_any(self) -> None:
        """Raise ScenarioError with every problem recorded so far."""
        if self._problems:
            raise ScenarioError(self.sorted())


def nearest_name(name: str, known: Iterable[str]) -> str:
    """Return the known name most like `name`, or an empty string when none is close."""
    candidates = list(known)
    matches = get_close_matches(name, candidates, n=1, cutoff=0.6)
    if not matches:
        lowered = {text.lower(): text for text in candidates}
        return lowered.get(name.lower(), "")
    return matches[0]
