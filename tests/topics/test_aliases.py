"""Which names stand for each other."""

from __future__ import annotations

from bot.topics.aliases import BUILT_IN, AliasSet
from bot.topics.document import Document
from bot.topics.query import parse
from bot.topics.reason import matches


def test_every_name_finds_the_others_of_its_group() -> None:
    for group in BUILT_IN.groups:
        for name in group:
            assert BUILT_IN.others(name), name


def test_no_name_is_in_two_groups() -> None:
    assert BUILT_IN.merged(BUILT_IN).groups == BUILT_IN.groups


def test_an_acronym_that_is_a_common_word_minds_its_case() -> None:
    assert "United States" in BUILT_IN.others("U.S.")
    assert BUILT_IN.others("us") == ()


def test_groups_that_share_a_name_become_one() -> None:
    merged = BUILT_IN.merged([("NATO", "The Alliance"), ("Foo", "Bar")])
    assert "The Alliance" in merged.others("OTAN")
    assert merged.others("foo") == ("Bar",)
    assert len(merged.groups) == len(BUILT_IN.groups) + 1


def test_a_name_may_bring_two_groups_together() -> None:
    aliases = AliasSet(groups=(("a1", "a2"), ("b1", "b2"))).merged([("a1", "b1", "c")])
    assert aliases.groups == (("a1", "a2", "b1", "b2", "c"),)


def test_quotes_and_the_equals_sign_turn_aliases_off() -> None:
    kiev = Document(title="Kiev", summary="")
    assert matches(parse("Kyiv"), kiev)
    assert not matches(parse('"Kyiv"'), kiev)
    assert not matches(parse("=Kyiv"), kiev)
    assert not matches(parse("Kyi*"), kiev)


def test_a_whole_phrase_may_be_an_alias() -> None:
    assert matches(parse('"European Union"'), Document(title="EU summit", summary=""))
    assert not matches(parse('"European Union flag"'), Document(title="EU flag", summary=""))
