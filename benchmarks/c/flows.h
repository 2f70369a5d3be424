/* Flows over paths, segments and links, and what full segments refuse. */
#pragma once
#include "routes.h"

enum { OFFERS = 3 };

static int64_t sum_segments(const Block *b, int64_t t) {
    State *restrict s = b->s;
    const Network *restrict net = b->net;
    const Incidence *restrict inc = b->inc;
    int64_t above = 0;
    for (int64_t g = 0; g < COUNT(net, segments); g++) {
        int64_t stale = s->stale[g];
        s->stale[g] = 0;
        if (s->any_open[net->segments[g].link] == 0 || !stale) {
            above += s->full[g];
            continue;
        }
        for (int kind = 0; kind < 2; kind++) {
            int64_t first = *AT(inc, segment_first, kind, g), last = *AT(inc, segment_first, kind, g + 1);
            if (first < last) fill_sum(ROW_AT(s, segment_flow, kind, g), s->path_flow, inc->segment_paths, first, last);
        }
        const double *restrict regional = class_flow(b, REGIONAL, g), *restrict transit = class_flow(b, TRANSIT, g);
        double maximum = AT(net, segment_years, g, t)->maximum, excess = 0.0;
        _Pragma("omp simd reduction(+ : excess)") for (int i = 0; i < B; i++)
            excess += regional[i] + transit[i] > maximum ? 1.0 : 0.0;
        s->full[g] = excess > 0.0;
        above += s->full[g];
    }
    return above;
}

static void fill_keep(const Block *b, int64_t t) {
    State *restrict s = b->s;
    const Incidence *restrict inc = b->inc;
    for (int64_t q = 0; q < COUNT(b->net, paths); q++) s->limited[q] = 0;
    for (int64_t g = 0; g < COUNT(b->net, segments); g++) {
        if (!s->full[g]) continue;
        double *restrict keep = ROW(s, segment_keep, g);
        const double *restrict regional = class_flow(b, REGIONAL, g), *restrict transit = class_flow(b, TRANSIT, g);
        double maximum = AT(b->net, segment_years, g, t)->maximum;
        LANES {
            double total = regional[i] + transit[i];
            keep[i] = total > maximum ? maximum / total : 1.0;
        }
        for (int kind = 0; kind < 2; kind++)
            for (int64_t j = *AT(inc, segment_first, kind, g); j < *AT(inc, segment_first, kind, g + 1); j++) {
                int64_t q = inc->segment_paths[j];
                double *restrict smallest = ROW(s, path_keep, q);
                if (!s->active[q]) continue;
                if (!s->limited[q]) copy_row(smallest, keep);
                else LANES smallest[i] = least(smallest[i], keep[i]);
                s->limited[q] = 1;
            }
    }
}

static void refuse_step(const Block *b, int64_t o, int offer_again) {
    State *restrict s = b->s;
    const DEMAND *p = &b->net->demands[o];
    SCRATCH_ROWS *restrict scratch = s->scratch;
    double *restrict unserved = s->demands[o].unserved;
    int64_t limited = 0;
    for (int64_t q = p->first_path; q < p->last_path; q++) limited += s->limited[q];
    if (!limited) return;
    set_row(scratch->a, 0.0);
    set_row(scratch->b, 0.0);
    for (int64_t q = p->first_path; q < p->last_path; q++) {
        if (!s->active[q]) continue;
        const PATH *pieces = &b->net->paths[q];
        for (int64_t j = pieces->first_piece; j < pieces->last_piece; j++) s->stale[b->net->path_segments[j]] = 1;
        const double *restrict target = s->paths[q].target, *restrict keep = ROW(s, path_keep, q);
        double *restrict flow = ROW(s, path_flow, q);
        if (!s->limited[q]) {
            add_row(scratch->b, target);
            continue;
        }
        LANES {
            double kept = flow[i] * keep[i];
            scratch->a[i] += flow[i] - kept;
            scratch->b[i] += target[i] * keep[i];
            flow[i] = kept;
        }
    }
    if (!offer_again) {
        add_row(unserved, scratch->a);
        return;
    }
    LANES {
        int accepted = scratch->b[i] > 0.0;
        unserved[i] += accepted ? 0.0 : scratch->a[i];
        scratch->c[i] = accepted ? scratch->a[i] / scratch->b[i] : 0.0;
    }
    for (int64_t q = p->first_path; q < p->last_path; q++) {
        if (!s->active[q]) continue;
        const double *restrict target = s->paths[q].target, *restrict keep = ROW(s, path_keep, q);
        double *restrict flow = ROW(s, path_flow, q);
        if (s->limited[q]) LANES flow[i] += scratch->c[i] * target[i] * keep[i];
        else LANES flow[i] += scratch->c[i] * target[i];
    }
}

static void flow_step(const Block *b, int64_t t) {
    State *restrict s = b->s;
    const Network *restrict net = b->net;
    const Incidence *restrict inc = b->inc;
    for (int64_t g = 0; g < COUNT(net, segments); g++) {
        s->full[g] = 0;
        s->stale[g] = 1;
    }
    for (int64_t o = 0; o < COUNT(net, demands); o++) {
        DEMAND_ROWS *restrict demand = &s->demands[o];
        set_row(demand->unserved, 0.0);
        for (int64_t q = net->demands[o].first_path; q < net->demands[o].last_path; q++) {
            double *restrict flow = ROW(s, path_flow, q);
            const double *restrict share = s->paths[q].share;
            if (s->active[q]) LANES flow[i] = demand->demand[i] * share[i];
        }
    }
    int64_t above = sum_segments(b, t);
    for (int offer = 0; above > 0 && offer <= OFFERS; offer++) {
        fill_keep(b, t);
        for (int64_t o = 0; o < COUNT(net, demands); o++) refuse_step(b, o, offer < OFFERS);
        above = sum_segments(b, t);
    }
    for (int64_t number = 0; number < COUNT(net, links); number++)
        if (s->any_open[number] > 0)
            for (int kind = 0; kind < 2; kind++) {
                int64_t first = *AT(inc, use_first, kind, number), last = *AT(inc, use_first, kind, number + 1);
                if (first < last) fill_sum(s->links[number].use[kind], s->path_flow, inc->use_paths, first, last);
            }
}
