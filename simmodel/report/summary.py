"""The answer in one page of numbers: what summary.json holds, and the screen prints."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from simmodel.inputs.model_inputs import RUNS
from simmodel.report.money_kinds import commitments_by_kind
from simmodel.report.run_report import RunReport
from simmodel.results.array_types import FloatArray
from simmodel.results.spread import Spread, spread_over_draws
from simmodel.results.statistics import conditional_value_at_risk

LEAST_SHARE_WITH_A_RATE = 0.5


def summarise(report: RunReport) -> dict[str, Any]:
    """Return the summary of a run.

    Keys: need_musd, gap_musd, waterfall, links, countries, prices, affordability, probability_no_gap and, beside them,
    who finances, the economic appraisal and what the run was. Money is in constant million dollars of the price year.
    """
    results, financing = report.results, report.financing
    return {
        "scenario": report.manifest.scenario,
        "title": report.title,
        "draws": report.manifest.draws,
        "seed": report.manifest.seed,
        "deterministic": report.manifest.deterministic,
        "price_year": report.scenario.study.price_year,
        "first_year": results.years[0],
        "last_year": results.years[-1],
        "need_musd": number(financing.need_musd),
        "gap_musd": gap_distribution(financing.gap_draws_musd),
        "precision": precision_summary(report),
        "gap_by_cause_musd": gap_by_cause(report),
        "probability_no_gap": number(financing.probability_no_gap),
        "fit": fit_summary(report),
        "waterfall": [{"step": row.step, "musd": number(row.musd)} for row in financing.waterfall],
        "financing_plan": plan_by_kind(report),
        "package": {name: number(value) for name, value in financing.key_figures.items()},
        "private_share_of_commitments": number(financing.private_share),
        "links": [link_summary(report, index) for index in range(len(results.candidates.ids))],
        "countries": [country_summary(report, index) for index in range(len(results.countries.countries))],
        "outside": outside_summary(report),
        "prices": price_summary(report),
        "traffic_gbps": traffic_summary(report),
        "affordability": affordability_summary(report),
        "economics": economic_summary(report),
        "warnings": list(report.manifest.warnings),
    }


def number(value: Any) -> float | None:
    """Return a float for JSON; None for what is not a number."""
    result = float(value)
    return result if math.isfinite(result) else None


def spread_numbers(spread: Spread, index: Any) -> dict[str, float | None]:
    """Return mean, p10, p50, p90 of one element."""
    return {name: number(values[index]) for name, values in spread.items()}


def gap_distribution(gap_draws_musd: FloatArray) -> dict[str, float | None]:
    """Return mean, quantiles and the mean of the worst tenth of the gap."""
    spread = spread_over_draws(gap_draws_musd[None, :])
    tail = conditional_value_at_risk(losses=gap_draws_musd, alpha=0.9).cvar
    return {**spread_numbers(spread, 0), "cvar90": number(tail)}


def precision_summary(report: RunReport) -> dict[str, Any]:
    """Return the standard errors of need and gap, null where unknown, and whether a precision asked for was reached."""
    precision = report.precision
    return {
        "sampling": precision.sampling,
        "draws_financed": len(report.financing.gap_draws_musd),
        "replicates": precision.replicates,
        **{f"{name}_standard_error_musd": number(error) for name, error in precision.standard_error_musd.items()},
        "asked_for": precision.target or None,
        "reached": precision.is_reached if precision.target else None,
    }


def gap_by_cause(report: RunReport) -> dict[str, float | None]:
    """Return the mean gap by cause; the causes add up to the mean of the gap."""
    total: dict[str, float] = {}
    for _, _, cause, musd in report.financing.mean_gap_by_link_country_cause:
        total[cause] = total.get(cause, 0.0) + musd
    return {cause: number(musd) for cause, musd in total.items()}


def fit_summary(report: RunReport) -> dict[str, Any]:
    """Return on which draws the plan was fitted and on which it is judged, with both mean gaps."""
    financing, final = report.financing, report.financing.cases[-1]
    return {
        "draws_fitted": financing.fitted_draws,
        "draws_fresh": len(financing.fresh_draws),
        "mean_gap_fitted_musd": number(final.fitted_gap_musd),
        "mean_gap_fresh_musd": number(final.mean_gap_musd),
        "difference_musd": number(final.optimism_musd),
        "standard_error_musd": number(final.standard_error_musd),
        "minimised_musd": number(final.risk_musd),
        "bound_musd": number(final.bound_musd),
        "ended": final.ended,
        "tax_passes": final.tax_passes,
        "tax_difference_share_of_cfads": number(final.tax_difference),
    }


def plan_by_kind(report: RunReport) -> list[dict[str, Any]]:
    """Return the commitments of the plan by kind of money, largest first."""
    total = commitments_by_kind(report.financing)
    return [
        {"kind": kind, "commitment_nominal_musd": number(total[kind])}
        for kind in sorted(total, key=lambda k: (-total[k], k))
    ]


def link_summary(report: RunReport, index: int) -> dict[str, Any]:
    """Return what a candidate link costs, earns and lacks."""
    results, financing = report.results, report.financing
    links = results.candidates
    identifier = links.ids[index]
    place = financing.link_ids.index(identifier) if identifier in financing.link_ids else None
    gap = np.zeros(results.draws) if place is None else financing.gap_by_link_musd[place]
    fnpv, capex, lcoc, earned = (
        spread_over_draws(values[index][None, :])
        for values in (links.fnpv_musd, links.capex_musd, links.lcoc, links.price_earned)
    )
    firr = spread_over_draws(links.firr[index][None, :])
    with_rate = float(np.mean(~np.isnan(links.firr[index])))
    price, flow = links.by_year["price_regional"], links.by_year["flow"]
    planned = 0.0 if place is None else float(np.sum(financing.planned_cost_musd[place] / results.us_index))
    money = commitments_by_kind(financing, link=identifier)
    return {
        "id": identifier,
        "name": links.names[index],
        "planned_cost_musd": number(planned),
        "capex_musd": number(capex.mean[0]),
        "capex_p10_musd": number(capex.p10[0]),
        "capex_p90_musd": number(capex.p90[0]),
        "fnpv_musd": number(fnpv.mean[0]),
        "fnpv_p10_musd": number(fnpv.p10[0]),
        "fnpv_p90_musd": number(fnpv.p90[0]),
        "probability_fnpv_positive": number(np.mean(links.fnpv_musd[index] > 0.0)),
        "firr": number(firr.p50[0]) if with_rate >= LEAST_SHARE_WITH_A_RATE else None,
        "share_of_draws_with_firr": number(with_rate),
        "draws_without_firr": int(links.firr_none[index]),
        "draws_with_several_firr": int(links.firr_several[index]),
        "payback_years": number(spread_over_draws(links.payback_years[index][None, :]).p50[0]),
        "share_of_draws_paid_back": number(np.mean(~np.isnan(links.payback_years[index]))),
        "wacc_real": number(links.wacc_real[index]),
        "lcoc": number(lcoc.p50[0]),
        "lcoc_usd_per_mbps_month": spread_numbers(lcoc, 0),
        "price_earned_usd_per_mbps_month": number(earned.p50[0]),
        "price_usd_per_mbps_month_last_year": number(price.p50[index, -1] / results.us_index[-1]),
        "flow_gbps_last_year": number(flow.p50[index, -1]),
        "probability_in_service": number(links.completed_share[index]),
        "availability": number(links.availability[index]),
        "gap_musd": number(gap.mean()),
        "gap_p10_musd": number(np.quantile(gap, 0.1)),
        "gap_p90_musd": number(np.quantile(gap, 0.9)),
        "financing_nominal_musd": {kind: number(amount) for kind, amount in sorted(money.items())},
    }


def country_summary(report: RunReport, index: int) -> dict[str, Any]:
    """Return a country's people, traffic, prices, tests and gap, today and at the horizon."""
    results, financing = report.results, report.financing
    countries, code = results.countries, results.countries.countries[index]
    without, full = RUNS.index("without"), RUNS.index("with")

    def at_horizon(variable: str) -> dict[str, float | None]:
        values = countries.means[variable]
        return {"without": number(values[without, index, -1]), "with": number(values[full, index, -1])}

    gap = np.zeros(results.draws)
    if code in financing.countries:
        gap = financing.gap_by_country_musd[financing.countries.index(code)]
    economics = results.economics
    return {
        "id": code,
        "works_musd": number(results.candidates.works_by_country_musd[index]),
        "gap_musd": number(gap.mean()),
        "gap_p10_musd": number(np.quantile(gap, 0.1)),
        "gap_p90_musd": number(np.quantile(gap, 0.9)),
        "economic_gain_musd": number(economics.matrix_musd[:, economics.countries.index(code)].sum()),
        "users_today": number(countries.base["users"][index]),
        "users_horizon": at_horizon("users"),
        "traffic_today_gbps": number(countries.base["demand"][index]),
        "traffic_horizon_gbps": at_horizon("demand"),
        "unserved_horizon_gbps": at_horizon("unserved"),
        "lost_horizon_gbps": at_horizon("lost"),
        "wholesale_price_today_usd_per_mbps_month": number(countries.base["wholesale_price"][index]),
        "wholesale_price_horizon_usd_per_mbps_month": at_horizon("wholesale_price_real"),
        "retail_price_today_usd_per_month": number(countries.base["retail_price"][index]),
        "retail_price_horizon_usd_per_month": at_horizon("retail_price"),
        "affordable_share_today": number(countries.base["affordable_share"][index]),
        "affordable_share_horizon": at_horizon("affordable_share"),
        "discrimination_ratio_horizon": at_horizon("discrimination_ratio"),
        "squeeze_headroom_horizon_usd_per_user_month": at_horizon("squeeze_headroom"),
    }


