"""Countries, regions, hazards, reforms and prices as records."""

import math

import numpy as np
import pytest

from simmodel.errors import DataError
from simmodel.inputs.build import BuiltInputs, build_inputs
from simmodel.inputs.calendar import Calendar, calendar_of, s_curve
from simmodel.inputs.country_inputs import international_share_growth, users_growth
from simmodel.inputs.demand_inputs import programme_level
from simmodel.inputs.hazard_inputs import expected_unavailability, lognormal_sigma, zone_exposure
from simmodel.inputs.marginals import fixed, uniform
from simmodel.inputs.market_inputs import build_runs, main_hub, width_of_steepness
from simmodel.inputs.model_inputs import CHANNELS, RUNS
from simmodel.inputs.network import build_network
from simmodel.inputs.price_basis import build_years
from simmodel.inputs.reform_inputs import build_reforms
from simmodel.inputs.slots import SlotBook
from simmodel.scenario.schema import Scenario


def test_us_index_compounds_from_the_base_year(scenario: Scenario) -> None:
    years = build_years(scenario, calendar_of(scenario))
    path = scenario.macro_paths["USA"]
    assert years["us_index"][0] == pytest.approx(1.0 + path[2026].value)
    assert years["us_index"][1] == pytest.approx((1.0 + path[2026].value) * (1.0 + path[2027].value))
    assert years["us_inflation"][-1] == pytest.approx(scenario.parameters.us_inflation_longrun.value)


def test_prices_of_another_year_are_refused(scenario: Scenario) -> None:
    study = scenario.study.model_copy(update={"price_year": 2020})
    with pytest.raises(DataError, match="price_year"):
        build_years(scenario.model_copy(update={"study": study}), Calendar(2026, 25))


def test_s_curve_is_symmetric() -> None:
    assert s_curve(np.array([-1.0, 0.0, 0.25, 0.5, 1.0, 2.0])) == pytest.approx([0, 0, 0.15625, 0.5, 1, 1])


def test_growth_of_users_by_hand(scenario: Scenario) -> None:
    country = scenario.countries["AFG"]
    users, limit = country.users_share_t0.value, country.saturation_t0.value
    gain = (country.bass_p.value + country.bass_q.value * users / limit) * (limit - users)
    expected = (1.0 + country.population_growth.value) * (users + gain) / users - 1.0
    assert users_growth(country) == pytest.approx(expected)
    assert -0.05 < international_share_growth(country) < 0.0


def test_regions_keep_saturation_between_users_and_coverage(built: BuiltInputs) -> None:
    regions, years = built.inputs.network.regions, built.inputs.network.region_years
    assert (regions["saturation0"] <= 0.995 * regions["coverage0"] + 1e-12).all()
    assert (regions["local_share"] <= 1.0).all()
    assert (np.diff(years["coverage"], axis=1) >= 0.0).all()
    assert (years["coverage"] <= np.maximum(0.98, regions["coverage0"])[:, None] + 1e-12).all()
    assert (np.diff(years["population"], axis=1) > 0.0).all()


def test_merged_regions_lose_no_people(scenario: Scenario, built: BuiltInputs) -> None:
    everyone = sum(region.population_persons.value for region in scenario.regions.values())
    assert built.inputs.network.regions["population0"].sum() == pytest.approx(everyone)


def test_programme_grows_to_its_maturity(scenario: Scenario) -> None:
    programme = next(iter(scenario.smart_cities.values()))
    start, ramp = float(programme.start_year), programme.ramp_years.value
    level = programme_level([programme], np.array([start - 1.0, start + ramp - 1.0, start + 50.0]))
    assert level == pytest.approx([0.0, programme.uplift.value, programme.uplift.value])
    assert programme_level([], np.array([2030.0])) == pytest.approx([0.0])


def test_lognormal_sigma_by_hand() -> None:
    assert lognormal_sigma(median=8.0, p90=26.4) == pytest.approx(math.log(3.3) / 1.2815515655446004)
    assert lognormal_sigma(median=0.0, p90=0.0) == 0.0


