"""The words that a match is owed to."""

from __future__ import annotations

import pytest

from bot.topics.aliases import BUILT_IN
from bot.topics.document import Document
from bot.topics.query import parse
from bot.topics.reader import Reader
from bot.topics.reason import reasons, reasons_of

TALKS = Document(
    title="Miami talks: Zelenskyy meets Witkoff",
    summary="Envoys talked in Kiev about Trump’s plan. The White House is silent; talks go on.",
    source="The Wire",
    authors=("Ann Smith", "Bo Li"),
    categories=("World", "Ukraine war"),
    language="en-GB",
)


def found(query: str, document: Document = TALKS) -> list[tuple[str, str, str]]:
    hits = reasons(parse(query), document)
    for hit in hits:
        texts = [text for _, text in document.texts(hit.field)] + [document.language]
        assert any(text[hit.start : hit.end] == hit.text for text in texts)
    return [(hit.field, hit.text, hit.via) for hit in hits]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("miami", [("title", "Miami", "")]),
        ("talk", [("title", "talks", "stem"), ("summary", "talked", "stem"),
                  ("summary", "talks", "stem")]),
        ("Kyiv", [("summary", "Kiev", "alias")]),
        ("Zelensky", [("title", "Zelenskyy", "transliteration")]),
        ("Trump", [("summary", "Trump’s", "")]),
        ("Witk*", [("title", "Witkoff", "prefix")]),
        ('"white house"', [("summary", "White House", "")]),
        ("/tal[a-z]+d/", [("summary", "talked", "regex")]),
        ("title:talks", [("title", "talks", "")]),
        ("author:li", [("author", "Li", "")]),
        ("category:war source:wire", [("category", "war", ""), ("source", "Wire", "")]),
        ("lang:en Witkoff", [("language", "en-GB", ""), ("title", "Witkoff", "")]),
        ("Witkoff OR Rubio", [("title", "Witkoff", "")]),
        ("Witkoff -Rubio", [("title", "Witkoff", "")]),
        ("Witkoff -Kyiv", []),
        ("NOT (-Witkoff -Rubio)", [("title", "Witkoff", "")]),
        ("Rubio", []),
    ],
)  # fmt: skip
def test_shows_the_words(query: str, expected: list[tuple[str, str, str]]) -> None:
    assert found(query) == expected


def test_near_shows_the_closest_pair() -> None:
    text = Document(title="", summary="talks failed, then in Miami new talks began; talks went on")
    assert found("Miami NEAR/4 talks", text) == [("summary", "Miami", ""), ("summary", "talks", "")]
    hit = reasons(parse("Miami NEAR/4 talks"), text)[1]
    assert hit.start == text.summary.index("talks", 10)


def test_the_term_is_as_typed() -> None:
    hits = reasons(parse('title:miami "White House"'), TALKS)
    assert [hit.term for hit in hits] == ["title:miami", '"White House"']


def test_hangul_is_shown_without_its_particle() -> None:
    assert found("서울", Document(title="어제 서울에서 회담", summary="")) == [
        ("title", "서울", "")
    ]


def test_one_reader_answers_for_many_queries() -> None:
    reader = Reader(TALKS, BUILT_IN)
    for source in ("Kyiv", "talk", "Rubio"):
        assert reasons_of(parse(source), reader) == reasons(parse(source), TALKS)
