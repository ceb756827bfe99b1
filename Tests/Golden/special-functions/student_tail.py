"""Coefficients of Student's t tail and the normal tail: writes StudentTTailCoefficients.swift, prints the normal's.

mpmath 1.3.0. With x = t / sqrt(nu + t^2) and z = sqrt(nu) x the tail is P(T > t) = (1 + t^2/nu)^(-nu/2) K(z), and
(z + 5) K(z) is smooth in Y = 2 eta - 1, eta = z (1 + 5 / sqrt(nu)) / (z + 5), on all of -1 <= Y <= 1 and in
sigma = 1 / sqrt(nu + 1). Chebyshev interpolation in both at 50 digits, converted to powers of Y and, on each of four
intervals of sigma, of the position u in -1 <= u <= 1 on the interval. sigma = 0 is the normal distribution.

Usage: student_tail.py PATH_OF_THE_SWIFT_FILE
"""
import sys
from concurrent.futures import ProcessPoolExecutor

import mpmath as m
from mpmath import mp, mpf

CENTRE = mpf(5)
#: Ends of the intervals of sigma; the last holds nu = 1.
ENDS = [mpf(0), mpf("0.11"), mpf("0.25"), mpf("0.43"), mpf("0.7072")]
IN_Y, IN_U = 24, 17


def erfcx(x):
    if x < 8:
        return m.exp(x * x) * m.erfc(x)
    s = x
    for k in range(400, 0, -1):
        s = x + mpf(k) / 2 / s
    return 1 / s / m.sqrt(m.pi)


def scaled_tail(z, nu):
    """K(z): by the continued fraction of the incomplete beta function, near 0 from the central probability."""
    a, b, x = nu / 2, mpf(1) / 2, z / m.sqrt(nu)
    y = 1 - x * x
    if z > 2.5:
        c, d = mpf(1), 1 / (1 - (a + b) * y / (a + 1))
        h = d
        for i in range(1, 4000):
            for term in (
                i * (b - i) * y / ((a - 1 + 2 * i) * (a + 2 * i)),
                -(a + i) * (a + b + i) * y / ((a + 2 * i) * (a + 1 + 2 * i)),
            ):
                d = 1 / (1 + term * d)
                c = 1 + term / c
                h *= c * d
            if abs(c * d - 1) < mpf(10) ** (5 - mp.dps):
                return x * h / (2 * a * m.beta(a, b))
        raise RuntimeError((z, nu))
    term = total = mpf(1)
    n = 0
    while term > mpf(10) ** -mp.dps:
        term *= (a + b + n) / (mpf(3) / 2 + n) * x * x
        total += term
        n += 1
    return m.exp(-a * m.log1p(-x * x)) / 2 - x * total / m.beta(a, b)


def smooth(y, sigma):
    """(z + 5) K(z) at Y = y."""
    eta = (y + 1) / 2
    if sigma == 0:
        z = CENTRE * eta / (1 - eta)
        return (z + CENTRE) * erfcx(z / m.sqrt(2)) / 2
    nu = 1 / sigma**2 - 1
    z = CENTRE * eta / (1 + CENTRE / m.sqrt(nu) - eta)
    return (z + CENTRE) * scaled_tail(z, nu)


def nodes(n):
    return [m.cos(m.pi * (2 * k + 1) / (2 * n)) for k in range(n)]


def powers(values):
    """Coefficients, lowest first, of the polynomial with these values at the Chebyshev nodes."""
    n = len(values)
    result = [mpf(0)] * n
    before, current = [mpf(1)], [mpf(0), mpf(1)]
    for j in range(n):
        scale = (1 if j == 0 else 2) * m.fsum(v * m.cos(j * m.pi * (2 * k + 1) / (2 * n)) for k, v in enumerate(values)) / n
        t = before if j == 0 else current
        for i, value in enumerate(t):
            result[i] += scale * value
        if j > 0:
            following = [mpf(0)] + [2 * value for value in current]
            for i, value in enumerate(before):
                following[i] -= value
            before, current = current, following
    return result


def interval(index):
    """coefficients[i][j] of u^i Y^j."""
    mp.dps = 50
    low, high = ENDS[index], ENDS[index + 1]
    in_y = []
    for u in nodes(IN_U):
        sigma = (low + high) / 2 + (high - low) / 2 * u
        in_y.append(powers([smooth(y, sigma) for y in nodes(IN_Y)]))
    columns = [powers([row[j] for row in in_y]) for j in range(IN_Y)]
    return [[columns[j][i] for j in range(IN_Y)] for i in range(IN_U)]


def check(index, table):
    """Largest relative error of the rounded coefficients, evaluated exactly."""
    low, high = ENDS[index], ENDS[index + 1]
    worst = mpf(0)
    for u in [mpf(v) for v in ("-0.999", "-0.73", "-0.3", "0.11", "0.6", "0.97")]:
        sigma = (low + high) / 2 + (high - low) / 2 * u
        c = [m.fsum(mpf(float(table[i][j])) * u**i for i in range(IN_U)) for j in range(IN_Y)]
        for k in range(30):
            y = m.cos(m.pi * (k + mpf("0.37")) / 30)
            worst = max(worst, abs(m.fsum(v * y**j for j, v in enumerate(c)) / smooth(y, sigma) - 1))
    return float(worst)


def report(index):
    table = interval(index)
    return table, check(index, table)


def main(path):
    mp.dps = 50
    normal = powers([smooth(y, mpf(0)) for y in nodes(IN_Y)])
    print("normal tail, highest power first:")
    for value in reversed(normal):
        print(f"    {float(value)!r}")
    worst = mpf(0)
    for k in range(400):
        y = m.cos(m.pi * (k + mpf("0.37")) / 400)
        worst = max(worst, abs(m.fsum(mpf(float(v)) * y**j for j, v in enumerate(normal)) / smooth(y, mpf(0)) - 1))
    print("largest relative error", float(worst))
    lines = []
    with ProcessPoolExecutor(2) as workers:
        for index, (table, error) in enumerate(workers.map(report, range(len(ENDS) - 1))):
            print("interval", index, "largest relative error", error)
            for row in table:
                for start in range(0, IN_Y, 4):
                    lines.append("    " + ", ".join(repr(float(v)) for v in row[start : start + 4]) + ",")
    ends = ", ".join(str(float(end)) for end in ENDS)
    text = f"""/// Coefficients of ``StudentTTail``, written by `Tests/Golden/special-functions/student_tail.py`.
package enum StudentTTailCoefficients {{
  /// Powers of Y, with a table row of as many numbers for each power of u.
  static let powersOfY = {IN_Y}
  static let powersOfU = {IN_U}
  /// Ends of the intervals of 1/√(ν + 1).
  static let ends = [{ends}]
  /// Intervals × powers of u × powers of Y, lowest first.
  static let values: [Double] = [
{chr(10).join(lines)}
  ]
}}
"""
    with open(path, "w") as file:
        file.write(text)


if __name__ == "__main__":
    main(sys.argv[1])
