/* What is kept of a block: chosen rows draw by draw, means and squared deviations of everything. */
#pragma once
#include "countries.h"

/* Mean and squared deviations of the block's wanted lanes. */
static inline void write_moments(const double *restrict row, double *mean, double *squares, int64_t first, int64_t last) {
    double shift = row[first], total = 0.0, square = 0.0, count = (double)(last - first);
    if (last - first == B) {
        _Pragma("omp simd reduction(+ : total, square)") for (int i = 0; i < B; i++) {
            double x = row[i] - shift;
            total += x;
            square += x * x;
        }
    } else
        for (int64_t i = first; i < last; i++) {
            total += row[i] - shift;
            square += (row[i] - shift) * (row[i] - shift);
        }
    *mean = shift + total / count;
    *squares = most(square - total * total / count, 0.0);
}

typedef struct {
    const int64_t *place; /* (runs, objects, variables) */
    double *kept;         /* (rows, years, draws) */
    double *moments;      /* (2, runs, years, objects, variables) */
    int64_t runs, years, objects, variables, draws;
} Table;

/* A row joins the moments and is kept if wanted. */
static inline void collect_row(const Table *a, const Collection *restrict c, const double *restrict row, int64_t run, int64_t v, int64_t k, int64_t t) {
    int64_t cell = ((run * a->years + t) * a->objects + k) * a->variables + v, half = a->runs * a->variables * a->objects * a->years;
    int64_t place = a->place ? a->place[(run * a->objects + k) * a->variables + v] : -1;
    write_moments(row, a->moments + cell, a->moments + half + cell, c->lanes[1], c->lanes[2]);
    if (place >= 0 && c->lanes[0] >= 0) copy_row(a->kept + (place * a->years + t) * a->draws + c->lanes[0], row);
}

/* A row counted into its histogram; how far it lies below and above its range. */
static void count_row(const Collection *restrict c, const double *restrict row, double *restrict scratch, int64_t cell, int64_t t) {
    int64_t place = cell * c->n_ranges[1] + t, tails = c->n_tails[1] * c->n_tails[2], first = c->lanes[1], last = c->lanes[2];
    double low = c->ranges[3 * place], high = c->ranges[3 * place + 1], per_unit = c->ranges[3 * place + 2], unused;
    uint32_t *restrict counts = c->counts + place * BINS;
    LANES scratch[i] = clip((row[i] - low) * per_unit, 0.0, BINS - 1.0);
    for (int64_t i = first; i < last; i++) counts[(int64_t)scratch[i]]++;
    LANES scratch[i] = most(low - row[i], 0.0);
    write_moments(scratch, c->tails + place, &unused, first, last);
    LANES scratch[i] = most(row[i] - high, 0.0);
    write_moments(scratch, c->tails + tails + place, &unused, first, last);
}

#define TABLE(what, many) { \
    c->what##_row, c->kept_##many, c->what##_moments, c->n_##what##_moments[1], c->n_##what##_moments[2], \
    c->n_##what##_moments[3], c->n_##what##_moments[4], c->n_kept_##many[2] }

static void collect_region(const Block *b, const Collection *restrict c, int64_t run, int64_t k, int64_t t) {
    const Table regions = TABLE(region, regions);
    for (int v = 0; v < REGION_COUNT; v++) collect_row(&regions, c, b->s->region_results->out[v], run, v, k, t);
}

static void collect_link(const Block *b, const Collection *restrict c, int64_t run, int64_t k, int64_t t) {
    State *restrict s = b->s;
    const Table links = TABLE(link, links);
    for (int v = 0; v < LINK_COUNT; v++) {
        const double *row = s->link_results->out[v];
        int64_t place = (run * links.objects + k) * LINK_COUNT + v, cell = c->link_cell[place];
        int fixed = v == LINK_OPEN || v == LINK_CAPEX || v == LINK_CAPEX_ECONOMIC || v == LINK_ANCHOR;
        if ((!s->in_run[k] || (fixed && !b->net->links[k].candidate)) && cell < 0 && c->link_row[place] < 0) {
            c->link_moments[((run * links.years + t) * links.objects + k) * LINK_COUNT + v] = row[0]; /* the same in every draw */
            continue;
        }
        collect_row(&links, c, row, run, v, k, t);
        if (cell >= 0) count_row(c, row, s->scratch->f, cell, t);
    }
}

