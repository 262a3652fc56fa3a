"""How queries read, and how they are refused."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.errors import QueryError
from bot.topics.query import MAX_LENGTH, Query, parse, reading
from tests.topics.strategies import queries


def readable(source: str) -> Query | None:
    """The query, or None if it is refused, which is checked to be at a place in it."""
    try:
        return parse(source)
    except QueryError as error:
        refusal = error
    assert 0 <= refusal.position <= len(source)
    assert str(refusal)
    return None


READINGS = (
    ("NATO", "NATO"),
    ("  NATO  ", "NATO"),
    ("Miami talks", "Miami AND talks"),
    ("Miami AND talks", "Miami AND talks"),
    ("Miami talks OR summit", "(Miami AND talks) OR summit"),
    ("Ukraine (talks OR negotiations)", "Ukraine AND (talks OR negotiations)"),
    ("((Ukraine))", "Ukraine"),
    ("(a b) c", "a AND b AND c"),
    ("a OR (b OR a)", "a OR b"),
    ("Gaza -football", "Gaza AND NOT football"),
    ("Gaza NOT football", "Gaza AND NOT football"),
    ("Gaza AND NOT (football OR golf)", "Gaza AND NOT (football OR golf)"),
    ("Gaza --aid", "Gaza AND aid"),
    ("+Gaza +aid", "Gaza AND aid"),
    ("Gaza|Rafah", "Gaza OR Rafah"),
    ("Gaza || Rafah", "Gaza OR Rafah"),
    ("“White House”", '"White House"'),
    ("„White House“ «Oval Office»", '"White House" AND "Oval Office"'),
    ('"Miami talks"~4', '"Miami" NEAR/4 "talks"'),
    ("a NEAR b", "a NEAR/5 b"),
    ("a NEAR/3 b NEAR/3 c", "a NEAR/3 b NEAR/3 c"),
    ("a NEAR/3 b NEAR/4 c", "(a NEAR/3 b) NEAR/4 c"),
    ("a ONEAR/2 (b OR c) d", "(a ONEAR/2 (b OR c)) AND d"),
    ("title:NATO source:reuters", "title:NATO AND source:reuters"),
    ("title: NATO", "title:NATO"),
    ("Title:(NATO OR =WHO)", "title:NATO OR =title:WHO"),
    ("title:(NATO source:reuters)", "title:NATO AND source:reuters"),
    ("lang:(EN OR uk)", "lang:en OR lang:uk"),
    ("=title:Apple", "=title:Apple"),
    ("title:=Apple", "=title:Apple"),
    ('="White House"', '="White House"'),
    ("ukrain*, talks.", "ukrain* AND talks"),
    ("/mia+mi/ =/NATO [0-9]+/", "/mia+mi/ AND =/NATO [0-9]+/"),
    ("US-Russia AT&T O'Brien 10:30", "US-Russia AND AT&T AND O'Brien AND 10:30"),
    ("https://example.org/a", "https://example.org/a"),
    ("and or not near", "and AND or AND not AND near"),
    ("#NATO @nato", "NATO AND nato"),
    ("(Trump's plan)", "Trump's AND plan"),
    ("台湾 -台风", "台湾 AND NOT 台风"),
    ("हिन्दी", "हिन्दी"),
    ("C++", "C"),
    ("24/7", "24/7"),
)


@pytest.mark.parametrize(("source", "expected"), READINGS)
def test_reads(source: str, expected: str) -> None:
    assert reading(parse(source)) == expected


REFUSALS = (
    ("", 0, "empty"),
    ("   ", 3, "empty"),
    ("a OR", 2, "missing after"),
    ("OR a", 0, "missing before"),
    ("a OR AND b", 5, "missing before"),
    ("a AND", 2, "missing after"),
    ("a NOT", 2, "missing after"),
    ("a NEAR", 2, "missing after"),
    ("NEAR a", 0, "missing before"),
    ("(a", 0, "never closed"),
    ("a (b (c)", 2, "never closed"),
    ("a)", 1, "closes nothing"),
    (")", 0, "closes nothing"),
    ("()", 0, "nothing in these parentheses"),
    ('a "b', 2, "never closed"),
    ('""', 0, "nothing to look for"),
    ('"..."', 0, "nothing to look for"),
    ("-golf", 0, "what to leave out"),
    ("NOT a NOT b", 0, "what to leave out"),
    ("a OR NOT b", 0, "what to leave out"),
    ("a - b", 2, "nothing to look for"),
    ("a & b", 2, "nothing to look for"),
    ("ab*", 0, "far too much"),
    ("*ing", 0, "only once, at the end"),
    ("a colo*r", 6, "only once, at the end"),
    ("*", 0, "only once, at the end"),
    ("a NEAR/51 b", 2, "too far"),
    ('"a b"~60', 0, "too far"),
    ("a NEAR5 b", 2, "not an operator"),
    ("a W/5 b", 2, "not an operator"),
    ("a NEAR a", 2, "two different things"),
    ('"a a"~3', 0, "different words"),
    ("a NEAR (b c)", 7, "joins words"),
    ("a NEAR -b", 7, "joins words"),
    ("/x/ NEAR b", 0, "joins words"),
    ("colour~1", 6, "no fuzzy search"),
    ("site:bbc.co.uk", 0, "not a field"),
    ("lang:english", 5, "not a language code"),
    ("title:source:a", 6, "One field at a time"),
    ("title:", 0, "missing after"),
    ("/(/", 0, "does not read"),
    ("/a*/", 0, "matches everything"),
    (r"/\b/", 0, "matches everything"),
    ("/abc", 0, "never closed"),
    (r"/(a)\1/", 0, "does not read"),
    ("a " * 51, 100, "More than 50 words"),
    ("(" * 11 + "a" + ")" * 11, 10, "More than 10"),
    ("/a/ /b/ /c/ /d/ /e/ /f/", 20, "More than 5"),
    ("a" * 501, 500, "500 is the most"),
)


@pytest.mark.parametrize(("source", "position", "words"), REFUSALS)
def test_refuses_with_the_place_and_the_reason(source: str, position: int, words: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(source)
    assert words in str(caught.value)
    assert caught.value.position == position
    assert caught.value.source == source


def test_a_refusal_says_what_to_write() -> None:
    with pytest.raises(QueryError) as caught:
        parse("intitle:NATO")
    assert caught.value.hint == "Here it is title:."
    assert caught.value.pointer() == "intitle:NATO\n^"


@settings(max_examples=300, deadline=None)
@given(queries)
@example("NOT NOT a b OR (c -(d OR -e))")
def test_a_reading_reads_the_same(source: str) -> None:
    query = readable(source)
    if query is None:
        return
    again = parse(reading(query), max_length=10 * MAX_LENGTH)
    assert again.root == query.root
    assert reading(again) == reading(query)


_pieces = st.sampled_from(
    ("(", ")", '"', "“", "-", "NOT ", " OR ", " AND ", " NEAR/3 ", "ONEAR", "=", "*", "/", "\\",
     "~2", "title:", "lang:", ":", "a", "us", "NATO", "台湾", "é", "́", "\u200d", "😀", " ", "\n",
     "{1000}", "[", ".", "(?:", "|", "+", "\x00", "İ", "ﬁ", "ß", "ꜩ")
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(
    st.one_of(
        st.text(max_size=500),
        st.lists(_pieces, max_size=120).map(lambda pieces: "".join(pieces)[:500]),
    )
)
def test_any_input_reads_or_is_refused_at_a_place(source: str) -> None:
    query = readable(source)
    if query is not None:
        assert parse(reading(query), max_length=10 * MAX_LENGTH).root == query.root


EVIL = (
    "/(a+)+$/",
    "/((a{1,100}){1,100}){1,100}/",
    "/(.{1,500}){1,500}x/",
    "/" + "(" * 90 + "a" + ")" * 90 + "/",
    " ".join(f"/.{{0,{n}}}[a-z]{{900}}/" for n in range(5)),
    "(" * 500,
    "-" * 499 + "a",
    "NOT " * 124 + "a",
    "a NEAR " * 71 + "a",
    '"' * 499,
    "a OR " * 99 + "a",
    "=" * 499 + "a",
    "title:" * 83,
)


@pytest.mark.parametrize("source", EVIL)
def test_evil_input_ends(source: str) -> None:
    readable(source)
