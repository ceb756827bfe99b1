"""Golden values of maximum likelihood fits: writes fits.json beside itself.

Made with Python 3.12, numpy 2.4, scipy 1.17, statsmodels 0.15. Estimates are the roots of the likelihood equations found by
scipy.optimize on scipy.stats' densities from several starts, polished to 1e-12; standard errors are from the Hessian of the
negative log-likelihood by mpmath's differentiation at 40 digits, so neither repeats the library's way.
"""

import json
from pathlib import Path

import mpmath as mp
import numpy as np
from scipy import optimize, stats

mp.mp.dps = 40
rng = np.random.default_rng(20261123)


def log(x):
    return mp.log(x)


DENSITIES = {
    "gamma": lambda x, a, loc, s: (a - 1) * log((x - loc) / s) - (x - loc) / s - mp.loggamma(a) - log(s),
    "chi2": lambda x, k, loc, s: (
        (k / 2 - 1) * log((x - loc) / s) - (x - loc) / s / 2 - mp.loggamma(k / 2) - k / 2 * log(2) - log(s)
    ),
    "weibull_min": lambda x, c, loc, s: log(c / s) + (c - 1) * log((x - loc) / s) - ((x - loc) / s) ** c,
    "lognorm": lambda x, s, loc, k: -log(s * (x - loc)) - log(2 * mp.pi) / 2 - (log((x - loc) / k) / s) ** 2 / 2,
    "beta": lambda x, a, b, loc, s: (
        (a - 1) * log((x - loc) / s)
        + (b - 1) * log(1 - (x - loc) / s)
        - (mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b))
        - log(s)
    ),
    "t": lambda x, v, loc, s: (
        mp.loggamma((v + 1) / 2)
        - mp.loggamma(v / 2)
        - log(v * mp.pi) / 2
        - log(s)
        - (v + 1) / 2 * log(1 + ((x - loc) / s) ** 2 / v)
    ),
    "f": lambda x, m, n, loc, s: (
        m / 2 * log(m / n)
        + (m / 2 - 1) * log((x - loc) / s)
        - (m + n) / 2 * log(1 + m / n * (x - loc) / s)
        - (mp.loggamma(m / 2) + mp.loggamma(n / 2) - mp.loggamma((m + n) / 2))
        - log(s)
    ),
    "logistic": lambda x, loc, s: -(x - loc) / s - log(s) - 2 * log(1 + mp.exp(-(x - loc) / s)),
    "norm": lambda x, loc, s: -(((x - loc) / s) ** 2) / 2 - log(s) - log(2 * mp.pi) / 2,
    "expon": lambda x, loc, s: -(x - loc) / s - log(s),
    "truncnorm": lambda x, a, b, loc, s: (
        -(((x - loc) / s) ** 2) / 2 - log(s) - log(2 * mp.pi) / 2 - log(mp.ncdf(b) - mp.ncdf(a))
    ),
    "nbinom": lambda k, n, p, loc: (
        mp.loggamma(k + n) - mp.loggamma(n) - mp.loggamma(k + 1) + n * log(p) + k * log(1 - p)
    ),
    "poisson": lambda k, m, loc: k * log(m) - m - mp.loggamma(k + 1),
    "geom": lambda k, p, loc: (k - 1) * log(1 - p) + log(p),
    "binom": lambda k, n, p, loc: log(mp.binomial(n, k)) + k * log(p) + (n - k) * log(1 - p),
}

