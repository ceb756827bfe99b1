"""Golden values of generalised linear models: statsmodels 0.15.0, scikit-learn 1.9.1, numpy 2.4, scipy 1.17, mpmath 1.3.

Run with a Python that has them; writes generalised.json, penalised-generalised.json and logistic.json beside this file.
"""
import json
import pathlib
import warnings

import mpmath
import numpy as np
import scipy.optimize
import scipy.stats
import statsmodels.api as sm
from sklearn.linear_model import GammaRegressor, PoissonRegressor, TweedieRegressor

warnings.simplefilter("ignore")
folder = pathlib.Path(__file__).parent
rng = np.random.default_rng(23)
links = sm.families.links
n = 60
X = np.round(rng.normal(size=(n, 3)), 3)
base = 0.4 + X @ np.array([0.5, -0.3, 0.2])
weights = np.round(rng.uniform(0.3, 2.5, n), 2)
offset = np.round(rng.normal(size=n) / 4, 3)
exposure = np.round(rng.uniform(0.5, 4, n), 2)
groups = rng.integers(0, 9, n)
trials = rng.integers(1, 12, n)
mu = np.exp(base)
counts = rng.poisson(mu)
overdispersed = rng.negative_binomial(2.0, 2.0 / (2.0 + mu))
positive = np.round(rng.gamma(3.0, mu / 3.0) + 0.01, 3)
compound = np.round(np.array([rng.gamma(1.5, 0.5, rng.poisson(m)).sum() for m in mu]), 3)
binary = (rng.uniform(size=n) < scipy.stats.norm.cdf(base - 0.3)).astype(float)
successes = rng.binomial(trials, scipy.stats.norm.cdf(base - 0.5))
inverse = np.round(rng.gamma(4.0, 1 / (1.5 + X @ np.array([0.2, -0.1, 0.1])) / 4.0) + 0.01, 3)
real = np.round(base + rng.normal(size=n) / 2, 3)


def listed(value):
    return None if value is None else np.asarray(value, dtype=float).ravel().tolist()


def case(name, y, family, ours, *, var_weights=None, freq_weights=None, offset=None, exposure=None, groups=None,
         cov="nonrobust", extra=0):
    """Where statsmodels departs from R, the value of R's convention follows from statsmodels' numbers by its formula."""
    exog = sm.add_constant(X)
    model = sm.GLM(y, exog, family=family, var_weights=var_weights, freq_weights=freq_weights, offset=offset,
                   exposure=exposure)
    keywords = {"groups": groups} if groups is not None else None
    results = model.fit(scale="dev" if ours.get("scale") == "dev" else None, tol=1e-14, maxiter=300,
                        cov_type="HC0" if cov == "HC1" else cov, cov_kwds=keywords)
    nobs = float(results.nobs if freq_weights is None else np.sum(freq_weights))
    bse = results.bse
    if cov == "HC1":
        bse = bse * np.sqrt(nobs / results.df_resid)
    if ours.get("scale") == "X2":
        bse = bse * np.sqrt(results.pearson_chi2 / results.df_resid)
    numbers = {
        "llf_": float(results.llf), "deviance_": results.deviance, "null_deviance_": results.null_deviance,
        "pearson_chi2_": results.pearson_chi2, "scale_": results.scale, "df_resid_": results.df_resid,
        "df_model_": results.df_model, "nobs_": nobs, "bic_deviance_": results.bic_deviance,
        "llnull_": float(results.llnull),
    }
    if ours.get("scale") == "X2":
        numbers["scale_"] = results.pearson_chi2 / results.df_resid
    if ours["family"] == "gaussian":
        # The dispersion at its maximum of the likelihood, as for least squares.
        constant = 0 if var_weights is None else np.sum(np.log(var_weights)) / 2
        for key, deviance in (("llf_", results.deviance), ("llnull_", results.null_deviance)):
            numbers[key] = constant - nobs / 2 * (np.log(2 * np.pi * deviance / nobs) + 1)
    parameters = results.df_model + 1 + extra
    numbers["aic_"] = -2 * numbers["llf_"] + 2 * parameters
    numbers["bic_"] = -2 * numbers["llf_"] + np.log(nobs) * parameters
    numbers["prsquared_cs_"] = -np.expm1(2 * (numbers["llnull_"] - numbers["llf_"]) / nobs)
    # Residuals of shares are those of single trials.
    count = trials if np.ndim(y) == 2 else 1
    working = results.resid_response / count * family.link.deriv(results.mu)
    out = {
        "name": name, "columns": 3, "X": listed(X), "y": listed(y), "two": np.ndim(y) == 2, "parameters": ours,
        "weights": listed(freq_weights if var_weights is None else var_weights), "offset": listed(offset),
        "exposure": listed(exposure), "groups": listed(groups), "params": listed(results.params),
        "bse": listed(bse), "pvalues": listed(2 * scipy.stats.norm.sf(np.abs(results.params / bse))),
        "conf_int": listed(np.outer(results.params, [1, 1]) + np.outer(bse, scipy.stats.norm.ppf([0.025, 0.975]))),
        "numbers": numbers, "fittedvalues_": listed(results.fittedvalues),
        "resid_pearson_": listed(results.resid_pearson), "resid_deviance_": listed(results.resid_deviance),
        "resid_response_": listed(results.resid_response / count), "resid_working_": listed(working),
    }
    new = X[:5] * 0.7
    frame = results.get_prediction(sm.add_constant(new, has_constant="add")).summary_frame()
    # The lower end first also for links that fall.
    frame.iloc[:, 2:4] = np.sort(frame.iloc[:, 2:4].to_numpy(), axis=1)
    if cov != "HC1" and ours.get("scale") != "X2":
        out["new"], out["prediction"] = listed(new), listed(frame.to_numpy())
    return out


