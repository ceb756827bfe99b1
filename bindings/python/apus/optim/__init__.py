"""Optimisers with PyTorch's names; the library takes the steps."""

from __future__ import annotations

import ctypes
from ctypes import byref, c_double, c_int32, c_int64, c_void_p

from .. import _signatures as c
from .. import _tensor as t
from .._library import lib
from .._tensor import Tensor, _raise, function, handles, options
from . import lr_scheduler, swa_utils

_create = function("apus_optimizer_create", c_void_p, ctypes.c_char_p, c_void_p, c_int64, c_void_p, c_int64)
_add = function("apus_optimizer_add_group", c_void_p, c_void_p, c_int64, c_void_p, c_int64)
_step = function("apus_optimizer_step", c_void_p)
_step_closure = function("apus_optimizer_step_closure", c_void_p, c_void_p, c.apus_closure_callback, c_void_p)
_zero_grad = function("apus_optimizer_zero_grad", c_void_p, c_int32)
_get = function("apus_optimizer_get", c_void_p, c_void_p, c_int64, ctypes.c_char_p)
_set = function("apus_optimizer_set", c_void_p, c_int64, ctypes.c_char_p, c_double)
_state_names = function("apus_optimizer_state_names", c_void_p, c_void_p, c_void_p)
_state = function("apus_optimizer_state", c_void_p, c_void_p, c_void_p, ctypes.c_char_p)
_set_state = function("apus_optimizer_set_state", c_void_p, c_void_p, ctypes.c_char_p, c_void_p)
_free = t._shared.apus_optimizer_free
_free.argtypes, _free.restype = (c_void_p,), None

#: Settings that are pairs in Python and two numbers in the library.
_PAIRS = {
    "betas": ("beta1", "beta2"), "etas": ("eta_minus", "eta_plus"), "step_sizes": ("step_min", "step_max"),
    "ns_coefficients": ("ns_a", "ns_b", "ns_c"),
}  # fmt: skip
#: Settings that are words in Python and truth values in the library.
_WORDS = {
    "line_search_fn": ("strong_wolfe", {None: 0.0, "strong_wolfe": 1.0}),
    "adjust_lr_fn": ("match_rms_adamw", {None: 0.0, "original": 0.0, "match_rms_adamw": 1.0}),
}
_IGNORED = frozenset({"foreach", "fused", "capturable", "differentiable"})
_FLAGS = frozenset({"nesterov", "maximize", "amsgrad", "centered", "decoupled_weight_decay"})


def _numbers(settings):
    found = {}
    for name, value in settings.items():
        if name in _IGNORED:
            continue
        if name in _WORDS:
            setting, words = _WORDS[name]
            if value not in words:
                raise ValueError(f"{name}: {value!r} is not one of {', '.join(map(repr, words))}")
            found[setting] = words[value]
        elif name in _PAIRS:
            found.update(zip(_PAIRS[name], map(float, value), strict=True))
        elif value is not None:
            found[name] = float(value)
    return found


class ParameterGroup(dict):
    """Settings of one group of parameters; changing one changes the optimiser."""

    def __init__(self, optimizer, index, values):
        super().__init__(values)
        self._optimizer, self._index = optimizer, index

    def __setitem__(self, name, value):
        super().__setitem__(name, value)
        if name != "params" and (name in _WORDS or isinstance(value, (int, float, tuple, list, Tensor))):
            for setting, number in _numbers({name: value}).items():
                status = _set(self._optimizer._handle, self._index, setting.encode(), number)
                if status:
                    _raise(status)


