"""Makes the estimator classes from the library's introspection: signatures, methods, attributes and documentation.

A kind that the library gains needs no code here: the methods of its class follow from its operations, traits and role.
"""

from __future__ import annotations

import os
import textwrap
import types
from functools import lru_cache

import numpy as np

from . import _frames, _inference, _introspection, _linear, _trees
from . import _signatures as c
from ._estimator import Estimator
from ._introspection import Kind

#: Parameters that scikit-learn lets callers give by position, when they come first.
_POSITIONAL = {"alpha", "alphas", "estimator", "n_clusters", "n_components", "n_estimators", "n_neighbors", "penalty"}

_FIT_DOC = """Fits on X and y; returns self.

Parameters
----------
X : array-like or sparse matrix of shape (n_samples, n_features)
    Features: anything numpy can read, of any strides; data frames leave their column names in ``feature_names_in_``.
y : array-like of shape (n_samples,) or (n_samples, n_outputs)
    {y_doc}
{weight}progress : callable or bool, optional
    Called with the stage (str) and the fraction done (float) on the calling thread. What it raises ends the fit. True
    shows a bar.
cancel : apus.CancelToken, optional
    Ends the fit when another thread trips it.
**options
    Further arrays some estimators use: group, validation_x, validation_y, validation_sample_weight, validation_group,
    initial_score, groups, sigma, offset, exposure; and for gradient boosting `objective`: a function of y and the raw scores (n_samples,), or
    (n_samples, n_classes) for more than two classes, that returns the gradient and the Hessian of every row's loss.

On any failure an earlier model stays.
"""

_WEIGHT_DOC = """sample_weight : array-like of shape (n_samples,), optional
    Non-negative weights; an integer weight equals repetition of the row.
"""

_RANKING_WEIGHT_DOC = """sample_weight : array-like of shape (n_samples,), optional
    Non-negative weights, which multiply the gradients of their rows.
"""

_DOCS = {
    "predict": "One prediction a row of X: (n_samples,), or (n_samples, n_outputs) for several targets.",
    "predict_proba": "Probabilities of the classes for the rows of X: (n_samples, n_classes), ordered as `classes_`.",
    "predict_log_proba": "Logarithms of the probabilities of `predict_proba`.",
    "decision_function": "Signed scores for the rows of X: (n_samples,) for two classes, else (n_samples, n_classes).",
    "transform": "X transformed: (n_samples, n_components).",
    "inverse_transform": "Features out of transformed ones: (n_samples, n_features).",
    "fit_transform": "Fits on X and returns it transformed.",
    "fit_predict": "Fits on X and returns the labels of its rows.",
    "score": (
        "The coefficient of determination of the predictions for X (regressors), their accuracy (classifiers, outlier "
        "detectors), or the mean log-likelihood of the rows (density estimators, principal components)."
    ),
    "partial_fit": "Fits on a further batch of rows; returns self. Parameters as for fit.",
    "merge": "Makes this the model of its own rows and of those `other`, fitted with the same parameters, saw; returns self.",
    "error_norm": "A norm of the difference between `comp_cov` and the estimate: 'frobenius' or 'spectral'.",
    "get_covariance": "The covariance of the features under the fitted distribution: (n_features, n_features).",
    "get_precision": "The inverse of the covariance, or its pseudo-inverse: (n_features, n_features).",
    "mahalanobis": "Squared Mahalanobis distances of the rows of X: (n_samples,).",
    "score_samples": (
        "Log-densities of the rows of X (principal components), their negative squared Mahalanobis distances, or their "
        "negative anomaly scores (isolation forest): (n_samples,)."
    ),
    "get_feature_names_out": "Names of the transformed features, as an array of str.",
    "set_output": 'Chooses the container of transformed data: "default", "pandas" or "polars"; returns self.',
}


class FittedAttribute:
    """A result of fitting, read from the library when first used; read-only."""

    def __init__(self, name: str, doc: str):
        self._name, self.__doc__ = name, doc

    def __get__(self, estimator: Estimator | None, owner: type | None = None):
        if estimator is None:
            return self
        model = estimator._model
        value = None if model is None else model.attribute(self._name)
        if value is None:
            why = "it is not fitted yet; call fit first" if model is None else "this fit did not compute it"
            raise AttributeError(f"{type(estimator).__name__!r} object has no attribute {self._name!r}: {why}")
        return value

    def __set__(self, estimator: Estimator, value) -> None:
        raise AttributeError(f"{self._name} is a result of fit and cannot be set")


class FeatureCount(FittedAttribute):
    """Number of features seen in fit."""

    def __init__(self):
        super().__init__("n_features_in_", "Number of features seen in fit.")

    def __get__(self, estimator, owner=None):
        if estimator is not None and estimator._model is not None:
            return estimator._model.feature_count
        return super().__get__(estimator, owner)


class FeatureNames(FittedAttribute):
    """Names of the features seen in fit, when X had column names that are strings."""

    def __init__(self):
        super().__init__("feature_names_in_", "Names of the features seen in fit, when X had names that are strings.")

    def __get__(self, estimator, owner=None):
        if estimator is None:
            return self
        if estimator._model is not None and estimator._model.feature_names is not None:
            return estimator._model.feature_names
        raise AttributeError(f"{type(estimator).__name__!r} object has no attribute 'feature_names_in_'")


