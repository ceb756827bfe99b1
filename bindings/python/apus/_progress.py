"""Progress bars for ``progress=True``."""

from __future__ import annotations

import sys
from contextlib import contextmanager


@contextmanager
def reporter(progress):
    """What to call with stage and fraction: `progress` itself, a bar for True, None for None and False."""
    if progress is None or progress is False:
        yield None
    elif progress is True:
        bar = _Bar()
        try:
            yield bar
        finally:
            bar.close()
    elif callable(progress):
        yield progress
    else:
        raise TypeError(f"progress: {type(progress).__name__} is not callable, True, False or None")


class _Bar:
    """A bar of tqdm if that is installed, else a line on stderr that is written again and again."""

    _STEPS = 100

    def __init__(self):
        try:
            from tqdm.auto import tqdm
        except ImportError:
            self._bar = None
        else:
            self._bar = tqdm(total=self._STEPS, bar_format="{desc}: {percentage:3.0f}%|{bar}| {elapsed}<{remaining}")

    def __call__(self, stage: str, fraction: float) -> None:
        if self._bar is None:
            sys.stderr.write(f"\r{stage}: {fraction:4.0%}")
            sys.stderr.flush()
        else:
            self._bar.set_description(stage, refresh=False)
            self._bar.update(self._STEPS * fraction - self._bar.n)

    def close(self) -> None:
        if self._bar is None:
            sys.stderr.write("\n")
        else:
            self._bar.close()
