"""Random numbers of the twin: Philox4x32-10 in NumPy, and counts of events."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

Row = NDArray[np.float64]

MOST_EVENTS = 20


def number_of_stream(name: str) -> int:
    """The 64-bit number of a stream: BLAKE2b of its name, eight bytes, little end first."""
    return int.from_bytes(hashlib.blake2b(name.encode("utf-8"), digest_size=8).digest(), "little")


def philox_words(
    seed: int, draw_numbers: NDArray[np.int64], stream: int, year: int | NDArray[np.int64], quad: int = 0
) -> NDArray[np.uint32]:
    """Four words a draw, (4, draws): counter (draw, 65536 year + quad, stream low, stream high), key the seed."""
    mask = np.uint64(0xFFFFFFFF)
    shift = np.uint64(32)
    count = len(draw_numbers)
    c0 = draw_numbers.astype(np.uint64)
    c1 = np.broadcast_to(np.asarray(year, dtype=np.uint64) * np.uint64(65536) + np.uint64(quad), count)
    c2 = np.full(count, stream & 0xFFFFFFFF, dtype=np.uint64)
    c3 = np.full(count, stream >> 32, dtype=np.uint64)
    k0, k1 = seed & 0xFFFFFFFF, seed >> 32
    for _ in range(10):
        product_a = np.uint64(0xD2511F53) * c0
        product_b = np.uint64(0xCD9E8D57) * c2
        c0 = (product_b >> shift) ^ c1 ^ np.uint64(k0)
        c1 = product_b & mask
        c2 = (product_a >> shift) ^ c3 ^ np.uint64(k1)
        c3 = product_a & mask
        k0 = (k0 + 0x9E3779B9) & 0xFFFFFFFF
        k1 = (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return np.stack([c0, c1, c2, c3]).astype(np.uint32)


class AnnualShocks:
    """Uniform and standard normal numbers by stream, year and word; normals are zero at expected events."""

    def __init__(self, seed: int, first_draw: int, draws: int, years: int, *, expected: bool) -> None:
        self.seed = seed
        self.numbers = np.arange(first_draw, first_draw + draws)
        self.years = years
        self.expected = expected
        self._kept: dict[str, NDArray[np.float64]] = {}

    def uniforms(self, stream: str, word: int) -> NDArray[np.float64]:
        """(years, draws) uniform numbers."""
        if stream not in self._kept:
            draws = np.tile(self.numbers, self.years)
            years = np.repeat(np.arange(self.years), len(self.numbers))
            words = philox_words(self.seed, draws, number_of_stream(stream), years)
            words = words.reshape(4, self.years, len(self.numbers)).swapaxes(0, 1)
            self._kept[stream] = (words.astype(np.float64) + 0.5) / 2.0**32
        return self._kept[stream][:, word]

    def normals(self, stream: str, word: int) -> NDArray[np.float64]:
        """(years, draws) standard normal numbers."""
        uniform = self.uniforms(stream, word)
        return np.zeros_like(uniform) if self.expected else ndtri(uniform)

    def happens(self, stream: str, word: int, rate: float | NDArray[np.float64]) -> NDArray[np.float64]:
        """(years, draws) 1 where an event of a yearly rate happens, or its probability."""
        probability = 1.0 - np.exp(-np.asarray(rate, dtype=np.float64))
        uniform = self.uniforms(stream, word)
        if self.expected:
            return np.broadcast_to(probability, uniform.shape).copy()
        return np.where(uniform < probability, 1.0, 0.0)

    def counts(self, stream: str, word: int, rate: float | NDArray[np.float64]) -> NDArray[np.float64]:
        """(years, draws) numbers of events of a yearly rate (a number, or (years, draws)), or the rate."""
        uniform = self.uniforms(stream, word)
        rates = np.broadcast_to(np.asarray(rate, dtype=np.float64), uniform.shape)
        return rates.copy() if self.expected else poisson_count(uniform, rates)

    def severity(self, stream: str, word: int, median: float, sigma: float) -> NDArray[np.float64]:
        """(years, draws) lognormal sizes of a given median, or their mean."""
        if self.expected:
            return np.full((self.years, len(self.numbers)), median * np.exp(0.5 * sigma * sigma))
        return median * np.exp(sigma * self.normals(stream, word))


def poisson_count(uniform: Row, rate: Row) -> Row:
    """The smallest k with CDF(k) >= uniform, at most MOST_EVENTS."""
    term = np.exp(-rate)
    cumulative = term.copy()
    count = np.zeros_like(uniform)
    for k in range(1, MOST_EVENTS + 1):
        count += uniform > cumulative
        term = term * rate / k
        cumulative = cumulative + term
    return count
