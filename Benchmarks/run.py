"""Runs the rows of Benchmarks/rows and prints the table; a run of all rows also writes RESULTS.md, row by row.

    run.py               all rows
    run.py --short       without those that take minutes
    run.py WORD ...      those whose name contains one of the words

The rows of a file run in a process of their own: one that crashes or hangs is reported, and the next one starts afresh.
"""

from __future__ import annotations

import datetime
import importlib
import multiprocessing
import os
import pathlib
import platform
import subprocess
import sys

import harness

FOLDER = pathlib.Path(__file__).resolve().parent

#: Seconds after which a row counts as hanging.
LIMIT = 1800


def processor() -> str:
    for text in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if text.startswith("model name"):
            return text.split(":", 1)[1].strip()
    return platform.processor()


def commit() -> str:
    found = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=FOLDER, capture_output=True, text=True)
    return found.stdout.strip() or "unknown"


def versions() -> str:
    import apus

    names = [f"apus {apus.__version__} (commit {commit()})", "Python " + platform.python_version()]
    for module in ("numpy", "scipy", "sklearn", "statsmodels", "lightgbm", "xgboost", "torch"):
        try:
            names.append(f"{module} {importlib.import_module(module).__version__}")
        except ImportError:
            pass
    return ", ".join(names)


def rows_of(file: str, words: list[str], short: bool) -> list[harness.Row]:
    """The chosen rows of a file, in the same order in every process."""
    module = importlib.import_module(f"rows.{file}")
    found = module.rows()
    if not short and hasattr(module, "long_rows"):
        found += module.long_rows()
    return [row for row in found if not words or any(word.lower() in row.name.lower() for word in words)]


def work(connection, file: str, words: list[str], short: bool, first: int) -> None:
    """Measures the rows of a file from number `first` on and sends the results."""
    sys.path.insert(0, str(FOLDER))
    for row in rows_of(file, words, short)[first:]:
        connection.send(harness.measure(row))


def measured(file: str, words: list[str], short: bool):
    """The results of a file's rows, one by one."""
    context = multiprocessing.get_context("spawn")
    rows = rows_of(file, words, short)
    done = 0
    while done < len(rows):
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=work, args=(theirs, file, words, short, done))
        process.start()
        theirs.close()
        failure = ""
        while done < len(rows) and not failure:
            try:
                if ours.poll(LIMIT):
                    result = ours.recv()
                else:
                    failure = f"no result within {LIMIT} s"
                    process.kill()
            except EOFError:
                process.join()
                failure = f"the process ended with {process.exitcode}"
            if failure:
                result = harness.empty(rows[done], failure)
            done += 1
            yield result
        process.join()


def header(load: float) -> str:
    return (
        f"# Results\n\nMade by `make bench` on {datetime.date.today().isoformat()}: {processor()}, {os.cpu_count()} processors, "
        f"{platform.system()}, {' '.join(platform.libc_ver())}, load {load:.2f} before; {os.environ.get('APUS_NUM_THREADS', 'all')} threads for "
        f"both sides; {versions()}.\n\nTimes are medians of interleaved runs (ours, peer's, ours, …) after one warm-up of each, ratios "
        "are the peer's time over ours, pair by pair: median, lowest, highest. The goal is the ratio the project aims at, 1 the floor. "
        "Quality is checked in the same run; where that gate fails the times do not count. Losses are printed like wins.\n\n"
    )


def summary(results: list[harness.Result]) -> str:
    verdicts = [result.verdict for result in results]
    names = ("met", "below goal", "loss", "gate failed", "no result")
    return ", ".join(f"{verdicts.count(name)} {name}" for name in names) + f" of {len(results)} rows"


def main(arguments: list[str]) -> int:
    sys.path.insert(0, str(FOLDER))
    short = "--short" in arguments
    words = [argument for argument in arguments if argument != "--short"]
    load = os.getloadavg()[0]
    if load > 0.5:
        print(f"The machine is busy (load {load:.2f}): the ratios will not be those of a quiet one.", file=sys.stderr)
    top = header(load)
    print(top + harness.HEAD, flush=True)
    results = []
    for file in sorted(path.stem for path in (FOLDER / "rows").glob("[a-z]*.py")):
        for result in measured(file, words, short):
            results.append(result)
            print(harness.line(result), flush=True)
            if not words:
                lines = "\n".join(map(harness.line, results))
                (FOLDER / "RESULTS.md").write_text(f"{top}{harness.HEAD}\n{lines}\n\n{summary(results)}.\n")
    print(f"\n{summary(results)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
