"""Results of regions, countries and transit markets (docs/model.md, section 11)."""

from __future__ import annotations

from typing import Final

from simmodel.engine.block import B
from simmodel.engine.elementary import log
from simmodel.engine.incidence import Incidence
from simmodel.engine.jit import kernel_step
from simmodel.engine.losses_kernel import lost_step, payment_step
from simmodel.engine.pricing_kernel import BILLING
from simmodel.engine.reforms_kernel import MARKUP, OPEN_ACCESS
from simmodel.engine.rows_kernel import add_row, copy_row, set_row
from simmodel.engine.state import Record, Row, State
from simmodel.inputs.model_inputs import COUNTRY_TOTALS, COUNTRY_VARIABLES, MARKET_VARIABLES, REGION_VARIABLES, Network

USERS: Final = REGION_VARIABLES.index("users")
RETAIL_PRICE: Final = REGION_VARIABLES.index("retail_price")
AFFORDABLE: Final = REGION_VARIABLES.index("affordable_share")
DEMAND: Final = REGION_VARIABLES.index("demand")
UNSERVED: Final = REGION_VARIABLES.index("unserved")
LOST: Final = REGION_VARIABLES.index("lost")
WHOLESALE: Final = REGION_VARIABLES.index("wholesale_price")
PRICE_INDEX: Final = REGION_VARIABLES.index("price_index")
SATELLITE_FLOW: Final = REGION_VARIABLES.index("satellite_flow")
PAYMENT: Final = REGION_VARIABLES.index("payment")
SURPLUS: Final = REGION_VARIABLES.index("surplus_change")
TRAPEZOID: Final = REGION_VARIABLES.index("trapezoid")
COUNTRY_DEMAND: Final = COUNTRY_VARIABLES.index("demand")
COUNTRY_WHOLESALE: Final = COUNTRY_VARIABLES.index("wholesale_price")
COUNTRY_SURPLUS: Final = COUNTRY_VARIABLES.index("surplus_change")
MARGIN: Final = COUNTRY_VARIABLES.index("gateway_margin")
GATEWAY_REVENUE: Final = COUNTRY_VARIABLES.index("gateway_revenue")
GATEWAY_COST: Final = COUNTRY_VARIABLES.index("gateway_cost")
DISCRIMINATION: Final = COUNTRY_VARIABLES.index("discrimination_ratio")
SQUEEZE: Final = COUNTRY_VARIABLES.index("squeeze_headroom")
GDP: Final = COUNTRY_VARIABLES.index("gdp_index")
EXCHANGE: Final = COUNTRY_VARIABLES.index("exchange_rate")
MARKET_DEMAND: Final = MARKET_VARIABLES.index("demand")
OUTSIDE_SHARE: Final = MARKET_VARIABLES.index("outside_share")
EXTERNAL_PAYMENT: Final = MARKET_VARIABLES.index("external_payment")
OUTSIDE_PRICE: Final = MARKET_VARIABLES.index("outside_price_index")
TOTALS: Final = tuple((MARKET_VARIABLES.index(name), COUNTRY_VARIABLES.index(name)) for name in COUNTRY_TOTALS)
NEARLY_ONE = 1e-9
NEARLY_ZERO = 1e-9
SAME_PRICE = 1e-6


@kernel_step
def count_demand_step(s: State, net: Network) -> None:
    """Demand of every country; outside, of all demands (what next year's tariff review looks at)."""
    outside = s.countries[len(net.countries) - 1]
    for c in range(len(net.countries)):
        set_row(s.countries[c].demand, 0.0)
    for o in range(len(net.demands)):
        demand = s.demands[o]
        for i in range(B):
            outside.demand[i] += demand.demand[i]
    for r in range(len(net.regions)):
        demand, country = s.demands[r], s.countries[net.regions[r].country]
        for i in range(B):
            country.demand[i] += demand.demand[i]


