"""The results of a study: links, countries, economics, concentration, calibration."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from simmodel.inputs.model_inputs import RUNS
from simmodel.results.array_types import FloatArray
from simmodel.results.calibration import CalibrationRow, compare_base_year
from simmodel.results.concentration import ConcentrationRow, measure_concentration
from simmodel.results.country_results import REGION_MEANS, CountryResults, collect_countries
from simmodel.results.economic_results import EconomicResult, appraise_programme
from simmodel.results.link_metrics import LINK_YEAR_MEANS, CandidateLinks, measure_candidates
from simmodel.results.simulated_runs import SimulatedRuns
from simmodel.scenario.schema import Scenario

OTHER_ECONOMIC_RATES = (0.06, 0.09, 0.12)


@dataclass(frozen=True, slots=True)
class StudyResult:
    """What the simulation says, before financing.

    Attributes
    ----------
    years : (T,) calendar years;  us_index : (T,) nominal per constant dollar
    candidates : candidate links in the run `with`
    link_ids : all links;  link_is_candidate : (links,)
    link_means : variable -> (R, links, T) means over draws of all links
    region_ids : all regions;  region_means : variable -> (R, regions, T) means over draws
    countries, economics, concentration, calibration : see their classes
    draws : S
    """

    years: tuple[int, ...]
    us_index: FloatArray
    candidates: CandidateLinks
    link_ids: tuple[str, ...]
    link_is_candidate: FloatArray
    link_means: dict[str, FloatArray]
    region_ids: tuple[str, ...]
    region_means: dict[str, FloatArray]
    countries: CountryResults
    economics: EconomicResult
    concentration: tuple[ConcentrationRow, ...]
    calibration: tuple[CalibrationRow, ...]
    draws: int


def build_results(scenario: Scenario, runs: SimulatedRuns, threads: int) -> StudyResult:
    """Turn the engine's draws into results.

    Parameters
    ----------
    scenario : names, economic prices, observed values
    runs : inputs and output of the engine
    threads : how many work on it, two at least; no number depends on it

    Returns
    -------
    StudyResult
    """
    names, network = runs.inputs.names, runs.inputs.network
    years = len(network.years)
    main = scenario.parameters.discount_rate_economic.value
    rates = (main, *(rate for rate in OTHER_ECONOMIC_RATES if abs(rate - main) > 1e-12))
    with ThreadPoolExecutor(max(threads - 1, 1)) as pool:  # while numpy computes, another thread can
        collected = pool.submit(collect_countries, runs)
        economics = pool.submit(appraise_programme, scenario, runs, rates)
        link_names = tuple(scenario.links[names.links[link]].name for link in runs.candidates)
        candidates = measure_candidates(runs, link_names, pool)
        countries = collected.result()
        return StudyResult(
            years=tuple(runs.inputs.first_year + year for year in range(years)),
            us_index=np.array(network.years["us_index"]),
            candidates=candidates,
            link_ids=names.links,
            link_is_candidate=np.array(network.links["candidate"], dtype=np.float64),
            link_means={name: np.stack([runs.link_mean(run, name) for run in RUNS]) for name in LINK_YEAR_MEANS},
            region_ids=names.regions,
            region_means={name: np.stack([runs.region_mean(run, name) for run in RUNS]) for name in REGION_MEANS},
            countries=countries,
            economics=economics.result(),
            concentration=measure_concentration(scenario, runs, tuple(sorted({0, min(9, years - 1), years - 1}))),
            calibration=compare_base_year(scenario, runs, countries),
            draws=runs.draws,
        )
