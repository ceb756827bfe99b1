"""What ``apus`` offers under PyTorch's names: creation, functions of tensors, modes, seeds, files."""

from __future__ import annotations

import contextlib
import functools
import math
import os

import numpy as np

from . import _arrays
from . import _tensor as t
from ._library import lib
from ._tensor import Size, Tensor, apply, apply_all, device, dtype, from_numpy, tensor
from ._tensor import bool_ as bool
from ._tensor import float32, float64, int32, int64, uint8

float, double, long = float32, float64, int64
inf, nan, pi, e = math.inf, math.nan, math.pi, math.e
_python_float, _python_int = type(0.0), type(0)


def _finished(made, requires_grad):
    return made.requires_grad_() if requires_grad else made


def _full(size, value, dtype, requires_grad):
    # No value is zero.
    return _finished(
        apply(b"full", size=t._numbers(size), value=value, dtype=dtype or t._default_dtype[0]), requires_grad
    )


def zeros(*size, dtype=None, device=None, requires_grad=False):
    """A tensor of zeros; sizes one by one or as a tuple."""
    return _full(size, None, dtype, requires_grad)


def ones(*size, dtype=None, device=None, requires_grad=False):
    """A tensor of ones; sizes one by one or as a tuple."""
    return _full(size, 1.0, dtype, requires_grad)


empty = zeros


def full(size, fill_value, *, dtype=None, device=None, requires_grad=False):
    """A tensor of this size with one value, whose type decides the dtype."""
    if dtype is None:
        kinds = {type(True): bool, _python_int: int64}
        dtype = kinds.get(type(fill_value), t._default_dtype[0])
    return _full((size,), _python_float(fill_value), dtype, requires_grad)


def zeros_like(other, dtype=None, requires_grad=False):
    """Zeros of the shape and dtype of `other`."""
    return _finished(t.full_like(other, 0, dtype), requires_grad)


def ones_like(other, dtype=None, requires_grad=False):
    """Ones of the shape and dtype of `other`."""
    return _finished(t.full_like(other, 1, dtype), requires_grad)


def full_like(other, fill_value, dtype=None):
    """One value in the shape and dtype of `other`."""
    return t.full_like(other, fill_value, dtype)


empty_like = zeros_like


def randn(*size, dtype=None, device=None, requires_grad=False, generator=None):
    """Standard normal numbers: PyTorch's for the same seed."""
    return _finished(
        apply(b"randn", size=t._numbers(size), dtype=dtype or t._default_dtype[0], generator=_state_of(generator)), requires_grad
    )


def rand(*size, dtype=None, device=None, requires_grad=False, generator=None):
    """Uniform numbers on [0, 1): PyTorch's for the same seed."""
    return _finished(
        apply(b"rand", size=t._numbers(size), dtype=dtype or t._default_dtype[0], generator=_state_of(generator)), requires_grad
    )


def randn_like(other, dtype=None):
    """Standard normal numbers in the shape of `other`."""
    return randn(*other.shape, dtype=dtype or other.dtype)


def rand_like(other, dtype=None):
    """Uniform numbers on [0, 1) in the shape of `other`."""
    return rand(*other.shape, dtype=dtype or other.dtype)


def randint(low, high=None, size=None, *, dtype=None, device=None, generator=None):
    """Whole numbers from `low` (0 when it is left out) to `high` - 1."""
    if size is None:
        low, high, size = 0, low, high
    elif high is None:
        low, high = 0, low
    return apply(
        b"randint", low=low, high=high, size=t._numbers(size), dtype=dtype or int64, generator=_state_of(generator)
    )


def randperm(n, *, generator=None, dtype=None, device=None):
    """The numbers 0 ... n - 1 in random order, int64."""
    return apply(b"randperm", n=n, dtype=dtype or int64, generator=_state_of(generator))


def multinomial(input, num_samples, replacement=False, *, generator=None):
    """Categories drawn with the weights in each row of `input`."""
    return apply(
        b"multinomial", input, num_samples=num_samples, replacement=replacement, generator=_state_of(generator)
    )


def bernoulli(input, p=None):
    """1 with the probabilities in `input` (or `p`), else 0."""
    return apply(b"bernoulli", input if p is None else t.full_like(input, p))