class Members:
    """The fitted estimators an ensemble is made of: a list. Classifiers among them predict positions in the ensemble's
    `classes_`; those of a bagging take the columns in `estimators_features_`."""

    def __get__(self, estimator, owner=None):
        if estimator is None:
            return self
        if estimator._model is None:
            raise AttributeError(
                f"{type(estimator).__name__!r} object has no attribute 'estimators_': it is not fitted yet; call fit first"
            )
        from ._files import wrap

        return [wrap(member) for member in estimator._model.handle.members()]


@lru_cache(maxsize=None)
def estimator_class(kind_name: str) -> type[Estimator]:
    """The class of a kind."""
    kind = _introspection.kind(kind_name)
    namespace = {
        "__doc__": documentation(kind),
        "__module__": f"apus.{kind.module}",
        "__qualname__": kind.class_name,
        "_kind": kind,
        "n_features_in_": FeatureCount(),
        "feature_names_in_": FeatureNames(),
    }
    for attribute in kind.attributes:
        if attribute.name not in namespace:
            namespace[attribute.name] = FittedAttribute(attribute.name, attribute.doc)
    namespace.update(_methods(kind))
    namespace.update(_linear.members(kind))
    namespace.update((name, _named(kind, name, member)) for name, member in _trees.members(kind).items())
    return type(kind.class_name, (Estimator,), namespace)


def _methods(kind: Kind) -> dict:
    methods = {"__init__": _initializer(kind), "fit": _fitter(kind, "fit")}
    if kind.has(c.APUS_TRAIT_PARTIAL_FIT):
        methods["partial_fit"] = _fitter(kind, "partial_fit")
    for operation in kind.operations:
        if operation == "decision_function" and kind.role == c.APUS_ROLE_REGRESSOR:
            # scikit-learn's convention: regressors have none.
            continue
        methods[operation] = _OPERATIONS.get(operation) or _general_operation(operation)
    if kind.has(c.APUS_TRAIT_MERGEABLE):
        methods["merge"] = _merge
    if kind.has(c.APUS_TRAIT_MEMBERS):
        methods["estimators_"] = Members()
    if kind.has(c.APUS_TRAIT_SUMMARY):
        methods["summary"] = _inference.summary
    if kind.name == "glm":
        methods["predict"] = _inference.predict
    if "predict_proba" in methods:
        methods["predict_log_proba"] = _predict_log_proba
    if "transform" in methods:
        methods["get_feature_names_out"] = Estimator._feature_names_out
        methods["set_output"] = Estimator._set_output
        methods["_sklearn_auto_wrap_output_keys"] = {"transform"}
        is_embedding = any(attribute.name == "embedding_" for attribute in kind.attributes)
        methods["fit_transform"] = _fit_embedding if is_embedding else _fit_transform
    if kind.role in (c.APUS_ROLE_REGRESSOR, c.APUS_ROLE_CLASSIFIER, c.APUS_ROLE_OUTLIER_DETECTOR):
        methods["score"] = _score
    if kind.role in (c.APUS_ROLE_CLUSTERER, c.APUS_ROLE_OUTLIER_DETECTOR):
        has_labels = any(attribute.name == "labels_" for attribute in kind.attributes)
        methods["fit_predict"] = _fit_labels if has_labels else _fit_predict
    return {name: _named(kind, name, method) for name, method in methods.items()}


def _named(kind: Kind, name: str, method):
    """`method` as a function of the class, under the name it has there and with its documentation."""
    if not isinstance(method, types.FunctionType):
        return method
    function = types.FunctionType(method.__code__, method.__globals__, name, method.__defaults__, method.__closure__)
    function.__kwdefaults__ = method.__kwdefaults__
    function.__qualname__ = f"{kind.class_name}.{name}"
    function.__module__ = f"apus.{kind.module}"
    function.__doc__ = method.__doc__ or _DOCS.get(name)
    return function


def _initializer(kind: Kind):
    """``__init__`` with the parameters of the kind: it stores them, as scikit-learn's conventions demand."""
    names = [parameter.name for parameter in kind.parameters]
    signature, first = ["self"], names[:1] if names and names[0] in _POSITIONAL else []
    signature += [f"{name}=_defaults[{name!r}]" for name in first]
    if len(names) > len(first):
        signature.append("*")
        signature += [f"{name}=_defaults[{name!r}]" for name in names[len(first) :]]
    body = [f"self.{name} = {name}" for name in names] or ["pass"]
    return _compiled("__init__", signature, body, {p.name: p.default for p in kind.parameters})


