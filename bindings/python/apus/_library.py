"""Finds and loads the shared library, and declares its functions from the generated signatures.

Searched in this order:

1. the file named by the environment variable ``APUS_LIBRARY``;
2. the package's own ``lib`` folder, where a wheel puts it: the best variant this processor can run, out of
   ``lib/x86-64-v4``, ``lib/x86-64-v3`` and ``lib``;
3. ``libapus.so.0`` as the dynamic linker finds it (``LD_LIBRARY_PATH``, ``/usr/local/lib`` ...).
"""

from __future__ import annotations

import ctypes
import os

from . import _status
from ._signatures import APUS_VERSION_MAJOR, APUS_VERSION_MINOR, FUNCTIONS

FILE_NAME = "libapus.so.0"

#: Features, as Linux names them, that each x86-64 level needs beyond the one after it.
LEVELS = {
    "x86-64-v4": {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"},
    "x86-64-v3": {"avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "abm", "movbe", "xsave"},
}

#: Calls that only look at the thread's own state or a table: they keep the interpreter lock, which is cheaper.
SHORT = frozenset(
    {
        "apus_array_view",
        "apus_get_num_threads",
        "apus_last_error",
        "apus_text_data",
        "apus_warning_count",
        "apus_warning_kind_at",
        "apus_warning_message",
    }
)


class Library:
    """The functions of the shared library, each declared when it is first used.

    A call whose status is not ``APUS_OK`` raises the exception of that status with the library's message.
    """

    def __init__(self, path: str):
        #: Where the library was loaded from.
        self.path = path
        self._shared = ctypes.CDLL(path)
        self._short = ctypes.PyDLL(path)

    def __getattr__(self, name: str):
        try:
            result, parameters, is_status, doc = FUNCTIONS[name]
        except KeyError:
            raise AttributeError(f"apus.h declares no function '{name}'") from None
        try:
            function = getattr(self._short if name in SHORT else self._shared, name)
        except AttributeError:
            raise ImportError(f"{self.path} has no function '{name}': it is older than this package") from None
        function.restype = result
        function.argtypes = parameters
        function.__doc__ = doc
        if is_status:
            function.errcheck = self._check
        setattr(self, name, function)
        return function

    def _check(self, status, function, arguments):
        if status:
            raise _status.exception(status, self.apus_last_error().decode("utf-8", "replace"))
        return status


def candidates(folder: str, flags: frozenset[str]) -> list[str]:
    """Files in `folder` to try on a processor with these feature `flags`, best first."""
    variants = []
    for position, level in enumerate(LEVELS):
        needed = set().union(*list(LEVELS.values())[position:])
        if needed <= flags:
            variants.append(os.path.join(folder, level, FILE_NAME))
    return [*variants, os.path.join(folder, FILE_NAME)]


def processor_flags() -> frozenset[str]:
    """Feature flags of the first processor; none where Linux does not tell."""
    try:
        with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
            for line in file:
                if line.startswith("flags"):
                    return frozenset(line.partition(":")[2].split())
    except OSError:
        pass
    return frozenset()


def load() -> Library:
    """Loads the library; raises ImportError that lists what was tried."""
    named = os.environ.get("APUS_LIBRARY")
    if named:
        return _opened([named])
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib")
    own = candidates(folder, processor_flags()) if os.path.isdir(folder) else []
    return _opened([*filter(os.path.exists, own), FILE_NAME])


def _opened(paths: list[str]) -> Library:
    failures = []
    for path in paths:
        try:
            library = Library(path)
        except OSError as error:
            failures.append(f"{path}: {error}")
        else:
            _require_same_interface(library)
            return library
    raise ImportError(
        "the Apus library could not be loaded; set APUS_LIBRARY to its file. Tried:\n  " + "\n  ".join(failures)
    )


def _require_same_interface(library: Library) -> None:
    version = library.apus_version_string().decode()
    if version.split(".")[:2] != [str(APUS_VERSION_MAJOR), str(APUS_VERSION_MINOR)]:
        raise ImportError(
            f"{library.path} is Apus {version}, and this package needs {APUS_VERSION_MAJOR}.{APUS_VERSION_MINOR}"
        )


lib = load()


def immortal(callback):
    """The callback, kept until the process ends: handles may be freed after the interpreter has cleared this module."""
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(callback))
    return callback
