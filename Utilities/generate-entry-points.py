#!/usr/bin/env python3
"""Writes a C table of every function of apus.h, by which tests call them all.

usage: generate-entry-points.py HEADER OUTPUT

OUTPUT is included by Tests/CTests/entry_points.h, which says what the rows mean. A function with a parameter whose type has
no class below ends this script with an error: the tests have to learn what to pass for it.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import apus_header
from apus_header import Callback, Header, Record

#: What tests do with a parameter, by its type where that is not a handle or a callback.
CLASSES = {
    "const apus_view *": "VIEW",
    "apus_view *": "OUT_VIEW",
    "const apus_view *const *": "VIEWS",
    "const apus_csr *": "CSR",
    "const apus_fit_options *": "FIT_OPTIONS",
    "const apus_option *": "OPTIONS",
    "const apus_argument *": "ARGUMENTS",
    "const char *": "TEXT",
    "const char *const *": "TEXTS",
    "const char **": "OUT_PLAIN",
    "const void *": "BYTES",
    "const double *": "BYTES",
    "const int64_t *": "BYTES",
    "void *": "CONTEXT",
    "int32_t": "INT32",
    "int64_t": "INT64",
    "uint64_t": "INT64",
    "double": "NUMBER",
    "double *": "OUT_PLAIN",
    "int64_t *": "OUT_PLAIN",
}

RESULTS = {
    "apus_status": ("RETURNS_STATUS", "integer"),
    "void": ("RETURNS_NOTHING", None),
    "int32_t": ("RETURNS_NUMBER", "integer"),
    "int64_t": ("RETURNS_NUMBER", "integer"),
    "const char *": ("RETURNS_TEXT", "pointer"),
}


def parameter_class(spelling: str, handles: set[str], structures: set[str], callbacks: set[str]) -> str:
    if spelling in CLASSES:
        return CLASSES[spelling]
    base = spelling.replace("const", "").replace("*", "").strip()
    shape = spelling.replace(base, "T").replace("const T", "T")
    if base in callbacks and shape == "T":
        return "CALLBACK"
    if base in structures and spelling == f"{base} *":
        return "OUT_PLAIN"
    if base in handles and shape in ("T *", "T **", "T *const *"):
        return {"T *": "HANDLE", "T **": "OUT_HANDLE", "T *const *": "HANDLES"}[shape]
    raise RuntimeError(f"no tests know what to pass for a '{spelling}'")


def member(kind: str) -> str:
    return {"INT32": "integer", "INT64": "integer", "NUMBER": "number", "CALLBACK": "function"}.get(kind, "pointer")


def mentions_null(doc: str, docs: dict[str, str]) -> bool:
    """Whether documentation says something about NULL, or that of the function which it begins by referring to."""
    reference = re.match(r"As (apus_\w+)", doc)
    return "NULL" in doc or (reference is not None and mentions_null(docs[reference[1]], docs))


def render(header: Header) -> str:
    docs = {function.name: function.doc for function in header.functions}
    handles = {t.name for t in header.types if isinstance(t, Record) and t.fields is None}
    structures = {t.name for t in header.types if isinstance(t, Record) and t.fields is not None}
    callbacks = {t.name for t in header.types if isinstance(t, Callback)}
    calls, rows = [], []
    for function in header.functions:
        parameters = [
            (name, spelling, parameter_class(spelling, handles, structures, callbacks))
            for name, spelling in function.parameters
        ]
        arguments = ", ".join(
            f"({spelling})arguments[{index}].{member(kind)}" for index, (_, spelling, kind) in enumerate(parameters)
        )
        result, slot = RESULTS[function.result]
        call = f"{function.name}({arguments})"
        cast = {"integer": "(int64_t)", "pointer": "(void *)(uintptr_t)"}
        assignment = f"result->{slot} = {cast[slot]}{call}" if slot else call
        calls.append(
            f"static void call_{function.name}(value *result, const value *arguments) {{\n"
            f"  (void)result, (void)arguments;\n  {assignment};\n}}"
        )
        described = ", ".join(
            f'{{"{name}", {kind}, "{spelling.replace("const", "").replace("*", "").strip()}"}}'
            for name, spelling, kind in parameters
        )
        rows.append(
            f'  {{"{function.name}", call_{function.name}, {result}, {int(mentions_null(function.doc, docs))}, {len(parameters)}, '
            f"{{{described or '{NULL, 0, NULL}'}}}}},"
        )
    return "\n".join(calls) + "\n\nstatic const entry_point entry_points[] = {\n" + "\n".join(rows) + "\n};\n"


def main() -> int:
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    header, output = map(Path, sys.argv[1:])
    output.write_text(render(apus_header.read(header)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
