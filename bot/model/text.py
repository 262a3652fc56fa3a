"""Text with marks that every platform can draw its own way. Holds no markup and escapes nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

_NAMED = re.compile(r"\{([a-z_]+)\}")


class Mark(StrEnum):
    """How a span stands out; adapters choose the markup (`**bold**`, `*bold*`, rich's `[b]`)."""

    PLAIN = "plain"
    STRONG = "strong"
    CODE = "code"
    COMMAND = "command"  # to be typed: bot/commands/typed.py makes it code, with the right prefix
    PERSON = "person"  # the platform's id of somebody, shown by name where it can be; never pings
    ROLE = "role"  # the same of a role, or of a user group
    TIME = "time"  # shown in the reader's own time zone where the platform can


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A run of one mark. `url` makes it a link; only http and https are ever drawn as one. `at` is
    the instant of a TIME, whose `text` says it in words."""

    text: str
    mark: Mark = Mark.PLAIN
    url: str | None = None
    at: datetime | None = None

    @classmethod
    def instant(cls, at: datetime, *, text: str = "") -> Span:
        """A time; `text` is for where only words can be shown, in UTC unless it says more."""
        return cls(text=text or f"{at.astimezone(UTC):%-d %b, %H:%M} UTC", mark=Mark.TIME, at=at)


RichText = tuple[Span, ...]


def plain(text: str) -> RichText:
    """`text` without any mark."""
    return (Span(text=text),)


def filled(text: str, **values: RichText | str) -> RichText:
    """`text` with each `{name}` in it as what is given for it: words that a translator may turn
    round, with marks inside. A name that nothing is given for stays as it is written."""
    spans: list[Span] = []
    for number, part in enumerate(_NAMED.split(text)):
        if number % 2 == 0:
            spans.append(Span(text=part))
        else:
            value = values.get(part, f"{{{part}}}")
            spans += plain(value) if isinstance(value, str) else value
    return tuple(span for span in spans if span.text)


def flat(text: RichText) -> str:
    """The characters alone."""
    return "".join(span.text for span in text)


def highlighted(text: str, spans: tuple[tuple[int, int], ...]) -> RichText:
    """`text` with each [start, end) of `spans` strong; overlapping or stray spans are merged."""
    parts: list[Span] = []
    at = 0
    for start, end in sorted(spans):
        start, end = max(start, at), min(end, len(text))
        if start >= end:
            continue
        if start > at:
            parts.append(Span(text=text[at:start]))
        parts.append(Span(text=text[start:end], mark=Mark.STRONG))
        at = end
    if at < len(text):
        parts.append(Span(text=text[at:]))
    return tuple(parts)
