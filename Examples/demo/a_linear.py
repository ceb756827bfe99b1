"""Least squares and ridge on Longley's table: coefficients, accuracy against NIST's certified values, time"""

import time

import matplotlib.pyplot as plt
import numpy as np
from tables import longley

from apus.linear_model import LinearRegression, Ridge

# NIST's Statistical Reference Datasets: intercept first.
CERTIFIED = [
    -3482258.63459582, 15.0618722713733, -0.358191792925910e-01, -2.02022980381683, -1.03322686717359,
    -0.511041056535807e-01, 1829.15146461355,
]  # fmt: skip


def run(output):
    names, x, y = longley()
    start = time.perf_counter()
    least_squares = LinearRegression().fit(x, y)
    elapsed = time.perf_counter() - start
    ridge = Ridge(alpha=1.0).fit(x, y)

    print(f"{'':<10} {'least squares':>20} {'certified':>20} {'digits':>7} {'ridge, alpha 1':>16}")
    rows = zip(
        ["intercept", *names],
        [least_squares.intercept_, *least_squares.coef_],
        CERTIFIED,
        [ridge.intercept_, *ridge.coef_],
    )
    for name, value, certified, shrunk in rows:
        error = abs(value - certified) / abs(certified)
        digits = 15.0 if error == 0 else -np.log10(error)
        print(f"{name:<10} {value:>20.12g} {certified:>20.12g} {digits:>7.1f} {shrunk:>16.8g}")
    print(f"R2 {least_squares.score(x, y):.6f} (ridge {ridge.score(x, y):.6f}), rank {least_squares.rank_}, {elapsed * 1e3:.2f} ms")

    figure, (fit, path) = plt.subplots(1, 2, figsize=(11, 4.2))
    years = x[:, -1]
    fit.plot(years, y / 1000, "ko", label="employed")
    fit.plot(years, least_squares.predict(x) / 1000, label="least squares")
    fit.plot(years, ridge.predict(x) / 1000, "--", label="ridge, alpha = 1")
    fit.set_title("employment of the United States")
    fit.set_xlabel("year")
    fit.set_ylabel("employed (millions)")
    fit.legend()
    scaled = (x - x.mean(axis=0)) / x.std(axis=0)
    alphas = np.logspace(-4, 3, 60)
    path.semilogx(alphas, [Ridge(alpha=alpha).fit(scaled, y).coef_ / 1000 for alpha in alphas])
    path.set_xlabel("alpha")
    path.set_ylabel("coefficient (thousands per standard deviation)")
    path.set_title("ridge shrinks the coefficients of collinear features")
    path.legend(names, fontsize=8)
    figure.tight_layout()
    figure.savefig(output / "longley.png", dpi=120)
    plt.close(figure)
