"""The multivariate normal distribution, as scipy.stats.multivariate_normal."""

from __future__ import annotations

import numpy as np

from .. import _statistics

__all__ = ["multivariate_normal"]


def _parameters(mean, cov) -> tuple[np.ndarray, np.ndarray]:
    """Mean and covariance as scipy reads them: a number or a vector of variances stands for a diagonal matrix."""
    cov = np.asarray(1.0 if cov is None else cov, float)
    dimension = 1 if cov.ndim == 0 else cov.shape[0]
    if mean is not None:
        mean = np.atleast_1d(np.asarray(mean, float))
        dimension = max(dimension, mean.size) if cov.ndim == 0 else dimension
    if cov.ndim == 0:
        cov = cov * np.eye(dimension)
    elif cov.ndim == 1:
        cov = np.diag(cov)
    return (np.zeros(dimension) if mean is None else mean), cov


class MultivariateNormal:
    """The family; called with `mean` and `cov` it freezes them."""

    def __call__(self, mean=None, cov=1, allow_singular=False, seed=None) -> FrozenMultivariateNormal:
        return FrozenMultivariateNormal(mean, cov, allow_singular, seed)

    def logpdf(self, x, mean=None, cov=1, allow_singular=False):
        """ln of the density at the points of `x`, whose last axis holds the variables."""
        mean, cov = _parameters(mean, cov)
        x = np.asarray(x, float)
        if x.ndim == 0:
            x = x[None]
        elif x.ndim == 1 and mean.size == 1:
            x = x[:, None]
        points = x.reshape(-1, x.shape[-1])
        values = _statistics.compute("multivariate_normal_logpdf", [points, mean, cov], allow_singular=allow_singular)
        return values.reshape(x.shape[:-1])[()]

    def pdf(self, x, mean=None, cov=1, allow_singular=False):
        """The density at the points of `x`, whose last axis holds the variables."""
        return np.exp(self.logpdf(x, mean, cov, allow_singular))

    def cdf(
        self,
        x,
        mean=None,
        cov=1,
        allow_singular=False,
        maxpts=None,
        abseps=1e-5,
        releps=1e-5,
        *,
        lower_limit=None,
        rng=None,
    ):
        """P(lower_limit < X <= x) for every variable; from three variables on within `abseps` by Genz' algorithm."""
        mean, cov = _parameters(mean, cov)
        x = np.atleast_1d(np.asarray(x, float))
        if x.ndim == 1 and mean.size == 1:
            x = x[:, None]
        lower = np.broadcast_to(-np.inf if lower_limit is None else np.asarray(lower_limit, float), x.shape)
        points, lower = x.reshape(-1, x.shape[-1]), lower.reshape(-1, x.shape[-1])
        seed = 0 if rng is None else _statistics.seed(rng)
        values = [
            float(
                _statistics.compute(
                    "multivariate_normal_cdf",
                    [np.maximum(b, a), np.minimum(a, b), mean, cov],
                    tolerance=float(min(abseps, releps)),
                    maxpts=maxpts,
                    seed=_signed(seed),
                )[0]
            )
            * (-1.0) ** np.sum(a > b)
            for a, b in zip(lower, points)
        ]
        return np.reshape(values, x.shape[:-1])[()]

    def logcdf(
        self,
        x,
        mean=None,
        cov=1,
        allow_singular=False,
        maxpts=None,
        abseps=1e-5,
        releps=1e-5,
        *,
        lower_limit=None,
        rng=None,
    ):
        """ln of :meth:`cdf`."""
        with np.errstate(divide="ignore"):
            return np.log(
                self.cdf(x, mean, cov, allow_singular, maxpts, abseps, releps, lower_limit=lower_limit, rng=rng)
            )

    def rvs(self, mean=None, cov=1, size=1, random_state=None):
        """Random variates: `size` by the number of variables, without axes of one element as in scipy."""
        mean, cov = _parameters(mean, cov)
        shape = tuple(np.atleast_1d(size).tolist())
        count = int(np.prod(shape))
        rows = _statistics.compute(
            "multivariate_normal_sample", [mean, cov], size=count, seed=_signed(_statistics.seed(random_state))
        )
        return np.squeeze(rows.reshape(*shape, mean.size))[()]

    def entropy(self, mean=None, cov=1) -> float:
        """Differential entropy in nats."""
        return float(_statistics.compute("multivariate_normal_entropy", list(_parameters(mean, cov))))

    def fit(self, x, fix_mean=None, fix_cov=None) -> tuple[np.ndarray, np.ndarray]:
        """Maximum likelihood estimates of the mean and the covariance."""
        none = np.empty(0)
        x = np.asarray(x, float)
        rows = _statistics.compute(
            "multivariate_normal_fit", [x, none if fix_mean is None else fix_mean, none if fix_cov is None else fix_cov]
        )
        return rows[0].copy(), rows[1:].copy()

    def kl_divergence(self, p, q) -> float:
        """D(p || q) in nats of two members, given as frozen distributions or pairs of mean and covariance."""
        pairs = [
            (each.mean, each.cov) if isinstance(each, FrozenMultivariateNormal) else _parameters(*each)
            for each in (p, q)
        ]
        return float(_statistics.compute("multivariate_normal_kl", [*pairs[0], *pairs[1]]))


