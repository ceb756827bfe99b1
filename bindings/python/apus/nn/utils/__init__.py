"""Helpers for training."""

from __future__ import annotations

from ..._library import lib
from ..._tensor import Tensor, apply


def _with_gradients(parameters):
    found = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    return [gradient for gradient in (p.grad for p in found) if gradient is not None]


def clip_grad_norm_(parameters, max_norm, norm_type=2.0, error_if_nonfinite=False):
    """Scales all gradients so that their joint norm is at most `max_norm`; returns the norm before."""
    gradients = _with_gradients(parameters)
    before = lib.apus_grad_set_enabled(0)
    try:
        if not gradients:
            return apply(b"full", size=[], value=0.0)
        norms = apply(b"stack", *[g.norm(norm_type) for g in gradients])
        total = norms.norm(norm_type)
        if error_if_nonfinite and not total.isfinite().item():
            raise RuntimeError(f"The total norm of order {norm_type} for gradients is non-finite")
        factor = (float(max_norm) / (total + 1e-6)).clamp(max=1.0)
        for gradient in gradients:
            gradient.mul_(factor)
        return total
    finally:
        lib.apus_grad_set_enabled(before)


def clip_grad_value_(parameters, clip_value):
    """Limits every element of all gradients to [-clip_value, clip_value]."""
    before = lib.apus_grad_set_enabled(0)
    try:
        for gradient in _with_gradients(parameters):
            gradient.clamp_(-float(clip_value), float(clip_value))
    finally:
        lib.apus_grad_set_enabled(before)


def parameters_to_vector(parameters):
    """All elements of the parameters, one after the other."""
    return apply(b"cat", *[p.reshape(-1) for p in parameters])


def vector_to_parameters(vector, parameters):
    """The inverse of :func:`parameters_to_vector`: copies the elements back."""
    before = lib.apus_grad_set_enabled(0)
    try:
        start = 0
        for parameter in parameters:
            end = start + parameter.numel()
            parameter.copy_(vector[start:end].reshape(parameter.shape))
            start = end
    finally:
        lib.apus_grad_set_enabled(before)


from . import rnn  # noqa: E402

__all__ = ["clip_grad_norm_", "clip_grad_value_", "parameters_to_vector", "rnn", "vector_to_parameters"]
