"""Gradient checkpointing with PyTorch's names: memory for a second forward computation."""

from __future__ import annotations

from .. import _torch
from .._tensor import Tensor, apply
from ..autograd import Function, backward


class _Recomputed(Function):
    @staticmethod
    def forward(ctx, _always, run, preserve, count, *arguments):
        ctx.run, ctx.count = run, count
        ctx.random = _torch.get_rng_state().clone() if preserve else None
        ctx.arguments = [a.detach() if isinstance(a, Tensor) else a for a in arguments]
        ctx.wanted = ctx.needs_input_grad[4:]
        return run(*arguments)

    @staticmethod
    def backward(ctx, *gradients):
        leaves = [
            a.detach().requires_grad_(wanted) if isinstance(a, Tensor) and a.is_floating_point() else a
            for a, wanted in zip(ctx.arguments, ctx.wanted, strict=True)
        ]
        now = _torch.get_rng_state().clone()
        if ctx.random is not None:
            _torch.set_rng_state(ctx.random)
        with _torch.enable_grad():
            found = ctx.run(*leaves)
        if ctx.random is not None:
            _torch.set_rng_state(now)
        found = [found] if isinstance(found, Tensor) else list(found)
        pairs = [(f, g) for f, g in zip(found, gradients, strict=True) if isinstance(f, Tensor) and f.requires_grad]
        if pairs:
            backward([f for f, _ in pairs], [g for _, g in pairs])
        return (None, None, None, None, *[a.grad if isinstance(a, Tensor) else None for a in leaves])


def checkpoint(function, *arguments, use_reentrant=None, preserve_rng_state=True, **named):
    """``function(*arguments)`` without keeping what its derivative needs; the backward pass computes it again.

    As PyTorch's reentrant form: parameters that `function` uses collect their gradients in ``grad``, so
    ``autograd.grad`` finds those of `arguments` only.
    """

    def run(*given):
        return function(*given, **named)

    always = apply(b"full", size=[], value=0.0).requires_grad_()
    return _Recomputed.apply(always, run, preserve_rng_state, len(arguments), *arguments)


def checkpoint_sequential(functions, segments, input, use_reentrant=None, **settings):
    """A chain of modules in `segments` checkpointed parts, the last of which is computed as usual."""
    modules = list(functions)
    if not 1 <= segments <= len(modules):
        raise ValueError(f"segments: {segments} is not in 1...{len(modules)}, the number of modules")
    size = max(len(modules) // segments, 1)
    starts = [size * i for i in range(segments)]

    def part(start, end):
        def run(value):
            for module in modules[start:end]:
                value = module(value)
            return value

        return run

    for start in starts[:-1]:
        input = checkpoint(part(start, start + size), input, **settings)
    return part(starts[-1], len(modules))(input)
