"""Retail prices, adoption, use and traffic (docs/model.md, section 8)."""

from __future__ import annotations

import numpy as np

from simmodel.engine.block import B
from simmodel.engine.elementary import exp, log, normal_cdf, power
from simmodel.engine.jit import kernel_step
from simmodel.engine.reforms_kernel import ARRIVALS_RATIO, DIGITAL_RATIO, LOCALISATION, PASS_THROUGH
from simmodel.engine.rows_kernel import set_row
from simmodel.engine.state import Record, Row, State
from simmodel.inputs.model_inputs import Network


@kernel_step
def demand_step(s: State, net: Network, t: int) -> None:
    """Traffic of every region and transit market in year t."""
    for c in range(len(net.countries) - 1):
        country, p = s.countries[c], net.countries[c]
        set_row(country.users, 0.0)
        localise(country, p)
        for r in range(p.first_region, p.last_region):
            retail_step(s, net, r, c, t)
            adoption_step(s, net, r, c, t)
            usage_step(s, net, r, c, t)
            smart_step(s, net, r, t)
        for r in range(p.first_region, p.last_region):
            traffic_step(s, net, r, c, t)
    for m in range(len(net.transits)):
        demand, year = s.demands[len(net.regions) + m], s.transit_years[t, m]
        for i in range(B):
            demand.demand[i] = year.demand[i]


@kernel_step
def localise(country: Record, p: Record) -> None:
    """Share of traffic that is international."""
    last = p.international_share_end
    for i in range(B):
        country.international[i] = last + (country.international[i] - last) * exp(-country.channel[LOCALISATION, i])


@kernel_step
def retail_step(s: State, net: Network, r: int, c: int, t: int) -> None:
    """Retail price: its own trend, the departure of the wholesale price from its path, the exchange rate."""
    p, region, country, common = net.regions[r], s.regions[r], s.countries[c], s.common[0]
    demand, base = s.demands[r], s.demand_base[r]
    fixed = s.country_year_constants[t, c]
    fill_retail(region, demand, base, country, common, p.retail0 * fixed.retail_trend, fixed.reference, p.local_share)


@kernel_step
def fill_retail(
    region: Record,
    demand: Record,
    base: Record,
    country: Record,
    common: Record,
    trend: float,
    reference: float,
    local: float,
) -> None:
    """Retail price of the year in every draw."""
    for i in range(B):
        degree = min(max(country.channel[PASS_THROUGH, i], 0.0), 1.0)
        elasticity = common.pass_incumbent[i] + (common.pass_competitive[i] - common.pass_incumbent[i]) * degree
        departure = min(max(demand.wholesale[i] / (base.wholesale[i] * reference), 0.02), 50.0)
        region.retail[i] = trend * power(departure, elasticity) * (1.0 + local * (1.0 / country.exchange[i] - 1.0))


@kernel_step
def adoption_step(s: State, net: Network, r: int, c: int, t: int) -> None:
    """Users: diffusion towards those who are covered and can pay."""
    q, market = net.countries[c], net.market[0]
    region, country, common, scratch = s.regions[r], s.countries[c], s.common[0], s.scratch[0]
    fixed, sd = s.region_constants[r], q.gini_sd
    measure_income(
        scratch.a, s.country_years[t, c].gdp, country.exchange, region.retail, fixed.income_log - 0.5 * sd * sd
    )
    fill_affordable(region.affordable, scratch.a, np.log(market.affordability_target), sd)
    fill_saturation(
        scratch.b, scratch.a, common.relevance_log, fixed.paid_log, t + 1.0, sd, net.region_years[r, t].coverage
    )
    diffuse(region.adoption, scratch.b, q.bass_p, q.bass_q, market.bass_churn)
    add_users(country.users, region.adoption, net.region_years[r, t].population)


@kernel_step
def measure_income(row: Row, gdp: Row, exchange: Row, retail: Row, first: float) -> None:
    """Log of the median income over the retail price."""
    for i in range(B):
        row[i] = first + log(gdp[i] / (exchange[i] * retail[i]))


@kernel_step
def fill_affordable(affordable: Row, income: Row, target: float, sd: float) -> None:
    """Share of people for whom the basket costs no more than the target share of income."""
    for i in range(B):
        affordable[i] = normal_cdf((target + income[i]) / sd)


