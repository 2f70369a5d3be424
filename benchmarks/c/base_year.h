/* Calibration of a block to the base year: exits, traffic, margins, link rules. */
#pragma once
#include "pricing.h"

enum { LAND, SATELLITE, OPTION };

static void price_base_year(const Block *b) {
    State *restrict s = b->s;
    const Network *restrict net = b->net;
    set_row(s->common->equipment, 1.0);
    set_row(s->common->outside, 1.0);
    for (int64_t g = 0; g < COUNT(net, segments); g++) {
        const SEGMENT *p = &net->segments[g];
        double *restrict regional = s->price + g * B, *restrict transit = s->price + (s->n_price[1] + g) * B;
        double *restrict cost = ROW(s, segment_cost, g);
        const double *restrict unit_cost = s->common->unit_cost;
        double usd = s->segment_constants[g].wave_annuity_usd + p->wave_opex_usd;
        if (net->links[p->link].candidate) LANES cost[i] = regional[i] = transit[i] = usd * unit_cost[i];
        else {
            set_row(regional, p->base_price_regional);
            set_row(transit, p->base_price_transit);
        }
    }
    for (int64_t q = 0; q < COUNT(net, paths); q++) {
        PATH_BASE_ROWS *restrict base = &s->path_base[q];
        double external = *AT(s, path_external, 0, q), latency = net->paths[q].latency;
        fill_fixed_price(s->scratch->a, s->common, s->common->outside, base->unavailability, count_fees(b, q), external, latency);
        sum_path_price(b, s->scratch->a, q);
        copy_row(base->generalised, ROW(s, path_price, q));
    }
}

static inline int is_today(const PATH *p) { return p->today || p->kind != LAND; }

static void fit_exits(const Block *b, const DEMAND *p) {
    State *restrict s = b->s;
    const Network *restrict net = b->net;
    const double *restrict new_route = s->common->new_route;
    int64_t preferred = p->first_exit;
    for (int64_t e = p->first_exit; e < p->last_exit; e++) {
        double observed = net->exits[e].observed_share;
        EXIT_ROWS *restrict row = &s->exits[e];
        if (observed > net->exits[preferred].observed_share) preferred = e;
        if (observed > 0.0) LANES row->constant[i] = observed / row->weight_sum[i];
    }
    const double *best = s->exits[preferred].constant;
    for (int64_t e = p->first_exit; e < p->last_exit; e++) {
        double *constant = s->exits[e].constant;
        if (!(net->exits[e].observed_share > 0.0)) LANES constant[i] = new_route[i] * best[i];
    }
    for (int64_t q = p->first_path; q < p->last_path; q++) {
        double *restrict constant = ROW(s, path_constant, q), size = net->paths[q].path_size;
        const double *restrict of_exit = s->exits[net->paths[q].exit].constant;
        LANES constant[i] = of_exit[i] * size;
    }
}

/* All traffic goes by the options today; land paths are new routes beside the largest. */
static void fit_transit_without_land(const Block *b, const DEMAND *p) {
    State *restrict s = b->s;
    const Network *restrict net = b->net;
    const double *restrict new_route = s->common->new_route;
    double *restrict best = s->scratch->a, largest = -1.0;
    set_row(best, 0.0);
    for (int64_t q = p->first_path; q < p->last_path; q++) {
        const PATH *path = &net->paths[q];
        PATH_BASE_ROWS *restrict row = &s->path_base[q];
        double *restrict constant = ROW(s, path_constant, q), observed = net->exits[path->exit].observed_share, size = path->path_size;
        if (path->kind != OPTION) continue;
        LANES constant[i] = observed / row->share[i] * size;
        if (observed > largest) {
            largest = observed;
            LANES best[i] = observed / row->share[i];
        }
    }
    for (int64_t q = p->first_path; q < p->last_path; q++) {
        double *restrict constant = ROW(s, path_constant, q), size = net->paths[q].path_size;
        if (net->paths[q].kind != OPTION) LANES constant[i] = new_route[i] * best[i] * size;
    }
}

