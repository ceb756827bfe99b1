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
    estimator,
    X,
    y,
    *,
    scoring=None,
    n_repeats=5,
    n_jobs=None,
    random_state=None,
    sample_weight=None,
    max_samples=1.0,
) -> Importances:
    """How much the score of a fitted estimator falls when one feature's values are shuffled among the rows.

    Parameters
    ----------
    estimator : fitted estimator
        Of Apus, or any object with a method ``score(X, y)``.
    X : array-like of shape (n_samples, n_features)
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
    scoring : str or callable(estimator, X, y) returning a float, optional
        The name of one of scikit-learn's scorers, which has to be installed for it, or a function. Default: the
        estimator's own score, R² or accuracy.
    n_repeats : int, default=5
        Shuffles of every feature.
    n_jobs : int or None
        Accepted for compatibility: threads are set for the whole library.
    random_state : int or None
        Seed; None is 0.
    sample_weight : array-like of shape (n_samples,), optional
    max_samples : int or float, default=1.0
        Rows drawn without replacement that are scored: a count or a share.

    Returns
    -------
    A namespace, which can be read like a dict too, with ``importances`` (n_features, n_repeats), ``importances_mean`` and ``importances_std`` (n_features,).
    """
    chosen = 0 if random_state is None else seed(random_state)
    X, y, sample_weight = _drawn(X, y, sample_weight, max_samples, chosen)
    if isinstance(scoring, str):
        from sklearn.metrics import get_scorer

        scoring = get_scorer(scoring)
    if scoring is None and not isinstance(estimator, _estimator.Estimator):
        scoring = _own_score
    if scoring is None:
        falls = _by_library(estimator, X, y, sample_weight, n_repeats, chosen)
    else:
        falls = _by_scorer(estimator, X, y, sample_weight, n_repeats, chosen, scoring)
    return Importances(importances=falls, importances_mean=falls.mean(axis=1), importances_std=falls.std(axis=1))


class Importances(SimpleNamespace):
    """``importances``, ``importances_mean`` and ``importances_std``, as attributes and by name."""

    def __getitem__(self, name: str) -> np.ndarray:
        return vars(self)[name]

    def keys(self):
        return vars(self).keys()


def _own_score(estimator, X, y, **weighted) -> float:
    return estimator.score(X, y, **weighted)


def _drawn(X, y, sample_weight, max_samples, chosen: int):
    """The rows to score."""
    rows = X.shape[0] if hasattr(X, "shape") else len(X)
    count = int(max_samples * rows) if isinstance(max_samples, float) else max_samples
    if not 1 <= count <= rows:
        raise ValueError(f"max_samples: {max_samples} is not a count of 1...{rows} or a share of them")
    if count == rows:
        return X, y, sample_weight
    places = np.random.default_rng(chosen).choice(rows, count, replace=False)
    weights = None if sample_weight is None else np.asarray(sample_weight)[places]
    return _rows(X, places), np.asarray(y)[places], weights


def _rows(X, places: np.ndarray):
    return X.iloc[places] if hasattr(X, "iloc") else (X if hasattr(X, "shape") else np.asarray(X))[places]


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
    frame = hasattr(X, "iloc")
    table = X.copy() if frame else np.array(X, copy=True)
    falls = np.empty((table.shape[1], repeats))
    for column in range(table.shape[1]):
        original = table.iloc[:, column].copy() if frame else table[:, column].copy()
        for turn in range(repeats):
            order = np.random.default_rng([chosen, column, turn]).permutation(len(original))
            _replace(table, column, original.iloc[order].set_axis(original.index) if frame else original[order])
            falls[column, turn] = baseline - scoring(estimator, table, y, **weighted)
        _replace(table, column, original)
    return falls


def _replace(table, column: int, values) -> None:
    if hasattr(table, "iloc"):
        table.isetitem(column, values)
    else:
        table[:, column] = values
