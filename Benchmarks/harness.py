"""Interleaved comparisons: ours, peer, ours, peer, ..., with the quality of both checked in the same run.

A file in rows/ defines ``rows()``, a list of :class:`Row`. ``setup`` makes the data once and returns a case with the two
callables; ``check`` receives both results and returns a short text about quality, raising ``AssertionError`` when the
comparison would not be fair.
"""

from __future__ import annotations

import gc
import statistics
import time
from dataclasses import dataclass, field
from typing import Any, Callable


@dataclass
class Case:
    """The two sides of one comparison. Each callable takes nothing and returns what ``check`` compares."""

    ours: Callable[[], Any]
    peer: Callable[[], Any]
    check: Callable[[Any, Any], str]


@dataclass
class Row:
    """One line of the table."""

    name: str
    #: The peer with its settings, as a reader would write them.
    peer: str
    #: The ratio (peer's time / ours) the project aims at; 1 is the floor.
    goal: float
    setup: Callable[[], Case]
    #: Interleaved pairs after one warm-up of each side.
    pairs: int = 5
    #: Calls per timing, for short ones.
    repeat: int = 1


@dataclass
class Result:
    row: Row
    ours: float = 0.0
    peer: float = 0.0
    #: Median, smallest and largest of the ratios pair by pair.
    ratio: float = 0.0
    low: float = 0.0
    high: float = 0.0
    quality: str = ""
    error: str = ""
    ratios: list[float] = field(default_factory=list)


def timed(call: Callable[[], Any], repeat: int) -> float:
    start = time.perf_counter()
    for _ in range(repeat):
        call()
    return (time.perf_counter() - start) / repeat


def measure(row: Row) -> Result:
    """Runs one row. Quality is checked on the warm-up results."""
    result = Result(row)
    try:
        case = row.setup()
        result.quality = case.check(case.ours(), case.peer())
        gc.collect()
        gc.disable()
        pairs = [(timed(case.ours, row.repeat), timed(case.peer, row.repeat)) for _ in range(row.pairs)]
    except Exception as error:  # a row that cannot run is reported, and the others go on
        result.error = f"{type(error).__name__}: {error}"
        return result
    finally:
        gc.enable()
    result.ours = statistics.median(ours for ours, _ in pairs)
    result.peer = statistics.median(peer for _, peer in pairs)
    result.ratios = [peer / ours for ours, peer in pairs]
    result.ratio = statistics.median(result.ratios)
    result.low, result.high = min(result.ratios), max(result.ratios)
    return result


def seconds(value: float) -> str:
    for limit, scale, unit in ((1e-3, 1e6, "µs"), (1.0, 1e3, "ms"), (float("inf"), 1.0, "s")):
        if value < limit:
            return f"{value * scale:.3g} {unit}"
    return ""


def line(result: Result) -> str:
    row = result.row
    if result.error:
        return f"| {row.name} | {row.peer} | – | – | – | {row.goal:g} × | {result.error} |"
    spread = f"{result.ratio:.2f} × ({result.low:.2f}–{result.high:.2f})"
    return (
        f"| {row.name} | {row.peer} | {seconds(result.ours)} | {seconds(result.peer)} | {spread} | {row.goal:g} × "
        f"| {result.quality} |"
    )


HEAD = "| What | Peer | Apus | Peer's | Ratio (lowest–highest) | Goal | Quality in the same run |\n|---|---|---|---|---|---|---|"
