"""Golden values for the penalised models chosen or fitted by other means than plain lasso: scikit-learn 1.9.1, SciPy 1.17,
numpy 2.4.

Run with a Python that has scikit-learn; writes penalised-models.json beside this file.
"""
import json
import pathlib
import warnings

import numpy as np
import scipy.optimize
import sklearn.linear_model as sk

warnings.simplefilter("ignore")
rng = np.random.default_rng(5)
cases = []


def data(n, p, targets=1):
    X = np.round(rng.normal(size=(n, p)) * (1 + np.arange(p) % 3) + 1, 2)
    X[rng.uniform(size=X.shape) < 0.2] = 0
    B = rng.normal(size=(p, targets)) * (rng.uniform(size=(p, 1)) < 0.6)
    Y = np.round(X @ B + rng.normal(size=(n, targets)) + 2, 3)
    return X, Y[:, 0] if targets == 1 else Y


def labels(X, classes):
    return np.argmax(X @ rng.normal(size=(X.shape[1], classes)) + 2 * rng.gumbel(size=(len(X), classes)), axis=1)


def add(name, kind, peer, X, y, w, parameters, attributes, ours=None, extra=None):
    """`attributes` maps names to relative tolerances; `ours` are parameters the peer does not have."""
    model = peer(**parameters).fit(X, y, sample_weight=w) if w is not None else peer(**parameters).fit(X, y)
    parameters = {k: v for k, v in {**parameters, **(ours or {})}.items() if not (isinstance(v, float) and np.isinf(v))}
    case = {"name": name, "kind": kind, "rows": X.shape[0], "columns": X.shape[1], "X": X.ravel().tolist(),
            "targets": 1 if y.ndim == 1 else y.shape[1], "y": y.ravel().astype(float).tolist(), "parameters": parameters,
            "expected": {a: np.ravel(getattr(model, a)).astype(float).tolist() for a in attributes},
            "tolerance": attributes}
    for attribute, (value, tolerance) in (extra or {}).items():
        case["expected"][attribute], case["tolerance"][attribute] = value(model), tolerance
    if w is not None:
        case["weight"] = w.tolist()
    cases.append(case)


def stationary_huber(X, y, w, intercept, alpha=0.01, epsilon=1.5):
    """The minimum to full precision: scikit-learn's L-BFGS-B ends when the objective no longer falls, 1e-5 away. The gradient
    is solved for, from there."""
    w = np.ones(len(y)) if w is None else w
    A = np.column_stack([X, np.ones(len(y))]) if intercept else X
    model = sk.HuberRegressor(fit_intercept=intercept, alpha=alpha, epsilon=epsilon, max_iter=10000).fit(X, y, sample_weight=w)
    start = np.r_[model.coef_, [model.intercept_] if intercept else [], model.scale_]

    def gradient(theta):
        beta, sigma = theta[:-1], theta[-1]
        z = (y - A @ beta) / sigma
        slopes = -2 * A.T @ (w * np.clip(z, -epsilon, epsilon))
        slopes[: X.shape[1]] += 2 * alpha * beta[: X.shape[1]]
        return np.r_[slopes, np.sum(w * (1 - np.minimum(z**2, epsilon**2)))]

    found = scipy.optimize.root(gradient, start, tol=1e-14).x
    assert np.max(np.abs(gradient(found))) < 1e-10 and np.max(np.abs(found - start)) < 1e-3
    p = X.shape[1]
    extra = {"coef_": (lambda _: found[:p].tolist(), 1e-7), "scale_": (lambda _: [found[-1]], 1e-7)}
    return {**extra, "intercept_": (lambda _: [found[p]], 1e-7)} if intercept else extra


tight = dict(tol=1e-10, max_iter=100000)
for n, p in ((60, 6), (15, 25)):
    shape = "tall" if n > p else "wide"
    for weighted in (False, True):
        w = np.round(rng.uniform(0.2, 3, n), 2) if weighted else None
        suffix = f"{shape}{'-weighted' if weighted else ''}"
        X, y = data(n, p)
        add(f"lasso-cv-{suffix}", "lasso_cv", sk.LassoCV, X, y, w, dict(alphas=20, cv=3, **tight),
            {"alpha_": 1e-12, "alphas_": 1e-12, "mse_path_": 1e-5, "coef_": 1e-5, "intercept_": 1e-5})
        add(f"elastic-net-cv-{suffix}", "elastic_net_cv", sk.ElasticNetCV, X, y, w,
            dict(alphas=12, cv=4, l1_ratio=[0.3, 0.8], fit_intercept=False, **tight),
            {"alpha_": 1e-12, "l1_ratio_": 0, "alphas_": 1e-12, "mse_path_": 1e-5, "coef_": 1e-5})
        add(f"elastic-net-{suffix}", "elastic_net", sk.ElasticNet, X, y, w, dict(alpha=0.2, l1_ratio=0.6, **tight),
            {"coef_": 1e-6, "intercept_": 1e-6})
        add(f"ridge-cv-{suffix}", "ridge_cv", sk.RidgeCV, X, y, w,
            dict(alphas=[0.01, 0.3, 5.0, 80.0], store_cv_results=True),
            {"alpha_": 0, "best_score_": 1e-8, "cv_results_": 1e-7, "coef_": 1e-8, "intercept_": 1e-8})
        X, Y = data(n, p, 3)
        add(f"ridge-cv-targets-{suffix}", "ridge_cv", sk.RidgeCV, X, Y, w,
            dict(alphas=[0.01, 0.3, 5.0, 80.0], store_cv_results=True, alpha_per_target=True, fit_intercept=False),
            {"alpha_": 0, "best_score_": 1e-8, "cv_results_": 1e-7, "coef_": 1e-8})
    X, Y = data(n, p, 3)
    add(f"multi-task-lasso-{shape}", "multi_task_lasso", sk.MultiTaskLasso, X, Y, None, dict(alpha=0.3, **tight),
        {"coef_": 1e-6, "intercept_": 1e-6})
    add(f"multi-task-elastic-net-cv-{shape}", "multi_task_elastic_net_cv", sk.MultiTaskElasticNetCV, X, Y, None,
        dict(alphas=10, cv=3, l1_ratio=0.4, **tight),
        {"alpha_": 1e-12, "mse_path_": 1e-5, "coef_": 1e-5, "intercept_": 1e-5})
    X, y = data(n, p)
    add(f"ridge-cv-folds-{shape}", "ridge_cv", sk.RidgeCV, X, y, None, dict(alphas=[0.01, 0.3, 5.0, 80.0], cv=4),
        {"alpha_": 0, "best_score_": 1e-7, "coef_": 1e-7})

