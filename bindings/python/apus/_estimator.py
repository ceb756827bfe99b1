"""What all estimators have in common. The classes themselves are made from introspection in `_classes`."""

from __future__ import annotations

import copy
import os
from ctypes import POINTER, byref, c_double, sizeof

import numpy as np

from . import _arrays, _categories, _frames, _translation, exceptions
from . import _parameters as parameters
from . import _signatures as c
from ._arrays import Input
from ._called_back import CalledBack
from ._calls import CancelToken, collected_warnings, direct, interruptible, show_warnings
from ._introspection import Kind
from ._labels import Labels, one_dimensional
from ._library import lib
from ._model import Model
from ._parameters import Handle
from ._progress import reporter
from ._suggestions import suggestion

#: Elements of X from which a fit is worth a worker thread (about 40 microseconds), and so can be interrupted. Kinds
#: that iterate always get one.
_FIT_ELEMENTS = 4096

#: As above for operations on a fitted model.
_APPLY_ELEMENTS = 1 << 21

#: Rows up to which predict writes into an array numpy made, which is cheaper than wrapping one of the library.
_FEW_ROWS = 256

_FIT_OPTIONS = (
    "group",
    "validation_x",
    "validation_y",
    "validation_sample_weight",
    "validation_group",
    "initial_score",
    "groups",
    "sigma",
    "offset",
    "exposure",
)

#: scikit-learn's names of options of fit. Its `check_input` changes nothing here: what is not checked cannot be trusted.
_ALIASES = {"X_val": "validation_x", "y_val": "validation_y", "sample_weight_val": "validation_sample_weight"}

#: Estimators with a fit under way. Entries hold the estimator, so that its id stays its own.
_fitting: dict[int, tuple] = {}
os.register_at_fork(after_in_child=_fitting.clear)