static void fit_transit_exits(const Block *b, const DEMAND *p) {
    State *restrict s = b->s;
    const Network *restrict net = b->net;
    const double *restrict new_route = s->common->new_route;
    double *restrict attraction = s->scratch->a, options = 0.0;
    int has_land = 0;
    for (int64_t e = p->first_exit; e < p->last_exit; e++)
        if (net->exits[e].kind == OPTION) options += net->exits[e].observed_share;
    set_row(attraction, 0.0);
    for (int64_t q = p->first_path; q < p->last_path; q++) {
        const PATH *path = &net->paths[q];
        const double *restrict share = s->path_base[q].share;
        double size = path->path_size;
        if (path->kind == LAND && path->today) {
            has_land = 1;
            LANES attraction[i] += size * share[i];
        }
    }
    double land_share = 1.0 - options;
    if (!has_land || land_share <= 0.0) {
        fit_transit_without_land(b, p);
        return;
    }
    for (int64_t q = p->first_path; q < p->last_path; q++) {
        const PATH *path = &net->paths[q];
        PATH_BASE_ROWS *restrict row = &s->path_base[q];
        double *restrict constant = ROW(s, path_constant, q), size = path->path_size, part = net->exits[path->exit].observed_share / land_share * size;
        if (path->kind == OPTION) LANES constant[i] = part * attraction[i] / row->share[i];
        else if (path->today && path->kind == LAND) set_row(constant, size);
        else LANES constant[i] = new_route[i] * size;
    }
}

static void mean_prices(const Block *b, int64_t o) {
    State *restrict s = b->s;
    const Network *restrict net = b->net;
    const DEMAND *p = &net->demands[o];
    DEMAND_BASE_ROWS *restrict base = &s->demand_base[o];
    const COMMON_ROWS *restrict common = s->common;
    const double *restrict theta = common->theta[p->kind];
    LANES {
        base->price[i] = 0.0;
        base->generalised[i] = 0.0;
        base->index[i] = power(base->weight_sum[i], -1.0 / theta[i]);
    }
    for (int64_t q = p->first_path; q < p->last_path; q++) {
        PATH_BASE_ROWS *restrict row = &s->path_base[q];
        double latency = net->paths[q].latency;
        if (!is_today(&net->paths[q])) {
            set_row(row->share, 0.0);
            continue;
        }
        LANES {
            double share = row->share[i] / base->weight_sum[i];
            double gap = common->latency_value[i] * latency + common->reliability_value[i] * row->unavailability[i];
            row->share[i] = share;
            base->generalised[i] += share * row->generalised[i];
            base->price[i] += share * (row->generalised[i] - gap);
        }
    }
}

static void split_demand(const Block *b, int64_t o) {
    State *restrict s = b->s;
    const Network *restrict net = b->net;
    const DEMAND *p = &net->demands[o];
    const double *restrict theta = s->common->theta[p->kind];
    double *restrict weight_sum = s->demand_base[o].weight_sum;
    for (int64_t e = p->first_exit; e < p->last_exit; e++) set_row(s->exits[e].weight_sum, 0.0);
    for (int64_t q = p->first_path; q < p->last_path; q++) { /* `share` holds the price to the power minus theta */
        const PATH *path = &net->paths[q];
        PATH_BASE_ROWS *restrict row = &s->path_base[q];
        double *restrict of_exit = s->exits[path->exit].weight_sum, size = path->path_size;
        LANES row->share[i] = power(row->generalised[i], -theta[i]);
        if (is_today(path)) LANES of_exit[i] += size * row->share[i];
    }
    if (p->kind == REGIONAL) fit_exits(b, p);
    else fit_transit_exits(b, p);
    set_row(weight_sum, 0.0);
    for (int64_t q = p->first_path; q < p->last_path; q++) {
        PATH_BASE_ROWS *restrict row = &s->path_base[q];
        const double *restrict constant = ROW(s, path_constant, q);
        LANES row->share[i] *= constant[i];
        if (is_today(&net->paths[q])) add_row(weight_sum, row->share);
    }
    mean_prices(b, o);
}

