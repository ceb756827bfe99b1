"""Inference of linear models against statsmodels' numbers, and its use from Python."""

import json
import pathlib

import numpy as np
import pytest

import apus
from apus.linear_model import GLM, LinearRegression, LogisticRegression, LogisticRegressionCV

GOLDEN = pathlib.Path(__file__).resolve().parents[3] / "Tests" / "Golden" / "inference"


def golden(name):
    return json.loads((GOLDEN / f"{name}.json").read_text())


def close(found, expected, rtol=1e-9):
    expected = np.asarray(expected, dtype=float)
    np.testing.assert_allclose(np.ravel(found), expected, rtol=rtol, atol=rtol * np.max(np.abs(expected)))


@pytest.mark.parametrize("case", golden("least-squares"), ids=lambda case: case["name"])
def test_least_squares(case):
    x = np.reshape(case["X"], (-1, case["columns"]))
    rows = len(x)
    options = {}
    if case["groups"]:
        options["groups"] = case["groups"]
    if case["sigma"]:
        sigma = np.asarray(case["sigma"])
        options["sigma"] = sigma.reshape(rows, rows) if len(sigma) > rows else sigma
    model = LinearRegression(
        inference=True,
        fit_intercept=case["intercept"],
        cov_type=case["cov_type"],
        maxlags=case["maxlags"],
        use_correction=case["use_correction"],
        use_t=case["use_t"],
    ).fit(x, case["y"], sample_weight=case["weights"], **options)
    close(model.params_, case["params"])
    close(model.bse_, case["bse"])
    close(model.tvalues_, case["tvalues"])
    close(model.cov_params_, case["cov"])
    close(model.conf_int(0.1), case["conf_int"])
    close(model.resid_, case["resid"])
    np.testing.assert_allclose(model.pvalues_, case["pvalues"], rtol=1e-7, atol=1e-290)
    for name, value in case["numbers"].items():
        assert getattr(model, name) == pytest.approx(value, rel=1e-8), name
    for name, values in case.get("rows", {}).items():
        close(getattr(model, name), values)
    frame = model.get_prediction(np.reshape(case["new"], (-1, case["columns"]))).summary_frame(alpha=0.1)
    # statsmodels adds the variance of an observation of unit weight, as here, except to predictions of GLS.
    columns = 6 if case["sigma"] is None else 4
    table = np.reshape(case["prediction"], (-1, 6))
    close(np.column_stack(list(dict(frame).values()))[:, :columns], table[:, :columns].ravel())


def longley():
    path = pathlib.Path(__file__).resolve().parents[3] / "Examples" / "data" / "longley.csv"
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    table = np.loadtxt(lines[1:], delimiter=",")
    return lines[0].split(",")[1:], table[:, 1:], table[:, 0]


def test_longley_as_published():
    """The table of statsmodels' documentation (examples, "Ordinary Least Squares")."""
    names, x, y = longley()
    text = LinearRegression(inference=True).fit(x, y).summary(yname="TOTEMP", xname=names)
    for line in (
        "                            OLS Regression Results",
        "R-squared:                       0.995",
        "Adj. R-squared:                  0.992",
        "F-statistic:                     330.3",
        "Prob (F-statistic):           4.98e-10",
        "Log-Likelihood:                -109.62",
        "AIC:                             233.2",
        "BIC:                             238.6",
        "const      -3.482e+06    8.9e+05     -3.911      0.004    -5.5e+06   -1.47e+06",
        "GNPDEFL       15.0619     84.915      0.177      0.863    -177.029     207.153",
        "GNP           -0.0358      0.033     -1.070      0.313      -0.112       0.040",
        "UNEMP         -2.0202      0.488     -4.136      0.003      -3.125      -0.915",
        "ARMED         -1.0332      0.214     -4.822      0.001      -1.518      -0.549",
        "POP           -0.0511      0.226     -0.226      0.826      -0.563       0.460",
        "YEAR        1829.1515    455.478      4.016      0.003     798.788    2859.515",
        "Omnibus:                        0.749",
        "Durbin-Watson:                   2.559",
        "Prob(Omnibus):                  0.688",
        "Jarque-Bera (JB):                0.684",
        "Skew:                           0.420",
        "Prob(JB):                        0.710",
        "Kurtosis:                       2.434",
        "Cond. No.                     4.86e+09",
    ):
        assert line.rstrip() in text, text


