/* Results of regions, countries and transit markets. */
#pragma once
#include "losses.h"

static void count_demand_step(const Block *b) {
    State *restrict s = b->s;
    const Network *restrict net = b->net;
    for (int64_t c = 0; c < COUNT(net, countries); c++) set_row(s->countries[c].demand, 0.0);
    for (int64_t o = 0; o < COUNT(net, demands); o++) add_row(s->countries[COUNT(net, countries) - 1].demand, s->demands[o].demand);
    for (int64_t r = 0; r < COUNT(net, regions); r++) add_row(s->countries[net->regions[r].country].demand, s->demands[r].demand);
}

static void market_result_step(const Block *b, int64_t t) {
    State *restrict s = b->s;
    const Network *restrict net = b->net;
    const SCRATCH_ROWS *restrict scratch = s->scratch;
    const double *restrict outside_price = s->common->outside;
    MARKET_ROWS *restrict total = &s->markets[COUNT(net, transits)];
    const double *restrict all = s->countries[COUNT(net, countries) - 1].demand;
    set_row(total->out[MARKET_OUTSIDE_SHARE], 0.0);
    set_row(total->out[MARKET_EXTERNAL_PAYMENT], 0.0);
    for (int64_t c = 0; c < COUNT(net, countries); c++) {
        set_row(s->countries[c].fees, 0.0);
        set_row(s->countries[c].land_flow, 0.0);
    }
    for (int64_t o = 0; o < COUNT(net, demands); o++) {
        const DEMAND_ROWS *restrict demand = &s->demands[o];
        payment_step(b, o, t);
        LANES {
            total->out[MARKET_OUTSIDE_SHARE][i] += scratch->e[i] + scratch->f[i];
            total->out[MARKET_EXTERNAL_PAYMENT][i] += scratch->d[i];
        }
        if (o < COUNT(net, regions)) {
            copy_row(s->demands[o].satellite, scratch->e);
            add_row(s->countries[net->regions[o].country].land_flow, demand->land_flow);
        } else {
            MARKET_ROWS *restrict market = &s->markets[o - COUNT(net, regions)];
            LANES {
                market->out[MARKET_DEMAND][i] = demand->demand[i];
                market->out[MARKET_OUTSIDE_SHARE][i] = demand->demand[i] > 0.0 ? scratch->f[i] / demand->demand[i] : 0.0;
                market->out[MARKET_EXTERNAL_PAYMENT][i] = scratch->d[i];
                market->out[MARKET_OUTSIDE_PRICE_INDEX][i] = outside_price[i];
            }
        }
        lost_step(b, o, t);
    }
    LANES {
        total->out[MARKET_DEMAND][i] = all[i];
        total->out[MARKET_OUTSIDE_PRICE_INDEX][i] = outside_price[i];
        double share = total->out[MARKET_OUTSIDE_SHARE][i];
        total->out[MARKET_OUTSIDE_SHARE][i] = all[i] > 0.0 ? share / all[i] : 0.0;
    }
}

static void region_result_step(const Block *b, int64_t r, int64_t t) {
    State *restrict s = b->s;
    REGION_RESULTS *restrict result = s->region_results;
    const REGION_ROWS *restrict region = &s->regions[r];
    const DEMAND_ROWS *restrict demand = &s->demands[r];
    const double *restrict index0 = s->demand_base[r].index, *restrict margin = s->countries[b->net->regions[r].country].margin;
    double population = AT(b->net, region_years, r, t)->population;
    LANES {
        result->out[REGION_USERS][i] = population * region->adoption[i];
        result->out[REGION_RETAIL_PRICE][i] = region->retail[i];
        result->out[REGION_AFFORDABLE_SHARE][i] = region->affordable[i];
        result->out[REGION_DEMAND][i] = demand->demand[i];
        result->out[REGION_UNSERVED][i] = demand->unserved[i];
        result->out[REGION_LOST][i] = demand->lost[i];
        result->out[REGION_SATELLITE_FLOW][i] = demand->satellite[i];
        result->out[REGION_WHOLESALE_PRICE][i] = demand->wholesale[i];
        result->out[REGION_PRICE_INDEX][i] = demand->index[i] / index0[i];
        result->out[REGION_PAYMENT][i] = BILLING * (demand->money[i] + margin[i] * demand->land_flow[i]);
    }
}

