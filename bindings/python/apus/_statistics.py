"""How statistics are called: arrays and named options in, arrays and test results out."""

from __future__ import annotations

import inspect
from ctypes import POINTER, byref, c_int64
from numbers import Integral, Real
from operator import index

import numpy as np

from . import _arrays
from . import _signatures as c
from ._called_back import CalledBack
from ._calls import collected_warnings, show_warnings
from ._library import lib
from ._parameters import encoded, text


def _views(arrays, name: str):
    """Arrays to keep during the call, and the pointers to their views."""
    kept = [_arrays.numbers(array, name) for array in arrays]
    views = [_arrays.view(array) for array in kept]
    pointers = (POINTER(c.apus_view) * max(len(views), 1))()
    for position, view in enumerate(views):
        pointers[position] = POINTER(c.apus_view)(view)
    return (kept, views), pointers


def _options(options: dict):
    """An array of ``apus_argument``; None values are left out."""
    given = {name: value for name, value in options.items() if value is not None}
    arguments = (c.apus_argument * max(len(given), 1))()
    for argument, (name, value) in zip(arguments, given.items()):
        argument.name = name.encode()
        if isinstance(value, str):
            argument.value.type = c.APUS_TYPE_STRING
            argument.value.string = encoded(value, name)
        elif isinstance(value, Integral) and not isinstance(value, bool):
            argument.value.type = c.APUS_TYPE_INT
            argument.value.integer = int(value)
        elif isinstance(value, bool):
            argument.value.type = c.APUS_TYPE_BOOL
            argument.value.boolean = value
        elif isinstance(value, Real):
            argument.value.type = c.APUS_TYPE_DOUBLE
            argument.value.number = float(value)
        elif type(value).__name__ == "bool":
            argument.value.type = c.APUS_TYPE_BOOL
            argument.value.boolean = bool(value)
        else:
            raise TypeError(f"{name}: must be a number, text or a bool, got {type(value).__name__}")
    return arguments, len(given)


def distribution(name: str, function: str, x, parameters):
    """A function of a distribution at `x`; a float when everything is a scalar."""
    x = _arrays.numbers(x, "x")
    kept, pointers = _views(parameters, "parameters")
    pointer = _arrays.new_handle()
    lib.apus_distribution_evaluate(
        byref(pointer), name.encode(), function.encode(), byref(_arrays.view(x)), pointers, len(kept[0])
    )
    result = _arrays.owned(pointer)
    return result[()] if result.ndim == 0 else result


def seed(random_state) -> int:
    """A seed of 64 bits out of a number, a numpy generator, or numpy's global state for None."""
    if random_state is None or random_state is np.random:
        return int(np.random.randint(0, 1 << 63, dtype=np.int64))
    if isinstance(random_state, np.random.Generator):
        return int(random_state.integers(0, 1 << 63))
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(0, 1 << 63, dtype=np.int64))
    if isinstance(random_state, Integral) and not isinstance(random_state, bool):
        if not 0 <= random_state < 1 << 64:
            raise ValueError(f"random_state: {random_state} is not in [0, 2**64)")
        return int(random_state)
    raise TypeError(f"random_state: must be a number, a numpy generator or None, got {type(random_state).__name__}")


def sample(name: str, parameters, size, random_state) -> np.ndarray:
    """Random variates of a distribution in the shape `size`, or that of the parameters when it is None."""
    kept, pointers = _views(parameters, "parameters")
    extents = (
        None if size is None else tuple(map(index, np.atleast_1d(size).tolist())) if np.ndim(size) else (index(size),)
    )
    shape = None if extents is None else (c_int64 * max(len(extents), 1))(*extents)
    pointer = _arrays.new_handle()
    lib.apus_distribution_sample(
        byref(pointer),
        name.encode(),
        pointers,
        len(kept[0]),
        shape,
        -1 if extents is None else len(extents),
        seed(random_state),
    )
    return _arrays.owned(pointer)


def fit(name: str, data, *, fixed=None, bounds=None, nan_policy="raise") -> np.ndarray:
    """The table of a maximum likelihood fit; see apus_distribution_fit."""
    options = {"nan_policy": nan_policy} | {f"fix_{parameter}": value for parameter, value in (fixed or {}).items()}
    for parameter, (low, high) in (bounds or {}).items():
        options |= {f"lower_{parameter}": float(low), f"upper_{parameter}": float(high)}
    data = _arrays.numbers(data, "data")
    arguments, count = _options(options)
    pointer = _arrays.new_handle()
    lib.apus_distribution_fit(byref(pointer), name.encode(), byref(_arrays.view(np.ravel(data))), arguments, count)
    show_warnings(collected_warnings())
    return _arrays.owned(pointer)


def special(function: str, *arguments):
    """A special function of one to three broadcast arguments."""
    kept, pointers = _views(arguments, "x")
    pointer = _arrays.new_handle()
    lib.apus_special_evaluate(byref(pointer), function.encode(), pointers, len(kept[0]))
    result = _arrays.owned(pointer)
    return result[()] if result.ndim == 0 else result


def test(name: str, samples, function: Statistic | None = None, **options):
    """Runs a test, of the statistic `function` if given: the ``apus_test_result`` and a dictionary of its details."""
    kept, pointers = _views(samples, "samples")
    arguments, count = _options(options)
    result = c.apus_test_result()
    details = POINTER(c.apus_text)()
    call = (byref(result), byref(details), name.encode(), pointers, len(kept[0]))
    if function is None:
        lib.apus_test_run(*call, arguments, count)
    else:
        with function.errors():
            lib.apus_test_resample(*call, function.callback, None, arguments, count)
    show_warnings(collected_warnings())
    found = {}
    for line in text(details).splitlines():
        key, value = line.split(" ", 1)
        found[key] = value if key in ("effect", "estimate") else float(value)
    return result, found


class Statistic(CalledBack):
    """A function of samples as an ``apus_statistic_callback``.

    A `vectorized` one takes samples (resamples, n) and ``axis=-1`` and returns (resamples,); by default one that has a parameter
    `axis`. It runs on the thread that makes the call; what it raises comes out of :meth:`errors`.
    """

    def __init__(self, function, vectorized: bool | None = None):
        if vectorized is None:
            try:
                vectorized = "axis" in inspect.signature(function).parameters
            except (TypeError, ValueError):
                vectorized = False
        self._function, self._vectorized = function, vectorized
        self.callback = c.apus_statistic_callback(self._evaluate)

    def _evaluate(self, _context, out, resamples, count, sizes, sample_count, status):
        with self.reporting(status):
            widths = [sizes[index] for index in range(sample_count)]
            block = np.ctypeslib.as_array(resamples, (count, sum(widths))).copy()
            samples = np.split(block, np.cumsum(widths)[:-1], axis=1)
            if self._vectorized:
                values = np.asarray(self._function(*samples, axis=-1), float)
                if values.shape != (count,):
                    raise ValueError(f"statistic: gave an array of shape {values.shape}, needs ({count},)")
            else:
                values = [float(self._function(*rows)) for rows in zip(*samples)]
            np.ctypeslib.as_array(out, (count,))[...] = values


def compute(name: str, arrays, **options):
    """Runs a computation whose result is an array."""
    kept, pointers = _views(arrays, "arrays")
    arguments, count = _options(options)
    pointer = _arrays.new_handle()
    lib.apus_statistics_compute(byref(pointer), name.encode(), pointers, len(kept[0]), arguments, count)
    show_warnings(collected_warnings())
    return _arrays.owned(pointer)