def outside_summary(report: RunReport) -> dict[str, float | None]:
    """Return works and gap of the candidate links outside the region; with those of the countries, all there is."""
    financing = report.financing
    gap = 0.0
    if "outside" in financing.countries:
        gap = float(financing.gap_by_country_musd[financing.countries.index("outside")].mean())
    return {"works_musd": number(report.results.candidates.works_by_country_musd[-1]), "gap_musd": number(gap)}


def milestone_years(report: RunReport) -> list[int]:
    """Return positions of the first year, every fifth calendar year and the last year."""
    years = report.results.years
    chosen = {0, len(years) - 1} | {place for place, year in enumerate(years) if year % 5 == 0}
    return sorted(chosen)


def price_summary(report: RunReport) -> list[dict[str, Any]]:
    """Return wholesale prices by country and milestone year, without and with, constant USD/Mbps/month."""
    results = report.results
    rows = []
    for index, code in enumerate(results.countries.countries):
        for place in milestone_years(report):
            row: dict[str, Any] = {"country": code, "year": results.years[place], "unit": "constant USD/Mbps/month"}
            for run in ("without", "with"):
                spread = results.countries.spreads[run, "wholesale_price"]
                row[run] = {
                    name: number(values[index, place] / results.us_index[place]) for name, values in spread.items()
                }
            rows.append(row)
    return rows


