"""Fits, random variates, divergences and the multivariate normal beside SciPy's."""

import pickle

import numpy as np
import pytest

import apus
from apus import stats

ss = pytest.importorskip("scipy.stats")
rng = np.random.default_rng(3)

MEMBERS = [
    ("norm", (1, 2)),
    ("t", (4, 1, 2)),
    ("chi2", (5,)),
    ("f", (5, 12)),
    ("beta", (2, 3)),
    ("gamma", (2.5, 0, 1.5)),
    ("expon", (1, 2)),
    ("uniform", (-1, 3)),
    ("lognorm", (0.6,)),
    ("logistic", (1, 2)),
    ("weibull_min", (1.7, 0, 3)),
    ("truncnorm", (-1, 2)),
    ("binom", (12, 0.4)),
    ("poisson", (3.5,)),
    ("geom", (0.3,)),
    ("nbinom", (3.5, 0.4)),
    ("hypergeom", (60, 25, 18)),
]
every_member = pytest.mark.parametrize("name, parameters", MEMBERS, ids=[name for name, _ in MEMBERS])


def fixed_for(name):
    anchored = {"floc": 0} if name in ("gamma", "lognorm", "weibull_min", "beta", "chi2", "f") else {}
    return anchored | ({"fscale": 1} if name in ("beta", "chi2", "f") else {})


@pytest.mark.parametrize("name", [n for n, _ in MEMBERS if not hasattr(getattr(ss, n), "pmf") and n != "truncnorm"])
def test_fit_is_at_least_as_likely_as_scipys(name):
    data = getattr(ss, name)(*dict(MEMBERS)[name]).rvs(250, random_state=np.random.default_rng(5))
    ours, theirs = getattr(stats, name).fit(data, **fixed_for(name)), getattr(ss, name).fit(data, **fixed_for(name))
    assert isinstance(ours, tuple) and len(ours) == len(theirs)
    likelihood = lambda p: getattr(ss, name).logpdf(data, *p).sum()
    assert likelihood(ours) >= likelihood(theirs) - 1e-9 * abs(likelihood(theirs))
    np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", ["norm", "expon", "uniform"])
def test_closed_forms_equal_scipys(name):
    data = rng.normal(5, 2, 100)
    np.testing.assert_allclose(getattr(stats, name).fit(data), getattr(ss, name).fit(data), rtol=1e-15)
    np.testing.assert_allclose(
        getattr(stats, name).fit(data, fscale=20), getattr(ss, name).fit(data, fscale=20), rtol=1e-14
    )
    np.testing.assert_allclose(
        getattr(stats, name).fit(data, floc=-3), getattr(ss, name).fit(data, floc=-3), rtol=1e-14
    )


def test_fit_result():
    data = rng.normal(3, 2, 400)
    result = stats.fit(stats.norm, data)
    s = data.std()
    np.testing.assert_allclose(result.params, (data.mean(), s))
    np.testing.assert_allclose(result.bse, (s / 20, s / np.sqrt(800)))
    np.testing.assert_allclose(result.cov_params(), np.diag(result.bse**2))
    low, high = result.conf_int().T
    np.testing.assert_allclose(high - low, 2 * 1.959963984540054 * result.bse)
    assert result.llf == pytest.approx(ss.norm.logpdf(data, *result.params).sum())
    assert result.aic == pytest.approx(4 - 2 * result.llf)
    assert result.bic == pytest.approx(2 * np.log(400) - 2 * result.llf)
    assert result.nllf() == pytest.approx(-result.llf) and result.nllf((3, 2), data) > result.nllf()
    assert result.success and result.distribution.mean() == pytest.approx(data.mean())
    with pytest.raises(ValueError, match="alpha"):
        result.conf_int(0)


