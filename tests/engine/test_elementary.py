"""Accuracy against SciPy and exact identities; a lane of a row gives the bits of a single call."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from simmodel.engine import elementary
from simmodel.engine.block import B
from simmodel.engine.jit import kernel_step

EPSILON = 2.0**-52


def over_rows(function):
    """Apply a scalar kernel function to an array, B lanes at a time."""

    @kernel_step
    def one_row(row, values):
        for i in range(B):
            row[i] = function(values[i])

    def apply(values):
        padded = np.resize(np.asarray(values, dtype=float), -(-len(values) // B) * B)
        rows = np.empty_like(padded)
        for start in range(0, padded.size, B):
            one_row(rows[start : start + B], padded[start : start + B])
        return rows[: len(values)]

    return apply


@pytest.fixture(scope="module")
def numbers():
    return np.random.default_rng(20260101)


def worst(mine, truth):
    return float(np.max(np.abs(mine - truth) / np.abs(truth)) / EPSILON)


CASES = [
    ("exp", np.exp, lambda r: r.uniform(-707.6, 709.7, 60_000), 1.5),
    ("exp", np.exp, lambda r: r.uniform(-1, 1, 60_000), 1.5),
    ("log", np.log, lambda r: np.exp(r.uniform(-700, 700, 60_000)), 1.5),
    ("log", np.log, lambda r: r.uniform(0.4, 2.5, 60_000), 1.5),
    ("log", np.log, lambda r: 1 + r.uniform(-1, 1, 60_000) * 1e-6, 1.5),
    ("logistic", special.expit, lambda r: r.uniform(-700, 40, 60_000), 3.5),
    ("normal_quantile", special.ndtri, lambda r: np.exp(r.uniform(-600, -0.8, 60_000)), 8),
]


@pytest.mark.parametrize(("name", "truth", "points", "bound"), CASES)
def test_accuracy(numbers, name, truth, points, bound):
    x = points(numbers)
    assert worst(over_rows(getattr(elementary, name))(x), truth(x)) < bound


def test_normal_cdf_in_the_body_and_both_tails(numbers):
    x = numbers.uniform(-37, 9, 60_000)
    mine = over_rows(elementary.normal_cdf)(x)
    # SciPy's exp(-x**2 / 2) loses x**2 / 2 units; erfcx does not, but its factor exp(-x**2 / 2) is split here exactly.
    head = np.round(x * 2**10) / 2**10
    near = special.erfcx(-x / math.sqrt(2)) / 2 * np.exp(-head * head / 2) * np.exp(-(x - head) * (x + head) / 2)
    assert worst(mine[x < 0], near[x < 0]) < 8
    assert np.max(np.abs(mine - special.ndtr(x))) < 1e-15


def test_normal_quantile_is_accurate_in_the_centre(numbers):
    p = numbers.uniform(0, 1, 60_000)
    assert np.max(np.abs(over_rows(elementary.normal_quantile)(p) - special.ndtri(p))) < 4e-15


def test_power_error_grows_with_the_exponent(numbers):
    x, y = np.exp(numbers.uniform(-5, 5, 20_000)), numbers.uniform(-60, 60, 20_000)
    mine = np.array([elementary.power(a, b) for a, b in zip(x, y, strict=True)])
    truth = (x.astype(np.longdouble) ** y.astype(np.longdouble)).astype(float)
    assert np.max(np.abs(mine / truth - 1) / (1 + np.abs(y * np.log(x)))) < 1.5 * EPSILON


@pytest.mark.parametrize("name", ["exp", "log", "logistic", "normal_cdf", "normal_quantile"])
def test_lane_equals_scalar_bit_for_bit(numbers, name):
    function = getattr(elementary, name)
    x = numbers.uniform(0, 1, 259) if name == "normal_quantile" else np.abs(numbers.normal(0, 5, 259)) + 1e-3
    assert over_rows(function)(x).tobytes() == np.array([function(v) for v in x]).tobytes()


def test_rows_equal_scalars_bit_for_bit(numbers):
    uniforms = (numbers.integers(0, 2**32, B) + 0.5) * 2.0**-32
    uniforms[:2] = 2.0**-33, 1 - 2.0**-33
    normals, in_place, back, scratch = np.empty(B), uniforms.copy(), np.empty(B), np.empty(B)
    elementary.fill_normal_quantile(normals, uniforms, scratch)
    elementary.turn_uniforms_into_normals(in_place, scratch)
    assert normals.tolist() == in_place.tolist() == [elementary.normal_quantile(u) for u in uniforms]
    elementary.fill_normal_cdf(back, normals)
    elementary.turn_normals_into_uniforms(in_place)
    assert back.tolist() == in_place.tolist() == [elementary.normal_cdf(z) for z in normals]
    assert np.max(np.abs(back - uniforms)) < 1e-15


@pytest.mark.parametrize(
    ("name", "x", "value"),
    [
        ("exp", 0.0, 1.0),
        ("exp", math.inf, math.inf),
        ("exp", 710.0, math.inf),
        ("exp", -math.inf, 0.0),
        ("exp", -750.0, 0.0),
        ("log", 1.0, 0.0),
        ("log", 0.0, -math.inf),
        ("log", math.inf, math.inf),
        ("log", -1.0, math.nan),
        ("log", -math.inf, math.nan),
        ("logistic", 0.0, 0.5),
        ("logistic", -800.0, 0.0),
        ("logistic", math.inf, 1.0),
        ("normal_cdf", 0.0, 0.5),
        ("normal_cdf", math.inf, 1.0),
        ("normal_cdf", -math.inf, 0.0),
        ("normal_quantile", 0.5, 0.0),
        ("normal_quantile", 0.0, -math.inf),
        ("normal_quantile", 1.0, math.inf),
        ("normal_quantile", -0.1, math.nan),
        ("normal_quantile", 1.1, math.nan),
        *((name, math.nan, math.nan) for name in ("exp", "log", "logistic", "normal_cdf", "normal_quantile")),
    ],
)
def test_edges(name, x, value):
    np.testing.assert_equal(getattr(elementary, name)(x), value)


@given(st.floats(-700, 700))
def test_log_undoes_exp(x):
    assert elementary.log(elementary.exp(x)) == pytest.approx(x, rel=1e-15, abs=3e-16)


@given(st.floats(-6, 6))
def test_normal_cdf_is_symmetric(x):
    assert elementary.normal_cdf(x) + elementary.normal_cdf(-x) == pytest.approx(1.0, abs=2e-16)
