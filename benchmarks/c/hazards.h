/* Cable cuts, border closures and natural hazards. */
#pragma once
#include "shocks.h"

#define HOURS 8760.0

static void draw_zone(const Block *b, int64_t t, int64_t z) {
    State *restrict s = b->s;
    SCRATCH_ROWS *restrict scratch = s->scratch;
    ZONE_YEAR_ROWS *restrict zone = AT(s, zone_years, t, z);
    const int64_t *range = AT(b->net, zones, z, 0);
    const double *restrict climate = s->common->climate;
    double n = (double)(t + 1);
    set_row(zone->hours, 0.0);
    set_row(zone->damage, 0.0);
    for (int64_t h = range[0]; h < range[1]; h++) {
        const HAZARD *p = &b->net->hazards[h];
        const uint32_t *words = words_of(b, b->streams->hazards[h], t);
        const double *restrict base = ROW(s, drawn, p->rate_slot);
        double trend = p->trend;
        LANES scratch->b[i] = base[i] * power(1.0 + trend * climate[i], n);
        if (b->expected) copy_row(scratch->c, scratch->b);
        else {
            take_uniform(scratch->a, words);
            fill_poisson_by_rate(scratch->c, scratch->a, scratch->b, scratch->d, scratch->e);
            LANES scratch->c[i] = least(scratch->c[i], MOST_EVENTS);
        }
        take_normal(scratch->d, words + B, scratch->a, b->expected);
        take_normal(scratch->e, words + 2 * B, scratch->a, b->expected);
        double median = p->outage_median, outage_sigma = p->outage_sigma, mean = p->damage_mean, sigma = p->damage_sigma;
        double longer = b->expected ? 0.5 * outage_sigma * outage_sigma : 0.0, shift = b->expected ? 0.0 : 0.5 * sigma * sigma;
        LANES {
            zone->hours[i] += scratch->c[i] * median * exp_(outage_sigma * scratch->e[i] + longer);
            zone->damage[i] += scratch->c[i] * least(mean * exp_(sigma * scratch->d[i] - shift), 1.0);
        }
    }
    LANES {
        zone->hours[i] = least(zone->hours[i], HOURS);
        zone->damage[i] = least(zone->damage[i], 1.0);
    }
}

static inline void fill_counts(const Block *b, double *restrict counts, double *restrict uniform, const uint32_t *words, double rate) {
    if (b->expected) {
        set_row(counts, rate);
        return;
    }
    take_uniform(uniform, words);
    fill_poisson(counts, uniform, rate);
    LANES counts[i] = least(counts[i], MOST_EVENTS);
}

static void draw_border(const Block *b, int64_t t, int64_t j) {
    SCRATCH_ROWS *restrict scratch = b->s->scratch;
    const BORDER *p = &b->net->borders[j];
    double *restrict closed = b->s->borders[j].hours, hours = p->closure_hours;
    fill_counts(b, scratch->c, scratch->a, words_of(b, b->streams->borders[j], t), p->closure_rate);
    LANES closed[i] = scratch->c[i] * hours;
}

static void draw_segment(const Block *b, int64_t t, int64_t g) {
    State *restrict s = b->s;
    SCRATCH_ROWS *restrict scratch = s->scratch;
    double *restrict hours = ROW_AT(s, segment_hours, t, g);
    const SEGMENT *p = &b->net->segments[g];
    const uint32_t *words = words_of(b, b->streams->segments[g], t);
    double median = p->repair_median, sigma = p->repair_sigma, longer = b->expected ? 0.5 * sigma * sigma : 0.0;
    double *restrict cuts = scratch->d, *restrict repairs = ROW_AT(s, repairs, t, p->section), cost = p->repair_cost_musd;
    fill_counts(b, cuts, scratch->a, words, p->cut_rate);
    LANES repairs[i] += cost * cuts[i];
    take_normal(scratch->b, words + B, scratch->a, b->expected);
    if (p->border >= 0) {
        const double *restrict closed = s->borders[p->border].hours;
        LANES hours[i] = cuts[i] * median * exp_(sigma * scratch->b[i] + longer) + closed[i];
    } else LANES hours[i] = cuts[i] * median * exp_(sigma * scratch->b[i] + longer);
}

/* Border fees a path pays; transit pays none. */
static inline double count_fees(const Block *b, int64_t q) {
    const PATH *p = &b->net->paths[q];
    return b->net->demands[b->inc->path_demand[q]].kind == 0 ? (double)(p->last_crossing - p->first_crossing) : 0.0;
}

/* What a path costs besides its segments: border fees, beyond the region, time, interruptions. */
static inline void fill_fixed_price(double *restrict price, const COMMON_ROWS *restrict common, const double *restrict outside,
                                    const double *restrict unavailability, double fees, double external, double latency) {
    LANES {
        double quality = common->latency_value[i] * latency + common->reliability_value[i] * unavailability[i];
        price[i] = outside[i] * (common->border_fee[i] * fees + external + quality);
    }
}