@kernel_step
def market_result_step(s: State, net: Network, inc: Incidence, t: int) -> None:
    """Payments and losses of all demands; results of transit markets, all demands together in the last row."""
    total, scratch, common = s.markets[len(net.transits)], s.scratch[0], s.common[0]
    outside = s.countries[len(net.countries) - 1]
    set_row(total.out[OUTSIDE_SHARE], 0.0)
    set_row(total.out[EXTERNAL_PAYMENT], 0.0)
    for c in range(len(net.countries)):
        set_row(s.countries[c].fees, 0.0)
        set_row(s.countries[c].land_flow, 0.0)
    for o in range(len(net.demands)):
        payment_step(s, net, o, t)
        for i in range(B):
            total.out[OUTSIDE_SHARE, i] += scratch.e[i] + scratch.f[i]
            total.out[EXTERNAL_PAYMENT, i] += scratch.d[i]
        if o < len(net.regions):
            copy_row(s.demands[o].satellite, scratch.e)
            country, demand = s.countries[net.regions[o].country], s.demands[o]
            for i in range(B):
                country.land_flow[i] += demand.land_flow[i]
        else:
            market_result(s.markets[o - len(net.regions)], s.demands[o], scratch, common)
        lost_step(s, net, inc, o, t)
    copy_row(total.out[MARKET_DEMAND], outside.demand)
    copy_row(total.out[OUTSIDE_PRICE], common.outside)
    for i in range(B):
        share = total.out[OUTSIDE_SHARE, i] / outside.demand[i] if outside.demand[i] > 0.0 else 0.0
        total.out[OUTSIDE_SHARE, i] = share


@kernel_step
def market_result(market: Record, demand: Record, scratch: Record, common: Record) -> None:
    """Results of one transit market."""
    for i in range(B):
        market.out[MARKET_DEMAND, i] = demand.demand[i]
        market.out[OUTSIDE_SHARE, i] = scratch.f[i] / demand.demand[i] if demand.demand[i] > 0.0 else 0.0
        market.out[EXTERNAL_PAYMENT, i] = scratch.d[i]
        market.out[OUTSIDE_PRICE, i] = common.outside[i]


@kernel_step
def region_result_step(s: State, net: Network, inc: Incidence, run: int, r: int, t: int) -> None:
    """Results of a region."""
    demand, base, country = s.demands[r], s.demand_base[r], s.countries[net.regions[r].country]
    fill_region(s.region_results[0], s.regions[r], demand, base, country, net.region_years[r, t].population)
    surplus_step(s, net, inc, run, r, t)
    add_row(country.out[COUNTRY_SURPLUS], s.region_results[0].out[SURPLUS])


@kernel_step
def fill_region(
    result: Record, region: Record, demand: Record, base: Record, country: Record, population: float
) -> None:
    """People, prices, traffic and payments."""
    for i in range(B):
        result.out[USERS, i] = population * region.adoption[i]
        result.out[RETAIL_PRICE, i] = region.retail[i]
        result.out[AFFORDABLE, i] = region.affordable[i]
        result.out[DEMAND, i] = demand.demand[i]
        result.out[UNSERVED, i] = demand.unserved[i]
        result.out[LOST, i] = demand.lost[i]
        result.out[SATELLITE_FLOW, i] = demand.satellite[i]
        result.out[WHOLESALE, i] = demand.wholesale[i]
        result.out[PRICE_INDEX, i] = demand.index[i] / base.index[i]
        result.out[PAYMENT, i] = BILLING * (demand.money[i] + country.margin[i] * demand.land_flow[i])


@kernel_step
def surplus_step(s: State, net: Network, inc: Incidence, run: int, r: int, t: int) -> None:
    """Change of buyers' surplus against the reference run, along the demand curve through both points."""
    demand, base, country = s.demands[r], s.demand_base[r], s.countries[net.regions[r].country]
    scratch, result, reference = s.scratch[0], s.region_results[0], net.runs[run].reference_run
    take_point(scratch, demand, base, country)
    if inc.reference_place[run] >= 0:
        copy_row(s.reference[inc.reference_place[run], t, r, 0], scratch.a)
        copy_row(s.reference[inc.reference_place[run], t, r, 1], scratch.b)
    if reference < 0 or reference == run:
        set_row(result.out[SURPLUS], 0.0)
        set_row(result.out[TRAPEZOID], 0.0)
    else:
        place = inc.reference_place[reference]
        fill_surplus(result, scratch, s.reference[place, t, r, 0], s.reference[place, t, r, 1])


@kernel_step
def take_point(scratch: Record, demand: Record, base: Record, country: Record) -> None:
    """Price (scratch a) and quantity (b) of a region's buyers."""
    for i in range(B):
        index = demand.index[i] / base.index[i]
        scratch.a[i] = country.international[i] * (base.generalised[i] * index + country.margin[i])
        scratch.b[i] = 1000.0 * demand.demand[i] / country.international[i]


