"""Identities of the results, on the flagship cut to a few years and draws, simulated by the plain NumPy twin."""

from __future__ import annotations

import numpy as np
import pytest

from simmodel.inputs import planned_capex_musd
from simmodel.inputs.build import build_inputs
from simmodel.inputs.model_inputs import RUNS
from simmodel.pipeline import gather_cash
from simmodel.results.discounting import at_valuation_date, net_present_value_nominal, npv
from simmodel.results.run_result import StudyResult, build_results
from simmodel.results.simulated_runs import Keep, SimulatedRuns, kept_rows
from simmodel.results.spread import spread_over_draws
from simmodel.scenario.load import LoadedScenario, load_with_provenance
from tests.pipeline.simulate_by_twin import simulate_by_twin

DRAWS = 6
SMALL = (
    "study.years=5",
    "selection.regions=[ALA, TAS, DYU]",
    "selection.candidates=[trans_caspian, casa_1000]",
)


@pytest.fixture(scope="module")
def loaded() -> LoadedScenario:
    return load_with_provenance("almaty", overrides=SMALL)


@pytest.fixture(scope="module")
def runs(loaded: LoadedScenario) -> SimulatedRuns:
    return simulate_by_twin(build_inputs(loaded.scenario).inputs, DRAWS)


@pytest.fixture(scope="module")
def results(loaded: LoadedScenario, runs: SimulatedRuns) -> StudyResult:
    return build_results(loaded.scenario, runs, threads=2)


def test_stakeholders_sum_to_the_enpv(results: StudyResult) -> None:
    economics = results.economics
    assert economics.matrix_musd.sum() == pytest.approx(economics.enpv_musd["programme"][0], rel=1e-10)
    steps = economics.enpv_musd["reforms"] + economics.enpv_musd["portfolio"]
    assert economics.enpv_musd["programme"] == pytest.approx(steps, rel=1e-10)


def test_a_reform_is_set_up_once_and_run_where_it_takes_place(loaded: LoadedScenario, results: StudyResult) -> None:
    cost = -results.economics.parts_musd["reform_cost"]
    scenario, codes = loaded.scenario, results.economics.countries
    rows = [row for reform in scenario.reforms.values() for row in reform.effects if row.iso3 in (*codes, "ALL")]
    set_up = sum(row.cost_musd.value for row in rows)
    share = scenario.parameters.reform_running_cost_share.value
    assert cost[:, 0].sum() == pytest.approx(set_up) and set_up > 0.0
    for year in range(1, cost.shape[1]):
        expected = share * sum(row.cost_musd.value * row.success_probability.value for row in rows)
        assert cost[:, year].sum() == pytest.approx(expected)
    own = [row.cost_musd.value for row in rows if row.iso3 == "TJK"]
    assert cost[codes.index("TJK"), 0] > sum(own)  # and its share of what all countries do together
    assert cost[-1].sum() == 0.0  # nobody lives outside


def test_regions_add_up_to_their_country(loaded: LoadedScenario, results: StudyResult) -> None:
    codes = results.countries.countries
    for name in ("users", "demand", "unserved", "lost"):
        total = np.zeros_like(results.countries.means[name])
        for place, identifier in enumerate(results.region_ids):
            home = codes.index(loaded.scenario.regions[identifier].iso3)
            total[:, home] += results.region_means[name][:, place]
        assert total == pytest.approx(results.countries.means[name], rel=1e-12, abs=1e-12)


def test_mean_of_the_draws_of_the_enpv_is_the_enpv(results: StudyResult) -> None:
    for step, spread in results.economics.enpv_spread_musd.items():
        assert spread.mean == pytest.approx(results.economics.enpv_musd[step], rel=1e-8)


def test_fnpv_is_the_same_in_real_and_in_nominal_terms(results: StudyResult, runs: SimulatedRuns) -> None:
    inflation = runs.inputs.network.years["us_inflation"]
    capex, cfads, anchor = (runs.link_draws("with", name) for name in ("capex", "cfads", "anchor"))
    flow = at_valuation_date(yearly_flow=np.moveaxis(cfads - capex + anchor, 1, 2))
    for link, rate in enumerate(results.candidates.wacc_real):
        nominal = net_present_value_nominal(nominal_flow=flow[link], inflation=inflation, real_discount_rate=rate)
        assert results.candidates.fnpv_musd[link] == pytest.approx(nominal, rel=1e-10, abs=1e-10)


