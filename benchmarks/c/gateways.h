/* Exchange rate and the margin of the international gateway. */
#pragma once
#include "demand.h"

static void exchange_step(const Block *b, int64_t t) {
    State *restrict s = b->s;
    const Network *restrict net = b->net;
    int64_t last = COUNT(net, countries) - 1, expected = b->expected;
    double catch_up = exp(-net->market->fx_catch_up), indexation = net->market->fx_indexation - 1.0;
    for (int64_t c = 0; c < last; c++) {
        COUNTRY_ROWS *restrict country = &s->countries[c];
        const COUNTRY_YEAR_ROWS *restrict year = AT(s, country_years, t, c);
        double rate = net->countries[c].fx_jump_rate;
        LANES {
            double chance = 1.0 - exp_(-rate * country->channel[CHANNEL_FX_JUMP_RATIO][i]);
            double jump = expected ? chance : (year->jump_uniform[i] < chance ? 1.0 : 0.0);
            country->fx_jump[i] = country->fx_jump[i] * catch_up + jump * year->jump_size[i];
        }
        LANES {
            double level = year->fx_slow[i] + country->fx_jump[i];
            country->exchange[i] = exp_(level);
            country->tariff_factor[i] = exp_(indexation * level);
        }
    }
    set_row(s->countries[last].exchange, 1.0);
    set_row(s->countries[last].tariff_factor, 1.0);
}

static void margin_step(const Block *b, int64_t t) {
    State *restrict s = b->s;
    const Network *restrict net = b->net;
    const double *restrict elasticity = s->common->gateway_elasticity;
    for (int64_t c = 0; c < COUNT(net, countries) - 1; c++) {
        COUNTRY_ROWS *restrict country = &s->countries[c];
        const COUNTRY_BASE_ROWS *restrict base = &s->country_base[c];
        const COUNTRY_YEAR_ROWS *restrict year = AT(s, country_years, t, c);
        const COUNTRY *p = &net->countries[c];
        double gateways = *AT(net, channel_base, c, CHANNEL_GATEWAYS), first = most(gateways, 1.0);
        double spell = b->expected ? 0.0 : (double)p->nat_years, speed = 1.0 / net->market->gateway_phase_years;
        double left = AT(s, country_year_constants, t, c)->gateway_left;
        double bill = AT(net, country_years, c, t)->bill_ref, price = AT(net, country_years, c, t)->p_ref;
        LANES {
            int starts = (country->nat_years_left[i] <= 0.0) & (year->takeover[i] > 0.0);
            double years = starts ? spell : country->nat_years_left[i];
            country->nationalised[i] = years > 0.0 ? 1.0 : 0.0;
            country->nat_years_left[i] = most(years - 1.0, 0.0);
            double step = country->channel[CHANNEL_GATEWAYS][i] != gateways ? speed : 0.0;
            country->phase[i] = least(country->phase[i] + step, 1.0);
        }
        LANES {
            double top = first * elasticity[i] - 1.0;
            double entered = power(top / (most(country->channel[CHANNEL_GATEWAYS][i], 1.0) * elasticity[i] - 1.0), country->phase[i]);
            double ratio = country->nationalised[i] > 0.0 ? top / (elasticity[i] - 1.0) : entered;
            country->margin[i] = least(base->margin[i] * left * ratio, most(base->cap_share[i] * bill - price, 0.0));
        }
    }
}
