"""Every public function and class of the package, and every function of the library, against values nobody expects.

Nothing is written per function: names come from the modules, parameters from the signatures. `drive` runs one module in a
process of its own and writes {"case": ...} before each call and {"case": ..., "raised": ...} after those that raised.
"""

from __future__ import annotations

import ctypes
import importlib
import inspect
import json
import pkgutil
import resource
import signal
import sys
import warnings

import numpy as np
from numpy.lib.stride_tricks import as_strided

import apus
from apus import _signatures as c
from apus._library import lib

#: What changes how the other calls run.
LEFT_OUT = {"set_num_threads"}

#: Values of a size at which a loop in Python does not end; nothing else may take longer than SECONDS of processor time.
ENDLESS = ("2^30 x 2^29", "2^31", "2^63 - 1", "2^64")
SECONDS, SECONDS_FOR_ENDLESS = 10, 0.05
MEMORY = 4 << 30


class EndlessLoop(BaseException):
    """A loop over something endless was interrupted. No Exception, so that nothing catches it on the way."""


def interrupt(*arguments):
    raise EndlessLoop


def modules() -> list[str]:
    found = ["apus"] + [module.name for module in pkgutil.walk_packages(apus.__path__, "apus.")]
    return [name for name in found if not any(part.startswith("_") for part in name.split(".")[1:])]


def callables(module: str) -> dict:
    """Public functions and classes of a module by name, without what it only imports, aliases of one thing once."""
    space = importlib.import_module(module)
    listed = set(getattr(space, "__all__", ()))
    names = listed | {name for name in dir(space) if not name.startswith("_")}
    found, seen = {}, set()
    for name in sorted(names):
        value = getattr(space, name)
        if not callable(value) or name in LEFT_OUT or id(value) in seen:
            continue
        home = str(getattr(value, "__module__", type(value).__module__))
        if name not in listed and home != module and not home.startswith(f"{module}._"):
            continue
        seen.add(id(value))
        found[name] = value
    return found


def bad_values() -> dict:
    """Name to a function that makes the value anew, as calls may change it."""
    x = np.linspace(-1, 2, 12).reshape(4, 3)
    huge = as_strided(np.zeros(1), shape=(2**30, 2**29), strides=(0, 0))
    frozen = x.copy()
    frozen.flags.writeable = False
    arrays = {
        "a matrix": x,
        "a vector": x[:, 0],
        "no elements": np.zeros(0),
        "no rows": x[:0],
        "no columns": x[:, :0],
        "no dimensions": np.float64(3).reshape(()),
        "three dimensions": x.reshape(2, 2, 3),
        "NaN": np.full((4, 3), np.nan),
        "infinity": np.full((4, 3), -np.inf),
        "1e308": np.full((4, 3), 1e308),
        "negative strides": x[::-1, ::-1],
        "transposed": x.T,
        "read-only": frozen,
        "byte-swapped": x.astype(">f8"),
        "float16": x.astype(np.float16),
        "complex": x + 1j,
        "objects": np.array([[None, object()]], dtype=object),
        "strings": np.array([["a", "b"]]),
        "dates": np.array(["2020-01-01"], dtype="M8[D]"),
        "bools": x > 0,
        "uint64 beyond int64": np.array([2**64 - 1], dtype=np.uint64),
        "2^30 x 2^29": huge,
    }
    values = {name: lambda array=array: array.copy() if array.size < 100 else array for name, array in arrays.items()}
    scalars = {
        "None": None,
        "True": True,
        "0": 0,
        "-1": -1,
        "2^31": 2**31,
        "2^63 - 1": 2**63 - 1,
        "-2^63": -(2**63),
        "2^64": 2**64,
        "0.5": 0.5,
        "a NaN": float("nan"),
        "an infinity": float("inf"),
        "1j": 1j,
        "''": "",
        "an unknown name": "no such name",
        "a lone surrogate": "\ud800",
        "a NUL": "a\0b",
        "bytes": b"\xff\xfe",
        "(2^31, 2^31)": (2**31, 2**31),
        "object()": object(),
        "a class": int,
    }
    values |= {name: lambda value=value: value for name, value in scalars.items()}
    values |= {
        "[]": list,
        "{}": dict,
        "a ragged list": lambda: [[1.0, 2.0], [3.0]],
        "a list that holds itself": circular,
        "a generator": lambda: (number for number in range(3)),
        "an iterator that raises": raising,
        "a function": lambda: lambda *arguments, **keywords: None,
        "a function that raises": lambda: raise_error,
        "a tensor": lambda: apus.ones(4, 3),
        "an empty tensor": lambda: apus.ones(0, 3),
        "a tensor of integers": lambda: apus.ones(4, 3, dtype=apus.int64),
        "a tensor that wants gradients": lambda: apus.ones(4, 3, requires_grad=True),
    }
    return values


def circular() -> list:
    result: list = []
    result.append(result)
    return result


