"""What a person is told of a query."""

from __future__ import annotations

import pytest

from bot.topics.explain import ENDINGS, explain
from bot.topics.query import parse


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("Miami talks OR summit", "binds tighter than OR"),
        ("a (b c OR d)", "binds tighter than OR"),
        ("talks or summit", "the operator is OR"),
        ("United States sanctions", 'write "United States"'),
        ("WHO Geneva", "in capitals only"),
        ("us sanctions", "write US for the acronym"),
        ("US-Russia", 'the phrase "US Russia"'),
        ('"whit* house"', "Inside quotes"),
        ("x rays", "single character"),
    ],
)
def test_warns(source: str, words: str) -> None:
    warnings = explain(parse(source)).warnings
    assert any(words in warning for warning in warnings), warnings


@pytest.mark.parametrize(
    "source", ["NATO", '"White House"', "Gaza -football", "(Miami talks) OR summit"]
)
def test_says_nothing_without_need(source: str) -> None:
    assert explain(parse(source)).warnings == ()


def test_lists_what_else_is_found() -> None:
    expansions = dict(explain(parse("Kyiv talks Zelensky ukrain* =Kiev")).expansions)
    assert "Kiev" in expansions["Kyiv"]
    assert expansions["talks"] == (ENDINGS,)
    assert "zelenskyy" in expansions["Zelensky"]
    assert expansions["ukrain*"] == ("ukrain…",)
    assert "=Kiev" not in expansions


def test_echoes_the_reading() -> None:
    assert explain(parse("a b OR c")).reading == "(a AND b) OR c"
