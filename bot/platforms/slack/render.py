"""Alert -> Block Kit within Slack's limits, whatever the text. Pure; the client never sees it.

    *<url|headline>*                                       thumbnail
    summary with the matched words bold
    • what another outlet adds — Outlet
    Outlet · Today 14:05 · 3 outlets · matched topic · “word”
    Also Outlet · Outlet and 4 more
    Follows: the closed story that this one goes on with
    [Open] [Why?] [Mute]

https://docs.slack.dev/reference/block-kit/blocks. A message takes about 13,200 characters; this
one stays below 13,000.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from bot.model.alert import Alert, Earlier
from bot.model.platform import Payload
from bot.model.template import Size
from bot.model.text import RichText, flat
from bot.platforms.slack.blocks import (
    DOT,
    EVENT_TYPE,
    MARK,
    UNTITLED,
    Json,
    context,
    mark_of,
    message,
    section,
)
from bot.platforms.slack.mentions import is_pinging, pinging, unpinged
from bot.platforms.slack.mrkdwn import date, inert, link, web_url, with_bold, with_marks
from bot.platforms.slack.text import cut, cut_rich, weight
from bot.words import say

OPEN, WHY, TIMELINE = "ww_open", "ww_why", "ww_timeline"
MUTE, LESS = "ww_mute", "ww_less"

_HEADLINE, _SUMMARY, _LONG_SUMMARY, _NAME, _WORD = 250, 600, 1000, 60, 40
_LAID_OUT, _LAID_OUT_SPAN = 2900, 500
_HEAVY = 9000
"""Of the JSON of a message, what somebody's layout or a full card may take."""
_HEAVIEST = 14_000
"""What any card may take, where a letter may take twelve: 15,561 in all were taken, 17,694 refused.
The rest is for the buttons and the frame."""
_LINKED = 1000
"""A longer link stays on the button alone: section text takes 3,000 characters in all."""
_OUTLETS, _OUTLETS_IN_FULL, _OUTLETS_WEIGHT = 8, 15, 2000
_POINT, _POINTS_WEIGHT = 240, 1500
_FOLLOWED = 400
_TOPICS, _WORDS = 3, 3


def render_alert(alert: Alert, *, key: str) -> Payload:
    """The card. `key` is in its metadata, its block_ids and its buttons, to be found again by."""
    headline = cut(flat(alert.headline), _HEADLINE) or UNTITLED
    mark = mark_of(key, alert.revision)
    blocks = pinging(alert.mentions, mark=mark)
    blocks += _body(alert, headline, mark)
    if alert.muted_until is not None:
        until = date_text(alert.muted_until)
        blocks.append(context(say("Muted until {time}", time=until)))
    blocks.append(_buttons(alert, key, mark))
    return message(blocks, text=_notification(alert, headline), key=key)


def sight(alert: Alert) -> list[Json]:
    """The card to look at: nothing can be pressed, and nobody is pinged."""
    headline = cut(flat(alert.headline), _HEADLINE) or UNTITLED
    return [{"type": "divider"}, *_body(alert, headline, f"{MARK}sight")]


def _body(alert: Alert, headline: str, mark: str) -> list[Json]:
    """What stands above the buttons, in the alert's template."""
    if alert.lines:
        return [section(_laid_out(alert.lines) or inert(headline), block_id=mark)]
    if alert.size is Size.COMPACT:
        return [section(f"*{_title(alert, headline)}*", block_id=mark), context(_facts(alert))]
    blocks = [_story(alert, headline, mark)]
    if alert.size is Size.FULL and blocks[0].pop("accessory", None):
        image = web_url(alert.image_url)
        blocks.append({"type": "image", "image_url": image, "alt_text": headline})
    if points := _points(alert):
        blocks.append(section(points))
    blocks.append(context(_facts(alert)))
    if len(alert.sources) > 1 and (others := _others(alert)):
        blocks.append(context(others))
    if alert.follows is not None:
        blocks.append(context(_follows(alert.follows)))
    if alert.size is Size.FULL and _json(blocks) > _HEAVY:
        return _body(replace(alert, size=Size.STANDARD), headline, mark)
    if alert.key_points and _json(blocks) > _HEAVIEST:
        return _body(replace(alert, key_points=alert.key_points[:-1]), headline, mark)
    return blocks


def _json(of: object) -> int:
    """What Slack counts of a message: its JSON, in which a letter may take twelve characters."""
    return len(json.dumps(of))


def _laid_out(lines: Iterable[RichText]) -> str:
    """Somebody's own layout; what has no room is left out."""
    shown: list[str] = []
    room, heavy = _LAID_OUT, _HEAVY
    for line in lines:
        part = with_marks(line, each=_LAID_OUT_SPAN)
        room -= weight(part) + 1
        heavy -= _json(part)
        if room >= 0 and heavy >= 0:
            shown.append(part)
    return "\n".join(shown)


def without_image(body: Mapping[str, Any]) -> Json | None:
    """`body` without its thumbnail; None if it has none.

    Slack fetches a picture while it takes the message, and refuses the whole message when a
    publisher's server does not give it out.
    """
    blocks = [dict(block) for block in body["blocks"]]
    thumbnails = [block for block in blocks if block.pop("accessory", None) is not None]
    kept = [block for block in blocks if block["type"] != "image"]
    if not thumbnails and len(kept) == len(blocks):
        return None
    return {**body, "blocks": kept}