class Optimizer:
    """Changes parameters against their gradients."""

    _settings = {}

    def __init__(self, params, **settings):
        params = list(params)
        if not params:
            raise ValueError("optimizer got an empty parameter list")
        for name in settings:
            if name not in self._settings and name not in _IGNORED:
                raise TypeError(f"{type(self).__name__}: got an unexpected argument '{name}'")
        self.defaults = {**self._settings, **{k: v for k, v in settings.items() if k not in _IGNORED}}
        self.param_groups = []
        self._handle = None
        groups = params if isinstance(params[0], dict) else [{"params": params}]
        for group in groups:
            self.add_param_group(group)

    def add_param_group(self, group):
        own = dict(group)
        parameters = own.pop("params")
        parameters = [parameters] if isinstance(parameters, Tensor) else list(parameters)
        for p in parameters:
            if not isinstance(p, Tensor):
                raise TypeError(f"optimizer can only optimize Tensors, but one of the params is {type(p).__name__}")
        values = {**self.defaults, **own}
        array, count, _kept = options(_numbers(values))
        if self._handle is None:
            out = c_void_p()
            status = _create(
                byref(out), type(self).__name__.encode(), handles(parameters), len(parameters), array, count
            )
            if not status:
                self._handle = out.value
        else:
            status = _add(self._handle, handles(parameters), len(parameters), array, count)
        if status:
            _raise(status)
        self.param_groups.append(
            ParameterGroup(self, len(self.param_groups), {"params": parameters, **values})
        )

    def __del__(self):
        if getattr(self, "_handle", None) is not None and _free is not None:
            _free(self._handle)

    def step(self, closure=None):
        """One step; with `closure`, after evaluating the loss with it."""
        loss = None
        if closure is not None:
            before = lib.apus_grad_set_enabled(1)
            try:
                loss = closure()
            finally:
                lib.apus_grad_set_enabled(before)
        status = _step(self._handle)
        if status:
            _raise(status)
        return loss

    def zero_grad(self, set_to_none=True):
        status = _zero_grad(self._handle, 1 if set_to_none else 0)
        if status:
            _raise(status)

    def _parameters(self):
        return [p for group in self.param_groups for p in group["params"]]

    @property
    def state(self):
        """What is remembered, by parameter."""
        return {p: s for p in self._parameters() if (s := self._state_of(p))}

    def _state_of(self, parameter):
        out = ctypes.c_void_p()
        status = _state_names(byref(out), self._handle, parameter._handle)
        if status:
            _raise(status)
        text = ctypes.cast(out, ctypes.POINTER(c.apus_text))
        names = lib.apus_text_data(text).decode().split("\n")
        lib.apus_text_free(text)
        found = {}
        for name in filter(None, names):
            value = c_void_p()
            status = _state(byref(value), self._handle, parameter._handle, name.encode())
            if status:
                _raise(status)
            found[name] = t._wrap(value.value)
        return found

    def state_dict(self):
        """Settings and everything remembered, parameters by their position."""
        positions = {id(p): i for i, p in enumerate(self._parameters())}
        groups = [
            {**{k: v for k, v in g.items() if k != "params"}, "params": [positions[id(p)] for p in g["params"]]}
            for g in self.param_groups
        ]
        state = {i: s for i, p in enumerate(self._parameters()) if (s := self._state_of(p))}
        return {"state": {i: {k: v.clone() for k, v in s.items()} for i, s in state.items()}, "param_groups": groups}

    def load_state_dict(self, state_dict):
        groups = state_dict["param_groups"]
        if len(groups) != len(self.param_groups) or any(
            len(a["params"]) != len(b["params"]) for a, b in zip(groups, self.param_groups, strict=True)
        ):
            raise ValueError("loaded state dict has parameter groups of other sizes")
        for own, given in zip(self.param_groups, groups, strict=True):
            for name, value in given.items():
                if name != "params":
                    own[name] = value
        parameters = self._parameters()
        for index, values in state_dict["state"].items():
            for name, value in values.items():
                tensor = value if isinstance(value, Tensor) else t.tensor(float(value), dtype=t.float64)
                status = _set_state(self._handle, parameters[index]._handle, name.encode(), tensor._handle)
                if status:
                    _raise(status)

    def __repr__(self):
        lines = [f"{type(self).__name__} ("]
        for index, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {index}")
            lines += [f"    {name}: {group[name]}" for name in sorted(group) if name != "params"]
        return "\n".join([*lines, ")"])


