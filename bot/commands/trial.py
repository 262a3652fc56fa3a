"""Tries a query on the archive.

The full-text index says which articles may match, the real matcher decides, off the event loop.
Up to `EXACT` candidates all are judged; beyond that those of every n-th story, and the figures
are estimates that say so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.commands.backtest import Backtest, Change, Sample
from bot.model.ids import StoryId, WorkspaceId
from bot.model.text import RichText, highlighted, plain
from bot.storage import archive
from bot.storage.archive import Archived, Shelf
from bot.storage.coverage import covered
from bot.topics.aliases import BUILT_IN, AliasSet
from bot.topics.company import Companion, companions, splitting
from bot.topics.document import Document
from bot.topics.explain import explain
from bot.topics.index import TopicIndex
from bot.topics.query import Query
from bot.topics.reason import Hit, reasons
from bot.topics.sieve import either, sieve_of
from bot.topics.syntax import Phrase, Word, leaves

EXACT = 5000
"""Candidates up to which every one is judged."""
SAMPLED = 2000
"""About how many are judged beyond that: a second's work."""
NOISY = 8
"""Stories a day from which narrowing is suggested."""
SAMPLES = 5
_RANKED = 20  # stories whose reasons are looked at to find the best samples
_BACKGROUND = 60  # articles of any subject that the hits' words are compared with
_STUDIED = 300  # hits whose words are counted
_TELLING = 5  # stories below which their words tell nothing
_SNIPPET, _BEFORE = 110, 40  # characters of a summary that are shown, and those before the hit


async def run_backtest(
    connection: AsyncConnection,
    workspace: WorkspaceId,
    query: Query,
    *,
    days: int,
    now: datetime,
    aliases: AliasSet = BUILT_IN,
    before: Query | None = None,
    exact: int = EXACT,
) -> Backtest:
    """Try `query` on the last `days` of the feeds that the workspace follows, and say what
    changes if it takes the place of `before`."""
    first_day = (now - timedelta(days=days - 1)).date()
    since = datetime.combine(first_day, datetime.min.time(), tzinfo=now.tzinfo)
    trial = _Trial(query, before, aliases, since=since, until=now + timedelta(days=1))
    shelf = await archive.shelf(connection, workspace, since)
    candidates, one_in, judged = await _judge(connection, shelf, trial, exact)
    coverage = await covered(connection, workspace, first_day, now.date())
    others = await _background(connection, shelf) if len(trial.after) >= _TELLING else []
    company, narrowing = await asyncio.to_thread(trial.company, others, days, one_in)
    told = explain(query, aliases)
    per_day = [0] * days
    for found in trial.after.values():
        per_day[min((found.at.date() - first_day).days, days - 1)] += one_in
    return Backtest(
        query=query.source,
        reading=told.reading,
        warnings=told.warnings,
        days=days,
        first_day=first_day,
        last_day=now.date(),
        stories=len(trial.after) * one_in,
        per_day=tuple(per_day),
        samples=await asyncio.to_thread(trial.best, trial.after.values(), query),
        company=company,
        narrowing=narrowing,
        hits=len(trial.after),
        candidates=candidates,
        judged=judged,
        one_in=one_in,
        coverage=coverage,
        change=trial.change(one_in),
    )


async def matching(
    connection: AsyncConnection,
    workspace: WorkspaceId,
    query: Query,
    *,
    days: int,
    now: datetime,
    aliases: AliasSet = BUILT_IN,
) -> tuple[Document, ...]:
    """What a query would have fired on, newest first: each story's first matching report, of at
    most a few hundred stories."""
    since = now - timedelta(days=days)
    trial = _Trial(query, None, aliases, since=since, until=now + timedelta(days=1))
    await _judge(connection, await archive.shelf(connection, workspace, since), trial, EXACT)
    return tuple(one.document for one in trial.newest()[:_STUDIED])


async def background(
    connection: AsyncConnection, workspace: WorkspaceId, *, days: int, now: datetime
) -> tuple[Document, ...]:
    """Some hundred articles of any subject, to tell common words from telling ones."""
    shelf = await archive.shelf(connection, workspace, now - timedelta(days=days))
    return tuple(one.document for one in await _background(connection, shelf))