def test_fit_of_discrete_families():
    data = ss.nbinom(4, 0.3).rvs(500, random_state=np.random.default_rng(1))
    ours = stats.fit(stats.nbinom, data)
    # SciPy's fit takes n for a whole number: ours must be as likely at least, and no point nearby likelier.
    theirs = ss.fit(ss.nbinom, data, {"n": (0, 50), "p": (0, 1)})
    assert ours.nllf() <= theirs.nllf() + 1e-9
    n, p = ours.params[:2]
    for step in (1e-4, -1e-4):
        assert -ss.nbinom.logpmf(data, n * (1 + step), p).sum() > ours.nllf()
        assert -ss.nbinom.logpmf(data, n, p * (1 + step)).sum() > ours.nllf()
    counts = ss.binom(12, 0.3).rvs(300, random_state=np.random.default_rng(2))
    ours = stats.fit(stats.binom, counts, {"n": (1, 100), "p": (0, 1)})
    theirs = ss.fit(ss.binom, counts, {"n": (1, 100), "p": (0, 1)})
    assert ours.nllf() <= theirs.nllf() + 1e-9
    for n in (ours.params.n - 1, ours.params.n + 1):
        assert -ss.binom.logpmf(counts, n, counts.mean() / n).sum() > ours.nllf()
    assert stats.fit(stats.poisson, counts).params.mu == pytest.approx(counts.mean())


