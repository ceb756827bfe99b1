"""Golden values of the hypothesis tests: `tests.json`, a list of {test, samples, options, expected}.

SciPy 1.17.1, statsmodels 0.15.0, NumPy 2.4.6. Run: python generate.py
"""
import json
import warnings
import numpy as np
import statsmodels.api as sm
import statsmodels.formula.api as smf
import statsmodels.stats.api as sms
import statsmodels.stats.multitest as multitest
import statsmodels.stats.power as power
import statsmodels.stats.weightstats as weightstats
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.oneway import anova_oneway
from statsmodels.stats.proportion import proportion_confint, proportions_ztest

warnings.simplefilter("ignore")
rng = np.random.default_rng(42)
cases = []


def number(v):
    v = float(v)
    return v if np.isfinite(v) else repr(v)


def case(test, samples, options, **expected):
    cases.append({"test": test, "samples": [np.asarray(s, float).tolist() for s in samples], "options": options,
                  "expected": {k: number(v) for k, v in expected.items() if v is not None}})


x = np.round(rng.normal(0.4, 1, 24), 3)
y = np.round(rng.normal(0, 1.6, 24), 3)
z = np.round(rng.normal(1.5, 0.7, 17), 3)
ties = np.round(rng.normal(0, 1.2, 30))
ties2 = np.round(rng.normal(0.8, 1.2, 26))
small = np.array([1.2, 3.4, -0.5, 2.2, 5.1, 0.3])
small2 = np.array([2.5, 6.1, 4.4, 0.9, 7.3])
for alternative in ["two-sided", "less", "greater"]:
    o = {"alternative": alternative}
    r = stats.ttest_1samp(x, 0.1, alternative=alternative)
    ci = r.confidence_interval(0.9)
    case("ttest_1samp", [x], o | {"popmean": 0.1, "confidence_level": 0.9}, statistic=r.statistic, p=r.pvalue, df=r.df, low=ci.low, high=ci.high, effect=(x.mean() - 0.1) / x.std(ddof=1))
    for equal in [True, False]:
        r = stats.ttest_ind(x, z, equal_var=equal, alternative=alternative)
        ci = r.confidence_interval(0.95)
        case("ttest_ind", [x, z], o | {"equal_var": equal}, statistic=r.statistic, p=r.pvalue, df=r.df, low=ci.low, high=ci.high)
    r = stats.ttest_rel(x, y, alternative=alternative)
    ci = r.confidence_interval(0.95)
    case("ttest_rel", [x, y], o, statistic=r.statistic, p=r.pvalue, df=r.df, low=ci.low, high=ci.high)
    sm_name = {"two-sided": "two-sided", "less": "smaller", "greater": "larger"}[alternative]
    s, p = weightstats.ztest(x, z, alternative=sm_name)
    case("ztest", [x, z], o, statistic=s, p=p)
    s, p = weightstats.ztest(x, value=0.2, alternative=sm_name)
    case("ztest", [x], o | {"value": 0.2}, statistic=s, p=p)
    s, p = proportions_ztest([15, 30], [40, 52], alternative=sm_name)
    case("proportions_ztest", [[15, 30], [40, 52]], o, statistic=s, p=p)
    s, p = proportions_ztest(15, 40, value=0.5, prop_var=0.5, alternative=sm_name)
    case("proportions_ztest", [[15], [40]], o, statistic=s, p=p)
    for k, n, q in [(7, 20, 0.3), (0, 9, 0.4), (12, 12, 0.7), (130, 1000, 0.1), (3, 10, 0.5)]:
        r = stats.binomtest(k, n, q, alternative=alternative)
        ci = r.proportion_ci(0.95)
        case("binomtest", [], o | {"k": k, "n": n, "p": q}, statistic=r.statistic, p=r.pvalue, low=ci.low, high=ci.high)
    for table in [[[8, 2], [1, 5]], [[3, 9], [14, 6]], [[100, 2], [1000, 5]], [[1, 7], [9, 2]]]:
        r = stats.fisher_exact(table, alternative=alternative)
        case("fisher_exact", [table], o, statistic=r.statistic, p=r.pvalue)
    for a, b, m in [(small, small2, "auto"), (x, z, "auto"), (x, z, "exact"), (ties, ties2, "auto"), (small, small2, "asymptotic")]:
        r = stats.mannwhitneyu(a, b, alternative=alternative, method=m)
        case("mannwhitneyu", [a, b], o | {"method": m}, statistic=r.statistic, p=r.pvalue)
    for a, opts in [(x - 0.1, {}), (ties + 0.0, {"zero_method": "wilcox", "method": "asymptotic"}), (ties, {"zero_method": "pratt", "method": "asymptotic"}),
                    (ties, {"zero_method": "zsplit", "method": "asymptotic", "correction": True}), (small - 1, {"method": "exact"})]:
        r = stats.wilcoxon(a, alternative=alternative, **opts)
        case("wilcoxon", [a], o | opts, statistic=r.statistic, p=r.pvalue)
    r = stats.wilcoxon(x, y, alternative=alternative)
    case("wilcoxon", [x, y], o, statistic=r.statistic, p=r.pvalue)
    for a in [x, ties, small]:
        for m in ["exact", "asymp"]:
            r = stats.ks_1samp(a, stats.norm(0.2, 1.1).cdf, alternative=alternative, method=m)
            case("ks_1samp", [a, [0.2, 1.1]], o | {"method": m, "cdf": "norm"}, statistic=r.statistic, p=r.pvalue)
    big = np.round(rng.normal(0.05, 1, 400), 4)
    r = stats.ks_1samp(big, stats.norm.cdf, alternative=alternative, method="exact")
    # SciPy switches to an approximation of seven digits here; its exact algorithm is private.
    exact = stats._ksstats._kolmogn_DMTW(400, r.statistic, cdf=False) if alternative == "two-sided" else r.pvalue
    case("ks_1samp", [big], o | {"method": "exact"}, statistic=r.statistic, p=exact)
    for a, b in [(x, z), (small, small2), (x, y)]:
        r = stats.ks_2samp(a, b, alternative=alternative, method="exact")
        case("ks_2samp", [a, b], o | {"method": "exact"}, statistic=r.statistic, p=r.pvalue)
    for a, b in [(x, y), (ties, np.resize(ties2, 30)), (small[:5], small2)]:
        r = stats.pearsonr(a, b, alternative=alternative)
        ci = r.confidence_interval(0.95)
        case("pearsonr", [a, b], o, statistic=r.statistic, p=r.pvalue, low=ci.low, high=ci.high)
        r = stats.spearmanr(a, b, alternative=alternative)
        case("spearmanr", [a, b], o, statistic=r.statistic, p=r.pvalue)
        r = stats.kendalltau(a, b, alternative=alternative)
        case("kendalltau", [a, b], o, statistic=r.statistic, p=r.pvalue)

