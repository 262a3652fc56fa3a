"""A Slack payload -> HTML. Pure; draws what our adapter makes, and names what it does not know.

https://docs.slack.dev/reference/block-kit/blocks and
https://docs.slack.dev/messaging/formatting-message-text
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any

from bot.preview.markup import anchor, joined, picture, tag, unknown

_INLINE = re.compile(
    r"<!date\^(?P<time>\d{1,12})\^(?P<format>[^|>^]*)(?:\^[^|>]*)?\|[^>]*>"
    r"|<(?P<url>https?://[^|>]+)(?:\|(?P<label>[^>]*))?>"
    r"|<(?P<who>[@#!][^|>]+)(?:\|(?P<named>[^>]*))?>"
    r"|`(?P<code>[^`\n]+)`"
    r"|(?<![A-Za-z0-9])\*(?P<bold>[^*\n]+)\*(?![A-Za-z0-9])"
    r"|(?<![A-Za-z0-9])_(?P<slanted>[^_\n]+)_(?![A-Za-z0-9])"
    r"|(?<![A-Za-z0-9])~(?P<struck>[^~\n]+)~(?![A-Za-z0-9])"
)
_BLOCK = re.compile(r"```\n?(.*?)```", re.DOTALL)


def slack_html(body: Mapping[str, Any], *, now: datetime) -> str:
    """The message of this body; without blocks, its text. `now` (aware) says what today is."""
    blocks = body.get("blocks") or ()
    if not blocks:
        return tag("div", mrkdwn(str(body.get("text") or ""), now=now), kind="s-section")
    return joined(_block(one, now) for one in blocks)


def mrkdwn(text: str, *, now: datetime) -> str:
    """Slack's mrkdwn -> HTML."""
    return joined(
        tag("pre", _plain(part)) if number % 2 else _inline(part.strip("\n"), now)
        for number, part in enumerate(_BLOCK.split(text))
        if part
    )


def _inline(text: str, now: datetime) -> str:
    parts, end = [], 0
    for found in _INLINE.finditer(text):
        parts += [_plain(text[end : found.start()]), _token(found, now)]
        end = found.end()
    return joined([*parts, _plain(text[end:])]).replace("\n", "<br>")


def _token(found: re.Match[str], now: datetime) -> str:
    for group, name in (("bold", "strong"), ("slanted", "em"), ("struck", "s")):
        if found[group] is not None:
            return tag(name, _inline(found[group], now))
    if found["code"] is not None:
        return tag("code", _plain(found["code"]))
    if found["time"] is not None:
        return _plain(_date(int(found["time"]), found["format"], now))
    if found["url"] is not None:
        label = found["label"] if found["label"] is not None else found["url"]
        return anchor(_unescaped(found["url"]), _plain(label))
    who = found["named"] or found["who"].lstrip("!@#").rpartition("^")[2]
    sign = "#" if found["who"].startswith("#") else "@"
    return tag("span", f"{sign}{_plain(who)}", kind="mention")


def _date(seconds: int, form: str, now: datetime) -> str:
    """In UTC; each reader of Slack sees their own time zone."""
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=min(seconds, 10**11))
    days = (now.astimezone(UTC).date() - at.date()).days
    day = {0: "Today", 1: "Yesterday"}.get(days, f"{at:%b %-d, %Y}")
    return form.replace("{date_short_pretty}", day).replace("{time}", f"{at:%H:%M}")


def _unescaped(text: str) -> str:
    """Slack knows these three entities and no other."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _plain(text: str) -> str:
    return escape(_unescaped(text))


def _block(one: Mapping[str, Any], now: datetime) -> str:
    match one["type"]:
        case "header":
            return tag("div", escape(one["text"]["text"]), kind="s-header")
        case "section":
            return _section(one, now)
        case "context":
            elements = joined(_element(element, now) for element in one["elements"])
            return tag("div", elements, kind="s-context")
        case "actions":
            buttons = joined(_element(element, now) for element in one["elements"])
            return tag("div", buttons, kind="s-actions")
        case "rich_text":
            return joined(_rich(element, now) for element in one["elements"])
        case "image":
            return picture(str(one["image_url"]), kind="s-picture")
        case "divider":
            return '<hr class="s-divider">'
        case other:
            return unknown(f"block {other}")


def _rich(one: Mapping[str, Any], now: datetime) -> str:
    inside = joined(_span(each, now) for each in one["elements"])
    if one["type"] == "rich_text_preformatted":
        return tag("pre", inside)
    return tag("div", inside, kind="s-rich")


def _span(one: Mapping[str, Any], now: datetime) -> str:
    match one["type"]:
        case "text":
            shown = escape(str(one["text"])).replace("\n", "<br>")
        case "link":
            shown = anchor(str(one["url"]), escape(str(one.get("text") or one["url"])))
        case "date":
            shown = escape(_date(int(one["timestamp"]), str(one["format"]), now))
        case "user":
            shown = tag("span", f"@{escape(str(one['user_id']))}", kind="mention")
        case "usergroup":
            shown = tag("span", f"@{escape(str(one['usergroup_id']))}", kind="mention")
        case "emoji" if one["name"] == "warning":
            shown = "⚠️"
        case other:
            return unknown(f"rich text {other}")
    style = one.get("style") or {}
    shown = tag("code", shown) if style.get("code") else shown
    return tag("strong", shown) if style.get("bold") else shown


def _section(one: Mapping[str, Any], now: datetime) -> str:
    texts = [one["text"]] if one.get("text") else []
    texts += one.get("fields") or ()
    inside = joined(tag("div", _element(text, now)) for text in texts)
    beside = _element(one["accessory"], now) if one.get("accessory") else ""
    return tag("div", tag("div", inside, kind="s-texts") + beside, kind="s-section")


def _element(one: Mapping[str, Any], now: datetime) -> str:
    match one["type"]:
        case "mrkdwn":
            return tag("span", mrkdwn(str(one["text"]), now=now))
        case "plain_text":
            return tag("span", escape(str(one["text"])))
        case "image":
            return picture(str(one["image_url"]), kind="s-thumbnail")
        case "button":
            kind = f"s-button s-{escape(str(one.get('style') or 'plain'))}"
            return anchor(str(one.get("url") or ""), escape(one["text"]["text"]), kind=kind)
        case other:
            return unknown(f"element {other}")
