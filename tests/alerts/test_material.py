"""What is worth a reply, and how often a message may change."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.alerts.facts import names, numbers
from bot.alerts.material import (
    APART,
    MOST_REPLIES,
    ChangeKind,
    Told,
    material_change,
)
from bot.alerts.pace import COOLS_AFTER, is_cool, next_edit_at
from bot.model.article import Article
from tests.alerts.reports import report
from tests.clock import START

MINUTE = timedelta(minutes=1)
NOW = START + 60 * MINUTE
TOLD = Told(at=START)
LEADS = (
    "a ship ran aground near the port this morning and crews are on their way to it",
    "crews reached the ship that lies on a sandbank outside the harbour since dawn",
    "the harbour is closed until tugs can pull the freighter from where it is stuck",
    "owners of the vessel say that nobody was hurt when it hit the bank at low water",
    "pilots had warned of the shallow channel, a union said after the grounding",
)


def told(number: int, minutes: float, extra: str = "") -> Article:
    """A report of its own words and outlet, so many minutes after the card."""
    lead = LEADS[number % len(LEADS)]
    return report(
        number, f"Grounding {'abcdefgh'[number]}", f"{lead}. {extra}", at=START + minutes * MINUTE
    )


def test_a_third_outlet_is_material() -> None:
    change = material_change([told(0, 0), told(1, 5), told(2, 6)], TOLD, NOW)
    assert change is not None
    assert change.kind is ChangeKind.CORROBORATED
    assert change.outlets == 3


def test_a_second_outlet_is_not() -> None:
    assert material_change([told(0, 0), told(1, 5)], TOLD, NOW) is None


def test_copies_corroborate_nothing() -> None:
    lead = "The same dispatch stands in every paper: a ship ran aground near the port at dawn."
    story = [report(n, f"Paper {n}", lead, at=START + n * MINUTE) for n in range(6)]
    assert material_change(story, TOLD, NOW) is None


def test_a_fact_that_two_tell_is_material() -> None:
    known = [told(0, 0), told(1, 0), told(2, 0)]
    one = told(3, 5, "The ship carries 4,000 tonnes of grain for Varna.")
    two = told(4, 6, "On board are 4000 tonnes, the agent in Varna said.")
    assert material_change([*known, one], TOLD, NOW) is None
    change = material_change([*known, one, two], TOLD, NOW)
    assert change is not None
    assert change.kind is ChangeKind.NEW_FACT
    assert set(change.facts) == {"4000", "varna"}


def test_many_outlets_at_once_are_material() -> None:
    story = [
        report(n, f"Headline {chr(97 + n)}", "", at=START + (0 if n < 3 else 50) * MINUTE)
        for n in range(7)
    ]
    change = material_change(story, TOLD, NOW)
    assert change is not None
    assert change.kind is ChangeKind.BURST


def test_replies_are_few_and_apart() -> None:
    story = [told(0, 0), told(1, 5), told(2, 6)]
    assert material_change(story, TOLD, START + APART / 2 - MINUTE) is None
    assert material_change(story, TOLD, START + APART / 2) is not None
    once = Told(at=START, replies=1)
    assert material_change(story, once, START + APART - MINUTE) is None
    assert material_change(story, once, START + APART) is not None
    assert material_change(story, Told(at=START, replies=MOST_REPLIES), NOW) is None
    assert material_change(story, Told(at=NOW), NOW + APART) is None  # nothing new since


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1,200 people and seven dogs", {"1200", "7"}),
        ("2.5 per cent, 14:30", {"2.5", "14", "30"}),
        ("none", set()),
    ],
)
def test_numbers_have_one_spelling(text: str, found: set[str]) -> None:
    assert numbers(text) == found


def test_a_word_that_begins_a_sentence_is_no_name() -> None:
    assert names("Talks went on. Nobody left Miami, said Witkoff.") == {"miami", "witkoff"}


def test_edits_slow_down() -> None:
    gaps = [next_edit_at(START, START + timedelta(hours=h)) - START - timedelta(hours=h)
            for h in (0, 1, 12, 48)]  # fmt: skip
    assert gaps == sorted(gaps)
    assert gaps[0] == MINUTE


def test_a_story_cools() -> None:
    assert not is_cool(START, START + COOLS_AFTER - MINUTE)
    assert is_cool(START, START + COOLS_AFTER)