def arange(start, end=None, step=1, *, dtype=None, device=None, requires_grad=False):
    """start, start + step, ... up to before `end`; int64 when all are whole."""
    if end is None:
        start, end = 0, start
    if dtype is None:
        fractional = any(isinstance(v, _python_float) for v in (start, end, step))
        dtype = t._default_dtype[0] if fractional else int64
    made = apply(
        b"arange", start=_python_float(start), end=_python_float(end), step=_python_float(step), dtype=dtype
    )
    return _finished(made, requires_grad)


def linspace(start, end, steps, *, dtype=None, device=None, requires_grad=False):
    """`steps` numbers at equal distances from `start` to `end`, both included."""
    made = apply(
        b"linspace", start=_python_float(start), end=_python_float(end), steps=steps, dtype=dtype or t._default_dtype[0]
    )
    return _finished(made, requires_grad)


def eye(n, m=None, *, dtype=None, device=None):
    """The identity matrix (n, n), or (n, m) with ones on the diagonal."""
    return apply(b"eye", n=n, m=m, dtype=dtype or t._default_dtype[0])


as_tensor = t.as_tensor


def is_tensor(value):
    """Whether `value` is a tensor."""
    return isinstance(value, Tensor)


# -- Functions of several tensors


def cat(tensors, dim=0):
    """Tensors one after the other along `dim`."""
    return apply(b"cat", *tensors, dim=dim)


concat = concatenate = cat


def stack(tensors, dim=0):
    """Tensors of one shape along a new dimension `dim`."""
    return apply(b"stack", *tensors, dim=dim)


def einsum(equation, *operands):
    """Sums of products in Einstein's notation: einsum("ij,jk->ik", a, b)."""
    if len(operands) == 1 and isinstance(operands[0], (list, tuple)):
        operands = operands[0]
    return apply(b"einsum", *operands, equation=equation)


def where(condition, input=None, other=None):
    """`input` where `condition` holds, else `other`; with a condition alone the indices at which it does."""
    condition = as_tensor(condition)
    if input is None:
        return condition.nonzero().unbind(1)
    scalars = [v for v in (input, other) if isinstance(v, Tensor)]
    like = scalars[0] if scalars else condition.float()

    def as_operand(value):
        return value if isinstance(value, Tensor) else tensor(value, dtype=like.dtype)

    return apply(b"where", condition, as_operand(input), as_operand(other))


def unsqueeze(input, dim):
    """A view with a dimension of extent 1 at `dim`."""
    return as_tensor(input).unsqueeze(dim)


def allclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False):
    """Whether all elements agree within atol + rtol |other|."""
    return np.allclose(as_tensor(input).detach().numpy(), as_tensor(other).detach().numpy(), rtol, atol, equal_nan)


def equal(input, other):
    """Whether shapes and all elements are equal."""
    return np.array_equal(as_tensor(input).detach().numpy(), as_tensor(other).detach().numpy())


def outer(a, b):
    """All products of an element of `a` with one of `b`."""
    return as_tensor(a).unsqueeze(1) * as_tensor(b).unsqueeze(0)


def clamp(input, min=None, max=None):
    """Elements limited to [min, max]."""
    return as_tensor(input).clamp(min, max)


def addmm(input, mat1, mat2):
    """input + mat1 @ mat2."""
    return as_tensor(input) + as_tensor(mat1) @ as_tensor(mat2)


_FUNCTIONS = (
    *t._METHODS, *t._BINARY, *t._INDEXED, "sum", "norm", "sort", "topk", "var", "std", "max", "min", "split", "chunk", "amax", "amin",
    "masked_fill", "reshape", "transpose", "permute", "t", "unbind", "mm", "bmm", "dot", "mv", "clone",
)  # fmt: skip


@functools.cache
def _as_function(name):
    method = getattr(Tensor, name)

    def call(input, *arguments, **values):
        if not isinstance(input, Tensor):
            input = tensor(input)
        return method(input, *arguments, **values)

    call.__name__ = name
    call.__doc__ = method.__doc__ or f"``input.{name}(...)`` as a function."
    return call


