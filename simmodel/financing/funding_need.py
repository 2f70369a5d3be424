"""From the results of the engine to the question put to the optimiser."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from simmodel.financing.eligible_money import eligible_money, envelopes
from simmodel.financing.lender_case import lender_case_weights, weighted_path
from simmodel.financing.portfolio_cash import Floats, PortfolioCash, PortfolioPlan, RunCash
from simmodel.financing.terms import OfferedInstrument, offered_instruments
from simmodel.scenario.schema import Scenario
from solvers import Countries, FinancingProblem, FinancingRules, InstrumentKind, Links, RegionalWindow, Sections


@dataclass(frozen=True, slots=True)
class Measures:
    """What a case of the waterfall allows: the engine's run, risk cover, public and concessional money."""

    name: str
    run: str
    risk_cover: bool
    public_money: bool


@dataclass(frozen=True, slots=True)
class PricedProblem:
    """A problem with the offers behind its instruments, in order."""

    problem: FinancingProblem
    offers: tuple[OfferedInstrument, ...]


def financing_problem(scenario: Scenario, cash: PortfolioCash, measures: Measures) -> PricedProblem:
    """Put the question: these links, this run, these instruments.

    Raises
    ------
    DataError   an instrument without the terms it needs
    """
    plan, run = cash.plan, cash.runs[measures.run]
    years = len(cash.us_index)
    offers = offered_instruments(scenario, public_money=measures.public_money, risk_cover=measures.risk_cover)
    service = np.array([_shifted(offer.payments, years) for offer in offers]).reshape(len(offers), years, years)
    interest = np.array([_shifted(offer.interest, years) for offer in offers]).reshape(len(offers), years, years)
    countries = _countries(scenario, plan, years)
    problem = FinancingProblem(
        years=cash.first_year + np.arange(years),
        links=_links(scenario, plan, run),
        sections=_sections(scenario, plan, run),
        countries=countries,
        instruments=tuple(offer.instrument for offer in offers),
        debt_service_per_draw=service,
        interest_per_draw=interest,
        eligibility=eligible_money(
            scenario, plan, offers, first_year=cash.first_year, matures=_matures(offers, service, interest)
        ),
        windows=envelopes(scenario, offers, countries.ids),
        regional_windows=_regional_windows(offers),
        rules=_rules(scenario, cash, offers),
    )
    return PricedProblem(problem, tuple(offers))


def _shifted(payments: Floats, years: int) -> Floats:
    """(draw year, year) matrix of payments that depend on the time since the draw alone."""
    matrix = np.zeros((years, years))
    for draw in range(years):
        matrix[draw, draw:] = payments[: years - draw]
    return matrix


def _matures(offers: list[OfferedInstrument], service: Floats, interest: Floats) -> np.ndarray:
    repaid = np.sum(service - interest, axis=2) > 1.0 - 1e-9
    followed = np.array(
        [
            offer.instrument.kind is InstrumentKind.DEBT
            and offer.instrument.is_project_serviced
            and offer.instrument.sculpted_rate is None
            for offer in offers
        ],
        dtype=bool,
    )
    return np.asarray(repaid | ~followed[:, None])


def _links(scenario: Scenario, plan: PortfolioPlan, run: RunCash) -> Links:
    parameters, financing = scenario.parameters, scenario.financing
    weights = lender_case_weights(
        run=run, discount_rate=plan.discount_rate_nominal, percentile=financing.lender_case_percentile
    )
    lender_tax = weighted_path(weights, run.tax_musd)
    spent = run.planned_cost_musd > 0.0
    shape = run.planned_cost_musd.shape
    target = (
        parameters.dscr_target_merchant if financing.revenue_basis == "merchant" else parameters.dscr_target_contracted
    )
    count = shape[0]
    return Links(
        ids=plan.link_ids,
        first_construction_year=np.argmax(spent, axis=1),
        last_construction_year=np.where(spent.any(axis=1), shape[1] - 1 - np.argmax(spent[:, ::-1], axis=1), 0),
        planned_cost_musd=run.planned_cost_musd,
        lender_cfads_musd=weighted_path(weights, run.cfads_musd),
        expected_cfads_musd=run.cfads_musd.mean(axis=2),
        lender_hard_currency_cash_musd=weighted_path(weights, run.hard_currency_cash_musd),
        tax_shield_rate=np.where(lender_tax > 1e-9, plan.tax_rate[:, None], 0.0),
        dscr_target=np.full(shape, target.value),
        gearing_max=np.full(count, parameters.gearing_max.value),
        private_share_min=np.full(count, scenario.financing.private_share_min),
        sponsor_hurdle_rate=np.full(count, parameters.sponsor_hurdle.value),
        lease_income_lost_per_iru=_lease_income_lost(scenario, plan, run),
    )


