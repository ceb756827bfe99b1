"""Indices of tensors as Python writes them: numbers, slices, None, ..., integer and bool tensors."""

from __future__ import annotations

import numpy as np

from ._tensor import Tensor, TensorError, apply, as_tensor, bool_, int64, tensor


def _views(self, index):
    """Applies everything but tensors; returns the view, the tensors and the axis of the first."""
    parts = list(index) if isinstance(index, tuple) else [index]
    parts = [
        tensor(p) if isinstance(p, (list, np.ndarray)) and not isinstance(p, (str, bytes)) else p for p in parts
    ]
    consumed = sum(
        p.ndim if isinstance(p, Tensor) and p.dtype is bool_ else 1 for p in parts if p is not None and p is not ...
    )
    shape = self.shape
    if consumed > len(shape):
        raise IndexError(f"too many indices for tensor of dimension {len(shape)}")
    if any(p is ... for p in parts):
        at = next(i for i, p in enumerate(parts) if p is ...)
        parts[at : at + 1] = [slice(None)] * (len(shape) - consumed)
    view, axis, tensors, first = self, 0, [], None
    for part in parts:
        if part is None:
            view = apply(b"unsqueeze", view, dim=axis)
            axis += 1
        elif isinstance(part, slice):
            start, stop, step = part.indices(view.shape[axis])
            if step < 1:
                raise ValueError("step must be greater than zero")
            length = max(0, -(-(stop - start) // step))
            if (start, length, step) != (0, view.shape[axis], 1):
                view = apply(b"narrow", view, dim=axis, start=start if length else 0, length=length, step=step)
            axis += 1
        elif isinstance(part, Tensor) and (part.ndim > 0 or part.dtype is bool_):
            places = list(apply(b"nonzero", part).unbind(1)) if part.dtype is bool_ else [part]
            if first is None:
                first = axis
            elif first + len(tensors) != axis:
                raise NotImplementedError("index tensors must stand next to each other")
            tensors += places
            axis += len(places)
        else:
            place = part.__index__()
            extent = view.shape[axis]
            if not -extent <= place < extent:
                raise IndexError(f"index {place} is out of bounds for dimension {axis} with size {extent}")
            view = apply(b"select", view, dim=axis, index=place)
    return view, tensors, first


def get(self, index):
    if type(index) is int:
        try:
            return apply(b"select", self, dim=0, index=index)
        except TensorError:
            pass
    view, tensors, first = _views(self, index)
    if tensors:
        return apply(b"index", view, *tensors, dim=first)
    return view if view is not self else apply(b"narrow", self, dim=0, start=0, length=len(self)) if self.ndim else self


def put(self, index, value):
    view, tensors, first = _views(self, index)
    values = value if isinstance(value, Tensor) else as_tensor(value, self.dtype)
    if tensors:
        apply(b"index_put_", view, *[t.to(int64) for t in tensors], values, dim=first)
    else:
        view.copy_(values)
