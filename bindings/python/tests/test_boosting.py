"""Gradient boosting: a user's loss, ranking, evaluations, models of other libraries, ONNX."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

import apus
from apus.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRanker,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from apus.tree import DecisionTreeClassifier, DecisionTreeRegressor

GOLDEN = Path(__file__).resolve().parents[3] / "Tests" / "Golden" / "boosting"


def table(rows=600, seed=0, missing=True):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((rows, 5)).astype(np.float32)
    signal = x[:, 0] + x[:, 1] * x[:, 2] + 0.1 * rng.standard_normal(rows)
    if missing:
        x[rng.random(x.shape) < 0.1] = np.nan
    return x, signal


def session(path, x):
    outputs = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return outputs.run(None, {"X": x})


@pytest.mark.parametrize("cut", [[0.0], [-0.5, 0.5]])
def test_onnx_classifier(tmp_path, cut):
    x, signal = table()
    y = np.array([3, 7, 11])[np.digitize(signal, cut)]
    model = HistGradientBoostingClassifier(max_iter=25).fit(x, y)
    model.export(tmp_path / "model.onnx")
    labels, probabilities = session(tmp_path / "model.onnx", x)
    np.testing.assert_allclose(probabilities, model.predict_proba(x), atol=2e-6)
    certain = np.abs(np.diff(np.sort(model.predict_proba(x), axis=1)[:, -2:], axis=1)[:, 0]) > 1e-4
    assert certain.mean() > 0.9
    np.testing.assert_array_equal(model.classes_[labels[certain]] if labels.max() < 3 else labels[certain], model.predict(x)[certain])


@pytest.mark.parametrize("loss", ["squared_error", "poisson"])
def test_onnx_regressor_routes_rows_identically(tmp_path, loss):
    x, signal = table()
    # One tree: predictions tell its leaves apart.
    model = HistGradientBoostingRegressor(loss=loss, max_iter=1, max_leaf_nodes=31, learning_rate=1.0)
    model.fit(x, np.exp(signal) if loss == "poisson" else signal)
    # Rows at the thresholds and next to them.
    inner = model.tree_feature_ >= 0
    probes = np.repeat(x[:1], 3 * inner.sum(), axis=0)
    for i, (feature, threshold) in enumerate(zip(model.tree_feature_[inner], model.tree_threshold_[inner])):
        value = np.float32(threshold)
        probes[3 * i : 3 * i + 3, feature] = [value, np.nextafter(value, np.float32(-9)), np.nextafter(value, np.float32(9))]
    probes = np.vstack([x, probes])
    model.export(tmp_path / "model.onnx")
    (found,) = session(tmp_path / "model.onnx", probes)
    np.testing.assert_allclose(found[:, 0], model.predict(probes), rtol=3e-6, atol=1e-6)


def test_onnx_sets_of_categories(tmp_path):
    rng = np.random.default_rng(8)
    x, signal = table()
    x[:, 4] = rng.integers(0, 60, len(x))
    x[::17, 4] = np.nan
    y = signal + np.isin(x[:, 4], [0, 3, 31, 32, 59])
    probes = np.vstack([x, x])
    probes[len(x) :, 4] = rng.choice([60, 64, 1e6, -1, 2.5, np.nan], len(x))
    for model in (
        HistGradientBoostingRegressor(max_iter=20, categorical_features=[4]).fit(x, y),
        RandomForestRegressor(5, categorical_features=[4], random_state=0).fit(x, y),
        DecisionTreeRegressor(categorical_features=[4], min_samples_leaf=3).fit(x, y),
    ):
        assert (model.tree_feature_ == 4).any()
        model.export(tmp_path / "model.onnx")
        (found,) = session(tmp_path / "model.onnx", probes)
        np.testing.assert_allclose(found[:, 0], model.predict(probes), rtol=3e-6, atol=1e-6)


@pytest.mark.parametrize("cls", [RandomForestClassifier, ExtraTreesClassifier, DecisionTreeClassifier])
@pytest.mark.parametrize("cut", [[0.0], [-0.5, 0.5]])
def test_onnx_forest(tmp_path, cls, cut):
    x, signal = table()
    y = np.array([3, 7, 11])[np.digitize(signal, cut)]
    model = cls(min_samples_leaf=4, random_state=0).fit(x, y)
    model.export(tmp_path / "model.onnx")
    labels, probabilities = session(tmp_path / "model.onnx", x)
    expected = model.predict_proba(x)
    np.testing.assert_allclose(probabilities, expected, atol=2e-6)
    certain = np.diff(np.sort(expected, axis=1)[:, -2:], axis=1)[:, 0] > 1e-5
    np.testing.assert_array_equal(labels[certain], model.predict(x)[certain])
    assert certain.mean() > 0.9
    several = cls(random_state=0).fit(x, np.column_stack([y, y]))
    with pytest.raises(NotImplementedError, match="2 outputs"):
        several.export(tmp_path / "model.onnx")


def test_onnx_forest_of_several_outputs(tmp_path):
    x, signal = table(missing=False)
    model = RandomForestRegressor(10, random_state=0).fit(x, np.column_stack([signal, x[:, 3]]))
    model.export(tmp_path / "model.onnx")
    (found,) = session(tmp_path / "model.onnx", x)
    np.testing.assert_allclose(found, model.predict(x), rtol=1e-5, atol=1e-6)


def test_imported_models_predict_equally():
    for case in json.loads((GOLDEN / "imports.json").read_text()):
        if case["name"] == "lightgbm-zero-missing":
            continue
        suffix = "txt" if case["format"] == "lightgbm" else "json"
        model = apus.import_model(GOLDEN / f"{case['name']}.{suffix}")
        x = np.array([np.nan if v is None else v for v in case["x"]]).reshape(-1, case["columns"])
        found = model.predict_proba(x) if hasattr(model, "predict_proba") else model.predict(x)
        expected = np.array(case["prediction"]).reshape(len(x), -1)
        if hasattr(model, "predict_proba") and case["outputs"] == 1:
            found = found[:, 1]
        np.testing.assert_allclose(found.reshape(len(x), -1), expected, rtol=4e-6, atol=4e-6, err_msg=case["name"])
        assert len(model.feature_importances_) == case["columns"]


def test_import_names_what_is_wrong(tmp_path):
    path = tmp_path / "model.json"
    path.write_text('{"learner": {"gradient_booster": 3}}')
    with pytest.raises(apus.exceptions.FileFormatError, match="XGBoost model"):
        apus.import_model(path)
    with pytest.raises(ValueError, match="format: 'pmml'"):
        apus.import_model(path, format="pmml")
    with pytest.raises(FileNotFoundError):
        apus.import_model(tmp_path / "absent")


def test_objective():
    x, signal = table()
    calls = []

    def squared(y, raw):
        calls.append(raw.shape)
        return raw - y, np.ones_like(y)

    model = HistGradientBoostingRegressor(max_iter=15).fit(x, signal - signal.mean(), objective=squared)
    assert calls == [(600,)] * 15
    reference = HistGradientBoostingRegressor(max_iter=15).fit(x, signal - signal.mean())
    np.testing.assert_allclose(model.predict(x), reference.predict(x), atol=1e-5)


def test_objective_of_several_classes():
    x, signal = table()
    y = np.digitize(signal, [-0.5, 0.5])

    def softmax(y, raw):
        p = np.exp(raw - raw.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        return p - np.eye(3)[y.astype(int)], p * (1 - p)

    model = HistGradientBoostingClassifier(max_iter=30).fit(x, y, objective=softmax)
    assert model.score(x, y) > 0.9


def test_errors_of_an_objective_come_back():
    x, signal = table()
    model = HistGradientBoostingRegressor(max_iter=3).fit(x, signal)
    before = model.predict(x)

    def broken(y, raw):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        model.fit(x, signal, objective=broken)
    with pytest.raises(ValueError, match="shape"):
        model.fit(x, signal, objective=lambda y, raw: (raw[:3], raw[:3]))
    with pytest.raises(ValueError, match="row 0"):
        model.fit(x, signal, objective=lambda y, raw: (raw * np.nan, raw))
    with pytest.raises(TypeError, match="not callable"):
        model.fit(x, signal, objective="squared")
    np.testing.assert_array_equal(model.predict(x), before)


def test_evaluations():
    from sklearn.metrics import log_loss, roc_auc_score

    x, signal = table(800)
    y = (signal > 0).astype(int)
    model = HistGradientBoostingClassifier(max_iter=12, early_stopping=False, eval_metric="auc, loss,error")
    model.fit(x[:600], y[:600], validation_x=x[600:], validation_y=y[600:])
    assert model.train_metrics_.shape == model.validation_metrics_.shape == (13, 3)
    probabilities = model.predict_proba(x[600:])[:, 1]
    np.testing.assert_allclose(
        model.validation_metrics_[-1],
        [roc_auc_score(y[600:], probabilities), log_loss(y[600:], probabilities), np.mean(model.predict(x[600:]) != y[600:])],
        rtol=1e-9,
    )
    with pytest.raises(ValueError, match="eval_metric: 'rmse'"):
        HistGradientBoostingClassifier(eval_metric="rmse").fit(x, y)


def test_ranker_beats_random_order():
    rng = np.random.default_rng(3)
    x = rng.standard_normal((3000, 4))
    y = np.clip(np.round(x[:, 0] + 0.3 * rng.standard_normal(3000) + 1), 0, 4)
    groups = np.full(120, 20)
    model = HistGradientBoostingRanker(max_iter=60, eval_metric="ndcg", early_stopping=True, lambdarank_truncation_level=10)
    model.fit(x[:2400], y[:2400], group=groups, validation_x=x[2400:], validation_y=y[2400:], validation_group=groups[:30])
    order = np.argsort(-model.predict(x[2400:]).reshape(30, 20), axis=1, kind="stable")
    gains, discounts = 2 ** y[2400:].reshape(30, 20) - 1, 1 / np.log2(np.arange(10) + 2)
    ideal = -np.sort(-gains, axis=1)[:, :10] @ discounts
    found = np.mean((np.take_along_axis(gains, order, axis=1)[:, :10] @ discounts) / ideal)
    np.testing.assert_allclose(model.validation_metrics_[-1, 0], found, atol=1e-9)
    assert found > 0.9
    shares = model.shap_values(x[2400:2440]).sum(axis=1) + model.shap_expected_value()
    np.testing.assert_allclose(shares, model.predict(x[2400:2440]), atol=1e-9)
    with pytest.raises(ValueError, match="group"):
        model.fit(x, y, group=[5, 7])
    with pytest.raises(ValueError, match="held-out queries"):
        model.fit(x, y, group=np.full(150, 20))


@pytest.mark.parametrize("cls", [GradientBoostingClassifier, GradientBoostingRegressor])
def test_classic_boosting_stops_early(cls):
    x, signal = table(missing=False)
    y = signal > 0 if cls is GradientBoostingClassifier else signal
    model = cls(n_estimators=400, learning_rate=0.5, n_iter_no_change=5, random_state=0).fit(x, y)
    assert model.n_iter_ < 400
    assert model.score(x, y) > 0.8


def test_losses_of_classic_regression():
    from sklearn.ensemble import GradientBoostingRegressor as Peer

    x, signal = table(missing=False)
    signal[::50] += 20
    for loss in ("huber", "quantile"):
        ours = GradientBoostingRegressor(loss=loss, alpha=0.8, n_estimators=60).fit(x, signal).predict(x)
        peer = Peer(loss=loss, alpha=0.8, n_estimators=60).fit(x, signal).predict(x)
        assert np.corrcoef(ours, peer)[0, 1] > 0.9
        assert abs(np.median(ours) - np.median(peer)) < 0.2


@pytest.mark.parametrize("options", [{}, {"gradient_bits": 4}, {"boosting": "goss"}, {"boosting": "dart"}])
def test_gradients_that_overflow_are_refused(options):
    x, signal = table(missing=False)
    model = HistGradientBoostingRegressor(max_iter=5, **options).fit(x, signal)
    before = model.predict(x)
    with pytest.raises(ArithmeticError, match="boosting round 1: the gradients are not finite"):
        model.fit(x, 1e300 * signal)
    np.testing.assert_array_equal(model.predict(x), before)
    model.set_params(learning_rate=1e5, max_iter=300, boosting="gbdt")
    with pytest.raises(ArithmeticError, match="boosting round [0-9]+: "):
        model.fit(x, signal)


@pytest.mark.parametrize("cls", [HistGradientBoostingClassifier, GradientBoostingClassifier])
@pytest.mark.parametrize("classes", [2, 3])
def test_staged_probabilities(cls, classes):
    x, signal = table(missing=False)
    y = np.digitize(signal, np.quantile(signal, np.arange(1, classes) / classes))
    model = cls(**{"max_iter" if "Hist" in cls.__name__ else "n_estimators": 4}).fit(x, y)
    stages = list(model.staged_predict_proba(x))
    assert len(stages) == 4
    np.testing.assert_array_equal(stages[-1], model.predict_proba(x))
    for stage, predicted in zip(stages, model.staged_predict(x)):
        np.testing.assert_array_equal(model.classes_[stage.argmax(axis=1)], predicted)


@pytest.mark.parametrize(
    ("cls", "scoring", "scorer"),
    [
        (HistGradientBoostingClassifier, "accuracy", "accuracy"),
        (HistGradientBoostingClassifier, None, "accuracy"),
        (HistGradientBoostingClassifier, "roc_auc", "roc_auc"),
        (HistGradientBoostingClassifier, "neg_log_loss", "neg_log_loss"),
        (HistGradientBoostingRegressor, None, "r2"),
        (HistGradientBoostingRegressor, "r2", "r2"),
        (HistGradientBoostingRegressor, "neg_mean_squared_error", "neg_mean_squared_error"),
        (HistGradientBoostingRegressor, "neg_root_mean_squared_error", "neg_root_mean_squared_error"),
        (HistGradientBoostingRegressor, "neg_mean_absolute_error", "neg_mean_absolute_error"),
    ],
)
def test_scores_watched(cls, scoring, scorer):
    from sklearn.metrics import get_scorer

    x, signal = table(missing=False)
    y = signal > 0 if cls is HistGradientBoostingClassifier else signal
    model = cls(max_iter=8, early_stopping=True, n_iter_no_change=8, scoring=scoring, verbose=1)
    model.fit(x[:400], y[:400], X_val=x[400:], y_val=y[400:])
    assert len(model.validation_score_) == 9
    assert model.train_score_[-1] == pytest.approx(get_scorer(scorer)(model, x[:400], y[:400]), rel=1e-6)
    assert model.validation_score_[-1] == pytest.approx(get_scorer(scorer)(model, x[400:], y[400:]), rel=1e-6)


def test_scores_that_do_not_fit():
    x, signal = table()
    with pytest.raises(ValueError, match="scoring: 'r2' is not a score of this task"):
        HistGradientBoostingClassifier(scoring="r2").fit(x, signal > 0)
    with pytest.raises(ValueError, match="scoring: eval_metric says already"):
        HistGradientBoostingRegressor(scoring="r2", eval_metric="mae", early_stopping=True).fit(x, signal)


def test_held_out_labels_are_strings():
    x, signal = table()
    y = np.where(signal > 0, "yes", "no")
    model = HistGradientBoostingClassifier(max_iter=5, eval_metric="accuracy").fit(x, y, validation_x=x, validation_y=y)
    np.testing.assert_array_equal(model.validation_metrics_, model.train_metrics_)


def test_constraints_as_scikit_learn_writes_them(tmp_path):
    pandas = pytest.importorskip("pandas")
    x, signal = table(missing=False)
    frame = pandas.DataFrame(x, columns=list("abcde"))
    by_name = HistGradientBoostingRegressor(max_iter=10, monotonic_cst={"b": -1, "a": 1}).fit(frame, signal)
    by_place = HistGradientBoostingRegressor(max_iter=10, monotonic_cst=[1, -1, 0, 0, 0]).fit(x, signal)
    np.testing.assert_array_equal(by_name.predict(frame), by_place.predict(x))
    by_name.save(tmp_path / "model.apus")
    np.testing.assert_array_equal(apus.load(tmp_path / "model.apus").predict(frame), by_place.predict(x))
    sets = HistGradientBoostingRegressor(max_iter=10, interaction_cst=[{0, 1}, (2, 3), [4]]).fit(x, signal)
    matrix = np.array([[1, 1, 0, 0, 0], [0, 0, 1, 1, 0], [0, 0, 0, 0, 1]])
    np.testing.assert_array_equal(
        sets.predict(x), HistGradientBoostingRegressor(max_iter=10, interaction_cst=matrix).fit(x, signal).predict(x)
    )
    alone = HistGradientBoostingRegressor(max_iter=10, interaction_cst="no_interactions").fit(x, signal)
    np.testing.assert_array_equal(
        alone.predict(x), HistGradientBoostingRegressor(max_iter=10, interaction_cst=np.eye(5)).fit(x, signal).predict(x)
    )
    for wrong, error in (([{0, 9}], ValueError), ([3], TypeError), ("all", ValueError)):
        with pytest.raises(error, match="interaction_cst"):
            HistGradientBoostingRegressor(interaction_cst=wrong).fit(x, signal)
    with pytest.raises(ValueError, match="'z' is not a feature"):
        HistGradientBoostingRegressor(monotonic_cst={"z": 1}).fit(frame, signal)
    with pytest.raises(ValueError, match="need a data frame"):
        HistGradientBoostingRegressor(monotonic_cst={"a": 1}).fit(x, signal)


@pytest.mark.parametrize(
    "options",
    [
        {"loss": "exponential"}, {"loss": "exponential", "init": "zero"}, {"init": "zero"}, {"ccp_alpha": 0.002},
        {"min_impurity_decrease": 0.01}, {"min_weight_fraction_leaf": 0.1}, {"min_samples_leaf": 0.1},
        {"min_samples_split": 0.3}, {"criterion": "squared_error"}, {"learning_rate": 0.0},
    ],
)  # fmt: skip
def test_classic_classifier_equals_scikit_learn(options):
    import sklearn.ensemble

    rng = np.random.default_rng(1)
    x = rng.standard_normal((300, 4)).round(1)
    y = np.where(np.abs(x[:, 0]) + 0.3 * x[:, 1] > 0.7, "yes", "no")
    weight = rng.uniform(0.5, 2, 300)
    theirs = {name: value for name, value in options.items() if name != "criterion"}
    peer = sklearn.ensemble.GradientBoostingClassifier(n_estimators=20, random_state=0, **theirs).fit(x, y, weight)
    ours = GradientBoostingClassifier(n_estimators=20, verbose=0, **options).fit(x, y, weight)
    np.testing.assert_allclose(ours.predict_proba(x), peer.predict_proba(x), atol=1e-6)
    np.testing.assert_allclose(ours.decision_function(x), peer.decision_function(x), atol=1e-5)
    np.testing.assert_allclose(ours.train_score_, peer.train_score_, atol=1e-6)
    assert (ours.predict(x) == peer.predict(x)).all()


@pytest.mark.parametrize("options", [{}, {"ccp_alpha": 0.01}, {"min_impurity_decrease": 0.01}, {"min_samples_leaf": 0.1}])
def test_classic_regressor_equals_scikit_learn(options):
    import sklearn.ensemble

    rng = np.random.default_rng(2)
    x = rng.standard_normal((300, 4)).round(1)
    y = np.abs(x[:, 0]) + x[:, 1] * x[:, 2]
    peer = sklearn.ensemble.GradientBoostingRegressor(n_estimators=20, random_state=0, **options).fit(x, y)
    ours = GradientBoostingRegressor(n_estimators=20, **options).fit(x, y)
    np.testing.assert_allclose(ours.predict(x), peer.predict(x), atol=1e-6)
    np.testing.assert_allclose(ours.train_score_, peer.train_score_, atol=1e-6)


def test_rows_not_drawn_are_scored():
    x, signal = table(500, missing=False)
    y = (signal > 0).astype(int)
    model = GradientBoostingClassifier(n_estimators=30, subsample=0.5).fit(x, y)
    assert model.train_score_.shape == model.oob_scores_.shape == model.oob_improvement_.shape == (30,)
    assert model.oob_score_ == model.oob_scores_[-1] < model.oob_scores_[0]
    np.testing.assert_allclose(np.diff(model.oob_scores_), -model.oob_improvement_[1:], atol=1e-15)
    assert not hasattr(GradientBoostingClassifier(n_estimators=2).fit(x, y), "oob_scores_")
    longer = GradientBoostingClassifier(n_estimators=20, subsample=0.5, warm_start=True).fit(x, y)
    longer.n_estimators = 30
    assert longer.fit(x, y).oob_scores_.tobytes() == model.oob_scores_.tobytes()
    np.testing.assert_allclose(longer.oob_improvement_, model.oob_improvement_, atol=1e-14)


def test_exponential_loss_takes_two_classes_and_goss_draws_the_rows_itself(tmp_path):
    x, signal = table(200, missing=False)
    with pytest.raises(ValueError, match="two classes"):
        GradientBoostingClassifier(loss="exponential").fit(x, np.digitize(signal, [-0.5, 0.5]))
    model = GradientBoostingClassifier(loss="exponential", n_estimators=5).fit(x, signal > 0)
    model.save(tmp_path / "model")
    assert apus.load(tmp_path / "model").predict_proba(x).tobytes() == model.predict_proba(x).tobytes()
    with pytest.raises(NotImplementedError, match="exponential"):
        model.export(tmp_path / "model.onnx")
    with pytest.raises(ValueError, match="subsample"):
        HistGradientBoostingRegressor(boosting="goss", subsample=0.3).fit(x, signal)


def test_ranker_takes_weights_of_rows():
    x, signal = table(400, missing=False)
    y, group = np.digitize(signal, [-0.5, 0.5]), [20] * 20
    plain = HistGradientBoostingRanker(max_iter=10).fit(x, y, group=group)
    half = HistGradientBoostingRanker(max_iter=10, min_child_weight=5e-4).fit(x, y, np.full(400, 0.5), group=group)
    assert half.predict(x).tobytes() == plain.predict(x).tobytes()
    # Rows of weight 0 are compared with others but not learnt.
    weight = np.where(np.arange(400) < 200, 1.0, 0.0)
    some = HistGradientBoostingRanker(max_iter=10).fit(x, y, weight, group=group)
    first = HistGradientBoostingRanker(max_iter=10).fit(x[:200], y[:200], group=group[:10])
    np.testing.assert_allclose(some.predict(x), first.predict(x), atol=1e-6)


def test_several_evaluation_sets():
    x, signal = table(600, missing=False)
    y = np.array(["no", "yes"])[(signal > 0).astype(int)]
    near, far, weight = slice(300, 400), slice(400, 600), np.linspace(0.5, 2, 300)
    options = {"max_iter": 12, "eval_metric": "auc,loss", "early_stopping": True, "n_iter_no_change": 12}
    model = HistGradientBoostingClassifier(**options).fit(
        x[:300], y[:300], validation_x=[x[near], x[far]], validation_y=[y[near], y[far]],
        validation_sample_weight=[weight[:100], weight[100:]],
    )  # fmt: skip
    assert model.validation_metrics_.shape == (13, 2, 2)
    for index, (rows, own) in enumerate([(near, weight[:100]), (far, weight[100:])]):
        alone = HistGradientBoostingClassifier(**options).fit(
            x[:300], y[:300], validation_x=x[rows], validation_y=y[rows], validation_sample_weight=own
        )
        assert alone.validation_metrics_.tobytes() == model.validation_metrics_[:, index].tobytes()
        if index == 0:
            assert alone.validation_score_.tobytes() == model.validation_score_.tobytes()
    three = np.digitize(signal, [-0.5, 0.5])
    multi = HistGradientBoostingClassifier(max_iter=3, eval_metric="error").fit(
        x[:300], three[:300], validation_x=[x[near], x[far]], validation_y=[three[near], three[far]]
    )
    errors = [np.mean(multi.predict(x[rows]) != three[rows]) for rows in (near, far)]
    np.testing.assert_allclose(multi.validation_metrics_[-1, :, 0], errors, atol=1e-15)
    for wrong in ([100, 100], [100, 200.5], [0, 300], [100, 201]):
        with pytest.raises(ValueError, match="validation_group"):
            HistGradientBoostingRegressor(eval_metric="mae").fit(
                x[:300], signal[:300], validation_x=x[300:], validation_y=signal[300:], validation_group=wrong
            )
    with pytest.raises(ValueError, match="validation_y"):
        HistGradientBoostingRegressor(eval_metric="mae").fit(
            x[:300], signal[:300], validation_x=[x[near], x[far]], validation_y=signal[300:]
        )
