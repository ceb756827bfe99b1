"""Models of LightGBM 4.7.0 and XGBoost 3.2.0 with rows and what the libraries predict for them; trees of scikit-learn 1.9.1;
LambdaRank's gradients from a plain double loop.

Run in this folder: python generate.py
"""

import json

import lightgbm
import numpy as np
import xgboost
from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor

random = np.random.default_rng(7)
ROWS = 400


def table(categories=False, missing=True):
    x = random.standard_normal((ROWS, 4)).round(3)
    signal = x[:, 0] - x[:, 1] * x[:, 2]
    if missing:
        x[random.random(x.shape) < 0.1] = np.nan
    if categories:
        x[:, 3] = random.integers(0, 40, ROWS)
        signal = signal + np.isin(x[:, 3], [1, 5, 17, 33, 39])
    return x, signal


def numbers(array):
    return [None if isinstance(v, float) and np.isnan(v) else v for v in np.asarray(array, float).ravel().tolist()]


cases = []


def case(name, format, objective, x, raw, prediction, outputs=1):
    cases.append(
        dict(name=name, format=format, objective=objective, columns=x.shape[1], outputs=outputs, x=numbers(x[:60]),
             raw=numbers(raw), prediction=numbers(prediction))
    )


def light(name, objective, y, x, categories=(), **options):
    options = dict(objective=objective, num_leaves=8, min_data_in_leaf=5, verbose=-1, num_threads=1, seed=1, **options)
    data = lightgbm.Dataset(x, y, categorical_feature=list(categories), free_raw_data=False)
    model = lightgbm.train(options, data, num_boost_round=6)
    with open(f"{name}.txt", "w") as file:
        file.write(model.model_to_string().split("\nparameters:")[0])
    rows = x[:60]
    # The raw scores of a forest are sums there, means here.
    is_forest = options.get("boosting") == "rf"
    case(name, "lightgbm", objective, rows, model.predict(rows, raw_score=not is_forest), model.predict(rows),
         options.get("num_class", 1))


x, signal = table()
light("lightgbm-binary", "binary", signal > 0, x)
light("lightgbm-poisson", "poisson", random.poisson(np.exp(np.clip(signal, -2, 2))), x)
light("lightgbm-zero-missing", "regression", signal, np.abs(x) + 1, zero_as_missing=True)
light("lightgbm-no-missing", "regression", signal, np.nan_to_num(x), use_missing=False)
light("lightgbm-forest", "regression", signal, x, boosting="rf", bagging_freq=1, bagging_fraction=0.6)
x, signal = table(categories=True)
light("lightgbm-multiclass", "multiclass", np.digitize(signal, [-0.5, 0.8]), x, [3], num_class=3, cat_smooth=1,
      min_data_per_group=3)


def extreme(name, objective, y, x, types=None, **options):
    options = dict(objective=objective, max_depth=3, nthread=1, seed=1, **options)
    data = xgboost.DMatrix(x, y, feature_types=types, enable_categorical=types is not None)
    model = xgboost.train(options, data, num_boost_round=6)
    model.save_model(f"{name}.json")
    rows = xgboost.DMatrix(x[:60], feature_types=types, enable_categorical=types is not None)
    case(name, "xgboost", objective, x[:60], model.predict(rows, output_margin=True), model.predict(rows),
         options.get("num_class", 1))


x, signal = table()
extreme("xgboost-logistic", "binary:logistic", signal > 0, x)
extreme("xgboost-dart", "reg:squarederror", signal, x, booster="dart", rate_drop=0.5)
extreme("xgboost-poisson", "count:poisson", random.poisson(np.exp(np.clip(signal, -2, 2))), x)
# Thresholds that float64 rows meet exactly, half way to their neighbours in float32 and next to these.
grid = np.float32(1) + np.arange(ROWS, dtype=np.float32) % 7 * np.finfo(np.float32).eps
x = np.column_stack([grid.astype(float), random.standard_normal(ROWS).round(2)])
y = (np.arange(ROWS) % 7 > 3).astype(float)
extreme("xgboost-rounding", "reg:squarederror", y, x)
model = xgboost.Booster(model_file="xgboost-rounding.json")
near = np.nextafter(np.float32(1), np.float32(2)).astype(float) - 1
probes = np.array([[1 + near * step / 4 + shift, 0.0] for step in range(28) for shift in (0, 2.0**-52)])
cases[-1].update(x=numbers(probes), raw=numbers(model.predict(xgboost.DMatrix(probes), output_margin=True)),
                 prediction=numbers(model.predict(xgboost.DMatrix(probes))))