def raise_error(*arguments, **keywords):
    raise LookupError("by the caller")


def raising():
    yield 1
    raise LookupError("by the caller")


def parameters(function) -> list[str]:
    """Names of up to four parameters, None for further ones of `*args`; ["*"] where there is no signature."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return ["*"]
    return [
        name if kind.kind != kind.VAR_POSITIONAL else "*"
        for name, kind in signature.parameters.items()
        if kind.kind != kind.VAR_KEYWORD
    ][:4]


#: Modules whose functions go through sequences in loops of the interpreter that nothing interrupts.
OF_SEQUENCES = ("apus.utils", "apus.nn.utils", "apus.optim", "apus.autograd")


def calls(function, module: str):
    """Pairs of what a call is and a function that makes it: every value alone, and in each place beside others that fit."""
    values, names = bad_values(), parameters(function)
    if module.startswith(OF_SEQUENCES):
        del values["2^30 x 2^29"]
    yield "nothing", lambda: function()
    required = required_count(function)
    for place, parameter in enumerate(names):
        for label, make in values.items():
            # The places before it hold something plausible: features, targets.
            before = [values["a matrix"], values["a vector"], values["0.5"]][:place]
            after = [values["a vector"], values["0"]][: max(0, required - place - 1)]
            arguments = [*before, make, *after]
            yield f"{label} as {parameter}", lambda arguments=arguments: function(*(make() for make in arguments))
    yield "an unknown keyword", lambda: function(no_such_keyword=1)


def required_count(function) -> int:
    try:
        listed = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return 0
    return sum(p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) for p in listed)


def library_calls(name: str):
    """Calls of a function of the library that go past the package: each parameter by itself is something, the others 0."""
    _, types, _, _ = c.FUNCTIONS[name]
    function = getattr(lib, name)
    zeros = [None if is_pointer(kind) else 0 for kind in types]
    yield "zeros", lambda: function(*zeros)
    for place, kind in enumerate(types):
        for label, value in raw_values(kind).items():
            arguments = [*zeros[:place], value, *zeros[place + 1 :]]
            yield f"{label} in place {place}", lambda arguments=arguments: function(*arguments)


def is_pointer(kind) -> bool:
    return not issubclass(kind, ctypes._SimpleCData) or kind in (ctypes.c_char_p, ctypes.c_void_p)


def raw_values(kind) -> dict:
    """What may stand for a C type: numbers anywhere, texts, handles that are none. Addresses that are none may not."""
    if kind is ctypes.c_double:
        return {"NaN": float("nan"), "infinity": float("inf"), "-1": -1.0}
    if kind is ctypes.c_char_p:
        return {"empty text": b"", "invalid UTF-8": b"\xff\xfe"}
    if issubclass(kind, ctypes._SimpleCData) and kind is not ctypes.c_void_p:
        size = 8 * ctypes.sizeof(kind)
        return {"the least": -(2 ** (size - 1)), "the largest": 2 ** (size - 1) - 1, "-1": -1, "1": 1}
    target = getattr(kind, "_type_", None)
    if isinstance(target, type) and issubclass(target, ctypes.Structure) and not hasattr(target, "_fields_"):
        return {label: ctypes.cast(number, kind) for label, number in HANDLES.items()}
    return {}


#: Bits that are no handle of anything: {type, generation, slot}.
HANDLES = {"1": 1, "an address": 0x7FFFDEADBEEF, "all bits": 2**64 - 1, "an array that is none": 1 << 56 | 7 << 32 | 1}


def run(case: str, call) -> None:
    print(json.dumps({"case": case}), flush=True)
    is_endless = case.split(": ", 1)[1].startswith(ENDLESS)
    # The action of SIGPROF is to end the process: a call that hangs is seen like one that crashes. What is endless is
    # interrupted again where something swallows the exception.
    signal.signal(signal.SIGPROF, interrupt if is_endless else signal.SIG_DFL)
    seconds = SECONDS_FOR_ENDLESS if is_endless else SECONDS
    signal.setitimer(signal.ITIMER_PROF, seconds, seconds)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            call()
    except EndlessLoop:
        pass
    except Exception as error:
        signal.setitimer(signal.ITIMER_PROF, 0)
        print(json.dumps({"case": case, "raised": type(error).__name__, "message": str(error)[:300]}), flush=True)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def drive(module: str) -> None:
    """All calls of one module's functions; "library" stands for the functions of the library."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    sys.setrecursionlimit(500)
    if module == "library":
        for name in c.FUNCTIONS:
            if name not in ("apus_memory_fail_after", "apus_memory_limit", "apus_set_num_threads"):
                for label, call in library_calls(name):
                    run(f"{name}: {label}", call)
        return
    lib.apus_memory_limit(256 << 20)
    for name, function in callables(module).items():
        for label, call in calls(function, module):
            run(f"{module}.{name}: {label}", call)
