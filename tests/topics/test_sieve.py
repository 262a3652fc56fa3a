"""A sieve lets every match through, in any script, in a real FTS5 table; and holds most back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings

from bot.errors import QueryError
from bot.storage.dialect import CREATE, fts5, tsquery, tsvector
from bot.topics.aliases import BUILT_IN
from bot.topics.document import Document
from bot.topics.query import parse
from bot.topics.reason import matches
from bot.topics.sieve import indexed, sieve_of
from tests.topics.strategies import documents, queries


@pytest.fixture(scope="module")
def archive() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:")
    connection.execute(CREATE["sqlite"][0])
    yield connection
    connection.close()


def passes(archive: sqlite3.Connection, query: str, document: Document) -> bool:
    """Whether the index would offer the document to the matcher."""
    sieve = sieve_of(parse(query), BUILT_IN)
    if sieve is None:
        return True
    words = indexed(document)
    archive.execute("INSERT INTO archive (archive) VALUES ('delete-all')")
    archive.execute(
        "INSERT INTO archive (rowid, title, summary, keys) VALUES (1, ?, ?, ?)",
        (words.title, words.summary, words.keys),
    )
    found = archive.execute("SELECT rowid FROM archive WHERE archive MATCH ?", (fts5(sieve),))
    return bool(found.fetchall())


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(query=queries, document=documents)
def test_whatever_matches_passes(
    archive: sqlite3.Connection, query: str, document: Document
) -> None:
    try:
        parsed = parse(query)
    except QueryError:
        return
    if matches(parsed, document):
        assert passes(archive, query, document), sieve_of(parsed, BUILT_IN)


@pytest.mark.parametrize(
    ("query", "title", "expected"),
    [
        ("talk", "Envoys talked", True),
        ("talk", "A talkie", False),
        ("Zelensky", "Zelenskyy speaks", True),
        ("NATO", "北约 says no", True),
        ("台湾", "台湾总统讲话", True),
        ("台湾", "湾台", False),
        ("서울", "서울에서 만났다", True),
        ("ukrain*", "Ukrainians vote", True),
        ('"white house"', "House white", False),
        ("Miami -Heat", "Miami Heat win", True),  # the matcher says no, the sieve cannot
        ("Miami /[0-9]{2}/", "Rain in Oslo", False),
        ("lang:es Miami", "Miami", False),
    ],
)
def test_what_it_lets_through(
    archive: sqlite3.Connection, query: str, title: str, expected: bool
) -> None:
    document = Document(title=title, summary="", language="en")
    assert passes(archive, query, document) is expected


@pytest.mark.parametrize("query", ["/a+b/", "source:Meridian", "-Heat OR Miami", "author:Doe"])
def test_what_the_index_cannot_tell(query: str) -> None:
    try:
        assert sieve_of(parse(query), BUILT_IN) is None
    except QueryError:
        assert query.startswith("-")


def test_as_postgresql_reads_it() -> None:
    sieve = sieve_of(parse('"white house" (title:talk OR O\'Brien*)'), BUILT_IN)
    assert sieve is not None
    assert tsquery(sieve).startswith("('white':AB <-> 'house':AB) & (")
    words = indexed(Document(title="White House", summary="They talked", language="en"))
    assert (
        tsvector(words)
        == "'white':1A 'house':2A 'they':4B 'talked':5B '=en':1C '~hous':1C '~talk':1C"
    )
