"""A layout and an alert -> the lines to show. Pure; knows no platform's markup.

What the articles say is put in as text: nothing in it is read as a placeholder or as markup. A line
whose placeholders are all empty is left out; key points are a line each.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bot.model.alert import Alert
from bot.model.layout import Piece, read_layout
from bot.model.text import Mark, RichText, Span, flat, plain
from bot.words import say, say_many

_OUTLETS = 12


def filled(layout: str, alert: Alert) -> tuple[RichText, ...]:
    """The alert by this layout, a line each. Raises QueryError as `read_layout` does."""
    lines: list[RichText] = []
    for pieces in read_layout(layout):
        said = [(piece, _said(piece, alert)) for piece in pieces]
        named = [values for piece, values in said if piece.field]
        if named and not any(named):
            continue
        drawn: RichText = ()
        for piece, values in said:
            first, *rest = values or ((),)
            drawn += tuple(_bold(first) if piece.bold else first)
            for line in rest:  # key points are a line each
                lines.append(drawn)
                drawn = tuple(_bold(line) if piece.bold else line)
        lines.append(drawn)
    return tuple(line for line in lines if flat(line).strip())


def _bold(line: RichText) -> RichText:
    return tuple(replace(one, mark=Mark.STRONG) if one.mark is Mark.PLAIN else one for one in line)


def _said(piece: Piece, alert: Alert) -> list[RichText]:
    """What stands for a piece, line by line; nothing where the alert has nothing to say."""
    if not piece.field:
        return [plain(piece.text)] if piece.text else []
    found = _VALUES[piece.field](alert)
    if piece.limit:
        found = [_cut(line, piece.limit) for line in found]
    return [line for line in found if flat(line)]


def _cut(line: RichText, limit: int) -> RichText:
    kept: list[Span] = []
    for span in line:
        if len(span.text) > limit:
            head = span.text[:limit]
            word = head.rfind(" ")
            short = (head[:word] if word > limit // 2 else head).rstrip(" ,;:–—-")
            kept.append(replace(span, text=f"{short}…"))
            break
        kept.append(span)
        limit -= len(span.text)
    return tuple(kept)


def _count(alert: Alert) -> list[RichText]:
    return [plain(say_many("{count} outlet", "{count} outlets", len(alert.sources)))]


def _outlets_of(alert: Alert) -> list[RichText]:
    spans: list[Span] = []
    for source in alert.sources[:_OUTLETS]:
        spans += [Span(text=", ")] if spans else []
        spans.append(Span(text=source.outlet, url=source.url or None))
    more = len(alert.sources) - _OUTLETS
    if more > 0:
        spans.append(Span(text=say(" and {count} more", count=more)))
    return [tuple(spans)]


def _points(alert: Alert) -> list[RichText]:
    return [
        (Span(text=f"• {one.text} — "), Span(text=one.outlet, url=one.url or None))
        for one in alert.key_points
    ]


def _headline(alert: Alert) -> list[RichText]:
    return [(Span(text=flat(alert.headline), url=alert.url or None),)]


_VALUES: dict[str, Callable[[Alert], list[RichText]]] = {
    "headline": _headline,
    "outlet": lambda alert: [plain(alert.outlet)],
    "time": lambda alert: [(Span.instant(alert.at),)],
    "updated": lambda alert: [(Span.instant(alert.updated_at),)],
    "count": _count,
    "summary": lambda alert: [alert.summary],
    "points": _points,
    "outlets": _outlets_of,
    "topics": lambda alert: [plain(", ".join(alert.topics))],
    "words": lambda alert: [plain(", ".join(f"“{word}”" for word in alert.words))],
    "link": lambda alert: [(Span(text=say("Open"), url=alert.url),)] if alert.url else [],
}