async def _judge(
    connection: AsyncConnection, shelf: Shelf, trial: _Trial, exact: int
) -> tuple[int, int, int]:
    """Put the candidates before the matcher. Returns how many there are, every how manieth story
    was judged, and how many articles that were."""
    count = await archive.count_passing(connection, shelf, trial.sieve)
    one_in = 1 if count <= exact else -(-count // min(exact, SAMPLED))
    ids = await archive.pick_passing(connection, shelf, trial.sieve, one_in=one_in)
    ids = ids[: 2 * exact]  # a story of thousands of reports is cut short
    for chunk in archive.in_chunks(ids):
        articles = await archive.read_articles(connection, shelf.workspace, chunk)
        await asyncio.to_thread(trial.judge, articles)
    return count, one_in, len(ids)


async def _background(connection: AsyncConnection, shelf: Shelf) -> list[Archived]:
    found: list[Archived] = []
    for chunk in archive.in_chunks(await archive.pick_any(connection, shelf, limit=_BACKGROUND)):
        found += await archive.read_articles(connection, shelf.workspace, chunk)
    return found


class _Trial:
    """Articles judged by the query and by the one before it. Used by one thread at a time."""

    def __init__(
        self,
        query: Query,
        before: Query | None,
        aliases: AliasSet,
        *,
        since: datetime,
        until: datetime,
    ) -> None:
        self._queries = {"after": query} | ({"before": before} if before else {})
        self._aliases = aliases
        self._since, self._until = since, until
        self._index: TopicIndex[str] = TopicIndex()
        for name, each in self._queries.items():
            self._index.add(name, each, aliases)
        self.sieve = either(sieve_of(each, aliases) for each in self._queries.values())
        self.after: dict[StoryId, Archived] = {}
        self.before: dict[StoryId, Archived] = {}

    def judge(self, articles: Iterable[Archived]) -> None:
        """Note the stories that match, by their first matching report."""
        for article in articles:
            if self._since <= article.at <= self._until:
                for name in self._index.match(article.document):
                    known = self.after if name == "after" else self.before
                    first = known.get(article.story)
                    if first is None or (article.at, article.id) < (first.at, first.id):
                        known[article.story] = article

    def newest(self) -> list[Archived]:
        """The matching reports, newest first."""
        return sorted(self.after.values(), key=lambda one: (one.at, one.id), reverse=True)

    def best(self, found: Iterable[Archived], query: Query) -> tuple[Sample, ...]:
        """The best of the newest stories: those that say it in the title, in the most words."""
        newest = sorted(found, key=lambda one: (one.at, one.id), reverse=True)[:_RANKED]
        told = [(one, reasons(query, one.document, self._aliases)) for one in newest]
        told.sort(key=lambda pair: _merit(pair[1]), reverse=True)
        return tuple(_sample(one, hits) for one, hits in told[:SAMPLES])

    def company(
        self, others: Sequence[Archived], days: int, one_in: int
    ) -> tuple[tuple[Companion, ...], tuple[Companion, ...]]:
        """The words beside the query's own, and those that would split a noisy topic."""
        if not others:
            return (), ()
        newest = self.newest()[:_STUDIED]
        own = [
            leaf.text
            for leaf, _ in leaves(self._queries["after"].root)
            if isinstance(leaf, Word | Phrase)
        ]
        own += [name for text in own for name in self._aliases.others(text)]
        beside = [one.document for one in others if one.story not in self.after]
        found = companions([one.document for one in newest], beside, without=own)
        noisy = len(self.after) * one_in / days >= NOISY
        return found[:6], splitting(found, len(newest))[:4] if noisy else ()

    def change(self, one_in: int) -> Change | None:
        """The difference to the query before, if there was one."""
        before = self._queries.get("before")
        if before is None:
            return None
        gained = [one for story, one in self.after.items() if story not in self.before]
        lost = [one for story, one in self.before.items() if story not in self.after]
        return Change(
            before=len(self.before) * one_in,
            gained=len(gained) * one_in,
            lost=len(lost) * one_in,
            gained_samples=self.best(gained, self._queries["after"]),
            lost_samples=self.best(lost, before),
        )


def _merit(hits: tuple[Hit, ...]) -> tuple[bool, int]:
    in_title = any(hit.field == "title" for hit in hits)
    return in_title, len({hit.text.casefold() for hit in hits})


def _sample(article: Archived, hits: tuple[Hit, ...]) -> Sample:
    in_title = tuple((hit.start, hit.end) for hit in hits if hit.field == "title")
    return Sample(
        story=article.story,
        at=article.at,
        headline=highlighted(article.document.title, in_title),
        says=() if in_title else _around(article.document.summary, hits),
        url=article.url,
        outlet=article.outlet,
        words=tuple({hit.text.casefold(): hit.text for hit in hits}.values()),
    )


def _around(summary: str, hits: tuple[Hit, ...]) -> RichText:
    """The summary's words about its first hit, with the hits strong; () without one."""
    places = sorted((hit.start, hit.end) for hit in hits if hit.field == "summary")
    if not places:
        return ()
    start = max(0, places[0][0] - _BEFORE)
    if start:
        start = summary.find(" ", start, places[0][0]) + 1 or start
    end = start + _SNIPPET
    cut = summary[start:end] if end >= len(summary) else summary[start:end].rpartition(" ")[0]
    shown = highlighted(cut, tuple((a - start, b - start) for a, b in places if a >= start))
    lead, tail = "…" * bool(start), "…" * (start + len(cut) < len(summary))
    return (*plain(lead), *shown, *plain(tail))
