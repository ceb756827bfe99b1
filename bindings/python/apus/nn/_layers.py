"""Layers, activations and losses that the library computes."""

from __future__ import annotations

import ctypes
from ctypes import byref, c_char_p, c_int32, c_int64, c_void_p

from .. import _signatures as c
from .. import _tensor as t
from .._library import lib
from .._tensor import Tensor, _raise, _wrap, function, handles, no_tensor
from ._descriptions import documentation
from ._module import Module, parameter_from_handle, replace_in_library

_create = function("apus_module_create", c_void_p, c_char_p, c_void_p, c_int64)
_forward = function("apus_module_forward", c_void_p, c_void_p, c_void_p)
_forward_all = function("apus_module_forward_all", c_void_p, c_int64, c_void_p, c_void_p, c_void_p, c_int64)
_loss = function("apus_module_loss", c_void_p, c_void_p, c_void_p, c_void_p)
_train = function("apus_module_train", c_void_p, c_int32)
_tensor = function("apus_module_tensor", c_void_p, c_void_p, c_char_p)
_free = t._shared.apus_module_free
_free.argtypes, _free.restype = (c_void_p,), None

_MODULE = ctypes.POINTER(c.apus_module)


def forward(handle, input):
    """The library module's function of one tensor."""
    out = c_void_p()
    status = _forward(byref(out), handle, input._handle)
    if status:
        _raise(status)
    return _wrap(out.value)


def forward_all(handle, inputs, capacity=4):
    """The library module's function of several tensors, None among them."""
    outputs, count = (c_void_p * capacity)(), c_int64()
    status = _forward_all(outputs, capacity, byref(count), handle, handles(inputs), len(inputs))
    if status:
        _raise(status)
    return tuple(_wrap(outputs[i]) for i in range(count.value))


class LibraryModule(Module):
    """A module that the library implements."""

    _kind = ""
    #: Names of the constructor's parameters, in order.
    _signature = ()
    #: Parameters that are kept for compatibility and mean nothing here.
    _ignored = frozenset({"device", "inplace", "size_average", "reduce", "padding_mode"})

    def __init__(self, *arguments, **named):
        super().__init__()
        if len(arguments) > len(self._signature):
            raise TypeError(f"{self._kind}: takes {len(self._signature)} arguments, got {len(arguments)}")
        values = dict(zip(self._signature, arguments, strict=False))
        for name, value in named.items():
            if name not in self._signature and name not in self._ignored:
                raise TypeError(f"{self._kind}: got an unexpected argument '{name}'")
            values[name] = value
        self._check_compatible(values)
        for name, value in values.items():
            if name not in self._ignored and not isinstance(value, Tensor):
                object.__setattr__(self, name, value)
        self._make(self._prepared({k: v for k, v in values.items() if k not in self._ignored}))

    def _check_compatible(self, values):
        """Refuses what `_ignored` parameters would change."""
        if values.get("device") is not None:
            t.device(values["device"])
        for name, only in (("padding_mode", "zeros"), ("size_average", None), ("reduce", None)):
            if values.get(name, only) != only:
                raise NotImplementedError(f"{self._kind}: {name}={values[name]!r} is not supported, allowed is {only!r}")

    def _prepared(self, values):
        if "dtype" in self._signature and values.get("dtype") is None and t._default_dtype[0] is not t.float32:
            values["dtype"] = t._default_dtype[0]
        return values

    def _make(self, values):
        array, count, _kept = t.options(values)
        out = c_void_p()
        status = _create(byref(out), self._kind.encode(), array, count)
        if status:
            _raise(status)
        object.__setattr__(self, "_handle", out.value)
        for name in self._names(c.APUS_NAMES_OWN_PARAMETERS):
            handle = self._find(name)
            self._parameters[name] = parameter_from_handle(handle) if handle else None
        for name in self._names(c.APUS_NAMES_OWN_BUFFERS):
            handle = self._find(name)
            self._buffers[name] = _wrap(handle) if handle else None

    def _names(self, kind):
        text = t._text(lambda out, h: lib.apus_module_names(out, h, kind), self._handle, _MODULE)
        return text.split("\n") if text else []

    def _find(self, name):
        out = c_void_p()
        status = _tensor(byref(out), self._handle, name.encode())
        if status:
            _raise(status)
        return out.value

    def _replaced(self, name, value):
        if "_handle" in self.__dict__ and (name in self._parameters or name in self._buffers):
            replace_in_library(self._handle, name, value)

    def forward(self, input, *others):
        if others:
            return forward_all(self._handle, (input, *others))[0]
        out = c_void_p()
        try:
            status = _forward(byref(out), self._handle, input._handle)
        except AttributeError:
            raise no_tensor(input) from None
        if status:
            _raise(status)
        return _wrap(out.value)

    def train(self, mode=True):
        object.__setattr__(self, "training", mode)
        status = _train(self._handle, 1 if mode else 0)
        if status:
            _raise(status)
        return self

    def extra_repr(self):
        return t._text(lib.apus_module_details, self._handle, _MODULE)

    def __deepcopy__(self, memo):
        import copy

        twin = object.__new__(type(self))
        Module.__init__(twin)
        memo[id(self)] = twin
        for key, value in self.__dict__.items():
            if key not in ("_handle", "_parameters", "_buffers", "_modules", "_transient"):
                twin.__dict__[key] = copy.deepcopy(value, memo)
        twin._make(self._options_again())
        twin.load_state_dict(self.state_dict())
        return twin.train(self.training)

    def _options_again(self):
        own = self.__dict__
        return self._prepared({name: own[name] for name in self._signature if name in own and name not in self._ignored})

    def __getstate__(self):
        return {"options": self._options_again(), "state": self.state_dict(), "training": self.training}

    def __setstate__(self, state):
        Module.__init__(self)
        for name, value in state["options"].items():
            object.__setattr__(self, name, value)
        self._make(state["options"])
        self.load_state_dict(state["state"])
        self.train(state["training"])

    def __del__(self):
        handle = self.__dict__.get("_handle")
        if handle is not None and _free is not None:
            _free(handle)


