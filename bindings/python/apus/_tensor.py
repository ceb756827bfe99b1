"""Tensors with PyTorch's names: handles to the library's tensors, with operators and methods that call it."""

from __future__ import annotations

import ctypes
import threading
from ctypes import byref, c_double, c_int32, c_int64, c_void_p
from operator import index as _index

import numpy as np

from . import _arrays, _lent, _status
from . import _signatures as c
from ._library import immortal, lib

_shared, _short = ctypes.CDLL(lib.path), ctypes.PyDLL(lib.path)


def _raise(status):
    if status == c.APUS_ERROR_CALLBACK:
        from ._callbacks import take_exception

        error = take_exception()
        if error is not None:
            raise error
    message = lib.apus_last_error().decode("utf-8", "replace")
    if status == c.APUS_ERROR_SHAPE or status == c.APUS_ERROR_ARGUMENT:
        raise _RUNTIME(message)
    raise _status.exception(status, message)


class TensorError(ValueError, RuntimeError):
    """A shape or argument that an operation on tensors refuses; PyTorch raises RuntimeError or ValueError there."""


_RUNTIME = TensorError


def function(name, *arguments, short=False):
    """A function of the library that takes handles as integers, without the checks ctypes makes of typed pointers.

    A `short` one keeps the interpreter lock, which costs less than to give it up and take it again.
    """
    found = getattr(_short if short else _shared, name)
    found.argtypes = arguments
    found.restype = c_int32
    return found


_apply_one = function(
    "apus_tensor_apply", c_void_p, ctypes.c_char_p, c_void_p, c_int64, c_void_p, c_int64
)
_apply_all = function(
    "apus_tensor_apply_all", c_void_p, c_int64, c_void_p, ctypes.c_char_p, c_void_p, c_int64, c_void_p, c_int64
)
_backward = function("apus_tensor_backward", c_void_p, c_void_p, c_int32, c_int32)
_item = function("apus_tensor_item", c_void_p, c_void_p)
_grad = function("apus_tensor_grad", c_void_p, c_void_p, short=True)
_describe = function("apus_tensor_describe", c_void_p, c_void_p, c_void_p, c_void_p, short=True)
_create = function("apus_tensor_create", c_void_p, c_void_p, c_int32)
_register_hook = function(
    "apus_tensor_register_hook", c_void_p, c_void_p, c.apus_hook_callback, c.apus_release_callback, c_void_p
)
_free = _short.apus_tensor_free
_free.argtypes = (c_void_p,)
_free.restype = None


class dtype:
    """An element type: ``apus.float32`` and so on."""

    __slots__ = ("code", "name", "numpy")

    def __init__(self, name, code):
        self.name, self.code, self.numpy = name, code, np.dtype("bool" if name == "bool" else name)

    @property
    def is_floating_point(self):
        return self.code in (c.APUS_FLOAT32, c.APUS_FLOAT64)

    @property
    def itemsize(self):
        return self.numpy.itemsize

    def __repr__(self):
        return f"apus.{self.name}"

    def __reduce__(self):
        return _dtype_named, (self.name,)


float32 = float = dtype("float32", c.APUS_FLOAT32)
float64 = double = dtype("float64", c.APUS_FLOAT64)
int32 = int_ = dtype("int32", c.APUS_INT32)
int64 = long = dtype("int64", c.APUS_INT64)
uint8 = dtype("uint8", c.APUS_UINT8)
bool_ = dtype("bool", c.APUS_BOOL)
del float

_BY_CODE = {d.code: d for d in (float32, float64, int32, int64, uint8, bool_)}
_BY_NUMPY = {d.numpy: d for d in _BY_CODE.values()}
_default_dtype = [float32]


def _dtype_named(name):
    return next(d for d in _BY_CODE.values() if d.name == name)


def as_dtype(value):
    """The dtype object for a dtype, its name, or a numpy or Python type."""
    if isinstance(value, dtype):
        return value
    return _BY_NUMPY[np.dtype(value)]


class Size(tuple):
    """The shape of a tensor."""

    __slots__ = ()

    def numel(self):
        return int(np.prod(self, dtype=np.int64))

    def __repr__(self):
        return f"torch.Size({list(self)})"


