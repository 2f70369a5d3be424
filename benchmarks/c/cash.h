/* Revenue, tax and cash of a section, and their sums over a link. */
#pragma once
#include "capacity.h"

static void segment_cash(const Block *b, int64_t number, int64_t g, int64_t t, const double *restrict revoked) {
    State *restrict s = b->s;
    const Network *restrict net = b->net;
    const MARKET *m = net->market;
    const SEGMENT *p = &net->segments[g];
    SECTION_ROWS *restrict section = &s->sections[p->section];
    const SEGMENT_ROWS *restrict segment = &s->segments[g];
    const SEGMENT_YEAR_ROWS *restrict year = AT(s, segment_years, t, g);
    const double *restrict price0 = s->price + g * B, *restrict price1 = s->price + (s->n_price[1] + g) * B;
    LINK_ROWS *restrict link = &s->links[number];
    double anchor = net->links[number].anchor_gbps, dark = 1.0 - m->sla_target, multiple = m->sla_credit_multiple;
    double usd = m->usd_revenue_share, us_index = net->years[t].us_index, loss = least(m->revocation_years, 1.0);
    double part = s->segment_constants[g].part_of_link, cut = p->repair_cost_musd * us_index, value = p->replacement_musd * us_index;
    if (g == net->sections[p->section].first_segment) LANES {
        section->billing[i] = 0.0;
        section->usd[i] = 0.0;
        section->local[i] = 0.0;
        section->repairs[i] = 0.0;
    }
    if (g == net->links[number].first_segment) set_row(link->out[LINK_AVAILABILITY], 1.0);
    LANES {
        double outage = year->hours[i] * (1.0 / HOURS), left = (1.0 - outage) * (1.0 - loss * revoked[i]);
        double factor = left - least(multiple * most(outage - dark, 0.0), left);
        double regional = BILLING * price0[i] * most(segment->flow[0][i] - anchor * link->open[i], 0.0);
        double transit = BILLING * price1[i] * segment->flow[1][i];
        section->billing[i] += regional + transit;
        section->usd[i] += (regional * usd + transit) * factor;
        section->local[i] += regional * (1.0 - usd) * factor;
        link->out[LINK_AVAILABILITY][i] -= part * outage * link->open[i];
    }
    if (p->zone >= 0) {
        const double *restrict damage = AT(s, zone_years, t, p->zone)->damage;
        double factor = p->damage_factor;
        LANES section->repairs[i] += (cut * year->cuts[i] + value * least(damage[i] * factor, 1.0)) * link->open[i];
    } else LANES section->repairs[i] += cut * year->cuts[i] * link->open[i];
}

/* Depreciation for tax of the year: civil works, then equipment. */
static const double *depreciate(const Block *b, int64_t number, int64_t k, int64_t t) {
    State *restrict s = b->s;
    const Network *restrict net = b->net;
    const COUNTRY *q = &net->countries[net->sections[k].country];
    SECTION_ROWS *restrict section = &s->sections[k];
    const LINK_ROWS *restrict link = &s->links[number];
    double *restrict allowance = s->scratch->a;
    double share = net->sections[k].works_share, life = q->civil_tax_life, rate = q->civil_tax_rate;
    if (net->links[number].candidate) LANES {
        section->capital[i] += link->capex[i] * share;
        section->civil_pool[i] += section->capital[i] * link->opened[i];
    }
    if (life > 0.0) {
        double part = 1.0 / life;
        LANES {
            double age = t - most(link->open_t[i], 0.0);
            allowance[i] = (age >= 0.0) & (age < life) ? section->civil_pool[i] * part : 0.0;
        }
    } else LANES {
        allowance[i] = rate * section->civil_pool[i];
        section->civil_pool[i] -= allowance[i];
    }
    int64_t equipment_life = (int64_t)q->equipment_tax_life;
    if (equipment_life > 0) {
        double part = 1.0 / (double)equipment_life, *restrict invested = s->equipment + (k * s->n_equipment[1] + t) * B;
        const double *restrict ended = invested - equipment_life * B;
        if (t >= equipment_life) LANES section->equipment_pool[i] -= ended[i];
        LANES {
            invested[i] = section->equipment[i];
            section->equipment_pool[i] += section->equipment[i];
            allowance[i] += section->equipment_pool[i] * part;
        }
    } else {
        double equipment_rate = q->equipment_tax_rate;
        LANES {
            double pool = section->equipment_pool[i] + section->equipment[i];
            allowance[i] += equipment_rate * pool;
            section->equipment_pool[i] = pool * (1.0 - equipment_rate);
        }
    }
    return allowance;
}

