"""Errors of the optimiser."""

from __future__ import annotations


class SolverError(RuntimeError):
    """HiGHS ended without an answer that can be used."""