class Extents(tuple):
    """Integers of an option, such as a shape."""

    __slots__ = ()


def _extents(numbers):
    if len(numbers) > 1 << 20:
        raise ValueError(f"size: has {len(numbers)} extents, allowed are up to {c.APUS_MAX_DIMENSIONS}")
    return Extents(map(_index, numbers))


#: Options made before by names, values and types. They are only read, and the same ones come again and again.
_known = {}
_KNOWN_LIMIT = 1024


def options(values):
    """Named Python values as (array of apus_option, count, what must stay alive). None values are left out."""
    key = (tuple(values.items()), tuple(map(type, values.values())))
    try:
        return _known[key]
    except (KeyError, TypeError):
        made = _made_options(values)
    # Zeros are left out because 0.0 and -0.0 are the same key.
    if all(kind in _KEYS and (kind is not _float or value) for value, kind in zip(values.values(), key[1], strict=True)):
        if len(_known) >= _KNOWN_LIMIT:
            _known.clear()
        _known[key] = made
    return made


def _made_options(values):
    given = [(name, value) for name, value in values.items() if value is not None]
    if not given:
        return None, 0, None
    array = (c.apus_option * len(given))()
    kept = []
    for option, (name, value) in zip(array, given, strict=True):
        option.name = name.encode()
        if isinstance(value, dtype):
            value = value.code
        if isinstance(value, Tensor):
            option.type = c.APUS_OPTION_TENSOR
            option.tensor = ctypes.cast(value._handle, type(option.tensor))
            kept.append(value)
        elif isinstance(value, (bool, np.bool_)):
            option.type, option.integer = c.APUS_OPTION_BOOL, int(value)
        elif isinstance(value, (int, np.integer)):
            option.type, option.integer = c.APUS_OPTION_INT, int(value)
        elif isinstance(value, (_float, np.floating)):
            option.type, option.number = c.APUS_OPTION_DOUBLE, value
        elif isinstance(value, str):
            option.type, option.string = c.APUS_OPTION_STRING, value.encode()
        elif isinstance(value, (list, tuple)):
            if any(isinstance(entry, _float) for entry in value):
                numbers = (c_double * len(value))(*value)
                option.type, option.numbers = c.APUS_OPTION_DOUBLES, numbers
            else:
                numbers = (c_int64 * len(value))(*[int(entry) for entry in value])
                option.type, option.integers = c.APUS_OPTION_INTS, numbers
            option.count = len(value)
            kept.append(numbers)
        else:
            raise TypeError(f"{name}: {type(value).__name__} is not a number, string, list of numbers or tensor")
    return array, len(given), kept


_float = type(0.0)
#: Types of values whose options are kept.
_KEYS = frozenset({bool, int, _float, str, type(None), dtype, Extents})
_HANDLES = [c_void_p * n for n in range(9)]


def handles(tensors):
    """An array of handles; None becomes NULL."""
    n = len(tensors)
    kind = _HANDLES[n] if n < 9 else c_void_p * n
    try:
        return kind(*[None if t is None else t._handle for t in tensors])
    except AttributeError:
        raise no_tensor(*tensors) from None


def no_tensor(*inputs):
    """The error for the first of some inputs that is no tensor."""
    others = [(place, value) for place, value in enumerate(inputs) if not hasattr(value, "_handle")]
    # None is often an input that is left out.
    place, found = min(others, key=lambda other: other[1] is None)
    return TypeError(f"input {place}: {type(found).__name__} is not a tensor; make one by apus.tensor or apus.from_numpy")


_ONE, _TWO = _HANDLES[1], _HANDLES[2]


def apply(name, *tensors, **values):
    """Carries out the operation `name` (bytes) that has one result."""
    out = c_void_p()
    array, count, _kept = options(values) if values else (None, 0, None)
    status = _apply_one(byref(out), name, handles(tensors), len(tensors), array, count)
    if status:
        _raise(status)
    tensor = _new(Tensor)
    tensor._handle = out.value
    return tensor


