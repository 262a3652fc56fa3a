"""A channel's wishes as a JSON column: only what differs from the default is kept, so that a later
change of its workspace's time zone, or of the platform's default budget, takes effect."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import time
from typing import Any

from bot.model.attention import Attention, OnDoubt, Rhythm
from bot.model.channel import PlatformName

CHATS = {PlatformName.DISCORD, PlatformName.SLACK}


def default_attention(platform: PlatformName, timezone: str = "UTC") -> Attention:
    """What a channel wishes that was never asked: a budget where people read along, and none for
    a terminal or a machine."""
    if platform in CHATS:
        return Attention(timezone=timezone)
    return Attention(timezone=timezone, budget=0)


def attention_of(stored: Mapping[str, Any], platform: PlatformName, timezone: str) -> Attention:
    """The inverse of `attention_json`; `timezone` is the workspace's."""
    default = default_attention(platform, timezone)
    if not stored:
        return default
    said = {name: _PARSED.get(name, _as_is)(value) for name, value in stored.items()}
    kept = {field.name: getattr(default, field.name) for field in fields(default)}
    return Attention(**(kept | said))


def attention_json(
    attention: Attention, platform: PlatformName, timezone: str
) -> dict[str, str | int | None]:
    """What differs from the default, in JSON's types."""
    default = default_attention(platform, timezone)
    changed: dict[str, str | int | None] = {}
    for field in fields(attention):
        value = getattr(attention, field.name)
        if value != getattr(default, field.name):
            changed[field.name] = value.isoformat("minutes") if isinstance(value, time) else value
    return changed


def _as_is(value: Any) -> Any:
    return value


def _time_of(value: str | None) -> time | None:
    return None if value is None else time.fromisoformat(value)


_PARSED: dict[str, Callable[[Any], Any]] = {
    "rhythm": Rhythm,
    "on_doubt": OnDoubt,
    "at": _time_of,
    "quiet_from": _time_of,
    "quiet_to": _time_of,
    "all_quiet": _time_of,
}
