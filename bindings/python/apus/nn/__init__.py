"""Networks with PyTorch's names: modules keep parameters and submodules, layers compute in the library."""

from . import functional, init, utils
from ._containers import ModuleDict, ModuleList, ParameterList, Sequential
from ._layers import *  # noqa: F403
from ._layers import LAYERS
from ._module import Module, Parameter
from ._trainer import Trainer

__all__ = [
    "Module", "ModuleDict", "ModuleList", "Parameter", "ParameterList", "Sequential", "Trainer", "functional", "init", "utils", *LAYERS,
]  # fmt: skip
