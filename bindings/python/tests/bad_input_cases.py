"""The cases of `test_bad_inputs`, and the drivers that run them in a process of their own.

A case has the exceptions that are documented for it, "nothing" where the call must succeed, and a function that makes it
happen. A driver writes {"case": name} before and {"case": name, "raised": [names]} after each.
"""

from __future__ import annotations

import json
import os
import pickle
import tempfile
import warnings
from ctypes import POINTER, byref, c_int64, cast, create_string_buffer

import numpy as np
import scipy.sparse
from support import CLASSES, data_for, quick

import apus
from apus import _arrays
from apus import _signatures as c
from apus._library import lib
from apus._parameters import Handle
from numpy.lib.stride_tricks import as_strided


def changed(array: np.ndarray, value, row: int = 2, column: int = 1) -> np.ndarray:
    result = array.astype(np.result_type(array, type(value)) if not isinstance(value, (str, dict)) else object)
    result[row, column] = value
    return result


def huge(rows: int, columns: int, dtype=np.uint8) -> np.ndarray:
    """An array of enormous shape over one element."""
    return as_strided(np.zeros(1, dtype), shape=(rows, columns), strides=(0, 0))


class RaisesInArray:
    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("no array today")


class ReturnsNoArray:
    def __array__(self, dtype=None, copy=None):
        return "text"


