"""Statistics against SciPy where it is installed, and the limits of every argument."""

import math

import numpy as np
import pytest

from apus import covariance, stats

scipy_stats = pytest.importorskip("scipy.stats")
rng = np.random.default_rng(0)
X = rng.normal(size=(40, 5))


@pytest.mark.parametrize("name, shapes", [("norm", ()), ("t", (4,)), ("chi2", (3,)), ("gamma", (2.5,)), ("beta", (2, 3))])
def test_distributions_agree(name, shapes):
    ours, theirs = getattr(stats, name), getattr(scipy_stats, name)
    x = np.array([0.05, 0.1, 0.2, 0.35, 0.6, 0.8, 0.93])
    for method in ("pdf", "logpdf", "cdf", "sf", "logcdf", "logsf", "ppf", "isf"):
        np.testing.assert_allclose(getattr(ours, method)(x, *shapes), getattr(theirs, method)(x, *shapes), rtol=1e-9)
    assert ours(*shapes).mean() == pytest.approx(theirs(*shapes).mean())
    assert ours(*shapes).cdf(0.3) == pytest.approx(theirs(*shapes).cdf(0.3))


def test_tails_do_not_underflow():
    assert stats.norm.logsf(1e5) == pytest.approx(-5e9, rel=1e-6)
    assert stats.binom.pmf(3, 10, 0.5) == pytest.approx(120 / 1024)


def test_parameters_broadcast_and_are_named():
    assert stats.norm.cdf(np.zeros(3), np.zeros((2, 1)), 1).shape == (2, 3)
    with pytest.raises(ValueError, match="scale: -1"):
        stats.norm.cdf(0.0, 0, -1)
    with pytest.raises(TypeError, match="df"):
        stats.t.cdf(0.0)


@pytest.mark.parametrize("name", ["ttest_ind", "ttest_rel", "mannwhitneyu", "wilcoxon", "ks_2samp", "pearsonr", "kendalltau"])
def test_two_sample_tests_agree(name):
    ours, theirs = getattr(stats, name)(X[:, 0], X[:, 1]), getattr(scipy_stats, name)(X[:, 0], X[:, 1])
    assert ours.pvalue == pytest.approx(theirs.pvalue, rel=1e-8)
    assert ours.statistic == pytest.approx(theirs.statistic, rel=1e-10)
    assert math.exp(ours.logpvalue) == pytest.approx(ours.pvalue, rel=1e-9)


def test_columns_in_one_call():
    ours, theirs = stats.ttest_ind(X[:20], X[20:]), scipy_stats.ttest_ind(X[:20], X[20:])
    np.testing.assert_allclose(ours.pvalue, theirs.pvalue, rtol=1e-10)


def test_pearson_matrix():
    r, p = stats.pearson_matrix(X)
    np.testing.assert_allclose(r, np.corrcoef(X.T), atol=1e-14)
    assert p[0, 1] == pytest.approx(scipy_stats.pearsonr(X[:, 0], X[:, 1]).pvalue, rel=1e-10)
    with pytest.warns(UserWarning, match="column 1 is constant"):
        stats.pearson_matrix(np.array([[1.0, 2], [2, 2], [3, 2]]))


def test_covariance():
    np.testing.assert_allclose(covariance.covariance(X), np.cov(X.T), rtol=1e-12)
    matrix, shrinkage = covariance.ledoit_wolf(X)
    assert matrix.shape == (5, 5) and 0 <= shrinkage <= 1


def test_bad_options_are_named():
    with pytest.raises(ValueError, match="alternative: 'both' is unknown"):
        stats.pearsonr(X[:, 0], X[:, 1], alternative="both")
    with pytest.raises(ValueError, match="alpha: is no option of shapiro"):
        stats.shapiro(X[:, 0], alpha=0.1)
    with pytest.raises(ValueError, match="needs at least 2"):
        stats.ttest_1samp([1.0])


def test_autocorrelation():
    series = np.array([1.0, 2, 3, 4])
    np.testing.assert_allclose(stats.acf(series, nlags=3), [1, 0.25, -0.3, -0.45], rtol=1e-15)
    with pytest.raises(ValueError, match="nlags: 4"):
        stats.acf(series, nlags=4)


def test_arrays_and_single_numbers_agree():
    points = np.random.default_rng(0).standard_normal(3001) * 4
    for family in (stats.norm(), stats.norm(0.3, 1.7), stats.t(1), stats.t(8.5, 0.2, 2)):
        for name in ("cdf", "sf", "logcdf", "logsf", "pdf"):
            function = getattr(family, name)
            whole = function(points)
            assert all(whole[i] == function(points[i]) for i in range(0, 3001, 83))
            assert (function(points[::-3]) == whole[::-3]).all()
    positive = np.random.default_rng(1).gamma(3, size=3001)
    for family in (stats.gamma(1), stats.gamma(3.7, 0.1, 0.8), stats.chi2(5), stats.gamma(39.9), stats.gamma(0.4)):
        for name in ("cdf", "sf"):
            whole = getattr(family, name)(positive)
            assert all(whole[i] == getattr(family, name)(positive[i]) for i in range(0, 3001, 83))
    for family in (stats.beta(2.5, 4), stats.beta(30, 900), stats.beta(1, 1), stats.beta(0.5, 3)):
        for name in ("cdf", "sf"):
            whole = getattr(family, name)(positive / 8)
            assert all(whole[i] == getattr(family, name)(positive[i] / 8) for i in range(0, 3001, 83))


def test_ends_of_gamma_and_beta():
    ends = np.array([-np.inf, -1.0, 0.0, 5e-324, 1e-300, 1e300, np.inf, np.nan])
    for a in (1.0, 2.5, 39.0):
        np.testing.assert_allclose(stats.gamma.cdf(ends, a), scipy_stats.gamma.cdf(ends, a), rtol=1e-12, atol=1e-320)
        np.testing.assert_allclose(stats.gamma.sf(ends, a), scipy_stats.gamma.sf(ends, a), rtol=1e-12)
    ends = np.array([-1.0, 0.0, 5e-324, 1e-300, 1 - 2.0**-53, 1.0, 1.5, np.inf, np.nan])
    for a, b in ((1.0, 1.0), (2.5, 4.0), (1.0, 800.0), (800.0, 1.0)):
        np.testing.assert_allclose(stats.beta.cdf(ends, a, b), scipy_stats.beta.cdf(ends, a, b), rtol=1e-12, atol=1e-320)
        np.testing.assert_allclose(stats.beta.sf(ends, a, b), scipy_stats.beta.sf(ends, a, b), rtol=1e-12)


def test_column_tests_at_extreme_scales():
    generator = np.random.default_rng(1)
    a, b = generator.standard_normal((9, 50)) + 0.4, generator.standard_normal((7, 50))
    for equal in (True, False):
        plain = stats.ttest_ind(a, b, equal_var=equal)
        for scale in (2.0**700, 2.0**-700):
            scaled = stats.ttest_ind(a * scale, b * scale, equal_var=equal)
            np.testing.assert_allclose(scaled.statistic, plain.statistic, rtol=1e-12)
            np.testing.assert_allclose(scaled.pvalue, plain.pvalue, rtol=1e-12)
