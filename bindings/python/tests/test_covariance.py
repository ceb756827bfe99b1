"""Covariance estimators beside scikit-learn's, and the accumulator."""

import pickle
import warnings

import numpy as np
import pytest

import apus
from apus import covariance

theirs = pytest.importorskip("sklearn.covariance")
rng = np.random.default_rng(0)
X = rng.normal(size=(60, 4)) @ rng.normal(size=(4, 4)) + [5, 0, -3, 1]
WIDE = rng.normal(size=(12, 20))
EXACT = [("EmpiricalCovariance", {}), ("ShrunkCovariance", {"shrinkage": 0.3}), ("LedoitWolf", {}), ("OAS", {})]


@pytest.mark.parametrize("name, options", EXACT, ids=[name for name, _ in EXACT])
@pytest.mark.parametrize("data", [X, WIDE, X * 1e-3, X[:, :1]], ids=["tall", "wide", "small", "one"])
@pytest.mark.parametrize("centered", [False, True])
def test_equals_scikit_learn(name, options, data, centered):
    ours = getattr(covariance, name)(assume_centered=centered, **options).fit(data)
    other = getattr(theirs, name)(assume_centered=centered, **options).fit(data)
    scale = np.abs(other.covariance_).max()
    np.testing.assert_allclose(ours.covariance_, other.covariance_, atol=1e-12 * scale)
    np.testing.assert_allclose(ours.location_, other.location_, atol=1e-14 * np.abs(data).max())
    if hasattr(other, "shrinkage_"):
        assert ours.shrinkage_ == pytest.approx(other.shrinkage_, rel=1e-11)
    if name != "EmpiricalCovariance" or data is not WIDE:
        np.testing.assert_allclose(ours.precision_, other.precision_, rtol=1e-8, atol=1e-9 / scale)
        np.testing.assert_allclose(ours.mahalanobis(data), other.mahalanobis(data), rtol=1e-9)
        assert ours.score(data) == pytest.approx(other.score(data), rel=1e-9)
    p = data.shape[1]
    for norm in ("frobenius", "spectral"):
        for scaling in (True, False):
            for squared in (True, False):
                arguments = {"norm": norm, "scaling": scaling, "squared": squared}
                assert ours.error_norm(np.eye(p), **arguments) == pytest.approx(
                    other.error_norm(np.eye(p), **arguments), rel=1e-8
                )
    np.testing.assert_array_equal(ours.get_precision(), ours.precision_)


def contaminated(rows=150, columns=3, outliers=25):
    generator = np.random.default_rng(4)
    data = generator.normal(size=(rows, columns)) @ generator.normal(size=(columns, columns))
    data[:outliers] += 12
    return data


def log_determinant(data, support):
    return np.linalg.slogdet(np.cov(data[support].T, bias=True))[1]


@pytest.mark.parametrize("data", [contaminated(), contaminated(700, 5, 100), X], ids=["small", "large", "clean"])
def test_min_cov_det(data):
    ours = covariance.MinCovDet(random_state=0).fit(data)
    # Both search at random: ours must find a subset at least as tight as the best of several of theirs.
    fits = [theirs.MinCovDet(random_state=seed).fit(data) for seed in range(5)]
    best = min(fits, key=lambda fit: log_determinant(data, fit.raw_support_))
    # Their ceil of 353.00000000000006 is one row more.
    assert 0 <= best.raw_support_.sum() - ours.raw_support_.sum() <= 1
    mine, their = log_determinant(data, ours.raw_support_), log_determinant(data, best.raw_support_)
    assert mine <= their + 1e-9
    if abs(mine - their) < 1e-9:
        np.testing.assert_array_equal(ours.raw_support_, best.raw_support_)
        np.testing.assert_allclose(ours.raw_location_, best.raw_location_, atol=1e-10)
        np.testing.assert_allclose(ours.raw_covariance_, best.raw_covariance_, atol=1e-10)
        np.testing.assert_array_equal(ours.support_, best.support_)
        np.testing.assert_allclose(ours.location_, best.location_, atol=1e-10)
        np.testing.assert_allclose(ours.covariance_, best.covariance_, rtol=1e-9, atol=1e-10)
        np.testing.assert_allclose(ours.dist_, best.dist_, rtol=1e-8)
    # Distances rank the rows alike: the reweighted estimates are close however the subset was found.
    order = np.corrcoef(np.argsort(np.argsort(ours.dist_)), np.argsort(np.argsort(best.dist_)))[0, 1]
    assert order > 0.98
    np.testing.assert_allclose(ours.raw_covariance_, np.cov(data[ours.raw_support_].T, bias=True), atol=1e-10)


