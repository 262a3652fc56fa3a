"""Strangers' text as one visible run, cut by grapheme to Slack's limits. Escapes nothing. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from icu4py.breakers import CharacterBreaker

from bot.model.text import Mark, RichText, Span

ELLIPSIS = "…"
_MARKS_IN_A_ROW = 3
"""More combining marks on one letter than any script needs."""
_STRONG_COSTS = 4  # two asterisks, and a zero-width space outside each
_JOINERS = "\u200c\u200d"
_JOINED_BEFORE = ("Lo", "Mn", "Mc", "So", "Sk")
_JOINED_AFTER = ("Lo", "So")
_BLANKS = "\u115f\u1160\u2800\u3164\uffa0"
"""Letters and signs that are drawn as nothing: a title of them alone could not be clicked."""
_SPACES = re.compile(r"\s+")


def visible(text: str) -> str:
    """`text` in NFC without control and format characters; white space is one space.

    Bidi overrides, zero-width characters and lone surrogates go. A joiner stays where it joins
    letters of a script that needs it, or emoji.
    """
    if not (text.isascii() and text.isprintable()):
        text = unicodedata.normalize("NFC", "".join(_shown(text)))
    return _SPACES.sub(" ", text)


def _shown(text: str) -> Iterator[str]:
    marks, before = 0, ""
    for position, character in enumerate(text):
        category = unicodedata.category(character)
        if character.isspace() or character in _BLANKS:
            character = " "
        elif character in _JOINERS:
            after = text[position + 1 : position + 2]
            if before not in _JOINED_BEFORE or not after:
                continue
            if unicodedata.category(after) not in _JOINED_AFTER:
                continue
        elif category in ("Cc", "Cf", "Cs", "Co"):
            continue
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if marks <= _MARKS_IN_A_ROW:
            before = category
            yield character


def weight(text: str) -> int:
    """How much of Slack's limits it takes: UTF-16 units, once `& < >` are escaped."""
    return sum(_weight(character) for character in text)


def _weight(character: str) -> int:
    if character in "&<>":
        return 5 if character == "&" else 4
    return 2 if character > "\uffff" else 1


def cut(text: str, limit: int) -> str:
    """`text` made visible, within `limit` of weight: cut at a word or grapheme, with "…"."""
    text = visible(text[: limit * 8]).strip()
    if weight(text) <= limit:
        return text
    return _prefix(text, limit - 1) + ELLIPSIS


def cut_rich(text: RichText, limit: int) -> RichText:
    """The same over spans, with room for the asterisks of strong ones. Links are left out."""
    parts: list[Span] = []
    room = limit - 1
    for span in _runs(text, limit):
        if span.mark is Mark.STRONG:
            room -= _STRONG_COSTS
        if weight(span.text) > room:
            kept = _prefix(span.text, room)
            parts += [Span(text=kept, mark=span.mark), Span(text=ELLIPSIS)]
            break
        room -= weight(span.text)
        parts.append(span)
    return tuple(part for part in parts if part.text)


def _prefix(text: str, room: int) -> str:
    """Whole graphemes within `room`, and whole words if that costs less than half of them."""
    end = 0
    for grapheme in CharacterBreaker(text, "en"):
        room -= weight(grapheme)
        if room < 0:
            break
        end += len(grapheme)
    space = text.rfind(" ", 0, end + 1)
    return text[: space if space > end // 2 else end].rstrip()


def _runs(text: RichText, limit: int) -> Iterator[Span]:
    """The spans made visible, without white space at both ends or twice in a row."""
    spans = [span for span in text if span.text]
    before, read = " ", 0
    for number, span in enumerate(spans):
        shown = visible(span.text[: limit * 8])
        if before == " ":
            shown = shown.lstrip()
        if number == len(spans) - 1:
            shown = shown.rstrip()
        if shown:
            before, read = shown[-1], read + len(shown)
            yield Span(text=shown, mark=span.mark)
        if read > limit:
            return
