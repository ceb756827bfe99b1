"""The fitted side of an estimator: the library's handle, and what Python knows about the fit."""

from __future__ import annotations

import json
from ctypes import POINTER, byref

import numpy as np

from . import _arrays
from . import _signatures as c
from ._categories import Categories
from ._introspection import Kind
from ._labels import Labels
from ._library import lib
from ._parameters import Handle, encoded, python_value, text

#: Notes in model files.
_NAMES_NOTE = "feature_names"
_LABELS_NOTE = "labels"
_CATEGORIES_NOTE = "categories"


class Model:
    """A model as one fit left it. Nothing changes it afterwards, so copies of an estimator share it, as do threads."""

    __slots__ = ("_attributes", "categories", "feature_count", "feature_names", "handle", "kind", "labels", "results")

    def __init__(
        self,
        kind: Kind,
        handle: Handle,
        feature_count: int,
        feature_names: np.ndarray | None = None,
        labels: Labels | None = None,
        categories: Categories | None = None,
    ):
        self.kind = kind
        self.handle = handle
        self.feature_count = feature_count
        self.feature_names = feature_names
        #: How class labels travel; None for models without classes.
        self.labels = labels
        #: The columns of categories of the data frame it was fitted on; None for other features.
        self.categories = categories
        #: Extents of one row of a result and its dtype, by operation and input dtype; see Estimator._predict_few.
        self.results: dict = {}
        self._attributes: dict = {}

    @classmethod
    def loaded(cls, kind: Kind, handle: Handle) -> Model:
        """The model of a handle that comes from a file."""
        names = handle.note(_NAMES_NOTE)
        model = cls(kind, handle, _read(handle, "n_features_in_"))
        model.feature_names = None if names is None else np.array(json.loads(names), dtype=object)
        categories = handle.note(_CATEGORIES_NOTE)
        model.categories = None if categories is None else Categories.from_text(categories)
        if kind.is_classifier:
            labels = handle.note(_LABELS_NOTE)
            dtype = _read(handle, "classes_").dtype
            model.labels = Labels(None, dtype) if labels is None else Labels.from_text(labels)
        return model

    def describe(self, handle: Handle) -> None:
        """Notes in `handle` what :meth:`loaded` will want to know and the library does not."""
        names = self.feature_names
        handle.set_note(_NAMES_NOTE, None if names is None else json.dumps(names.tolist()))
        handle.set_note(_LABELS_NOTE, None if self.labels is None else self.labels.to_text())
        handle.set_note(_CATEGORIES_NOTE, None if self.categories is None else self.categories.to_text())

    def attribute(self, name: str):
        """A fitted attribute, or None when this fit has none of that name. Arrays are read-only."""
        if name not in self._attributes:
            self._attributes[name] = self._presented(name, _read(self.handle, name))
        return self._attributes[name]

    def _presented(self, name: str, value):
        if name == "classes_" and self.labels is not None:
            classes = self.labels.classes
            if classes is None:
                classes = self.split_by_output(value.astype(self.labels.dtype, copy=False))
            return classes[0] if len(classes) == 1 else classes
        if name == "n_classes_":
            return value.tolist()[0] if value.size == 1 else value.tolist()
        if isinstance(value, np.ndarray) and value.ndim == 0:
            return value[()]
        return value

    def split_by_output(self, joined: np.ndarray) -> list[np.ndarray]:
        """Values by class along the last axis, of all outputs one after the other, apart by output."""
        if all(attribute.name != "n_classes_" for attribute in self.kind.attributes):
            return [joined]
        return np.split(joined, np.cumsum(_read(self.handle, "n_classes_"))[:-1], axis=-1)

    def apply(self, operation: str, features: _arrays.Input | None, arguments: dict) -> np.ndarray:
        """The result of an operation. It is the caller's, who may write to it if it was made from `features`."""
        listed = _Arguments(arguments)
        pointer = _arrays.new_handle()
        name, estimator = operation.encode(), self.handle
        if features is None:
            lib.apus_estimator_apply(byref(pointer), estimator, name, None, *listed.passed)
        elif features.is_sparse:
            lib.apus_estimator_apply_csr(byref(pointer), estimator, name, features.pointer, *listed.passed)
        else:
            lib.apus_estimator_apply(byref(pointer), estimator, name, features.pointer, *listed.passed)
        return _arrays.owned(pointer, writable=features is not None)

    def text(self, name: str, arguments: dict) -> str:
        """A report of the model."""
        pointer = POINTER(c.apus_text)()
        listed = _Arguments(arguments)
        lib.apus_estimator_text(byref(pointer), self.handle, encoded(name, "name"), *listed.passed)
        return text(pointer)


def _read(handle: Handle, name: str):
    value = c.apus_value()
    lib.apus_estimator_get_attribute(byref(value), handle, name.encode())
    return python_value(value)


class _Arguments:
    """Named arguments of an operation, for the duration of a call."""

    def __init__(self, arguments: dict):
        self._arrays: list = []
        self._list = (c.apus_argument * len(arguments))()
        for entry, (name, value) in zip(self._list, arguments.items()):
            entry.name = encoded(name, "argument")
            self._fill(entry.value, name, value)
        #: The last two parameters of the C functions.
        self.passed = (self._list, len(arguments))

    def _fill(self, entry: c.apus_value, name: str, value) -> None:
        if value is None:
            entry.type = c.APUS_TYPE_NONE
        elif isinstance(value, (bool, np.bool_)):
            entry.type, entry.boolean = c.APUS_TYPE_BOOL, bool(value)
        elif isinstance(value, (int, np.integer)):
            if not -(2**63) <= value < 2**63:
                raise ValueError(f"{name}: {value} does not fit into 64 bits")
            entry.type, entry.integer = c.APUS_TYPE_INT, int(value)
        elif isinstance(value, (float, np.floating)):
            entry.type, entry.number = c.APUS_TYPE_DOUBLE, float(value)
        elif isinstance(value, str):
            entry.type, entry.string = c.APUS_TYPE_STRING, encoded(value, name)
        else:
            pointer = _arrays.library_array(value, name)
            self._arrays.append(pointer)
            entry.type, entry.array = c.APUS_TYPE_ARRAY, pointer

    def __del__(self):
        for pointer in self._arrays:
            lib.apus_array_free(pointer)
