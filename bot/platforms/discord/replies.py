"""Reply -> a private message. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from bot.commands.caller import Reply
from bot.model.text import Mark, RichText
from bot.platforms.discord import components as ui
from bot.platforms.discord.components import Json
from bot.platforms.discord.markdown import code_block, drawn, fit, units
from bot.platforms.discord.render import sight, text_of
from bot.words import say

APPLY = "ww:apply:"
DONE, REFUSED = 0x3E8EDE, 0xD9534F
TITLE, LINE = 300, 600
WIDTH = 100  # of a query with its caret
_LEFT_OUT = 40  # room for the line that says how much was left out


def reply_body(reply: Reply) -> Json:
    """The title, then as many lines as fit; says how many were left out."""
    title = fit(reply.title, TITLE) or say("Done")
    shown = [f"### {title}" if reply.ok else f"**{title}**"]
    room = ui.MOST_TEXT - units(shown[0]) - _LEFT_OUT
    if reply.shown is not None:
        room -= text_of(sight(reply.shown))
    left = len(reply.lines)
    for part, lines in _parts(reply.lines):
        if units(part) + 1 > room:
            break
        shown.append(part)
        room -= units(part) + 1
        left -= lines
    if left:
        shown.append(say("-# … and {left} more", left=left))
    accent = DONE if reply.ok else REFUSED
    parts = [ui.text("\n".join(shown))]
    if reply.file is not None:
        parts.append(ui.file(reply.file.name))
    if reply.offer is not None:
        parts.append(ui.row([ui.button(reply.offer.label, f"{APPLY}{reply.offer.token}")]))
    below = [] if reply.shown is None else [sight(reply.shown)]
    return ui.message([ui.container(parts, accent=accent), *below])


def _parts(lines: tuple[RichText, ...]) -> Iterator[tuple[str, int]]:
    """Markdown, and how many lines are in it. Lines of code alone keep their columns, so that
    the caret under a query points at its place."""
    for is_block, run in groupby(lines, key=_is_code):
        group = list(run)
        if is_block:
            yield code_block(_window([line[0].text for line in group]), 1500), len(group)
            continue
        for line in group:
            yield drawn(line, LINE), 1


def _window(lines: list[str]) -> list[str]:
    """A long query cut down to what is around the caret in its last line."""
    caret = len(lines[-1]) - 1
    if lines[-1].strip() != "^" or max(map(len, lines)) <= WIDTH:
        return lines
    start = max(0, caret - WIDTH // 2)
    cut = [line[start : start + WIDTH] for line in lines]
    return cut if start == 0 else [f"…{cut[0]}", *(f" {line}" for line in cut[1:])]


def _is_code(line: RichText) -> bool:
    return len(line) == 1 and line[0].mark is Mark.CODE