def test_min_cov_det_on_real_data():
    wine = pytest.importorskip("sklearn.datasets").load_wine().data[:, :5]
    ours, other = covariance.MinCovDet(random_state=0).fit(wine), theirs.MinCovDet(random_state=0).fit(wine)
    assert log_determinant(wine, ours.raw_support_) <= log_determinant(wine, other.raw_support_) + 1e-9
    # Their single search may end in another minimum: the reweighted locations agree within a quarter deviation.
    deviations = np.sqrt(np.diag(other.covariance_))
    assert np.all(np.abs(ours.location_ - other.location_) < 0.25 * deviations)


def test_assume_centered():
    data = contaminated() - np.median(contaminated(), axis=0)
    ours = covariance.MinCovDet(assume_centered=True, random_state=0).fit(data)
    np.testing.assert_array_equal(ours.location_, 0)
    np.testing.assert_allclose(
        ours.raw_covariance_, data[ours.raw_support_].T @ data[ours.raw_support_] / ours.raw_support_.sum()
    )


def test_elliptic_envelope():
    data = contaminated()
    ours = covariance.EllipticEnvelope(contamination=0.2, random_state=0).fit(data)
    assert ours.offset_ == pytest.approx(np.percentile(-ours.dist_, 20))
    np.testing.assert_allclose(ours.decision_function(data), -ours.mahalanobis(data) - ours.offset_, rtol=1e-12)
    np.testing.assert_allclose(ours.score_samples(data), -ours.mahalanobis(data))
    labels = ours.predict(data)
    assert set(labels) == {-1, 1} and (labels == -1).sum() == 30 and (labels[:25] == -1).all()
    np.testing.assert_array_equal(labels, ours.fit_predict(data))
    truth = np.where(np.arange(150) < 25, -1, 1)
    assert ours.score(data, truth) == pytest.approx((labels == truth).mean())
    with pytest.raises(ValueError, match="contamination"):
        covariance.EllipticEnvelope(contamination=0.7).fit(data)


@pytest.mark.parametrize("name", ["EmpiricalCovariance", "LedoitWolf", "MinCovDet", "EllipticEnvelope"])
def test_files_and_threads(name, tmp_path):
    data = contaminated(400, 4, 40)
    fitted = getattr(covariance, name)().fit(data)
    fitted.save(tmp_path / "model")
    loaded = apus.load(tmp_path / "model")
    assert type(loaded) is type(fitted)
    np.testing.assert_array_equal(loaded.mahalanobis(data), fitted.mahalanobis(data))
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(fitted)).covariance_, fitted.covariance_)
    before = apus.get_num_threads()
    try:
        for threads in (1, 2, 3, 8):
            apus.set_num_threads(threads)
            again = getattr(covariance, name)().fit(data)
            np.testing.assert_array_equal(again.covariance_, fitted.covariance_)
            np.testing.assert_array_equal(again.mahalanobis(data), fitted.mahalanobis(data))
    finally:
        apus.set_num_threads(before)


