"""SQLite FTS5 as an independent oracle, on what both can express."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator

import pytest

from bot.topics.aliases import AliasSet
from bot.topics.document import Document
from bot.topics.index import TopicIndex
from bot.topics.query import parse

NAMES = ("Miami", "Witkoff", "Kremlin", "Donetsk", "Geneva", "Berlin", "Rubio", "Vance", "Oslo",
         "Cairo", "Tallinn", "Umerov")  # fmt: skip
OTHERS = ("talks", "envoys", "territory", "energy", "grid", "missile", "holds", "prisoners")


@pytest.fixture
def archive() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE text USING fts5(title, summary, tokenize=unicode61)")
    yield connection
    connection.close()


def _sentence(dice: random.Random, length: int) -> str:
    return " ".join(dice.choices(NAMES + OTHERS, k=length))


def _leaf(dice: random.Random) -> tuple[str, str]:
    """A leaf in our language and in FTS5's."""
    name, other = dice.sample(NAMES, 2)
    match dice.randrange(6):
        case 0:
            return f'"{name} {other}"', f'"{name} {other}"'
        case 1:
            return f"{name[:4]}*", f"{name[:4]}*"
        case 2:
            return f"title:{name}", f"title:{name}"
        case 3:
            distance = dice.randrange(6)
            return f"({name} NEAR/{distance} {other})", f"NEAR({name} {other}, {distance})"
        case _:
            return name, name


def _query(dice: random.Random) -> tuple[str, str]:
    ours, theirs = _leaf(dice)
    for _ in range(dice.randrange(4)):
        operator = dice.choice(("AND", "OR", "NOT"))
        more, same = _leaf(dice)
        ours = f"({ours}) {'AND NOT' if operator == 'NOT' else operator} {more}"
        theirs = f"({theirs}) {operator} {same}"
    return ours, theirs


@pytest.mark.parametrize("seed", range(3))
def test_matches_what_fts5_matches(archive: sqlite3.Connection, seed: int) -> None:
    dice = random.Random(seed)
    texts = [
        Document(title=_sentence(dice, 5), summary=_sentence(dice, dice.randrange(25)))
        for _ in range(150)
    ]
    archive.executemany(
        "INSERT INTO text (rowid, title, summary) VALUES (?, ?, ?)",
        [(number, text.title, text.summary) for number, text in enumerate(texts)],
    )
    queries = [_query(dice) for _ in range(300)]
    index: TopicIndex[int] = TopicIndex()
    for number, (ours, _) in enumerate(queries):
        index.add(number, parse(ours), AliasSet())
    ours_by_text = [index.match(text) for text in texts]
    matched = 0
    for number, (ours, theirs) in enumerate(queries):
        rows = archive.execute("SELECT rowid FROM text WHERE text MATCH ?", (theirs,))
        expected = {row for (row,) in rows}
        assert {at for at, keys in enumerate(ours_by_text) if number in keys} == expected, ours
        matched += len(expected)
    assert matched > 1000
