"""The few blocks that we use, as Slack's JSON, and the key that every message hides. Pure.

https://docs.slack.dev/reference/block-kit/blocks
"""

from __future__ import annotations

from typing import Any, TypeAlias

from bot.model.platform import Payload
from bot.words import later

Json: TypeAlias = dict[str, Any]

EVENT_TYPE = "wirewatch_delivery"
MARK = "ww:"
DOT = " · "
UNTITLED = later("(untitled)")
HEADER_CHARACTERS, SECTION_CHARACTERS = 150, 3000


def message(blocks: list[Json], *, text: str, key: str) -> Payload:
    """`text` is for the notification; `key` is what `reconcile` finds the message by."""
    body = {
        "text": text,
        "blocks": blocks,
        "metadata": {"event_type": EVENT_TYPE, "event_payload": {"key": key}},
        "unfurl_links": False,
        "unfurl_media": False,
    }
    return Payload(body=body, text=text)


def mark_of(key: str, revision: int = 1) -> str:
    """A block_id that holds the key; new for every revision, as Slack asks of edits."""
    return f"{MARK}{key}:{revision}"


def mrkdwn(text: str) -> Json:
    """`verbatim`: Slack makes no links of bare addresses, and no mentions of names."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def section(text: str, *, block_id: str = "") -> Json:
    """Without a block_id Slack makes one up."""
    return {"type": "section", **_named(block_id), "text": mrkdwn(text)}


def open_section(text: str, *, block_id: str = "") -> Json:
    """Shown whole: Slack folds a longer text up behind "See more" else."""
    return {**section(text, block_id=block_id), "expand": True}


def context(text: str, *, block_id: str = "") -> Json:
    return {"type": "context", **_named(block_id), "elements": [mrkdwn(text)]}


def header(text: str, *, block_id: str = "") -> Json:
    """Plain text: nothing in it is markup."""
    shown = {"type": "plain_text", "text": text, "emoji": False}
    return {"type": "header", **_named(block_id), "text": shown}


def divider() -> Json:
    return {"type": "divider"}


def _named(block_id: str) -> Json:
    return {"block_id": block_id} if block_id else {}
