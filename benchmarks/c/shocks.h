/* Annual shocks of a block, drawn once and met by all runs. */
#pragma once
#include "random.h"

enum { REGIONAL, TRANSIT };

typedef struct {
    State *restrict s;
    const Network *restrict net;
    const Incidence *restrict inc;
    const Streams *restrict streams;
    uint64_t seed;
    int64_t first_draw, expected;
} Block;

static inline uint32_t *words_of(const Block *b, uint64_t stream, int64_t t) {
    fill_four_words(b->s->words, b->seed, b->first_draw, stream, t);
    return b->s->words;
}

static void take_parameters(State *restrict s, const Network *restrict net) {
    const MARKET *m = net->market;
    COMMON_ROWS *restrict common = s->common;
#define TAKE(row, slot) copy_row(row, ROW(s, drawn, m->slot))
    TAKE(common->theta[0], theta_slot);
    TAKE(common->theta[1], theta_transit_slot);
    TAKE(common->latency_value, value_of_latency_slot);
    TAKE(common->reliability_value, value_of_reliability_slot);
    TAKE(common->border_fee, border_fee_slot);
    TAKE(common->new_route, new_route_constant_slot);
    TAKE(common->switching, switching_slot);
    TAKE(common->usage_elasticity, usage_elasticity_slot);
    TAKE(common->usage_max, usage_max_slot);
    TAKE(common->relevance, relevance_slot);
    TAKE(common->growth0, growth0_slot);
    TAKE(common->growth_terminal, growth_terminal_slot);
    TAKE(common->growth_mid, growth_mid_slot);
    TAKE(common->growth_width, growth_width_slot);
    TAKE(common->pass_incumbent, pass_through_incumbent_slot);
    TAKE(common->pass_competitive, pass_through_competitive_slot);
    TAKE(common->outside_decline, outside_decline_slot);
    TAKE(common->equipment_decline, equipment_decline_slot);
    TAKE(common->climate, climate_slot);
    TAKE(common->gateway_elasticity, gateway_elasticity_slot);
    TAKE(common->headroom, headroom_slot);
    TAKE(common->digital_uplift, digital_uplift_slot);
#undef TAKE
    double capacity = 1.0 / (12000.0 * m->wave_gbps);
    LANES {
        common->ones[i] = 1.0;
        common->zeros[i] = 0.0;
        common->unit_cost[i] = (1.0 + common->headroom[i]) * capacity;
        common->relevance_log[i] = log_(1.0 + common->relevance[i]);
    }
}

static inline void fill_severity(double *restrict row, const double *restrict normals, double median, double sigma, int64_t expected) {
    double shift = expected ? 0.5 * sigma * sigma : 0.0;
    LANES row[i] = median * exp_(sigma * normals[i] + shift);
}

static void draw_market(const Block *b, int64_t t) {
    State *restrict s = b->s;
    COMMON_ROWS *restrict common = s->common;
    MARKET_YEAR_ROWS *restrict year = &s->market_years[t];
    double sigma = b->net->market->outside_decline_sigma;
    const double *restrict shocks = ROW(s, drawn, s->n_drawn[0] - SHOCK_COUNT * (COUNT(b->net, years) - t));
    const double *restrict z_outside = shocks + SHOCK_OUTSIDE_PRICE * B;
    copy_row(common->z_gdp, shocks + SHOCK_GDP * B);
    copy_row(common->z_traffic, shocks + SHOCK_TRAFFIC * B);
    if (t == 0) LANES {
        common->outside[i] = 1.0;
        common->equipment[i] = 1.0;
        common->maturity0[i] = 1.0 / (1.0 + exp_(-common->growth_mid[i] / common->growth_width[i]));
    }
    LANES {
        double decline = common->outside_decline[i] + sigma * z_outside[i];
        year->outside[i] = common->outside[i] *= 1.0 - clip(decline, 0.0, 0.5);
        year->equipment[i] = common->equipment[i] *= 1.0 - common->equipment_decline[i];
        double level = 1.0 / (1.0 + exp_((t - common->growth_mid[i]) / common->growth_width[i]));
        year->maturity[i] = level / common->maturity0[i];
    }
}

