"""Whom a message pings: exactly whom a person configured, and nobody that a text names. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from bot.model.mention import Mention, MentionKind
from bot.platforms.discord.components import NO_MENTIONS, Json

_DRAWN = {MentionKind.ROLE: "<@&{}>", MentionKind.USER: "<@{}>"}
_ALLOWED = {MentionKind.ROLE: "roles", MentionKind.USER: "users"}
MOST = 20
"""More than any channel's topics ask for; Discord takes 100 of each kind."""


def mentioned(mentions: Sequence[Mention]) -> str:
    """`<@&1> <@2>`; a Slack user group, and what is no id, are left out."""
    return " ".join(_DRAWN[one.kind].format(one.external_id) for one in _ours(mentions))


def allowed(mentions: Sequence[Mention]) -> Json:
    """The `allowed_mentions` with which those, and only those, are pinged.

    https://discord.com/developers/docs/resources/message#allowed-mentions-object
    """
    wanted: dict[str, list[str]] = {}
    for one in _ours(mentions):
        wanted.setdefault(_ALLOWED[one.kind], []).append(one.external_id)
    return {**NO_MENTIONS, **wanted}


def _ours(mentions: Sequence[Mention]) -> list[Mention]:
    known = (one for one in dict.fromkeys(mentions) if one.kind in _DRAWN)
    return [one for one in known if one.external_id.isdecimal()][:MOST]
