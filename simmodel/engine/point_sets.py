"""The designs that drive static parameters and common annual factors: plain random, Latin hypercube, Sobol.

Every independent normal number (a *source*) is one dimension.

monte_carlo      Philox words by position: a source's numbers depend on the seed, its name and the draw alone
latin_hypercube  `scipy.stats.qmc.LatinHypercube`, a design of its own for each source, seeded by its name: the draws of
                 a replicate fall one into each of as many equal slices of probability; depends on the number of draws
sobol            `scipy.stats.qmc.Sobol`, scrambled, the sources in the order of the plan, what moves everything first:
                 draw k is a point of one of eight sequences with independent scrambles, which take turns of 128 draws

The eight replicates of the last two are independent of each other, so that the spread of their means tells the error
of the mean, which the spread of dependent draws does not (A. B. Owen, Monte Carlo theory, methods and examples,
sections 10.3 and 17.5).  A Sobol word w becomes the uniform (w + 1/2) / 2**32, as a Philox word does; SciPy leaves out
the half.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simmodel.engine.sampling_kernel import GIVEN, INDEPENDENT, SOBOL, TURN, Points

__all__ = ["REPLICATES", "Sampling", "Source", "design_bytes", "make_points", "replicate_of_draws"]

# Independent replicates of a Latin hypercube or Sobol sequence.
REPLICATES: Final = 8
BITS: Final = 32


class Sampling(Enum):
    """Design of the static parameters and common annual factors."""

    MONTE_CARLO = "monte_carlo"
    LATIN_HYPERCUBE = "latin_hypercube"
    SOBOL = "sobol"


class Source(NamedTuple):
    """An independent normal number: word of a stream in a year."""

    stream: int
    year: int
    word: int


def replicate_of_draws(sampling: Sampling, draws: int) -> NDArray[np.int64]:
    """Return the replicate every one of `draws` draws belongs to; a plain random draw is a replicate of its own.

    A Latin hypercube's replicates follow each other and are equal to one draw; a Sobol sequence's take turns.
    """
    number = np.arange(draws, dtype=np.int64)
    if sampling is Sampling.SOBOL:
        return number // TURN % REPLICATES
    return number * REPLICATES // draws if sampling is Sampling.LATIN_HYPERCUBE else number


def design_bytes(sampling: Sampling, sources: int, draws: int) -> int:
    """Memory that grows with the number of draws: a Latin hypercube is made at once."""
    return 8 * sources * draws if sampling is Sampling.LATIN_HYPERCUBE else 0


def make_points(sampling: Sampling, sources: Sequence[Source], *, seed: int, draws: int) -> Points:
    """Prepare the design of `draws` draws for the kernel."""
    one = np.zeros((1, 1, BITS), np.uint32), np.zeros((1, 1), np.uint32), np.full((1, 1), 0.5)
    if sampling is Sampling.SOBOL and sources:
        directions, shifts = _scramble_sobol(len(sources), seed)
        return Points(np.array([SOBOL]), directions, shifts, one[2])
    if sampling is Sampling.LATIN_HYPERCUBE:
        return Points(np.array([GIVEN]), one[0], one[1], _latin_hypercubes(sources, seed, draws))
    return Points(np.array([INDEPENDENT]), *one)


def _scramble_sobol(dimensions: int, seed: int) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Scrambled direction numbers (replicates, dimensions, 32) and shifts of SciPy's Sobol sequences.

    SciPy offers points in order; their direction numbers are private to it, and a test compares the points.
    """
    from scipy.stats import qmc

    engines: list[Any] = [
        qmc.Sobol(dimensions, scramble=True, bits=BITS, rng=np.random.default_rng([seed, replicate]))
        for replicate in range(REPLICATES)
    ]
    directions = np.stack([engine._sv for engine in engines]).astype(np.uint32)
    return np.ascontiguousarray(directions), np.stack([engine._shift for engine in engines]).astype(np.uint32)


def _latin_hypercubes(sources: Sequence[Source], seed: int, draws: int) -> NDArray[np.float64]:
    """(sources, draws filled up to whole blocks) uniform numbers: the replicates' designs, one after the other."""
    from scipy.stats import qmc

    from simmodel.engine.block import B

    sizes = np.bincount(replicate_of_draws(Sampling.LATIN_HYPERCUBE, draws), minlength=REPLICATES)
    given = np.full((max(1, len(sources)), -(-draws // B) * B), 0.5)
    for row, source in zip(given, sources, strict=False):
        rng = np.random.default_rng([seed, *source])
        parts = [qmc.LatinHypercube(1, rng=rng).random(int(size))[:, 0] for size in sizes if size]
        row[:draws] = np.concatenate(parts)
    return np.clip(given, 2.0**-53, 1.0 - 2.0**-53)
