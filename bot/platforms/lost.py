"""What a platform tells of its own accord: that a workspace is new, or that it or a channel is no
longer ours."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """`workspace` is the platform's id of the guild or team; `channel` that of the channel that is
    gone, or "" if the whole workspace is. `reason` is for a person. It can be told twice."""

    workspace: str
    channel: str = ""
    reason: str


OnLost = Callable[[Lost], Awaitable[None]]
Greets = Callable[[str], Awaitable[bool]]
"""Given the platform's id of a workspace that was just joined: whether to greet it, once."""
