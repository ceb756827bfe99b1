#!/usr/bin/env python3
"""Writes bindings/python/apus/_signatures.py, the ctypes declarations of include/apus.h.

usage: generate-ctypes.py          write the file
       generate-ctypes.py --check  fail when the file differs from what would be written
"""

from __future__ import annotations

import argparse
import difflib
import re
import sys
import textwrap

import apus_header
from apus_header import Callback, Enumeration, Header, Record

OUTPUT = apus_header.REPOSITORY / "bindings" / "python" / "apus" / "_signatures.py"

SCALARS = {
    "void": "None",
    "int": "c_int",
    "int32_t": "c_int32",
    "int64_t": "c_int64",
    "uint8_t": "c_uint8",
    "uint32_t": "c_uint32",
    "uint64_t": "c_uint64",
    "size_t": "c_size_t",
    "float": "c_float",
    "double": "c_double",
}

WIDTH = 120


class Types:
    """Translates C type names into ctypes expressions and remembers which names of ctypes they need."""

    def __init__(self, header: Header):
        self.enumerations = {t.name for t in header.types if isinstance(t, Enumeration)}
        self.named = {t.name for t in header.types if not isinstance(t, Enumeration)}
        self.used: set[str] = set()

    def translate(self, spelling: str) -> str:
        plain = re.sub(r"\b(const|struct|enum)\b", "", spelling).replace(" ", "")
        base, stars = plain.rstrip("*"), len(plain) - len(plain.rstrip("*"))
        if base == "char" and stars >= 1:
            expression, stars = self._use("c_char_p"), stars - 1
        elif base == "void" and stars >= 1:
            expression, stars = self._use("c_void_p"), stars - 1
        elif base in self.enumerations:
            expression = self._use("c_int")
        elif base in self.named:
            expression = base
        elif base in SCALARS:
            expression = SCALARS[base] if base == "void" else self._use(SCALARS[base])
        else:
            raise RuntimeError(f"no ctypes equivalent of '{spelling}'")
        for _ in range(stars):
            expression = f"{self._use('POINTER')}({expression})"
        return expression

    def _use(self, name: str) -> str:
        self.used.add(name)
        return name


def render(header: Header) -> str:
    types = Types(header)
    groups = [[f"{macro.name} = {macro.value}" for macro in header.macros]]
    for declaration in header.types:
        if isinstance(declaration, Enumeration):
            groups.append(_enumeration(declaration))
        elif isinstance(declaration, Record):
            groups.append(_record(declaration, types))
        else:
            groups.append(_callback(declaration, types))
    groups.append(_functions(header, types))
    imports = textwrap.wrap(f"from ctypes import ({', '.join(sorted(types.used))})", WIDTH, subsequent_indent="    ")
    head = [
        '"""The C interface of Apus for ctypes.',
        "",
        "Written by Utilities/generate-ctypes.py from include/apus.h; do not edit.",
        '"""',
        "",
    ]
    lines = head + imports
    for previous, group in zip([[], *groups], groups):
        is_class = any(line.startswith("class ") for line in (*previous[:1], *group[:1]))
        lines += ["", ""] if is_class else [""]
        lines += group
    return "\n".join(lines) + "\n"


def _enumeration(enumeration: Enumeration) -> list[str]:
    lines = _comment(f"{enumeration.name}: {enumeration.doc}")
    for constant in enumeration.constants:
        lines += _comment(constant.doc) if constant.doc else []
        lines.append(f"{constant.name} = {constant.value}")
    return lines


def _record(record: Record, types: Types) -> list[str]:
    types.used.add("Structure")
    lines = [f"class {record.name}(Structure):"]
    lines += textwrap.wrap(
        f'"""{record.doc}"""', WIDTH, initial_indent="    ", subsequent_indent="    ", break_long_words=False
    )
    if record.fields is not None:
        lines += ["", "    _fields_ = ["]
        for name, spelling, doc in record.fields:
            lines += _comment(doc, "        ") if doc else []
            lines.append(f'        ("{name}", {types.translate(spelling)}),')
        lines.append("    ]")
    return lines


def _callback(callback: Callback, types: Types) -> list[str]:
    types.used.add("CFUNCTYPE")
    parts = [types.translate(callback.result)] + [types.translate(spelling) for spelling in callback.parameters]
    return _comment(callback.doc) + [f"{callback.name} = CFUNCTYPE({', '.join(parts)})"]


def _functions(header: Header, types: Types) -> list[str]:
    lines = ["#: Name to (result, parameters, whether the result is an apus_status, documentation).", "FUNCTIONS = {"]
    for function in header.functions:
        arguments = ", ".join(types.translate(spelling) for _, spelling in function.parameters)
        comma = "," if len(function.parameters) == 1 else ""
        names = ", ".join(name for name, _ in function.parameters)
        lines.append(f'    "{function.name}": (')
        lines.append(f"        {types.translate(function.result)},")
        lines += _wrapped(f"({arguments}{comma}),", "        ")
        lines.append(f"        {function.result == 'apus_status'},")
        lines += _string(f"{function.name}({names})\n\n{function.doc}")
        lines.append("    ),")
    return lines + ["}"]


def _comment(text: str, indent: str = "") -> list[str]:
    prefix = f"{indent}#: "
    return textwrap.wrap(text, WIDTH, initial_indent=prefix, subsequent_indent=prefix, break_long_words=False)


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent + " ", break_long_words=False)


def _string(text: str) -> list[str]:
    """`text` as adjacent string literals, one a line."""
    head, _, rest = text.partition("\n\n")
    pieces = [head + "\n\n"] + [line + " " for line in textwrap.wrap(rest, WIDTH - 16)]
    pieces[-1] = pieces[-1].rstrip(" ")
    return [f"        {_quoted(piece)}" for piece in pieces[:-1]] + [f"        {_quoted(pieces[-1])},"]


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    check = parser.parse_args().check
    text = render(apus_header.read())
    if not check:
        OUTPUT.write_text(text)
        return 0
    current = OUTPUT.read_text() if OUTPUT.exists() else ""
    if current == text:
        return 0
    sys.stdout.writelines(
        difflib.unified_diff(current.splitlines(True), text.splitlines(True), str(OUTPUT), "generated")
    )
    print(f"{OUTPUT} does not match include/apus.h: run Utilities/generate-ctypes.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