static void fit_country(const Block *b, int64_t c) {
    State *restrict s = b->s;
    const Network *restrict net = b->net;
    const COUNTRY *p = &net->countries[c];
    COUNTRY_BASE_ROWS *restrict row = &s->country_base[c];
    SCRATCH_ROWS *restrict scratch = s->scratch;
    set_row(row->usage, 0.0);
    set_row(row->margin, 0.0);
    set_row(row->cap_share, 0.0);
    if (p->first_region >= p->last_region) return;
    double users = 0.0, traffic_users = 0.0;
    for (int64_t r = p->first_region; r < p->last_region; r++) users += net->regions[r].population0 * net->regions[r].users0;
    double tourism = p->tourist_years * p->tourist_use / most(users, 1e-9);
#define FACTOR(q) ((q)->population0 * (q)->users0 * p->international_share0 * (1.0 + tourism + (q)->smart_level0 + net->market->digital_share0))
    for (int64_t r = p->first_region; r < p->last_region; r++) traffic_users += FACTOR(&net->regions[r]);
    const double *restrict traffic = ROW(s, drawn, p->traffic_slot), *restrict wholesale = ROW(s, drawn, p->wholesale_slot);
    LANES row->usage[i] = traffic[i] * 1e6 / traffic_users;
    set_row(scratch->a, 0.0);
    set_row(scratch->b, 0.0);
    for (int64_t r = p->first_region; r < p->last_region; r++) {
        DEMAND_BASE_ROWS *restrict base = &s->demand_base[r];
        double factor = FACTOR(&net->regions[r]) * 1e-6;
        LANES {
            base->demand[i] = row->usage[i] * factor;
            scratch->a[i] += base->demand[i];
            scratch->b[i] += base->demand[i] * base->price[i];
        }
    }
#undef FACTOR
    double lowest = net->market->gateway_cost_share_cap, reference = p->bill_ref0;
    LANES {
        row->margin[i] = most(wholesale[i] - scratch->b[i] / scratch->a[i], 0.0);
        row->cap_share[i] = most(lowest, wholesale[i] / reference);
    }
    for (int64_t r = p->first_region; r < p->last_region; r++) {
        DEMAND_BASE_ROWS *restrict base = &s->demand_base[r];
        double backhaul = net->regions[r].backhaul;
        LANES base->wholesale[i] = base->price[i] + row->margin[i] + backhaul;
    }
}

static void sum_country_demand(const Block *b) {
    State *restrict s = b->s;
    const Network *restrict net = b->net;
    for (int64_t c = 0; c < COUNT(net, countries); c++) set_row(s->country_base[c].demand, 0.0);
    for (int64_t r = 0; r < COUNT(net, regions); r++)
        add_row(s->country_base[net->regions[r].country].demand, s->demand_base[r].demand);
    double *restrict outside = s->country_base[COUNT(net, countries) - 1].demand;
    set_row(outside, 0.0);
    for (int64_t o = 0; o < COUNT(net, demands); o++) add_row(outside, s->demand_base[o].demand);
}

static void weigh_paths(const Block *b) {
    State *restrict s = b->s;
    const Network *restrict net = b->net;
    for (int64_t q = 0; q < COUNT(net, paths); q++) {
        int64_t o = b->inc->path_demand[q];
        const PATH_BASE_ROWS *restrict row = &s->path_base[q];
        const DEMAND_BASE_ROWS *restrict base = &s->demand_base[o];
        const double *restrict theta = s->common->theta[net->demands[o].kind];
        const double *restrict constant = ROW(s, path_constant, q);
        double *restrict weight = ROW(s, path_weight, q);
        if (net->paths[q].has_candidate) LANES {
            double attraction = constant[i] * power(row->generalised[i], -theta[i]);
            weight[i] = base->demand[i] * attraction / (base->weight_sum[i] + attraction);
        } else LANES weight[i] = base->demand[i] * row->share[i];
    }
}

