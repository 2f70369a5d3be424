"""Revenue, tax and cash of a section, and their sums over a link (docs/model.md, section 10)."""

from __future__ import annotations

from typing import Final

from simmodel.engine.block import B
from simmodel.engine.capacity_kernel import capacity_step
from simmodel.engine.flows_kernel import class_flow
from simmodel.engine.incidence import Incidence
from simmodel.engine.jit import kernel_step
from simmodel.engine.prefetch import AHEAD, ask_for
from simmodel.engine.pricing_kernel import BILLING
from simmodel.engine.rows_kernel import add_part, add_row, add_rows, copy_row, set_row, take_row
from simmodel.engine.state import Record, Row, State
from simmodel.inputs.model_inputs import COUNTRY_VARIABLES, LINK_VARIABLES, Network

FLOW: Final = LINK_VARIABLES.index("flow")
PRICE_REGIONAL: Final = LINK_VARIABLES.index("price_regional")
PRICE_TRANSIT: Final = LINK_VARIABLES.index("price_transit")
BILLED: Final = LINK_VARIABLES.index("billing")
REVENUE: Final = LINK_VARIABLES.index("revenue")
REVENUE_USD: Final = LINK_VARIABLES.index("revenue_usd")
OPEX: Final = LINK_VARIABLES.index("opex")
OPEX_USD: Final = LINK_VARIABLES.index("opex_usd")
MAINTENANCE: Final = LINK_VARIABLES.index("maintenance")
TAX: Final = LINK_VARIABLES.index("tax")
CFADS: Final = LINK_VARIABLES.index("cfads")
AVAILABILITY: Final = LINK_VARIABLES.index("availability")
REQUIRED: Final = LINK_VARIABLES.index("required_revenue")
OPEN: Final = LINK_VARIABLES.index("open")
CAPEX: Final = LINK_VARIABLES.index("capex")
CAPEX_ECONOMIC: Final = LINK_VARIABLES.index("capex_economic")
ANCHOR: Final = LINK_VARIABLES.index("anchor")
LIT: Final = LINK_VARIABLES.index("lit")
COUNTRY_BILLING: Final = COUNTRY_VARIABLES.index("link_billing")
COUNTRY_REVENUE: Final = COUNTRY_VARIABLES.index("link_revenue")
RESOURCE_COST: Final = COUNTRY_VARIABLES.index("resource_cost")


@kernel_step
def link_cash_step(s: State, net: Network, inc: Incidence, number: int, t: int) -> None:
    """Capacity, cash and all results of a link that is part of the run."""
    link, p, result = s.links[number], net.links[number], s.link_results[0]
    ask_for(s.dark[t, min(number + AHEAD, len(net.links) - 1)])
    fill_prices(s, p.first_segment, p.last_segment, result)
    fill_works(result, link, s.common[0].zeros, p.candidate)
    copy_row(result.out[OPEN], link.open)
    copy_row(result.out[REQUIRED], link.required)
    add_rows(result.out[FLOW], link.use[0], link.use[1])
    fill_availability(result.out[AVAILABILITY], s.dark[t, number], link.open)
    set_row(result.out[LIT], 0.0)
    for k in range(p.first_section, p.last_section):
        section_cash_step(s, net, inc, number, k, t)


@kernel_step
def fill_prices(s: State, first: int, last: int, result: Record) -> None:
    """Price of a link: the sum over its segments."""
    copy_row(result.out[PRICE_REGIONAL], s.price[0, first])
    copy_row(result.out[PRICE_TRANSIT], s.price[1, first])
    for g in range(first + 1, last):
        add_row(result.out[PRICE_REGIONAL], s.price[0, g])
        add_row(result.out[PRICE_TRANSIT], s.price[1, g])


@kernel_step
def fill_works(result: Record, link: Record, zeros: Row, candidate: int) -> None:
    """What the year's works cost, and what anchor tenants pay; nothing on an existing link."""
    copy_row(result.out[CAPEX], link.capex if candidate == 1 else zeros)
    copy_row(result.out[CAPEX_ECONOMIC], link.capex_economic if candidate == 1 else zeros)
    copy_row(result.out[ANCHOR], link.anchor if candidate == 1 else zeros)


@kernel_step
def fill_availability(available: Row, dark: Row, opened: Row) -> None:
    """Share of the year in which a link in service is not dark."""
    for i in range(B):
        available[i] = 1.0 - dark[i] * opened[i]


@kernel_step
def absent_link_step(s: State) -> None:
    """Results of a link that is not part of the run: nothing flows, nothing fails."""
    for v in range(len(LINK_VARIABLES)):
        set_row(s.link_results[0].out[v], 1.0 if v == AVAILABILITY else 0.0)