/* A path's price besides its segments and its share of the year cut; what its buyers will expect of the next year. */
static void path_outage(const Block *b, int64_t t, int64_t q) {
    State *restrict s = b->s;
    const Network *restrict net = b->net;
    const PATH *p = &net->paths[q];
    double *restrict cut = ROW_AT(s, path_cut, t, q);
    double *restrict outage = s->scratch->b, *restrict unavailability = ROW(s, path_unavailability, q);
    fill_fixed_price(ROW_AT(s, path_fixed, t, q), s->common, s->market_years[t].outside, unavailability, count_fees(b, q), *AT(s, path_external, t + 1, q), p->latency);
    set_row(cut, 0.0);
    for (int64_t j = p->first_piece; j < p->last_piece; j++) add_row(cut, ROW_AT(s, segment_hours, t, net->path_segments[j]));
    LANES outage[i] = cut[i] = least(cut[i], HOURS) * (1.0 / HOURS);
    if (t + 1 == COUNT(net, years)) return;
    for (int64_t j = p->first_zone; j < p->last_zone; j++) {
        const double *restrict hours = AT(s, zone_years, t, net->path_zones[j].zone)->hours;
        double factor = net->path_zones[j].factor / HOURS;
        LANES outage[i] += factor * hours[i];
    }
    double external = p->external_unavailability;
    LANES unavailability[i] = 0.7 * unavailability[i] + 0.3 * least(outage[i] + external, 1.0);
}

static void expect_base_year(const Block *b) {
    State *restrict s = b->s;
    const Network *restrict net = b->net;
    SCRATCH_ROWS *restrict scratch = s->scratch;
    for (int64_t q = 0; q < COUNT(net, paths); q++) {
        const PATH *p = &net->paths[q];
        double fixed = 0.0, external = p->external_unavailability;
        for (int64_t j = p->first_piece; j < p->last_piece; j++) {
            const SEGMENT *g = &net->segments[net->path_segments[j]];
            fixed += g->cut_rate * g->repair_median * exp(0.5 * g->repair_sigma * g->repair_sigma);
            if (g->border >= 0) fixed += net->borders[g->border].closure_rate * net->borders[g->border].closure_hours;
        }
        set_row(scratch->b, least(fixed, HOURS));
        for (int64_t j = p->first_zone; j < p->last_zone; j++) {
            const int64_t *range = AT(net, zones, net->path_zones[j].zone, 0);
            double factor = net->path_zones[j].factor;
            set_row(scratch->c, 0.0);
            for (int64_t h = range[0]; h < range[1]; h++) {
                const HAZARD *hazard = &net->hazards[h];
                const double *restrict rate = ROW(s, drawn, hazard->rate_slot);
                double hours = hazard->outage_median * exp(0.5 * hazard->outage_sigma * hazard->outage_sigma);
                LANES scratch->c[i] += rate[i] * hours;
            }
            LANES scratch->b[i] += factor * least(scratch->c[i], HOURS);
        }
        double *restrict base = s->path_base[q].unavailability, *restrict expected = ROW(s, path_unavailability, q);
        LANES expected[i] = base[i] = least(scratch->b[i] * (1.0 / HOURS) + external, 1.0);
    }
}

static void draw_hazards(const Block *b) {
    const Network *restrict net = b->net;
    expect_base_year(b);
    for (int64_t t = 0; t < COUNT(net, years); t++) {
        for (int64_t z = 0; z < COUNT(net, zones); z++) draw_zone(b, t, z);
        for (int64_t j = 0; j < COUNT(net, borders); j++) draw_border(b, t, j);
        for (int64_t g = 0; g < COUNT(net, segments); g++) draw_segment(b, t, g);
        for (int64_t q = 0; q < COUNT(net, paths); q++) path_outage(b, t, q);
    }
}

/* What the year's events do to links in service, the same in all runs; once the paths have read the hours. */
static void outage_step(State *restrict s, const Network *restrict net) {
    const MARKET *m = net->market;
    double allowed = 1.0 - m->sla_target, multiple = m->sla_credit_multiple, lost = least(m->revocation_years, 1.0);
    for (int64_t t = 0; t < COUNT(net, years); t++)
        for (int64_t number = 0; number < COUNT(net, links); number++) {
            double *restrict dark = ROW_AT(s, dark, t, number);
            set_row(dark, 0.0);
            for (int64_t g = net->links[number].first_segment; g < net->links[number].last_segment; g++) {
                const SEGMENT *p = &net->segments[g];
                double *restrict hours = ROW_AT(s, segment_hours, t, g), *restrict received = ROW_AT(s, received, t, g);
                double *restrict repairs = ROW_AT(s, repairs, t, p->section);
                const double *restrict revoked = AT(s, section_years, t, p->section)->revoked;
                double part = s->segment_constants[g].part_of_link;
                if (p->zone >= 0) {
                    const ZONE_YEAR_ROWS *restrict zone = AT(s, zone_years, t, p->zone);
                    double longer = p->zone_factor, factor = p->damage_factor, value = p->replacement_musd;
                    LANES {
                        hours[i] += longer * zone->hours[i];
                        repairs[i] += value * least(zone->damage[i] * factor, 1.0);
                    }
                }
                LANES {
                    double outage = least(hours[i], HOURS) * (1.0 / HOURS), left = (1.0 - outage) * (1.0 - lost * revoked[i]);
                    received[i] = left - least(multiple * most(outage - allowed, 0.0), left);
                    dark[i] += part * outage;
                }
            }
        }
}
