"""Golden values for Lasso, ElasticNet and LogisticRegression: scikit-learn 1.9.1, numpy 2.

Run with a Python that has scikit-learn; writes penalised.json beside this file.
"""
import json
import pathlib

import numpy as np
from sklearn.linear_model import ElasticNet, Lasso, LogisticRegression

rng = np.random.default_rng(11)


def data(n, p):
    X = np.round(rng.normal(size=(n, p)) * (1 + np.arange(p) % 3) + 1, 3)
    return X, rng.normal(size=p) * (rng.uniform(size=p) < 0.6)


def case(name, kind, X, y, w, **parameters):
    peers = {"lasso": Lasso, "elastic_net": ElasticNet, "logistic_regression": LogisticRegression}
    extra = dict(tol=1e-12, max_iter=100000)
    model = peers[kind](**parameters, **extra).fit(X, y, sample_weight=w)
    out = {"name": name, "kind": kind, "columns": X.shape[1], "X": X.ravel().tolist(), "y": y.tolist(),
           "parameters": parameters, "coef": np.ravel(model.coef_).tolist(),
           "intercept": np.ravel(model.intercept_).tolist(), "score": model.score(X, y, sample_weight=w)}
    if w is not None:
        out["weight"] = w.tolist()
    if kind == "logistic_regression":
        out["probability"] = model.predict_proba(X[:5]).ravel().tolist()
    return out


cases = []
for intercept in (True, False):
    for weighted in (True, False):
        suffix = f"{'c' if intercept else ''}{'w' if weighted else ''}"
        for kind, options in (("lasso", dict(alpha=0.2)), ("elastic_net", dict(alpha=0.3, l1_ratio=0.4)),
                              ("lasso", dict(alpha=0.1, positive=True))):
            X, b = data(30, 8)
            y = np.round(X @ b + rng.normal(size=30), 3)
            w = np.round(rng.uniform(0.1, 3, 30), 2) if weighted else None
            cases.append(case(f"{kind}{'-positive' if 'positive' in options else ''}-{suffix}", kind, X, y, w,
                              fit_intercept=intercept, **options))
        for classes in (2, 4):
            X, _ = data(60, 4)
            y = np.argmax(X @ rng.normal(size=(4, classes)) + rng.gumbel(size=(60, classes)), axis=1).astype(float) * 3 - 3
            w = np.round(rng.uniform(0.1, 3, 60), 2) if weighted else None
            cases.append(case(f"logistic{classes}-{suffix}", "logistic_regression", X, y, w, C=0.7,
                              fit_intercept=intercept))
            if weighted:
                cases.append(case(f"logistic{classes}-balanced-{suffix}", "logistic_regression", X, y, None, C=2.0,
                                  fit_intercept=intercept, class_weight="balanced"))
pathlib.Path(__file__).with_name("penalised.json").write_text(json.dumps(cases))