#: name: (documented exceptions, call(estimator, fitted, x, y)); `fitted` was fitted on x and y.
ARRAY_CASES = {
    "valid": ("nothing", lambda e, f, x, y: (e.fit(x, y), use(f, x))),
    "0 rows": ("ValueError", lambda e, f, x, y: e.fit(x[:0], y[:0])),
    "0 features": ("ValueError", lambda e, f, x, y: e.fit(x[:, :0], y)),
    "0 rows and 0 features": ("ValueError", lambda e, f, x, y: e.fit(x[:0, :0], y[:0])),
    "0 rows later": ("ValueError", lambda e, f, x, y: use(f, x[:0])),
    "0 features later": ("ValueError", lambda e, f, x, y: use(f, x[:, :0])),
    "1-D": ("ValueError", lambda e, f, x, y: e.fit(x[:, 0], y)),
    "1-D later": ("ValueError", lambda e, f, x, y: use(f, x[0])),
    "3-D": ("ValueError", lambda e, f, x, y: e.fit(x[None], y)),
    "0-D": ("ValueError", lambda e, f, x, y: e.fit(3.0, y)),
    "33 dimensions": ("ValueError", lambda e, f, x, y: e.fit(np.zeros((1,) * 33), y)),
    "None": ("ValueError | TypeError", lambda e, f, x, y: e.fit(None, y)),
    "None later": ("ValueError | TypeError", lambda e, f, x, y: use(f, None)),
    "ragged list": ("ValueError", lambda e, f, x, y: e.fit([[1.0, 2.0], [3.0]], y[:2])),
    "empty list": ("ValueError", lambda e, f, x, y: e.fit([], [])),
    "text": ("ValueError", lambda e, f, x, y: e.fit("text", y)),
    "strings": ("ValueError", lambda e, f, x, y: e.fit(x.astype(str), y)),
    "bytes": ("ValueError", lambda e, f, x, y: e.fit(x.astype("S"), y)),
    "complex": ("ValueError", lambda e, f, x, y: e.fit(x + 1j, y)),
    "complex objects": ("ValueError", lambda e, f, x, y: e.fit(changed(x.astype(object), 1j), y)),
    "dict in objects": ("TypeError", lambda e, f, x, y: e.fit(changed(x, {}), y)),
    "word in objects": ("ValueError", lambda e, f, x, y: e.fit(changed(x, "word"), y)),
    "dates": ("TypeError", lambda e, f, x, y: e.fit(np.full(x.shape, np.datetime64("2020-01-01")), y)),
    "structured": ("TypeError", lambda e, f, x, y: e.fit(np.zeros(len(x), "f8,f8"), y)),
    "np.matrix": ("TypeError", lambda e, f, x, y: e.fit(np.matrix(x), y)),
    "masked": ("ValueError", lambda e, f, x, y: e.fit(np.ma.masked_greater(x, 0), y)),
    "generator": ("ValueError | TypeError", lambda e, f, x, y: e.fit((row for row in x), y)),
    "raises in __array__": ("RuntimeError", lambda e, f, x, y: e.fit(RaisesInArray(), y)),
    "no array from __array__": ("ValueError | TypeError", lambda e, f, x, y: e.fit(ReturnsNoArray(), y)),
    "infinity": ("ValueError", lambda e, f, x, y: e.fit(changed(x, np.inf), y)),
    "negative infinity later": ("ValueError", lambda e, f, x, y: use(f, changed(x, -np.inf))),
    "infinity in float32": ("ValueError", lambda e, f, x, y: e.fit(changed(x.astype(np.float32), np.float32("inf")), y)),
    "infinity in float16": ("ValueError", lambda e, f, x, y: e.fit(changed(x.astype(np.float16), np.float16("inf")), y)),
    "fewer features later": ("ValueError", lambda e, f, x, y: use(f, x[:, :2])),
    "more features later": ("ValueError", lambda e, f, x, y: use(f, np.hstack([x, x]))),
    "negative strides": ("nothing", lambda e, f, x, y: (e.fit(x[::-1, ::-1], y[::-1]), use(f, x[::-1, ::-1]))),
    "transposed": ("nothing", lambda e, f, x, y: e.fit(np.ascontiguousarray(x.T).T, y)),
    "zero strides": ("nothing", lambda e, f, x, y: use(f, as_strided(x, x.shape, (0, 0)))),
    "misaligned": ("nothing", lambda e, f, x, y: e.fit(misaligned(x), y)),
    "misaligned integers": ("nothing", lambda e, f, x, y: use(f, misaligned(x.astype(np.int64)))),
    "byte-swapped": ("nothing", lambda e, f, x, y: e.fit(x.astype(">f8"), y)),
    "read-only": ("nothing", lambda e, f, x, y: e.fit(read_only(x), read_only(y))),
    "2^32 x 2^32": ("OverflowError | ValueError | MemoryError", lambda e, f, x, y: e.fit(huge(2**31, 2**31), y)),
    "2^61 columns": ("OverflowError | ValueError | MemoryError", lambda e, f, x, y: e.fit(huge(1, 2**61), y[:1])),
    "2^61 rows later": ("OverflowError | ValueError | MemoryError", lambda e, f, x, y: use(f, huge(2**60, x.shape[1]))),
    "sparse": ("nothing | TypeError", lambda e, f, x, y: e.fit(scipy.sparse.csr_array(x), y)),
    "sparse with a NaN": ("nothing | ValueError | TypeError", lambda e, f, x, y: e.fit(sparse_nan(x), y)),
    "sparse complex": ("ValueError | TypeError", lambda e, f, x, y: e.fit(scipy.sparse.csr_array(x + 1j), y)),
    "sparse, wrong features later": ("ValueError | TypeError", lambda e, f, x, y: use(f, scipy.sparse.csr_array(x[:, :2]))),
    "sparse, columns out of range": ("ValueError | TypeError", lambda e, f, x, y: e.fit(broken_csr(x, indices=99), y)),
    "sparse, negative column": ("ValueError | TypeError", lambda e, f, x, y: e.fit(broken_csr(x, indices=-1), y)),
    "sparse, offsets out of range": ("ValueError | TypeError", lambda e, f, x, y: e.fit(broken_csr(x, indptr=10**6), y)),
    "sparse, negative offset": ("ValueError | TypeError", lambda e, f, x, y: e.fit(broken_csr(x, indptr=-5), y)),
    "y too short": ("ValueError", lambda e, f, x, y: needs_y(e).fit(x, y[:-1])),
    "y too long": ("ValueError", lambda e, f, x, y: needs_y(e).fit(x, np.append(y, y[0]))),
    "y missing": ("ValueError", lambda e, f, x, y: needs_y(e).fit(x, None)),
    "y of NaN": ("ValueError", lambda e, f, x, y: needs_y(e).fit(x, np.full(len(y), np.nan))),
    "y with infinity": ("ValueError", lambda e, f, x, y: needs_y(e).fit(x, np.append(y[:-1], np.inf))),
    "y complex": ("ValueError", lambda e, f, x, y: needs_y(e).fit(x, y + 1j)),
    "y 3-D": ("ValueError", lambda e, f, x, y: needs_y(e).fit(x, y[:, None, None])),
    "y without columns": ("ValueError", lambda e, f, x, y: needs_y(e).fit(x, np.zeros((len(x), 0)))),
    "y of dicts": ("ValueError | TypeError", lambda e, f, x, y: needs_y(e).fit(x, [{} for _ in x])),
    "y of dates": ("ValueError | TypeError", lambda e, f, x, y: needs_y(e).fit(x, np.full(len(x), np.datetime64("2020")))),
    "weights too short": ("ValueError", lambda e, f, x, y: weighted(e).fit(x, y, sample_weight=np.ones(len(x) - 1))),
    "weights 2-D": ("ValueError", lambda e, f, x, y: weighted(e).fit(x, y, sample_weight=np.ones((len(x), 2)))),
    "weights negative": ("ValueError", lambda e, f, x, y: weighted(e).fit(x, y, sample_weight=-np.ones(len(x)))),
    "weights all zero": ("ValueError", lambda e, f, x, y: weighted(e).fit(x, y, sample_weight=np.zeros(len(x)))),
    "weights NaN": ("ValueError", lambda e, f, x, y: weighted(e).fit(x, y, sample_weight=np.full(len(x), np.nan))),
    "weights infinite": ("ValueError", lambda e, f, x, y: weighted(e).fit(x, y, sample_weight=np.full(len(x), np.inf))),
    "weights of text": ("ValueError", lambda e, f, x, y: weighted(e).fit(x, y, sample_weight=["a"] * len(x))),
    "score of nothing": ("ValueError", lambda e, f, x, y: scoring(f).score(x, None)),
    "score, y too short": ("ValueError", lambda e, f, x, y: scoring(f).score(x, y[:-1])),
    "score, weights too short": ("ValueError", lambda e, f, x, y: scoring(f).score(x, y, np.ones(3))),
    "before fit": ("NotFittedError", lambda e, f, x, y: use(e, x)),
    "score before fit": ("NotFittedError", lambda e, f, x, y: scoring(e).score(x, y)),
    "attribute before fit": ("AttributeError", lambda e, f, x, y: e.n_features_in_),
    "pickle before fit": ("nothing", lambda e, f, x, y: pickle.loads(pickle.dumps(e)).fit(x, y)),
    "damaged pickle": ("FileFormatError", lambda e, f, x, y: unpickled_with(f, lambda data: data[:-1])),
    "empty pickle": ("FileFormatError", lambda e, f, x, y: unpickled_with(f, lambda data: data[:0])),
    "one sample": ("nothing | ValueError", lambda e, f, x, y: e.fit(x[:1], y[:1])),
    "one feature": ("nothing | ValueError", lambda e, f, x, y: e.fit(x[:, :1], y)),
    "constant features": ("nothing | ValueError", lambda e, f, x, y: e.fit(np.ones_like(x), y)),
    "features of 1e200": ("nothing | ValueError | NumericError", lambda e, f, x, y: finite(e.fit(x * 1e200, y), x * 1e200)),
    "features of 1e308": ("nothing | ValueError | NumericError", lambda e, f, x, y: finite(e.fit(x * 1e307, y), x * 1e307)),
    "features of 1e-308": ("nothing | ValueError | NumericError", lambda e, f, x, y: finite(e.fit(x * 1e-308, y), x * 1e-308)),
    "collinear features": ("nothing", lambda e, f, x, y: finite(e.fit(np.hstack([x, x]), y), np.hstack([x, x]))),
}


