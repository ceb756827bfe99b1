"""Sends the library's log lines to ``logging.getLogger("apus")``."""

from __future__ import annotations

import atexit
from functools import lru_cache

from . import _signatures as c
from ._library import lib


@lru_cache(maxsize=None)
def _logger():
    # Imported late: most programs never see a log line, and `import apus` stays fast.
    import logging

    logger = logging.getLogger("apus")
    # Where the program has not set up logging, a library stays silent.
    logger.addHandler(logging.NullHandler())
    return logger


@c.apus_log_callback
def _receive(_context, level, message):
    _logger().log(level, "%s", message.decode("utf-8", "replace"))


def start() -> None:
    """Begins to forward log lines, until the interpreter shuts down."""
    lib.apus_log_set_callback(_receive, None)
    atexit.register(lib.apus_log_set_callback, c.apus_log_callback(), None)
