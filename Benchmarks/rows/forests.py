"""Trees, forests and AdaBoost against scikit-learn: accuracy over five seeds is checked in the same run."""

import functools

import numpy as np
from harness import DATA, Case, Row

SEEDS = range(5)
CALIFORNIA = DATA / "tabular-california-housing" / "housing.csv"


@functools.lru_cache(maxsize=1)
def _classes(rows=100_000, columns=28):
    """Two overlapping classes with interactions: training and test set."""
    generator = np.random.default_rng(0)
    x = generator.standard_normal((2 * rows, columns)).astype(np.float32)
    signal = x[:, 0] * x[:, 1] + np.sin(2 * x[:, 2]) + 0.7 * x[:, 3] - 0.5 * x[:, 4] ** 2 + 0.4 * x[:, 5] * x[:, 6]
    y = (signal + generator.standard_normal(2 * rows) > -0.4).astype(np.int64)
    return x[:rows], y[:rows], x[rows:], y[rows:]


@functools.lru_cache(maxsize=1)
def _california():
    """California housing as it comes: eight numbers with missing values, the price. Training and test set."""
    if not CALIFORNIA.exists():
        raise FileNotFoundError(f"{CALIFORNIA} is absent")
    table = np.genfromtxt(CALIFORNIA, delimiter=",", skip_header=1, usecols=range(9))
    table = table[np.random.default_rng(0).permutation(len(table))]
    x, y = table[:, :8].astype(np.float32), table[:, 8] / 1e5
    return x[:16_000], y[:16_000], x[16_000:], y[16_000:]


def _auc(truth, scores):
    from sklearn.metrics import roc_auc_score

    return roc_auc_score(truth, scores)


def _quality(make, data):
    """Mean accuracy and AUC on the test set over the seeds."""
    x, y, x_test, y_test = data
    models = [make(seed).fit(x, y) for seed in SEEDS]
    accuracy = np.mean([model.score(x_test, y_test) for model in models])
    return accuracy, np.mean([_auc(y_test, model.predict_proba(x_test)[:, 1]) for model in models])


def _peer_forest(seed):
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(50, random_state=seed, n_jobs=2)


@functools.lru_cache(maxsize=1)
def _peer_quality():
    return _quality(_peer_forest, _classes())


def _gate(ours, peer):
    """Our accuracy may be at most 0.3 points below the peer's, the AUC at most 0.001."""
    assert ours[0] >= peer[0] - 0.003 and ours[1] >= peer[1] - 0.001, (ours, peer)
    return f"{len(SEEDS)} seeds: accuracy {ours[0]:.4f}, peer {peer[0]:.4f}; AUC {ours[1]:.4f}, peer {peer[1]:.4f}"


def _forest(**ours_only):
    def setup():
        from apus.ensemble import RandomForestClassifier

        x, y, *_ = data = _classes()

        def ours(seed):
            return RandomForestClassifier(50, random_state=seed, **ours_only)

        return Case(
            lambda: ours(0).fit(x, y),
            lambda: _peer_forest(0).fit(x, y),
            lambda _ours, _peer: _gate(_quality(ours, data), _peer_quality()),
        )

    return setup


def _regression():
    from sklearn.ensemble import RandomForestRegressor as Peer

    from apus.ensemble import RandomForestRegressor

    x, y, x_test, y_test = _california()

    def check(_ours, _peer):
        ours = np.mean([RandomForestRegressor(random_state=s).fit(x, y).score(x_test, y_test) for s in SEEDS])
        peer = np.mean([Peer(random_state=s, n_jobs=2).fit(x, y).score(x_test, y_test) for s in SEEDS])
        assert ours >= peer - 0.003, (ours, peer)
        return f"5 seeds: R² {ours:.4f}, peer {peer:.4f}"

    return Case(
        lambda: RandomForestRegressor(random_state=0).fit(x, y),
        lambda: Peer(random_state=0, n_jobs=2).fit(x, y),
        check,
    )


def _adaboost():
    from sklearn.ensemble import AdaBoostClassifier as Peer

    from apus.ensemble import AdaBoostClassifier

    x, y, x_test, y_test = _classes()
    data = x[:50_000, :20], y[:50_000], x_test[:, :20], y_test

    def check(ours, peer):
        accuracy = ours.score(*data[2:]), peer.score(*data[2:])
        area = _auc(data[3], ours.decision_function(data[2])), _auc(data[3], peer.decision_function(data[2]))
        assert accuracy[0] >= accuracy[1] - 0.003 and area[0] >= area[1] - 0.001, (accuracy, area)
        return f"no chance in it: accuracy {accuracy[0]:.4f}, peer {accuracy[1]:.4f}; AUC {area[0]:.4f}, peer {area[1]:.4f}"

    return Case(
        lambda: AdaBoostClassifier(n_estimators=100).fit(*data[:2]),
        lambda: Peer(n_estimators=100).fit(*data[:2]),
        check,
    )


def _predict():
    from sklearn.ensemble import RandomForestClassifier as Peer

    from apus.ensemble import RandomForestClassifier

    x, y, x_test, y_test = _classes()
    ours = RandomForestClassifier(50, random_state=0).fit(x, y)
    peer = Peer(50, random_state=0, n_jobs=2).fit(x, y)

    def check(a, b):
        accuracy = np.mean(a.argmax(1) == y_test), np.mean(b.argmax(1) == y_test)
        assert accuracy[0] >= accuracy[1] - 0.003, accuracy
        return f"accuracy {accuracy[0]:.4f}, peer {accuracy[1]:.4f}"

    return Case(lambda: ours.predict_proba(x_test), lambda: peer.predict_proba(x_test), check)


def _isolation():
    from sklearn.ensemble import IsolationForest as Peer

    from apus.ensemble import IsolationForest

    generator = np.random.default_rng(3)
    x = np.vstack([generator.standard_normal((49_500, 20)), 1.5 * generator.standard_normal((500, 20))]).astype(np.float32)
    truth = np.arange(50_000) >= 49_500

    def check(a, b):
        area = _auc(truth, -a), _auc(truth, -b)
        assert area[0] >= area[1] - 0.001, area
        return f"AUC {area[0]:.4f}, peer {area[1]:.4f}"

    return Case(
        lambda: IsolationForest(random_state=0).fit(x).score_samples(x),
        lambda: Peer(random_state=0, n_jobs=2).fit(x).score_samples(x),
        check,
    )


def rows():
    return [
        Row("RandomForestClassifier 100,000 × 28, 50 trees, exact", "scikit-learn (n_jobs=2)", 4, _forest(), pairs=3),
        Row(
            "RandomForestClassifier 100,000 × 28, 50 trees, 255 bins", "scikit-learn, exact (n_jobs=2)", 8,
            _forest(max_bins=255), pairs=3,
        ),
        Row("RandomForestRegressor on California housing, 100 trees", "scikit-learn (n_jobs=2)", 4, _regression, pairs=3),
        Row("AdaBoostClassifier 50,000 × 20, 100 stumps", "scikit-learn", 60, _adaboost, pairs=3),
        Row("predict_proba of 50 trees on 100,000 × 28", "scikit-learn (n_jobs=2)", 5, _predict, pairs=5),
        Row("IsolationForest 50,000 × 20, fit and score_samples", "scikit-learn (n_jobs=2)", 2, _isolation, pairs=3),
    ]  # fmt: skip