class Estimator:
    """An algorithm with its parameters and, after fit, its model.

    Parameters are plain attributes, checked by fit. Fitted attributes end with an underscore and are read from the
    library when first used. A fitted estimator may be used from any number of threads.
    """

    _kind: Kind
    _model: Model | None = None

    def __new__(cls, *_, **parameters):
        known = {parameter.name for parameter in cls._kind.parameters}
        unknown = [name for name in parameters if name not in known]
        # A subclass may take parameters of its own.
        if unknown and cls.__init__.__module__.startswith("apus."):
            hint = suggestion(unknown[0], known) or f"; allowed are {', '.join(sorted(known))}"
            raise TypeError(f"{cls.__name__}.__init__() got an unexpected keyword argument {unknown[0]!r}{hint}")
        return super().__new__(cls)

    # -- Parameters

    def get_params(self, deep: bool = True) -> dict:
        """Parameters by name; with `deep`, those of estimators within as ``name__parameter`` too."""
        found = {}
        for parameter in self._kind.parameters:
            value = getattr(self, parameter.name)
            if deep and hasattr(value, "get_params") and not isinstance(value, type):
                found.update((f"{parameter.name}__{name}", inner) for name, inner in value.get_params().items())
            found[parameter.name] = value
        return found

    def set_params(self, **params):
        """Sets parameters, those of estimators within as ``name__parameter``; returns self. fit checks the values."""
        known = {parameter.name for parameter in self._kind.parameters}
        nested: dict[str, dict] = {}
        for name in params:
            if name.partition("__")[0] not in known:
                raise ValueError(
                    f"Invalid parameter {name!r} for estimator {self}. Valid parameters are: {sorted(known)!r}."
                )
        for name, value in params.items():
            outer, delimiter, inner = name.partition("__")
            if delimiter:
                nested.setdefault(outer, {})[inner] = value
            else:
                setattr(self, name, value)
        for outer, inner in nested.items():
            getattr(self, outer).set_params(**inner)
        return self

    def _configured(self, handle: Handle | None = None, **replaced) -> Handle:
        """`handle`, or a new one, with the current parameters; `replaced` stand in for those of their names."""
        fresh = handle is None
        if handle is None:
            handle = Handle.create(self._kind.name)
        for parameter in self._kind.parameters:
            value = replaced.get(parameter.name, getattr(self, parameter.name))
            if not fresh or value is not parameter.default:
                parameters.push(handle, parameter, value, self._kind.class_name)
        return handle

    # -- Fitting

    def _fit(self, X, y, sample_weight, progress, cancel, options, partial=False):
        mine = (self,)
        try:
            if _fitting.setdefault(id(self), mine) is not mine:
                raise exceptions.BusyError(f"estimator: another call is fitting this {self._kind.class_name}")
            self._model = self._fitted(X, y, sample_weight, progress, cancel, options, partial)
        finally:
            if _fitting.get(id(self)) is mine:
                del _fitting[id(self)]
        return self

    def _fitted(self, X, y, sample_weight, progress, cancel, options, partial) -> Model:
        kind, previous = self._kind, self._model
        categories = _categories.learned(getattr(self, "categorical_features", None), X)
        features = _input(X, categories)
        names = features.names
        if partial and previous is not None:
            _frames.check_names(previous.feature_names, names, kind.class_name)
            names = previous.feature_names
        labels, targets = self._targets(y, previous if partial else None)
        continues = previous is not None and (partial or getattr(self, "warm_start", None) is True)
        if continues and kind.module == "ensemble" and labels is not None and previous.labels is not None:
            labels.require_same(previous.labels)
        handle = self._configured(
            previous.handle.copy() if continues else None,
            **_translation.translated(self, X, y, features, categories),
        )
        options = {_ALIASES.get(name, name): value for name, value in options.items() if name != "check_input"}
        _join_evaluation_sets(options)
        if categories is not None and options.get("validation_x") is not None:
            options["validation_x"] = categories.encode(options["validation_x"])
        if labels is not None and options.get("validation_y") is not None:
            options["validation_y"] = labels.encode(options["validation_y"])
        objective = _Objective(options.pop("objective", None))
        extras = _FitOptions(features.rows, sample_weight, cancel, options, objective)
        target_view = None if targets is None else byref(_arrays.view(targets))
        function = _fit_function(partial, features.is_sparse)

        def call(callback):
            function(handle, features.pointer, target_view, extras.pointer(callback))

        with reporter(progress) as report:
            with objective.errors():
                if report is not None or kind.is_iterative or features.elements >= _FIT_ELEMENTS:
                    extras.require_token()
                    interruptible(call, extras.token, report)
                else:
                    direct(call)
        return Model(kind, handle, features.columns, names, labels, categories)

    def _targets(self, y, previous: Model | None) -> tuple[Labels | None, np.ndarray | None]:
        """What the library gets as y, and how its labels are numbered."""
        kind = self._kind
        if y is None or not kind.has(c.APUS_TRAIT_NEEDS_TARGETS):
            return None, None
        if kind.is_classifier:
            if previous is not None and previous.labels is not None:
                return previous.labels, previous.labels.encode(y)
            return Labels.learned(y)
        targets = _arrays.numbers(y, "y")
        if kind.has(c.APUS_TRAIT_COUNT_TARGETS) and targets.ndim == 2 and targets.shape[1] == 2:
            return None, targets
        return None, targets if kind.has(c.APUS_TRAIT_MULTI_OUTPUT) else one_dimensional(targets)

    def _merge(self, other):
        if not isinstance(other, Estimator):
            raise TypeError(f"merge: {type(other).__name__} is no estimator of Apus")
        model, theirs = self._required_model(), other._required_model()
        handle = model.handle.copy()
        lib.apus_estimator_merge(handle, theirs.handle)
        self._model = Model(model.kind, handle, model.feature_count, model.feature_names, model.labels, model.categories)
        return self

    # -- Operations

    def _operate(self, operation: str, X, arguments: dict | None = None) -> np.ndarray:
        """The result of an operation of the kind on X."""
        model = self._required_model()
        features = None if X is None and arguments is not None else self._features(model, X)
        return _compute(lambda: model.apply(operation, features, arguments or {}), features)

    def _features(self, model: Model, X) -> Input:
        """X as the library takes it, its column names compared with those of fit."""
        features = _input(X, model.categories)
        if features.names is not None or model.feature_names is not None:
            _frames.check_names(model.feature_names, features.names, self._kind.class_name)
        return features

    def _predict(self, X) -> np.ndarray:
        model = self._required_model()
        features = self._features(model, X)
        if features.rows <= _FEW_ROWS and not features.is_sparse:
            result = self._predict_few(model, features)
        else:
            result = _compute(lambda: model.apply("predict", features, {}), features)
        return result if model.labels is None else model.labels.decode(result)

    def _predict_few(self, model: Model, features: Input) -> np.ndarray:
        known = model.results.get(features.dtype)
        if known is None:
            result = _compute(lambda: model.apply("predict", features, {}), features)
            model.results[features.dtype] = result.shape[1:], result.dtype
            return result
        extents, dtype = known
        result = np.empty((features.rows, *extents), dtype)
        lib.apus_estimator_predict_into(byref(_arrays.view(result)), model.handle, features.pointer)
        if lib.apus_warning_count():
            show_warnings(collected_warnings())
        return result

    def _predict_proba(self, X):
        result = self._operate("predict_proba", X)
        parts = self._required_model().split_by_output(result)
        return result if len(parts) == 1 else parts

    def _transform(self, X):
        return _frames.contained(self._operate("transform", X), self, X)

    def _score(self, X, y, sample_weight=None) -> float:
        model = self._required_model()
        features = self._features(model, X)
        if y is None:
            raise ValueError(f"y: {self._kind.class_name} requires y to be passed, but the target y is None")
        targets = _arrays.numbers(y, "y") if model.labels is None else model.labels.encode(y)
        weight = _weights(sample_weight, features.rows)
        target_view = byref(_arrays.view(targets))
        weight_view = None if weight is None else byref(_arrays.view(weight))
        function = lib.apus_estimator_score_csr if features.is_sparse else lib.apus_estimator_score

        def call() -> float:
            result = c_double()
            function(byref(result), model.handle, features.pointer, target_view, weight_view)
            return result.value

        return _compute(call, features)

    def _required_model(self) -> Model:
        if self._model is None:
            raise exceptions.compatible(exceptions.NotFittedError)(
                f"This {self._kind.class_name} instance is not fitted yet. Call 'fit' with appropriate arguments "
                "before using this estimator."
            )
        return self._model

    def report(self, name: str = "summary", **arguments) -> str:
        """A report of the fitted model as text; `arguments` are those of the report."""
        return self._required_model().text(name, arguments)

    # -- Feature names

    def _feature_names_out(self, input_features=None) -> np.ndarray:
        model = self._required_model()
        names = _frames.input_names(model.feature_names, model.feature_count, input_features)
        count = model.apply("transform", Input(np.zeros((1, model.feature_count))), {}).shape[1]
        if self._kind.module == "preprocessing" and count == len(names):
            return names
        prefix = self._kind.class_name.lower()
        return np.array([f"{prefix}{index}" for index in range(count)], dtype=object)

    def _set_output(self, *, transform=None):
        if transform is not None:
            self._sklearn_output_config = {"transform": transform}
        return self

    # -- Copies and files

    def save(self, path) -> None:
        """Saves parameters and model into one file, atomically; :func:`apus.load` gives the estimator back."""
        encoded = encoded_path(path)
        model = self._model
        if model is None:
            handle = self._configured()
        else:
            handle = model.handle.copy()
            self._configured(handle, **_translation.used(self, handle))
            model.describe(handle)
        try:
            lib.apus_estimator_save(handle, encoded)
        except OSError:
            # Raises the subclass for a folder that is missing or closed.
            os.listdir(os.path.dirname(os.fsdecode(encoded)) or ".")
            raise

    def export(self, path, format: str = "onnx") -> None:
        """Writes the fitted model to `path` in the format of another library: "onnx" for gradient boosting."""
        encoded = encoded_path(path)
        pointer = _arrays.new_handle()
        lib.apus_estimator_export(byref(pointer), self._required_model().handle, format.encode())
        with open(encoded, "wb") as file:
            file.write(_arrays.owned(pointer).data)

    def __getstate__(self) -> dict:
        state = {name: value for name, value in self.__dict__.items() if name != "_model"}
        model = self._model
        if model is not None:
            pointer = _arrays.new_handle()
            lib.apus_estimator_serialize(byref(pointer), model.handle)
            labels = model.labels
            state["_model"] = {
                "bytes": _arrays.owned(pointer),
                "feature_count": model.feature_count,
                "feature_names": model.feature_names,
                "labels": None if labels is None else (labels.classes, labels.dtype),
                "categories": model.categories,
            }
        return state

    def __setstate__(self, state: dict) -> None:
        state = dict(state)
        stored = state.pop("_model", None)
        self.__dict__.update(state)
        if stored is not None:
            labels = None if stored["labels"] is None else Labels(*stored["labels"])
            handle = _deserialized(stored["bytes"])
            names = stored["feature_names"]
            self._model = Model(
                self._kind, handle, stored["feature_count"], names, labels, stored.get("categories")
            )

    def __copy__(self):
        result = type(self).__new__(type(self))
        result.__dict__.update(self.__dict__)
        return result

    def __deepcopy__(self, memo: dict):
        result = type(self).__new__(type(self))
        memo[id(self)] = result
        for name, value in self.__dict__.items():
            result.__dict__[name] = value if name == "_model" else copy.deepcopy(value, memo)
        return result

    def __repr__(self) -> str:
        shown = []
        for parameter in self._kind.parameters:
            value = getattr(self, parameter.name)
            if value is not parameter.default and repr(value) != repr(parameter.default):
                shown.append(f"{parameter.name}={value!r}")
        return f"{type(self).__name__}({', '.join(shown)})"

    # -- scikit-learn

    def __sklearn_is_fitted__(self) -> bool:
        return self._model is not None

    def __sklearn_tags__(self):
        from ._sklearn import tags

        return tags(self)


