"""Arrays between numpy and the library, without copies wherever their memory allows it.

Input becomes an ``apus_view`` (or an ``apus_csr``) of the caller's own memory, whatever its strides; results become
numpy arrays of the library's memory, which is freed with the last reference.
"""

from __future__ import annotations

from ctypes import POINTER, byref, c_int64

import numpy as np

from . import _signatures as c
from ._library import lib

_DTYPES = {
    c.APUS_FLOAT32: np.dtype(np.float32),
    c.APUS_FLOAT64: np.dtype(np.float64),
    c.APUS_INT32: np.dtype(np.int32),
    c.APUS_INT64: np.dtype(np.int64),
    c.APUS_UINT8: np.dtype(np.uint8),
    c.APUS_BOOL: np.dtype(np.bool_),
}

#: Element types the library reads as they are; a dtype of the other byte order is not among the keys.
CODES = {dtype: code for code, dtype in _DTYPES.items()}

#: Other numeric types and the type that holds all their values.
_WIDENED = {
    "float16": np.float64,
    "longdouble": np.float64,
    "int8": np.int32,
    "int16": np.int32,
    "uint16": np.int32,
    "uint32": np.int64,
}

_EXTENTS = [c_int64 * rank for rank in range(c.APUS_MAX_DIMENSIONS + 1)]

_ndarray = np.ndarray


def view(array: np.ndarray) -> c.apus_view:
    """Describes `array`, whose dtype is a key of :data:`CODES`. The caller keeps `array` while the view is used."""
    rank = array.ndim
    if rank > c.APUS_MAX_DIMENSIONS:
        raise ValueError(f"array: has {rank} dimensions, allowed are up to {c.APUS_MAX_DIMENSIONS}")
    extents = _EXTENTS[rank]
    return c.apus_view(
        array.__array_interface__["data"][0],
        CODES[array.dtype],
        rank,
        extents(*array.shape),
        None if array.flags.c_contiguous else extents(*array.strides),
    )


def numbers(data, name: str) -> np.ndarray:
    """`data` as an array of a dtype the library reads; `data` itself if it is one already.

    Raises ValueError for complex numbers, strings and objects that are no numbers, TypeError for dates and structures.
    """
    if type(data) is _ndarray and data.dtype in CODES:
        return data
    array = _as_array(data, name)
    dtype = array.dtype
    if dtype in CODES:
        return array
    kind = dtype.kind
    if kind == "c":
        raise ValueError(f"{name}: Complex data not supported; dtype is {dtype}, real numbers are allowed")
    if kind in "USTa":
        raise ValueError(
            f"{name}: dtype {dtype} is not compatible with numbers. Convert your data from strings to numeric values "
            "explicitly instead."
        )
    if kind == "O":
        return _from_objects(data, array, name)
    if kind not in "fiu":
        raise TypeError(f"{name}: dtype is {dtype}, real numbers are allowed")
    if not dtype.isnative:
        return numbers(array.astype(dtype.newbyteorder("=")), name)
    if dtype == np.uint64:
        fits = array.size == 0 or int(array.max()) <= np.iinfo(np.int64).max
        return array.astype(np.int64 if fits else np.float64)
    return array.astype(_WIDENED.get("longdouble" if dtype == np.longdouble else dtype.name, np.float64))


def is_sparse(data) -> bool:
    """Whether `data` is a matrix or array of scipy.sparse (which is not imported for it)."""
    return type(data).__module__.startswith("scipy.sparse") and hasattr(data, "tocsr")


def _as_array(data, name: str) -> np.ndarray:
    if is_sparse(data):
        raise TypeError(f"{name}: sparse data was passed, dense data is required; convert it with toarray()")
    if isinstance(data, np.matrix):
        raise TypeError("np.matrix is not supported. Please convert to a numpy array with np.asarray.")
    if isinstance(data, np.ma.MaskedArray) and np.ma.is_masked(data):
        raise ValueError(f"{name}: has masked elements; fill them, or use NaN where missing values are supported")
    try:
        return np.asarray(data)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def _from_objects(data, array: np.ndarray, name: str) -> np.ndarray:
    """Numbers out of an array of Python objects, or of a data frame whose columns have several types."""
    if hasattr(data, "to_numpy") and hasattr(data, "iloc"):
        return numbers(data.to_numpy(dtype=np.float64, na_value=np.nan), name)
    if any(isinstance(element, complex) for element in array.flat):
        raise ValueError(f"{name}: Complex data not supported; contains complex objects, real numbers are allowed")
    try:
        return array.astype(np.float64)
    except (ValueError, TypeError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"{name}: contains objects that are not numbers: {error}") from None


