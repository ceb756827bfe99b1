"""Golden values of multinomial logistic regression: statsmodels 0.15.0 (MNLogit), numpy 2.4, mpmath 1.3.

Run with a Python that has them; writes multinomial.json beside this file.
"""

import json
import pathlib

import mpmath
import numpy as np
import statsmodels.api as sm

folder = pathlib.Path(__file__).parent


def penguins():
    """Species by flipper length (cm) and body mass (kg), of the table of the demo."""
    rows = []
    for line in (folder.parents[2] / "Examples" / "data" / "penguins.csv").read_text().splitlines():
        fields = line.split(",")
        if line.startswith("#") or fields[0] == "species" or len(fields) < 6 or not fields[4] or not fields[5]:
            continue
        rows.append((fields[0], float(fields[4]) / 10, float(fields[5]) / 1000))
    names = sorted({row[0] for row in rows})
    return np.array([row[1:] for row in rows]), np.array([names.index(row[0]) for row in rows])


def drawn():
    """Four classes of unequal size by three features, the third far from zero."""
    rng = np.random.default_rng(5)
    x = np.round(rng.normal(size=(200, 3)), 3) + [0, 0, 50]
    scores = np.c_[np.zeros(200), x[:, :2] @ [[1.0, -0.5, 0.2], [0.3, 0.8, -1.0]] + [0.5, -0.2, -1.0]]
    y = np.argmax(scores + rng.gumbel(size=scores.shape), axis=1)
    return x, y


def case(name, x, y, intercept, cov_type="nonrobust"):
    exog = sm.add_constant(x) if intercept else x
    model = sm.MNLogit(y, exog)
    # Newton's method goes on until the maximum in float64.
    result = model.fit(method="newton", maxiter=60, disp=0, tol=1e-15, warn_convergence=False, cov_type=cov_type)
    assert np.max(np.abs(model.score(result.params.ravel("F")))) < 1e-9
    numbers = {
        key: float(getattr(result, key)) for key in ("llf", "aic", "bic", "df_resid")
    }
    # statsmodels iterates for the constant alone, which the tail of the ratio magnifies; its maximum has a closed form.
    # Without a constant statsmodels counts one feature as the constant.
    counts = np.bincount(y)
    null = mpmath.fsum(int(k) * mpmath.log(mpmath.mpf(int(k)) / len(y)) for k in counts)
    ratio = 2 * (mpmath.mpf(float(result.llf)) - null)
    freedom = int(y.max()) * x.shape[1]
    assert not intercept or (freedom == result.df_model and abs(float(null) / result.llnull - 1) < 1e-7)
    numbers |= {
        "llnull": float(null),
        "llr": float(ratio),
        "llr_pvalue": float(mpmath.gammainc(mpmath.mpf(freedom) / 2, ratio / 2, regularized=True)),
        "prsquared": float(1 - result.llf / null),
        "df_model": float(freedom),
    }
    return {
        "name": name,
        "columns": x.shape[1],
        "fit_intercept": intercept,
        "cov_type": cov_type,
        "X": x.ravel().tolist(),
        "y": y.tolist(),
        "params": np.asarray(result.params).T.ravel().tolist(),
        "bse": np.asarray(result.bse).T.ravel().tolist(),
        "pvalues": np.asarray(result.pvalues).T.ravel().tolist(),
        "cov_params": np.asarray(result.cov_params()).ravel().tolist(),
        "conf_int": np.asarray(result.conf_int(0.1)).ravel().tolist(),
        "numbers": numbers,
    }


cases = [
    case("penguins", *penguins(), True),
    case("drawn", *drawn(), True),
    case("drawn, HC0", *drawn(), True, "HC0"),
    case("drawn, no intercept", *drawn(), False),
]
(folder / "multinomial.json").write_text(json.dumps(cases) + "\n")
