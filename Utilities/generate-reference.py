"""Writes one Markdown page for every kind of estimator: ``generate-reference.py FOLDER [--check]``.

Everything on a page comes from the library's introspection, so a page is out of date exactly when ``--check`` says so.
"""

import pathlib
import sys

from apus import _introspection

NOTICE = "<!-- Made by `make docs` from the schema in the Swift source; edit that. -->\n"


def default_text(parameter):
    return f"`{parameter.default!r}`"


def page(kind):
    lines = [NOTICE, f"# {kind.class_name}", "", f"`{kind.name}` in C, `apus.{kind.module}.{kind.class_name}` in Python.", ""]
    lines += [kind.doc.strip(), "", "## Parameters", "", "| Name | Type | Default | Range | Meaning |", "|---|---|---|---|---|"]
    for parameter in kind.parameters:
        types = parameter.type_text.replace("|", "\\|")
        lines.append(
            f"| `{parameter.name}` | {types} | {default_text(parameter)} | {parameter.range_text} | {parameter.doc} |"
        )
    lines += ["", "## Fitted attributes", "", "| Name | Meaning |", "|---|---|"]
    lines += [f"| `{attribute.name}` | {attribute.doc} |" for attribute in kind.attributes]
    lines += ["", "## Operations", "", ", ".join(f"`{name}`" for name in kind.operations), ""]
    return "\n".join(lines)


def main(folder, check):
    folder = pathlib.Path(folder)
    by_module = {
        module: [_introspection.kind(name) for name in classes.values()]
        for module, classes in _introspection.names().items()
    }
    pages = {f"{kind.name}.md": page(kind) for kinds in by_module.values() for kind in kinds}
    index = [NOTICE, "# Estimators", ""]
    for module in sorted(by_module):
        index += [f"## apus.{module}", ""]
        index += [f"- [{kind.class_name}]({kind.name}.md)" for kind in by_module[module]] + [""]
    pages["README.md"] = "\n".join(index)
    if check:
        stale = [name for name, text in pages.items() if not (folder / name).is_file() or (folder / name).read_text() != text]
        extra = [path.name for path in folder.glob("*.md") if path.name not in pages]
        if stale or extra:
            sys.exit(f"out of date, run `make docs`: {', '.join(stale + extra)}")
        return
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.md"):
        path.unlink()
    for name, text in pages.items():
        (folder / name).write_text(text)
    print(f"{len(pages)} pages in {folder}")


if __name__ == "__main__":
    main(sys.argv[1], "--check" in sys.argv[2:])
