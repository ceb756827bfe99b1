"""Penalised and robust linear models: functions, cross-validation with splitters, and memory."""

import warnings

import numpy as np
import pytest
import scipy.sparse
import sklearn.linear_model as peers
from sklearn.model_selection import GroupKFold, KFold, ShuffleSplit, StratifiedKFold
from support import successful

import apus
from apus import linear_model as ours


@pytest.fixture(scope="module")
def regression():
    rng = np.random.default_rng(2)
    x = rng.normal(size=(120, 15)) + 1
    beta = rng.normal(size=(15, 3)) * (rng.random((15, 1)) < 0.4)
    return x, x @ beta + rng.normal(size=(120, 3))


def close(found, expected, tolerance=1e-6):
    found, expected = np.asarray(found), np.asarray(expected)
    assert found.shape == expected.shape
    assert np.max(np.abs(found - expected)) <= tolerance * np.max(np.abs(expected))


@pytest.mark.parametrize("sparse", [False, True])
def test_paths(regression, sparse):
    x, y = regression[0], regression[1][:, 0]
    settings = dict(alphas=30, tol=1e-10, max_iter=100_000, return_n_iter=True)
    features = scipy.sparse.csr_matrix(x) if sparse else x
    for found, expected in (
        (ours.lasso_path(features, y, **settings), peers.lasso_path(x, y, **settings)),
        (
            ours.enet_path(features, y, l1_ratio=0.3, positive=True, **settings),
            peers.enet_path(x, y, l1_ratio=0.3, positive=True, **settings),
        ),
    ):
        close(found[0], expected[0], 1e-12)
        close(found[1], expected[1])
        assert found[2].shape == expected[2].shape and len(found[3]) == len(expected[3])
        assert np.all(found[2] <= 1e-10 * np.mean(y**2))


def test_paths_of_classes(regression):
    x, y = regression[0], regression[1][:, 0]
    for cls, path in ((ours.Lasso, ours.lasso_path), (ours.ElasticNetCV, ours.enet_path)):
        np.testing.assert_array_equal(cls.path(x, y, alphas=5)[1], path(x, y, alphas=5, coef_init=None, verbose=True)[1])
    model = ours.Lasso(alpha=0.1).fit(x, y)
    np.testing.assert_array_equal(model.sparse_coef_.toarray()[0], model.coef_)
    with pytest.raises(TypeError, match="enet_path"):
        ours.lasso_path(x, y, penalty=3)


def test_path_of_several_targets(regression):
    x, y = regression
    settings = dict(alphas=10, tol=1e-10, max_iter=100_000)
    found, expected = ours.lasso_path(x, y, **settings), peers.lasso_path(x, y, **settings)
    close(found[1], expected[1])
    with pytest.raises(ValueError, match="multi-output"):
        ours.lasso_path(x, y, positive=True)


def test_given_penalties_are_sorted(regression):
    x, y = regression[0], regression[1][:, 0]
    alphas = [0.01, 1.0, 0.1]
    found = ours.lasso_path(x, y, alphas=alphas)
    np.testing.assert_array_equal(found[0], [1.0, 0.1, 0.01])
    np.testing.assert_array_equal(ours.LassoCV(alphas=alphas).fit(x, y).alphas_, [1.0, 0.1, 0.01])


@pytest.mark.parametrize(
    "cv",
    [3, KFold(4, shuffle=True, random_state=1), ShuffleSplit(3, random_state=0), list(KFold(3).split(np.zeros(120)))],
    ids=["count", "shuffled", "overlapping", "pairs"],
)
def test_folds_of_regressions(regression, cv, tmp_path):
    x, y = regression[0], regression[1][:, 0]
    settings = dict(alphas=15, cv=cv, tol=1e-10, max_iter=100_000)
    found, expected = ours.LassoCV(**settings).fit(x, y), peers.LassoCV(**settings).fit(x, y)
    assert found.alpha_ == pytest.approx(expected.alpha_, rel=1e-12)
    close(found.mse_path_, expected.mse_path_)
    close(found.coef_, expected.coef_)
    found.save(tmp_path / "model.apus")
    again = apus.load(tmp_path / "model.apus")
    np.testing.assert_array_equal(again.coef_, found.coef_)
    np.testing.assert_array_equal(again.mse_path_, found.mse_path_)
    ridge = ours.RidgeCV(alphas=[0.1, 1, 30], cv=cv).fit(x, y)
    peer = peers.RidgeCV(alphas=[0.1, 1, 30], cv=cv).fit(x, y)
    assert ridge.alpha_ == peer.alpha_ and ridge.best_score_ == pytest.approx(peer.best_score_, rel=1e-8)


