"""Which story each of some joined ones is from now on: the oldest of all that are one. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from bot.model.ids import StoryId


def oldest_of(merges: Iterable[tuple[StoryId, StoryId]]) -> dict[StoryId, StoryId]:
    """Each story of these pairs, but for the oldest ones, with the oldest that it is one with."""
    older: dict[StoryId, StoryId] = {}

    def root(story: StoryId) -> StoryId:
        while story in older:
            story = older[story]
        return story

    for one, other in merges:
        first, second = sorted((root(one), root(other)))
        if first != second:
            older[second] = first
    return {story: root(story) for story in older}