def test_resilience_standard_lessens_hours_and_damage(scenario: Scenario) -> None:
    link = scenario.links["uap_railway"].model_copy(update={"resilience_standard": "high"})
    stronger = scenario.model_copy(update={"links": {**scenario.links, "uap_railway": link}})
    number = build_network(scenario).segments_of("uap_railway")[1]
    plain = zone_exposure(scenario, build_network(scenario).segments[number])
    better = zone_exposure(stronger, build_network(stronger).segments[number])
    assert better.hours_factor < plain.hours_factor == pytest.approx(1.0)
    assert better.damage_factor < plain.damage_factor


def test_expected_unavailability_is_a_small_share(scenario: Scenario) -> None:
    network = build_network(scenario)
    dark = np.array([expected_unavailability(scenario, segment) for segment in network.segments])
    assert (dark > 0.0).all()
    assert (dark < 0.2).all()


def test_outside_country_has_mean_tax_and_no_levy(built: BuiltInputs) -> None:
    countries = built.inputs.network.countries
    assert countries["tax_rate"][-1] == pytest.approx(countries["tax_rate"][:-1].mean())
    assert countries["wacc_nominal"][-1] == pytest.approx(countries["wacc_nominal"][:-1].mean())
    assert countries["usf_levy"][-1] == 0.0
    assert countries["shutdown_rate"][-1] == 0.0


def test_a_country_on_its_own_price_path_is_on_the_reference_path(scenario: Scenario, built: BuiltInputs) -> None:
    countries = built.inputs.network.countries[:-1]
    assert list(countries["reference_decline"]) == list(countries["gateway_decline"])
    assert countries["reference_decline"].min() < countries["reference_decline"].max()


def test_channels_start_from_the_tables(scenario: Scenario, built: BuiltInputs) -> None:
    base, names = built.inputs.network.channel_base, built.inputs.names.countries
    for number, iso3 in enumerate(names[:-1]):
        row = dict(zip(CHANNELS, base[number], strict=True))
        assert row["gateways"] == scenario.gateways[iso3].operators_today.value
        assert row["permit_ratio"] == row["overrun_ratio"] == row["arrivals_ratio"] == 1.0
        assert row["open_access"] == row["codeploy_add"] == 0.0


def test_reform_of_a_value_without_channel_is_refused(scenario: Scenario) -> None:
    reform = scenario.reforms["dig_once"]
    odd = reform.effects[0].model_copy(update={"target_table": "parameters", "parameter": "theta"})
    changed = reform.model_copy(update={"effects": (odd,)})
    other = scenario.model_copy(update={"reforms": {"dig_once": changed}})
    with pytest.raises(DataError, match="parameters.theta"):
        build_reforms(other, build_network(other), calendar_of(other), SlotBook(other))


def test_policy_without_co_deployment_takes_it_out_of_every_run(scenario: Scenario) -> None:
    runs = build_runs(scenario)
    assert runs["has_codeployment"].tolist() == [0, 0, 0, 1, 0, 1]
    assert runs["reference_run"].tolist() == [-1, 0, 0, 0, 1, 1]
    assert len(runs) == len(RUNS)
    policy = scenario.policy.model_copy(update={"co_deployment": False})
    assert not build_runs(scenario.model_copy(update={"policy": policy}))["has_codeployment"].any()


def test_outside_prices_follow_the_main_hub(scenario: Scenario) -> None:
    assert main_hub(scenario) in scenario.hubs
    assert width_of_steepness(fixed(0.5)) == fixed(2.0)
    with pytest.raises(DataError, match="steepness"):
        width_of_steepness(uniform(minimum=0.3, maximum=0.7))


def test_existing_link_without_price_is_refused(scenario: Scenario) -> None:
    link = scenario.links["almaty_bishkek"].model_copy(update={"price_t0": None})
    with pytest.raises(DataError, match="almaty_bishkek"):
        build_inputs(scenario.model_copy(update={"links": {**scenario.links, "almaty_bishkek": link}}))


def test_country_without_gateway_is_refused(scenario: Scenario) -> None:
    gateways = {iso3: gateway for iso3, gateway in scenario.gateways.items() if iso3 != "TJK"}
    with pytest.raises(DataError, match="TJK"):
        build_inputs(scenario.model_copy(update={"gateways": gateways}))
