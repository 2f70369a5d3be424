"""Which draws a plan is fitted to and which tell what it is worth."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DrawSplit:
    """Positions of the draws: fitted ones first, fresh ones after them.

    Attributes
    ----------
    fitted, fresh : stretches of the draws of a run; the same one where a run has a single draw
    is_separate : whether no draw is in both
    """

    fitted: slice
    fresh: slice
    is_separate: bool

    @property
    def fitted_count(self) -> int:
        """Number of draws the plan is fitted to."""
        return int(self.fitted.stop - self.fitted.start)

    @property
    def fresh_count(self) -> int:
        """Number of draws that tell what it is worth."""
        return int(self.fresh.stop - self.fresh.start)


def split_draws(draws: int, draws_in: int) -> DrawSplit:
    """Fit to the first `draws_in` draws, or to half of them where there are fewer than twice as many.

    A plan is the better on draws it was fitted to the fewer they are, so what is published is read on the others. Any
    stretch of plain random draws is a sample; of a Sobol design a multiple of 1,024 draws is one of equal replicates.
    """
    if draws < 2:
        return DrawSplit(slice(0, draws), slice(0, draws), is_separate=False)
    fitted = min(draws_in, draws // 2)
    return DrawSplit(slice(0, fitted), slice(fitted, draws), is_separate=True)
