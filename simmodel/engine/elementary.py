"""Elementary functions for the kernels: exp, log, power, logistic, normal distribution and its inverse.

Every function is a scalar without branches (only selections), so that a loop over the lanes of a block that calls it
becomes SIMD code; a call to the C library would keep the whole loop scalar.  A lane of a row and a single call give the
same bits.  All arithmetic is 64-bit floating point.  NaN in gives NaN out.

Accuracy, measured against 40-digit arithmetic and checked against SciPy in the tests, in units of 2**-52 (relative):
exp 1, log 1, logistic 3, normal_cdf 4 (in both tails, down to 1e-290), normal_quantile 8 (p not within 1e-3 of 1/2;
there absolute).  `power` is exp(y log x): its relative error grows like 1 + |y log x|.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from simmodel.engine.block import B
from simmodel.engine.jit import kernel_scalar, kernel_step

__all__ = [
    "exp",
    "fill_normal_cdf",
    "fill_normal_quantile",
    "log",
    "logistic",
    "normal_cdf",
    "normal_quantile",
    "power",
    "turn_normals_into_uniforms",
    "turn_uniforms_into_normals",
]

Row = NDArray[np.float64]

# ln 2 in two parts: the first has 36 bits, so that a whole number below 2**16 times it is exact.
LN2_HIGH: Final = 0.6931471805582987
LN2_LOW: Final = 1.6465949582897082e-12
LOG2_E: Final = 1.4426950408889634
# Adding this number leaves a float's nearest whole number in the last bits of its significand.
ROUNDER: Final = 6755399441055744.0  # 1.5 * 2**52
TWO_52: Final = 4503599627370496.0
BITS_OF_TWO_52: Final = np.uint64(0x4330000000000000)
EXP_LARGEST: Final = 709.782712893384  # ln of the largest float
EXP_SMALLEST: Final = -707.7  # below, the result would not be a normal number and is zero
SMALLEST_NORMAL: Final = 2.2250738585072014e-308
LARGEST: Final = 1.7976931348623157e308
SQRT_HALF_BITS: Final = np.uint64(0x3FE6A09E667F3BCD)
ONE_LESS_SQRT_HALF: Final = np.uint64(0x3FF0000000000000 - 0x3FE6A09E667F3BCD)
SIGNIFICAND: Final = np.uint64(0x000FFFFFFFFFFFFF)
HALF_BITS: Final = np.int64(0x3FE0000000000000)
SHIFT: Final = np.uint64(52)
SIGNED_SHIFT: Final = np.int64(52)
# Keeps the leading 26 bits of a significand: the square of what remains is exact.
HALF_SIGNIFICAND: Final = np.int64(-(1 << 27))


@kernel_scalar
def exp(x: float) -> float:
    """e**x; infinity above 709.78, zero below -707.7 (no subnormal results).

    x = n ln 2 + r with whole n and |r| <= (ln 2)/2; the Taylor series of e**r to degree 13 leaves 4e-18.
    """
    bounded = np.float64(EXP_LARGEST if x > EXP_LARGEST else (EXP_SMALLEST if x < EXP_SMALLEST else x))
    shifted = np.float64(bounded * LOG2_E + ROUNDER)
    n = shifted - ROUNDER
    r = (bounded - n * LN2_HIGH) - n * LN2_LOW
    p = 1.6059043836821613e-10
    p = p * r + 2.08767569878681e-09
    p = p * r + 2.505210838544172e-08
    p = p * r + 2.755731922398589e-07
    p = p * r + 2.7557319223985893e-06
    p = p * r + 2.48015873015873e-05
    p = p * r + 1.984126984126984e-04
    p = p * r + 1.388888888888889e-03
    p = p * r + 8.333333333333333e-03
    p = p * r + 4.1666666666666664e-02
    p = p * r + 0.16666666666666666
    p = p * r + 0.5
    p = p * (r * r) + r + 1.0
    # 2**(n - 1), then doubled: n reaches 1024, whose power of two is no float.
    half_power = np.int64((shifted.view(np.int64) << SIGNED_SHIFT) + HALF_BITS).view(np.float64)
    value = (p + p) * half_power
    return np.inf if x > EXP_LARGEST else (0.0 if x < EXP_SMALLEST else value)


@kernel_scalar
def log(x: float) -> float:
    """Natural logarithm; -infinity for zero and subnormal numbers, NaN for negative ones, infinity for infinity.

    x = 2**k m with m between the square roots of 1/2 and 2; ln m = 2 artanh(s), s = (m - 1) / (m + 1), by nine terms of
    the series in s**2 <= 0.0295 (remainder 4e-17), arranged as f - f**2/2 + s (f**2/2 + series) with f = m - 1.
    """
    bits = np.float64(x).view(np.uint64)
    # The exponent as the last bits of the significand of 2**52, which turns it into a float without a conversion.
    moved = np.uint64(bits + ONE_LESS_SQRT_HALF)
    biased = np.uint64(moved >> SHIFT)
    k = np.uint64(biased | BITS_OF_TWO_52).view(np.float64) - (TWO_52 + 1023.0)
    f = np.uint64((moved & SIGNIFICAND) + SQRT_HALF_BITS).view(np.float64) - 1.0
    s = f / (2.0 + f)
    z = s * s
    y = z * z
    odd_terms = 0.11764705882352941  # 2/17, 2/13, ...; the others are 2/19, 2/15, ...
    odd_terms = odd_terms * y + 0.15384615384615385
    odd_terms = odd_terms * y + 0.2222222222222222
    odd_terms = odd_terms * y + 0.4
    p = 0.10526315789473684
    p = p * y + 0.13333333333333333
    p = p * y + 0.18181818181818182
    p = p * y + 0.2857142857142857
    p = p * y + 0.6666666666666666
    p = p + odd_terms * z
    half_square = 0.5 * f * f
    value = k * LN2_HIGH - ((half_square - (s * (half_square + p * z) + k * LN2_LOW)) - f)
    odd = (-np.inf if x >= 0.0 else np.nan) if x < SMALLEST_NORMAL else x + x
    return value if SMALLEST_NORMAL <= x <= LARGEST else odd


@kernel_scalar
def power(x: float, y: float) -> float:
    """x**y for x > 0, as exp(y log x); zero to any power but zero is a limit (0 or infinity), negative x gives NaN.

    The relative error is about 2**-52 (1 + |y log x|): 1e-15 for growth over decades, 1e-13 at the ends of the range.
    """
    return exp(y * log(x))


@kernel_scalar
def logistic(x: float) -> float:
    """1 / (1 + e**-x), the share whose log-odds are x."""
    return 1.0 / (1.0 + exp(-x))


@kernel_scalar
def normal_cdf(x: float) -> float:
    """Probability that a standard normal number is below x.

    The lower tail is exp(-z**2/2) / (z + 4) times a polynomial of degree 23 in 1/(z + 4), z = |x|: the Chebyshev
    expansion of that smooth factor on 0 <= z <= 39, computed with 60 digits (its first neglected term is 1e-20).  z**2
    is split into a part that is exact and a small rest, so the far tail keeps its relative accuracy.  (The last two
    coefficients are moved by one unit in the last place, so that half the probability lies below exactly zero.)
    """
    z = np.float64(abs(x))
    z = np.float64(40.0 if z > 40.0 else z)
    w = 1.0 / (z + 4.0)
    t = 1.205128205128205 - 8.820512820512821 * w
    p = -7.36379750267977e-11
    p = p * t + -1.1276213394502738e-10
    p = p * t + 6.878055817113745e-10
    p = p * t + 1.6822069734307139e-09
    p = p * t + -2.6267794849581926e-09
    p = p * t + -1.3775775123837805e-08
    p = p * t + -1.7842934753851214e-09
    p = p * t + 8.389835664626121e-08
    p = p * t + 1.1392855954109191e-07
    p = p * t + -4.353993716498129e-07
    p = p * t + -1.2131828185627615e-06
    p = p * t + 2.1840200308562345e-06
    p = p * t + 1.046362821530737e-05
    p = p * t + -1.362229355921332e-05
    p = p * t + -8.847010388382882e-05
    p = p * t + 1.4720806311012e-04
    p = p * t + 7.374208806126963e-04
    p = p * t + -2.501459056756743e-03
    p = p * t + -3.2588461890962176e-03
    p = p * t + 4.290632677694325e-02
    p = p * t + -0.15636995546798024
    p = p * t + 0.3639067368270385
    p = p * t + -0.6212441022247247
    p = p * t + 0.8153383968425168
    rough = np.int64(z.view(np.int64) & HALF_SIGNIFICAND).view(np.float64)
    rest = 0.5 * (z - rough) * (z + rough)
    tail = exp(-0.5 * rough * rough) * (1.0 - rest * (1.0 - 0.5 * rest * (1.0 - rest * 0.3333333333333333))) * w * p
    return tail if x < 0.0 else 1.0 - tail


@kernel_scalar
def tail_distance(p: float) -> float:
    """sqrt(-ln(min(p, 1 - p))), the argument of the inverse normal outside its centre."""
    return np.sqrt(-log(p if p < 0.5 else 1.0 - p))


@kernel_scalar
def _central_or_tail(p: float, t: float) -> float:
    """Wichura's PPND16 for 1.4e-11 < p < 1 - 1.4e-11: both rational functions, one division (t = tail_distance(p))."""
    q = p - 0.5
    r = 0.180625 - q * q
    top = 2.5090809287301226727e3
    top = top * r + 3.3430575583588128105e4
    top = top * r + 6.7265770927008700853e4
    top = top * r + 4.5921953931549871457e4
    top = top * r + 1.3731693765509461125e4
    top = top * r + 1.9715909503065514427e3
    top = top * r + 1.3314166789178437745e2
    top = top * r + 3.387132872796366608
    bottom = 5.2264952788528545610e3
    bottom = bottom * r + 2.8729085735721942674e4
    bottom = bottom * r + 3.9307895800092710610e4
    bottom = bottom * r + 2.1213794301586595867e4
    bottom = bottom * r + 5.3941960214247511077e3
    bottom = bottom * r + 6.8718700749205790830e2
    bottom = bottom * r + 4.2313330701600911252e1
    bottom = bottom * r + 1.0
    r = t - 1.6
    far_top = 7.74545014278341407640e-4
    far_top = far_top * r + 2.27238449892691845833e-2
    far_top = far_top * r + 2.41780725177450611770e-1
    far_top = far_top * r + 1.27045825245236838258
    far_top = far_top * r + 3.64784832476320460504
    far_top = far_top * r + 5.76949722146069140550
    far_top = far_top * r + 4.63033784615654529590
    far_top = far_top * r + 1.42343711074968357734
    far_bottom = 1.05075007164441684324e-9
    far_bottom = far_bottom * r + 5.47593808499534494600e-4
    far_bottom = far_bottom * r + 1.51986665636164571966e-2
    far_bottom = far_bottom * r + 1.48103976427480074590e-1
    far_bottom = far_bottom * r + 6.89767334985100004550e-1
    far_bottom = far_bottom * r + 1.67638483018380384940
    far_bottom = far_bottom * r + 2.05319162663775882187
    far_bottom = far_bottom * r + 1.0
    central = abs(q) <= 0.425
    numerator = q * top if central else (far_top if q > 0.0 else -far_top)
    return numerator / (bottom if central else far_bottom)


