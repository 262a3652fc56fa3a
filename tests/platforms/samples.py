"""Alerts to draw: a plain one, a grown one, and a hostile one."""

from __future__ import annotations

from datetime import timedelta

from bot.model.alert import Alert, Source
from bot.model.channel import Channel, PlatformName
from bot.model.ids import LOCAL, AlertId, ChannelId, StoryId
from bot.model.text import Mark, Span, plain
from tests.clock import START

OUTLETS = ("Meridian Wire", "The Harbour Post", "Open Bulletin", "Continental Courier",
           "Northgate Dispatch", "Dnipro Ledger")  # fmt: skip


def channel(platform: PlatformName, external_id: str) -> Channel:
    return Channel(
        id=ChannelId(1), workspace=LOCAL, platform=platform, external_id=external_id, name="desk"
    )


def alert(*, outlets: int = 1, headline: str = "", summary: str = "", url: str = "") -> Alert:
    """An alert reported by so many outlets, a minute apart."""
    sources = tuple(
        Source(
            outlet=name,
            title=f"As {name} has it",
            url=f"https://outlet-{number}.example/story",
            at=START + timedelta(minutes=number),
        )
        for number, name in enumerate(OUTLETS[:outlets])
    )
    return Alert(
        id=AlertId(1),
        story=StoryId(1),
        revision=outlets,
        headline=plain(headline)
        if headline
        else (
            Span(text="Witkoff", mark=Mark.STRONG),
            Span(text=" to meet Umerov in "),
            Span(text="Miami", mark=Mark.STRONG),
            Span(text=" for a new round of talks"),
        ),
        summary=plain(summary)
        if summary
        else (
            Span(text="The US envoy meets the head of Ukraine’s security council in "),
            Span(text="Miami", mark=Mark.STRONG),
            Span(text=" on Thursday. It is their first meeting since Moscow."),
        ),
        url=url or "https://outlet-0.example/story",
        outlet=OUTLETS[0],
        at=START,
        updated_at=START + timedelta(minutes=outlets - 1),
        sources=sources,
        topics=("Miami talks", "Witkoff"),
        words=("Witkoff", "Miami"),
    )
