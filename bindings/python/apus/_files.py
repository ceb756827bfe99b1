"""Loading model files."""

from __future__ import annotations

import errno
import os
from ctypes import POINTER, byref

from . import _parameters as parameters
from . import _signatures as c
from . import exceptions
from ._classes import estimator_class
from ._estimator import Estimator, encoded_path
from ._introspection import kind
from ._library import lib
from ._model import Model
from ._parameters import Handle


def load(path) -> Estimator:
    """The estimator that :meth:`save` wrote to `path`, whatever its kind.

    Raises FileNotFoundError and other OSErrors, :class:`apus.exceptions.FileFormatError` for a damaged or foreign file,
    and :class:`apus.exceptions.FileVersionError` for one of a newer version.
    """
    pointer = POINTER(c.apus_estimator)()
    encoded = encoded_path(path)
    try:
        lib.apus_estimator_load(byref(pointer), encoded)
    except OSError:
        _raise_by_number(path)
        raise
    return wrap(Handle(pointer))


def import_model(path, format: str | None = None) -> Estimator:
    """See :func:`apus.import_model`."""
    with open(os.fspath(path), "rb") as file:
        data = file.read()
    if format is None:
        format = _recognised(path, data)
    pointer = POINTER(c.apus_estimator)()
    lib.apus_estimator_import(byref(pointer), format.encode(), data, len(data))
    return wrap(Handle(pointer))


def _recognised(path, data: bytes) -> str:
    if data.lstrip()[:1] == b"{":
        return "xgboost"
    if data.startswith(b"tree"):
        return "lightgbm"
    raise exceptions.FileFormatError(
        f"{os.fsdecode(path)}: begins with {data[:8]!r}; allowed are LightGBM's text, which begins with 'tree', and XGBoost's JSON"
    )


def _raise_by_number(path) -> None:
    """Raises the subclass of OSError for what is wrong with `path`, if the system says so once more."""
    # Without waiting, as the path may be a pipe.
    os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK))
    if os.path.isdir(path):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)


def wrap(handle: Handle) -> Estimator:
    """The estimator object of a handle."""
    name = lib.apus_estimator_kind(handle).decode()
    estimator = estimator_class(name)()
    for parameter in kind(name).parameters:
        setattr(estimator, parameter.name, parameters.pull(handle, parameter, wrap))
    if lib.apus_estimator_is_fitted(handle) == 1:
        estimator._model = Model.loaded(kind(name), handle)
    return estimator
