/* Prices of segments in year t from the state of the year before: conduct, caps, speed limit. */
#pragma once
#include "prices.h"

#define BILLING 0.012
enum { RAB = 1 };

static void review_countries(const Block *b, int64_t t) {
    State *restrict s = b->s;
    for (int64_t c = 0; c < COUNT(b->net, countries); c++) {
        COUNTRY_ROWS *restrict country = &s->countries[c];
        double planned = AT(b->net, country_years, c, t)->d_ref, inverse = 1.0 / planned;
        if (planned > 0.0) LANES country->review_ratio[i] = clip(country->demand[i] * inverse, 0.5, 2.0);
        else set_row(country->review_ratio, 1.0);
    }
}

/* The seller's price of a link by class, damped by the last one, and the level its segments follow. */
static void rule_step(const Block *b, int64_t number, int64_t t) {
    State *restrict s = b->s;
    LINK_ROWS *restrict link = &s->links[number];
    LINK_PRICING *restrict pricing = s->link_pricing;
    const LINK_BASE_ROWS *restrict base = &s->link_base[number];
    const COMMON_ROWS *restrict common = s->common;
    int candidate = (int)b->net->links[number].candidate;
    double us_index = b->net->years[t].us_index;
    for (int kind = 0; kind < 2; kind++) {
        if (!sets_price(b, number, kind)) continue;
        const double *restrict potential = sum_potential(b, number, kind, 0), *restrict theta = common->theta[kind];
        double *restrict rule = link->rule[kind];
        const double *restrict rest = pricing->rest[kind], *restrict use = link->use[kind];
        if (!candidate) LANES {
            double share = least(share_of(use[i], potential[i]), base->share[kind][i]);
            rule[i] = sqrt(best_price(rest[i], pricing->cost[kind][i], link->sellers[i], theta[i], share) * rule[i]);
        } else LANES {
            double cost = (base->cost_annuity[kind][i] * common->equipment[i] + us_index * base->cost_opex[kind][i]) * common->unit_cost[i];
            double price = best_price(rest[i], cost, link->sellers[i], theta[i], share_of(use[i], potential[i]));
            double now = base->km_share[kind][i] * price;
            rule[i] = t == 0 ? now : sqrt(now * rule[i]);
        }
    }
    /* a class without a path that sets the price takes the other's level */
    int first = sets_price(b, number, REGIONAL) ? REGIONAL : TRANSIT, other = sets_price(b, number, TRANSIT) ? TRANSIT : first;
    if (candidate) LANES {
        double own = link->rule[first][i], others = link->rule[other][i];
        pricing->level[0][i] = base->weight[first][i] > NO_FLOW ? own : others;
        pricing->level[1][i] = base->weight[other][i] > NO_FLOW ? others : own;
    } else LANES {
        double own = link->rule[first][i] / base->rule[first][i], others = link->rule[other][i] / base->rule[other][i];
        int used = base->weight[first][i] > NO_FLOW, other_used = base->weight[other][i] > NO_FLOW;
        pricing->level[0][i] = used ? own : (other_used ? others : common->outside[i]);
        pricing->level[1][i] = other_used ? others : (used ? own : common->outside[i]);
    }
}

/* In the draws where a candidate opens this year, its works become charges and asset base. */
static void capitalise_link(const Block *b, int64_t number) {
    State *restrict s = b->s;
    const LINK *p = &b->net->links[number];
    const LINK_ROWS *restrict link = &s->links[number];
    double life = 1.0 / b->net->market->life_cable;
    for (int64_t g = p->first_segment; g < p->last_segment; g++) {
        BOOK_ROWS *restrict book = &s->books[g];
        double share = b->net->segments[g].works_share_in_link, factor = s->segment_constants[g].civil_factor;
        LANES {
            double works = link->opened[i] * share * link->works_total[i];
            book->civil_charge[i] += factor * works;
            book->rab[i] += works;
            book->gross[i] += works;
            double depreciation = least(book->gross[i] * life, book->rab[i]);
            book->depreciation[i] = link->opened[i] > 0.0 ? depreciation : book->depreciation[i];
        }
    }
}

