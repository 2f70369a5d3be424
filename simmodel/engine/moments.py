"""Means and squared deviations of many cells, merged up a fixed binary tree of blocks of draws.

The tree stands over the numbers of the draws: a node is a range of 2**level blocks that starts at a multiple of its
length.  Two neighbours become their parent as soon as both are there, whoever computed them, so that threads, and
shards of a simulation made separately, give the same bits as one piece; only some nodes a level are ever held.

References
----------
T. F. Chan, G. H. Golub, R. J. LeVeque, Updating formulae and a pairwise algorithm for computing sample variances,
COMPSTAT 1982.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["MomentTree"]

Moments = list[NDArray[np.float64]]  # arrays in C order whose first axis is (mean, sum of squared deviations)
CELLS_AT_ONCE = 8192


class MomentTree:
    """Moments of the draws met so far.

    Attributes
    ----------
    nodes : (level, position) -> (draws, moments) of blocks [position 2**level, (position + 1) 2**level)
    """

    __slots__ = ("nodes",)

    def __init__(self) -> None:
        self.nodes: dict[tuple[int, int], tuple[int, Moments]] = {}

    def add(self, level: int, position: int, draws: int, moments: Sequence[NDArray[np.float64]]) -> None:
        """Add a node, which is copied, and merge it with its neighbours as far up as they are there."""
        own: Moments | None = None
        while (pair := (level, position ^ 1)) in self.nodes:
            other_draws, other = self.nodes.pop(pair)
            if position & 1:
                merge_moments(other, other_draws, own or moments, draws)
                own = other
            else:
                own = own or [array.copy() for array in moments]
                merge_moments(own, draws, other, other_draws)
            level, position, draws = level + 1, position >> 1, draws + other_draws
        if (level, position) in self.nodes:
            raise ValueError("the same draws are met twice")
        self.nodes[level, position] = draws, own or [array.copy() for array in moments]

    def absorb(self, other: MomentTree) -> None:
        """Add all nodes of another tree over other draws."""
        for (level, position), (draws, moments) in sorted(other.nodes.items()):
            self.add(level, position, draws, moments)

    def total(self) -> tuple[int, Moments]:
        """Return the draws and their moments: what is left is merged up the tree, a missing neighbour being empty.

        Raises
        ------
        ValueError   no draw was met
        """
        left = {place: (draws, [array.copy() for array in moments]) for place, (draws, moments) in self.nodes.items()}
        if not left:
            raise ValueError("no draw was met")
        while len(left) > 1:
            level, position = min(left)
            draws, moments = left.pop((level, position))
            neighbour = left.pop((level, position ^ 1), None)
            if neighbour is not None:  # the lowest position comes first: the neighbour is on the right
                merge_moments(moments, draws, neighbour[1], neighbour[0])
                draws += neighbour[0]
            left[level + 1, position >> 1] = draws, moments
        ((draws, moments),) = left.values()
        return draws, moments


def merge_moments(total: Moments, draws: int, part: Sequence[NDArray[np.float64]], part_draws: int) -> None:
    """Add moments of `part_draws` later draws to those of `draws` draws, in place, a cacheful of cells at a time."""
    share, spread = part_draws / (draws + part_draws), draws * part_draws / (draws + part_draws)
    for one, other in zip(total, part, strict=True):
        (means, squares), (other_means, other_squares) = one.reshape(2, -1), other.reshape(2, -1)
        for first in range(0, means.size, CELLS_AT_ONCE):
            cells = slice(first, first + CELLS_AT_ONCE)
            gap = other_means[cells] - means[cells]
            means[cells] += gap * share
            squares[cells] += other_squares[cells]
            gap *= gap
            gap *= spread
            squares[cells] += gap
