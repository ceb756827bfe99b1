"""Writes tails.csv: both tails of distributions and their logarithms, from mpmath 1.3.0 at 50 digits.

Rows: distribution:function, number of parameters, parameters, x, value. Numbers below 1e-306 are left
out: far tails stand in logarithms only.
"""
import pathlib

import mpmath as m
from mpmath import mp, mpf

mp.dps = 50


def student(df, t):
    """P(T > t) for t >= 0."""
    nu, t = mpf(df), mpf(t)
    return m.betainc(nu / 2, mpf(1) / 2, 0, nu / (nu + t * t), regularized=True) / 2


def normal(z):
    """P(Z > z)."""
    return m.erfc(mpf(z) / m.sqrt(2)) / 2


def gamma(a, x):
    """P and Q."""
    a, x = mpf(a), mpf(x)
    return m.gammainc(a, 0, x, regularized=True), m.gammainc(a, x, m.inf, regularized=True)


def beta(a, b, x):
    """Both tails."""
    a, b, x = mpf(a), mpf(b), mpf(x)
    return m.betainc(a, b, 0, x, regularized=True), m.betainc(b, a, 0, 1 - x, regularized=True)


def rows():
    def both(name, parameters, x, lower, upper):
        for function, value in (("cdf", lower), ("sf", upper)):
            if value > mpf("1e-306"):
                yield name, function, parameters, x, value
            logarithm = m.log1p(-(lower if function == "sf" else upper)) if value > 0.5 else m.log(value)
            if abs(logarithm) > mpf("1e-306"):
                yield name, "log" + function, parameters, x, logarithm

    for df in (0.5, 1, 1.25, 2, 3, 3.7, 5, 8, 12.5, 15.3, 20, 30, 48, 81.5, 98, 200, 750):
        far = (25.0, 60.0, 1e3, 1e6) if df < 30 else (25.0, 38.0)
        for t in (1e-9, 0.003, 0.05, 0.31, 0.7, 1.1, 1.6, 2.05, 2.96, 3.7, 4.8, 6.5, 9.25, 14.0, *far):
            tail = student(df, t)
            yield from both("t", (df,), t, 1 - tail, tail)
            if t < 3:
                yield from both("t", (df,), -t, tail, 1 - tail)
    for a in (0.5, 1, 1.5, 2.5, 3.7, 7, 15.9, 20, 31.25, 39.5, 60):
        for step in (0.02, 0.2, 0.5, 0.8, 0.97, 1, 1.02, 1.2, 1.6, 2.3, 4, 9, 30):
            x = float(f"{a * step:.6g}")
            yield from both("gamma", (a,), x, *gamma(a, x))
        for x in (1e-300, 1e-5, 1.4142, 2 * a + 1.9, 2 * a + 2.1, 2 * a + 31.9, 2 * a + 121):
            yield from both("chi2", (2 * a,), x, *gamma(a, mpf(x) / 2))
    for a, b in ((0.5, 0.5), (1, 1), (1, 3), (2.5, 4), (4.5, 4), (2, 60), (60, 2), (11, 25), (39, 33), (3, 1000), (1.5, 1.25), (50, 45)):
        mean = mpf(a) / (a + b)
        for step in (1e-200, 1e-3, 0.1, 0.29, 0.31, 0.6, 0.9, 0.99, 1, 1.01, 1.1, 1.4, 2, 3.3):
            x = float(f"{float(mean * step):.6g}")
            if 0 < x < 1:
                yield from both("beta", (a, b), x, *beta(a, b, x))
        for y in (1e-9, 1e-4, 0.02):
            yield from both("beta", (a, b), 1 - y, *beta(a, b, 1 - y))
    for z in (1e-12, 0.01, 0.4, 0.8, 1.3, 2.1, 3.3, 5.2, 8.1, 12.7, 21.0, 30.5, 37.2, 40.0, 1e3, 1e8):
        for sign in (1, -1):
            lower = normal(-sign * z)
            yield from both("norm", (), sign * z, lower, normal(sign * z))


if __name__ == "__main__":
    path = pathlib.Path(__file__).with_name("tails.csv")
    with path.open("w") as file:
        for name, function, parameters, x, value in rows():
            fields = [f"{name}:{function}", str(len(parameters)), *(repr(float(p)) for p in parameters), repr(float(x))]
            file.write(",".join([*fields, m.nstr(value, 20)]) + "\n")
