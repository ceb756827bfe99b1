"""Reference values of the vector functions: python generate.py, in this folder. Python 3.11, mpmath 1.3.0.

NAME.f64.txt has one line per argument: the bits of x, the bits of the correctly rounded result, and what the rounding left
over, in 1/254 of the result's last place (both zero for NaN and infinities). NAME.f32.txt has the bits of x as float32 and
the bits of the correctly rounded float64 result, which is as good as exact for a float32. pow has a column more, for y.
Arguments: special values, subnormals, the borders of the domain and of over- and underflow, the borders between the
branches of the implementation, and a fixed random sample over all magnitudes and over the range where the function varies.
"""
import math
import pathlib
import random
import struct

import mpmath as mp

mp.mp.prec = 240
FOLDER = pathlib.Path(__file__).parent
POINTS = 1500


def bits64(x):
    return struct.unpack("<Q", struct.pack("<d", x))[0]


def from_bits64(b):
    return struct.unpack("<d", struct.pack("<Q", b))[0]


def bits32(x):
    return struct.unpack("<I", struct.pack("<f", x))[0]


def from_bits32(b):
    return struct.unpack("<f", struct.pack("<I", b))[0]


def to_float32(x):
    """The nearest float32, infinite where that overflows."""
    try:
        return struct.unpack("<f", struct.pack("<f", x))[0]
    except OverflowError:
        return math.copysign(math.inf, x)


def rounded(value):
    """The float64 nearest to an mpf, and the rest in units of its last place; ties to even, also for subnormals."""
    value = mp.mpf(value)
    if mp.isnan(value) or mp.isinf(value):
        return float(value), 0.0
    if value == 0:
        return 0.0, 0.0
    unit = max(int(mp.floor(mp.log(abs(value), 2))) - 52, -1074)
    scaled = mp.ldexp(value, -unit)
    nearest = int(mp.nint(scaled))
    try:
        return math.ldexp(nearest, unit), float(scaled - nearest)
    except OverflowError:
        return math.copysign(math.inf, nearest), 0.0


def exp2(x):
    return mp.mpf(0) if x < -5000 else mp.inf if x > 5000 else mp.power(2, x)


def exp(x):
    return mp.mpf(0) if x < -5000 else mp.inf if x > 5000 else mp.exp(x)


def expm1(x):
    return mp.mpf(-1) + exp(x) if x < -1000 else mp.inf if x > 5000 else mp.expm1(x)


def log1pexp(x):
    return max(x, mp.mpf(0)) + (mp.log1p(exp(-abs(x))) if abs(x) < 5000 else 0)


def sigmoid(x):
    return exp(x) if x < -5000 else 1 / (1 + exp(-x)) if x > 0 else exp(x) / (1 + exp(x))


def erfc(x):
    return mp.mpf(2) if x < -100 else mp.mpf(0) if x > 100 else mp.erfc(x)


def erf(x):
    return mp.mpf(1) if x > 100 else mp.mpf(-1) if x < -100 else mp.erf(x)


def tanh(x):
    return mp.sign(x) if abs(x) > 1000 else mp.tanh(x)


def domain(function, lowest, at_lowest):
    """`function` above `lowest`, `at_lowest` there, NaN below."""
    return lambda x: mp.nan if x < lowest else at_lowest if x == lowest else function(x)


def oscillating(function):
    return lambda x: mp.nan if mp.isinf(x) else function(x)


