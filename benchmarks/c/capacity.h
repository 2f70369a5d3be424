/* Waves, renewals, running costs and the regulator's books of a segment. */
#pragma once
#include "base_year.h"

#define MUSD 1e-6

static void capacity_step(const Block *b, int64_t number, int64_t g, int64_t t) {
    State *restrict s = b->s;
    const Network *restrict net = b->net;
    const MARKET *m = net->market;
    const SEGMENT *p = &net->segments[g];
    SEGMENT_ROWS *restrict segment = &s->segments[g];
    const LINK_ROWS *restrict link = &s->links[number];
    const COMMON_ROWS *restrict common = s->common;
    const double *restrict exchange = s->countries[p->country].exchange;
    double *restrict added = s->waves + (g * s->n_waves[1] + t) * B;
    int candidate = (int)net->links[number].candidate;
    int64_t life = m->life_wave, life_terminal = m->life_terminal;
    /* what has reached the end of its life, and its price when it was bought */
    double *restrict gone = s->scratch->a, *restrict bought = s->scratch->b;
    double optics = 1.0 + m->mea_trend_optics, civil = 1.0 + m->mea_trend_civil, wave = p->wave_capex_usd * MUSD;
    if (t >= life) {
        copy_row(gone, s->waves + (g * s->n_waves[1] + t - life) * B);
        copy_row(bought, s->market_years[t - life].equipment);
    } else {
        set_row(gone, candidate ? 0.0 : p->lit0_waves / (double)life);
        set_row(bought, pow(optics, (double)(t + 1 - life)));
    }
    double waves_of = 1.0 / m->wave_gbps, factor = first_factor(p->wacc, m->mea_trend_optics, (double)life) * wave;
    double ended = factor * pow(optics, (double)life);
    LANES {
        double needed = most(ceil(segment->total[i] * (1.0 + common->headroom[i]) * waves_of - ROUNDING), 1.0);
        double left = segment->waves[i] - gone[i], more = link->open[i] > 0.0 ? most(needed - left, 0.0) : 0.0;
        segment->added[i] = more;
        added[i] = more;
        segment->waves[i] = left + more;
        segment->civil_charge[i] *= civil;
        segment->terminal_charge[i] *= optics;
        segment->wave_charge[i] = segment->wave_charge[i] * optics + factor * more * common->equipment[i] - ended * gone[i] * bought[i];
    }
    double terminal = p->terminal_musd;
    if (!candidate) {
        double due = (t + p->terminal_offset) % life_terminal == 0 ? terminal : 0.0;
        LANES segment->renewal[i] = due * common->equipment[i];
    } else {
        double years = (double)life_terminal, pace = 1.0 / years;
        LANES {
            double age = t - link->open_t[i];
            int due = (age > 0.0) & (age - years * floor(age * pace + ROUNDING) == 0.0);
            segment->renewal[i] = due ? terminal * common->equipment[i] : 0.0;
        }
    }
    double fixed = p->opex_fixed_musd * net->years[t].us_index, active = m->opex_active_share, usd = m->opex_usd_share;
    double cable = 1.0 / m->life_cable;
    LANES {
        double cost = fixed + active * (segment->waves[i] * wave + terminal) * common->equipment[i];
        cost = link->open[i] > 0.0 ? cost : 0.0;
        segment->opex_base[i] = cost;
        segment->opex[i] = cost * (usd + (1.0 - usd) / exchange[i]);
        double invested = segment->added[i] * wave * common->equipment[i] + segment->renewal[i];
        double gross = segment->gross[i] + invested, base = segment->rab[i] + invested, written = least(gross * cable, base);
        segment->gross[i] = gross;
        segment->depreciation[i] = written;
        segment->rab[i] = base - written;
    }
}

static void start_segment(const Block *b, int64_t number, int64_t g) {
    State *restrict s = b->s;
    const MARKET *m = b->net->market;
    const SEGMENT *p = &b->net->segments[g];
    SEGMENT_ROWS *restrict segment = &s->segments[g];
    int candidate = (int)b->net->links[number].candidate;
    double exists = candidate ? 0.0 : 1.0, waves = exists * p->lit0_waves, wave = p->wave_capex_usd * MUSD;
    double civil = exists * p->asset_base_share * p->civil_musd, terminal = exists * p->terminal_musd;
    double stock = exists * p->asset_base_share * (p->civil_musd + p->terminal_musd), optics = m->mea_trend_optics;
    double opex = exists * (p->opex_fixed_musd + m->opex_active_share * (waves * wave + p->terminal_musd));
    double civil_charge = first_factor(p->wacc, m->mea_trend_civil, m->life_cable) * civil;
    double terminal_charge = first_factor(p->wacc, optics, (double)m->life_terminal) * terminal;
    double wave_charge = first_factor(p->wacc, optics, (double)m->life_wave) * waves * wave;
    double depreciation = least(stock / m->life_cable, stock);
    LANES {
        segment->waves[i] = waves;
        segment->added[i] = 0.0;
        segment->renewal[i] = 0.0;
        segment->civil_charge[i] = civil_charge;
        segment->terminal_charge[i] = terminal_charge;
        segment->wave_charge[i] = wave_charge;
    }
    LANES {
        segment->gross[i] = stock;
        segment->rab[i] = stock;
        segment->depreciation[i] = depreciation;
        segment->opex[i] = opex;
        segment->opex_base[i] = opex;
        segment->lit_review[i] = 0.0;
        segment->total[i] = 0.0;
    }
    for (int kind = 0; kind < 2; kind++) {
        const double *restrict cost = s->segment_base[g].cost[kind];
        double *restrict seen = s->price + (kind * s->n_price[1] + g) * B;
        double price = kind == REGIONAL ? p->base_price_regional : p->base_price_transit;
        LANES {
            double first = candidate ? cost[i] : price;
            segment->flow[kind][i] = 0.0;
            segment->price[kind][i] = first;
            segment->cap[kind][i] = price;
            seen[i] = first;
        }
    }
}
