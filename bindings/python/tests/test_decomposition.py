"""apus.decomposition and the low-rank functions of apus.linalg against scikit-learn, numpy and the definitions."""

import gzip
import pathlib

import numpy as np
import pytest
import scipy.linalg
import scipy.sparse
import scipy.sparse.linalg
import sklearn.decomposition

import apus
from apus import linalg
from apus.decomposition import PCA, IncrementalPCA, KernelPCA, TruncatedSVD

MNIST = pathlib.Path(__file__).resolve().parents[4] / "shared" / "data" / "mnist" / "train-images-idx3-ubyte.gz"


def samples(rows, columns, decay=0.95, seed=0):
    rng = np.random.default_rng(seed)
    turn = np.linalg.qr(rng.standard_normal((columns, columns)))[0]
    return (rng.standard_normal((rows, columns)) * decay ** np.arange(columns)) @ turn + 5


def angle(a, b):
    """The largest angle between the subspaces of two sets of orthonormal rows."""
    return np.arcsin(min(1.0, np.linalg.norm(a - (a @ b.T) @ b, 2)))


def close(a, b, tolerance):
    np.testing.assert_allclose(a, b, rtol=0, atol=tolerance * max(1.0, np.max(np.abs(b))))


ATTRIBUTES = (
    "components_", "explained_variance_", "explained_variance_ratio_", "singular_values_", "mean_", "noise_variance_",
)  # fmt: skip


@pytest.mark.parametrize("shape", [(200, 20), (30, 100), (500, 300), (3000, 40)])
@pytest.mark.parametrize("options", [{"n_components": 5}, {"n_components": 0.9}, {"n_components": 3, "whiten": True}])
def test_pca_is_that_of_scikit_learn(shape, options):
    x = samples(*shape)
    ours = PCA(svd_solver="full", **options).fit(x)
    peer = sklearn.decomposition.PCA(svd_solver="full", **options).fit(x)
    for name in ATTRIBUTES:
        close(getattr(ours, name), getattr(peer, name), 1e-11)
    t = ours.transform(x)
    close(t, peer.transform(x), 1e-11)
    close(ours.inverse_transform(t), peer.inverse_transform(t), 1e-11)
    assert (ours.n_components_, ours.n_samples_) == (peer.n_components_, peer.n_samples_)
    if not options.get("whiten"):
        # scikit-learn multiplies by the variances once more when whitening.
        close(ours.get_covariance(), peer.get_covariance(), 1e-11)
    close(ours.get_precision() @ ours.get_covariance(), np.eye(shape[1]), 1e-7)
    if shape[0] > shape[1] and not options.get("whiten"):
        close(ours.score_samples(x), peer.score_samples(x), 1e-9)
        assert ours.score(x) == pytest.approx(peer.score(x), rel=1e-11)


def test_minka():
    for seed in range(5):
        rng = np.random.default_rng(seed)
        x = rng.standard_normal((300, 12)) * np.r_[np.full(4, 3.0), np.full(8, 0.5)]
        peer = sklearn.decomposition.PCA("mle", svd_solver="full").fit(x)
        assert PCA("mle").fit(x).n_components_ == peer.n_components_


def test_explicit_formulas():
    x = samples(100, 6)
    pca = PCA(3, standardize=True).fit(x)
    z = (x - x.mean(0)) / x.std(0, ddof=1)
    values, vectors = np.linalg.eigh(z.T @ z / 99)
    close(pca.explained_variance_, values[::-1][:3], 1e-13)
    close(pca.scale_, x.std(0, ddof=1), 1e-13)
    assert pca.total_variance_ == pytest.approx(6, rel=1e-13)
    close(np.abs(pca.components_), np.abs(vectors.T[::-1][:3]), 1e-12)
    close(pca.transform(x), z @ pca.components_.T, 1e-12)
    close(pca.loadings_, pca.components_.T * np.sqrt(pca.explained_variance_), 1e-14)
    close(pca.scree_[:, 2], np.cumsum(pca.explained_variance_ratio_), 1e-14)
    full = PCA(standardize=True).fit(x)
    close(full.inverse_transform(full.transform(x)), x, 1e-12)
    close(full.get_covariance(), np.cov(x.T), 1e-12)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_accuracy_and_memory_of_tall_pca(dtype):
    x = samples(20_000, 100).astype(dtype)
    before = apus_peak(lambda: PCA(10).fit(x))
    assert before < 12e6 + 8 * 4 * 100 * 100, before
    exact = np.linalg.svd(x.astype(float) - x.astype(float).mean(0), full_matrices=False)
    pca = PCA(10).fit(x)
    assert pca.components_.dtype == dtype and pca.transform(x).dtype == dtype
    assert angle(pca.components_.astype(float), exact[2][:10]) < 1e-3
    np.testing.assert_allclose(pca.explained_variance_, exact[1][:10] ** 2 / 19_999, rtol=1e-5)


