"""Standard errors against theory and against repetition; targets as users write them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from simmodel.errors import ScenarioError
from simmodel.results.precision import (
    FIRST_DRAWS,
    following_draws,
    measure_precision,
    parse_target,
    standard_error_of_mean,
)
from simmodel.results.statistics import mean_standard_error


def test_independent_draws_give_the_usual_standard_error():
    values = np.random.default_rng(1).lognormal(size=300)
    error = standard_error_of_mean(values=values, replicate=np.arange(300))
    assert error == pytest.approx(float(mean_standard_error(values=values)), rel=1e-12)


def test_equal_replicates_give_the_standard_error_of_their_means():
    values = np.random.default_rng(2).normal(size=(8, 50))
    means = values.mean(axis=1)
    error = standard_error_of_mean(values=values.ravel(), replicate=np.repeat(np.arange(8), 50))
    assert error == pytest.approx(means.std(ddof=1) / math.sqrt(8), rel=1e-12)


def test_the_error_of_unequal_dependent_replicates_is_that_of_repetition():
    rng, sizes = np.random.default_rng(3), np.array([100, 100, 60, 40])
    replicate = np.repeat(np.arange(4), sizes)
    samples = rng.normal(size=(20_000, 4))[:, replicate]  # draws of a replicate all alike: the worst dependence
    truth = samples.mean(axis=1).std()
    errors = [standard_error_of_mean(values=row, replicate=replicate) for row in samples[:4000]]
    assert np.sqrt(np.mean(np.square(errors))) == pytest.approx(truth, rel=0.08)


def test_one_replicate_leaves_the_error_unknown_and_no_precision_reached():
    values = np.arange(5.0)
    assert math.isnan(standard_error_of_mean(values=values, replicate=np.zeros(5, dtype=np.int64)))
    found = measure_precision(
        draws_musd={"gap": values, "need": values},
        replicate=np.zeros(5, dtype=np.int64),
        sampling="sobol",
        target=parse_target("gap.se=1%"),
    )
    assert not found.is_reached


@pytest.mark.parametrize(
    ("text", "quantity", "limit"),
    [
        ("gap.se=1%", "gap", 4.0),
        ("gap.se=2musd", "gap", 2.0),
        ("need.se = 0.5%", "need", 2.0),
        ("need.se=1e1musd", "need", 10.0),
    ],
)
def test_targets_are_read(text, quantity, limit):
    target = parse_target(text)
    assert target.quantity == quantity
    assert target.limit_musd(-400.0) == pytest.approx(limit)


@pytest.mark.parametrize("text", ["gap.se=1", "gap.sd=1%", "npv.se=1%", "gap.se=0%", "gap.se=-1%", "gap.se=1.2.3%", ""])
def test_other_targets_are_refused_with_an_example(text):
    with pytest.raises(ScenarioError, match=r"gap\.se=1%") as caught:
        parse_target(text)
    assert caught.value.exit_code == 2


def test_draws_grow_in_whole_batches_towards_the_target_and_stop_at_the_most():
    values = np.random.default_rng(4).normal(100.0, 50.0, size=FIRST_DRAWS)
    target = parse_target("gap.se=1%")
    found = measure_precision(
        draws_musd={"gap": values}, replicate=np.arange(FIRST_DRAWS), sampling="monte_carlo", target=target
    )
    assert not found.is_reached
    wanted = following_draws(found, target, draws=FIRST_DRAWS, most=100_000)
    assert wanted % FIRST_DRAWS == 0
    assert (50.0 / 1.0) ** 2 < wanted <= 4 * FIRST_DRAWS
    assert following_draws(found, target, draws=FIRST_DRAWS, most=1500) == 1500
