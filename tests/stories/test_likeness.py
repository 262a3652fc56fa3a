"""What is asked of an article grows with the crowd, and meanings count beside words."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.stories.likeness import FEW, MEANING_SCALE, MOST_CROWDED, SIMILAR, Meant, measure

HERE = timedelta(0)


def unit(at: int) -> bytes:
    """A vector along one of four axes, as far as a signed byte goes."""
    return bytes(127 if at == one else 0 for one in range(4))


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_more_stories_ask_for_more(few: int, many: int) -> None:
    few, many = sorted((few, many))
    asked = [measure(short=False, crowd=one).least for one in (FEW, few, many)]
    assert SIMILAR <= asked[1] <= asked[2] <= SIMILAR + MOST_CROWDED
    assert asked[0] == SIMILAR


def test_likeness_fades() -> None:
    asked = measure(short=False, crowd=0)
    assert asked.likeness(0.5, HERE, None) == 0.5
    assert asked.likeness(0.5, timedelta(hours=40), None) < 0.2


def test_a_story_means_what_its_reports_mean_on_average() -> None:
    meant = Meant()
    meant.add(unit(0))
    assert meant.near(unit(0)) == 127 * 127 / MEANING_SCALE**2
    meant.add(unit(1))
    assert meant.near(unit(0)) == 127 * 127 / MEANING_SCALE**2 / 2
    assert meant.near(unit(3)) == 0


def test_meaning_counts_only_where_both_sides_have_it() -> None:
    meant = Meant()
    meant.add(unit(0))
    plain, asked = measure(short=False, crowd=0), measure(short=False, crowd=0, meaning=unit(0))
    assert plain.likeness(0.4, HERE, meant) == 0.4 == asked.likeness(0.4, HERE, None)
    assert asked.likeness(0.4, HERE, meant) != 0.4
    assert asked.wanted < plain.wanted
