"""How many requests a host gets at once, and how soon after another. Pure; times are given."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

_AT_LEAST_APART = {"reddit.com": timedelta(seconds=60)}
"""Hosts that are known to refuse more than so many requests of a stranger."""
PAUSE_CAP = timedelta(hours=1)
"""For how long one feed's Retry-After holds up the others of its host, at most."""


class Pace:
    """The hosts that are busy or have asked for a pause."""

    def __init__(self, *, per_host: int) -> None:
        self._per_host = per_host
        self._in_flight: Counter[str] = Counter()
        self._not_before: dict[str, datetime] = {}

    def room(self, host: str, *, now: datetime) -> int:
        """How many more requests the host may get now."""
        if self._not_before.get(host, now) > now:
            return 0
        most = 1 if apart(host) else self._per_host
        return max(0, most - self._in_flight[host])

    def closed(self, *, now: datetime) -> frozenset[str]:
        """The hosts that may get none. Forgets pauses that are over."""
        self._not_before = {host: at for host, at in self._not_before.items() if at > now}
        full = (host for host in self._in_flight if not self.room(host, now=now))
        return frozenset((*self._not_before, *full))

    def spaced(self, *, now: datetime) -> dict[str, datetime]:
        """The hosts that get nothing only because they were just asked, and until when."""
        waiting = {host: at for host, at in self._not_before.items() if at > now}
        return {host: at for host, at in waiting.items() if at - now <= apart(host)}

    def is_any_full(self) -> bool:
        """Whether a host has all the requests in flight that it may get."""
        return any(number >= self._per_host or apart(h) for h, number in self._in_flight.items())

    def begin(self, host: str, *, now: datetime) -> None:
        self._in_flight[host] += 1
        pause = apart(host)
        if pause:
            self._not_before[host] = now + pause

    def end(self, host: str) -> None:
        self._in_flight[host] -= 1
        if self._in_flight[host] <= 0:
            del self._in_flight[host]

    def pause(self, host: str, *, seconds: float, now: datetime) -> None:
        """A host asked for a pause (429 or 503 with Retry-After): all its feeds take it."""
        until = now + min(timedelta(seconds=seconds), PAUSE_CAP)
        self._not_before[host] = max(until, self._not_before.get(host, until))

    def clock_set_back(self) -> None:
        """Pauses that were reckoned by another clock mean nothing."""
        self._not_before.clear()


def apart(host: str) -> timedelta:
    """How long to wait between two requests to this host; nothing for most."""
    for name, pause in _AT_LEAST_APART.items():
        if host == name or host.endswith(f".{name}"):
            return pause
    return timedelta(0)
