"""The tags by which scikit-learn learns what an estimator can do. Imported only when scikit-learn asks for them."""

from __future__ import annotations

from sklearn.utils import ClassifierTags, InputTags, RegressorTags, Tags, TargetTags, TransformerTags

from . import _signatures as c
from ._introspection import Kind

_TYPES = {
    c.APUS_ROLE_REGRESSOR: "regressor",
    c.APUS_ROLE_CLASSIFIER: "classifier",
    c.APUS_ROLE_TRANSFORMER: "transformer",
    c.APUS_ROLE_CLUSTERER: "clusterer",
    c.APUS_ROLE_OUTLIER_DETECTOR: "outlier_detector",
    c.APUS_ROLE_DENSITY_ESTIMATOR: "density_estimator",
    c.APUS_ROLE_RANKER: None,
}


def tags(estimator) -> Tags:
    """scikit-learn's description of an estimator, as its parameters stand."""
    kind: Kind = estimator._kind
    dtypes = ["float64", "float32"] if kind.has(c.APUS_TRAIT_FLOAT32) else ["float64"]
    return Tags(
        estimator_type=_TYPES[kind.role],
        target_tags=TargetTags(
            required=kind.has(c.APUS_TRAIT_NEEDS_TARGETS),
            multi_output=kind.has(c.APUS_TRAIT_MULTI_OUTPUT),
            positive_only=kind.has(c.APUS_TRAIT_POSITIVE_TARGETS),
        ),
        transformer_tags=TransformerTags(preserves_dtype=dtypes) if "transform" in kind.operations else None,
        classifier_tags=(
            ClassifierTags(multi_class=_takes_several_classes(estimator)) if kind.is_classifier else None
        ),
        regressor_tags=RegressorTags() if kind.role == c.APUS_ROLE_REGRESSOR else None,
        input_tags=InputTags(
            sparse=kind.has(c.APUS_TRAIT_SPARSE_INPUT),
            allow_nan=_takes_missing_values(estimator),
            positive_only=kind.has(c.APUS_TRAIT_NON_NEGATIVE_INPUT),
        ),
    )


def _takes_several_classes(estimator) -> bool:
    return not estimator._kind.has(c.APUS_TRAIT_BINARY_ONLY) and getattr(estimator, "penalty", None) != "firth"


def _takes_missing_values(estimator) -> bool:
    if getattr(estimator, "missing", None) == "em":
        return True
    base = getattr(estimator, "estimator", None)
    return estimator._kind.has(c.APUS_TRAIT_MISSING_VALUES) and (not hasattr(base, "_kind") or _takes_missing_values(base))
