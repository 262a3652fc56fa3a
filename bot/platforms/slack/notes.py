"""Replies in a card's thread, what is left of a card, and notices to whoever is in charge, as
Block Kit. Pure."""

from __future__ import annotations

from bot.model.alert import Moved, ThreadReply
from bot.model.digest import Notice
from bot.model.platform import Payload
from bot.model.text import Span, flat
from bot.platforms.slack import blocks as ui
from bot.platforms.slack.mentions import pinging
from bot.platforms.slack.mrkdwn import inert, link, web_url, with_bold
from bot.platforms.slack.text import cut, cut_rich

LINE, TITLE = 600, 140
MOST_LINES, NOTICE_LINE = 6, 350
"""All of them are within a section's 3,000 characters, and within what a message takes as JSON."""


def reply(said: ThreadReply, *, key: str) -> Payload:
    """One line, after whom it pings."""
    mark = ui.mark_of(key)
    line = with_bold(cut_rich(said.line, LINE)) or "…"
    blocks = pinging(said.mentions, mark=mark, line=line) or [ui.section(line, block_id=mark)]
    return ui.message(blocks, text=inert(cut(flat(said.line), LINE)) or "…", key=key)


def moved(told: Moved, *, key: str) -> Payload:
    """What is left of a card: one line."""
    line = "".join(_linked(span) for span in told.line) or ui.UNTITLED
    blocks = [ui.section(line, block_id=ui.mark_of(key))]
    return ui.message(blocks, text=inert(cut(flat(told.line), LINE)), key=key)


def _linked(span: Span) -> str:
    said, url = cut(span.text, NOTICE_LINE), web_url(span.url, limit=LINE)
    if span.text.endswith(" "):
        said += " "  # before a link
    return link(url, said) if url else inert(said, starts_line=False)


def notice(told: Notice, *, key: str) -> Payload:
    """What happened as a heading, and what to do; small print where that is nothing."""
    mark = ui.mark_of(key)
    title = cut(told.title, TITLE) or ui.UNTITLED
    lines = [with_bold(cut_rich(line, NOTICE_LINE)) for line in told.lines[:MOST_LINES]]
    words = [inert(cut(flat(line), NOTICE_LINE)) for line in told.lines[:MOST_LINES]]
    if not told.asks:
        said = "\n".join([f"*{inert(title, starts_line=False)}*", *filter(None, lines)])
        return ui.message([ui.context(said, block_id=mark)], text=inert(title), key=key)
    blocks = [ui.header(title, block_id=mark)]
    blocks += [ui.open_section(line) for line in lines if line]
    return ui.message(blocks, text="\n".join([inert(title), *words]), key=key)
