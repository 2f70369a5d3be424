/* Waves, renewals, running costs and the regulator's books of a segment. */
#pragma once
#include "base_year.h"

/* A segment from the state of t-1 to that of t; its running costs and investment go to its section. */
static void capacity_step(const Block *b, int64_t number, int64_t g, int64_t t) {
    State *restrict s = b->s;
    const Network *restrict net = b->net;
    const MARKET *m = net->market;
    const SEGMENT *p = &net->segments[g];
    const SEGMENT_CONSTANTS *fixed = &s->segment_constants[g];
    SEGMENT_ROWS *restrict segment = &s->segments[g];
    SECTION_SUMS *restrict sums = s->section_sums;
    const LINK_ROWS *restrict link = &s->links[number];
    const COMMON_ROWS *restrict common = s->common;
    const double *restrict exchange = s->countries[p->country].exchange;
    /* the waves that end this year, then those added */
    double *restrict lit_sum = s->link_results->out[LINK_LIT], *restrict history = ROW_AT(s, waves, t % m->life_wave, g), *restrict invested = s->scratch->a;
    const double *restrict regional = class_flow(b, REGIONAL, g), *restrict transit = class_flow(b, TRANSIT, g);
    double optics = 1.0 + m->mea_trend_optics, civil = 1.0 + m->mea_trend_civil, waves_of = 1.0 / m->wave_gbps;
    double factor = fixed->wave_factor, ended = fixed->wave_charge_ended, lit = fixed->part_of_link * m->wave_gbps;
    BOOK_ROWS *restrict book = &s->books[g];
    if (net->links[number].candidate) LANES book->civil_charge[i] *= civil;
    LANES {
        double needed = most(ceil((regional[i] + transit[i]) * (1.0 + common->headroom[i]) * waves_of - ROUNDING), 1.0);
        double gone = history[i], left = segment->waves[i] - gone, added = link->open[i] > 0.0 ? most(needed - left, 0.0) : 0.0;
        segment->wave_charge[i] = segment->wave_charge[i] * optics + factor * added * common->equipment[i] - ended * gone * common->retired_price[i];
        segment->waves[i] = left + added;
        history[i] = added;
        lit_sum[i] += lit * (left + added);
    }
    double terminal = p->terminal_musd, *restrict due = s->scratch->b;
    if (!net->links[number].candidate) set_row(due, (t + p->terminal_offset) % m->life_terminal == 0 ? terminal : 0.0);
    else {
        double years = (double)m->life_terminal, pace = 1.0 / years;
        LANES {
            double age = t - link->open_t[i];
            due[i] = (age > 0.0) & (age - years * floor(age * pace + ROUNDING) == 0.0) ? terminal : 0.0;
        }
    }
    double running = p->opex_fixed_musd * net->years[t].us_index, active = m->opex_active_share, usd = m->opex_usd_share;
    double wave = fixed->wave_musd, cable = 1.0 / m->life_cable;
    LANES {
        double cost = running + active * (segment->waves[i] * wave + terminal) * common->equipment[i];
        cost = link->open[i] > 0.0 ? cost : 0.0;
        double all = cost * (usd + (1.0 - usd) / exchange[i]), spent = (history[i] * wave + due[i]) * common->equipment[i];
        segment->opex[i] = all;
        invested[i] = spent;
        sums->opex[i] += all;
        sums->opex_usd[i] += cost * usd;
        sums->equipment[i] += spent;
    }
    if (p->cost_base == RAB) LANES {
        double gross = book->gross[i] + invested[i], base = book->rab[i] + invested[i], written = least(gross * cable, base);
        book->gross[i] = gross;
        book->depreciation[i] = written;
        book->rab[i] = base - written;
    }
}

static void start_segment(const Block *b, int64_t number, int64_t g) {
    State *restrict s = b->s;
    const MARKET *m = b->net->market;
    const SEGMENT *p = &b->net->segments[g];
    const SEGMENT_CONSTANTS *fixed = &s->segment_constants[g];
    SEGMENT_ROWS *restrict segment = &s->segments[g];
    BOOK_ROWS *restrict book = &s->books[g];
    int candidate = (int)b->net->links[number].candidate;
    double exists = candidate ? 0.0 : 1.0, waves = exists * p->lit0_waves;
    double stock = exists * p->asset_base_share * (p->civil_musd + p->terminal_musd);
    double opex = exists * (p->opex_fixed_musd + m->opex_active_share * (waves * fixed->wave_musd + p->terminal_musd));
    double wave_charge = fixed->wave_factor * waves;
    double depreciation = least(stock / m->life_cable, stock);
    for (int64_t year = 0; year < m->life_wave; year++) set_row(ROW_AT(s, waves, year, g), waves / (double)m->life_wave);
    LANES {
        segment->waves[i] = waves;
        book->civil_charge[i] = 0.0;
        segment->wave_charge[i] = wave_charge;
        book->gross[i] = stock;
        book->rab[i] = stock;
        book->depreciation[i] = depreciation;
        segment->opex[i] = opex;
        book->lit_review[i] = 0.0;
    }
    for (int kind = 0; kind < 2; kind++) {
        double *restrict seen = s->price + (kind * s->n_price[1] + g) * B;
        double price = kind == REGIONAL ? p->base_price_regional : p->base_price_transit;
        set_row(ROW_AT(s, segment_flow, kind, g), 0.0);
        set_row(book->cap[kind], price);
        if (candidate) copy_row(seen, ROW(s, segment_cost, g));
        else set_row(seen, price);
    }
}
