/* Revenue, tax and cash of a section, and their sums over a link. */
#pragma once
#include "capacity.h"

static void segment_cash(const Block *b, int64_t number, int64_t k, int64_t g, int64_t t) {
    State *restrict s = b->s;
    const Network *restrict net = b->net;
    const MARKET *m = net->market;
    const SEGMENT *p = &net->segments[g];
    SECTION_ROWS *restrict section = &s->sections[k];
    const SEGMENT_ROWS *restrict segment = &s->segments[g];
    const SEGMENT_YEAR_ROWS *restrict year = AT(s, segment_years, t, g);
    const LINK_ROWS *restrict link = &s->links[number];
    const double *restrict equipment = s->common->equipment;
    double anchor = net->links[number].anchor_gbps, dark = 1.0 - m->sla_target, multiple = m->sla_credit_multiple;
    double usd = m->usd_revenue_share, usd_cost = m->opex_usd_share, us_index = net->years[t].us_index;
    double wave = p->wave_capex_usd * MUSD, cut = p->repair_cost_musd * us_index, value = p->replacement_musd * us_index;
    LANES {
        double outage = year->hours[i] * (1.0 / HOURS), left = (1.0 - outage) * section->lost[i];
        double factor = left - least(multiple * most(outage - dark, 0.0), left);
        double regional = BILLING * segment->price[0][i] * most(segment->flow[0][i] - anchor * link->open[i], 0.0);
        double transit = BILLING * segment->price[1][i] * segment->flow[1][i];
        section->billing[i] += regional + transit;
        section->usd[i] += (regional * usd + transit) * factor;
        section->local[i] += regional * (1.0 - usd) * factor;
    }
    LANES {
        section->opex[i] += segment->opex[i];
        section->opex_usd[i] += segment->opex_base[i] * usd_cost;
        section->equipment[i] += segment->added[i] * wave * equipment[i] + segment->renewal[i];
        section->repairs[i] += cut * year->cuts[i] * link->open[i];
    }
    if (p->zone >= 0) {
        const double *restrict damage = AT(s, zone_years, t, p->zone)->damage;
        double factor = p->damage_factor;
        LANES section->repairs[i] += value * least(damage[i] * factor, 1.0) * link->open[i];
    }
}

