"""Every parameter of every kind of estimator at values that nobody expects, then fit and every operation.

The values come from the introspection: the ends of the range and what lies beyond, extreme numbers, all choices. `drive` runs
one kind in a process of its own and writes {"case": ...} before and {"case": ..., "raised": ...} after each.
"""

from __future__ import annotations

import json
import signal
import sys
import warnings

import numpy as np
from support import CLASSES, data_for, outputs, quick

from apus import _signatures as c
from apus._library import lib

#: A fit that takes more processor time is interrupted, which must then end it. There are values, such as 2^62 rounds, that mean it.
SECONDS, SECONDS_TO_END = 0.5, 20


class TooLong(BaseException):
    """The fit was interrupted. No Exception, so that nothing catches it on the way."""


def interrupt(*arguments):
    # From here on the action of the signal is to end the process.
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_PROF, SECONDS_TO_END)
    raise TooLong


def integers(parameter):
    ends = [end for end in (parameter.minimum, parameter.maximum) if abs(end) < 2**62]
    near = {int(end) + step for end in ends for step in (-1, 0, 1)}
    return sorted(near | {0, 1, -1, 2, 1000, 2**31 - 1, 2**31, 2**32, 2**62, 2**63 - 1, -(2**63)})


def numbers(parameter):
    ends = [end for end in (parameter.minimum, parameter.maximum) if np.isfinite(end)]
    near = {float(other) for end in ends for other in (np.nextafter(end, -np.inf), end, np.nextafter(end, np.inf))}
    return [*sorted(near | {0.0, 1.0, -1.0, 0.5, 1e300, -1e300, 1e-300, 5e-324, np.inf, -np.inf}), np.nan]


def values(parameter) -> list:
    found: list = []
    if parameter.types & c.APUS_TYPE_NONE:
        found.append(None)
    if parameter.types & c.APUS_TYPE_BOOL:
        found += [True, False]
    if parameter.types & c.APUS_TYPE_INT:
        found += integers(parameter)
    if parameter.types & c.APUS_TYPE_DOUBLE:
        found += numbers(parameter)
    if parameter.types & c.APUS_TYPE_STRING:
        found += [*parameter.choices, "no such choice", ""]
    if parameter.types & c.APUS_TYPE_ARRAY:
        found += [np.ones(1), np.zeros(4), np.full(4, np.nan), np.full(4, 1e300), np.zeros(0), -np.ones((2, 2)), np.arange(50.0)]
    if parameter.types & c.APUS_TYPE_ESTIMATOR:
        found += [quick(cls) for cls in CLASSES[::7]]
    return [*found, "of another type"]


def run(cls, name: str, value, x, y) -> None:
    case = f"{name}={value!r:.60}"
    print(json.dumps({"case": case}), flush=True)
    signal.signal(signal.SIGPROF, interrupt)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            estimator = quick(cls).set_params(**{name: value}).fit(x, y)
            signal.setitimer(signal.ITIMER_PROF, SECONDS_TO_END)
            outputs(estimator, x)
    except TooLong:
        pass
    except Exception as error:
        print(json.dumps({"case": case, "raised": type(error).__name__, "message": str(error)[:300]}), flush=True)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def drive(name: str) -> None:
    """All parameters of the class of this name."""
    cls = next(cls for cls in CLASSES if cls.__name__ == name)
    x, y = data_for(cls)
    lib.apus_memory_limit(256 << 20)
    sys.setrecursionlimit(500)
    for parameter in cls._kind.parameters:
        for value in values(parameter):
            run(cls, parameter.name, value, x, y)
