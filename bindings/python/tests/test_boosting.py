"""Gradient boosting: a user's loss, ranking, evaluations, models of other libraries, ONNX."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

import apus
from apus.ensemble import (
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRanker,
    HistGradientBoostingRegressor,
)

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


def test_onnx_refuses_categories(tmp_path):
    x, signal = table(missing=False)
    x[:, 4] = np.digitize(x[:, 4], [-1, 0, 1])
    model = HistGradientBoostingRegressor(max_iter=5, categorical_features=[4]).fit(x, signal + np.isin(x[:, 4], [0, 3]))
    with pytest.raises(NotImplementedError, match="categories"):
        model.export(tmp_path / "model.onnx")


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
