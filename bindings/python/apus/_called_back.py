"""Functions of the caller's that the library calls during one call of its own."""

from __future__ import annotations

from contextlib import contextmanager

from . import _signatures as c


class CalledBack:
    """Keeps what the function raises until the library's call has ended, and raises it then."""

    _raised: BaseException | None = None

    @contextmanager
    def reporting(self, status):
        """Around the function: reports success to the library, or keeps what was raised."""
        try:
            yield
            status[0] = c.APUS_OK
        except BaseException as error:
            self._raised = error

    @contextmanager
    def errors(self):
        """Around the library's call: replaces its error by what the function raised."""
        try:
            yield
        except BaseException:
            if self._raised is not None:
                raise self._raised from None
            raise
