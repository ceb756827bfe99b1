"""scipy.stats' (and statsmodels') hypothesis tests: samples, then options by their names there.

Samples of more than one dimension are tested along `axis` (0 unless told otherwise; None flattens them).
"""

from __future__ import annotations

import inspect

import numpy as np

from .. import _statistics
from ._results import ConfidenceInterval, Result, TukeyResult

__all__ = [
    "ConfidenceInterval",
    "Result",
    "acf",
    "anova_two_way",
    "bartlett",
    "binomtest",
    "bootstrap",
    "chi2_contingency",
    "chisquare",
    "false_discovery_control",
    "fisher_exact",
    "kruskal",
    "ks_1samp",
    "kstest",
    "levene",
    "mcnemar",
    "multipletests",
    "permutation_test",
    "spearmanr",
    "ttest_1samp",
    "ttest_ind",
    "tukey_hsd",
]

_FIELDS = ("statistic", "pvalue", "logpvalue", "df", "df_denominator", "effect_size", "estimate")


def _single(name: str, samples, options: dict, rerun: bool = True) -> Result:
    """One test of one-dimensional samples."""
    found, details = _statistics.test(name, samples, **options)
    again = (lambda level: _single(name, samples, options | {"confidence_level": level})) if rerun else None
    return Result(
        (found.statistic, found.p_value),
        again,
        statistic=found.statistic,
        pvalue=found.p_value,
        logpvalue=found.log_p_value,
        df=found.df,
        df_denominator=found.df_denominator,
        effect_size=found.effect_size,
        effect_name=details.pop("effect", ""),
        estimate=found.estimate,
        estimate_name=details.pop("estimate", ""),
        interval=ConfidenceInterval(found.confidence_low, found.confidence_high),
        extras=details,
    )


def _along(name: str, samples, options: dict) -> Result:
    """A test of every slice along the option `axis`."""
    axis, keepdims = options.pop("axis", 0), options.pop("keepdims", False)
    if all(np.ndim(sample) <= 1 for sample in samples) and not keepdims:
        return _single(name, samples, options)
    arrays = [np.asarray(sample) for sample in samples]
    dimensions = max(array.ndim for array in arrays)
    if axis is None:
        arrays, axis = [array.ravel() for array in arrays], 0
    else:
        arrays = [
            array.reshape((1,) * (dimensions - array.ndim) + array.shape)
            if array.ndim > 1 or dimensions == 1
            else np.expand_dims(array, tuple(i for i in range(dimensions) if i != axis % dimensions))
            for array in arrays
        ]
    moved = [np.moveaxis(array, axis, -1) for array in arrays]
    shape = np.broadcast_shapes(*(array.shape[:-1] for array in moved))
    moved = [np.broadcast_to(array, (*shape, array.shape[-1])) for array in moved]
    results = [_single(name, [array[where] for array in moved], options, rerun=False) for where in np.ndindex(shape)]
    shown = np.expand_dims(np.empty(shape), axis).shape if keepdims else shape

    def stacked(values):
        return np.array(list(values), float).reshape(shown)[()]

    fields = {field: stacked(getattr(result, field) for result in results) for field in _FIELDS}
    first = results[0] if results else Result((), extras={}, effect_name="", estimate_name="")
    # Slices to which different methods apply have different further quantities.
    names = dict.fromkeys(key for result in results for key in result.extras)
    again = lambda level: _along(
        name, samples, {**options, "axis": axis, "keepdims": keepdims, "confidence_level": level}
    )
    return Result(
        (fields["statistic"], fields["pvalue"]),
        again,
        **fields,
        effect_name=first.effect_name,
        estimate_name=first.estimate_name,
        interval=ConfidenceInterval(
            stacked(result.interval.low for result in results), stacked(result.interval.high for result in results)
        ),
        extras={key: stacked(result.extras.get(key, np.nan) for result in results) for key in names},
    )