def test_names_of_a_data_frame():
    pandas = pytest.importorskip("pandas")
    names, x, y = longley()
    model = LinearRegression(inference=True).fit(pandas.DataFrame(x, columns=names), y)
    assert "\nARMED " in model.summary()
    frame = model.get_prediction(pandas.DataFrame(x, columns=names)).summary_frame()
    assert list(frame.columns)[:2] == ["mean", "mean_se"] and len(frame) == 16


def test_groups_may_be_words():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(30, 2)), rng.normal(size=30)
    words = np.array(["a", "b", "c"])[rng.integers(0, 3, 30)]
    first = LinearRegression(inference=True, cov_type="cluster").fit(x, y, groups=words)
    second = LinearRegression(inference=True, cov_type="cluster").fit(x, y, groups=np.searchsorted(["a", "b", "c"], words))
    np.testing.assert_array_equal(first.bse_, second.bse_)


def test_without_inference_nothing_changes():
    names, x, y = longley()
    model = LinearRegression().fit(x, y)
    assert not hasattr(model, "bse_")
    with pytest.raises(NotImplementedError, match="inference=True"):
        model.summary()
    with pytest.raises(NotImplementedError, match="inference=True"):
        model.conf_int()


def test_saved_and_loaded(tmp_path):
    names, x, y = longley()
    model = LinearRegression(inference=True, cov_type="HC3").fit(x, y)
    model.save(tmp_path / "model.apus")
    other = apus.load(tmp_path / "model.apus")
    assert other.summary() == model.summary()
    np.testing.assert_array_equal(other.cooks_distance_, model.cooks_distance_)
    np.testing.assert_array_equal(other.get_prediction(x).se_mean, model.get_prediction(x).se_mean)


def optional(values, *shape):
    return None if values is None else np.reshape(values, shape or -1)


@pytest.mark.parametrize("case", golden("generalised"), ids=lambda case: case["name"])
def test_generalised(case):
    x = np.reshape(case["X"], (-1, case["columns"]))
    y = np.reshape(case["y"], (-1, 2)) if case["two"] else np.asarray(case["y"])
    options = {
        name: optional(case[name]) for name in ("offset", "exposure", "groups") if case[name] is not None
    }
    model = GLM(**case["parameters"]).fit(x, y, sample_weight=optional(case["weights"]), **options)
    assert model.converged_
    # The estimated dispersion of the peer is exact to the square root of its tolerance.
    precise = 1e-6 if "alpha" in case else 1e-8
    if "alpha" in case:
        assert model.alpha_ == pytest.approx(case["alpha"], rel=1e-6)
    close(model.params_, case["params"], precise)
    close(model.bse_, case["bse"], precise)
    close(model.conf_int(), case["conf_int"], precise)
    np.testing.assert_allclose(model.pvalues_, case["pvalues"], rtol=1e-5, atol=1e-290)
    for name, value in case["numbers"].items():
        assert getattr(model, name) == pytest.approx(value, rel=precise), name
    for name in ("fittedvalues_", "resid_response_", "resid_pearson_", "resid_deviance_", "resid_working_"):
        close(getattr(model, name), case[name], precise)
    if "new" in case:
        frame = model.get_prediction(np.reshape(case["new"], (-1, case["columns"]))).summary_frame()
        close(np.column_stack(list(dict(frame).values())), case["prediction"], precise)
    assert "Generalized Linear Model Regression Results" in model.summary()


@pytest.mark.parametrize("index", range(len(golden("penalised-generalised"))))
def test_penalised_generalised(index):
    case = golden("penalised-generalised")[index]
    x, y = np.reshape(case["X"], (-1, 3)), np.asarray(case["y"])
    weights = optional(case["weights"])
    model = getattr(apus.linear_model, case["name"])(**case["parameters"]).fit(x, y, sample_weight=weights)
    close(model.coef_, case["coef"], 1e-7)
    assert model.intercept_ == pytest.approx(case["intercept"], rel=1e-7, abs=1e-9)
    assert model.score(x, y, sample_weight=weights) == pytest.approx(case["score"], rel=1e-7)
    close(model.predict(x[:4]), case["prediction"], 1e-7)
    sparse = pytest.importorskip("scipy.sparse")
    other = getattr(apus.linear_model, case["name"])(**case["parameters"])
    other.fit(sparse.csr_matrix(x), y, sample_weight=weights)
    close(other.coef_, case["coef"], 1e-7)


