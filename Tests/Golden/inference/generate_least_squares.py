"""Golden values of inference for least squares: statsmodels 0.15.0, numpy 2.4, scipy 1.17.

Run with a Python that has statsmodels; writes least-squares.json beside this file.
"""
import json
import pathlib

import numpy as np
import scipy.stats
import statsmodels.api as sm
from statsmodels.stats.outliers_influence import OLSInfluence, variance_inflation_factor

rng = np.random.default_rng(11)


def problem(n, p, autocorrelated=False):
    X = np.round(rng.normal(size=(n, p)) * (1 + np.arange(p)) + 3, 3)
    e = rng.normal(size=n) * (0.5 + np.abs(X[:, 0]) / 3)
    if autocorrelated:
        for i in range(1, n):
            e[i] += 0.6 * e[i - 1]
    y = np.round(X @ np.round(rng.normal(size=p), 2) + 2 + e, 3)
    return X, y


def numbers(results):
    return {
        "rsquared_": results.rsquared, "rsquared_adj_": results.rsquared_adj, "fvalue_": float(results.fvalue),
        "f_pvalue_": float(results.f_pvalue), "llf_": results.llf, "aic_": results.aic, "bic_": results.bic,
        "df_resid_": results.df_resid, "df_model_": results.df_model, "scale_": results.scale,
        "nobs_": results.nobs,
    }


def case(name, X, y, constant=True, weights=None, sigma=None, cov_type="nonrobust", groups=None, use_t=None, **options):
    exog = sm.add_constant(X) if constant else X
    if sigma is not None:
        model = sm.GLS(y, exog, sigma=sigma)
    elif weights is not None:
        model = sm.WLS(y, exog, weights=weights)
    else:
        model = sm.OLS(y, exog)
    keywords = {}
    if cov_type == "HAC":
        keywords = {"maxlags": options["maxlags"], "use_correction": options.get("use_correction", False)}
    if cov_type == "cluster":
        keywords = {"groups": groups}
    results = model.fit(cov_type=cov_type, cov_kwds=keywords or None, use_t=use_t)
    out = {
        "name": name, "columns": X.shape[1], "X": X.ravel().tolist(), "y": y.tolist(), "intercept": constant,
        "cov_type": cov_type, "maxlags": options.get("maxlags"), "use_correction": options.get("use_correction"),
        "use_t": use_t, "groups": None if groups is None else groups.tolist(),
        "weights": None if weights is None else weights.tolist(),
        "sigma": None if sigma is None else np.asarray(sigma).ravel().tolist(),
        "params": results.params.tolist(), "bse": results.bse.tolist(), "tvalues": results.tvalues.tolist(),
        "pvalues": results.pvalues.tolist(), "conf_int": results.conf_int(0.1).ravel().tolist(),
        "cov": results.cov_params().ravel().tolist(), "numbers": numbers(results), "resid": results.resid.tolist(),
    }
    if sigma is None:
        out["numbers"]["durbin_watson_"] = float(sm.stats.durbin_watson(results.wresid))
        jb = sm.stats.jarque_bera(results.wresid)
        omnibus = sm.stats.omni_normtest(results.wresid)
        out["numbers"] |= {
            "jarque_bera_": float(jb[0]), "jarque_bera_pvalue_": float(jb[1]), "skew_": float(jb[2]),
            "kurtosis_": float(jb[3]), "omnibus_": float(omnibus[0]), "omnibus_pvalue_": float(omnibus[1]),
            "condition_number_": float(np.linalg.cond(model.wexog)),
        }
    new = np.round(rng.normal(size=(4, X.shape[1])) * 2 + 3, 3)
    frame = results.get_prediction(sm.add_constant(new, has_constant="add") if constant else new).summary_frame(0.1)
    if cov_type == "cluster" and use_t:
        # get_prediction compares with t of the rows' degrees of freedom where conf_int takes those of the groups.
        critical = scipy.stats.t.isf(0.05, results.df_resid_inference)
        for low, high, error in (
            ("mean_ci_lower", "mean_ci_upper", frame["mean_se"]),
            ("obs_ci_lower", "obs_ci_upper", np.sqrt(frame["mean_se"] ** 2 + results.scale)),
        ):
            frame[low], frame[high] = frame["mean"] - critical * error, frame["mean"] + critical * error
    out["new"], out["prediction"] = new.ravel().tolist(), frame.to_numpy().ravel().tolist()
    if weights is None and sigma is None and cov_type == "nonrobust":
        influence = OLSInfluence(results)
        out["rows"] = {
            "leverage_": influence.hat_matrix_diag.tolist(), "cooks_distance_": influence.cooks_distance[0].tolist(),
            "resid_studentized_internal_": influence.resid_studentized_internal.tolist(),
            "resid_studentized_external_": influence.resid_studentized_external.tolist(),
            "dffits_": influence.dffits[0].tolist(),
        }
        if constant:
            out["rows"]["vif_"] = [variance_inflation_factor(exog, j + 1) for j in range(X.shape[1])]
    return out


cases = []
X, y = problem(40, 4)
w = np.round(rng.uniform(0.2, 3, 40), 2)
groups = np.repeat(np.arange(8), 5)[rng.permutation(40)]
for constant in (True, False):
    suffix = "" if constant else "-origin"
    cases.append(case("ols" + suffix, X, y, constant))
    cases.append(case("wls" + suffix, X, y, constant, weights=w))
    for kind in ("HC0", "HC1", "HC2", "HC3"):
        cases.append(case(kind + suffix, X, y, constant, cov_type=kind))
    cases.append(case("HC3-weighted" + suffix, X, y, constant, weights=w, cov_type="HC3"))
    cases.append(case("cluster" + suffix, X, y, constant, cov_type="cluster", groups=groups))
    Z, z = problem(40, 3, autocorrelated=True)
    cases.append(case("HAC" + suffix, Z, z, constant, cov_type="HAC", maxlags=3))
    cases.append(case("HAC-corrected" + suffix, Z, z, constant, cov_type="HAC", maxlags=2, use_correction=True))
    lags = np.abs(np.subtract.outer(np.arange(40), np.arange(40)))
    cases.append(case("gls" + suffix, Z, z, constant, sigma=0.6**lags))
    cases.append(case("gls-diagonal" + suffix, Z, z, constant, sigma=1 / w))
cases.append(case("HC1-t", X, y, cov_type="HC1", use_t=True))
cases.append(case("cluster-t", X, y, cov_type="cluster", groups=groups, use_t=True))
pathlib.Path(__file__).with_name("least-squares.json").write_text(json.dumps(cases))