def _signed(seed: int) -> int:
    """The same 64 bits as a signed number, which is what options carry."""
    return seed - (1 << 64) if seed >= 1 << 63 else seed


class FrozenMultivariateNormal:
    """A multivariate normal distribution with its parameters."""

    def __init__(self, mean=None, cov=1, allow_singular=False, seed=None):
        self.mean, self.cov = _parameters(mean, cov)
        self.allow_singular, self._seed = allow_singular, seed
        # An impossible covariance is refused here.
        multivariate_normal.logpdf(self.mean, self.mean, self.cov, allow_singular)

    def __repr__(self) -> str:
        return f"apus.stats.multivariate_normal(mean={self.mean!r}, cov={self.cov!r})"

    def logpdf(self, x):
        """ln of the density."""
        return multivariate_normal.logpdf(x, self.mean, self.cov, self.allow_singular)

    def pdf(self, x):
        """The density."""
        return np.exp(self.logpdf(x))

    def cdf(self, x, **options):
        """P(X <= x); options of the family's cdf."""
        return multivariate_normal.cdf(x, self.mean, self.cov, self.allow_singular, **options)

    def logcdf(self, x, **options):
        """ln of :meth:`cdf`."""
        return multivariate_normal.logcdf(x, self.mean, self.cov, self.allow_singular, **options)

    def rvs(self, size=1, random_state=None):
        """Random variates."""
        return multivariate_normal.rvs(self.mean, self.cov, size, self._seed if random_state is None else random_state)

    def entropy(self) -> float:
        """Differential entropy in nats."""
        return multivariate_normal.entropy(self.mean, self.cov)

    def kl_divergence(self, other: FrozenMultivariateNormal) -> float:
        """D(self || other) in nats."""
        return multivariate_normal.kl_divergence(self, other)

    def marginal(self, dimensions) -> FrozenMultivariateNormal:
        """The distribution of some of the variables, given by their positions."""
        positions = np.atleast_1d(dimensions)
        rows = _statistics.compute("multivariate_normal_marginal", [self.mean, self.cov, positions])
        return FrozenMultivariateNormal(rows[0].copy(), rows[1:].copy(), allow_singular=True)

    def conditional(self, dimensions, values) -> FrozenMultivariateNormal:
        """The distribution of the other variables when those at the positions `dimensions` have these values."""
        arrays = [self.mean, self.cov, np.atleast_1d(dimensions), np.atleast_1d(np.asarray(values, float))]
        rows = _statistics.compute("multivariate_normal_conditional", arrays)
        return FrozenMultivariateNormal(rows[0].copy(), rows[1:].copy(), allow_singular=True)


#: The family object.
multivariate_normal = MultivariateNormal()
