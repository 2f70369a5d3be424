"""What one unit drawn brings to the construction account of a link, year by year."""

from __future__ import annotations

import numpy as np

from solvers.financing_problem import FinancingProblem, Floats


def net_source_per_draw(problem: FinancingProblem, link: int) -> Floats:
    """Money left for the works per unit drawn, after what the same unit costs while the link is built.

    With the commitment x equal to the sum of the draws, a unit drawn in year u brings in year tau

        1{u=tau} - 1{tau=first} f - DS[u,tau] - c (1 - 1{u<tau} - theta 1{u=tau})

    where f and c are the front-end and commitment fees; treasury-serviced money brings 1{u=tau}. DS and not interest
    alone: principal that falls due before the opening is paid from the money raised as well.

    Returns
    -------
    (I, T, T) [-]   index [instrument, draw year, year]; zero outside the construction years of the link; signed
    """
    years = np.arange(len(problem.years))
    first = int(problem.links.first_construction_year[link])
    last = int(problem.links.last_construction_year[link])
    drawn_before = (years[:, None] < years[None, :]).astype(float)
    drawn_now = np.eye(len(years))
    undrawn_share = 1.0 - drawn_before - problem.rules.mid_year_share * drawn_now
    factors = np.zeros_like(problem.debt_service_per_draw)
    for position, instrument in enumerate(problem.instruments):
        factors[position] = drawn_now
        if instrument.is_project_serviced:
            service = problem.debt_service_per_draw[position] * (years[:, None] <= years[None, :])
            factors[position] -= service + instrument.commitment_fee * undrawn_share
            factors[position][:, first] -= instrument.front_end_fee
    inside = (years >= first) & (years <= last)
    return np.asarray(factors * (inside[:, None] & inside[None, :]), dtype=np.float64)
