"""Parameters of estimators between Python values and the library."""

from __future__ import annotations

from ctypes import POINTER, byref
from numbers import Integral, Real

import numpy as np

from . import _arrays
from . import _signatures as c
from . import exceptions
from ._introspection import Parameter
from ._library import lib

_UINT64 = 1 << 64


class Handle:
    """An ``apus_estimator``, freed with the last reference. Pass the object itself to the library, which keeps it."""

    __slots__ = ("_as_parameter_", "_free")

    def __init__(self, pointer):
        self._as_parameter_, self._free = pointer, lib.apus_estimator_free

    def __del__(self):
        self._free(self._as_parameter_)

    @classmethod
    def create(cls, kind: str) -> Handle:
        """A new estimator with default parameters."""
        pointer = POINTER(c.apus_estimator)()
        lib.apus_estimator_create(byref(pointer), kind.encode())
        return cls(pointer)

    def copy(self) -> Handle:
        """A new estimator with the same parameters and the same model."""
        pointer = POINTER(c.apus_estimator)()
        lib.apus_estimator_copy(byref(pointer), self)
        return Handle(pointer)

    def members(self) -> list[Handle]:
        """The members of a fitted ensemble."""
        found = []
        for index in range(lib.apus_estimator_member_count(self)):
            pointer = POINTER(c.apus_estimator)()
            lib.apus_estimator_member(byref(pointer), self, index)
            found.append(Handle(pointer))
        return found

    def note(self, name: str) -> str | None:
        """The text kept under `name`."""
        pointer = POINTER(c.apus_text)()
        lib.apus_estimator_get_note(byref(pointer), self, name.encode())
        return text(pointer) if pointer else None

    def set_note(self, name: str, note: str | None) -> None:
        """Keeps `note` with the estimator, in model files too; None removes it."""
        lib.apus_estimator_set_note(self, name.encode(), None if note is None else encoded(note, name))


def push(handle: Handle, parameter: Parameter, value, owner: str) -> None:
    """Sets a parameter of `handle`; raises InvalidParameterError, naming the class `owner`, with the reason."""
    try:
        _set(handle, parameter, value)
    except (ValueError, TypeError, OverflowError) as error:
        message = f"The {parameter.name!r} parameter of {owner} must be {_allowed(parameter)}. Got {value!r} instead."
        raise exceptions.InvalidParameterError(f"{message} ({error})") from None


def pull(handle: Handle, parameter: Parameter, wrap):
    """The value of a parameter of `handle`; `wrap` makes an estimator out of a Handle."""
    value = c.apus_value()
    lib.apus_estimator_get_parameter(byref(value), handle, parameter.name.encode())
    result = python_value(value, wrap)
    if parameter.name == "random_state" and isinstance(result, int) and result < 0:
        return result + _UINT64
    return result


def python_value(value: c.apus_value, wrap=None):
    """What an ``apus_value`` of the library holds, as a Python value; arrays are read-only."""
    kind = value.type
    if kind == c.APUS_TYPE_ARRAY:
        return _arrays.owned(value.array, writable=False)
    if kind == c.APUS_TYPE_ESTIMATOR:
        return wrap(Handle(value.estimator))
    if kind == c.APUS_TYPE_STRING:
        return value.string.decode()
    if kind == c.APUS_TYPE_BOOL:
        return bool(value.boolean)
    if kind == c.APUS_TYPE_INT:
        return value.integer
    return value.number if kind == c.APUS_TYPE_DOUBLE else None


def encoded(value: str, name: str) -> bytes:
    """UTF-8 for the library; raises ValueError for an embedded NUL and for lone surrogates."""
    if "\0" in value:
        raise ValueError(f"{name}: contains a NUL character")
    return value.encode()


def text(pointer) -> str:
    """The characters of an ``apus_text``, which is freed."""
    try:
        return lib.apus_text_data(pointer).decode("utf-8", "replace")
    finally:
        lib.apus_text_free(pointer)


def seed(random_state):
    """A seed for the library out of an int, None, or numpy's RandomState, Generator or ``np.random`` itself."""
    if isinstance(random_state, np.random.Generator):
        return int(random_state.integers(np.iinfo(np.int64).max))
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(np.iinfo(np.int32).max))
    if random_state is np.random:
        return int(np.random.randint(np.iinfo(np.int32).max))
    return random_state


def _set(handle: Handle, parameter: Parameter, value) -> None:
    name = parameter.name.encode()
    if parameter.name == "random_state":
        value = seed(value)
    if value is None:
        lib.apus_estimator_set_none(handle, name)
    elif isinstance(value, (bool, np.bool_)):
        lib.apus_estimator_set_bool(handle, name, bool(value))
    elif isinstance(value, Integral):
        lib.apus_estimator_set_int(handle, name, _int64(int(value), parameter))
    elif isinstance(value, Real):
        lib.apus_estimator_set_double(handle, name, value)
    elif isinstance(value, str):
        lib.apus_estimator_set_string(handle, name, encoded(value, parameter.name))
    elif hasattr(value, "_configured"):
        lib.apus_estimator_set_estimator(handle, name, value._configured())
    elif isinstance(value, (list, tuple)) and parameter.name == "eval_metric":
        _set(handle, parameter, ",".join(map(str, value)))
    elif isinstance(value, (list, tuple)) or hasattr(value, "__array__") or hasattr(value, "__array_interface__"):
        array = _arrays.numbers(value, parameter.name)
        lib.apus_estimator_set_array(handle, name, byref(_arrays.view(array)))
    else:
        raise TypeError(f"{parameter.name}: {type(value).__name__} is not {parameter.type_text}")


def _int64(value: int, parameter: Parameter) -> int:
    """`value` as 64 bits; a seed may use all of them."""
    if parameter.name == "random_state":
        if not 0 <= value < _UINT64:
            raise ValueError(f"random_state: {value} is not in [0, 2**64)")
        return value if value < _UINT64 // 2 else value - _UINT64
    if not -_UINT64 // 2 <= value < _UINT64 // 2:
        raise OverflowError(f"{parameter.name}: {value} does not fit into 64 bits")
    return value


def _allowed(parameter: Parameter) -> str:
    limits = parameter.range_text
    return parameter.type_text + (f" in the range {limits}" if limits else "")
