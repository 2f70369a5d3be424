/* Prices of segments in year t from the state of the year before: conduct, caps, speed limit. */
#pragma once
#include "prices.h"

#define BILLING 0.012
#define NONE 1e30
enum { RAB = 1 };

static inline double first_factor(double wacc, double trend, double life) {
    if (fabs(wacc - trend) < 1e-12) return (1.0 + wacc) / life;
    return (wacc - trend) / (1.0 - pow((1.0 + trend) / (1.0 + wacc), life));
}

static void review_countries(const Block *b, int64_t t) {
    State *restrict s = b->s;
    for (int64_t c = 0; c < COUNT(b->net, countries); c++) {
        COUNTRY_ROWS *restrict country = &s->countries[c];
        double planned = AT(b->net, country_years, c, t)->d_ref, inverse = 1.0 / planned;
        if (planned > 0.0) LANES country->review_ratio[i] = clip(country->demand[i] * inverse, 0.5, 2.0);
        else set_row(country->review_ratio, 1.0);
    }
}

static void rule_step(const Block *b, int64_t number, int64_t t) {
    State *restrict s = b->s;
    const Network *restrict net = b->net;
    LINK_ROWS *restrict link = &s->links[number];
    const LINK_BASE_ROWS *restrict base = &s->link_base[number];
    const COMMON_ROWS *restrict common = s->common;
    const LINK *p = &net->links[number];
    double *restrict potential = s->scratch->a, us_index = net->years[t].us_index;
    for (int kind = 0; kind < 2; kind++) {
        set_row(potential, 0.0);
        for (int64_t j = p->first_demand; j < p->last_demand; j++)
            if (net->demands[net->link_demands[j]].kind == kind) add_row(potential, s->demands[net->link_demands[j]].demand);
        double *restrict rule = link->rule[kind];
        const double *restrict theta = common->theta[kind];
        if (!p->candidate) LANES {
            double share = least(share_of(link->use[kind][i], potential[i]), base->share[kind][i]);
            rule[i] = sqrt(existing_rule(link, theta[i], share, kind, i) * rule[i]);
        } else LANES {
            double psi = elasticity_seen(link->sellers[i], theta[i], share_of(link->use[kind][i], potential[i]));
            double cost = (base->cost_annuity[kind][i] * common->equipment[i] + us_index * base->cost_opex[kind][i]) * common->unit_cost[i];
            double now = base->km_share[kind][i] * (link->rest[kind][i] + psi * cost) / (psi - 1.0);
            rule[i] = t == 0 ? now : sqrt(now * rule[i]);
        }
    }
}

/* In the draws where a candidate opens this year, its works become charges and asset base. */
static void capitalise_link(const Block *b, int64_t number) {
    State *restrict s = b->s;
    const MARKET *m = b->net->market;
    const LINK *p = &b->net->links[number];
    const LINK_ROWS *restrict link = &s->links[number];
    double life = 1.0 / m->life_cable;
    for (int64_t g = p->first_segment; g < p->last_segment; g++) {
        SEGMENT_ROWS *restrict segment = &s->segments[g];
        const SEGMENT *q = &b->net->segments[g];
        double share = q->works_share_in_link, factor = first_factor(q->wacc, m->mea_trend_civil, m->life_cable);
        LANES {
            double works = link->opened[i] * share * link->works_total[i];
            segment->civil_charge[i] += factor * works;
            segment->rab[i] += works;
            segment->gross[i] += works;
            double depreciation = least(segment->gross[i] * life, segment->rab[i]);
            segment->depreciation[i] = link->opened[i] > 0.0 ? depreciation : segment->depreciation[i];
        }
    }
}

static void conduct_step(const Block *b, int64_t number, int64_t g) {
    State *restrict s = b->s;
    const LINK_ROWS *restrict link = &s->links[number];
    const LINK_BASE_ROWS *restrict base = &s->link_base[number];
    SEGMENT_ROWS *restrict segment = &s->segments[g];
    const LINK *p = &b->net->links[number];
    const SEGMENT *q = &b->net->segments[g];
    const double *restrict outside = s->common->outside;
    if (p->candidate) {
        double part = q->km / p->length_km;
        LANES {
            int has0 = base->weight[0][i] > NO_FLOW, has1 = base->weight[1][i] > NO_FLOW;
            double own0 = link->rule[0][i] * part, own1 = link->rule[1][i] * part;
            segment->conduct[0][i] = has0 ? own0 : (has1 ? own1 : segment->cost[0][i]);
            segment->conduct[1][i] = has1 ? own1 : (has0 ? own0 : segment->cost[1][i]);
        }
    } else {
        double regional = q->base_price_regional, transit = q->base_price_transit;
        LANES {
            int has0 = base->weight[0][i] > NO_FLOW, has1 = base->weight[1][i] > NO_FLOW;
            double own0 = link->rule[0][i] / base->rule[0][i], own1 = link->rule[1][i] / base->rule[1][i];
            segment->conduct[0][i] = regional * (has0 ? own0 : (has1 ? own1 : outside[i]));
            segment->conduct[1][i] = transit * (has1 ? own1 : (has0 ? own0 : outside[i]));
        }
    }
}

static void allowed_cost_step(const Block *b, int64_t g, int64_t t) {
    State *restrict s = b->s;
    const MARKET *m = b->net->market;
    SEGMENT_ROWS *restrict segment = &s->segments[g];
    const double *restrict ratio = s->countries[b->net->segments[g].country].review_ratio;
    double gbps = m->wave_gbps, plan = most(AT(b->net, segment_years, g, t)->plan_flow, 1e-3), floor_ = m->utilisation_floor;
    double mark = 1.0 + m->common_cost_share;
    if (t % m->review_years == 0) LANES segment->lit_review[i] = segment->waves[i] * gbps;
    LANES {
        segment->billed[i] = most(plan * ratio[i], floor_ * segment->lit_review[i]);
        segment->lric[i] = mark * (segment->civil_charge[i] + segment->terminal_charge[i] + segment->wave_charge[i] + segment->opex[i]);
    }
}

