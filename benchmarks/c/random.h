/* Random numbers by position (Philox4x32-10) and events; see simmodel/engine/random_streams.py. */
#pragma once
#include "elementary.h"
#if defined(__AVX512F__) || defined(__AVX2__)
#include <immintrin.h>
#endif

enum { MOST_POISSON_EVENTS = 40, MOST_EVENTS = 20 };

#if defined(__AVX512F__)
typedef __m512i words64;
#define SPREAD(x) _mm512_set1_epi64((long long)(x))
#define PRODUCT _mm512_mul_epu32
#define HIGH(x) _mm512_srli_epi64(x, 32)
#define XOR3(a, b, c) _mm512_ternarylogic_epi64(a, b, c, 0x96)
#define LOW(x) _mm512_and_si512(x, SPREAD(0xFFFFFFFF))
#define FIRST(x) _mm512_add_epi64(SPREAD(x), _mm512_setr_epi64(0, 1, 2, 3, 4, 5, 6, 7))
#define STORE(to, x) _mm256_storeu_si256((__m256i *)(to), _mm512_cvtepi64_epi32(x))
enum { WORDS = 8 };
#elif defined(__AVX2__)
typedef __m256i words64;
#define SPREAD(x) _mm256_set1_epi64x((long long)(x))
#define PRODUCT _mm256_mul_epu32
#define HIGH(x) _mm256_srli_epi64(x, 32)
#define XOR3(a, b, c) _mm256_xor_si256(_mm256_xor_si256(a, b), c)
#define LOW(x) _mm256_and_si256(x, SPREAD(0xFFFFFFFF))
#define FIRST(x) _mm256_add_epi64(SPREAD(x), _mm256_setr_epi64x(0, 1, 2, 3))
#define STORE(to, x) _mm_storeu_si128((__m128i *)(to), \
    _mm256_castsi256_si128(_mm256_permutevar8x32_epi32(x, _mm256_setr_epi32(0, 2, 4, 6, 0, 2, 4, 6))))
enum { WORDS = 4 };
#else
typedef uint64_t words64;
#define SPREAD(x) ((uint64_t)(x))
#define PRODUCT(a, b) ((a) * (b))
#define HIGH(x) ((x) >> 32)
#define XOR3(a, b, c) ((a) ^ (b) ^ (c))
#define LOW(x) ((x) & 0xFFFFFFFFu)
#define FIRST(x) ((uint64_t)(x))
#define STORE(to, x) (*(to) = (uint32_t)(x))
enum { WORDS = 1 };
#endif

/* Four words of B draws into four rows. */
static inline void fill_four_words(uint32_t *restrict words, uint64_t seed, int64_t first_draw, uint64_t stream, int64_t year) {
    for (int i = 0; i < B; i += WORDS) {
        words64 c0 = FIRST(first_draw + i), c1 = SPREAD(year * 65536), c2 = SPREAD(stream & 0xFFFFFFFF), c3 = SPREAD(stream >> 32);
        uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
        for (int round = 0; round < 10; round++) {
            words64 first = PRODUCT(c0, SPREAD(0xD2511F53)), second = PRODUCT(c2, SPREAD(0xCD9E8D57));
            c0 = XOR3(HIGH(second), c1, SPREAD(k0));
            c2 = XOR3(HIGH(first), c3, SPREAD(k1));
            c1 = LOW(second);
            c3 = LOW(first);
            k0 += 0x9E3779B9;
            k1 += 0xBB67AE85;
        }
        STORE(words + i, c0);
        STORE(words + B + i, c1);
        STORE(words + 2 * B + i, c2);
        STORE(words + 3 * B + i, c3);
    }
}

LANE double uniform_of(uint32_t word) { return ((double)word + 0.5) * 0x1p-32; }

static inline void take_uniform(double *restrict row, const uint32_t *restrict words) { LANES row[i] = uniform_of(words[i]); }

/* Standard normal numbers of B words; zeros in expected mode. */
static inline void take_normal(double *restrict row, const uint32_t *restrict words, double *restrict scratch, int64_t expected) {
    if (expected) {
        set_row(row, 0.0);
        return;
    }
    LANES {
        row[i] = uniform_of(words[i]);
        scratch[i] = tail_distance(row[i]);
    }
    LANES row[i] = central_or_tail(row[i], scratch[i]);
}

/* 1 where an event happens; its probability in expected mode. */
static inline void take_event(double *restrict row, const uint32_t *restrict words, double probability, int64_t expected) {
    if (expected) set_row(row, probability);
    else LANES row[i] = uniform_of(words[i]) < probability ? 1.0 : 0.0;
}

static inline void fill_poisson(double *restrict counts, const double *restrict uniforms, double rate) {
    double term = exp(-rate), cumulative = term;
    set_row(counts, 0.0);
    for (int n = 1; n <= MOST_POISSON_EVENTS; n++) {
        double more = 0.0;
        _Pragma("omp simd reduction(+ : more)") for (int i = 0; i < B; i++) {
            double above = uniforms[i] > cumulative ? 1.0 : 0.0;
            counts[i] += above;
            more += above;
        }
        if (more == 0.0) break;
        term = term * rate / n;
        cumulative += term;
    }
}

static inline void fill_poisson_by_rate(double *restrict counts, const double *restrict uniforms, const double *restrict rates,
                                        double *restrict term, double *restrict cumulative) {
    LANES {
        term[i] = cumulative[i] = exp_(-rates[i]);
        counts[i] = 0.0;
    }
    for (int n = 1; n <= MOST_POISSON_EVENTS; n++) {
        double more = 0.0, part = 1.0 / n;
        _Pragma("omp simd reduction(+ : more)") for (int i = 0; i < B; i++) {
            double above = uniforms[i] > cumulative[i] ? 1.0 : 0.0;
            counts[i] += above;
            more += above;
            term[i] *= rates[i] * part;
            cumulative[i] += term[i];
        }
        if (more == 0.0) break;
    }
}
