"""The `semantic` extra: asked for without its library it says so; what reports mean is kept."""

from __future__ import annotations

import importlib.util

import pytest
from sqlalchemy import select

from bot.errors import SettingsError
from bot.pipeline import meaning
from bot.pipeline.ingest import Desk
from bot.storage.database import Database
from bot.storage.tables import article
from bot.storage.window import placed_since
from bot.stories.likeness import MEANING_SCALE, Meant
from tests.clock import START, Clock
from tests.newsdesk import Newsdesk
from tests.newsdesk import article as an_article

WAR, PEACE = bytes([127] * 9 + [0] * 9), bytes([0] * 9 + [127] * 9)
TOLD = (
    (
        "Truce weighed on the coast",
        (
            "Envoys in Miami compared maps, lists of prisoners and timetables for harbours and"
            " bridges, and set Friday as the date."
        ),
    ),
    (
        "Ceasefire: doors stay shut",
        (
            "Borders, money, grain, monitors and amnesties were argued about until Friday, as Miami"
            " saw envoys and generals."
        ),
    ),
)


def of(text: str) -> bytes:
    """By hand: what is about a truce means one thing, all else another."""
    return PEACE if "truce" in text.lower() or "ceasefire" in text.lower() else WAR


def test_without_its_library_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meaning, "find_spec", lambda _: None)
    with pytest.raises(SettingsError, match=r"install wirewatch\[semantic\]"):
        meaning.load_meaning()


@pytest.mark.parametrize("extra", [True, False])
async def test_what_means_the_same_joins_and_a_restart_knows_it(
    database: Database, clock: Clock, *, extra: bool
) -> None:
    newsdesk = await Newsdesk.open(database, clock)
    feed = await newsdesk.follow("https://a.example/feed")
    way = of if extra else None
    for number, (title, lead) in enumerate(TOLD):
        # Another desk each time: it knows the first report from the database alone.
        desk = Desk(database=database, now=clock, similar=True, meaning=way)
        await desk.start()
        told = an_article(title, summary=lead, at=START, uid=str(number))
        await desk.ingest([await newsdesk.poll(feed, [told])])
    async with database.read() as connection:
        stories = list((await connection.execute(select(article.c.story_id))).scalars())
        since = START.replace(year=2000)
        placed = [one async for some in placed_since(connection, since) for one in some]
    assert len(set(stories)) == (1 if extra else 2)
    assert [one.meaning for one in placed] == [PEACE if extra else b""] * 2


@pytest.mark.skipif(importlib.util.find_spec("wordllama") is None, reason="needs the extra")
def test_its_vectors_tell_near_from_far() -> None:
    mean = meaning.load_meaning()
    story = Meant()
    story.add(mean("Ceasefire negotiators gather in Florida"))
    near, far = (
        story.near(mean(text)) for text in ("Truce talks begin in Miami", "Best pasta recipes")
    )
    assert near > far + 0.2
    assert story.near(mean("Ceasefire negotiators gather in Florida")) == pytest.approx(1, abs=0.05)
    assert mean("") == b""
    assert MEANING_SCALE > 127