def _apply_to(name, tensor):
    """``apply(name, tensor)``"""
    out = c_void_p()
    status = _apply_one(byref(out), name, _ONE(tensor._handle), 1, None, 0)
    if status:
        _raise(status)
    tensor = _new(Tensor)
    tensor._handle = out.value
    return tensor


def _apply_to_both(name, first, second):
    """``apply(name, first, second)``"""
    out = c_void_p()
    status = _apply_one(byref(out), name, _TWO(first._handle, second._handle), 2, None, 0)
    if status:
        _raise(status)
    tensor = _new(Tensor)
    tensor._handle = out.value
    return tensor


def apply_all(name, *tensors, capacity=8, **values):
    """Carries out the operation `name` (bytes) that has several results."""
    outputs, found = (c_void_p * capacity)(), c_int64()
    array, count, _kept = options(values)
    status = _apply_all(outputs, capacity, byref(found), name, handles(tensors), len(tensors), array, count)
    if status:
        _raise(status)
    return tuple(_wrap(outputs[i]) for i in range(found.value))


def _wrap(handle):
    tensor = _new(Tensor)
    tensor._handle = handle
    return tensor


_new = object.__new__


def _numbers(size):
    return _extents(size[0] if len(size) == 1 and isinstance(size[0], (tuple, list)) else size)


def _dims(dim):
    return _extents(dim if isinstance(dim, (tuple, list)) else (dim,))


class _Description(threading.local):
    """Where this thread's descriptions of tensors are written."""

    def __init__(self):
        self.info, self.shape, self.strides = c.apus_tensor_info(), (c_int64 * 32)(), (c_int64 * 32)()
        self.place = byref(self.info)


_description = _Description()