def _input(X, categories: _categories.Categories | None) -> Input:
    """X as the library takes it, under the names of its columns."""
    if categories is None:
        return Input(X)
    features = Input(categories.encode(X))
    features.names = _arrays.feature_names(X)
    return features


def _compute(call, features: Input | None):
    """The result of ``call()``, on a worker thread when `features` are many; its warnings are issued."""
    if features is not None and features.elements >= _APPLY_ELEMENTS:
        return interruptible(lambda _: call())
    result = call()
    if lib.apus_warning_count():
        show_warnings(collected_warnings())
    return result


def _group_numbers(groups) -> np.ndarray:
    """`groups`, or the positions of its values in their order where they are not numbers."""
    array = np.asarray(groups)
    return array if array.dtype.kind in "biuf" else np.unique(array, return_inverse=True)[1]


class _FitOptions:
    """An ``apus_fit_options`` with everything it points to."""

    def __init__(self, rows: int, sample_weight, cancel: CancelToken | None, options: dict, objective: _Objective):
        unknown = [name for name in options if name not in _FIT_OPTIONS]
        if unknown:
            known = ("sample_weight", "progress", "cancel", "objective", *_FIT_OPTIONS)
            hint = suggestion(unknown[0], known) or f"; allowed are {', '.join(known)}"
            raise TypeError(f"fit() got an unexpected keyword argument {unknown[0]!r}{hint}")
        self.token = cancel
        self._struct = c.apus_fit_options(struct_size=sizeof(c.apus_fit_options), objective=objective.callback)
        self._kept = []
        self._set("sample_weight", _weights(sample_weight, rows))
        for name, value in options.items():
            if name == "groups" and value is not None:
                value = _group_numbers(value)
            self._set(name, None if value is None else _arrays.numbers(value, name))

    def _set(self, name: str, array: np.ndarray | None) -> None:
        if array is not None:
            description = _arrays.view(array)
            self._kept += [array, description]
            setattr(self._struct, name, POINTER(c.apus_view)(description))

    def require_token(self) -> None:
        if self.token is None:
            self.token = CancelToken()

    def pointer(self, callback):
        if self.token is not None:
            self._struct.cancel = self.token._as_parameter_
        self._struct.progress = callback
        return byref(self._struct)