/* Ceilings by the regime of the segment's country in scratch e and f, from scratch a (open access) and b (cost). */
static void fill_caps(const Block *b, int64_t number, int64_t g, int64_t t) {
    State *restrict s = b->s;
    const Network *restrict net = b->net;
    const MARKET *m = net->market;
    const SEGMENT *p = &net->segments[g];
    const COUNTRY *c = &net->countries[p->country];
    const LINK_ROWS *restrict link = &s->links[number];
    BOOK_ROWS *restrict book = &s->books[g];
    SCRATCH_ROWS *restrict scratch = s->scratch;
    int candidate = (int)net->links[number].candidate;
    if (p->regime == REGIME_OPEN_ACCESS) {
        copy_row(scratch->e, scratch->a);
        copy_row(scratch->f, scratch->a);
    } else if (p->regime == REGIME_PRICE_CAP) {
        double growth = 1.0 + net->years[t].us_inflation - m->price_cap_x;
        int all = t > 0 && t % m->review_years == 0;
        LANES {
            int first = all | (candidate & (link->opened[i] > 0.0));
            double regional = first ? scratch->b[i] : book->cap[0][i] * growth;
            double transit = first ? scratch->b[i] : book->cap[1][i] * growth;
            scratch->e[i] = book->cap[0][i] = regional;
            scratch->f[i] = book->cap[1][i] = transit;
        }
    } else if (p->regime == REGIME_RETAIL_MINUS && c->first_region < c->last_region) {
        const COUNTRY_ROWS *restrict country = &s->countries[p->country];
        const LINK_BASE_ROWS *restrict base = &s->link_base[number];
        const double *restrict others = s->link_pricing->rest[0];
        double kept = 1.0 - m->retail_minus_margin, access = c->access_cost;
        double scale = 1000.0 / c->basket_kbps * net->years[t].us_index, part = p->km / net->links[number].length_km;
        LANES {
            double room = (country->retail_mean[i] * kept - access) / country->international[i] * scale;
            double cap = most((room - (base->weight[0][i] > NO_FLOW ? others[i] : 0.0)) * part, 0.0);
            scratch->e[i] = cap;
            scratch->f[i] = cap;
        }
    } else {
        int has = p->regime == REGIME_BENCHMARK && !candidate;
        double left = has ? pow(1.0 - m->benchmark_decline, (double)(t + 1)) : 0.0;
        set_row(scratch->e, has ? p->base_price_regional * left : 1e30);
        set_row(scratch->f, has ? p->base_price_transit * left : 1e30);
    }
}

