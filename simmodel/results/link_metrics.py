"""What each candidate link is worth: capex, FNPV, FIRR, payback and cost of capacity, over draws and by year."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np

from simmodel.results.array_types import FloatArray
from simmodel.results.discounting import at_valuation_date
from simmodel.results.irr import internal_rate_of_return
from simmodel.results.returns import payback_years
from simmodel.results.simulated_runs import LINK_YEAR_SPREADS, SimulatedRuns
from simmodel.results.spread import Spread, Tails
from simmodel.results.unit_costs import MBPS_PER_GBPS, MONTHS_PER_YEAR, USD_PER_MUSD

LINK_YEAR_MEANS = (
    "flow",
    "price_regional",
    "price_transit",
    "revenue",
    "opex",
    "maintenance",
    "capex",
    "tax",
    "cfads",
    "availability",
    "lit",
    "open",
)


@dataclass(frozen=True, slots=True)
class CandidateLinks:
    """Candidate links in the run `with`; L links, T years, S draws. Money in constant musd unless said otherwise.

    Attributes
    ----------
    ids, names : of the links
    wacc_nominal, wacc_real : (L,) [per year] market cost of capital, weighted over sections by planned cost
    completed_share : (L,) [-] share of draws in which the link is in service at the end of the horizon
    capex_musd : (L, S) preparation and works as spent, undiscounted
    fnpv_musd : (L, S) net present value at the link's real WACC, start of the first year, after tax, before finance
    firr : (L, S) [per year, real]   NaN where there is no rate of return, or more than one
    firr_none, firr_several : (L,) number of draws without a rate, and with several
    payback_years : (L, S) NaN where the outlay does not come back
    works_by_country_musd : (C + 1,) mean of `capex_musd` by country, the last outside the region
    lcoc : (L, S) [constant USD/Mbps/month] levelised cost of capacity: all costs over all capacity used; NaN where none
    price_earned : (L, S) [constant USD/Mbps/month] revenue over the same capacity: what is to be held against `lcoc`
    availability : (L,) [-] mean over draws and years of the length-weighted availability; 1 before service
    by_year : variable -> Spread of arrays (L, T), nominal money
    tails_by_year : variable -> Tails of arrays (L, T), nominal money
    """

    ids: tuple[str, ...]
    names: tuple[str, ...]
    wacc_nominal: FloatArray
    wacc_real: FloatArray
    completed_share: FloatArray
    capex_musd: FloatArray
    fnpv_musd: FloatArray
    firr: FloatArray
    firr_none: FloatArray
    firr_several: FloatArray
    payback_years: FloatArray
    works_by_country_musd: FloatArray
    lcoc: FloatArray
    price_earned: FloatArray
    availability: FloatArray
    by_year: dict[str, Spread]
    tails_by_year: dict[str, Tails]


def cost_weighted_wacc(runs: SimulatedRuns) -> FloatArray:
    """Nominal WACC of every link, its countries' weighted by the planned cost of its sections, (links,) [per year]."""
    network = runs.inputs.network
    sections = network.sections
    wacc = network.countries["wacc_nominal"][sections["country"]] * sections["works_share"]
    return np.asarray(np.bincount(sections["link"], weights=wacc, minlength=len(network.links)), dtype=np.float64)


def measure_candidates(runs: SimulatedRuns, names: tuple[str, ...], pool: Executor) -> CandidateLinks:
    """Work out the worth of every candidate link in the run `with`.

    Parameters
    ----------
    names : (L,) names of the candidate links for people
    pool : threads that summarise the draws meanwhile

    Notes
    -----
    The cash flow is cfads less capex plus what anchor tenants pay. It is discounted nominally at the link's real WACC
    and the US inflation of each year, which is the real value at the real rate.
    """
    tails = {name: pool.submit(runs.link_tails, "with", name) for name in LINK_YEAR_SPREADS}
    spreads = {name: pool.submit(runs.link_spread, "with", name) for name in LINK_YEAR_SPREADS}
    years = runs.inputs.network.years
    capex, cfads, anchor = (runs.link_draws("with", name) for name in ("capex", "cfads", "anchor"))
    wacc = cost_weighted_wacc(runs)[runs.candidates]
    index = years["us_index"]
    longrun_inflation = (index[-1] ** (1.0 / len(index))) - 1.0
    wacc_real = (1.0 + wacc) / (1.0 + longrun_inflation) - 1.0
    flow_real = (cfads - capex + anchor) / index[:, None]
    factor = (1.0 + wacc_real[:, None]) ** -np.arange(1.0, len(index) + 1.0)
    dated = at_valuation_date(yearly_flow=np.ascontiguousarray(np.moveaxis(flow_real, 1, 2)))
    rate = internal_rate_of_return(cash_flow=dated)
    capex_musd = np.einsum("lts,t->ls", capex, 1.0 / index)
    return CandidateLinks(
        ids=tuple(runs.inputs.names.links[link] for link in runs.candidates),
        names=names,
        wacc_nominal=wacc,
        wacc_real=wacc_real,
        completed_share=runs.completed("with").mean(axis=1),
        capex_musd=capex_musd,
        fnpv_musd=np.einsum("lts,lt->ls", flow_real, factor),
        firr=rate.rate,
        firr_none=np.count_nonzero(rate.root_count == 0, axis=1).astype(np.float64),
        firr_several=np.count_nonzero(rate.root_count > 1, axis=1).astype(np.float64),
        payback_years=payback_years(cash_flow=dated),
        works_by_country_musd=_works_by_country(runs, capex_musd),
        lcoc=_levelised(runs, factor / index, ("capex", "opex", "maintenance", "tax")),
        price_earned=_levelised(runs, factor / index, ("revenue",)),
        availability=runs.link_mean("with", "availability")[runs.candidates].mean(axis=1),
        by_year={name: spread.result() for name, spread in spreads.items()},
        tails_by_year={name: tail.result() for name, tail in tails.items()},
    )


def _levelised(runs: SimulatedRuns, factor: FloatArray, names: tuple[str, ...]) -> FloatArray:
    """Present value of some amounts over the present amount of capacity used, (L, S) [constant USD/Mbps/month].

    `factor` (L, T) turns nominal money into present constant money; NaN where nothing is ever used.
    """
    amount = sum((np.einsum("lts,lt->ls", runs.link_draws("with", name), factor) for name in names), start=np.zeros(()))
    real_factor = factor * runs.inputs.network.years["us_index"]
    used = np.einsum("lts,lt->ls", runs.link_draws("with", "flow"), real_factor) * MBPS_PER_GBPS * MONTHS_PER_YEAR
    price = np.full(used.shape, np.nan)
    np.divide(amount * USD_PER_MUSD, used, out=price, where=used > 0.0)
    return price


def _works_by_country(runs: SimulatedRuns, capex_musd: FloatArray) -> FloatArray:
    """Mean cost of the candidate links by country, the last outside the region, (countries + 1,) [constant musd]."""
    sections = runs.inputs.network.sections
    mean = np.zeros(len(runs.inputs.network.links))
    mean[runs.candidates] = capex_musd.mean(axis=1)
    by_section = mean[sections["link"]] * sections["works_share"]
    total = np.bincount(sections["country"], weights=by_section, minlength=len(runs.inputs.names.countries))
    return np.asarray(total, dtype=np.float64)