def _test(name: str, samples: str, positional: str, doc: str):
    """Defines a test of `samples` (those with ``=`` optional); its options may follow by position in this order."""
    required = [sample for sample in samples.split() if "=" not in sample]
    optional = [sample.rstrip("=") for sample in samples.split() if "=" in sample]
    names = (*required, *optional, *positional.split())

    def call(*args, **options) -> Result:
        if len(args) > len(names):
            raise TypeError(f"{name} takes at most {len(names)} positional arguments, got {len(args)}")
        given = dict(zip(names, args))
        for key, value in options.items():
            if key in given:
                raise TypeError(f"{name} got several values of {key!r}")
            given[key] = value
        for sample in required:
            if sample not in given:
                raise TypeError(f"{name} needs the sample {sample!r}")
        arrays = [given.pop(sample) for sample in required]
        arrays += [array for array in (given.pop(sample, None) for sample in optional) if array is not None]
        return _along(name, arrays, given)

    kinds = inspect.Parameter
    parameters = [kinds(sample, kinds.POSITIONAL_OR_KEYWORD) for sample in required]
    parameters += [kinds(each, kinds.POSITIONAL_OR_KEYWORD, default=None) for each in (*optional, *positional.split())]
    parameters.append(kinds("options", kinds.VAR_KEYWORD))
    _publish(call, name, doc)
    call.__signature__ = inspect.Signature(parameters)


def _test_of_many(name: str, least: int, doc: str):
    """Defines a test of any number of samples."""

    def call(*samples, **options) -> Result:
        if len(samples) < least:
            raise TypeError(f"{name} takes at least {least} samples, got {len(samples)}")
        return _along(name, samples, options)

    _publish(call, name, doc)


def _publish(call, name: str, doc: str) -> None:
    call.__name__ = call.__qualname__ = name
    call.__doc__ = doc + (
        "\n\n    Options by scipy's names where they apply: alternative (two-sided, less, greater), nan_policy"
        "\n    (propagate, omit, raise), confidence_level, axis, keepdims."
    )
    globals()[name] = call
    if name not in __all__:
        __all__.append(name)


_test(
    "ztest",
    "x1 x2=",
    "value alternative",
    "z test of one mean (`value`; `sigma` when known) or of the difference of two.",
)
_test("ttest_rel", "a b", "axis nan_policy alternative", "Paired t test.")
_test(
    "proportions_ztest",
    "count nobs",
    "value alternative",
    "z test of one or two proportions: successes and numbers of trials.",
)
_test("f_test", "x y", "", "F test of two variances.")
_test(
    "mannwhitneyu",
    "x y",
    "use_continuity alternative axis method",
    "Mann-Whitney U, exact for small samples (ties included); method auto, exact, asymptotic.",
)
_test(
    "wilcoxon",
    "x y=",
    "zero_method correction alternative method",
    "Wilcoxon's signed-rank test, exact for small samples; zero_method wilcox, pratt, zsplit.",
)
_test("ks_2samp", "data1 data2", "alternative method", "Two-sample Kolmogorov-Smirnov test; method auto, exact, asymp.")
_test("shapiro", "x", "", "Shapiro-Wilk W.")
_test("jarque_bera", "x", "", "Jarque-Bera test of normality.")
_test("normaltest", "a", "axis nan_policy", "D'Agostino-Pearson test of normality.")
_test("pearsonr", "x y", "", "Pearson's correlation with p-value and Fisher's interval.")
_test("pointbiserialr", "x y", "", "Point-biserial correlation of a two-valued and a continuous variable.")
_test("kendalltau", "x y", "", "Kendall's tau-b; method auto, exact, asymptotic.")
_test_of_many("f_oneway", 2, "One-way analysis of variance.")
_test_of_many("anova_welch", 2, "Welch's one-way analysis of variance, for unequal variances.")
_test_of_many("bartlett", 2, "Bartlett's test of equal variances.")
_test_of_many("levene", 2, "Levene's test of equal variances; center (median, mean, trimmed), proportiontocut.")
_test_of_many("kruskal", 2, "Kruskal-Wallis H.")
_test_of_many("friedmanchisquare", 3, "Friedman's test of repeated measurements.")


class _Anderson(Result):
    """``statistic, critical_values, significance_level = result``."""


def anderson(x, dist="norm", **options) -> Result:
    """Anderson-Darling test of normality with estimated mean and deviation; also ``pvalue``."""
    if dist != "norm":
        raise ValueError(f"dist: {dist!r} is not available, allowed is 'norm'")
    found = _along("anderson", [x], options)
    values = dict(found.__dict__)
    values.pop("_rerun")
    levels = np.array([15.0, 10.0, 5.0, 2.5, 1.0])
    critical = np.array([value for key, value in found.extras.items() if key.startswith("critical")])
    return _Anderson((found.statistic, critical, levels), **values, critical_values=critical, significance_level=levels)


