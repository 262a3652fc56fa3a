"""`wirewatch`, dying without a word at a named point: `python -m tests.pipeline.crasher POINT …`.

Each point wraps one function of the program from outside, so that the program itself knows
nothing of it. The process ends as after SIGKILL: no clean-up, no flush. `POINT@3` dies the third
time that the point is reached.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from bot.cli import main
from bot.pipeline.ingest import Desk
from bot.pipeline.ledger import Ledger
from bot.platforms.discord import adapter, forum, posting
from bot.platforms.discord.adapter import DiscordPlatform
from bot.platforms.slack.adapter import SlackPlatform
from bot.platforms.webhook.adapter import WebhookPlatform
from bot.storage import claims, deliveries, feeds, publishing

POINTS = (
    "ingest: nothing written",
    "ingest: all written, not committed",
    "ingest: committed, caches not updated",
    "deliver: claimed, not begun",
    "deliver: begun, not committed",
    "deliver: begun, not sent",
    "deliver: sent, answer not seen",
    "deliver: sent, not recorded",
    "deliver: recorded, not committed",
    "deliver: one recorded, more to come",
)
"""With a webhook each is reached at once."""
CHATS: dict[str, Any] = {"discord": DiscordPlatform, "slack": SlackPlatform}
_AROUND_A_CALL = (
    "begun, not sent",
    "sent, answer not seen",
    "sent, not recorded",
    "recorded, not committed",
)
CHAT_POINTS = (
    *(
        f"{chat} {action}: {point}"
        for chat in CHATS
        for action in ("post", "edit")
        for point in _AROUND_A_CALL
    ),
    *(f"{chat} post: looked for, not recorded" for chat in CHATS),
    "discord post: words stand, not yet a card",
    "discord forum: opened, answer not seen",
    "discord forum: looked for, not recorded",
    "discord crosspost: wanted, not asked for",
    "discord crosspost: published, answer not seen",
    "discord crosspost: recorded, not committed",
)
"""Reached when the chat has something to post, to edit or to be unsure about."""


def _die(*_: object) -> None:
    os.kill(os.getpid(), 9)


def _before(owner: Any, name: str, *, calls: int = 1) -> None:
    """Die when the function is called for the `calls`-th time."""
    real = getattr(owner, name)
    left = calls

    async def wrapped(*arguments: Any, **named: Any) -> Any:
        nonlocal left
        left -= 1
        if left == 0:
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


def _when_recording(platform: Any, name: str, *, calls: int, committed: bool) -> None:
    """Die at `record_shown` for what `platform.name` did: before it, or with it written."""
    act: Callable[..., Awaitable[Any]] = getattr(platform, name)
    record: Callable[..., Awaitable[Any]] = deliveries.record_shown
    done: set[str] = set()
    left = calls

    async def acting(self: Any, channel: Any, *places: Any, **named: Any) -> Any:
        result = await act(self, channel, *places, **named)
        done.add(places[0] if name == "edit" else result.remote_id)
        return result

    async def recording(connection: Any, shown: Any, **named: Any) -> Any:
        nonlocal left
        ours = {one.remote_id for one in shown} & done
        done.difference_update(ours)
        left -= len(ours)
        if ours and left <= 0 and not committed:
            _die()
        result = await record(connection, shown, **named)
        if ours and left <= 0:
            _die()
        return result

    setattr(platform, name, acting)
    setattr(deliveries, "record_shown", recording)  # noqa: B010 - mypy: it has another type


def _in_a_chat(point: str, calls: int) -> None:
    """Arrange one of CHAT_POINTS."""
    what, _, where = point.partition(": ")
    chat, _, action = what.partition(" ")
    platform, name = CHATS[chat], "send" if action == "post" else "edit"
    match where:
        case "begun, not sent":
            _before(platform, name, calls=calls)
        case "sent, answer not seen":
            _after(platform, name, calls=calls)
        case "sent, not recorded":
            _when_recording(platform, name, calls=calls, committed=False)
        case "recorded, not committed":
            _when_recording(platform, name, calls=calls, committed=True)
        case "looked for, not recorded":
            _after(platform, "reconcile", calls=calls)
        case "words stand, not yet a card":
            _after(posting, "_create", calls=calls)
        case _:
            raise LookupError(point)


ARRANGE: dict[str, Callable[[int], None]] = {
    "ingest: nothing written": lambda n: _before(Desk, "_place", calls=n),
    "ingest: all written, not committed": lambda n: _after(feeds, "record_polls", calls=n),
    "ingest: committed, caches not updated": lambda n: _after(Desk, "ingest", calls=n),
    "deliver: claimed, not begun": lambda n: _after(claims, "turns", calls=n),
    "deliver: begun, not committed": lambda n: _after(claims, "claim", calls=n),
    "deliver: begun, not sent": lambda n: _before(WebhookPlatform, "send", calls=n),
    "deliver: sent, answer not seen": lambda n: _after(WebhookPlatform, "send", calls=n),
    "deliver: sent, not recorded": lambda n: _before(deliveries, "record_shown", calls=n),
    "deliver: recorded, not committed": lambda n: _after(deliveries, "record_shown", calls=n),
    "deliver: one recorded, more to come": lambda n: _after(Ledger, "record", calls=2 + n),
    "discord forum: opened, answer not seen": lambda n: _after(forum, "_create", calls=n),
    "discord forum: looked for, not recorded": lambda n: _after(adapter, "find_post", calls=n),
    "discord crosspost: wanted, not asked for": lambda n: _before(
        DiscordPlatform, "publish", calls=n
    ),
    "discord crosspost: published, answer not seen": lambda n: _after(
        DiscordPlatform, "publish", calls=n
    ),
    "discord crosspost: recorded, not committed": lambda n: _after(
        publishing, "record_published", calls=n
    ),
}


def arrange(point: str) -> None:
    """Make this process die at `POINT` or `POINT@N`."""
    name, _, times = point.partition("@")
    calls = int(times or 1)
    if name in ARRANGE:
        ARRANGE[name](calls)
    else:
        _in_a_chat(name, calls)


if __name__ == "__main__":
    arrange(sys.argv.pop(1))
    main()