F = sm.families
cases = [
    case("gaussian", real, F.Gaussian(), {"family": "gaussian"}),
    case("gaussian-weighted", real, F.Gaussian(), {"family": "gaussian"}, var_weights=weights),
    case("gaussian-log", positive, F.Gaussian(links.Log()), {"family": "gaussian", "link": "log"}),
    case("binomial", binary, F.Binomial(), {"family": "binomial"}),
    case("probit", binary, F.Binomial(links.Probit()), {"family": "binomial", "link": "probit"}),
    case("cloglog", binary, F.Binomial(links.CLogLog()), {"family": "binomial", "link": "cloglog"}),
    case("counts", np.column_stack([successes, trials - successes]), F.Binomial(), {"family": "binomial"}),
    case("counts-probit", np.column_stack([successes, trials - successes]), F.Binomial(links.Probit()),
         {"family": "binomial", "link": "probit"}),
    case("counts-X2", np.column_stack([successes, trials - successes]), F.Binomial(), {"family": "binomial", "scale": "X2"}),
    case("poisson", counts, F.Poisson(), {"family": "poisson"}),
    case("poisson-sqrt", counts + 4, F.Poisson(links.Sqrt(), check_link=False), {"family": "poisson", "link": "sqrt"}),
    case("poisson-offset", counts, F.Poisson(), {"family": "poisson"}, offset=offset),
    case("poisson-exposure", counts, F.Poisson(), {"family": "poisson"}, exposure=exposure, offset=offset),
    case("poisson-weighted", counts, F.Poisson(), {"family": "poisson"}, var_weights=weights),
    case("poisson-frequency", counts, F.Poisson(), {"family": "poisson", "weights": "frequency"}, freq_weights=trials),
    case("poisson-HC0", counts, F.Poisson(), {"family": "poisson", "cov_type": "HC0"}, cov="HC0"),
    case("poisson-HC1", counts, F.Poisson(), {"family": "poisson", "cov_type": "HC1"}, cov="HC1"),
    case("poisson-cluster", counts, F.Poisson(), {"family": "poisson", "cov_type": "cluster"}, cov="cluster", groups=groups),
    case("negative-binomial", overdispersed, F.NegativeBinomial(alpha=0.7), {"family": "negative_binomial", "alpha": 0.7}),
    case("gamma", positive, F.Gamma(links.Log()), {"family": "gamma", "link": "log"}),
    case("gamma-weighted", positive, F.Gamma(links.Log()), {"family": "gamma", "link": "log"}, var_weights=weights),
    case("gamma-inverse", inverse, F.Gamma(), {"family": "gamma"}),
    case("gamma-dev", positive, F.Gamma(links.Log()), {"family": "gamma", "link": "log", "scale": "dev"}),
    case("inverse-gaussian", positive, F.InverseGaussian(links.Log()), {"family": "inverse_gaussian", "link": "log"}),
    case("power", positive, F.Gaussian(links.Power(0.5), check_link=False), {"family": "gaussian", "link": "power", "link_power": 0.5}),
    case("tweedie", compound, F.Tweedie(links.Log(), var_power=1.5), {"family": "tweedie", "var_power": 1.5}),
]
# Estimated dispersion: the discrete model's maximum of the likelihood, standard errors at that dispersion.
estimated = sm.NegativeBinomial(overdispersed, sm.add_constant(X)).fit(disp=0, method="newton", maxiter=200, tol=1e-14)
alpha = float(estimated.params[-1])
cases.append(case("negative-binomial-estimated", overdispersed, F.NegativeBinomial(alpha=alpha),
                  {"family": "negative_binomial", "alpha": None}, extra=1))