/* Results of countries, transit markets and paths. */
static void collect_year(const Block *b, const Collection *restrict c, int64_t run, int64_t t) {
    State *restrict s = b->s;
    const Network *restrict net = b->net;
    const Table countries = TABLE(country, countries), markets = TABLE(market, markets);
    const Table paths = {0, 0, c->path_moments, c->n_path_moments[1], c->n_path_moments[2], c->n_path_moments[3], 1, 0};
    for (int64_t k = 0; k < COUNT(net, countries); k++)
        for (int v = 0; v < COUNTRY_COUNT; v++) collect_row(&countries, c, s->countries[k].out[v], run, v, k, t);
    for (int64_t k = 0; k < COUNT(net, transits) + 1; k++)
        for (int v = 0; v < MARKET_COUNT; v++) collect_row(&markets, c, s->markets[k].out[v], run, v, k, t);
    for (int64_t q = 0; q < COUNT(net, paths); q++) collect_row(&paths, c, ROW(s, path_flow, q), run, 0, q, t);
}

static void collect_openings(const Block *b, const Collection *restrict c, int64_t run) {
    const Network *restrict net = b->net;
    if (run != COUNT(net, runs) - 1 || c->lanes[0] < 0) return;
    int64_t links = c->n_openings[1], draws = c->n_openings[2];
    for (int64_t number = 0; number < COUNT(net, links); number++) {
        if (!net->links[number].candidate) continue;
        double *to = c->openings + number * draws + c->lanes[0];
        copy_row(to, b->s->links[number].open_t);
        copy_row(to + links * draws, b->s->links[number].works_start);
        copy_row(to + 2 * links * draws, b->s->links[number].completed);
    }
}

static void add_base(const Collection *restrict c, const double *restrict row, int64_t *place) {
    write_moments(row, c->base_moments + *place, c->base_moments + c->n_base_moments[1] + *place, c->lanes[1], c->lanes[2]);
    ++*place;
}

static void collect_base_year(const Block *b, const Collection *restrict c) {
    State *restrict s = b->s;
    const Network *restrict net = b->net;
    double *restrict row = s->scratch->c;
    int64_t place = 0;
    for (int64_t o = 0; o < COUNT(net, demands); o++) add_base(c, s->demand_base[o].demand, &place);
    for (int64_t r = 0; r < COUNT(net, regions); r++) add_base(c, s->demand_base[r].wholesale, &place);
    for (int64_t k = 0; k < COUNT(net, countries); k++) add_base(c, s->country_base[k].margin, &place);
    for (int64_t o = 0; o < COUNT(net, demands); o++)
        for (int64_t e = net->demands[o].first_exit; e < net->demands[o].last_exit; e++) {
            set_row(row, 0.0);
            for (int64_t q = net->demands[o].first_path; q < net->demands[o].last_path; q++)
                if (net->paths[q].exit == e) add_row(row, s->path_base[q].share);
            add_base(c, row, &place);
        }
    for (int64_t number = 0; number < COUNT(net, links); number++)
        for (int kind = 0; kind < 2; kind++) {
            set_row(row, 0.0);
            add_base(c, net->links[number].candidate ? row : s->link_base[number].weight[kind], &place);
        }
    for (int64_t number = 0; number < COUNT(net, links); number++)
        for (int kind = 0; kind < 2; kind++) {
            set_row(row, 0.0);
            for (int64_t g = net->links[number].first_segment; g < net->links[number].last_segment; g++)
                add_row(row, s->price + (kind * s->n_price[1] + g) * B);
            add_base(c, row, &place);
        }
}
