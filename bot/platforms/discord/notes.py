"""Replies to a card, what is left of one, and notices to whoever is in charge, as messages in
Discord. Pure."""

from __future__ import annotations

from bot.model.alert import Moved, ThreadReply
from bot.model.digest import Notice
from bot.model.platform import Payload
from bot.model.text import flat
from bot.platforms.discord import components as ui
from bot.platforms.discord.markdown import drawn, fit, units
from bot.platforms.discord.mentions import allowed, mentioned
from bot.platforms.discord.render import DONE, UNTITLED, WHY
from bot.words import say

LINE, TITLE = 1000, 200
SUPPRESS_EMBEDS = 1 << 2
"""A link in a reply shall not unfold into a preview."""
AMBER = 0xD9A62E
_ROOM = 3500  # a notice's lines, of 4000 characters


def reply(said: ThreadReply, *, key: str) -> Payload:
    """One line of the old kind of message: it needs no components but the button with the key."""
    line = drawn(said.line, LINE) or "…"
    content = " ".join(filter(None, (mentioned(said.mentions), line)))
    body = {
        "content": content,
        "flags": SUPPRESS_EMBEDS,
        "components": [ui.row([ui.button(say("Why?"), f"{WHY}{key}")])],
        "allowed_mentions": allowed(said.mentions),
    }
    return Payload(body=body, text=fit(flat(said.line), LINE))


def moved(told: Moved, *, key: str) -> Payload:
    """What is left of a card, in small print: it is made of the same kind of components, because
    a message cannot go back to the old kind."""
    line = drawn(told.line, LINE) or say(UNTITLED)
    return Payload(body=ui.message([ui.text(f"-# {line}")]), text=fit(flat(told.line), LINE))


def notice(told: Notice, *, key: str) -> Payload:
    """What happened, and what to do; a button takes it away once it is done. One that asks nothing
    of anybody is small print."""
    title = fit(told.title, TITLE) or say(UNTITLED)
    lines, room = [], _ROOM
    for one in told.lines:
        line = drawn(one, min(LINE, room))
        room -= units(line) + 1
        if room <= 0:
            break
        lines.append(line)
    if not told.asks:
        said = ui.text("\n".join(f"-# {line}" for line in [f"**{title}**", *lines]))
        return Payload(body=ui.message([said]), text=title)
    done = ui.row([ui.button(say("Done"), f"{DONE}{key}")])
    texts = [ui.text("\n".join([f"### {title}", *lines])), done]
    words = fit(" ".join(flat(one) for one in told.lines), LINE)
    text = "\n".join(filter(None, [title, words]))
    return Payload(body=ui.message([ui.container(texts, accent=AMBER)]), text=text)
