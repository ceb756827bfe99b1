"""Reads include/apus.h through clang's JSON syntax tree: what the scripts beside this file have in common."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
HEADER = REPOSITORY / "include" / "apus.h"


@dataclass
class Constant:
    name: str
    value: int
    doc: str = ""


@dataclass
class Enumeration:
    name: str
    doc: str
    constants: list[Constant]


@dataclass
class Record:
    """A structure; `fields` is None for an incomplete type (a handle)."""

    name: str
    doc: str
    fields: list[tuple[str, str, str]] | None


@dataclass
class Callback:
    """A typedef of a pointer to a function."""

    name: str
    doc: str
    result: str
    parameters: list[str]


@dataclass
class Function:
    name: str
    doc: str
    result: str
    parameters: list[tuple[str, str]]


@dataclass
class Header:
    """All declarations of the header, in its order."""

    macros: list[Constant] = field(default_factory=list)
    types: list[Enumeration | Record | Callback] = field(default_factory=list)
    functions: list[Function] = field(default_factory=list)


def read(header: Path = HEADER) -> Header:
    """Parses `header`; raises RuntimeError when clang is missing or the header does not compile."""
    tree = json.loads(_clang("-Xclang", "-ast-dump=json", "-fsyntax-only", header=header))
    result = Header(macros=_macros(header))
    complete = {n.get("name") for n in tree["inner"] if n["kind"] == "RecordDecl" and n.get("completeDefinition")}
    seen: set[str] = set()
    for node in tree["inner"]:
        name = node.get("name", "")
        if not name.startswith("apus_"):
            continue
        doc = _doc(node)
        if node["kind"] == "EnumDecl":
            result.types.append(Enumeration(name, doc, _constants(node)))
        elif node["kind"] == "RecordDecl":
            if node.get("completeDefinition"):
                fields = [
                    (child["name"], child["type"]["qualType"], _doc(child))
                    for child in node.get("inner", [])
                    if child["kind"] == "FieldDecl"
                ]
                result.types.append(Record(name, doc, fields))
            elif name not in complete and name not in seen:
                seen.add(name)
                result.types.append(Record(name, _typedef_doc(tree, name), None))
        elif node["kind"] == "TypedefDecl" and "(*)" in node["type"]["qualType"]:
            returned, _, parameters = node["type"]["qualType"].partition("(*)")
            result.types.append(Callback(name, doc, returned.strip(), _split(parameters.strip()[1:-1])))
        elif node["kind"] == "FunctionDecl":
            returned = node["type"]["qualType"].partition("(")[0].strip()
            parameters = [
                (child["name"], child["type"]["qualType"])
                for child in node.get("inner", [])
                if child["kind"] == "ParmVarDecl"
            ]
            result.functions.append(Function(name, doc, returned, parameters))
    return result


def clang_path() -> str:
    """clang of the PATH, else the one beside swiftc."""
    found = shutil.which("clang")
    if found:
        return found
    swiftc = shutil.which("swiftc")
    if swiftc:
        sibling = Path(swiftc).resolve().with_name("clang")
        if sibling.exists():
            return str(sibling)
    raise RuntimeError("clang was not found, neither on PATH nor beside swiftc")


def _clang(*arguments: str, header: Path) -> str:
    run = subprocess.run([clang_path(), "-std=c99", *arguments, str(header)], capture_output=True, text=True)
    if run.returncode != 0:
        raise RuntimeError(f"clang could not read {header}:\n{run.stderr}")
    return run.stdout


def _macros(header: Path) -> list[Constant]:
    """`#define APUS_X <decimal integer>`, in the order of the header."""
    pattern = re.compile(r"^#define (APUS_\w+) (\d+)$", re.MULTILINE)
    defined = {match[1]: int(match[2]) for match in pattern.finditer(_clang("-dM", "-E", header=header))}
    order = re.findall(r"^#define (APUS_\w+)", header.read_text(), re.MULTILINE)
    return [Constant(name, defined[name]) for name in order if name in defined]


def _constants(enumeration: dict) -> list[Constant]:
    """The enumerators. clang gives one without a comment the comment before it again, which is left out here."""
    result: list[Constant] = []
    previous = None
    for child in enumeration.get("inner", []):
        if child["kind"] == "EnumConstantDecl":
            comment = _find(child, "FullComment").get("loc", {}).get("offset")
            value = int(_find(child, "ConstantExpr")["value"])
            result.append(Constant(child["name"], value, _doc(child) if comment != previous else ""))
            previous = comment
    return result


def _find(node: dict, kind: str) -> dict:
    """First node of `kind` at or below `node`, else an empty one."""
    if node["kind"] == kind:
        return node
    for child in node.get("inner", []):
        found = _find(child, kind)
        if found:
            return found
    return {}


def _doc(node: dict) -> str:
    """The documentation comment of a declaration, one line, paragraphs joined by a blank."""
    for child in node.get("inner", []):
        if child["kind"] == "FullComment":
            return " ".join(" ".join(_texts(child)).split())
    return ""


def _texts(node: dict) -> list[str]:
    own = [node["text"]] if node["kind"] == "TextComment" else []
    return own + [text for child in node.get("inner", []) for text in _texts(child)]


def _typedef_doc(tree: dict, name: str) -> str:
    for node in tree["inner"]:
        if node["kind"] == "TypedefDecl" and node.get("name") == name:
            return _doc(node)
    return ""


def _split(parameters: str) -> list[str]:
    return [] if parameters in ("", "void") else [part.strip() for part in parameters.split(",")]
