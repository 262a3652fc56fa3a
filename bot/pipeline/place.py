"""Within the ingest transaction: what is news of some polls -> articles, each in its story. Only
bookkeeping on a draft of the window; the transaction writes what comes of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.alerts.pace import is_cool
from bot.model.article import Article, ParsedArticle
from bot.model.ids import ArticleId, FeedId, StoryId
from bot.pipeline.meaning import Meaning
from bot.pipeline.polled import Poll
from bot.pipeline.turns import Turn
from bot.stories.report import Placed, Report
from bot.stories.window import Draft


@dataclass(slots=True)
class Batch:
    """The articles of some polls, placed and ready to be judged. `joined` are younger stories that
    turned out to be one with older ones, `follows` new ones that go on with closed ones,
    `cooled` those that had not been reported for so long that their cards rest."""

    new: list[Article]
    edited: list[Article]
    first_polls: set[FeedId]
    opened: dict[StoryId, datetime]
    touched: dict[StoryId, datetime]
    titles: dict[FeedId, str]
    placed: dict[ArticleId, Placed] = field(default_factory=dict)
    joined: dict[StoryId, StoryId] = field(default_factory=dict)
    follows: dict[StoryId, StoryId] = field(default_factory=dict)
    cooled: set[StoryId] = field(default_factory=set)


async def into_stories(
    batch: Batch,
    draft: Draft,
    arrived: Sequence[tuple[Poll, ArticleId, ParsedArticle]],
    next_story: StoryId,
    meaning_of: Meaning | None,
    now: datetime,
) -> None:
    """Give each article its story, the oldest first; new stories count up from `next_story`."""
    merges: list[tuple[StoryId, StoryId]] = []
    turn = Turn()
    for poll, id_, parsed in sorted(arrived, key=lambda one: one[2].published_at or now):
        await turn.give_way()
        at = parsed.published_at or now
        report = Report(
            canonical_url=parsed.canonical_url,
            title=parsed.title,
            summary=parsed.summary,
            at=at,
            language=parsed.language,
        )
        terms = draft.terms_of(report)
        meaning = meaning_of(f"{parsed.title}. {parsed.summary}") if meaning_of else b""
        assignment = draft.assign(report, terms, meaning)
        merges += assignment.merges
        story = assignment.story
        if story is None:
            story, next_story = next_story, StoryId(next_story + 1)
            batch.opened[story] = at
            if earlier := draft.follows(report, terms):
                batch.follows[story] = earlier
        else:
            if is_cool(draft.last_at(story), now):
                batch.cooled.add(story)
            batch.touched[story] = max(at, batch.touched.get(story, at))
        batch.placed[id_] = Placed(
            story=story,
            canonical_url=parsed.canonical_url,
            title=parsed.title,
            at=at,
            terms=terms,
            opening=draft.opening_of(report),
            meaning=meaning,
        )
        draft.place(batch.placed[id_])
        batch.new.append(
            Article(
                id=id_,
                feed=poll.feed.id,
                story=story,
                parsed=parsed,
                outlet=parsed.outlet,
                first_seen_at=now,
                listed_after=poll.feed.last_success_at,
            )
        )
    if merges:
        _join(batch, draft, merges)


def _join(batch: Batch, draft: Draft, merges: Iterable[tuple[StoryId, StoryId]]) -> None:
    """Stories that turned out to be one: what the batch brought is of the older one."""
    batch.joined = draft.join(merges)
    for younger, older in batch.joined.items():
        at = max(draft.last_at(younger), draft.last_at(older))
        batch.touched[older] = max(at, batch.touched.get(older, at))
    batch.new = [replace(one, story=batch.joined.get(one.story, one.story)) for one in batch.new]
    batch.edited = [
        replace(one, story=batch.joined.get(one.story, one.story)) for one in batch.edited
    ]
    batch.placed = {
        id_: replace(one, story=batch.joined.get(one.story, one.story))
        for id_, one in batch.placed.items()
    }
