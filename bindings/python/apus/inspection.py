"""Questions to fitted models of any kind, under scikit-learn's names."""

from __future__ import annotations

from ctypes import byref
from types import SimpleNamespace

import numpy as np

from . import _arrays, _estimator
from ._calls import CancelToken, interruptible
from ._library import lib
from ._modules import hooks
from ._parameters import seed

__getattr__, __dir__ = hooks("inspection")

__all__ = ["permutation_importance"]


def permutation_importance(
    estimator, X, y, *, scoring=None, n_repeats=5, random_state=None, sample_weight=None
) -> SimpleNamespace:
    """How much the score of a fitted estimator falls when one feature's values are shuffled among the rows.

    Parameters
    ----------
    estimator : fitted estimator
    X : array-like of shape (n_samples, n_features)
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
    scoring : callable(estimator, X, y) returning a float, optional
        Default: the estimator's own score, R² or accuracy.
    n_repeats : int, default=5
        Shuffles of every feature.
    random_state : int or None
        Seed; None is 0.
    sample_weight : array-like of shape (n_samples,), optional

    Returns
    -------
    A namespace with ``importances`` (n_features, n_repeats), ``importances_mean`` and ``importances_std`` (n_features,).
    """
    chosen = 0 if random_state is None else seed(random_state)
    if scoring is None:
        falls = _by_library(estimator, X, y, sample_weight, n_repeats, chosen)
    else:
        falls = _by_scorer(estimator, X, y, sample_weight, n_repeats, chosen, scoring)
    return SimpleNamespace(importances=falls, importances_mean=falls.mean(axis=1), importances_std=falls.std(axis=1))


def _by_library(estimator, X, y, sample_weight, repeats, chosen) -> np.ndarray:
    model = estimator._required_model()
    features = estimator._features(model, X)
    if features.is_sparse:
        features = estimator._features(model, X.toarray())
    targets = _arrays.numbers(y, "y") if model.labels is None else model.labels.encode(y)
    weights = _estimator._weights(sample_weight, features.rows)
    weight_view = None if weights is None else byref(_arrays.view(weights))
    token = CancelToken()

    def call(_reporter) -> np.ndarray:
        pointer = _arrays.new_handle()
        lib.apus_permutation_importance(
            byref(pointer), model.handle, features.pointer, byref(_arrays.view(targets)), weight_view, repeats, chosen,
            token._as_parameter_,
        )  # fmt: skip
        return _arrays.owned(pointer)

    return interruptible(call, token)


def _by_scorer(estimator, X, y, sample_weight, repeats, chosen, scoring) -> np.ndarray:
    weighted = {} if sample_weight is None else {"sample_weight": sample_weight}
    baseline = scoring(estimator, X, y, **weighted)
    table = np.array(X, copy=True)
    falls = np.empty((table.shape[1], repeats))
    for column in range(table.shape[1]):
        original = table[:, column].copy()
        for turn in range(repeats):
            generator = np.random.default_rng([chosen, column, turn])
            table[:, column] = generator.permutation(original)
            falls[column, turn] = baseline - scoring(estimator, table, y, **weighted)
        table[:, column] = original
    return falls
