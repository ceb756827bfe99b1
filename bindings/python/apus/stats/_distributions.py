"""scipy.stats' distribution objects: ``norm.cdf(x, loc, scale)`` and frozen ``norm(loc, scale).cdf(x)``."""

from __future__ import annotations

from ctypes import byref, c_double

from .. import _statistics
from .._library import lib

_CONTINUOUS = {
    "norm": (), "t": ("df",), "chi2": ("df",), "f": ("dfn", "dfd"), "beta": ("a", "b"), "gamma": ("a",), "expon": (),
    "uniform": (), "lognorm": ("s",), "logistic": (), "truncnorm": ("a", "b"), "weibull_min": ("c",),
}
_DISCRETE = {"binom": ("n", "p"), "poisson": ("mu",), "geom": ("p",), "nbinom": ("n", "p"), "hypergeom": ("M", "n", "N")}

__all__ = [*_CONTINUOUS, *_DISCRETE]


class Distribution:
    """A family of distributions; calling it with parameters freezes them."""

    def __init__(self, name: str, shapes: tuple[str, ...], discrete: bool):
        self.name = name
        self._names = (*shapes, "loc") if discrete else (*shapes, "loc", "scale")
        self._required = len(shapes)

    def __repr__(self) -> str:
        return f"apus.stats.{self.name}"

    def _parameters(self, args, named) -> list:
        if len(args) > len(self._names):
            raise TypeError(f"{self.name} takes {len(self._names)} parameters {self._names}, got {len(args)}")
        values = dict(zip(self._names, args))
        for name, value in named.items():
            if name not in self._names:
                raise TypeError(f"{self.name} has no parameter {name!r}, allowed are {', '.join(self._names)}")
            if name in values:
                raise TypeError(f"{self.name} got several values of {name!r}")
            values[name] = value
        missing = [name for name in self._names[: self._required] if name not in values]
        if missing:
            raise TypeError(f"{self.name} needs {missing[0]!r}")
        defaults = {"loc": 0.0, "scale": 1.0}
        return [values.get(name, defaults.get(name)) for name in self._names]

    def __call__(self, *args, **named) -> Frozen:
        return Frozen(self, self._parameters(args, named))

    def _evaluate(self, function, x, args, named):
        return _statistics.distribution(self.name, function, x, self._parameters(args, named))

    def cdf(self, x, *args, **named):
        """P(X <= x)."""
        return self._evaluate("cdf", x, args, named)

    def sf(self, x, *args, **named):
        """P(X > x)."""
        return self._evaluate("sf", x, args, named)

    def logcdf(self, x, *args, **named):
        """ln P(X <= x)."""
        return self._evaluate("logcdf", x, args, named)

    def logsf(self, x, *args, **named):
        """ln P(X > x)."""
        return self._evaluate("logsf", x, args, named)

    def ppf(self, q, *args, **named):
        """The smallest x with P(X <= x) >= q."""
        return self._evaluate("ppf", q, args, named)

    def isf(self, q, *args, **named):
        """The smallest x with P(X > x) <= q."""
        return self._evaluate("isf", q, args, named)

    def interval(self, confidence, *args, **named):
        """The ends of the interval with equal tails that holds `confidence` of the probability."""
        return self.ppf((1 - confidence) / 2, *args, **named), self.isf((1 - confidence) / 2, *args, **named)

    def _summary(self, args, named) -> list[float]:
        values = self._parameters(args, named)
        out = (c_double * 8)()
        numbers = (c_double * len(values))(*map(float, values))
        lib.apus_distribution_summary(out, self.name.encode(), numbers, len(values))
        return list(out)

    def mean(self, *args, **named) -> float:
        """Mean."""
        return self._summary(args, named)[0]

    def var(self, *args, **named) -> float:
        """Variance."""
        return self._summary(args, named)[1]

    def std(self, *args, **named) -> float:
        """Standard deviation."""
        return self._summary(args, named)[1] ** 0.5

    def median(self, *args, **named) -> float:
        """Median."""
        return self._summary(args, named)[5]

    def entropy(self, *args, **named) -> float:
        """Entropy in nats."""
        return self._summary(args, named)[4]

    def support(self, *args, **named) -> tuple[float, float]:
        """Smallest and largest possible values."""
        return tuple(self._summary(args, named)[6:8])

    def stats(self, *args, moments="mv", **named) -> tuple[float, ...]:
        """Mean (m), variance (v), skewness (s) and excess kurtosis (k), as asked for in `moments`."""
        found = dict(zip("mvsk", self._summary(args, named)))
        return tuple(found[letter] for letter in moments)


class Continuous(Distribution):
    """A family with a density."""

    def pdf(self, x, *args, **named):
        """Density."""
        return self._evaluate("pdf", x, args, named)

    def logpdf(self, x, *args, **named):
        """ln of the density."""
        return self._evaluate("logpdf", x, args, named)


class Discrete(Distribution):
    """A family on whole numbers."""

    def pmf(self, k, *args, **named):
        """Probability of k."""
        return self._evaluate("pdf", k, args, named)

    def logpmf(self, k, *args, **named):
        """ln of the probability of k."""
        return self._evaluate("logpdf", k, args, named)


class Frozen:
    """A distribution with its parameters: every method of the family without them."""

    def __init__(self, family: Distribution, parameters: list):
        self.dist, self.args = family, tuple(parameters)
        _ = family._summary(parameters, {}) if all(isinstance(v, (int, float)) for v in parameters) else None

    def __getattr__(self, name: str):
        if name.startswith("_"):
            raise AttributeError(name)
        method = getattr(self.dist, name)
        if name in ("mean", "var", "std", "median", "entropy", "support", "stats"):
            return lambda **named: method(*self.args, **named)
        return lambda x: method(x, *self.args)


for _name, _shapes in _CONTINUOUS.items():
    globals()[_name] = Continuous(_name, _shapes, discrete=False)
for _name, _shapes in _DISCRETE.items():
    globals()[_name] = Discrete(_name, _shapes, discrete=True)
