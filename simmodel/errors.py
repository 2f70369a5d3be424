"""Errors a user can meet, each with the exit code of the command line.

A mistake in the input is one of these and shows no traceback; a programming error is not, and shows one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar


class SimmodelError(Exception):
    """Root of every error the program raises on purpose."""

    exit_code: ClassVar[int] = 1


class ScenarioError(SimmodelError):
    """A scenario cannot be used; `problems` holds every reason found, sorted by file and line.

    Parameters
    ----------
    problems : sequence of objects whose `str` reads `file:line:column: field: message`
    """

    exit_code: ClassVar[int] = 2

    def __init__(self, problems: Sequence[object]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class DataError(SimmodelError):
    """A table, unit or year is missing, or a checksum does not match."""

    exit_code: ClassVar[int] = 3


class SimulationError(SimmodelError):
    """A simulated number is not finite; says where it arose.

    Parameters
    ----------
    message : what went wrong
    kernel : name of the economic step
    draw : index of the draw, counted from 0
    link : slug of the link, empty when the step is not about a link
    year : calendar year
    """

    exit_code: ClassVar[int] = 4

    def __init__(
        self,
        message: str,
        *,
        kernel: str = "",
        draw: int | None = None,
        link: str = "",
        year: int | None = None,
    ) -> None:
        self.kernel, self.draw, self.link, self.year = kernel, draw, link, year
        places = [
            text
            for text in (
                f"kernel {kernel}" if kernel else "",
                f"draw {draw}" if draw is not None else "",
                f"link {link}" if link else "",
                f"year {year}" if year is not None else "",
            )
            if text
        ]
        super().__init__(f"{message} ({', '.join(places)})" if places else message)


class FinancingError(SimmodelError):
    """No financing plan exists; `conflicts` names the rows that contradict each other, in words."""

    exit_code: ClassVar[int] = 5

    def __init__(self, message: str, *, conflicts: Sequence[str] = ()) -> None:
        self.conflicts = tuple(conflicts)
        super().__init__("\n".join([message, *(f"  - {conflict}" for conflict in self.conflicts)]))


class StorageError(SimmodelError):
    """A run cannot be read or written; nothing half-written is left behind."""

    exit_code: ClassVar[int] = 6
