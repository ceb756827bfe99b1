"""Every hypothesis test beside SciPy's or statsmodels': statistics, p-values, attributes, axis, NaN policies, intervals."""

import math
import warnings

import numpy as np
import pytest

from apus import stats
from apus.stats import power

ss = pytest.importorskip("scipy.stats")

TWO_SAMPLE = ["ttest_ind", "ttest_rel", "mannwhitneyu", "wilcoxon", "ks_2samp", "pearsonr", "spearmanr", "kendalltau"]
ONE_SAMPLE = ["shapiro", "jarque_bera", "normaltest", "ttest_1samp", "wilcoxon"]
MANY_SAMPLES = ["f_oneway", "bartlett", "levene", "kruskal", "friedmanchisquare"]


def draws(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape)


def same(ours, theirs, rtol=1e-9):
    np.testing.assert_allclose(ours.statistic, theirs.statistic, rtol=rtol, atol=1e-12)
    np.testing.assert_allclose(ours.pvalue, theirs.pvalue, rtol=max(rtol, 1e-8), atol=1e-15)
    statistic, pvalue = ours
    assert np.array_equal(statistic, ours.statistic) and np.array_equal(pvalue, ours.pvalue)
    np.testing.assert_allclose(np.exp(ours.logpvalue), ours.pvalue, rtol=1e-9, atol=1e-300)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("alternative", ["two-sided", "less", "greater"])
@pytest.mark.parametrize("name", TWO_SAMPLE)
def test_two_samples(name, alternative, seed):
    x, y = draws(seed, 25), draws(seed + 100, 25) + 0.3
    same(getattr(stats, name)(x, y, alternative=alternative), getattr(ss, name)(x, y, alternative=alternative))


@pytest.mark.parametrize("name", TWO_SAMPLE)
def test_ties(name):
    rng = np.random.default_rng(8)
    x, y = rng.integers(0, 6, 30).astype(float), rng.integers(0, 7, 30).astype(float)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        method = {"method": "asymptotic"} if name in ("mannwhitneyu", "kendalltau", "wilcoxon") else {}
        same(getattr(stats, name)(x, y, **method), getattr(ss, name)(x, y, **method))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", ONE_SAMPLE)
def test_one_sample(name, seed):
    x = draws(seed, 40) + 0.2
    extra = (0.1,) if name == "ttest_1samp" else ()
    same(getattr(stats, name)(x, *extra), getattr(ss, name)(x, *extra), 1e-7 if name == "shapiro" else 1e-9)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", MANY_SAMPLES)
def test_many_samples(name, seed):
    samples = [draws(seed + 10 * k, 15) * (1 + k / 5) + k / 4 for k in range(4)]
    same(getattr(stats, name)(*samples), getattr(ss, name)(*samples))


@pytest.mark.parametrize("name", [*TWO_SAMPLE, *ONE_SAMPLE, *MANY_SAMPLES])
@pytest.mark.parametrize("axis", [0, 1, -1, None])
def test_axis(name, axis):
    count = 3 if name in MANY_SAMPLES else 2 if name in TWO_SAMPLE else 1
    samples = [draws(k, 14, 13) for k in range(count)]
    extra = (0.0,) if name == "ttest_1samp" else ()
    if name == "kendalltau":
        # SciPy flattens here.
        ours = stats.kendalltau(*samples, axis=axis)
        first = tuple(s.ravel() if axis is None else np.moveaxis(s, axis, -1)[0] for s in samples)
        expected = ss.kendalltau(*first)
        assert np.ravel(ours.statistic)[0] == pytest.approx(expected.statistic)
        assert np.ravel(ours.pvalue)[0] == pytest.approx(expected.pvalue)
        return
    if name == "spearmanr":
        # SciPy's has no negative axis: all pairs of the variables of both, along columns or rows.
        theirs = ss.spearmanr(*samples, axis=1 if axis == -1 else axis)
        same(stats.spearmanr(*samples, axis=axis), theirs, 1e-7)
        side = 1 if axis is None else 26 if axis == 0 else 28
        assert np.size(theirs.statistic) == side * side
        return
    same(getattr(stats, name)(*samples, *extra, axis=axis), getattr(ss, name)(*samples, *extra, axis=axis), 1e-7)


