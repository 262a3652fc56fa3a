r"""A template as somebody writes it -> its lines and placeholders. What they say is alerts/fill.py.

    *{headline}*\n{outlet} · {time} · {count}\n{summary:200}

`\n` or a line break begins a new line, `*…*` is bold, `{name}` is a placeholder, `{name:80}` one
cut at so many characters, `{{` and `}}` are braces. Other markup is only text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from bot.errors import QueryError
from bot.model.template import Size, Template
from bot.words import say

MOST_CHARACTERS, MOST_LINES = 500, 12
FIELDS = ("headline", "outlet", "time", "updated", "count", "summary", "points", "outlets",
          "topics", "words", "link")  # fmt: skip
NEEDED = "headline"
_TOKEN = re.compile(
    r"\{\{|\}\}|\{(?P<name>[^{}:]*)(?::(?P<limit>[^{}]*))?\}|(?P<stray>[{}])|(?P<bold>\*)"
    r"|[^{}*]+"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A placeholder `field`, or, where it is "", `text`."""

    text: str = ""
    field: str = ""
    limit: int = 0
    bold: bool = False


Layout = tuple[tuple[Piece, ...], ...]


def template_named(typed: str) -> Template:
    """`compact`, `standard`, `full`, or a layout. Raises QueryError for one that does not read."""
    name = typed.strip()
    if name.casefold() in tuple(Size):
        return Template(size=Size(name.casefold()))
    read_layout(name)
    return Template(layout=_lines(name))


def read_layout(source: str) -> Layout:
    """Raises QueryError: what is wrong, where, and what to write instead."""
    text = _lines(source)
    if len(text) > MOST_CHARACTERS:
        raise _error(
            say("A template is at most {most} characters long.", most=MOST_CHARACTERS),
            text, MOST_CHARACTERS, say("Leave something out."),
        )  # fmt: skip
    lines: list[tuple[Piece, ...]] = []
    at = 0
    for line in text.split("\n"):
        lines.append(tuple(_pieces(line, text, at)))
        at += len(line) + 1
    if len(lines) > MOST_LINES:
        raise _error(say("A template has at most {most} lines.", most=MOST_LINES), text, 0, "")
    if not any(piece.field == NEEDED for line in lines for piece in line):
        sizes = ", ".join(Size)
        raise _error(
            say("A template shows the headline: {field} is missing.", field="{headline}"), text, 0,
            say("Write one of {sizes}, or for example {example}", sizes=sizes,
                example="*{headline}* · {outlet} · {time}"),
        )  # fmt: skip
    return tuple(lines)


def _lines(source: str) -> str:
    return "\n".join(line.strip() for line in source.replace("\\n", "\n").strip().split("\n"))


def _pieces(line: str, text: str, start: int) -> Iterator[Piece]:
    bold = False
    opened = 0
    for found in _TOKEN.finditer(line):
        at = start + found.start()
        if found["stray"]:
            raise _error(
                say("A brace stands alone."), text, at,
                say("A placeholder is {example}; a brace itself is {doubled}.",
                    example="{outlet}", doubled="{{"),
            )  # fmt: skip
        if found["bold"]:
            bold, opened = not bold, at
        elif found["name"] is not None:
            yield _placeholder(found, text, at, bold=bold)
        else:
            said = found[0].replace("{{", "{").replace("}}", "}")
            yield Piece(text=said, bold=bold)
    if bold:
        raise _error(say("This asterisk is not closed on its line."), text, opened,
                     say("Bold is *between two of them*."))  # fmt: skip


def _placeholder(found: re.Match[str], text: str, at: int, *, bold: bool) -> Piece:
    name, limit = found["name"].strip().casefold(), (found["limit"] or "0").strip()
    if name not in FIELDS:
        near = get_close_matches(name, FIELDS, n=1)
        hint = say("Did you mean {name}?", name=f"{{{near[0]}}}") if near else say(
            "There are: {names}.", names=", ".join(FIELDS))  # fmt: skip
        raise _error(say("There is no placeholder “{name}”.", name=name), text, at, hint)
    if not (limit.isascii() and limit.isdecimal() and len(limit) <= 4):
        raise _error(say("After the colon stands a number of characters."), text, at,
                     say("For example: {example}", example="{summary:200}"))  # fmt: skip
    return Piece(field=name, limit=int(limit), bold=bold)


def _error(message: str, source: str, position: int, hint: str) -> QueryError:
    """The pointer is one line: a caret under the second line would point nowhere."""
    before = source[:position]
    line = source.split("\n")[before.count("\n")]
    return QueryError(
        message, source=line, position=len(before) - before.rfind("\n") - 1, hint=hint
    )