def story_alone(body: Mapping[str, Any]) -> Json:
    """What is posted when Slack refuses the rest: who is pinged, and then headline and summary.

    Of a digest or a notice it is their words, under the same block_id.
    """
    pings = [block for block in body["blocks"] if is_pinging(block)]
    others = [block for block in body["blocks"] if not is_pinging(block)]
    if not others:
        return dict(body)
    story = {name: part for name, part in others[0].items() if name != "accessory"}
    if others[0]["type"] != "section":
        story = section(body["text"], block_id=others[0]["block_id"])
    return {**body, "blocks": [*pings, story]}


def as_edit(body: Mapping[str, Any]) -> Json:
    """`body` without whom it pings: that is the post's alone."""
    blocks = (unpinged(block) for block in body["blocks"])
    return {**body, "blocks": [block for block in blocks if block is not None]}


def key_of(message: Mapping[str, Any]) -> str:
    """The delivery key in a message of `conversations.history`, or "".

    Whether Slack shows metadata depends on the app's scopes; block_ids it always shows.
    """
    metadata = message.get("metadata") or {}
    if metadata.get("event_type") == EVENT_TYPE:
        return str((metadata.get("event_payload") or {}).get("key", ""))
    for block in message.get("blocks") or []:
        block_id = str(block.get("block_id", ""))
        if block_id.startswith(MARK):
            return block_id.removeprefix(MARK).partition(":")[0]
    return ""


def date_text(at: datetime) -> str:
    """`Today 14:05` in each reader's own time zone; in UTC where Slack cannot."""
    return date(at, f"{at.astimezone(UTC):%-d %b %Y, %H:%M} UTC")


def _notification(alert: Alert, headline: str) -> str:
    outlet = cut(alert.outlet, _NAME)
    return inert(f"{headline} ({outlet})" if outlet else headline)


def _story(alert: Alert, headline: str, mark: str) -> Json:
    title = _title(alert, headline)
    most = _LONG_SUMMARY if alert.size is Size.FULL else _SUMMARY
    summary = with_bold(cut_rich(alert.summary, most))
    block = section(f"*{title}*\n{summary}" if summary else f"*{title}*", block_id=mark)
    if image := web_url(alert.image_url):
        block["accessory"] = {"type": "image", "image_url": image, "alt_text": headline}
    return block


def _title(alert: Alert, headline: str) -> str:
    url = web_url(alert.url, limit=_LINKED)
    return link(url, headline) if url else inert(headline, starts_line=False)


def _points(alert: Alert) -> str:
    """What other outlets add, each with its own report behind its name, as many as fit."""
    lines: list[str] = []
    room = _POINTS_WEIGHT
    for point in alert.key_points:
        said, name = cut(point.text, _POINT), cut(point.outlet, _NAME)
        url = web_url(point.url, limit=_LINKED)
        room -= weight(said) + weight(name) + weight(url)
        if not said or not name or room < 0:
            continue
        whose = link(url, name) if url else inert(name, starts_line=False)
        lines.append(f"\u2022 {inert(said, starts_line=False)} \u2014 {whose}")
    return "\n".join(lines)


def _facts(alert: Alert) -> str:
    """Who, when, how many, and why it is here."""
    facts = [f"*{name}*"] if (name := _name(alert.outlet)) else []
    facts.append(date_text(alert.at))
    if len(alert.sources) > 1:
        facts.append(f"{len(alert.sources)} outlets")
    if alert.corrected:
        facts.append("corrected")
    topics = [f"*{_name(topic)}*" for topic in alert.topics[:_TOPICS] if _name(topic)]
    if more := len(alert.topics) - _TOPICS:
        topics += [f"{more} more"] if more > 0 else []
    if topics:
        facts.append(("matched " if alert.words else "every article of ") + ", ".join(topics))
    words = [cut(word, _WORD) for word in alert.words[:_WORDS]]
    if words:
        facts.append(", ".join(f"“{inert(word, starts_line=False)}”" for word in words if word))
    return DOT.join(facts)


def _follows(earlier: Earlier) -> str:
    """The closed story that this one goes on with."""
    headline = cut(earlier.headline, _POINT) or UNTITLED
    url = web_url(earlier.url, limit=_FOLLOWED)
    return "Follows: " + (link(url, headline) if url else inert(headline, starts_line=False))


def _others(alert: Alert) -> str:
    """The other outlets with their reports: as many as fit, and how many more."""
    others = [one for one in alert.sources if one.outlet.casefold() != alert.outlet.casefold()]
    shown: list[str] = []
    room = _OUTLETS_WEIGHT
    for source in others[: _OUTLETS if alert.size is Size.STANDARD else _OUTLETS_IN_FULL]:
        name = cut(source.outlet, _NAME) or "another outlet"
        url = web_url(source.url, limit=_LINKED)
        room -= weight(url) + weight(name)
        if room < 0:
            break
        shown.append(link(url, name) if url else inert(name, starts_line=False))
    if not shown:
        return ""
    more = len(others) - len(shown)
    return "Also " + DOT.join(shown) + (f" and {more} more" if more else "")


def _name(text: str) -> str:
    return inert(cut(text, _NAME), starts_line=False)


def _buttons(alert: Alert, key: str, mark: str) -> Json:
    labels = (
        (WHY, "Why?"),
        (TIMELINE, "Timeline"),
        (MUTE, "Mute"),
        (LESS, "Less like this"),
    )
    buttons = [_button(action, label, value=key) for action, label in labels]
    if url := web_url(alert.url):
        buttons.insert(0, _button(OPEN, "Open", value=key) | {"url": url})
    return {"type": "actions", "block_id": f"{mark}:buttons", "elements": buttons}


def _button(action_id: str, label: str, *, value: str) -> Json:
    text = {"type": "plain_text", "text": label, "emoji": False}
    return {"type": "button", "action_id": action_id, "text": text, "value": value}
