"""The submodules that hold estimators, such as ``apus.linear_model``: made from introspection when imported."""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec

from . import _introspection
from ._suggestions import suggestion


class Finder:
    """Finds ``apus.<module>`` where the library places estimators there and no file of that name exists.

    It stands last in ``sys.meta_path``, so that files come first.
    """

    @staticmethod
    def find_spec(fullname: str, path=None, target=None) -> ModuleSpec | None:
        package, _, name = fullname.rpartition(".")
        if package == __package__ and name in _introspection.names():
            return ModuleSpec(fullname, Finder)
        return None

    @staticmethod
    def create_module(spec: ModuleSpec):
        return None

    @staticmethod
    def exec_module(module) -> None:
        name = module.__name__.rpartition(".")[2]
        module.__doc__ = f"Estimators of Apus in scikit-learn's `{name}`: " + ", ".join(classes_in(name)) + "."
        module.__all__ = classes_in(name)
        module.__getattr__, module.__dir__ = hooks(name)


def classes_in(module: str) -> list[str]:
    """Names of the estimator classes of a submodule."""
    return sorted(_introspection.names().get(module, {}))


def hooks(module: str):
    """``__getattr__`` and ``__dir__`` for a submodule: its estimator classes appear when first used.

    A submodule with a file of its own adds its estimators by ``__getattr__, __dir__ = hooks("metrics")``.
    """
    qualified = f"{__package__}.{module}"

    def get(name: str):
        kind = _introspection.names().get(module, {}).get(name)
        if kind is None:
            raise AttributeError(f"module {qualified!r} has no attribute {name!r}{suggestion(name, listed())}")
        from ._classes import estimator_class

        found = estimator_class(kind)
        setattr(sys.modules[qualified], name, found)
        return found

    def listed() -> list[str]:
        return sorted({*sys.modules[qualified].__all__, *classes_in(module)})

    return get, listed


def install() -> None:
    """Makes the submodules importable."""
    sys.meta_path.append(Finder)
