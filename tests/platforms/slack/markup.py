"""What Slack makes of mrkdwn beyond pings and links (tests/servers/slack/drawn.py): its formats.

A reader apart from how we write ours. What stands in `<…>` is ours by then: drawn.py judges it.
https://docs.slack.dev/messaging/formatting-message-text
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

_ANGLE = re.compile(r"<[^<>\n]*>")
_INSIDE = r"(?<![A-Za-z0-9{0}]){0}(?=\S)[^\n{0}]*(?<=\S){0}(?![A-Za-z0-9{0}])"
_KINDS = {
    "fence": re.compile(r"```[\s\S]*?```"),
    "code": re.compile(r"`[^`\n]+`"),
    "strong": re.compile(_INSIDE.format(r"\*")),
    "italic": re.compile(_INSIDE.format("_")),
    "struck": re.compile(_INSIDE.format("~")),
    "emoji": re.compile(r"(?<![A-Za-z0-9]):[\w+'-]+:"),
    "quote": re.compile(r"(?m)^\s*(?:&gt;|>)"),
}


def formats(mrkdwn: str) -> Counter[str]:
    """How often each kind of format stands there; a link's label is a part of the text."""
    text = _ANGLE.sub(lambda found: found[0][1:-1].partition("|")[2] or "x", mrkdwn)
    return Counter({kind: len(rule.findall(text)) for kind, rule in _KINDS.items()})


def all_mrkdwn(node: Any) -> Iterator[str]:
    """Each text of blocks that Slack reads as mrkdwn."""
    if isinstance(node, list):
        for child in node:
            yield from all_mrkdwn(child)
    elif isinstance(node, dict):
        if node.get("type") == "mrkdwn":
            yield node["text"]
        for child in node.values():
            yield from all_mrkdwn(child)