class NotApplicable(Exception):
    """The case says nothing about this kind."""


def use(estimator, x) -> None:
    """Every operation on features, which must all do the same as the first: succeed, or raise."""
    for name in ("predict", "predict_proba", "decision_function", "transform", "inverse_transform", "mahalanobis"):
        if hasattr(estimator, name) and not (name == "inverse_transform" and hasattr(estimator, "transform")):
            getattr(estimator, name)(x)


def finite(estimator, x) -> None:
    """Fails where a prediction for finite features is NaN."""
    if hasattr(estimator, "predict"):
        predicted = estimator.predict(x)
        assert predicted.dtype.kind != "f" or not np.isnan(predicted).any(), "NaN was predicted"


def needs_y(estimator):
    if not estimator._kind.has(c.APUS_TRAIT_NEEDS_TARGETS):
        raise NotApplicable
    return estimator


def weighted(estimator):
    if not estimator._kind.has(c.APUS_TRAIT_SAMPLE_WEIGHT):
        raise NotApplicable
    return estimator


def scoring(estimator):
    if not hasattr(estimator, "score") or estimator._kind.role in (
        c.APUS_ROLE_DENSITY_ESTIMATOR,
        c.APUS_ROLE_TRANSFORMER,
    ):
        raise NotApplicable
    return estimator


