"""Singular values, eigenvalues and principal components against numpy and scikit-learn."""

import gzip

import numpy as np
from harness import DATA, Case, Row

MNIST = DATA / "mnist" / "train-images-idx3-ubyte.gz"


def _spectrum(rows, columns, values, dtype=np.float64, seed=0):
    rng = np.random.default_rng(seed)
    turn = np.linalg.qr(rng.standard_normal((columns, columns)))[0]
    return ((rng.standard_normal((rows, columns)) * values) @ turn + 1).astype(dtype)


def _angle(a, b):
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    return float(np.arcsin(min(1.0, np.linalg.norm(a - (a @ b.T) @ b, 2))))


def _pixels():
    if MNIST.exists():
        return np.frombuffer(gzip.open(MNIST).read(), np.uint8, offset=16).reshape(60_000, 784).astype(np.float64)
    return np.clip(np.round(_spectrum(60_000, 784, 60 * 0.99 ** np.arange(784)) + 40), 0, 255)


def _mnist(dtype, scale, solver):
    def setup():
        from sklearn.decomposition import PCA as Peer

        from apus.decomposition import PCA

        x = (_pixels() / scale).astype(dtype)
        exact = np.cov(x.astype(np.float64).T)
        values, vectors = np.linalg.eigh(exact)
        values, vectors = values[::-1][:50], vectors.T[::-1][:50]

        def check(ours, peer):
            angle = _angle(ours.components_, vectors)
            error = np.max(np.abs(ours.explained_variance_ / values - 1))
            other = np.max(np.abs(peer.explained_variance_ / values - 1))
            assert angle < 1e-3 and error < 1e-5, (angle, error)
            made_up = "" if MNIST.exists() else "made-up pixels; "
            return f"{made_up}angle {angle:.0e}; variance {error:.0e}, peer {other:.0e}"

        return Case(lambda: PCA(50).fit(x), lambda: Peer(50, svd_solver=solver).fit(x), check)

    return setup


def _full(rows, columns):
    def setup():
        from sklearn.decomposition import PCA as Peer

        from apus.decomposition import PCA

        x = _spectrum(rows, columns, 0.99 ** np.arange(columns))

        def check(ours, peer):
            count = min(columns, rows - 1)
            error = np.max(np.abs(ours.explained_variance_ / peer.explained_variance_ - 1)[:count])
            orthogonal = np.max(np.abs(ours.components_ @ ours.components_.T - np.eye(len(ours.components_))))
            assert error < 1e-9 and orthogonal < 1e-10, (error, orthogonal)
            return f"variances agree to {error:.0e}"

        return Case(
            lambda: PCA(svd_solver="full").fit(x), lambda: Peer(svd_solver="full").fit(x), check
        )  # fmt: skip

    return setup


def _truncated():
    from sklearn.decomposition import TruncatedSVD as Peer

    from apus.decomposition import TruncatedSVD

    x = _spectrum(20_000, 2_000, 0.998 ** np.arange(2_000)) - 1

    def check(ours, peer):
        captured = [np.linalg.norm(x @ model.components_.T) ** 2 for model in (ours, peer)]
        total = np.linalg.norm(x) ** 2
        assert captured[0] >= captured[1] * (1 - 1e-6), captured
        return f"sum of squares captured {captured[0] / total:.6f}, peer {captured[1] / total:.6f}"

    return Case(lambda: TruncatedSVD(100).fit(x), lambda: Peer(100, random_state=0).fit(x), check)


def _svd():
    from apus import linalg

    a = np.random.default_rng(0).standard_normal((1000, 1000))

    def check(ours, peer):
        errors = [np.max(np.abs((u * s) @ vt - a)) / s[0] for u, s, vt in (ours, peer)]
        assert errors[0] < 1e-13, errors
        return f"product {errors[0]:.0e}, peer {errors[1]:.0e}"

    return Case(lambda: linalg.svd(a), lambda: np.linalg.svd(a), check)


def _eigh(count):
    def setup():
        import scipy.linalg

        from apus import linalg

        a = np.random.default_rng(0).standard_normal((1000, 1000))
        a += a.T

        def check(ours, peer):
            errors = [np.max(np.abs(a @ v - v * w)) / np.abs(w).max() for w, v in (ours, peer)]
            assert errors[0] < 1e-13, errors
            return f"residual {errors[0]:.0e}, peer {errors[1]:.0e}"

        if count is None:
            return Case(lambda: linalg.eigh(a), lambda: np.linalg.eigh(a), check)
        return Case(
            lambda: linalg.eigh(a, largest=count),
            lambda: scipy.linalg.eigh(a, subset_by_index=(1000 - count, 999)),
            check,
        )

    return setup


def _kernel():
    from sklearn.decomposition import KernelPCA as Peer

    from apus.decomposition import KernelPCA

    x = _spectrum(3_000, 50, 0.95 ** np.arange(50))

    def check(ours, peer):
        error = np.max(np.abs(ours.eigenvalues_ / peer.eigenvalues_ - 1))
        assert error < 1e-8, error
        return f"eigenvalues agree to {error:.0e}"

    options = {"n_components": 20, "kernel": "rbf", "gamma": 0.02}
    return Case(lambda: KernelPCA(**options).fit(x), lambda: Peer(**options).fit(x), check)


def _incremental():
    from sklearn.decomposition import IncrementalPCA as Peer

    from apus.decomposition import IncrementalPCA

    x = _spectrum(20_000, 300, 0.98 ** np.arange(300))
    exact = np.linalg.eigvalsh(np.cov(x.T))[::-1][:30]

    def check(ours, peer):
        errors = [np.max(np.abs(model.explained_variance_ / exact - 1)) for model in (ours, peer)]
        assert errors[0] <= errors[1] + 1e-12, errors
        return f"variance {errors[0]:.0e}, peer {errors[1]:.0e}"

    return Case(lambda: IncrementalPCA(30).fit(x), lambda: Peer(30).fit(x), check)


def rows():
    best = 'scikit-learn PCA(svd_solver="covariance_eigh")'
    return [
        Row("PCA MNIST 60,000 × 784 to 50, pixels", best, 2.5, _mnist(np.float64, 1, "covariance_eigh"), pairs=3),
        Row("PCA MNIST 60,000 × 784 to 50, pixels / 255", best, 2.5, _mnist(np.float64, 255, "covariance_eigh"), pairs=3),
        Row("PCA MNIST 60,000 × 784 to 50, float32", best, 2.5, _mnist(np.float32, 255, "covariance_eigh"), pairs=3),
        Row("PCA 20,000 × 500, full accuracy", 'scikit-learn PCA(svd_solver="full")', 8, _full(20_000, 500), pairs=3),
        Row("TruncatedSVD 20,000 × 2,000 to 100", "scikit-learn TruncatedSVD", 4, _truncated, pairs=3),
        Row("SVD 1,000 × 1,000", "numpy.linalg.svd", 1, _svd),
        Row("eigh 1,000", "numpy.linalg.eigh", 1, _eigh(None)),
        Row("eigh 1,000, 20 largest", "scipy.linalg.eigh(subset_by_index)", 1, _eigh(20)),
        Row("KernelPCA rbf 3,000 × 50 to 20", "scikit-learn KernelPCA", 1, _kernel, pairs=3),
        Row("IncrementalPCA 20,000 × 300 to 30", "scikit-learn IncrementalPCA", 1, _incremental, pairs=3),
    ]
