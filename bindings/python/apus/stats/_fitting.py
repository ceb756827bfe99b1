"""Maximum likelihood fits with standard errors and confidence intervals: ``apus.stats.fit``."""

from __future__ import annotations

from collections import namedtuple

import numpy as np

from .. import _statistics

__all__ = ["FitResult", "fit"]


class FitResult:
    """The result of :func:`fit`.

    Attributes
    ----------
    params : namedtuple
        Estimates of the shapes, loc and scale, by name.
    bse : ndarray
        Standard errors from the observed information: 0 for fixed parameters, NaN where the theory does not hold
        (an end of the support, a whole number, an estimate at its bound).
    llf, aic, bic : float
        Log-likelihood, Akaike's and Bayes' information criteria.
    nobs : int
        Number of data.
    success : bool
        Whether a maximum was found inside the range of the parameters.
    """

    def __init__(self, family, table: np.ndarray):
        names = family._names
        k = len(names)
        self.dist = family
        self._table = table
        self.x = tuple(float(value) for value in table[:k, 0])
        self.params = namedtuple("FitParams", names)(*self.x)
        self.bse = table[:k, 1].copy()
        self.fixed = dict(zip(names, table[:k, 2] == 1))
        self.llf = float(table[k, 0])
        self.nobs = int(table[k, 1])
        self.success = bool(table[k, 2])
        self.message = (
            "Optimization terminated successfully." if self.success else "The likelihood has no interior maximum."
        )
        free = k - sum(self.fixed.values())
        self.aic = 2 * free - 2 * self.llf
        self.bic = free * float(np.log(self.nobs)) - 2 * self.llf

    @property
    def distribution(self):
        """The fitted distribution, frozen."""
        return self.dist(*self.x)

    def cov_params(self) -> np.ndarray:
        """The covariance matrix of the estimates, rows of zeros for fixed parameters."""
        k = len(self.x)
        return self._table[:k, 3 : 3 + k].copy()

    def conf_int(self, alpha: float = 0.05) -> np.ndarray:
        """Wald's intervals at confidence 1 - `alpha`: a row of lower and upper end for every parameter."""
        if not 0 < alpha < 1:
            raise ValueError(f"alpha: {alpha} is not in (0, 1)")
        margin = -float(_statistics.distribution("norm", "ppf", alpha / 2, [0.0, 1.0])) * self.bse
        return np.column_stack([self.x - margin, self.x + margin])

    def nllf(self, params=None, data=None) -> float:
        """The negative log-likelihood, of other parameters or data where they are given."""
        if params is None and data is None:
            return -self.llf
        if data is None:
            raise ValueError("data: must be given together with params")
        frozen = self.dist(*(self.x if params is None else params))
        density = frozen.logpmf if self.dist._discrete else frozen.logpdf
        return -float(np.sum(density(np.asarray(data))))

    def __repr__(self) -> str:
        rows = [
            f"  {name} = {value:.6g}" + ("" if self.fixed[name] else f"  (se {error:.3g})")
            for name, value, error in zip(self.params._fields, self.x, self.bse)
        ]
        return f"FitResult of {self.dist.name} to {self.nobs} data, log-likelihood {self.llf:.6g}\n" + "\n".join(rows)


#: Families whose support begins at loc: it is 0 unless bounds say otherwise.
_ANCHORED = frozenset({"chi2", "f", "beta", "gamma", "lognorm", "weibull_min"})
#: Families on a fixed scale unless bounds say otherwise.
_UNSCALED = frozenset({"chi2", "f", "beta"})


def fit(dist, data, bounds=None, *, guess=None, method="mle", optimizer=None, nan_policy="raise") -> FitResult:
    """Fits a family of distributions to data by maximum likelihood.

    Parameters
    ----------
    dist : Distribution
        Such as ``apus.stats.gamma``; continuous or discrete.
    data : array-like
        The observations.
    bounds : dict or sequence of (low, high), optional
        As in scipy.stats.fit: ranges by name, or in the order shapes, loc, scale; equal ends fix a parameter, and
        loc and scale are 0 and 1 where no range is given. Without bounds all parameters are estimated, but for the
        loc of a family whose support begins there (0), the scale of chi2, f and beta (1), and the loc of a discrete
        family (0). Whole-number parameters (n of binom; M, n, N of hypergeom) need a range; all but one must be
        fixed.
    guess, optimizer : ignored
        Accepted for compatibility.

    Returns
    -------
    FitResult
    """
    if str(method).lower() != "mle":
        raise ValueError(f"method: {method!r} is not available, allowed is 'mle'")
    names = dist._names
    fixed, ranges = {}, {}
    if bounds is None:
        if dist.name in _ANCHORED:
            fixed["loc"] = 0.0
        if dist.name in _UNSCALED:
            fixed["scale"] = 1.0
    else:
        given = dict(bounds) if isinstance(bounds, dict) else dict(zip(names, bounds))
        for name, (low, high) in given.items():
            if low == high:
                fixed[name] = float(low)
            else:
                ranges[name] = (low, high)
        for name, value in (("loc", 0.0), ("scale", 1.0)):
            if name in names and name not in given:
                fixed[name] = value
    return FitResult(dist, _statistics.fit(dist.name, data, fixed=fixed, bounds=ranges, nan_policy=nan_policy))