class LibraryLoss(LibraryModule):
    """A loss of two tensors, or more."""

    def forward(self, input, target, *others):
        if others:
            return forward_all(self._handle, [input, *map(t.as_tensor, (target, *others))])[0]
        out = c_void_p()
        try:
            status = _loss(byref(out), self._handle, input._handle, target._handle)
        except AttributeError:
            raise no_tensor(input, target) from None
        if status:
            _raise(status)
        return _wrap(out.value)

    def extra_repr(self):
        return ""


_LAYERS = {
    "Linear": "in_features out_features bias device dtype",
    "Bilinear": "in1_features in2_features out_features bias device dtype",
    "Embedding": "num_embeddings embedding_dim padding_idx device dtype",
    "Flatten": "start_dim end_dim",
    "Unflatten": "dim unflattened_size",
    "LayerNorm": "normalized_shape eps elementwise_affine bias device dtype",
    "RMSNorm": "normalized_shape eps elementwise_affine device dtype",
    "GroupNorm": "num_groups num_channels eps affine device dtype",
    "BatchNorm1d": "num_features eps momentum affine track_running_stats device dtype",
    "BatchNorm2d": "num_features eps momentum affine track_running_stats device dtype",
    "Conv1d": "in_channels out_channels kernel_size stride padding dilation groups bias padding_mode device dtype",
    "Conv2d": "in_channels out_channels kernel_size stride padding dilation groups bias padding_mode device dtype",
    "MaxPool1d": "kernel_size stride padding dilation return_indices ceil_mode",
    "MaxPool2d": "kernel_size stride padding dilation return_indices ceil_mode",
    "AvgPool1d": "kernel_size stride padding ceil_mode count_include_pad",
    "AvgPool2d": "kernel_size stride padding ceil_mode count_include_pad",
    "AdaptiveAvgPool1d": "output_size",
    "AdaptiveAvgPool2d": "output_size",
    "ReLU": "inplace", "Sigmoid": "", "Tanh": "", "SiLU": "inplace", "Mish": "inplace", "Softsign": "",
    "Tanhshrink": "", "ReLU6": "inplace", "Hardsigmoid": "inplace", "Hardswish": "inplace", "LogSigmoid": "",
    "SELU": "inplace", "GELU": "approximate", "LeakyReLU": "negative_slope inplace", "ELU": "alpha inplace",
    "CELU": "alpha inplace", "Softplus": "beta threshold", "Hardtanh": "min_val max_val inplace",
    "PReLU": "num_parameters init device dtype", "Softmax": "dim", "LogSoftmax": "dim", "Dropout": "p inplace",
    "Dropout2d": "p inplace",
}  # fmt: skip

_LOSSES = {
    "MSELoss": "size_average reduce reduction",
    "L1Loss": "size_average reduce reduction",
    "HuberLoss": "reduction delta",
    "SmoothL1Loss": "size_average reduce reduction beta",
    "CrossEntropyLoss": "weight size_average ignore_index reduce reduction label_smoothing",
    "NLLLoss": "weight size_average ignore_index reduce reduction",
    "BCELoss": "weight size_average reduce reduction",
    "BCEWithLogitsLoss": "weight size_average reduce reduction pos_weight",
    "KLDivLoss": "size_average reduce reduction log_target",
    "HingeEmbeddingLoss": "margin size_average reduce reduction",
    "CosineEmbeddingLoss": "margin size_average reduce reduction",
    "MarginRankingLoss": "margin size_average reduce reduction",
    "TripletMarginLoss": "margin p eps swap size_average reduce reduction",
    "CTCLoss": "blank reduction zero_infinity",
    "MaskedTokenLoss": "normalization",
}


