"""What is read of a page: its article's beginning, whatever else the page is."""

from __future__ import annotations

from contextlib import suppress

import pytest

from bot.errors import ParseError
from bot.feeds.page_text import OPENING_CHARACTERS, opening_of
from bot.feeds.workers import ParseWorkers

URL = "https://harbour.example/2026/1"
STORY = (
    "The harbour of Meridian was opened again on Monday after three weeks of ice.",
    "The first ship to come in carried grain for two hundred bakeries, the port's office said.",
    "Pilots had asked for a narrower channel, but the council decided against it last week.",
)


def page(paragraphs: tuple[str, ...], *, around: str = "") -> bytes:
    told = "".join(f"<p>{one}</p>" for one in paragraphs)
    return (
        "<html><head><title>Harbour</title></head><body>"
        "<nav><a href='/'>Home</a><a href='/sport'>Sport</a><a href='/shop'>Shop</a></nav>"
        f"<article><h1>Harbour opens</h1>{told}</article>{around}"
        "<footer>All rights reserved. Subscribe to our newsletter.</footer></body></html>"
    ).encode()


def test_the_article_is_read_and_not_what_stands_around_it() -> None:
    opening = opening_of(page(STORY, around="<aside>Buy one, get one free</aside>"), url=URL)
    assert all(sentence in opening for sentence in STORY)
    assert not any(noise in opening for noise in ("Sport", "newsletter", "get one free"))


def test_only_the_beginning_is_kept() -> None:
    opening = opening_of(page(STORY * 40), url=URL)
    assert len(opening) <= OPENING_CHARACTERS
    assert opening.startswith(STORY[0])


@pytest.mark.parametrize(
    "body",
    [b"", b"\x00\xff\xfe", b"%PDF-1.7 ...", page(("Please log in to read on.",)), b"<html></html>"],
)
def test_a_stub_is_no_article(body: bytes) -> None:
    with pytest.raises(ParseError, match="no article"):
        opening_of(body, url=URL)


def test_what_is_hidden_or_dangerous_is_text_or_nothing() -> None:
    evil = "<script>alert(1)</script><p onclick='x()'>&lt;b&gt;bold&lt;/b&gt; \u202egnp.exe</p>"
    opening = opening_of(page(STORY, around=evil), url=URL)
    assert "alert" not in opening
    assert "\u202e" not in opening


async def test_a_page_that_is_an_attack_ends_within_the_worker_s_limits() -> None:
    nested = b"<div>" * 100_000 + b"deep" + b"</div>" * 100_000
    wide = page(STORY) + b"<table>" + b"<tr><td>x" * 300_000
    async with ParseWorkers(timeout_s=3) as workers:
        for body in (nested, wide):
            with suppress(ParseError):
                assert len(await workers.read_page(body, url=URL)) <= OPENING_CHARACTERS
        assert STORY[0] in await workers.read_page(page(STORY), url=URL)
