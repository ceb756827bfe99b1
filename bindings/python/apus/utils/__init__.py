"""Helpers: ``apus.utils.data`` has the data loader, ``apus.utils.checkpoint`` recomputes instead of keeping."""

import importlib

__all__ = ["checkpoint", "data"]


def __getattr__(name):
    if name in __all__:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