def test_keepdims_and_broadcasting():
    x, y = draws(1, 12, 4), draws(2, 12)
    result = stats.mannwhitneyu(x, y)
    np.testing.assert_allclose(result.pvalue, [ss.mannwhitneyu(x[:, k], y).pvalue for k in range(4)])
    assert stats.ttest_1samp(x, 0, keepdims=True).pvalue.shape == (1, 4)
    low, high = stats.ttest_rel(x, x * 1.5 + 1).confidence_interval(0.9)
    expected = ss.ttest_rel(x, x * 1.5 + 1).confidence_interval(0.9)
    np.testing.assert_allclose([low, high], [expected.low, expected.high], rtol=1e-10)


@pytest.mark.parametrize("name", [*TWO_SAMPLE, *ONE_SAMPLE, *MANY_SAMPLES])
def test_nan_policy(name):
    count = 3 if name in MANY_SAMPLES else 2 if name in TWO_SAMPLE else 1
    samples = [draws(k, 20) for k in range(count)]
    samples[0][3] = np.nan
    extra = (0.0,) if name == "ttest_1samp" else ()
    ours = getattr(stats, name)
    result = ours(*samples, *extra)
    assert math.isnan(result.statistic) and math.isnan(result.pvalue) and math.isnan(result.logpvalue)
    with pytest.raises(ValueError, match="element 3 is NaN"):
        ours(*samples, *extra, nan_policy="raise")
    if name == "pearsonr":
        # SciPy's has no such option.
        expected = ss.pearsonr(*(np.delete(sample, 3) for sample in samples))
    else:
        expected = getattr(ss, name)(*samples, *extra, nan_policy="omit")
    same(ours(*samples, *extra, nan_policy="omit"), expected, 1e-7)
    with pytest.raises(ValueError, match="nan_policy"):
        ours(*samples, *extra, nan_policy="drop")


def test_nan_policy_of_our_own_tests():
    x, y, w = draws(0, 30), draws(1, 30), np.abs(draws(2, 30))
    broken = x.copy()
    broken[4] = np.nan
    keep = np.arange(30) != 4
    for call in (
        lambda x, y, w, **o: stats.weighted_pearsonr(x, y, w, **o),
        lambda x, y, w, **o: stats.partial_corr(x, y, np.column_stack([w, w**2]), **o),
        lambda x, y, w, **o: stats.permutation_test(x, y, statistic="pearson", n_resamples=200, **o),
        lambda x, y, w, **o: stats.bootstrap(x, y, statistic="pearson", n_resamples=200, **o),
        lambda x, y, w, **o: stats.pointbiserialr((w > 0.5) + 0 * x, y, **o),
    ):
        assert math.isnan(call(broken, y, w).pvalue)
        assert call(broken, y, w, nan_policy="omit").pvalue == call(x[keep], y[keep], w[keep]).pvalue
        with pytest.raises(ValueError, match="NaN"):
            call(broken, y, w, nan_policy="raise")
    a, b = np.arange(30) % 2, np.arange(30) % 3
    assert math.isnan(stats.anova_two_way(broken, a, b)["A"]["pvalue"])
    assert (
        stats.anova_two_way(broken, a, b, nan_policy="omit")["A"] == stats.anova_two_way(x[keep], a[keep], b[keep])["A"]
    )


@pytest.mark.parametrize(
    "call, theirs",
    [
        (lambda x, y: stats.ttest_1samp(x, 0.1), lambda x, y: ss.ttest_1samp(x, 0.1)),
        (lambda x, y: stats.ttest_ind(x, y), lambda x, y: ss.ttest_ind(x, y)),
        (lambda x, y: stats.ttest_ind(x, y, equal_var=False), lambda x, y: ss.ttest_ind(x, y, equal_var=False)),
        (lambda x, y: stats.ttest_rel(x, y), lambda x, y: ss.ttest_rel(x, y)),
        (lambda x, y: stats.pearsonr(x, y), lambda x, y: ss.pearsonr(x, y)),
    ],
)
def test_confidence_intervals(call, theirs):
    x, y = draws(3, 30), draws(4, 30)
    for level in (0.8, 0.95, 0.99):
        ours, expected = call(x, y).confidence_interval(confidence_level=level), theirs(x, y).confidence_interval(level)
        np.testing.assert_allclose(ours, [expected.low, expected.high], rtol=1e-9)


def walsh(d):
    i, j = np.triu_indices(len(d))
    return np.sort((d[i] + d[j]) / 2)


