/* Generalised prices of paths, avoidable cost and the price rule of a link. */
#pragma once
#include "gateways.h"

#define LEAST_PRICE 1e-6
#define NO_FLOW 1e-300

/* Price that earns most where the rest of the path costs `rest`. */
LANE double best_price(double rest, double cost, double sellers, double theta, double share) {
    double psi = most(sellers * theta * (1.0 - share), 1.5);
    return (rest + psi * cost) / (psi - 1.0);
}

LANE double share_of(double use, double potential) { return clip(use / most(potential, NO_FLOW), 0.0, 1.0); }

static void cost_step(const Block *b, int64_t number, double us_index) {
    State *restrict s = b->s;
    const COMMON_ROWS *restrict common = s->common;
    LINK_PRICING *restrict pricing = s->link_pricing;
    const LINK *p = &b->net->links[number];
    set_row(pricing->cost[0], 0.0);
    set_row(pricing->cost[1], 0.0);
    for (int64_t g = p->first_segment; g < p->last_segment; g++) {
        const SEGMENT_CONSTANTS *fixed = &s->segment_constants[g];
        double annuity = fixed->wave_annuity_usd, opex = b->net->segments[g].wave_opex_usd * us_index;
        double regional = fixed->highest_regional, transit = fixed->highest_transit;
        LANES {
            double cost = (annuity * common->equipment[i] + opex) * common->unit_cost[i];
            pricing->cost[0][i] += least(cost, regional);
            pricing->cost[1][i] += least(cost, transit);
        }
    }
}

static void sum_path_price(const Block *b, const double *restrict fixed, int64_t q) {
    State *restrict s = b->s;
    const Incidence *restrict inc = b->inc;
    int64_t has_candidate = b->net->paths[q].has_candidate;
    double *price = ROW(s, path_price, q), *rest = has_candidate ? ROW(s, path_rest, q) : price;
    const double *prices = s->price + b->net->demands[inc->path_demand[q]].kind * s->n_price[1] * B;
    fill_sum_from(rest, fixed, prices, inc->old_segments, inc->old_first[q], inc->old_first[q + 1]);
    if (has_candidate) fill_sum_from(price, rest, prices, inc->new_segments, inc->new_first[q], inc->new_first[q + 1]);
    LANES price[i] = most(price[i], LEAST_PRICE);
}

static void path_price_step(const Block *b, int64_t t, int64_t portfolio) {
    for (int64_t q = 0; q < COUNT(b->net, paths); q++)
        if (portfolio || !b->net->paths[q].has_candidate) {
            ASK_AHEAD(b->s, path_fixed, t, q, COUNT(b->net, paths));
            sum_path_price(b, ROW_AT(b->s, path_fixed, t, q), q);
        }
}

/* Flow of a class over a segment: zeros, the same for all, where the class has no path over it. */
static inline const double *class_flow(const Block *b, int kind, int64_t g) {
    int crossed = *AT(b->inc, segment_first, kind, g) < *AT(b->inc, segment_first, kind, g + 1);
    return crossed ? ROW_AT(b->s, segment_flow, kind, g) : b->s->common->zeros;
}

/* Whether a path of a class has a part in the price of a link. */
static inline int sets_price(const Block *b, int64_t number, int kind) {
    return *AT(b->inc, rest_first, kind, number) < *AT(b->inc, rest_first, kind, number + 1);
}

static void rest_step(const Block *b, int64_t number) {
    State *restrict s = b->s;
    const Incidence *restrict inc = b->inc;
    const LINK_BASE_ROWS *restrict base = &s->link_base[number];
    const LINK *p = &b->net->links[number];
    for (int kind = 0; kind < 2; kind++) {
        double *restrict rest = s->link_pricing->rest[kind];
        const double *restrict weight = base->weight[kind];
        if (!sets_price(b, number, kind)) {
            set_row(rest, 0.0);
            continue;
        }
        fill_products(rest, s->path_weight, p->candidate ? s->path_rest : s->path_price, inc->rest_paths,
                     *AT(inc, rest_first, kind, number), *AT(inc, rest_first, kind, number + 1));
        if (!p->candidate)
            for (int64_t g = p->first_segment; g < p->last_segment; g++) {
                const double *restrict price = s->price + (kind * s->n_price[1] + g) * B;
                const double *restrict flow = ROW_AT(s, segment_base_flow, kind, g);
                LANES rest[i] -= price[i] * flow[i];
            }
        LANES rest[i] /= most(weight[i], NO_FLOW);
    }
}

static void seller_step(const Block *b, int64_t number) {
    State *restrict s = b->s;
    const Network *restrict net = b->net;
    double *restrict sellers = s->links[number].sellers, own = net->links[number].sellers;
    set_row(sellers, 1e30);
    for (int64_t k = net->links[number].first_section; k < net->links[number].last_section; k++) {
        const SECTION *section = &net->sections[k];
        double base = *AT(net, channel_base, section->country, CHANNEL_GATEWAYS);
        if (net->segments[section->first_segment].regime == REGIME_INCUMBENT) LANES sellers[i] = least(sellers[i], 1.0);
        else if (base > 0.0) {
            const double *restrict gateways = s->countries[section->country].channel[CHANNEL_GATEWAYS];
            double scale = own / base;
            LANES sellers[i] = least(sellers[i], most(own, gateways[i] * scale));
        } else LANES sellers[i] = least(sellers[i], own);
    }
}

/* Traffic of a class that could use a link, in scratch a. */
static const double *sum_potential(const Block *b, int64_t number, int kind, int base_year) {
    State *restrict s = b->s;
    const LINK *p = &b->net->links[number];
    double *restrict potential = s->scratch->a;
    set_row(potential, 0.0);
    for (int64_t j = p->first_demand; j < p->last_demand; j++) {
        int64_t o = b->net->link_demands[j];
        if (b->net->demands[o].kind == kind) add_row(potential, base_year ? s->demand_base[o].demand : s->demands[o].demand);
    }
    return potential;
}
