"""Golden values for LinearRegression and Ridge: scikit-learn 1.9.1, numpy 2, scipy 1 (scipy.optimize.nnls).

Run with a Python that has scikit-learn; writes least-squares.json beside this file.
"""
import json
import pathlib

import numpy as np
from scipy import sparse
from sklearn.linear_model import LinearRegression, Ridge

rng = np.random.default_rng(7)


def problem(n, p, t, rank=None, weighted=False, offset=0.0):
    X = np.round(rng.normal(size=(n, p)) * (1 + np.arange(p)) + offset, 3)
    if rank is not None:
        X[:, rank:] = X[:, :rank] @ np.round(rng.normal(size=(rank, p - rank)), 0)
    B = rng.normal(size=(p, t))
    Y = np.round(X @ B + rng.normal(size=(n, t)) + 3, 3)
    w = np.round(rng.uniform(0.1, 3, n), 2) if weighted else None
    return X, (Y[:, 0] if t == 1 else Y), w


def case(name, kind, X, y, w, **parameters):
    model = {"ols": LinearRegression, "ridge": Ridge}[kind](**parameters)
    model.fit(X, y, sample_weight=w)
    out = {
        "name": name, "kind": kind, "columns": X.shape[1], "X": X.ravel().tolist(),
        "targets": 1 if y.ndim == 1 else y.shape[1], "vector": y.ndim == 1, "y": y.ravel().tolist(),
        "parameters": {k: (v.tolist() if isinstance(v, np.ndarray) else v) for k, v in parameters.items()},
        "coef": np.ravel(model.coef_).tolist(), "intercept": np.ravel(model.intercept_).tolist(),
        "score": model.score(X, y, sample_weight=w),
    }
    if w is not None:
        out["weight"] = w.tolist()
    if kind == "ols" and not parameters.get("positive"):
        out["rank"] = int(model.rank_)
        if w is None:
            out["singular"] = model.singular_.tolist()
    return out


cases = []
for intercept in (True, False):
    for weighted in (True, False):
        suffix = f"{'c' if intercept else ''}{'w' if weighted else ''}"
        options = dict(fit_intercept=intercept)
        cases.append(case("tall-" + suffix, "ols", *problem(40, 5, 1, weighted=weighted), **options))
        cases.append(case("targets-" + suffix, "ols", *problem(30, 4, 3, weighted=weighted), **options))
        cases.append(case("wide-" + suffix, "ols", *problem(8, 15, 1, weighted=weighted), **options))
        cases.append(case("collinear-" + suffix, "ols", *problem(30, 6, 1, rank=4, weighted=weighted), **options))
        cases.append(case("positive-" + suffix, "ols", *problem(40, 6, 1, weighted=weighted), positive=True, **options))
        cases.append(case("ridge-" + suffix, "ridge", *problem(30, 5, 1, weighted=weighted), alpha=2.5, **options))
        cases.append(case("ridge-wide-" + suffix, "ridge", *problem(9, 20, 2, weighted=weighted), alpha=0.3, **options))
        cases.append(case("ridge-alphas-" + suffix, "ridge", *problem(30, 5, 3, weighted=weighted),
                          alpha=np.array([0.1, 1.0, 10.0]), **options))
        cases.append(case("ridge-collinear-" + suffix, "ridge", *problem(30, 6, 1, rank=4, weighted=weighted),
                          alpha=1e-3, solver="svd", **options))
        cases.append(case("ridge-positive-" + suffix, "ridge", *problem(40, 6, 1, weighted=weighted), alpha=1.0,
                          positive=True, tol=1e-14, max_iter=100000, **options))
pathlib.Path(__file__).with_name("least-squares.json").write_text(json.dumps(cases))
