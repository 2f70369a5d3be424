/* Revenue, tax and cash of a section, and their sums over a link. */
#pragma once
#include "capacity.h"

static void segment_cash(const Block *b, int64_t number, int64_t g, int64_t t) {
    State *restrict s = b->s;
    const Network *restrict net = b->net;
    const MARKET *m = net->market;
    SECTION_SUMS *restrict sums = s->section_sums;
    const double *restrict flow0 = class_flow(b, REGIONAL, g), *restrict flow1 = class_flow(b, TRANSIT, g);
    ASK_AHEAD(s, received, t, g, COUNT(net, segments));
    ASK_AHEAD(s, waves, t % m->life_wave, g, COUNT(net, segments));
    const double *restrict received = ROW_AT(s, received, t, g);
    const double *restrict price0 = s->price + g * B, *restrict price1 = s->price + (s->n_price[1] + g) * B;
    const LINK_ROWS *restrict link = &s->links[number];
    double anchor = net->links[number].anchor_gbps, usd = m->usd_revenue_share;
    LANES {
        double regional = BILLING * price0[i] * most(flow0[i] - anchor * link->open[i], 0.0);
        double transit = BILLING * price1[i] * flow1[i];
        sums->billing[i] += regional + transit;
        sums->usd[i] += (regional * usd + transit) * received[i];
        sums->local[i] += regional * (1.0 - usd) * received[i];
    }
}

/* Depreciation for tax of the year: civil works, then equipment. */
static const double *depreciate(const Block *b, int64_t number, int64_t k, int64_t t) {
    State *restrict s = b->s;
    const Network *restrict net = b->net;
    const COUNTRY *q = &net->countries[net->sections[k].country];
    SECTION_ROWS *restrict section = &s->sections[k];
    const LINK_ROWS *restrict link = &s->links[number];
    const double *restrict equipment = s->section_sums->equipment;
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
        double part = 1.0 / (double)equipment_life, *restrict invested = ROW_AT(s, equipment, t % equipment_life, k);
        if (t >= equipment_life) LANES section->equipment_pool[i] -= invested[i];
        LANES {
            invested[i] = equipment[i];
            section->equipment_pool[i] += equipment[i];
            allowance[i] += section->equipment_pool[i] * part;
        }
    } else {
        double equipment_rate = q->equipment_tax_rate;
        LANES {
            double pool = section->equipment_pool[i] + equipment[i];
            allowance[i] += equipment_rate * pool;
            section->equipment_pool[i] = pool * (1.0 - equipment_rate);
        }
    }
    return allowance;
}

/* Ask for the rows of a section, before its turn comes. */
static inline void ask_for_books(const Block *b, int64_t k, int64_t t) {
    const State *s = b->s;
    const SECTION_ROWS *section = &s->sections[k];
    const COUNTRY *q = &b->net->countries[b->net->sections[k].country];
    int64_t life = (int64_t)q->equipment_tax_life, kept = (int64_t)q->tax_loss_years;
    ask_for(ROW_AT(s, repairs, t, k));
    ask_for(section->civil_pool);
    ask_for(section->equipment_pool);
    ask_for(section->working_capital);
    ask_for(section->losses);
    ask_for(section->losses_removed);
    ask_for(ROW_AT(s, equipment, t % (life > 0 ? life : 1), k));
    ask_for(ROW_AT(s, losses, t % (kept > 0 ? kept : 1), k));
}

