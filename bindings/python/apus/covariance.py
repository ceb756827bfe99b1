"""Covariance under scikit-learn's names: estimators (EmpiricalCovariance, ShrunkCovariance, LedoitWolf, OAS, MinCovDet,
EllipticEnvelope), functions, and an accumulator for data that arrive in pieces."""

from __future__ import annotations

from ctypes import POINTER, byref, c_int64
from operator import index

import numpy as np

from . import _arrays, _statistics
from . import _signatures as c
from ._library import lib
from ._modules import classes_in, hooks

__getattr__, __dir__ = hooks("covariance")

__all__ = [
    "CovarianceAccumulator",
    "covariance",
    "empirical_covariance",
    "ledoit_wolf",
    "mahalanobis",
    "oas",
    "shrunk_covariance",
    *classes_in("covariance"),
]


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


def shrunk_covariance(emp_cov, shrinkage=0.1) -> np.ndarray:
    """A covariance matrix shrunk as in scikit-learn: (1 - s) S + s (trace S / p) I."""
    return _statistics.compute("shrink", [emp_cov], shrinkage=shrinkage)


def mahalanobis(X, location, covariance) -> np.ndarray:
    """Squared Mahalanobis distances of the rows of `X`."""
    return _statistics.compute("mahalanobis", [X, location, covariance])


class CovarianceAccumulator:
    """Means and covariances of rows that arrive in pieces, or in several places at once.

    Any partition of the rows into updates and merges gives the result of the whole within 1e-12 of the deviations.
    Accumulators can be pickled, and their state is an array (:meth:`state`, :meth:`from_state`).
    """

    def __init__(self, n_features: int):
        self._adopt(lambda pointer: lib.apus_covariance_accumulator_create(pointer, index(n_features)))

    def _adopt(self, make) -> None:
        pointer = POINTER(c.apus_covariance_accumulator)()
        make(byref(pointer))
        self._as_parameter_, self._free = pointer, lib.apus_covariance_accumulator_free

    def __del__(self):
        if hasattr(self, "_free"):
            self._free(self._as_parameter_)

    @classmethod
    def from_state(cls, state) -> CovarianceAccumulator:
        """An accumulator that continues from a :meth:`state`."""
        view = _arrays.view(_arrays.numbers(state, "state"))
        result = cls.__new__(cls)
        result._adopt(lambda pointer: lib.apus_covariance_accumulator_restore(pointer, byref(view)))
        return result

    def update(self, X) -> CovarianceAccumulator:
        """Adds the rows of `X`; returns self."""
        lib.apus_covariance_accumulator_update(self, byref(_arrays.view(_arrays.numbers(X, "X"))))
        return self

    def merge(self, other: CovarianceAccumulator) -> CovarianceAccumulator:
        """Adds what `other` has seen, which stays as it is; returns self."""
        if not isinstance(other, CovarianceAccumulator):
            raise TypeError(f"other: must be a CovarianceAccumulator, got {type(other).__name__}")
        lib.apus_covariance_accumulator_merge(self, other)
        return self

    def _size(self) -> tuple[int, int]:
        variables, rows = c_int64(), c_int64()
        lib.apus_covariance_accumulator_size(byref(variables), byref(rows), self)
        return variables.value, rows.value

    @property
    def n_features_in_(self) -> int:
        """Number of variables."""
        return self._size()[0]

    @property
    def n_samples_seen_(self) -> int:
        """Number of rows seen."""
        return self._size()[1]

    @property
    def mean_(self) -> np.ndarray:
        """The means: (n_features,)."""
        pointer = _arrays.new_handle()
        lib.apus_covariance_accumulator_mean(byref(pointer), self)
        return _arrays.owned(pointer)

    def covariance(self, ddof: float = 1) -> np.ndarray:
        """The covariance matrix with divisor n - ddof."""
        pointer = _arrays.new_handle()
        lib.apus_covariance_accumulator_covariance(byref(pointer), self, float(ddof))
        return _arrays.owned(pointer)

    def state(self) -> np.ndarray:
        """The whole state as one array of float64."""
        pointer = _arrays.new_handle()
        lib.apus_covariance_accumulator_state(byref(pointer), self)
        return _arrays.owned(pointer)

    def __reduce__(self):
        return CovarianceAccumulator.from_state, (self.state(),)
