"""apus.linalg against numpy.linalg and the defining equations."""

import numpy as np
import pytest

import apus
from apus import linalg


@pytest.fixture(params=[np.float64, np.float32])
def matrix(request):
    return np.random.default_rng(0).standard_normal((9, 5)).astype(request.param)


def close(a, b, scale=50):
    dtype = np.result_type(a, b)
    np.testing.assert_allclose(a, b, atol=scale * np.finfo(dtype).eps * max(1.0, np.abs(b).max()), rtol=0)


def test_factorisations_give_the_matrix_back(matrix):
    u, s, vh = linalg.svd(matrix, full_matrices=False)
    close((u * s) @ vh, matrix)
    close(s, np.linalg.svd(matrix, compute_uv=False))
    assert linalg.svd(matrix).U.shape == (9, 9)
    q, r = linalg.qr(matrix)
    close(q @ r, matrix)
    close(q.T @ q, np.eye(5, dtype=matrix.dtype))
    gram = matrix.T @ matrix
    lower = linalg.cholesky(gram)
    close(lower @ lower.T, gram, 200)
    values, vectors = linalg.eigh(gram)
    close((vectors * values) @ vectors.T, gram, 200)
    close(linalg.eigvalsh(gram, largest=2), values[-2:], 200)


def test_solvers(matrix):
    square = matrix[:5]
    b = np.arange(5, dtype=matrix.dtype)
    close(square @ linalg.solve(square, b), b, 1000)
    x, residuals, rank, values = linalg.lstsq(matrix, np.arange(9, dtype=matrix.dtype))
    expected = np.linalg.lstsq(matrix.astype(float), np.arange(9.0), rcond=None)
    np.testing.assert_allclose(x, expected[0], rtol=1e-4)
    np.testing.assert_allclose(residuals, expected[1], rtol=1e-4)
    assert rank == 5 and len(values) == 5
    np.testing.assert_allclose(linalg.pinv(matrix), np.linalg.pinv(matrix.astype(float)), atol=1e-5)


def test_numbers_of_a_matrix():
    a = np.array([[2.0, 1.0], [1.0, 3.0]])
    assert linalg.det(a) == pytest.approx(5, rel=1e-15)
    sign, logarithm = linalg.slogdet(-a[:, ::-1])
    assert sign == -1 or sign == 1
    assert logarithm == pytest.approx(np.log(5), rel=1e-15)
    assert linalg.matrix_rank(np.ones((4, 3))) == 1
    assert linalg.cond(np.diag([1.0, 4.0])) == pytest.approx(4, rel=1e-15)
    assert linalg.matmul([1, 2], [3, 4]) == 11


def test_views_and_threads_do_not_change_a_bit():
    a = np.random.default_rng(1).standard_normal((300, 200))
    results = []
    for threads in (1, 2, 3, 8):
        apus.set_num_threads(threads)
        results.append((linalg.matmul(a.T, a), linalg.svdvals(a)))
    apus.set_num_threads(2)
    for product, values in results[1:]:
        assert np.array_equal(product, results[0][0]) and np.array_equal(values, results[0][1])
    close(linalg.matmul(a[::-2, ::3], a[:67, :]), a[::-2, ::3] @ a[:67, :], 500)


def test_bad_input():
    with pytest.raises(ValueError, match="NaN"):
        linalg.svd([[1.0, float("nan")], [0.0, 1.0]])
    with pytest.raises(ValueError, match="square"):
        linalg.cholesky(np.ones((2, 3)))
    with pytest.raises(ArithmeticError):
        linalg.solve(np.zeros((2, 2)), np.ones(2))
    with pytest.raises(ArithmeticError):
        linalg.cholesky([[1.0, 2.0], [2.0, 1.0]])
    with pytest.raises(ValueError, match="b"):
        linalg.solve(np.eye(2), np.ones(3))
