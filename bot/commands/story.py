"""What a person asks about a story: who reported what, and when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from bot.alerts.lead import by_centrality
from bot.alerts.summary import summary_of
from bot.commands.caller import Caller, Reply
from bot.errors import CommandError
from bot.model.article import Article
from bot.model.ids import StoryId
from bot.model.text import Mark, RichText, Span, plain
from bot.storage import alerts, deliveries
from bot.storage.database import Database
from bot.storage.stories import articles_of_story
from bot.stories.timeline import Moment, Step, timeline

LINES = 20
"""Of a long story the first reports and the latest are shown."""


class StoryCommands:
    """`/story`, and the timeline of an alert's button."""

    def __init__(self, *, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    async def story(self, caller: Caller, number: int) -> Reply:
        """The story's timeline, as far as the caller's workspace follows its outlets.

        Raises CommandError if it follows none of them, or if there is no such story.
        """
        async with self._database.read() as connection:
            articles = await articles_of_story(connection, StoryId(number), caller.workspace.id)
        if not articles:
            raise CommandError(
                f"No feed that is followed here has story {number}.",
                hint="“wirewatch alerts --json” lists alerts with the numbers of their stories.",
            )
        return timeline_reply(number, articles)

    async def of_alert(self, caller: Caller, key: str) -> Reply:
        """The timeline of the story of an alert. `key` is the delivery's, as hidden in the message.

        Raises CommandError if the alert is unknown in the caller's workspace.
        """
        async with self._database.read() as connection:
            delivery = await deliveries.find_by_key(connection, key)
            alert = delivery.alert if delivery else None
            if delivery is None or alert is None or delivery.workspace != caller.workspace.id:
                raise CommandError(
                    "This alert is not known here any more.", hint="“help” shows what can be asked."
                )
            view = await alerts.view(connection, alert)
        return timeline_reply(view.story, view.articles)


def timeline_reply(number: int, articles: tuple[Article, ...]) -> Reply:
    """A title of the story's state, what it is about, and a line a report, earliest first."""
    moments = timeline(articles)
    lead = by_centrality(articles, articles)[0]
    lines: list[RichText] = [(Span(text=lead.parsed.title or "(untitled)", mark=Mark.STRONG),)]
    if said := summary_of(lead).text(lead.parsed.summary):
        lines.append(plain(f"{said} ({lead.outlet})"))
    skipped = max(0, len(moments) - LINES)
    head = LINES // 2 if skipped else LINES
    lines += [_line(moment) for moment in moments[:head]]
    if skipped:
        lines.append(plain(f"… {skipped} more reports …"))
        lines += [_line(moment) for moment in moments[head + skipped :]]
    outlets = moments[-1].outlets
    told = f"{len(moments)} report{'s' if len(moments) != 1 else ''}"
    independent = f"{outlets} independent outlet{'s' if outlets != 1 else ''}"
    return Reply(title=f"Story {number}: {told}, {independent}", lines=tuple(lines))


def _line(moment: Moment) -> RichText:
    at = moment.at.astimezone(UTC)
    step = f"{moment.step} {moment.copy_of}" if moment.step is Step.COPY else moment.step.value
    corrected = ", corrected" if moment.corrected else ""
    return (
        Span(text=f"{at:%-d %b %H:%M} UTC  "),
        Span(text=moment.outlet, mark=Mark.STRONG),
        Span(text=f" ({step}{corrected}): "),
        Span(text=moment.title or "(untitled)", url=moment.url or None),
    )