@pytest.mark.parametrize("case", golden("multinomial"), ids=lambda case: case["name"])
def test_multinomial(case):
    x, y = np.reshape(case["X"], (-1, case["columns"])), np.asarray(case["y"])
    options = dict(fit_intercept=case["fit_intercept"], cov_type=case["cov_type"])
    model = LogisticRegression(penalty=None, inference=True, **options).fit(x, y)
    classes, parameters = y.max(), case["columns"] + case["fit_intercept"]
    for name in ("params", "bse", "pvalues", "cov_params"):
        close(getattr(model, name + "_"), case[name], 1e-8)
    assert model.params_.shape == model.bse_.shape == model.pvalues_.shape == (classes, parameters)
    assert model.cov_params_.shape == (classes * parameters,) * 2
    close(model.conf_int(0.1), case["conf_int"], 1e-8)
    close(model.odds_ratios(0.1)[:, :, 0], np.exp(case["params"]), 1e-7)
    for name, value in case["numbers"].items():
        assert getattr(model, name + "_") == pytest.approx(value, rel=1e-8), name
    plain = LogisticRegression(penalty=None, tol=1e-7, max_iter=1000, **options).fit(x, y)
    close(model.predict_proba(x), plain.predict_proba(x).ravel(), 1e-4)
    text = model.summary(yname="kind")
    assert "MNLogit" in str(text) and all(f"kind={label}" in str(text) for label in range(1, classes + 1))
    with pytest.raises(ValueError, match="HC3"):
        LogisticRegression(penalty=None, inference=True, cov_type="HC3").fit(x, y)


@pytest.mark.parametrize("case", golden("logistic")["logit"], ids=lambda case: case["name"])
def test_logit(case):
    x, y = np.reshape(case["X"], (-1, case["columns"])), np.asarray(case["y"], dtype=int)
    options = {} if case["groups"] is None else {"groups": case["groups"]}
    model = LogisticRegression(penalty=None, inference=True, cov_type=case["cov_type"]).fit(x, y, **options)
    close(model.params_, case["params"])
    close(np.append(model.intercept_, model.coef_), case["params"])
    close(model.bse_, case["bse"])
    close(model.conf_int(), case["conf_int"])
    np.testing.assert_allclose(model.pvalues_, case["pvalues"], rtol=1e-6)
    for name, value in case["numbers"].items():
        # The peer iterates for the constant alone, and the tail magnifies what that leaves of the ratio.
        assert getattr(model, name) == pytest.approx(value, rel=1e-8 if name == "llr_pvalue_" else 1e-9), name
    assert model.deviance_ == pytest.approx(-2 * case["numbers"]["llf_"])
    ratios = model.odds_ratios()
    close(ratios[:, 0], np.exp(case["params"]))
    close(ratios[:, 1:], np.exp(case["conf_int"]))
    table = model.get_prediction(x).summary_frame()
    close(table["mean"], model.predict_proba(x)[:, 1])


@pytest.mark.parametrize("case", golden("logistic")["firth"], ids=lambda case: case["name"])
def test_firth(case):
    x, y = np.reshape(case["X"], (-1, case["columns"])), np.asarray(case["y"], dtype=int)
    model = LogisticRegression(penalty="firth", inference=True, profile_alpha=0.05).fit(x, y)
    close(model.params_, case["params"], 1e-8)
    close(model.bse_, case["bse"], 1e-8)
    assert model.penalised_llf_ == pytest.approx(case["penalised_llf"], rel=1e-12)
    close(model.profile_conf_int_, case["profile_conf_int"], 1e-7)
    np.testing.assert_allclose(model.profile_pvalues_, case["profile_pvalues"], rtol=1e-6)
    plain = LogisticRegression(penalty="firth").fit(x, y)
    np.testing.assert_array_equal(plain.coef_, model.coef_)
    assert not hasattr(plain, "bse_")


