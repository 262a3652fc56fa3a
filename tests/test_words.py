"""Catalogues are read, filled in, and fall back to English."""

from __future__ import annotations

import asyncio

import pytest

from bot.words import languages, nearest, say, say_many, speaking, spoken


def test_without_a_word_it_is_english() -> None:
    assert spoken() == "en"
    assert say("“{name}” is paused", name="NATO") == "“NATO” is paused"
    assert say("{braces} stay without values") == "{braces} stay without values"


def test_another_language_is_spoken_for_as_long_as_asked() -> None:
    with speaking("de"):
        assert say("“{name}” is paused", name="NATO") == "„NATO“ ist angehalten"
        assert say_many("{count} outlet", "{count} outlets", 2) == "2 Medien"
        assert say("nobody translated this {name}", name=1) == "nobody translated this 1"
    assert say_many("{count} outlet", "{count} outlets", 1) == "1 outlet"


@pytest.mark.parametrize(
    ("asked", "found"), [("de-AT", "de"), ("DE", "de"), ("de_CH", "de"), ("tlh", "en"), ("", "en")]
)
def test_the_nearest_language(asked: str, found: str) -> None:
    assert nearest(asked) == found
    assert found in languages()


async def test_two_people_are_answered_in_their_own_languages() -> None:
    async def answer(language: str) -> str:
        with speaking(language):
            await asyncio.sleep(0)
            return say("“{name}” is paused", name="NATO")

    said = await asyncio.gather(answer("de"), answer("en"))
    assert list(said) == ["„NATO“ ist angehalten", "“NATO” is paused"]
