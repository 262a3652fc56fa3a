"""The stories still open, and which of them an article belongs to. Assignment is final.

Asked in this order:
1. The canonical URL of a report that is in an open story.
2. The first words of its lead: a dispatch under another headline. Unless they come from one site
   under different headlines: that is the site's own boilerplate, and is not read at all.
3. Its normalised title, except of briefings, which have the same one every day.
4. Similar words: the story whose reports are on average nearest, less with every hour since its
   last one. Briefings and listicles join and attract nobody this way; of a live page only the
   headline is compared, since its text tells of everything.

The thresholds are set by missed stories: an event that is swallowed by another's story is told to
nobody, while one that is told twice is a nuisance (docs/benchmarks.md has both rates).

The window is a cache of the database: a function of the reports of open stories and of `now`,
whatever the order they are added in. A batch is placed on a `Draft`, which leaves the window as
it is; the window takes the draft over only when the batch is committed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from bot.model.ids import StoryId
from bot.stories.index import Index
from bot.stories.joined import oldest_of
from bot.stories.likeness import MERGED_APART, Meant, Measure, measure
from bot.stories.outlets import site_of
from bot.stories.past import Past
from bot.stories.report import Assignment, Placed, Report, keys_of, opening_of
from bot.stories.terms import SCALE, Terms, counted, telling, weighed
from bot.stories.title import Piece, counters_of, piece_of

STORY_CLOSES_AFTER = timedelta(hours=72)
"""A story takes no more articles this long after its last one (design.md, "Decisions")."""
_OWN = "s"
LEAD_CHARACTERS = 40


class Window:
    """The open stories, by key and by their words. Not `similar`: by key alone."""

    def __init__(self, placed: Iterable[Placed] = (), *, similar: bool = True) -> None:
        self.similar = similar
        self._stories_of: dict[str, tuple[StoryId, ...]] = {}
        self._keys: dict[StoryId, set[str]] = {}
        self._last_at: dict[StoryId, datetime] = {}
        self._counters: dict[StoryId, frozenset[str]] = {}
        self._by_hour: Counter[int] = Counter()
        self._meant: dict[StoryId, Meant] = {}
        self.index = Index()
        self.past = Past()
        self.add(placed)

    def add(self, placed: Iterable[Placed]) -> None:
        """More of what was placed before; only a window that nobody drafts from yet."""
        for one in placed:
            self._place(one)

    def __len__(self) -> int:
        return len(self._last_at)

    def draft(self) -> Draft:
        """A page to place one batch on."""
        return Draft(self)

    def stories_of(self, key: str) -> tuple[StoryId, ...]:
        """The stories that have a report under `key`: one, but for namesakes far apart in time."""
        return self._stories_of.get(key, ())

    def last_at(self, story: StoryId) -> datetime | None:
        """When the story's last report was; None if it has none here."""
        return self._last_at.get(story)

    def meant(self, story: StoryId) -> Meant | None:
        """What the story's reports mean; None if that was never asked."""
        return self._meant.get(story)

    def crowd(self, at: datetime) -> int:
        """How many stories had their last report within a day of `at`, to the hour."""
        hour = _hour(at)
        return sum(self._by_hour[one] for one in range(hour - 24, hour + 25))

    def counters(self, story: StoryId) -> frozenset[str]:
        """What the story's headlines count: see `counters_of`."""
        return self._counters.get(story, frozenset())

    def take(self, draft: Draft) -> None:
        """The draft was committed: it is part of the window now."""
        for one in draft.placed:
            self._place(one)
        for younger, older in sorted(draft.joined.items()):
            self._join(younger, older)

    def forget_closed(self, *, now: datetime) -> int:
        """Drop stories that no article can join any more; returns how many. Done before every
        batch, so that a window that ran and one that was just rebuilt are the same."""
        closed = [s for s, at in self._last_at.items() if now - at >= STORY_CLOSES_AFTER]
        for story in closed:
            last_at = self._last_at.pop(story)
            self._by_hour[_hour(last_at)] -= 1
            keys = (key for key in self._keys.get(story, ()) if not key.startswith(_OWN))
            self.past.add(story, last_at, self.index.vectors(story), keys)
            self.index.forget(story, last_at)
            self._counters.pop(story, None)
            self._meant.pop(story, None)
            for key in self._keys.pop(story, ()):
                left = tuple(one for one in self._stories_of[key] if one != story)
                if left:
                    self._stories_of[key] = left
                else:
                    del self._stories_of[key]
        self.index.tidy()
        return len(closed)

    def _place(self, one: Placed) -> None:
        own = _own_opening(one.opening, one.canonical_url)
        for key in (*keys_of(one.canonical_url, one.title, one.opening), *own):
            holders = self._stories_of.get(key, ())
            if one.story not in holders:
                self._stories_of[key] = (*holders, one.story)
                self._keys.setdefault(one.story, set()).add(key)
        if counters := counters_of(one.title):
            self._counters[one.story] = self.counters(one.story) | counters
        before = self._last_at.get(one.story)
        if before is None or one.at > before:
            self._last_at[one.story] = one.at
            self._by_hour[_hour(one.at)] += 1
            if before is not None:
                self._by_hour[_hour(before)] -= 1
        if one.meaning:
            self._meant.setdefault(one.story, Meant()).add(one.meaning)
        self.index.add(one.story, one.terms)

    def _join(self, younger: StoryId, older: StoryId) -> None:
        """What the younger story had is the older one's now, as after a rebuild."""
        for key in self._keys.pop(younger, set()):
            left = tuple(s for s in self._stories_of[key] if s not in (younger, older))
            self._stories_of[key] = (*left, older)
            self._keys.setdefault(older, set()).add(key)
        if counters := self._counters.pop(younger, None):
            self._counters[older] = self.counters(older) | counters
        if meant := self._meant.pop(younger, None):
            if older in self._meant:
                self._meant[older].join(meant)
            else:
                self._meant[older] = meant
        if (at := self._last_at.pop(younger, None)) is not None:
            before = self._last_at.get(older, at)
            self._last_at[older] = max(at, before)
            # Two stories were counted, each in its hour: one is left, in the later.
            self._by_hour[_hour(min(at, before))] -= 1
        self.index.join(younger, older)


