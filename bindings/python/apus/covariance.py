"""Covariance estimates under scikit-learn's names, as functions."""

from __future__ import annotations

import numpy as np

from . import _statistics
from ._modules import hooks

__getattr__, __dir__ = hooks("covariance")

__all__ = ["covariance", "empirical_covariance", "ledoit_wolf", "mahalanobis", "oas", "shrunk_covariance"]


def covariance(X, *, ddof=1, fweights=None, aweights=None) -> np.ndarray:
    """The covariance matrix of the columns of `X`, with numpy.cov's weights."""
    none = np.empty(0)
    weights = [none if w is None else w for w in (fweights, aweights)]
    return _statistics.compute("covariance", [X, *weights], ddof=ddof)


def _shrunk(name, X, assume_centered, **options):
    rows = _statistics.compute(name, [X], assume_centered=assume_centered, **options)
    return rows[:-2], float(rows[-1, 0])


def empirical_covariance(X, *, assume_centered=False) -> np.ndarray:
    """The maximum-likelihood covariance matrix."""
    return _shrunk("empirical_covariance", X, assume_centered)[0]


def ledoit_wolf(X, *, assume_centered=False) -> tuple[np.ndarray, float]:
    """Ledoit and Wolf's shrunk covariance and its shrinkage."""
    return _shrunk("ledoit_wolf", X, assume_centered)


def oas(X, *, assume_centered=False) -> tuple[np.ndarray, float]:
    """The oracle approximating shrinkage estimate and its shrinkage."""
    return _shrunk("oas", X, assume_centered)


def shrunk_covariance(X, shrinkage=0.1, *, assume_centered=False) -> np.ndarray:
    """The covariance of `X` shrunk towards a multiple of the identity."""
    return _shrunk("shrunk_covariance", X, assume_centered, shrinkage=shrinkage)[0]


def mahalanobis(X, location, covariance) -> np.ndarray:
    """Squared Mahalanobis distances of the rows of `X`."""
    return _statistics.compute("mahalanobis", [X, location, covariance])
