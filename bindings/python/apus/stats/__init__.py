"""Distributions, hypothesis tests and correlation under scipy.stats' names.

``norm.sf(40)`` and its like keep their relative precision in the tails; every test also returns the logarithm of its
p-value (``result.logpvalue``).
"""

from __future__ import annotations

from .. import _statistics
from . import power
from ._distributions import *
from ._distributions import __all__ as _distribution_names
from ._fitting import FitResult, fit
from ._multivariate import multivariate_normal
from ._tests import *
from ._tests import __all__ as _test_names

__all__ = [
    *_distribution_names,
    *_test_names,
    "FitResult",
    "fit",
    "multivariate_normal",
    "power",
    "pearson_matrix",
    "spearman_matrix",
]


def pearson_matrix(X, *, nan_policy="propagate", repair=False):
    """Pearson's r of all pairs of columns of `X`, with p-values: ``(r, p)``.

    `nan_policy` "pairwise" uses for each pair the rows in which both are present; `repair` then makes the matrix
    positive semi-definite.
    """
    r, p, _ = _statistics.compute("pearson_matrix", [X], nan_policy=nan_policy, repair=repair)
    return r, p


def spearman_matrix(X, *, nan_policy="propagate"):
    """Spearman's rank correlation of all pairs of columns of `X`, with p-values: ``(r, p)``."""
    r, p, _ = _statistics.compute("spearman_matrix", [X], nan_policy=nan_policy)
    return r, p
