"""Alert -> what a terminal shows: a panel for the first report, one line for each update. Pure."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.text import Text

from bot.model.alert import Alert, KeyPoint
from bot.model.template import Size
from bot.model.text import Mark, RichText, flat

ACCENT = "cyan"
_STYLES = {
    Mark.PLAIN: "",
    Mark.STRONG: "bold yellow",
    Mark.CODE: "magenta",
    Mark.PERSON: "cyan",
    Mark.ROLE: "cyan",
    Mark.TIME: "",
}
_OUTLETS_NAMED = 4


def rich_text(text: RichText, *, base: str = "") -> Text:
    """Spans in a terminal's styles. Built from parts, so markup in the text stays text."""
    drawn = Text(style=base)
    for span in text:
        style = _STYLES[span.mark]
        drawn.append(span.text, style=f"{style} link {span.url}" if span.url else style)
    return drawn


def panel(alert: Alert, *, timezone: str, now: datetime) -> RenderableType:
    """The card of a story."""
    return Panel(
        Group(*_inside(alert, timezone, now)),
        title=Text(" · ".join(alert.topics), style=f"bold {ACCENT}"),
        title_align="left",
        subtitle=_matched(alert),
        subtitle_align="right",
        border_style=ACCENT,
        padding=(0, 1),
    )


def _inside(alert: Alert, timezone: str, now: datetime) -> list[RenderableType]:
    """As its template wants it; a terminal has room for one size above compact."""
    if alert.lines:
        return [rich_text(line) for line in alert.lines]
    parts: list[RenderableType] = [
        rich_text(alert.headline, base="bold"),
        _context(alert, timezone, now),
    ]
    if alert.size is Size.COMPACT:
        return parts
    if alert.summary:
        parts += [Text(), rich_text(alert.summary)]
    if alert.key_points:
        parts += [Text(), *map(_key_point, alert.key_points)]
    if alert.follows is not None:
        parts += [Text(), Text(f"Follows: {alert.follows.headline}", style="dim")]
    if alert.url:
        parts += [Text(), Text(alert.url, style=f"dim underline link {alert.url}", overflow="fold")]
    return parts


def update(alert: Alert) -> RenderableType:
    """What changed since the panel: how many confirm the story now, and who was the last."""
    line = Text("  ").append("↻ ", style=ACCENT)
    count = len(alert.sources)
    line.append(f"{count} outlet{'s' if count != 1 else ''}", style="bold green")
    if alert.corrected:
        line.append("  corrected", style="bold")
    line.append("  " + flat(alert.headline))
    if count > 1:
        newest = max(alert.sources, key=lambda source: source.at)
        line.append(f"  + {newest.outlet}", style="dim")
    line.no_wrap, line.overflow = True, "ellipsis"
    return Group(line)  # printed bare, a Text would be joined anew and wrap


def _key_point(point: KeyPoint) -> Text:
    """`• The sentence. Harbour Post`, the outlet's name leading to its report."""
    style = f"dim link {point.url}" if point.url else "dim"
    return Text("• ").append(point.text).append(" ").append(point.outlet, style=style)


def _context(alert: Alert, timezone: str, now: datetime) -> Text:
    """`Meridian Wire · 21:40 UTC · 3 outlets: …`, quiet below the headline."""
    parts = [alert.outlet, clock(alert.at, timezone, now)]
    if alert.corrected:
        parts.append("corrected")
    if len(alert.sources) > 1:
        parts.append(_outlets(alert))
    return Text(" · ".join(parts), style="dim")


def _outlets(alert: Alert) -> str:
    names = [source.outlet for source in alert.sources]
    more = len(names) - _OUTLETS_NAMED
    listed = ", ".join(names[:_OUTLETS_NAMED]) + (f" and {more} more" if more > 0 else "")
    count = f"{len(names)} outlet{'s' if len(names) != 1 else ''}"
    return f"{count}: {listed}"


def _matched(alert: Alert) -> Text:
    if not alert.words:
        return Text("every article of this feed", style="dim")
    return Text("matched " + ", ".join(f"“{word}”" for word in alert.words), style="dim")


def clock(at: datetime, timezone: str, now: datetime) -> str:
    """`21:40 UTC`, with the day if it is not today's; the zone is always said."""
    zone = ZoneInfo(timezone)
    local, today = at.astimezone(zone), now.astimezone(zone)
    day = "" if local.date() == today.date() else f"{local:%-d %b} "
    return f"{day}{local:%H:%M} {local.tzname() or timezone}"
