#!/usr/bin/env python3
"""Compares the functions of include/apus.h with the symbols a shared library exports.

usage: check-exports.py [--strict] LIBRARY

Fails when a function of the header is not exported, or an `apus_` symbol is not in the header. Where the library was
linked with the version script (its symbols carry a version), or with --strict, any other exported symbol fails too.
"""

from __future__ import annotations

import argparse
import subprocess
import sys

import apus_header


def exported_symbols(library: str) -> dict[str, str]:
    """Defined dynamic symbols and their versions ("" without one); version nodes themselves are left out."""
    command = ["nm", "-D", "--defined-only", "--extern-only", "--with-symbol-versions", library]
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode != 0:
        raise RuntimeError(run.stderr.strip())
    symbols = {}
    for line in run.stdout.splitlines():
        _, kind, symbol = line.split(maxsplit=2)
        if kind != "A":
            name, _, version = symbol.partition("@")
            symbols[name] = version.lstrip("@")
    return symbols


def differences(declared: set[str], exported: dict[str, str], strict: bool) -> list[str]:
    ours = {name for name in exported if name.startswith("apus_")}
    lines = [f"declared in apus.h, not exported: {name}" for name in sorted(declared - ours)]
    lines += [f"exported, not declared in apus.h: {name}" for name in sorted(ours - declared)]
    if strict or any(exported.values()):
        lines += [f"foreign symbol exported: {name}" for name in sorted(exported.keys() - ours)]
        lines += [f"exported without a version: {name}" for name in sorted(ours) if not exported[name]]
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library")
    parser.add_argument("--strict", action="store_true", help="nothing but versioned apus_ symbols")
    arguments = parser.parse_args()
    declared = {function.name for function in apus_header.read().functions}
    found = differences(declared, exported_symbols(arguments.library), arguments.strict)
    print("\n".join(found) or f"{len(declared)} functions declared and exported")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
