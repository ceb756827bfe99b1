"""Dense linear algebra under numpy.linalg's names: the same bits for any number of threads.

Matrices are float32 or float64 in any strides; integers count as float64. NaN and infinity raise ValueError except in
products; a singular matrix where none may be raises :class:`apus.exceptions.NumericalError` or ArithmeticError.
"""

from __future__ import annotations

from ctypes import byref, c_double, c_int64
from typing import NamedTuple

import numpy as np

from ._arrays import new_handle, numbers, owned, view
from ._library import lib

__all__ = [
    "cholesky", "cond", "det", "eigh", "eigvalsh", "lstsq", "matmul", "matrix_rank", "pinv", "qr", "slogdet", "solve", "svd",
    "svdvals",
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
