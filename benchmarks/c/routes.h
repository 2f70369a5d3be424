/* Which paths are open and how buyers divide their traffic over them. */
#pragma once
#include "cash.h"

static void open_path_step(const Block *b, const RUN *run) {
    State *restrict s = b->s;
    const Network *restrict net = b->net;
    for (int64_t q = 0; q < COUNT(net, paths); q++) {
        const PATH *p = &net->paths[q];
        if (!p->has_candidate) {
            s->active[q] = 1;
            continue;
        }
        s->active[q] = run->has_portfolio;
        for (int64_t j = p->first_link; j < p->last_link; j++)
            if (s->any_open[net->path_links[j].link] == 0) s->active[q] = 0;
        if (!s->active[q]) continue;
        double *restrict open = ROW(s, path_open, q);
        set_row(open, 1.0);
        for (int64_t j = p->first_link; j < p->last_link; j++) {
            const double *restrict serving = s->links[net->path_links[j].link].open;
            if (net->links[net->path_links[j].link].candidate) LANES open[i] *= serving[i];
        }
    }
}

static void route_step(const Block *b, int64_t o) {
    State *restrict s = b->s;
    const DEMAND *p = &b->net->demands[o];
    DEMAND_ROWS *restrict demand = &s->demands[o];
    const DEMAND_BASE_ROWS *restrict base = &s->demand_base[o];
    const COMMON_ROWS *restrict common = s->common;
    const double *restrict theta = common->theta[p->kind];
    double *restrict total = s->scratch->a, *restrict held = s->scratch->b;
    set_row(total, 0.0);
    set_row(held, 0.0);
    for (int64_t q = p->first_path; q < p->last_path; q++) {
        if (!s->active[q]) continue;
        PATH_ROWS *restrict path = &s->paths[q];
        const double *restrict constant = ROW(s, path_constant, q), *restrict price = ROW(s, path_price, q);
        const double *open = b->net->paths[q].has_candidate ? ROW(s, path_open, q) : common->ones;
        double *restrict exponent = s->scratch->c; /* two short loops are faster than a long one */
        LANES exponent[i] = -theta[i] * log_(price[i]);
        LANES {
            double target = open[i] * constant[i] * exp_(exponent[i]);
            double share = (1.0 - common->switching[i]) * path->share[i] * open[i];
            path->target[i] = target;
            path->share[i] = share;
            total[i] += target;
            held[i] += share;
        }
    }
    LANES {
        demand->index[i] = power(total[i], -1.0 / theta[i]);
        demand->price[i] = base->price[i] * demand->index[i] / base->index[i];
        total[i] = 1.0 / total[i];
        held[i] = 1.0 - held[i];
    }
    for (int64_t q = p->first_path; q < p->last_path; q++) {
        if (!s->active[q]) continue;
        PATH_ROWS *restrict path = &s->paths[q];
        LANES {
            double target = path->target[i] * total[i];
            path->target[i] = target;
            path->share[i] += held[i] * target;
        }
    }
}

static void wholesale_step(const Block *b) {
    State *restrict s = b->s;
    const Network *restrict net = b->net;
    const double *restrict outside = s->common->outside;
    for (int64_t r = 0; r < COUNT(net, regions); r++) {
        DEMAND_ROWS *restrict demand = &s->demands[r];
        const double *restrict margin = s->countries[net->regions[r].country].margin;
        double backhaul = net->regions[r].backhaul;
        LANES {
            demand->wholesale_before[i] = demand->wholesale[i];
            demand->wholesale[i] = demand->price[i] + margin[i] + backhaul * outside[i];
        }
    }
}
