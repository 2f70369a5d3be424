/* One block of B draws, from its random numbers to its results: simmodel/engine/draw_block.py in C. */
#include "collect.h"

static void start_run(const Block *b, const RUN *run) {
    State *restrict s = b->s;
    const Network *restrict net = b->net;
    const Incidence *restrict inc = b->inc;
    set_row(s->common->outside, 1.0);
    for (int64_t c = 0; c < COUNT(net, countries); c++) {
        COUNTRY_ROWS *restrict country = &s->countries[c];
        const COUNTRY *p = &net->countries[c];
        double people = 0.0, retail = 0.0, share = p->international_share0;
        for (int64_t r = p->first_region; r < p->last_region; r++) people += net->regions[r].population0;
        for (int64_t r = p->first_region; r < p->last_region; r++) retail += net->regions[r].population0 / people * net->regions[r].retail0;
        LANES {
            country->fx_jump[i] = 0.0;
            country->phase[i] = 0.0;
            country->nat_years_left[i] = 0.0;
            country->nationalised[i] = 0.0;
            country->margin[i] = 0.0;
            country->review_ratio[i] = 1.0;
            country->international[i] = share;
            country->retail_mean[i] = retail;
        }
        copy_row(country->demand, s->country_base[c].demand);
    }
    for (int64_t r = 0; r < COUNT(net, regions); r++) {
        REGION_ROWS *restrict region = &s->regions[r];
        const REGION *p = &net->regions[r];
        set_row(region->adoption, p->users0);
        set_row(region->retail, p->retail0);
        set_row(region->smart_years_left, 0.0);
        copy_row(region->usage, s->country_base[p->country].usage);
    }
    for (int64_t o = 0; o < COUNT(net, demands); o++) {
        copy_row(s->demands[o].demand, s->demand_base[o].demand);
        copy_row(s->demands[o].wholesale, s->demand_base[o].wholesale);
    }
    for (int64_t number = 0; number < COUNT(net, links); number++) {
        LINK_ROWS *restrict link = &s->links[number];
        const LINK *p = &net->links[number];
        s->in_run[number] = *AT(inc, run_links, run - net->runs, number);
        s->start_t[number] = p->start_t + *AT(inc, run_delay, run - net->runs, number);
        plan_link(b, run, number);
        for (int kind = 0; kind < 2; kind++) {
            copy_row(link->rule[kind], s->link_base[number].rule[kind]);
            if (p->candidate) set_row(link->use[kind], 0.0);
            else copy_row(link->use[kind], s->link_base[number].weight[kind]);
        }
        for (int64_t k = p->first_section; k < p->last_section; k++) start_section(b, number, k);
        for (int64_t g = p->first_segment; g < p->last_segment; g++) start_segment(b, number, g);
    }
    for (int64_t q = 0; q < COUNT(net, paths); q++) {
        const PATH_BASE_ROWS *restrict base = &s->path_base[q];
        double *restrict rest = ROW(s, path_rest, q);
        const double *prices = s->price + net->demands[inc->path_demand[q]].kind * s->n_price[1] * B;
        set_row(ROW(s, path_flow, q), 0.0);
        copy_row(s->paths[q].share, base->share);
        copy_row(ROW(s, path_price, q), base->generalised);
        if (!net->paths[q].has_candidate) continue;
        copy_row(rest, base->generalised);
        for (int64_t j = inc->new_first[q]; j < inc->new_first[q + 1]; j++) {
            const double *restrict price = prices + inc->new_segments[j] * B;
            LANES rest[i] -= price[i];
        }
    }
}

static void advance_year(const Block *b, const Collection *restrict c, int64_t run, int64_t t) {
    State *restrict s = b->s;
    const Network *restrict net = b->net;
    const RUN *r = &net->runs[run];
    double us_index = net->years[t].us_index;
    COMMON_ROWS *restrict common = s->common;
    int64_t life = net->market->life_wave;
    copy_row(common->outside, s->market_years[t].outside);
    copy_row(common->equipment, s->market_years[t].equipment);
    if (t >= life) copy_row(common->retired_price, s->market_years[t - life].equipment);
    else set_row(common->retired_price, pow(1.0 + net->market->mea_trend_optics, (double)(t + 1 - life)));
    LANES common->border_money[i] = BILLING * common->border_fee[i] * common->outside[i];
    for (int64_t k = 0; k < COUNT(net, countries); k++)
        for (int v = 0; v < COUNTRY_COUNT; v++) set_row(s->countries[k].out[v], 0.0);
    reform_step(b, r, t);
    exchange_step(b, t);
    for (int64_t number = 0; number < COUNT(net, links); number++) {
        const LINK *p = &net->links[number];
        if (!p->candidate || !s->in_run[number]) continue;
        opening_step(s, number, (double)t);
        capex_step(&s->links[number], p, s->start_t[number], us_index, (double)t);
    }
    pricing_step(b, r, t);
    margin_step(b, t);
    path_price_step(b, t, r->has_portfolio);
    open_path_step(b, r);
    for (int64_t o = 0; o < COUNT(net, demands); o++) route_step(b, o);
    wholesale_step(b);
    demand_step(b, t);
    count_demand_step(b);
    flow_step(b, t);
    market_result_step(b, t);
    for (int64_t number = 0; number < COUNT(net, links); number++) {
        if (s->in_run[number]) link_cash_step(b, number, t);
        else absent_link_step(s->link_results);
        collect_link(b, c, run, number, t);
    }
    for (int64_t k = 0; k < COUNT(net, regions); k++) {
        region_result_step(b, k, t);
        surplus_step(b, run, k, t);
        collect_region(b, c, run, k, t);
    }
    for (int64_t k = 0; k < COUNT(net, countries); k++) country_result_step(b, k, t);
    total_step(b);
}

void run_block(State *s, const Network *net, const Incidence *inc, const Streams *streams, Collection *c, uint64_t seed, int64_t first_draw) {
    const Block block = {s, net, inc, streams, seed, first_draw, net->market->expected_events};
    take_parameters(s, net);
    draw_shocks(&block);
    draw_hazards(&block);
    calibrate_base_year(&block);
    outage_step(s, net);
    collect_base_year(&block, c);
    for (int64_t run = 0; run < COUNT(net, runs); run++) {
        start_run(&block, &net->runs[run]);
        for (int64_t t = 0; t < COUNT(net, years); t++) {
            advance_year(&block, c, run, t);
            collect_year(&block, c, run, t);
        }
        collect_openings(&block, c, run);
    }
}
