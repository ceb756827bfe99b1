"""Coefficients of the polynomial and rational approximations in Sources/ApusStatistics/SpecialFunctions.

mpmath 1.3.0. Chebyshev interpolation converted to powers, and rational interpolation at Chebyshev nodes, at 60 digits;
prints Swift array literals, lowest power first, and the largest relative error on a fine grid.
"""
import mpmath
from mpmath import mp, mpf

mp.dps = 60


def chebyshev_nodes(n, low, high):
    return [(low + high) / 2 + (high - low) / 2 * mp.cos(mp.pi * (2 * k + 1) / (2 * n)) for k in range(n)]


def polynomial(f, degree, low, high):
    nodes = chebyshev_nodes(degree + 1, mpf(low), mpf(high))
    matrix = mp.matrix(degree + 1, degree + 1)
    right = mp.matrix(degree + 1, 1)
    for i, x in enumerate(nodes):
        right[i] = f(x)
        for j in range(degree + 1):
            matrix[i, j] = x**j
    return list(mp.lu_solve(matrix, right))


def rational(f, degree, low, high):
    """N(x)/D(x) with D(0) = 1, both of `degree`, equal to f at 2 * degree + 1 Chebyshev nodes."""
    n = 2 * degree + 1
    nodes = chebyshev_nodes(n, mpf(low), mpf(high))
    matrix = mp.matrix(n, n)
    right = mp.matrix(n, 1)
    for i, x in enumerate(nodes):
        value = f(x)
        right[i] = value
        for j in range(degree + 1):
            matrix[i, j] = x**j
        for j in range(1, degree + 1):
            matrix[i, degree + j] = -value * x**j
    solution = mp.lu_solve(matrix, right)
    return list(solution[: degree + 1]), [mpf(1)] + list(solution[degree + 1 :])


def evaluate(c, x):
    s = mpf(0)
    for v in reversed(c):
        s = s * x + v
    return s


def worst(f, g, low, high):
    m = mpf(0)
    for k in range(400):
        x = low + (high - low) * (mpf(k) + mpf(1) / 3) / 400
        if f(x) != 0:
            m = max(m, abs(g(x) / f(x) - 1))
    return float(m)


def literal(name, c):
    print(f"{name}: [" + ", ".join(repr(float(v)) for v in c) + "]")


def erfcx(x):
    if x < 8:
        return mp.exp(x * x) * mp.erfc(x)
    s = x
    for k in range(400, 0, -1):
        s = x + mpf(k) / 2 / s
    return 1 / s / mp.sqrt(mp.pi)


def normal_quantile(p):
    """Upper-tail positive quantile: Q(z) = p for p < 1/2."""
    z = mp.sqrt(-2 * mp.log(2 * p))
    for _ in range(60):
        q = mp.erfc(z / mp.sqrt(2)) / 2
        step = (q - p) * mp.sqrt(2 * mp.pi) * mp.exp(z * z / 2)
        step = step / (1 - z * step / 2)
        z += step
        if abs(step) < mpf(10) ** -45:
            break
    return z


if __name__ == "__main__":
    def unmap(y, c):
        return c * (1 + y) / (1 - y)

    f = lambda y: (1 + 2 * unmap(y, mpf(3.5))) * erfcx(unmap(y, mpf(3.5)))
    c = polynomial(f, 25, -1, 1)
    literal("erfcx", c)
    print(worst(f, lambda y: evaluate([mpf(float(v)) for v in c], y), mpf(-1), mpf("0.999")))

    k = mpf(1.4140625)
    f = lambda z: (1 + k * z) * erfcx(z / mp.sqrt(2)) / 2
    g = lambda y: f(unmap(y, mpf(5)))
    c = polynomial(g, 25, -1, 1)
    literal("normalTail", c)
    print(worst(g, lambda y: evaluate([mpf(float(v)) for v in c], y), mpf(-1), mpf("0.999")))

    f = lambda s: mp.erf(mp.sqrt(s)) / mp.sqrt(s)
    c = polynomial(f, 11, mpf(0) , mpf("0.5"))
    literal("erf", c)
    print(worst(f, lambda y: evaluate([mpf(float(v)) for v in c], y), mpf("1e-5"), mpf("0.5")))

    f = lambda r: sum(r**n / mp.factorial(n + 2) for n in range(40))
    L = mp.log(2) / 2 * mpf("1.001")
    c = polynomial(f, 10, -L, L)
    literal("exp", c)
    print(worst(lambda r: mp.exp(r), lambda r: 1 + r + r * r * evaluate([mpf(float(v)) for v in c], r), -L, L))

    def central(s):
        q = mp.sqrt(mpf("0.180625") - s)
        return normal_quantile(mpf("0.5") - q) / q
    n, d = rational(central, 8, mpf(0), mpf("0.180625"))
    literal("centralN", n); literal("centralD", d)
    rd = lambda c: [mpf(float(v)) for v in c]
    print(worst(central, lambda s: evaluate(rd(n), s) / evaluate(rd(d), s), mpf(0), mpf("0.180624")))
    f = lambda t: normal_quantile(mp.exp(-(t + mpf(1.6)) ** 2))
    for name, lo, hi, deg, sh in [("middle", mpf(1.6), mpf(5), 8, mpf(1.6)), ("far", mpf(5), mpf(27.5), 8, mpf(5))]:
        f = lambda t: normal_quantile(mp.exp(-(t + sh) ** 2))
        n, d = rational(f, deg, 0, hi - sh)
        literal(name + "N", n); literal(name + "D", d)
        print(worst(f, lambda s: evaluate(rd(n), s) / evaluate(rd(d), s), mpf(0), hi - sh))
