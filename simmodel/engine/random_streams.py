"""Random numbers by position: a word depends on (seed, draw, stream, year, word index) and on nothing else.

There is no generator state.  Draw 70,000 of a link's overruns in year 12 is computed without computing any other
number, on whatever thread or machine, and stays what it is when other links, countries or draws are added.  The
function is Philox4x32-10, a keyed bijection of 128-bit counters:

    counter word 0   the draw, below 2**32
    counter word 1   65,536 year + word index // 4      (the year is a position, 0 = the study's first year)
    counter word 2   low half of the stream's number
    counter word 3   high half of the stream's number
    key              the seed, 64 bits

Each counter gives four words of 32 bits; word index w is the one at w % 4, so a step that needs up to four numbers a
year takes them from one evaluation (:func:`fill_four_words`).  A stream's number is the 64-bit BLAKE2b hash of its
NAME, such as "link/trans_caspian/overrun": two of a million names share it with a probability of 3e-8, which a run
checks.

A word w becomes the uniform (w + 1/2) / 2**32: never 0 or 1, exactly symmetric, at most 6.34 standard deviations away.

References
----------
J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, Parallel random numbers: as easy as 1, 2, 3, SC11, 2011.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from simmodel.engine.block import B
from simmodel.engine.elementary import exp, turn_uniforms_into_normals
from simmodel.engine.jit import kernel_scalar, kernel_step
from simmodel.inputs.stream_names import stream_number, stream_numbers

__all__ = [
    "MOST_POISSON_EVENTS",
    "STATIC_YEAR",
    "fill_bernoulli",
    "fill_four_words",
    "fill_normals",
    "fill_poisson",
    "fill_poisson_by_rate",
    "fill_uniforms",
    "fill_uniforms_from_words",
    "fill_words",
    "philox4x32",
    "stream_number",
    "stream_numbers",
    "uniform_of_word",
]

Row = NDArray[np.float64]
WordRow = NDArray[np.uint32]

# The "year" of numbers drawn once for a whole run; calendars are shorter, so it meets no year.
STATIC_YEAR: Final = 65535
# A Poisson count stops here: at a rate of 15 a year the chance of more is 2e-8, at 10 it is 2e-13, at 5 it is 1e-23.
MOST_POISSON_EVENTS: Final = 40

MULTIPLIER_0: Final = np.uint64(0xD2511F53)
MULTIPLIER_1: Final = np.uint64(0xCD9E8D57)
KEY_STEP_0: Final = np.uint64(0x9E3779B9)
KEY_STEP_1: Final = np.uint64(0xBB67AE85)
LOW_32: Final = np.uint64(0xFFFFFFFF)
NO_BITS: Final = np.uint64(0)
SHIFT_32: Final = np.uint64(32)
BITS_OF_TWO_52: Final = np.uint64(0x4330000000000000)
TWO_52_LESS_HALF: Final = 4503599627370495.5
WORD_WIDTH: Final = 2.3283064365386963e-10  # 2**-32


# --------------------------------------------------------------------------------------------------------------- words


@kernel_scalar
def philox4x32(
    c0: np.uint64, c1: np.uint64, c2: np.uint64, c3: np.uint64, k0: np.uint64, k1: np.uint64
) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    """Philox4x32-10 of a counter of four words under a key of two, each a 32-bit number held in 64 bits.

    Its ten rounds are written out: with a loop inside it, the loop over the draws would stay scalar.
    """
    c0, c1, c2, c3 = philox_round(c0, c1, c2, c3, k0, k1, np.uint64(0))
    c0, c1, c2, c3 = philox_round(c0, c1, c2, c3, k0, k1, np.uint64(1))
    c0, c1, c2, c3 = philox_round(c0, c1, c2, c3, k0, k1, np.uint64(2))
    c0, c1, c2, c3 = philox_round(c0, c1, c2, c3, k0, k1, np.uint64(3))
    c0, c1, c2, c3 = philox_round(c0, c1, c2, c3, k0, k1, np.uint64(4))
    c0, c1, c2, c3 = philox_round(c0, c1, c2, c3, k0, k1, np.uint64(5))
    c0, c1, c2, c3 = philox_round(c0, c1, c2, c3, k0, k1, np.uint64(6))
    c0, c1, c2, c3 = philox_round(c0, c1, c2, c3, k0, k1, np.uint64(7))
    c0, c1, c2, c3 = philox_round(c0, c1, c2, c3, k0, k1, np.uint64(8))
    return philox_round(c0, c1, c2, c3, k0, k1, np.uint64(9))


@kernel_scalar
def philox_round(
    c0: np.uint64, c1: np.uint64, c2: np.uint64, c3: np.uint64, k0: np.uint64, k1: np.uint64, number: np.uint64
) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    """Round 0 to 9 of Philox4x32."""
    first, second = MULTIPLIER_0 * c0, MULTIPLIER_1 * c2
    key_0, key_1 = (k0 + number * KEY_STEP_0) & LOW_32, (k1 + number * KEY_STEP_1) & LOW_32
    return (second >> SHIFT_32) ^ c1 ^ key_0, second & LOW_32, (first >> SHIFT_32) ^ c3 ^ key_1, first & LOW_32


@kernel_scalar
def uniform_of_word(word: np.uint64) -> float:
    """(word + 1/2) / 2**32 for a 32-bit word held in 64 bits; exact, through the significand of a number near 2**52."""
    return (np.uint64(word | BITS_OF_TWO_52).view(np.float64) - TWO_52_LESS_HALF) * WORD_WIDTH


@kernel_scalar
def masks_of_place(place: int) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    """All ones for the wanted one of four words, zeros for the others: a choice in the lane loop would stay scalar."""
    return (
        LOW_32 if place == 0 else NO_BITS,
        LOW_32 if place == 1 else NO_BITS,
        LOW_32 if place == 2 else NO_BITS,
        LOW_32 if place == 3 else NO_BITS,
    )


@kernel_step
def fill_four_words(
    words: NDArray[np.uint32], seed: np.uint64, first_draw: int, stream: np.uint64, year: int, quad: int
) -> None:
    """Write words 4 quad to 4 quad + 3 of B draws from `first_draw` on into `words`, (4, B) or a longer first axis."""
    c1 = np.uint64(year * 65536 + quad)
    c2 = np.uint64(stream) & LOW_32
    c3 = np.uint64(stream) >> SHIFT_32
    k0 = np.uint64(seed) & LOW_32
    k1 = np.uint64(seed) >> SHIFT_32
    start = np.uint64(first_draw)
    for i in range(B):
        a, b, c, d = philox4x32(start + np.uint64(i), c1, c2, c3, k0, k1)
        words[0, i] = a
        words[1, i] = b
        words[2, i] = c
        words[3, i] = d


@kernel_step
def fill_words(row: WordRow, seed: np.uint64, first_draw: int, stream: np.uint64, year: int, word: int) -> None:
    """Write one word of B draws from `first_draw` on into `row`."""
    c1 = np.uint64(year * 65536 + word // 4)
    c2 = np.uint64(stream) & LOW_32
    c3 = np.uint64(stream) >> SHIFT_32
    k0 = np.uint64(seed) & LOW_32
    k1 = np.uint64(seed) >> SHIFT_32
    start = np.uint64(first_draw)
    keep_a, keep_b, keep_c, keep_d = masks_of_place(word % 4)
    for i in range(B):
        a, b, c, d = philox4x32(start + np.uint64(i), c1, c2, c3, k0, k1)
        row[i] = (a & keep_a) | (b & keep_b) | (c & keep_c) | (d & keep_d)


@kernel_step
def fill_uniforms(row: Row, seed: np.uint64, first_draw: int, stream: np.uint64, year: int, word: int) -> None:
    """Write one uniform number of B draws from `first_draw` on into `row`; between 0 and 1, never either."""
    c1 = np.uint64(year * 65536 + word // 4)
    c2 = np.uint64(stream) & LOW_32
    c3 = np.uint64(stream) >> SHIFT_32
    k0 = np.uint64(seed) & LOW_32
    k1 = np.uint64(seed) >> SHIFT_32
    start = np.uint64(first_draw)
    keep_a, keep_b, keep_c, keep_d = masks_of_place(word % 4)
    for i in range(B):
        a, b, c, d = philox4x32(start + np.uint64(i), c1, c2, c3, k0, k1)
        row[i] = uniform_of_word((a & keep_a) | (b & keep_b) | (c & keep_c) | (d & keep_d))


@kernel_step
def fill_uniforms_from_words(row: Row, words: WordRow) -> None:
    """Turn B words (one row of :func:`fill_four_words`) into uniform numbers."""
    for i in range(B):
        row[i] = uniform_of_word(np.uint64(words[i]))


@kernel_step
def fill_normals(
    row: Row, scratch: Row, seed: np.uint64, first_draw: int, stream: np.uint64, year: int, word: int
) -> None:
    """Write one standard normal number of B draws from `first_draw` on into `row`; `scratch` is B floats to work in."""
    fill_uniforms(row, seed, first_draw, stream, year, word)
    turn_uniforms_into_normals(row, scratch)


# -------------------------------------------------------------------------------------------------------------- events


@kernel_step
def fill_bernoulli(events: Row, uniforms: Row, probability: float) -> None:
    """Write 1.0 where an event of the given probability happens, else 0.0; 0 and 1 are exactly never and always."""
    for i in range(B):
        events[i] = 1.0 if uniforms[i] < probability else 0.0


@kernel_step
def fill_poisson(counts: Row, uniforms: Row, rate: float) -> None:
    """Write the number of events of B draws at one rate: the least n whose cumulative probability reaches the uniform.

    A larger rate never gives a smaller count for the same uniform, so runs that differ in a rate stay comparable draw
    by draw.  Counts stop at MOST_POISSON_EVENTS; rates up to 15 lose nothing that matters.  A NaN rate gives NaN.
    """
    term = exp(-rate)
    cumulative = term
    for i in range(B):
        counts[i] = 0.0 * rate
    for n in range(1, MOST_POISSON_EVENTS + 1):
        more = 0
        for i in range(B):
            above = uniforms[i] > cumulative
            counts[i] += 1.0 if above else 0.0
            more += 1 if above else 0
        if more == 0:
            break
        term = term * rate / n
        cumulative = cumulative + term


@kernel_step
def fill_poisson_by_rate(counts: Row, uniforms: Row, rates: Row, term: Row, cumulative: Row) -> None:
    """The same with a rate for every draw, >= 0; `term` and `cumulative` are B floats of working space each."""
    for i in range(B):
        first = exp(-rates[i])
        term[i] = first
        cumulative[i] = first
        counts[i] = 0.0 * rates[i]
    for n in range(1, MOST_POISSON_EVENTS + 1):
        more = 0
        for i in range(B):
            above = uniforms[i] > cumulative[i]
            counts[i] += 1.0 if above else 0.0
            more += 1 if above else 0
            following = term[i] * rates[i] / n
            term[i] = following
            cumulative[i] += following
        if more == 0:
            break
