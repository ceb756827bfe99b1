"""Lasso path and its cross-validation on the diabetes table; robust lines and a quantile band"""

import time

import matplotlib.pyplot as plt
import numpy as np
from tables import diabetes

from apus.linear_model import ElasticNetCV, HuberRegressor, LassoCV, LogisticRegressionCV, QuantileRegressor, RidgeCV
from apus.linear_model import lasso_path


def run(output):
    names, x, y = diabetes()
    scaled = (x - x.mean(axis=0)) / x.std(axis=0)
    start = time.perf_counter()
    lasso = LassoCV(cv=10).fit(scaled, y)
    elapsed = time.perf_counter() - start
    net = ElasticNetCV(cv=10, l1_ratio=[0.2, 0.5, 0.8, 0.95]).fit(scaled, y)
    ridge = RidgeCV(alphas=np.logspace(-2, 4, 50)).fit(scaled, y)
    huber = HuberRegressor().fit(scaled, y)

    print(f"{'':<10} {'lasso':>9} {'elastic net':>12} {'ridge':>9} {'Huber':>9}")
    for row in zip(names, lasso.coef_, net.coef_, ridge.coef_, huber.coef_):
        print(f"{row[0]:<10} {row[1]:>9.3f} {row[2]:>12.3f} {row[3]:>9.3f} {row[4]:>9.3f}")
    print(f"{'R2':<10} {lasso.score(scaled, y):>9.4f} {net.score(scaled, y):>12.4f} {ridge.score(scaled, y):>9.4f} {huber.score(scaled, y):>9.4f}")
    print(f"penalties: lasso {lasso.alpha_:.4g}, elastic net {net.alpha_:.4g} (l1_ratio {net.l1_ratio_}), ridge {ridge.alpha_:.4g}")
    print(f"100 penalties, 10 folds: {elapsed * 1e3:.1f} ms; {int(huber.outliers_.sum())} of {len(y)} rows count as outliers for Huber")
    high = (y > np.quantile(y, 0.75)).astype(int)
    logistic = LogisticRegressionCV(Cs=20, l1_ratios=[1.0], solver="saga", scoring="neg_log_loss").fit(scaled, high)
    kept = [name for name, value in zip(names, logistic.coef_[0]) if value != 0]
    print(f"upper quartile by sparse logistic regression: C {logistic.C_:.3g} keeps {', '.join(kept)}")

    figure, (path, curve, band) = plt.subplots(1, 3, figsize=(15, 4.2))
    alphas, coefficients, _ = lasso_path(scaled, y - y.mean())
    for name, values in zip(names, coefficients):
        path.semilogx(alphas, values, label=name)
    path.axvline(lasso.alpha_, color="k", linestyle=":", label="chosen")
    path.set_xlabel("alpha")
    path.set_ylabel("coefficient (per standard deviation)")
    path.set_title("diabetes: lasso path")
    path.legend(fontsize=7, ncol=2)
    mean, error = lasso.mse_path_.mean(axis=1), lasso.mse_path_.std(axis=1) / np.sqrt(lasso.mse_path_.shape[1])
    curve.semilogx(lasso.alphas_, mean, label="mean")
    curve.fill_between(lasso.alphas_, mean - error, mean + error, alpha=0.2, label="± 1 standard error")
    curve.axvline(lasso.alpha_, color="k", linestyle=":", label="chosen")
    curve.legend()
    curve.set_xlabel("alpha")
    curve.set_ylabel("mean squared error over 10 folds")
    curve.set_title("cross-validated lasso")
    bmi = x[:, names.index("bmi")]
    grid = np.linspace(bmi.min(), bmi.max(), 50)
    band.plot(bmi, y, ".", color="0.5", markersize=3)
    for quantile in (0.1, 0.5, 0.9):
        line = QuantileRegressor(quantile=quantile, alpha=0).fit(bmi[:, None], y)
        band.plot(grid, line.predict(grid[:, None]), label=f"{100 * quantile:.0f} % quantile")
    band.set_xlabel("body mass index (kg/m²)")
    band.set_ylabel("progression after one year (score)")
    band.set_title("diabetes: quantile regression")
    band.legend()
    figure.tight_layout()
    figure.savefig(output / "diabetes.png", dpi=120)
    plt.close(figure)