_BETAS = (0.9, 0.999)
_KINDS = {
    "SGD": ("lr momentum dampening weight_decay nesterov maximize", (0.001, 0, 0, 0, False, False)),
    "Adam": ("lr betas eps weight_decay amsgrad maximize", (0.001, _BETAS, 1e-8, 0, False, False)),
    "AdamW": ("lr betas eps weight_decay amsgrad maximize", (0.001, _BETAS, 1e-8, 0.01, False, False)),
    "NAdam": (
        "lr betas eps weight_decay momentum_decay decoupled_weight_decay", (0.002, _BETAS, 1e-8, 0, 0.004, False)
    ),
    "RAdam": ("lr betas eps weight_decay decoupled_weight_decay", (0.001, _BETAS, 1e-8, 0, False)),
    "Adamax": ("lr betas eps weight_decay", (0.002, _BETAS, 1e-8, 0)),
    "Adagrad": ("lr lr_decay weight_decay initial_accumulator_value eps", (0.01, 0, 0, 0, 1e-10)),
    "Adadelta": ("lr rho eps weight_decay", (1.0, 0.9, 1e-6, 0)),
    "RMSprop": ("lr alpha eps weight_decay momentum centered", (0.01, 0.99, 1e-8, 0, 0, False)),
    "Rprop": ("lr etas step_sizes", (0.01, (0.5, 1.2), (1e-6, 50))),
    "ASGD": ("lr lambd alpha t0 weight_decay", (0.01, 1e-4, 0.75, 1e6, 0)),
    "Lion": ("lr betas weight_decay", (1e-4, (0.9, 0.99), 0)),
    "Muon": (
        "lr weight_decay momentum nesterov ns_coefficients eps ns_steps adjust_lr_fn",
        (1e-3, 0.1, 0.95, True, (3.4445, -4.775, 2.0315), 1e-7, 5, None),
    ),
    "LBFGS": (
        "lr max_iter max_eval tolerance_grad tolerance_change history_size line_search_fn",
        (1, 20, None, 1e-7, 1e-9, 100, None),
    ),
}  # fmt: skip


_TEXTS = {
    "SGD": "Stochastic gradient descent with momentum and Nesterov's acceleration.",
    "Adam": "Steps by running means of the gradients and their squares (Kingma, Ba 2015).",
    "AdamW": "Adam with weight decay apart from the gradient (Loshchilov, Hutter 2019).",
    "NAdam": "Adam with Nesterov's momentum (Dozat 2016).",
    "RAdam": "Adam whose first steps are corrected for their variance (Liu et al. 2020).",
    "Adamax": "Adam with the largest gradient in the place of the mean square (Kingma, Ba 2015).",
    "Adagrad": "Rates that fall with the sum of squared gradients (Duchi, Hazan, Singer 2011).",
    "Adadelta": "Steps in the units of the parameters, from running means of squares (Zeiler 2012).",
    "RMSprop": "Gradients divided by the root of their running mean square (Hinton 2012).",
    "Rprop": "Step sizes from the signs of the gradients alone (Riedmiller, Braun 1993).",
    "ASGD": "Averaged stochastic gradient descent (Polyak, Juditsky 1992).",
    "Lion": "Steps by the sign of an interpolated momentum (Chen et al. 2023).",
    "Muon": "Momentum of matrices made nearly orthogonal (Jordan et al. 2024).",
    "LBFGS": "Limited-memory BFGS; step(closure), with line_search_fn='strong_wolfe' or fixed steps.",
}


def _documentation(kind, settings):
    return f"{_TEXTS[kind]}\n\nSettings: " + ", ".join(f"{name}={value!r}" for name, value in settings.items()) + "."


def _classes():
    for kind, (names, defaults) in _KINDS.items():
        names = names.split()
        own = dict(zip(names, defaults, strict=True))

        def __init__(self, params, *arguments, _names=names, **settings):
            if len(arguments) > len(_names):
                raise TypeError(f"{type(self).__name__}: takes {len(_names)} settings, got {len(arguments)}")
            settings.update(zip(_names, arguments, strict=False))
            Optimizer.__init__(self, params, **settings)

        globals()[kind] = type(
            kind,
            (Optimizer,),
            {"__init__": __init__, "_settings": own, "__module__": __name__, "__doc__": _documentation(kind, own)},
        )


def _lbfgs_step(self, closure):
    """One step; `closure` forgets the gradients, computes the loss, calls backward and returns the loss."""
    from .. import _callbacks

    first = []

    def evaluate(_context, loss, status):
        def body():
            before = lib.apus_grad_set_enabled(1)
            try:
                value = closure()
            finally:
                lib.apus_grad_set_enabled(before)
            first.append(value)
            loss[0] = float(value)

        _callbacks.guarded(body, status)

    out = c_double()
    status = _step_closure(byref(out), self._handle, c.apus_closure_callback(evaluate), None)
    if status:
        _raise(status)
    return first[0]


_classes()
LBFGS.step = _lbfgs_step  # noqa: F821
__all__ = ["Optimizer", "lr_scheduler", "swa_utils", *_KINDS]
