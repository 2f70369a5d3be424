"""Retail prices, adoption, use and traffic (docs/model.md, section 8)."""

from __future__ import annotations

import numpy as np

from simmodel.engine.block import B
from simmodel.engine.elementary import exp, log, normal_cdf, normal_quantile, power
from simmodel.engine.jit import kernel_step
from simmodel.engine.reforms_kernel import ARRIVALS_RATIO, DIGITAL_RATIO, LOCALISATION, PASS_THROUGH
from simmodel.engine.rows_kernel import set_row
from simmodel.engine.state import Record, State
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
    trend = p.retail0 * net.countries[c].retail_trend ** (t + 1)
    reference, local = (1.0 - net.countries[c].reference_decline) ** (t + 1), p.local_share
    for i in range(B):
        degree = min(max(country.channel[PASS_THROUGH, i], 0.0), 1.0)
        elasticity = common.pass_incumbent[i] + (common.pass_competitive[i] - common.pass_incumbent[i]) * degree
        departure = min(max(demand.wholesale[i] / (base.wholesale[i] * reference), 0.02), 50.0)
        region.retail[i] = trend * power(departure, elasticity) * (1.0 + local * (1.0 / country.exchange[i] - 1.0))


@kernel_step
def adoption_step(s: State, net: Network, r: int, c: int, t: int) -> None:
    """Users: diffusion towards those who are covered and can pay."""
    p, q, market = net.regions[r], net.countries[c], net.market[0]
    region, country, common, scratch = s.regions[r], s.countries[c], s.common[0], s.scratch[0]
    year, macro = net.region_years[r, t], s.country_years[t, c]
    sd, half = q.gini_sd, 0.5 * q.gini_sd * q.gini_sd
    share = normal_quantile(p.saturation0 / p.coverage0)
    paid = np.log(p.retail0 / p.income0) + sd * share + half
    target, income, n = np.log(market.affordability_target), np.log(p.income0), t + 1.0
    for i in range(B):
        scratch.a[i] = income + log(macro.gdp[i] / (country.exchange[i] * region.retail[i])) - half
    for i in range(B):
        region.affordable[i] = normal_cdf((target + scratch.a[i]) / sd)
    for i in range(B):
        scratch.b[i] = (paid + n * log(1.0 + common.relevance[i]) + scratch.a[i]) / sd
    coverage, churn, first, imitation = year.coverage, market.bass_churn, q.bass_p, q.bass_q
    for i in range(B):
        scratch.b[i] = max(coverage * normal_cdf(scratch.b[i]), 1e-6)
    population = year.population
    for i in range(B):
        a, k = region.adoption[i], scratch.b[i]
        gain = (first + imitation * min(a / k, 1.0)) * max(k - a, 0.0) - churn * max(a - k, 0.0)
        region.adoption[i] = min(max(a + gain, 0.0), 1.0)
    for i in range(B):
        country.users[i] += population * region.adoption[i]


@kernel_step
def usage_step(s: State, net: Network, r: int, c: int, t: int) -> None:
    """Busy-hour traffic per user: growth that slows, and the answer to an unexpected price."""
    region, demand, common, macro = s.regions[r], s.demands[r], s.common[0], s.country_years[t, c]
    reference = 1.0 - net.countries[c].reference_decline
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
    for i in range(B):
        tourism = tourists * country.channel[ARRIVALS_RATIO, i] / max(country.users[i], 1e-9)
        digital = share0 + common.digital_uplift[i] * country.channel[DIGITAL_RATIO, i] * ramp
        uplift = 1.0 + tourism + region.smart[i] + digital
        base = population * region.adoption[i] * region.usage[i] * country.international[i]
        demand.demand[i] = base * uplift
