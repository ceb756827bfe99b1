"""Helpers; ``apus.utils.data`` has the data loader."""

from . import data

__all__ = ["data"]
