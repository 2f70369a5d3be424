"""What guarantees and insurance cover, on what terms, what they cost and what stands behind them."""

from __future__ import annotations

import numpy as np

from simmodel.financing.financing_tables import FinancingTable
from simmodel.financing.funding_need import PricedProblem
from simmodel.financing.public_accounts import loan_terms
from simmodel.financing.terms import OfferedInstrument
from simmodel.scenario.schema import Scenario
from solvers import FinancingPlan, FinancingProblem, InstrumentKind, insured_hurdle, political_loss_at

LEAST_MUSD = 1e-6
HEADER = (
    "link [id]",
    "country [iso3]",
    "guarantee [id]",
    "covered [id]",
    "covered money [text]",
    "committed [nominal musd]",
    "share covered [fraction]",
    "cover [nominal musd]",
    "premium on the cover [fraction per year]",
    "premium of a year at full cover [nominal musd]",
    "claims expected of a year in service, of equity [nominal musd]",
    "front-end fee [nominal musd]",
    "maturity without cover [years]",
    "maturity with cover [years]",
    "cost of the money without cover [fraction per year]",
    "cost of the money with cover, premium included [fraction per year]",
    "exposure of the treasury [nominal musd]",
)


def guarantees_table(scenario: Scenario, priced: PricedProblem, plan: FinancingPlan) -> FinancingTable:
    """One row for each section and covered instrument of the plan.

    The cost of a loan is its interest of the first whole year after a draw, in dollars: in local currency it is lower
    by what the currency loses. The cost of equity is the sponsors' hurdle, under cover with the premium and without the
    claims it may expect.
    """
    problem = priced.problem
    offers = {offer.instrument.id: offer for offer in priced.offers}
    rows = []
    for section, position in np.argwhere(plan.commitment_musd > LEAST_MUSD):
        covered = problem.instruments[position]
        if covered.guaranteed_by is None:
            continue
        guarantee = offers[covered.guaranteed_by].instrument
        amount = float(plan.commitment_musd[section, position])
        cover = covered.cover_share * amount
        fee = scenario.instruments[guarantee.id].fixed_rate
        premium = fee.value if fee else 0.0
        is_equity = covered.kind is InstrumentKind.EQUITY
        terms = (
            _equity_terms(problem, int(section), int(position))
            if is_equity
            else _loan_terms(offers[covered.variant_of or covered.id], offers[covered.id])
        )
        rows.append(
            (
                problem.links.ids[problem.sections.link[section]],
                problem.countries.ids[problem.sections.country[section]],
                guarantee.id,
                covered.id,
                covered.name,
                amount,
                covered.cover_share,
                cover,
                premium,
                premium * cover,
                political_loss_at(problem, int(section)) * cover if is_equity else 0.0,
                guarantee.front_end_fee * cover,
                *terms,
                guarantee.ppp_exposure_share * cover,
            )
        )
    return FinancingTable("guarantees", HEADER, tuple(rows))


def _loan_terms(plain: OfferedInstrument, covered: OfferedInstrument) -> tuple[float, float, float, float]:
    """Maturity [years] and interest of the first whole year [-], both without and with cover."""
    return loan_terms(plain)[1], loan_terms(covered)[1], float(plain.interest[1]), float(covered.interest[1])


def _equity_terms(problem: FinancingProblem, section: int, position: int) -> tuple[float, float, float, float]:
    """No maturity; the hurdle without and with cover [per year]."""
    instrument = problem.instruments[position]
    hurdle = float(problem.links.sponsor_hurdle_rate[problem.sections.link[section]])
    net = instrument.insurance_premium - political_loss_at(problem, section)
    return np.nan, np.nan, hurdle, insured_hurdle(problem, section, position) + instrument.cover_share * net