r = stats.pointbiserialr((x > 0.5).astype(float), y)
case("pointbiserialr", [(x > 0.5), y], {}, statistic=r.statistic, p=r.pvalue)
counts = [16, 18, 16, 14, 12, 12]
r = stats.chisquare(counts)
case("chisquare", [counts], {}, statistic=r.statistic, p=r.pvalue, df=5)
expected = [16, 16, 16, 16, 16, 8]
r = stats.chisquare(counts, expected, ddof=1)
case("chisquare", [counts, expected], {"ddof": 1}, statistic=r.statistic, p=r.pvalue, df=4)
for table in [[[10, 10, 20], [20, 20, 20]], [[12, 5], [7, 14]]]:
    for correction in [True, False]:
        r = stats.chi2_contingency(table, correction=correction)
        case("chi2_contingency", [table], {"correction": correction}, statistic=r.statistic, p=r.pvalue, df=r.dof, effect=stats.contingency.association(np.array(table)))
for exact, correction in [(True, True), (False, True), (False, False)]:
    r = mcnemar([[30, 12], [5, 40]], exact=exact, correction=correction)
    case("mcnemar", [[[30, 12], [5, 40]]], {"exact": exact, "correction": correction}, statistic=r.statistic, p=r.pvalue)
r = stats.f_oneway(x, y, z)
case("f_oneway", [x, y, z], {}, statistic=r.statistic, p=r.pvalue, df=2, df2=62)
r = anova_oneway([x, y, z], use_var="unequal")
case("anova_welch", [x, y, z], {}, statistic=r.statistic, p=r.pvalue, df=r.df_num, df2=r.df_denom)
r = stats.bartlett(x, y, z)
case("bartlett", [x, y, z], {}, statistic=r.statistic, p=r.pvalue)
for center in ["median", "mean", "trimmed"]:
    r = stats.levene(x, y, z, center=center, proportiontocut=0.1)
    case("levene", [x, y, z], {"center": center, "proportiontocut": 0.1}, statistic=r.statistic, p=r.pvalue)
f = x.var(ddof=1) / y.var(ddof=1)
case("f_test", [x, y], {}, statistic=f, p=2 * min(stats.f.cdf(f, 23, 23), stats.f.sf(f, 23, 23)))
r = stats.kruskal(x, y, z)
case("kruskal", [x, y, z], {}, statistic=r.statistic, p=r.pvalue, df=2)
r = stats.kruskal(ties, ties2)
case("kruskal", [ties, ties2], {}, statistic=r.statistic, p=r.pvalue)
r = stats.friedmanchisquare(x, y, np.resize(ties, 24))
case("friedmanchisquare", [x, y, np.resize(ties, 24)], {}, statistic=r.statistic, p=r.pvalue)
for a in [x, z, small, ties, np.exp(x), small[:3], rng.normal(size=300)]:
    r = stats.shapiro(a)
    case("shapiro", [a], {}, statistic=r.statistic, p=r.pvalue)