__all__.append("anderson")


def weighted_pearsonr(x, y, weights, **options) -> Result:
    """Pearson's correlation with weights; p-value and interval with Kish's effective number of observations."""
    return _single("weighted_pearsonr", [x, y, weights], options)


def partial_corr(x, y, controls, **options) -> Result:
    """Correlation of x and y given the columns of `controls` (n,) or (n, k)."""
    return _single("partial_corr", [x, y, controls], options)


__all__ += ["partial_corr", "weighted_pearsonr"]


def spearmanr(a, b=None, axis=0, nan_policy="propagate", alternative="two-sided", **options) -> Result:
    """Spearman's rank correlation of two samples, or of all pairs of the columns (rows for axis 1) of both; axis None flattens."""
    samples = [np.asarray(each) for each in (a, b) if each is not None]
    if axis is None:
        samples = [each.ravel() for each in samples]
    if len(samples) == 2 and all(each.ndim <= 1 for each in samples):
        return _single("spearmanr", samples, {"nan_policy": nan_policy, "alternative": alternative, **options})
    if alternative != "two-sided" or options:
        raise ValueError("alternative: only 'two-sided' is available for matrices of correlations")
    if any(each.ndim > 2 for each in samples):
        raise ValueError("a: has more than two dimensions")
    if axis not in (None, 0, 1, -1, -2):
        raise ValueError(f"axis: {axis!r} is not allowed, must be 0, 1 or None")
    across = axis in (1, -1)
    X = np.column_stack([each.T if across and each.ndim == 2 else each for each in samples])
    if X.shape[1] < 2:
        raise ValueError("a: has one column, spearmanr needs at least two variables to compare")
    r, p, logp = _statistics.compute("spearman_matrix", [X], nan_policy=nan_policy)
    if X.shape[1] == 2:
        r, p, logp = float(r[0, 1]), float(p[0, 1]), float(logp[0, 1])
    return Result((r, p), statistic=r, pvalue=p, logpvalue=logp, correlation=r, extras={})


def _columns(name, arrays, options) -> Result:
    t, p, logp, difference, df = _statistics.compute(name, arrays, **options)
    return Result((t, p), statistic=t, pvalue=p, logpvalue=logp, estimate=difference, df=df, extras={})


def _is_table(arrays, options) -> bool:
    """Whether whole matrices of columns can go to the library in one call."""
    return (
        all(np.ndim(array) == 2 for array in arrays)
        and options.get("axis", 0) == 0
        and options.get("nan_policy", "propagate") == "propagate"
        and not {"keepdims", "confidence_level"} & options.keys()
    )


def _without_axis(options: dict) -> dict:
    return {name: value for name, value in options.items() if name not in ("axis", "nan_policy")}


def ttest_1samp(a, popmean=0.0, axis=0, **options) -> Result:
    """One-sample t test; of every column in one call when `a` has two dimensions."""
    options["axis"] = axis
    if _is_table([a], options):
        return _columns("ttest_1samp_columns", [a], {"popmean": popmean, **_without_axis(options)})
    return _along("ttest_1samp", [a], {"popmean": popmean, **options})


def ttest_ind(a, b, *, axis=0, equal_var=True, **options) -> Result:
    """Student's (or Welch's) t test of two samples; of every column in one call when they have two dimensions."""
    options["axis"] = axis
    if _is_table([a, b], options):
        return _columns("ttest_ind_columns", [a, b], {"equal_var": equal_var, **_without_axis(options)})
    return _along("ttest_ind", [a, b], {"equal_var": equal_var, **options})


def ks_1samp(x, cdf="norm", args=(), alternative="two-sided", method="auto", **options) -> Result:
    """Kolmogorov-Smirnov test against `cdf`: a distribution, frozen or by name, with parameters `args`."""
    family = getattr(cdf, "dist", cdf)
    parameters = cdf.args if family is not cdf else args
    name = getattr(family, "name", family)
    if not isinstance(name, str):
        raise TypeError(f"cdf: must be a distribution or its name, got {type(cdf).__name__}")
    # The parameters are the second array, so slices along an axis are made here.
    options |= {"cdf": name, "alternative": alternative, "method": method}
    axis = options.pop("axis", 0)
    if np.ndim(x) <= 1:
        return _single("ks_1samp", [x, np.asarray(parameters, float)], options)
    slices = np.moveaxis(np.asarray(x), axis, -1)
    results = [
        _single("ks_1samp", [slices[where], np.asarray(parameters, float)], options)
        for where in np.ndindex(slices.shape[:-1])
    ]
    fields = {field: np.reshape([getattr(result, field) for result in results], slices.shape[:-1]) for field in _FIELDS}
    return Result((fields["statistic"], fields["pvalue"]), **fields, extras={})


