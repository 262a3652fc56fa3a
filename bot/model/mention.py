"""Who is pinged by a message. Only ever what a person configured, never what a feed says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class MentionKind(StrEnum):
    """What is pinged. The value is stored; keep it. There is none for everybody."""

    ROLE = "role"  # Discord
    USER = "user"  # Discord and Slack
    GROUP = "group"  # a Slack user group


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """`external_id` is the platform's own id of the role, person or group."""

    kind: MentionKind
    external_id: str

    def __str__(self) -> str:
        """As it is stored: "role:123"."""
        return f"{self.kind}:{self.external_id}"


def parse_mention(stored: str) -> Mention:
    """The inverse of `str(mention)`. Raises ValueError."""
    kind, _, external_id = stored.partition(":")
    if not external_id:
        raise ValueError(f"not a stored mention: {stored!r}")
    return Mention(kind=MentionKind(kind), external_id=external_id)