def presale_value_musd(scenario: Scenario, plan: PortfolioPlan, run: RunCash) -> Floats:
    """(L,) what a presale of all fibre pairs would fetch: a share of the present value of the term's lease income."""
    income, term = run.revenue_musd.mean(axis=2), int(scenario.parameters.iru_term_years.value)
    discount = (1.0 + plan.discount_rate_nominal[:, None]) ** -(np.arange(income.shape[1]) + 1.0)
    earning = np.cumsum(income > 1e-9, axis=1)
    value = scenario.parameters.iru_price_share.value * np.sum(income * discount * (earning <= term), axis=1)
    return np.asarray(value, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class PresoldLeases:
    """What a presale takes from the leases of a link.

    Attributes
    ----------
    per_revenue : (L, T) [-] lease income lost per musd of lease income and musd presold, zero after the term
    charge : [-] yearly maintenance charge per musd presold, paid by the buyers while there are leases
    """

    per_revenue: Floats
    charge: float

    def lost(self, link: int, revenue_musd: Floats) -> Floats:
        """Lease income given up per musd presold (T, S) [-], for revenue (T, S)."""
        lost = revenue_musd * self.per_revenue[link][:, None]
        net = lost - self.charge * (lost > 0.0)
        return np.asarray(np.maximum(net, 0.0), dtype=np.float64)


def presold_leases(scenario: Scenario, plan: PortfolioPlan, run: RunCash) -> PresoldLeases:
    """Return what presales take from the leases: the share of them that their price bought."""
    income, term = run.revenue_musd.mean(axis=2), int(scenario.parameters.iru_term_years.value)
    value = presale_value_musd(scenario, plan, run)[:, None]
    within = np.cumsum(income > 1e-9, axis=1) <= term
    share = np.divide(within, value, out=np.zeros_like(income), where=value > 1e-9)
    return PresoldLeases(per_revenue=share, charge=scenario.parameters.iru_om_share.value)


def _lease_income_lost(scenario: Scenario, plan: PortfolioPlan, run: RunCash) -> Floats:
    """(L, T) lease income given up per musd presold on the mean path, net of the yearly charge its buyers pay."""
    leases, income = presold_leases(scenario, plan, run), run.revenue_musd.mean(axis=2)
    lost = [leases.lost(link, income[link][:, None])[:, 0] for link in range(len(income))]
    return np.array(lost).reshape(income.shape)


def _tied_limit_musd(scenario: Scenario, plan: PortfolioPlan, run: RunCash, cost: Floats) -> Floats | None:
    """(K,) most public money tied to a section: its cost in a bad draw, if the scenario asks to provide for one."""
    percentile = scenario.financing.budget_percentile
    if percentile is None:
        return None
    in_bad_draw = np.quantile(run.cost_musd.sum(axis=1), percentile, axis=1)[plan.section_link]
    return np.asarray(np.maximum(cost, in_bad_draw * plan.section_cost_share), dtype=np.float64)


def _sections(scenario: Scenario, plan: PortfolioPlan, run: RunCash) -> Sections:
    countries = country_ids(plan)
    cost = run.planned_cost_musd.sum(axis=1)[plan.section_link] * plan.section_cost_share
    presale = presale_value_musd(scenario, plan, run)[plan.section_link] * plan.section_cost_share
    return Sections(
        ids=tuple(
            f"{plan.link_ids[link]}/{country}"
            for link, country in zip(plan.section_link, plan.section_country, strict=True)
        ),
        link=plan.section_link,
        country=np.array([countries.index(country) for country in plan.section_country], dtype=np.int64),
        cost_musd=cost,
        iru_presale_value_musd=presale,
        tied_limit_musd=_tied_limit_musd(scenario, plan, run, cost),
        preparation_musd=plan.preparation_musd,
        political_premium=_by_section(scenario, plan, political_premium),
        political_loss=_by_section(scenario, plan, political_loss),
    )


def political_premium(scenario: Scenario, country: str) -> float:
    """Part of the sponsors' hurdle that pays for political events in a country [per year]."""
    share = scenario.financing.political_risk_share_of_country_premium
    return share * scenario.countries[country].equity_country_premium.value


def political_loss(scenario: Scenario, country: str) -> float:
    """Part of an investment that the draws are expected to lose to revoked licences [per year], as the engine does."""
    event = scenario.political_events.get(country, {}).get("licence_revocation")
    return 0.0 if event is None else (1.0 - np.exp(-event.events_per_year.value)) * event.cost_share_of_asset.value


def _by_section(scenario: Scenario, plan: PortfolioPlan, number: Callable[[Scenario, str], float]) -> Floats:
    """(K,) a number of each section's country; 0 for neighbours without lending terms."""
    return np.array([number(scenario, each) if each in scenario.countries else 0.0 for each in plan.section_country])


def country_ids(plan: PortfolioPlan) -> tuple[str, ...]:
    """Countries with a section of a candidate link, in alphabetical order, neighbours without lending terms last."""
    return tuple(sorted(set(plan.section_country), key=lambda country: (country == "outside", country)))


def _countries(scenario: Scenario, plan: PortfolioPlan, years: int) -> Countries:
    ids = country_ids(plan)
    inside = [scenario.countries.get(country) for country in ids]
    room = np.array([np.inf if country is None else country.ppg_pv_headroom.value for country in inside])
    floor = [
        np.nan if country is None or country.concessionality_floor is None else country.concessionality_floor.value
        for country in inside
    ]
    return Countries(
        ids=ids,
        concessionality_floor=np.array(floor),
        sovereign_debt_allowed=np.array(
            [country is not None and country.ppg_pv_headroom.value > 0.0 for country in inside]
        ),
        ppg_present_value_headroom_musd=room,
        ppg_service_headroom_musd=np.repeat(
            np.array([np.inf if country is None else country.ppg_service_headroom.value for country in inside])[
                :, None
            ],
            years,
            axis=1,
        ),
        ppp_exposure_cap_musd=np.array([np.inf if country is None else country.ppp_cap.value for country in inside]),
    )


def _regional_windows(offers: list[OfferedInstrument]) -> tuple[RegionalWindow, ...]:
    """The regional window matches the country's own credits two to one, once three countries take part."""
    top_up = tuple(i for i, offer in enumerate(offers) if offer.source_id == "ida_regional")
    base = tuple(
        i for i, offer in enumerate(offers) if offer.source_id in ("ida_grant", "ida_40y", "ida_reg", "ida_blend")
    )
    if not top_up or not base:
        return ()
    return (RegionalWindow(id="ida_regional", top_up=top_up, base=base, ratio=2.0, minimum_countries=3),)


def constant_usd_weight(scenario: Scenario, cash: PortfolioCash) -> Floats:
    """(T,) constant dollars per nominal dollar of each year, as the gap is counted."""
    years = np.arange(len(cash.us_index)) + 1.0
    return np.asarray((1.0 + scenario.financing.gap_discount_rate_real) ** -years / cash.us_index, dtype=np.float64)


def need_draws_musd(scenario: Scenario, cash: PortfolioCash) -> Floats:
    """(S,) what must be paid in each draw if no money is raised and nothing reformed; its mean is the need."""
    flows = cash.runs["portfolio"]
    need = flows.cost_musd + np.maximum(-flows.cfads_musd, 0.0)
    return np.asarray(np.einsum("lts,t->s", need, constant_usd_weight(scenario, cash)), dtype=np.float64)


def _rules(scenario: Scenario, cash: PortfolioCash, offers: list[OfferedInstrument]) -> FinancingRules:
    parameters = scenario.parameters
    return FinancingRules(
        constant_usd_weight=constant_usd_weight(scenario, cash),
        reserve_months=parameters.dsra_months.value,
        mid_year_share=0.5,
        hard_currency_cover=parameters.hard_currency_cover.value,
        iru_fibre_share_max=parameters.iru_max_fibre_share.value,
        financiers_max=scenario.financing.financiers_max,
        incompatible=_screens(scenario, offers),
    )


def _screens(
    scenario: Scenario, offers: list[OfferedInstrument]
) -> tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]:
    """Groups of offers that do not meet in one link; a loan under a guarantee belongs to its guarantor as well."""

    def members(names: tuple[str, ...]) -> tuple[int, ...]:
        return tuple(i for i, offer in enumerate(offers) if {offer.source_id, *offer.eligible_as} & set(names))

    pairs = ((members(first), members(second)) for first, second in scenario.financing.sanctions_screens)
    return tuple((first, second) for first, second in pairs if first and second)
