"""Dense linear algebra under numpy.linalg's names: the same bits for any number of threads.

Matrices are float32 or float64 in any strides; integers count as float64. NaN and infinity raise ValueError except in
products; a singular matrix where none may be raises :class:`apus.exceptions.NumericalError` or ArithmeticError.
"""

from __future__ import annotations

from ctypes import byref, c_double, c_int64
from typing import NamedTuple

import numpy as np

from . import _signatures as c
from . import exceptions
from ._arrays import Input, is_sparse, new_handle, numbers, owned, view
from ._calls import collected_warnings, show_warnings
from ._library import lib
from ._parameters import seed

__all__ = [
    "cholesky", "cond", "det", "eigh", "eigvalsh", "low_rank_errors", "lstsq", "matmul", "matrix_rank", "pinv", "polar", "qr",
    "randomized_svd", "slogdet", "solve", "svd", "svds", "svdvals",
]  # fmt: skip


class QRResult(NamedTuple):
    Q: np.ndarray
    R: np.ndarray


class SVDResult(NamedTuple):
    U: np.ndarray
    S: np.ndarray
    Vh: np.ndarray


class EighResult(NamedTuple):
    eigenvalues: np.ndarray
    eigenvectors: np.ndarray


class SlogdetResult(NamedTuple):
    sign: float
    logabsdet: float


def _view(data, name):
    """A view that keeps the array it describes alive."""
    array = numbers(data, name)
    described = view(array)
    described.owner = array
    return described


def _rcond(value):
    return -1.0 if value is None else float(value)


def _one(function, *arguments):
    out = new_handle()
    function(byref(out), *arguments)
    return owned(out)


def matmul(a, b):
    """The product of two matrices, a matrix and a vector, or two vectors."""
    return _one(lib.apus_linalg_matmul, byref(_view(a, "a")), byref(_view(b, "b")))


def cholesky(a):
    """The lower triangle L with a = L @ L.T."""
    return _one(lib.apus_linalg_cholesky, byref(_view(a, "a")))


def qr(a):
    """a = Q @ R with min(m, n) columns in Q; the diagonal of R is not negative."""
    q, r = new_handle(), new_handle()
    lib.apus_linalg_qr(byref(q), byref(r), None, byref(_view(a, "a")))
    return QRResult(owned(q), owned(r))


def svd(a, full_matrices=True, compute_uv=True):
    """a = U @ diag(S) @ Vh, with S descending."""
    s = new_handle()
    if not compute_uv:
        lib.apus_linalg_svd(None, byref(s), None, byref(_view(a, "a")), 0)
        return owned(s)
    u, vt = new_handle(), new_handle()
    lib.apus_linalg_svd(byref(u), byref(s), byref(vt), byref(_view(a, "a")), int(bool(full_matrices)))
    return SVDResult(owned(u), owned(s), owned(vt))


def svdvals(a):
    """The singular values, descending."""
    return svd(a, compute_uv=False)


def eigh(a, *, largest=None):
    """Eigenvalues, ascending, and eigenvectors of a symmetric matrix; with `largest` only that many of the largest."""
    values, vectors = new_handle(), new_handle()
    lib.apus_linalg_eigh(byref(values), byref(vectors), byref(_view(a, "a")), largest or 0)
    return EighResult(owned(values), owned(vectors))


def eigvalsh(a, *, largest=None):
    """The eigenvalues of a symmetric matrix, ascending."""
    return _one(lib.apus_linalg_eigh, None, byref(_view(a, "a")), largest or 0)


def solve(a, b):
    """x with a @ x = b."""
    return _one(lib.apus_linalg_solve, byref(_view(a, "a")), byref(_view(b, "b")))


def lstsq(a, b, rcond=None):
    """The least-squares solution of least norm: (x, residuals, rank, singular values) as in numpy.

    As there, `residuals` is empty unless a has full column rank and more rows than columns.
    """
    a, b = numbers(a, "a"), numbers(b, "b")
    x, values, rank = new_handle(), new_handle(), c_int64()
    lib.apus_linalg_lstsq(byref(x), byref(rank), byref(values), byref(view(a)), byref(view(b)), _rcond(rcond))
    x, values = owned(x), owned(values)
    residuals = np.empty(0, x.dtype)
    if rank.value == a.shape[1] < a.shape[0]:
        residuals = np.atleast_1d(((b - matmul(a, x)) ** 2).sum(axis=0))
    return x, residuals, rank.value, values


def pinv(a, rcond=None):
    """The Moore-Penrose pseudo-inverse."""
    return _one(lib.apus_linalg_pinv, byref(_view(a, "a")), _rcond(rcond))


def matrix_rank(a, rtol=None):
    """The number of singular values above `rtol` times the largest."""
    out = c_int64()
    lib.apus_linalg_rank(byref(out), byref(_view(a, "a")), _rcond(rtol))
    return out.value


