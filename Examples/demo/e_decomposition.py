"""Principal components of 178 wines: scree plot, biplot, kernel components; gaps filled by expectation maximisation"""

import time

import matplotlib.pyplot as plt
import numpy as np
from tables import wine

from apus import linalg
from apus.decomposition import PCA, KernelPCA, biplot, scree_plot


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
    scree_plot(pca, ax=scree)
    biplot(two, x, y=[f"cultivar {value:.0f}" for value in cultivar], feature_names=names, ax=scatter)
    radial = KernelPCA(2, kernel="rbf", gamma=0.04).fit_transform(z)
    draw_classes(kernel, radial, cultivar)
    kernel.set_title("kernel PCA, radial kernel")
    kernel.set_xlabel("component 1")
    kernel.set_ylabel("component 2")
    figure.tight_layout()
    figure.savefig(output / "wine-pca.png", dpi=120)
    plt.close(figure)


def draw_classes(axes, points, classes):
    for value, marker in zip(np.unique(classes), "o^s"):
        chosen = classes == value
        axes.scatter(points[chosen, 0], points[chosen, 1], s=16, marker=marker, alpha=0.7, label=f"cultivar {value:.0f}")
    axes.legend(fontsize=8)