static void draw_country(const Block *b, int64_t t, int64_t c) {
    State *restrict s = b->s;
    const MARKET *m = b->net->market;
    const COUNTRY *p = &b->net->countries[c];
    const COMMON_ROWS *restrict common = s->common;
    SCRATCH_ROWS *restrict scratch = s->scratch;
    COUNTRY_YEAR_ROWS *year = AT(s, country_years, t, c), *before = AT(s, country_years, t > 0 ? t - 1 : 0, c);
    const MARKET_YEAR_ROWS *restrict market_year = &s->market_years[t];
    if (c == COUNT(b->net, countries) - 1) {
        set_row(year->gdp, 1.0);
        return;
    }
    if (t == 0) LANES {
        year->gdp[i] = 1.0;
        year->fx_slow[i] = 0.0;
        year->shock[i] = 0.0;
    }
    const uint32_t *words = words_of(b, b->streams->macro[c], t);
    const double *restrict shift = ROW(s, drawn, p->growth_shift_slot);
    double growth = AT(b->net, country_years, c, t)->gdp_growth;
    double shared = sqrt(m->gdp_rho), own = sqrt(1.0 - m->gdp_rho), sigma = p->gdp_sigma;
    take_normal(scratch->b, words, scratch->a, b->expected);
    LANES year->gdp[i] = before->gdp[i] * exp_(growth + shift[i] + sigma * (shared * common->z_gdp[i] + own * scratch->b[i]));
    take_normal(scratch->b, words + B, scratch->a, b->expected);
    double reversion = m->fx_reversion, fx_sigma = p->fx_sigma;
    LANES year->fx_slow[i] = reversion * before->fx_slow[i] + fx_sigma * scratch->b[i];
    take_uniform(year->jump_uniform, words + 2 * B);
    take_normal(scratch->b, words + 3 * B, scratch->a, b->expected);
    fill_severity(year->jump_size, scratch->b, p->fx_jump_median, m->fx_jump_sigma, b->expected);

    words = words_of(b, b->streams->events[c], t);
    take_normal(scratch->b, words, scratch->a, b->expected);
    double rho = m->traffic_rho, traffic_sigma = m->traffic_sigma, divisor = 1.0 / p->growth0_divisor;
    shared = sqrt(m->traffic_common_share), own = sqrt(1.0 - m->traffic_common_share);
    LANES {
        double shock = rho * before->shock[i] + traffic_sigma * (shared * common->z_traffic[i] + own * scratch->b[i]);
        double first = (1.0 + common->growth0[i]) * divisor - 1.0, last = common->growth_terminal[i];
        year->shock[i] = shock;
        year->usage_growth[i] = last + (first - last) * market_year->maturity[i] + shock;
    }
    take_normal(scratch->b, words + 2 * B, scratch->a, b->expected);
    fill_severity(scratch->c, scratch->b, p->shutdown_days_median, p->shutdown_days_sigma, b->expected);
    take_event(year->shutdown, words + B, 1.0 - exp(-p->shutdown_rate), b->expected);
    double effect = p->shutdown_effect / 365.0;
    LANES year->shutdown[i] *= effect * least(scratch->c[i], 365.0);
    take_event(year->takeover, words + 3 * B, 1.0 - exp(-p->nationalisation_rate), b->expected);
}

static void draw_transit(const Block *b, int64_t t, int64_t m) {
    State *restrict s = b->s;
    const MARKET_TRANSIT *p = &b->net->transits[m];
    SCRATCH_ROWS *restrict scratch = s->scratch;
    TRANSIT_YEAR_ROWS *year = AT(s, transit_years, t, m);
    const MARKET_YEAR_ROWS *restrict market_year = &s->market_years[t];
    const double *before = t == 0 ? ROW(s, drawn, p->volume_slot) : AT(s, transit_years, t - 1, m)->volume;
    const double *restrict contestable = ROW(s, drawn, p->contestable_slot);
    double sigma = p->growth_sigma, shift = b->expected ? 0.0 : 0.5 * sigma * sigma, first = p->growth0, last = p->growth_terminal;
    take_normal(scratch->b, words_of(b, b->streams->transits[m], t), scratch->a, b->expected);
    LANES {
        double growth = 1.0 + last + (first - last) * market_year->maturity[i];
        double volume = before[i] * growth * exp_(sigma * scratch->b[i] - shift);
        year->volume[i] = volume;
        year->demand[i] = volume * contestable[i];
    }
}

static void draw_shocks(const Block *b) {
    const Network *restrict net = b->net;
    for (int64_t t = 0; t < COUNT(net, years); t++) {
        draw_market(b, t);
        for (int64_t c = 0; c < COUNT(net, countries); c++) draw_country(b, t, c);
        for (int64_t m = 0; m < COUNT(net, transits); m++) draw_transit(b, t, m);
        for (int64_t r = 0; r < COUNT(net, regions); r++) {
            double chance = 1.0 - exp(-net->regions[r].smart_cancel_rate);
            take_event(AT(b->s, region_years, t, r)->cancelled, words_of(b, b->streams->regions[r], t), chance, b->expected);
        }
        for (int64_t k = 0; k < COUNT(net, sections); k++) {
            const SECTION *p = &net->sections[k];
            double *restrict revoked = AT(b->s, section_years, t, k)->revoked, *restrict repairs = ROW_AT(b->s, repairs, t, k);
            double chance = 1.0 - exp(-net->countries[p->country].revocation_rate), replacement = 0.0;
            take_event(revoked, words_of(b, b->streams->sections[k], t), chance, b->expected);
            for (int64_t g = p->first_segment; g < p->last_segment; g++) replacement += net->segments[g].replacement_musd;
            double penalty = net->market->revocation_cost_share * replacement;
            LANES repairs[i] = penalty * revoked[i];
        }
    }
}
