from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import ParseError
from bot.feeds.jsonfeed import parse_json_feed
from bot.model.article import ParsedArticle, ParsedFeed
from tests.feeds.conftest import NOW
from tests.feeds.documents import JSON_10, JSON_11

URL = "https://harbour.example/feed.json"


def read(document: Any) -> ParsedFeed:
    return parse_json_feed(json.dumps(document), url=URL, now=NOW)


def test_version_11() -> None:
    feed = parse_json_feed(JSON_11.decode(), url=URL, now=NOW)
    assert feed.title == "The Harbour Post"
    assert feed.home_url == "https://harbour.example/"
    first, second = feed.articles
    assert first == ParsedArticle(
        uid="post-7",
        url="https://harbour.example/2026/03/talks?utm_source=json",
        canonical_url="https://harbour.example/2026/03/talks",
        title="Talks begin in Miami",
        summary="Envoys met today.",
        published_at=datetime(2026, 3, 14, 9, 0, tzinfo=UTC),
        authors=("Ada Quist",),
        categories=("World",),
        image_url="https://harbour.example/7.jpg",
        language="en-GB",
    )
    assert (second.uid, second.url) == ("6", "https://harbour.example/2026/03/ferry")
    assert second.published_at is None


def test_version_10() -> None:
    first, second = parse_json_feed(JSON_10.decode(), url=URL, now=NOW).articles
    assert first.authors == ("Ada Quist",)
    assert first.published_at == datetime(2026, 3, 14, 9, 0, tzinfo=UTC)
    assert second.url == "https://elsewhere.example/x"


@pytest.mark.parametrize(
    "item",
    [
        {"id": True},
        {"id": None, "url": 5, "title": [], "authors": "x", "tags": {"a": 1}},
        {"id": {"a": 1}, "authors": [None, "x", {"name": 5}], "tags": [None, 1]},
        {"url": "http://[::1", "date_published": "soon", "image": "javascript:x"},
        {"title": "a\ud800b\u0000"},
        {"date_published": 20260314},
    ],
)
def test_odd_items_are_read_as_far_as_they_go(item: dict[str, Any]) -> None:
    feed = read(
        {"version": "https://jsonfeed.org/version/1", "items": [item, 5, None, {"id": "z"}]}
    )
    assert len(feed.articles) == 2
    assert feed.articles[1].uid == "z"


@pytest.mark.parametrize("document", [{}, [], 5, "x", None, {"items": 5}, {"items": []}])
def test_other_json_is_no_feed(document: Any) -> None:
    with pytest.raises(ParseError):
        read(document)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "url", "title", "authors", "author", "name", "tags", "image"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)


@given(JSON)
def test_nothing_but_a_parse_error(item: Any) -> None:
    read({"version": "https://jsonfeed.org/version/1", "items": [item], "title": item})
