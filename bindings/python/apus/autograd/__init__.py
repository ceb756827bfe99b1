"""Derivatives with PyTorch's names: gradients, custom functions, checks, anomaly detection."""

from __future__ import annotations

from ctypes import byref, c_char_p, c_double, c_int32, c_int64, c_void_p

from .. import _callbacks, _lent
from .. import _signatures as c
from .._library import lib
from .._tensor import Tensor, _raise, _wrap, full_like, handles
from .._tensor import function as _declared
from . import functional

_gradients = _declared(
    "apus_tensor_gradients",
    c_void_p, c_void_p, c_int64, c_void_p, c_int64, c_void_p, c_int32, c_int32, c_int32,
)  # fmt: skip
_attach = _declared(
    "apus_tensor_attach",
    c_void_p, c_int64, c_char_p, c_void_p, c_int64, c.apus_backward_callback, c.apus_release_callback, c_void_p,
)  # fmt: skip
_check = _declared(
    "apus_gradient_check",
    c_void_p, c_int64, c.apus_tensor_function, c_void_p, c_double, c_double, c_double, c_int32,
)  # fmt: skip


def _listed(tensors):
    return [tensors] if isinstance(tensors, Tensor) else list(tensors)


def grad(
    outputs, inputs, grad_outputs=None, retain_graph=None, create_graph=False, allow_unused=None,
    is_grads_batched=False, materialize_grads=False,
):  # fmt: skip
    """Derivatives of `outputs` (weighted by `grad_outputs`) with respect to `inputs`, leaving their ``grad`` alone."""
    outputs, inputs = _listed(outputs), _listed(inputs)
    weights = None if grad_outputs is None else _listed(grad_outputs)
    if weights is not None and len(weights) != len(outputs):
        raise RuntimeError(f"got {len(outputs)} tensors and {len(weights)} gradients")
    found = (c_void_p * max(len(inputs), 1))()
    status = _gradients(
        found, handles(outputs), len(outputs), handles(inputs), len(inputs),
        None if weights is None else handles(weights),
        1 if (create_graph if retain_graph is None else retain_graph) else 0,
        1 if create_graph else 0,
        1 if allow_unused or materialize_grads else 0,
    )  # fmt: skip
    if status:
        _raise(status)
    results = [_wrap(handle) if handle else None for handle in found[: len(inputs)]]
    if materialize_grads:
        results = [full_like(i, 0) if r is None else r for r, i in zip(results, inputs, strict=True)]
    return tuple(results)


def backward(tensors, grad_tensors=None, retain_graph=None, create_graph=False):
    """Adds the derivatives of several tensors to the ``grad`` of the leaves."""
    tensors = _listed(tensors)
    weights = [None] * len(tensors) if grad_tensors is None else _listed(grad_tensors)
    keep = create_graph if retain_graph is None else retain_graph
    for index, (tensor, weight) in enumerate(zip(tensors, weights, strict=True)):
        tensor.backward(weight, keep or index < len(tensors) - 1, create_graph)


class _Context:
    """What the two halves of a custom function share."""

    def __init__(self):
        self._saved, self._not_differentiable, self._materializes = (), (), True
        self.needs_input_grad = ()

    def save_for_backward(self, *tensors):
        self._saved = tensors

    @property
    def saved_tensors(self):
        return self._saved

    def mark_non_differentiable(self, *tensors):
        self._not_differentiable = tensors

    def mark_dirty(self, *tensors):
        raise NotImplementedError("mark_dirty: custom functions may not change their inputs")

    def set_materialize_grads(self, value):
        self._materializes = value


