"""Faults on demand: which request fails, how, and whether it is committed all the same.

It only chooses; `rest.py` carries the choice out.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

ANSWERS = frozenset({"normal", "drop", "reset", "status", "ratelimited"})
COMMITS = frozenset({"", "no", "yes", "late"})


@dataclass(slots=True, kw_only=True)
class Fault:
    """What happens to the next `count` requests of `method` and `route` ("*" in either: any).

    `route` is a glob over the documented route ("/channels/{channel_id}/messages") or over the
    path itself ("/channels/123*").

    answer: "normal"; "drop" closes the connection (aiohttp: ServerDisconnectedError), "reset"
    resets it (ClientOSError 104); "status" answers `status` with `code` and `message`;
    "ratelimited" answers 429 with `retry_after` seconds.
    commit: "no" (nothing happens), "yes" (done before the answer) or "late" (done `late` seconds
    after the answer); unset, "yes" for a normal answer and "no" for any other.
    """

    method: str = "*"
    route: str = "*"
    answer: str = "normal"
    commit: str = ""
    count: int = 1
    skip: int = 0  # so many requests pass unharmed first
    status: int = 500
    code: int = 0
    message: str = ""
    retry_after: float = 0.5
    is_global: bool = False
    via: bool = True  # False: as Cloudflare's own 429, on which discord.py raises at once
    delay: float = 0.0  # before the commit
    hold: float = 0.0  # after it, before the answer
    late: float = 0.5
    hits: int = 0

    def __post_init__(self) -> None:
        if self.answer not in ANSWERS or self.commit not in COMMITS:
            raise ValueError(f"unknown answer or commit: {self.answer}, {self.commit}")
        if self.answer == "ratelimited" and self.commit not in ("", "no"):
            raise ValueError("a 429 never commits")
        if not self.commit:
            self.commit = "yes" if self.answer == "normal" else "no"

    def name(self) -> str:
        return f"{self.answer}, commit {self.commit}"


class Faults:
    """The faults that wait for their request, oldest first."""

    def __init__(self) -> None:
        self.waiting: list[Fault] = []

    def take(self, method: str, route: str, path: str) -> Fault | None:
        """The fault for this request, if there is one; it is used up by one."""
        for fault in self.waiting:
            if fault.method not in ("*", method):
                continue
            if not fnmatchcase(route, fault.route) and not fnmatchcase(path, fault.route):
                continue
            if fault.skip > 0:
                fault.skip -= 1
                continue
            return self._use(fault)
        return None

    def _use(self, fault: Fault) -> Fault:
        fault.hits += 1
        fault.count -= 1
        if fault.count <= 0:
            self.waiting.remove(fault)
        return fault
