"""Visible text -> Slack's mrkdwn in which nothing of it mentions, links or formats. Pure.

mrkdwn has three entities and no other escape, so what would format is replaced by a look-alike,
and only where it would: `snake_case` and `5*3` stay as they are.
https://docs.slack.dev/messaging/formatting-message-text
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlsplit

from bot.model.text import Mark, RichText, Span
from bot.platforms.slack.text import cut, weight

URL_CHARACTERS = 3000
"""A button's: https://docs.slack.dev/reference/block-kit/block-elements/button-element"""

_BOUNDARY = "\u200b"
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_LOOKALIKES = {"*": "\u2217", "_": "\u02cd", "~": "\u223c", "`": "\u02cb"}
_COLON, _ANGLE = "\u2236", "\u203a"
_FORMATS = re.compile(r"(?<![A-Za-z0-9])[*_~]|[*_~](?![A-Za-z0-9])|`")
_EMOJI = re.compile(r":(?=[\w+'-]+:)")
_QUOTE = re.compile(r"\s*>+")
_HOST = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[^\[\]:@]+)(?::\d+)?")
_NO_URL = re.compile(
    r"[\s\\<>\"\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    r"\ud800-\udfff]"
)


def escape(text: str) -> str:
    """The three entities alone: for text of our own."""
    return text.translate(_ENTITIES)


def inert(text: str, *, starts_line: bool = True) -> str:
    """mrkdwn that shows just these characters: no mention, link, emoji, format or quotation.

    Slack draws a line that begins with `&gt;` as a quotation, though it is escaped.
    """
    if starts_line and (quote := _QUOTE.match(text)):
        text = quote[0].replace(">", _ANGLE) + text[quote.end() :]
    text = _FORMATS.sub(lambda found: _LOOKALIKES[found[0]], text)
    return escape(_EMOJI.sub(_COLON, text))  # a look-alike is a letter, and may be in a name


def web_url(url: str | None, *, limit: int = URL_CHARACTERS) -> str:
    """`url` if it is a plain http(s) address that may be linked within `limit`, else "".

    Refused are other schemes, a user name or password (they hide the real host), a backslash
    (browsers read it as a slash), white space and invisible characters.
    """
    if not url or _NO_URL.search(url):
        return ""
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises when it is no port
    except ValueError:
        return ""
    if parts.scheme.lower() not in ("http", "https") or not _HOST.fullmatch(parts.netloc):
        return ""
    safe = url.replace("|", "%7C").replace("`", "%60")
    return safe if weight(safe) <= limit else ""


def link(url: str, label: str) -> str:
    """`<url|label>` with an inert label. `url` has passed `web_url`."""
    return f"<{escape(url)}|{inert(label)}>"


def date(at: datetime, fallback: str) -> str:
    """`Today 14:05` in each reader's own time zone; `fallback` where Slack cannot."""
    seconds = int(at.timestamp())
    if seconds <= 0:
        return inert(fallback)
    return f"<!date^{seconds}^{{date_short_pretty}} {{time}}|{inert(fallback)}>"


def with_bold(text: RichText) -> str:
    """Spans as mrkdwn, strong ones in asterisks.

    Slack sees an asterisk at a word's edge only. Where strong letters stand inside a word
    (Chinese, a prefix) a zero-width space makes the edge.
    """
    parts: list[str] = []
    for number, span in enumerate(text):
        if span.at is not None:
            parts.append(date(span.at, span.text))
            continue
        core = span.text.strip()
        if span.mark is not Mark.STRONG or not core:
            parts.append(inert(span.text, starts_line=not number))
            continue
        head, _, tail = span.text.partition(core)
        before = text[number - 1].text[-1:] if number and not head else ""
        after = text[number + 1].text[:1] if number + 1 < len(text) and not tail else ""
        left = _BOUNDARY if before.isalnum() else ""
        right = _BOUNDARY if after.isalnum() else ""
        parts.append(f"{head}{left}*{inert(core, starts_line=False)}*{right}{tail}")
    return "".join(parts)


def with_marks(line: RichText, *, each: int) -> str:
    """Spans as mrkdwn with their links as well, none of them longer than `each`."""
    parts: list[str] = []
    for span in line:
        url = web_url(span.url, limit=each) if span.url else ""
        if not url:
            parts.append(with_bold(cut_inside(span, each)))
            continue
        linked = link(url, cut(span.text, each) or url)
        parts.append(f"*{linked}*" if span.mark is Mark.STRONG else linked)
    return "".join(parts)


def cut_inside(span: Span, limit: int) -> RichText:
    """The span cut, with the spaces at both ends kept: they part it from its neighbours."""
    if span.at is not None:
        return (span,)
    core = cut(span.text, limit)
    if not core:
        return (Span(text=" "),) if span.text else ()
    head = " " if span.text[:1].isspace() else ""
    tail = " " if span.text[-1:].isspace() else ""
    return (replace(span, text=f"{head}{core}{tail}"),)