class Tensor:
    """An n-dimensional array with its place in the computation graph."""

    __slots__ = ("__weakref__", "_attributes", "_handle")
    __array_priority__ = 1000

    def __init__(self, *_):
        raise TypeError("tensors are made by tensor(), zeros(), randn() and other functions")

    def __del__(self):
        try:
            _free(self._handle)
        except (AttributeError, TypeError):
            pass

    # -- Description

    def _info(self):
        """Description, shape and strides: valid until this thread's next."""
        found = _description
        shape, strides = found.shape, found.strides
        status = _describe(found.place, self._handle, shape, strides)
        if status:
            _raise(status)
        return found.info, shape, strides

    @property
    def shape(self):
        info, shape, _ = self._info()
        return Size(shape[: info.view.ndim])

    def size(self, dim=None):
        return self.shape if dim is None else self.shape[dim]

    @property
    def dtype(self):
        return _BY_CODE[self._info()[0].view.dtype]

    @property
    def ndim(self):
        return self._info()[0].view.ndim

    def dim(self):
        return self.ndim

    def numel(self):
        return self.shape.numel()

    nelement = numel

    def stride(self, dim=None):
        info, _, strides = self._info()
        size = self.dtype.itemsize
        found = tuple(s // size for s in strides[: info.view.ndim])
        return found if dim is None else found[dim]

    def data_ptr(self):
        return self._info()[0].view.data or 0

    def element_size(self):
        return self.dtype.itemsize

    @property
    def device(self):
        return device("cpu")

    @property
    def is_leaf(self):
        return bool(self._info()[0].is_leaf)

    @property
    def _version(self):
        return self._info()[0].version

    @property
    def requires_grad(self):
        return bool(self._info()[0].requires_grad)

    @requires_grad.setter
    def requires_grad(self, value):
        self.requires_grad_(value)

    def requires_grad_(self, requires_grad=True):
        lib.apus_tensor_set_requires_grad(_typed(self._handle), int(requires_grad))
        return self

    def is_floating_point(self):
        return self.dtype.is_floating_point

    def is_contiguous(self):
        expected, step = [], 1
        for extent in reversed(self.shape):
            expected.insert(0, step)
            step *= max(extent, 1)
        return all(n == 1 or s == e for n, s, e in zip(self.shape, self.stride(), expected, strict=True))

    # -- Gradients

    @property
    def grad(self):
        out = c_void_p()
        status = _grad(byref(out), self._handle)
        if status:
            _raise(status)
        return _wrap(out.value) if out.value else None

    @grad.setter
    def grad(self, value):
        lib.apus_tensor_set_grad(_typed(self._handle), None if value is None else _typed(value._handle))

    @property
    def grad_fn(self):
        name = _text(lib.apus_tensor_grad_fn, self._handle)
        return GradFunction(name) if name else None

    def retain_grad(self):
        lib.apus_tensor_retain_grad(_typed(self._handle))

    def backward(self, gradient=None, retain_graph=None, create_graph=False):
        """Adds derivatives to the ``grad`` of every leaf this tensor depends on."""
        status = _backward(
            self._handle,
            None if gradient is None else gradient._handle,
            1 if (create_graph if retain_graph is None else retain_graph) else 0,
            1 if create_graph else 0,
        )
        if status:
            _raise(status)

    def register_hook(self, hook):
        """Calls ``hook(gradient)`` with every gradient of this tensor; what it returns, unless None, replaces it."""
        from . import _callbacks

        identifier = c_int64()
        number = _lent.keep(hook)
        status = _register_hook(byref(identifier), self._handle, _callbacks.hook, _lent.release, number)
        if status:
            _lent.forget(number)
            _raise(status)
        return _callbacks.RemovableHook(self, identifier.value)

    def detach(self):
        return _apply_to(b"detach", self)

    def detach_(self):
        self.data = self.detach()
        return self

    @property
    def data(self):
        return self.detach()

    @data.setter
    def data(self, value):
        lib.apus_tensor_set_data(_typed(self._handle), _typed(value._handle))

    def graph(self):
        """The graph behind this tensor in Graphviz's language."""
        return _text(lib.apus_tensor_graph, self._handle)

    # -- Conversions

    def item(self):
        out = c_double()
        status = _item(byref(out), self._handle)
        if status:
            _raise(status)
        kind = self.dtype
        if kind.is_floating_point:
            return out.value
        return bool(out.value) if kind is bool_ else int(self.detach().numpy().reshape(-1)[0])

    def numpy(self, *, force=False):
        """A numpy array that shares this tensor's memory."""
        if not force and self.requires_grad:
            raise RuntimeError(
                "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead."
            )
        pointer = _arrays.new_handle()
        lib.apus_tensor_array(byref(pointer), _typed(self._handle))
        return _arrays.owned(pointer)

    def __array__(self, dtype=None, copy=None):
        array = self.numpy(force=False)
        if dtype is not None and array.dtype != np.dtype(dtype):
            return array.astype(dtype)
        return array.copy() if copy else array

    def __dlpack__(self, **arguments):
        return self.detach().numpy().__dlpack__(**arguments)

    def __dlpack_device__(self):
        return (1, 0)

    def tolist(self):
        return self.detach().numpy().tolist()

    def to(self, *arguments, dtype=None, **_):
        for argument in arguments:
            if isinstance(argument, Tensor):
                dtype = argument.dtype
            elif isinstance(argument, str):
                device(argument)
            elif not isinstance(argument, device):
                dtype = argument
        return self if dtype is None else apply(b"to", self, dtype=as_dtype(dtype))

    def type(self, dtype=None):
        return f"torch.{self.dtype.name}" if dtype is None else self.to(dtype)

    def type_as(self, other):
        return self.to(other.dtype)

    def float(self):
        return self.to(float32)

    def double(self):
        return self.to(float64)

    def long(self):
        return self.to(int64)

    def int(self):
        return self.to(int32)

    def bool(self):
        return self.to(bool_)

    def cpu(self):
        return self

    def __float__(self):
        return _float(self.item())

    def __int__(self):
        return int(self.item())

    def __index__(self):
        if self.dtype.is_floating_point:
            raise TypeError("only integer tensors of a single element can be converted to an index")
        return int(self.item())

    def __bool__(self):
        if self.numel() != 1:
            raise RuntimeError("Boolean value of Tensor with more than one value is ambiguous")
        return bool(self.item())

    def __len__(self):
        shape = self.shape
        if not shape:
            raise TypeError("len() of a 0-d tensor")
        return shape[0]

    def __iter__(self):
        for i in range(len(self)):
            yield self[i]

    def __hash__(self):
        return id(self)

    def __repr__(self):
        from ._printing import text

        return text(self)

    def __format__(self, spec):
        return format(self.item(), spec) if spec else repr(self)

    def __reduce__(self):
        return _rebuild, (self.detach().numpy(), self.requires_grad, isinstance(self, _parameter_type()))

    def __deepcopy__(self, memo):
        result = _rebuild(self.detach().numpy(), self.requires_grad, isinstance(self, _parameter_type()))
        memo[id(self)] = result
        return result

    # -- Indexing

    def __getitem__(self, index):
        from ._indexing import get

        return get(self, index)

    def __setitem__(self, index, value):
        from ._indexing import put

        put(self, index, value)

    # -- Shapes

    def reshape(self, *shape):
        return apply(b"reshape", self, shape=_numbers(shape))

    def view(self, *shape):
        if len(shape) == 1 and isinstance(shape[0], dtype):
            raise NotImplementedError("view: reinterpreting elements is not supported; use to()")
        return apply(b"view", self, shape=_numbers(shape))

    def reshape_as(self, other):
        return self.reshape(other.shape)

    view_as = reshape_as

    def permute(self, *dims):
        return apply(b"permute", self, dims=_numbers(dims))

    def transpose(self, dim0, dim1):
        return apply(b"transpose", self, dim0=dim0, dim1=dim1)

    swapaxes = transpose

    def t(self):
        return apply(b"t", self)

    @property
    def T(self):
        return self.permute(*reversed(range(self.ndim)))

    @property
    def mT(self):
        return self.transpose(-2, -1)

    def expand(self, *size):
        return apply(b"expand", self, size=_numbers(size))

    def expand_as(self, other):
        return self.expand(other.shape)

    def amax(self, dim=None, keepdim=False):
        return apply(b"amax", self, dim=None if dim is None else _dims(dim), keepdim=keepdim)

    def amin(self, dim=None, keepdim=False):
        return apply(b"amin", self, dim=None if dim is None else _dims(dim), keepdim=keepdim)

    def repeat(self, *repeats):
        return apply(b"repeat", self, repeats=_numbers(repeats))

    def unbind(self, dim=0):
        return tuple(apply(b"select", self, dim=dim, index=i) for i in range(self.shape[dim]))

    # -- In place

    def _in_place(self, name, *others, **values):
        result = apply(b"apply_", self, *others, operation=name, **values)
        del result
        return self

    def _direct(self, name, *others, **values):
        apply(name, self, *others, **values)
        return self

    def add_(self, other, *, alpha=1):
        if isinstance(other, Tensor):
            return self._direct(b"add_", other, alpha=_float(alpha))
        return self._direct(b"add_", other=_float(other), alpha=_float(alpha))

    def sub_(self, other, *, alpha=1):
        return self.add_(other, alpha=-alpha)

    def copy_(self, other, non_blocking=False):
        return self._direct(b"copy_", as_tensor(other))

    def fill_(self, value):
        return self._direct(b"fill_", value=_float(value))

    def zero_(self):
        return self._direct(b"fill_", value=0.0)

    def uniform_(self, a=0.0, b=1.0):
        return self._direct(b"uniform_", **{"from": _float(a), "to": _float(b)})

    def normal_(self, mean=0.0, std=1.0):
        return self._direct(b"normal_", mean=_float(mean), std=_float(std))

    def bernoulli_(self, p=0.5):
        return self._direct(b"bernoulli_", p=_float(p))

    def __iadd__(self, other):
        return self.add_(other)

    def __isub__(self, other):
        return self.sub_(other)

    def __imul__(self, other):
        return self.mul_(other)

    def __itruediv__(self, other):
        return self.div_(other)

    # -- Hooks

    def clamp(self, min=None, max=None):
        return apply(b"clamp", self, min=min, max=max)

    clip = clamp


class GradFunction:
    """The operation that made a tensor."""

    __slots__ = ("_name",)

    def __init__(self, name):
        self._name = name

    def name(self):
        return self._name

    def __repr__(self):
        return f"<{self._name}>"


class device:
    """Where a tensor lives: always the processor."""

    __slots__ = ("type",)

    def __init__(self, name="cpu", _index=None):
        if str(name).split(":")[0] != "cpu":
            raise RuntimeError(f"device: '{name}' is not available, allowed is cpu")
        self.type = "cpu"

    def __repr__(self):
        return "device(type='cpu')"

    def __str__(self):
        return "cpu"

    def __eq__(self, other):
        return str(other).split(":")[0] == "cpu"

    def __hash__(self):
        return hash("cpu")


def _typed(handle):
    return ctypes.cast(handle, _POINTER)


_POINTER = ctypes.POINTER(c.apus_tensor)


def _text(call, handle, kind=_POINTER):
    out = ctypes.POINTER(c.apus_text)()
    call(byref(out), ctypes.cast(handle, kind))
    try:
        return lib.apus_text_data(out).decode()
    finally:
        lib.apus_text_free(out)


def _parameter_type():
    from .nn import Parameter

    return Parameter


def _rebuild(array, requires_grad, is_parameter):
    made = from_array(array)
    if is_parameter:
        return _parameter_type()(made, requires_grad)
    return made.requires_grad_() if requires_grad else made


def from_array(array):
    """A tensor with a copy of a numpy array of a supported dtype."""
    view = _arrays.view(array)
    out = c_void_p()
    status = _create(byref(out), byref(view), 0)
    if status:
        _raise(status)
    return _wrap(out.value)


def tensor(data, dtype=None, device=None, requires_grad=False):
    """A tensor with a copy of numbers, nested lists or an array. Python floats become the default dtype."""
    if isinstance(data, Tensor):
        made = data.detach().clone() if dtype is None else data.detach().to(dtype).clone()
    else:
        array = np.asarray(data)
        if array.dtype == object and isinstance(data, (list, tuple)):
            array = np.asarray([t.numpy(force=True) if isinstance(t, Tensor) else t for t in data])
        if dtype is None and array.dtype == np.float64 and not isinstance(data, (np.ndarray, np.generic)):
            dtype = _default_dtype[0]
        array = array.astype(as_dtype(dtype).numpy) if dtype is not None else _arrays.numbers(array, "data")
        made = from_array(array)
    return made.requires_grad_() if requires_grad else made


def as_tensor(data, dtype=None):
    """`data` itself if it is a tensor of this dtype, a tensor on its memory if it is an array, else a new tensor."""
    if isinstance(data, Tensor):
        return data if dtype is None else data.to(dtype)
    if isinstance(data, np.ndarray) and dtype is None:
        return from_numpy(data)
    return tensor(data, dtype)


def from_numpy(array):
    """A tensor that shares the memory of a numpy array."""
    if not isinstance(array, np.ndarray):
        raise TypeError(f"expected np.ndarray (got {type(array).__name__})")
    if array.dtype not in _BY_NUMPY:
        raise TypeError(f"can't convert np.ndarray of type {array.dtype}")
    if not array.flags.writeable:
        return from_array(array)
    key = _lent.keep(array)
    out = ctypes.POINTER(c.apus_tensor)()
    try:
        lib.apus_tensor_borrow(byref(out), byref(_arrays.view(array)), _lent.release, key)
    except BaseException:
        _lent.forget(key)
        raise
    return _wrap(ctypes.cast(out, c_void_p).value)


# -- Methods that are operations of the same name: (name, names of positional arguments)

_METHODS = {
    "neg": "", "abs": "", "sign": "", "square": "", "reciprocal": "", "sqrt": "", "rsqrt": "", "exp": "", "exp2": "",
    "expm1": "", "log": "", "log2": "", "log10": "", "log1p": "", "sin": "", "cos": "", "tan": "", "asin": "",
    "acos": "", "atan": "", "sinh": "", "cosh": "", "tanh": "", "erf": "", "floor": "", "ceil": "", "round": "",
    "trunc": "", "relu": "", "sigmoid": "", "clone": "", "contiguous": "", "isnan": "", "isinf": "", "isfinite": "",
    "logical_not": "", "nonzero": "", "bernoulli": "", "cumsum": "dim", "softmax": "dim", "log_softmax": "dim",
    "argsort": "dim descending", "flatten": "start_dim end_dim", "squeeze": "dim", "unsqueeze": "dim", "flip": "dims",
    "roll": "shifts dim", "narrow": "dim start length", "select": "dim index", "argmax": "dim keepdim",
    "argmin": "dim keepdim", "logsumexp": "dim keepdim", "tril": "diagonal", "triu": "diagonal", "prod": "dim keepdim",
    "mean": "dim keepdim", "all": "dim keepdim", "any": "dim keepdim",
}  # fmt: skip

#: Operations of two tensors, or of a tensor and a number.
_BINARY = {
    "add": "add", "sub": "sub", "mul": "mul", "div": "div", "true_divide": "div", "subtract": "sub",
    "multiply": "mul", "divide": "div", "pow": "pow", "maximum": "maximum", "minimum": "minimum", "eq": "eq",
    "ne": "ne", "lt": "lt", "le": "le", "gt": "gt", "ge": "ge", "remainder": "remainder",
    "floor_divide": "floor_divide", "logical_and": "logical_and", "logical_or": "logical_or",
    "logical_xor": "logical_xor", "atan2": "atan2",
}  # fmt: skip

#: Operations whose further tensors follow the first: (name, options, number of tensors)
_INDEXED = {
    "matmul": ("", 1), "gather": ("dim", 1), "index_select": ("dim", 1), "scatter": ("dim", 2),
    "scatter_add": ("dim", 2), "index_add": ("dim", 2), "masked_select": ("", 1),
}  # fmt: skip


def unary_operation(name, names):
    code, names = name.encode(), names.split()

    def call(self, *arguments, **values):
        if not arguments and not values:
            return _apply_to(code, self)
        if arguments:
            if len(names) == 1 and len(arguments) > 1:
                arguments = (_extents(arguments),)
            values.update(zip(names, arguments, strict=False))
        return apply(code, self, **values)

    call.__name__ = name
    return call


def binary_operation(name, operation):
    code = operation.encode()

    def call(self, other, **values):
        if isinstance(other, Tensor):
            return apply(code, self, other, **values) if values else _apply_to_both(code, self, other)
        if isinstance(other, np.ndarray):
            return apply(code, self, tensor(other), **values)
        if isinstance(other, (_float, int, np.generic)):
            return apply(code, self, other=_float(other), **values)
        return NotImplemented

    call.__name__ = name
    return call


def reversed_operation(operation):
    code = operation.encode()

    def call(self, other):
        if isinstance(other, (_float, int, np.generic)):
            return apply(code, None, self, other=_float(other))
        if isinstance(other, np.ndarray):
            return apply(code, tensor(other), self)
        return NotImplemented

    return call


def indexed_operation(name, names, count):
    code, names = name.encode(), names.split()

    def call(self, *arguments, **values):
        arguments = list(arguments)
        for option in names:
            if option not in values:
                values[option] = arguments.pop(0)
        others = [values.pop(k) for k in ("index", "src", "source", "mask", "other") if k in values]
        given = [*arguments, *others]
        if len(given) != count:
            raise TypeError(f"{name}: takes {count} further tensors, got {len(given)}")
        given = [t if isinstance(t, Tensor) else full_like(given[0], t).to(self.dtype) for t in given]
        return apply(code, self, *given, **values)

    call.__name__ = name
    return call


def _sum(self, dim=None, keepdim=False, dtype=None):
    found = self if dtype is None else self.to(dtype)
    return apply(b"sum", found, dim=dim, keepdim=keepdim) if dim is not None or keepdim else _apply_to(b"sum", found)


def _variance(code):
    def call(self, dim=None, unbiased=None, keepdim=False, *, correction=1):
        if isinstance(dim, bool):
            dim, unbiased = None, dim
        if unbiased is not None:
            correction = int(unbiased)
        return apply(code, self, dim=dim, keepdim=keepdim, correction=_float(correction))

    return call


def _named_pair(name, *fields):
    from collections import namedtuple

    return namedtuple(name, fields or ("values", "indices"))


_Extremum, _Sorted = _named_pair("max"), _named_pair("sort")


def _extremum(code, elementwise):
    def call(self, dim=None, keepdim=False):
        if dim is None:
            return apply(code, self)
        if isinstance(dim, Tensor):
            return apply(elementwise, self, dim)
        return _Extremum(*apply_all(code, self, dim=dim, keepdim=keepdim))

    return call


def _sort(self, dim=-1, descending=False, stable=False):
    return _Sorted(*apply_all(b"sort", self, dim=dim, descending=descending))


def _topk(self, k, dim=-1, largest=True, sorted=True):
    return _Sorted(*apply_all(b"topk", self, k=k, dim=dim, largest=largest))


def _norm(self, p=2, dim=None, keepdim=False):
    return apply(b"norm", self, p=2.0 if p in ("fro", None) else _float(p), dim=dim, keepdim=keepdim)


def _split(self, split_size, dim=0):
    n = self.shape[dim]
    if isinstance(split_size, int):
        return apply_all(b"split", self, capacity=max(n, 1), split_size_or_sections=[split_size], dim=dim)
    return apply_all(b"split_sections", self, capacity=len(split_size), sections=list(split_size), dim=dim)


def _chunk(self, chunks, dim=0):
    return apply_all(b"chunk", self, capacity=chunks, chunks=chunks, dim=dim)


def _masked_fill(self, mask, value):
    return apply(b"masked_fill", self, mask, value=_float(value))


def full_like(other, value, dtype=None):
    """A tensor of the shape (and dtype) of `other`, filled with `value`."""
    return apply(b"full", size=_extents(other.shape), value=_float(value), dtype=dtype or other.dtype)


def _install():
    for name, names in _METHODS.items():
        setattr(Tensor, name, unary_operation(name, names))
    for name, operation in _BINARY.items():
        setattr(Tensor, name, binary_operation(name, operation))
    for name, (names, count) in _INDEXED.items():
        setattr(Tensor, name, indexed_operation(name, names, count))
    for special, operation in {
        "add": "add", "sub": "sub", "mul": "mul", "truediv": "div", "pow": "pow", "mod": "remainder",
        "floordiv": "floor_divide",
    }.items():  # fmt: skip
        setattr(Tensor, f"__{special}__", binary_operation(special, operation))
        setattr(Tensor, f"__r{special}__", reversed_operation(operation))
    for special in ("eq", "ne", "lt", "le", "gt", "ge"):
        setattr(Tensor, f"__{special}__", binary_operation(special, special))
    Tensor.__and__, Tensor.__or__, Tensor.__xor__ = Tensor.logical_and, Tensor.logical_or, Tensor.logical_xor
    Tensor.__invert__ = Tensor.logical_not
    Tensor.__neg__, Tensor.__abs__ = Tensor.neg, Tensor.abs
    Tensor.__matmul__ = Tensor.mm = Tensor.bmm = Tensor.dot = Tensor.mv = Tensor.matmul
    Tensor.sum, Tensor.norm, Tensor.sort, Tensor.topk = _sum, _norm, _sort, _topk
    Tensor.var, Tensor.std = _variance(b"var"), _variance(b"std")
    Tensor.max, Tensor.min = _extremum(b"max", b"maximum"), _extremum(b"min", b"minimum")
    Tensor.split, Tensor.chunk, Tensor.masked_fill = _split, _chunk, _masked_fill
    for name in (
        "mul div pow sqrt exp log neg abs relu sigmoid tanh clamp floor ceil round square reciprocal masked_fill"
    ).split():
        setattr(Tensor, f"{name}_", _in_place_method(name))


def _in_place_method(name):
    names = {"clamp": ("min", "max")}.get(name, ())

    def call(self, *arguments, **values):
        tensors = [a for a in arguments if isinstance(a, Tensor)]
        numbers = [a for a in arguments if not isinstance(a, Tensor)]
        if name == "masked_fill":
            values["value"] = _float(numbers[0])
        elif names:
            values.update(zip(names, numbers, strict=False))
        elif numbers:
            values["other"] = _float(numbers[0])
        return self._in_place(name, *tensors, **values)

    return call


_install()