static void section_cash_step(const Block *b, int64_t number, int64_t k, int64_t t) {
    State *restrict s = b->s;
    const Network *restrict net = b->net;
    const MARKET *m = net->market;
    const SECTION *p = &net->sections[k];
    const COUNTRY *q = &net->countries[p->country];
    SECTION_ROWS *restrict section = &s->sections[k];
    LINK_ROWS *restrict link = &s->links[number];
    COUNTRY_ROWS *restrict country = &s->countries[p->country];
    const double *restrict revoked = AT(s, section_years, t, k)->revoked;
    double replacement = 0.0;
    if (s->any_open[number] > 0)
        for (int64_t g = p->first_segment; g < p->last_segment; g++) {
            replacement += net->segments[g].replacement_musd;
            capacity_step(b, number, g, t);
            segment_cash(b, number, g, t, revoked);
        }
    double penalty = m->revocation_cost_share * replacement * net->years[t].us_index, kept = 1.0 - q->usf_levy;
    const double *restrict allowance = depreciate(b, number, k, t);
    int last = t == COUNT(net, years) - 1;
    double receivable = last ? 0.0 : m->receivable_days / 365.0, payable = last ? 0.0 : m->payable_days / 365.0;
    double share = p->works_share, tax_rate = q->tax_rate;
    int first = k == net->links[number].first_section; /* starts the sums of its link */
    double *restrict revenues = s->scratch->b, *restrict upkeep = s->scratch->c;
    LANES {
        double repairs = section->repairs[i] + penalty * revoked[i] * link->open[i];
        double revenue = section->usd[i] + section->local[i] * country->tariff_factor[i], ebitda = revenue * kept - section->opex[i];
        double profit = ebitda - repairs - allowance[i], gain = most(profit, 0.0);
        double used = least(section->losses[i] - section->losses_removed[i], gain), tax = tax_rate * (gain - used);
        double needed = revenue * receivable - section->opex[i] * payable, maintenance = section->equipment[i] + repairs;
        section->losses_removed[i] += used;
        section->losses[i] += gain - profit;
        link->out[LINK_TAX][i] = (first ? 0.0 : link->out[LINK_TAX][i]) + tax;
        link->out[LINK_CFADS][i] = (first ? 0.0 : link->out[LINK_CFADS][i]) + ebitda - tax - (needed - section->working_capital[i]) - maintenance;
        section->working_capital[i] = needed;
        revenues[i] = revenue;
        upkeep[i] = maintenance;
    }
    LANES {
        link->out[LINK_BILLING][i] = (first ? 0.0 : link->out[LINK_BILLING][i]) + section->billing[i];
        link->out[LINK_REVENUE][i] = (first ? 0.0 : link->out[LINK_REVENUE][i]) + revenues[i];
        link->out[LINK_REVENUE_USD][i] = (first ? 0.0 : link->out[LINK_REVENUE_USD][i]) + section->usd[i];
        link->out[LINK_OPEX][i] = (first ? 0.0 : link->out[LINK_OPEX][i]) + section->opex[i];
        link->out[LINK_OPEX_USD][i] = (first ? 0.0 : link->out[LINK_OPEX_USD][i]) + section->opex_usd[i];
        link->out[LINK_MAINTENANCE][i] = (first ? 0.0 : link->out[LINK_MAINTENANCE][i]) + upkeep[i];
        country->out[COUNTRY_LINK_BILLING][i] += section->billing[i];
        country->out[COUNTRY_LINK_REVENUE][i] += revenues[i];
        country->out[COUNTRY_RESOURCE_COST][i] += section->opex[i] + upkeep[i] + link->capex_economic[i] * share;
    }
    int64_t life = (int64_t)q->tax_loss_years;
    if (life < COUNT(net, years) - 1) {
        double *restrict made = s->losses + (k * s->n_losses[1] + t) * B;
        const double *restrict ended = made - life * B;
        copy_row(made, section->losses);
        if (t >= life) LANES section->losses_removed[i] = most(section->losses_removed[i], ended[i]);
    }
}

static void link_cash_step(const Block *b, int64_t number, int64_t t) {
    State *restrict s = b->s;
    const LINK *p = &b->net->links[number];
    LINK_ROWS *restrict link = &s->links[number];
    copy_row(link->out[LINK_PRICE_REGIONAL], s->price + p->first_segment * B);
    copy_row(link->out[LINK_PRICE_TRANSIT], s->price + (s->n_price[1] + p->first_segment) * B);
    for (int64_t g = p->first_segment + 1; g < p->last_segment; g++) {
        add_row(link->out[LINK_PRICE_REGIONAL], s->price + g * B);
        add_row(link->out[LINK_PRICE_TRANSIT], s->price + (s->n_price[1] + g) * B);
    }
    if (p->candidate) LANES {
        link->out[LINK_OPEN][i] = link->open[i];
        link->out[LINK_CAPEX][i] = link->capex[i];
        link->out[LINK_CAPEX_ECONOMIC][i] = link->capex_economic[i];
        link->out[LINK_ANCHOR][i] = link->anchor[i];
    }
    LANES link->out[LINK_FLOW][i] = link->use[0][i] + link->use[1][i];
    if (!s->any_open[number]) {
        set_row(link->out[LINK_AVAILABILITY], 1.0);
        set_row(link->out[LINK_LIT], 0.0);
    }
    for (int64_t k = p->first_section; k < p->last_section; k++) section_cash_step(b, number, k, t);
}

/* Results that are not set every year; all of them for a link outside the run: nothing flows, nothing fails. */
static void start_results(LINK_ROWS *restrict link, int64_t in_run) {
    for (int v = 0; v < LINK_COUNT; v++) set_row(link->out[v], v == LINK_AVAILABILITY || (v == LINK_OPEN && in_run) ? 1.0 : 0.0);
}

static void start_section(const Block *b, int64_t number, int64_t k) {
    const SECTION *p = &b->net->sections[k];
    SECTION_ROWS *restrict section = &b->s->sections[k];
    double stock = 0.0;
    if (!b->net->links[number].candidate)
        for (int64_t g = p->first_segment; g < p->last_segment; g++) {
            const SEGMENT *q = &b->net->segments[g];
            stock += q->asset_base_share * (q->civil_musd + q->terminal_musd);
        }
    LANES {
        section->billing[i] = 0.0;
        section->usd[i] = 0.0;
        section->local[i] = 0.0;
        section->opex[i] = 0.0;
        section->opex_usd[i] = 0.0;
        section->equipment[i] = 0.0;
        section->repairs[i] = 0.0;
    }
    LANES {
        section->civil_pool[i] = stock;
        section->capital[i] = 0.0;
        section->equipment_pool[i] = 0.0;
        section->working_capital[i] = 0.0;
        section->losses[i] = 0.0;
        section->losses_removed[i] = 0.0;
    }
}
