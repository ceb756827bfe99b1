"""Parameters in the forms that scikit-learn's callers write and that mean something only for given data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from . import _categories, _folds, _labels
from . import _parameters as parameters
from ._arrays import Input


def translated(estimator, X, y, features: Input, categories: _categories.Categories | None) -> dict:
    """The parameters of `estimator` that are in such a form, as the library takes them."""
    given = _foreign(estimator)
    found: dict = {}
    if "class_weight" in given:
        found["class_weight"] = _labels.class_weights(given["class_weight"], y)
    if "cv" in given:
        found["cv"] = _folds.fold_roles(given["cv"], X, y, features.rows)
    if "monotonic_cst" in given:
        found["monotonic_cst"] = _directions(given["monotonic_cst"], features)
    if "interaction_cst" in given:
        found["interaction_cst"] = _interactions(given["interaction_cst"], features)
    if categories is not None:
        found["categorical_features"] = categories.parameter()
    return found


def used(estimator, handle: parameters.Handle) -> dict:
    """As :func:`translated`, but as the fitted `handle` used them."""
    names = _foreign(estimator)
    return {p.name: parameters.pull(handle, p, None) for p in estimator._kind.parameters if p.name in names}


def _foreign(estimator) -> dict:
    """The parameters in such a form, by name."""
    values = {p.name: getattr(estimator, p.name) for p in estimator._kind.parameters if p.name in _FORMS}
    return {name: value for name, value in values.items() if _FORMS[name](value)}


def _is_sequence(value) -> bool:
    return isinstance(value, Iterable) and not isinstance(value, (str, bytes)) and not hasattr(value, "__array__")


def _is_list_of_mappings(value) -> bool:
    return isinstance(value, (list, tuple)) and len(value) > 0 and all(isinstance(own, Mapping) for own in value)


#: What tells such a form, by parameter.
_FORMS = {
    "categorical_features": _categories.needs_data,
    "class_weight": lambda value: isinstance(value, Mapping) or _is_list_of_mappings(value),
    "cv": _folds.needs_data,
    "interaction_cst": _is_sequence,
    "monotonic_cst": lambda value: isinstance(value, Mapping),
}


def _directions(by_name, features: Input) -> np.ndarray:
    """A direction per feature out of a dict by name."""
    if features.names is None:
        raise ValueError("monotonic_cst: names of features need a data frame as X")
    names = features.names.tolist()
    result = np.zeros(len(names))
    for name, direction in by_name.items():
        if name not in names:
            raise ValueError(f"monotonic_cst: {name!r} is not a feature of X")
        result[names.index(name)] = direction
    return result


def _interactions(sets, features: Input) -> np.ndarray:
    """The matrix (sets, features) of members out of sets of positions."""
    sets = list(sets)
    result = np.zeros((len(sets), features.columns))
    for row, members in enumerate(sets):
        if not _is_sequence(members) and not isinstance(members, np.ndarray):
            raise TypeError(f"interaction_cst: {members!r} is not a set of positions of features")
        for position in members:
            if not isinstance(position, (int, np.integer)) or not 0 <= position < features.columns:
                raise ValueError(f"interaction_cst: {position!r} is not a position of a feature, 0..{features.columns - 1}")
            result[row, position] = 1
    return result
