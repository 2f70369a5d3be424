/* Retail prices, adoption, use and traffic. */
#pragma once
#include "construction.h"

static void step_region(const Block *b, int64_t r, int64_t c, int64_t t) {
    State *restrict s = b->s;
    const Network *restrict net = b->net;
    const MARKET *m = net->market;
    const REGION *p = &net->regions[r];
    const COUNTRY *q = &net->countries[c];
    REGION_ROWS *restrict region = &s->regions[r];
    COUNTRY_ROWS *restrict country = &s->countries[c];
    const COMMON_ROWS *restrict common = s->common;
    const DEMAND_ROWS *restrict demand = &s->demands[r];
    const DEMAND_BASE_ROWS *restrict base = &s->demand_base[r];
    const COUNTRY_YEAR_ROWS *restrict macro = AT(s, country_years, t, c);
    SCRATCH_ROWS *restrict scratch = s->scratch;
    const COUNTRY_YEAR_CONSTANTS *fixed = AT(s, country_year_constants, t, c);
    double n = (double)(t + 1), trend = p->retail0 * fixed->retail_trend, local = p->local_share;
    double reference = 1.0 / fixed->reference, sd = 1.0 / q->gini_sd, paid = s->region_constants[r].paid_log;
    double target = log(m->affordability_target), income = s->region_constants[r].income_log - 0.5 * q->gini_sd * q->gini_sd;
    double coverage = AT(net, region_years, r, t)->coverage, population = AT(net, region_years, r, t)->population;
    double churn = m->bass_churn, first = q->bass_p, imitation = q->bass_q;
    LANES {
        double degree = clip(country->channel[CHANNEL_PASS_THROUGH][i], 0.0, 1.0);
        double elasticity = common->pass_incumbent[i] + (common->pass_competitive[i] - common->pass_incumbent[i]) * degree;
        double departure = clip(demand->wholesale[i] / base->wholesale[i] * reference, 0.02, 50.0);
        region->retail[i] = trend * power(departure, elasticity) * (1.0 + local * (1.0 / country->exchange[i] - 1.0));
    }
    LANES {
        double means = income + log_(macro->gdp[i] / (country->exchange[i] * region->retail[i]));
        scratch->a[i] = (target + means) * sd;
        scratch->b[i] = (paid + n * common->relevance_log[i] + means) * sd;
    }
    LANES region->affordable[i] = normal_cdf(scratch->a[i]);
    LANES {
        double k = most(coverage * normal_cdf(scratch->b[i]), 1e-6), a = region->adoption[i];
        double gain = (first + imitation * least(a / k, 1.0)) * most(k - a, 0.0) - churn * most(a - k, 0.0);
        double users = clip(a + gain, 0.0, 1.0);
        region->adoption[i] = users;
        country->users[i] += population * users;
    }
    reference = 1.0 / (1.0 - q->reference_decline);
    LANES {
        double change = clip(demand->wholesale[i] / demand->wholesale_before[i] * reference, 0.3, 3.0);
        double growth = 1.0 + macro->usage_growth[i] * most(1.0 - region->usage[i] / common->usage_max[i], 0.0);
        region->usage[i] = most(region->usage[i] * growth * power(change, -common->usage_elasticity[i]), 1e-6);
    }
}

static void smart_step(const Block *b, int64_t r, int64_t t) {
    REGION_ROWS *restrict region = &b->s->regions[r];
    const REGION_YEAR_ROWS *restrict year = AT(b->s, region_years, t, r);
    double level = AT(b->net, region_years, r, t)->smart_level, delay = (double)b->net->regions[r].smart_delay;
    if (level <= 0.0) LANES {
        region->smart[i] = level;
        region->smart_years_left[i] = most(region->smart_years_left[i] - 1.0, 0.0);
    } else if (b->expected) LANES region->smart[i] = level * (1.0 - year->cancelled[i]);
    else LANES {
        int starts = (region->smart_years_left[i] <= 0.0) & (year->cancelled[i] > 0.0);
        double left = starts ? delay : region->smart_years_left[i];
        region->smart[i] = left > 0.0 ? 0.0 : level;
        region->smart_years_left[i] = most(left - 1.0, 0.0);
    }
}

static void traffic_step(const Block *b, int64_t r, int64_t c, int64_t t) {
    State *restrict s = b->s;
    const COUNTRY *q = &b->net->countries[c];
    const REGION_ROWS *restrict region = &s->regions[r];
    const COUNTRY_ROWS *restrict country = &s->countries[c];
    const COMMON_ROWS *restrict common = s->common;
    double *restrict demand = s->demands[r].demand;
    double population = AT(b->net, region_years, r, t)->population * 1e-6, tourists = q->tourist_years * q->tourist_use;
    double share0 = 1.0 + b->net->market->digital_share0, ramp = least((t + 1.0) / 10.0, 1.0);
    LANES {
        double tourism = tourists * country->channel[CHANNEL_ARRIVALS_RATIO][i] / most(country->users[i], 1e-9);
        double digital = share0 + common->digital_uplift[i] * country->channel[CHANNEL_DIGITAL_RATIO][i] * ramp;
        double volume = population * region->adoption[i] * region->usage[i] * country->international[i];
        demand[i] = volume * (tourism + region->smart[i] + digital);
    }
}

static void demand_step(const Block *b, int64_t t) {
    State *restrict s = b->s;
    const Network *restrict net = b->net;
    for (int64_t c = 0; c < COUNT(net, countries) - 1; c++) {
        COUNTRY_ROWS *restrict country = &s->countries[c];
        const COUNTRY *p = &net->countries[c];
        double last = p->international_share_end;
        LANES {
            country->users[i] = 0.0;
            country->international[i] = last + (country->international[i] - last) * exp_(-country->channel[CHANNEL_LOCALISATION][i]);
        }
        for (int64_t r = p->first_region; r < p->last_region; r++) {
            step_region(b, r, c, t);
            smart_step(b, r, t);
        }
        for (int64_t r = p->first_region; r < p->last_region; r++) traffic_step(b, r, c, t);
    }
    for (int64_t m = 0; m < COUNT(net, transits); m++)
        copy_row(s->demands[COUNT(net, regions) + m].demand, AT(s, transit_years, t, m)->demand);
}
