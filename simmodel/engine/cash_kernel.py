"""Revenue, tax and cash of a section, and their sums over a link (docs/model.md, section 10)."""

from __future__ import annotations

from typing import Final

from simmodel.engine.block import B
from simmodel.engine.capacity_kernel import MUSD
from simmodel.engine.hazards_kernel import HOURS
from simmodel.engine.jit import kernel_step
from simmodel.engine.pricing_kernel import BILLING
from simmodel.engine.rows_kernel import add_row, copy_row, set_row
from simmodel.engine.state import Record, State
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
    """All results of a link that is part of the run."""
    link, p = s.links[number], net.links[number]
    for v in range(len(LINK_VARIABLES)):
        set_row(link.out[v], 0.0)
    for i in range(B):
        link.out[FLOW, i] = link.use[0, i] + link.use[1, i]
    copy_row(link.out[OPEN], link.open)
    if p.candidate == 1:
        copy_row(link.out[CAPEX], link.capex)
        copy_row(link.out[CAPEX_ECONOMIC], link.capex_economic)
        copy_row(link.out[ANCHOR], link.anchor)
    set_row(link.out[AVAILABILITY], 1.0)
    km = 0.0
    for g in range(p.first_segment, p.last_segment):
        km += net.segments[g].km
    for g in range(p.first_segment, p.last_segment):
        describe_segment(s.segments[g], s.segment_years[t, g], link, net.segments[g].km / km, net.market[0].wave_gbps)
    for k in range(p.first_section, p.last_section):
        section_cash_step(s, net, number, k, t)


@kernel_step
def describe_segment(segment: Record, year: Record, link: Record, part: float, gbps: float) -> None:
    """Add a segment's price, capacity, availability and required revenue to its link's."""
    for i in range(B):
        link.out[PRICE_REGIONAL, i] += segment.price[0, i]
        link.out[PRICE_TRANSIT, i] += segment.price[1, i]
    for i in range(B):
        link.out[AVAILABILITY, i] -= part * year.hours[i] / HOURS * link.open[i]
        link.out[LIT, i] += part * segment.waves[i] * gbps
        link.out[REQUIRED, i] += segment.lric[i] * link.open[i]


@kernel_step
def section_cash_step(s: State, net: Network, number: int, k: int, t: int) -> None:
    """Revenue, costs, tax and cash of a link in one country."""
    section, p, market = s.sections[k], net.sections[k], net.market[0]
    country, q, link = s.countries[p.country], net.countries[p.country], s.links[number]
    us_index = net.years[t].us_index
    for row in (section.billing, section.usd, section.local, section.opex, section.opex_usd, section.equipment):
        set_row(row, 0.0)
    set_row(section.repairs, 0.0)
    revoked, loss = s.section_years[t, k], min(market.revocation_years, 1.0)
    for i in range(B):
        section.lost[i] = 1.0 - loss * revoked.revoked[i]
    replacement = 0.0
    for g in range(p.first_segment, p.last_segment):
        replacement += net.segments[g].replacement_musd
        segment_revenue(s, net, number, k, g, t)
        segment_cost(s, net, number, k, g, t)
    penalty = market.revocation_cost_share * replacement * us_index
    for i in range(B):
        section.repairs[i] += penalty * revoked.revoked[i] * link.open[i]
    levy = q.usf_levy
    for i in range(B):
        section.revenue[i] = section.usd[i] + section.local[i] * country.tariff_factor[i]
        section.ebitda[i] = section.revenue[i] * (1.0 - levy) - section.opex[i]
        section.maintenance[i] = section.equipment[i] + section.repairs[i]
    tax_step(s, net, number, k, t)
    cash_step(section, q, market, t == len(net.years) - 1)
    gather_section(section, link, country, p.works_share)


@kernel_step
def segment_revenue(s: State, net: Network, number: int, k: int, g: int, t: int) -> None:
    """Billing of a segment and what outages, revocation and service credits leave of it."""
    section, segment, year, link = s.sections[k], s.segments[g], s.segment_years[t, g], s.links[number]
    market, anchor = net.market[0], net.links[number].anchor_gbps
    dark, multiple, usd = 1.0 - market.sla_target, market.sla_credit_multiple, market.usd_revenue_share
    for i in range(B):
        outage = year.hours[i] / HOURS
        left = (1.0 - outage) * section.lost[i]
        section.factor[i] = left - min(multiple * max(outage - dark, 0.0), left)
    for i in range(B):
        regional = BILLING * segment.price[0, i] * max(segment.flow[0, i] - anchor * link.open[i], 0.0)
        transit = BILLING * segment.price[1, i] * segment.flow[1, i]
        section.billing[i] += regional + transit
        section.usd[i] += (regional * usd + transit) * section.factor[i]
        section.local[i] += regional * (1.0 - usd) * section.factor[i]


