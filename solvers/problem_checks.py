"""Refuse a financing problem that contradicts itself, naming the field."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from solvers.instruments import InstrumentKind

if TYPE_CHECKING:
    from solvers.financing_problem import FinancingProblem

MATURITY_TOLERANCE = 1e-6


def check_problem(problem: FinancingProblem) -> None:
    """Check shapes, ranges, the calendar, the instruments and that the links' debt is repaid within the horizon.

    Raises
    ------
    ValueError
        At the first field that does not fit.
    """
    _check_shapes(problem)
    _check_values(problem)
    _check_calendar(problem)
    _check_instruments(problem)
    _check_maturities(problem)
    _check_agreed_commitments(problem)
    _check_start_options(problem)


def _check_shapes(problem: FinancingProblem) -> None:
    links, sections, countries = len(problem.links.ids), len(problem.sections.ids), len(problem.countries.ids)
    instruments, years, windows = len(problem.instruments), len(problem.years), len(problem.windows.ids)
    expected: list[tuple[object, str, tuple[int, ...]]] = [
        (problem, "debt_service_per_draw", (instruments, years, years)),
        (problem, "interest_per_draw", (instruments, years, years)),
        (problem.rules, "constant_usd_weight", (years,)),
        (problem.countries, "ppg_service_headroom_musd", (countries, years)),
        (problem.eligibility, "eligible", (sections, instruments, years)),
        (problem.eligibility, "max_share_of_cost", (sections, instruments)),
        (problem.eligibility, "minimum_commitment_musd", (sections, instruments)),
        (problem.windows, "limit_musd", (windows,)),
        (problem.windows, "charge", (windows, instruments, countries)),
    ]
    yearly = (
        "planned_cost_musd",
        "lender_cfads_musd",
        "expected_cfads_musd",
        "lender_hard_currency_cash_musd",
        "tax_shield_rate",
        "dscr_target",
        "lease_income_lost_per_iru",
    )
    expected += [(problem.links, name, (links, years)) for name in yearly]
    single = (
        "first_construction_year",
        "last_construction_year",
        "gearing_max",
        "private_share_min",
        "sponsor_hurdle_rate",
    )
    expected += [(problem.links, name, (links,)) for name in single]
    expected += [
        (problem.sections, name, (sections,)) for name in ("link", "country", "cost_musd", "iru_presale_value_musd")
    ]
    expected += [
        (problem.countries, name, (countries,))
        for name in (
            "concessionality_floor",
            "sovereign_debt_allowed",
            "ppg_present_value_headroom_musd",
            "ppp_exposure_cap_musd",
        )
    ]
    expected += [
        (problem.sections, name, shape)
        for name, shape in (
            ("tied_limit_musd", (sections,)),
            ("preparation_musd", (sections, years)),
            ("political_premium", (sections,)),
            ("political_loss", (sections,)),
        )
        if getattr(problem.sections, name) is not None
    ]
    for owner, name, shape in expected:
        if np.shape(getattr(owner, name)) != shape:
            raise ValueError(f"{name}: shape {np.shape(getattr(owner, name))} instead of {shape}")


def _check_values(problem: FinancingProblem) -> None:
    links, sections, rules = problem.links, problem.sections, problem.rules
    finite = {
        "debt_service_per_draw": problem.debt_service_per_draw,
        "interest_per_draw": problem.interest_per_draw,
        "constant_usd_weight": rules.constant_usd_weight,
        "charge": problem.windows.charge,
        "cost_musd": sections.cost_musd,
        "iru_presale_value_musd": sections.iru_presale_value_musd,
        "planned_cost_musd": links.planned_cost_musd,
        "lender_cfads_musd": links.lender_cfads_musd,
        "expected_cfads_musd": links.expected_cfads_musd,
        "tax_shield_rate": links.tax_shield_rate,
        "lender_hard_currency_cash_musd": links.lender_hard_currency_cash_musd,
        "dscr_target": links.dscr_target,
        "gearing_max": links.gearing_max,
        "private_share_min": links.private_share_min,
        "sponsor_hurdle_rate": links.sponsor_hurdle_rate,
        "lease_income_lost_per_iru": links.lease_income_lost_per_iru,
        "minimum_commitment_musd": problem.eligibility.minimum_commitment_musd,
    }
    for name, values in finite.items():
        if not np.all(np.isfinite(values)):
            raise ValueError(f"{name}: a value is not finite")
    not_negative = {
        "planned_cost_musd": links.planned_cost_musd,
        "cost_musd": sections.cost_musd,
        "limit_musd": problem.windows.limit_musd,
        "max_share_of_cost": problem.eligibility.max_share_of_cost,
        "charge": problem.windows.charge,
        "constant_usd_weight": rules.constant_usd_weight,
        "ppg_present_value_headroom_musd": problem.countries.ppg_present_value_headroom_musd,
        "ppg_service_headroom_musd": problem.countries.ppg_service_headroom_musd,
        "ppp_exposure_cap_musd": problem.countries.ppp_exposure_cap_musd,
        "minimum_commitment_musd": problem.eligibility.minimum_commitment_musd,
        "iru_presale_value_musd": sections.iru_presale_value_musd,
        "debt_service_per_draw": problem.debt_service_per_draw,
    }
    not_negative |= {
        name: values
        for name in ("preparation_musd", "political_premium", "political_loss")
        if (values := getattr(sections, name)) is not None
    }
    for name, values in not_negative.items():
        if not np.all(values >= 0.0):
            raise ValueError(f"{name}: a value is negative or missing")


def _check_calendar(problem: FinancingProblem) -> None:
    links, sections = problem.links, problem.sections
    first, last, years = links.first_construction_year, links.last_construction_year, len(problem.years)
    if np.any(first < 0) or np.any(last < first) or np.any(last >= years):
        raise ValueError("first_construction_year, last_construction_year: must satisfy 0 <= first <= last < years")
    for link, name in enumerate(links.ids):
        cost = links.planned_cost_musd[link]
        if np.any(cost[: first[link]] > 0.0) or np.any(cost[last[link] + 1 :] > 0.0):
            raise ValueError(f"planned_cost_musd: link {name} has cost outside its construction years")
        section_total = float(np.sum(sections.cost_musd[sections.link == link]))
        if abs(section_total - float(np.sum(cost))) > 1e-6 * max(1.0, float(np.sum(cost))):
            raise ValueError(
                f"cost_musd: sections of link {name} add to {section_total:.6g} musd, "
                f"the link costs {float(np.sum(cost)):.6g} musd"
            )


def _check_instruments(problem: FinancingProblem) -> None:
    ids = [instrument.id for instrument in problem.instruments]
    if len(set(ids)) != len(ids):
        raise ValueError("instruments: an id appears twice")
    guarantees = {each.id for each in problem.instruments if each.kind is InstrumentKind.GUARANTEE}
    for instrument in problem.instruments:
        if instrument.guaranteed_by is not None and instrument.guaranteed_by not in guarantees:
            raise ValueError(f"guaranteed_by: {instrument.id} names {instrument.guaranteed_by}, which is no guarantee")
    for position, instrument in enumerate(problem.instruments):
        if (
            not 0.0 <= instrument.cover_share <= 1.0
            or instrument.insurance_premium < 0.0
            or instrument.insured_years < 0
        ):
            raise ValueError(f"cover_share, insurance_premium, insured_years: out of range for {instrument.id}")
        if instrument.kind is not InstrumentKind.DEBT and np.any(problem.debt_service_per_draw[position] != 0.0):
            raise ValueError(f"debt_service_per_draw: {instrument.id} is not debt, it has no debt service")
        if instrument.is_preparation_only and instrument.kind is not InstrumentKind.GRANT:
            raise ValueError(f"is_preparation_only: {instrument.id} is no grant: studies earn nothing to repay it")
        if instrument.sculpted_rate is None:
            continue
        if instrument.kind is not InstrumentKind.DEBT or not instrument.is_project_serviced or instrument.is_ppg:
            raise ValueError(f"sculpted_rate: {instrument.id} must be debt serviced by the link and not public")
        if instrument.sculpted_tenor_years < 1:
            raise ValueError(f"sculpted_tenor_years: {instrument.id} needs at least one year")


def _check_maturities(problem: FinancingProblem) -> None:
    """Refuse project-serviced debt with principal after the horizon: service nobody sees would be free money."""
    principal = np.sum(problem.debt_service_per_draw - problem.interest_per_draw, axis=2)
    for position, instrument in enumerate(problem.instruments):
        if not instrument.is_project_serviced or instrument.kind is not InstrumentKind.DEBT:
            continue
        if instrument.sculpted_rate is not None:
            continue
        for section, link in enumerate(problem.sections.link):
            span = slice(problem.links.first_construction_year[link], problem.links.last_construction_year[link] + 1)
            drawn = problem.eligibility.eligible[section, position, span]
            if np.any(drawn & (principal[position, span] < 1.0 - MATURITY_TOLERANCE)):
                raise ValueError(
                    f"debt_service_per_draw: {instrument.id} is serviced by the cash of a link and does "
                    f"not repay within the horizon (section {problem.sections.ids[section]})"
                )


def _check_agreed_commitments(problem: FinancingProblem) -> None:
    """Refuse an agreed amount that no construction year of the link is eligible for: it could never be drawn."""
    for section, instrument in zip(*np.nonzero(problem.eligibility.minimum_commitment_musd), strict=True):
        link = problem.sections.link[section]
        span = slice(problem.links.first_construction_year[link], problem.links.last_construction_year[link] + 1)
        if not problem.eligibility.eligible[section, instrument, span].any():
            raise ValueError(
                f"minimum_commitment_musd: {problem.instruments[instrument].id} is agreed for section "
                f"{problem.sections.ids[section]} but not eligible while its link is built"
            )


def _check_start_options(problem: FinancingProblem) -> None:
    """Refuse a link in two groups of start options, and amounts agreed for an option that may not be built."""
    listed = [link for group in problem.rules.start_options for link in group]
    if len(set(listed)) != len(listed) or any(not 0 <= link < len(problem.links.ids) for link in listed):
        raise ValueError("start_options: a link is listed twice or does not exist")
    optional = np.isin(problem.sections.link, listed)
    if np.any(problem.eligibility.minimum_commitment_musd[optional] > 0.0):
        raise ValueError("minimum_commitment_musd: an amount is agreed for a link whose start year is open")
