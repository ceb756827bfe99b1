"""Distributions, tests and correlation against SciPy and NumPy.

Every check compares both sides with each other over the whole result and a sample of ours with mpmath's values.
"""

import numpy as np
from harness import Case, Row


def _relative(ours, expected):
    """The largest relative difference where `expected` is a normal number."""
    ours, expected = np.asarray(ours, float), np.asarray(expected, float)
    usable = np.isfinite(expected) & (np.abs(expected) > 1e-300)
    return float(np.max(np.abs(ours[usable] - expected[usable]) / np.abs(expected[usable])))


def _normal(function, x):
    """The exact value by mpmath, for one number."""
    import mpmath
    from mpmath import mp, mpf

    with mp.workdps(40):
        x = mpf(float(x))
        if function == "cdf":
            return float(mp.erfc(-x / mp.sqrt(2)) / 2)
        if function == "sf":
            return float(mp.erfc(x / mp.sqrt(2)) / 2)
        if function == "logcdf":
            return float(mp.log(mp.erfc(-x / mp.sqrt(2)) / 2))
        guess = mpf(float(_scipy().special.ndtri(float(x))))
        return float(mpmath.findroot(lambda z: mp.log(mp.erfc(-z / mp.sqrt(2)) / 2) - mp.log(x), guess))


def _scipy():
    import scipy.special
    import scipy.stats

    return scipy


def _normal_row(function, size=10_000_000):
    def setup():
        from scipy.stats import norm as peer

        from apus.stats import norm

        generator = np.random.default_rng(0)
        x = generator.random(size) if function == "ppf" else generator.standard_normal(size) * 2
        chosen = generator.integers(0, size, 300)
        exact = np.array([_normal(function, value) for value in x[chosen]])

        def check(ours, theirs):
            between = _relative(ours, theirs)
            error = _relative(ours[chosen], exact)
            other = _relative(theirs[chosen], exact)
            assert between < 1e-10, between
            # Nearly zero quantiles are compared to the spacing that p itself has.
            assert error < (1e-14 if function == "ppf" else 1e-15), error
            return f"against mpmath: {error:.1e}, peer {other:.1e}"

        return Case(lambda: getattr(norm, function)(x), lambda: getattr(peer, function)(x), check)

    return setup


def _distribution_row(name, function, parameters, draw, size=1_000_000, agreement=1e-9):
    def setup():
        import scipy.stats

        import apus.stats

        x = draw(np.random.default_rng(1), size)
        ours, peer = getattr(apus.stats, name), getattr(scipy.stats, name)

        def check(a, b):
            between = _relative(a, b)
            assert between < agreement, between
            return f"largest relative difference {between:.1e}"

        return Case(
            lambda: getattr(ours, function)(x, *parameters), lambda: getattr(peer, function)(x, *parameters), check
        )

    return setup


def _pearson_matrix():
    from scipy.special import stdtr

    from apus.stats import pearson_matrix

    rows, columns = 5_000, 200
    generator = np.random.default_rng(2)
    x = generator.standard_normal((rows, columns)) + 0.5 * generator.standard_normal((rows, 1)) + 3
    upper = np.triu_indices(columns, 1)

    def peer():
        r = np.corrcoef(x, rowvar=False)
        pairs = r[upper]
        t = np.abs(pairs) * np.sqrt((rows - 2) / ((1 - pairs) * (1 + pairs)))
        p = np.zeros((columns, columns))
        p[upper] = 2 * stdtr(rows - 2, -t)
        return r, p + p.T

    def check(ours, theirs):
        error = float(np.max(np.abs(ours[0] - theirs[0])))
        between = _relative(ours[1], theirs[1])
        assert error < 1e-13 and between < 1e-9, (error, between)
        return f"r within {error:.1e}, p within {between:.1e} relative"

    return Case(lambda: pearson_matrix(x), peer, check)


def _spearman_matrix():
    from scipy.stats import spearmanr

    from apus.stats import spearman_matrix

    x = np.random.default_rng(3).standard_normal((2_000, 100)).round(2)

    def check(ours, theirs):
        error = float(np.max(np.abs(ours[0] - theirs.statistic)))
        assert error < 1e-13, error
        off = ~np.eye(len(ours[0]), dtype=bool)
        between = _relative(ours[1][off], theirs.pvalue[off])
        assert between < 1e-9, between
        return f"rho within {error:.1e}, p within {between:.1e} relative"

    return Case(lambda: spearman_matrix(x), lambda: spearmanr(x), check)


def _columns(equal_var):
    def setup():
        from scipy.stats import ttest_ind as peer

        from apus.stats import ttest_ind

        generator = np.random.default_rng(4)
        a = generator.standard_normal((25, 100_000)) + 2
        b = generator.standard_normal((25, 100_000)) + 2.1

        def check(ours, theirs):
            t, p = _relative(ours[0], theirs[0]), _relative(ours[1], theirs[1])
            # A t near zero inherits the rounding of the means.
            assert np.max(np.abs(ours[0] - theirs[0])) < 1e-12 and p < 1e-9, (t, p)
            return f"p within {p:.1e} relative"

        return Case(lambda: ttest_ind(a, b, equal_var=equal_var), lambda: peer(a, b, equal_var=equal_var), check)

    return setup


