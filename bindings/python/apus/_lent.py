"""Python objects that the library holds: functions to call back, arrays whose memory it uses."""

from __future__ import annotations

import itertools

from . import _signatures as c
from ._library import immortal

#: Objects by the number that the library knows them by, until it lets go of them.
_objects = {}
_numbers = itertools.count(1)


def keep(value):
    """The number by which :data:`release` and :func:`find` know `value`; the library passes it as its context."""
    number = next(_numbers)
    _objects[number] = value
    return number


def find(number):
    """What :func:`keep` gave this number."""
    return _objects[number]


def forget(number, objects=_objects):
    """Lets go of an object."""
    # Bound as a default, because the module's names are gone when the last handles are.
    objects.pop(number, None)


release = immortal(c.apus_release_callback(forget))