@kernel_step
def section_cash_step(s: State, net: Network, inc: Incidence, number: int, k: int, t: int) -> None:
    """Revenue, costs, tax and cash of a link in one country."""
    section, sums, p, market, q = (
        s.sections[k],
        s.section_sums[0],
        net.sections[k],
        net.market[0],
        net.countries[net.sections[k].country],
    )
    country, link = s.countries[p.country], s.links[number]
    ask_for_books(s, net, min(k + AHEAD, len(net.sections) - 1), t)
    start_sums(sums)
    if s.any_open[number] > 0:
        for g in range(p.first_segment, p.last_segment):
            ahead = min(g + AHEAD, len(net.segments) - 1)
            ask_for(s.received[t, ahead])
            ask_for(s.waves[t % market.life_wave, ahead])
            capacity_step(s, net, inc, number, g, t)
            segment_revenue_step(s, net, inc, number, g, t)
        fill_repairs(sums.repairs, s.repairs[t, k], link.open, net.years[t].us_index)
    if net.links[number].candidate == 1:
        capitalise_works(section, link, p.works_share)
    depreciation_step(s, net, number, k, t)
    first, last = k == net.links[number].first_section, t == len(net.years) - 1
    settle(section, sums, s.link_results[0], country, s.scratch[0].a, q, p, market, last, first)
    loss_step(s, net, k, t)


@kernel_step
def ask_for_books(s: State, net: Network, k: int, t: int) -> None:
    """Ask for the rows of a section, before its turn comes."""
    section, q = s.sections[k], net.countries[net.sections[k].country]
    ask_for(s.repairs[t, k])
    ask_for(section.civil_pool)
    ask_for(section.equipment_pool)
    ask_for(section.working_capital)
    ask_for(section.losses)
    ask_for(section.losses_removed)
    ask_for(s.equipment[t % max(int(q.equipment_tax_life), 1), k])
    ask_for(s.losses[t % max(int(q.tax_loss_years), 1), k])


@kernel_step
def start_sums(sums: Record) -> None:
    """Nothing yet."""
    for row in (sums.billing, sums.usd, sums.local, sums.opex, sums.opex_usd, sums.equipment, sums.repairs):
        set_row(row, 0.0)


@kernel_step
def segment_revenue_step(s: State, net: Network, inc: Incidence, number: int, g: int, t: int) -> None:
    """Billing of a segment and what outages, revocation and service credits leave of it."""
    usd_share, anchor = net.market[0].usd_revenue_share, net.links[number].anchor_gbps
    received, prices = s.received[t, g], (s.price[0, g], s.price[1, g])
    flow = class_flow(s, inc, 0, g), class_flow(s, inc, 1, g)
    bill(s.section_sums[0], s.links[number].open, flow, prices, received, usd_share, anchor)


@kernel_step
def bill(
    sums: Record,
    opened: Row,
    flow: tuple[Row, Row],
    prices: tuple[Row, Row],
    received: Row,
    usd_share: float,
    anchor: float,
) -> None:
    """Add a segment's billing to its section, and what is received of it in either currency."""
    regional_flow, transit_flow, regional_price, transit_price = flow[0], flow[1], prices[0], prices[1]
    for i in range(B):
        regional = BILLING * regional_price[i] * max(regional_flow[i] - anchor * opened[i], 0.0)
        transit = BILLING * transit_price[i] * transit_flow[i]
        sums.billing[i] += regional + transit
        sums.usd[i] += (regional * usd_share + transit) * received[i]
        sums.local[i] += regional * (1.0 - usd_share) * received[i]


@kernel_step
def fill_repairs(repairs: Row, at_base_prices: Row, opened: Row, us_index: float) -> None:
    """Repairs after cuts, natural hazards and revocation, of a link in service."""
    for i in range(B):
        repairs[i] = us_index * at_base_prices[i] * opened[i]


@kernel_step
def capitalise_works(section: Record, link: Record, share: float) -> None:
    """Works of a candidate become an asset for tax when it opens."""
    for i in range(B):
        section.capital[i] += link.capex[i] * share
        section.civil_pool[i] += section.capital[i] * link.opened[i]


@kernel_step
def depreciation_step(s: State, net: Network, number: int, k: int, t: int) -> None:
    """Depreciation for tax of the year, in scratch a: civil works, then equipment."""
    section, link, q = s.sections[k], s.links[number], net.countries[net.sections[k].country]
    allowance, equipment = s.scratch[0].a, s.section_sums[0].equipment
    if q.civil_tax_life > 0.0:
        write_off_evenly(allowance, section.civil_pool, link.open_t, q.civil_tax_life, float(t))
    else:
        write_off(allowance, section.civil_pool, q.civil_tax_rate)
    life = int(q.equipment_tax_life)
    if life > 0:
        add_row(section.equipment_pool, equipment)
        if t >= life:
            take_row(section.equipment_pool, s.equipment[t % life, k])
        copy_row(s.equipment[t % life, k], equipment)
        add_part(allowance, section.equipment_pool, 1.0 / life)
    else:
        write_off_with_additions(allowance, section.equipment_pool, equipment, q.equipment_tax_rate)


