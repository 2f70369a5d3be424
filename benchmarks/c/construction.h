/* When a candidate link opens and what it costs. */
#pragma once
#include "reforms.h"

#define NEVER 1e9
#define ROUNDING 1e-9

LANE double even_share(double y) { return clip(y, 0.0, 1.0); }
LANE double spent_share(double y) {
    double x = even_share(y);
    return x * x * (3.0 - 2.0 * x);
}

/* Whether the host project is finished (c) and between which times works can share its trench (d to e). */
static void fill_host_window(const Block *b, const RUN *run, int64_t host_number) {
    State *restrict s = b->s;
    SCRATCH_ROWS *restrict scratch = s->scratch;
    if (!run->has_codeployment || host_number < 0) {
        set_row(scratch->c, 0.0);
        set_row(scratch->d, 0.0);
        set_row(scratch->e, 0.0);
        return;
    }
    const HOST *p = &b->net->hosts[host_number];
    const double *restrict slip = ROW(s, drawn, p->slip_slot), *restrict completion = ROW(s, drawn, p->completion_slot);
    double first = p->finish - p->lead, last = p->finish + p->lag, chance = p->non_completion;
    LANES {
        scratch->c[i] = completion[i] >= chance ? 1.0 : 0.0;
        scratch->d[i] = first + slip[i];
        scratch->e[i] = last + slip[i];
    }
}

static void schedule_link(const Block *b, const RUN *run, int64_t number) {
    State *restrict s = b->s;
    const Network *restrict net = b->net;
    const MARKET *m = net->market;
    const LINK *p = &net->links[number];
    LINK_ROWS *restrict link = &s->links[number];
    SCRATCH_ROWS *restrict scratch = s->scratch;
    set_row(scratch->b, 0.0);
    for (int64_t k = p->first_section; k < p->last_section; k++) {
        double km = 0.0;
        for (int64_t g = net->sections[k].first_segment; g < net->sections[k].last_segment; g++) km += net->segments[g].km;
        km /= p->length_km;
        evaluate_channel(b, run, scratch->a, net->sections[k].country, CHANNEL_PERMIT_RATIO, s->start_t[number]);
        LANES scratch->b[i] += km * scratch->a[i];
    }
    double chance = 1.0 - exp(-p->cancel_rate * p->construction_years);
    const double *restrict cancel = ROW(s, drawn, p->cancel_slot), *restrict schedule = ROW(s, drawn, p->schedule_slot);
    if (b->expected) set_row(link->cancelled, chance);
    else LANES link->cancelled[i] = cancel[i] < chance ? 1.0 : 0.0;
    double permit_share = m->delay_share_permits, start = s->start_t[number], permits = p->permit_years;
    double works = p->construction_years, delay = p->cancel_delay_years;
    LANES {
        double late = schedule[i] - 1.0;
        link->works_start[i] = start + permits * (1.0 + late * permit_share) * scratch->b[i] + link->cancelled[i] * delay;
        link->duration[i] = works * (1.0 + late * (1.0 - permit_share));
    }
    fill_host_window(b, run, p->host);
    if (p->wait_for_host) {
        double longest = m->max_wait_years;
        LANES {
            double begins = link->works_start[i], later = most(begins, least(scratch->d[i], begins + longest));
            link->works_start[i] = scratch->c[i] > 0.0 ? later : begins;
        }
    }
    const double *restrict completion = ROW(s, drawn, p->completion_slot), *restrict lost = ROW(s, drawn, p->lost_slot);
    double failing = p->non_completion;
    LANES {
        int done = completion[i] >= failing;
        link->completed[i] = done ? 1.0 : 0.0;
        link->spent[i] = done ? 1.0 : lost[i];
        link->open_t[i] = done ? most(ceil(link->works_start[i] + link->duration[i] - ROUNDING), 0.0) : NEVER;
    }
}

static void cost_segment(const Block *b, const RUN *run, int64_t number, int64_t c, int64_t g) {
    State *restrict s = b->s;
    const LINK *l = &b->net->links[number];
    const SEGMENT *p = &b->net->segments[g];
    LINK_ROWS *restrict link = &s->links[number];
    SCRATCH_ROWS *restrict scratch = s->scratch;
    const double *restrict unit_cost = ROW(s, drawn, l->unit_cost_slot);
    double start = s->start_t[number], base = p->codeployable_share, civil = p->civil_musd, saved = p->codeploy_saved, kept = p->kept;
    evaluate_channel(b, run, scratch->a, c, CHANNEL_CODEPLOY_ADD, start);
    LANES {
        double cost = civil * unit_cost[i], saving = scratch->c[i] * clip(base + scratch->a[i], 0.0, 1.0) * saved;
        link->works[i] += cost * (1.0 - saving * kept);
        link->works_economic[i] += cost * (1.0 - saving);
    }
    evaluate_channel(b, run, scratch->a, c, CHANNEL_ROW_SAVED, start);
    evaluate_channel(b, run, scratch->b, c, CHANNEL_ROW_FEE_RATIO, start);
    double row = p->row_musd;
    LANES {
        double cost = row * scratch->b[i], saving = scratch->c[i] * scratch->a[i];
        link->works[i] += cost * (1.0 - saving * kept);
        link->works_economic[i] += cost * (1.0 - saving);
    }
    evaluate_channel(b, run, scratch->a, c, CHANNEL_TERMINAL_RATIO, start);
    double terminal = p->terminal_musd, other = p->other_musd;
    LANES {
        double cost = terminal * scratch->a[i] + other;
        link->works[i] += cost;
        link->works_economic[i] += cost;
    }
}