def spector():
    path = pathlib.Path(__file__).resolve().parents[3] / "Examples" / "data" / "spector.csv"
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    table = np.loadtxt(lines[1:], delimiter=",")
    return lines[0].split(",")[1:], table[:, 1:], table[:, 0]


def test_spector_as_published():
    """statsmodels' documentation (examples, "Discrete Choice Models") and W. Greene, Econometric Analysis, table 21.1."""
    names, x, y = spector()
    model = LogisticRegression(penalty=None, inference=True).fit(x, y)
    text = model.summary(yname="GRADE", xname=names)
    for line in (
        "Pseudo R-squ.:                  0.3740",
        "Log-Likelihood:                -12.890",
        "LL-Null:                       -20.592",
        "LLR p-value:                  0.001502",
        "const        -13.0213      4.931     -2.641      0.008     -22.687      -3.356",
        "GPA            2.8261      1.263      2.238      0.025       0.351       5.301",
        "TUCE           0.0952      0.142      0.672      0.501      -0.182       0.373",
        "PSI            2.3787      1.065      2.234      0.025       0.292       4.465",
    ):
        assert line in text, text
    probit = GLM(family="binomial", link="probit").fit(x, y)
    np.testing.assert_allclose(probit.params_, [-7.4523, 1.6258, 0.0517, 1.4263], atol=5e-5)


def test_star98_as_published():
    """The summary in statsmodels' documentation (examples, "Generalized Linear Models")."""
    data = golden("star98")
    model = GLM(family="binomial").fit(np.reshape(data["X"], (-1, 20)), np.reshape(data["y"], (-1, 2)))
    text = model.summary(yname="['NABOVE', 'NBELOW']")
    for line in (
        "No. Observations:                  303",
        "Df Residuals:                      282",
        "Df Model:                           20",
        "Scale:                          1.0000",
        "Log-Likelihood:                -2998.6",
        "Deviance:                       4078.8",
        "Pearson chi2:                 4.05e+03",
        "const          2.9589      1.547      1.913      0.056      -0.073       5.990",
        "x1            -0.0168      0.000    -38.749      0.000      -0.018      -0.016",
        "x2             0.0099      0.001     16.505      0.000       0.009       0.011",
        "x3            -0.0187      0.001    -25.182      0.000      -0.020      -0.017",
        "x20           -0.0022      0.000     -6.445      0.000      -0.003      -0.002",
    ):
        assert line in text, text
    close(model.params_, data["params"], 1e-7)
    close(model.bse_, data["bse"], 1e-7)


def test_separation_is_reported():
    x = np.arange(12.0)[:, None]
    with pytest.warns(UserWarning, match="perfect separation"):
        model = LogisticRegression(penalty=None, inference=True).fit(x, x[:, 0] > 5)
    assert np.all(np.isfinite(model.coef_)) and np.all(np.isfinite(model.bse_))
    assert "perfect separation" in model.summary()
    # One value of the second feature occurs with one outcome only.
    quasi = np.column_stack([np.tile([0.0, 1, 2, 3], 5), np.repeat([0.0, 1], 10)])
    y = np.r_[np.tile([0, 1, 1, 0, 1], 2), np.ones(10, int)]
    with pytest.warns(UserWarning, match="quasi-complete separation"):
        model = GLM(family="binomial").fit(quasi, y)
    assert np.all(np.isfinite(model.coef_))
    finite = LogisticRegression(penalty="firth", inference=True).fit(quasi, y)
    assert np.all(np.abs(finite.coef_) < 10)


@pytest.mark.parametrize("link", ["logit", "probit", "cloglog"])
def test_separation_is_reported_for_every_link(link):
    x = np.random.default_rng(0).normal(size=(100, 3))
    with pytest.warns(UserWarning, match="perfect separation"):
        model = GLM(family="binomial", link=link).fit(x, x[:, 0] > 0)
    assert np.all(np.isfinite(model.coef_))


