"""Minimax polynomials of Sources/ApusNumerics/VectorMath: python coefficients.py [name ...]

Each entry of POLYNOMIALS is the polynomial with the smallest largest weighted error on an interval (Remez's exchange
algorithm in 50-digit arithmetic), its coefficients then rounded to float64 or float32. Printed, lowest power first, are
the hexadecimal literals and the base-2 logarithm of the error that the rounded polynomial leaves, the constant term taken with its remainder.
Made with Python 3.11, mpmath 1.3.0.
"""
import struct
import sys

import mpmath as mp

mp.mp.dps = 50


def to_float32(value):
    """The nearest float32; through float64, whose second rounding does not matter for a coefficient."""
    return struct.unpack("f", struct.pack("f", float(value)))[0]


ROUNDING = {"f64": float, "f32": to_float32}


def extrema(error, low, high, samples):
    """Alternating extrema of `error`: between sign changes the sample of largest magnitude, refined by a parabola."""
    points = [low + (high - low) * (1 - mp.cos(mp.pi * i / samples)) / 2 for i in range(samples + 1)]
    values = [error(x) for x in points]
    found, best = [], 0
    for i in range(1, samples + 1):
        if values[i] * values[best] < 0:
            found.append(best)
            best = i
        elif abs(values[i]) > abs(values[best]):
            best = i
    found.append(best)
    refined = []
    for i in found:
        x = points[i]
        if 0 < i < samples:
            (a, b, c), (fa, fb, fc) = points[i - 1 : i + 2], values[i - 1 : i + 2]
            bottom = (b - a) * (fb - fc) - (b - c) * (fb - fa)
            if bottom != 0:
                x = b - ((b - a) ** 2 * (fb - fc) - (b - c) ** 2 * (fb - fa)) / (2 * bottom)
                if not points[i - 1] < x < points[i + 1]:
                    x = b
        refined.append(x)
    return refined


def remez(target, weight, powers, low, high):
    """Coefficients for `powers` that minimise max |weight (target - polynomial)|, and that maximum."""
    count = len(powers)
    nodes = [low + (high - low) * (1 - mp.cos(mp.pi * (2 * i + 1) / (2 * count + 2))) / 2 for i in range(count + 1)]
    coefficients, largest = None, mp.inf
    for _ in range(30):
        matrix, right = mp.matrix(count + 1), mp.matrix(count + 1, 1)
        for row, x in enumerate(nodes):
            for column, power in enumerate(powers):
                matrix[row, column] = x**power
            matrix[row, count] = (-1) ** row / weight(x)
            right[row] = target(x)
        solution = mp.lu_solve(matrix, right)
        coefficients, level = list(solution[:count]), abs(solution[count])
        error = lambda x: weight(x) * (target(x) - sum(c * x**p for c, p in zip(coefficients, powers)))
        nodes_new = extrema(error, low, high, 24 * count)
        largest = max(abs(error(x)) for x in nodes_new)
        if len(nodes_new) < count + 1 or largest < level * (1 + mp.mpf(2) ** -12):
            break
        while len(nodes_new) > count + 1:
            nodes_new = nodes_new[1:] if abs(error(nodes_new[0])) < abs(error(nodes_new[-1])) else nodes_new[:-1]
        nodes = nodes_new
    return coefficients, largest


def fit(target, weight, degree, low, high, rounding):
    """Rounded coefficients of the best polynomial of `degree`, what the rounding took from the constant one, and the
    largest weighted error left if that remainder is added again."""
    exact, _ = remez(target, weight, range(degree + 1), mp.mpf(low), mp.mpf(high))
    coefficients = [mp.mpf(rounding(c)) for c in exact]
    remainder = rounding(exact[0] - coefficients[0])
    samples = [low + (high - low) * mp.mpf(i) / 2001 for i in range(2002)]
    error = lambda x: abs(weight(x) * (target(x) - mp.polyval(coefficients[::-1], x) - remainder))
    return coefficients, remainder, max(error(x) for x in samples)


