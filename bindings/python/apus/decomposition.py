"""Principal components and singular values under scikit-learn's names, and plots of principal components."""

from __future__ import annotations

import numpy as np

from ._modules import classes_in, hooks

__getattr__, __dir__ = hooks("decomposition")

__all__ = [*classes_in("decomposition"), "biplot", "scree_plot"]

_MARKERS = "os^vDP*X<>"


def scree_plot(pca, *, ax=None):
    """Draws the variances of all components and their cumulated share; returns matplotlib's axes.

    Parameters
    ----------
    pca : fitted PCA
    ax : matplotlib axes, optional
        Where to draw; a new figure by default.
    """
    variances, cumulated = np.asarray(pca.scree_)[:, 0], np.asarray(pca.scree_)[:, 2]
    ax = _axes(ax)
    numbers = np.arange(1, len(variances) + 1)
    ax.bar(numbers, variances, color="0.6", label="variance")
    if pca.get_params()["standardize"]:
        ax.axhline(1, color="black", linewidth=0.8, linestyle=":", label="one feature")
    ax.set_xlabel("component")
    ax.set_ylabel("variance")
    ax.set_title("scree plot")
    share = ax.twinx()
    share.plot(numbers, 100 * cumulated, "o-", color="C0", markersize=4, label="cumulated")
    share.set_ylim(0, 105)
    share.set_ylabel("cumulated variance (%)")
    parts = [side.get_legend_handles_labels() for side in (ax, share)]
    ax.legend(parts[0][0] + parts[1][0], parts[0][1] + parts[1][1], loc="center right")
    return ax


def biplot(pca, X, *, y=None, components=(0, 1), feature_names=None, ax=None):
    """Draws the scores of rows in the plane of two components, and the loadings of the features as arrows; returns
    matplotlib's axes (K. R. Gabriel, Biometrika 58, 1971, 453-467).

    Parameters
    ----------
    pca : fitted PCA
    X : array-like of shape (n_samples, n_features)
        Rows to draw.
    y : array-like of shape (n_samples,), optional
        Classes of the rows, each drawn in a colour and with a marker of its own.
    components : pair of int, default=(0, 1)
        The components of the axes, from 0.
    feature_names : sequence of str, optional
        Labels of the arrows; by default the names seen in fit, or x0, x1, ...
    ax : matplotlib axes, optional
        Where to draw; a new figure by default.
    """
    loadings = np.asarray(pca.loadings_)
    chosen = [int(component) for component in components]
    if len(chosen) != 2 or not all(0 <= component < loadings.shape[1] for component in chosen):
        raise ValueError(f"components: {components!r} are not two of the {loadings.shape[1]} components, from 0")
    if feature_names is None:
        feature_names = getattr(pca, "feature_names_in_", [f"x{j}" for j in range(len(loadings))])
    if len(feature_names) != len(loadings):
        raise ValueError(f"feature_names: there are {len(feature_names)} for {len(loadings)} features")
    points = np.asarray(pca.transform(X))[:, chosen]
    ax = _axes(ax)
    if y is None:
        ax.scatter(*points.T, s=16, alpha=0.7)
    else:
        y = np.asarray(y)
        if y.shape != (len(points),):
            raise ValueError(f"y: has shape {y.shape}, X has {len(points)} rows")
        for index, value in enumerate(np.unique(y)):
            marker = _MARKERS[index % len(_MARKERS)]
            ax.scatter(*points[y == value].T, s=16, marker=marker, alpha=0.7, label=str(value))
        ax.legend(fontsize=8)
    longest = np.abs(loadings[:, chosen]).max()
    tips = loadings[:, chosen] * (0.9 * np.abs(points).max() / longest if longest > 0 else 1)
    for (first, second), (right, height), name in zip(tips, _label_places(tips), feature_names):
        ax.annotate("", (first, second), (0, 0), arrowprops={"arrowstyle": "->", "color": "0.2", "alpha": 0.6})
        ax.text(right, height, str(name), fontsize=7, color="0.1", ha="left" if first > 0 else "right", va="center")
    ax.axhline(0, color="black", linewidth=0.5)
    ax.axvline(0, color="black", linewidth=0.5)
    ax.margins(x=0.2, y=0.12)
    ax.set_title("biplot: scores and loadings")
    for label, component in zip((ax.set_xlabel, ax.set_ylabel), chosen):
        label(f"component {component + 1} ({100 * pca.explained_variance_ratio_[component]:.0f} %)")
    return ax


def _axes(ax):
    if ax is not None:
        return ax
    from matplotlib import pyplot

    return pyplot.subplots()[1]


def _label_places(tips: np.ndarray) -> np.ndarray:
    """Places for labels beyond the tips of the arrows, on each side some distance apart in height."""
    distance = 0.08 * np.abs(tips).max()
    places = 1.06 * tips
    for side in (tips[:, 0] > 0, tips[:, 0] <= 0):
        order = np.flatnonzero(side)[np.argsort(places[side, 1])]
        for below, above in zip(order, order[1:]):
            places[above, 1] = max(places[above, 1], places[below, 1] + distance)
    return places
