"""A table of the financing stage, as a report writes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FinancingTable:
    """Name of the file, header with units, rows."""

    name: str
    header: tuple[str, ...]
    rows: tuple[Sequence[object], ...]
