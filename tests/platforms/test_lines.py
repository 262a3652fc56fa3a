"""Which lines of a digest have room, and how many are honestly said to have none."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.digest import Digest, DigestGroup, DigestLine
from bot.platforms.lines import Fitted, clock, facts, fitted, joined, span
from tests.clock import START
from tests.platforms.samples import digest, line, overflow


def fit(one: Digest, room: int) -> Fitted:
    """Lines drawn as their headlines, headings as the topics."""

    def heading(group: DigestGroup) -> str:
        return group.topic

    def drawn(each: DigestLine) -> str:
        return each.headline

    return fitted(one, heading=heading, line=drawn, weight=len, room=room)


def shown(got: Fitted) -> int:
    return sum(len(one.lines) for one in got.sections)


def test_all_of_it_fits() -> None:
    got = fit(digest(), 4000)
    assert [one.heading for one in got.sections] == ["Miami talks", "NATO"]
    assert [len(one.lines) for one in got.sections] == [3, 2]
    assert got.more == ""


def test_every_topic_has_its_first_line_before_any_has_its_second() -> None:
    first = [group.lines[0].headline for group in digest().groups]
    room = sum(len(one) + 1 for one in [*first, "Miami talks", "NATO"])
    got = fit(digest(), room)
    assert [one.lines for one in got.sections] == [(first[0],), (first[1],)]
    assert got.more == "and 3 more"


def test_a_line_that_is_too_long_makes_way_for_a_shorter_one() -> None:
    long, short = line(1, "x" * 90), line(2, "short")
    one = replace(digest(), groups=(DigestGroup(topic="", lines=(long, short)),), left_out=1200)
    got = fit(one, 50)
    assert got.sections[0].lines == ("short",)
    assert got.more == "and 1,201 more"


@given(room=st.integers(0, 3000))
def test_no_story_is_lost_and_the_room_is_kept(room: int) -> None:
    got = fit(overflow(), room)
    assert shown(got) + got.left_out == overflow().stories
    text = "\n".join(part for one in got.sections for part in (one.heading, *one.lines))
    assert len(text) <= room


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("Europe/Kyiv", "Mon 2 Mar, 00:00 – 14:00 EET"),
        ("UTC", "Sun 1 Mar, 22:00 – Mon 2 Mar, 12:00 UTC"),
        ("America/Sao_Paulo", "Sun 1 Mar, 19:00 – Mon 2 Mar, 09:00 America/Sao Paulo"),
    ],
)
def test_the_span_is_the_channels(zone: str, expected: str) -> None:
    assert span(replace(digest(), timezone=zone)) == expected


def test_the_day_is_said_where_it_is_not_the_digests() -> None:
    one = digest()
    assert clock(START, one) == "14:00"
    assert clock(START - timedelta(hours=20), one) == "Sun 18:00"
    assert clock(START - timedelta(days=6), one) == "Tue 14:00"
    assert clock(START - timedelta(days=9), one) == "21 Feb"


def test_facts_break_between_them_only() -> None:
    several = facts(line(3, "x", outlets=6), digest(), outlet="Open Bulletin")
    assert several == "Open Bulletin\xa0· 6\xa0outlets\xa0· 11:39"
    assert facts(line(30, "x"), digest(), outlet="") == "Sun\xa014:30"
    assert joined("", "") == ""
