"""Gradient boosting on red wines: learning curve with early stopping, importances, a user's loss, ONNX"""

import time

import matplotlib.pyplot as plt
import numpy as np
from tables import red_wine

from apus.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor


def log_cosh(y, raw):
    """log cosh(raw - y): squared near the target, absolute far from it."""
    slope = np.tanh(raw - y)
    return slope, 1 - slope**2 + 1e-3


def run(output):
    names, x, quality = red_wine()
    order = np.random.default_rng(0).permutation(len(x))
    train, watched, test = order[:1000], order[1000:1250], order[1250:]
    good = (quality >= 6).astype(int)

    start = time.perf_counter()
    model = HistGradientBoostingClassifier(
        max_iter=400, learning_rate=0.08, max_leaf_nodes=15, early_stopping=True, n_iter_no_change=25,
        eval_metric="auc,loss,error",
    )
    model.fit(x[train], good[train], validation_x=x[watched], validation_y=good[watched])
    elapsed = time.perf_counter() - start
    curves = {"training": model.train_metrics_, "watched": model.validation_metrics_}
    best = int(np.argmax(model.validation_metrics_[:, 0]))
    print(f"is a wine good (6 or more of 10)? {len(train)} wines, {len(watched)} watched to stop; {elapsed * 1e3:.0f} ms")
    print(f"stopped after {model.n_iter_} of 400 rounds; best after {best}: AUC {model.validation_metrics_[best, 0]:.4f}")
    print(f"{'':<10} {'AUC':>8} {'log loss':>9} {'error':>8}")
    for name, values in curves.items():
        print(f"{name:<10} {values[-1, 0]:>8.4f} {values[-1, 1]:>9.4f} {values[-1, 2]:>8.4f}")
    print(f"on {len(test)} further wines: error {1 - model.score(x[test], good[test]):.4f}")

    regressor = HistGradientBoostingRegressor(max_iter=120, learning_rate=0.08, max_leaf_nodes=15)
    built_in = np.mean(np.abs(regressor.fit(x[train], quality[train]).predict(x[test]) - quality[test]))
    mean = quality[train].mean()
    users = regressor.fit(x[train], quality[train] - mean, objective=log_cosh).predict(x[test]) + mean
    print(f"quality itself, mean absolute error: squared loss {built_in:.4f}, the user's log cosh {np.mean(np.abs(users - quality[test])):.4f}")
    model.export(output / "wine.onnx")
    print(f"wine.onnx: {(output / 'wine.onnx').stat().st_size} bytes for {model.n_iter_} trees")

    figure, (curve, bars) = plt.subplots(1, 2, figsize=(11, 4.2))
    for name, values in curves.items():
        curve.plot(values[:, 1], label=name)
    curve.axvline(best, color="grey", linestyle=":", label="best AUC")
    curve.set_xlabel("round")
    curve.set_ylabel("log loss")
    curve.set_title("is a wine good? log loss of the rounds")
    curve.legend()
    ranked = np.argsort(model.feature_importances_)
    bars.barh(np.array(names)[ranked], model.feature_importances_[ranked])
    bars.set_xlabel("share of the gain")
    bars.set_title("importance of the measurements")
    figure.tight_layout()
    figure.savefig(output / "boosting.png", dpi=120)
    plt.close(figure)