cases[-1]["alpha"] = alpha
(folder / "generalised.json").write_text(json.dumps(cases, default=float))

penalised = []
for name, model, y, parameters in [
    ("PoissonRegressor", PoissonRegressor, counts, {"alpha": 0.3}),
    ("PoissonRegressor", PoissonRegressor, counts, {"alpha": 0.0, "fit_intercept": False}),
    ("GammaRegressor", GammaRegressor, positive, {"alpha": 0.1}),
    ("TweedieRegressor", TweedieRegressor, compound, {"alpha": 0.2, "power": 1.4}),
    ("TweedieRegressor", TweedieRegressor, real, {"alpha": 0.2}),
    ("TweedieRegressor", TweedieRegressor, positive, {"alpha": 0.1, "power": 3, "link": "log"}),
]:
    for w in (None, weights):
        fitted = model(tol=1e-12, max_iter=10000, solver="newton-cholesky", **parameters).fit(X, y, sample_weight=w)
        penalised.append({
            "name": name, "parameters": parameters, "X": listed(X), "y": listed(y), "weights": listed(w),
            "coef": listed(fitted.coef_), "intercept": float(fitted.intercept_),
            "score": float(fitted.score(X, y, sample_weight=w)), "prediction": listed(fitted.predict(X[:4])),
        })
(folder / "penalised-generalised.json").write_text(json.dumps(penalised))


def logit_case(name, x, y, cov="nonrobust", groups=None):
    results = sm.Logit(y, sm.add_constant(x)).fit(
        disp=0, method="newton", tol=1e-14, cov_type="HC0" if cov == "HC1" else cov,
        cov_kwds=None if groups is None else {"groups": groups})
    # For discrete models HC1 is HC0 in statsmodels.
    bse = results.bse * (np.sqrt(results.nobs / results.df_resid) if cov == "HC1" else 1)
    return {
        "name": name, "columns": x.shape[1], "X": listed(x), "y": listed(y), "cov_type": cov, "groups": listed(groups),
        "params": listed(results.params), "bse": listed(bse),
        "pvalues": listed(2 * scipy.stats.norm.sf(np.abs(results.params / bse))),
        "conf_int": listed(np.outer(results.params, [1, 1]) + np.outer(bse, scipy.stats.norm.ppf([0.025, 0.975]))),
        "numbers": {
            "llf_": results.llf, "llnull_": results.llnull, "llr_": results.llr, "llr_pvalue_": results.llr_pvalue,
            "prsquared_": results.prsquared, "aic_": results.aic, "bic_": results.bic,
            "df_resid_": results.df_resid, "df_model_": results.df_model,
        },
    }


