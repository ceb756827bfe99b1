"""How the library is called: warnings, progress, cancelling, and Ctrl-C during long calls.

Python runs signal handlers on the main thread and only between bytecodes, so a main thread inside a C call is deaf to
Ctrl-C. :func:`interruptible` therefore hands long calls to a worker thread, and the main thread waits for its events.
"""

from __future__ import annotations

import _thread
import os
import queue
import sys
import threading
import warnings
from ctypes import POINTER, byref

from . import _signatures as c
from . import exceptions
from ._library import lib

_PACKAGE = os.path.dirname(os.path.abspath(__file__)) + os.sep


class CancelToken:
    """A switch that any thread may trip to end a `fit` that was given it as `cancel=`.

    The call raises :class:`apus.exceptions.CancelledError` within 100 ms, and its estimator is as it was.
    """

    __slots__ = ("_as_parameter_", "_free")

    def __init__(self):
        self._free = lib.apus_cancel_free
        self._as_parameter_ = POINTER(c.apus_cancel)()
        lib.apus_cancel_create(byref(self._as_parameter_))

    def trip(self) -> None:
        """Ends the calls that use this token, now or later."""
        lib.apus_cancel_trip(self)

    def reset(self) -> None:
        """Makes the token usable again."""
        lib.apus_cancel_reset(self)

    def __del__(self):
        # There is nothing to free when __init__ refused its arguments.
        if hasattr(self, "_as_parameter_"):
            self._free(self._as_parameter_)


def collected_warnings() -> list[tuple[int, str]]:
    """Kinds and texts of the warnings of this thread's last computing call."""
    count = lib.apus_warning_count()
    if not count:
        return []
    return [
        (lib.apus_warning_kind_at(index), lib.apus_warning_message(index).decode("utf-8", "replace"))
        for index in range(count)
    ]


def show_warnings(found: list[tuple[int, str]]) -> None:
    """Issues Python warnings that point at the first caller outside this package."""
    for kind, text in found:
        category = UserWarning
        if kind == c.APUS_WARNING_CONVERGENCE:
            category = exceptions.compatible(exceptions.ConvergenceWarning)
        warn(text, category)


def warn(text: str, category: type[Warning]) -> None:
    """`warnings.warn` with the line of the first caller outside this package."""
    level, frame = 1, sys._getframe()
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        level, frame = level + 1, frame.f_back
    warnings.warn(text, category, stacklevel=level)


def interruptible(call, token: CancelToken | None = None, progress=None):
    """Carries out ``call(reporter)`` and returns its result.

    `call` passes `token` and the reporter, an ``apus_progress_callback``, to the library. `progress`, called with the
    stage and the fraction done, runs on the calling thread; what it raises ends the call and comes out of here. On the
    main thread the call itself runs on a worker, so that Ctrl-C trips the token and raises KeyboardInterrupt. A call
    without a token, or one that a second Ctrl-C finds still running, goes on in the background, its result unseen.
    """
    if threading.current_thread() is threading.main_thread():
        try:
            return _WorkerCall(call, token, progress).result()
        except _NoThread:
            pass
    return direct(call, progress)


def direct(call, progress=None):
    """As :func:`interruptible`, without the worker thread."""
    if progress is None:
        result, found = _with_warnings(call, c.apus_progress_callback())
        show_warnings(found)
        return result
    raised = []

    def report(_context, stage, fraction, status):
        try:
            progress(stage.decode("utf-8", "replace"), fraction)
            status[0] = c.APUS_OK
        except BaseException as error:
            raised.append(error)
            status[0] = c.APUS_CANCELLED

    try:
        result, found = _with_warnings(call, c.apus_progress_callback(report))
    except exceptions.CancelledError:
        if raised:
            raise raised[0] from None
        raise
    show_warnings(found)
    return result


def _with_warnings(call, reporter):
    result = call(reporter)
    return result, collected_warnings()


class _NoThread(Exception):
    """No thread can be had: a limit was reached, or the interpreter is shutting down."""


class _WorkerCall:
    """One call on a worker thread, and the thread that waits for it.

    The worker sends ("progress", (stage, fraction)), ("failed", exception) or ("done", (result, warnings)), and waits
    for an answer to each progress event. Whoever takes `_claim` first decides whether the call is made at all, and
    `_ended` opens when the worker has left the library, so that an interrupt between any two bytecodes leaves no doubt.
    """

    #: Seconds after which the worker, waiting for an answer, looks whether the waiting thread has given up.
    PATIENCE = 0.05

    def __init__(self, call, token: CancelToken | None, progress):
        self._call, self._token, self._progress = call, token, progress
        self._claim = _thread.allocate_lock()
        self._ended = _thread.allocate_lock()
        self._ended.acquire()
        self._events: queue.SimpleQueue = queue.SimpleQueue()
        self._answers: queue.SimpleQueue = queue.SimpleQueue()
        self._abandoned = False

    def result(self):
        try:
            self._start()
            event, payload = self._wait()
        except BaseException:
            self._abandoned = True
            if not self._claim.acquire(False) and self._token is not None:
                self._token.trip()
                self._ended.acquire()
            raise
        if event == "failed":
            raise payload
        result, found = payload
        show_warnings(found)
        return result

    def _start(self):
        try:
            _thread.start_new_thread(self._work, ())
        except RuntimeError:
            raise _NoThread from None

    def _wait(self):
        while True:
            event, payload = self._events.get()
            if event != "progress":
                return event, payload
            self._progress(*payload)
            self._answers.put(c.APUS_OK)

    def _work(self):
        if not self._claim.acquire(False):
            return
        reporter = c.apus_progress_callback(self._report) if self._progress else c.apus_progress_callback()
        try:
            event = ("done", _with_warnings(self._call, reporter))
        except BaseException as error:
            event = ("failed", error)
        self._events.put(event)
        self._ended.release()

    def _report(self, _context, stage, fraction, status):
        self._events.put(("progress", (stage.decode("utf-8", "replace"), fraction)))
        while not self._abandoned:
            try:
                status[0] = self._answers.get(timeout=self.PATIENCE)
                return
            except queue.Empty:
                continue
        status[0] = c.APUS_CANCELLED
