"""Which exception each status of the library becomes."""

from __future__ import annotations

from . import _signatures as c
from . import exceptions

_EXCEPTIONS = {
    c.APUS_ERROR_ARGUMENT: ValueError,
    c.APUS_ERROR_NULL: ValueError,
    c.APUS_ERROR_ENUM: ValueError,
    c.APUS_ERROR_SHAPE: ValueError,
    c.APUS_ERROR_TYPE: TypeError,
    c.APUS_ERROR_NOT_FINITE: ValueError,
    c.APUS_ERROR_OVERFLOW: exceptions.SizeOverflowError,
    c.APUS_ERROR_NOT_FITTED: exceptions.NotFittedError,
    c.APUS_ERROR_HANDLE: exceptions.HandleError,
    c.APUS_ERROR_BUSY: exceptions.BusyError,
    c.APUS_ERROR_UNSUPPORTED: NotImplementedError,
    c.APUS_ERROR_MEMORY: MemoryError,
    c.APUS_CANCELLED: exceptions.CancelledError,
    c.APUS_ERROR_CALLBACK: RuntimeError,
    c.APUS_ERROR_IO: OSError,
    c.APUS_ERROR_FORMAT: exceptions.FileFormatError,
    c.APUS_ERROR_VERSION: exceptions.FileVersionError,
    c.APUS_ERROR_NUMERIC: exceptions.NumericError,
    c.APUS_ERROR_INTERNAL: exceptions.InternalError,
}


def exception(status: int, message: str) -> Exception:
    """The exception for a failed call, with the library's message and the status as its `status` attribute."""
    kind = exceptions.compatible(_EXCEPTIONS.get(status, exceptions.InternalError))
    error = kind(message)
    error.status = status
    return error
