"""Drawn parameters: names, numbers, distributions."""

import math

import numpy as np
import pytest

from simmodel.errors import DataError
from simmodel.inputs import marginals
from simmodel.inputs.build import BuiltInputs
from simmodel.inputs.slots import (
    SlotBook,
    clip_marginal,
    convert_marginal,
    cut_tails,
    median_of,
    scale_marginal,
    shift_marginal,
)
from simmodel.scenario.schema import Scenario
from simmodel.scenario.schema_uncertainty import Correlation, Lognormal, Triangular, Uncertainty, Uniform

MARGINALS = [
    marginals.fixed(3.0),
    marginals.uniform(minimum=1.0, maximum=4.0),
    marginals.triangular(minimum=0.0, mode=1.0, maximum=5.0),
    marginals.pert(minimum=0.0, mode=1.0, maximum=5.0),
    marginals.normal(mean=2.0, sd=0.5),
    marginals.lognormal_from_median(median=2.0, p90=3.0),
    marginals.shifted_lognormal(p10=1.0, p50=2.0, p90=5.0),
    marginals.discrete(values=(1.0, 2.0), probabilities=(0.4, 0.6)),
    marginals.empirical(values=(1.0, 2.0, 7.0)),
]


@pytest.mark.parametrize("marginal", MARGINALS, ids=lambda marginal: marginal.kind.name)
def test_moved_and_scaled_distributions_have_moved_and_scaled_medians(marginal: marginals.Marginal) -> None:
    middle = median_of(marginal)
    assert median_of(shift_marginal(marginal, 10.0)) == pytest.approx(middle + 10.0)
    assert median_of(scale_marginal(marginal, 4.0)) == pytest.approx(middle * 4.0)
    assert median_of(clip_marginal(marginal, lower=middle + 1.0)) == pytest.approx(middle + 1.0)


def test_triangular_median_by_hand() -> None:
    assert median_of(marginals.triangular(minimum=0.0, mode=0.0, maximum=1.0)) == pytest.approx(1.0 - math.sqrt(0.5))


def test_distribution_of_the_scenario_is_converted() -> None:
    assert convert_marginal(Uniform(minimum=1.0, maximum=2.0)) == marginals.uniform(minimum=1.0, maximum=2.0)
    given = Lognormal(median=1.158, p90=1.631)
    assert convert_marginal(given) == marginals.lognormal_from_median(median=1.158, p90=1.631)


def test_slots_are_numbered_by_name_whatever_the_order(scenario: Scenario) -> None:
    book = SlotBook(scenario)
    record = np.zeros(2, dtype=[("size_slot", "i8"), ("other", "i8")])
    record["size_slot"] = [book.draw("z", marginals.fixed(1.0)), book.draw("a", marginals.fixed(2.0))]
    slots = book.number_by_name([record])
    assert [name for name, _ in slots] == ["a", "z"]
    assert record["size_slot"].tolist() == [1, 0]


def test_slots_of_the_flagship_are_sorted_and_unique(built: BuiltInputs) -> None:
    names = [name for name, _ in built.inputs.slots]
    assert names == sorted(set(names))
    assert {"parameters/theta", "links/trans_caspian/overrun", "countries/KAZ/wholesale_price_t0"} <= set(names)


def test_every_slot_field_points_at_a_slot(built: BuiltInputs) -> None:
    network, count = built.inputs.network, len(built.inputs.slots)
    for array in network:
        for field in array.dtype.names or ():
            if field.endswith("_slot"):
                assert array[field].max(initial=-1) < count
                assert array[field].min(initial=0) >= (-1 if "overrun_slot" in array.dtype.names else 0)


def test_named_uncertainty_wins_over_the_band(scenario: Scenario) -> None:
    wished = Uncertainty(target="parameters.theta", marginal=Triangular(minimum=2.0, mode=3.0, maximum=4.0))
    book = SlotBook(scenario.model_copy(update={"uncertainties": {"choice": wished}}))
    book.draw_parameter("theta")
    marginal = dict(book.number_by_name([]))["parameters/theta"]
    assert marginal == marginals.triangular(minimum=2.0, mode=3.0, maximum=4.0)
    book.check_uncertainties()


def test_uncertainty_of_a_value_taken_as_fixed_is_refused(scenario: Scenario) -> None:
    wished = Uncertainty(target="parameters.glide", marginal=Uniform(minimum=0.2, maximum=0.6))
    book = SlotBook(scenario.model_copy(update={"uncertainties": {"fall": wished}}))
    with pytest.raises(DataError, match="parameters.glide"):
        book.check_uncertainties()


def test_correlation_is_between_slot_names(scenario: Scenario) -> None:
    pair = Correlation(a="parameters.theta", b="parameters.switching", rank=0.4)
    book = SlotBook(scenario.model_copy(update={"correlations": (pair,)}))
    book.draw_parameter("theta")
    with pytest.raises(DataError, match="switching"):
        book.correlations()
    book.draw_parameter("switching")
    assert book.correlations() == (("parameters/theta", "parameters/switching", 0.4),)


def test_far_tails_of_a_three_point_distribution_are_cut() -> None:
    plain = cut_tails(marginals.normal(mean=2.0, sd=0.5))
    assert (plain.lower, plain.upper) == pytest.approx((2.0 - 0.5 * 2.5758293, 2.0 + 0.5 * 2.5758293))
    skewed = cut_tails(marginals.shifted_lognormal(p10=0.4, p50=0.6, p90=1.22))
    assert 0.3 < skewed.lower < 0.4
    assert 1.22 < skewed.upper < 4.0
    assert median_of(skewed) == pytest.approx(0.6)


def test_draws_of_the_base_year_stay_positive(built: BuiltInputs) -> None:
    for name, marginal in built.inputs.slots:
        if name.endswith(("/wholesale_price_t0", "/international_demand_t0", "/volume_gbps")):
            assert marginal.lower > 0.0 or marginal.kind.name == "LOGNORMAL", name