def misaligned(array: np.ndarray) -> np.ndarray:
    raw = np.zeros(array.nbytes + 1, dtype=np.uint8)
    result = raw[1:].view(array.dtype).reshape(array.shape)
    result[...] = array
    return result


def read_only(array: np.ndarray) -> np.ndarray:
    result = array.copy()
    result.flags.writeable = False
    return result


def sparse_nan(x: np.ndarray):
    matrix = scipy.sparse.csr_array(x)
    matrix.data[0] = np.nan
    return matrix


def broken_csr(x: np.ndarray, indices: int | None = None, indptr: int | None = None):
    matrix = scipy.sparse.csr_array(x)
    if indices is not None:
        matrix.indices[3] = indices
    if indptr is not None:
        matrix.indptr[2] = indptr
    return matrix


def unpickled_with(estimator, change):
    state = estimator.__getstate__()
    state["_model"]["bytes"] = change(state["_model"]["bytes"])
    type(estimator)().__setstate__(state)


#: name: (documented exceptions, call(fitted, folder)).
PATH_CASES = {
    "saved and loaded": ("nothing", lambda f, d: (f.save(f"{d}/m"), apus.load(f"{d}/m"))),
    "bytes": ("nothing", lambda f, d: (f.save(f"{d}/m".encode()), apus.load(f"{d}/m".encode()))),
    "no such folder": ("FileNotFoundError | OSError", lambda f, d: f.save(f"{d}/none/m")),
    "no such file": ("FileNotFoundError", lambda f, d: apus.load(f"{d}/none")),
    "save to a folder": ("OSError", lambda f, d: f.save(d)),
    "load a folder": ("IsADirectoryError", lambda f, d: apus.load(d)),
    "load a FIFO": ("OSError | ValueError", lambda f, d: (os.mkfifo(f"{d}/fifo"), apus.load(f"{d}/fifo"))),
    "load a device": ("OSError | ValueError", lambda f, d: apus.load("/dev/zero")),
    "save to a full disk": ("OSError", lambda f, d: f.save("/dev/full")),
    "empty path": ("OSError | ValueError", lambda f, d: f.save("")),
    "load an empty path": ("OSError | ValueError", lambda f, d: apus.load("")),
    "NUL in the path": ("ValueError", lambda f, d: f.save(f"{d}/a\0b")),
    "load with a NUL": ("ValueError", lambda f, d: apus.load("a\0b")),
    "path of another type": ("TypeError", lambda f, d: f.save(5)),
    "load None": ("TypeError", lambda f, d: apus.load(None)),
    "path that is not UTF-8": ("nothing | ValueError | OSError", lambda f, d: f.save(d.encode() + b"/\xff\xfe")),
    "path too long": ("OSError", lambda f, d: f.save(f"{d}/" + "x" * 5000)),
    "empty file": ("FileFormatError", lambda f, d: apus.load(written(d, b""))),
    "foreign file": ("FileFormatError", lambda f, d: apus.load(written(d, b"PK\3\4" * 100))),
    "length of -1": ("FileFormatError", lambda f, d: apus.load(written(d, b"\xff" * 64))),
    "truncated": ("FileFormatError", lambda f, d: apus.load(written(d, saved(f, d)[:-3]))),
    "one byte changed": ("FileFormatError | FileVersionError", lambda f, d: apus.load(written(d, flipped(saved(f, d))))),
    "trailing bytes": ("FileFormatError", lambda f, d: apus.load(written(d, saved(f, d) + b"x"))),
}


def written(folder: str, data: bytes) -> str:
    path = f"{folder}/written"
    with open(path, "wb") as file:
        file.write(data)
    return path


def saved(estimator, folder: str) -> bytes:
    estimator.save(f"{folder}/saved")
    with open(f"{folder}/saved", "rb") as file:
        return file.read()


def flipped(data: bytes) -> bytes:
    return data[:-9] + bytes([data[-9] ^ 0x40]) + data[-8:]


def pointer(number: int, target):
    return cast(number, POINTER(target))


