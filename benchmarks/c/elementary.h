/* Elementary functions of one lane, free of branches, and of rows of B lanes; see simmodel/engine/elementary.py. */
#pragma once
#include <math.h>
#include <string.h>
#include "layout.h"

#ifndef VECTOR_BYTES
#define VECTOR_BYTES 32
#endif
typedef double vec __attribute__((vector_size(VECTOR_BYTES), aligned(VECTOR_BYTES)));
enum { VEC = VECTOR_BYTES / 8, STRIP = B / VEC < 8 ? (B / VEC < 1 ? 1 : B / VEC) : 8 }; /* lanes of a vector; vectors held in registers by a sum */

/* A function of one lane: were it called and not inlined, the loop around it would stay scalar. */
#define LANE static inline __attribute__((always_inline))
#define LANES _Pragma("omp simd") for (int i = 0; i < B; i++)
#define AT(group, array, j, k) (&(group)->array[(j) * (group)->n_##array[1] + (k)])
#define ROW(group, array, j) ((group)->array + (int64_t)(j) * B)
/* A row of a matrix of rows. */
#define ROW_AT(group, array, j, k) ((group)->array + ((j) * (group)->n_##array[1] + (k)) * B)
#define COUNT(group, array) ((group)->n_##array[0])

LANE double least(double a, double b) { return a < b ? a : b; }
LANE double most(double a, double b) { return a > b ? a : b; }
LANE double clip(double x, double low, double high) { return least(most(x, low), high); }

LANE double exp_(double x) {
    double bounded = clip(x, -707.7, 709.78);
    double n = rint(bounded * 1.4426950408889634);
    double r = (bounded - n * 0.6931471805582987) - n * 1.6465949582897082e-12;
    double p = 1.6059043836821613e-10;
    p = p * r + 2.08767569878681e-09;
    p = p * r + 2.505210838544172e-08;
    p = p * r + 2.755731922398589e-07;
    p = p * r + 2.7557319223985893e-06;
    p = p * r + 2.48015873015873e-05;
    p = p * r + 1.984126984126984e-04;
    p = p * r + 1.388888888888889e-03;
    p = p * r + 8.333333333333333e-03;
    p = p * r + 4.1666666666666664e-02;
    p = p * r + 0.16666666666666666;
    p = p * r + 0.5;
    p = p * (r * r) + r + 1.0;
#ifdef __AVX512DQ__
    int64_t bits = ((int64_t)n + 1022) << 52;
#else
    int64_t bits = ((int64_t)(int32_t)n + 1022) << 52;
#endif
    double half_power;
    memcpy(&half_power, &bits, 8);
    return (p + p) * half_power;
}

/* For positive, normal numbers. */
LANE double log_(double x) {
    uint64_t bits, k_bits, f_bits;
    memcpy(&bits, &x, 8);
    uint64_t moved = bits + (0x3FF0000000000000u - 0x3FE6A09E667F3BCDu);
    k_bits = (moved >> 52) | 0x4330000000000000u;
    f_bits = (moved & 0x000FFFFFFFFFFFFFu) + 0x3FE6A09E667F3BCDu;
    double k, f;
    memcpy(&k, &k_bits, 8);
    memcpy(&f, &f_bits, 8);
    k -= 4503599627370496.0 + 1023.0;
    f -= 1.0;
    double s = f / (2.0 + f), z = s * s, y = z * z;
    double odd = 0.11764705882352941;
    odd = odd * y + 0.15384615384615385;
    odd = odd * y + 0.2222222222222222;
    odd = odd * y + 0.4;
    double p = 0.10526315789473684;
    p = p * y + 0.13333333333333333;
    p = p * y + 0.18181818181818182;
    p = p * y + 0.2857142857142857;
    p = p * y + 0.6666666666666666;
    p = p + odd * z;
    double half_square = 0.5 * f * f;
    return k * 0.6931471805582987 - ((half_square - (s * (half_square + p * z) + k * 1.6465949582897082e-12)) - f);
}

LANE double power(double x, double y) { return exp_(y * log_(x)); }

LANE double normal_cdf(double x) {
    double z = least(fabs(x), 40.0), w = 1.0 / (z + 4.0), t = 1.205128205128205 - 8.820512820512821 * w;
    double p = -7.36379750267977e-11;
    p = p * t + -1.1276213394502738e-10;
    p = p * t + 6.878055817113745e-10;
    p = p * t + 1.6822069734307139e-09;
    p = p * t + -2.6267794849581926e-09;
    p = p * t + -1.3775775123837805e-08;
    p = p * t + -1.7842934753851214e-09;
    p = p * t + 8.389835664626121e-08;
    p = p * t + 1.1392855954109191e-07;
    p = p * t + -4.353993716498129e-07;
    p = p * t + -1.2131828185627615e-06;
    p = p * t + 2.1840200308562345e-06;
    p = p * t + 1.046362821530737e-05;
    p = p * t + -1.362229355921332e-05;
    p = p * t + -8.847010388382882e-05;
    p = p * t + 1.4720806311012e-04;
    p = p * t + 7.374208806126963e-04;
    p = p * t + -2.501459056756743e-03;
    p = p * t + -3.2588461890962176e-03;
    p = p * t + 4.290632677694325e-02;
    p = p * t + -0.15636995546798024;
    p = p * t + 0.3639067368270385;
    p = p * t + -0.6212441022247247;
    p = p * t + 0.8153383968425168;
    double tail = exp_(-0.5 * z * z) * w * p;
    return x < 0.0 ? tail : 1.0 - tail;
}

LANE double tail_distance(double p) { return sqrt(-log_(p < 0.5 ? p : 1.0 - p)); }

