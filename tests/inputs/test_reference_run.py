"""The base year is calibrated to what is observed, and the reference run starts from it."""

import numpy as np
import pytest

from simmodel.inputs.build import BuiltInputs
from simmodel.inputs.calibration_targets import calibration_targets
from simmodel.inputs.slots import median_of
from simmodel.scenario.schema import Scenario


def test_shares_of_the_base_year_are_the_observed_ones(built: BuiltInputs) -> None:
    network, reference = built.inputs.network, built.reference
    by_exit = np.bincount(network.paths["exit"], reference.shares0, minlength=len(network.exits))
    assert by_exit == pytest.approx(network.exits["observed_share"], abs=1e-5)  # satellite takes what is left


def test_demand_of_the_base_year_is_the_observed_traffic(scenario: Scenario, built: BuiltInputs) -> None:
    network, names = built.inputs.network, built.inputs.names
    for number, iso3 in enumerate(names.countries[:-1]):
        own = network.regions["country"] == number
        observed = scenario.countries[iso3].international_demand_t0.value
        assert built.reference.demand0[: len(own)][own].sum() == pytest.approx(observed)
        assert network.country_years["d_ref"][number, 0] == pytest.approx(observed)


def test_reference_paths_go_on_from_the_base_year(built: BuiltInputs) -> None:
    network, reference = built.inputs.network, built.reference
    assert network.country_years["d_ref"][-1, 1] == pytest.approx(reference.demand[:, 0].sum())
    decline = 1.0 - network.countries["reference_decline"][:-1]
    steps = network.country_years["p_ref"][:-1, 1:] / network.country_years["p_ref"][:-1, :-1]
    assert steps == pytest.approx(np.broadcast_to(decline[:, None], steps.shape))
    assert (np.diff(reference.demand[: len(network.regions)], axis=1) > 0.0).mean() > 0.99


def test_existing_segments_are_planned_on_their_flow_and_new_ones_on_a_share(
    scenario: Scenario, built: BuiltInputs
) -> None:
    network, names = built.inputs.network, built.inputs.names
    flow = network.segment_years["plan_flow"]
    assert (flow >= 1e-3).all()
    link = network.links[names.links.index("trans_caspian")]
    served = network.link_demands[link["first_demand"] : link["last_demand"]]
    most = scenario.parameters.plan_share.value * built.reference.demand[served].sum(axis=0)
    own = flow[link["first_segment"] : link["last_segment"]]
    assert (own <= most * (1.0 + 1e-12)).all()
    assert own[0, -1] == pytest.approx(most[-1])


def test_international_capacity_is_a_small_part_of_the_retail_bill(built: BuiltInputs) -> None:
    network = built.inputs.network
    medians = [median_of(built.inputs.slots[slot][1]) for slot in network.countries["wholesale_slot"][:-1]]
    assert (np.array(medians) < 0.5 * network.countries["bill_ref0"][:-1]).all()


def test_growth_of_users_and_localisation_are_taken_out_of_traffic_growth(built: BuiltInputs) -> None:
    divisor = built.inputs.network.countries["growth0_divisor"][:-1]
    assert ((divisor > 0.95) & (divisor < 1.15)).all()


def test_targets_name_every_country_and_hub(scenario: Scenario) -> None:
    targets = calibration_targets(scenario)
    shares: dict[str, float] = {}
    for target in targets:
        if target.quantity.startswith("hub_share/"):
            shares[target.iso3] = shares.get(target.iso3, 0.0) + target.value
    assert set(shares) == {target.iso3 for target in targets}
    assert list(shares.values()) == pytest.approx([1.0] * len(shares))
