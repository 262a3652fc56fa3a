"""A Discord payload -> HTML. Pure; draws what our adapter makes, and names what it does not know.

https://discord.com/developers/docs/components/reference and
https://discord.com/developers/docs/reference#message-formatting
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from html import escape
from typing import Any

from bot.preview.markup import anchor, joined, picture, tag, unknown


class Component(IntEnum):
    """Discord's numbers of the components that are drawn."""

    ROW = 1
    BUTTON = 2
    SECTION = 9
    TEXT = 10
    THUMBNAIL = 11
    GALLERY = 12
    SEPARATOR = 14
    CONTAINER = 17


LINK = 5  # a button's style

_INLINE = re.compile(
    r"\\(?P<escaped>[^\w\s])"
    r"|`(?P<code>[^`]+)`"
    r"|\*\*(?P<bold>(?:\\.|[^\\])+?)\*\*"
    r"|\[(?P<label>(?:\\.|[^\]\\])*)\]\((?P<url>https?://[^\s)]+)\)"
    r"|<t:(?P<time>-?\d{1,12})(?::(?P<style>[a-zA-Z]))?>"
    r"|<(?P<who>@&|@!?|\#)(?P<id>\d+)>",
    re.DOTALL,
)
_BLOCK = re.compile(r"```\n?(.*?)```", re.DOTALL)
_STEPS = (("day", 86_400), ("hour", 3600), ("minute", 60))


def discord_html(body: Mapping[str, Any], *, now: datetime) -> str:
    """The message of this body. `now` (aware) is what times are relative to."""
    words = str(body.get("content") or "")
    said = tag("div", markdown(words, now=now), kind="d-text") if words else ""
    return said + joined(_component(one, now) for one in body.get("components") or ())


def markdown(text: str, *, now: datetime) -> str:
    """Discord's markdown -> HTML: blocks of code, headings, small print, bullets, inline markup."""
    parts = _BLOCK.split(text)
    return joined(
        tag("pre", escape(part)) if number % 2 else _lines(part.strip("\n"), now)
        for number, part in enumerate(parts)
        if part
    )


def _lines(text: str, now: datetime) -> str:
    return joined(_line(line, now) for line in text.split("\n"))


def _line(line: str, now: datetime) -> str:
    for prefix, kind in (
        ("### ", "d-h3"),
        ("## ", "d-h2"),
        ("# ", "d-h1"),
        ("-# ", "d-small"),
        ("- ", "d-bullet"),
    ):
        if line.startswith(prefix):
            return tag("div", _inline(line.removeprefix(prefix), now), kind=kind)
    return tag("div", _inline(line, now) or "&nbsp;", kind="d-line")


def _inline(text: str, now: datetime) -> str:
    parts, end = [], 0
    for found in _INLINE.finditer(text):
        parts += [escape(text[end : found.start()]), _token(found, now)]
        end = found.end()
    return joined([*parts, escape(text[end:])])


def _token(found: re.Match[str], now: datetime) -> str:
    match "time" if found["time"] else found.lastgroup:
        case "escaped":
            return escape(found["escaped"])
        case "code":
            return tag("code", escape(found["code"]))
        case "bold":
            return tag("strong", _inline(found["bold"], now))
        case "url":
            return anchor(found["url"], _inline(found["label"], now))
        case "time":
            said = _time(int(found["time"]), found["style"] or "f", now)
            return tag("span", escape(said), kind="d-time")
        case _:
            sign = "#" if found["who"] == "#" else "@"
            return tag("span", f"{sign}{found['id']}", kind="mention")


def _time(seconds: int, style: str, now: datetime) -> str:
    """In UTC; each reader of Discord sees their own time zone."""
    if style == "R":
        return ago(seconds, now)
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=min(seconds, 10**11))
    return f"{at:%-d %B %Y %H:%M}"


def ago(seconds: int, now: datetime) -> str:
    """`2 hours ago`, as Discord says a relative time."""
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=min(seconds, 10**11))
    apart = (now - at).total_seconds()
    for unit, length in _STEPS:
        if (count := int(abs(apart) // length)) >= 1:
            said = f"{count} {unit}{'s' if count > 1 else ''}"
            return f"{said} ago" if apart > 0 else f"in {said}"
    return "a few seconds ago" if apart >= 0 else "in a few seconds"


def _component(one: Mapping[str, Any], now: datetime) -> str:
    match one["type"]:
        case Component.CONTAINER:
            accent = f"#{int(one.get('accent_color') or 0x4E5058):06x}"
            inside = _all(one["components"], now)
            return f'<div class="d-container" style="border-left-color:{accent}">{inside}</div>'
        case Component.TEXT:
            return tag("div", markdown(str(one["content"]), now=now), kind="d-text")
        case Component.SECTION:
            texts = tag("div", _all(one["components"], now), kind="d-texts")
            return tag("div", texts + _component(one["accessory"], now), kind="d-section")
        case Component.THUMBNAIL:
            return picture(str(one["media"]["url"]), kind="d-thumbnail")
        case Component.GALLERY:
            return joined(
                picture(str(each["media"]["url"]), kind="d-picture") for each in one["items"]
            )
        case Component.SEPARATOR:
            return '<hr class="d-separator">'
        case Component.ROW:
            return tag("div", _all(one["components"], now), kind="d-row")
        case Component.BUTTON:
            return _button(one)
        case other:
            return unknown(f"component {other}")


def _all(components: Iterable[Mapping[str, Any]], now: datetime) -> str:
    return joined(_component(one, now) for one in components)


def _button(one: Mapping[str, Any]) -> str:
    label = escape(str(one.get("label") or ""))
    if one.get("style") == LINK:
        return anchor(str(one.get("url") or ""), f"{label} ↗", kind="d-button")
    return tag("span", label, kind=f"d-button d-style-{int(one.get('style') or 2)}")
