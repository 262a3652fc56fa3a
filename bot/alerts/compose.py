"""A story as one channel may see it -> the Alert to draw. Says nothing that no article said.

Headline, summary and picture come from matching articles only; outlets count over all of the
story's articles that the workspace follows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from bot.alerts.fill import filled
from bot.alerts.lead import by_centrality
from bot.alerts.summary import FULL_ROOM, USUAL_ROOM, Room, key_points, summary_of
from bot.model.alert import Alert, Earlier, Source
from bot.model.article import Article
from bot.model.ids import AlertId, ArticleId, StoryId, TopicId
from bot.model.template import STANDARD, Size, Template
from bot.model.text import highlighted
from bot.topics.reason import Hit
from bot.words import say

UNTITLED = "(untitled)"
COMPARED = 60
"""Of a longer story the latest reports choose who speaks: it is what it has become."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaking:
    """An article that may speak in this alert: for which topic (or feed), and by which words."""

    article: ArticleId
    subject: str
    topic: TopicId | None = None  # None: a subscription to the whole feed
    story: bool = False  # the topic is this story
    hits: tuple[Hit, ...] = ()
    template: Template = STANDARD
    muted_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryView:
    """One (story, channel) at one revision. `articles` are in the order they were first seen,
    limited to what the workspace follows, each with its outlet's name. `moved`: the story is told
    by another card of the channel."""

    alert: AlertId
    story: StoryId
    revision: int
    articles: tuple[Article, ...]
    speaking: tuple[Speaking, ...]
    moved: bool = False
    follows: Earlier | None = None


def compose(view: StoryView) -> Alert:
    """The message at this revision. The view has at least one speaking article; of the templates
    of those who speak the fullest is used."""
    template = max((one.template for one in view.speaking), key=lambda one: one.fullness)
    return compose_in(view, template)


def compose_in(view: StoryView, template: Template) -> Alert:
    """The message as this template shows it."""
    room = FULL_ROOM if template.size is Size.FULL else USUAL_ROOM
    return in_template(_composed(view, room), template)


def in_template(alert: Alert, template: Template) -> Alert:
    """An alert in another template; its summary stays as long as it is."""
    lines = filled(template.layout, alert) if template.layout else ()
    return replace(alert, size=template.size, lines=lines)


def _composed(view: StoryView, room: Room) -> Alert:
    by_id = {article.id: article for article in view.articles}
    speaking = [one for one in view.speaking if one.article in by_id]
    ordered = _by_centrality(view, speaking)
    lead = ordered[0]
    said = {"title": lead.parsed.title, "summary": lead.parsed.summary}
    hits = tuple(
        hit
        for one in speaking
        if one.article == lead.id
        for hit in one.hits
        # After a correction, words that moved are not marked rather than marked wrongly.
        if said.get(hit.field, "")[hit.start : hit.end] == hit.text
    )
    summary = summary_of(lead, room)
    marks = [summary.moved(*span) for span in _spans(hits, "summary")]
    return Alert(
        id=view.alert,
        story=view.story,
        revision=view.revision,
        headline=highlighted(_headline(lead), _spans(hits, "title")),
        summary=highlighted(
            summary.text(lead.parsed.summary), tuple(mark for mark in marks if mark is not None)
        ),
        url=lead.parsed.url if lead.parsed.canonical_url else "",
        outlet=lead.outlet,
        at=lead.at,
        updated_at=max(article.first_seen_at for article in view.articles),
        sources=_sources(view.articles),
        topics=tuple(dict.fromkeys(map(_subject, speaking))),
        words=_words(speaking),
        image_url=lead.parsed.image_url,
        corrected=any(article.corrected_at for article in by_id.values() if article is lead),
        follows=view.follows,
        muted_until=_muted_until(speaking),
        key_points=key_points(lead, summary, ordered[1:], view.articles[-COMPARED:]),
    )


def _muted_until(speaking: list[Speaking]) -> datetime | None:
    """When the first of the topics may be heard again, if all of them are muted."""
    ends = [one.muted_until for one in speaking]
    return min((end for end in ends if end is not None), default=None) if None not in ends else None


def speakers(view: StoryView) -> list[Article]:
    """The reports that may speak in the alert, the most telling first."""
    by_id = {article.id for article in view.articles}
    return _by_centrality(view, [one for one in view.speaking if one.article in by_id])


def _by_centrality(view: StoryView, speaking: list[Speaking]) -> list[Article]:
    """The reports that may speak, the one that says best what all of them say first."""
    may = {one.article for one in speaking}
    matching = [article for article in view.articles if article.id in may]
    return by_centrality(matching[-COMPARED:], view.articles[-COMPARED:])


def _headline(lead: Article) -> str:
    """The title without the outlet's own name at its end: the line below says it."""
    title = lead.parsed.title or UNTITLED
    for dash in (" - ", " | ", " – ", " — ", " · "):
        head, found, tail = title.rpartition(dash)
        if found and head and tail.strip().casefold() == lead.outlet.casefold():
            return head.rstrip()
    return title


def _sources(articles: tuple[Article, ...]) -> tuple[Source, ...]:
    """One a outlet, the earliest report of each."""
    first: dict[str, Source] = {}
    for article in sorted(articles, key=lambda one: one.at):
        first.setdefault(
            article.outlet.casefold(),
            Source(
                outlet=article.outlet,
                title=article.parsed.title,
                url=article.parsed.url if article.parsed.canonical_url else "",
                at=article.at,
            ),
        )
    return tuple(first.values())


def _spans(hits: tuple[Hit, ...], field: str) -> tuple[tuple[int, int], ...]:
    return tuple((hit.start, hit.end) for hit in hits if hit.field == field)


def _words(speaking: list[Speaking]) -> tuple[str, ...]:
    """The matched words as they stand in the texts, each once, at most eight."""
    words = {hit.text.casefold(): hit.text for one in speaking for hit in one.hits}
    return tuple(words.values())[:8]


def _subject(one: Speaking) -> str:
    """What the card says that it was matched by."""
    return say("the story that you watch") if one.story else one.subject
