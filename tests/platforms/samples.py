"""Messages to draw: alerts, digests, a reply, a notice."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.model.alert import Alert, Source, ThreadReply
from bot.model.channel import Channel, PlatformName
from bot.model.digest import Digest, DigestGroup, DigestLine, Notice
from bot.model.ids import LOCAL, AlertId, ChannelId, StoryId
from bot.model.mention import Mention
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


def line(number: int, headline: str, *, outlet: int = 0, outlets: int = 1) -> DigestLine:
    """A story of a digest; the later its number, the earlier it was."""
    return DigestLine(
        story=StoryId(number),
        headline=headline,
        url=f"https://outlet-{outlet}.example/news/{number}",
        outlets=outlets,
        outlet=OUTLETS[outlet],
        at=START - timedelta(minutes=47 * number),
        alert=AlertId(number),
    )


def digest() -> Digest:
    """Five stories in two topics, that a night in Kyiv held."""
    talks = (
        line(3, "Witkoff to meet Umerov in Miami for a new round of talks", outlets=6),
        line(9, "Kremlin says it has “not yet” seen the revised plan", outlet=3, outlets=2),
        line(12, "Hotel workers in Miami Beach brace for motorcades", outlet=4),
    )
    nato = (
        line(5, "NATO ministers agree on air defence package", outlet=1, outlets=4),
        line(14, "Why the alliance’s newest battlegroup trains in the snow", outlet=2),
    )
    return Digest(
        title="While it was quiet: 5 stories",
        groups=(
            DigestGroup(topic="Miami talks", lines=talks),
            DigestGroup(topic="NATO", lines=nato),
        ),
        since=START - timedelta(hours=14),
        until=START,
        stories=5,
        left_out=0,
        timezone="Europe/Kyiv",
    )


def overflow(*, url: str = "", headline: str = "") -> Digest:
    """25 lines in four topics, and twelve stories that have none."""
    titles = (
        "Parliament passes the budget after a night of amendments",
        "Ferry service between the islands resumes on Thursday",
        "Central bank holds its rate and hints at a cut in the autumn",
        "Storm closes two airports; hundreds spend the night in the terminals",
        "Researchers map the sea floor off the northern coast",
    )
    lines = [
        replace(
            line(
                number,
                headline or f"{titles[number % 5]} ({number})",
                outlet=number % 6,
                outlets=max(1, 7 - number // 3),
            ),
            url=url or f"https://outlet-{number % 6}.example/news/{number}",
            at=START - timedelta(minutes=2 * number),
        )
        for number in range(25)
    ]
    topics = ("Parliament", "Central bank", "Weather", "Sea and coast")
    return Digest(
        title="37 more stories in the last hour",
        groups=tuple(
            DigestGroup(topic=topic, lines=tuple(lines[number::4]))
            for number, topic in enumerate(topics)
        ),
        since=START - timedelta(hours=1),
        until=START,
        stories=37,
        left_out=12,
        timezone="UTC",
    )


def reply(*mentions: Mention) -> ThreadReply:
    """What is said when a topic with a mention joins a story that has its card already."""
    said = (
        Span(text="This story matches "),
        Span(text="NATO", mark=Mark.STRONG),
        Span(text=" as well, with 4 outlets."),
    )
    return ThreadReply(line=said, mentions=mentions)


def notice() -> Notice:
    """What whoever is in charge is told, once."""
    why = (
        Span(text="Wirewatch may not post in "),
        Span(text="#desk", mark=Mark.STRONG),
        Span(text=" any more, so nothing is sent there."),
    )
    return Notice(
        title="Alerts to #desk are paused",
        lines=(
            why,
            plain("Give the bot View Channel and Send Messages there, then type /topic list."),
            plain("14 stories wait; they will come as one digest."),
        ),
    )
