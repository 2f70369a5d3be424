"""Revenue, tax and cash of a section, and their sums over a link (docs/model.md, section 10)."""

from __future__ import annotations

from typing import Final

from simmodel.engine.block import B
from simmodel.engine.capacity_kernel import capacity_step
from simmodel.engine.hazards_kernel import HOURS
from simmodel.engine.jit import kernel_step
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
CAPEX: Final = LINK_VARIABLES.index("capex")
CAPEX_ECONOMIC: Final = LINK_VARIABLES.index("capex_economic")
MAINTENANCE: Final = LINK_VARIABLES.index("maintenance")
ANCHOR: Final = LINK_VARIABLES.index("anchor")
TAX: Final = LINK_VARIABLES.index("tax")
CFADS: Final = LINK_VARIABLES.index("cfads")
AVAILABILITY: Final = LINK_VARIABLES.index("availability")
LIT: Final = LINK_VARIABLES.index("lit")
REQUIRED: Final = LINK_VARIABLES.index("required_revenue")
OPEN: Final = LINK_VARIABLES.index("open")
COUNTRY_BILLING: Final = COUNTRY_VARIABLES.index("link_billing")
COUNTRY_REVENUE: Final = COUNTRY_VARIABLES.index("link_revenue")
RESOURCE_COST: Final = COUNTRY_VARIABLES.index("resource_cost")


@kernel_step
def link_cash_step(s: State, net: Network, number: int, t: int) -> None:
    """Capacity, cash and all results of a link that is part of the run."""
    link, p = s.links[number], net.links[number]
    fill_prices(s, p.first_segment, p.last_segment, link)
    if p.candidate == 1:
        copy_row(link.out[OPEN], link.open)
        copy_row(link.out[CAPEX], link.capex)
        copy_row(link.out[CAPEX_ECONOMIC], link.capex_economic)
        copy_row(link.out[ANCHOR], link.anchor)
    add_rows(link.out[FLOW], link.use[0], link.use[1])
    if s.any_open[number] == 0:  # nothing to run, nothing to sell
        set_row(link.out[AVAILABILITY], 1.0)
        set_row(link.out[LIT], 0.0)
    for k in range(p.first_section, p.last_section):
        section_cash_step(s, net, number, k, t)


@kernel_step
def fill_prices(s: State, first: int, last: int, link: Record) -> None:
    """Price of a link: the sum over its segments."""
    copy_row(link.out[PRICE_REGIONAL], s.price[0, first])
    copy_row(link.out[PRICE_TRANSIT], s.price[1, first])
    for g in range(first + 1, last):
        add_row(link.out[PRICE_REGIONAL], s.price[0, g])
        add_row(link.out[PRICE_TRANSIT], s.price[1, g])


@kernel_step
def section_cash_step(s: State, net: Network, number: int, k: int, t: int) -> None:
    """Revenue, costs, tax and cash of a link in one country."""
    section, p, market, q = s.sections[k], net.sections[k], net.market[0], net.countries[net.sections[k].country]
    country, link, revoked, us_index = (
        s.countries[p.country],
        s.links[number],
        s.section_years[t, k].revoked,
        net.years[t].us_index,
    )
    replacement = 0.0
    if s.any_open[number] > 0:
        for g in range(p.first_segment, p.last_segment):
            replacement += net.segments[g].replacement_musd
            capacity_step(s, net, number, g, t)
            segment_revenue_step(s, net, number, g, t, revoked)
            segment_repair_step(s, net, number, g, t)
        add_penalty(section.repairs, revoked, link.open, market.revocation_cost_share * replacement * us_index)
    if net.links[number].candidate == 1:
        capitalise_works(section, link, p.works_share)
    depreciation_step(s, net, number, k, t)
    settle(
        section,
        link,
        country,
        s.scratch[0].a,
        q,
        p,
        market,
        t == len(net.years) - 1,
        k == net.links[number].first_section,
    )
    loss_step(s, net, k, t)


