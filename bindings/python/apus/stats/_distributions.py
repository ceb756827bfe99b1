"""scipy.stats' distribution objects: ``norm.cdf(x, loc, scale)`` and frozen ``norm(loc, scale).cdf(x)``."""

from __future__ import annotations

from ctypes import c_double

import numpy as np

from .. import _statistics
from .._library import lib
from ._fitting import FitResult

_CONTINUOUS = {
    "norm": (),
    "t": ("df",),
    "chi2": ("df",),
    "f": ("dfn", "dfd"),
    "beta": ("a", "b"),
    "gamma": ("a",),
    "expon": (),
    "uniform": (),
    "lognorm": ("s",),
    "logistic": (),
    "truncnorm": ("a", "b"),
    "weibull_min": ("c",),
}
_DISCRETE = {
    "binom": ("n", "p"),
    "poisson": ("mu",),
    "geom": ("p",),
    "nbinom": ("n", "p"),
    "hypergeom": ("M", "n", "N"),
}

__all__ = [*_CONTINUOUS, *_DISCRETE]


class Distribution:
    """A family of distributions; calling it with parameters freezes them."""

    def __init__(self, name: str, shapes: tuple[str, ...], discrete: bool):
        self.name = name
        self._names = (*shapes, "loc") if discrete else (*shapes, "loc", "scale")
        self._required = len(shapes)
        self._discrete = discrete

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

    @property
    def shapes(self) -> str | None:
        """Names of the shape parameters, separated by commas; None when there are none."""
        return ", ".join(self._names[: self._required]) or None

    @property
    def numargs(self) -> int:
        """Number of shape parameters."""
        return self._required

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

    def rvs(self, *args, size=None, random_state=None, **named):
        """Random variates; `random_state` is a seed, a numpy generator, or None for numpy's global state.

        `size` and `random_state` may follow the parameters by position. The same seed gives the same variates for
        any number of threads. A number when `size` is None and the parameters are numbers.
        """
        further = args[len(self._names) :]
        size = further[0] if further else size
        random_state = further[1] if len(further) > 1 else random_state
        values = self._parameters(args[: len(self._names)], named)
        sample = _statistics.sample(self.name, values, size, random_state)
        if self._discrete and np.all(np.abs(sample) < 2.0**63):
            sample = sample.astype(np.int64)
        return sample[()] if sample.ndim == 0 else sample

    def kl_divergence(self, p, q) -> float:
        """D(p || q), Kullback and Leibler's, in nats, of two members: frozen distributions or parameters."""
        values = [other.args if isinstance(other, Frozen) else other for other in (p, q)]
        values = [np.atleast_1d(np.asarray(value, float)) for value in values]
        return float(_statistics.compute("kl_divergence", values, distribution=self.name))

    def _summary(self, args, named) -> list:
        """Eight numbers, arrays where parameters are arrays."""
        values = self._parameters(args, named)
        if all(np.ndim(value) == 0 for value in values):
            return self._numbers([float(value) for value in values])
        rows = np.array([self._numbers(row) for row in np.broadcast(*values)])
        shape = np.broadcast_shapes(*map(np.shape, values))
        return [column.reshape(shape) for column in rows.reshape(-1, 8).T]

    def _numbers(self, values) -> list[float]:
        out = (c_double * 8)()
        lib.apus_distribution_summary(out, self.name.encode(), (c_double * len(values))(*values), len(values))
        return list(out)

    def mean(self, *args, **named):
        """Mean."""
        return self._summary(args, named)[0]

    def var(self, *args, **named):
        """Variance."""
        return self._summary(args, named)[1]

    def std(self, *args, **named):
        """Standard deviation."""
        return self._summary(args, named)[1] ** 0.5

    def median(self, *args, **named):
        """Median."""
        return self._summary(args, named)[5]

    def entropy(self, *args, **named):
        """Entropy in nats."""
        return self._summary(args, named)[4]

    def support(self, *args, **named) -> tuple:
        """Smallest and largest possible values."""
        return tuple(self._summary(args, named)[6:8])

    def stats(self, *args, moments="mv", **named) -> tuple:
        """Mean (m), variance (v), skewness (s) and excess kurtosis (k), as asked for in `moments`."""
        found = dict(zip("mvsk", self._summary(args, named)))
        return tuple(found[letter] for letter in moments) if len(moments) > 1 else found[moments]

    def moment(self, order: int, *args, **named) -> float:
        """The expectation of the variable to the power of `order`."""
        values = np.array(self._parameters(args, named), float)
        return float(_statistics.compute("moment", [values], distribution=self.name, order=order))


class Continuous(Distribution):
    """A family with a density."""

    def pdf(self, x, *args, **named):
        """Density."""
        return self._evaluate("pdf", x, args, named)

    def logpdf(self, x, *args, **named):
        """ln of the density."""
        return self._evaluate("logpdf", x, args, named)

    def fit(self, data, *guesses, method="MLE", **named) -> tuple[float, ...]:
        """Maximum likelihood estimates of the shapes, loc and scale.

        ``floc=``, ``fscale=`` and ``fa=`` (or ``f0=``, ``fix_a=``) for a shape `a` fix parameters. Guesses are
        accepted for compatibility: the search finds its own. ``apus.stats.fit`` also gives standard errors and
        intervals.
        """
        if str(method).upper() != "MLE":
            raise ValueError(f"method: {method!r} is not available, allowed is 'MLE'")
        known = {f"f{name}": name for name in self._names} | {f"fix_{name}": name for name in self._names}
        known |= {f"f{index}": name for index, name in enumerate(self._names[: self._required])}
        fixed = {}
        for name, value in named.items():
            if name in known:
                if value is not None:
                    fixed[known[name]] = float(value)
            elif name not in self._names:
                raise TypeError(f"fit() got an unexpected keyword argument {name!r}")
        return FitResult(self, _statistics.fit(self.name, data, fixed=fixed)).x


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

    #: Methods that take nothing but the parameters.
    _PLAIN = frozenset({"mean", "var", "std", "median", "entropy", "support"})

    def __init__(self, family: Distribution, parameters: list):
        self.dist, self.args, self.kwds = family, tuple(parameters), {}
        if all(isinstance(value, (int, float)) for value in parameters):
            family._summary(parameters, {})

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in zip(self.dist._names, self.args))
        return f"{self.dist!r}({shown})"

    def rvs(self, size=None, random_state=None):
        """Random variates."""
        return self.dist.rvs(*self.args, size=size, random_state=random_state)

    def stats(self, moments="mv"):
        """Mean (m), variance (v), skewness (s) and excess kurtosis (k), as asked for in `moments`."""
        return self.dist.stats(*self.args, moments=moments)

    def kl_divergence(self, other: Frozen) -> float:
        """The Kullback-Leibler divergence D(self || other) in nats; `other` is of the same family."""
        if not isinstance(other, Frozen) or other.dist is not self.dist:
            raise TypeError(f"other: must be a frozen {self.dist.name} distribution, got {other!r}")
        return self.dist.kl_divergence(self, other)

    def __getattr__(self, name: str):
        if name.startswith("_") or name in ("fit", "shapes", "numargs", "name"):
            raise AttributeError(name)
        method = getattr(self.dist, name)
        if name in self._PLAIN:
            return lambda: method(*self.args)
        return lambda x: method(x, *self.args)


for _name, _shapes in _CONTINUOUS.items():
    globals()[_name] = Continuous(_name, _shapes, discrete=False)
for _name, _shapes in _DISCRETE.items():
    globals()[_name] = Discrete(_name, _shapes, discrete=True)
