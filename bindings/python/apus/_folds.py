"""The parameter `cv` as the library takes it, out of what scikit-learn's callers write."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np


def needs_data(cv) -> bool:
    """Whether `cv` is a splitter or an iterable, which gives folds only for given data."""
    if isinstance(cv, (str, np.ndarray)):
        return False
    return hasattr(cv, "split") or isinstance(cv, Iterable)


def fold_roles(cv, X, y, rows: int):
    """`cv` itself when it is None, a number or an array of numbers; else (n_folds, n_samples) of the roles of rows.

    A splitter is asked for its folds; an iterable holds pairs of training and test positions.
    """
    if not needs_data(cv):
        return cv
    pairs = list(cv.split(X, y) if hasattr(cv, "split") else cv)
    roles = np.full((len(pairs), rows), -1, dtype=np.int32)
    for fold, pair in enumerate(pairs):
        training, testing = pair
        roles[fold, np.asarray(training)] = 0
        roles[fold, np.asarray(testing)] = 1
    return roles
