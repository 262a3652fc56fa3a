"""Whom a message pings: exactly whom a person configured, and nobody that a text names. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from bot.model.mention import Mention, MentionKind
from bot.platforms.slack.blocks import Json, section

_DRAWN = {MentionKind.USER: "<@{}>", MentionKind.GROUP: "<!subteam^{}>"}
_ID = re.compile(r"[A-Z0-9]{2,24}")
_LEADING = re.compile(r"^(?:<(?:@|!subteam\^)[A-Z0-9]+> ?)+")
_PINGS = ":pings"
MOST = 20


def mentioned(mentions: Sequence[Mention]) -> str:
    """`<!subteam^S1> <@U2>`; a Discord role, and what is no id, are left out.

    https://docs.slack.dev/messaging/formatting-message-text#mentioning-users
    """
    known = (one for one in dict.fromkeys(mentions) if one.kind in _DRAWN)
    ours = [one for one in known if _ID.fullmatch(one.external_id)][:MOST]
    return " ".join(_DRAWN[one.kind].format(one.external_id) for one in ours)


def pinging(mentions: Sequence[Mention], *, mark: str, line: str = "") -> list[Json]:
    """The block that pings them, before `line` if there is one; none if there is nobody."""
    said = mentioned(mentions)
    text = f"{said} {line}" if line else said
    return [section(text, block_id=f"{mark}{_PINGS}")] if said else []


def is_pinging(block: Mapping[str, Any]) -> bool:
    return str(block.get("block_id", "")).endswith(_PINGS)


def unpinged(block: Mapping[str, Any]) -> Json | None:
    """`block` as an edit shows it, which pings nobody; None if nothing is left of it."""
    if not is_pinging(block):
        return dict(block)
    left = _LEADING.sub("", block["text"]["text"])
    return section(left, block_id=block["block_id"]) if left else None