@kernel_step
def segment_revenue_step(s: State, net: Network, number: int, g: int, t: int, revoked: Row) -> None:
    """Billing of a segment and what outages, revocation and service credits leave of it."""
    p, market, link, anchor = net.segments[g], net.market[0], s.links[number], net.links[number].anchor_gbps
    section, hours, part = s.sections[p.section], s.segment_years[t, g].hours, s.segment_constants[g].part_of_link
    if g == net.sections[p.section].first_segment:
        for row in (section.billing, section.usd, section.local):
            set_row(row, 0.0)
    if g == net.links[number].first_segment:
        set_row(link.out[AVAILABILITY], 1.0)
    bill(section, link, s.segments[g].flow, s.price[0, g], s.price[1, g], hours, revoked, market, anchor, part)


@kernel_step
def bill(
    section: Record,
    link: Record,
    flow: Row,
    regional_price: Row,
    transit_price: Row,
    hours: Row,
    revoked: Row,
    market: Record,
    anchor: float,
    part: float,
) -> None:
    """Add a segment's billing to its section, its hours dark to the link's availability."""
    dark, multiple, usd = 1.0 - market.sla_target, market.sla_credit_multiple, market.usd_revenue_share
    lost = min(market.revocation_years, 1.0)
    for i in range(B):
        outage = hours[i] / HOURS
        left = (1.0 - outage) * (1.0 - lost * revoked[i])
        factor = left - min(multiple * max(outage - dark, 0.0), left)
        regional = BILLING * regional_price[i] * max(flow[0, i] - anchor * link.open[i], 0.0)
        transit = BILLING * transit_price[i] * flow[1, i]
        section.billing[i] += regional + transit
        section.usd[i] += (regional * usd + transit) * factor
        section.local[i] += regional * (1.0 - usd) * factor
        link.out[AVAILABILITY, i] -= part * outage * link.open[i]


@kernel_step
def segment_repair_step(s: State, net: Network, number: int, g: int, t: int) -> None:
    """Repairs after cuts and natural hazards."""
    p, link, repairs, us_index = (
        net.segments[g],
        s.links[number],
        s.sections[net.segments[g].section].repairs,
        net.years[t].us_index,
    )
    first = g == net.sections[p.section].first_segment
    add_repairs(repairs, s.segment_years[t, g].cuts, link.open, p.repair_cost_musd * us_index, first)
    if p.zone >= 0:
        add_damage(repairs, s.zone_years[t, p.zone].damage, link.open, p.damage_factor, p.replacement_musd * us_index)


@kernel_step
def add_repairs(repairs: Row, cuts: Row, opened: Row, cost: float, first: bool) -> None:
    """Add so many repairs at a cost each; the first segment of a section starts the sum."""
    for i in range(B):
        repairs[i] = (0.0 if first else repairs[i]) + cost * cuts[i] * opened[i]


@kernel_step
def add_damage(repairs: Row, damage: Row, opened: Row, factor: float, value: float) -> None:
    """Add the damaged part of the replacement value."""
    for i in range(B):
        repairs[i] += value * min(damage[i] * factor, 1.0) * opened[i]