static void tax_step(const Block *b, int64_t number, int64_t k, int64_t t) {
    State *restrict s = b->s;
    const Network *restrict net = b->net;
    const COUNTRY *q = &net->countries[net->sections[k].country];
    SECTION_ROWS *restrict section = &s->sections[k];
    const LINK_ROWS *restrict link = &s->links[number];
    double *restrict allowance = s->scratch->a, *restrict invested = s->equipment + (k * s->n_equipment[1] + t) * B;
    double *restrict made = s->losses + (k * s->n_losses[1] + t) * B;
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
    copy_row(invested, section->equipment);
    int64_t equipment_life = (int64_t)q->equipment_tax_life;
    if (equipment_life > 0) {
        double part = 1.0 / (double)equipment_life;
        if (t >= equipment_life) {
            const double *restrict ended = invested - equipment_life * B;
            LANES section->equipment_pool[i] -= ended[i];
        }
        LANES {
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
    int64_t expired = t - 1 - (int64_t)q->tax_loss_years;
    if (expired >= 0) {
        const double *restrict ended = s->losses + (k * s->n_losses[1] + expired) * B;
        LANES section->losses_removed[i] = most(section->losses_removed[i], ended[i]);
    }
    double tax_rate = q->tax_rate;
    LANES {
        double profit = section->ebitda[i] - section->repairs[i] - allowance[i], gain = most(profit, 0.0);
        double used = least(section->losses[i] - section->losses_removed[i], gain);
        double losses = section->losses[i] + most(-profit, 0.0);
        section->losses_removed[i] += used;
        section->losses[i] = losses;
        made[i] = losses;
        section->tax[i] = tax_rate * (gain - used);
    }
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
    double loss = least(m->revocation_years, 1.0), replacement = 0.0;
    LANES {
        section->billing[i] = 0.0;
        section->usd[i] = 0.0;
        section->local[i] = 0.0;
        section->opex[i] = 0.0;
        section->opex_usd[i] = 0.0;
        section->equipment[i] = 0.0;
        section->repairs[i] = 0.0;
        section->lost[i] = 1.0 - loss * revoked[i];
    }
    for (int64_t g = p->first_segment; g < p->last_segment; g++) {
        replacement += net->segments[g].replacement_musd;
        segment_cash(b, number, k, g, t);
    }
    double penalty = m->revocation_cost_share * replacement * net->years[t].us_index, kept = 1.0 - q->usf_levy;
    LANES {
        double repairs = section->repairs[i] + penalty * revoked[i] * link->open[i];
        double revenue = section->usd[i] + section->local[i] * country->tariff_factor[i];
        section->repairs[i] = repairs;
        section->revenue[i] = revenue;
        section->ebitda[i] = revenue * kept - section->opex[i];
        section->maintenance[i] = section->equipment[i] + repairs;
    }
    tax_step(b, number, k, t);
    int last = t == COUNT(net, years) - 1;
    double receivable = last ? 0.0 : m->receivable_days / 365.0, payable = last ? 0.0 : m->payable_days / 365.0, share = p->works_share;
    LANES {
        double needed = section->revenue[i] * receivable - section->opex[i] * payable, change = needed - section->working_capital[i];
        section->working_capital[i] = needed;
        link->out[LINK_CFADS][i] += section->ebitda[i] - section->tax[i] - change - section->maintenance[i];
        link->out[LINK_TAX][i] += section->tax[i];
        link->out[LINK_BILLING][i] += section->billing[i];
        link->out[LINK_REVENUE][i] += section->revenue[i];
        link->out[LINK_REVENUE_USD][i] += section->usd[i];
    }
    LANES {
        link->out[LINK_OPEX][i] += section->opex[i];
        link->out[LINK_OPEX_USD][i] += section->opex_usd[i];
        link->out[LINK_MAINTENANCE][i] += section->maintenance[i];
        country->out[COUNTRY_LINK_BILLING][i] += section->billing[i];
        country->out[COUNTRY_LINK_REVENUE][i] += section->revenue[i];
        country->out[COUNTRY_RESOURCE_COST][i] += section->opex[i] + section->maintenance[i] + link->capex_economic[i] * share;
    }
}

static void link_cash_step(const Block *b, int64_t number, int64_t t) {
    State *restrict s = b->s;
    const Network *restrict net = b->net;
    const LINK *p = &net->links[number];
    LINK_ROWS *restrict link = &s->links[number];
    for (int v = 0; v < LINK_COUNT; v++) set_row(link->out[v], 0.0);
    LANES {
        link->out[LINK_FLOW][i] = link->use[0][i] + link->use[1][i];
        link->out[LINK_OPEN][i] = link->open[i];
        link->out[LINK_AVAILABILITY][i] = 1.0;
    }
    if (p->candidate) {
        copy_row(link->out[LINK_CAPEX], link->capex);
        copy_row(link->out[LINK_CAPEX_ECONOMIC], link->capex_economic);
        copy_row(link->out[LINK_ANCHOR], link->anchor);
    }
    double km = 0.0, gbps = net->market->wave_gbps;
    for (int64_t g = p->first_segment; g < p->last_segment; g++) km += net->segments[g].km;
    for (int64_t g = p->first_segment; g < p->last_segment; g++) {
        const SEGMENT_ROWS *restrict segment = &s->segments[g];
        const double *restrict hours = AT(s, segment_years, t, g)->hours;
        double part = net->segments[g].km / km, dark = part / HOURS;
        LANES {
            link->out[LINK_PRICE_REGIONAL][i] += segment->price[0][i];
            link->out[LINK_PRICE_TRANSIT][i] += segment->price[1][i];
            link->out[LINK_AVAILABILITY][i] -= dark * hours[i] * link->open[i];
            link->out[LINK_LIT][i] += part * gbps * segment->waves[i];
            link->out[LINK_REQUIRED_REVENUE][i] += segment->lric[i] * link->open[i];
        }
    }
    for (int64_t k = p->first_section; k < p->last_section; k++) section_cash_step(b, number, k, t);
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
        section->civil_pool[i] = stock;
        section->capital[i] = 0.0;
        section->equipment_pool[i] = 0.0;
        section->working_capital[i] = 0.0;
        section->losses[i] = 0.0;
        section->losses_removed[i] = 0.0;
    }
}
