"""What guarantees cover, on what terms, what they cost and what stands behind them."""

from __future__ import annotations

import numpy as np

from simmodel.financing.financing_tables import FinancingTable
from simmodel.financing.funding_need import PricedProblem
from simmodel.financing.public_accounts import loan_terms
from simmodel.financing.terms import OfferedInstrument
from simmodel.scenario.schema import Scenario
from solvers import FinancingPlan, InstrumentKind

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
    "front-end fee [nominal musd]",
    "maturity without cover [years]",
    "maturity with cover [years]",
    "interest a year without cover [fraction of the draw]",
    "interest a year with cover [fraction of the draw]",
    "exposure of the treasury [nominal musd]",
)


def guarantees_table(scenario: Scenario, priced: PricedProblem, plan: FinancingPlan) -> FinancingTable:
    """One row for each section and covered instrument of the plan.

    Interest is that of the first whole year after a draw, in dollars: of a loan in local currency it is lower by what
    the currency loses.
    """
    problem = priced.problem
    offers = {offer.instrument.id: offer for offer in priced.offers}
    rows = []
    for section, position in np.argwhere(plan.commitment_musd > LEAST_MUSD):
        covered = problem.instruments[position]
        if covered.guaranteed_by is None or covered.kind is not InstrumentKind.DEBT:
            continue
        guarantee = offers[covered.guaranteed_by].instrument
        amount = float(plan.commitment_musd[section, position])
        cover = covered.cover_share * amount
        premium = scenario.instruments[guarantee.id].fixed_rate
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
                premium.value if premium else 0.0,
                guarantee.front_end_fee * cover,
                *_loan_with_cover(offers[covered.variant_of or covered.id], offers[covered.id]),
                guarantee.ppp_exposure_share * cover,
            )
        )
    return FinancingTable("guarantees", HEADER, tuple(rows))


def _loan_with_cover(plain: OfferedInstrument, covered: OfferedInstrument) -> tuple[int, int, float, float]:
    """Maturity without and with cover [years], and interest of the first whole year [-]."""
    return loan_terms(plain)[1], loan_terms(covered)[1], float(plain.interest[1]), float(covered.interest[1])
