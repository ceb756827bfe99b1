"""Python functions that the library calls back: derivatives, hooks, functions to check."""

from __future__ import annotations

import threading
from ctypes import POINTER, byref, c_void_p, cast

from . import _signatures as c
from . import _tensor as t
from ._lent import find
from ._library import immortal
from ._tensor import Tensor, _wrap

_pending = threading.local()


def take_exception():
    """What a callback on this thread raised, once; None without."""
    error, _pending.error = getattr(_pending, "error", None), None
    return error


def guarded(body, status):
    """Runs `body`; an exception is kept for the call that the library is in."""
    try:
        body()
        status[0] = c.APUS_OK
    except BaseException as error:
        _pending.error = error
        status[0] = c.APUS_ERROR_CALLBACK


def lent(handle):
    """A tensor of its own for a handle that the library lends."""
    value = cast(handle, c_void_p).value
    return None if value is None else _wrap(_twin(value))


def given(tensor):
    """A handle that the library frees, for a tensor that Python keeps."""
    if tensor is None:
        return None
    return cast(_twin(tensor._handle), POINTER(c.apus_tensor))


def _twin(handle):
    """A further handle of the same tensor, or of a contiguous copy."""
    out = c_void_p()
    status = t._apply_one(byref(out), b"contiguous", (c_void_p * 1)(handle), 1, None, 0)
    if status:
        t._raise(status)
    return out.value


def _call_backward(number, gradients, input_count, deltas, output_count, status):
    def body():
        found = find(number)([lent(deltas[i]) for i in range(output_count)])
        if len(found) != input_count:
            raise RuntimeError(f"backward returned {len(found)} gradients, expected {input_count}")
        for index, gradient in enumerate(found):
            if gradient is not None and not isinstance(gradient, Tensor):
                raise TypeError(f"backward returned {type(gradient).__name__} as gradient {index}")
        for index, gradient in enumerate(found):
            gradients[index] = given(gradient)

    guarded(body, status)


def _call_hook(number, replacement, gradient, status):
    def body():
        found = find(number)(lent(gradient))
        if found is not None:
            replacement[0] = given(found)

    guarded(body, status)


def _call_function(number, outputs, capacity, count, inputs, input_count, status):
    def body():
        found = find(number)(*[lent(inputs[i]) for i in range(input_count)])
        found = [found] if isinstance(found, Tensor) else [f for f in found if isinstance(f, Tensor)]
        if len(found) > capacity:
            raise ValueError(f"the function has {len(found)} results, at most {capacity} are allowed")
        for index, result in enumerate(found):
            outputs[index] = given(result)
        count[0] = len(found)

    guarded(body, status)


backward = immortal(c.apus_backward_callback(_call_backward))
hook = immortal(c.apus_hook_callback(_call_hook))
function = immortal(c.apus_tensor_function(_call_function))


class RemovableHook:
    """Ends a hook of a tensor."""

    def __init__(self, tensor, identifier):
        self._tensor, self._identifier = tensor, identifier

    def remove(self):
        t.lib.apus_tensor_remove_hook(t._typed(self._tensor._handle), self._identifier)