def kstest(rvs, cdf, args=(), alternative="two-sided", method="auto", **options) -> Result:
    """Kolmogorov-Smirnov test of a sample against a distribution, or of two samples."""
    if isinstance(cdf, str) or hasattr(cdf, "cdf"):
        return ks_1samp(rvs, cdf, args, alternative, method, **options)
    return globals()["ks_2samp"](rvs, cdf, alternative, method, **options)


class _Binomial(Result):
    """As scipy.stats.binomtest's result: ``result.proportion_ci(confidence_level)``."""

    def proportion_ci(self, confidence_level=0.95, method="exact") -> ConfidenceInterval:
        """Interval for the probability: Clopper and Pearson's ("exact") or Wilson's ("wilson")."""
        return self._interval(confidence_level, method)


def binomtest(k, n, p=0.5, alternative="two-sided", **options) -> Result:
    """Exact test of a probability of success, with Clopper and Pearson's interval."""
    options |= {"k": k, "n": n, "p": p, "alternative": alternative}
    found = _single("binomtest", [], options)
    values = dict(found.__dict__)
    values.pop("_rerun")
    result = _Binomial(
        tuple(found), found._rerun, **values, k=k, n=n, alternative=alternative, proportion_estimate=found.estimate
    )
    result._interval = lambda level, method: (
        _single("binomtest", [], options | {"confidence_level": level, "method": method}).interval
    )
    return result


def chisquare(f_obs, f_exp=None, ddof=0, axis=0, **options) -> Result:
    """Pearson's goodness of fit: observed and expected frequencies; uniform when these are not given."""
    samples = [f_obs] if f_exp is None else [f_obs, f_exp]
    return _along("chisquare", samples, {"ddof": ddof, "axis": axis, **options})


class _Contingency(Result):
    """``statistic, pvalue, dof, expected_freq = result``."""


def chi2_contingency(observed, correction=True, **options) -> Result:
    """Test of independence in a contingency table; also Cramer's V as ``effect_size``."""
    found = _single("chi2_contingency", [observed], {"correction": correction, **options})
    expected = _statistics.compute("expected_freq", [observed])
    values = dict(found.__dict__)
    again = values.pop("_rerun")
    return _Contingency(
        (found.statistic, found.pvalue, found.df, expected), again, **values, dof=found.df, expected_freq=expected
    )


def fisher_exact(table, alternative="two-sided", **options) -> Result:
    """Fisher's exact test of a 2 x 2 table; the statistic is the odds ratio of the sample."""
    return _single("fisher_exact", [table], {"alternative": alternative, **options})


def mcnemar(table, exact=True, correction=True, **options) -> Result:
    """McNemar's test of a paired 2 x 2 table."""
    return _single("mcnemar", [table], {"exact": exact, "correction": correction, **options})


#: numpy's functions that the library has itself.
_OWN_STATISTICS = {np.mean: "mean", np.median: "median"}


def _resampled(name: str, samples, statistic, options: dict) -> Result:
    """A resampling test; scipy's form with the samples in one tuple, and then the statistic, is understood."""
    if len(samples) == 2 and callable(samples[1]):
        samples, statistic = samples[:1], samples[1]
    if len(samples) == 1 and isinstance(samples[0], (tuple, list)) and np.ndim(samples[0][0]) >= 1:
        samples = tuple(samples[0])
    for alias in ("random_state", "rng"):
        if alias in options:
            options["seed"] = _statistics.seed(options.pop(alias))
    if options.pop("axis", 0) not in (0, -1) or any(np.ndim(sample) > 1 for sample in samples):
        raise ValueError("axis: resampling takes samples of one dimension")
    vectorized = options.pop("vectorized", None)
    if not isinstance(statistic, str):
        if not callable(statistic):
            raise TypeError(f"statistic: {type(statistic).__name__} is neither a name nor callable")
        if len(samples) > 1 or statistic not in _OWN_STATISTICS:
            return _single(name, samples, {"function": _statistics.Statistic(statistic, vectorized), **options}, False)
        statistic = _OWN_STATISTICS[statistic]
    # What only a caller's function needs.
    options.pop("batch", None)
    return _single(name, samples, {"statistic": statistic, **options}, rerun=False)


