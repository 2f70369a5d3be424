"""Default spreads: own band, else grade, else fixed."""

from __future__ import annotations

import pytest

from simmodel.errors import DataError
from simmodel.scenario import LoadedScenario, Quantity, Scenario, load_scenario, spread_of
from simmodel.scenario.provenance import Cell, iterate_leaves
from simmodel.scenario.reporter import value_at
from simmodel.scenario.schema_quantity import quantity_fields
from simmodel.scenario.schema_uncertainty import (
    Z90,
    Beta,
    Fixed,
    LogitNormal,
    ShiftedLognormal,
    Triangular,
    Uniform,
)
from simmodel.scenario.spreads import default_spread


def test_own_band_is_the_tenth_and_ninetieth_percentile(almaty: Scenario) -> None:
    spread = spread_of(almaty, "parameters.usage_elasticity")
    assert isinstance(spread, ShiftedLognormal)
    assert [spread.value_at(z) for z in (-Z90, 0.0, Z90)] == pytest.approx([0.1, 0.35, 0.8], abs=1e-12)
    assert spread.value_at(-8.0) == 0.0


def test_a_row_marked_fixed_is_not_drawn(almaty: Scenario) -> None:
    assert spread_of(almaty, "parameters.discount_rate_economic") == Fixed(value=0.09)


def test_a_uniform_row_keeps_its_percentiles_within_the_bounds(almaty: Scenario) -> None:
    assert spread_of(almaty, "parameters.climate_trend_multiplier") == Uniform(minimum=0.0, maximum=2.25)


def test_a_band_on_one_side_is_a_triangle(almaty: Scenario) -> None:
    meta = quantity_fields(type(almaty.parameters))["theta"]
    spread = default_spread(almaty, Quantity(value=1, low=1, high=3), meta)
    assert spread == Triangular(minimum=1, mode=1, maximum=3)


def test_weaker_grades_are_wider(almaty: Scenario) -> None:
    meta = quantity_fields(type(almaty.build_types["plain/road"]))["civil_usd_per_km"]
    widths = []
    for grade in ("A", "B", "C", "D"):
        spread = default_spread(almaty, Quantity.model_validate({"value": 10.0, "quality": grade}), meta)
        assert isinstance(spread, ShiftedLognormal)
        widths.append(spread.p90 - spread.p10)
    assert widths == sorted(widths)
    assert len(set(widths)) == 4


def test_shares_and_damages_have_their_own_shapes(almaty: Scenario) -> None:
    hazard = spread_of(almaty, "zone_hazards.Z02.earthquake.damage_share_mean")
    assert isinstance(hazard, Beta)
    assert hazard.mean == 0.01
    assert isinstance(spread_of(almaty, "countries.KGZ.coverage_share"), LogitNormal)


def test_a_bare_number_is_taken_as_said() -> None:
    scenario = load_scenario("almaty", overrides=["parameters.theta=5", "parameters.switching={value: 0.2, low: 0.1}"])
    assert spread_of(scenario, "parameters.theta") == Fixed(value=5)
    switching = spread_of(scenario, "parameters.switching")
    assert isinstance(switching, ShiftedLognormal)
    assert (switching.p10, switching.p90) == (0.1, 0.3)


def test_a_named_uncertainty_wins() -> None:
    text = "uncertainties.x={target: parameters.theta, marginal: {distribution: uniform, minimum: 2, maximum: 3}}"
    assert spread_of(load_scenario("almaty", overrides=[text]), "parameters.theta") == Uniform(minimum=2, maximum=3)


def test_what_is_no_quantity_has_no_spread(almaty: Scenario) -> None:
    with pytest.raises(DataError):
        spread_of(almaty, "links.tapi.name")


def test_every_quantity_has_a_spread_that_holds_its_value(loaded: LoadedScenario) -> None:
    drawn = 0
    for path, node in iterate_leaves(loaded.tree):
        steps = [str(step) for step in path]
        number = value_at(loaded.scenario, steps)
        if not isinstance(node, Cell) or not isinstance(number, Quantity):
            continue
        spread = spread_of(loaded.scenario, ".".join(steps))
        drawn += not isinstance(spread, Fixed)
        if isinstance(spread, ShiftedLognormal):
            assert spread.value_at(0.0) == pytest.approx(number.value)
    assert drawn > 3000