def apus_peak(call):
    """The largest number of bytes by which the process grew during `call`."""
    import resource

    call()
    start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    call()
    return 1024 * (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - start)


@pytest.mark.skipif(not MNIST.exists(), reason="../shared/data/mnist is not there")
def test_mnist():
    pixels = np.frombuffer(gzip.open(MNIST).read(), np.uint8, offset=16).reshape(60_000, 784)[::6]
    exact = np.cov(pixels.astype(float).T)
    values, vectors = np.linalg.eigh(exact)
    for x, scale in ((pixels, 1.0), (pixels.astype(float), 1.0), (pixels.astype(np.float32) / 255, 255.0)):
        pca = PCA(50).fit(x)
        assert angle(pca.components_.astype(float), vectors.T[::-1][:50]) < 1e-3
        np.testing.assert_allclose(pca.explained_variance_ * scale**2, values[::-1][:50], rtol=1e-5)


def test_hard_spectra():
    rng = np.random.default_rng(1)
    u = np.linalg.qr(rng.standard_normal((400, 60)))[0]
    u = np.linalg.qr(u - u.mean(0))[0]
    v = np.linalg.qr(rng.standard_normal((60, 60)))[0]
    for spectrum in (
        np.r_[np.ones(30), np.full(30, 1e-8)], np.logspace(0, -12, 60), np.r_[np.ones(5), np.zeros(55)],
    ):  # fmt: skip
        x = (u * spectrum) @ v.T
        pca = PCA(svd_solver="full").fit(x)
        close(pca.singular_values_, spectrum, 1e-13)
        close(pca.components_ @ pca.components_.T, np.eye(60), 1e-12)
        t = pca.transform(x)
        close(pca.inverse_transform(t), x, 1e-13)
    kahan = np.triu(np.full((80, 80), -np.cos(1.2)), 1) + np.eye(80)
    kahan *= np.sin(1.2) ** np.arange(80)[:, None]
    reference = np.linalg.svd(kahan - kahan.mean(0), compute_uv=False)
    close(PCA().fit(kahan).singular_values_, reference, 1e-13)


def test_sparse_pca_is_that_of_the_dense_rows():
    x = scipy.sparse.random(300, 120, 0.05, format="csr", random_state=0)
    dense = PCA(4).fit(x.toarray())
    for solver in ("auto", "arpack", "covariance_eigh"):
        sparse = PCA(4, svd_solver=solver).fit(x)
        for name in ATTRIBUTES:
            close(getattr(sparse, name), getattr(dense, name), 1e-7)
        close(sparse.transform(x), dense.transform(x.toarray()), 1e-7)


def test_missing_values():
    x = samples(300, 8, decay=0.5)
    gappy = x.copy()
    gappy[np.random.default_rng(2).random(x.shape) < 0.05] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        PCA(2).fit(gappy)
    pca, full = PCA(2, missing="em").fit(gappy), PCA(2).fit(x)
    assert angle(pca.components_, full.components_) < 0.15
    assert pca.n_iter_ >= 2 and np.isfinite(pca.transform(gappy)).all()
    close(PCA(2, missing="em").fit(x).components_, full.components_, 1e-14)
    with pytest.raises(ValueError, match="no value"):
        PCA(1, missing="em").fit(np.c_[x[:, :2], np.full(300, np.nan)])


