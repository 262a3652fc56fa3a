"""Digest -> a message in Discord. Pure.

    ### While it was quiet: 5 stories
    -# Mon 2 Mar, 22:00 – Tue 3 Mar, 07:00 CET
    ─────
    **Miami talks**
    - [Headline](url) · Meridian Wire · 6 outlets · 21:40
    -# … and 12 more
    [Settings]

It is posted as words first, so there are two budgets: 2,000 characters for them, then 4,000.
"""

from __future__ import annotations

from functools import partial

from bot.model.digest import Digest, DigestGroup, DigestLine
from bot.model.platform import Payload
from bot.platforms.discord import components as ui
from bot.platforms.discord.components import Json
from bot.platforms.discord.markdown import fit, link, safe_url, units
from bot.platforms.discord.render import UNTITLED, WISHES, accent_of
from bot.platforms.lines import Fitted, facts, fitted, joined, span
from bot.words import say

TITLE, TOPIC, HEADLINE, OUTLET, LINK_LENGTH = 200, 100, 160, 40, 512
MOST_TOPICS = 15
"""With its separators: 40 components take that many, and room to spare."""
MOST_READ = 1000
"""Characters of a headline that are looked at, 50 times a digest."""
_FOOT = 40  # "and 1,234 more" with its markup


def digest_message(digest: Digest, *, key: str) -> Payload:
    """The message, and its words for a notification. `key` is in the button's id."""
    head = f"### {fit(digest.title, TITLE) or say(UNTITLED)}\n-# {fit(span(digest), TITLE)}"
    shown = fitted(
        digest,
        heading=_heading,
        line=partial(_line, digest),
        weight=units,
        room=ui.MOST_TEXT - units(head) - _FOOT,
    )
    body = [ui.text(head), ui.separator(), *_groups(shown)]
    if shown.more:
        body.append(ui.text(f"-# … {shown.more}"))
    body.append(ui.row([ui.button(say("Settings"), f"{WISHES}{key}")]))
    accent = accent_of(digest.groups[0].topic if digest.groups else "")
    return Payload(body=ui.message([ui.container(body, accent=accent)]), text=_words(digest))


def _groups(shown: Fitted) -> list[Json]:
    """A text for each topic; those beyond the components that there are share the last."""
    texts = ["\n".join(filter(None, (one.heading, *one.lines))) for one in shown.sections]
    if len(texts) > MOST_TOPICS:
        texts[MOST_TOPICS - 1 :] = ["\n".join(texts[MOST_TOPICS - 1 :])]
    return [ui.text(each) for each in texts]


def _heading(group: DigestGroup) -> str:
    topic = fit(group.topic, TOPIC)
    return f"**{topic}**" if topic else ""


def _line(digest: Digest, line: DigestLine) -> str:
    url = safe_url(line.url, limit=LINK_LENGTH)
    headline = line.headline[:MOST_READ]
    title = link(headline, url, HEADLINE + units(url)) if url else fit(headline, HEADLINE)
    told = facts(line, digest, outlet=_outlet(line))
    return f"- {joined(title or say(UNTITLED), told)}"


def _outlet(line: DigestLine) -> str:
    return fit(line.outlet[:MOST_READ], OUTLET)


def _words(digest: Digest) -> str:
    """What a phone shows, and what stands if Discord refuses the rest: no links, no pictures."""
    title = fit(digest.title, TITLE) or say(UNTITLED)

    def line(one: DigestLine) -> str:
        headline = fit(one.headline[:MOST_READ], HEADLINE)
        return f"- {joined(headline or say(UNTITLED), _outlet(one))}"

    room = ui.MOST_CONTENT - units(title) - _FOOT
    shown = fitted(digest, heading=_heading, line=line, weight=units, room=room)
    lines = [part for one in shown.sections for part in (one.heading, *one.lines) if part]
    return "\n".join([title, *lines, *([f"… {shown.more}"] if shown.more else [])])