def _adjusted(kind):
    """Changes of constructor arguments that the library spells differently."""

    def prepared(self, values):
        values = LibraryModule._prepared(self, values)
        if kind.startswith("BatchNorm") and "momentum" in values and values["momentum"] is None:
            values["cumulative"] = True
        if values.pop("return_indices", False):
            raise NotImplementedError(f"{kind}: return_indices is not supported")
        if kind in ("LayerNorm", "RMSNorm") and isinstance(values.get("normalized_shape"), int):
            values["normalized_shape"] = [values["normalized_shape"]]
        if kind in ("Softmax", "LogSoftmax") and values.get("dim") is None:
            values["dim"] = -1
        return values

    return prepared


def _classes():
    for table, base in ((_LAYERS, LibraryModule), (_LOSSES, LibraryLoss)):
        for kind, names in table.items():
            signature = tuple(names.split())
            members = {
                "_kind": kind, "_signature": signature, "__module__": __name__, "_prepared": _adjusted(kind),
                "__doc__": documentation(kind, signature),
            }  # fmt: skip
            globals()[kind] = type(kind, (base,), members)


_classes()


class Identity(Module):
    """Passes its input on."""

    def __init__(self, *_, **__):
        super().__init__()

    def forward(self, input):
        return input


LAYERS = [*_LAYERS, *_LOSSES, "Identity"]
__all__ = LAYERS


class PackedSequence:
    """Sequences of different lengths, in any order and of length zero too, as recurrent layers take and return them.

    Made by :func:`apus.nn.utils.rnn.pack_padded_sequence`. The sequences are kept padded: the library's recurrent layers
    leave out what lies beyond each one's end, so that nothing needs sorting.
    """

    def __init__(self, padded, lengths):
        self._padded, self.lengths = padded, lengths

    @classmethod
    def of(cls, tensor, lengths, batch_first):
        return cls(tensor.transpose(0, 1) if batch_first else tensor, lengths)

    def padded(self, batch_first):
        """(tensor, lengths); the tensor is (length, batch, ...) or (batch, length, ...)."""
        return (self._padded.transpose(0, 1) if batch_first else self._padded), self.lengths

    def _steps(self):
        """Sequences that have each step, longest first, as PyTorch orders them."""
        lengths = self.lengths.tolist()
        order = sorted(range(len(lengths)), key=lambda i: -lengths[i])
        return [[i for i in order if lengths[i] > step] for step in range(max(lengths, default=0))]

    @property
    def batch_sizes(self):
        return t.tensor([len(step) for step in self._steps()], dtype=t.int64)

    @property
    def data(self):
        """All elements step by step, (sum of lengths, ...)."""
        rows = [self._padded[step][t.tensor(present)] for step, present in enumerate(self._steps())]
        return t.apply(b"cat", *rows, dim=0) if rows else self._padded.reshape(0, *self._padded.shape[2:])


class _Recurrent(LibraryModule):
    """A recurrent layer: (input, state) to (output, final state)."""

    _states = 1

    def forward(self, input, hx=None, lengths=None):
        if isinstance(input, PackedSequence):
            return self._forward_packed(input, hx)
        states = () if hx is None else (hx if isinstance(hx, (tuple, list)) else (hx,))
        inputs = [input, *states]
        if lengths is not None:
            inputs += [None] * (1 + self._states - len(inputs)) + [t.as_tensor(lengths)]
        output, *final = forward_all(self._handle, inputs)
        return output, (final[0] if self._states == 1 else tuple(final))

    def _forward_packed(self, packed, hx):
        padded, lengths = packed.padded(getattr(self, "batch_first", False))
        output, final = self.forward(padded, hx, lengths)
        return PackedSequence.of(output, lengths, getattr(self, "batch_first", False)), final


class _Cell(LibraryModule):
    """One step of a recurrent layer: (input, state) to the next state."""

    _states = 1

    def forward(self, input, hx=None):
        states = () if hx is None else (hx if isinstance(hx, (tuple, list)) else (hx,))
        found = forward_all(self._handle, [input, *states])
        return found[0] if self._states == 1 else found


_RECURRENT = "num_layers bias batch_first dropout bidirectional device dtype"
for _kind, _names, _count in (
    ("RNN", "input_size hidden_size num_layers nonlinearity bias batch_first dropout bidirectional device dtype", 1),
    ("LSTM", f"input_size hidden_size {_RECURRENT}", 2),
    ("GRU", f"input_size hidden_size {_RECURRENT}", 1),
):
    globals()[_kind] = type(
        _kind,
        (_Recurrent,),
        {
            "_kind": _kind, "_signature": tuple(_names.split()), "_states": _count, "__module__": __name__,
            "__doc__": documentation(_kind, tuple(_names.split())),
        },  # fmt: skip
    )
    LAYERS.append(_kind)
for _kind, _names, _count in (
    ("RNNCell", "input_size hidden_size bias nonlinearity device dtype", 1),
    ("LSTMCell", "input_size hidden_size bias device dtype", 2),
    ("GRUCell", "input_size hidden_size bias device dtype", 1),
):
    globals()[_kind] = type(
        _kind,
        (_Cell,),
        {
            "_kind": _kind, "_signature": tuple(_names.split()), "_states": _count, "__module__": __name__,
            "__doc__": documentation(_kind, tuple(_names.split())),
        },  # fmt: skip
    )
    LAYERS.append(_kind)
