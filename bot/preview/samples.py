"""Built-in examples: an alert as it grows, a digest, a reply and a notice. Every outlet in them is
made up, and so is the news."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.model.alert import Alert, KeyPoint, Source, ThreadReply
from bot.model.digest import Digest, DigestGroup, DigestLine, Notice
from bot.model.ids import AlertId, StoryId
from bot.model.text import Mark, Span, plain
from bot.preview.page import Shown

OUTLETS = (
    "Meridian Wire",
    "The Harbour Post",
    "Open Bulletin",
    "Continental Courier",
    "Northgate Dispatch",
    "Dnipro Ledger",
)


def samples(now: datetime) -> tuple[Shown, ...]:
    """The examples, in the order in which a newcomer meets them. `now` is aware."""
    return (
        Shown(title="Alert: one outlet", message=example_alert(now, outlets=1)),
        Shown(title="Alert: three outlets", message=example_alert(now, outlets=3)),
        Shown(
            title="Alert: six outlets, a picture, corrected",
            message=example_alert(now, outlets=6, image=True),
        ),
        Shown(title="Digest", message=_digest(now)),
        Shown(title="Reply in the thread of an alert", message=_reply()),
        Shown(title="Notice to whoever is in charge", message=_notice()),
    )


def example_alert(now: datetime, *, outlets: int, image: bool = False) -> Alert:
    """A story of so many outlets (1 to 6) that began two hours before `now`."""
    began = now - timedelta(hours=2)
    sources = tuple(
        Source(
            outlet=name,
            title=f"As {name} has it",
            url=f"https://outlet-{number}.example/talks",
            at=began + timedelta(minutes=9 * number),
        )
        for number, name in enumerate(OUTLETS[:outlets])
    )
    point = KeyPoint(
        text="A second round is planned for the week after.",
        outlet=OUTLETS[1],
        url=sources[-1].url,
    )
    return Alert(
        id=AlertId(1),
        story=StoryId(1),
        revision=outlets,
        headline=(
            Span(text="Envoys to meet in "),
            Span(text="Miami", mark=Mark.STRONG),
            Span(text=" for a new round of "),
            Span(text="talks", mark=Mark.STRONG),
        ),
        summary=(
            Span(text="Both delegations arrive in "),
            Span(text="Miami", mark=Mark.STRONG),
            Span(text=" on Thursday. It is their first meeting since the spring."),
        ),
        url=sources[0].url,
        outlet=OUTLETS[0],
        at=began,
        updated_at=sources[-1].at,
        sources=sources,
        topics=("Miami talks",),
        words=("Miami", "talks"),
        image_url="https://outlet-0.example/talks.jpg" if image else None,
        corrected=image,
        key_points=(point,) if outlets > 1 else (),
    )


def _digest(now: datetime) -> Digest:
    titles = (
        "Envoys to meet in Miami for a new round of talks",
        "Ministers agree on an air defence package",
        "Ferry service between the islands resumes on Thursday",
        "Central bank holds its rate and hints at a cut in the autumn",
    )
    lines = tuple(
        DigestLine(
            story=StoryId(number),
            headline=title,
            url=f"https://outlet-{number}.example/{number}",
            outlets=6 - number,
            outlet=OUTLETS[number],
            at=now - timedelta(minutes=97 * (number + 1)),
            alert=AlertId(number),
        )
        for number, title in enumerate(titles)
    )
    return Digest(
        title="While it was quiet: 16 stories",
        groups=(
            DigestGroup(topic="Miami talks", lines=lines[:2]),
            DigestGroup(topic="At home", lines=lines[2:]),
        ),
        since=now - timedelta(hours=9),
        until=now,
        stories=16,
        left_out=12,
        timezone="Europe/Kyiv",
    )


def _reply() -> ThreadReply:
    said = (
        Span(text="This story matches "),
        Span(text="NATO", mark=Mark.STRONG),
        Span(text=" as well, with 4 outlets."),
    )
    return ThreadReply(line=said)


def _notice() -> Notice:
    lines = (
        "Wirewatch may not post in #desk any more, so nothing is sent there.",
        "Give the bot View Channel and Send Messages there, then type /topic list.",
    )
    return Notice(title="Alerts to #desk are paused", lines=tuple(plain(line) for line in lines))