class Function:
    """A custom operation: subclasses define the static methods ``forward(ctx, ...)`` and ``backward(ctx, *gradients)``,
    and are called by ``apply``. ``setup_context(ctx, inputs, output)`` takes the context out of ``forward`` if defined."""

    @staticmethod
    def forward(*arguments):
        raise NotImplementedError("You must implement the forward function for custom autograd.Function.")

    @staticmethod
    def backward(ctx, *gradients):
        raise NotImplementedError("You must implement the backward function for custom autograd.Function.")

    setup_context = None

    @classmethod
    def apply(cls, *arguments):
        context = _Context()
        context.needs_input_grad = tuple(isinstance(a, Tensor) and a.requires_grad for a in arguments)
        recording = lib.apus_grad_set_enabled(0)
        try:
            if cls.setup_context is None:
                result = cls.forward(context, *arguments)
            else:
                result = cls.forward(*arguments)
                cls.setup_context(context, arguments, result)
        finally:
            lib.apus_grad_set_enabled(recording)
        outputs = list(result) if isinstance(result, (tuple, list)) else [result]
        if recording and any(context.needs_input_grad):
            cls._record(context, arguments, outputs)
        return tuple(outputs) if isinstance(result, (tuple, list)) else outputs[0]

    @classmethod
    def _record(cls, context, arguments, outputs):
        inputs = [a for a in arguments if isinstance(a, Tensor)]
        places = [i for i, o in enumerate(outputs) if isinstance(o, Tensor)]
        # Saved outputs stand outside the graph, which would otherwise hold itself.
        context._saved = tuple(
            s.detach() if isinstance(s, Tensor) and any(s is o for o in outputs) else s for s in context._saved
        )
        silent = [i for i in places if any(outputs[i] is n for n in context._not_differentiable)]
        recorded = [i for i in places if i not in silent]
        for i in recorded:
            outputs[i] = outputs[i].detach()
        shapes = [(outputs[i].detach() if context._materializes else None) for i in recorded]
        count = len(outputs)

        def backward(gradients):
            values = [None] * count
            for place, gradient, like in zip(recorded, gradients, shapes, strict=True):
                values[place] = full_like(like, 0) if gradient is None and like is not None else gradient
            found = cls.backward(context, *values)
            found = list(found) if isinstance(found, (tuple, list)) else [found]
            if len(found) < len(arguments):
                raise RuntimeError(
                    f"function {cls.__name__}Backward returned an incorrect number of gradients "
                    f"(expected {len(arguments)}, got {len(found)})"
                )
            return [g for a, g in zip(arguments, found, strict=False) if isinstance(a, Tensor)]

        results = [outputs[i] for i in recorded]
        number = _lent.keep(backward)
        status = _attach(
            handles(results), len(results), f"{cls.__name__}Backward".encode(), handles(inputs), len(inputs),
            _callbacks.backward, _lent.release, number,
        )  # fmt: skip
        if status:
            _lent.forget(number)
            _raise(status)


class _CheckError(RuntimeError):
    """Derivatives and differences disagree."""


GradcheckError = _CheckError


def gradcheck(func, inputs, *, eps=1e-6, atol=1e-5, rtol=1e-3, raise_exception=True, order=1, **_):
    """Whether the derivatives of `func` at float64 `inputs` agree with central differences."""
    arguments = list(inputs) if isinstance(inputs, (tuple, list)) else [inputs]
    tensors = [a for a in arguments if isinstance(a, Tensor)]

    def call(*given):
        given = iter(given)
        return func(*[next(given) if isinstance(a, Tensor) else a for a in arguments])

    number = _lent.keep(call)
    try:
        status = _check(handles(tensors), len(tensors), _callbacks.function, number, eps, atol, rtol, order)
    finally:
        _lent.forget(number)
    if status == c.APUS_ERROR_NUMERIC:
        if raise_exception:
            raise GradcheckError(lib.apus_last_error().decode("utf-8", "replace"))
        return False
    if status:
        _raise(status)
    return True


def gradgradcheck(func, inputs, **settings):
    """As :func:`gradcheck` for the derivatives of the derivatives."""
    return gradcheck(func, inputs, **settings, order=2)


_anomaly = [False]


class set_detect_anomaly:
    """Switches the search for operations whose derivative is NaN, as a function or for a block."""

    def __init__(self, mode, check_nan=True):
        self._before = _anomaly[0]
        self._switch(mode)

    @staticmethod
    def _switch(mode):
        _anomaly[0] = bool(mode)
        lib.apus_anomaly_set_enabled(int(_anomaly[0]))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._switch(self._before)


class detect_anomaly(set_detect_anomaly):
    """Inside, a backward pass fails at the first NaN and names the operation."""

    def __init__(self, check_nan=True):
        super().__init__(True)


def __getattr__(name):
    if name in ("no_grad", "enable_grad", "set_grad_enabled", "inference_mode"):
        from .. import _torch

        return getattr(_torch, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "Function", "GradcheckError", "backward", "detect_anomaly", "functional", "grad", "gradcheck", "gradgradcheck",
    "set_detect_anomaly",
]  # fmt: skip