def test_folds_of_classifiers(regression):
    x = regression[0]
    y = np.digitize(regression[1][:, 0], [0, 2])
    names = np.array(["low", "middle", "high"])[y]
    for cv in (3, StratifiedKFold(4, shuffle=True, random_state=0), GroupKFold(3).split(x, y, np.arange(120) % 7)):
        cv = cv if hasattr(cv, "split") or isinstance(cv, int) else list(cv)
        settings = dict(Cs=4, cv=cv, tol=1e-9, max_iter=10_000)
        modern = dict(use_legacy_attributes=False, scoring="accuracy", l1_ratios=(0.0,))
        found = ours.LogisticRegressionCV(**settings).fit(x, names)
        expected = peers.LogisticRegressionCV(**settings, **modern).fit(x, names)
        close(found.scores_, expected.scores_, 1e-12)
        assert found.C_ == pytest.approx(expected.C_)
        assert list(found.classes_) == list(expected.classes_)
        close(found.coef_, expected.coef_, 1e-5)


@pytest.mark.parametrize("cv", [1.5, "many", [[0, 1, 2]], object()], ids=repr)
def test_impossible_folds(regression, cv):
    with pytest.raises((ValueError, TypeError)):
        ours.LassoCV(cv=cv).fit(regression[0], regression[1][:, 0])


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("weighted", [True, False])
def test_many_sparse_features(intercept, weighted):
    """More sparse columns than are worth inner products: descent by residuals."""
    rng = np.random.default_rng(3)
    x = scipy.sparse.random(300, 200, 0.1, format="csr", random_state=rng)
    y = x @ (rng.normal(size=200) * (rng.random(200) < 0.2)) + 0.1 * rng.normal(size=300) + 1
    weights = rng.uniform(0.1, 2, 300) if weighted else None
    settings = dict(fit_intercept=intercept, tol=1e-10, max_iter=100_000)
    for model in (
        ours.Lasso(alpha=0.002, **settings),
        ours.Lasso(alpha=0.002, selection="random", random_state=1, **settings),
        ours.ElasticNet(alpha=0.01, l1_ratio=0.3, positive=True, **settings),
    ):
        found = model.fit(x, y, sample_weight=weights).coef_
        close(found, model.fit(x.toarray(), y, sample_weight=weights).coef_, 1e-4)
        assert 0 < np.count_nonzero(found) < 200
    settings = dict(C=2.0, l1_ratio=1.0, solver="liblinear", fit_intercept=intercept, tol=1e-8)
    labels = y > np.median(y)
    sparse = ours.LogisticRegression(**settings).fit(x, labels, sample_weight=weights)
    dense = ours.LogisticRegression(**settings).fit(x.toarray(), labels, sample_weight=weights)
    close(sparse.coef_, dense.coef_, 1e-4)


def test_class_weights_by_label(regression):
    x = regression[0]
    y = np.where(regression[1][:, 0] > 1, "yes", "no")
    weights = {"yes": 3.0, "no": 0.5}
    for penalty in (dict(), dict(l1_ratio=1.0, solver="liblinear", C=0.2)):
        found = ours.LogisticRegression(class_weight=weights, tol=1e-9, **penalty).fit(x, y)
        repeated = ours.LogisticRegression(tol=1e-9, **penalty).fit(
            x, y, sample_weight=np.where(y == "yes", weights["yes"], weights["no"])
        )
        close(found.coef_, repeated.coef_, 1e-8)