class Draft:
    """The placements of one batch, over a window that they do not change."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self._own = Window()
        self.placed: list[Placed] = []
        self.joined: dict[StoryId, StoryId] = {}

    def terms_of(self, report: Report) -> Terms:
        """The report's words, weighed by what the open stories talk of; none for a piece that
        is about no single event."""
        piece = piece_of(report.title)
        if piece in (Piece.BRIEFING, Piece.LISTICLE):
            return {}
        summary = "" if piece is Piece.LIVE or self.is_boilerplate(report) else report.summary
        stories = self._window.index.stories + self._own.index.stories
        return weighed(counted(report.title, summary, report.language), stories, self._having)

    def find(self, report: Report, terms: Terms) -> StoryId | None:
        """The open story that a report belongs to: see `assign`."""
        return self.assign(report, terms).story

    def assign(self, report: Report, terms: Terms, meaning: bytes = b"") -> Assignment:
        """The open story that a report belongs to, this batch's own placements included."""
        opening = self.opening_of(report)
        for key in keys_of(report.canonical_url, report.title, opening):
            holders = self._holders(key)
            open_ = [(self._apart(story, report.at), story) for story in holders]
            near = min(open_, default=None)
            if near is not None and near[0] <= STORY_CLOSES_AFTER:
                return Assignment(story=near[1])
        if not self._window.similar:
            return Assignment(story=None)
        return self._nearest(report, terms, meaning)

    def follows(self, report: Report, terms: Terms) -> StoryId | None:
        """The closed story that a new one, which begins with the report, goes on with. None for a
        piece that is about no single event."""
        if piece_of(report.title) in (Piece.BRIEFING, Piece.LISTICLE):
            return None
        keys = keys_of(report.canonical_url, report.title, self.opening_of(report))
        return self._window.past.find(keys, terms, report.at)

    def opening_of(self, report: Report) -> str:
        """What the report is placed by besides its link and title; "" for boilerplate, and for a
        piece that is about more than its beginning."""
        if piece_of(report.title) is not Piece.REPORT:
            return ""
        return "" if self.is_boilerplate(report) else opening_of(report.summary)

    def is_boilerplate(self, report: Report) -> bool:
        """Whether the same site has begun so under another headline, in an open story."""
        own = _own_opening(opening_of(report.summary), report.canonical_url)
        holders = {story for key in own for story in self._holders(key)}
        same = {s for key in keys_of("", report.title) for s in self._holders(key)}
        return bool(holders) and not holders & same

    def place(self, one: Placed) -> None:
        """Note where an article went."""
        self._own._place(one)  # noqa: SLF001 - a draft is a window's own page
        self.placed.append(one)

    def join(self, merges: Iterable[tuple[StoryId, StoryId]]) -> dict[StoryId, StoryId]:
        """Join stories at the batch's end: what `assign` said of them, (younger, older). Returns
        each younger story with the oldest that it is one with; `placed` are told of it."""
        self.joined = oldest_of(merges)
        self.placed = [
            replace(one, story=self.joined.get(one.story, one.story)) for one in self.placed
        ]
        return self.joined

    def last_at(self, story: StoryId) -> datetime:
        """When the story's last report was, this batch's included."""
        known = (self._window.last_at(story), self._own.last_at(story))
        return max(one for one in known if one is not None)

    def _holders(self, key: str) -> set[StoryId]:
        return {*self._window.stories_of(key), *self._own.stories_of(key)}

    def _having(self, term: str) -> int:
        return self._window.index.having(term) + self._own.index.having(term)

    def _nearest(self, report: Report, terms: Terms, meaning: bytes) -> Assignment:
        short = _is_short(report) or self.is_boilerplate(report)
        crowd = self._window.crowd(report.at) + self._own.crowd(report.at)
        asked = measure(short=short, crowd=crowd, meaning=meaning)
        near = asked.wanted
        rated: list[tuple[float, StoryId]] = []
        for story in self._window.index.near(terms, near) | self._own.index.near(terms, near):
            apart = self._apart(story, report.at)
            if apart > STORY_CLOSES_AFTER:
                continue
            likeness = asked.likeness(self._average(story, terms), apart, self._meant(story))
            if likeness >= asked.least and self._may(story, report, terms, asked):
                rated.append((-likeness, story))
        rated.sort()
        if not rated:
            return Assignment(story=None)
        return Assignment(story=rated[0][1], merges=self._merges(rated, asked))

    def _merges(
        self, rated: list[tuple[float, StoryId]], asked: Measure
    ) -> tuple[tuple[StoryId, StoryId], ...]:
        """Pairs of the nearest story and others that are as near and near to each other."""
        strong = [story for likeness, story in rated if -likeness >= asked.merged]
        return tuple(
            (max(strong[0], other), min(strong[0], other))
            for other in strong[1:]
            if self._between(strong[0], other) >= MERGED_APART and self._agree(strong[0], other)
        )

    def _between(self, one: StoryId, other: StoryId) -> float:
        """How like two stories are: the average over all pairs of their reports."""
        told = [self._window.index.summed(one), self._own.index.summed(one)]
        return sum(self._average(other, t) for t, _ in told) / sum(count for _, count in told)

    def _agree(self, one: StoryId, other: StoryId) -> bool:
        """Whether they are not two parts of one series."""
        mine = self._window.counters(one) | self._own.counters(one)
        theirs = self._window.counters(other) | self._own.counters(other)
        return mine == theirs

    def _may(self, story: StoryId, report: Report, terms: Terms, asked: Measure) -> bool:
        """Whether more than chance speaks for it: enough telling words, and not the next part
        of a series."""
        mine = counters_of(report.title)
        theirs = self._window.counters(story) | self._own.counters(story)
        if mine and theirs and not mine & theirs:
            return False
        words = telling(terms)
        shared = self._window.index.shared(terms, story) | self._own.index.shared(terms, story)
        return len(words & shared) >= asked.words

    def _meant(self, story: StoryId) -> Meant | None:
        return self._window.meant(story) or self._own.meant(story)

    def _average(self, story: StoryId, terms: Terms) -> float:
        """Average link: a story is as near as its reports are on average, not as its nearest."""
        dot, count = self._window.index.dot(terms, story)
        own, more = self._own.index.dot(terms, story)
        return (dot + own) / ((count + more) * SCALE * SCALE) if count + more else 0.0

    def _apart(self, story: StoryId, at: datetime) -> timedelta:
        return abs(at - self.last_at(story))


def _own_opening(opening: str, url: str) -> tuple[str, ...]:
    """What a site's own lead is known by, to tell its boilerplate; no key to be found by."""
    return (f"{_OWN} {opening} {site_of(url)}",) if opening and url else ()


def _hour(at: datetime) -> int:
    return int(at.timestamp()) // 3600


def _is_short(report: Report) -> bool:
    return len(report.summary) < LEAD_CHARACTERS or piece_of(report.title) is Piece.LIVE
