"""What takes long waits for its like; everybody else does not."""

from __future__ import annotations

import asyncio

import pytest

from bot.errors import ParseError
from bot.feeds import lanes
from bot.feeds.lanes import ParseLanes
from bot.feeds.parse import parse
from tests.feeds import documents
from tests.feeds.conftest import NOW
from tests.feeds.killers import KILLERS

URL = "https://harbour.example/feed"
HANGS = KILLERS["a long author"]


async def test_what_hangs_is_cut_short_and_holds_up_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lanes, "QUICK_S", 0.3)
    async with ParseLanes(timeout_s=2) as parser:
        attacks = [asyncio.create_task(parser.parse(HANGS, url=URL, now=NOW)) for _ in range(3)]
        expected = parse(documents.RSS_20, url=URL, now=NOW)
        read = 0
        while not attacks[0].done():
            try:
                assert await parser.parse(documents.RSS_20, url=URL, now=NOW) == expected
                read += 1
            except ParseError:  # on a busy machine anything may take too long at times
                pass
        assert read > 1
        with pytest.raises(ParseError, match=r"took longer than 1\.6 s"):
            await attacks[0]
        for attack in attacks:
            attack.cancel()
        await asyncio.gather(*attacks, return_exceptions=True)


async def test_what_is_only_large_is_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "QUICK_S", 0.0)
    async with ParseLanes() as parser:
        feed = await parser.parse(documents.RSS_20, url=URL, now=NOW)
    assert feed == parse(documents.RSS_20, url=URL, now=NOW)


async def test_too_many_at_once_are_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "QUICK_S", 0.0)
    monkeypatch.setattr(lanes, "MOST_WAITING", 1)
    async with ParseLanes() as parser:
        first = asyncio.create_task(parser.parse(HANGS, url=URL, now=NOW))
        while not parser._waiting:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)
        with pytest.raises(ParseError, match="too many such are before it"):
            await parser.parse(HANGS, url=URL, now=NOW)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