def test_rank_intervals_are_order_statistics():
    x, y = draws(5, 9), draws(6, 11) + 0.5
    result = stats.mannwhitneyu(x, y, confidence_level=0.95)
    differences = np.sort(np.subtract.outer(x, y).ravel())
    assert result.estimate == pytest.approx(np.median(differences)) and result.estimate_name == "shift"
    # The tabulated rank count for 9 and 11 observations: P(U <= 22) = 0.019, P(U <= 23) = 0.0228, P(U <= 24) = 0.0268.
    tail = [np.mean([0])]
    frequencies = np.zeros(100)
    frequencies[0] = 1
    for i in range(1, 10):
        numerator = frequencies.copy()
        numerator[11 + i :] -= frequencies[: 100 - 11 - i]
        for u in range(i, 100):
            numerator[u] += numerator[u - i]
        frequencies = numerator
    tail = np.cumsum(frequencies) / frequencies.sum()
    k = int(np.argmax(tail > 0.025))
    np.testing.assert_allclose(result.interval, [differences[k - 1], differences[-k]])
    np.testing.assert_allclose(stats.mannwhitneyu(x, y).confidence_interval(), result.interval)
    d = draws(7, 15) + 0.3
    result = stats.wilcoxon(d, confidence_level=0.95)
    averages = walsh(d)
    assert result.estimate == pytest.approx(np.median(averages))
    # R: qsignrank(0.025, 15) = 26.
    np.testing.assert_allclose(result.interval, [averages[25], averages[-26]])
    many = draws(8, 400)
    wide = stats.wilcoxon(many, confidence_level=0.95)
    averages = walsh(many)
    assert wide.estimate == pytest.approx(np.median(averages))
    assert np.isin(wide.interval.low, averages) and np.isin(wide.interval.high, averages)


def test_effect_size_intervals():
    groups = [draws(k, 20) + 0.5 * k for k in range(3)]
    result = stats.f_oneway(*groups)
    low, high = result.confidence_interval(0.9)
    n = 60
    for end, probability in ((low, 0.05), (high, 0.95)):
        noncentrality = end / (1 - end) * n
        assert ss.ncf.sf(result.statistic, 2, 57, noncentrality) == pytest.approx(probability, abs=1e-7)
    assert low < result.effect_size < high
    table = np.array([[20, 30, 15], [35, 20, 25]])
    result = stats.chi2_contingency(table)
    low, high = result.confidence_interval(0.9)
    for end, probability in ((low, 0.05), (high, 0.95)):
        assert ss.ncx2.sf(result.statistic, 2, end**2 * table.sum()) == pytest.approx(probability, abs=1e-7)
    # McNemar: the interval of b / (b + c).
    interval = stats.mcnemar([[10, 12], [5, 20]]).interval
    expected = ss.binomtest(12, 17).proportion_ci()
    np.testing.assert_allclose(
        interval, [expected.low / (1 - expected.low), expected.high / (1 - expected.high)], rtol=1e-9
    )


def test_effect_sizes():
    x, y = draws(1, 20), 2 * draws(2, 25)
    ratio = np.var(x, ddof=1) / np.var(y, ddof=1)
    assert stats.f_test(x, y).effect_size == pytest.approx(ratio)
    assert stats.bartlett(x, y).effect_size == pytest.approx(1 / ratio)
    deviations = [np.abs(s - np.median(s)) for s in (x, y)]
    assert stats.levene(x, y).effect_size == pytest.approx(stats.f_oneway(*deviations).effect_size)
    assert stats.shapiro(x).effect_size == stats.shapiro(x).statistic
    assert stats.mannwhitneyu(x, y).effect_size == pytest.approx(
        np.mean(np.sign(np.subtract.outer(x, y))), abs=1e-12)
    cohen = (x.mean() - y.mean()) / np.sqrt((19 * np.var(x, ddof=1) + 24 * np.var(y, ddof=1)) / 43)
    assert stats.ttest_ind(x, y).effect_size == pytest.approx(cohen)


