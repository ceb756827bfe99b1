#!/usr/bin/env python3
"""Checks README.md and docs/*.md against the code: snippets run, links lead somewhere, names exist.

- ```python blocks of a page run one after the other in one namespace, in a folder of their own.
- ```c blocks are whole files: compiled with warnings as errors against include/; those with a ``main`` are linked with what
  pkg-config says about apus and run.
- ```swift blocks are parsed, where a Swift compiler is on the path.
- Relative links, and paths of this project between backquotes, exist.
- Names ``apus_…`` between backquotes stand in include/apus.h; dotted names ``apus.…`` can be reached in Python.

    PKG_CONFIG_PATH=… APUS_LIBRARY=… PYTHONPATH=bindings/python python3 Utilities/check-docs.py [PAGE ...]
"""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import traceback

ROOT = pathlib.Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
STRICT = ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]
#: First parts of paths between backquotes that are meant from the project's folder.
FOLDERS = ("Benchmarks", "Examples", "Sources", "Tests", "Utilities", "bindings", "cmake", "docs", "include")


def blocks(text: str) -> list[tuple[str, int, str]]:
    """Language, number of the first line, and content of every fenced block."""
    return [(m[1], text.count("\n", 0, m.start()) + 2, m[2]) for m in BLOCK.finditer(text)]


def run_python(code: str, line: int, page: pathlib.Path, namespace: dict) -> str | None:
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            # Blank lines in front, so that a traceback names the line of the page.
            exec(compile("\n" * (line - 1) + code, str(page), "exec"), namespace)
    except Exception:
        return traceback.format_exc(limit=-1)
    return None


def run(command: list[str]) -> str | None:
    """None, or what a failing command printed."""
    done = subprocess.run(command, capture_output=True, text=True)
    return None if done.returncode == 0 else f"{' '.join(command)}\n{done.stdout}{done.stderr}"


def run_c(code: str) -> str | None:
    compiler = os.environ.get("CC", "cc")
    pathlib.Path("snippet.c").write_text(code)
    if "int main(" not in code:
        return run([compiler, *STRICT, "-fsyntax-only", f"-I{ROOT / 'include'}", "snippet.c"])
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", "apus"], capture_output=True, text=True)
    if flags.returncode:
        return flags.stderr
    return run([compiler, *STRICT, "snippet.c", "-o", "snippet", *flags.stdout.split(), "-lm"]) or run(["./snippet"])


def run_swift(code: str) -> str | None:
    if shutil.which("swiftc") is None:
        return None
    pathlib.Path("snippet.swift").write_text(code)
    return run(["swiftc", "-parse", "snippet.swift"])


def missing_paths(page: pathlib.Path, text: str) -> list[str]:
    links = [target.split("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in target]
    found = [f"link to {link}" for link in links if link and not (page.parent / link).exists()]
    for path in re.findall(rf"`((?:{'|'.join(FOLDERS)})/[\w./-]+)", text):
        if not (ROOT / path.rstrip(".")).exists():
            found.append(path)
    return found


def missing_names(text: str, header: str) -> list[str]:
    quoted = re.findall(r"`([^`\n]+)`", text)
    found = []
    for name in {name for part in quoted for name in re.findall(r"\bapus_[a-z0-9_]*[a-z0-9]\b", part)}:
        if not re.search(rf"\b{name}\b", header):
            found.append(name)
    for name in {name for part in quoted for name in re.findall(r"(?<![\w/.])apus(?:\.[A-Za-z_]\w*)+", part)}:
        if not reachable(name):
            found.append(name)
    return sorted(found)


def reachable(name: str) -> bool:
    value = importlib.import_module("apus")
    for part in name.split(".")[1:]:
        try:
            value = getattr(value, part)
        except AttributeError:
            try:
                value = importlib.import_module(f"{value.__name__}.{part}")
            except (ImportError, AttributeError):
                return False
    return True


def check(page: pathlib.Path, header: str) -> tuple[int, list[str]]:
    """Number of snippets, and what is wrong with the page."""
    text = page.read_text()
    where = page.relative_to(ROOT)
    problems = [f"{where}: {missing} does not exist" for missing in missing_paths(page, text)]
    # File names such as model.apus and apus.pc are no names of Python.
    problems += [f"{where}: {name} does not exist" for name in missing_names(text, header) if name != "apus.pc"]
    namespace: dict = {"__name__": "__main__"}
    count = 0
    for language, line, code in blocks(text):
        failure = None
        if language == "python":
            failure = run_python(code, line, page, namespace)
        elif language == "c":
            failure = run_c(code)
        elif language == "swift":
            failure = run_swift(code)
        else:
            continue
        count += 1
        if failure:
            problems.append(f"{where}:{line}: {language} snippet fails\n{failure}")
    return count, problems


def main(pages: list[str]) -> int:
    chosen = [pathlib.Path(page).resolve() for page in pages]
    chosen = chosen or [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    header = (ROOT / "include" / "apus.h").read_text()
    total, failed = 0, []
    for page in chosen:
        with tempfile.TemporaryDirectory() as folder:
            before = os.getcwd()
            os.chdir(folder)
            try:
                count, problems = check(page, header)
            finally:
                os.chdir(before)
        total += count
        failed += problems
    print("\n".join(failed) or f"{len(chosen)} pages, {total} snippets: everything runs and exists")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