def test_firr_makes_the_value_nothing(results: StudyResult, runs: SimulatedRuns) -> None:
    index = runs.inputs.network.years["us_index"][:, None]
    capex, cfads = runs.link_draws("with", "capex"), runs.link_draws("with", "cfads")
    flow = at_valuation_date(yearly_flow=np.moveaxis((cfads - capex) / index, 1, 2))
    rate = results.candidates.firr
    found = ~np.isnan(rate)
    assert npv(rate=rate[found], cash_flow=flow[found]) == pytest.approx(0.0, abs=1e-6)
    counted = results.candidates.firr_none + results.candidates.firr_several + found.sum(axis=1)
    assert counted == pytest.approx(DRAWS)


def test_countries_add_up_to_the_region(results: StudyResult) -> None:
    run = RUNS.index("with")
    total = results.countries.means["demand"][run].sum(axis=0)
    assert results.countries.region_demand["with"].mean == pytest.approx(total, rel=1e-10)
    by_country = sum(results.countries.spreads["with", "demand"].mean)
    assert by_country == pytest.approx(total, rel=1e-10)


def test_base_year_is_reproduced_where_it_is_fitted(results: StudyResult) -> None:
    shares = [row for row in results.calibration if row.quantity.startswith("exit share")]
    assert {row.country for row in shares} == set(results.countries.countries)
    for row in shares:
        assert row.modelled == pytest.approx(row.observed, abs=0.02), row
    for row in results.calibration:
        if row.quantity == "retail price":
            assert row.modelled == pytest.approx(row.observed)


def test_concentration_is_between_one_over_n_and_one(results: StudyResult) -> None:
    for row in results.concentration:
        assert 0.0 < row.hhi_exit <= 1.0 and 0.0 < row.hhi_neighbour <= 1.0 and 0.0 < row.hhi_link <= 1.0
        assert max(row.largest_link_share, row.largest_exit_share, row.largest_neighbour_share) <= 1.0 + 1e-12
        assert row.largest_neighbour not in ("", row.country)


def test_cash_is_what_the_engine_said(loaded: LoadedScenario, runs: SimulatedRuns) -> None:
    cash = gather_cash(loaded, runs)
    plan = cash.plan
    assert plan.link_ids == ("trans_caspian", "casa_1000")
    total = np.bincount(plan.section_link, weights=plan.section_cost_share)
    assert total == pytest.approx([1.0, 1.0])
    assert np.array_equal(
        cash.runs["with"].cost_musd, runs.link_draws("with", "capex") - runs.link_draws("with", "anchor")
    )
    assert set(np.unique(cash.runs["with"].completed)) <= {0.0, 1.0}


def test_preparation_is_due_in_every_draw_and_part_of_what_is_planned(
    loaded: LoadedScenario, runs: SimulatedRuns
) -> None:
    """What a preparation fund may pay is spent on studies in its year whatever happens to the works."""
    cash = gather_cash(loaded, runs)
    due = np.zeros_like(cash.runs["with"].planned_cost_musd)
    np.add.at(due, cash.plan.section_link, cash.plan.preparation_musd)
    contingency = loaded.scenario.parameters.contingency.value
    assert due.sum() > 0.5
    for run in cash.runs.values():
        assert np.all(due[:, :, None] <= run.cost_musd + 1e-12)
        assert np.all(due * (1.0 + contingency) <= run.planned_cost_musd + 1e-12)
    studies = planned_capex_musd(loaded.scenario, "casa_1000").preparation_musd
    years, ahead = loaded.scenario.parameters.preparation_years.value, runs.inputs.network.links["start_t"]
    start = ahead[runs.inputs.names.links.index("casa_1000")]
    assert due[1] == pytest.approx(np.append(cash.us_index[0] * studies * min(start, 1.0) / years, np.zeros(4)))


def test_rows_kept_are_numbered_without_holes(runs: SimulatedRuns) -> None:
    for keep in Keep:
        for row in kept_rows(runs.inputs, keep).values():
            used = row[row >= 0]
            assert np.array_equal(np.sort(used), np.arange(len(used)))


def test_spread_agrees_with_numpy_and_leaves_out_what_is_no_number() -> None:
    values = np.random.default_rng(3).normal(size=(4, 5, 101))
    spread = spread_over_draws(values)
    assert spread.p10 == pytest.approx(np.quantile(values, 0.1, axis=-1))
    assert spread.p90 == pytest.approx(np.quantile(values, 0.9, axis=-1))
    values[0, 0, ::2] = np.nan
    values[1, 1] = np.nan
    spread = spread_over_draws(values)
    assert spread.p50[0, 0] == pytest.approx(np.nanmedian(values[0, 0]))
    assert np.isnan(spread.mean[1, 1])
