"""Golden values of principal components and truncated decompositions.

Made with numpy 2.4.6, scipy 1.17.1, scikit-learn 1.9.1: python generate.py
"""

import json
import pathlib

import numpy as np
import scipy.linalg
from sklearn.decomposition import PCA, KernelPCA

FOLDER = pathlib.Path(__file__).resolve().parent


def numbers(array):
    return [float(x) for x in np.ravel(array)]


def table(name):
    lines = [line for line in (FOLDER / "../../../Examples/data" / name).read_text().splitlines() if not line.startswith("#")]
    return np.loadtxt(lines[1:], delimiter=",")[:, 1:]


def matrices():
    rng = np.random.default_rng(20)
    yield "wine", table("wine.csv")
    yield "longley", table("longley.csv")
    yield "wide", np.round(rng.standard_normal((12, 30)), 3)
    u, v = (np.linalg.qr(rng.standard_normal((40, 8)))[0], np.linalg.qr(rng.standard_normal((8, 8)))[0])
    yield "clustered", (u * [3, 3, 3, 1, 1, 0.5, 0.5, 0.5]) @ v
    yield "rank 3", (u[:, :3] * [5, 2, 1]) @ v[:3]
    i, j = np.indices((20, 20))
    yield "Kahan", np.where(j < i, 0, np.sin(1.2) ** i * np.where(i == j, 1, -np.cos(1.2)))


def case(name, x):
    pca = PCA(svd_solver="full").fit(x)
    # Components are determined up to rotations within equal variances: their projections on leading subspaces are compared.
    count = 3 if name in ("clustered", "rank 3") else min(2, min(x.shape))
    kernel = KernelPCA(3, kernel="rbf", gamma=1 / (10 * x.var() * x.shape[1])).fit(x)
    return {
        "name": name,
        "rows": x.shape[0],
        "x": numbers(x),
        "singular_values": numbers(scipy.linalg.svdvals(x)),
        "explained_variance": numbers(pca.explained_variance_),
        "count": count,
        "projector": numbers(pca.components_[:count].T @ pca.components_[:count]),
        "noise_variance": float(PCA(count, svd_solver="full").fit(x).noise_variance_),
        "gamma": float(kernel.gamma),
        "kernel_eigenvalues": numbers(kernel.eigenvalues_),
    }


(FOLDER / "decomposition.json").write_text(json.dumps([case(*pair) for pair in matrices()], indent=0) + "\n")