@kernel_scalar
def _extreme(t: float) -> float:
    """Wichura's third rational function, for probabilities below 1.4e-11 (t > 5)."""
    r = t - 5.0
    top = 2.01033439929228813265e-7
    top = top * r + 2.71155556874348757815e-5
    top = top * r + 1.24266094738807843860e-3
    top = top * r + 2.65321895265761230930e-2
    top = top * r + 2.96560571828504891230e-1
    top = top * r + 1.78482653991729133580
    top = top * r + 5.46378491116411436990
    top = top * r + 6.65790464350110377720
    bottom = 2.04426310338993978564e-15
    bottom = bottom * r + 1.42151175831644588870e-7
    bottom = bottom * r + 1.84631831751005468180e-5
    bottom = bottom * r + 7.86869131145613259100e-4
    bottom = bottom * r + 1.48753612908506148525e-2
    bottom = bottom * r + 1.36929880922735805310e-1
    bottom = bottom * r + 5.99832206555887937690e-1
    bottom = bottom * r + 1.0
    return top / bottom


@kernel_scalar
def normal_quantile(p: float) -> float:
    """The standard normal number with probability p below it; -infinity and infinity at 0 and 1, NaN outside.

    References
    ----------
    M. J. Wichura, Algorithm AS 241: The percentage points of the normal distribution, Applied Statistics 37, 1988
    (PPND16).
    """
    inside = 0.0 < p < 1.0
    safe = p if inside else 0.5
    t = tail_distance(safe)
    extreme = _extreme(t)
    value = (extreme if safe > 0.5 else -extreme) if t > 5.0 else _central_or_tail(safe, t)
    edge = -np.inf if p == 0.0 else (np.inf if p == 1.0 else np.nan)
    return value if inside else edge