def firth_case(name, x, y):
    """The penalised likelihood maximised to 30 digits by mpmath, and its profile intervals."""
    mpmath.mp.dps = 30
    design = mpmath.matrix(sm.add_constant(x).tolist())
    rows, k = design.rows, design.cols

    def evaluate(beta):
        eta = design * beta
        p = [1 / (1 + mpmath.exp(-e)) for e in eta]
        information = mpmath.matrix(k, k)
        for i in range(rows):
            w = p[i] * (1 - p[i])
            for a in range(k):
                for b in range(k):
                    information[a, b] += w * design[i, a] * design[i, b]
        inverse = information ** -1
        score = mpmath.matrix(k, 1)
        value = mpmath.log(mpmath.det(information)) / 2
        for i in range(rows):
            w = p[i] * (1 - p[i])
            row = [design[i, a] for a in range(k)]
            h = w * sum(row[a] * inverse[a, b] * row[b] for a in range(k) for b in range(k))
            for a in range(k):
                score[a] += (y[i] - p[i] + h * (mpmath.mpf(0.5) - p[i])) * row[a]
            value += mpmath.log(p[i] if y[i] == 1 else 1 - p[i])
        return value, score, information, inverse

    def maximise(start, held=None, value=None):
        beta = start.copy()
        if held is not None:
            beta[held] = value
        free = [a for a in range(k) if a != held]
        for _ in range(500):
            level, score, information, _ = evaluate(beta)
            if not free:
                return beta, level
            system = mpmath.matrix(len(free), len(free))
            right = mpmath.matrix(len(free), 1)
            for i, a in enumerate(free):
                right[i] = score[a]
                for j, b in enumerate(free):
                    system[i, j] = information[a, b]
            step = mpmath.lu_solve(system, right)
            length = mpmath.mpf(1)
            while True:
                trial = beta.copy()
                for i, a in enumerate(free):
                    trial[a] += length * step[i]
                reached = evaluate(trial)[0]
                if reached >= level - mpmath.mpf(10) ** -25:
                    break
                length /= 2
            beta = trial
            if mpmath.norm(step) < mpmath.mpf(10) ** -14:
                return beta, evaluate(beta)[0]
        raise ArithmeticError(name)

    best, top = maximise(mpmath.matrix(k, 1))
    inverse = evaluate(best)[3]
    target = mpmath.mpf(scipy.stats.chi2.isf(0.05, 1)) / 2
    ends, tests = [], []
    for a in range(k):
        error = mpmath.sqrt(inverse[a, a])
        tests.append(float(scipy.stats.chi2.sf(float(2 * (top - maximise(best, a, 0)[1])), 1)))
        for side in (-1, 1):
            def fall(t):
                return float(top - maximise(best, a, best[a] + side * t * error)[1] - target)
            high = 2.0
            while fall(high) < 0:
                high *= 1.5
            root = scipy.optimize.brentq(fall, 0.1, high, xtol=1e-11, rtol=1e-12)
            ends.append(float(best[a] + side * root * error))
    return {
        "name": name, "columns": x.shape[1], "X": listed(x), "y": listed(y), "params": [float(b) for b in best],
        "bse": [float(mpmath.sqrt(inverse[a, a])) for a in range(k)], "penalised_llf": float(top),
        "profile_conf_int": ends, "profile_pvalues": tests,
    }


cells = np.array([[0, 0], [1, 0], [0, 1], [1, 1]])
table = [(cells[0], 0, 6), (cells[0], 1, 3), (cells[1], 1, 5), (cells[2], 0, 4), (cells[2], 1, 4), (cells[3], 1, 3)]
separated = (np.array([c for c, _, k in table for _ in range(k)], float), np.array([y for _, y, k in table for _ in range(k)], float))
small = (X[:24, :2], binary[:24])
logistic = {
    "logit": [
        logit_case("plain", X, binary), logit_case("HC1", X, binary, cov="HC1"),
        logit_case("cluster", X, binary, cov="cluster", groups=groups),
    ],
    "firth": [firth_case("overlapping", *small), firth_case("separated", *separated)],
}
(folder / "logistic.json").write_text(json.dumps(logistic, default=float))

# Mathematics in Californian schools, 1998 (J. Gill, Generalized Linear Models: A Unified Approach, 2000; public domain).
star98 = sm.datasets.star98.load_pandas()
results = sm.GLM(star98.endog, sm.add_constant(star98.exog), family=F.Binomial()).fit(tol=1e-14)
(folder / "star98.json").write_text(json.dumps({
    "X": [float(f"{value:.9g}") for value in star98.exog.to_numpy().ravel()],
    "y": [int(value) for value in star98.endog.to_numpy().ravel()],
    "params": listed(results.params), "bse": listed(results.bse),
}))