def test_degenerate_data():
    with pytest.warns(UserWarning, match="only one sample"):
        assert covariance.EmpiricalCovariance().fit([[1.0, 2.0]]).covariance_.tolist() == [[0, 0], [0, 0]]
    flat = np.column_stack([X, X[:, 0]])
    with pytest.warns(UserWarning, match="rank 4"):
        fitted = covariance.MinCovDet(random_state=0).fit(flat)
    assert np.isfinite(fitted.mahalanobis(flat)).all()
    with pytest.raises(ValueError, match="covariance of X"):
        covariance.EmpiricalCovariance().fit(X * 1e200)
    with pytest.raises(ValueError, match="equal to 0"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        covariance.MinCovDet(random_state=0).fit(np.ones((30, 2)))


def test_precision_is_optional():
    fitted = covariance.OAS(store_precision=False).fit(X)
    assert not hasattr(fitted, "precision_")
    np.testing.assert_allclose(fitted.get_precision() @ fitted.covariance_, np.eye(4), atol=1e-10)


def test_functions():
    np.testing.assert_allclose(covariance.empirical_covariance(X), theirs.empirical_covariance(X))
    np.testing.assert_allclose(covariance.ledoit_wolf(X)[0], theirs.ledoit_wolf(X)[0])
    np.testing.assert_allclose(covariance.oas(X)[0], theirs.oas(X)[0])
    matrix = theirs.empirical_covariance(X)
    np.testing.assert_allclose(covariance.shrunk_covariance(matrix, 0.2), theirs.shrunk_covariance(matrix, 0.2))
    f = np.arange(60) % 3
    w = rng.uniform(0.5, 2, 60)
    for ddof in (0, 1):
        np.testing.assert_allclose(
            covariance.covariance(X, ddof=ddof, fweights=f, aweights=w),
            np.cov(X.T, ddof=ddof, fweights=f, aweights=w),
            rtol=1e-12,
        )


class TestAccumulator:
    @pytest.mark.parametrize("offset", [0, 1e8])
    @pytest.mark.parametrize("cuts", [[60], [1] * 60, [20, 1, 39], [7] * 8 + [4]])
    def test_any_partition(self, cuts, offset):
        data = X + offset
        parts, start = [], 0
        for cut in cuts:
            parts.append(covariance.CovarianceAccumulator(4).update(data[start : start + cut]))
            start += cut
        order = np.random.default_rng(len(cuts)).permutation(len(parts))
        whole = covariance.CovarianceAccumulator(4)
        for k in order:
            whole.merge(pickle.loads(pickle.dumps(parts[k])))
        expected = covariance.covariance(data)
        deviations = np.sqrt(np.diag(expected))
        limit = 1e-12 * np.outer(deviations, deviations)
        assert (np.abs(whole.covariance() - expected) <= limit).all()
        np.testing.assert_allclose(whole.covariance(ddof=0), expected * 59 / 60, rtol=1e-11)
        assert np.all(np.abs(whole.mean_ - data.mean(0)) <= 1e-12 * np.abs(data).max())
        assert whole.n_samples_seen_ == 60 and whole.n_features_in_ == 4

    def test_bad_input(self):
        accumulator = covariance.CovarianceAccumulator(4).update(X)
        before = accumulator.state()
        for call, message in [
            (lambda: accumulator.update(X[:, :3]), "shape"),
            (lambda: accumulator.update(X[0]), "shape"),
            (lambda: accumulator.update(np.full((2, 4), np.nan)), "row 0"),
            (lambda: accumulator.update(X * 1e200), "scale"),
            (lambda: accumulator.merge(covariance.CovarianceAccumulator(3).update(X[:, :3])), "variables"),
            (lambda: accumulator.covariance(ddof=60), "ddof"),
            (lambda: covariance.CovarianceAccumulator(0), "variables"),
            (lambda: covariance.CovarianceAccumulator.from_state(before[:-1]), "numbers"),
            (lambda: covariance.CovarianceAccumulator.from_state([]), "begin"),
        ]:
            with pytest.raises((ValueError, ArithmeticError, RuntimeError), match=message):
                call()
        with pytest.raises(TypeError, match="other"):
            accumulator.merge(3)
        np.testing.assert_array_equal(accumulator.state(), before)
        assert accumulator.update(X[:0]).n_samples_seen_ == 60