LANE double central_or_tail(double p, double t) {
    double q = p - 0.5, r = 0.180625 - q * q;
    double top = 2.5090809287301226727e3;
    top = top * r + 3.3430575583588128105e4;
    top = top * r + 6.7265770927008700853e4;
    top = top * r + 4.5921953931549871457e4;
    top = top * r + 1.3731693765509461125e4;
    top = top * r + 1.9715909503065514427e3;
    top = top * r + 1.3314166789178437745e2;
    top = top * r + 3.387132872796366608;
    double bottom = 5.2264952788528545610e3;
    bottom = bottom * r + 2.8729085735721942674e4;
    bottom = bottom * r + 3.9307895800092710610e4;
    bottom = bottom * r + 2.1213794301586595867e4;
    bottom = bottom * r + 5.3941960214247511077e3;
    bottom = bottom * r + 6.8718700749205790830e2;
    bottom = bottom * r + 4.2313330701600911252e1;
    bottom = bottom * r + 1.0;
    r = t - 1.6;
    double far_top = 7.74545014278341407640e-4;
    far_top = far_top * r + 2.27238449892691845833e-2;
    far_top = far_top * r + 2.41780725177450611770e-1;
    far_top = far_top * r + 1.27045825245236838258;
    far_top = far_top * r + 3.64784832476320460504;
    far_top = far_top * r + 5.76949722146069140550;
    far_top = far_top * r + 4.63033784615654529590;
    far_top = far_top * r + 1.42343711074968357734;
    double far_bottom = 1.05075007164441684324e-9;
    far_bottom = far_bottom * r + 5.47593808499534494600e-4;
    far_bottom = far_bottom * r + 1.51986665636164571966e-2;
    far_bottom = far_bottom * r + 1.48103976427480074590e-1;
    far_bottom = far_bottom * r + 6.89767334985100004550e-1;
    far_bottom = far_bottom * r + 1.67638483018380384940;
    far_bottom = far_bottom * r + 2.05319162663775882187;
    far_bottom = far_bottom * r + 1.0;
    int central = fabs(q) <= 0.425;
    double numerator = central ? q * top : (q > 0.0 ? far_top : -far_top);
    return numerator / (central ? bottom : far_bottom);
}

/* ------------------------------------------------------------------------------------------------------------ rows */

static inline void set_row(double *restrict row, double value) { LANES row[i] = value; }

/* Ask for row j of a year's matrix some objects before it is read. */
#define AHEAD 8
#define ASK_AHEAD(group, array, t, j, count) ask_for(ROW_AT(group, array, t, (j) + AHEAD < (count) ? (j) + AHEAD : (count) - 1))
static inline void ask_for(const double *row) {
    for (int i = 0; i < B; i += 8) __builtin_prefetch(row + i, 0, 2);
}
static inline void copy_row(double *restrict target, const double *restrict source) { LANES target[i] = source[i]; }
static inline void add_row(double *restrict target, const double *restrict source) { LANES target[i] += source[i]; }

/* A row (or zeros) and the rows index[first:last] of a matrix; the sum stays in registers meanwhile. */
LANE void sum_from(double *restrict target, const double *start, const double *restrict matrix, const int64_t *restrict index,
                   int64_t first, int64_t last) {
    for (int place = 0; place < B / VEC; place += STRIP) {
        const vec *begin = (const vec *)start + place;
        vec *to = (vec *)target + place, sum[STRIP];
        for (int k = 0; k < STRIP; k++) sum[k] = start ? begin[k] : (vec){0};
        for (int64_t j = first; j < last; j++) {
            const vec *from = (const vec *)(matrix + index[j] * B) + place;
            for (int k = 0; k < STRIP; k++) sum[k] += from[k];
        }
        for (int k = 0; k < STRIP; k++) to[k] = sum[k];
    }
}

static void fill_sum_from(double *restrict target, const double *start, const double *restrict matrix,
                          const int64_t *restrict index, int64_t first, int64_t last) {
    sum_from(target, start, matrix, index, first, last);
}
static void fill_sum(double *restrict target, const double *restrict matrix, const int64_t *restrict index, int64_t first,
                     int64_t last) {
    sum_from(target, 0, matrix, index, first, last);
}

/* The sum of parts of the rows of a matrix. */
static void fill_parts(double *restrict target, const double *restrict matrix, const double *restrict parts,
                       const int64_t *restrict index, int64_t first, int64_t last) {
    for (int place = 0; place < B / VEC; place += STRIP) {
        vec *to = (vec *)target + place, sum[STRIP];
        for (int k = 0; k < STRIP; k++) sum[k] = (vec){0};
        for (int64_t j = first; j < last; j++) {
            const vec *from = (const vec *)(matrix + index[j] * B) + place;
            for (int k = 0; k < STRIP; k++) sum[k] += parts[j] * from[k];
        }
        for (int k = 0; k < STRIP; k++) to[k] = sum[k];
    }
}

/* The sum of products of the rows of two matrices. */
static void fill_products(double *restrict target, const double *restrict weights, const double *restrict values,
                                const int64_t *restrict index, int64_t first, int64_t last) {
    for (int place = 0; place < B / VEC; place += STRIP) {
        vec *to = (vec *)target + place, sum[STRIP];
        for (int k = 0; k < STRIP; k++) sum[k] = (vec){0};
        for (int64_t j = first; j < last; j++) {
            const vec *weight = (const vec *)(weights + index[j] * B) + place;
            const vec *value = (const vec *)(values + index[j] * B) + place;
            for (int k = 0; k < STRIP; k++) sum[k] += weight[k] * value[k];
        }
        for (int k = 0; k < STRIP; k++) to[k] = sum[k];
    }
}