def _test(name, samples, agreement=1e-9, **options):
    """One test; the statistic within a hundredth of `agreement`, p within it."""

    def setup():
        import scipy.stats

        import apus.stats

        data = samples(np.random.default_rng(5))
        ours, peer = getattr(apus.stats, name), getattr(scipy.stats, name)

        def check(a, b):
            assert abs(a[0] - b[0]) <= agreement / 100 * max(1, abs(b[0])) and abs(a[1] - b[1]) <= agreement * b[1], (a, b)
            return f"p {a[1]:.6g}, peer {b[1]:.6g}"

        return Case(lambda: ours(*data, **options), lambda: peer(*data, **options), check)

    return setup


def _pair(size, decimals=None):
    def draw(generator):
        x, noise = generator.standard_normal(size), generator.standard_normal(size)
        y = 0.1 * x + noise
        return (x, y) if decimals is None else (x.round(decimals), y.round(decimals))

    return draw


def rows():
    normal = "scipy.stats.norm"
    return [
        Row("normal cdf, 10 million", f"{normal}.cdf", 15, _normal_row("cdf")),
        Row("normal sf, 10 million", f"{normal}.sf", 15, _normal_row("sf")),
        Row("normal logcdf, 10 million", f"{normal}.logcdf", 15, _normal_row("logcdf")),
        Row("normal ppf, 10 million", f"{normal}.ppf", 15, _normal_row("ppf")),
        Row(
            "t sf, df 8, 1 million", "scipy.stats.t.sf", 5,
            _distribution_row("t", "sf", (8,), lambda g, n: g.standard_normal(n) * 3),
        ),
        Row(
            "t cdf, df 48.5, 1 million", "scipy.stats.t.cdf", 5,
            _distribution_row("t", "cdf", (48.5,), lambda g, n: g.standard_normal(n) * 2),
        ),
        Row(
            "chi-squared sf, df 5, 1 million", "scipy.stats.chi2.sf", 5,
            _distribution_row("chi2", "sf", (5,), lambda g, n: g.chisquare(5, n)),
        ),
        Row(
            "beta cdf, 1 million", "scipy.stats.beta.cdf", 5,
            _distribution_row("beta", "cdf", (2.5, 4), lambda g, n: g.beta(2.5, 4, n)),
        ),
        Row(
            "gamma ppf, 1 million", "scipy.stats.gamma.ppf", 5,
            _distribution_row("gamma", "ppf", (3.5,), lambda g, n: g.random(n)), pairs=3,
        ),
        Row("Pearson matrix with p-values, 5,000 × 200", "numpy.corrcoef + scipy.special.stdtr", 3, _pearson_matrix, repeat=5),
        Row("Spearman matrix with p-values, 2,000 × 100", "scipy.stats.spearmanr", 3, _spearman_matrix),
        Row("t tests of 100,000 features × 50 rows", "scipy.stats.ttest_ind(axis=0)", 5, _columns(True)),
        Row("Welch tests of 100,000 features × 50 rows", "scipy.stats.ttest_ind(equal_var=False)", 5, _columns(False)),
        Row("t test, n = 30, from Python", "scipy.stats.ttest_ind", 5, _test("ttest_ind", _pair(30)), repeat=300),
        Row("Pearson r, n = 30, from Python", "scipy.stats.pearsonr", 5, _test("pearsonr", _pair(30)), repeat=300),
        Row("Mann-Whitney, n = 30, from Python", "scipy.stats.mannwhitneyu", 5,
            _test("mannwhitneyu", _pair(30, 1), method="asymptotic"), repeat=300),
        Row("Wilcoxon, n = 30, from Python", "scipy.stats.wilcoxon", 5,
            _test("wilcoxon", _pair(30), method="exact"), repeat=300),
        Row("one-way ANOVA, 3 × 30, from Python", "scipy.stats.f_oneway", 5,
            _test("f_oneway", lambda g: [g.standard_normal(30) for _ in range(3)]), repeat=300),
        Row("Shapiro-Wilk, n = 30, from Python", "scipy.stats.shapiro", 5,
            # The peer's coefficients carry ten digits.
            _test("shapiro", lambda g: [g.standard_normal(30)], agreement=1e-7), repeat=300),
        Row("Spearman, 100,000 pairs", "scipy.stats.spearmanr", 3, _test("spearmanr", _pair(100_000))),
        Row("Kendall tau-b, 100,000 pairs", "scipy.stats.kendalltau", 3, _test("kendalltau", _pair(100_000, 3))),
        Row("Mann-Whitney, 100,000 each", "scipy.stats.mannwhitneyu", 3, _test("mannwhitneyu", _pair(100_000))),
        Row("Kruskal-Wallis, 3 × 100,000", "scipy.stats.kruskal", 3,
            # The peer's form of H cancels for many observations.
            _test("kruskal", lambda g: [g.standard_normal(100_000) for _ in range(3)], agreement=1e-6)),
    ]
