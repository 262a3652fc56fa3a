"""One life of `wirewatch` in a siege: its clock runs ahead, and it may die at a named point.

`take_up` changes the program from outside, in the process that is about to run it; the program
itself knows nothing of any of this.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from typing import Any

import bot.wiring
from bot.model.digest import Digest
from bot.scheduler import Ticks
from bot.storage import deliveries, digests, holds
from tests.pipeline.crasher import CHATS, arrange

HELD_POINTS = (
    "holds: decided again, not committed",
    "digest: cut, not committed",
    "digest: cut, not delivered",
    "digest: begun, not sent",
    "digest: sent, answer not seen",
    "digest: sent, not recorded",
)
"""Reached when a channel has something held that is due."""
TICK = timedelta(seconds=0.5)
"""Lives are too short for the program's own ticks of up to 10 s."""


def take_up(point: str, *, ahead: timedelta) -> None:
    """Set the clock of this process ahead, and arrange its death at `point` ("": none)."""
    _run_ahead(ahead)
    _tick_fast()
    name, _, times = point.partition("@")
    if name in HELD_POINTS:
        _arrange_held(name, int(times or 1))
    elif point:
        arrange(point)


def _run_ahead(ahead: timedelta) -> None:
    """The chats' clocks stay behind, so a search of their history has to begin earlier."""

    class Ahead(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + ahead

    bot.wiring.datetime = Ahead  # type: ignore[attr-defined]
    for platform in CHATS.values():
        look = platform.reconcile

        async def looking(self: Any, *places: Any, since: datetime, look: Any = look, **named: Any):  # type: ignore[no-untyped-def]
            return await look(self, *places, since=since - ahead, **named)

        platform.reconcile = looking


def _tick_fast() -> None:
    every: Callable[..., None] = Ticks.every

    def faster(self: Ticks, interval: timedelta, name: str, tick: Any) -> None:
        every(self, min(interval, TICK), name, tick)

    Ticks.every = faster  # type: ignore[method-assign]


def _arrange_held(point: str, calls: int) -> None:
    match point:
        case "holds: decided again, not committed":
            _around(holds, "move", calls, after=True)
        case "digest: cut, not committed":
            _around(digests, "cut_digest", calls, after=True)
        case "digest: cut, not delivered":
            _when_told(calls)
        case "digest: begun, not sent":
            _around_digests(calls, after=False)
        case "digest: sent, answer not seen":
            _around_digests(calls, after=True)
        case "digest: sent, not recorded":
            _before_recording(calls)


def _die() -> None:
    os.kill(os.getpid(), 9)


def _around(owner: Any, name: str, calls: int, *, after: bool) -> None:
    """Die before or after the `calls`-th call of a function."""
    real = getattr(owner, name)
    left = calls

    async def wrapped(*arguments: Any, **named: Any) -> Any:
        nonlocal left
        left -= 1
        if left == 0 and not after:
            _die()
        result = await real(*arguments, **named)
        if left == 0 and after:
            _die()
        return result

    setattr(owner, name, wrapped)


def _when_told(calls: int) -> None:
    """Die when a digest is drawn for the first time: it is committed, and nobody has heard."""
    _note_digests(lambda count: _die() if count == calls else None)


def _note_digests(drawn: Callable[[int], None]) -> set[str]:
    """The keys of the digests that were drawn, as it grows; `drawn` hears how many there are."""
    keys: set[str] = set()
    for platform in CHATS.values():
        render = platform.render

        def rendering(self: Any, message: Any, *, key: str, render: Any = render) -> Any:
            if isinstance(message, Digest) and key not in keys:
                keys.add(key)
                drawn(len(keys))
            return render(self, message, key=key)

        platform.render = rendering
    return keys


def _around_digests(calls: int, *, after: bool) -> None:
    keys = _note_digests(lambda _: None)
    left = calls
    for platform in CHATS.values():
        send = platform.send

        async def sending(self: Any, *places: Any, key: str, send: Any = send, **named: Any) -> Any:
            nonlocal left
            left -= key in keys
            if left == 0 and not after:
                _die()
            result = await send(self, *places, key=key, **named)
            if left == 0 and after:
                _die()
            return result

        platform.send = sending


def _before_recording(calls: int) -> None:
    keys = _note_digests(lambda _: None)
    record = deliveries.record_shown
    left = calls

    async def recording(connection: Any, shown: Any, **named: Any) -> Any:
        nonlocal left
        left -= any(one.delivery.key in keys for one in shown)
        if left == 0:
            _die()
        return await record(connection, shown, **named)

    deliveries.record_shown = recording
