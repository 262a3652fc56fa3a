"""Digest -> Block Kit within Slack's limits. Pure.

    While it was quiet: 5 stories                          (header)
    Mon 2 Mar, 22:00 – Tue 3 Mar, 07:00 CET                (context)
    *Miami talks*
    • <url|Headline> · Meridian Wire · 6 outlets · 21:40
    … and 12 more                                          (context)

A message takes about 13,200 characters, and 15,500 as JSON, in which a letter that is not ASCII
takes six: https://github.com/slackapi/bolt-js/issues/2509 and /2867, as Slack documents neither.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial

from bot.model.digest import Digest, DigestGroup, DigestLine
from bot.model.platform import Payload
from bot.platforms.lines import Section, facts, fitted, joined, span
from bot.platforms.slack import blocks as ui
from bot.platforms.slack.mrkdwn import inert, link, web_url
from bot.platforms.slack.text import cut
from bot.words import say

HEADLINE, NAME, LINKED = 200, 60, 600
_ROOM = 13_500
"""In `_weight`; the blocks around the lines take some 1,500 more. Of 50 blocks, 25 lines under as
many topics take 28."""
_WORDS_ROOM = 2500
_SPARE = 100  # of a section's characters


def digest_message(digest: Digest, *, key: str) -> Payload:
    """The message. `key` is in its metadata and its first block_id."""
    mark = ui.mark_of(key)
    title = cut(digest.title, ui.HEADER_CHARACTERS) or say(ui.UNTITLED)
    shown = fitted(
        digest,
        heading=_heading,
        line=partial(_line, digest),
        weight=_weight,
        room=_ROOM,
    )
    blocks = [ui.header(title, block_id=mark), ui.context(inert(span(digest)))]
    for one in shown.sections:
        blocks += [ui.open_section(text) for text in _texts(one)]
    if shown.more:
        blocks.append(ui.context(f"… {shown.more}"))
    return ui.message(blocks, text=_words(digest, title), key=key)


def _texts(shown: Section) -> Iterator[str]:
    """The topic's lines, in as many texts as Slack's limit of a section asks for."""
    text = shown.heading
    for line in shown.lines:
        if text and _units(text) + _units(line) > ui.SECTION_CHARACTERS - _SPARE:
            yield text
            text = ""
        text = f"{text}\n{line}" if text else line
    yield text


def _heading(group: DigestGroup) -> str:
    topic = cut(group.topic, NAME)
    return f"*{inert(topic, starts_line=False)}*" if topic else ""


def _line(digest: Digest, line: DigestLine) -> str:
    headline = cut(line.headline, HEADLINE) or say(ui.UNTITLED)
    url = web_url(line.url, limit=LINKED)
    title = link(url, headline) if url else inert(headline, starts_line=False)
    return f"• {joined(title, facts(line, digest, outlet=_name(line.outlet)))}"


def _words(digest: Digest, title: str) -> str:
    """What a notification says, and what is posted if Slack refuses the blocks."""

    def line(one: DigestLine) -> str:
        headline = inert(cut(one.headline, HEADLINE) or say(ui.UNTITLED), starts_line=False)
        return f"• {joined(headline, _name(one.outlet))}"

    shown = fitted(digest, heading=_heading, line=line, weight=_units, room=_WORDS_ROOM)
    lines = [part for one in shown.sections for part in (one.heading, *one.lines) if part]
    more = [f"… {shown.more}"] if shown.more else []
    return "\n".join([inert(title), *lines, *more])


def _name(text: str) -> str:
    return inert(cut(text, NAME), starts_line=False)


def _weight(text: str) -> int:
    """What it takes of both limits, as characters of JSON."""
    return max(len(json.dumps(text)), _units(text) * 7 // 5)


def _units(text: str) -> int:
    """UTF-16 units of text that is escaped already."""
    return len(text) + sum(character > "\uffff" for character in text)