@kernel_step
def fill_saturation(row: Row, income: Row, relevance: Row, paid: float, n: float, sd: float, coverage: float) -> None:
    """Share of people who are covered and for whom the basket costs no more than people are seen to pay."""
    for i in range(B):
        row[i] = max(coverage * normal_cdf((paid + n * relevance[i] + income[i]) / sd), 1e-6)


@kernel_step
def diffuse(adoption: Row, saturation: Row, first: float, imitation: float, churn: float) -> None:
    """A year of diffusion."""
    for i in range(B):
        a, k = adoption[i], saturation[i]
        gain = (first + imitation * min(a / k, 1.0)) * max(k - a, 0.0) - churn * max(a - k, 0.0)
        adoption[i] = min(max(a + gain, 0.0), 1.0)


@kernel_step
def add_users(users: Row, adoption: Row, population: float) -> None:
    """Add a region's users to its country's."""
    for i in range(B):
        users[i] += population * adoption[i]


@kernel_step
def usage_step(s: State, net: Network, r: int, c: int, t: int) -> None:
    """Busy-hour traffic per user: growth that slows, and the answer to an unexpected price."""
    macro, reference = s.country_years[t, c], 1.0 - net.countries[c].reference_decline
    grow_usage(s.regions[r], s.demands[r], s.common[0], macro, reference)


@kernel_step
def grow_usage(region: Record, demand: Record, common: Record, macro: Record, reference: float) -> None:
    """A year's growth in every draw."""
    for i in range(B):
        change = min(max(demand.wholesale[i] / demand.wholesale_before[i] / reference, 0.3), 3.0)
        growth = 1.0 + macro.usage_growth[i] * max(1.0 - region.usage[i] / common.usage_max[i], 0.0)
        region.usage[i] = max(region.usage[i] * growth * power(change, -common.usage_elasticity[i]), 1e-6)


@kernel_step
def smart_step(s: State, net: Network, r: int, t: int) -> None:
    """Traffic of a city programme; a cancelled one is away for whole years."""
    region, p, level, year = s.regions[r], net.regions[r], net.region_years[r, t].smart_level, s.region_years[t, r]
    if level <= 0.0:
        for i in range(B):
            region.smart[i] = level
            region.smart_years_left[i] = max(region.smart_years_left[i] - 1.0, 0.0)
    elif net.market[0].expected_events == 1:
        for i in range(B):
            region.smart[i] = level * (1.0 - year.cancelled[i])
    else:
        delay = float(p.smart_delay)
        for i in range(B):
            starts = (region.smart_years_left[i] <= 0.0) & (year.cancelled[i] > 0.0)
            left = delay if starts else region.smart_years_left[i]
            region.smart[i] = 0.0 if left > 0.0 else level
            region.smart_years_left[i] = max(left - 1.0, 0.0)


@kernel_step
def traffic_step(s: State, net: Network, r: int, c: int, t: int) -> None:
    """International busy-hour traffic of a region, with tourists, city programmes and digital trade."""
    region, country, common, demand = s.regions[r], s.countries[c], s.common[0], s.demands[r]
    market, q = net.market[0], net.countries[c]
    population, tourists = net.region_years[r, t].population * 1e-6, q.tourist_years * q.tourist_use
    share0 = market.digital_share0
    ramp = min((t + 1.0) / 10.0, 1.0)
    fill_traffic(demand.demand, region, country, common.digital_uplift, population, tourists, share0, ramp)


@kernel_step
def fill_traffic(
    demand: Row,
    region: Record,
    country: Record,
    digital_uplift: Row,
    population: float,
    tourists: float,
    share0: float,
    ramp: float,
) -> None:
    """Users times use times what is international, with its uplifts."""
    for i in range(B):
        tourism = tourists * country.channel[ARRIVALS_RATIO, i] / max(country.users[i], 1e-9)
        digital = share0 + digital_uplift[i] * country.channel[DIGITAL_RATIO, i] * ramp
        uplift = 1.0 + tourism + region.smart[i] + digital
        base = population * region.adoption[i] * region.usage[i] * country.international[i]
        demand[i] = base * uplift