def even_series(function, power):
    """Of an even or odd `function` of x: (function(x) / x**power), as a function of z = x * x."""
    return lambda z: function(mp.sqrt(z)) / mp.sqrt(z) ** power


def near_zero(function, low_order):
    """`function`, but `low_order` where the former would lose its digits."""
    return lambda x: low_order(x) if abs(x) < mp.mpf(10) ** -9 else function(x)


def scaled_erfc(x):
    return mp.exp(x * x) * mp.erfc(x)


HALF_LN2 = mp.log(2) / 2 * mp.mpf("1.0005")
QUARTER_PI = mp.pi / 4 * mp.mpf("1.0005")
# The float32 reduction rounds the quotient in float32: the remainder may pass π/4 a little.
QUARTER_PI_FLOAT = mp.mpf("0.80")
# log(1 + f) with s = f / (2 + f): the significand lies in [sqrt(1/2), sqrt(2)].
LARGEST_S = (mp.sqrt(2) - 1) / (mp.sqrt(2) + 1) * mp.mpf("1.0005")
F_LOW, F_HIGH = mp.sqrt(2) / 2 - 1 - mp.mpf("0.0001"), mp.sqrt(2) - 1 + mp.mpf("0.0001")
# erfc: t = (x - ERFC_CENTRE) / (x + ERFC_CENTRE) for 0.5 <= x <= 27.3 in float64, 10.1 in float32.
ERFC_CENTRE = mp.mpf("3.75")
ERFC_CENTRE_FLOAT = mp.mpf("2.25")


def erfc_argument(t, centre):
    return centre * (1 + t) / (1 - t)


def erfc_factor(centre):
    """(1 + 2 x) exp(x^2) erfc(x) as a function of t."""

    def factor(t):
        x = erfc_argument(t, centre)
        return (1 + 2 * x) * scaled_erfc(x)

    return factor


def t_of(x, centre):
    return (mp.mpf(x) - centre) / (mp.mpf(x) + centre)


EXP_TAIL = near_zero(lambda r: (mp.expm1(r) - r) / r**2, lambda r: mp.mpf(1) / 2 + r / 6 + r * r / 24)
EXP_TAIL_WEIGHT = lambda r: max(mp.mpf(10) ** -9, r**2 / abs(mp.expm1(r)) if r else 0)
EXP2_TAIL = near_zero(lambda r: (mp.power(2, r) - 1) / r, lambda r: mp.log(2) + r * mp.log(2) ** 2 / 2)
LOG_SERIES = near_zero(
    lambda z: (mp.log((1 + mp.sqrt(z)) / (1 - mp.sqrt(z))) / mp.sqrt(z) - 2) / z, lambda z: mp.mpf(2) / 3 + 2 * z / 5
)
LOG_SERIES_FIFTH = near_zero(lambda z: (LOG_SERIES(z) - mp.mpf(2) / 3) / z, lambda z: mp.mpf(2) / 5 + 2 * z / 7)
LOG_CUBIC = near_zero(
    lambda f: (mp.log(1 + f) - f + f * f / 2) / f**3, lambda f: mp.mpf(1) / 3 - f / 4 + f * f / 5
)
TANH_CUBIC = near_zero(even_series(lambda x: mp.tanh(x) - x, 3), lambda z: -mp.mpf(1) / 3 + 2 * z / 15)
ERF_EXCESS = near_zero(even_series(lambda x: mp.erf(x) - x, 1), lambda z: 2 / mp.sqrt(mp.pi) * (1 - z / 3) - 1)
LOG2_ERFC = lambda x: mp.log(mp.erfc(x), 2)
LOG2_ERFC_WEIGHT = lambda x: mp.log(2) * mp.erfc(x) / mp.erf(x)
SIN_CUBIC = near_zero(even_series(lambda x: mp.sin(x) - x, 3), lambda z: -mp.mpf(1) / 6 + z / 120)
COS_QUARTIC = near_zero(
    even_series(lambda x: mp.cos(x) - 1 + x * x / 2, 4), lambda z: mp.mpf(1) / 24 - z / 720
)


