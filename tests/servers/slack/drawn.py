"""Whom a message would ping, where its links lead, and what its reader sees. It judges nothing.

Markup: https://docs.slack.dev/messaging/formatting-message-text. Where Slack's behaviour is not
certain (mentions in code spans, in the fallback text beside blocks) a mention counts as a ping.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.servers.slack.records import Drawn, Json, Link

if TYPE_CHECKING:
    from collections.abc import Callable

_ANGLE = re.compile(r"<([^<>|\n]+)(?:\|([^<>\n]*))?>")
_BARE_URL = re.compile(r"https?://[^\s<>|]+")
_BARE_NAME = re.compile(r"(?<![\w@])@(?:channel|here|everyone)\b")
_MARKDOWN_LINK = re.compile(r"\[([^\]\n]*)\]\(([^)\s]+)\)")
_SPECIAL = re.compile(r"!(?:channel|here|everyone|subteam\^)")


def draw(*contents: Json) -> Drawn:
    """Everything that these contents (a message and its edits, or a view) show and ping."""
    drawn = Drawn()
    for content in contents:
        text = content.get("text")
        if isinstance(text, str):
            by_name = bool(content.get("link_names")) or content.get("parse") == "full"
            _mrkdwn(text, drawn, names=by_name)
        for key in ("blocks", "title", "submit", "close"):
            _walk(content.get(key), drawn)
        for attachment in content.get("attachments") or []:
            _attachment(attachment, drawn)
    return drawn


def _attachment(attachment: Json, drawn: Drawn) -> None:
    for key in ("pretext", "title", "text", "footer"):
        if isinstance(attachment.get(key), str):
            _mrkdwn(attachment[key], drawn)
    if attachment.get("title_link"):
        title = str(attachment.get("title", ""))
        drawn.links.append(Link(url=attachment["title_link"], label=title, kind="title"))
    for field in attachment.get("fields") or []:
        _mrkdwn(str(field.get("value", "")), drawn)
    _walk(attachment.get("blocks"), drawn)


def _walk(node: object, drawn: Drawn) -> None:
    if isinstance(node, list):
        for child in node:
            _walk(child, drawn)
    elif isinstance(node, dict):
        kind = str(node.get("type"))
        reader = _READERS.get(kind)
        if reader is not None:
            reader(node, drawn)
        if kind not in _LEAVES:
            for child in node.values():
                _walk(child, drawn)


def _mrkdwn(text: str, drawn: Drawn, *, names: bool = False, verbatim: bool = False) -> None:
    def replace(match: re.Match[str]) -> str:
        target, label = match[1], match[2]
        if target.startswith("@") or _SPECIAL.match(target):
            drawn.pings.append(match[0])
        elif not target.startswith(("#", "!")):
            url = _plain(target)
            drawn.links.append(Link(url=url, label=_plain(label or target), kind="mrkdwn"))
        return label or target

    outside = _ANGLE.sub(" ", text)
    shown = _ANGLE.sub(replace, text)
    if not verbatim:
        urls = [_plain(url) for url in _BARE_URL.findall(outside)]
        drawn.links.extend(Link(url=url, label=url, kind="auto") for url in urls)
    if names:
        drawn.pings.extend(_BARE_NAME.findall(outside))
    drawn.texts.append(_plain(shown))


def _plain(text: str) -> str:
    """Slack knows three entities and no others."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _mrkdwn_object(node: Json, drawn: Drawn) -> None:
    _mrkdwn(str(node.get("text", "")), drawn, verbatim=bool(node.get("verbatim")))


def _text(node: Json, drawn: Drawn) -> None:
    drawn.texts.append(str(node.get("text", "")))


def _markdown(node: Json, drawn: Drawn) -> None:
    text = str(node.get("text", ""))
    for label, url in _MARKDOWN_LINK.findall(text):
        drawn.links.append(Link(url=url, label=label, kind="markdown"))
    _mrkdwn(_MARKDOWN_LINK.sub(r"\1", text), drawn)


def _link(node: Json, drawn: Drawn) -> None:
    label = str(node.get("text") or node.get("url", ""))
    drawn.links.append(Link(url=str(node.get("url", "")), label=label, kind="rich_text"))
    drawn.texts.append(label)


def _button(node: Json, drawn: Drawn) -> None:
    if node.get("url"):
        label = str((node.get("text") or {}).get("text", ""))
        drawn.links.append(Link(url=node["url"], label=label, kind="button"))


def _image(node: Json, drawn: Drawn) -> None:
    drawn.texts.append(str(node.get("alt_text", "")))


def _mention(kind: str, key: str) -> Callable[[Json, Drawn], None]:
    def reader(node: Json, drawn: Drawn) -> None:
        drawn.pings.append(f"<{kind}{node.get(key, '')}>")

    return reader


_READERS: dict[str, Callable[[Json, Drawn], None]] = {
    "mrkdwn": _mrkdwn_object,
    "plain_text": _text,
    "text": _text,
    "markdown": _markdown,
    "link": _link,
    "button": _button,
    "image": _image,
    "user": _mention("@", "user_id"),
    "usergroup": _mention("!subteam^", "usergroup_id"),
    "broadcast": _mention("!", "range"),
}
# The text of these is already read: walking on would read their strings twice.
_LEAVES = frozenset({"mrkdwn", "plain_text", "text", "markdown", "link"})