def test_bounds():
    data = ss.gamma(2, 0, 3).rvs(200, random_state=np.random.default_rng(4))
    free = stats.fit(stats.gamma, data)
    bounded = stats.fit(stats.gamma, data, {"a": (1.9, 1.9), "scale": (0.1, 10)})
    assert bounded.params.a == 1.9 and bounded.params.loc == 0 and bounded.fixed["a"] and not bounded.fixed["scale"]
    assert bounded.params.scale == pytest.approx(data.mean() / 1.9)
    assert free.llf > bounded.llf
    with pytest.raises(ValueError, match="mu: is no parameter"):
        stats.fit(stats.gamma, data, {"mu": (0, 1)})


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: stats.norm.fit([1.0, np.nan]), "NaN"),
        (lambda: stats.norm.fit([]), "0 observations"),
        (lambda: stats.norm.fit([2.0, 2.0]), "all 2 values"),
        (lambda: stats.gamma.fit([-1.0, 2.0, 3.0], floc=0), "-1.0, outside the support"),
        (lambda: stats.beta.fit([0.5, 1.5, 0.2], floc=0, fscale=1), "1.5, outside the support"),
        (lambda: stats.norm.fit([1.0, 2.0], floc=0, fscale=1), "nothing to fit"),
        (lambda: stats.norm.fit([1.0, 2.0], method="MM"), "MLE"),
        (lambda: stats.fit(stats.binom, [1, 2, 3]), "whole number"),
        (lambda: stats.norm.rvs(size=-1), "size"),
        (lambda: stats.norm.rvs(scale=[1, -1]), "scale: -1"),
        (lambda: stats.norm.rvs(random_state=-1), "random_state"),
        (lambda: stats.norm.rvs([0, 1], size=(2, 3)), "size"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_likelihood_without_maximum_warns():
    with pytest.warns(UserWarning, match="no interior maximum"):
        stats.gamma.fit([1.0, 1.01, 9.0])


@every_member
def test_variates(name, parameters):
    ours, theirs = getattr(stats, name), getattr(ss, name)(*parameters)
    sample = ours.rvs(*parameters, size=5000, random_state=11)
    np.testing.assert_array_equal(sample, ours(*parameters).rvs(size=5000, random_state=11))
    assert sample.dtype == (np.int64 if hasattr(theirs.dist, "pmf") else np.float64)
    deviation = theirs.std()
    assert abs(sample.mean() - theirs.mean()) < 5 * deviation / np.sqrt(5000)
    uniform = theirs.cdf(sample)
    if hasattr(theirs.dist, "pmf"):
        uniform = theirs.cdf(sample - 1) + np.random.default_rng(1).uniform(size=5000) * theirs.pmf(sample)
    assert ss.kstest(uniform, "uniform").pvalue > 1e-4


def test_seeds_shapes_and_threads():
    assert isinstance(stats.norm.rvs(random_state=1), float)
    assert stats.norm.rvs(size=1, random_state=1).shape == (1,)
    assert stats.norm.rvs(np.zeros((3, 1)), [1, 2], random_state=1).shape == (3, 2)
    assert stats.norm.rvs(size=(2, 0), random_state=2**64 - 1).shape == (2, 0)
    first = stats.gamma.rvs(2.0, size=10_000, random_state=np.random.default_rng(5))
    before = apus.get_num_threads()
    try:
        for threads in (1, 2, 3, 8):
            apus.set_num_threads(threads)
            again = stats.gamma.rvs(2.0, size=10_000, random_state=np.random.default_rng(5))
            np.testing.assert_array_equal(first, again)
    finally:
        apus.set_num_threads(before)
    np.random.seed(7)
    first = stats.norm.rvs(size=3)
    np.random.seed(7)
    np.testing.assert_array_equal(first, stats.norm.rvs(size=3))
    assert not np.array_equal(first, stats.norm.rvs(size=3))


@every_member
def test_summaries(name, parameters):
    ours, theirs = getattr(stats, name)(*parameters), getattr(ss, name)(*parameters)
    for method in ("mean", "var", "std", "median", "support"):
        np.testing.assert_allclose(getattr(ours, method)(), getattr(theirs, method)(), rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(ours.stats(moments="mvsk"), theirs.stats(moments="mvsk"), rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(ours.entropy(), theirs.entropy(), rtol=1e-8)
    np.testing.assert_allclose(ours.interval(0.9), theirs.interval(0.9), rtol=1e-10)
    for order in (1, 2, 3, 4):
        if np.isfinite(theirs.moment(order)):
            assert ours.moment(order) == pytest.approx(theirs.moment(order), rel=1e-7)


def test_arrays_of_parameters():
    np.testing.assert_allclose(stats.gamma.mean([1, 2, 3], scale=2), ss.gamma.mean([1, 2, 3], scale=2))
    np.testing.assert_allclose(stats.norm.std(0, [[1], [2]]), ss.norm.std(0, [[1], [2]]))


@pytest.mark.parametrize(
    "name, p, q",
    [
        ("norm", (0, 1), (1, 2)),
        ("gamma", (2, 0, 1), (3, 0, 0.7)),
        ("beta", (2, 3), (1.5, 4)),
        ("weibull_min", (1.5,), (0.9,)),
        ("t", (4,), (7, 0.5, 2)),
        ("logistic", (0, 1), (1, 3)),
        ("lognorm", (0.5,), (0.7, 0, 2)),
        ("chi2", (3,), (5,)),
    ],
)
def test_divergence_equals_its_integral(name, p, q):
    from scipy import integrate

    first, second = getattr(ss, name)(*p), getattr(ss, name)(*q)
    integrand = lambda u: first.logpdf(first.ppf(u)) - second.logpdf(first.ppf(u))
    expected = integrate.quad(integrand, 0, 0.5, limit=200)[0] + integrate.quad(integrand, 0.5, 1, limit=200)[0]
    ours = getattr(stats, name)
    assert ours(*p).kl_divergence(ours(*q)) == pytest.approx(expected, rel=1e-6)
    assert ours.kl_divergence(p, q) == ours(*p).kl_divergence(ours(*q))
    assert ours(*p).kl_divergence(ours(*p)) == 0


def test_divergence_between_discrete_members():
    k = np.arange(200)
    for name, p, q in [
        ("poisson", (3,), (4.5,)),
        ("binom", (10, 0.3), (10, 0.4)),
        ("geom", (0.3,), (0.2,)),
        ("nbinom", (3, 0.4), (4, 0.5)),
    ]:
        a, b = getattr(ss, name)(*p), getattr(ss, name)(*q)
        mass = a.pmf(k)
        expected = np.sum(mass[mass > 0] * (a.logpmf(k) - b.logpmf(k))[mass > 0])
        assert getattr(stats, name).kl_divergence(p, q) == pytest.approx(expected, rel=1e-9)
    assert stats.uniform().kl_divergence(stats.uniform(0.5)) == np.inf
    with pytest.raises(TypeError, match="other"):
        stats.norm().kl_divergence(stats.t(3))


def test_frozen():
    frozen = stats.gamma(2.0, scale=3)
    assert frozen.args == (2.0, 0.0, 3) and "scale=3" in repr(frozen)
    assert frozen.cdf(4.0) == stats.gamma.cdf(4.0, 2.0, scale=3) == pytest.approx(ss.gamma(2.0, scale=3).cdf(4.0))
    assert stats.gamma.shapes == "a" and stats.norm.shapes is None and stats.beta.numargs == 2
    with pytest.raises(ValueError, match="a: -2"):
        stats.gamma(-2)


A = rng.normal(size=(4, 4))
COVARIANCE = A @ A.T + np.eye(4)
MEAN = np.array([1.0, -1, 0.5, 2])


class TestMultivariateNormal:
    ours, theirs = stats.multivariate_normal, ss.multivariate_normal

    def test_density(self):
        x = rng.normal(size=(6, 5, 4))
        np.testing.assert_allclose(
            self.ours.logpdf(x, MEAN, COVARIANCE), self.theirs.logpdf(x, MEAN, COVARIANCE), rtol=1e-12
        )
        np.testing.assert_allclose(self.ours(MEAN, COVARIANCE).pdf(x), self.theirs(MEAN, COVARIANCE).pdf(x), rtol=1e-11)
        assert self.ours.pdf(0.3) == pytest.approx(ss.norm.pdf(0.3))
        np.testing.assert_allclose(self.ours.pdf([0.1, 0.2], 0, 4), self.theirs.pdf([0.1, 0.2], 0, 4))
        np.testing.assert_allclose(
            self.ours.pdf([[0.1, 0.2]], [0, 0], [1, 4]), self.theirs.pdf([[0.1, 0.2]], [0, 0], [1, 4])
        )

    def test_singular(self):
        flat = np.outer([1, 2, 3], [1, 2, 3.0])
        points = np.array([[1, 2, 3.0], [1, 2, 4]])
        np.testing.assert_allclose(
            self.ours.logpdf(points, None, flat, allow_singular=True),
            self.theirs.logpdf(points, None, flat, allow_singular=True),
        )
        with pytest.raises(ValueError, match="singular"):
            self.ours.logpdf(points, None, flat)

    def test_entropy_and_divergence(self):
        assert self.ours.entropy(MEAN, COVARIANCE) == pytest.approx(self.theirs.entropy(MEAN, COVARIANCE))
        p, q = self.ours(MEAN, COVARIANCE), self.ours(MEAN + 0.3, 1.4 * COVARIANCE + np.eye(4))
        inverse = np.linalg.inv(q.cov)
        expected = 0.5 * (
            np.trace(inverse @ p.cov)
            + (p.mean - q.mean) @ inverse @ (p.mean - q.mean)
            - 4
            + np.linalg.slogdet(q.cov)[1]
            - np.linalg.slogdet(p.cov)[1]
        )
        assert p.kl_divergence(q) == pytest.approx(expected, rel=1e-11)
        assert p.kl_divergence(p) == pytest.approx(0, abs=1e-13)
        assert self.ours([1.0], [[4.0]]).kl_divergence(self.ours([0.0], [[1.0]])) == pytest.approx(
            stats.norm(1, 2).kl_divergence(stats.norm(0, 1))
        )

    def test_variates_and_fit(self):
        x = self.ours.rvs(MEAN, COVARIANCE, size=20_000, random_state=5)
        np.testing.assert_array_equal(x, self.ours(MEAN, COVARIANCE, seed=5).rvs(20_000))
        mean, cov = self.ours.fit(x)
        expected = self.theirs.fit(x)
        np.testing.assert_allclose(mean, expected[0], rtol=1e-12)
        np.testing.assert_allclose(cov, expected[1], rtol=1e-11)
        np.testing.assert_allclose(mean, MEAN, atol=0.15)
        np.testing.assert_allclose(cov, COVARIANCE, atol=0.05 * np.abs(COVARIANCE).max())
        np.testing.assert_allclose(self.ours.fit(x, fix_mean=MEAN)[1], self.theirs.fit(x, fix_mean=MEAN)[1], rtol=1e-11)
        assert self.ours.rvs(MEAN, COVARIANCE, random_state=1).shape == (4,)
        assert self.ours.rvs(size=(2, 3), random_state=1).shape == (2, 3)

    def test_probability(self):
        two = np.array([[2.0, -1.2], [-1.2, 1.5]])
        for x in ([0.3, -0.4], [2, 3], [-1, -5], [np.inf, 0.2]):
            expected = self.theirs.cdf(x, [0, 0], two, abseps=1e-13, releps=1e-13)
            assert self.ours.cdf(x, [0, 0], two) == pytest.approx(expected, abs=1e-12)
        for r in (0.999, -0.999, 0.5):
            assert self.ours.cdf([0, 0], None, [[1, r], [r, 1]]) == pytest.approx(
                0.25 + np.arcsin(r) / 2 / np.pi, abs=1e-14
            )
        x = np.array([[1.5, 0, 1, 3], [0, -1, 0, 1]])
        np.testing.assert_allclose(self.ours.cdf(x, MEAN, COVARIANCE), self.theirs.cdf(x, MEAN, COVARIANCE), atol=5e-5)
        lower = [-1, -3, -1, 0]
        expected = self.theirs.cdf(x[0], MEAN, COVARIANCE, lower_limit=lower)
        assert self.ours.cdf(x[0], MEAN, COVARIANCE, lower_limit=lower) == pytest.approx(expected, abs=5e-5)
        # Orthant of five equicorrelated variables with r = 1/2: 1/6.
        assert self.ours.cdf(np.zeros(5), None, 0.5 * (np.eye(5) + 1)) == pytest.approx(1 / 6, abs=2e-5)

    def test_marginal_and_conditional(self):
        d = self.ours(MEAN, COVARIANCE)
        part = d.marginal([2, 0])
        np.testing.assert_array_equal(part.mean, MEAN[[2, 0]])
        np.testing.assert_array_equal(part.cov, COVARIANCE[np.ix_([2, 0], [2, 0])])
        given = d.conditional([1, 3], [0.2, 1.0])
        x = rng.normal(size=2)
        point = np.array([x[0], 0.2, x[1], 1.0])
        # The joint density is that of the known variables times the conditional one.
        joint = d.logpdf(point)
        assert joint == pytest.approx(d.marginal([1, 3]).logpdf([0.2, 1.0]) + given.logpdf(x), rel=1e-11)

    @pytest.mark.parametrize(
        "call, message",
        [
            (lambda d: d.pdf([0, 0], [0, 0], [[1, 2], [2, 1]]), "positive semi-definite"),
            (lambda d: d.pdf([0, 0], [0, 0], [[1, 0.5], [0.1, 1]]), "not symmetric"),
            (lambda d: d.pdf([0, 0], [0, 0, 0], np.eye(2)), "mean"),
            (lambda d: d.pdf([0, 0, 0], [0, 0], np.eye(2)), "shape"),
            (lambda d: d([0, np.nan], np.eye(2)), "mean"),
            (lambda d: d([0, 0], np.eye(2)).marginal([2]), "variables"),
            (lambda d: d([0, 0], np.eye(2)).conditional([0, 1], [0, 0]), "none is left"),
            (lambda d: d.rvs([0, 0], np.eye(2), size=-3), "size"),
        ],
    )
    def test_bad_input(self, call, message):
        with pytest.raises(ValueError, match=message):
            call(self.ours)


def test_results_can_be_pickled():
    result = stats.ttest_ind([1.0, 2, 3], [2.0, 4, 7])
    assert pickle.loads(pickle.dumps(result)).pvalue == result.pvalue
