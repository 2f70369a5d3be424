"""What is observed of the base year, to set beside what the model says of it."""

from __future__ import annotations

from dataclasses import dataclass

from simmodel.scenario.schema import Scenario


@dataclass(frozen=True, slots=True)
class CalibrationTarget:
    """An observation of the base year.

    Attributes
    ----------
    iso3 : country
    quantity : `wholesale_price`, `international_traffic`, `users_share` or `hub_share/<hub>`
    value, low, high : observed, and its band where one is known
    unit, source, quality : of the observation
    is_calibrated : the model is set to this value; false: it is a check
    """

    iso3: str
    quantity: str
    value: float
    low: float | None
    high: float | None
    unit: str
    source: str
    quality: str | None
    is_calibrated: bool


def calibration_targets(scenario: Scenario) -> tuple[CalibrationTarget, ...]:
    """Return the observations of every country with demand, in order.

    The users of a country are the sum over its regions, whose shares are data of their own: a check, not a target.
    """
    with_regions = dict.fromkeys(region.iso3 for region in scenario.regions.values())
    targets = []
    for iso3, country in scenario.countries.items():
        if iso3 not in with_regions:
            continue
        rows = [
            ("wholesale_price", country.wholesale_price_t0, True),
            ("international_traffic", country.international_demand_t0, True),
            ("users_share", country.users_share_t0, False),
            *((f"hub_share/{hub}", share, True) for hub, share in scenario.demand_splits.get(iso3, {}).items()),
        ]
        for name, number, is_calibrated in rows:
            targets.append(
                CalibrationTarget(
                    iso3, name, number.value, number.low, number.high,
                    number.unit, number.source, number.quality, is_calibrated,
                )
            )  # fmt: skip
    return tuple(targets)