def cond(a):
    """The ratio of the largest to the smallest singular value."""
    out = c_double()
    lib.apus_linalg_cond(byref(out), byref(_view(a, "a")))
    return out.value


def det(a):
    """The determinant of a square matrix."""
    out = c_double()
    lib.apus_linalg_det(byref(out), byref(_view(a, "a")))
    return out.value


def slogdet(a):
    """Sign and logarithm of the magnitude of the determinant."""
    sign, logarithm = c_double(), c_double()
    lib.apus_linalg_slogdet(byref(sign), byref(logarithm), byref(_view(a, "a")))
    return SlogdetResult(sign.value, logarithm.value)


class RandomizedSVDResult(SVDResult):
    """The factors; `error` is an upper bound of the spectral norm of a - U @ diag(S) @ Vh, with probability 1 - 1e-10."""

    error: float


def _seed(random_state) -> int:
    value = seed(random_state)
    return 0 if value is None else int(value)


def randomized_svd(M, n_components, *, n_oversamples=10, n_iter="auto", random_state=None):
    """The largest singular triplets by randomised subspace iteration (Halko, Martinsson & Tropp 2011): U, S, Vh.

    `n_iter` power iterations; "auto" is 7 for fewer than a tenth of the singular values, else 4. The result has the
    attribute `error`. The largest element of every row of Vh is positive.
    """
    array = numbers(M, "M")
    if n_iter == "auto":
        n_iter = 7 if array.ndim == 2 and n_components < 0.1 * min(array.shape) else 4
    u, s, vt, error = new_handle(), new_handle(), new_handle(), c_double()
    lib.apus_linalg_randomized_svd(
        byref(u), byref(s), byref(vt), byref(error), byref(view(array)), int(n_components), int(n_oversamples), int(n_iter),
        _seed(random_state),
    )  # fmt: skip
    result = RandomizedSVDResult(owned(u), owned(s), owned(vt))
    result.error = error.value
    return result


def svds(A, k=6, *, tol=0.0, random_state=None):
    """The k largest singular triplets by block Lanczos: U, S, Vh with S descending.

    `A` is an array, a sparse matrix, which is never made dense, or an object with `shape`, `matmat` and `rmatmat` (or
    `matvec` and `rmatvec`) such as scipy.sparse.linalg.LinearOperator. Singular values that did not meet the tolerance
    leave a ConvergenceWarning.
    """
    u, s, vt = new_handle(), new_handle(), new_handle()
    outputs, options = (byref(u), byref(s), byref(vt)), (int(k), float(tol), _seed(random_state))
    if hasattr(A, "matvec") or hasattr(A, "matmat"):
        _operator_svds(A, outputs, options)
    elif is_sparse(A):
        features = Input(A, "A")
        lib.apus_linalg_svds_csr(*outputs, features.pointer, *options)
    else:
        lib.apus_linalg_svds(*outputs, byref(_view(A, "A")), *options)
    if lib.apus_warning_count():
        show_warnings(collected_warnings())
    return SVDResult(owned(u), owned(s), owned(vt))


def _operator_svds(operator, outputs, options) -> None:
    rows, columns = operator.shape
    raised = []

    def block(name, single, vectors):
        if hasattr(operator, name):
            return getattr(operator, name)(vectors)
        return np.stack([np.ravel(getattr(operator, single)(v)) for v in vectors.T], axis=1)

    def product(_context, adjoint, source, target, status):
        try:
            vectors, products = _described(source), _described(target)
            products[...] = block("rmatmat", "rmatvec", vectors) if adjoint else block("matmat", "matvec", vectors)
            status[0] = c.APUS_OK
        except BaseException as error:
            raised.append(error)
            status[0] = c.APUS_CANCELLED

    try:
        lib.apus_linalg_svds_operator(*outputs, rows, columns, c.apus_operator_callback(product), None, *options)
    except exceptions.CancelledError:
        if raised:
            raise raised[0] from None
        raise


def _described(pointer):
    """The row-major float64 array that an ``apus_view`` describes, valid during the callback."""
    described = pointer[0]
    shape = tuple(described.shape[: described.ndim])
    elements = (c_double * int(np.prod(shape))).from_address(described.data)
    return np.frombuffer(elements, np.float64).reshape(shape)


def low_rank_errors(a, norm="fro"):
    """Errors of the best approximations of rank 0, 1, ..., min(a.shape), in the Frobenius norm or, with norm=2, the spectral."""
    if norm not in ("fro", 2):
        raise ValueError(f"norm: {norm!r} is not 'fro' or 2")
    return _one(lib.apus_linalg_low_rank_errors, byref(_view(a, "a")), int(norm == 2))


def polar(a):
    """a = U @ P with orthonormal columns in U (rows where a is wide) and P positive semi-definite, as scipy.linalg.polar."""
    unitary, positive = new_handle(), new_handle()
    lib.apus_linalg_polar(byref(unitary), byref(positive), byref(_view(a, "a")))
    return owned(unitary), owned(positive)
