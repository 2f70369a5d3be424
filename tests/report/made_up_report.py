"""A report with made-up numbers of a plausible size, so that tables and figures can be tested without the engine."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

import numpy as np

from simmodel.financing.financing_tables import FinancingTable
from simmodel.inputs.model_inputs import RUNS
from simmodel.report.run_report import RunReport
from simmodel.results.calibration import CalibrationRow
from simmodel.results.concentration import ConcentrationRow
from simmodel.results.country_results import COUNTRY_UNITS, REGION_MEANS, CountryResults
from simmodel.results.economic_results import PARTS, EconomicResult
from simmodel.results.economics import Stakeholder
from simmodel.results.irr import InternalRate
from simmodel.results.link_metrics import LINK_YEAR_MEANS, CandidateLinks
from simmodel.results.manifest import Manifest
from simmodel.results.precision import Precision
from simmodel.results.run_result import StudyResult
from simmodel.results.simulated_runs import LINK_YEAR_SPREADS, Keep
from simmodel.results.spread import spread_over_draws, tails_over_draws
from simmodel.scenario.load import load_scenario
from simmodel.scenario.schema import Scenario

YEARS = tuple(range(2026, 2051))
DRAWS = 200
CAUSES = ("unfunded_plan", "overrun_and_delay", "operating_shortfall")


@dataclass(frozen=True, slots=True)
class MadeUpStep:
    step: str
    musd: float
    meaning: str


@dataclass(frozen=True, slots=True)
class MadeUpPlanRow:
    link: str
    country: str
    instrument: str
    name: str
    group: str
    is_private: bool
    commitment_musd: float
    grant_element: float
    draw_musd: tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True)
class MadeUpCase:
    name: str
    run: str
    planned_gap_musd: float
    resimulated_gap_musd: float
    fitted_gap_musd: float
    mean_gap_musd: float
    optimism_musd: float
    standard_error_musd: float
    risk_musd: float
    bound_musd: float
    rounds: int
    ended: str
    tax_passes: int
    tax_difference: float


@dataclass(frozen=True, slots=True)
class MadeUpFinancing:
    link_ids: tuple[str, ...]
    countries: tuple[str, ...]
    years: tuple[int, ...]
    fresh_draws: tuple[int, ...]
    fitted_draws: int
    need_musd: float
    gap_draws_musd: np.ndarray
    gap_by_link_musd: np.ndarray
    gap_by_country_musd: np.ndarray
    gap_by_year_musd: np.ndarray
    gap_by_cause_musd: np.ndarray
    mean_gap_by_link_year_musd: np.ndarray
    mean_gap_by_link_country_cause: tuple[tuple[str, str, str, float], ...]
    probability_no_gap: float
    waterfall: tuple[MadeUpStep, ...]
    cases: tuple[MadeUpCase, ...]
    plan: tuple[MadeUpPlanRow, ...]
    planned_cost_musd: np.ndarray
    planned_sources_musd: np.ndarray
    funding_gap_musd: np.ndarray
    debt_service_musd: np.ndarray
    lender_cfads_musd: np.ndarray
    expected_cfads_musd: np.ndarray
    reserve_target_musd: np.ndarray
    operating_support_musd: np.ndarray
    prices: tuple[object, ...] = ()
    private_share: float = 0.4
    tables: tuple[FinancingTable, ...] = (FinancingTable("proposed_loans", ("borrower [iso3]",), (("KGZ",),)),)
    key_figures: dict[str, float] = field(default_factory=lambda: {"grant_element": 0.4, "llcr": float("nan")})
    warnings: tuple[str, ...] = ()


@cache
def almaty() -> Scenario:
    return load_scenario("almaty")


def made_up_report(keep: Keep = Keep.SCALARS) -> RunReport:
    scenario = almaty()
    rng = np.random.default_rng(20)
    results = made_up_results(scenario, rng)
    return RunReport(
        title="The Almaty Declaration's links",
        scenario=scenario,
        resolved_yaml="study: {}\n",
        results=results,
        financing=made_up_financing(results, rng),
        manifest=made_up_manifest(),
        keep=keep,
        precision=Precision("monte_carlo", DRAWS, {"gap": 400.0, "need": 690.0}, {"gap": 4.0, "need": 6.0}),
    )


def made_up_manifest() -> Manifest:
    return Manifest(
        version="0.1.0",
        scenario="almaty",
        scenario_file="scenarios/almaty.yaml",
        overrides=(),
        sha256={},
        seed=20140603,
        first_draw=0,
        draws=DRAWS,
        draws_kept=DRAWS,
        sampling="monte_carlo",
        deterministic=False,
        keep="scalars",
        threads=1,
        strict=False,
        libraries={},
        python="3.11",
        platform="any",
        seconds={"engine": 1.0},
        compiled=False,
        warnings=("financing: a made-up warning",),
    )


def made_up_results(scenario: Scenario, rng: np.random.Generator) -> StudyResult:
    ids = tuple(scenario.candidate_links())
    others = tuple(slug for slug in scenario.included_links() if slug not in ids)
    codes = tuple(scenario.countries)
    years, n, c = len(YEARS), len(ids), len(codes)
    index = 1.022 ** np.arange(1.0, years + 1.0)
    growth = 1.2 ** np.arange(years)
    paths = {name: rng.lognormal(0.0, 0.3, (n, years, DRAWS)) * 5.0 for name in LINK_YEAR_SPREADS}
    demand = {run: growth[None, :, None] * rng.lognormal(2.5, 0.3, (c, years, DRAWS)) for run in ("without", "with")}
    price = {
        run: (4.0 if run == "without" else 3.0)
        * 0.9 ** np.arange(years)[None, :, None]
        * rng.lognormal(0.0, 0.2, (c, years, DRAWS))
        for run in ("without", "with")
    }
    spreads = {(run, "demand"): spread_over_draws(demand[run]) for run in demand}
    spreads |= {(run, "wholesale_price"): spread_over_draws(price[run]) for run in price}
    means = {name: rng.uniform(0.1, 0.9, (len(RUNS), c, years)) for name in COUNTRY_UNITS}
    base = {
        name: rng.uniform(0.1, 0.9, c)
        for name in ("users", "users_share", "demand", "wholesale_price", "retail_price", "affordable_share")
    }
    beneficiaries = (*codes, "outside")
    matrix = rng.normal(0.0, 50.0, (len(Stakeholder), len(beneficiaries)))
    enpv = np.array([matrix.sum(), 500.0, 100.0])
    firr = rng.normal(0.05, 0.05, (n, DRAWS))
    firr[0] = np.nan
    return StudyResult(
        years=YEARS,
        us_index=index,
        candidates=CandidateLinks(
            ids=ids,
            names=tuple(scenario.links[slug].name for slug in ids),
            wacc_nominal=np.full(n, 0.12),
            wacc_real=np.full(n, 0.096),
            completed_share=rng.uniform(0.5, 0.95, n),
            capex_musd=rng.lognormal(3.5, 0.3, (n, DRAWS)),
            fnpv_musd=rng.normal(-15.0, 10.0, (n, DRAWS)),
            firr=firr,
            firr_none=np.isnan(firr).sum(axis=1).astype(float),
            firr_several=np.zeros(n),
            payback_years=rng.uniform(5.0, 20.0, (n, DRAWS)),
            works_by_country_musd=rng.uniform(0.0, 90.0, c + 1),
            price_earned=rng.lognormal(-2.0, 0.5, (n, DRAWS)),
            lcoc=rng.lognormal(0.0, 0.5, (n, DRAWS)),
            availability=np.full(n, 0.99),
            by_year={name: spread_over_draws(values) for name, values in paths.items()},
            tails_by_year={name: tails_over_draws(values) for name, values in paths.items()},
        ),
        link_ids=(*others, *ids),
        link_is_candidate=np.array([0.0] * len(others) + [1.0] * n),
        link_means={name: rng.uniform(0.0, 5.0, (len(RUNS), len(others) + n, years)) for name in LINK_YEAR_MEANS},
        region_ids=tuple(scenario.regions),
        region_means={name: rng.uniform(0.0, 5.0, (len(RUNS), len(scenario.regions), years)) for name in REGION_MEANS},
        countries=CountryResults(
            countries=codes,
            population=np.full((c, years), 2e7),
            population_base=np.full(c, 2e7),
            means=means,
            base=base,
            spreads=spreads,
            region_demand={run: spread_over_draws(values.sum(axis=0)) for run, values in demand.items()},
            region_price={run: spread_over_draws(values.mean(axis=0)) for run, values in price.items()},
            region_affordable={run: np.linspace(0.5, 0.9, years) for run in RUNS},
            base_affordable=0.5,
            satellite_share=np.zeros((len(RUNS), c, years)),
        ),
        economics=EconomicResult(
            countries=beneficiaries,
            rates=(0.09, 0.06, 0.12),
            enpv_musd={"reforms": enpv * 0.8, "portfolio": enpv * 0.2, "programme": enpv},
            enpv_spread_musd={
                step: spread_over_draws(rng.normal(100.0, 30.0, (3, DRAWS)))
                for step in ("reforms", "portfolio", "programme")
            },
            eirr=InternalRate(np.float64(0.31), np.int64(1)),
            bcr=2.1,
            parts_musd={part: rng.normal(1.0, 1.0, (len(beneficiaries), years)) for part in PARTS},
            switching=dict.fromkeys(PARTS, -0.4),
            matrix_musd=matrix,
            trapezoid_share=0.02,
        ),
        concentration=(
            ConcentrationRow("KAZ", "with", 2026, 0.2, 0.4, 0.8, "trans_caspian", 0.6, "FRA@RUS", 0.9, "RUS", 0.95),
        ),
        calibration=(CalibrationRow("KAZ", "traffic", "Gbit/s", 100.0, 101.0, True, "B", "somebody, 2025"),),
        draws=DRAWS,
    )


def made_up_financing(results: StudyResult, rng: np.random.Generator) -> MadeUpFinancing:
    ids = results.candidates.ids
    countries = ("AFG", "AZE", "KAZ", "KGZ", "PAK", "TJK", "TKM", "UZB", "outside")
    n, years = len(ids), len(results.years)
    by_link_year = rng.gamma(0.4, 2.0, (n, years, DRAWS)) * np.linspace(0.1, 3.0, n)[:, None, None]
    gap = by_link_year.sum(axis=(0, 1))
    shares = rng.dirichlet(np.ones(len(countries)), n)
    cause = rng.dirichlet(np.ones(3))
    by_link = by_link_year.sum(axis=1)
    rows = tuple(
        (link, country, name, float(by_link[place].mean() * shares[place, k] * cause[j]))
        for place, link in enumerate(ids)
        for k, country in enumerate(countries)
        for j, name in enumerate(CAUSES)
    )
    residual = float(gap.mean())
    steps = [
        ("need", 900.0),
        ("co_deployment", -60.0),
        ("reforms", 25.0),
        ("private_finance_today", -180.0),
        ("private_finance_unlocked", 35.0),
        ("risk_cover", -40.0),
    ]
    steps.append(("public_and_concessional", residual - sum(value for _, value in steps)))
    plan = tuple(
        MadeUpPlanRow(
            link,
            countries[(place + k) % 9],
            f"i{k}",
            f"Instrument {k}",
            group,
            private,
            float(rng.uniform(1.0, 20.0)),
            0.3,
            ((2027, 1.0), (2028, 2.0)),
        )
        for place, link in enumerate(ids)
        for k, (group, private) in enumerate(
            (("equity", True), ("debt", True), ("debt", False), ("grant", False), ("iru", True))
        )
    )
    yearly = rng.uniform(0.0, 5.0, (n, years))
    return MadeUpFinancing(
        link_ids=ids,
        countries=countries,
        years=results.years,
        fresh_draws=tuple(range(len(gap))),
        fitted_draws=100,
        need_musd=900.0,
        gap_draws_musd=gap,
        gap_by_link_musd=by_link,
        gap_by_country_musd=np.einsum("lk,ls->ks", shares, by_link),
        gap_by_year_musd=by_link_year.sum(axis=0),
        gap_by_cause_musd=cause[:, None] * gap,
        mean_gap_by_link_year_musd=by_link_year.mean(axis=2),
        mean_gap_by_link_country_cause=rows,
        probability_no_gap=0.03,
        waterfall=(
            *(MadeUpStep(name, value, "words") for name, value in steps),
            MadeUpStep("residual", residual, "words"),
        ),
        cases=(
            MadeUpCase(
                "all_money",
                "with",
                200.0,
                200.0,
                residual - 1.0,
                residual,
                1.0,
                2.0,
                199.0,
                198.9,
                12,
                "proven",
                tax_passes=2,
                tax_difference=0.0012,
            ),
        ),
        plan=plan,
        planned_cost_musd=yearly,
        planned_sources_musd=yearly,
        funding_gap_musd=yearly,
        debt_service_musd=yearly,
        lender_cfads_musd=yearly,
        expected_cfads_musd=yearly,
        reserve_target_musd=yearly,
        operating_support_musd=yearly * 0.0,
    )