@pytest.mark.parametrize("l1_ratio", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("classes", [2, 3])
def test_sparse_classes_with_weights_and_warm_starts(classes, l1_ratio):
    rng = np.random.default_rng(7)
    x = scipy.sparse.random(250, 30, 0.3, format="csr", random_state=rng)
    y = np.argmax(x @ rng.normal(size=(30, classes)) + rng.gumbel(size=(250, classes)), axis=1)
    weights = rng.uniform(0.5, 2, 250)
    shares = [3.0, 0.5, 1.0][:classes]
    options = dict(C=2.0, l1_ratio=l1_ratio, solver="saga", max_iter=20_000, class_weight=dict(enumerate(shares)))
    found = ours.LogisticRegression(tol=1e-9, **options).fit(x, y, sample_weight=weights)
    dense = ours.LogisticRegression(tol=1e-9, **options).fit(x.toarray(), y, sample_weight=weights)
    np.testing.assert_allclose(found.coef_, dense.coef_, atol=1e-6)
    # The subgradient of the objective holds zero: scikit-learn's saga does not get there.
    residuals = found.predict_proba(x) - np.eye(classes)[y]
    if classes == 2:
        residuals = residuals[:, 1:]
    residuals *= 2.0 * (weights * np.take(shares, y))[:, None]
    slopes = residuals.T @ x + (1 - l1_ratio) * found.coef_
    np.testing.assert_allclose(residuals.sum(axis=0), 0, atol=1e-5)
    where = found.coef_ != 0
    np.testing.assert_allclose(slopes[where], -l1_ratio * np.sign(found.coef_[where]), atol=1e-5)
    assert np.all(np.abs(slopes[~where]) <= l1_ratio + 1e-5) and (l1_ratio < 1 or np.any(~where))
    warm = ours.LogisticRegression(tol=1e-9, warm_start=True, **options)
    first = warm.fit(x, y, sample_weight=weights).n_iter_[0]
    again = warm.fit(x, y, sample_weight=weights).n_iter_[0]
    assert again < first
    np.testing.assert_allclose(warm.coef_, found.coef_, atol=1e-7)


@pytest.mark.parametrize("model", [ours.Lasso, ours.ElasticNet, ours.MultiTaskElasticNet])
def test_warm_starts_of_coordinate_descent(model):
    rng = np.random.default_rng(8)
    x = rng.normal(size=(80, 30))
    y = x @ rng.normal(size=(30, 2)) + rng.normal(size=(80, 2))
    y = y if model is ours.MultiTaskElasticNet else y[:, 0]
    warm = model(alpha=0.05, tol=1e-10, max_iter=10_000, warm_start=True)
    first = np.max(warm.fit(x, y).n_iter_)
    assert np.max(warm.fit(x, y).n_iter_) < first
    cold = model(alpha=0.05, tol=1e-10, max_iter=10_000).fit(x, y)
    np.testing.assert_allclose(warm.coef_, cold.coef_, atol=1e-4)


def test_penalties_by_their_old_names(regression):
    x, y = regression[0], (regression[1][:, 0] > 1).astype(int)
    new = ours.LogisticRegression(l1_ratio=1, solver="saga", C=0.3).fit(x, y)
    old = ours.LogisticRegression(penalty="l1", solver="saga", C=0.3).fit(x, y)
    np.testing.assert_array_equal(new.coef_, old.coef_)
    assert np.any(new.coef_ == 0)
    with pytest.raises(ValueError, match="lbfgs does not support"):
        ours.LogisticRegression(penalty="l1").fit(x, y)


@pytest.mark.parametrize("solver", ["auto", "svd", "cholesky", "lsqr", "sparse_cg", "sag", "saga"])
def test_solvers_of_ridge(regression, solver):
    x, y = regression
    found = ours.Ridge(solver=solver, tol=1e-12).fit(x, y)
    close(found.coef_, peers.Ridge(solver="cholesky").fit(x, y).coef_, 1e-8)


def test_unfinished_fits_warn(regression):
    x, y = regression[0], regression[1][:, 0]
    for model in (
        ours.Lasso(alpha=1e-4, tol=1e-14, max_iter=1),
        ours.HuberRegressor(max_iter=1),
    ):
        with pytest.warns(apus.exceptions.ConvergenceWarning):
            model.fit(x, y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ours.LassoCV().fit(x, y)
        ours.HuberRegressor().fit(x, y)
        ours.QuantileRegressor().fit(x, y)


@pytest.mark.parametrize("model", ["LinearRegression", "Ridge"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_memory_beyond_the_input(model, dtype):
    """Fitting a tall table takes less than a tenth of its size."""
    share = successful(
        f"""
        import numpy as np
        from apus.linear_model import {model}

        def status(name):
            line = next(line for line in open("/proc/self/status") if line.startswith(name))
            return int(line.split()[1]) * 1024

        x = np.random.default_rng(0).standard_normal((200_000, 100)).astype("{dtype}")
        y = x.sum(axis=1)
        {model}().fit(x[:2000], y[:2000])
        open("/proc/self/clear_refs", "w").write("5")  # the peak starts again from here
        before = status("VmRSS")
        {model}().fit(x, y)
        print((status("VmHWM") - before) / x.nbytes)
        """
    )
    assert float(share) < 0.1


SCORES = (
    "accuracy balanced_accuracy neg_log_loss neg_brier_score roc_auc average_precision f1 precision recall".split()
)


@pytest.mark.parametrize("scoring", SCORES)
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_scores_of_folds(scoring):
    from sklearn.datasets import load_breast_cancer

    x, y = load_breast_cancer(return_X_y=True)
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    settings = {"scoring": scoring, "Cs": [1e-3, 0.1, 1], "cv": 3, "tol": 1e-8}
    found = ours.LogisticRegressionCV(**settings).fit(x, y)
    peer = peers.LogisticRegressionCV(
        **settings, max_iter=1000, use_legacy_attributes=False, l1_ratios=(0,)
    ).fit(x, y)
    np.testing.assert_allclose(found.scores_.ravel(), peer.scores_.ravel(), atol=1e-5)
    assert found.C_ == peer.C_


@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_several_classes_by_balanced_accuracy():
    from sklearn.datasets import load_wine

    x, y = load_wine(return_X_y=True)
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    for scoring in ("balanced_accuracy", "neg_brier_score", "neg_log_loss"):
        settings = {"scoring": scoring, "Cs": [1e-3, 0.1, 1], "cv": 3, "tol": 1e-8}
        found = ours.LogisticRegressionCV(**settings).fit(x, y)
        peer = peers.LogisticRegressionCV(
            **settings, max_iter=1000, use_legacy_attributes=False, l1_ratios=(0,)
        ).fit(x, y)
        np.testing.assert_allclose(found.scores_.ravel(), peer.scores_.ravel(), atol=1e-5)
    with pytest.raises(ValueError, match="roc_auc"):
        ours.LogisticRegressionCV(scoring="roc_auc").fit(x, y)


@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_without_refit_penalties_are_averaged():
    from sklearn.datasets import load_breast_cancer

    x, y = load_breast_cancer(return_X_y=True)
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    settings = {"Cs": 5, "cv": 4, "refit": False, "tol": 1e-8}
    found = ours.LogisticRegressionCV(**settings).fit(x, y)
    peer = peers.LogisticRegressionCV(
        **settings, max_iter=1000, use_legacy_attributes=False, l1_ratios=(0,), scoring="accuracy"
    ).fit(x, y)
    assert found.C_ == pytest.approx(peer.C_)
    np.testing.assert_allclose(found.coef_, peer.coef_, atol=1e-3)


@pytest.mark.parametrize("offset", [1e4, 1e6, 1e8, -1e8])
def test_large_common_offsets_of_features(offset):
    rng = np.random.default_rng(0)
    z = rng.integers(-2000, 2000, size=(300, 3)) / 1000
    y = z @ [1, 2, 3] + 5 + rng.normal(size=300)
    classes = np.argmax(z @ rng.normal(size=(3, 3)) + rng.gumbel(size=(300, 3)), axis=1)
    for model, target in (
        (ours.HuberRegressor(alpha=0.01, max_iter=1000, tol=1e-9), y),
        (ours.QuantileRegressor(alpha=0), y),
        (ours.QuantileRegressor(alpha=0.01), y),
        (ours.LogisticRegression(tol=1e-9, max_iter=1000), classes),
        (ours.LogisticRegression(l1_ratio=1, solver="saga", tol=1e-9, max_iter=1000), classes),
    ):
        expected = model.fit(z, target)
        coefficients, intercepts = expected.coef_.copy(), np.copy(expected.intercept_)
        moved = model.fit(z + offset, target)
        np.testing.assert_allclose(moved.coef_, coefficients, atol=1e-6)
        shifted = intercepts - coefficients @ np.full(3, offset)
        if np.ndim(shifted):
            shifted -= shifted.mean()
        np.testing.assert_allclose(moved.intercept_, shifted, atol=1e-5 + 1e-6 * abs(offset))


def test_warm_starts_with_offsets():
    rng = np.random.default_rng(0)
    z = rng.normal(size=(200, 3)) + 1e5
    y = z @ [1, 2, 3] + rng.normal(size=200)
    model = ours.HuberRegressor(warm_start=True, max_iter=500).fit(z, y)
    first = model.coef_.copy()
    model.fit(z, y)
    assert model.n_iter_ <= 2
    np.testing.assert_allclose(model.coef_, first, atol=1e-5)


@pytest.mark.parametrize(
    "scoring",
    ["neg_mean_squared_error", "neg_root_mean_squared_error", "neg_mean_absolute_error", "neg_max_error", "r2"],
)
@pytest.mark.parametrize("cv", [None, 4])
def test_scores_of_ridge(scoring, cv):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 8))
    y = x @ rng.normal(size=8) + rng.normal(size=60)
    settings = {"alphas": [0.1, 1, 10, 100], "scoring": scoring, "cv": cv}
    found, peer = ours.RidgeCV(**settings).fit(x, y), peers.RidgeCV(**settings).fit(x, y)
    assert found.alpha_ == peer.alpha_
    assert found.best_score_ == pytest.approx(peer.best_score_, rel=1e-9)
    assert not hasattr(found, "cv_results_")