static void surplus_step(const Block *b, int64_t run, int64_t r, int64_t t) {
    State *restrict s = b->s;
    const Network *restrict net = b->net;
    REGION_RESULTS *restrict result = s->region_results;
    const DEMAND_ROWS *restrict demand = &s->demands[r];
    const DEMAND_BASE_ROWS *restrict base = &s->demand_base[r];
    COUNTRY_ROWS *restrict country = &s->countries[net->regions[r].country];
    int64_t reference = net->runs[run].reference_run, own = b->inc->reference_place[run];
#define REFERENCE(place) (s->reference + (((place) * s->n_reference[1] + t) * s->n_reference[2] + r) * 2 * B)
    double *restrict price = s->scratch->a, *restrict quantity = s->scratch->b;
    LANES {
        double index = demand->index[i] / base->index[i];
        price[i] = country->international[i] * (base->generalised[i] * index + country->margin[i]);
        quantity[i] = 1000.0 * demand->demand[i] / country->international[i];
    }
    if (own >= 0) {
        copy_row(REFERENCE(own), price);
        copy_row(REFERENCE(own) + B, quantity);
    }
    if (reference < 0 || reference == run) {
        set_row(result->out[REGION_SURPLUS_CHANGE], 0.0);
        set_row(result->out[REGION_TRAPEZOID], 0.0);
        return;
    }
    const double *restrict price0 = REFERENCE(b->inc->reference_place[reference]), *restrict quantity0 = price0 + B;
    LANES {
        double p0 = price0[i], q0 = quantity0[i], p1 = price[i], q1 = quantity[i];
        double dearer = log_(p1 / p0), elasticity = log_(q1 / q0);
        int same = fabs(p1 / p0 - 1.0) < 1e-6;
        elasticity /= same ? 1.0 : dearer;
        int straight = same | (elasticity > 1e-9), unit = fabs(1.0 + elasticity) < 1e-9;
        double curve = unit ? -p0 * q0 * dearer : (p0 * q0 - p1 * q1) / (unit ? 1.0 : 1.0 + elasticity);
        double change = straight ? 0.5 * (p0 - p1) * (q0 + q1) : curve;
        result->out[REGION_SURPLUS_CHANGE][i] = change * (12.0 / 1e6);
        country->out[COUNTRY_SURPLUS_CHANGE][i] += change * (12.0 / 1e6);
        result->out[REGION_TRAPEZOID][i] = straight ? 1.0 : 0.0;
    }
#undef REFERENCE
}

static void country_result_step(const Block *b, int64_t c, int64_t t) {
    State *restrict s = b->s;
    const Network *restrict net = b->net;
    const COUNTRY *p = &net->countries[c];
    COUNTRY_ROWS *restrict country = &s->countries[c];
    const double *restrict gdp = AT(s, country_years, t, c)->gdp;
    LANES {
        country->out[COUNTRY_GDP_INDEX][i] = gdp[i];
        country->out[COUNTRY_EXCHANGE_RATE][i] = country->exchange[i];
        country->out[COUNTRY_DISCRIMINATION_RATIO][i] = 1.0;
    }
    if (p->first_region >= p->last_region) return; /* what starts at zero stays there */
    double people = 0.0, us_index = net->years[t].us_index;
    LANES {
        country->price_mean[i] = 0.0;
        country->wholesale_mean[i] = 0.0;
        country->retail_mean[i] = 0.0;
    }
    for (int64_t r = p->first_region; r < p->last_region; r++) people += AT(net, region_years, r, t)->population;
    for (int64_t r = p->first_region; r < p->last_region; r++) {
        const DEMAND_ROWS *restrict demand = &s->demands[r];
        const double *restrict retail = s->regions[r].retail;
        double part = AT(net, region_years, r, t)->population / most(people, 1e-9);
        LANES {
            country->price_mean[i] += demand->demand[i] * demand->price[i];
            country->wholesale_mean[i] += demand->demand[i] * demand->wholesale[i];
            country->retail_mean[i] += part * retail[i];
        }
    }
    double cost = BILLING * p->gateway_cost * us_index, fixed = p->access_cost + p->efficient_retail_cost;
    double basket = p->basket_kbps / 1000.0 / us_index;
    LANES {
        double inverse = country->demand[i] > 0.0 ? 1.0 / country->demand[i] : 0.0;
        country->price_mean[i] *= inverse;
        country->wholesale_mean[i] *= inverse;
        country->out[COUNTRY_DEMAND][i] = country->demand[i];
        country->out[COUNTRY_WHOLESALE_PRICE][i] = country->wholesale_mean[i];
        country->out[COUNTRY_GATEWAY_MARGIN][i] = country->margin[i];
        country->out[COUNTRY_GATEWAY_REVENUE][i] = BILLING * country->margin[i] * country->land_flow[i] + country->fees[i];
        country->out[COUNTRY_GATEWAY_COST][i] = cost * country->land_flow[i];
        double bill = country->wholesale_mean[i] * basket * country->international[i];
        country->out[COUNTRY_SQUEEZE_HEADROOM][i] = country->retail_mean[i] - fixed - bill;
    }
    LANES {
        double closed = 1.0 - country->channel[CHANNEL_OPEN_ACCESS][i];
        double extra = country->margin[i] * (1.0 + country->channel[CHANNEL_MARKUP][i] * closed), mean = country->price_mean[i];
        country->out[COUNTRY_DISCRIMINATION_RATIO][i] = mean > 0.0 ? (mean + extra) / mean : 1.0;
    }
}

static void total_step(const Block *b) {
    static const int totals[][2] = {
        {MARKET_SURPLUS_CHANGE, COUNTRY_SURPLUS_CHANGE}, {MARKET_GATEWAY_REVENUE, COUNTRY_GATEWAY_REVENUE},
        {MARKET_GATEWAY_COST, COUNTRY_GATEWAY_COST},     {MARKET_LINK_REVENUE, COUNTRY_LINK_REVENUE},
        {MARKET_RESOURCE_COST, COUNTRY_RESOURCE_COST},
    };
    MARKET_ROWS *restrict total = &b->s->markets[COUNT(b->net, transits)];
    for (int j = 0; j < 5; j++) {
        set_row(total->out[totals[j][0]], 0.0);
        for (int64_t k = 0; k < COUNT(b->net, countries) - 1; k++)
            add_row(total->out[totals[j][0]], b->s->countries[k].out[totals[j][1]]);
    }
}
