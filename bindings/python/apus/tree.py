"""Trees under scikit-learn's names: estimators, and fitted trees as text, graphs, pictures and arrays."""

from __future__ import annotations

from ._modules import classes_in, hooks
from ._trees import Tree

__getattr__, __dir__ = hooks("tree")

__all__ = [*classes_in("tree"), "Tree", "export_graphviz", "export_svg", "export_text"]


def _names(names, option: str) -> dict:
    if names is None:
        return {}
    names = [str(name) for name in names]
    if any("\n" in name for name in names):
        raise ValueError(f"{option}: names must not contain line breaks")
    return {option: "\n".join(names)}


def _report(estimator, name: str, feature_names, class_names, max_depth, options: dict) -> str:
    if feature_names is None:
        feature_names = getattr(estimator, "feature_names_in_", None)
    if class_names is None and getattr(estimator._required_model(), "labels", None) is not None:
        classes = estimator.classes_
        class_names = None if isinstance(classes, list) else classes
    given = {**_names(feature_names, "feature_names"), **_names(class_names, "class_names"), **options}
    if max_depth is not None:
        given["max_depth"] = max_depth
    return estimator.report(name, **given)


def export_text(
    estimator, *, feature_names=None, class_names=None, max_depth=10, spacing=3, decimals=2, show_weights=False, tree=0
) -> str:
    """A fitted tree as indented text, in the form of scikit-learn's `export_text`.

    `tree` chooses one of an ensemble's trees. Feature names default to the columns of the training data frame.
    """
    options = {"spacing": spacing, "decimals": decimals, "show_weights": show_weights, "tree": tree}
    return _report(estimator, "export_text", feature_names, class_names, max_depth, options)


def _written(text: str, out_file):
    if out_file is None:
        return text
    if hasattr(out_file, "write"):
        out_file.write(text)
    else:
        with open(out_file, "w", encoding="utf-8") as file:
            file.write(text)
    return None


def export_graphviz(
    estimator, out_file=None, *, feature_names=None, class_names=None, max_depth=None, decimals=2, tree=0
) -> str | None:
    """A fitted tree in Graphviz's DOT language: returned, or written to `out_file` (path or file)."""
    options = {"decimals": decimals, "tree": tree}
    return _written(_report(estimator, "export_graphviz", feature_names, class_names, max_depth, options), out_file)


def export_svg(
    estimator, out_file=None, *, feature_names=None, class_names=None, max_depth=None, decimals=2, tree=0
) -> str | None:
    """A fitted tree as an SVG picture, which needs no other program: returned, or written to `out_file`."""
    options = {"decimals": decimals, "tree": tree}
    return _written(_report(estimator, "export_svg", feature_names, class_names, max_depth, options), out_file)
