"""What counts as the same headline."""

from __future__ import annotations

import pytest

from bot.stories.title import normalised_title


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Talks to resume in Miami", "TALKS TO RESUME IN MIAMI"),
        ("Talks to resume in Miami | The Harbour Post", "Talks to resume in Miami"),
        ("Talks to resume in Miami - Meridian Wire", "Talks to resume in Miami"),
        ("Zelenskyy: “peace talks” go on", "Zelenskyy peace talks go on!"),
        ("Élysée hosts leaders again", "Elysee hosts leaders again"),
    ],
)
def test_the_same(left: str, right: str) -> None:
    assert normalised_title(left) == normalised_title(right) != ""


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Talks to resume in Miami", "Talks to resume in Geneva"),
        ("Talks of US - Russia", "Talks of US"),
        ("Kyiv says no - Moscow says yes to the plan of the envoy", "Kyiv says no"),
    ],
)
def test_not_the_same(left: str, right: str) -> None:
    assert normalised_title(left) != normalised_title(right)


@pytest.mark.parametrize("rubric", ["", "Live", "News", "!!!"])
def test_a_rubric_is_no_headline(rubric: str) -> None:
    assert normalised_title(rubric) == ""
