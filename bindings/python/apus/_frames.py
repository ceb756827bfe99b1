"""Names of features, and results as data frames."""

from __future__ import annotations

import sys

import numpy as np

from ._calls import warn

#: Containers that ``set_output`` knows.
CONTAINERS = ("default", "pandas", "polars")

_SHOWN_NAMES = 5


def check_names(known: np.ndarray | None, given: np.ndarray | None, estimator: str) -> None:
    """Compares the feature names of an input with those seen in fit; raises ValueError where they differ.

    A warning is issued when only one of the two has names. The texts are those scikit-learn's users know.
    """
    if known is None and given is None:
        return
    if known is None:
        warn(f"X has feature names, but {estimator} was fitted without feature names", UserWarning)
    elif given is None:
        warn(f"X does not have valid feature names, but {estimator} was fitted with feature names", UserWarning)
    elif len(known) != len(given) or np.any(known != given):
        raise ValueError(_mismatch(set(known), set(given)))


def _mismatch(known: set[str], given: set[str]) -> str:
    message = "The feature names should match those that were passed during fit.\n"
    if given - known:
        message += "Feature names unseen at fit time:\n" + _listed(given - known)
    if known - given:
        message += "Feature names seen at fit time, yet now missing:\n" + _listed(known - given)
    if given == known:
        message += "Feature names must be in the same order as they were in fit.\n"
    return message


def _listed(names: set[str]) -> str:
    ordered = sorted(names)
    lines = [f"- {name}\n" for name in ordered[:_SHOWN_NAMES]]
    return "".join(lines + (["- ...\n"] if len(ordered) > _SHOWN_NAMES else []))


def input_names(known: np.ndarray | None, count: int, given) -> np.ndarray:
    """Names of the input features: `given` if it fits, else those of fit, else ``x0, x1, ...``."""
    if given is None:
        return known if known is not None else np.array([f"x{index}" for index in range(count)], dtype=object)
    names = np.asarray(given, dtype=object)
    if known is not None and not np.array_equal(known, names):
        raise ValueError("input_features is not equal to feature_names_in_")
    if len(names) != count:
        raise ValueError(f"input_features should have length equal to number of features ({count}), got {len(names)}")
    return names


def container(estimator) -> str:
    """The container `estimator` was asked for, by ``set_output`` or by scikit-learn's configuration."""
    chosen = getattr(estimator, "_sklearn_output_config", {}).get("transform")
    if chosen is None and "sklearn" in sys.modules:
        chosen = sys.modules["sklearn"].get_config().get("transform_output")
    return chosen or "default"


def contained(result: np.ndarray, estimator, original):
    """`result` in the container `estimator` was asked for, with the row index of `original` where that has one."""
    library = container(estimator)
    if library == "default":
        return result
    names = estimator.get_feature_names_out()
    if library == "pandas":
        import pandas

        index = original.index if isinstance(original, (pandas.DataFrame, pandas.Series)) else None
        return pandas.DataFrame(result, index=index, columns=names, copy=False)
    if library == "polars":
        import polars

        return polars.DataFrame(result, schema=names.tolist(), orient="row")
    raise ValueError(f"output config must be in {list(CONTAINERS)}, got {library}")
