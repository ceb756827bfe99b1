"""Writes families.csv: densities, both tails and their logarithms of families that tails.csv leaves out, from mpmath 1.3.0
at 60 digits, and quantiles of the beta and F distributions.

Rows: distribution:function, number of parameters, parameters, x, value. Numbers outside 1e-300 ... 1e300 are left out.
"""
import pathlib

import mpmath as m
from mpmath import mp, mpf

mp.dps = 60


def normal(z):
    """P(Z <= z) and P(Z > z)."""
    return m.erfc(-z / m.sqrt(2)) / 2, m.erfc(z / m.sqrt(2)) / 2


def continuous():
    """Name, parameters, x, density, lower and upper tail."""
    for x in (1e-200, 1e-9, 0.01, 0.3, 0.69, 0.7, 1, 2.5, 7, 30, 100, 600):
        x = mpf(x)
        yield "expon", (), x, m.exp(-x), -m.expm1(-x), m.exp(-x)
        for z in (x, -x):
            yield "logistic", (), z, m.exp(-z) / (1 + m.exp(-z)) ** 2, 1 / (1 + m.exp(-z)), 1 / (1 + m.exp(z))
    for s in (0.05, 0.8, 3):
        for z in (-30, -8, -3, -1, -0.2, 1e-6, 0.3, 1.1, 2.6, 5.5, 20):
            x = mpf(float(f"{float(m.exp(mpf(s) * z)):.6g}"))
            lower, upper = normal(m.log(x) / mpf(s))
            yield "lognorm", (s,), x, m.exp(-((m.log(x) / mpf(s)) ** 2) / 2) / (x * mpf(s) * m.sqrt(2 * m.pi)), lower, upper
    for c in (0.3, 1, 1.7, 12.5):
        for power in (1e-100, 1e-9, 0.01, 0.3, 0.69, 0.7, 1.2, 3, 9, 25, 60, 300, 650):
            x = mpf(float(f"{float(mpf(power) ** (1 / mpf(c))):.6g}"))
            if x < 1e-300:
                continue
            y = x ** mpf(c)
            yield "weibull_min", (c,), x, mpf(c) * y / x * m.exp(-y), -m.expm1(-y), m.exp(-y)
    for dfn, dfd in ((1, 1), (5, 12), (3, 200), (2.5, 0.7), (100, 120), (12, 2500)):
        a, b = mpf(dfn) / 2, mpf(dfd) / 2
        for x in (1e-100, 1e-5, 0.02, 0.3, 0.7, 0.95, 1.05, 1.4, 2.2, 4.5, 15, 1e3, 1e20):
            x = mpf(x)
            w = x * dfn / dfd
            p, q = w / (1 + w), 1 / (1 + w)
            density = m.exp(a * m.log(p) + b * m.log(q)) / (m.beta(a, b) * x)
            yield (
                "f",
                (dfn, dfd),
                x,
                density,
                m.betainc(a, b, 0, p, regularized=True),
                m.betainc(b, a, 0, q, regularized=True),
            )


SHAPES = ((1, 1), (1, 800.25), (1.0001, 1.3), (3.7, 9000), (12.3, 2.05), (30.1, 55.7), (45.2, 41.9), (700.3, 90), (9999.5, 1e4))


def beta_value(a, b, x, y):
    """x^a y^b / B(a, b), the lower and the upper tail of a beta variable at x = 1 - y."""
    a, b = mpf(a), mpf(b)
    leading = m.exp(a * m.log(x) + b * m.log(y) + m.loggamma(a + b) - m.loggamma(a) - m.loggamma(b))
    if x * (a + b) <= a:
        lower = leading / a * m.hyp2f1(a + b, 1, a + 1, x)
        return leading, lower, 1 - lower
    upper = leading / b * m.hyp2f1(a + b, 1, b + 1, y)
    return leading, 1 - upper, upper


def beta_families():
    """Name, parameters, x, density, lower and upper tail."""
    for a, b in SHAPES:
        deviation = m.sqrt(mpf(a + b + 1) / (a * b))
        for z in (-30, -12, -5, -2, -0.9, -0.1, 0.3, 1.5, 4, 9, 25):
            odds = mpf(a) / b * m.exp(z * deviation)
            x = mpf(float(f"{float(odds / (1 + odds)):.6g}"))
            if 0 < x < 1:
                leading, lower, upper = beta_value(a, b, x, 1 - x)
                yield "beta", (a, b), x, leading / (x * (1 - x)), lower, upper
            x = mpf(float(f"{float(m.exp(z * deviation)):.6g}"))
            total = b + a * x
            leading, lower, upper = beta_value(a, b, a * x / total, b / total)
            yield "f", (2 * a, 2 * b), x, leading / x, lower, upper


def beta_quantiles():
    """Name, function, parameters, probability, quantile, by Newton's method on ln tail against ln(x/y)."""
    for a, b in SHAPES:
        for p in (1e-250, 1e-40, 1e-6, 0.02, 0.3, 0.5, 0.9, 0.999999):
            for function in ("ppf", "isf"):
                odds = mpf(a) / b
                for _ in range(400):
                    leading, lower, upper = beta_value(a, b, odds / (1 + odds), 1 / (1 + odds))
                    tail, slope = (lower, leading) if function == "ppf" else (upper, -leading)
                    step = m.log(mpf(p) / tail) * tail / slope
                    odds *= m.exp(max(min(step, 20), -20))
                    if abs(step) < mpf(10) ** -30:
                        break
                yield "beta", function, (a, b), p, odds / (1 + odds)
                yield "f", function, (2 * a, 2 * b), p, odds * b / a


