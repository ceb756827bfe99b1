"""Penalised linear models against scikit-learn, objectives compared in the same run."""

import gzip

import numpy as np
from harness import DATA, Case, Row

MNIST = DATA / "mnist"


def _features(rows, columns, seed=0):
    generator = np.random.default_rng(seed)
    return generator, generator.standard_normal((rows, columns))


def _log_loss(model, x, y):
    scores = x @ model.coef_.T.astype(np.float64) + model.intercept_
    if scores.shape[1] == 1:
        return np.logaddexp(0, np.where(y == 1, -scores[:, 0], scores[:, 0])).sum()
    return (np.logaddexp.reduce(scores, axis=1) - scores[np.arange(len(y)), y]).sum()


def _logistic_objective(model, x, y, strength=1.0, l1_ratio=0.0):
    beta = model.coef_.astype(np.float64)
    penalty = (1 - l1_ratio) / 2 * np.sum(beta**2) + l1_ratio * np.sum(np.abs(beta))
    return strength * _log_loss(model, x, y) + penalty


def _compared(value, other, slack):
    assert value <= other * (1 + slack), (value, other)
    return f"objective {value:.6g}, peer {other:.6g}"


def _logistic(rows, columns):
    def setup():
        from sklearn.linear_model import LogisticRegression as Peer

        from apus.linear_model import LogisticRegression

        generator, x = _features(rows, columns)
        y = (x @ generator.standard_normal(columns) + generator.logistic(size=rows) > 0).astype(int)

        def check(ours, peer):
            return _compared(_logistic_objective(ours, x, y), _logistic_objective(peer, x, y), 1e-7)

        return Case(lambda: LogisticRegression().fit(x, y), lambda: Peer().fit(x, y), check)

    return setup


def _multinomial():
    from sklearn.linear_model import LogisticRegression as Peer

    from apus.linear_model import LogisticRegression

    images = gzip.decompress((MNIST / "train-images-idx3-ubyte.gz").read_bytes())
    classes = gzip.decompress((MNIST / "train-labels-idx1-ubyte.gz").read_bytes())
    x = np.frombuffer(images, np.uint8, offset=16).reshape(60_000, 784).astype(np.float32) / 255
    y = np.frombuffer(classes, np.uint8, offset=8).astype(int)

    def check(ours, peer):
        return _compared(_logistic_objective(ours, x, y), _logistic_objective(peer, x, y), 1e-5)

    return Case(lambda: LogisticRegression().fit(x, y), lambda: Peer().fit(x, y), check)


def _sparse_logistic():
    from scipy import sparse
    from sklearn.linear_model import LogisticRegression as Peer

    from apus.linear_model import LogisticRegression

    generator = np.random.default_rng(0)
    x = sparse.random(50_000, 5_000, 0.005, format="csr", random_state=generator)
    beta = np.zeros(5_000)
    beta[:200] = 5 * generator.standard_normal(200)
    y = (x @ beta + generator.logistic(size=50_000) > 0).astype(int)

    def check(ours, peer):
        values = [_logistic_objective(model, x, y, 1.0, 1.0) for model in (ours, peer)]
        return _compared(*values, 1e-4)

    return Case(
        lambda: LogisticRegression(l1_ratio=1.0, solver="liblinear").fit(x, y),
        lambda: Peer(l1_ratio=1.0, solver="liblinear").fit(x, y),
        check,
    )


def _regression(rows, columns, informative):
    generator, x = _features(rows, columns)
    beta = np.zeros(columns)
    beta[:informative] = generator.standard_normal(informative)
    return x, x @ beta + 5 * generator.standard_normal(rows)


def _lasso_path():
    from sklearn.linear_model import lasso_path as peer

    from apus.linear_model import lasso_path

    x, y = _regression(10_000, 1_000, 100)

    def objectives(path):
        alphas, coefficients = path[:2]
        residuals = y[:, None] - x @ coefficients
        return np.sum(residuals**2, axis=0) / (2 * len(y)) + alphas * np.sum(np.abs(coefficients), axis=0)

    def check(a, b):
        excess = np.max(objectives(a) / objectives(b)) - 1
        assert excess < 1e-4, excess
        return f"largest excess of the objective {excess:.1e}"

    return Case(lambda: lasso_path(x, y), lambda: peer(x, y, alphas=100), check)


def _elastic_net_cv(rows, columns):
    def setup():
        from sklearn.linear_model import ElasticNetCV as Peer

        from apus.linear_model import ElasticNetCV

        x, y = _regression(rows, columns, columns // 10)

        def check(ours, peer):
            assert abs(ours.alpha_ / peer.alpha_ - 1) < 1e-9, (ours.alpha_, peer.alpha_)
            difference = np.max(np.abs(ours.mse_path_ / peer.mse_path_ - 1))
            assert difference < 1e-2, difference
            return f"same penalty, errors within {difference:.1e}"

        return Case(lambda: ElasticNetCV(cv=5).fit(x, y), lambda: Peer(cv=5).fit(x, y), check)

    return setup


def _ridge_cv():
    from sklearn.linear_model import RidgeCV as Peer

    from apus.linear_model import RidgeCV

    x, y = _regression(20_000, 200, 50)
    alphas = np.logspace(-2, 4, 20)

    def check(ours, peer):
        assert ours.alpha_ == peer.alpha_
        difference = abs(ours.best_score_ / peer.best_score_ - 1)
        assert difference < 1e-9, difference
        return f"same penalty, score within {difference:.0e}"

    return Case(lambda: RidgeCV(alphas=alphas).fit(x, y), lambda: Peer(alphas=alphas).fit(x, y), check)


def _quantile():
    from sklearn.linear_model import QuantileRegressor as Peer

    from apus.linear_model import QuantileRegressor

    x, y = _regression(5_000, 20, 10)

    def objective(model):
        residuals = y - model.predict(x)
        return np.mean(np.maximum(0.9 * residuals, -0.1 * residuals)) + 0.01 * np.sum(np.abs(model.coef_))

    def check(ours, peer):
        difference = abs(objective(ours) / objective(peer) - 1)
        assert difference < 1e-8, difference
        return f"objective within {difference:.0e}"

    settings = dict(quantile=0.9, alpha=0.01)
    return Case(lambda: QuantileRegressor(**settings).fit(x, y), lambda: Peer(**settings).fit(x, y), check)


def rows():
    return [
        Row("Logistic regression 100,000 × 50", "scikit-learn lbfgs", 8, _logistic(100_000, 50)),
        Row("Logistic regression 1,000,000 × 20", "scikit-learn lbfgs", 8, _logistic(1_000_000, 20), pairs=3),
        Row("Multinomial MNIST 60,000 × 784 float32", "scikit-learn lbfgs", 2, _multinomial, pairs=3),
        Row("Sparse L1 logistic 50,000 × 5,000", "scikit-learn liblinear", 1, _sparse_logistic, pairs=3),
        Row("Lasso path 10,000 × 1,000", "scikit-learn lasso_path", 3, _lasso_path, pairs=3),
        Row("ElasticNetCV 10,000 × 300, 5 folds", "scikit-learn ElasticNetCV", 3, _elastic_net_cv(10_000, 300), pairs=3),
        Row("ElasticNetCV 300 × 2,000, 5 folds", "scikit-learn ElasticNetCV", 1, _elastic_net_cv(300, 2_000), pairs=3),
        Row("RidgeCV 20,000 × 200, 20 penalties", "scikit-learn RidgeCV", 5, _ridge_cv, pairs=3),
        Row("Quantile regression 5,000 × 20", "scikit-learn QuantileRegressor (highs)", 5, _quantile, pairs=3),
    ]
