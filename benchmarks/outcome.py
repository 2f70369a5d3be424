"""What a suite measures and hands to the report."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class Effort(StrEnum):
    """How long a suite may take."""

    TINY = "tiny"  # seconds: fired in the tests so that a suite does not rot
    SHORT = "short"  # a minute or two
    FULL = "full"  # what docs/performance.md quotes

    def choose(self, tiny: Any, short: Any, full: Any) -> Any:
        """One of three sizes."""
        return {Effort.TINY: tiny, Effort.SHORT: short, Effort.FULL: full}[self]


@dataclass(frozen=True, slots=True)
class Target:
    """A measured number against what it should reach.

    Attributes
    ----------
    what : in words, with the unit
    measured : the number
    reach : the number to reach
    at_least : whether more is better
    """

    what: str
    measured: float
    reach: float
    at_least: bool

    @property
    def reached(self) -> bool:
        """Whether the target is met."""
        return self.measured >= self.reach if self.at_least else self.measured <= self.reach


@dataclass(slots=True)
class Outcome:
    """Answer of a suite.

    Attributes
    ----------
    title : one line
    columns : names of the columns of the table, with units
    rows : values in the order of the columns
    targets : what was to be reached
    notes : what a reader must know, such as versions that could not run and why
    details : everything else, for the JSON
    """

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    details: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The outcome as plain types."""
        answer = asdict(self)
        answer["targets"] = [asdict(target) | {"reached": target.reached} for target in self.targets]
        return answer
