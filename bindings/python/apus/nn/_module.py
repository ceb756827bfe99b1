"""The base class of networks: bookkeeping of parameters, buffers and submodules."""

from __future__ import annotations

from collections import OrderedDict, namedtuple
from ctypes import c_char_p, c_int64, c_void_p

import numpy as np

from .._library import lib
from .._tensor import Tensor, _new, _raise, _typed, _wrap, apply, from_array, function, handles

_save = function("apus_tensors_save", c_char_p, c_void_p, c_void_p, c_int64)
_load = function("apus_tensors_load", c_void_p, c_void_p, c_int64, c_void_p, c_char_p)

_MISSING = namedtuple("IncompatibleKeys", ("missing_keys", "unexpected_keys"))

#: Counts changes of any module; plans made from a module's structure compare it.
changes = [0]


class Parameter(Tensor):
    """A tensor that modules list among their parameters; it shares the memory of `data`."""

    __slots__ = ()

    def __new__(cls, data=None, requires_grad=True):
        tensor = _new(cls)
        source = apply(b"full", size=[0], value=0.0) if data is None else data
        tensor._handle = source.detach()._release() if isinstance(source, Tensor) else None
        if requires_grad:
            tensor.requires_grad_()
        return tensor

    def __init__(self, data=None, requires_grad=True):
        pass


def _release(self):
    """Gives up the handle, which the caller now owns."""
    handle = self._handle
    del self._handle
    return handle


Tensor._release = _release


def parameter_from_handle(handle):
    tensor = _new(Parameter)
    tensor._handle = handle
    return tensor


class RemovableHandle:
    """Removes a hook."""

    def __init__(self, hooks, key):
        self._hooks, self._key = hooks, key

    def remove(self):
        self._hooks.pop(self._key, None)
        changes[0] += 1


class _BackwardObserver:
    """Gathers the gradients of one call of a module for its backward hooks."""

    def __init__(self, module):
        self._module, self._given, self._found = module, None, {}

    def inputs(self, inputs):
        """The inputs, those with gradients as copies that only this call uses."""
        copies = tuple(x.clone() if isinstance(x, Tensor) and x.requires_grad else x for x in inputs)
        wanted = [i for i, x in enumerate(copies) if isinstance(x, Tensor) and x.requires_grad]
        for i in wanted:
            copies[i].register_hook(lambda gradient, i=i: self._input(i, gradient, wanted, len(copies)))
        return copies

    def outputs(self, result):
        results = result if isinstance(result, (tuple, list)) else (result,)
        self._given = [None] * len(results)
        for i, tensor in enumerate(results):
            if isinstance(tensor, Tensor) and tensor.requires_grad:
                tensor.register_hook(lambda gradient, i=i: self._given.__setitem__(i, gradient))

    def _input(self, index, gradient, wanted, count):
        self._found[index] = gradient
        if len(self._found) < len(wanted):
            return None
        changed = None
        for hook in list(self._module._backward_hooks.values()):
            gradients = tuple(self._found.get(i) for i in range(count))
            changed = hook(self._module, gradients, tuple(self._given))
            if changed is not None:
                changed = changed if isinstance(changed, tuple) else (changed,)
                self._found = dict(enumerate(changed))
        replaced, self._found = self._found.get(index), {}
        return None if changed is None else replaced


