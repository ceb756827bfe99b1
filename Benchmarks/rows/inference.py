"""Regression with inference against statsmodels."""

import numpy as np
from harness import Case, Row


def _features(rows, columns):
    generator = np.random.default_rng(0)
    return generator, generator.standard_normal((rows, columns))


def _close(ours, peer, tolerance):
    estimates = np.max(np.abs(ours.params_ - peer.params) / peer.bse)
    errors = np.max(np.abs(ours.bse_ / peer.bse - 1))
    likelihood = abs(ours.llf_ / peer.llf - 1)
    assert max(estimates, errors, likelihood) < tolerance, (estimates, errors, likelihood)
    return f"estimates {estimates:.0e} standard errors apart, standard errors {errors:.0e}"


def _least_squares(cov_type):
    def setup():
        import statsmodels.api as sm

        from apus.linear_model import LinearRegression

        generator, x = _features(100_000, 50)
        y = x @ generator.standard_normal(50) + generator.standard_normal(100_000) + 3
        exog = sm.add_constant(x)

        def peer():
            result = sm.OLS(y, exog).fit(cov_type=cov_type)
            _ = result.bse, result.pvalues, result.llf, result.fvalue
            return result

        def ours():
            model = LinearRegression(inference=True, cov_type=cov_type).fit(x, y)
            _ = model.bse_, model.pvalues_, model.llf_, model.fvalue_
            return model

        return Case(ours, peer, lambda a, b: _close(a, b, 1e-8))

    return setup


def _generalised(family):
    def setup():
        import statsmodels.api as sm

        from apus.linear_model import GLM

        generator, x = _features(100_000, 20)
        eta = 0.3 + x @ generator.standard_normal(20) / 10
        if family == "poisson":
            y, peer_family = generator.poisson(np.exp(eta)), sm.families.Poisson()
        else:
            y, peer_family = generator.gamma(2.0, np.exp(eta) / 2), sm.families.Gamma(sm.families.links.Log())
        exog = sm.add_constant(x)

        def peer():
            result = sm.GLM(y, exog, family=peer_family).fit(tol=1e-10)
            _ = result.bse, result.pvalues, result.llf
            return result

        def ours():
            model = GLM(family=family, link="log").fit(x, y)
            _ = model.bse_, model.pvalues_, model.llf_
            return model

        return Case(ours, peer, lambda a, b: _close(a, b, 1e-6))

    return setup


def _logit():
    import statsmodels.api as sm

    from apus.linear_model import LogisticRegression

    generator, x = _features(100_000, 20)
    y = (generator.uniform(size=100_000) < 1 / (1 + np.exp(-x @ generator.standard_normal(20) / 3))).astype(int)
    exog = sm.add_constant(x)

    def peer():
        result = sm.Logit(y, exog).fit(disp=0)
        _ = result.bse, result.pvalues, result.llf
        return result

    def ours():
        model = LogisticRegression(penalty=None, inference=True).fit(x, y)
        _ = model.bse_, model.pvalues_, model.llf_
        return model

    return Case(ours, peer, lambda a, b: _close(a, b, 1e-6))


def rows():
    return [
        Row("OLS with inference 100,000 × 50", "statsmodels OLS", 2, _least_squares("nonrobust")),
        Row("OLS with HC3 100,000 × 50", "statsmodels OLS, cov_type HC3", 2, _least_squares("HC3")),
        Row("Poisson GLM 100,000 × 20", "statsmodels GLM", 2, _generalised("poisson")),
        Row("Gamma GLM, log link, 100,000 × 20", "statsmodels GLM", 2, _generalised("gamma")),
        Row("Logit with inference 100,000 × 20", "statsmodels Logit", 2, _logit),
    ]