def test_incremental_partitions_agree():
    x = samples(1000, 30) + 1e4
    whole = IncrementalPCA(6).fit(x)
    close(whole.components_, PCA(6).fit(x).components_, 1e-9)
    for sizes in ([1000], [7, 993], [100] * 10, [333, 334, 333]):
        parts = IncrementalPCA(6)
        for batch in np.split(x, np.cumsum(sizes)[:-1]):
            parts.partial_fit(batch)
        for name in (*ATTRIBUTES, "var_"):
            close(getattr(parts, name), getattr(whole, name), 1e-10)
        assert parts.n_samples_seen_ == 1000


@pytest.mark.parametrize("kernel", ["linear", "poly", "rbf", "sigmoid", "cosine", "precomputed"])
def test_kernel_pca_is_that_of_scikit_learn(kernel):
    x = samples(150, 6, decay=0.8) - 5
    if kernel == "precomputed":
        x = x @ x.T
    options = dict(n_components=4, kernel=kernel, gamma=0.1, fit_inverse_transform=kernel != "precomputed")
    ours, peer = KernelPCA(**options).fit(x), sklearn.decomposition.KernelPCA(**options).fit(x)
    close(ours.eigenvalues_, peer.eigenvalues_, 1e-11)
    close(ours.transform(x[:40]), peer.transform(x[:40]), 1e-10)
    if kernel != "precomputed":
        close(ours.inverse_transform(ours.transform(x)), peer.inverse_transform(peer.transform(x)), 1e-9)
    solver = KernelPCA(n_components=4, kernel=kernel, gamma=0.1, eigen_solver="arpack").fit(x)
    close(solver.eigenvalues_, ours.eigenvalues_, 1e-9)


@pytest.mark.parametrize("kernel", ["linear", "poly", "rbf", "sigmoid", "cosine"])
def test_kernel_pca_of_sparse_rows_is_that_of_scikit_learn(kernel):
    x = scipy.sparse.random(120, 400, 0.03, format="csr", random_state=1)
    options = dict(n_components=4, kernel=kernel, gamma=0.1)
    ours, peer = KernelPCA(**options).fit(x), sklearn.decomposition.KernelPCA(**options).fit(x)
    close(ours.eigenvalues_, peer.eigenvalues_, 1e-11)
    for rows in (x[:40], x[:40].toarray()):
        close(ours.transform(rows), peer.transform(x[:40]), 1e-9)
    close(KernelPCA(**options).fit(x.toarray()).transform(x), ours.transform(x), 1e-9)
    assert ours.transform(x.astype(np.float32)).dtype == np.float64
    assert KernelPCA(**options).fit(x.astype(np.float32)).transform(x.astype(np.float32)).dtype == np.float32
    inverse = KernelPCA(fit_inverse_transform=True, **options)
    images = [inverse.fit(rows).inverse_transform(inverse.transform(rows)) for rows in (x, x.toarray())]
    close(images[0], images[1], 1e-8)
    with pytest.raises(TypeError, match="toarray"):
        KernelPCA(2, kernel="precomputed").fit(x[:, :120])


@pytest.mark.parametrize("algorithm", ["arpack", "randomized"])
def test_truncated_svd(algorithm):
    x = samples(900, 400, decay=0.97) - 5
    u, s, vt = np.linalg.svd(x, full_matrices=False)
    for data in (x, scipy.sparse.csr_matrix(x)):
        ours = TruncatedSVD(8, algorithm=algorithm).fit(data)
        close(ours.singular_values_, s[:8], 1e-6)
        assert angle(ours.components_, vt[:8]) < 1e-3
        t = ours.transform(data)
        close(ours.explained_variance_, t.var(0), 1e-8)
        close(ours.explained_variance_ratio_, t.var(0) / x.var(0).sum(), 1e-8)
        close(ours.inverse_transform(t), t @ ours.components_, 1e-12)


