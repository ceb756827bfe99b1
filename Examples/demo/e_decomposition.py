"""Principal components of 178 wines: scree plot, biplot, kernel components; gaps filled by expectation maximisation"""

import time

import matplotlib.pyplot as plt
import numpy as np
from tables import wine

from apus import linalg
from apus.decomposition import PCA, KernelPCA


def run(output):
    names, x, cultivar = wine()
    start = time.perf_counter()
    pca = PCA(standardize=True).fit(x)
    elapsed = time.perf_counter() - start
    z = (x - x.mean(axis=0)) / x.std(axis=0, ddof=1)
    singular = linalg.svdvals(z)

    print(f"{'component':>9} {'variance':>10} {'of total':>9} {'cumulated':>10}   largest loadings")
    for k in range(5):
        variance, ratio, cumulated = pca.scree_[k]
        order = np.argsort(-np.abs(pca.loadings_[:, k]))[:3]
        loadings = ", ".join(f"{names[j]} {pca.loadings_[j, k]:+.2f}" for j in order)
        print(f"{k + 1:>9} {variance:>10.4f} {ratio:>9.3f} {cumulated:>10.3f}   {loadings}")
    error = np.max(np.abs(pca.singular_values_ - singular)) / singular[0]
    print(f"total variance {pca.total_variance_:.12g} = {len(names)} features; against the SVD {error:.1e}; {elapsed * 1e3:.2f} ms")
    print(f"components for 90 % of the variance: {PCA(0.9, standardize=True).fit(x).n_components_}, by Minka's evidence: "
          f"{PCA('mle', standardize=True).fit(x).n_components_}")  # fmt: skip

    rng = np.random.default_rng(0)
    gaps = rng.random(x.shape) < 0.1
    gappy = np.where(gaps, np.nan, x)
    two, filled = PCA(2, standardize=True).fit(x), PCA(2, standardize=True, missing="em").fit(gappy)
    angle = np.degrees(np.arcsin(np.linalg.norm(two.components_ - two.components_ @ filled.components_.T @ filled.components_, 2)))
    print(f"10 % of the values taken away: the plane turns by {angle:.1f} degrees ({filled.n_iter_} iterations)")

    figure, (scree, scatter, kernel) = plt.subplots(1, 3, figsize=(15, 4.6))
    draw_scree(scree, pca)
    draw_biplot(scatter, two, two.transform(x), cultivar, names)
    radial = KernelPCA(2, kernel="rbf", gamma=0.04).fit_transform(z)
    draw_classes(kernel, radial, cultivar)
    kernel.set_title("kernel PCA, radial kernel")
    kernel.set_xlabel("component 1")
    kernel.set_ylabel("component 2")
    figure.tight_layout()
    figure.savefig(output / "wine-pca.png", dpi=120)
    plt.close(figure)


def draw_scree(axes, pca):
    numbers = np.arange(1, pca.n_components_ + 1)
    axes.bar(numbers, pca.explained_variance_, color="0.6", label="variance")
    axes.axhline(1, color="black", linewidth=0.8, linestyle=":", label="one feature")
    axes.set_xlabel("component")
    axes.set_ylabel("variance (standardised features)")
    axes.set_title("scree plot")
    share = axes.twinx()
    share.plot(numbers, 100 * pca.scree_[:, 2], "o-", color="C0", markersize=4, label="cumulated")
    share.set_ylim(0, 105)
    share.set_ylabel("cumulated variance (%)")
    handles = [part for side in (axes, share) for part in side.get_legend_handles_labels()[0]]
    labels = [part for side in (axes, share) for part in side.get_legend_handles_labels()[1]]
    axes.legend(handles, labels, loc="center right")


def draw_classes(axes, points, classes):
    for value, marker in zip(np.unique(classes), "o^s"):
        chosen = classes == value
        axes.scatter(points[chosen, 0], points[chosen, 1], s=16, marker=marker, alpha=0.7, label=f"cultivar {value:.0f}")
    axes.legend(fontsize=8)


def draw_biplot(axes, pca, points, classes, names):
    draw_classes(axes, points, classes)
    stretch = 0.9 * np.abs(points).max() / np.abs(pca.loadings_).max()
    tips = stretch * pca.loadings_
    for (first, second), (right, height), name in zip(tips, label_places(tips), names):
        axes.annotate("", (first, second), (0, 0), arrowprops={"arrowstyle": "->", "color": "0.2", "alpha": 0.6})
        axes.text(right, height, name, fontsize=7, color="0.1", ha="left" if first > 0 else "right", va="center")
    axes.axhline(0, color="black", linewidth=0.5)
    axes.axvline(0, color="black", linewidth=0.5)
    axes.set_xlim(-7.5, 7.5)
    axes.margins(y=0.12)
    axes.set_title("biplot: scores and loadings")
    for axis, ratio in zip((axes.xaxis, axes.yaxis), pca.explained_variance_ratio_):
        axis.set_label_text(f"component {1 if axis is axes.xaxis else 2} ({100 * ratio:.0f} %)")


def label_places(tips, distance=0.42):
    """Places for labels beyond the tips of the arrows, on each side at least `distance` apart in height."""
    places = 1.06 * tips
    for side in (tips[:, 0] > 0, tips[:, 0] <= 0):
        order = np.flatnonzero(side)[np.argsort(places[side, 1])]
        for below, above in zip(order, order[1:]):
            places[above, 1] = max(places[above, 1], places[below, 1] + distance)
    return places
