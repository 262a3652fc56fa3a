"""Digests, replies and notices in a terminal. Pure."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.style import Style
from rich.table import Table
from rich.text import Text

from bot.model.alert import Moved, ThreadReply
from bot.model.digest import Digest, DigestGroup, DigestLine, Notice
from bot.platforms.console.render import ACCENT, rich_text
from bot.platforms.lines import facts, span

_WARNING = "yellow"


def digest_panel(digest: Digest) -> RenderableType:
    """Stories by topic, a line each; its width is the terminal's, its length what it takes."""
    parts: list[RenderableType] = [Text(span(digest), style="dim")]
    for group in digest.groups:
        parts += [Text(), *_group(group, digest)]
    if digest.more:
        parts += [Text(), Text(f"… {digest.more}", style="dim")]
    return _panel(digest.title, parts, style=ACCENT)


def notice_panel(told: Notice) -> RenderableType:
    """What happened, and what to do."""
    return _panel(told.title, [rich_text(line) for line in told.lines], style=_WARNING)


def reply_line(said: ThreadReply | Moved) -> RenderableType:
    """One line under whatever stands above it; a terminal pings nobody."""
    line = Table.grid(padding=(0, 1, 0, 0))
    line.add_row(Text("  ↳", style=ACCENT), rich_text(said.line))
    return line


def withdrawn(remote_id: str) -> RenderableType:
    """A printed message that no longer holds."""
    return Group(Text(f"  ✕ withdrawn: {remote_id}", style="dim"))


def _panel(title: str, parts: list[RenderableType], *, style: str) -> RenderableType:
    return Panel(
        Group(*parts),
        title=Text(title, style=f"bold {style}"),
        title_align="left",
        border_style=style,
        padding=(0, 1),
    )


def _group(group: DigestGroup, digest: Digest) -> list[RenderableType]:
    heading = [Text(group.topic, style="bold")] if group.topic else []
    return [*heading, *(part for line in group.lines for part in _line(line, digest))]


def _line(line: DigestLine, digest: Digest) -> list[Text]:
    """The address stands below, as not every terminal shows what a text links to."""
    drawn = Text("• ", style=ACCENT).append(line.headline, style="default")
    told = facts(line, digest, outlet=line.outlet).replace("\xa0", " ")  # rich breaks there too
    drawn.append(f"  {told}", style="dim")
    if not line.url:
        return [drawn]
    address = Text(f"  {line.url}", style="dim", overflow="fold")
    address.stylize(Style(link=line.url, underline=True), 2)
    return [drawn, address]