def test_quasi_separation_of_saturated_links():
    rng = np.random.default_rng(0)
    x = np.column_stack([rng.normal(size=(300, 2)), rng.uniform(size=300) < 0.2])
    y = (x[:, 2] > 0) | (rng.uniform(size=300) < 0.5)
    for link in ("logit", "probit", "cloglog"):
        with pytest.warns(UserWarning, match="quasi-complete separation"):
            GLM(family="binomial", link=link).fit(x, y)


def test_names_of_features_are_counted():
    x = np.random.default_rng(0).normal(size=(30, 3))
    y = np.arange(30) % 3
    for model, target in (
        (LinearRegression(inference=True), x[:, 0] + y),
        (GLM(family="poisson"), y),
        (LogisticRegression(penalty=None, inference=True), y),
        (LogisticRegression(penalty=None, inference=True), y > 0),
    ):
        model.fit(x, target)
        assert "third" in model.summary(xname=["first", "second", "third"])
        assert "constant" in model.summary(xname=["constant", "first", "second", "third"])
        for names in (["first", "second"], list("abcde")):
            with pytest.raises(ValueError, match=f"xname: holds {len(names)} names for 3 features"):
                model.summary(xname=names)


def test_one_class_of_several_apart():
    from sklearn.datasets import load_iris

    with pytest.warns(UserWarning, match="quasi-complete separation") as caught:
        model = LogisticRegression(penalty=None, inference=True).fit(*load_iris(return_X_y=True))
    assert len(caught) == 1
    assert np.all(np.isfinite(model.bse_)) and model.llf_ == pytest.approx(-5.949, abs=1e-2)
    assert model.score(*load_iris(return_X_y=True)) > 0.98


def test_features_of_empty_counts_are_reported():
    rng = np.random.default_rng(0)
    x = np.column_stack([rng.normal(size=200), rng.uniform(size=200) < 0.1])
    y = rng.poisson(3, size=200) * (x[:, 1] == 0)
    with pytest.warns(UserWarning, match="counts of zero only"):
        model = GLM(family="poisson").fit(x, y)
    assert np.all(np.isfinite(model.coef_))


@pytest.mark.filterwarnings("error")
def test_rare_counts_are_no_separation():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2000, 2))
    model = GLM(family="poisson").fit(x, rng.poisson(np.exp(-4 + 2 * x[:, 0])))
    assert model.coef_[0] == pytest.approx(2, abs=0.3)


@pytest.mark.parametrize("scales", [(1e200, 1), (1e-160, 1), (1e-200, 1), (1, 1e160), (1, 1e200), (1, 1e-200)])
def test_variances_out_of_range_are_refused(scales):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(100, 3))
    y = x @ [1, 2, 3] + rng.normal(size=100)
    with pytest.raises(ArithmeticError):
        LinearRegression(inference=True).fit(x * scales[0], y * scales[1])
    if scales[1] == 1:
        for family in ("gaussian", "binomial"):
            with pytest.raises(ArithmeticError):
                GLM(family=family).fit(x * scales[0], y > 0)


def test_large_and_small_units_change_no_statistic():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(100, 3))
    y = x @ [1, 2, 3] + rng.normal(size=100)
    expected = LinearRegression(inference=True).fit(x, y).tvalues_
    for scale in (1e100, 1e-100):
        close(LinearRegression(inference=True).fit(x * scale, y).tvalues_, expected, 1e-12)
        close(LinearRegression(inference=True).fit(x, y * scale).tvalues_, expected, 1e-12)


def test_sums_of_squares():
    sm = pytest.importorskip("statsmodels.api")
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(60, 2)), rng.uniform(0.5, 2, size=60)
    y = x @ [1, -2] + rng.normal(size=60)
    for constant in (True, False):
        peer = sm.WLS(y, sm.add_constant(x) if constant else x, weights=w).fit()
        ours = LinearRegression(inference=True, fit_intercept=constant).fit(x, y, sample_weight=w)
        for name in ("ssr", "ess", "mse_model", "mse_resid", "mse_total", "resid_pearson"):
            close(getattr(ours, name + "_"), getattr(peer, name), 1e-12)
        close(ours.tss_, peer.centered_tss if constant else peer.uncentered_tss, 1e-12)


