"""The catalogues are what the code says, and what they say can be said."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from babel.messages import Message

from bot.words import ENGLISH, languages
from tests.catalogues import (
    TEMPLATE,
    brought_up_to_date,
    catalogue_of,
    from_code,
    main,
    placeholders,
    read,
    texts_in,
    written,
    wrong,
)

OTHERS = [one for one in languages() if one != ENGLISH]
COMMAND = re.compile(r"`[^`]*`")


def messages(language: str) -> Iterator[Message]:
    yield from (one for one in read(catalogue_of(language), language) if one.id)


def test_the_catalogues_are_up_to_date() -> None:
    assert main(check=True) == 0, "run scripts/words"


def test_what_is_behind_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    template = from_code()
    template.add("a text that nobody says")
    assert written(template) != TEMPLATE.read_bytes()
    assert written(brought_up_to_date("de", template)) != catalogue_of("de").read_bytes()


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_is_translated_with_its_placeholders(language: str) -> None:
    assert [(one.id, why) for one in messages(language) if (why := wrong(one))] == []


@pytest.mark.parametrize("language", OTHERS)
def test_commands_stay_as_they_are_typed(language: str) -> None:
    """They are English words on every platform, but for what stands for somebody's own."""
    for one in messages(language):
        ids = one.id if isinstance(one.id, tuple | list) else (one.id,)
        said = one.string if isinstance(one.string, tuple | list) else (one.string,)
        typed = sorted(COMMAND.findall(ids[-1]))
        assert sorted(COMMAND.findall(said[-1] or "")) == typed, ids[-1]


@pytest.mark.parametrize("language", OTHERS)
def test_spaces_around_a_piece_stay(language: str) -> None:
    """What is glued to something else begins and ends as it did."""
    for one in messages(language):
        if isinstance(one.id, str) and isinstance(one.string, str):
            assert one.string[:1].isspace() == one.id[:1].isspace(), one.id
            assert one.string[-1:].isspace() == one.id[-1:].isspace(), one.id


def test_texts_are_found_in_code() -> None:
    source = """
say("a {b}", b=say("c"))
plain(say_many("{count} d", "{count} ds", n, e=later("f")))
say(table[key])
others("g")
say("h"
    " i")
"""
    assert list(texts_in(source)) == [
        ("a {b}",), ("c",), ("{count} d", "{count} ds"), ("f",), ("h i",),
    ]  # fmt: skip


def test_what_is_wrong_is_said() -> None:
    assert wrong(Message("a {b}", "")) == "is not translated"
    assert wrong(Message("a {b}", "x {c}")) == "has other placeholders: b, c"
    assert wrong(Message("a {b}", "x {b}", flags=["fuzzy"])) == "is marked as fuzzy"
    assert wrong(Message(("one", "{count} many"), ("eins", "{count} viele"))) == ""
    assert wrong(Message(("one", "{count} {x}"), ("eins", "{count} viele"))) != ""
    assert placeholders("{{b}} {c:,} {d!r} {e:%H:%M}") == ["c", "d", "e"]
