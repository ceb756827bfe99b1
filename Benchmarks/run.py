"""Runs the rows of Benchmarks/rows and prints the table; a full run also writes RESULTS.md."""

from __future__ import annotations

import datetime
import importlib
import pathlib
import platform
import sys

import harness

FOLDER = pathlib.Path(__file__).resolve().parent


def processor() -> str:
    for text in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if text.startswith("model name"):
            return text.split(":", 1)[1].strip()
    return platform.processor()


def versions() -> str:
    import apus

    names = ["apus " + apus.__version__, "Python " + platform.python_version()]
    for module in ("numpy", "scipy", "sklearn", "statsmodels", "lightgbm", "xgboost", "torch"):
        try:
            names.append(f"{module} {importlib.import_module(module).__version__}")
        except ImportError:
            pass
    return ", ".join(names)


def main(words: list[str]) -> int:
    sys.path.insert(0, str(FOLDER))
    rows = []
    for file in sorted((FOLDER / "rows").glob("[a-z]*.py")):
        module = importlib.import_module(f"rows.{file.stem}")
        rows += module.rows()
        if words and hasattr(module, "long_rows"):
            rows += module.long_rows()
    if words:
        rows = [row for row in rows if any(word.lower() in row.name.lower() for word in words)]
    print(harness.HEAD, flush=True)
    lines = []
    for row in rows:
        lines.append(harness.line(harness.measure(row)))
        print(lines[-1], flush=True)
    if not words:
        header = (
            "# Results\n\nMade by `make bench` on "
            f"{datetime.date.today().isoformat()}: {processor()}, 2 threads for both sides; {versions()}. Times are medians of "
            "interleaved runs, ratios are the peer's time over ours, pair by pair (median, lowest, highest). Losses are "
            "printed like wins.\n\n"
        )
        (FOLDER / "RESULTS.md").write_text(header + harness.HEAD + "\n" + "\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