def fresh() -> Handle:
    return Handle.create("linear_regression")


def freed():
    handle = fresh()
    lib.apus_estimator_free(handle)
    return handle


def small_view():
    return byref(_arrays.view(np.eye(3)))


def a_view(**fields) -> c.apus_view:
    view = _arrays.view(np.eye(3))
    for name, value in fields.items():
        setattr(view, name, value)
    return view


def created(view: c.apus_view) -> None:
    out = _arrays.new_handle()
    try:
        lib.apus_array_create(byref(out), byref(view))
    finally:
        lib.apus_array_free(out)


def fit_with_size(size: int) -> None:
    options = c.apus_fit_options(struct_size=size)
    lib.apus_estimator_fit(fresh(), small_view(), small_view(), byref(options))


SHAPE = c_int64 * 2

#: name: (documented exceptions, call()), on the functions of the library themselves.
HANDLE_CASES = {
    "NULL handle": ("ValueError", lambda: lib.apus_estimator_fit(None, small_view(), small_view(), None)),
    "NULL output": ("ValueError", lambda: lib.apus_estimator_create(None, b"linear_regression")),
    "NULL kind": ("ValueError", lambda: lib.apus_estimator_create(byref(POINTER(c.apus_estimator)()), None)),
    "NULL features": ("ValueError", lambda: lib.apus_estimator_fit(fresh(), None, small_view(), None)),
    "NULL name": ("ValueError", lambda: lib.apus_estimator_set_int(fresh(), None, 1)),
    "NULL text": ("ValueError", lambda: lib.apus_estimator_set_string(fresh(), b"solver", None)),
    "NULL path": ("ValueError", lambda: lib.apus_estimator_save(fresh(), None)),
    "NULL bytes": ("ValueError", lambda: lib.apus_estimator_deserialize(byref(POINTER(c.apus_estimator)()), None, 5)),
    "negative bytes": (
        "ValueError",
        lambda: lib.apus_estimator_deserialize(byref(POINTER(c.apus_estimator)()), create_string_buffer(8), -1),
    ),
    "NULL data": ("ValueError", lambda: created(a_view(data=None))),
    "NULL shape": ("ValueError", lambda: created(a_view(shape=None))),
    "free NULL": ("nothing", lambda: lib.apus_estimator_free(None)),
    "free twice": ("nothing", lambda: lib.apus_estimator_free(freed())),
    "free a random number": ("nothing", lambda: lib.apus_estimator_free(pointer(0x123456789ABCDEF0, c.apus_estimator))),
    "free another type": ("nothing", lambda: lib.apus_array_free(cast(fresh()._as_parameter_, POINTER(c.apus_array)))),
    "use after free": ("HandleError", lambda: lib.apus_estimator_fit(freed(), small_view(), small_view(), None)),
    "copy after free": ("HandleError", lambda: freed().copy()),
    "random number": (
        "HandleError",
        lambda: lib.apus_estimator_set_int(pointer(0x7FFFDEADBEEF, c.apus_estimator), b"x", 1),
    ),
    "small number": ("HandleError", lambda: lib.apus_estimator_set_int(pointer(1, c.apus_estimator), b"x", 1)),
    "all bits": ("HandleError", lambda: lib.apus_estimator_set_int(pointer(2**64 - 1, c.apus_estimator), b"x", 1)),
    "wrong type": (
        "HandleError",
        lambda: lib.apus_array_view(byref(c.apus_view()), cast(fresh()._as_parameter_, POINTER(c.apus_array))),
    ),
    "wrong type for ctypes": ("ArgumentError", lambda: lib.apus_array_free(fresh()._as_parameter_)),
    "unknown kind": ("ValueError", lambda: Handle.create("linear_regresion")),
    "kind that is not UTF-8": (
        "ValueError",
        lambda: lib.apus_estimator_create(byref(POINTER(c.apus_estimator)()), b"\xff\xfe"),
    ),
    "unknown parameter": ("ValueError", lambda: lib.apus_estimator_set_int(fresh(), b"fit_intercpt", 1)),
    "unknown attribute": (
        "ValueError | NotFittedError",
        lambda: lib.apus_estimator_get_attribute(byref(c.apus_value()), fresh(), b"coeff_"),
    ),
    "unknown operation": (
        "NotImplementedError | NotFittedError",
        lambda: lib.apus_estimator_apply(byref(_arrays.new_handle()), fresh(), b"fly", small_view(), None, 0),
    ),
    "negative count of arguments": (
        "ValueError",
        lambda: lib.apus_estimator_apply(byref(_arrays.new_handle()), fresh(), b"predict", small_view(), None, -1),
    ),
    "predict before fit": (
        "NotFittedError",
        lambda: lib.apus_estimator_predict(byref(_arrays.new_handle()), fresh(), small_view()),
    ),
    "kind index below": ("ValueError", lambda: lib.apus_kind_at(byref(c.apus_kind_info()), -1)),
    "kind index above": ("ValueError", lambda: lib.apus_kind_at(byref(c.apus_kind_info()), 10**9)),
    "unknown dtype": ("ValueError", lambda: created(a_view(dtype=77))),
    "negative dimensions": ("ValueError", lambda: created(a_view(ndim=-1))),
    "too many dimensions": ("ValueError", lambda: created(a_view(ndim=33))),
    "negative extent": ("ValueError", lambda: created(a_view(shape=SHAPE(-1, 3)))),
    "2^32 x 2^32": ("OverflowError", lambda: created(a_view(shape=SHAPE(2**32, 2**32)))),
    "2^61": ("OverflowError | MemoryError", lambda: created(a_view(shape=SHAPE(2**61, 1)))),
    "strides that wrap": ("OverflowError", lambda: created(a_view(strides=SHAPE(2**62, 2**62)))),
    "lowest stride": ("OverflowError", lambda: created(a_view(strides=SHAPE(-(2**63), 8)))),
    "struct_size 0": ("ValueError", lambda: fit_with_size(0)),
    "struct_size 2^40": ("ValueError", lambda: fit_with_size(2**40)),
    "tripped token that was freed": ("HandleError", lambda: lib.apus_cancel_trip(pointer(3 << 56 | 1, c.apus_cancel))),
    "threads": ("ValueError", lambda: lib.apus_set_num_threads(-(2**31))),
    "permutation importance before fit": (
        "NotFittedError",
        lambda: lib.apus_permutation_importance(
            byref(_arrays.new_handle()), fresh(), small_view(), small_view(), None, 1, 0, None
        ),
    ),
    "permutation importance with a foreign token": (
        "HandleError",
        lambda: lib.apus_permutation_importance(
            byref(_arrays.new_handle()), fresh(), small_view(), small_view(), None, 1, 0, pointer(7, c.apus_cancel)
        ),
    ),
    "note with a bad name": ("ValueError", lambda: lib.apus_estimator_set_note(fresh(), b"a b", b"text")),
}


