"""Starting values of parameters, in place, with PyTorch's formulas and random streams."""

from __future__ import annotations

import math

from .._library import lib


def _quietly(change):
    before = lib.apus_grad_set_enabled(0)
    try:
        return change()
    finally:
        lib.apus_grad_set_enabled(before)


def uniform_(tensor, a=0.0, b=1.0):
    return _quietly(lambda: tensor.uniform_(a, b))


def normal_(tensor, mean=0.0, std=1.0):
    return _quietly(lambda: tensor.normal_(mean, std))


def constant_(tensor, val):
    return _quietly(lambda: tensor.fill_(val))


def zeros_(tensor):
    return constant_(tensor, 0.0)


def ones_(tensor):
    return constant_(tensor, 1.0)


def eye_(tensor):
    from .._torch import eye

    return _quietly(lambda: tensor.copy_(eye(*tensor.shape, dtype=tensor.dtype)))


def _fans(tensor):
    shape = tensor.shape
    if len(shape) < 2:
        raise ValueError("Fan in and fan out can not be computed for tensor with fewer than 2 dimensions")
    field = math.prod(shape[2:])
    return shape[1] * field, shape[0] * field


def calculate_gain(nonlinearity, param=None):
    gains = {"tanh": 5.0 / 3, "relu": math.sqrt(2.0), "selu": 3.0 / 4}
    if nonlinearity == "leaky_relu":
        return math.sqrt(2.0 / (1 + (0.01 if param is None else param) ** 2))
    return gains.get(nonlinearity, 1.0)


def xavier_uniform_(tensor, gain=1.0):
    bound = math.sqrt(3.0) * (gain * math.sqrt(2.0 / sum(_fans(tensor))))
    return uniform_(tensor, -bound, bound)


def xavier_normal_(tensor, gain=1.0):
    return normal_(tensor, 0.0, gain * math.sqrt(2.0 / sum(_fans(tensor))))


def _kaiming(tensor, a, mode, nonlinearity):
    fan = _fans(tensor)[0 if mode == "fan_in" else 1]
    return calculate_gain(nonlinearity, a) / math.sqrt(fan)


def kaiming_uniform_(tensor, a=0, mode="fan_in", nonlinearity="leaky_relu"):
    bound = math.sqrt(3.0) * _kaiming(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound)


def kaiming_normal_(tensor, a=0, mode="fan_in", nonlinearity="leaky_relu"):
    return normal_(tensor, 0.0, _kaiming(tensor, a, mode, nonlinearity))
