from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import CommandError
from bot.feeds.normalise import clean_text
from bot.feeds.opml import OpmlFeed, parse_opml, write_opml

NESTED = """<?xml version="1.0" encoding="UTF-8"?>
<opml version="2.0"><head><title>Mine</title></head><body>
  <outline text="World">
    <outline type="rss" text="Harbour" title="The Harbour Post" xmlUrl="https://h.example/feed"/>
    <outline text="Ships"><outline text="Tugs" xmlurl="https://t.example/feed"/></outline>
    <outline text="Again" xmlUrl="https://h.example/feed"/>
  </outline>
  <outline text="Loose" XMLURL="https://l.example/feed?a=1&amp;b=2"/>
  <outline text="No feed" htmlUrl="https://n.example/"/>
</body></opml>"""

EXPECTED = (
    OpmlFeed(url="https://h.example/feed", name="The Harbour Post", category="World"),
    OpmlFeed(url="https://t.example/feed", name="Tugs", category="Ships"),
    OpmlFeed(url="https://l.example/feed?a=1&b=2", name="Loose"),
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_folders_and_spellings(encoding: str) -> None:
    assert parse_opml(NESTED.encode(encoding)) == EXPECTED


def test_utf_16() -> None:
    assert parse_opml(NESTED.replace("UTF-8", "UTF-16").encode("utf-16")) == EXPECTED


def test_bare_ampersands_are_forgiven() -> None:
    assert parse_opml(NESTED.replace("&amp;", "&").encode()) == EXPECTED


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not well-formed"),
        (b"hello", "not well-formed"),
        (NESTED.encode()[:-30], "not well-formed"),
        (b"<opml/>", "lists no feeds"),
        (b"<html><body><p/></body></html>", "lists no feeds"),
        (b"<!DOCTYPE opml><opml/>", "document type"),
        (b'<!DOCTYPE o [<!ENTITY a "b">]><o>&a;</o>', "document type"),
        ('<!DOCTYPE o [<!ENTITY a "b">]><o>&a;</o>'.encode("utf-16"), "document type"),
        (b"<?xml version='1.0' encoding='nope'?><opml/>", "not well-formed"),
        (b"x" * 10_000_001, "larger than 10 MB"),
        (
            b"<opml>"
            + b"".join(b"<outline xmlUrl='u%d'/>" % n for n in range(20_001))
            + b"</opml>",
            "more than 20,000",
        ),
    ],
    ids=range(11),
)
def test_what_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(CommandError, match=message) as caught:
        parse_opml(content)
    assert caught.value.hint


def test_deep_nesting_is_read() -> None:
    depth = 20_000
    content = "<opml>" + "<outline>" * depth + "<outline xmlUrl='u'/>" + "</outline>" * depth
    assert len(parse_opml(f"{content}</opml>".encode())) == 1


def test_what_is_written_is_opml() -> None:
    written = write_opml(
        [OpmlFeed(url="https://a.example/?x=1&y=2", name="A <&> \x00B")], title="T"
    )
    assert written.startswith(b"<?xml version='1.0' encoding='utf-8'?>\n<opml version=\"2.0\">")
    assert parse_opml(written) == (OpmlFeed(url="https://a.example/?x=1&y=2", name="A <&> B"),)


NAMES = st.text(max_size=20).map(lambda text: clean_text(text, limit=80))
FEEDS = st.lists(
    st.builds(
        OpmlFeed,
        url=st.from_regex(r"https://[a-z]{1,8}\.example/[ -~]{0,10}", fullmatch=True).map(
            str.strip
        ),
        name=NAMES.filter(bool),
        category=NAMES,
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda feed: feed.url,
)


@given(FEEDS)
def test_there_and_back(feeds: list[OpmlFeed]) -> None:
    again = parse_opml(write_opml(feeds, title="T"))
    assert sorted(again, key=lambda feed: feed.url) == sorted(feeds, key=lambda feed: feed.url)


@given(
    st.binary(max_size=200)
    | st.text(st.sampled_from("<>/opml outline xmlUrl='a'&;!"), max_size=80).map(str.encode)
)
def test_nothing_but_a_command_error(content: bytes) -> None:
    with contextlib.suppress(CommandError):
        parse_opml(content)
