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