def test_contingency_tables():
    table = np.array([[12, 5, 9], [7, 14, 6]])
    ours, theirs = stats.chi2_contingency(table), ss.chi2_contingency(table)
    statistic, pvalue, dof, expected = ours
    assert statistic == pytest.approx(theirs.statistic) and pvalue == pytest.approx(theirs.pvalue)
    assert dof == ours.dof == theirs.dof
    np.testing.assert_allclose(expected, theirs.expected_freq)
    square = [[8, 2], [1, 5]]
    for alternative in ("two-sided", "less", "greater"):
        same(stats.fisher_exact(square, alternative), ss.fisher_exact(square, alternative))
    same(stats.chisquare([16, 18, 16, 14, 12, 12]), ss.chisquare([16, 18, 16, 14, 12, 12]))
    same(stats.chisquare([16, 18, 16], [15, 20, 15], 1), ss.chisquare([16, 18, 16], [15, 20, 15], 1))
    same(stats.chisquare(np.array([[16, 18], [20, 12]]), axis=1), ss.chisquare(np.array([[16, 18], [20, 12]]), axis=1))


def test_binomial():
    for alternative in ("two-sided", "less", "greater"):
        ours, theirs = stats.binomtest(7, 20, 0.5, alternative), ss.binomtest(7, 20, 0.5, alternative)
        assert ours.pvalue == pytest.approx(theirs.pvalue) and ours.statistic == theirs.statistic
        for method in ("exact", "wilson"):
            a, b = ours.proportion_ci(0.9, method), theirs.proportion_ci(0.9, method)
            np.testing.assert_allclose(a, [b.low, b.high], rtol=1e-9)
    assert ours.k == 7 and ours.n == 20


def test_kolmogorov_smirnov_forms():
    x = draws(1, 40)
    for alternative in ("two-sided", "less", "greater"):
        theirs = ss.kstest(x, "norm", alternative=alternative)
        same(stats.kstest(x, "norm", alternative=alternative), theirs)
        same(stats.ks_1samp(x, stats.norm(), alternative=alternative), theirs)
    assert stats.ks_1samp(x, "norm").statistic_location == ss.ks_1samp(x, ss.norm.cdf).statistic_location
    same(stats.kstest(x, "t", args=(5,)), ss.kstest(x, "t", args=(5,)))
    same(stats.kstest(x, draws(2, 30)), ss.kstest(x, draws(2, 30)))


def test_intervals_of_effect_sizes():
    """The noncentrality at either end gives the statistic the tail probability it should have."""
    groups = [draws(k, 30) + k / 3 for k in range(3)]
    tables = {
        "chisquare": (np.array([30.0, 14, 21, 35]), lambda effect: 100 * effect**2),
        "kruskal": (groups, lambda effect: 89 * effect),
        "friedmanchisquare": (groups, lambda effect: 60 * effect),
    }
    for name, (samples, noncentrality) in tables.items():
        samples = samples if isinstance(samples, list) else [samples]
        result = getattr(stats, name)(*samples)
        for level in (0.8, 0.95):
            low, high = result.confidence_interval(level)
            assert low < result.effect_size < high <= max(1, result.effect_size * 3)
            for end, tail in ((low, (1 - level) / 2), (high, (1 + level) / 2)):
                assert ss.ncx2.sf(result.statistic, result.df, noncentrality(end)) == pytest.approx(tail, rel=1e-6)
    deviations = [abs(group - np.median(group)) for group in groups]
    np.testing.assert_allclose(
        stats.levene(*groups).confidence_interval(0.9), stats.f_oneway(*deviations).confidence_interval(0.9)
    )


def test_anderson():
    x = draws(5, 50)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = ss.anderson(x)
    statistic, critical, levels = stats.anderson(x)
    assert statistic == pytest.approx(theirs.statistic)
    np.testing.assert_allclose(critical, theirs.critical_values, atol=2e-3)
    np.testing.assert_allclose(levels, theirs.significance_level)
    assert 0 <= stats.anderson(x).pvalue <= 1


