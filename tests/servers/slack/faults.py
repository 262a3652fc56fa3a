"""Faults on demand: which call fails, how, and whether it is committed all the same.

It only chooses; `web_api.py` carries the choice out.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass


@dataclass(slots=True, kw_only=True)
class Fault:
    """What happens to the next `count` calls of `method` ("*": any; "response_url": those posts).

    answer: "normal", "drop" (the connection closes), "html" (an HTML body with `status`, under
    `content_type`: gateways send text/html, text/plain and even application/json over it),
    "ratelimited" (429 with `retry_after` seconds) or "error" (`ok: false` with `error`).
    commit: "no" (nothing happens), "yes" (the work is done first), "late" (after `late` seconds).
    delay: seconds before anything at all.
    """

    method: str
    answer: str = "normal"
    commit: str = "no"
    count: int = 1
    skip: int = 0  # so many calls pass unharmed first
    status: int = 500
    content_type: str = "text/html"
    retry_after: int = 1
    error: str = "internal_error"
    delay: float = 0.0
    late: float = 0.0
    hits: int = 0

    def __post_init__(self) -> None:
        if self.answer not in {"normal", "drop", "html", "ratelimited", "error"}:
            raise ValueError(f"no such answer: {self.answer}")
        if self.commit not in {"no", "yes", "late"}:
            raise ValueError(f"no such commit: {self.commit}")


class Faults:
    """The faults that wait for their call, oldest first."""

    def __init__(self) -> None:
        self.waiting: list[Fault] = []
        self.late: list[asyncio.TimerHandle] = []  # commits still to come
        self.generation = 0  # of the world: grows with each reset

    def forget(self) -> None:
        """Drop all of it; a late commit of one test must not land in the next."""
        for handle in self.late:
            handle.cancel()
        self.waiting.clear()
        self.late.clear()

    def restart(self) -> None:
        """Forget, and what is delayed now never happens: its world is no more."""
        self.forget()
        self.generation += 1

    def take(self, method: str) -> Fault | None:
        """The fault for this call, if there is one; it is used up by one."""
        for fault in self.waiting:
            if fault.method in {method, "*"} and self._due(fault):
                return fault
        return None

    def _due(self, fault: Fault) -> bool:
        if fault.skip > 0:
            fault.skip -= 1
            return False
        fault.hits += 1
        fault.count -= 1
        if fault.count <= 0:
            self.waiting.remove(fault)
        return True
