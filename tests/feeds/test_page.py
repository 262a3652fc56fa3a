from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.feeds.page import is_page, offered_feeds, page_complaint, root_name

URL = "https://harbour.example/news/"


@pytest.mark.parametrize(
    ("text", "root"),
    [
        ("<rss version='2.0'>", "rss"),
        ("<?xml version='1.0'?>\n<!-- hi -->\n<feed>", "feed"),
        ("<!DOCTYPE html PUBLIC '-//W3C'><HTML>", "html"),
        ("<!DOCTYPE rss [<!ENTITY a 'b>'> <!ENTITY c 'd'>]><rss>", "rss"),
        ("<?xml-stylesheet href='a'?><rdf:RDF>", "rdf:rdf"),
        ("text <rss>", ""),
        ("", ""),
        ("<!-- never closed <html>", ""),
        ("<?" * 100_000, ""),
        ("<!--" * 100_000, ""),
        ("<!doctype [" * 100_000, ""),
    ],
    ids=range(11),
)
def test_the_root_is_sniffed(text: str, root: str) -> None:
    assert root_name(text) == root
    assert is_page(text) is (root == "html")


def link(**attributes: str) -> str:
    listed = " ".join(f'{name}="{value}"' for name, value in attributes.items())
    return f"<link {listed}>"


def test_offers() -> None:
    page = (
        "<html><base href='/base/'>"
        + link(rel="alternate", type="application/rss+xml", href="feed")
        + link(rel="alternate", type="application/rss+xml", href="feed")
        + link(rel="alternate feed", type="application/feed+json", href="//j.example/feed.json")
        + link(rel="alternate", type="application/atom+xml", href="javascript:alert(1)")
        + link(rel="alternate", type="application/atom+xml", href="/a?b=1&amp;c=2")
        + link(rel="stylesheet", type="application/rss+xml", href="no")
    )
    assert offered_feeds(page, URL) == (
        "https://harbour.example/base/feed",
        "https://j.example/feed.json",
        "https://harbour.example/a?b=1&c=2",
    )


def test_long_lists_are_cut() -> None:
    page = "".join(
        link(rel="alternate", type="application/rss+xml", href=f"/{n}") for n in range(12)
    )
    assert page_complaint(offered_feeds(page, URL)).endswith("https://harbour.example/7 and 4 more")


@given(st.text(st.sampled_from("<>!-[]?link base href='/' rel=alternate \n\"\ud800"), max_size=200))
def test_no_page_makes_it_raise(text: str) -> None:
    root_name(text)
    page_complaint(offered_feeds(text, URL))