class _Objective(CalledBack):
    """A user's loss as an ``apus_objective_callback``: ``gradient, hessian = function(y, raw)``.

    It runs on the thread that makes the call. What it raises ends the fit and comes out of :meth:`errors`.
    """

    def __init__(self, function):
        if function is not None and not callable(function):
            raise TypeError(f"objective: {type(function).__name__} is not callable")
        self._function = function
        self.callback = c.apus_objective_callback() if function is None else c.apus_objective_callback(self._fill)

    def _fill(self, _context, y, raw, gradient, hessian, rows, outputs, status):
        with self.reporting(status):
            shape = (rows,) if outputs == 1 else (outputs, rows)
            y = np.ctypeslib.as_array(y, (rows,)).copy()
            raw = np.ctypeslib.as_array(raw, shape).T.copy()
            for target, values in zip((gradient, hessian), self._function(y, raw), strict=True):
                values = np.asarray(values)
                if values.shape != raw.shape:
                    raise ValueError(f"objective: gave an array of shape {values.shape}, needs {raw.shape}")
                np.ctypeslib.as_array(target, shape)[...] = values.T


def _weights(sample_weight, rows: int) -> np.ndarray | None:
    """Weights as an array; a single number stands for every row."""
    if sample_weight is None:
        return None
    weights = _arrays.numbers(sample_weight, "sample_weight")
    return np.full(rows, float(weights)) if weights.ndim == 0 else weights


