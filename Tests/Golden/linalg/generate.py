"""Golden values for dense linear algebra: ill-conditioned matrices whose answers are computed with 400 digits from the exact
values of the float64 entries, and rounded once.

mpmath 1.3.0, numpy 2.4.6. Run: python generate.py; writes linalg.json beside this file.
"""
import json
import math
import pathlib

import mpmath as mp
import numpy as np

mp.mp.dps = 400
rng = np.random.default_rng(20)


def hilbert(n):
    return np.array([[1.0 / (i + j + 1) for j in range(n)] for i in range(n)])


def kahan(n, theta=1.2):
    s, c = math.sin(theta), math.cos(theta)
    return np.array([[0.0 if j < i else s**i * (1.0 if i == j else -c) for j in range(n)] for i in range(n)])


def lauchli(n, epsilon):
    return np.vstack([np.ones(n), epsilon * np.eye(n)])


def vandermonde(m, n):
    return np.array([[(i / m) ** j for j in range(n)] for i in range(m)])


def exact(array):
    return mp.matrix(array.tolist())


def floats(values):
    return [float(v) for v in values]


def svd_values(A):
    return floats(sorted(mp.svd_r(A, compute_uv=False), reverse=True))


def least_squares(A, b):
    G = A.T * A
    return mp.lu_solve(G, A.T * b)


cases = []
for name, A in [
    ("hilbert-5", hilbert(5)),
    ("hilbert-8", hilbert(8)),
    ("hilbert-11", hilbert(11)),
    ("kahan-20", kahan(20)),
    ("wilkinson", np.diag(np.abs(np.arange(-6.0, 7.0))) + np.diag(np.ones(12), 1) + np.diag(np.ones(12), -1)),
    ("scaled-rows", np.round(rng.normal(size=(6, 6)), 3) * 10.0 ** np.array([[-150], [120], [0], [3], [-90], [60]])),
    ("random-9", np.round(rng.normal(size=(9, 9)), 4)),
]:
    M = exact(A)
    b = np.round(rng.normal(size=len(A)), 3)
    x = mp.lu_solve(M, exact(b.reshape(-1, 1)))
    det = mp.det(M)
    case = {
        "name": name,
        "rows": len(A),
        "columns": len(A),
        "a": A.ravel().tolist(),
        "b": b.tolist(),
        "solution": floats(x),
        "determinantSign": 1 if det > 0 else -1,
        "logDeterminant": float(mp.log(abs(det))),
        "singularValues": svd_values(M),
        "inverse": floats(mp.inverse(M)),
        "oneCondition": float(mp.mnorm(M, 1) * mp.mnorm(mp.inverse(M), 1)),
    }
    if (A == A.T).all():
        case["eigenvalues"] = floats(sorted(mp.eigsy(M, eigvals_only=True)))
    cases.append(case)

for name, A in [
    ("lauchli-5", lauchli(5, 1e-7)),
    ("lauchli-4-tiny", lauchli(4, 2.0**-40)),
    ("vandermonde-30x8", vandermonde(30, 8)),
    ("random-12x4", np.round(rng.normal(size=(12, 4)), 4)),
]:
    M = exact(A)
    b = np.round(rng.normal(size=len(A)), 3)
    B = exact(b.reshape(-1, 1))
    x = least_squares(M, B)
    residual = M * x - B
    cases.append({
        "name": name,
        "rows": A.shape[0],
        "columns": A.shape[1],
        "a": A.ravel().tolist(),
        "b": b.tolist(),
        "solution": floats(x),
        "residualSumOfSquares": float((residual.T * residual)[0]),
        "singularValues": svd_values(M),
        "pseudoInverse": floats(mp.inverse(M.T * M) * M.T),
    })

pathlib.Path(__file__).with_name("linalg.json").write_text(json.dumps(cases, indent=0) + "\n")
