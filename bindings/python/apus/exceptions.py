"""Exceptions and warnings of Apus.

Each is also the built-in class that users of scikit-learn expect and, once scikit-learn is loaded, an instance of its
class of the same name: `except sklearn.exceptions.NotFittedError` catches ours.
"""

from __future__ import annotations

import sys

__all__ = [
    "BusyError",
    "CancelledError",
    "ConvergenceWarning",
    "DataConversionWarning",
    "FileFormatError",
    "FileVersionError",
    "HandleError",
    "InternalError",
    "InvalidParameterError",
    "NotFittedError",
    "NumericError",
    "SizeOverflowError",
]


class InvalidParameterError(ValueError, TypeError):
    """A parameter of an estimator has a value or type outside what is allowed."""


class NotFittedError(ValueError, AttributeError):
    """The estimator has not been fitted."""


class SizeOverflowError(OverflowError, ValueError):
    """A size beyond the address space."""


class HandleError(ValueError):
    """An object of the library that was freed or is of another type."""


class BusyError(RuntimeError):
    """Another call is changing the same object."""


class CancelledError(RuntimeError):
    """A :class:`apus.CancelToken` was tripped."""


class FileFormatError(ValueError):
    """A file whose content is not what its format demands."""


class FileVersionError(ValueError):
    """A file written by a newer version of the library."""


class NumericError(ArithmeticError):
    """A computation that could not be completed numerically."""


class InternalError(RuntimeError):
    """A defect of the library: please report it."""


class ConvergenceWarning(UserWarning):
    """An iteration stopped before it met its tolerance."""


class DataConversionWarning(UserWarning):
    """Data were converted in a way the caller may not have meant."""


_joined: dict[type, type] = {}


def compatible(own: type) -> type:
    """`own`, or a subclass of it and scikit-learn's class of the same name once scikit-learn is loaded."""
    theirs = getattr(sys.modules.get("sklearn.exceptions"), own.__name__, None)
    if theirs is None:
        return own
    if own not in _joined:
        # The joined class is not importable by its name, so instances are pickled as `own`.
        namespace = {
            "__doc__": own.__doc__,
            "__module__": own.__module__,
            "__reduce__": lambda self: (own, self.args),
        }
        _joined[own] = type(own.__name__, (own, theirs), namespace)
    return _joined[own]
