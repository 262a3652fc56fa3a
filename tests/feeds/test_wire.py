from __future__ import annotations

import json
from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.feeds.wire import HEADER, feed_from, feed_to, pack
from bot.model.article import ParsedArticle, ParsedFeed

DATES = st.none() | st.datetimes(timezones=st.just(UTC))
ARTICLES = st.builds(ParsedArticle, published_at=DATES)


@given(st.builds(ParsedFeed, articles=st.lists(ARTICLES, max_size=3).map(tuple)))
def test_there_and_back(feed: ParsedFeed) -> None:
    message = pack({"feed": feed_to(feed)})
    (size,) = HEADER.unpack(message[: HEADER.size])
    assert size == len(message) - HEADER.size
    assert feed_from(json.loads(message[HEADER.size :])["feed"]) == feed


def test_other_things_are_not_packed() -> None:
    with pytest.raises(TypeError):
        pack({"x": object()})