CASES = [
    ("norm", stats.norm(3, 2).rvs(60, rng), {}, [3, 2]),
    ("norm", stats.norm(3, 2).rvs(60, rng), {"loc": 2.5}, [2.5, 2]),
    ("expon", stats.expon(0, 3).rvs(50, rng), {"loc": 0}, [0, 3]),
    ("gamma", stats.gamma(2.5, 0, 1.5).rvs(80, rng), {"loc": 0}, [2.5, 0, 1.5]),
    ("gamma", stats.gamma(0.4, 0, 1.5).rvs(80, rng), {"loc": 0}, [0.4, 0, 1.5]),
    ("gamma", stats.gamma(6, 10, 2).rvs(400, rng), {}, [6, 10, 2]),
    ("gamma", stats.gamma(6, 0, 2).rvs(100, rng), {"loc": 0, "scale": 2}, [6, 0, 2]),
    ("chi2", stats.chi2(4).rvs(70, rng), {"loc": 0, "scale": 1}, [4, 0, 1]),
    ("weibull_min", stats.weibull_min(1.7, 0, 3).rvs(90, rng), {"loc": 0}, [1.7, 0, 3]),
    ("weibull_min", stats.weibull_min(3, 5, 2).rvs(300, rng), {}, [3, 5, 2]),
    ("lognorm", stats.lognorm(0.6, 0, 2).rvs(60, rng), {"loc": 0}, [0.6, 0, 2]),
    ("lognorm", stats.lognorm(0.6, 4, 2).rvs(300, rng), {}, [0.6, 4, 2]),
    ("beta", stats.beta(2, 3).rvs(80, rng), {"loc": 0, "scale": 1}, [2, 3, 0, 1]),
    ("t", stats.t(4, 1, 2).rvs(200, rng), {}, [4, 1, 2]),
    ("t", stats.t(6, 1, 2).rvs(100, rng), {"df": 5}, [5, 1, 2]),
    ("f", stats.f(5, 12).rvs(300, rng), {"loc": 0, "scale": 1}, [5, 12, 0, 1]),
    ("logistic", stats.logistic(-2, 0.7).rvs(90, rng), {}, [-2, 0.7]),
    ("nbinom", stats.nbinom(3.5, 0.3).rvs(150, random_state=rng).astype(float), {"loc": 0}, [3.5, 0.3, 0]),
    ("poisson", stats.poisson(3.3).rvs(60, random_state=rng).astype(float), {"loc": 0}, [3.3, 0]),
    ("geom", stats.geom(0.25).rvs(60, random_state=rng).astype(float), {"loc": 0}, [0.25, 0]),
    ("binom", stats.binom(12, 0.35).rvs(50, random_state=rng).astype(float), {"n": 12, "loc": 0}, [12, 0.35, 0]),
]


def names_of(name):
    family = getattr(stats, name)
    shapes = family.shapes.split(", ") if family.shapes else []
    return shapes + (["loc"] if isinstance(family, stats.rv_discrete) else ["loc", "scale"])


def solve(name, data, fixed, start):
    names = names_of(name)
    free = [i for i, n in enumerate(names) if n not in fixed]
    full = [mp.mpf(fixed.get(n, s)) for n, s in zip(names, start)]
    values = [mp.mpf(float(x)) for x in data]
    density = DENSITIES[name]

    def parameters(theta):
        result = list(full)
        for i, value in zip(free, theta):
            result[i] = value
        return result

    def nll(theta):
        try:
            with np.errstate(all="ignore"):
                family = getattr(stats, name)
                p = [float(v) for v in parameters(theta)]
                logs = family.logpmf(data, *p) if hasattr(family, "logpmf") else family.logpdf(data, *p)
            return -np.sum(logs) if np.all(np.isfinite(logs)) else 1e300
        except Exception:
            return 1e300

    theta = np.array([float(full[i]) for i in free])
    for _ in range(4):
        theta = optimize.minimize(
            nll,
            theta,
            method="Nelder-Mead",
            options={"xatol": 1e-10, "fatol": 1e-11, "maxiter": 20000, "maxfev": 20000},
        ).x

    def exact(*theta):
        p = parameters(theta)
        return -mp.fsum(density(x, *p) for x in values)

    point = [mp.mpf(float(v)) for v in theta]
    d = len(point)

    def order(*where):
        result = [0] * d
        for i in where:
            result[i] += 1
        return tuple(result)

    for _ in range(6):
        gradient = mp.matrix([mp.diff(exact, tuple(point), order(i)) for i in range(d)])
        hessian = mp.matrix(d, d)
        for i in range(d):
            for j in range(i, d):
                hessian[i, j] = hessian[j, i] = mp.diff(exact, tuple(point), order(i, j))
        step = mp.lu_solve(hessian, gradient)
        point = [v - s for v, s in zip(point, step)]
        if max(abs(s) for s in step) < mp.mpf(10) ** -18:
            break
    covariance = hessian**-1
    errors = {names[i]: float(mp.sqrt(covariance[k, k])) for k, i in enumerate(free)}
    return [float(v) for v in parameters(point)], errors, float(-exact(*point)), float(covariance[0, d - 1])


results = []
for name, data, fixed, start in CASES:
    data = np.round(data, 6)
    parameters, errors, likelihood, corner = solve(name, data, fixed, start)
    print(name, fixed, parameters, errors)
    results.append(
        {
            "name": name,
            "data": data.tolist(),
            "fixed": fixed,
            "parameters": parameters,
            "errors": errors,
            "log_likelihood": likelihood,
            "covariance_corner": corner,
        }
    )

# scipy's own fits where they have closed forms.
for name in ("norm", "expon", "uniform"):
    data = np.round(getattr(stats, name)(2, 3).rvs(40, rng), 6)
    results.append(
        {"name": name, "data": data.tolist(), "fixed": {}, "parameters": list(getattr(stats, name).fit(data))}
    )

Path(__file__).with_name("fits.json").write_text(json.dumps(results, indent=1) + "\n")