def drive_arrays(class_name: str) -> None:
    cls = next(cls for cls in CLASSES if cls.__name__ == class_name)
    for case, (_, call) in ARRAY_CASES.items():
        x, y = data_for(cls)
        fitted = quick(cls).fit(x, y)
        before = x.tobytes(), y.tobytes()
        _drive(case, lambda: call(quick(cls), fitted, x, y), ARRAY_CASES)
        assert (x.tobytes(), y.tobytes()) == before, f"{case}: the caller's data were written to"


def drive_paths(class_name: str) -> None:
    cls = next(cls for cls in CLASSES if cls.__name__ == class_name)
    fitted = quick(cls).fit(*data_for(cls))
    for case, (_, call) in PATH_CASES.items():
        with tempfile.TemporaryDirectory() as folder:
            _drive(case, lambda: call(fitted, folder), PATH_CASES)


def drive_handles() -> None:
    for case, (_, call) in HANDLE_CASES.items():
        _drive(case, call, HANDLE_CASES)


def drive_networks() -> None:
    from network_bad_inputs import NETWORK_CASES

    for case, (_, call) in NETWORK_CASES.items():
        _drive(case, call, NETWORK_CASES)


def _drive(case: str, call, cases: dict) -> None:
    print(json.dumps({"case": case}), flush=True)
    warnings.simplefilter("ignore")
    try:
        call()
        raised = ["nothing"]
    except NotApplicable:
        raised = [kind.strip() for kind in cases[case][0].split("|")]
    except BaseException as error:
        raised = [kind.__name__ for kind in type(error).__mro__[:-1]] + [str(error)]
    print(json.dumps({"case": case, "raised": raised}), flush=True)
