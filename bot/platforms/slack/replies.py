"""Reply -> a private message in rich text, where nothing needs escaping. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any, TypeAlias

from bot.commands.caller import Reply
from bot.model.text import Mark, RichText, Span, flat
from bot.platforms.slack.mrkdwn import inert, web_url
from bot.platforms.slack.render import sight
from bot.platforms.slack.text import ELLIPSIS, cut, visible, weight

Json: TypeAlias = dict[str, Any]

APPLY = "ww_apply"
_USER = re.compile(r"[UW][A-Z0-9]+")
_GROUP = re.compile(r"S[A-Z0-9]+")
_TITLE, _SPAN, _CODE_LINE = 300, 500, 600
_SHOWN = 5000
_TOTAL = 9000
"""Of the about 13,200 characters that a message takes; the rest is for its JSON."""

APOLOGY = Reply(
    title="That did not work, and it is our fault",
    lines=(
        (Span(text="It is in Wirewatch’s log. Try again in a minute; if it happens again,"),),
        (Span(text="tell whoever runs Wirewatch here what you typed."),),
    ),
    ok=False,
)


def render_reply(reply: Reply) -> Json:
    """The body for a response_url: seen by the person who asked, and by nobody else.

    A line of nothing but code is drawn in a box of its own, so that a caret stays under its
    letter; lines beyond what a message takes are counted, not sent.
    """
    title = cut(reply.title, _TITLE)
    elements = [_section([*_sign(reply), _text(title, bold=True)])] if title else []
    room, left = _TOTAL - weight(title) - (_SHOWN if reply.shown is not None else 0), 0
    for is_code, group in groupby(reply.lines, key=_is_code):
        lines = list(group)
        fitting = _fitting(lines, room)
        room -= sum(_weight(line) for line in fitting)
        left += len(lines) - len(fitting)
        if fitting:
            elements += [_box(fitting)] if is_code else [_section(_joined(fitting))]
        if left:
            room = -1  # nothing after a gap
    if left:
        elements.append(_section([_text(f"{ELLIPSIS} and {left} more lines")]))
    blocks: list[Json] = [{"type": "rich_text", "elements": elements}] if elements else []
    return {
        "response_type": "ephemeral",
        "replace_original": False,
        "text": inert(title) or "Wirewatch",
        "blocks": [*blocks, *_offered(reply), *([] if reply.shown is None else sight(reply.shown))],
    }


def _offered(reply: Reply) -> list[Json]:
    """What one press would do."""
    if reply.offer is None:
        return []
    text = {"type": "plain_text", "text": reply.offer.label, "emoji": False}
    button = {"type": "button", "action_id": APPLY, "text": text, "value": reply.offer.token}
    return [{"type": "actions", "elements": [button]}]


def _sign(reply: Reply) -> list[Json]:
    if reply.ok:
        return []
    return [{"type": "emoji", "name": "warning"}, _text(" ")]


def _is_code(line: RichText) -> bool:
    return bool(line) and all(span.mark is Mark.CODE for span in line)


def _weight(line: RichText) -> int:
    """With the JSON around each span, which counts towards the limit too."""
    return sum(min(weight(span.text), _SPAN) + len(span.url or "") + 60 for span in line)


def _fitting(lines: list[RichText], room: int) -> list[RichText]:
    fitting = []
    for line in lines:
        room -= _weight(line)
        if room < 0:
            break
        fitting.append(line)
    return fitting


def _joined(lines: Iterable[RichText]) -> list[Json]:
    """Lines as one section: apart by line breaks, which take less room than sections do."""
    elements: list[Json] = []
    for number, line in enumerate(lines):
        drawn = list(_elements(line))
        elements += [_text("\n"), *drawn] if number else drawn
    return elements or [_text(" ")]


def _elements(line: RichText) -> Iterator[Json]:
    for span in line:
        text = _cut_inside(span.text)
        if not text:
            continue
        if span.mark is Mark.PERSON and _USER.fullmatch(text):
            yield {"type": "user", "user_id": text}
        elif span.mark is Mark.ROLE and _GROUP.fullmatch(text):
            yield {"type": "usergroup", "usergroup_id": text}
        elif span.at is not None and (seconds := int(span.at.timestamp())) > 0:
            format_ = "{date_short_pretty} {time}"
            yield {"type": "date", "timestamp": seconds, "format": format_, "fallback": text}
        elif url := web_url(span.url):
            yield {"type": "link", "url": url, "text": text} | _style(span.mark)
        else:
            yield {"type": "text", "text": text} | _style(span.mark)


def _cut_inside(text: str) -> str:
    """Cut, with the spaces at both ends kept: spans part columns with them."""
    head = "  " if text.startswith("  ") else " " if text.startswith(" ") else ""
    tail = " " if text.strip() and text.endswith(" ") else ""
    return f"{head}{cut(text, _SPAN)}{tail}"


def _style(mark: Mark) -> Json:
    match mark:
        case Mark.STRONG:
            return {"style": {"bold": True}}
        case Mark.CODE | Mark.COMMAND:
            return {"style": {"code": True}}
        case Mark.PLAIN | Mark.PERSON | Mark.ROLE | Mark.TIME:
            return {}


def _text(text: str, *, bold: bool = False) -> Json:
    return {"type": "text", "text": text} | (_style(Mark.STRONG) if bold else {})


def _section(elements: list[Json]) -> Json:
    return {"type": "rich_text_section", "elements": elements}


def _box(lines: Iterable[RichText]) -> Json:
    """Preformatted lines keep every space: they line up."""
    text = "\n".join(_kept(flat(line)) for line in lines)
    return {"type": "rich_text_preformatted", "elements": [_text(text or " ")]}


def _kept(line: str) -> str:
    """Visible characters, one for one where it matters: a caret counts them."""
    indent = len(line) - len(line.lstrip(" "))
    return " " * min(indent, _CODE_LINE) + visible(line.strip())[:_CODE_LINE]
