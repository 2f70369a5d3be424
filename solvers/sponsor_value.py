"""What the sponsors of a link ask of its cash for each unit of equity, insured or not."""

from __future__ import annotations

import numpy as np

from solvers.financing_problem import FinancingProblem, Floats
from solvers.instruments import InstrumentKind


def equity_asked_per_draw(problem: FinancingProblem) -> Floats:
    """Value at the sponsors' hurdle h that a unit of equity must be repaid with, at the start of the first year.

    A unit drawn in year u asks (1+h)^-(u - theta). Insured against political events it asks for less: in the insured
    years its own rate r leaves out the covered part of the political premium of the hurdle, without what the expected
    cash has lost to such events already; that loss the insurer gives back, and the premium is paid:

        r[t] = h - cover max(political premium - political loss, 0)          D[t] = prod over s <= t of 1/(1+r[s])
        asked at r = D[u] (1+r[u])^theta + cover [ premium (theta D[u] + sum over t > u of D[t])
                                                   - political loss sum over t > last of D[t] ]

    Its dividends are a slice of the expected cash after the opening, so that it is paid as the other equity is. A slice
    worth 1 at r is worth PV_h(cash) / PV_r(cash) at h, and that times the amount asked at r is asked in the common row.
    One event counts once: with its loss in the cash or with its premium in the hurdle.

    Returns
    -------
    (K, I, T) [-]   index [section, instrument, draw year]; zero for what is no equity
    """
    asked = np.zeros((len(problem.sections.ids), len(problem.instruments), len(problem.years)))
    for position, instrument in enumerate(problem.instruments):
        if instrument.kind is InstrumentKind.EQUITY:
            for section in range(len(problem.sections.ids)):
                asked[section, position] = _asked(problem, section, position)
    return asked


def cash_worth_musd(problem: FinancingProblem) -> Floats:
    """Return what the expected cash after the opening is worth at the sponsors' hurdle, (L,) [nominal musd]."""
    links, years = problem.links, np.arange(len(problem.years))
    discount = (1.0 + links.sponsor_hurdle_rate[:, None]) ** -(years + 1.0)
    in_operation = years > links.last_construction_year[:, None]
    return np.asarray(np.sum(np.maximum(links.expected_cfads_musd, 0.0) * discount * in_operation, axis=1))


def _asked(problem: FinancingProblem, section: int, position: int) -> Floats:
    links, instrument, theta = problem.links, problem.instruments[position], problem.rules.mid_year_share
    link = int(problem.sections.link[section])
    hurdle, years = float(links.sponsor_hurdle_rate[link]), np.arange(len(problem.years))
    discount = (1.0 + hurdle) ** -(years + 1.0)
    if instrument.guaranteed_by is None:
        return np.asarray(discount * (1.0 + hurdle) ** theta)
    first, last = int(links.first_construction_year[link]), int(links.last_construction_year[link])
    insured = (years >= first) & (years < first + instrument.insured_years)
    rate = hurdle - np.minimum(_relief_at(problem, section, position), hurdle) * insured
    own = np.cumprod(1.0 / (1.0 + rate))
    premiums = instrument.insurance_premium * insured * own
    claims = political_loss_at(problem, section) * (insured & (years > last)) * own
    after = np.cumsum(premiums[::-1])[::-1] - premiums
    asked = own * (1.0 + rate) ** theta
    asked += instrument.cover_share * (theta * premiums + after - claims.sum())
    cash = np.maximum(links.expected_cfads_musd[link], 0.0) * (years > last)
    worth = float(cash @ own)
    return np.asarray(asked * (float(cash @ discount) / worth if worth > 0.0 else 1.0))


def _relief_at(problem: FinancingProblem, section: int, position: int) -> float:
    """Return what insurance takes off the hurdle [per year]."""
    premium = problem.sections.political_premium
    if premium is None:
        return 0.0
    left = max(float(premium[section]) - political_loss_at(problem, section), 0.0)
    return problem.instruments[position].cover_share * left


def political_loss_at(problem: FinancingProblem, section: int) -> float:
    """Return the part of an investment that political events are expected to take [per year]."""
    loss = problem.sections.political_loss
    return 0.0 if loss is None else float(loss[section])


def insured_hurdle(problem: FinancingProblem, section: int, position: int) -> float:
    """Return the rate that insured equity asks for in the insured years, premium and claims apart [per year]."""
    hurdle = float(problem.links.sponsor_hurdle_rate[problem.sections.link[section]])
    return hurdle - min(_relief_at(problem, section, position), hurdle)