static void section_cash_step(const Block *b, int64_t number, int64_t k, int64_t t) {
    State *restrict s = b->s;
    const Network *restrict net = b->net;
    const MARKET *m = net->market;
    const SECTION *p = &net->sections[k];
    const COUNTRY *q = &net->countries[p->country];
    SECTION_ROWS *restrict section = &s->sections[k];
    SECTION_SUMS *restrict sums = s->section_sums;
    LINK_RESULTS *restrict result = s->link_results;
    const LINK_ROWS *restrict link = &s->links[number];
    COUNTRY_ROWS *restrict country = &s->countries[p->country];
    ask_for_books(b, k + AHEAD < COUNT(net, sections) ? k + AHEAD : COUNT(net, sections) - 1, t);
    const double *restrict repaired = ROW_AT(s, repairs, t, k);
    double us_index = net->years[t].us_index;
    LANES {
        sums->billing[i] = 0.0;
        sums->usd[i] = 0.0;
        sums->local[i] = 0.0;
        sums->opex[i] = 0.0;
        sums->opex_usd[i] = 0.0;
        sums->equipment[i] = 0.0;
    }
    if (s->any_open[number] > 0)
        for (int64_t g = p->first_segment; g < p->last_segment; g++) {
            capacity_step(b, number, g, t);
            segment_cash(b, number, g, t);
        }
    double kept = 1.0 - q->usf_levy;
    const double *restrict allowance = depreciate(b, number, k, t);
    int last = t == COUNT(net, years) - 1;
    double receivable = last ? 0.0 : m->receivable_days / 365.0, payable = last ? 0.0 : m->payable_days / 365.0;
    double share = p->works_share, tax_rate = q->tax_rate, own = p->programme;
    int first = k == net->links[number].first_section; /* starts the sums of its link */
    double *restrict revenues = s->scratch->b, *restrict upkeep = s->scratch->c;
    LANES {
        double repairs = us_index * repaired[i] * link->open[i];
        double revenue = sums->usd[i] + sums->local[i] * country->tariff_factor[i], ebitda = revenue * kept - sums->opex[i];
        double profit = ebitda - repairs - allowance[i], gain = most(profit, 0.0);
        double used = least(section->losses[i] - section->losses_removed[i], gain), tax = tax_rate * (gain - used);
        double needed = revenue * receivable - sums->opex[i] * payable, maintenance = sums->equipment[i] + repairs;
        section->losses_removed[i] += used;
        section->losses[i] += gain - profit;
        result->out[LINK_TAX][i] = (first ? 0.0 : result->out[LINK_TAX][i]) + own * tax;
        result->out[LINK_CFADS][i] = (first ? 0.0 : result->out[LINK_CFADS][i]) + own * (ebitda - tax - (needed - section->working_capital[i]) - maintenance);
        section->working_capital[i] = needed;
        revenues[i] = revenue;
        upkeep[i] = maintenance;
    }
    LANES {
        result->out[LINK_BILLING][i] = (first ? 0.0 : result->out[LINK_BILLING][i]) + sums->billing[i];
        result->out[LINK_REVENUE][i] = (first ? 0.0 : result->out[LINK_REVENUE][i]) + own * revenues[i];
        result->out[LINK_REVENUE_USD][i] = (first ? 0.0 : result->out[LINK_REVENUE_USD][i]) + own * sums->usd[i];
        result->out[LINK_OPEX][i] = (first ? 0.0 : result->out[LINK_OPEX][i]) + own * sums->opex[i];
        result->out[LINK_OPEX_USD][i] = (first ? 0.0 : result->out[LINK_OPEX_USD][i]) + own * sums->opex_usd[i];
        result->out[LINK_MAINTENANCE][i] = (first ? 0.0 : result->out[LINK_MAINTENANCE][i]) + own * upkeep[i];
        country->out[COUNTRY_LINK_BILLING][i] += sums->billing[i];
        country->out[COUNTRY_LINK_REVENUE][i] += revenues[i];
        country->out[COUNTRY_RESOURCE_COST][i] += sums->opex[i] + upkeep[i] + result->out[LINK_CAPEX_ECONOMIC][i] * share;
    }
    int64_t life = (int64_t)q->tax_loss_years;
    if (life < COUNT(net, years) - 1) {
        if (life == 0) copy_row(section->losses_removed, section->losses);
        else {
            double *restrict made = ROW_AT(s, losses, t % life, k);
            if (t >= life) LANES section->losses_removed[i] = most(section->losses_removed[i], made[i]);
            copy_row(made, section->losses);
        }
    }
}

static void link_cash_step(const Block *b, int64_t number, int64_t t) {
    State *restrict s = b->s;
    const LINK *p = &b->net->links[number];
    const LINK_ROWS *restrict link = &s->links[number];
    ASK_AHEAD(s, dark, t, number, COUNT(b->net, links));
    const double *restrict zeros = s->common->zeros, *restrict dark = ROW_AT(s, dark, t, number);
    const double *restrict capex = p->candidate ? link->capex : zeros, *restrict anchor = p->candidate ? link->anchor : zeros;
    const double *restrict economic = p->candidate ? link->capex_economic : zeros;
    LINK_RESULTS *restrict result = s->link_results;
    copy_row(result->out[LINK_PRICE_REGIONAL], s->price + p->first_segment * B);
    copy_row(result->out[LINK_PRICE_TRANSIT], s->price + (s->n_price[1] + p->first_segment) * B);
    for (int64_t g = p->first_segment + 1; g < p->last_segment; g++) {
        add_row(result->out[LINK_PRICE_REGIONAL], s->price + g * B);
        add_row(result->out[LINK_PRICE_TRANSIT], s->price + (s->n_price[1] + g) * B);
    }
    LANES {
        result->out[LINK_OPEN][i] = link->open[i];
        result->out[LINK_REQUIRED_REVENUE][i] = link->required[i];
        result->out[LINK_FLOW][i] = link->use[0][i] + link->use[1][i];
        result->out[LINK_CAPEX][i] = capex[i];
        result->out[LINK_CAPEX_ECONOMIC][i] = economic[i];
        result->out[LINK_ANCHOR][i] = anchor[i];
        result->out[LINK_AVAILABILITY][i] = 1.0 - dark[i] * link->open[i];
        result->out[LINK_LIT][i] = 0.0;
    }
    for (int64_t k = p->first_section; k < p->last_section; k++) section_cash_step(b, number, k, t);
}

/* A link that is not part of the run: nothing flows, nothing fails. */
static void absent_link_step(LINK_RESULTS *restrict result) {
    for (int v = 0; v < LINK_COUNT; v++) set_row(result->out[v], v == LINK_AVAILABILITY ? 1.0 : 0.0);
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