# name: (function, value at minus and plus infinity, range where it varies, borders)
FUNCTIONS = {
    "exp": (exp, 0, mp.inf, (-745.2, 709.8), [-708.4, -708.3964185322641, -745.1332191019411, 709.782712893384, 88.72284, -87.33655, -103.97208]),
    "exp2": (exp2, 0, mp.inf, (-1075, 1024), [-1022, -1074, -1075, -1075.5, 1023.9999999999999, 1024, -126, -149, -150, 128, 127.99999]),
    "expm1": (expm1, -1, mp.inf, (-40, 40), [-37.43, 709.782712893384, 88.72284, 0.34657359, 1.0397208, -0.34657359, 5.6e-17, 3e-8, -17.4]),
    "log": (domain(mp.log, 0, -mp.inf), mp.nan, mp.inf, (0, 4), [0.7071067811865475, 1.4142135623730951, 2.0]),
    "log2": (domain(lambda x: mp.log(x, 2), 0, -mp.inf), mp.nan, mp.inf, (0, 4), [0.7071067811865475, 1.4142135623730951, 8.0, 0.125, 2.0**-1074, 2.0**100, 2.0**-149]),
    "log1p": (domain(mp.log1p, -1, -mp.inf), mp.nan, mp.inf, (-1, 3), [-0.29289321881345254, 0.41421356237309515, 2.0**53, 2.0**54, 1e-17, 1e-9]),
    "log1pExp": (log1pexp, 0, mp.inf, (-745.2, 40), [0.0, -36.7, -16.6, 36.7, -103.97208, -87.4]),
    "tanh": (tanh, -1, 1, (-20, 20), [0.625, 0.6249999, 19.06, 9.01, 22.0, 11.0]),
    "sigmoid": (sigmoid, 0, 1, (-745.2, 40), [0.0, 36.7, 16.6, -103.97208, -87.4]),
    "erf": (erf, -1, 1, (-6, 6), [0.875, 0.8749999999999999, 5.93, 3.93, 5.9, 3.92]),
    "erfc": (erfc, 2, 0, (-6, 27.3), [0.5, -0.5, 26.54, 27.22, 27.23, 27.3, 10.05, 10.06, 9.19, 10.1, 3.75, 2.25]),
    "sin": (oscillating(mp.sin), mp.nan, mp.nan, (-30, 30), [2.0**20, 2.0**20 + 0.5, 2.0**17, 1e22, 5.319372648326541e255, 6381956970095103 * 2.0**797, 1.7976931348623157e308, 16367173 * 2.0**72]),
    "cos": (oscillating(mp.cos), mp.nan, mp.nan, (-30, 30), [2.0**20, 2.0**20 + 0.5, 2.0**17, 1e22, 5.319372648326541e255, 6381956970095103 * 2.0**797, 1.7976931348623157e308, 16367173 * 2.0**72]),
}  # fmt: skip


def arguments(low, high, borders, smallest, is_single):
    """`smallest` is the least subnormal number; borders are taken with their neighbours."""
    bits, back = (bits32, from_bits32) if is_single else (bits64, from_bits64)
    narrow = to_float32 if is_single else float
    least_normal, largest = (2.0**-126, from_bits32(0x7F7FFFFF)) if is_single else (2.0**-1022, from_bits64(0x7FEFFFFFFFFFFFFF))
    found = [0.0, -0.0, math.inf, -math.inf, math.nan]
    for x in [1.0, 0.5, 2.0, smallest, least_normal, least_normal - smallest, largest, *borders]:
        for y in (narrow(x), back(max(bits(narrow(abs(x))), 1) - 1) * (1 if x >= 0 else -1), back(min(bits(narrow(abs(x))) + 1, bits(largest))) * (1 if x >= 0 else -1)):
            found += [y, -y]
    # Multiples of π/2, where sine and cosine lose all leading digits.
    found += [narrow(float(k * mp.pi / 2)) for k in (*range(1, 12), 355 * 2, 103993, 10**6)]
    generator = random.Random(20240917)
    bottom, top = (-149, 127) if is_single else (-1074, 1023)
    for index in range(POINTS):
        if index % 3 == 0:
            found.append(narrow(generator.uniform(low, high)))
        elif index % 3 == 1:
            found.append(narrow(math.ldexp(generator.uniform(1, 2), generator.randint(-30, 8)) * generator.choice([1, -1])))
        else:
            found.append(narrow(math.ldexp(generator.uniform(1, 2), generator.randint(bottom, top)) * generator.choice([1, -1])))
    return list(dict.fromkeys((bits(x), x) for x in found))


def evaluate(function, at_minus, at_plus, x):
    if math.isnan(x):
        return mp.nan
    if math.isinf(x):
        return mp.mpf(at_plus if x > 0 else at_minus)
    return function(mp.mpf(x))


