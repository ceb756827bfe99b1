"""Tensors as text, laid out as PyTorch does."""

from __future__ import annotations

import math

import numpy as np

_LINE_WIDTH, _THRESHOLD, _EDGE, _PRECISION = 80, 1000, 3, 4


class _Formatter:
    """How to write every element of an array: the notation that fits all, and its width."""

    def __init__(self, values: np.ndarray):
        self.is_float = values.dtype.kind == "f"
        self.integral = self.scientific = False
        self.width = 1
        if not self.is_float:
            self.width = max((len(str(v)) for v in values.ravel().tolist()), default=1)
            return
        finite = np.abs(values[np.isfinite(values) & (values != 0)].astype(np.float64))
        if finite.size:
            low, high = float(finite.min()), float(finite.max())
            self.integral = bool(np.all(finite == np.ceil(finite)))
            self.scientific = high / low > 1000.0 or high > 1.0e8 or (not self.integral and low < 1.0e-4)
            plain = values[np.isfinite(values) & (values != 0)]
            self.width = max(self.width, *(len(self._number(v)) for v in plain.ravel().tolist()))
        others = values[~np.isfinite(values)].ravel().tolist()
        self.width = max([self.width, *(len(str(v)) + (1 if self.integral and finite.size else 0) for v in others)])

    def _number(self, value: float) -> str:
        if self.scientific:
            return f"{value:.{_PRECISION}e}"
        if self.integral:
            return f"{value:.0f}" + ("" if math.isinf(value) or math.isnan(value) else ".")
        return f"{value:.{_PRECISION}f}"

    def __call__(self, value) -> str:
        return (self._number(value) if self.is_float else str(value)).rjust(self.width)


def _rows(values: np.ndarray, indent: int, summarize: bool, formatted: _Formatter) -> str:
    if values.ndim == 0:
        return formatted(values.item())
    if values.ndim == 1:
        per_line = max(1, math.floor((_LINE_WIDTH - indent) / (formatted.width + 2)))
        if summarize and values.size > 2 * _EDGE:
            cells = [*map(formatted, values[:_EDGE].tolist()), " ...", *map(formatted, values[-_EDGE:].tolist())]
        else:
            cells = [formatted(v) for v in values.tolist()]
        lines = [", ".join(cells[i : i + per_line]) for i in range(0, len(cells), per_line)]
        return "[" + (",\n" + " " * (indent + 1)).join(lines) + "]"
    if summarize and values.shape[0] > 2 * _EDGE:
        chosen = [*range(_EDGE), None, *range(values.shape[0] - _EDGE, values.shape[0])]
    else:
        chosen = list(range(values.shape[0]))
    parts = ["..." if i is None else _rows(values[i], indent + 1, summarize, formatted) for i in chosen]
    return "[" + ("," + "\n" * (values.ndim - 1) + " " * (indent + 1)).join(parts) + "]"


def _shown(values: np.ndarray) -> np.ndarray:
    for axis in range(values.ndim):
        if values.shape[axis] > 2 * _EDGE:
            ends = np.r_[0:_EDGE, values.shape[axis] - _EDGE : values.shape[axis]]
            values = values.take(ends, axis=axis)
    return values


def text(tensor) -> str:
    values = tensor.detach().numpy()
    prefix = "Parameter containing:\n" if type(tensor).__name__ == "Parameter" else ""
    suffixes = []
    if values.size == 0:
        body = "[]" if values.ndim == 1 else f"[], size={tuple(values.shape)}"
    else:
        summarize = values.size > _THRESHOLD
        body = _rows(values, len("tensor("), summarize, _Formatter(_shown(values) if summarize else values))
    name = tensor.dtype.name
    if name not in ("float32", "int64", "bool") or (values.size == 0 and name != "float32"):
        suffixes.append(f"dtype=torch.{name}")
    function = tensor.grad_fn
    if function is not None:
        suffixes.append(f"grad_fn={function!r}")
    elif tensor.requires_grad:
        suffixes.append("requires_grad=True")
    return f"{prefix}tensor({', '.join([body, *suffixes])})"
