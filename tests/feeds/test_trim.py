"""Trimming changes nothing but the time: the articles that stay are those of the whole document."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import ParseError
from bot.feeds.encoding import decode
from bot.feeds.parse import parse, parse_news
from bot.feeds.trim import trim
from tests.feeds import documents, test_corpus
from tests.feeds.conftest import NOW
from tests.feeds.documents import rss

URL = "https://harbour.example/feed"


def source(body: bytes) -> bytes:
    return decode(body).text.encode()


def check(body: bytes, known: set[int]) -> bool:
    """Trim the items with these numbers; whether it could be done."""
    hashes = trim(source(body), ()).hashes
    if not hashes:
        return False
    full = parse(body, url=URL, now=NOW)
    assert len(hashes) == len(full.articles)
    cut = {hashes[number] for number in known}
    news = parse_news(body, url=URL, now=NOW, known=cut)
    if not news.hashes:
        assert news.feed == full
        return False
    left = [one for one, hash_ in zip(full.articles, hashes, strict=True) if hash_ not in cut]
    assert news.hashes == hashes
    assert list(news.feed.articles) == left
    if left:
        assert (news.feed.title, news.feed.home_url) == (full.title, full.home_url)
        assert (news.feed.ttl_s, news.feed.bozo) == (full.ttl_s, full.bozo)
    return True


@pytest.mark.parametrize(
    "body",
    [
        documents.RSS_20,
        documents.ATOM_10,
        documents.ATOM_03,
        documents.RDF_10,
        documents.RSS_090,
        documents.RSS_20.decode().encode("utf-16"),
        documents.RSS_20.replace(b"<item>", b"<ITEM>").replace(b"</item>", b"</ITEM >"),
        rss("<title>a</title>", "<!-- </item><item> --><title>b</title>"),
        rss("<title><![CDATA[</item>]]>a</title>", "<title>b]]&gt;</title>"),
        rss("<title>a</title><x y='> /&gt;'/>", "<title>b</title>"),
        rss("<title>x</title>").replace(b"<item>", b'<item a="1>2"/><item b=\'"/>\'>'),
    ],
)
@pytest.mark.parametrize("known", [{0}, {1}, {0, 1}, set()])
def test_what_stays_is_the_same(body: bytes, known: set[int]) -> None:
    assert check(body, known)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (rss("<title>a & b</title>"), "ill-formed"),
        (rss("<x:y/>"), "ill-formed"),
        (documents.RSS_20[:-9], "ill-formed"),
        (b"<!DOCTYPE rss>" + rss("<title>a</title>"), "document type"),
        (rss("<title>a</title><item/>"), "items within items"),
        (rss("<title>a</title><entry/>"), "items within items"),
        (b'<x:rss xmlns:x="u"><x:item/></x:rss>', "prefix"),
        (b"\x00\xff", "ill-formed"),
        (b"", "ill-formed"),
    ],
)
def test_what_is_left_whole(body: bytes, why: str) -> None:
    trimmed = trim(body, ())
    assert why in trimmed.whole
    assert trimmed.document == body
    assert trimmed.hashes == ()


def test_a_repeated_id_leaves_a_document_whole() -> None:
    body = rss("<guid>1</guid><title>a</title>", "<guid>1</guid><title>b</title>")
    (first, _) = trim(body, ()).hashes
    assert trim(body, {first}).whole == "it repeats an id"
    news = parse_news(body, url=URL, now=NOW, known={first})
    assert news.feed == parse(body, url=URL, now=NOW)


def test_a_prefix_bound_twice_leaves_a_document_whole() -> None:
    body = rss('<a:b xmlns:a="u"/><title>a</title>', '<a:b xmlns:a="v"/><title>b</title>')
    (first, _) = trim(body, ()).hashes
    assert "prefix" in trim(body, {first}).whole


def test_an_edited_item_is_news() -> None:
    known = trim(documents.RSS_20, ()).hashes or trim(source(documents.RSS_20), ()).hashes
    edited = documents.RSS_20.replace(b"No one was hurt", b"Two were hurt")
    news = parse_news(edited, url=URL, now=NOW, known=known)
    assert [one.uid for one in news.feed.articles] == ["post-6"]


def test_nothing_new_parses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("it was parsed")

    known = trim(source(documents.RSS_20), ()).hashes
    monkeypatch.setattr("feedparser.parse", refuse)
    rebuilt = documents.RSS_20.replace(b"<ttl>30", b"<lastBuildDate>now</lastBuildDate><ttl>30")
    news = parse_news(rebuilt, url=URL, now=NOW, known=known)
    assert news.feed.articles == ()
    assert news.hashes == known


def test_an_empty_feed_is_parsed() -> None:
    news = parse_news(rss(), url=URL, now=NOW, known=())
    assert (news.feed.title, news.hashes) == ("T", ())


# fmt: off
_SCRAPS = (
    "<item>", "</item>", "<item/>", "<entry>", "<![CDATA[", "]]>", "<!--", "-->", "<?x", "?>",
    "<a b='", "'>", "</a>", "text", "<guid>1</guid>", "<title>t</title>", "<ITEM >", "&lt;",
)
# fmt: on
SCRAPS = st.lists(st.sampled_from(_SCRAPS), max_size=14).map("".join)


@given(SCRAPS, st.randoms())
def test_any_document_is_trimmed_right_or_left_whole(inside: str, rnd: random.Random) -> None:
    body = f'<rss version="2.0"><channel><title>T</title>{inside}</channel></rss>'.encode()
    count = len(trim(body, ()).hashes)
    check(body, {number for number in range(count) if rnd.random() < 0.5})


@pytest.mark.parametrize(
    "body",
    [
        b"<rss>" + b"<![CDATA[" * 200_000,
        b"<rss><!--" + b"-" * 1_000_000,
        b"<rss>" + b"<item" * 200_000,
        b"<rss>" + b"<item a='" * 100_000,
        b"<rss>" + b"<item>" * 200_000,
        rss(*["<guid>"] * 50_000),
        rss(f"<x>{']' * 1_000_000}</x>", "<title>a</title>"),
        rss(*["<guid>1</guid >"] * 20_000),
    ],
    ids=range(8),
)
def test_hostile_documents_are_trimmed_in_bounds(body: bytes) -> None:
    trim(body, trim(body, ()).hashes[:1])


@pytest.mark.skipif(not test_corpus.CORPUS.exists(), reason="the corpus of real feeds is missing")
def test_real_feeds_are_trimmed_right() -> None:
    rnd = random.Random(7)
    trimmed = 0
    for _, body in test_corpus.sample():
        if re.match(rb"\s*[{\[]", body):
            continue
        try:
            count = len(trim(source(body), ()).hashes)
            trimmed += check(body, {one for one in range(count) if rnd.random() < 0.5})
        except ParseError:
            continue
    assert trimmed >= 100
