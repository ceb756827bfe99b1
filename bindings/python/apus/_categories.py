"""Columns of data frames that hold categories, as the library takes them: positions of the values among those of fit."""

from __future__ import annotations

import json

import numpy as np

from . import _arrays

#: The value of `categorical_features` that asks for the columns a data frame says hold categories.
FROM_TYPE = "from_dtype"


class Categories:
    """Which columns hold categories, and the values of those that are no numbers.

    A value that fit has not seen, and one that is missing, becomes NaN, which trees route as a missing value.
    """

    def __init__(self, positions: list[int], values: dict[int, list]):
        self.positions = positions
        #: By position of the column, in the order of their numbers.
        self.values = values

    def parameter(self) -> np.ndarray | None:
        """`categorical_features` as the library takes it."""
        return np.array(self.positions, dtype=np.int64) if self.positions else None

    def encode(self, data):
        """`data` with numbers for the values, or as it is where it is no data frame."""
        if not self.values or not _is_frame(data):
            return data
        columns = list(data.columns)
        result = np.empty((len(data), len(columns)))
        for position, name in enumerate(columns):
            known = self.values.get(position)
            if known is None:
                result[:, position] = _arrays.numbers(data[[name]], f"X[{name!r}]")[:, 0]
            else:
                numbers = {value: number for number, value in enumerate(known)}
                result[:, position] = [numbers.get(value, np.nan) for value in _elements(data[name])]
        return result

    def to_text(self) -> str:
        """The note of a model file; raises ValueError for values JSON does not have."""
        try:
            return json.dumps([self.positions, [[position, known] for position, known in self.values.items()]])
        except TypeError as error:
            raise ValueError(f"categorical_features: the categories cannot be saved: {error}") from None

    @classmethod
    def from_text(cls, text: str) -> Categories:
        positions, values = json.loads(text)
        return cls(positions, {position: known for position, known in values})


def needs_data(choice) -> bool:
    """Whether `choice`, the parameter `categorical_features`, names columns of a data frame."""
    return choice == FROM_TYPE if isinstance(choice, str) else bool(_strings(choice))


def learned(choice, data) -> Categories | None:
    """The categories that `choice`, the parameter `categorical_features`, finds in `data`; None to leave both as they are."""
    if isinstance(choice, str) and choice == FROM_TYPE:
        if not _is_frame(data):
            return None
        positions = [position for position, name in enumerate(data.columns) if _holds_categories(data[name])]
        return _learned(positions, data) if positions else None
    named = _strings(choice)
    if not _is_frame(data):
        if named:
            raise ValueError("categorical_features: names of columns need a data frame as X")
        return None
    if choice is None or isinstance(choice, str):
        return None
    columns = list(data.columns)
    if named:
        missing = [name for name in named if name not in columns]
        if missing:
            raise ValueError(f"categorical_features: {missing[0]!r} is not a column of X")
        return _learned(sorted(columns.index(name) for name in named), data)
    chosen = np.asarray(choice)
    positions = np.flatnonzero(chosen) if chosen.dtype == bool else chosen.ravel()
    if chosen.dtype == bool and chosen.size != len(columns) or not np.isin(positions, range(len(columns))).all():
        # The library names what is wrong with it.
        return None
    return _learned([int(position) for position in positions], data)


def _learned(positions: list[int], data) -> Categories:
    values = {}
    for position in positions:
        column = data.iloc[:, position] if hasattr(data, "iloc") else data[data.columns[position]]
        if _holds_categories(column) or not _is_numeric(column):
            values[position] = _known(column)
    return Categories(positions, values)


def _known(column) -> list:
    """The categories of a column in their order: those its type lists, else its distinct values."""
    listed = getattr(getattr(column, "cat", None), "categories", None)
    if listed is not None and not callable(listed):
        return [_plain(value) for value in listed]
    distinct = {value for value in _elements(column) if value is not None}
    try:
        return sorted(distinct)
    except TypeError:
        raise ValueError(f"X: column {column.name!r} holds categories of several types") from None


def _elements(column) -> list:
    """The values as plain Python ones, None for missing."""
    return [None if value is None or value != value else _plain(value) for value in column.to_numpy().tolist()]


def _plain(value):
    return value.item() if isinstance(value, np.generic) else value


def _strings(choice) -> list[str]:
    """The elements of `choice` where they are strings."""
    if isinstance(choice, (str, bytes)) or not hasattr(choice, "__iter__"):
        return []
    elements = list(choice)
    return elements if elements and all(isinstance(element, str) for element in elements) else []


def _is_frame(data) -> bool:
    return hasattr(data, "columns") and hasattr(data, "__getitem__") and not isinstance(data, np.ndarray)


def _holds_categories(column) -> bool:
    return str(column.dtype).startswith(("category", "Categorical", "Enum"))


def _is_numeric(column) -> bool:
    if hasattr(column.dtype, "is_numeric"):
        return column.dtype.is_numeric()
    return getattr(column.dtype, "kind", "O") in "biuf"