def densities():
    """Name, parameters, x, density."""
    for a in (0.3, 1, 2.5, 15.9, 16.1, 60, 2000):
        for step in (1e-100, 0.01, 0.3, 0.8, 0.99, 1, 1.02, 1.3, 2, 6):
            x = mpf(float(f"{a * step:.6g}"))
            value = m.exp((mpf(a) - 1) * m.log(x) - x - m.loggamma(mpf(a)))
            yield "gamma", (a,), x, value
            yield "chi2", (2 * a,), 2 * x, value / 2
    for a, b in ((0.5, 0.5), (1, 3), (2.5, 4), (60, 2), (60, 90), (0.2, 7), (700, 800)):
        for x in (1e-100, 1e-4, 0.1, 0.3, 0.42, 0.46, 0.7, 0.98, 0.999999):
            x = mpf(x)
            value = m.exp((mpf(a) - 1) * m.log(x) + (mpf(b) - 1) * m.log(1 - x)) / m.beta(mpf(a), mpf(b))
            yield "beta", (a, b), x, value
    for df in (0.4, 1, 2.7, 8, 60, 1e4):
        for t in (0, 1e-9, 0.01, 0.4, 1.1, -2.6, 6, 35, 1e5):
            nu, t = mpf(df), mpf(t)
            constant = m.exp(m.loggamma((nu + 1) / 2) - m.loggamma(nu / 2)) / m.sqrt(nu * m.pi)
            yield "t", (df,), t, constant * (1 + t * t / nu) ** (-(nu + 1) / 2)


def discrete():
    """Name, parameters, k, mass, lower and upper tail."""

    def summed(mass, low, high, k):
        return m.fsum(mass(j) for j in range(low, k + 1)), m.fsum(mass(j) for j in range(k + 1, high + 1))

    for n, p in ((12, 0.3), (200, 0.04), (60, 0.9)):
        mass = lambda k: m.binomial(n, k) * mpf(p) ** k * (1 - mpf(p)) ** (n - k)
        for k in sorted({0, 1, int(n * p) - 2, int(n * p), int(n * p) + 3, n - 1}):
            yield "binom", (n, p), k, mass(k), *summed(mass, 0, n, k)
    for mu in (0.4, 7.3, 90):
        mass = lambda k: m.exp(-mpf(mu)) * mpf(mu) ** k / m.factorial(k)
        for k in sorted({0, 1, int(mu), int(mu) + 4, 3 * int(mu) + 12}):
            yield "poisson", (mu,), k, mass(k), *summed(mass, 0, 700, k)
    for p in (0.002, 0.2, 0.9):
        for k in (1, 2, 5, 40):
            q = 1 - mpf(p)
            yield "geom", (p,), k, mpf(p) * q ** (k - 1), 1 - q**k, q**k
    for n, p in ((5, 0.3), (0.6, 0.5), (80, 0.7)):
        mass = lambda k: m.binomial(k + mpf(n) - 1, k) * mpf(p) ** n * (1 - mpf(p)) ** k
        for k in (0, 1, 6, 20, 45, 90):
            yield "nbinom", (n, p), k, mass(k), *summed(mass, 0, 1500, k)
    for population, marked, drawn in ((50, 11, 20), (500, 60, 70)):
        mass = lambda k: (
            m.binomial(marked, k) * m.binomial(population - marked, drawn - k) / m.binomial(population, drawn)
        )
        for k in (0, 1, 4, 6, 8, 10):
            yield "hypergeom", (population, marked, drawn), k, mass(k), *summed(mass, 0, min(marked, drawn), k)


def logarithm(value, rest):
    """ln of a probability, through its complement where that is small."""
    return m.log1p(-rest) if value > 0.5 else m.log(value)


def rows():
    for name, parameters, x, density, lower, upper in (*continuous(), *discrete(), *beta_families()):
        values = {"pdf": density, "logpdf": m.log(density), "cdf": lower, "sf": upper}
        if lower > 0:
            values["logcdf"] = logarithm(lower, upper)
        if upper > 0:
            values["logsf"] = logarithm(upper, lower)
        yield from ((name, function, parameters, x, value) for function, value in values.items())
    for name, parameters, x, density in densities():
        yield name, "pdf", parameters, x, density
        yield name, "logpdf", parameters, x, m.log(density)
    yield from beta_quantiles()


if __name__ == "__main__":
    path = pathlib.Path(__file__).with_name("families.csv")
    with path.open("w") as file:
        for name, function, parameters, x, value in rows():
            if 1e-300 < abs(value) < 1e300:
                fields = [f"{name}:{function}", str(len(parameters)), *(repr(float(p)) for p in parameters), repr(float(x))]
                file.write(",".join([*fields, m.nstr(value, 20)]) + "\n")
