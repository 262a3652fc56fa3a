"""Alert -> the card in Discord. Pure.

From top to bottom: the headline, who and when, the summary with a picture beside it; what others
add to it; below a line and in small print why it is here and who else reports it; the buttons.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from zlib import crc32

from bot.model.alert import Alert
from bot.model.platform import Payload
from bot.model.template import Size
from bot.model.text import RichText, flat
from bot.platforms.discord import components as ui
from bot.platforms.discord.components import Json
from bot.platforms.discord.markdown import drawn, fit, link, safe_url, units
from bot.platforms.discord.mentions import allowed, mentioned
from bot.words import later, say

# Colours that stand out on Discord's dark and light background alike.
ACCENTS = (
    0x3E8EDE, 0x1FA7B8, 0x2BA67A, 0x5DAE4B, 0xA3B12F,
    0xD9A62E, 0xE0803A, 0xD9534F, 0xD2568C, 0xA767C9, 0x7A6FE0,
)  # fmt: skip
OUTLETS_NAMED, OUTLETS_IN_FULL = 5, 15
TOPICS_NAMED = 4
WORDS_NAMED = 8
# Links of aggregators run to several hundred characters; a button takes 512 at most.
LINK_LENGTH, BUTTON_LINK_LENGTH, IMAGE_LENGTH, OUTLET_LINK_LENGTH = 1200, 512, 2048, 400
HEADLINE, OUTLET, SUMMARY, POINT, TOPIC, WORD = 400, 80, 1200, 260, 100, 48
SIGHT = 3000  # of a card that an answer shows
LAID_OUT = 1500  # one line of somebody's own layout
_AROUND = 60  # what stands around the outlets' names
UNTITLED = later("(untitled)")
KEY = r"[0-9A-Za-z_-]{1,64}"
WHY, TIMELINE, MUTE, LESS = "ww:why:", "ww:timeline:", "ww:mute:", "ww:less:"
WISHES, DONE = "ww:wishes:", "ww:done:"
_hidden = re.compile(f"(?:{WHY}|{MUTE}|{WISHES}|{DONE})({KEY})")


def card(alert: Alert, *, key: str) -> Payload:
    """The message, and its words for a notification. `key` is hidden in the buttons' ids.

    Whom it pings stands above the card and before the words.
    """
    pinged = mentioned(alert.mentions)
    url = safe_url(alert.url, limit=LINK_LENGTH)
    room = ui.MOST_TEXT - units(pinged) - _AROUND
    body = [*_body(alert, url, room), _buttons(url, key)]
    accent = accent_of(alert.topics[0] if alert.topics else "")
    above = [ui.text(pinged)] if pinged else []
    shown = ui.message([*above, ui.container(body, accent=accent)])
    words = "\n".join(filter(None, [pinged, _words(alert)]))
    return Payload(body={**shown, "allowed_mentions": allowed(alert.mentions)}, text=words)


def sight(alert: Alert) -> Json:
    """The card to look at: nothing can be pressed, and nobody is pinged."""
    url = safe_url(alert.url, limit=LINK_LENGTH)
    accent = accent_of(alert.topics[0] if alert.topics else "")
    return ui.container(_body(alert, url, SIGHT), accent=accent)


def text_of(component: Json) -> int:
    """What Discord counts of it."""
    return _length([component])


def _body(alert: Alert, url: str, room: int) -> list[Json]:
    """What stands above the buttons, in the alert's template."""
    if alert.lines:
        return [ui.text(_and(_laid_out(alert.lines, room), _muted(alert)))]
    if alert.size is Size.COMPACT:
        return [ui.text(_and(_compact(alert, url), _muted(alert)))]
    body = _story(alert, url)
    foot = _and(_muted(alert), _follows(alert), _matched(alert))
    room -= _length(body) + units(foot)
    if points := _points(alert, room // 2):
        body.append(ui.text(points))
        room -= units(points)
    body.append(ui.separator())
    others = _others(alert, room)
    body.append(ui.text(_and(foot, others)))
    return body


def _and(*parts: str) -> str:
    return "\n".join(filter(None, parts))


def _laid_out(lines: Iterable[RichText], room: int) -> str:
    """Somebody's own layout; what has no room is left out."""
    shown: list[str] = []
    for line in lines:
        part = drawn(line, min(room, LAID_OUT))
        if units(part) + 1 > room:
            break
        shown.append(part)
        room -= units(part) + 1
    return "\n".join(shown) or say(UNTITLED)


def _compact(alert: Alert, url: str) -> str:
    headline = flat(alert.headline)
    title = link(headline, url, HEADLINE + units(url)) if url else fit(headline, HEADLINE)
    names = [fit(name, TOPIC) for name in alert.topics]
    about = _listed([f"**{name}**" for name in names if name], TOPICS_NAMED)
    return f"**{title or say(UNTITLED)}**\n-# {' · '.join(filter(None, [_context(alert), about]))}"


def is_in_two_steps(payload: Payload) -> bool:
    """Whether it is made of Components V2, whose notification would be empty."""
    return bool(payload.body.get("flags", 0) & ui.IS_V2)


def first_post(payload: Payload) -> Json:
    """The words and the buttons as a message of the old kind. It pings, and nothing later does."""
    if not is_in_two_steps(payload):
        return dict(payload.body)
    rows = [dict(one) for one in ui.walk(payload.body["components"]) if one["type"] == ui.ROW]
    pinged = payload.body["allowed_mentions"]
    return {"content": payload.text, "components": rows, "allowed_mentions": pinged}


def plainer(first: Json) -> Json:
    """The same without what Discord judges: addresses, and the message that it replies to."""
    rows = [
        ui.row([one for one in row["components"] if one["style"] != ui.LINK])
        for row in first["components"]
    ]
    kept = {name: part for name, part in first.items() if name != "message_reference"}
    return {**kept, "components": rows}


def accent_of(topic: str) -> int:
    """A topic's colour: always the same, so that one is known by it."""
    return ACCENTS[crc32(topic.casefold().encode("utf-8", "replace")) % len(ACCENTS)]


def hidden_key(custom_id: str) -> str:
    """The delivery's key in a button's id; "" in any other."""
    found = _hidden.fullmatch(custom_id)
    return found[1] if found else ""


def _length(components: list[Json]) -> int:
    """What Discord counts of them."""
    return sum(units(one["content"]) for one in ui.walk(components) if one["type"] == ui.TEXT)


def _story(alert: Alert, url: str) -> list[Json]:
    headline = flat(alert.headline)
    title = link(headline, url, HEADLINE + units(url)) if url else fit(headline, HEADLINE)
    texts = [ui.text(f"### {title or say(UNTITLED)}\n-# {_context(alert)}")]
    summary = drawn(alert.summary, SUMMARY)
    if summary:
        texts.append(ui.text(summary))
    image = safe_url(alert.image_url, limit=IMAGE_LENGTH)
    if image and alert.size is Size.FULL:
        return [*texts, ui.picture(image)]
    return [ui.section(texts, image_url=image)] if image else texts


def _points(alert: Alert, room: int) -> str:
    """`- What another outlet adds. — Open Bulletin`, line by line, its report behind its name."""
    lines: list[str] = []
    for point in alert.key_points:
        said, name = fit(point.text, POINT), fit(point.outlet, OUTLET)
        if not said or not name:
            continue
        url = safe_url(point.url, limit=OUTLET_LINK_LENGTH)
        linked = link(point.outlet, url, OUTLET + units(url)) if url else name
        for whose in (linked, name):
            line = f"- {said} \u2014 {whose}"
            if units(line) < room:
                lines.append(line)
                room -= units(line) + 1
                break
    return "\n".join(lines)


def _context(alert: Alert) -> str:
    """`Reuters · 2 hours ago · 6 outlets · corrected`; Discord says the time in words."""
    parts = [fit(alert.outlet, OUTLET), f"<t:{int(alert.at.timestamp())}:R>"]
    if len(alert.sources) > 1:
        parts.append(say("{count} outlets", count=len(alert.sources)))
    if alert.corrected:
        parts.append(say("corrected"))
    return " · ".join(filter(None, parts))


def _muted(alert: Alert) -> str:
    """`Muted until tomorrow 14:05`, where somebody wants no more of its topics for a while."""
    if alert.muted_until is None:
        return ""
    return f"-# {say('Muted until {time}', time=f'<t:{int(alert.muted_until.timestamp())}:f>')}"


def _follows(alert: Alert) -> str:
    """`Follows: the closed story that this one goes on with`, its card or report behind it."""
    if alert.follows is None:
        return ""
    url = safe_url(alert.follows.url, limit=OUTLET_LINK_LENGTH)
    label = fit(alert.follows.headline, POINT) or say(UNTITLED)
    linked = link(alert.follows.headline, url, POINT + units(url)) if url else label
    return say("-# Follows: {earlier}", earlier=linked or label)


def _matched(alert: Alert) -> str:
    """`Matched **Miami talks** · “Miami”, “Witkoff”`"""
    names = [f"**{fit(name, TOPIC)}**" for name in alert.topics if fit(name, TOPIC)]
    topics = _listed(names, TOPICS_NAMED)
    if not alert.words:
        return (
            say("-# Every article of {topics}", topics=topics)
            if topics
            else say("-# Every article")
        )
    words = ", ".join(f"“{fit(word, WORD)}”" for word in alert.words[:WORDS_NAMED])
    return (
        say("-# Matched {topics} · {words}", topics=topics, words=words)
        if topics
        else say("-# Matched {words}", words=words)
    )


def _others(alert: Alert, room: int) -> str:
    """`Also: Open Bulletin, Dnipro Ledger and 3 more`, each with its own report behind it while
    there is room. The outlet that speaks stands at the top already."""
    speaking = alert.outlet.casefold()
    others = [source for source in alert.sources if source.outlet.casefold() != speaking]
    names: list[str] = []
    for source in others[: OUTLETS_NAMED if alert.size is Size.STANDARD else OUTLETS_IN_FULL]:
        name = fit(source.outlet, OUTLET) or say("(unnamed)")
        url = safe_url(source.url, limit=OUTLET_LINK_LENGTH)
        linked = link(source.outlet, url, OUTLET + units(url)) if url else name
        part = linked if units(linked) < room else name
        if units(part) >= room:
            break
        names.append(part)
        room -= units(part) + 2
    more = len(others) - len(names)
    if not names:
        return ""
    listed = ", ".join(names) + (say(" and {more} more", more=more) if more else "")
    return say("-# Also: {outlets}", outlets=listed)


def _listed(names: list[str], most: int) -> str:
    more = len(names) - most
    return ", ".join(names[:most]) + (say(" and {more} more", more=more) if more > 0 else "")


def _buttons(url: str, key: str) -> Json:
    labels = (
        (say("Why?"), WHY),
        (say("Timeline"), TIMELINE),
        (say("Mute"), MUTE),
        (say("Less like this"), LESS),
    )
    buttons = [ui.button(label, f"{prefix}{key}") for label, prefix in labels]
    if url and len(url) <= BUTTON_LINK_LENGTH:
        buttons.insert(0, ui.link_button(say("Open"), url))
    return ui.row(buttons)


def _words(alert: Alert) -> str:
    """What a phone shows: the headline, then who says so and for which topic."""
    headline = fit(flat(alert.headline), HEADLINE) or say(UNTITLED)
    about: Iterable[str] = [alert.outlet, *alert.topics[:1]]
    return "\n".join([headline, " · ".join(filter(None, (fit(one, OUTLET) for one in about)))])