def test_one_row_alone_and_threads():
    x, wide = samples(700, 90), samples(60, 500)
    estimators = [
        (PCA(5), x), (PCA(5, whiten=True, standardize=True), wide), (IncrementalPCA(4), x), (TruncatedSVD(3), x),
        (KernelPCA(3, kernel="rbf", gamma=0.01), x),
    ]  # fmt: skip
    for estimator, data in estimators:
        for dtype in (np.float64, np.float32):
            rows = data.astype(dtype)
            results = []
            for threads in (1, 2, 3, 8):
                apus.set_num_threads(threads)
                results.append(estimator.fit(rows).transform(rows))
            apus.set_num_threads(2)
            for result in results[1:]:
                np.testing.assert_array_equal(result, results[0])
            for row in (0, 5, len(rows) - 1):
                np.testing.assert_array_equal(estimator.transform(rows[row : row + 1])[0], results[0][row])
            backwards = np.asfortranarray(rows[::-1])[::-1]
            np.testing.assert_array_equal(estimator.transform(backwards), results[0])
            close(estimator.fit(backwards).transform(backwards), results[0], 1e-4 if dtype == np.float32 else 1e-9)


def test_bad_input():
    x = samples(20, 8)
    with pytest.raises(ValueError, match=r"9 exceeds min\(n_samples, n_features\) = min\(20, 8\) = 8"):
        PCA(9).fit(x)
    for count in (0, 1.5, "all", -1):
        with pytest.raises(ValueError, match="n_components"):
            PCA(count).fit(x)
    with pytest.raises(ValueError, match="mle"):
        PCA("mle").fit(x[:4])
    with pytest.raises(ValueError, match="n_features = 8"):
        TruncatedSVD(9).fit(x)
    with pytest.raises(ValueError, match="square"):
        KernelPCA(2, kernel="precomputed").fit(x)
    with pytest.raises(ArithmeticError, match="range of float64"):
        PCA(2).fit(x * 1e200)
    close(PCA(2).fit(x * 1e-200).components_, PCA(2).fit(x).components_, 1e-12)
    assert PCA().fit(x[:1]).explained_variance_.tolist() == [0]
    assert PCA().fit(np.ones((5, 3))).explained_variance_.tolist() == [0, 0, 0]


def test_randomized_svd():
    x = samples(300, 80, decay=0.9) - 5
    u, s, vt = np.linalg.svd(x, full_matrices=False)
    result = linalg.randomized_svd(x, 10, random_state=3)
    close(result.S, s[:10], 1e-8)
    assert angle(result.Vh, vt[:10]) < 1e-4
    error = np.linalg.norm(x - (result.U * result.S) @ result.Vh, 2)
    assert error <= result.error < 3 * error and error < 1.0001 * s[10]
    again = linalg.randomized_svd(x, 10, random_state=3)
    np.testing.assert_array_equal(again.Vh, result.Vh)


def test_svds_of_arrays_sparse_matrices_and_operators():
    x = samples(250, 120, decay=0.9) - 5
    s, vt = np.linalg.svd(x, full_matrices=False)[1:]
    for a in (x, x.astype(np.float32), scipy.sparse.csr_matrix(x), scipy.sparse.linalg.aslinearoperator(x), Products(x)):
        result = linalg.svds(a, 5)
        tolerance = 1e-5 if getattr(a, "dtype", None) == np.float32 else 1e-9
        close(result.S, s[:5], tolerance)
        assert angle(result.Vh, vt[:5]) < 1e-3
        close((result.U * result.S) @ result.Vh @ vt[:5].T, x @ vt[:5].T, 1e-3)
    with pytest.raises(ZeroDivisionError):
        linalg.svds(Products(None), 2)
    with pytest.raises(ValueError, match="120"):
        linalg.svds(x, 121)


class Products:
    """A matrix that only multiplies single vectors."""

    shape = (250, 120)

    def __init__(self, a):
        self.a = a

    def matvec(self, v):
        return self.a @ v if self.a is not None else 1 / 0

    def rmatvec(self, v):
        return self.a.T @ v