/* The host window is in scratch c to e. */
static void cost_link(const Block *b, const RUN *run, int64_t number) {
    State *restrict s = b->s;
    const Network *restrict net = b->net;
    const LINK *p = &net->links[number];
    LINK_ROWS *restrict link = &s->links[number];
    SCRATCH_ROWS *restrict scratch = s->scratch;
    LANES {
        int inside = (scratch->d[i] <= link->works_start[i]) & (link->works_start[i] <= scratch->e[i]);
        scratch->c[i] = inside ? scratch->c[i] : 0.0;
        scratch->f[i] = 0.0;
        link->works_economic[i] = 0.0;
    }
    for (int64_t k = p->first_section; k < p->last_section; k++) {
        const SECTION *section = &net->sections[k];
        double share = section->works_share;
        evaluate_channel(b, run, scratch->a, section->country, CHANNEL_OVERRUN_RATIO, s->start_t[number]);
        LANES scratch->f[i] += share * scratch->a[i];
        for (int64_t g = section->first_segment; g < section->last_segment; g++) cost_segment(b, run, number, section->country, g);
    }
    const double *restrict overrun = ROW(s, drawn, p->overrun_slot);
    double extra = p->cancel_cost_share;
    LANES link->cost_ratio[i] = (1.0 + (overrun[i] - 1.0) * scratch->f[i]) * (1.0 + link->cancelled[i] * extra);
}

static void plan_link(const Block *b, const RUN *run, int64_t number) {
    LINK_ROWS *restrict link = &b->s->links[number];
    const LINK *p = &b->net->links[number];
    set_row(link->works_total, 0.0);
    set_row(link->capex, 0.0);
    set_row(link->capex_economic, 0.0);
    set_row(link->works, 0.0);
    set_row(link->anchor, 0.0);
    b->s->any_opened[number] = 0;
    b->s->any_open[number] = p->candidate ? 0 : B;
    if (!p->candidate) {
        LANES {
            link->open_t[i] = -1.0;
            link->open[i] = 1.0;
            link->open_before[i] = 1.0;
            link->opened[i] = 0.0;
            link->completed[i] = 1.0;
        }
        return;
    }
    if (!b->s->in_run[number]) {
        set_row(link->open_t, NEVER);
        set_row(link->completed, 0.0);
        return;
    }
    schedule_link(b, run, number);
    cost_link(b, run, number);
}

static void capex_step(LINK_ROWS *restrict link, const LINK *p, double start, double us_index, double t) {
    double years = p->preparation_years, prepared = 0.0;
    if (years > 0.0) prepared = even_share((t + 1.0 - start + years) / years) - even_share((t - start + years) / years);
    else if (t == most(floor(start), 0.0)) prepared = 1.0;
    double preparation = us_index * p->preparation_musd * prepared, anchor = p->anchor_cash;
    LANES {
        double pace = 1.0 / link->duration[i], y = (t - link->works_start[i]) * pace;
        double part = us_index * link->spent[i] * (spent_share(y + pace) - spent_share(y)), works = part * link->cost_ratio[i];
        link->works_total[i] += works * link->works[i];
        link->capex[i] = works * link->works[i] + preparation;
        link->capex_economic[i] = works * link->works_economic[i] + preparation;
        link->anchor[i] = part * anchor;
    }
}

static void opening_step(State *restrict s, int64_t number, double t) {
    LINK_ROWS *restrict link = &s->links[number];
    double serving = 0.0, opening = 0.0;
    _Pragma("omp simd reduction(+ : serving, opening)") for (int i = 0; i < B; i++) {
        double open = link->open_t[i] <= t ? 1.0 : 0.0, opened = link->open_t[i] == t ? 1.0 : 0.0;
        link->open[i] = open;
        link->open_before[i] = link->open_t[i] <= t - 1.0 ? 1.0 : 0.0;
        link->opened[i] = opened;
        serving += open;
        opening += opened;
    }
    s->any_open[number] = (int64_t)serving;
    s->any_opened[number] = (int64_t)opening;
}