def _fitter(kind: Kind, name: str):
    needs_targets, weighted = kind.has(c.APUS_TRAIT_NEEDS_TARGETS), kind.has(c.APUS_TRAIT_SAMPLE_WEIGHT)
    signature = ["self", "X", "y" if needs_targets else "y=None"]
    signature += ["sample_weight=None"] if weighted else []
    signature += ["*", "progress=None", "cancel=None", "**options"]
    weight = "sample_weight" if weighted else "None"
    partial = name == "partial_fit"
    body = [f"return self._fit(X, y, {weight}, progress, cancel, options, partial={partial})"]
    function = _compiled(name, signature, body, {})
    if partial:
        function.__doc__ = _DOCS["partial_fit"]
    else:
        y_doc = "Targets." if needs_targets else "Ignored; here for pipelines."
        weight_doc = _RANKING_WEIGHT_DOC if kind.role == c.APUS_ROLE_RANKER else _WEIGHT_DOC
        weight_doc = weight_doc if weighted else ""
        function.__doc__ = _FIT_DOC.format(y_doc=y_doc, weight=weight_doc)
    return function


def _compiled(name: str, signature: list[str], body: list[str], defaults: dict):
    """A function with exactly this signature, as `dataclasses` makes its ``__init__``: from source."""
    source = f"def {name}({', '.join(signature)}):\n" + textwrap.indent("\n".join(body), "    ")
    namespace = {"_defaults": defaults}
    exec(compile(source, os.path.join(os.path.dirname(__file__), f"<{name}>"), "exec"), namespace)
    return namespace[name]


def _general_operation(name: str):
    """The method of an operation this module does not know by name."""

    def method(self, X=None, **arguments):
        return self._operate(name, X, arguments)

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"Operation {name!r} on X, or on the model alone where X is not given."
    return method


def _merge(self, other):
    return self._merge(other)


def _predict(self, X):
    return self._predict(X)


def _predict_proba(self, X):
    return self._predict_proba(X)


def _predict_log_proba(self, X):
    probabilities = self.predict_proba(X)
    with np.errstate(divide="ignore"):
        return list(map(np.log, probabilities)) if isinstance(probabilities, list) else np.log(probabilities)


def _decision_function(self, X):
    return self._operate("decision_function", X)


def _transform(self, X):
    return self._transform(X)


def _inverse_transform(self, X):
    return self._operate("inverse_transform", X)


def _fit_transform(self, X, y=None, **fit_params):
    self.fit(X, y, **fit_params)
    return self.transform(X)


def _fit_embedding(self, X, y=None, **fit_params):
    # The embedding of the rows a manifold was learned from is not what transform makes of them as new rows.
    return _frames.contained(self.fit(X, y, **fit_params).embedding_.copy(), self, X)


def _fit_labels(self, X, y=None, **fit_params):
    return self.fit(X, y, **fit_params).labels_.copy()


def _fit_predict(self, X, y=None, **fit_params):
    return self.fit(X, y, **fit_params).predict(X)


def _score(self, X, y, sample_weight=None):
    return self._score(X, y, sample_weight)


def _density_score(self, X, y=None):
    return float(self._operate("score", X))


def _error_norm(self, comp_cov, norm="frobenius", scaling=True, squared=True):
    arguments = {"comp_cov": comp_cov, "norm": norm, "scaling": scaling, "squared": squared}
    return float(self._operate("error_norm", None, arguments))


def _mahalanobis(self, X):
    return self._operate("mahalanobis", X)


def _score_samples(self, X):
    return self._operate("score_samples", X)


def _get_precision(self):
    return self._operate("get_precision", None, {})


_OPERATIONS = {
    "error_norm": _error_norm,
    "get_precision": _get_precision,
    "mahalanobis": _mahalanobis,
    "score": _density_score,
    "score_samples": _score_samples,
    "predict": _predict,
    "predict_proba": _predict_proba,
    "decision_function": _decision_function,
    "transform": _transform,
    "inverse_transform": _inverse_transform,
    "conf_int": _inference.conf_int,
    "odds_ratios": _inference.odds_ratios,
    "get_prediction": _inference.get_prediction,
}


def documentation(kind: Kind) -> str:
    """The docstring of a kind's class, in numpydoc's sections."""
    lines = [*kind.doc.strip().splitlines(), "", "Parameters", "----------"]
    for parameter in kind.parameters:
        lines.append(f"{parameter.name} : {parameter.type_text}, default={parameter.default!r}")
        limits = f" Permitted: {parameter.range_text}." if parameter.range_text else ""
        lines += _indented(parameter.doc + limits)
    lines += ["", "Attributes", "----------"]
    for attribute in kind.attributes:
        lines.append(f"{attribute.name} : {_FORMS.get(attribute.form, 'object')}")
        lines += _indented(attribute.doc)
    if all(attribute.name != "n_features_in_" for attribute in kind.attributes):
        lines += ["n_features_in_ : int", *_indented("Number of features seen in fit.")]
    lines += ["feature_names_in_ : ndarray of str", *_indented("Names of the features, when X had names in fit.")]
    return "\n".join(lines) + "\n"


_FORMS = {
    c.APUS_FORM_ARRAY: "ndarray",
    c.APUS_FORM_INT: "int",
    c.APUS_FORM_DOUBLE: "float",
    c.APUS_FORM_BOOL: "bool",
    c.APUS_FORM_STRING: "str",
}


def _indented(text: str) -> list[str]:
    return textwrap.wrap(text, 116, initial_indent="    ", subsequent_indent="    ")