/* Price of a segment: what its seller would take, under the ceilings in force, between cost and speed limit. */
static void segment_price_step(const Block *b, int64_t number, int64_t g, int64_t t) {
    State *restrict s = b->s;
    const Network *restrict net = b->net;
    const MARKET *m = net->market;
    const LINK *l = &net->links[number];
    const SEGMENT *p = &net->segments[g];
    const SEGMENT_CONSTANTS *fixed = &s->segment_constants[g];
    const SEGMENT_ROWS *restrict segment = &s->segments[g];
    BOOK_ROWS *restrict book = &s->books[g];
    LINK_ROWS *restrict link = &s->links[number];
    const LINK_PRICING *restrict pricing = s->link_pricing;
    const LINK_BASE_ROWS *restrict base = &s->link_base[number];
    const COMMON_ROWS *restrict common = s->common;
    const COUNTRY_ROWS *restrict country = &s->countries[p->country];
    SCRATCH_ROWS *restrict scratch = s->scratch;
    double plan = most(AT(net, segment_years, g, t)->plan_flow, 1e-3), floor_ = m->utilisation_floor, gbps = m->wave_gbps;
    double mark = 1.0 + m->common_cost_share, wacc = p->wacc, opex = p->wave_opex_usd * net->years[t].us_index;
    int rab = p->cost_base == RAB;
    if (t % m->review_years == 0) LANES book->lit_review[i] = segment->waves[i] * gbps;
    int first = g == l->first_segment; /* starts the sum of its link */
    double *restrict lric = scratch->b, *restrict required = link->required, standing = *AT(s, standing_charge, t, g);
    const double *restrict works_charge = l->candidate ? book->civil_charge : common->zeros;
    LANES {
        lric[i] = mark * (standing + works_charge[i] + segment->wave_charge[i] + segment->opex[i]);
        required[i] = (first ? 0.0 : required[i]) + lric[i] * link->open[i];
    }
    double annuity = fixed->wave_annuity_usd, kept = 1.0 - m->glide;
    double highest0 = fixed->highest_regional, highest1 = fixed->highest_transit;
    if (l->candidate) {
        double part = p->km / l->length_km;
        LANES {
            int used = (base->weight[0][i] > NO_FLOW) | (base->weight[1][i] > NO_FLOW);
            double cost = (annuity * common->equipment[i] + opex) * common->unit_cost[i];
            scratch->c[i] = used ? pricing->level[0][i] * part : cost;
            scratch->d[i] = used ? pricing->level[1][i] * part : cost;
        }
    } else {
        double regional = p->base_price_regional, transit = p->base_price_transit;
        LANES {
            scratch->c[i] = regional * pricing->level[0][i];
            scratch->d[i] = transit * pricing->level[1][i];
        }
    }
    if (p->regime > REGIME_COURNOT || s->open_access[p->country] > 0) {
        const double *restrict degrees = country->channel[CHANNEL_OPEN_ACCESS];
        LANES {
            double units = 1.0 / (BILLING * most(plan * country->review_ratio[i], floor_ * book->lit_review[i]));
            double allowed = segment->opex[i] + book->depreciation[i] + wacc * book->rab[i];
            scratch->a[i] = (rab ? allowed : lric[i]) * units;
            lric[i] *= units;
        }
        fill_caps(b, number, g, t);
        LANES {
            double degree = degrees[i], conduct0 = scratch->c[i], conduct1 = scratch->d[i];
            double bound0 = least(conduct0, scratch->e[i]), bound1 = least(conduct1, scratch->f[i]);
            double mixed0 = least(conduct0, degree * scratch->a[i] + (1.0 - degree) * bound0);
            double mixed1 = least(conduct1, degree * scratch->a[i] + (1.0 - degree) * bound1);
            double limited0 = degree > 0.0 ? mixed0 : bound0, limited1 = degree > 0.0 ? mixed1 : bound1;
            scratch->c[i] = link->open[i] > 0.0 ? limited0 : conduct0;
            scratch->d[i] = link->open[i] > 0.0 ? limited1 : conduct1;
        }
    }
    double *restrict price0 = s->price + g * B, *restrict price1 = s->price + (s->n_price[1] + g) * B;
    LANES {
        double cost = (annuity * common->equipment[i] + opex) * common->unit_cost[i];
        double wanted0 = most(least(cost, highest0), scratch->c[i]), wanted1 = most(least(cost, highest1), scratch->d[i]);
        int served = link->open_before[i] > 0.0;
        price0[i] = served ? most(wanted0, kept * price0[i]) : wanted0;
        price1[i] = served ? most(wanted1, kept * price1[i]) : wanted1;
    }
}

static void pricing_step(const Block *b, const RUN *run, int64_t t) {
    State *restrict s = b->s;
    const Network *restrict net = b->net;
    if (t % net->market->review_years == 0) review_countries(b, t);
    for (int64_t number = 0; number < COUNT(net, links); number++) {
        const LINK *p = &net->links[number];
        if (!s->in_run[number]) continue;
        if (t == 0 || run->has_reforms) seller_step(b, number);
        if (!p->candidate) cost_step(b, number, net->years[t].us_index);
        rest_step(b, number);
        rule_step(b, number, t);
        if (s->any_opened[number] > 0) capitalise_link(b, number);
        for (int64_t g = p->first_segment; g < p->last_segment; g++) segment_price_step(b, number, g, t);
    }
}
