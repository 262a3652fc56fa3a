"""Built-in examples: an alert as it grows, a digest, a reply and a notice. Every outlet in them is
made up, and so is the news."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.alerts.all_quiet import Quiet, told_of
from bot.alerts.compose import in_template
from bot.alerts.example import OUTLETS, example_alert
from bot.model.alert import Earlier, Moved, ThreadReply
from bot.model.digest import Digest, DigestGroup, DigestLine, Notice
from bot.model.ids import AlertId, StoryId
from bot.model.layout import template_named
from bot.model.text import Mark, Span, plain
from bot.preview.page import Shown
from bot.storage.notices import NEXT


def samples(now: datetime) -> tuple[Shown, ...]:
    """The examples, in the order in which a newcomer meets them. `now` is aware."""
    return (
        Shown(title="Alert: one outlet", message=example_alert(now, outlets=1)),
        Shown(title="Alert: three outlets", message=example_alert(now, outlets=3)),
        Shown(
            title="Alert: six outlets, a picture, corrected",
            message=example_alert(now, outlets=6, image=True),
        ),
        Shown(title="Alert: twelve outlets", message=example_alert(now, outlets=12)),
        Shown(
            title="Alert: it goes on with a story that was closed",
            message=replace(example_alert(now, outlets=1), follows=_EARLIER),
        ),
        *(
            Shown(
                title=f"Alert: {name}",
                message=in_template(
                    example_alert(now, outlets=6, image=True), template_named(template)
                ),
            )
            for name, template in _TEMPLATES
        ),
        Shown(
            title="Alert: its topic is muted",
            message=replace(example_alert(now, outlets=3), muted_until=now + timedelta(hours=24)),
        ),
        Shown(title="A card whose story is told by another", message=_moved()),
        Shown(title="Digest", message=_digest(now)),
        Shown(title="Reply in the thread of an alert", message=_reply()),
        Shown(title="Notice to whoever is in charge", message=_notice()),
        Shown(title="The daily line of a quiet channel", message=_quiet(now)),
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


_TEMPLATES = (
    ("compact", "compact"),
    ("in full", "full"),
    (
        "in somebody’s own layout",
        "*{headline}*\n{outlet} · {time} · {count}\n{summary:80}\nBy: {outlets}",
    ),
)
_EARLIER = Earlier(headline="Delegations leave Geneva without a date", url="https://a.example/1")


def _moved() -> Moved:
    return Moved(
        line=(
            Span(text="Now told with: "),
            Span(
                text="Envoys to meet in Miami for a new round of talks", url="https://a.example/2"
            ),
        )
    )


def _reply() -> ThreadReply:
    said = (
        Span(text="This story matches "),
        Span(text="NATO", mark=Mark.STRONG),
        Span(text=" as well, with 4 outlets."),
    )
    return ThreadReply(line=said)


def _quiet(now: datetime) -> Notice:
    minute = timedelta(minutes=1)
    well = Quiet(feeds=11, failing=(), read_at=now, newest_at=now - 4 * minute, topics=3)
    title, lines = told_of(well, now=now)
    return Notice(title=title, lines=tuple(plain(line) for line in lines), asks=False)


def _notice() -> Notice:
    lines = (
        "#desk: the bot may not post there. Give it View Channel and Send Messages.",
        NEXT,
    )
    return Notice(
        title="A channel gets no news any more", lines=tuple(plain(line) for line in lines)
    )
