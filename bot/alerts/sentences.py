"""The sentences of a feed's own summary, as places in it, without what feeds hang on. Never
rewrites: every sentence is a piece of the summary as it stands."""

from __future__ import annotations

import re
from typing import NamedTuple

from sentencex import segment

READ_CHARACTERS = 2400
"""A feed that carries the full text is read this far."""


class Span(NamedTuple):
    """[start, end) in the summary."""

    start: int
    end: int


# Whole sentences that say nothing of the event. All in lower case, searched from a sentence's
# start; collected from the feeds of `benchmarks/feeds.py` and from WordPress and Feedburner.
_HUNG_ON = re.compile(
    r"""\s*[\[(\u2026.]*\s*(?:
        (?:read|see|view|learn|find\ out)\s+(?:the\s+)?(?:more|full|entire|rest|whole)\b
      | (?:continue|keep)\s+reading\b | click\s+(?:here|to)\b | tap\s+here\b
      | (?:the\s+post|the\s+article|this\s+(?:post|article|story))\b.{0,200}?\b(?:appeared|was\s+
        (?:first\s+|originally\s+)?published|first\s+appeared)\b
      | (?:sign\s+up|subscribe|follow\s+us|join\s+our|download\s+(?:our|the)\s+app
        |listen\s+(?:to\s+this|now)|watch\s+(?:the\s+video|live|now|below|above))\b
      | (?:photo|image|picture|video|photograph|illustration|graphic|credit|caption|foto|bild)s?
        (?:\s+(?:credit|by|courtesy|via|source))?\s*[:/\u00a9]
      | \u00a9 | copyright\b | all\s+rights\s+reserved\b | getty\s+images\b
      | (?:by|von|par|por)\s+(?:[A-Z][\w.'\u2019-]+\s*){2,4}(?:[,|/]|$)
      | (?:reporting|editing|writing|additional\s+reporting)\s+by\b
      | (?:first\ published|last\ (?:updated|modified)|published|updated)\s*(?:on|at|:)
      | (?:comments?|share|tweet|advertisement|sponsored|related|more\ on\ this(?:\ story)?|source)
        \s*(?::|$|\d)
      | submitted\s+by\b | \[link\] | https?://\S+\s*$
    )""",
    re.VERBOSE,
)
_ANY_CASE = re.compile(_HUNG_ON.pattern, re.VERBOSE | re.IGNORECASE)
_BYLINE = re.compile(r"(?i:by)\s+(?:[A-Z][\w.'\u2019-]+\s*){2,4}(?:[,|/]|$)")
# A dateline, and an agency's credit in it: "MIAMI, Nov 22 (Reuters) - ".
_DATELINE = re.compile(
    r"^(?:[A-Z][A-Z.'\u2019 -]+(?:,\s*[A-Z][\w.]+)*(?:,?\s+[A-Z][a-z]{2,8}\.?\s+\d{1,2})?\s*)?"
    r"(?:\([A-Z][A-Za-z /]{1,24}\)\s*)(?:[-\u2013\u2014]+\s*)"
)
_TAIL = re.compile(
    r"\s*(?:\[?(?:\u2026|\.\.\.)\]?|\[\+\d+ chars\])\s*$"
    r"|\s*(?:[\[(]?(?:read more|continue reading|more)[^\w]{0,4})\s*$",
    re.IGNORECASE,
)
_FEWEST_LETTERS = 4


def sentences(summary: str, *, language: str = "") -> tuple[Span, ...]:
    """Where the sentences stand, in order; none of them boilerplate, a caption or a by-line.

    `language` is a BCP 47 tag; unknown ones are cut like English.
    """
    primary = language.replace("_", "-").partition("-")[0].lower() or "en"
    text = summary[:READ_CHARACTERS]
    found: list[Span] = []
    at = 0
    for piece in segment(primary, text):
        stripped = piece.strip()
        start = text.find(stripped, at) if stripped else -1
        if start < 0:
            continue
        at = start + len(stripped)
        span = _trimmed(text, Span(start, at), first=not found)
        if span is not None:
            found.append(span)
    return tuple(found)


def _trimmed(text: str, span: Span, *, first: bool) -> Span | None:
    """Without dateline and "Read more"; None if nothing is left to say."""
    start, end = span
    if first and (dateline := _DATELINE.match(text[start:end])):
        start += dateline.end()
    while tail := _TAIL.search(text, start, end):
        if tail.start() == tail.end():
            break
        end = tail.start()
    said = text[start:end]
    if _ANY_CASE.match(said) and not _is_byline_like_prose(said):
        return None
    if sum(map(str.isalnum, said)) < _FEWEST_LETTERS:
        return None
    return Span(start, end)


def _is_byline_like_prose(said: str) -> bool:
    """ "By early morning the fire was out," begins like "By Jane Roe, Miami" when case is no
    matter, and is none."""
    return said[:3].casefold() == "by " and _BYLINE.match(said) is None
