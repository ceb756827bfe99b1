"""Products with Jacobian and Hessian matrices, with the names of ``torch.autograd.functional``."""

from __future__ import annotations

from ctypes import c_int64, c_void_p

from .._library import lib
from .._tensor import Tensor, _raise, _wrap, apply, full_like, handles
from .._tensor import function as _declared

_jvp = _declared("apus_tensor_jvp", c_void_p, c_void_p, c_int64, c_void_p, c_int64, c_void_p)


def _tuple(value):
    return (value,) if isinstance(value, Tensor) else tuple(value)


def _evaluated(func, inputs, create_graph):
    """Results of `func`, and the leaves it was given."""
    given = _tuple(inputs)
    leaves = given if create_graph else tuple(x.detach().requires_grad_() for x in given)
    before = lib.apus_grad_set_enabled(1)
    try:
        results = func(*leaves)
    finally:
        lib.apus_grad_set_enabled(before)
    return results, leaves


def _like(value, found):
    return found[0] if isinstance(value, Tensor) else tuple(found)


def vjp(func, inputs, v=None, create_graph=False, strict=False):
    """(outputs, v^T J)"""
    from . import grad

    results, leaves = _evaluated(func, inputs, create_graph)
    found = grad(
        _tuple(results), leaves, None if v is None else _tuple(v), create_graph=create_graph,
        allow_unused=not strict, materialize_grads=not strict,
    )  # fmt: skip
    outputs = _like(results, [r if create_graph else r.detach() for r in _tuple(results)])
    return outputs, _like(inputs, found)


def jvp(func, inputs, v=None, create_graph=False, strict=False):
    """(outputs, J v)"""
    results, leaves = _evaluated(func, inputs, create_graph)
    outputs = _tuple(results)
    tangents = [full_like(x, 1) for x in leaves] if v is None else _tuple(v)
    if len(tangents) != len(leaves):
        raise RuntimeError(f"v has {len(tangents)} tensors for {len(leaves)} inputs")
    found = (c_void_p * len(outputs))()
    status = _jvp(found, handles(outputs), len(outputs), handles(leaves), len(leaves), handles(tangents))
    if status:
        _raise(status)
    products = [_wrap(h) if h else full_like(o, 0) for h, o in zip(found, outputs, strict=True)]
    return _like(results, [r if create_graph else r.detach() for r in outputs]), _like(results, products)


def jacobian(func, inputs, create_graph=False, strict=False, vectorize=False):
    """The Jacobian matrix of each output by each input, of shape (*output, *input)."""
    from . import grad

    results, leaves = _evaluated(func, inputs, create_graph)
    rows = []
    for output in _tuple(results):
        flat = output.reshape(-1)
        found = [[] for _ in leaves]
        for index in range(flat.numel()):
            parts = grad(
                flat[index], leaves, retain_graph=True, create_graph=create_graph, materialize_grads=True
            )
            for column, part in zip(found, parts, strict=True):
                column.append(part)
        shape = tuple(output.shape)
        rows.append(
            _like(inputs, [apply(b"stack", *c, dim=0).reshape(*shape, *x.shape) for c, x in zip(found, leaves, strict=True)])
        )
    return rows[0] if isinstance(results, Tensor) else tuple(rows)


def hessian(func, inputs, create_graph=False, strict=False, vectorize=False):
    """The second derivatives of a scalar function, of shape (*input, *input)."""
    from . import grad

    def first(*leaves):
        found = grad(func(*leaves), leaves, create_graph=True, materialize_grads=True)
        return found[0] if isinstance(inputs, Tensor) else found

    return jacobian(first, inputs, create_graph)


def hvp(func, inputs, v=None, create_graph=False, strict=False):
    """(output, H v)"""
    from . import grad

    results, leaves = _evaluated(func, inputs, create_graph)
    first = grad(results, leaves, create_graph=True, materialize_grads=True)
    tangents = [full_like(x, 1) for x in leaves] if v is None else list(_tuple(v))
    pairs = [(g, w) for g, w in zip(first, tangents, strict=True) if g.requires_grad]
    if not pairs:
        found = [full_like(x, 0) for x in leaves]
    else:
        found = grad(
            [g for g, _ in pairs], leaves, [w for _, w in pairs], create_graph=create_graph, materialize_grads=True
        )
    return results if create_graph else results.detach(), _like(inputs, found)
