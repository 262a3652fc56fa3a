"""`/news settings …`: which words belong to which wish."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands.attention import Wishes
from bot.errors import CommandError
from bot.model.attention import Attention, parse_attention, spelled
from bot.platforms.slack.wishes import parse_shared, parse_wishes


@pytest.mark.parametrize(
    ("typed", "wishes"),
    [
        ("", Wishes()),
        ("daily 8:30", Wishes(rhythm="daily 8:30")),
        ("Hourly", Wishes(rhythm="Hourly")),
        ("digest weekly mon 9:00", Wishes(rhythm="weekly mon 9:00")),
        ("quiet 22:00-07:00", Wishes(quiet="22:00-07:00")),
        ("quiet hours off", Wishes(quiet="off")),
        ("alerts 5 an hour", Wishes(budget="5")),
        ("alerts an hour: 5", Wishes(budget="5")),
        ("alerts no limit", Wishes(budget="no limit")),
        ("on doubt never double", Wishes(on_doubt="never double")),
        ("time zone europe/kyiv", Wishes(timezone="europe/kyiv")),
        (
            "immediate, quiet=22-7 alerts 3, timezone Asia/Tokyo",
            Wishes(rhythm="immediate", quiet="22-7", budget="3", timezone="Asia/Tokyo"),
        ),
    ],
)
def test_typed(typed: str, wishes: Wishes) -> None:
    assert parse_wishes(typed) == wishes


@pytest.mark.parametrize("typed", ["loud", "quiet", "alerts , quiet off", "please quiet off"])
def test_mistyped(typed: str) -> None:
    with pytest.raises(CommandError) as caught:
        parse_wishes(typed)
    assert "settings daily 8:30" in caught.value.hint


def test_the_workspaces() -> None:
    assert parse_shared("timezone Europe/Kyiv notices to #ops") == {
        "timezone": "Europe/Kyiv",
        "notices": "#ops",
    }
    assert parse_shared("") == {}
    with pytest.raises(CommandError):
        parse_shared("daily 8:30")


@given(
    st.builds(
        parse_attention,
        st.just(Attention()),
        rhythm=st.sampled_from(["immediate", "hourly", "daily 8:30", "weekly sun 23:59"]),
        quiet=st.sampled_from(["off", "22:00-07:00", "0:00-12:30"]),
        budget=st.integers(0, 1000),
        on_doubt=st.sampled_from(["never lose", "never double"]),
        timezone=st.sampled_from(["UTC", "Europe/Kyiv", "America/Argentina/Ushuaia"]),
    )
)
def test_wishes_as_they_are_shown_can_be_typed(attention: Attention) -> None:
    shown = spelled(attention)
    typed = (
        f"rhythm {shown['rhythm']} quiet {shown['quiet']} alerts {shown['budget']}"
        f" doubt {shown['on_doubt']} timezone {shown['timezone']}"
    )
    assert parse_attention(attention, **parse_wishes(typed).said()) == attention  # type: ignore[arg-type]
    read = parse_attention(Attention(), **parse_wishes(typed).said())  # type: ignore[arg-type]
    assert spelled(read) == shown


@given(st.text(alphabet="quiet alershomdznv:=,0-9/", max_size=50) | st.text(max_size=50))
def test_anything_is_read_or_refused(typed: str) -> None:
    try:
        said = parse_wishes(" ".join(typed.split())).said()
    except CommandError:
        return
    assert all(str(value).strip() for value in said.values())