def weight_of_power(power):
    """The error of x**power P(x^2) relative to a function that behaves as x."""
    return lambda z: mp.sqrt(z) ** (power - 1) if z else mp.mpf(10) ** -9


def weight_cos(z):
    return z * z / mp.cos(mp.sqrt(z)) if z else mp.mpf(10) ** -9


def cubic_log_weight(f):
    return abs(f**3 / mp.log(1 + f)) if f else mp.mpf(10) ** -9


def one(_):
    return mp.mpf(1)


def double_and_float(name, target, weight, degree, degree_float, low, high):
    return {
        name: (target, weight, degree, low, high, "f64"),
        name + "_float": (target, weight, degree_float, low, high, "f32"),
    }


# name: (target, weight, degree, interval, rounding)
POLYNOMIALS = {
    **double_and_float("exp", EXP_TAIL, EXP_TAIL_WEIGHT, 10, 4, -HALF_LN2, HALF_LN2),
    **double_and_float("exp2", EXP2_TAIL, lambda r: 1 / EXP2_TAIL(r), 10, 5, -mp.mpf("0.5005"), mp.mpf("0.5005")),
    "log": (LOG_SERIES, lambda z: z / 2, 6, 0, LARGEST_S**2, "f64"),
    "log_float": (LOG_CUBIC, cubic_log_weight, 7, F_LOW, F_HIGH, "f32"),
    **double_and_float("tanh", TANH_CUBIC, weight_of_power(3), 12, 5, 0, mp.mpf("0.626") ** 2),
    **double_and_float("erf", ERF_EXCESS, one, 11, 5, 0, mp.mpf("0.876") ** 2),
    "erf_log2": (LOG2_ERFC, LOG2_ERFC_WEIGHT, 18, mp.mpf("0.874"), mp.mpf("5.93"), "f64"),
    "erf_log2_float": (LOG2_ERFC, LOG2_ERFC_WEIGHT, 6, mp.mpf("0.874"), mp.mpf("3.93"), "f32"),
    "erfc": (
        erfc_factor(ERFC_CENTRE), one, 21, t_of("0.499", ERFC_CENTRE), t_of("27.3", ERFC_CENTRE), "f64",
    ),
    "erfc_float": (
        erfc_factor(ERFC_CENTRE_FLOAT), one, 9, t_of("0.499", ERFC_CENTRE_FLOAT), t_of("10.1", ERFC_CENTRE_FLOAT), "f32",
    ),
    "sin": (SIN_CUBIC, weight_of_power(3), 5, 0, QUARTER_PI**2, "f64"),
    "sin_float": (SIN_CUBIC, weight_of_power(3), 2, 0, QUARTER_PI_FLOAT**2, "f32"),
    "cos": (COS_QUARTIC, weight_cos, 5, 0, QUARTER_PI**2, "f64"),
    "cos_float": (COS_QUARTIC, weight_cos, 2, 0, QUARTER_PI_FLOAT**2, "f32"),
    "pow": (LOG_SERIES_FIFTH, lambda z: z * z / 2, 6, 0, LARGEST_S**2, "f64"),
    # pow of float32 works in float64.
    "pow_float_log2": (
        lambda z: (2 + z * LOG_SERIES(z)) / mp.log(2), lambda z: mp.log(2) / 2, 4, 0, LARGEST_S**2, "f64",
    ),
    "pow_float_exp2": (
        EXP2_TAIL, lambda r: max(mp.mpf(10) ** -9, abs(r)), 5, -mp.mpf("0.5005"), mp.mpf("0.5005"), "f64",
    ),
}


def main(names):
    for name in names or POLYNOMIALS:
        coefficients, remainder, error = fit(*POLYNOMIALS[name][:5], ROUNDING[POLYNOMIALS[name][5]])
        print(f"{name}: error 2^{mp.nstr(mp.log(error, 2), 4)}")
        for coefficient in coefficients:
            print(f"  {float(coefficient).hex()}")
        print(f"  remainder of the first {remainder.hex()}")


if __name__ == "__main__":
    main(sys.argv[1:])