@kernel_step
def fill_surplus(result: Record, scratch: Record, price: Row, quantity: Row) -> None:
    """Surplus change from the reference's price and quantity to those in scratch a and b."""
    for i in range(B):
        scratch.e[i] = log(scratch.a[i] / price[i])
        scratch.f[i] = log(scratch.b[i] / quantity[i])
    for i in range(B):
        p0, q0, p1, q1 = price[i], quantity[i], scratch.a[i], scratch.b[i]
        same = abs(p1 / p0 - 1.0) < SAME_PRICE
        elasticity = scratch.f[i] / (1.0 if same else scratch.e[i])
        straight = same | (elasticity > NEARLY_ZERO)
        unit = abs(1.0 + elasticity) < NEARLY_ONE
        curve = (p0 * q0 - p1 * q1) / (1.0 if unit else 1.0 + elasticity)
        curve = -p0 * q0 * scratch.e[i] if unit else curve
        change = 0.5 * (p0 - p1) * (q0 + q1) if straight else curve
        result.out[SURPLUS, i] = change * 12.0 / 1e6
        result.out[TRAPEZOID, i] = 1.0 if straight else 0.0


@kernel_step
def country_mean_step(s: State, net: Network, c: int, t: int) -> None:
    """Means over the regions of a country: prices by traffic, retail price by people."""
    country, p = s.countries[c], net.countries[c]
    set_row(country.price_mean, 0.0)
    set_row(country.wholesale_mean, 0.0)
    set_row(country.retail_mean, 0.0)
    people = 0.0
    for r in range(p.first_region, p.last_region):
        people += net.region_years[r, t].population
    for r in range(p.first_region, p.last_region):
        demand, region, part = s.demands[r], s.regions[r], net.region_years[r, t].population / max(people, 1e-9)
        for i in range(B):
            country.price_mean[i] += demand.demand[i] * demand.price[i]
            country.wholesale_mean[i] += demand.demand[i] * demand.wholesale[i]
        for i in range(B):
            country.retail_mean[i] += part * region.retail[i]
    for i in range(B):
        inverse = 1.0 / country.demand[i] if country.demand[i] > 0.0 else 0.0
        country.price_mean[i] *= inverse
        country.wholesale_mean[i] *= inverse


@kernel_step
def country_result_step(s: State, net: Network, c: int, t: int) -> None:
    """Results of a country; those of its links are already summed."""
    country, p, out = s.countries[c], net.countries[c], s.countries[c].out
    us_index, year = net.years[t].us_index, s.country_years[t, c]
    copy_row(out[GDP], year.gdp)
    copy_row(out[EXCHANGE], country.exchange)
    set_row(out[DISCRIMINATION], 1.0)
    if p.first_region >= p.last_region:
        return  # what starts at zero stays there
    country_mean_step(s, net, c, t)
    copy_row(out[COUNTRY_DEMAND], country.demand)
    copy_row(out[COUNTRY_WHOLESALE], country.wholesale_mean)
    cost, fixed = p.gateway_cost * us_index, p.access_cost + p.efficient_retail_cost
    basket = p.basket_kbps / 1000.0 / us_index
    for i in range(B):
        out[MARGIN, i] = country.margin[i]
        out[GATEWAY_REVENUE, i] = BILLING * country.margin[i] * country.land_flow[i] + country.fees[i]
        out[GATEWAY_COST, i] = BILLING * cost * country.land_flow[i]
        out[SQUEEZE, i] = country.retail_mean[i] - fixed - country.wholesale_mean[i] * basket * country.international[i]
    for i in range(B):
        extra = country.margin[i] * (1.0 + country.channel[MARKUP, i] * (1.0 - country.channel[OPEN_ACCESS, i]))
        positive = country.price_mean[i] > 0.0
        ratio = (country.price_mean[i] + extra) / (country.price_mean[i] if positive else 1.0)
        out[DISCRIMINATION, i] = ratio if positive else 1.0


@kernel_step
def total_step(s: State, net: Network) -> None:
    """Sums over the countries of the region, in the record of all demands together."""
    total = s.markets[len(net.transits)].out
    for target, source in TOTALS:
        set_row(total[target], 0.0)
        for c in range(len(net.countries) - 1):
            add_row(total[target], s.countries[c].out[source])