def signed_zero(name, x, value):
    """Odd functions keep the sign of a zero argument."""
    return x if x == 0 and name in ("expm1", "log1p", "tanh", "erf", "sin") else value


def write(name, lines):
    (FOLDER / name).write_text("\n".join(lines) + "\n")


def write_unary():
    for name, (function, at_minus, at_plus, (low, high), borders) in FUNCTIONS.items():
        lines = []
        for bits, x in arguments(low, high, borders, 2.0**-1074, False):
            value, rest = rounded(evaluate(function, at_minus, at_plus, x))
            lines.append(f"{bits:016x} {bits64(signed_zero(name, x, value)):016x} {round(rest * 254)}")
        write(f"{name}.f64.txt", lines)
        lines = []
        for bits, x in arguments(max(low, -160), min(high, 140), borders, 2.0**-149, True):
            value, _ = rounded(evaluate(function, at_minus, at_plus, x))
            lines.append(f"{bits:08x} {bits64(signed_zero(name, x, value)):016x}")
        write(f"{name}.f32.txt", lines)


def power(x, y):
    """C99's pow for finite arguments; Python's own for the special cases, which it takes from C."""
    try:
        if math.isnan(x) or math.isnan(y) or math.isinf(x) or math.isinf(y) or x == 0 or y == 0:
            return mp.mpf(math.pow(x, y)), math.pow(x, y)
    except ValueError:
        # Python raises at 0 to a negative power, where C returns a signed infinity.
        value = math.copysign(math.inf, x) if y.is_integer() and y % 2 == 1 else math.inf
        return mp.mpf(value), value
    if x < 0 and not y.is_integer():
        return mp.nan, math.nan
    exponent = mp.mpf(y) * mp.log(abs(mp.mpf(x)), 2)
    value = mp.inf if exponent > 5000 else mp.mpf(0) if exponent < -5000 else mp.power(2, exponent)
    sign = -1 if x < 0 and y % 2 == 1 else 1
    return sign * value, sign * 0.0


def power_arguments(is_single):
    narrow = to_float32 if is_single else float
    least, largest = (2.0**-149, from_bits32(0x7F7FFFFF)) if is_single else (2.0**-1074, from_bits64(0x7FEFFFFFFFFFFFFF))
    integer_limit = 2.0**24 if is_single else 2.0**53
    special = [0.0, 1.0, 0.5, 2.0, 3.0, 2.5, math.inf, least, largest, integer_limit - 1, integer_limit, integer_limit / 2 - 0.5]
    special += [-s for s in special] + [math.nan]
    found = [(x, y) for x in special for y in special]
    generator = random.Random(20240917)
    bottom, top, reach = (-149, 127, 151) if is_single else (-1074, 1023, 1076)
    for index in range(POINTS):
        x = math.ldexp(generator.uniform(1, 2), generator.randint(bottom, top) if index % 2 else generator.randint(-2, 2))
        if index % 5 == 0:
            x = 1 + math.ldexp(generator.uniform(-1, 1), -generator.randint(1, 22 if is_single else 50))
        x = narrow(x)
        y = generator.uniform(-reach, reach) / math.log2(x) if x != 1 else 3.0
        if index % 7 == 0:
            x, y = -x, float(round(y))
        found.append((narrow(x), narrow(y)))
    return found


def write_power():
    lines, lines_single = [], []
    for x, y in power_arguments(False):
        exact, zero = power(x, y)
        value, rest = rounded(exact)
        value = zero if value == 0 else value
        lines.append(f"{bits64(x):016x} {bits64(y):016x} {bits64(value):016x} {round(rest * 254)}")
    write("pow.f64.txt", lines)
    for x, y in power_arguments(True):
        exact, zero = power(x, y)
        value, _ = rounded(exact)
        value = zero if value == 0 else value
        lines_single.append(f"{bits32(x):08x} {bits32(y):08x} {bits64(value):016x}")
    write("pow.f32.txt", lines_single)


if __name__ == "__main__":
    write_unary()
    write_power()