for a in [x, z, np.exp(x), np.round(rng.exponential(size=50), 3)]:
    case("anderson", [a], {}, statistic=sms.normal_ad(a)[0], p=sms.normal_ad(a)[1])
    r = stats.jarque_bera(a)
    case("jarque_bera", [a], {}, statistic=r.statistic, p=r.pvalue)
    r = stats.normaltest(a)
    case("normaltest", [a], {}, statistic=r.statistic, p=r.pvalue)
# Far tails: the logarithm of p.
r = stats.ttest_1samp(x + 40, 0)
case("ttest_1samp", [x + 40], {}, statistic=r.statistic, p=r.pvalue)
w = np.round(rng.uniform(0.1, 3, 24), 3)
wm = lambda v: np.average(v, weights=w)
wr = wm((x - wm(x)) * (y - wm(y))) / np.sqrt(wm((x - wm(x)) ** 2) * wm((y - wm(y)) ** 2))
case("weighted_pearsonr", [x, y, w], {}, statistic=wr)
c = np.column_stack([np.ones(24), w, w**2])
res = lambda v: v - c @ np.linalg.lstsq(c, v, rcond=None)[0]
pr = np.corrcoef(res(x), res(y))[0, 1]
t = pr * np.sqrt(20 / (1 - pr**2))
case("partial_corr", [x, y, np.column_stack([w, w**2])], {}, statistic=pr, p=2 * stats.t.sf(abs(t), 20), df=20)

extra = {}
hsd = stats.tukey_hsd(x, y, z)
ci = hsd.confidence_interval(0.95)
extra["tukey"] = {"samples": [x.tolist(), y.tolist(), z.tolist()], "p": [hsd.pvalue[0, 1], hsd.pvalue[0, 2], hsd.pvalue[1, 2]],
                  "low": [ci.low[0, 1], ci.low[0, 2], ci.low[1, 2]], "high": [ci.high[0, 1], ci.high[0, 2], ci.high[1, 2]]}
def studentized_upper(q, k, df):
    """SciPy's own integration stops at about 1e-8: both integrals by the trapezoidal rule with fine steps."""
    z = np.arange(-12, 12, 0.02)
    own = stats.norm.sf(z)

    def exceeds(w):
        with np.errstate(all="ignore"):
            return -k * 0.02 * np.nansum(stats.norm.pdf(z) * own ** (k - 1) * np.expm1((k - 1) * np.log1p(-stats.norm.sf(z + w) / own)))

    logs = np.arange(-8, 2, 0.01)
    return float(sum(0.01 * 2 * np.exp(l) ** 2 * df * stats.chi2.pdf(df * np.exp(2 * l), df) * exceeds(q * np.exp(l)) for l in logs))


extra["studentized_range"] = [[q, k, df, studentized_upper(q, k, df)] for q, k, df in [(3.5, 3, 10), (5.2, 6, 30), (1.1, 2, 5), (8.0, 4, 100), (4.0, 10, 4)]]
p = np.round(rng.uniform(size=25) ** 3, 5)
extra["multipletests"] = {"p": p.tolist()} | {m: multitest.multipletests(p, method=m)[1].tolist() for m in ["bonferroni", "holm", "fdr_bh", "fdr_by"]}
import pandas as pd
a = rng.integers(0, 3, 40)
b = rng.integers(0, 4, 40)
v = np.round(a * 0.5 + b * 0.3 + rng.normal(size=40), 3)
model = smf.ols("v ~ C(a) * C(b)", pd.DataFrame({"v": v, "a": a, "b": b})).fit()
table = sm.stats.anova_lm(model, typ=2)
extra["two_way"] = {"values": v.tolist(), "a": a.tolist(), "b": b.tolist(), "ss": table["sum_sq"].tolist(), "df": table["df"].tolist(), "p": table["PR(>F)"].tolist()[:3]}
extra["power"] = {
    "t_two": float(power.TTestIndPower().power(0.5, 30, 0.05, ratio=1.5)),
    "t_two_n": float(power.TTestIndPower().solve_power(effect_size=0.4, power=0.8, alpha=0.05)),
    "t_one_larger": float(power.TTestPower().power(0.3, 25, 0.05, alternative="larger")),
    "z_two": float(power.NormalIndPower().power(0.35, 60, 0.05, ratio=1)),
    "anova": float(power.FTestAnovaPower().power(0.25, 90, 0.05, k_groups=4)),
    "anova_n": float(power.FTestAnovaPower().solve_power(effect_size=0.25, power=0.9, alpha=0.05, k_groups=4)),
}
json.dump({"tests": cases, "extra": extra}, open("tests.json", "w"))
print(len(cases))