x, signal = table(categories=True)
extreme("xgboost-softprob", "multi:softprob", np.digitize(signal, [-0.5, 0.8]), x, ["q", "q", "q", "c"], num_class=3,
        num_parallel_tree=2, subsample=0.8)
with open("imports.json", "w") as file:
    json.dump(cases, file)

classic = []
x = random.integers(0, 25, (150, 3)).astype(float)
signal = x[:, 0] / 9 - x[:, 1] * x[:, 2] / 200 + random.standard_normal(150) / 4
for loss in ("squared_error", "absolute_error"):
    model = GradientBoostingRegressor(loss=loss, n_estimators=12, random_state=0).fit(x, signal)
    classic.append(dict(kind="regressor", loss=loss, y=numbers(signal), prediction=numbers(model.predict(x))))
for classes in (2, 3):
    y = np.digitize(signal, [0] if classes == 2 else [-0.5, 0.5])
    model = GradientBoostingClassifier(n_estimators=12, random_state=0).fit(x, y)
    classic.append(dict(kind="classifier", loss="", y=numbers(y), prediction=numbers(model.predict_proba(x))))
with open("classic.json", "w") as file:
    json.dump(dict(x=numbers(x), columns=3, cases=classic), file)


def lambdas(y, raw, truncation, normalises):
    """One query, pair by pair."""
    order = sorted(range(len(y)), key=lambda i: (-raw[i], i))
    place = {row: rank for rank, row in enumerate(order)}
    gain = [2.0 ** v - 1 for v in y]
    ideal = sum(g / np.log2(i + 2) for i, g in enumerate(sorted(gain, reverse=True)[:truncation]))
    gradient, hessian, total = np.zeros(len(y)), np.zeros(len(y)), 0.0
    for a in range(len(y)):
        for b in range(len(y)):
            if y[a] > y[b] and min(place[a], place[b]) < truncation:
                change = (gain[a] - gain[b]) * abs(1 / np.log2(place[a] + 2) - 1 / np.log2(place[b] + 2)) / ideal
                if normalises and max(raw) != min(raw):
                    change /= 0.01 + abs(raw[a] - raw[b])
                rho = 1 / (1 + np.exp(raw[a] - raw[b]))
                gradient[a] -= rho * change
                gradient[b] += rho * change
                hessian[a] += rho * (1 - rho) * change
                hessian[b] += rho * (1 - rho) * change
                total += 2 * rho * change
    if normalises and total > 0:
        gradient *= np.log2(1 + total) / total
        hessian *= np.log2(1 + total) / total
    return gradient, hessian


sizes = [5, 1, 9, 14]
y = random.integers(0, 4, sum(sizes)).astype(float)
y[5] = 0
raw = random.standard_normal(sum(sizes)).round(1)
ranking = []
for truncation in (3, 30):
    for normalises in (False, True):
        parts, start = [], 0
        for size in sizes:
            part = slice(start, start + size)
            parts.append(lambdas(y[part].tolist(), raw[part].tolist(), truncation, normalises) if y[part].any()
                         else (np.zeros(size), np.zeros(size)))
            start += size
        ranking.append(dict(truncation=truncation, normalises=normalises,
                            gradient=numbers(np.concatenate([p[0] for p in parts])),
                            hessian=numbers(np.concatenate([p[1] for p in parts]))))
with open("lambdarank.json", "w") as file:
    json.dump(dict(sizes=sizes, y=numbers(y), raw=numbers(raw), cases=ranking), file)