@pytest.mark.filterwarnings("ignore:X. the features have rank")
def test_only_dependent_features_have_infinite_inflation():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(100, 3))
    y = rng.normal(size=100)
    alone = LinearRegression(inference=True).fit(x, y).vif_
    for further, dependent in [(x[:, 0], [0, 3]), (x[:, 0] - 2 * x[:, 2], [0, 2, 3]), (np.ones(100), [3])]:
        found = LinearRegression(inference=True).fit(np.column_stack([x, further]), y).vif_
        assert list(np.flatnonzero(np.isinf(found))) == dependent
        others = [j for j in range(3) if j not in dependent]
        if len(dependent) < 3:
            close(found[others], alone[others], 1e-12)
    both = LinearRegression(inference=True).fit(np.column_stack([x, x[:, 0] - 2 * x[:, 2]]), y)
    r2 = LinearRegression().fit(x[:, [0, 2]], x[:, 1]).score(x[:, [0, 2]], x[:, 1])
    close(both.vif_[1], 1 / (1 - r2), 1e-12)


def test_what_a_covariance_does_not_read_is_refused():
    x = np.random.default_rng(0).normal(size=(30, 2))
    with pytest.raises(ValueError, match="groups: are given"):
        LinearRegression(inference=True).fit(x, x[:, 0], groups=np.arange(30) // 5)
    with pytest.raises(ValueError, match="maxlags: is given"):
        LinearRegression(inference=True, maxlags=2).fit(x, x[:, 0])


@pytest.mark.parametrize("cov_type", ["HC0", "HC1", "HAC", "cluster"])
def test_robust_covariances_of_several_classes(cov_type):
    """The sandwich of the definition, from probabilities."""
    rng = np.random.default_rng(0)
    n = 200
    x = rng.normal(size=(n, 2))
    y = np.argmax(x @ rng.normal(size=(2, 3)) + rng.gumbel(size=(n, 3)), axis=1)
    groups = rng.integers(0, 12, size=n)
    options = {"groups": groups} if cov_type == "cluster" else {}
    lags = {"maxlags": 3} if cov_type == "HAC" else {}
    model = LogisticRegression(penalty=None, inference=True, cov_type=cov_type, **lags).fit(x, y, **options)
    p, design = model.predict_proba(x)[:, 1:], np.column_stack([np.ones(n), x])
    scores = np.einsum("nk,nj->nkj", np.eye(3)[y][:, 1:] - p, design).reshape(n, 6)
    weights = np.einsum("nk,kl->nkl", p, np.eye(2)) - np.einsum("nk,nl->nkl", p, p)
    bread = np.linalg.inv(np.einsum("nkl,ni,nj->kilj", weights, design, design).reshape(6, 6))
    if cov_type == "cluster":
        sums = np.array([scores[groups == group].sum(axis=0) for group in np.unique(groups)])
        meat = sums.T @ sums * 12 / 11 * (n - 1) / (n - 6)
    else:
        meat = scores.T @ scores * (n / (n - 6) if cov_type == "HC1" else 1)
        for lag in range(1, lags.get("maxlags", 0) + 1):
            gamma = scores[lag:].T @ scores[:-lag]
            meat += (1 - lag / 4) * (gamma + gamma.T)
    close(model.cov_params_, (bread @ meat @ bread).ravel(), 1e-8)
    with pytest.raises(ValueError, match="HC3"):
        LogisticRegression(penalty=None, inference=True, cov_type="HC3").fit(x, y)


def test_counts_that_are_all_zero():
    with pytest.raises(ArithmeticError, match="^y: all values are 0"):
        GLM(family="poisson").fit(np.arange(6.0)[:, None], np.zeros(6))


@pytest.mark.filterwarnings("error")
def test_large_effects_are_no_separation():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(4000, 2))
    y = rng.uniform(size=4000) < 1 / (1 + np.exp(-8 * x[:, 0]))
    model = LogisticRegression(penalty=None, inference=True).fit(x, y)
    assert model.coef_[0, 0] == pytest.approx(8, rel=0.2)


