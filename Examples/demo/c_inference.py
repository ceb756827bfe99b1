"""Inference: summary tables, robust standard errors, a logistic model of grades, influence of single years"""

import matplotlib.pyplot as plt
import numpy as np
from tables import longley, spector

from apus.linear_model import GLM, LinearRegression, LogisticRegression


def run(output):
    names, x, y = longley()
    model = LinearRegression(inference=True).fit(x, y)
    print(model.summary(yname="TOTEMP", xname=names))
    robust = LinearRegression(inference=True, cov_type="HC3").fit(x, y)
    print(f"{'':<10} {'std err':>12} {'HC3':>12} {'VIF':>9}")
    for name, classical, hc3, inflation in zip(names, model.bse_[1:], robust.bse_[1:], model.vif_):
        print(f"{name:<10} {classical:>12.5g} {hc3:>12.5g} {inflation:>9.1f}")

    grade_names, gx, grade = spector()
    logit = LogisticRegression(penalty=None, inference=True).fit(gx, grade.astype(int))
    print("\n" + logit.summary(yname="GRADE", xname=grade_names))
    ratios = logit.odds_ratios()
    for name, (ratio, low, high) in zip(["const", *grade_names], ratios):
        print(f"odds ratio of {name:<6} {ratio:>10.4g}   95 % interval {low:.3g} to {high:.3g}")
    firth = LogisticRegression(penalty="firth", inference=True, profile_alpha=0.05).fit(gx, grade.astype(int))
    print("Firth's estimates and profile intervals:")
    for name, value, (low, high) in zip(["const", *grade_names], firth.params_, firth.profile_conf_int_):
        print(f"  {name:<6} {value:>9.4f}   {low:.3f} to {high:.3f}")
    probit = GLM(family="binomial", link="probit").fit(gx, grade)
    print("\n" + probit.summary(yname="GRADE", xname=grade_names))

    figure, (influence, curve) = plt.subplots(1, 2, figsize=(11, 4.2))
    years = x[:, -1].astype(int)
    size = 2000 * model.cooks_distance_ / model.cooks_distance_.max()
    influence.scatter(model.leverage_, model.resid_studentized_external_, s=size + 10, alpha=0.5)
    for year, leverage, residual, distance in zip(
        years, model.leverage_, model.resid_studentized_external_, model.cooks_distance_
    ):
        if distance > 4 / len(years):
            influence.annotate(str(year), (leverage, residual), ha="center", va="center")
    influence.axhline(0, color="grey", linewidth=0.8)
    influence.set_xlabel("leverage")
    influence.set_ylabel("externally studentised residual")
    influence.margins(0.15)
    influence.set_title("Longley: influence of the years (area: Cook's distance)")

    grid = np.linspace(gx[:, 0].min(), gx[:, 0].max(), 100)
    for psi, colour, marker in ((0, "C0", "o"), (1, "C1", "^")):
        rows = np.column_stack([grid, np.full(100, gx[:, 1].mean()), np.full(100, float(psi))])
        prediction = logit.get_prediction(rows)
        low, high = prediction.conf_int().T
        curve.plot(grid, prediction.predicted_mean, color=colour, linestyle="-" if psi else "--", label="new method" if psi else "old method")
        curve.fill_between(grid, low, high, color=colour, alpha=0.2)
        own = gx[:, 2] == psi
        curve.plot(gx[own, 0], grade[own] + 0.04 * (psi - 0.5), marker, color=colour, markersize=5)
    curve.set_xlabel("grade point average")
    curve.set_ylabel("probability of a better grade")
    curve.set_title("Spector: logistic model, 95 % intervals")
    curve.legend(loc="center left")
    figure.tight_layout()
    figure.savefig(output / "inference.png", dpi=120)
    plt.close(figure)
