"""scipy.stats' hypothesis tests as functions of samples and keyword options."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .. import _statistics

__all__ = [
    "ConfidenceInterval", "Result", "binomtest", "bootstrap", "chi2_contingency", "false_discovery_control", "ks_1samp",
    "acf", "multipletests", "permutation_test", "ttest_1samp", "ttest_ind", "tukey_hsd",
]


class ConfidenceInterval(NamedTuple):
    """Ends of an interval."""

    low: float
    high: float


class Result(tuple):
    """``statistic, pvalue = result``; everything else is an attribute: logpvalue, df, effect size, interval."""

    def __new__(cls, statistic, pvalue, **attributes):
        result = super().__new__(cls, (statistic, pvalue))
        result.__dict__.update(statistic=statistic, pvalue=pvalue, **attributes)
        return result

    def confidence_interval(self) -> ConfidenceInterval:
        """The interval at the confidence_level the test was given."""
        return self.interval

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self.__dict__.items())
        return f"Result({shown})"


def _result(found, details) -> Result:
    return Result(
        found.statistic,
        found.p_value,
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


def _run(name, samples, options) -> Result:
    return _result(*_statistics.test(name, samples, **options))


def _simple(name: str, least: int, doc: str):
    def call(*samples, **options) -> Result:
        if len(samples) < least:
            raise TypeError(f"{name} takes at least {least} samples, got {len(samples)}")
        return _run(name, samples, options)

    call.__name__ = call.__qualname__ = name
    call.__doc__ = doc + "\n\n    Options by scipy's names: alternative, nan_policy, confidence_level where they apply."
    return call


for _name, _least, _doc in [
    ("ztest", 1, "z test of one mean (value=, sigma=) or of the difference of two."),
    ("ttest_rel", 2, "Paired t test."),
    ("proportions_ztest", 2, "z test of one or two proportions: counts, numbers of trials."),
    ("chisquare", 1, "Pearson's goodness of fit: observed, expected; ddof=."),
    ("mcnemar", 1, "McNemar's test of a paired 2 x 2 table; exact=, correction=."),
    ("fisher_exact", 1, "Fisher's exact test of a 2 x 2 table."),
    ("f_oneway", 2, "One-way analysis of variance."),
    ("anova_welch", 2, "Welch's one-way analysis of variance."),
    ("f_test", 2, "F test of two variances."),
    ("bartlett", 2, "Bartlett's test of equal variances."),
    ("levene", 2, "Levene's test of equal variances; center=, proportiontocut=."),
    ("mannwhitneyu", 2, "Mann-Whitney U; method=, use_continuity=."),
    ("wilcoxon", 1, "Wilcoxon's signed-rank test; zero_method=, method=, correction=."),
    ("kruskal", 2, "Kruskal-Wallis H."),
    ("friedmanchisquare", 3, "Friedman's test of repeated measurements."),
    ("ks_2samp", 2, "Two-sample Kolmogorov-Smirnov test; method=."),
    ("shapiro", 1, "Shapiro-Wilk W."),
    ("anderson", 1, "Anderson-Darling test of normality."),
    ("jarque_bera", 1, "Jarque-Bera test of normality."),
    ("normaltest", 1, "D'Agostino-Pearson test of normality."),
    ("pearsonr", 2, "Pearson's correlation with p-value and Fisher's interval."),
    ("weighted_pearsonr", 3, "Pearson's correlation with weights."),
    ("partial_corr", 3, "Partial correlation given the columns of the third argument."),
    ("pointbiserialr", 2, "Point-biserial correlation."),
    ("spearmanr", 2, "Spearman's rank correlation."),
    ("kendalltau", 2, "Kendall's tau-b; method=."),
]:
    globals()[_name] = _simple(_name, _least, _doc)
    __all__.append(_name)


def _columns(name, arrays, options) -> Result:
    t, p, logp, difference, df = _statistics.compute(name, arrays, **options)
    return Result(t, p, logpvalue=logp, estimate=difference, df=df)


def ttest_1samp(a, popmean=0.0, **options) -> Result:
    """One-sample t test; of every column when `a` has two dimensions."""
    a = np.asarray(a)
    run = _columns if a.ndim == 2 else _run
    return run("ttest_1samp_columns" if a.ndim == 2 else "ttest_1samp", [a], {"popmean": popmean, **options})


def ttest_ind(a, b, *, equal_var=True, **options) -> Result:
    """Student's (or Welch's) t test of two samples; of every column when they have two dimensions."""
    a, b = np.asarray(a), np.asarray(b)
    run = _columns if a.ndim == 2 else _run
    return run("ttest_ind_columns" if a.ndim == 2 else "ttest_ind", [a, b], {"equal_var": equal_var, **options})


def ks_1samp(x, cdf="norm", args=(), **options) -> Result:
    """Kolmogorov-Smirnov test against the distribution named `cdf` with parameters `args`."""
    return _run("ks_1samp", [x, np.asarray(args, float)], {"cdf": getattr(cdf, "name", cdf), **options})


def binomtest(k, n, p=0.5, **options) -> Result:
    """Exact test of a probability of success, with Clopper and Pearson's interval."""
    return _run("binomtest", [], {"k": k, "n": n, "p": p, **options})


def chi2_contingency(observed, correction=True) -> Result:
    """Test of independence; also ``expected_freq``."""
    result = _run("chi2_contingency", [observed], {"correction": correction})
    result.expected_freq = _statistics.compute("expected_freq", [observed])
    result.dof = result.df
    return result


def permutation_test(x, y, statistic="mean_difference", **options) -> Result:
    """Permutation test of two samples; n_resamples=, seed=."""
    return _run("permutation_test", [x, y], {"statistic": statistic, **options})


def bootstrap(*samples, statistic="mean", **options) -> Result:
    """Bootstrap interval of a statistic; n_resamples=, method=, seed=."""
    return _run("bootstrap", samples, {"statistic": statistic, **options})


def tukey_hsd(*samples, confidence_level=0.95) -> np.ndarray:
    """Tukey's comparisons of all pairs: rows of i, j, difference, statistic, p-value, and interval."""
    return _statistics.compute("tukey_hsd", samples, confidence_level=confidence_level)


def acf(x, *, nlags=1) -> np.ndarray:
    """Autocorrelation of the series `x` at the lags 0 to `nlags`."""
    return _statistics.compute("autocorrelation", [x], nlags=nlags)


def multipletests(pvals, method="holm") -> np.ndarray:
    """Adjusted p-values: bonferroni, holm, fdr_bh or fdr_by."""
    return _statistics.compute("adjust_p_values", [pvals], method=method)


def false_discovery_control(ps, *, method="bh") -> np.ndarray:
    """p-values adjusted for the false discovery rate, by Benjamini-Hochberg ("bh") or Benjamini-Yekutieli ("by")."""
    return multipletests(ps, {"bh": "fdr_bh", "by": "fdr_by"}.get(method, method))
