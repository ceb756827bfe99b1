"""Interleaved comparisons: ours, peer, ours, peer, ..., with the quality of both checked in the same run.

A file in rows/ defines ``rows()``, a list of :class:`Row`. ``setup`` makes the data once and returns a case with the two
callables; ``check`` receives both results and returns a short text about quality, raising ``AssertionError`` when ours is
not good enough for the times to count.
"""

from __future__ import annotations

import gc
import pathlib
import statistics
import time
from dataclasses import dataclass, field
from typing import Any, Callable


#: Tables too large for the project, in a folder beside it; rows that need an absent one say so.
DATA = pathlib.Path(__file__).resolve().parents[2] / "shared" / "data"


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
    """What one row gave. Travels between processes."""

    name: str
    peer_name: str
    goal: float
    #: Median seconds of a call.
    ours: float = 0.0
    peer: float = 0.0
    #: The peer's time over ours, pair by pair.
    ratios: list[float] = field(default_factory=list)
    #: What ``check`` said about quality, and whether it accepted it.
    quality: str = ""
    gate: bool = False
    #: Why there are no times.
    error: str = ""

    @property
    def ratio(self) -> float:
        return statistics.median(self.ratios)

    @property
    def verdict(self) -> str:
        """Goal met, better than the peer but below the goal, or a loss."""
        if self.error:
            return "no result"
        if not self.gate:
            return "gate failed"
        if self.ratio < 1:
            return "loss"
        return "met" if self.ratio >= self.goal else "below goal"


def empty(row: Row, error: str = "") -> Result:
    return Result(row.name, row.peer, row.goal, error=error)


#: Seconds before each timing: threads of the other side that spin a while after their last work (OpenBLAS's do, for some
#: 30 ms) are asleep by then.
PAUSE = 0.1


def timed(call: Callable[[], Any], repeat: int) -> float:
    time.sleep(PAUSE)
    start = time.perf_counter()
    for _ in range(repeat):
        call()
    return (time.perf_counter() - start) / repeat


def measure(row: Row) -> Result:
    """Runs one row. Quality is checked on the warm-up results; times are taken whatever it says."""
    result = empty(row)
    try:
        case = row.setup()
        ours, peer = case.ours(), case.peer()
        try:
            result.quality, result.gate = case.check(ours, peer), True
        except AssertionError as failure:
            result.quality = f"fails: {failure}"
        del ours, peer
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
    return result


def seconds(value: float) -> str:
    for limit, scale, unit in ((1e-3, 1e6, "µs"), (1.0, 1e3, "ms"), (float("inf"), 1.0, "s")):
        if value < limit:
            return f"{value * scale:.3g} {unit}"
    return ""


def line(result: Result) -> str:
    def cell(text: str) -> str:
        return " ".join(text.split()).replace("|", "\\|")

    start = f"| {cell(result.name)} | {cell(result.peer_name)} |"
    if result.error:
        return f"{start} – | – | – | {result.goal:g} × | {result.verdict} | {cell(result.error)} |"
    spread = f" ({min(result.ratios):.2f}–{max(result.ratios):.2f})" if len(result.ratios) > 1 else " (one pair)"
    return (
        f"{start} {seconds(result.ours)} | {seconds(result.peer)} | {result.ratio:.2f} ×{spread} | {result.goal:g} × "
        f"| {result.verdict} | {cell(result.quality)} |"
    )


HEAD = (
    "| What | Peer | Apus | Peer's | Ratio (lowest–highest) | Goal | Verdict | Quality in the same run |\n"
    "|---|---|---|---|---|---|---|---|"
)
