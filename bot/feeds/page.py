"""A web page where a feed was expected: recognises one, and names the feeds it links to."""

from __future__ import annotations

import re
from itertools import islice

from selectolax.lexbor import LexborHTMLParser

from bot.errors import ParseError
from bot.feeds.links import absolute_url

PAGE_CHARACTERS = 1_000_000
"""How much of a page is searched for links to feeds."""
_LINKS = 1000
_LISTED = 8
_FLAGS = re.IGNORECASE | re.DOTALL
_PROLOGUE = re.compile(r"\s+|<\?[^>]*>|<!--.*?-->|<!doctype\b(?:[^\[>]|\[[^\]]*\])*>", _FLAGS)
_LINK = re.compile(r"<(?:link|base)\b[^<>]{1,2000}>", re.IGNORECASE)
_TAG = re.compile(r"<([\w:.-]+)")
_PAGE_ROOTS = ("html", "head", "body", "xhtml:html")
_KINDS = (
    "application/rss+xml",
    "application/atom+xml",
    "application/rdf+xml",
    "application/feed+json",
)


class PageError(ParseError):
    """The document is a web page. `offered` are the feeds that it links to as such, `guesses`
    where others may be, best first."""

    def __init__(
        self, url: str, reason: str, *, offered: tuple[str, ...] = (), guesses: tuple[str, ...] = ()
    ) -> None:
        super().__init__(url, reason)
        self.offered = offered
        self.guesses = guesses


def root_name(text: str) -> str:
    """The first element's name in lower case, or "". Reads 10,000 characters at most."""
    at = 0
    while found := _PROLOGUE.match(text, at, 10_000):
        at = found.end()
    tag = _TAG.match(text, at)
    return tag.group(1).lower() if tag else ""


def is_page(text: str) -> bool:
    """Whether the document's root is a page's. feedparser takes 21 s for 4.5 MB of it."""
    return root_name(text) in _PAGE_ROOTS


def offered_feeds(text: str, url: str) -> tuple[str, ...]:
    """The feeds that a page at `url` links to by <link rel="alternate">, absolute, each once."""
    # Only the tags in question are given to the parser: a page may be nested without end.
    links = (one.group() for one in _LINK.finditer(text, 0, PAGE_CHARACTERS))
    page = "".join(islice(links, _LINKS)).encode("utf-8", "replace").decode("utf-8")
    tree = LexborHTMLParser(page)
    base = tree.css_first("base[href]")
    if base is not None:
        url = absolute_url(url, base.attributes.get("href") or "") or url
    found = []
    for link in tree.css("link[rel~=alternate i][href]"):
        kind = (link.attributes.get("type") or "").partition(";")[0].strip().lower()
        if kind in _KINDS:
            found.append(absolute_url(url, link.attributes.get("href") or ""))
    return tuple(dict.fromkeys(one for one in found if one))


def page_complaint(offered: tuple[str, ...]) -> str:
    """Why a page cannot be followed, with the addresses to follow instead."""
    if not offered:
        return "not a feed but a web page, and it names no feed"
    more = f" and {len(offered) - _LISTED} more" if len(offered) > _LISTED else ""
    return f"not a feed, but this page offers: {', '.join(offered[:_LISTED])}{more}"
