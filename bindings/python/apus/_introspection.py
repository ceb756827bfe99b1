"""What the library says about its kinds of estimators: parameters, fitted attributes and operations."""

from __future__ import annotations

from ctypes import byref, c_char_p
from functools import lru_cache
from typing import NamedTuple

from . import _signatures as c
from ._library import lib

_TYPE_NAMES = (
    (c.APUS_TYPE_BOOL, "bool"),
    (c.APUS_TYPE_INT, "int"),
    (c.APUS_TYPE_DOUBLE, "float"),
    (c.APUS_TYPE_STRING, "str"),
    (c.APUS_TYPE_ARRAY, "array-like"),
    (c.APUS_TYPE_ESTIMATOR, "estimator of Apus"),
    (c.APUS_TYPE_NONE, "None"),
)


class Parameter(NamedTuple):
    name: str
    doc: str
    #: Bits APUS_TYPE_...
    types: int
    default: object
    minimum: float
    maximum: float
    includes_minimum: bool
    includes_maximum: bool
    choices: tuple[str, ...]

    @property
    def type_text(self) -> str:
        """Types and choices as a numpydoc line shows them: ``{'auto', 'svd'} or None``."""
        names = [name for bit, name in _TYPE_NAMES if self.types & bit]
        if self.choices and "str" in names:
            names[names.index("str")] = "{" + ", ".join(map(repr, self.choices)) + "}"
        return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " or " + names[-1]

    @property
    def range_text(self) -> str:
        """The permitted numbers in interval notation; empty when every number is permitted."""
        numeric = c.APUS_TYPE_INT | c.APUS_TYPE_DOUBLE | c.APUS_TYPE_ARRAY
        if not self.types & numeric or (self.minimum == float("-inf") and self.maximum == float("inf")):
            return ""
        left, right = "[" if self.includes_minimum else "(", "]" if self.includes_maximum else ")"
        return f"{left}{self.minimum:g}, {self.maximum:g}{right}"


class Attribute(NamedTuple):
    name: str
    doc: str
    #: One of APUS_FORM_...
    form: int


class Kind(NamedTuple):
    """A kind of estimator."""

    name: str
    class_name: str
    module: str
    doc: str
    role: int
    #: Bits APUS_TRAIT_...
    traits: int
    parameters: tuple[Parameter, ...]
    attributes: tuple[Attribute, ...]
    operations: tuple[str, ...]

    def has(self, trait: int) -> bool:
        return bool(self.traits & trait)

    @property
    def is_classifier(self) -> bool:
        return self.role == c.APUS_ROLE_CLASSIFIER

    @property
    def is_iterative(self) -> bool:
        """Whether the work of a fit is not bounded by the size of its data."""
        counts = {"max_iter", "n_iter", "n_epochs", "max_epochs", "n_estimators", "n_init"}
        return any(parameter.name in counts for parameter in self.parameters)


@lru_cache(maxsize=None)
def names() -> dict[str, dict[str, str]]:
    """Module to class name to kind, of every kind."""
    modules: dict[str, dict[str, str]] = {}
    for index in range(lib.apus_kind_count()):
        info = c.apus_kind_info()
        lib.apus_kind_at(byref(info), index)
        modules.setdefault(info.python_module.decode(), {})[info.python_name.decode()] = info.kind.decode()
    return modules


@lru_cache(maxsize=None)
def kind(name: str) -> Kind:
    """The kind called `name`; raises ValueError that suggests the nearest name."""
    info = c.apus_kind_info()
    encoded = name.encode()
    lib.apus_kind_find(byref(info), encoded)
    return Kind(
        name=name,
        class_name=info.python_name.decode(),
        module=info.python_module.decode(),
        doc=info.doc.decode(),
        role=info.role,
        traits=info.traits,
        parameters=tuple(_parameter(encoded, index) for index in range(info.parameter_count)),
        attributes=tuple(_attribute(encoded, index) for index in range(info.attribute_count)),
        operations=tuple(_operation(encoded, index) for index in range(info.operation_count)),
    )


def _parameter(kind_name: bytes, index: int) -> Parameter:
    info = c.apus_parameter_info()
    lib.apus_kind_parameter(byref(info), kind_name, index)
    return Parameter(
        name=info.name.decode(),
        doc=info.doc.decode(),
        types=info.types,
        default=_default(info),
        minimum=info.minimum,
        maximum=info.maximum,
        includes_minimum=bool(info.includes_minimum),
        includes_maximum=bool(info.includes_maximum),
        choices=tuple(info.choices[position].decode() for position in range(info.choice_count)),
    )


def _default(info: c.apus_parameter_info):
    converters = {
        c.APUS_TYPE_BOOL: bool,
        c.APUS_TYPE_INT: int,
        c.APUS_TYPE_DOUBLE: float,
    }
    if info.default_type in converters:
        return converters[info.default_type](info.default_number)
    return info.default_text.decode() if info.default_type == c.APUS_TYPE_STRING else None


def _attribute(kind_name: bytes, index: int) -> Attribute:
    info = c.apus_attribute_info()
    lib.apus_kind_attribute(byref(info), kind_name, index)
    return Attribute(info.name.decode(), info.doc.decode(), info.form)


def _operation(kind_name: bytes, index: int) -> str:
    name = c_char_p()
    lib.apus_kind_operation(byref(name), kind_name, index)
    return name.value.decode()
