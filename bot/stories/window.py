"""The stories still open, and which of them an article belongs to. Holds keys, not articles.

First cut: an article joins a story that has its canonical URL or its normalised title; anything
else opens a new one. Assignment is final. Similarity of text will deepen `find`, nothing else.

The window is a cache of the database. A batch is placed on a `Draft`, which leaves the window
as it is; the window takes the draft over only when the batch is committed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.model.ids import StoryId
from bot.stories.title import normalised_title

STORY_CLOSES_AFTER = timedelta(hours=72)
"""A story takes no more articles this long after its last one (design.md, "Decisions")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """An article's place: what it is found by, its story, and when it counts as reported."""

    story: StoryId
    canonical_url: str
    title: str
    at: datetime


def keys_of(canonical_url: str, title: str) -> tuple[str, ...]:
    """What two articles about the same event share. Empty for an item with neither."""
    key = normalised_title(title)
    return tuple(
        found
        for found in (f"u {canonical_url}" if canonical_url else "", f"t {key}" if key else "")
        if found
    )


class Window:
    """The open stories by key."""

    def __init__(self, placed: Iterable[Placed] = ()) -> None:
        self._story_of: dict[str, StoryId] = {}
        self._last_at: dict[StoryId, datetime] = {}
        for one in placed:
            self._place(one)

    def __len__(self) -> int:
        return len(self._last_at)

    def draft(self) -> Draft:
        """A page to place one batch on."""
        return Draft(self)

    def find(self, keys: Iterable[str], *, at: datetime) -> StoryId | None:
        """The open story under the first of `keys` that leads to one."""
        for key in keys:
            story = self._story_of.get(key)
            if story is not None and abs(at - self._last_at[story]) <= STORY_CLOSES_AFTER:
                return story
        return None

    def take(self, draft: Draft) -> None:
        """The draft was committed: it is part of the window now."""
        for one in draft.placed:
            self._place(one)

    def forget_closed(self, *, now: datetime) -> int:
        """Drop stories that no article can join any more; returns how many."""
        closed = {story for story, at in self._last_at.items() if now - at > STORY_CLOSES_AFTER}
        if closed:
            self._last_at = {s: at for s, at in self._last_at.items() if s not in closed}
            self._story_of = {k: s for k, s in self._story_of.items() if s not in closed}
        return len(closed)

    def _place(self, one: Placed) -> None:
        for key in keys_of(one.canonical_url, one.title):
            holder = self._story_of.get(key)
            # A key stays with the story that had it first while that story is open: two stories
            # that come to share a key later are not merged here.
            if holder is None or one.at - self._last_at[holder] > STORY_CLOSES_AFTER:
                self._story_of[key] = one.story
        self._last_at[one.story] = max(one.at, self._last_at.get(one.story, one.at))


class Draft:
    """The placements of one batch, over a window that they do not change."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self._own = Window()
        self.placed: list[Placed] = []

    def find(self, *, canonical_url: str, title: str, at: datetime) -> StoryId | None:
        """The open story that an article belongs to, this batch's own placements included."""
        keys = keys_of(canonical_url, title)
        return self._window.find(keys, at=at) or self._own.find(keys, at=at)

    def place(self, one: Placed) -> None:
        """Note where an article went."""
        self._own._place(one)  # noqa: SLF001 - a draft is a window's own page
        self.placed.append(one)
