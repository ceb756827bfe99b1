"""Golden values of the distributions: `distributions.csv`, lines `kind:function,number of parameters,parameters…,x,value`, and
`moments.csv`, lines `kind,number of parameters,parameters…,mean,variance,skewness,kurtosis,entropy`.

SciPy 1.17.1, NumPy 2.4.6, mpmath 1.3.0. Run: python generate.py
"""
import mpmath
import numpy as np
from scipy import stats

mpmath.mp.dps = 40


def truncated(function, a, b, x):
    """SciPy's truncated normal loses digits near the ends."""
    phi = lambda u, v: mpmath.quad(lambda t: mpmath.npdf(t), mpmath.linspace(u, v, 5))
    part = phi(a, x) if function.endswith("cdf") else phi(x, b)
    value = part / phi(a, b)
    return float(mpmath.log(value) if function.startswith("log") else value)

cases = {
    "norm": [(0, 1), (3.5, 0.2)],
    "t": [(1,), (2.5, 1.0, 2.0), (8,), (100,), (1e6,)],
    "chi2": [(1,), (3,), (30.5, 0, 2), (500,)],
    "f": [(1, 10), (5, 7.5), (40, 200), (3, 1e5)],
    "beta": [(0.5, 0.5), (2, 7), (30, 4, -1, 2), (300, 500)],
    "gamma": [(0.3,), (1,), (7.2, 1, 3), (200,)],
    "expon": [(), (2, 0.5)],
    "uniform": [(), (-1, 5)],
    "lognorm": [(0.25,), (1.5, 0, 2)],
    "logistic": [(), (1, 0.3)],
    "weibull_min": [(0.7,), (1,), (3.5, 0, 2)],
    "truncnorm": [(-1, 2), (0.5, 1.5, 3, 2), (3, 8), (-10, 1)],
    "binom": [(10, 0.3), (1000, 0.02), (57, 0.9, 2)],
    "poisson": [(0.4,), (7.5,), (300.0, 4)],
    "geom": [(0.2,), (0.01,)],
    "nbinom": [(3, 0.4), (12.5, 0.1)],
    "hypergeom": [(50, 12, 20), (1000, 30, 400), (20, 15, 12)],
}
probabilities = [1e-10, 1e-4, 0.02, 0.3, 0.5, 0.77, 0.95, 0.9999]
lines, moments = [], []
for name, sets in cases.items():
    family = getattr(stats, name)
    for parameters in sets:
        d = family(*parameters)
        head = [str(len(parameters))] + [repr(float(v)) for v in parameters]
        m = d.stats("mvsk")
        moments.append(",".join([name] + head + [repr(float(v)) for v in m] + [repr(float(d.entropy()))]))
        xs = sorted(set(float(v) for v in d.ppf(probabilities)))
        for x in xs:
            if not np.isfinite(x):
                continue
            for function in ["pdf", "logpdf", "cdf", "sf", "logcdf", "logsf"]:
                method = function.replace("pdf", "pmf") if hasattr(family, "pmf") else function
                value = float(getattr(d, method)(x))
                if name == "truncnorm" and "pdf" not in function:
                    a, b, loc, scale = (list(parameters) + [0, 1])[:4] if len(parameters) == 2 else parameters
                    z = (mpmath.mpf(x) - loc) / scale
                    if not a < z < b:
                        continue
                    value = truncated(function, mpmath.mpf(a), mpmath.mpf(b), z)
                lines.append(",".join([f"{name}:{function}"] + head + [repr(x), repr(value)]))
        for p in probabilities:
            for function in ["ppf", "isf"]:
                value = float(getattr(d, function)(p))
                # Some of SciPy's quantiles do not solve their own equation.
                undone = float((d.cdf if function == "ppf" else d.sf)(value))
                if hasattr(family, "pmf") or abs(undone / p - 1) < 1e-11:
                    lines.append(",".join([f"{name}:{function}"] + head + [repr(p), repr(value)]))
open("distributions.csv", "w").write("\n".join(lines) + "\n")
open("moments.csv", "w").write("\n".join(moments) + "\n")
print(len(lines))
