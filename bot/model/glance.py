"""Numbers that are taken in at a glance: how long ago, and how many a day. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

_BARS = "▁▂▃▄▅▆▇█"


def ago(duration: timedelta) -> str:
    """`40 s`, `12 min`, `5 h`, `3 days`."""
    seconds = max(0, int(duration.total_seconds()))
    if seconds < 120:
        return f"{seconds} s"
    if seconds < 7200:
        return f"{seconds // 60} min"
    return f"{seconds // 3600} h" if seconds < 48 * 3600 else f"{seconds // 86400} days"


def bars(counts: Sequence[int]) -> str:
    """One character each, scaled to the highest; none is a dot."""
    top = max(counts, default=0)
    return "".join(_BARS[min(7, (count * 8 - 1) // top)] if count else "·" for count in counts)
