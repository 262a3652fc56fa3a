from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.feeds.discover import AT_MOST, candidates, feeds_of_site
from tests.feeds.documents import PAGE

CHANNEL = "UC" + "x" * 22


@pytest.mark.parametrize(
    ("url", "feeds"),
    [
        (
            f"https://www.youtube.com/channel/{CHANNEL}/videos",
            [f"https://www.youtube.com/feeds/videos.xml?channel_id={CHANNEL}"],
        ),
        (
            "https://m.youtube.com/playlist?list=PLabcdefghij",
            ["https://www.youtube.com/feeds/videos.xml?playlist_id=PLabcdefghij"],
        ),
        ("https://www.youtube.com/@harbour", []),
        ("https://old.reddit.com/r/worldnews/", ["https://www.reddit.com/r/worldnews/.rss"]),
        ("https://www.reddit.com/r/a/top/?t=day", ["https://www.reddit.com/r/a/top/.rss"]),
        (
            "https://github.com/a/b.git",
            [
                "https://github.com/a/b/releases.atom",
                "https://github.com/a/b/tags.atom",
                "https://github.com/a/b/commits.atom",
            ],
        ),
        ("https://github.com/a", ["https://github.com/a.atom"]),
        ("https://mastodon.example/@ada", ["https://mastodon.example/@ada.rss"]),
        ("https://harbour.substack.com/p/talks", ["https://harbour.substack.com/feed"]),
        ("https://medium.com/@ada", ["https://medium.com/feed/@ada"]),
        ("https://ada.medium.com/x", ["https://ada.medium.com/feed"]),
        ("https://bsky.app/profile/a.example", ["https://bsky.app/profile/a.example/rss"]),
        ("https://notreddit.com/r/a", []),
        ("https://example.org/", []),
        ("ftp://github.com/a/b", []),
    ],
)
def test_sites_are_known(url: str, feeds: list[str]) -> None:
    assert list(feeds_of_site(url)) == feeds


def test_linked_feeds_come_first() -> None:
    found = candidates(PAGE.decode(), "https://harbour.example/news/today")
    assert found[:2] == ("https://harbour.example/feed.xml", "https://harbour.example/atom")
    assert "https://harbour.example/news/feed" in found
    assert "https://harbour.example/rss.xml" in found
    assert len(found) == len(set(found)) <= AT_MOST


def test_links_that_read_like_feeds() -> None:
    page = (
        "<a href='/services/rss?x=1&amp;y=2#top'>RSS</a><a class=x href=/feeds/world.xml>W</a>"
        "<a href='/feedback'>no</a><a href='/feeder-cattle'>no</a>"
        "<a href='https://feedly.com/i/subscription/feed/x'>no</a>"
    )
    found = candidates(page, "https://harbour.example/")
    assert found[:3] == (
        "https://harbour.example/services/rss?x=1&y=2",
        "https://harbour.example/feeds/world.xml",
        "https://harbour.example/feed",
    )


def test_a_youtube_handle_hides_its_channel_in_the_page() -> None:
    page = f'<html><script>var x = {{"externalId":"{CHANNEL}"}}</script>'
    (first, *_) = candidates(page, "https://www.youtube.com/@harbour")
    assert first == f"https://www.youtube.com/feeds/videos.xml?channel_id={CHANNEL}"


@given(st.text(max_size=100), st.text(max_size=50).map(lambda tail: f"https://a.example/{tail}"))
def test_candidates_are_web_addresses(page: str, url: str) -> None:
    for found in candidates(page, url):
        assert found.startswith(("https://", "http://"))
        assert found != url


@pytest.mark.parametrize("page", ["<a " * 300_000, "<a href=" * 100_000, "<link" * 200_000])
def test_long_pages_are_read_in_bounds(page: str) -> None:
    candidates(page, "https://a.example/")
