"""Golden trees from scikit-learn, compared node by node by TreeGoldenTests.

Made with scikit-learn 1.9.1, numpy 2.4.6. Run: python generate.py (writes trees.json beside itself).
Features are rounded to float32 because scikit-learn's trees see float32.
"""
import json
import os

import numpy as np
import sklearn
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

HERE = os.path.dirname(os.path.abspath(__file__))
rng = np.random.default_rng(7)
n, d = 160, 4
X = np.round(rng.normal(size=(n, d)), 4).astype(np.float32).astype(np.float64)
signal = 2 * X[:, 0] - X[:, 1] ** 2 + np.sin(3 * X[:, 2]) + 0.3 * rng.normal(size=n)
data = {
    "binary": (signal > 0).astype(int),
    "three": np.digitize(signal, [-1.0, 0.7]),
    "real": signal,
    "count": rng.poisson(np.exp(0.5 * X[:, 0])),
    "two_targets": np.round(np.stack([signal, X[:, 3] ** 2 + 0.1 * rng.normal(size=n)], axis=1), 4),
}
weight = np.round(rng.uniform(0.2, 3.0, size=n), 3)
X_missing = X.copy()
X_missing[rng.uniform(size=n) < 0.2, 0] = np.nan
X_missing[rng.uniform(size=n) < 0.1, 2] = np.nan


def node(tree, i):
    leaf = tree.children_left[i] < 0
    out = {
        "feature": -1 if leaf else int(tree.feature[i]),
        "threshold": 0.0 if leaf or np.isinf(tree.threshold[i]) else float(tree.threshold[i]),
        "impurity": float(tree.impurity[i]),
        "samples": int(tree.n_node_samples[i]),
        "weight": float(tree.weighted_n_node_samples[i]),
        "value": [float(v) for v in tree.value[i].ravel()],
        "children": [],
    }
    if not leaf:
        out["children"] = [node(tree, tree.children_left[i]), node(tree, tree.children_right[i])]
    return out


cases = []


def case(name, target, classifier, weighted=False, missing=False, **parameters):
    cls = DecisionTreeClassifier if classifier else DecisionTreeRegressor
    model = cls(random_state=0, **parameters)
    features = X_missing if missing else X
    model.fit(features, data[target], sample_weight=weight if weighted else None)
    full = cls(random_state=0, **{**parameters, "ccp_alpha": 0.0})
    path = full.cost_complexity_pruning_path(features, data[target], weight if weighted else None)
    cases.append({
        "name": name, "target": target, "classifier": classifier, "weighted": weighted, "missing": missing,
        "parameters": {k: [float(x) for x in v] if isinstance(v, list) else v for k, v in parameters.items()},
        "root": node(model.tree_, 0), "importances": [float(v) for v in model.feature_importances_],
        "alphas": [float(a) for a in path.ccp_alphas], "impurities": [float(a) for a in path.impurities],
    })


limits = dict(max_depth=4, min_samples_leaf=6)
for criterion in ["gini", "entropy"]:
    for target in ["binary", "three"]:
        for weighted in [False, True]:
            # Equal counts on two features tie, and scikit-learn breaks ties by chance: large leaves avoid them.
            sizes = limits if weighted else dict(max_depth=3, min_samples_leaf=15)
            case(f"{criterion} {target} weighted={weighted}", target, True, weighted, criterion=criterion, **sizes)
for criterion in ["squared_error", "absolute_error"]:
    for weighted in [False, True]:
        case(f"{criterion} weighted={weighted}", "real", False, weighted, criterion=criterion, **limits)
for weighted in [False, True]:
    case(f"poisson weighted={weighted}", "count", False, weighted, criterion="poisson", **limits)
case("missing classification", "three", True, missing=True, weighted=True, **limits)
case("missing regression", "real", False, missing=True, **limits)
case("two targets", "two_targets", False, **limits)
case("best first", "real", False, max_leaf_nodes=9)
case("min_impurity_decrease", "real", False, min_impurity_decrease=0.02)
case("min_samples_split", "real", False, min_samples_split=40)
case("min_weight_fraction_leaf", "real", False, weighted=True, min_weight_fraction_leaf=0.08)
case("monotone regression", "real", False, monotonic_cst=[1, -1, 1, 0], **limits)
case("monotone classification", "binary", True, monotonic_cst=[1, 0, -1, 0], **limits)
case("full depth", "real", False)
case("pruned", "real", False, ccp_alpha=0.05)

with open(os.path.join(HERE, "trees.json"), "w") as file:
    json.dump({
        "versions": {"scikit-learn": sklearn.__version__, "numpy": np.__version__},
        "X": X.ravel().tolist(),
        "X_missing": [None if np.isnan(v) else v for v in X_missing.ravel().tolist()], "columns": d,
        "weight": weight.tolist(), "targets": {k: v.ravel().tolist() for k, v in data.items()}, "cases": cases,
    }, file)