@kernel_step
def write_off_evenly(allowance: Row, pool: Row, open_t: Row, life: float, t: float) -> None:
    """An equal part a year from the first year of service on."""
    for i in range(B):
        age = t - max(open_t[i], 0.0)
        allowance[i] = pool[i] / life if (age >= 0.0) & (age < life) else 0.0


@kernel_step
def write_off(allowance: Row, pool: Row, rate: float) -> None:
    """A part of what is left."""
    for i in range(B):
        allowance[i] = rate * pool[i]
        pool[i] -= allowance[i]


@kernel_step
def write_off_with_additions(allowance: Row, pool: Row, added: Row, rate: float) -> None:
    """Add a part of what is left, the year's additions included."""
    for i in range(B):
        total = pool[i] + added[i]
        allowance[i] += rate * total
        pool[i] = total * (1.0 - rate)


@kernel_step
def settle(
    section: Record,
    sums: Record,
    result: Record,
    country: Record,
    allowance: Row,
    q: Record,
    p: Record,
    market: Record,
    last: bool,
    first: bool,
) -> None:
    """Revenue, tax after losses carried forward, cash; add them to the link and the country.

    The first section of a link starts its sums.  A section outside the programme is a neighbour's: the link only bills
    for it.  The last year gives working capital back.
    """
    levy, tax_rate, share, own = q.usf_levy, q.tax_rate, p.works_share, p.programme
    receivable, payable = market.receivable_days / 365.0, market.payable_days / 365.0
    for i in range(B):
        revenue = sums.usd[i] + sums.local[i] * country.tariff_factor[i]
        ebitda = revenue * (1.0 - levy) - sums.opex[i]
        profit = ebitda - sums.repairs[i] - allowance[i]
        section.profit[i] = own * profit
        used = min(section.losses[i] - section.losses_removed[i], max(profit, 0.0))
        section.losses_removed[i] += used
        section.losses[i] += max(-profit, 0.0)
        tax = tax_rate * (max(profit, 0.0) - used)
        maintenance = sums.equipment[i] + sums.repairs[i]
        needed = 0.0 if last else revenue * receivable - sums.opex[i] * payable
        cfads = ebitda - tax - (needed - section.working_capital[i]) - maintenance
        section.working_capital[i] = needed
        result.out[BILLED, i] = (0.0 if first else result.out[BILLED, i]) + sums.billing[i]
        result.out[REVENUE, i] = (0.0 if first else result.out[REVENUE, i]) + own * revenue
        result.out[REVENUE_USD, i] = (0.0 if first else result.out[REVENUE_USD, i]) + own * sums.usd[i]
        result.out[OPEX, i] = (0.0 if first else result.out[OPEX, i]) + own * sums.opex[i]
        result.out[OPEX_USD, i] = (0.0 if first else result.out[OPEX_USD, i]) + own * sums.opex_usd[i]
        result.out[MAINTENANCE, i] = (0.0 if first else result.out[MAINTENANCE, i]) + own * maintenance
        result.out[TAX, i] = (0.0 if first else result.out[TAX, i]) + own * tax
        result.out[CFADS, i] = (0.0 if first else result.out[CFADS, i]) + own * cfads
        country.out[COUNTRY_BILLING, i] += sums.billing[i]
        country.out[COUNTRY_REVENUE, i] += revenue
        country.out[RESOURCE_COST, i] += sums.opex[i] + maintenance + result.out[CAPEX_ECONOMIC, i] * share


@kernel_step
def loss_step(s: State, net: Network, k: int, t: int) -> None:
    """Remember the losses made so far; those that expire at the end of the year count as used up."""
    life = int(net.countries[net.sections[k].country].tax_loss_years)
    if life < len(net.years) - 1:  # otherwise none expires within the horizon
        section = s.sections[k]
        if life == 0:
            copy_row(section.losses_removed, section.losses)
            return
        if t >= life:
            raise_row(section.losses_removed, s.losses[t % life, k])
        copy_row(s.losses[t % life, k], section.losses)


@kernel_step
def raise_row(target: Row, source: Row) -> None:
    """Bring B values up to those of another row."""
    for i in range(B):
        target[i] = max(target[i], source[i])


@kernel_step
def start_section(s: State, net: Network, number: int, k: int) -> None:
    """Tax books of a section at the start of a run."""
    section, p, stock = s.sections[k], net.sections[k], 0.0
    if net.links[number].candidate == 0:
        for g in range(p.first_segment, p.last_segment):
            q = net.segments[g]
            stock += q.asset_base_share * (q.civil_musd + q.terminal_musd)
    set_row(section.civil_pool, stock)
    set_row(section.capital, 0.0)
    set_row(section.equipment_pool, 0.0)
    set_row(section.working_capital, 0.0)
    set_row(section.losses, 0.0)
    set_row(section.losses_removed, 0.0)