class Module:
    """Base class of networks: subclasses assign parameters and modules as attributes and define ``forward``."""

    training = True

    def __init__(self):
        own = self.__dict__
        own["_parameters"], own["_buffers"], own["_modules"] = {}, {}, {}
        own["_transient"] = set()
        own["_forward_hooks"], own["_forward_pre_hooks"] = OrderedDict(), OrderedDict()
        own["_backward_hooks"] = OrderedDict()
        own["training"] = True

    def forward(self, *inputs):
        raise NotImplementedError(f'Module [{type(self).__name__}] is missing the required "forward" function')

    def __call__(self, *inputs, **named):
        if not self._forward_hooks and not self._forward_pre_hooks and not self._backward_hooks:
            return self.forward(*inputs, **named)
        for hook in list(self._forward_pre_hooks.values()):
            changed = hook(self, inputs)
            if changed is not None:
                inputs = changed if isinstance(changed, tuple) else (changed,)
        observed = _BackwardObserver(self) if self._backward_hooks else None
        if observed is not None:
            inputs = observed.inputs(inputs)
        result = self.forward(*inputs, **named)
        if observed is not None:
            observed.outputs(result)
        for hook in list(self._forward_hooks.values()):
            changed = hook(self, inputs, result)
            result = result if changed is None else changed
        return result

    # -- Registration

    def __setattr__(self, name, value):
        own = self.__dict__
        if "_parameters" not in own and isinstance(value, (Parameter, Module)):
            raise AttributeError("cannot assign before Module.__init__() call")
        if isinstance(value, Parameter):
            own.pop(name, None)
            own["_modules"].pop(name, None)
            self.register_parameter(name, value)
        elif isinstance(value, Module):
            own.pop(name, None)
            own["_parameters"].pop(name, None)
            own["_modules"][name] = value
            changes[0] += 1
        elif name in own.get("_parameters", ()):
            if value is not None:
                raise TypeError(f"cannot assign '{type(value).__name__}' as parameter '{name}' (Parameter or None expected)")
            self.register_parameter(name, None)
        elif name in own.get("_buffers", ()):
            own["_buffers"][name] = value
            self._replaced(name, value)
        elif name in own.get("_modules", ()) and value is None:
            own["_modules"][name] = None
            changes[0] += 1
        else:
            object.__setattr__(self, name, value)

    def __getattr__(self, name):
        own = self.__dict__
        for store in ("_parameters", "_buffers", "_modules"):
            if store in own and name in own[store]:
                return own[store][name]
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def __delattr__(self, name):
        for store in (self._parameters, self._buffers, self._modules):
            if name in store:
                del store[name]
                changes[0] += 1
                return
        object.__delattr__(self, name)

    def _replaced(self, name, value):
        """Called when a parameter or buffer is assigned."""

    def register_parameter(self, name, parameter):
        self._parameters[name] = parameter
        changes[0] += 1
        self._replaced(name, parameter)

    def register_buffer(self, name, tensor, persistent=True):
        self._buffers[name] = tensor
        if persistent:
            self._transient.discard(name)
        else:
            self._transient.add(name)
        changes[0] += 1

    def add_module(self, name, module):
        if module is not None and not isinstance(module, Module):
            raise TypeError(f"{name}: {module!r} is not a Module")
        self._modules[name] = module
        changes[0] += 1

    register_module = add_module

    def register_forward_hook(self, hook):
        self._forward_hooks[id(hook)] = hook
        changes[0] += 1
        return RemovableHandle(self._forward_hooks, id(hook))

    def register_forward_pre_hook(self, hook):
        self._forward_pre_hooks[id(hook)] = hook
        changes[0] += 1
        return RemovableHandle(self._forward_pre_hooks, id(hook))

    def register_full_backward_hook(self, hook):
        """Calls ``hook(module, grad_input, grad_output)`` when the gradients of the inputs are known; a tuple that it
        returns replaces them."""
        self._backward_hooks[id(hook)] = hook
        changes[0] += 1
        return RemovableHandle(self._backward_hooks, id(hook))

    # -- Traversal

    def named_modules(self, memo=None, prefix=""):
        memo = set() if memo is None else memo
        if self in memo:
            return
        memo.add(self)
        yield prefix, self
        for name, module in self._modules.items():
            if module is not None:
                yield from module.named_modules(memo, f"{prefix}.{name}" if prefix else name)

    def modules(self):
        for _, module in self.named_modules():
            yield module

    def named_children(self):
        yield from ((name, module) for name, module in self._modules.items() if module is not None)

    def children(self):
        for _, module in self.named_children():
            yield module

    def _named(self, store, recurse, prefix=""):
        seen = set()
        for path, module in self.named_modules() if recurse else [("", self)]:
            for name, tensor in getattr(module, store).items():
                if tensor is not None and id(tensor) not in seen:
                    seen.add(id(tensor))
                    full = f"{path}.{name}" if path else name
                    yield (f"{prefix}.{full}" if prefix else full), tensor

    def named_parameters(self, prefix="", recurse=True):
        return self._named("_parameters", recurse, prefix)

    def parameters(self, recurse=True):
        for _, parameter in self.named_parameters(recurse=recurse):
            yield parameter

    def named_buffers(self, prefix="", recurse=True):
        return self._named("_buffers", recurse, prefix)

    def buffers(self, recurse=True):
        for _, buffer in self.named_buffers(recurse=recurse):
            yield buffer

    def get_submodule(self, target):
        module = self
        for name in target.split(".") if target else ():
            module = module._modules[name]
        return module

    def get_parameter(self, target):
        path, _, name = target.rpartition(".")
        return self.get_submodule(path)._parameters[name]

    def apply(self, function):
        for module in self.children():
            module.apply(function)
        function(self)
        return self

    # -- State

    def train(self, mode=True):
        object.__setattr__(self, "training", mode)
        for module in self.children():
            module.train(mode)
        return self

    def eval(self):
        return self.train(False)

    def requires_grad_(self, requires_grad=True):
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none=True):
        for parameter in self.parameters():
            parameter.grad = None

    def to(self, *arguments, dtype=None, **_):
        from .._tensor import as_dtype, device

        for argument in arguments:
            if isinstance(argument, str):
                device(argument)
            elif not isinstance(argument, device):
                dtype = as_dtype(argument)
        if dtype is not None:
            for tensor in [*self.parameters(), *self.buffers()]:
                if tensor.is_floating_point():
                    tensor.data = tensor.detach().to(dtype)
                    tensor.grad = None
        return self

    def double(self):
        from .._tensor import float64

        return self.to(float64)

    def float(self):
        from .._tensor import float32

        return self.to(float32)

    def cpu(self):
        return self

    def state_dict(self, destination=None, prefix="", keep_vars=False):
        result = OrderedDict() if destination is None else destination
        for store in (self._parameters, self._buffers):
            for name, tensor in store.items():
                if tensor is not None and name not in self._transient:
                    result[prefix + name] = tensor if keep_vars else tensor.detach()
        for name, module in self.named_children():
            module.state_dict(result, f"{prefix}{name}.", keep_vars)
        return result

    def load_state_dict(self, state_dict, strict=True, assign=False):
        """Copies values into parameters and buffers of the same names; all that does not fit is reported at once."""
        own = self.state_dict(keep_vars=True)
        missing = [name for name in own if name not in state_dict]
        unexpected = [name for name in state_dict if name not in own]
        wrong = [
            f"size mismatch for {name}: copying a param with shape {tuple(state_dict[name].shape)} from checkpoint, "
            f"the shape in current model is {tuple(tensor.shape)}."
            for name, tensor in own.items()
            if name in state_dict and tuple(state_dict[name].shape) != tuple(tensor.shape)
        ]
        problems = list(wrong)
        if strict and unexpected:
            problems.append("Unexpected key(s) in state_dict: " + ", ".join(f'"{k}"' for k in unexpected) + ".")
        if strict and missing:
            problems.append("Missing key(s) in state_dict: " + ", ".join(f'"{k}"' for k in missing) + ".")
        if problems:
            listed = "\n\t".join(problems)
            raise RuntimeError(f"Error(s) in loading state_dict for {type(self).__name__}:\n\t{listed}")
        before = lib.apus_grad_set_enabled(0)
        try:
            for name, tensor in own.items():
                if name in state_dict:
                    value = state_dict[name]
                    tensor.copy_(value if isinstance(value, Tensor) else from_array(np.asarray(value)))
        finally:
            lib.apus_grad_set_enabled(before)
        return _MISSING(missing, unexpected)

    def save_safetensors(self, path):
        """Writes the ``state_dict`` as a safetensors file, which PyTorch's and Hugging Face's tools read."""
        save_tensors(self.state_dict(), path)

    def load_safetensors(self, path, strict=True):
        """Reads a file of :meth:`save_safetensors` or of PyTorch."""
        return self.load_state_dict(load_tensors(path), strict)

    # -- Description

    def summary(self):
        """A table of the modules with parameters, their shapes and counts, and the total."""
        rows, total = [("Layer", "Parameters", "Count")], 0
        for path, module in self.named_modules():
            own = [(name, p) for name, p in module._parameters.items() if p is not None]
            if own:
                count = sum(p.numel() for _, p in own)
                total += count
                shapes = ", ".join(f"{name} {list(p.shape)}" for name, p in own)
                rows.append((f"{path} {module._get_name()}".strip(), shapes, str(count)))
        rows.append(("total", "", str(total)))
        first, second = max(len(r[0]) for r in rows), max(len(r[1]) for r in rows)
        return "\n".join(f"{a:{first}}  {b:{second}}  {n}" for a, b, n in rows)

    def extra_repr(self):
        return ""

    def _get_name(self):
        return type(self).__name__

    def __repr__(self):
        lines = []
        for name, module in self._modules.items():
            text = "\n  ".join(repr(module).split("\n"))
            lines.append(f"({name}): {text}")
        extra = self.extra_repr()
        if not lines:
            return f"{self._get_name()}({extra})"
        body = "\n  ".join([*([extra] if extra else []), *lines])
        return f"{self._get_name()}(\n  {body}\n)"


