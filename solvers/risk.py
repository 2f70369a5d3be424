"""How a distribution of gaps is turned into one number to minimise."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from solvers.financing_problem import Floats


@dataclass(frozen=True, slots=True)
class RiskMeasure:
    """(1 - tail_weight) mean + tail_weight mean of the worst (1 - tail_level) of the draws.

    The second part is the conditional value at risk of Rockafellar and Uryasev (2000); as the largest mean over all
    weights of draws that are at most 1/(1 - tail_level) times even, it is convex in the plan.

    Attributes
    ----------
    tail_weight : [-] lambda, from 0 (only the mean counts) to 1
    tail_level : [-] alpha, in [0, 1); 1 - 1/draws or more is the worst draw

    Raises
    ------
    ValueError   a value out of range
    """

    tail_weight: float = 0.0
    tail_level: float = 0.9

    def __post_init__(self) -> None:
        if not 0.0 <= self.tail_weight <= 1.0:
            raise ValueError(f"tail_weight: {self.tail_weight} is not between 0 and 1")
        if not 0.0 <= self.tail_level < 1.0:
            raise ValueError(f"tail_level: {self.tail_level} is not in [0, 1)")

    def tail_limits(self, draws: int) -> tuple[float, int]:
        """Return the most that one of so many equally likely draws weighs in the tail, and how many are in it."""
        most = min(1.0 / ((1.0 - self.tail_level) * draws), 1.0)
        return most, min(max(math.ceil(1.0 / most - 1e-9), 1), draws)

    def tail_weights(self, losses: Floats) -> Floats:
        """Return the weights (S,), adding to 1, under which the mean loss is largest; equal losses keep their order."""
        from solvers.recourse_kernel import weigh_tail

        weights: Floats = weigh_tail(np.ascontiguousarray(losses, dtype=np.float64), *self.tail_limits(len(losses)))
        return weights

    def value(self, losses: Floats) -> float:
        """Return the risk of equally likely losses (S,), in their unit."""
        tail = float(self.tail_weights(losses) @ losses)
        return (1.0 - self.tail_weight) * float(losses.mean()) + self.tail_weight * tail
