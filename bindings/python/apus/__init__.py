"""Apus: machine learning in one shared library.

Estimators live where scikit-learn's users look for them (``from apus.linear_model import LinearRegression``) and take
numpy arrays, data frames and scipy.sparse matrices without copying them. Fitted estimators may be used from any number
of threads, results do not depend on how many threads work, and long fits can be watched (``progress=``) and interrupted
(Ctrl-C).

``apus.load(path)`` gives back what ``estimator.save(path)`` saved.
"""

from __future__ import annotations

import importlib
import operator

from . import _introspection, _logging, _modules, exceptions
from ._calls import CancelToken
from ._library import lib as _lib
from ._suggestions import suggestion as _suggestion

__all__ = ["CancelToken", "exceptions", "get_num_threads", "import_model", "load", "set_num_threads"]

__version__: str = _lib.apus_version_string().decode()


def set_num_threads(count: int) -> None:
    """Sets the number of threads used for parallel work, 1 ... 256. Results are the same for any number."""
    try:
        count = operator.index(count)
    except TypeError:
        raise TypeError(f"count: {count!r} is not an int in 1...256") from None
    _lib.apus_set_num_threads(count)


def get_num_threads() -> int:
    """The number of threads used for parallel work."""
    return _lib.apus_get_num_threads()


def load(path):
    """The estimator that ``save`` wrote to `path`, whatever its kind.

    Raises FileNotFoundError and other OSErrors, :class:`apus.exceptions.FileFormatError` for a damaged or foreign file,
    and :class:`apus.exceptions.FileVersionError` for one of a newer version.
    """
    from ._files import load

    return load(path)


def import_model(path, format: str | None = None):
    """The estimator of another library's model file, with equal predictions.

    `format` is "lightgbm" (the text of ``Booster.save_model``) or "xgboost" (the JSON of ``Booster.save_model``); when None
    it is recognised. Raises :class:`apus.exceptions.FileFormatError` for damaged files and
    NotImplementedError for models without a counterpart.
    """
    from ._files import import_model

    return import_model(path, format)


#: Submodules with files of their own, imported when first used.
_SUBMODULES = frozenset({"autograd", "covariance", "inspection", "linalg", "nn", "optim", "stats", "utils"})


#: What was asked for before under PyTorch's names. Not globals: some would hide Python's own in this file.
_found = {}


def __getattr__(name: str):
    if name in _found:
        return _found[name]
    if name in _SUBMODULES:
        return importlib.import_module(f"{__name__}.{name}")
    if name in _introspection.names():
        return importlib.import_module(f"{__name__}.{name}")
    for module, classes in _introspection.names().items():
        if name in classes:
            return getattr(importlib.import_module(f"{__name__}.{module}"), name)
    # Submodules that are being imported are asked for here too: then nothing may be imported for a suggestion.
    if name.startswith("_"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    torch = importlib.import_module(f"{__name__}._torch")
    if hasattr(torch, name):
        _found[name] = getattr(torch, name)
        return _found[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}{_suggestion(name, __dir__())}")


def __dir__() -> list[str]:
    torch = importlib.import_module(f"{__name__}._torch")
    return sorted({*__all__, "__version__", *_SUBMODULES, *_introspection.names(), *dir(torch)})


_modules.install()
_logging.start()