def test_offset_enters_predictions():
    case = next(case for case in golden("generalised") if case["name"] == "poisson-exposure")
    x = np.reshape(case["X"], (-1, 3))
    offset, exposure = np.asarray(case["offset"]), np.asarray(case["exposure"])
    model = GLM(family="poisson").fit(x, case["y"], offset=offset, exposure=exposure)
    close(model.get_prediction(x, offset=offset, exposure=exposure).predicted_mean, case["fittedvalues_"], 1e-8)
    close(model.predict(x) * np.exp(offset) * exposure, case["fittedvalues_"], 1e-8)
    close(model.predict(x, offset=offset, exposure=exposure), case["fittedvalues_"], 1e-8)
    close(model.predict(x, exposure=exposure), model.predict(x) * exposure, 1e-12)
    with pytest.raises(ValueError):
        model.predict(x, exposure=exposure[1:])


def test_generalised_saved_and_loaded(tmp_path):
    case = next(case for case in golden("generalised") if case["name"] == "negative-binomial-estimated")
    x = np.reshape(case["X"], (-1, 3))
    model = GLM(**case["parameters"]).fit(x, case["y"])
    model.save(tmp_path / "model.apus")
    other = apus.load(tmp_path / "model.apus")
    assert other.summary() == model.summary()
    np.testing.assert_array_equal(other.predict(x), model.predict(x))
    names, x, y = spector()
    model = LogisticRegression(penalty="firth", inference=True, profile_alpha=0.1).fit(x, y)
    model.save(tmp_path / "model.apus")
    other = apus.load(tmp_path / "model.apus")
    assert other.summary() == model.summary()
    np.testing.assert_array_equal(other.profile_conf_int_, model.profile_conf_int_)


@pytest.mark.parametrize(
    "parameters, options, message",
    [
        ({"family": "poisson"}, {"y": [-1.0] * 6}, "row 0 is not in"),
        ({"family": "gamma"}, {"y": [0.0] * 6}, "not in \\(0, inf\\)"),
        ({"family": "binomial"}, {"y": [2.0] * 6}, "not in \\[0, 1\\]"),
        ({"family": "binomial"}, {"y": np.full((6, 2), -1.0)}, "negative"),
        ({"family": "binomial"}, {"y": np.zeros((6, 2))}, "all counts are zero"),
        ({"family": "tweedie", "var_power": 0.5}, {}, "var_power"),
        ({"family": "poisson", "link": "logit"}, {}, "binomial family"),
        ({"family": "poisson", "link": "identity"}, {"exposure": np.ones(6)}, "log link"),
        ({"family": "poisson"}, {"exposure": np.zeros(6)}, "exposure: value 0.0 at row 0"),
        ({"family": "poisson"}, {"offset": np.zeros(5)}, "offset: has shape"),
        ({"family": "poisson"}, {"offset": np.full(6, np.nan)}, "offset"),
        ({"family": "poisson", "cov_type": "cluster"}, {}, "groups"),
        ({"family": "poisson", "cov_type": "HC0", "weights": "frequency"}, {"sample_weight": np.ones(6)}, "variance"),
        ({"family": "wrong"}, {}, "not one of"),
    ],
)
def test_generalised_refusals(parameters, options, message):
    x = np.random.default_rng(0).normal(size=(6, 2))
    options = {"y": np.arange(6.0), **options}
    with pytest.raises(ValueError, match=message):
        GLM(**parameters).fit(x, **options)


def test_logistic_refusals():
    x, y = np.random.default_rng(0).normal(size=(9, 2)), np.arange(9) % 3
    with pytest.raises(ValueError, match="penalty: 'firth' has no strength"):
        LogisticRegressionCV(penalty="firth").fit(x, y > 0)
    with pytest.raises(ValueError, match="3 classes"):
        LogisticRegression(penalty="firth", inference=True).fit(x, y)
    with pytest.raises(ValueError, match="profile_alpha: .*two classes; y holds 3"):
        LogisticRegression(penalty=None, inference=True, profile_alpha=0.05).fit(x, y)
    with pytest.raises(NotImplementedError, match="two classes"):
        LogisticRegression(penalty=None, inference=True).fit(x, y).get_prediction(x)
    with pytest.raises(ValueError, match="penalty=None"):
        LogisticRegression(inference=True).fit(x, y > 0)
    with pytest.raises(NotImplementedError, match="inference=True"):
        LogisticRegression().fit(x, y > 0).summary()