def __getattr__(name):
    # Not module globals: names such as sum and any would hide Python's own in this file.
    if name in _FUNCTIONS:
        return _as_function(name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


#: What this file imports for itself.
_IMPORTED = {"annotations", "apply", "apply_all", "contextlib", "functools", "lib", "math", "np", "os", "t"}


def __dir__():
    return sorted({name for name in globals() if not name.startswith("_")} - _IMPORTED | set(_FUNCTIONS))


# -- Modes


class _GradMode(contextlib.ContextDecorator):
    _enabled = 0

    def __init__(self, mode=None):
        self._mode = self._enabled if mode is None else _python_int(mode)

    def __call__(self, function):
        mode = self._mode

        @functools.wraps(function)
        def wrapped(*arguments, **values):
            before = lib.apus_grad_set_enabled(mode)
            try:
                return function(*arguments, **values)
            finally:
                lib.apus_grad_set_enabled(before)

        return wrapped

    def __enter__(self):
        self._before = lib.apus_grad_set_enabled(self._mode)

    def __exit__(self, *_):
        lib.apus_grad_set_enabled(self._before)


class no_grad(_GradMode):
    """Inside, operations are not recorded. Also a decorator."""


inference_mode = no_grad


class enable_grad(_GradMode):
    """Inside, operations are recorded. Also a decorator."""

    _enabled = 1


class set_grad_enabled(_GradMode):
    """Switches recording, as a function or for a block."""

    def __init__(self, mode):
        super().__init__(mode)
        self._before = lib.apus_grad_set_enabled(self._mode)

    def __enter__(self):
        lib.apus_grad_set_enabled(self._mode)


def is_grad_enabled():
    """Whether operations are recorded on this thread."""
    return lib.apus_grad_enabled() == 1


# -- Random state


class Generator:
    """A source of random numbers of its own, with PyTorch's streams."""

    def __init__(self, device="cpu"):
        self.manual_seed(67280421310721)

    def manual_seed(self, seed):
        self._seed = _python_int(seed) & 0xFFFFFFFFFFFFFFFF
        signed = self._seed if self._seed < 1 << 63 else self._seed - (1 << 64)
        self._state = apply(b"generator_state", seed=signed)
        return self

    def initial_seed(self):
        return self._seed

    def seed(self):
        import secrets

        return self.manual_seed(secrets.randbits(64)).initial_seed()

    def get_state(self):
        return self._state.clone()

    def set_state(self, state):
        self._state = state.clone()
        return self


def _state_of(generator):
    return None if generator is None else generator._state


def manual_seed(seed):
    """Restarts the default generator; PyTorch's streams from the same seed."""
    seed = _python_int(seed)
    if not -(1 << 63) <= seed < 1 << 64:
        raise RuntimeError(f"seed: {seed} does not fit 64 bits")
    lib.apus_manual_seed(seed & 0xFFFFFFFFFFFFFFFF)
    return _default_generator


class _DefaultGenerator:
    """The generator used where none is given."""

    manual_seed = staticmethod(lambda seed: manual_seed(seed))
    get_state = staticmethod(lambda: get_rng_state())
    set_state = staticmethod(lambda state: set_rng_state(state))
    _state = None


_default_generator = default_generator = _DefaultGenerator()


def get_rng_state():
    """The state of the default generator, 5056 bytes as PyTorch's."""
    pointer = _arrays.new_handle()
    lib.apus_random_state(pointer)
    return t.from_array(_arrays.owned(pointer))


def set_rng_state(state):
    """Continues from a state of :func:`get_rng_state`."""
    data = state.numpy().tobytes()
    lib.apus_random_set_state(data, len(data))


def set_default_dtype(value):
    """Sets the dtype of new floating tensors, float32 at first."""
    t._default_dtype[0] = t.as_dtype(value)


def get_default_dtype():
    """The dtype of new floating tensors."""
    return t._default_dtype[0]


def numel(input):
    """The number of elements."""
    return as_tensor(input).numel()


# -- Files


def save(value, file):
    """Pickles tensors, state dictionaries and whatever holds them. For exchange with PyTorch use safetensors files:
    ``module.save_safetensors(path)``."""
    import pickle

    if hasattr(file, "write"):
        pickle.dump(value, file)
        return
    # A path: a number would be the descriptor of an open file.
    with open(os.fspath(file), "wb") as stream:
        pickle.dump(value, stream)