def replace_in_library(handle, name, tensor):
    """Puts a tensor in the place of a parameter or buffer of a library module."""
    import ctypes

    from .. import _signatures as c

    module = ctypes.cast(handle, ctypes.POINTER(c.apus_module))
    lib.apus_module_set_tensor(module, name.encode(), None if tensor is None else _typed(tensor._handle))


def save_tensors(tensors, path):
    """Writes a dictionary of tensors as a safetensors file."""
    import ctypes
    import os

    names = (ctypes.c_char_p * len(tensors))(*[name.encode() for name in tensors])
    values = list(tensors.values())
    status = _save(os.fspath(path).encode(), names, handles(values), len(values))
    if status:
        _raise(status)


def load_tensors(path):
    """The tensors of a safetensors file by name."""
    import ctypes
    import os

    from .. import _signatures as c

    path, count = os.fspath(path).encode(), ctypes.c_int64()

    def read(outputs, capacity):
        names = ctypes.c_void_p()
        status = _load(ctypes.byref(names), outputs, capacity, ctypes.byref(count), path)
        if status:
            _raise(status)
        text = ctypes.cast(names, ctypes.POINTER(c.apus_text))
        found = lib.apus_text_data(text).decode()
        lib.apus_text_free(text)
        return found.split("\n") if found else []

    read(None, 0)
    outputs = (ctypes.c_void_p * max(count.value, 1))()
    names = read(outputs, count.value) if count.value else []
    return OrderedDict((name, _wrap(handle)) for name, handle in zip(names, outputs, strict=False))