@kernel_step
def segment_cost(s: State, net: Network, number: int, k: int, g: int, t: int) -> None:
    """Running costs, investment in equipment, repairs of a segment."""
    section, segment, year, link = s.sections[k], s.segments[g], s.segment_years[t, g], s.links[number]
    p, common = net.segments[g], s.common[0]
    wave, usd, us_index = p.wave_capex_usd * MUSD, net.market[0].opex_usd_share, net.years[t].us_index
    cut, value, factor = p.repair_cost_musd * us_index, p.replacement_musd * us_index, p.damage_factor
    for i in range(B):
        section.opex[i] += segment.opex[i]
        section.opex_usd[i] += segment.opex_base[i] * usd
        section.equipment[i] += segment.added[i] * wave * common.equipment[i] + segment.renewal[i]
        section.repairs[i] += cut * year.cuts[i] * link.open[i]
    if p.zone >= 0:
        zone = s.zone_years[t, p.zone]
        for i in range(B):
            section.repairs[i] += value * min(zone.damage[i] * factor, 1.0) * link.open[i]


@kernel_step
def tax_step(s: State, net: Network, number: int, k: int, t: int) -> None:
    """Depreciation for tax, losses carried forward (oldest first, with an end), tax of the year."""
    section, link, q = s.sections[k], s.links[number], net.countries[net.sections[k].country]
    scratch, share, candidate = s.scratch[0], net.sections[k].works_share, net.links[number].candidate
    if candidate == 1:
        for i in range(B):
            section.capital[i] += link.capex[i] * share
            section.civil_pool[i] += section.capital[i] * link.opened[i]
    civil_life, civil_rate = q.civil_tax_life, q.civil_tax_rate
    if civil_life > 0.0:
        for i in range(B):
            age = t - max(link.open_t[i], 0.0)
            scratch.a[i] = section.civil_pool[i] / civil_life if (age >= 0.0) & (age < civil_life) else 0.0
    else:
        for i in range(B):
            scratch.a[i] = civil_rate * section.civil_pool[i]
            section.civil_pool[i] -= scratch.a[i]
    copy_row(s.equipment[k, t], section.equipment)
    life = int(q.equipment_tax_life)
    if life > 0:
        add_row(section.equipment_pool, section.equipment)
        if t >= life:
            ended = s.equipment[k, t - life]
            for i in range(B):
                section.equipment_pool[i] -= ended[i]
        for i in range(B):
            scratch.a[i] += section.equipment_pool[i] / life
    else:
        rate = q.equipment_tax_rate
        for i in range(B):
            pool = section.equipment_pool[i] + section.equipment[i]
            scratch.a[i] += rate * pool
            section.equipment_pool[i] = pool * (1.0 - rate)
    expired = t - 1 - int(q.tax_loss_years)
    if expired >= 0:
        ended = s.losses[k, expired]
        for i in range(B):
            section.losses_removed[i] = max(section.losses_removed[i], ended[i])
    tax_rate = q.tax_rate
    for i in range(B):
        profit = section.ebitda[i] - section.repairs[i] - scratch.a[i]
        used = min(section.losses[i] - section.losses_removed[i], max(profit, 0.0))
        section.losses_removed[i] += used
        section.losses[i] += max(-profit, 0.0)
        section.tax[i] = tax_rate * (max(profit, 0.0) - used)
    copy_row(s.losses[k, t], section.losses)


@kernel_step
def cash_step(section: Record, q: Record, market: Record, last: bool) -> None:
    """Cash after tax, working capital and maintenance; the last year gives working capital back."""
    receivable, payable = market.receivable_days / 365.0, market.payable_days / 365.0
    for i in range(B):
        needed = 0.0 if last else section.revenue[i] * receivable - section.opex[i] * payable
        change = needed - section.working_capital[i]
        section.working_capital[i] = needed
        section.cfads[i] = section.ebitda[i] - section.tax[i] - change - section.maintenance[i]


@kernel_step
def gather_section(section: Record, link: Record, country: Record, share: float) -> None:
    """Add a section to its link and country."""
    for i in range(B):
        link.out[BILLED, i] += section.billing[i]
        link.out[REVENUE, i] += section.revenue[i]
        link.out[REVENUE_USD, i] += section.usd[i]
        link.out[OPEX, i] += section.opex[i]
        link.out[OPEX_USD, i] += section.opex_usd[i]
        link.out[MAINTENANCE, i] += section.maintenance[i]
        link.out[TAX, i] += section.tax[i]
        link.out[CFADS, i] += section.cfads[i]
    for i in range(B):
        country.out[COUNTRY_BILLING, i] += section.billing[i]
        country.out[COUNTRY_REVENUE, i] += section.revenue[i]
        country.out[RESOURCE_COST, i] += section.opex[i] + section.maintenance[i] + link.capex_economic[i] * share


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
