"""A digest counts every story once, shows the most covered, and says how many it left out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.alerts.digest import DIGEST_LINES, DigestItem, compose_digest
from bot.model.attention import Attention
from bot.model.digest import Digest, DigestKind, DigestLine
from bot.model.ids import AlertId, StoryId

UNTIL = datetime(2026, 3, 3, 7, 0, tzinfo=UTC)
SINCE = UNTIL - timedelta(hours=1)
BERLIN = Attention(timezone="Europe/Berlin")


def item(story: int, *topics: str, outlets: int = 1, minutes_ago: int = 0) -> DigestItem:
    return DigestItem(
        line=DigestLine(
            story=StoryId(story),
            alert=AlertId(100 + story),
            headline=f"Story {story}",
            url=f"https://outlet.example/{story}",
            outlets=outlets,
            outlet="The Outlet",
            at=UNTIL - timedelta(minutes=minutes_ago),
        ),
        topics=topics,
    )


def composed(
    items: list[DigestItem],
    kind: DigestKind = DigestKind.QUIET,
    *,
    since: datetime = SINCE,
    until: datetime = UNTIL,
    limit: int = DIGEST_LINES,
) -> Digest:
    return compose_digest(items, kind=kind, since=since, until=until, attention=BERLIN, limit=limit)


def outline(digest: Digest) -> dict[str, list[int]]:
    return {group.topic: [line.story for line in group.lines] for group in digest.groups}


def test_a_story_stands_once_under_its_first_topic() -> None:
    digest = composed([item(1, "NATO", "Miami talks"), item(2, "Miami talks"), item(3)])
    assert outline(digest) == {"NATO": [1], "Miami talks": [2], "": [3]}
    assert digest.stories == 3


def test_the_most_covered_come_first_then_the_newest() -> None:
    digest = composed(
        [
            item(1, "NATO", outlets=4),
            item(2, "Miami talks", outlets=2, minutes_ago=9),
            item(3, "Miami talks", outlets=3),
            item(4, "Miami talks", outlets=2, minutes_ago=1),
        ]
    )
    assert list(outline(digest).items()) == [("Miami talks", [3, 4, 2]), ("NATO", [1])]


def test_what_has_no_room_is_counted() -> None:
    digest = composed([item(number, "NATO") for number in range(1_300)])
    assert (digest.stories, digest.left_out) == (1_300, 1_275)
    assert digest.more == "and 1,275 more"
    assert composed([item(1, "NATO")]).more == ""


def test_a_loud_topic_does_not_silence_a_quiet_one() -> None:
    loud = [item(number, "NATO", outlets=5) for number in range(30)]
    digest = composed([*loud, item(99, "Chess")])
    assert len(outline(digest)["NATO"]) == 24
    assert outline(digest)["Chess"] == [99]


def test_no_stories_are_no_groups() -> None:
    assert composed([]).groups == ()


@pytest.mark.parametrize(
    ("kind", "stories", "hours", "title"),
    [
        (DigestKind.QUIET, 14, 9, "While it was quiet: 14 stories"),
        (DigestKind.QUIET, 1, 9, "While it was quiet: 1 story"),
        (DigestKind.HOURLY, 2, 1, "Hourly digest: 2 stories in the last hour"),
        (DigestKind.HOURLY, 2, 3, "Hourly digest: 2 stories since 05:00"),
        (DigestKind.HOURLY, 2, 9, "Hourly digest: 2 stories since Mon 2 Mar, 23:00"),
        (DigestKind.DAILY, 9, 24, "Daily digest, Tue 3 Mar: 9 stories"),
        (DigestKind.WEEKLY, 40, 7 * 24, "Weekly digest, Tue 3 Mar: 40 stories"),
        (DigestKind.OVERFLOW, 12, 1, "12 more stories in the last hour"),
        (DigestKind.OVERFLOW, 1, 1, "1 more story in the last hour"),
        (DigestKind.RUNNING, 7, 72, "Already running: 7 stories"),
    ],
)
def test_titles(kind: DigestKind, stories: int, hours: int, title: str) -> None:
    """Times are the channel's: until 08:00 in Berlin."""
    since = UNTIL - timedelta(hours=hours)
    assert composed([item(n, "NATO") for n in range(stories)], kind, since=since).title == title


def test_a_title_has_the_local_date() -> None:
    digest = composed([], DigestKind.DAILY, until=datetime(2026, 3, 3, 23, 30, tzinfo=UTC))
    assert digest.title == "Daily digest, Wed 4 Mar: 0 stories"


items = st.lists(
    st.builds(
        lambda story, topics, outlets, ago: item(story, *topics, outlets=outlets, minutes_ago=ago),
        st.integers(1, 40),
        st.lists(st.sampled_from("ABCDE"), max_size=2),
        st.integers(1, 4),
        st.integers(0, 3),
    ),
    max_size=40,
)


@settings(max_examples=150, deadline=None)
@given(items, st.integers(1, 12))
def test_every_story_is_counted_once(many: list[DigestItem], limit: int) -> None:
    digest = composed(many, limit=limit)
    shown = [line.story for group in digest.groups for line in group.lines]
    everything = {one.line.story for one in many}
    assert len(shown) == len(set(shown)) == min(limit, len(everything))
    assert set(shown) <= everything
    assert digest.stories == len(everything) == len(shown) + digest.left_out
    assert len({group.topic for group in digest.groups}) == len(digest.groups)
    for group in digest.groups:
        ranks = [(-line.outlets, UNTIL - line.at) for line in group.lines]
        assert ranks == sorted(ranks)


@settings(max_examples=100, deadline=None)
@given(items.flatmap(lambda many: st.tuples(st.just(many), st.permutations(many))))
def test_the_order_of_arrival_does_not_matter(
    both: tuple[list[DigestItem], list[DigestItem]],
) -> None:
    alike = {(one.line.story, one.line.outlets, one.line.at) for one in both[0]}
    if len(alike) == len(both[0]):
        assert composed(both[0], limit=5) == composed(both[1], limit=5)
