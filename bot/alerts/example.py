"""A made-up alert, to show what alerts look like. Pure; of no story, and sent to nobody."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.model.alert import Alert, KeyPoint, Source
from bot.model.ids import AlertId, StoryId
from bot.model.text import Mark, Span

OUTLETS = (
    "Meridian Wire",
    "The Harbour Post",
    "Open Bulletin",
    "Continental Courier",
    "Northgate Dispatch",
    "Dnipro Ledger",
    "Palmetto Beacon",
    "Island Telegraph",
    "The Morning Ledger",
    "Coastal Herald",
    "Capital Monitor",
    "Northern Gazette",
)


def example_alert(now: datetime, *, outlets: int, image: bool = False) -> Alert:
    """A story of so many outlets (1 to 12) that began two hours before `now`."""
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
