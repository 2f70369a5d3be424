"""What one unit drawn brings to the construction account of a link, year by year."""

from __future__ import annotations

import numpy as np

from solvers.financing_problem import FinancingProblem, Floats


def net_sources_per_draw(problem: FinancingProblem) -> Floats:
    """Money left for the works of each link per unit drawn, after what the same unit costs while the link is built.

    With the commitment x equal to the sum of the draws, a unit drawn in year u brings in year tau

        1{u=tau} - 1{tau=first} f - DS[u,tau] - c (1 - 1{u<tau} - theta 1{u=tau})

    where f and c are the front-end and commitment fees; treasury-serviced money brings 1{u=tau}. DS and not interest
    alone: principal that falls due before the opening is paid from the money raised as well.

    Returns
    -------
    (L, I, T, T) [-]   index [link, instrument, draw year, year]; signed, zero in years without construction
    """
    terms = [(each.is_project_serviced, each.commitment_fee, each.front_end_fee) for each in problem.instruments]
    is_serviced, yearly_fee, first_fee = np.array(terms, dtype=np.float64).reshape(-1, 3).T[:, :, None, None]
    service = problem.debt_service_per_draw
    factors = np.zeros((len(problem.links.ids), *service.shape))
    spans = zip(problem.links.first_construction_year, problem.links.last_construction_year, strict=True)
    for of_link, (first, last) in zip(factors, spans, strict=True):
        span = slice(int(first), int(last) + 1)
        drawn_now = np.eye(span.stop - span.start)
        is_due = np.triu(np.ones_like(drawn_now))  # in the year of the draw and later
        undrawn_share = is_due.T - problem.rules.mid_year_share * drawn_now
        inside = drawn_now - is_serviced * (service[:, span, span] * is_due + yearly_fee * undrawn_share)
        inside[:, :, :1] -= is_serviced * first_fee
        of_link[:, span, span] = inside
    return factors