def traffic_summary(report: RunReport) -> list[dict[str, Any]]:
    """Return the traffic of all countries by milestone year."""
    results = report.results
    return [
        {
            "year": results.years[place],
            **{run: spread_numbers(spread, place) for run, spread in results.countries.region_demand.items()},
        }
        for place in milestone_years(report)
    ]


def affordability_summary(report: RunReport) -> dict[str, Any]:
    """Return the share of people whose basket takes at most the target share of income, in the whole region."""
    countries, results = report.results.countries, report.results
    return {
        "target_share_of_income": number(report.scenario.parameters.affordability_target.value),
        "today": number(countries.base_affordable),
        "horizon_year": results.years[-1],
        "horizon_without": number(countries.region_affordable["without"][-1]),
        "horizon_with": number(countries.region_affordable["with"][-1]),
    }


def economic_summary(report: RunReport) -> dict[str, Any]:
    """Return ENPV, EIRR, BCR and switching values of the programme."""
    economics = report.results.economics
    several = int(economics.eirr.root_count)
    return {
        "discount_rates_real": [number(rate) for rate in economics.rates],
        "enpv_musd": {step: [number(value) for value in values] for step, values in economics.enpv_musd.items()},
        "enpv_p10_musd": {step: [number(v) for v in spread.p10] for step, spread in economics.enpv_spread_musd.items()},
        "enpv_p90_musd": {step: [number(v) for v in spread.p90] for step, spread in economics.enpv_spread_musd.items()},
        "eirr": number(economics.eirr.rate),
        "eirr_roots": several,
        "benefit_cost_ratio": number(economics.bcr),
        "switching_values": {part: number(value) for part, value in economics.switching.items()},
        "share_of_surplus_by_trapezoid": number(economics.trapezoid_share),
    }