/* Ceiling under open access: incremental cost, or revenue on the asset base, over the billed plan. */
static inline double cost_cap(const SEGMENT_ROWS *restrict segment, int rab, double wacc, int i) {
    double allowed = rab ? segment->opex[i] + segment->depreciation[i] + wacc * segment->rab[i] : segment->lric[i];
    return allowed / (BILLING * segment->billed[i]);
}

static void cap_step(const Block *b, int64_t number, int64_t g, int64_t t) {
    State *restrict s = b->s;
    const Network *restrict net = b->net;
    const MARKET *m = net->market;
    const SEGMENT *p = &net->segments[g];
    const LINK_ROWS *restrict link = &s->links[number];
    SEGMENT_ROWS *restrict segment = &s->segments[g];
    int candidate = (int)net->links[number].candidate, rab = p->cost_base == RAB;
    double wacc = p->wacc;
    const COUNTRY *c = &net->countries[p->country];
    if (p->regime == REGIME_OPEN_ACCESS) LANES {
        double cap = cost_cap(segment, rab, wacc, i);
        segment->cap[0][i] = cap;
        segment->cap[1][i] = cap;
    } else if (p->regime == REGIME_PRICE_CAP) {
        double growth = 1.0 + net->years[t].us_inflation - m->price_cap_x;
        if (t > 0 && t % m->review_years == 0) LANES {
            double cost = cost_cap(segment, 0, wacc, i);
            segment->cap[0][i] = cost;
            segment->cap[1][i] = cost;
        } else if (candidate) LANES {
            double start = cost_cap(segment, 0, wacc, i);
            int first = link->opened[i] > 0.0;
            segment->cap[0][i] = first ? start : segment->cap[0][i] * growth;
            segment->cap[1][i] = first ? start : segment->cap[1][i] * growth;
        } else LANES {
            segment->cap[0][i] *= growth;
            segment->cap[1][i] *= growth;
        }
    } else if (p->regime == REGIME_RETAIL_MINUS && c->first_region < c->last_region) {
        const COUNTRY_ROWS *restrict country = &s->countries[p->country];
        const LINK_BASE_ROWS *restrict base = &s->link_base[number];
        double kept = 1.0 - m->retail_minus_margin, access = c->access_cost;
        double scale = 1000.0 / c->basket_kbps * net->years[t].us_index, part = p->km / net->links[number].length_km;
        LANES {
            double room = (country->retail_mean[i] * kept - access) / country->international[i] * scale;
            double cap = most((room - (base->weight[0][i] > NO_FLOW ? link->rest[0][i] : 0.0)) * part, 0.0);
            segment->cap[0][i] = cap;
            segment->cap[1][i] = cap;
        }
    } else if (p->regime == REGIME_BENCHMARK && !candidate) {
        double left = pow(1.0 - m->benchmark_decline, (double)(t + 1));
        set_row(segment->cap[0], p->base_price_regional * left);
        set_row(segment->cap[1], p->base_price_transit * left);
    } else {
        set_row(segment->cap[0], NONE);
        set_row(segment->cap[1], NONE);
    }
}

/* Under the ceiling, or under open access where the country has it; between cost and the speed limit. */
static void price_step(const Block *b, int64_t number, int64_t g) {
    State *restrict s = b->s;
    const SEGMENT *p = &b->net->segments[g];
    const LINK_ROWS *restrict link = &s->links[number];
    SEGMENT_ROWS *restrict segment = &s->segments[g];
    const double *restrict degrees = s->countries[p->country].channel[CHANNEL_OPEN_ACCESS];
    double kept = 1.0 - b->net->market->glide, wacc = p->wacc;
    int rab = p->cost_base == RAB;
    for (int kind = 0; kind < 2; kind++) {
        double *restrict price = segment->price[kind], *restrict seen = s->price + (kind * s->n_price[1] + g) * B;
        LANES {
            double conduct = segment->conduct[kind][i], degree = degrees[i], bound = least(conduct, segment->cap[kind][i]);
            double mixed = least(conduct, degree * cost_cap(segment, rab, wacc, i) + (1.0 - degree) * bound);
            double limited = link->open[i] > 0.0 ? (degree > 0.0 ? mixed : bound) : conduct;
            double wanted = most(segment->cost[kind][i], limited), slow = most(wanted, kept * price[i]);
            double now = link->open_before[i] > 0.0 ? slow : wanted;
            price[i] = now;
            seen[i] = now;
        }
    }
}

static void pricing_step(const Block *b, const RUN *run, int64_t t) {
    State *restrict s = b->s;
    const Network *restrict net = b->net;
    if (t % net->market->review_years == 0) review_countries(b, t);
    for (int64_t number = 0; number < COUNT(net, links); number++) {
        const LINK *p = &net->links[number];
        if (p->candidate && !run->has_portfolio) continue;
        seller_step(b, number);
        rest_step(b, number);
        rule_step(b, number, t);
        if (s->any_opened[number] > 0) capitalise_link(b, number);
        for (int64_t g = p->first_segment; g < p->last_segment; g++) {
            conduct_step(b, number, g);
            allowed_cost_step(b, g, t);
            cap_step(b, number, g, t);
            price_step(b, number, g);
        }
    }
}
