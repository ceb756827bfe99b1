"""Least squares and ridge against scikit-learn."""

import numpy as np
from harness import Case, Row


def _data(rows, columns, dtype=np.float64, seed=0):
    generator = np.random.default_rng(seed)
    x = generator.standard_normal((rows, columns)).astype(dtype)
    y = (x @ generator.standard_normal(columns) + generator.standard_normal(rows) + 3).astype(dtype)
    return x, y


def _least_squares(rows, columns):
    def setup():
        from sklearn.linear_model import LinearRegression as Peer

        from apus.linear_model import LinearRegression

        x, y = _data(rows, columns)
        q, r = np.linalg.qr(np.column_stack([np.ones(rows), x]))
        reference = np.linalg.solve(r, q.T @ y)

        def check(ours, peer):
            error = np.max(np.abs(np.append(ours.intercept_, ours.coef_) - reference)) / np.max(np.abs(reference))
            other = np.max(np.abs(np.append(peer.intercept_, peer.coef_) - reference)) / np.max(np.abs(reference))
            assert error < 1e-9, error
            return f"against QR: {error:.1e}, peer {other:.1e}"

        return Case(lambda: LinearRegression().fit(x, y), lambda: Peer().fit(x, y), check)

    return setup


def _ridge():
    from sklearn.linear_model import Ridge as Peer

    from apus.linear_model import Ridge

    x, y = _data(200_000, 200, np.float32)

    def check(ours, peer):
        exact = Peer(alpha=1.0, solver="cholesky").fit(x.astype(np.float64), y.astype(np.float64))
        scale = np.max(np.abs(exact.coef_))
        error = np.max(np.abs(ours.coef_ - exact.coef_)) / scale
        other = np.max(np.abs(peer.coef_ - exact.coef_)) / scale
        assert error <= max(2 * other, 1e-6), (error, other)
        return f"against float64: {error:.1e}, peer {other:.1e}"

    return Case(lambda: Ridge(alpha=1.0).fit(x, y), lambda: Peer(alpha=1.0, solver="cholesky").fit(x, y), check)


def _predict_one():
    from sklearn.linear_model import LinearRegression as Peer

    from apus.linear_model import LinearRegression

    x, y = _data(1000, 20)
    ours, peer = LinearRegression().fit(x, y), Peer().fit(x, y)
    row = x[:1]

    def check(a, b):
        assert abs(a[0] - b[0]) < 1e-9
        return "equal within 1e-9"

    return Case(lambda: ours.predict(row), lambda: peer.predict(row), check)


def rows():
    return [
        Row("OLS 100,000 × 100 float64", "scikit-learn LinearRegression", 30, _least_squares(100_000, 100)),
        Row("OLS 20,000 × 500 float64", "scikit-learn LinearRegression", 12, _least_squares(20_000, 500)),
        Row("Ridge 200,000 × 200 float32", 'scikit-learn Ridge(solver="cholesky")', 5, _ridge),
        Row("predict one row of 20, from Python", "scikit-learn LinearRegression", 1, _predict_one, repeat=1000),
    ]
