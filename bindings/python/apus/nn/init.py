"""Starting values of parameters, in place, with PyTorch's formulas and random streams."""

from __future__ import annotations

import math

from .._library import lib
from .._tensor import apply


def _quietly(change):
    before = lib.apus_grad_set_enabled(0)
    try:
        return change()
    finally:
        lib.apus_grad_set_enabled(before)


def uniform_(tensor, a=0.0, b=1.0):
    """Uniform on [a, b)."""
    return _quietly(lambda: tensor.uniform_(a, b))


def normal_(tensor, mean=0.0, std=1.0):
    """Normal with this mean and deviation."""
    return _quietly(lambda: tensor.normal_(mean, std))


def constant_(tensor, val):
    """All elements `val`."""
    return _quietly(lambda: tensor.fill_(val))


def zeros_(tensor):
    """All elements 0."""
    return constant_(tensor, 0.0)


def ones_(tensor):
    """All elements 1."""
    return constant_(tensor, 1.0)


def _named(name, doc, *names):
    """The initialiser of this name in the library, with names of positional arguments."""
    code = name.encode()

    def fill(tensor, *arguments, generator=None, **values):
        if len(arguments) > len(names):
            raise TypeError(f"{name}: takes {len(names)} settings, got {len(arguments)}")
        values.update(zip(names, arguments, strict=False))
        apply(code, tensor, generator=None if generator is None else generator._state, **values)
        return tensor

    fill.__name__ = name
    fill.__doc__ = doc
    return fill


eye_ = _named("eye_", "The identity matrix.")
dirac_ = _named("dirac_", "Convolution filters that pass the channels on, in each of `groups`.", "groups")
xavier_uniform_ = _named("xavier_uniform_", "Uniform within gain √(6 / (fan_in + fan_out)) (Glorot, Bengio 2010).", "gain")
xavier_normal_ = _named("xavier_normal_", "Normal with deviation gain √(2 / (fan_in + fan_out)) (Glorot, Bengio 2010).", "gain")
_KAIMING = "%s gain √(%d / fan), fan_in or with mode='fan_out' fan_out; the gain follows from nonlinearity (He et al. 2015)."
kaiming_uniform_ = _named("kaiming_uniform_", _KAIMING % ("Uniform within", 3), "a", "mode", "nonlinearity")
kaiming_normal_ = _named("kaiming_normal_", _KAIMING % ("Normal with deviation", 1), "a", "mode", "nonlinearity")
trunc_normal_ = _named("trunc_normal_", "Normal, without what lies outside [a, b] (-2 and 2).", "mean", "std", "a", "b")
orthogonal_ = _named("orthogonal_", "Orthonormal rows or columns, times gain (Saxe et al. 2013).", "gain")
sparse_ = _named("sparse_", "Normal with deviation std (0.01), a share `sparsity` of every column zero.", "sparsity", "std")


#: The recommended gains by the function that follows a layer, without leaky_relu.
_GAINS = {"tanh": 5.0 / 3, "relu": math.sqrt(2.0), "selu": 3.0 / 4, "sigmoid": 1.0, "linear": 1.0} | {
    f"conv{kind}{dimensions}d": 1.0 for kind in ("", "_transpose") for dimensions in (1, 2, 3)
}


def calculate_gain(nonlinearity, param=None):
    """The recommended gain of a nonlinearity."""
    if nonlinearity == "leaky_relu":
        return math.sqrt(2.0 / (1 + (0.01 if param is None else param) ** 2))
    if not isinstance(nonlinearity, str) or nonlinearity not in _GAINS:
        raise ValueError(f"nonlinearity: {nonlinearity!r} is not one of leaky_relu, {', '.join(_GAINS)}")
    return _GAINS[nonlinearity]
