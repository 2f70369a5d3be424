"""Known answers of Philox, positions of words, and statistics of the streams."""

import numpy as np
import pytest
from scipy import stats

from simmodel.engine import random_streams as rs
from simmodel.engine.block import B
from simmodel.inputs.stream_names import stream_number, stream_numbers
from tests.engine import philox_twin

LINK = np.uint64(stream_number("link/trans_caspian/overrun"))
SEED = np.uint64(2**63 + 12345)

KNOWN_ANSWERS = [  # Random123 1.14, kat_vectors: philox 4x32 10
    ((0,) * 4, (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN_ANSWERS)
def test_philox_gives_the_published_answers(counter, key, answer):
    assert tuple(int(w) for w in rs.philox4x32(*(np.uint64(c) for c in (*counter, *key)))) == answer
    twin = philox_twin.philox(np.array(counter, dtype=np.uint64)[:, None], key)
    assert tuple(int(w) for w in twin[:, 0]) == answer


def uniforms(n, *, stream=LINK, year=0, word=0, seed=SEED, first=0):
    rows = np.empty((-(-n // B), B))
    for k, row in enumerate(rows):
        rs.fill_uniforms(row, seed, first + k * B, stream, year, word)
    return rows.ravel()[:n]


@pytest.mark.parametrize(("year", "word"), [(0, 0), (3, 1), (24, 6), (rs.STATIC_YEAR, 3)])
def test_words_are_those_of_the_twin(year, word):
    first = 2**32 - 2 * B
    row = np.empty(B, dtype=np.uint32)
    rs.fill_words(row, SEED, first, LINK, year, word)
    quad = np.empty((4, B), dtype=np.uint32)
    rs.fill_four_words(quad, SEED, first, LINK, year, word // 4)
    twin = philox_twin.words(seed=int(SEED), draws=np.arange(first, first + B), stream=int(LINK), year=year, word=word)
    assert np.array_equal(row, twin)
    assert np.array_equal(quad[word % 4], twin)


def test_uniforms_and_normals_come_from_the_words():
    words, row, other, scratch = np.empty(B, dtype=np.uint32), np.empty(B), np.empty(B), np.empty(B)
    rs.fill_words(words, SEED, 512, LINK, 5, 2)
    rs.fill_uniforms(row, SEED, 512, LINK, 5, 2)
    rs.fill_uniforms_from_words(other, words)
    assert np.array_equal(row, (words + 0.5) * 2.0**-32)
    assert np.array_equal(row, other)
    rs.fill_normals(other, scratch, SEED, 512, LINK, 5, 2)
    np.testing.assert_allclose(other, stats.norm.ppf(row), rtol=2e-15, atol=2e-15)


@pytest.mark.parametrize("word", [0, 2**32 - 1])
def test_extreme_words_stay_inside(word):
    u = rs.uniform_of_word(np.uint64(word))
    assert 0.0 < u < 1.0
    assert u == (word + 0.5) / 2**32


def test_any_first_draw_gives_the_same_draws():
    whole = uniforms(1000)
    assert np.array_equal(uniforms(500, first=333), whole[333:833])


def test_seed_stream_year_and_word_all_matter():
    base = uniforms(B)
    others = [uniforms(B, seed=SEED + np.uint64(1)), uniforms(B, stream=LINK + np.uint64(1)), uniforms(B, year=1)]
    others += [uniforms(B, word=w) for w in range(1, 6)]
    others.append(uniforms(B, stream=LINK ^ np.uint64(1 << 63)))
    others.append(uniforms(B, seed=SEED ^ np.uint64(1 << 63)))
    assert not any(np.any(base == other) for other in others)


def test_names_make_streams():
    # printf link/trans_caspian/overrun | b2sum -l 64, bytes c1d71880... read little end first
    assert stream_number("link/trans_caspian/overrun") == 0xC529B28D8018D7C1
    assert stream_number("a") != stream_number("b")
    assert stream_numbers(["b", "a"]).tolist() == [stream_number("b"), stream_number("a")]
    with pytest.raises(ValueError, match="same numbers"):
        stream_numbers(["a", "a"])
    with pytest.raises(ValueError, match="needs a name"):
        stream_number("")


def test_uniforms_are_uniform():
    u = uniforms(200_000)
    assert stats.kstest(u, "uniform").pvalue > 1e-3
    counts = np.bincount((u * 256).astype(int), minlength=256)
    assert stats.chisquare(counts).pvalue > 1e-3


def test_streams_years_words_and_neighbouring_draws_are_uncorrelated():
    n = 50_000
    rows = [uniforms(n, stream=np.uint64(stream_number(f"link/{k}/cuts"))) for k in range(6)]
    rows += [uniforms(n, year=t) for t in range(6)] + [uniforms(n, word=w) for w in range(1, 6)]
    rows.append(uniforms(n, first=1, year=0, word=7)[:n])
    rows.append(uniforms(n, year=0, word=7))
    correlation = np.corrcoef(rows) - np.eye(len(rows))
    assert np.max(np.abs(correlation)) < 4.5 / np.sqrt(n)


def count_rows(fill, uniforms_, *arguments):
    counts = np.empty_like(uniforms_)
    for start in range(0, uniforms_.size, B):
        fill(counts[start : start + B], uniforms_[start : start + B], *arguments)
    return counts


@pytest.mark.parametrize("rate", [0.0, 0.01, 0.7, 4.0, 15.0])
def test_poisson_counts_are_the_inverse_distribution_function(rate):
    u = uniforms(200 * B)
    counts = count_rows(rs.fill_poisson, u, rate)
    assert np.array_equal(counts, np.maximum(stats.poisson.ppf(u, rate), 0))
    rates, term, cumulative, row = np.full(B, rate), np.empty(B), np.empty(B), np.empty(B)
    rs.fill_poisson_by_rate(row, u[:B], rates, term, cumulative)
    assert np.array_equal(row, counts[:B])


def test_poisson_with_a_rate_for_every_draw():
    u, rates = uniforms(B), uniforms(B, word=1) * 9
    row, term, cumulative = np.empty(B), np.empty(B), np.empty(B)
    rs.fill_poisson_by_rate(row, u, rates, term, cumulative)
    assert np.array_equal(row, stats.poisson.ppf(u, rates))
    more = np.empty(B)
    rs.fill_poisson_by_rate(more, u, rates * 1.3, term, cumulative)
    assert np.all(more >= row)


def test_poisson_stops_at_its_cap_and_keeps_nan():
    row, u = np.empty(B), uniforms(B)
    rs.fill_poisson(row, u, 200.0)
    assert np.all(row == rs.MOST_POISSON_EVENTS)
    rs.fill_poisson(row, u, float("nan"))
    assert np.all(np.isnan(row))


def test_bernoulli():
    u = uniforms(100 * B)
    assert count_rows(rs.fill_bernoulli, u, 0.3).mean() == pytest.approx(0.3, abs=0.02)
    assert not count_rows(rs.fill_bernoulli, u, 0.0).any()
    assert count_rows(rs.fill_bernoulli, u, 1.0).all()