@kernel_step
def add_penalty(repairs: Row, revoked: Row, opened: Row, penalty: float) -> None:
    """Add what a revoked licence costs."""
    for i in range(B):
        repairs[i] += penalty * revoked[i] * opened[i]


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
    allowance = s.scratch[0].a
    if q.civil_tax_life > 0.0:
        write_off_evenly(allowance, section.civil_pool, link.open_t, q.civil_tax_life, float(t))
    else:
        write_off(allowance, section.civil_pool, q.civil_tax_rate)
    life = int(q.equipment_tax_life)
    if life > 0:
        copy_row(s.equipment[k, t], section.equipment)
        add_row(section.equipment_pool, section.equipment)
        if t >= life:
            take_row(section.equipment_pool, s.equipment[k, t - life])
        add_part(allowance, section.equipment_pool, 1.0 / life)
    else:
        write_off_with_additions(allowance, section.equipment_pool, section.equipment, q.equipment_tax_rate)


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
    link: Record,
    country: Record,
    allowance: Row,
    q: Record,
    p: Record,
    market: Record,
    last: bool,
    first: bool,
) -> None:
    """Revenue, tax after losses carried forward, cash; add them to the link and the country.

    The first section of a link starts its sums.  The last year gives working capital back.
    """
    levy, tax_rate, share = q.usf_levy, q.tax_rate, p.works_share
    receivable, payable = market.receivable_days / 365.0, market.payable_days / 365.0
    for i in range(B):
        revenue = section.usd[i] + section.local[i] * country.tariff_factor[i]
        ebitda = revenue * (1.0 - levy) - section.opex[i]
        profit = ebitda - section.repairs[i] - allowance[i]
        used = min(section.losses[i] - section.losses_removed[i], max(profit, 0.0))
        section.losses_removed[i] += used
        section.losses[i] += max(-profit, 0.0)
        tax = tax_rate * (max(profit, 0.0) - used)
        maintenance = section.equipment[i] + section.repairs[i]
        needed = 0.0 if last else revenue * receivable - section.opex[i] * payable
        cfads = ebitda - tax - (needed - section.working_capital[i]) - maintenance
        section.working_capital[i] = needed
        link.out[BILLED, i] = (0.0 if first else link.out[BILLED, i]) + section.billing[i]
        link.out[REVENUE, i] = (0.0 if first else link.out[REVENUE, i]) + revenue
        link.out[REVENUE_USD, i] = (0.0 if first else link.out[REVENUE_USD, i]) + section.usd[i]
        link.out[OPEX, i] = (0.0 if first else link.out[OPEX, i]) + section.opex[i]
        link.out[OPEX_USD, i] = (0.0 if first else link.out[OPEX_USD, i]) + section.opex_usd[i]
        link.out[MAINTENANCE, i] = (0.0 if first else link.out[MAINTENANCE, i]) + maintenance
        link.out[TAX, i] = (0.0 if first else link.out[TAX, i]) + tax
        link.out[CFADS, i] = (0.0 if first else link.out[CFADS, i]) + cfads
        country.out[COUNTRY_BILLING, i] += section.billing[i]
        country.out[COUNTRY_REVENUE, i] += revenue
        country.out[RESOURCE_COST, i] += section.opex[i] + maintenance + link.capex_economic[i] * share


@kernel_step
def loss_step(s: State, net: Network, k: int, t: int) -> None:
    """Remember the losses made so far; those that expire at the end of the year count as used up."""
    life = int(net.countries[net.sections[k].country].tax_loss_years)
    if life < len(net.years) - 1:  # otherwise none expires within the horizon
        copy_row(s.losses[k, t], s.sections[k].losses)
        if t >= life:
            raise_row(s.sections[k].losses_removed, s.losses[k, t - life])


@kernel_step
def raise_row(target: Row, source: Row) -> None:
    """Bring B values up to those of another row."""
    for i in range(B):
        target[i] = max(target[i], source[i])


@kernel_step
def start_results(link: Record, in_run: bool) -> None:
    """Results that are not set every year; all of them for a link outside the run: nothing flows, nothing fails."""
    for v in range(len(LINK_VARIABLES)):
        set_row(link.out[v], 1.0 if v == AVAILABILITY or (v == OPEN and in_run) else 0.0)


@kernel_step
def start_section(s: State, net: Network, number: int, k: int) -> None:
    """Tax books of a section at the start of a run."""
    section, p, stock = s.sections[k], net.sections[k], 0.0
    if net.links[number].candidate == 0:
        for g in range(p.first_segment, p.last_segment):
            q = net.segments[g]
            stock += q.asset_base_share * (q.civil_musd + q.terminal_musd)
    for row in (section.billing, section.usd, section.local, section.opex, section.opex_usd, section.equipment):
        set_row(row, 0.0)
    set_row(section.repairs, 0.0)
    set_row(section.civil_pool, stock)
    set_row(section.capital, 0.0)
    set_row(section.equipment_pool, 0.0)
    set_row(section.working_capital, 0.0)
    set_row(section.losses, 0.0)
    set_row(section.losses_removed, 0.0)
