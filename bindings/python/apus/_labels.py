"""Class labels of classifiers: numbers go to the library as they are, everything else is numbered here."""

from __future__ import annotations

import json

import numpy as np

from . import _arrays, exceptions
from ._calls import warn


class Labels:
    """How the labels of one fit travel.

    Numeric labels are the library's business; only their dtype is remembered, because the library has fewer. Strings
    and other objects are replaced by their positions among the sorted distinct ones of their output.
    """

    __slots__ = ("classes", "dtype")

    def __init__(self, classes: list[np.ndarray] | None, dtype: np.dtype):
        #: Distinct labels of every output, ascending, if they are numbered here.
        self.classes = classes
        self.dtype = dtype

    @classmethod
    def learned(cls, y) -> tuple[Labels, np.ndarray]:
        """The labels in `y`, and `y` as numbers."""
        array = one_dimensional(np.asarray(y))
        if array.dtype.kind in "biuf":
            return cls(None, array.dtype), _arrays.numbers(array, "y")
        classes, codes = [], []
        for column in _columns(array):
            distinct, positions = np.unique(column, return_inverse=True)
            classes.append(distinct)
            codes.append(positions)
        labels = cls(classes, classes[0].dtype)
        return labels, codes[0] if array.ndim == 1 else np.stack(codes, axis=1)

    def require_same(self, earlier: Labels) -> None:
        """Raises ValueError unless labels numbered here are those of an earlier fit, which a warm start goes on from."""
        for now, before in zip(self.classes or [], earlier.classes or []):
            if not np.array_equal(now, before):
                raise ValueError(
                    f"y: warm_start goes on with the classes of the earlier fit, {before.tolist()}; now they are {now.tolist()}"
                )

    def encode(self, y) -> np.ndarray:
        """`y` as the library knows it; raises ValueError for labels that fit did not see."""
        array = one_dimensional(np.asarray(y))
        if self.classes is None:
            return _arrays.numbers(array, "y")
        columns = _columns(array)
        if len(columns) != len(self.classes):
            raise ValueError(f"y: has {len(columns)} outputs, but fit saw {len(self.classes)}")
        codes = [_positions(column, distinct) for column, distinct in zip(columns, self.classes)]
        return codes[0] if array.ndim == 1 else np.stack(codes, axis=1)

    def decode(self, predictions: np.ndarray) -> np.ndarray:
        """Labels out of what the library predicts."""
        if self.classes is None:
            return predictions.astype(self.dtype, copy=False)
        codes = predictions.astype(np.intp, copy=False)
        if codes.ndim == 1:
            return self.classes[0][codes]
        return np.stack([distinct[codes[:, output]] for output, distinct in enumerate(self.classes)], axis=1)

    def to_text(self) -> str:
        """What :meth:`from_text` needs, as JSON; raises TypeError for labels JSON has no words for."""
        classes = self.classes
        if classes is not None:
            classes = [distinct.tolist() for distinct in classes]
            for label in (label for distinct in classes for label in distinct):
                if not isinstance(label, (str, int, float)):
                    raise TypeError(f"labels of type {type(label).__name__} cannot be saved in a model file")
        return json.dumps({"dtype": self.dtype.str, "classes": classes})

    @classmethod
    def from_text(cls, text: str) -> Labels:
        """The inverse of :meth:`to_text`; raises ValueError for anything else."""
        try:
            stored = json.loads(text)
            dtype = np.dtype(stored["dtype"])
            classes = stored["classes"]
            return cls(None if classes is None else [np.array(labels, dtype) for labels in classes], dtype)
        except (KeyError, TypeError, RecursionError) as error:
            raise exceptions.FileFormatError(f"model file: the note on class labels is damaged: {error}") from None


def class_weights(weights: dict | list, y) -> np.ndarray:
    """A weight per class, in the order of the classes, out of a dict by label; 1 where it has none.

    A list holds a dict for each output of `y`, whose weights follow one another. Raises ValueError for a label that `y` does
    not have.
    """
    if not isinstance(weights, dict):
        array = np.asarray(y)
        columns = [array] if array.ndim == 1 else list(array.T)
        if len(columns) != len(weights):
            raise ValueError(f"class_weight: has {len(weights)} dicts, y has {len(columns)} outputs")
        return np.concatenate([class_weights(own, column) for own, column in zip(weights, columns)])
    distinct = np.unique(np.asarray(y)).tolist()
    unseen = [label for label in weights if label not in distinct]
    if unseen:
        raise ValueError(f"class_weight: {unseen[0]!r} is not a class of y, whose classes are {distinct}")
    return np.array([weights.get(label, 1.0) for label in distinct], dtype=np.float64)


def one_dimensional(y: np.ndarray) -> np.ndarray:
    """`y` without the second axis of a column vector, which earns a warning."""
    if y.ndim != 2 or y.shape[1] != 1:
        return y
    warn(
        "A column-vector y was passed when a 1d array was expected. Please change the shape of y to (n_samples, ), for "
        "example using ravel().",
        exceptions.compatible(exceptions.DataConversionWarning),
    )
    return y.ravel()


def _columns(array: np.ndarray) -> list[np.ndarray]:
    """The outputs of labels that are no numbers, checked."""
    if array.dtype.kind not in "OUST":
        raise ValueError(f"Unknown label type: y has dtype {array.dtype}; labels are numbers, strings or objects")
    if array.ndim not in (1, 2):
        raise ValueError(f"y should be a 1d array, got an array of shape {array.shape} instead.")
    columns = [array] if array.ndim == 1 else list(array.T)
    for column in columns if array.dtype.kind == "O" else []:
        if any(label is None or label != label for label in column):
            raise ValueError("Input y contains NaN.")
        kinds = {str if isinstance(label, str) else type(label) for label in column}
        if len(kinds) > 1 and str in kinds:
            named = sorted(kind.__name__ for kind in kinds)
            raise TypeError(f"Unknown label type: y mixes {' and '.join(named)}; labels are of one type")
    return columns


def _positions(column: np.ndarray, distinct: np.ndarray) -> np.ndarray:
    positions = np.searchsorted(distinct, column)
    positions[positions == len(distinct)] = 0
    unseen = distinct[positions] != column
    if np.any(unseen):
        raise ValueError(f"y: contains a label that fit did not see: {column[unseen][0]!r}")
    return positions.astype(np.int64, copy=False)