class Input:
    """Features as the library takes them: a dense view, or a sparse matrix in compressed row form."""

    __slots__ = ("_kept", "columns", "dtype", "is_sparse", "names", "pointer", "rows")

    def __init__(self, data, name: str = "X"):
        if type(data) is _ndarray and data.dtype in CODES:
            self.names = None
            self._set_dense(data)
        elif is_sparse(data):
            self.names = None
            self._set_sparse(data, name)
        else:
            self.names = feature_names(data)
            self._set_dense(numbers(data, name))

    @property
    def elements(self) -> int:
        """Rows times columns."""
        return self.rows * self.columns

    def _set_dense(self, array: np.ndarray) -> None:
        self.is_sparse = False
        self.dtype = array.dtype
        shape = array.shape
        self.rows = shape[0] if shape else 0
        self.columns = shape[1] if len(shape) > 1 else 0
        description = view(array)
        self.pointer = byref(description)
        self._kept = array

    def _set_sparse(self, matrix, name: str) -> None:
        if matrix.ndim != 2:
            raise ValueError(f"{name}: expected a 2D array, got a {matrix.ndim}D sparse array")
        matrix = matrix.tocsr()
        values = numbers(matrix.data, f"{name}.data")
        if values.dtype not in (np.float32, np.float64):
            values = values.astype(np.float64)
        indptr, indices = matrix.indptr, matrix.indices
        if indptr.dtype != indices.dtype or indptr.dtype not in (np.int32, np.int64):
            indptr, indices = indptr.astype(np.int64), indices.astype(np.int64)
        indptr, indices, values = (np.ascontiguousarray(part) for part in (indptr, indices, values))
        self.is_sparse = True
        self.dtype = values.dtype
        self.rows, self.columns = matrix.shape
        description = c.apus_csr(
            self.rows,
            self.columns,
            len(values),
            indptr.ctypes.data,
            indices.ctypes.data,
            values.ctypes.data,
            CODES[indptr.dtype],
            CODES[values.dtype],
        )
        self.pointer = byref(description)
        self._kept = (indptr, indices, values)


def feature_names(data) -> np.ndarray | None:
    """Column names of a data frame (pandas, polars, ...); None when there are none or they are no strings."""
    columns = getattr(data, "columns", None)
    if columns is None or isinstance(data, _ndarray):
        return None
    names = np.array(list(columns), dtype=object)
    if names.ndim != 1 or names.size == 0:
        return None
    types = {type(name) for name in names}
    if types == {str}:
        return names
    if str in types:
        listed = sorted(kind.__qualname__ for kind in types)
        raise TypeError(
            f"X: feature names of types {listed}; names are used only if all of them are strings. Convert them, for "
            "example with X.columns = X.columns.astype(str)"
        )
    return None


class _Owner:
    """Memory of an ``apus_array`` for numpy, freed with the last array that uses it."""

    __slots__ = ("__array_interface__", "_free", "_pointer")

    def __init__(self, pointer, writable: bool):
        self._pointer, self._free = pointer, lib.apus_array_free
        described = c.apus_view()
        lib.apus_array_view(byref(described), pointer)
        rank = described.ndim
        shape = tuple(described.shape[:rank])
        self.__array_interface__ = {
            "data": (described.data or 0, not writable),
            "shape": shape,
            "strides": tuple(described.strides[:rank]) if 0 not in shape else None,
            "typestr": _DTYPES[described.dtype].str,
            "version": 3,
        }

    def __del__(self):
        self._free(self._pointer)


def new_handle() -> POINTER(c.apus_array):
    """An out-parameter for an ``apus_array``."""
    return POINTER(c.apus_array)()


def owned(pointer, writable: bool = True) -> np.ndarray:
    """The numpy array of an ``apus_array``, which it owns from now on."""
    return np.asarray(_Owner(pointer, writable))


def library_array(data, name: str) -> POINTER(c.apus_array):
    """`data` copied into a new ``apus_array``, which the caller frees."""
    array = numbers(data, name)
    pointer = new_handle()
    lib.apus_array_create(byref(pointer), byref(view(array)))
    return pointer
