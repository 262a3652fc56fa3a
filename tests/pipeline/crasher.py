"""`wirewatch`, dying without a word at a named point: `python -m tests.pipeline.crasher POINT …`.

Each point wraps one function of the program from outside, so that the program itself knows
nothing of it. The process ends as after SIGKILL: no clean-up, no flush.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

from bot.cli import main
from bot.pipeline.deliver import Deliverer
from bot.pipeline.ingest import Desk
from bot.platforms.webhook.adapter import WebhookPlatform
from bot.storage import deliveries, feeds

POINTS = (
    "ingest: nothing written",
    "ingest: all written, not committed",
    "ingest: committed, caches not updated",
    "deliver: claimed, not begun",
    "deliver: begun, not sent",
    "deliver: sent, answer not seen",
    "deliver: sent, not recorded",
    "deliver: one recorded, more to come",
)


def _die(*_: object) -> None:
    os.kill(os.getpid(), 9)


def _before(owner: Any, name: str) -> None:
    """Die when the function is called."""
    real = getattr(owner, name)

    async def wrapped(*arguments: Any, **named: Any) -> Any:
        _die()
        return await real(*arguments, **named)

    setattr(owner, name, wrapped)


def _after(owner: Any, name: str, *, calls: int = 1) -> None:
    """Die when the function has returned for the `calls`-th time."""
    real = getattr(owner, name)
    left = calls

    async def wrapped(*arguments: Any, **named: Any) -> Any:
        nonlocal left
        result = await real(*arguments, **named)
        left -= 1
        if left == 0:
            _die()
        return result

    setattr(owner, name, wrapped)


ARRANGE: dict[str, Callable[[], None]] = {
    "ingest: nothing written": lambda: _before(Desk, "_place"),
    "ingest: all written, not committed": lambda: _after(feeds, "record_polls"),
    "ingest: committed, caches not updated": lambda: _after(Desk, "ingest"),
    "deliver: claimed, not begun": lambda: _after(Deliverer, "_claim"),
    "deliver: begun, not sent": lambda: _before(WebhookPlatform, "send"),
    "deliver: sent, answer not seen": lambda: _after(WebhookPlatform, "send"),
    "deliver: sent, not recorded": lambda: _before(deliveries, "record_shown"),
    "deliver: one recorded, more to come": lambda: _after(Deliverer, "_shown", calls=3),
}


if __name__ == "__main__":
    ARRANGE[sys.argv.pop(1)]()
    main()
