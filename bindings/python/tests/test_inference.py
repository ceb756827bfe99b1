"""Inference of linear models against statsmodels' numbers, and its use from Python."""

import json
import pathlib

import numpy as np
import pytest

import apus
from apus.linear_model import LinearRegression

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