static void flow_segments(const Block *b) {
    State *restrict s = b->s;
    for (int64_t g = 0; g < COUNT(b->net, segments); g++)
        for (int kind = 0; kind < 2; kind++) {
            double *restrict flow = ROW_AT(s, segment_base_flow, kind, g);
            set_row(flow, 0.0);
            for (int64_t j = *AT(b->inc, segment_first, kind, g); j < *AT(b->inc, segment_first, kind, g + 1); j++) {
                int64_t q = b->inc->segment_paths[j];
                if (!b->net->paths[q].has_candidate) add_row(flow, ROW(s, path_weight, q));
            }
        }
}

static void fit_link(const Block *b, int64_t number) {
    State *restrict s = b->s;
    const Network *restrict net = b->net;
    const Incidence *restrict inc = b->inc;
    const LINK *p = &net->links[number];
    LINK_BASE_ROWS *restrict base = &s->link_base[number];
    for (int kind = 0; kind < 2; kind++) {
        double *restrict weight = base->weight[kind], *restrict km_share = base->km_share[kind];
        double *restrict cost_annuity = base->cost_annuity[kind], *restrict cost_opex = base->cost_opex[kind];
        set_row(weight, 0.0);
        set_row(km_share, 0.0);
        set_row(cost_annuity, 0.0);
        set_row(cost_opex, 0.0);
        for (int64_t j = *AT(inc, rest_first, kind, number); j < *AT(inc, rest_first, kind, number + 1); j++) {
            int64_t q = inc->rest_paths[j];
            const double *restrict of_path = ROW(s, path_weight, q);
            double km = inc->rest_share[j], annuity = inc->path_annuity[q], opex = inc->path_wave_opex[q];
            LANES {
                weight[i] += of_path[i];
                km_share[i] += km * of_path[i];
                cost_annuity[i] += annuity * of_path[i];
                cost_opex[i] += opex * of_path[i];
            }
        }
        LANES {
            double total = 1.0 / most(weight[i], NO_FLOW);
            total = weight[i] > NO_FLOW ? total : 0.0;
            km_share[i] *= total;
            cost_annuity[i] *= total;
            cost_opex[i] *= total;
        }
    }
    for (int64_t c = 0; c < COUNT(net, countries); c++)
        set_row(s->countries[c].channel[CHANNEL_GATEWAYS], *AT(net, channel_base, c, CHANNEL_GATEWAYS));
    seller_step(b, number);
    cost_step(b, number, 1.0);
    rest_step(b, number);
    const LINK_PRICING *restrict pricing = s->link_pricing;
    const double *restrict sellers = s->links[number].sellers;
    for (int kind = 0; kind < 2; kind++) {
        const double *restrict theta = s->common->theta[kind];
        const double *restrict potential = sum_potential(b, number, kind, 1);
        double *restrict share = base->share[kind], *restrict rule = base->rule[kind];
        LANES share[i] = share_of(base->weight[kind][i], potential[i]);
        if (p->candidate) set_row(rule, 1.0);
        else LANES rule[i] = best_price(pricing->rest[kind][i], pricing->cost[kind][i], sellers[i], theta[i], share[i]);
    }
}

static void calibrate_base_year(const Block *b) {
    State *restrict s = b->s;
    const Network *restrict net = b->net;
    price_base_year(b);
    for (int64_t o = 0; o < COUNT(net, demands); o++) split_demand(b, o);
    for (int64_t c = 0; c < COUNT(net, countries); c++) fit_country(b, c);
    for (int64_t m = 0; m < COUNT(net, transits); m++) {
        const double *restrict volume = ROW(s, drawn, net->transits[m].volume_slot);
        const double *restrict contestable = ROW(s, drawn, net->transits[m].contestable_slot);
        double *restrict demand = s->demand_base[COUNT(net, regions) + m].demand;
        LANES demand[i] = volume[i] * contestable[i];
    }
    sum_country_demand(b);
    weigh_paths(b);
    flow_segments(b);
    for (int64_t number = 0; number < COUNT(net, links); number++) fit_link(b, number);
}