def _fit_function(partial: bool, sparse: bool):
    if partial:
        return lib.apus_estimator_partial_fit_csr if sparse else lib.apus_estimator_partial_fit
    return lib.apus_estimator_fit_csr if sparse else lib.apus_estimator_fit


def _deserialized(data) -> Handle:
    array = np.ascontiguousarray(data, dtype=np.uint8)
    pointer = POINTER(c.apus_estimator)()
    lib.apus_estimator_deserialize(byref(pointer), array.ctypes.data, array.size)
    return Handle(pointer)


def _join_evaluation_sets(options: dict) -> None:
    """Several evaluation sets, lists of tables, targets and weights, become one with `validation_group`."""
    tables = options.get("validation_x")
    if not isinstance(tables, (list, tuple)) or not tables or np.ndim(tables[0]) != 2:
        return
    for name in ("validation_y", "validation_sample_weight"):
        parts = options.get(name)
        if parts is None:
            continue
        if not isinstance(parts, (list, tuple)) or [len(p) for p in parts] != [len(t) for t in tables]:
            raise ValueError(f"{name}: needs a list like validation_x, with {[len(table) for table in tables]} rows")
        options[name] = np.concatenate([np.asarray(part) for part in parts])
    options["validation_group"] = np.array([len(table) for table in tables])
    options["validation_x"] = np.concatenate([np.asarray(table) for table in tables])


def encoded_path(path) -> bytes:
    """A path for the library; raises ValueError for an embedded NUL."""
    raw = os.fsencode(path)
    if b"\0" in raw:
        raise ValueError("path: contains a NUL character")
    return raw