# ---------------------------------------------------------------------------------------------------------------- rows


@kernel_step
def fill_normal_quantile(normals: Row, uniforms: Row, scratch: Row) -> None:
    """Write the standard normal numbers of B uniforms into `normals`; `scratch` is B floats of working space.

    For uniforms made of 32-bit words, that is between 1.1e-10 and 1 - 1.1e-10 (6.34 standard deviations); equal there,
    bit for bit, to :func:`normal_quantile`.  Two short loops run faster than one long one.  The three rows are
    different memory (rows that overlap give the same numbers slowly: SIMD code checks for it).
    """
    for i in range(B):
        scratch[i] = tail_distance(uniforms[i])
    for i in range(B):
        normals[i] = _central_or_tail(uniforms[i], scratch[i])


@kernel_step
def turn_uniforms_into_normals(row: Row, scratch: Row) -> None:
    """The same in place."""
    for i in range(B):
        scratch[i] = tail_distance(row[i])
    for i in range(B):
        row[i] = _central_or_tail(row[i], scratch[i])


@kernel_step
def fill_normal_cdf(uniforms: Row, normals: Row) -> None:
    """Write the probabilities of B standard normal numbers into `uniforms`, another row than `normals`."""
    for i in range(B):
        uniforms[i] = normal_cdf(normals[i])


@kernel_step
def turn_normals_into_uniforms(row: Row) -> None:
    """The same in place."""
    for i in range(B):
        row[i] = normal_cdf(row[i])
