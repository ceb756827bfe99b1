"""Containers of modules."""

from __future__ import annotations

from collections import OrderedDict
from ctypes import byref, c_int64, c_void_p

from .._tensor import _raise, _wrap, function, no_tensor
from ._layers import LibraryModule, _forward, _free
from ._module import Module, Parameter, changes

_sequential = function("apus_module_sequential", c_void_p, c_void_p, c_void_p, c_int64)


class Sequential(Module):
    """Modules one after the other. A chain of library layers is one call of the library."""

    def __init__(self, *modules):
        super().__init__()
        if len(modules) == 1 and isinstance(modules[0], (OrderedDict, dict)):
            for name, module in modules[0].items():
                self.add_module(name, module)
        else:
            for index, module in enumerate(modules):
                self.add_module(str(index), module)
        object.__setattr__(self, "_chain", (-1, None))

    def _library_chain(self):
        """The handle of the same chain in the library; None when a child is not the library's or has hooks."""
        version, handle = self._chain
        if version != changes[0]:
            self._drop()
            handle = self._make_chain()
            object.__setattr__(self, "_chain", (changes[0], handle))
        return handle

    def _make_chain(self):
        found = []
        for module in self._modules.values():
            if module._forward_hooks or module._forward_pre_hooks or module._backward_hooks:
                return None
            if isinstance(module, LibraryModule) and type(module).forward is LibraryModule.forward:
                found.append(module._handle)
            elif type(module) is Sequential:
                handle = module._library_chain()
                if handle is None:
                    return None
                found.append(handle)
            else:
                return None
        out = c_void_p()
        status = _sequential(byref(out), (c_void_p * len(found))(*found), None, len(found))
        if status:
            _raise(status)
        return out.value

    def _drop(self):
        handle = self.__dict__.get("_chain", (0, None))[1]
        if handle is not None and _free is not None:
            _free(handle)

    def __del__(self):
        self._drop()

    def __getstate__(self):
        return {key: value for key, value in self.__dict__.items() if key != "_chain"}

    def __setstate__(self, state):
        self.__dict__.update(state)
        self.__dict__["_chain"] = (-1, None)

    def __deepcopy__(self, memo):
        import copy

        twin = object.__new__(type(self))
        memo[id(self)] = twin
        twin.__dict__["_chain"] = (-1, None)
        for key, value in self.__dict__.items():
            if key != "_chain":
                twin.__dict__[key] = copy.deepcopy(value, memo)
        return twin

    def forward(self, input):
        version, handle = self._chain
        if version != changes[0]:
            handle = self._library_chain()
        if handle is not None:
            out = c_void_p()
            try:
                status = _forward(byref(out), handle, input._handle)
            except AttributeError:
                raise no_tensor(input) from None
            if status:
                _raise(status)
            return _wrap(out.value)
        for module in self._modules.values():
            input = module(input)
        return input

    def append(self, module):
        self.add_module(str(len(self)), module)
        return self

    def __len__(self):
        return len(self._modules)

    def __iter__(self):
        return iter(self._modules.values())

    def __getitem__(self, index):
        if isinstance(index, slice):
            return type(self)(OrderedDict(list(self._modules.items())[index]))
        return list(self._modules.values())[index]

    def __setitem__(self, index, module):
        self.add_module(list(self._modules)[index], module)


class ModuleList(Module):
    """A list of modules."""

    def __init__(self, modules=()):
        super().__init__()
        self.extend(modules)

    def append(self, module):
        self.add_module(str(len(self)), module)
        return self

    def extend(self, modules):
        for module in modules:
            self.append(module)
        return self

    def __len__(self):
        return len(self._modules)

    def __iter__(self):
        return iter(self._modules.values())

    def __getitem__(self, index):
        found = list(self._modules.values())[index]
        return ModuleList(found) if isinstance(index, slice) else found


class ModuleDict(Module):
    """Modules by name."""

    def __init__(self, modules=()):
        super().__init__()
        for name, module in dict(modules).items():
            self.add_module(name, module)

    def __getitem__(self, name):
        return self._modules[name]

    def __setitem__(self, name, module):
        self.add_module(name, module)

    def __len__(self):
        return len(self._modules)

    def __iter__(self):
        return iter(self._modules)

    def __contains__(self, name):
        return name in self._modules

    def keys(self):
        return self._modules.keys()

    def items(self):
        return self._modules.items()

    def values(self):
        return self._modules.values()


class ParameterList(Module):
    """A list of parameters."""

    def __init__(self, parameters=()):
        super().__init__()
        for parameter in parameters:
            self.append(parameter)

    def append(self, parameter):
        self.register_parameter(str(len(self)), parameter if isinstance(parameter, Parameter) else Parameter(parameter))
        return self

    def __len__(self):
        return len(self._parameters)

    def __iter__(self):
        return iter(self._parameters.values())

    def __getitem__(self, index):
        return list(self._parameters.values())[index]
