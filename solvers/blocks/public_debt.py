"""What a country may owe: concessionality, present value, service, exposure."""

from __future__ import annotations

from typing import Any

import numpy as np

from solvers.blocks.linear_rows import LinearSum, add_row, new_rows
from solvers.blocks.variables import draw_terms
from solvers.financing_problem import FinancingProblem
from solvers.instruments import InstrumentKind
from solvers.model_sets import ModelSets


def add_concessionality(model: Any, problem: FinancingProblem, sets: ModelSets) -> None:
    """Grant element of the country's package of public debt and grants.

    sum_{k in c, i public debt or public grant} (grant element[i] - floor[c]) commitment[k,i] >= 0

    A floor of 1 leaves grants only. The rule is on the package, a loan below the floor can be lifted by a grant.
    """
    model.concessionality = new_rows()
    for country, uses in enumerate(sets.country_uses):
        floor = float(problem.countries.concessionality_floor[country])
        if np.isnan(floor):
            continue
        total = LinearSum()
        for use in uses:
            instrument = problem.instruments[use[1]]
            is_public_grant = instrument.kind is InstrumentKind.GRANT and not instrument.is_private
            if is_public_grant or (instrument.kind is InstrumentKind.DEBT and instrument.is_ppg):
                total.add(instrument.grant_element - floor, model.commitment[use])
        add_row(model.concessionality, (country,), total, lower=0.0)


def add_debt_sustainability(model: Any, problem: FinancingProblem, sets: ModelSets) -> None:
    """Room for public debt, by present value and by yearly service, and the ban where there is one.

    sum_{i public debt} (1 - grant element[i]) commitment[k,i] <= present-value room[c]
    sum_{i public debt} sum_u DS[i,u,t] draw[k,i,u] <= service room[c,t]
    sum_{i public debt} commitment[k,i] <= 0 where sovereign debt is not allowed
    """
    model.ppg_present_value = new_rows()
    model.ppg_service = new_rows()
    model.sovereign_debt_ban = new_rows()
    countries = problem.countries
    is_public = [each.kind is InstrumentKind.DEBT and each.is_ppg for each in problem.instruments]
    public_uses = [[use for use in uses if is_public[use[1]]] for uses in sets.country_uses]
    terms = draw_terms(model, sets, public_uses, problem.debt_service_per_draw)
    for country, public in enumerate(public_uses):
        if not countries.sovereign_debt_allowed[country]:
            banned = LinearSum()
            for use in public:
                banned.add(1.0, model.commitment[use])
            add_row(model.sovereign_debt_ban, (country,), banned, upper=0.0)
            continue
        present_value = LinearSum()
        for use in public:
            present_value.add(1.0 - problem.instruments[use[1]].grant_element, model.commitment[use])
        add_row(
            model.ppg_present_value,
            (country,),
            present_value,
            upper=float(countries.ppg_present_value_headroom_musd[country]),
        )
        room = countries.ppg_service_headroom_musd[country]
        for year in np.flatnonzero(np.isfinite(room)).tolist():
            service = LinearSum()
            terms.add_to(service, country, year)
            add_row(model.ppg_service, (country, year), service, upper=float(room[year]))


def add_ppp_exposure(model: Any, problem: FinancingProblem, sets: ModelSets) -> None:
    """Guarantees and availability payments within the cap on such commitments.

    sum_{k in c, i} exposure[i] commitment[k,i] <= cap[c]
    """
    model.ppp_exposure = new_rows()
    for country, uses in enumerate(sets.country_uses):
        total = LinearSum()
        for use in uses:
            total.add(problem.instruments[use[1]].ppp_exposure_share, model.commitment[use])
        add_row(model.ppp_exposure, (country,), total, upper=float(problem.countries.ppp_exposure_cap_musd[country]))