def test_low_rank_errors_and_polar():
    a = np.random.default_rng(4).standard_normal((9, 5))
    u, s, vt = np.linalg.svd(a, full_matrices=False)
    for k in range(6):
        rest = a - (u[:, :k] * s[:k]) @ vt[:k]
        assert linalg.low_rank_errors(a)[k] == pytest.approx(np.linalg.norm(rest), abs=1e-13)
        assert linalg.low_rank_errors(a, norm=2)[k] == pytest.approx(np.linalg.norm(rest, 2), abs=1e-13)
    for matrix in (a, a.T, a[:5]):
        for ours, peer in zip(linalg.polar(matrix), scipy.linalg.polar(matrix)):
            close(ours, peer, 1e-13)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_large_svd_and_eigh(dtype):
    rng = np.random.default_rng(5)
    epsilon = np.finfo(dtype).eps
    for shape in ((300, 300), (420, 260), (260, 420)):
        a = rng.standard_normal(shape).astype(dtype)
        u, s, vt = linalg.svd(a, full_matrices=False)
        close((u * s).astype(float) @ vt, a, 100 * epsilon)
        close(u.T @ u, np.eye(260 if 260 in shape else 300), 100 * epsilon)
        close(s / s[0], np.linalg.svd(a.astype(float), compute_uv=False) / s[0], 20 * epsilon)
        close(linalg.svdvals(a), s, 20 * epsilon)
        b = a @ a.T
        values, vectors = linalg.eigh(b)
        close(b.astype(float) @ vectors, vectors * values.astype(float), 100 * epsilon)
        close(linalg.eigh(b, largest=9)[0], values[-9:], 100 * epsilon)


def test_saved_models(tmp_path):
    x = samples(200, 10)
    for estimator in (PCA(3, standardize=True, whiten=True), IncrementalPCA(3), TruncatedSVD(3), KernelPCA(3, kernel="rbf")):
        estimator.fit(x).save(tmp_path / "model")
        np.testing.assert_array_equal(apus.load(tmp_path / "model").transform(x), estimator.transform(x))
    loaded = apus.load(tmp_path / "model")
    assert loaded.kernel == "rbf"
    incremental = IncrementalPCA(3).partial_fit(x[:100])
    incremental.save(tmp_path / "model")
    continued = apus.load(tmp_path / "model").partial_fit(x[100:])
    np.testing.assert_array_equal(continued.components_, incremental.partial_fit(x[100:]).components_)


@pytest.mark.parametrize("function", [lambda a, k: linalg.svds(a, k), lambda a, k: linalg.randomized_svd(a, k)])
def test_bad_input_of_low_rank_functions(function):
    x = samples(20, 8)
    for count in (0, -1, 9, 2**62):
        with pytest.raises(ValueError, match=r"n_components: .*min\(20, 8\) = 8"):
            function(x, count)
    for bad, message in ((np.nan, "NaN"), (np.inf, "infinity")):
        broken = x.copy()
        broken[3, 2] = bad
        with pytest.raises(ValueError, match=f"{message}.*row 3, column 2"):
            function(broken, 2)
    with pytest.raises(ValueError, match="dimensions"):
        function(x[0], 1)
    with pytest.raises(ValueError, match="elements"):
        function(x[:0], 1)
    for scale in (1e200, 1e-200, 1e300):
        close(function(x * scale, 2)[1] / scale, function(x, 2)[1], 1e-12)
    close(function(x[::-2, ::-1], 2)[1], function(x[::-2, ::-1].copy(), 2)[1], 1e-12)
    close(function(np.round(x).astype(np.int32), 2)[1], function(np.round(x), 2)[1], 1e-12)
    constant = np.ones((300, 280))
    values = function(constant, 3)[1]
    close(values, [np.sqrt(300 * 280), 0, 0], 1e-12)


def test_merged_parts_are_the_whole():
    x = np.random.default_rng(5).normal(size=(90, 6)) @ np.diag([5, 3, 2, 1, 1, 0.5])
    whole = IncrementalPCA(3).fit(x)
    parts = [IncrementalPCA(3).partial_fit(x[rows], check_input=False) for rows in (slice(0, 20), slice(20, 70), slice(70, 90))]
    merged = parts[0].merge(parts[1]).merge(parts[2])
    assert merged is parts[0] and merged.n_samples_seen_ == 90
    np.testing.assert_allclose(merged.components_, whole.components_, atol=1e-10)
    np.testing.assert_allclose(merged.explained_variance_, whole.explained_variance_, rtol=1e-10)
    np.testing.assert_allclose(merged.mean_, whole.mean_, atol=1e-12)
    before = merged.components_.copy()
    with pytest.raises(ValueError):
        merged.merge(IncrementalPCA(3).fit(x[:, :5]))
    with pytest.raises(TypeError, match="no estimator of Apus"):
        merged.merge(x)
    with pytest.raises(apus.exceptions.NotFittedError):
        merged.merge(IncrementalPCA(3))
    np.testing.assert_array_equal(merged.components_, before)