class _Bootstrap(Result):
    """As scipy.stats.bootstrap's result: ``confidence_interval`` is an attribute."""

    @property
    def confidence_interval(self) -> ConfidenceInterval:
        """The interval at the level the bootstrap was given."""
        return self.interval


def permutation_test(*samples, statistic="mean_difference", **options) -> Result:
    """Permutation test; complete when there are no more permutations than `n_resamples` (9999).

    `statistic` is mean_difference, median_difference, t, variance_ratio or pearson, or a function of the samples that returns a
    number; with `vectorized` (by default when it takes `axis`) a function of arrays (resamples, n) with ``axis=-1``.
    `permutation_type` is independent (values change samples), samples (paired values do) or pairings (the order of all samples
    but the first is permuted). Also batch=, alternative=, nan_policy=, random_state= or rng=.
    """
    return _resampled("permutation_test", samples, statistic, options)


def bootstrap(*samples, statistic="mean", **options) -> Result:
    """Bootstrap interval of a statistic; n_resamples=, method= (percentile, basic, BCa), confidence_level=, random_state=.

    `statistic` is mean, median, std, var, mean_difference, median_difference, t, variance_ratio or pearson, or a function as for
    :func:`permutation_test`. With `paired` observations are drawn with their values in all samples.

    Also ``result.standard_error``, and ``result.pvalue`` for the value `null` of the statistic.
    """
    found = _resampled("bootstrap", samples, statistic, options)
    values = dict(found.__dict__)
    values.pop("_rerun")
    return _Bootstrap(tuple(found), **values)


def tukey_hsd(*samples, **options) -> TukeyResult:
    """Tukey's comparisons of the means of all pairs of groups."""
    if len(samples) < 2:
        raise TypeError(f"tukey_hsd takes at least 2 samples, got {len(samples)}")
    rerun = lambda level: _statistics.compute("tukey_hsd", samples, **{**options, "confidence_level": level})
    rows = rerun(options.get("confidence_level", 0.95))
    return TukeyResult(rows, len(samples), rerun)


def anova_two_way(values, factor_a, factor_b, **options) -> dict[str, dict[str, float]]:
    """Two-way analysis of variance with interaction and sums of squares of type II.

    Factors are labels of any kind. Returns for "A", "B", "A:B" and "residual" a dictionary of sum_sq, df, F, pvalue,
    logpvalue, partial_eta_squared.
    """
    codes = [np.unique(np.asarray(factor), return_inverse=True)[1].ravel() for factor in (factor_a, factor_b)]
    rows = _statistics.compute("anova_two_way", [values, *codes], **options)
    names = ("sum_sq", "df", "F", "pvalue", "logpvalue", "partial_eta_squared")
    return {source: dict(zip(names, map(float, row))) for source, row in zip(("A", "B", "A:B", "residual"), rows)}


def acf(x, *, nlags=1) -> np.ndarray:
    """Autocorrelation of the series `x` at the lags 0 to `nlags`."""
    return _statistics.compute("autocorrelation", [x], nlags=nlags)


def multipletests(pvals, method="holm", alpha=None):
    """Adjusted p-values (bonferroni, holm, fdr_bh, fdr_by); with `alpha` ``(reject, adjusted)``."""
    adjusted = _statistics.compute("adjust_p_values", [pvals], method=method)
    return adjusted if alpha is None else (adjusted <= alpha, adjusted)


def false_discovery_control(ps, *, axis=0, method="bh") -> np.ndarray:
    """p-values adjusted for the false discovery rate, by Benjamini-Hochberg ("bh") or Benjamini-Yekutieli ("by")."""
    method = {"bh": "fdr_bh", "by": "fdr_by"}.get(method, method)
    ps = np.asarray(ps)
    if ps.ndim <= 1 or axis is None:
        return multipletests(ps, method)
    return np.apply_along_axis(lambda slice: multipletests(slice, method), axis, ps)
