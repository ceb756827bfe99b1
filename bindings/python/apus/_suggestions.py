"""The nearest name for one that does not exist, for the messages of errors."""

from __future__ import annotations

from collections.abc import Iterable


def suggestion(name: str, allowed: Iterable[str]) -> str:
    """``; did you mean 'alpha'?`` when a name like `name` is among those `allowed`, else nothing."""
    if name.startswith("_"):
        return ""
    # Imported here, as most programs never need it.
    import difflib

    found = difflib.get_close_matches(name, sorted(allowed), 1, 0.7)
    return f"; did you mean {found[0]!r}?" if found else ""