def test_tukey():
    groups = [draws(k, 10 + k) + k / 2 for k in range(4)]
    ours, theirs = stats.tukey_hsd(*groups), ss.tukey_hsd(*groups)
    np.testing.assert_allclose(ours.statistic, theirs.statistic, rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(ours.pvalue, theirs.pvalue, atol=1e-9)
    a, b = ours.confidence_interval(0.9), theirs.confidence_interval(0.9)
    off = ~np.eye(4, dtype=bool)
    np.testing.assert_allclose(a.low[off], b.low[off], rtol=1e-6)
    np.testing.assert_allclose(a.high[off], b.high[off], rtol=1e-6)


def test_spearman_matrix():
    X = draws(4, 30, 4)
    ours, theirs = stats.spearmanr(X), ss.spearmanr(X)
    np.testing.assert_allclose(ours.statistic, theirs.statistic, atol=1e-13)
    np.testing.assert_allclose(ours.pvalue, theirs.pvalue, rtol=1e-9, atol=1e-14)
    np.testing.assert_allclose(stats.spearmanr(X.T, axis=1).statistic, theirs.statistic, atol=1e-13)
    np.testing.assert_allclose(
        stats.spearmanr(X, X[:, 0] ** 3 + 1).statistic, ss.spearmanr(X, X[:, 0] ** 3 + 1).statistic, atol=1e-13
    )
    for wrong in (2, -3, "rows"):
        with pytest.raises(ValueError, match="axis"):
            stats.spearmanr(X, axis=wrong)
    with pytest.raises(ValueError, match="dimensions"):
        stats.spearmanr(np.zeros((3, 3, 3)))
    pandas = pytest.importorskip("pandas")
    X[3, 1] = X[7, 2] = X[9, 1] = np.nan
    r, p = stats.spearman_matrix(X, nan_policy="pairwise")
    np.testing.assert_allclose(r, pandas.DataFrame(X).corr("spearman"), atol=1e-12)
    keep = ~np.isnan(X[:, 1] + X[:, 2])
    assert p[1, 2] == pytest.approx(ss.spearmanr(X[keep, 1], X[keep, 2]).pvalue)


def test_resampling_accepts_scipys_form():
    x, y = draws(1, 20), draws(2, 20) + 1
    result = stats.bootstrap((x,), statistic=np.mean, n_resamples=2000, random_state=3)
    expected = ss.bootstrap((x,), np.mean, n_resamples=2000, rng=np.random.default_rng(0)).confidence_interval
    np.testing.assert_allclose(result.confidence_interval, expected, atol=0.08)
    assert result.confidence_interval.low == result.interval.low
    assert (
        stats.bootstrap(x, n_resamples=500, random_state=1).interval
        == stats.bootstrap(x, n_resamples=500, random_state=1).interval
    )
    p = stats.permutation_test((x, y), n_resamples=2000, random_state=np.random.default_rng(2)).pvalue
    assert p < 0.05
    with pytest.raises(ValueError, match="statistic"):
        stats.bootstrap((x,), statistic="horoscope")
    with pytest.raises(TypeError, match="statistic"):
        stats.bootstrap((x,), statistic=3)


def spread(x, y, axis=-1):
    return np.max(x, axis=axis) - np.max(y, axis=axis)


@pytest.mark.parametrize("kind", ["independent", "samples", "pairings"])
@pytest.mark.parametrize("alternative", ["two-sided", "less", "greater"])
def test_exact_permutations_of_a_function(kind, alternative):
    x, y = np.array([4.2, 7, 9.5, 12, 3]), np.array([1.1, 2, 3.7, 5, 2.5])
    if kind == "pairings":
        statistic = lambda x, y, axis=-1: np.sum(x * y**2, axis=axis)
    else:
        statistic = spread
    options = {"permutation_type": kind, "n_resamples": 10**5, "alternative": alternative}
    result = stats.permutation_test((x, y), statistic, **options)
    expected = ss.permutation_test((x, y), statistic, **options)
    assert result.statistic == pytest.approx(expected.statistic)
    assert result.pvalue == pytest.approx(expected.pvalue, rel=1e-12)
    one_by_one = stats.permutation_test((x, y), statistic=lambda a, b: statistic(a, b), **options)
    assert one_by_one.pvalue == result.pvalue and one_by_one.resamples == result.resamples


def test_permutations_of_three_samples():
    samples = [draws(seed, 6) + 0.4 * seed for seed in range(3)]
    statistic = lambda *groups, axis=-1: np.var(np.stack([np.mean(g, axis=axis) for g in groups]), axis=0)
    options = {"alternative": "greater", "n_resamples": 4000}
    first = stats.permutation_test(samples, statistic, random_state=1, **options)
    assert first.pvalue == stats.permutation_test(samples, statistic, random_state=1, batch=11, **options).pvalue
    expected = ss.permutation_test(samples, statistic, rng=np.random.default_rng(5), **options)
    assert first.pvalue == pytest.approx(expected.pvalue, abs=0.03)


@pytest.mark.parametrize("method", ["percentile", "basic", "BCa"])
def test_bootstrap_of_a_function(method):
    x, y = draws(3, 60) ** 2, draws(4, 40)
    ratio = lambda x, y, axis=-1: np.std(x, axis=axis) / np.std(y, axis=axis)
    options = {"n_resamples": 6000, "method": method}
    result = stats.bootstrap((x, y), ratio, random_state=2, **options)
    expected = ss.bootstrap((x, y), ratio, rng=np.random.default_rng(0), **options)
    np.testing.assert_allclose(result.confidence_interval, expected.confidence_interval, rtol=0.06)
    assert result.standard_error == pytest.approx(expected.standard_error, rel=0.06)
    correlation = lambda x, y: np.corrcoef(x, y)[0, 1]
    z = x[:40] + y
    ours = stats.bootstrap((z, y), statistic=correlation, paired=True, random_state=2, **options)
    named = stats.bootstrap(z, y, statistic="pearson", random_state=2, **options)
    np.testing.assert_allclose(ours.interval, named.interval, rtol=1e-12)
    maximum = stats.bootstrap(x, statistic=np.max, random_state=1, n_resamples=300)
    assert maximum.statistic == x.max() and maximum.interval.high <= x.max()


def test_a_statistic_that_fails():
    x, y = draws(1, 12), draws(2, 12)

    def broken(x, y):
        raise KeyError("no such statistic")

    for call in (stats.bootstrap, stats.permutation_test):
        with pytest.raises(KeyError, match="no such statistic"):
            call((x, y), broken)
        with pytest.raises(ValueError, match="shape"):
            call((x, y), lambda x, y, axis: np.zeros((2, 2)))
        with pytest.raises(ValueError, match="axis"):
            call((x[:, None], y[:, None]), spread)
        assert call((x, y), spread, n_resamples=50).statistic == spread(x, y)
    with pytest.warns(UserWarning, match="not defined for"):
        result = stats.bootstrap((x,), lambda v: np.nan if v[0] == v[1] else v.mean(), n_resamples=400, random_state=1)
    assert np.isfinite(result.interval).all()
    with pytest.warns(UserWarning, match="not defined for the samples"):
        assert np.isnan(stats.permutation_test((x, y), lambda x, y: np.nan).pvalue)


def test_multiple_testing():
    p = np.random.default_rng(1).uniform(size=20) ** 3
    multitest = pytest.importorskip("statsmodels.stats.multitest")
    for method in ("bonferroni", "holm", "fdr_bh", "fdr_by"):
        reject, adjusted, *_ = multitest.multipletests(p, 0.05, method)
        ours = stats.multipletests(p, method, alpha=0.05)
        np.testing.assert_array_equal(ours[0], reject)
        np.testing.assert_allclose(ours[1], adjusted, rtol=1e-12)
    for method in ("bh", "by"):
        np.testing.assert_allclose(
            stats.false_discovery_control(p, method=method), ss.false_discovery_control(p, method=method)
        )
    matrix = p.reshape(4, 5)
    np.testing.assert_allclose(
        stats.false_discovery_control(matrix, axis=1), ss.false_discovery_control(matrix, axis=1)
    )


def test_power():
    theirs = pytest.importorskip("statsmodels.stats.power")
    for alternative, other in (("two-sided", "two-sided"), ("greater", "larger")):
        a, b = power.TTestIndPower(), theirs.TTestIndPower()
        assert a.power(0.5, 30, 0.05, 1.5, alternative=alternative) == pytest.approx(
            b.power(0.5, 30, 0.05, 1.5, alternative=other), abs=1e-9
        )
        assert a.solve_power(0.5, None, 0.05, 0.8, alternative=alternative) == pytest.approx(
            b.solve_power(0.5, None, 0.05, 0.8, alternative=other), rel=1e-6
        )
        assert a.solve_power(None, 40, 0.05, 0.9, alternative=alternative) == pytest.approx(
            b.solve_power(None, 40, 0.05, 0.9, alternative=other), rel=1e-6
        )
    assert power.TTestIndPower().solve_power(0.5, 40, None, 0.8) == pytest.approx(
        theirs.TTestIndPower().solve_power(0.5, 40, None, 0.8), rel=1e-5
    )
    assert power.TTestIndPower().solve_power(0.5, 40, 0.05, None) == power.TTestIndPower().power(0.5, 40, 0.05)
    assert power.TTestPower().solve_power(0.4, None, 0.01, 0.9) == pytest.approx(
        theirs.TTestPower().solve_power(0.4, None, 0.01, 0.9), rel=1e-6
    )
    h = power.proportion_effectsize(0.6, 0.45)
    assert power.NormalIndPower().solve_power(h, None, 0.05, 0.8) == pytest.approx(
        theirs.NormalIndPower().solve_power(h, None, 0.05, 0.8), rel=1e-6
    )
    assert power.FTestAnovaPower().solve_power(0.25, None, 0.05, 0.8, k_groups=4) == pytest.approx(
        theirs.FTestAnovaPower().solve_power(0.25, None, 0.05, 0.8, k_groups=4), rel=1e-6
    )
    with pytest.raises(ValueError, match="exactly one"):
        power.TTestPower().solve_power(0.4, 20, 0.05, 0.8)
    with pytest.raises(ValueError, match="prop1"):
        power.proportion_effectsize(1.5, 0.5)


def test_two_way_anova():
    sm = pytest.importorskip("statsmodels.formula.api")
    import pandas
    from statsmodels.stats.anova import anova_lm

    rng = np.random.default_rng(9)
    frame = pandas.DataFrame({"a": rng.choice(["u", "v", "w"], 60), "b": rng.choice(["k", "l"], 60)})
    frame["y"] = rng.normal(size=60) + (frame.a == "u") + 0.5 * (frame.b == "k")
    expected = anova_lm(sm.ols("y ~ C(a) * C(b)", frame).fit(), typ=2)
    ours = stats.anova_two_way(frame.y, frame.a, frame.b)
    for source, row in (("A", "C(a)"), ("B", "C(b)"), ("A:B", "C(a):C(b)")):
        assert ours[source]["F"] == pytest.approx(expected.F[row])
        assert ours[source]["pvalue"] == pytest.approx(expected["PR(>F)"][row])
        assert ours[source]["sum_sq"] == pytest.approx(expected.sum_sq[row])


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: stats.ttest_ind([1.0], [2.0]), "needs at least 3"),
        (lambda: stats.pearsonr([1.0, 2], [1.0, 2, 3]), "3 elements"),
        (lambda: stats.shapiro([1.0, 2]), "at least 3"),
        (lambda: stats.mannwhitneyu([], [1.0]), "x: 0 observations"),
        (lambda: stats.binomtest(5, 3), "k: 5"),
        (lambda: stats.binomtest(1, 3, 1.5), "p: 1.5"),
        (lambda: stats.ttest_1samp([1.0, 2, 3], 0, confidence_level=1.5), "confidence"),
        (lambda: stats.mannwhitneyu([1.0, 2], [3.0, 4], confidence_level=0), "confidence"),
        (lambda: stats.chi2_contingency([[0, 0], [1, 2]]), "row 0"),
        (lambda: stats.chi2_contingency([[1, -2], [1, 2]]), "element 1 is -2"),
        (lambda: stats.multipletests([0.1, 1.2]), "1.2"),
        (lambda: stats.levene([1.0, 2], [2.0, 3], center="middle"), "center"),
        (lambda: stats.anderson([1.0, 2, 3], "expon"), "dist"),
        (lambda: stats.f_oneway([1.0], [2.0]), "no degrees of freedom"),
        (lambda: stats.weighted_pearsonr([1.0, 2, 3], [1.0, 3, 2], [1, -1, 1]), "weights"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    "call",
    [
        lambda: stats.pearsonr([1.0, 1, 1], [1.0, 2, 3]),
        lambda: stats.spearmanr([1.0, 1, 1], [1.0, 2, 3]),
        lambda: stats.kendalltau([1.0, 1, 1], [1.0, 2, 3]),
        lambda: stats.ttest_1samp([2.0, 2, 2], 2),
        lambda: stats.mannwhitneyu([1.0] * 9, [1.0] * 9),
        lambda: stats.wilcoxon([0.0, 0, 0]),
        lambda: stats.f_oneway([1.0, 1], [2.0, 2]),
    ],
)
def test_constant_input_warns(call):
    with pytest.warns(UserWarning):
        result = call()
    assert not result.pvalue > 0 or math.isnan(result.pvalue)


def test_no_p_value_is_wrong_for_identical_constant_samples():
    with pytest.warns(UserWarning):
        assert math.isnan(stats.ttest_ind([1.0, 1, 1], [1.0, 1, 1]).pvalue)