def test_tags_follow_parameters():
    from sklearn.utils import get_tags

    from apus.ensemble import BaggingClassifier
    from apus.linear_model import LogisticRegression

    assert get_tags(PCA(missing="em")).input_tags.allow_nan and not get_tags(PCA()).input_tags.allow_nan
    assert get_tags(BaggingClassifier()).input_tags.allow_nan
    assert not get_tags(BaggingClassifier(LogisticRegression())).input_tags.allow_nan
    assert not get_tags(LogisticRegression(penalty="firth")).classifier_tags.multi_class


def test_small_singular_values_of_sparse_rows():
    u, v = (np.linalg.qr(np.random.default_rng(seed).normal(size=(rows, 200)))[0] for seed, rows in enumerate((900, 300)))
    x = scipy.sparse.csr_matrix((u * 0.5 ** np.arange(200)) @ v.T)
    exact = np.linalg.svd(x.toarray() - x.toarray().mean(axis=0), compute_uv=False)[:30]
    for solver in ("auto", "arpack"):
        np.testing.assert_allclose(PCA(30, svd_solver=solver).fit(x).singular_values_, exact, rtol=1e-6)
    exact = np.linalg.svd(x.toarray(), compute_uv=False)[:30]
    np.testing.assert_allclose(TruncatedSVD(30).fit(x).singular_values_, exact, rtol=1e-6)
    np.testing.assert_allclose(linalg.svds(x, 30)[1], exact, rtol=1e-6)


def test_plots_of_components():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    from matplotlib import pyplot

    from apus.decomposition import biplot, scree_plot

    x = samples(60, 5)
    pca = PCA(3, standardize=True).fit(x)
    axes = scree_plot(pca)
    heights = [bar.get_height() for bar in axes.patches]
    np.testing.assert_allclose(heights, pca.scree_[:, 0])
    line = axes.figure.axes[1].lines[0]
    np.testing.assert_allclose(line.get_ydata(), 100 * pca.scree_[:, 2])
    _, axes = pyplot.subplots()
    assert biplot(pca, x, y=np.arange(60) % 2, components=(0, 2), feature_names=list("abcde"), ax=axes) is axes
    points = np.concatenate([group.get_offsets() for group in axes.collections])
    scores = pca.transform(x)[:, [0, 2]]
    np.testing.assert_allclose(points, np.concatenate([scores[::2], scores[1::2]]))
    assert {text.get_text() for text in axes.texts} >= set("abcde")
    assert "component 3" in axes.get_ylabel()
    for options in ({"components": (0, 3)}, {"feature_names": ["a"]}, {"y": [1, 2]}):
        with pytest.raises(ValueError):
            biplot(pca, x, ax=axes, **options)
    pyplot.close("all")


@pytest.mark.parametrize("scale", [1, 255])
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.uint8])
def test_pixels_in_every_type(dtype, scale):
    rng = np.random.default_rng(0)
    latent = rng.standard_normal((5000, 6)) * [9, 8, 7, 6, 5, 4]
    pixels = np.clip(np.round(latent @ rng.standard_normal((6, 60)) * 3 + 100), 0, 255)
    if dtype == np.uint8 and scale > 1:
        pytest.skip("bytes are whole")
    x = (pixels / scale).astype(dtype)
    ours = PCA(4).fit(x)
    peer = sklearn.decomposition.PCA(4, svd_solver="full").fit(x.astype(np.float64))
    tolerance = 1e-6 if dtype == np.float32 else 1e-12
    np.testing.assert_allclose(ours.explained_variance_, peer.explained_variance_, rtol=tolerance)
    np.testing.assert_allclose(ours.mean_, peer.mean_, rtol=tolerance)
    assert angle(ours.components_.astype(float), peer.components_) < 1e-5


def test_variances_that_vanish_are_reported():
    with pytest.warns(UserWarning, match="too small for float64"):
        model = PCA(2).fit(samples(50, 4) * 1e-200)
    close(model.components_, PCA(2).fit(samples(50, 4)).components_, 1e-12)
