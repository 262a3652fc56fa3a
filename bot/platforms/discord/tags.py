"""Which of a forum's tags a post gets. Pure.

Those that the channel's settings name come first, then those that are called like its topics.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

MOST_TAGS = 5
"""https://discord.com/developers/docs/resources/channel#channel-object: `applied_tags`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """One that the forum has. `moderated`: only who manages its threads may put it on a post."""

    id: int
    name: str
    moderated: bool = False


def applied(
    tags: Sequence[Tag], *, named: Iterable[str], topics: Iterable[str], manages: bool = False
) -> list[str]:
    """The ids of at most MOST_TAGS. A name that the forum lost since is passed over."""
    known = {one.name.casefold(): one for one in tags if manages or not one.moderated}
    wanted = (name.strip().casefold() for name in (*named, *topics))
    ids = (str(known[name].id) for name in wanted if name in known)
    return list(dict.fromkeys(ids))[:MOST_TAGS]
