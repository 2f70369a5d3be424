/* What reforms do: the channels of a country in a year. */
#pragma once
#include "hazards.h"

static inline void effect_step(const Block *b, double *restrict row, const EFFECT *p, double t) {
    State *restrict s = b->s;
    double start = p->start_t, chance = b->expected ? (p->probability >= 0.5 ? 2.0 : -1.0) : p->probability;
    const double *restrict success = ROW(s, drawn, p->success_slot), *restrict lag = ROW(s, drawn, p->lag_slot);
    const double *restrict size = ROW(s, drawn, p->effect_slot);
#define ACTIVE ((success[i] < chance) & (t >= start + lag[i]))
    if (p->operation == OPERATION_SET) LANES row[i] = ACTIVE ? size[i] : row[i];
    else if (p->operation == OPERATION_MULTIPLY) LANES row[i] = ACTIVE ? row[i] * size[i] : row[i];
    else LANES row[i] = ACTIVE ? row[i] + size[i] : row[i];
#undef ACTIVE
}

static void reform_step(const Block *b, const RUN *run, int64_t t) {
    State *restrict s = b->s;
    const Network *restrict net = b->net;
    if (t > 0 && !run->has_reforms) return;
    for (int64_t c = 0; c < COUNT(net, countries); c++) {
        COUNTRY_ROWS *restrict country = &s->countries[c];
        const COUNTRY *p = &net->countries[c];
        for (int k = 0; k < CHANNEL_COUNT; k++) set_row(country->channel[k], *AT(net, channel_base, c, k));
        if (run->has_reforms)
            for (int64_t m = p->first_effect; m < p->last_effect; m++)
                effect_step(b, country->channel[net->effects[m].channel], &net->effects[m], (double)t);
        double *restrict degree = country->channel[CHANNEL_OPEN_ACCESS];
        double above = 0.0;
        _Pragma("omp simd reduction(+ : above)") for (int i = 0; i < B; i++) {
            degree[i] = clip(degree[i], 0.0, 1.0);
            above += degree[i] > 0.0 ? 1.0 : 0.0;
        }
        s->open_access[c] = (int64_t)above;
    }
}

/* One channel at the time works on a link start; a start before the study meets no reform. */
static void evaluate_channel(const Block *b, const RUN *run, double *restrict row, int64_t c, int64_t channel, double t) {
    const Network *restrict net = b->net;
    set_row(row, *AT(net, channel_base, c, channel));
    if (run->has_reforms && t >= 0.0)
        for (int64_t m = net->countries[c].first_effect; m < net->countries[c].last_effect; m++)
            if (net->effects[m].channel == channel) effect_step(b, row, &net->effects[m], t);
}