for classes in (2, 3):
    for weighted in (False, True):
        X, _ = data(70, 5)
        y = labels(X, classes)
        w = np.round(rng.uniform(0.2, 3, 70), 2) if weighted else None
        suffix = f"{classes}{'-weighted' if weighted else ''}"
        for l1_ratio in (1.0, 0.4):
            add(f"logistic-l1-{l1_ratio}-{suffix}", "logistic_regression", sk.LogisticRegression, X, y, w,
                dict(C=0.3, l1_ratio=l1_ratio, solver="saga", tol=1e-12, max_iter=1000000),
                {"coef_": 1e-5, "intercept_": 1e-5})
        add(f"ridge-classifier-{suffix}", "ridge_classifier", sk.RidgeClassifier, X, y, w,
            dict(alpha=0.5, class_weight="balanced"), {"coef_": 1e-9, "intercept_": 1e-8})
        add(f"ridge-classifier-cv-{suffix}", "ridge_classifier_cv", sk.RidgeClassifierCV, X, y, w,
            dict(alphas=[0.1, 2.0, 30.0]), {"alpha_": 0, "best_score_": 1e-8, "coef_": 1e-8, "intercept_": 1e-8})
    X, _ = data(70, 5)
    y = labels(X, classes)
    modern = dict(use_legacy_attributes=False, scoring="neg_log_loss", tol=1e-10, max_iter=100000)
    add(f"logistic-cv-{classes}", "logistic_regression_cv", sk.LogisticRegressionCV, X, y, None,
        # Weaker penalties leave the sum of the classes' coefficients nearly free.
        dict(Cs=5 if classes == 2 else [0.001, 0.1, 1.0, 10.0], cv=3, l1_ratios=[0.0], **modern),
        {"C_": 1e-12, "Cs_": 1e-12, "scores_": 1e-6, "coefs_paths_": 1e-5, "coef_": 1e-5, "intercept_": 1e-5})
    add(f"logistic-cv-ratios-{classes}", "logistic_regression_cv", sk.LogisticRegressionCV, X, y, None,
        dict(Cs=[0.1, 1.0], cv=3, l1_ratios=[0.0, 1.0], solver="saga", **modern),
        {"C_": 1e-12, "l1_ratio_": 0, "scores_": 1e-6, "coef_": 1e-5, "intercept_": 1e-5})

for weighted in (False, True):
    for intercept in (True, False):
        X, y = data(60, 4)
        y[::7] += 30
        w = np.round(rng.uniform(0.2, 3, 60), 2) if weighted else None
        suffix = f"{'c' if intercept else ''}{'w' if weighted else ''}"
        add(f"huber-{suffix}", "huber_regressor", sk.HuberRegressor, X, y, w,
            dict(fit_intercept=intercept, alpha=0.01, epsilon=1.5, tol=1e-9, max_iter=10000),
            {"outliers_": 0}, extra=stationary_huber(X, y, w, intercept))
        for quantile, alpha in ((0.5, 0.0), (0.2, 0.05), (0.9, 1.0)):
            weights = np.ones(60) if w is None else w

            def objective(model):
                r = y - model.predict(X)
                pinball = np.maximum(quantile * r, (quantile - 1) * r)
                return [float(pinball @ weights / weights.sum() + alpha * np.abs(model.coef_).sum())]

            add(f"quantile-{quantile}-{alpha}-{suffix}", "quantile_regressor", sk.QuantileRegressor, X, y, w,
                dict(quantile=quantile, alpha=alpha, fit_intercept=intercept), {}, extra={"objective_": (objective, 1e-8)})

text = json.dumps(cases)
pathlib.Path(__file__).with_name("penalised-models.json").write_text(text)
print(len(cases), "cases,", len(text) // 1000, "kB")
