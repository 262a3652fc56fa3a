"""Stories that are closed, by key and by their words: which of them a new story goes on with.

Nothing joins a closed story. A function of the last REMEMBERED stories to close, whatever the
order they are added in, so that a rebuilt window says the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from heapq import heappop, heappush

from bot.model.ids import StoryId
from bot.stories.index import REMEMBERED, Index
from bot.stories.likeness import MERGED, SHARED_WORDS
from bot.stories.terms import SCALE, Terms, telling

FOLLOWED_FOR = timedelta(days=14)
"""A report that comes later than this after a story's last one is not said to go on with it."""


class Past:
    """The last stories to close."""

    def __init__(self) -> None:
        self._index = Index(remembered=0)
        self._closed: list[tuple[datetime, StoryId]] = []  # a heap, oldest first
        self._last_at: dict[StoryId, datetime] = {}
        self._keys: dict[StoryId, tuple[str, ...]] = {}
        self._stories_of: dict[str, set[StoryId]] = {}

    def add(
        self, story: StoryId, last_at: datetime, reports: Iterable[Terms], keys: Iterable[str]
    ) -> None:
        """The story is closed."""
        for terms in reports:
            self._index.add(story, terms)
        self._last_at[story] = last_at
        self._keys[story] = tuple(keys)
        for key in self._keys[story]:
            self._stories_of.setdefault(key, set()).add(story)
        heappush(self._closed, (last_at, story))
        if len(self._closed) > REMEMBERED:
            self._forget(heappop(self._closed)[1])

    def find(self, keys: Iterable[str], terms: Terms, at: datetime) -> StoryId | None:
        """The story that a report at `at` goes on with, if any: the nearest in time of those that
        share a key, else the likest, which must be as like as two stories that are one."""
        near = {
            story for key in keys for story in self._stories_of.get(key, ()) if self._may(story, at)
        }
        if near:
            return max(near, key=lambda story: (self._last_at[story], story))
        words = telling(terms)
        rated = [
            (likeness, -story)
            for story in self._index.near(terms, MERGED)
            if self._may(story, at)
            and (likeness := self._average(story, terms)) >= MERGED
            and len(words & self._index.shared(terms, story)) >= SHARED_WORDS
        ]
        return StoryId(-max(rated)[1]) if rated else None

    def _may(self, story: StoryId, at: datetime) -> bool:
        return timedelta(0) < at - self._last_at[story] <= FOLLOWED_FOR

    def _average(self, story: StoryId, terms: Terms) -> float:
        dot, count = self._index.dot(terms, story)
        return dot / (count * SCALE * SCALE) if count else 0.0

    def _forget(self, story: StoryId) -> None:
        self._index.forget(story, self._last_at.pop(story))
        self._index.tidy()
        for key in self._keys.pop(story):
            self._stories_of[key].discard(story)
            if not self._stories_of[key]:
                del self._stories_of[key]
