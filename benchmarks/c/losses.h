/* Traffic lost in outages and what buyers pay. */
#pragma once
#include "flows.h"

static void lost_step(const Block *b, int64_t o, int64_t t) {
    State *restrict s = b->s;
    const Network *restrict net = b->net;
    const Incidence *restrict inc = b->inc;
    const DEMAND *p = &net->demands[o];
    DEMAND_ROWS *restrict demand = &s->demands[o];
    const double *restrict headroom = s->common->headroom;
    double *restrict inverse = s->scratch->a, *restrict lost = s->scratch->b, *restrict crossing = s->scratch->c;
    double restoration = net->market->restoration;
    LANES {
        lost[i] = 0.0;
        inverse[i] = demand->served[i] > 0.0 ? 1.0 / demand->served[i] : 0.0;
    }
    for (int64_t q = p->first_path; q < p->last_path; q++) {
        if (!s->active[q]) continue;
        ASK_AHEAD(s, path_cut, t, q, COUNT(net, paths));
        const double *restrict flow = ROW(s, path_flow, q), *restrict cut = ROW_AT(s, path_cut, t, q);
        double external = net->paths[q].external_unavailability;
        LANES {
            double part = flow[i] * inverse[i];
            lost[i] += cut[i] * (part - restoration * least(part, headroom[i] * (1.0 - part))) + part * external;
        }
    }
    for (int64_t z = p->first_zone; z < p->last_zone; z++) {
        const double *restrict hours = AT(s, zone_years, t, net->demand_zones[z])->hours;
        fill_parts(crossing, s->path_flow, inc->zone_factors, inc->zone_paths, inc->zone_first[z], inc->zone_first[z + 1]);
        LANES {
            double part = crossing[i] * inverse[i];
            lost[i] += hours[i] * (1.0 / HOURS) * (part - restoration * least(part, headroom[i] * (1.0 - part)));
        }
    }
    if (p->kind == REGIONAL) add_row(lost, AT(s, country_years, t, net->regions[p->object].country)->shutdown);
    LANES demand->lost[i] = least(lost[i], 1.0) * demand->served[i];
}

/* Scratch d to f: payments beyond the region, flow by satellite, flow by options. */
static void payment_step(const Block *b, int64_t o, int64_t t) {
    State *restrict s = b->s;
    const Network *restrict net = b->net;
    const DEMAND *p = &net->demands[o];
    DEMAND_ROWS *restrict demand = &s->demands[o];
    SCRATCH_ROWS *restrict scratch = s->scratch;
    const COMMON_ROWS *restrict common = s->common;
    LANES {
        demand->served[i] = 0.0;
        demand->land_flow[i] = 0.0;
        demand->money[i] = 0.0;
        scratch->d[i] = 0.0;
        scratch->e[i] = 0.0;
        scratch->f[i] = 0.0;
    }
    for (int64_t q = p->first_path; q < p->last_path; q++) {
        if (!s->active[q]) continue;
        const PATH *path = &net->paths[q];
        const double *restrict flow = ROW(s, path_flow, q), *restrict price = ROW(s, path_price, q);
        ASK_AHEAD(s, path_fixed, t, q, COUNT(net, paths));
        const double *restrict fixed = ROW_AT(s, path_fixed, t, q);
        double *restrict by_kind = path->kind == LAND ? demand->land_flow : (path->kind == SATELLITE ? scratch->e : scratch->f);
        double fees = count_fees(b, q), external = *AT(s, path_external, t + 1, q);
        LANES {
            double beyond = common->outside[i] * external;
            demand->served[i] += flow[i];
            by_kind[i] += flow[i];
            demand->money[i] += flow[i] * (price[i] - fixed[i] + common->outside[i] * common->border_fee[i] * fees + beyond);
            scratch->d[i] += BILLING * flow[i] * beyond;
        }
        if (p->kind == REGIONAL)
            for (int64_t j = path->first_crossing; j < path->last_crossing; j++) {
                double *restrict fees = s->countries[net->path_crossings[j]].fees;
                LANES fees[i] += common->border_money[i] * flow[i];
            }
    }
}
