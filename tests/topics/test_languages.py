"""The table of language cases, through the index and through the plain evaluator."""

from __future__ import annotations

import pytest

from bot.topics.document import Document
from bot.topics.index import TopicIndex
from bot.topics.query import parse
from bot.topics.reason import reasons
from tests.topics.cases import CASES

EVERY = [(language, *case) for language, cases in CASES.items() for case in cases]


@pytest.mark.parametrize(("language", "query", "hit", "miss"), EVERY)
def test_finds_the_one_and_leaves_the_other(language: str, query: str, hit: str, miss: str) -> None:
    parsed = parse(query)
    index: TopicIndex[str] = TopicIndex()
    index.add("topic", parsed)
    for text, expected in ((hit, True), (miss, False)):
        document = Document(title="", summary=text, language=language)
        found = reasons(parsed, document)
        assert bool(found) is expected, (text, found)
        assert ("topic" in index.match(document)) is expected
        for reason in found:
            if reason.field == "summary":
                assert text[reason.start : reason.end] == reason.text


def test_the_table_is_wide() -> None:
    assert len(EVERY) >= 150
    assert len(CASES) >= 15
