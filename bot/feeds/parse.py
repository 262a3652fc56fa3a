"""A feed's document -> articles. Sole importer of feedparser; runs in a worker process.

feedparser opens files and fetches URLs if it is handed a string that looks like one, so it only
ever gets a BytesIO. An ill-formed document ("bozo") is read as far as it goes, never dropped.
"""

from __future__ import annotations

import calendar
import io
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urljoin

import feedparser
from selectolax.lexbor import LexborHTMLParser

from bot.errors import ParseError
from bot.feeds.jsonfeed import looks_like_json, parse_json_feed
from bot.feeds.normalise import (
    SUMMARY_CHARACTERS,
    TITLE_CHARACTERS,
    canonical_url,
    clamp_date,
    clean_text,
    html_to_text,
)
from bot.model.article import ParsedArticle, ParsedFeed

_ROOT = re.compile(rb"<(?![?!])\s*([\w:.-]+)")
_FIRST_IMAGE = re.compile(r"<img\b[^>]*?\bsrc\s*=\s*[\"']?(https?://[^\"'\s>]+)", re.IGNORECASE)
_LISTED = 8


def parse(body: bytes, *, url: str, content_type: str = "", now: datetime) -> ParsedFeed:
    """Read RSS, Atom, RDF or JSON Feed. `url` resolves relative links.

    Raises ParseError if it is none of these; of a page that offers feeds, the message names them.
    """
    if looks_like_json(body):
        return _apart(parse_json_feed(body, url=url, now=now))
    root = _ROOT.search(body[:4096])
    if root is not None and root.group(1).lower() == b"html":
        raise ParseError(url, _page(body, url))
    headers = {"content-location": url}
    if content_type:
        headers["content-type"] = content_type
    try:
        document = feedparser.parse(
            io.BytesIO(body),
            response_headers=headers,
            sanitize_html=False,  # all markup is turned to text below and never rendered
            resolve_relative_uris=False,
        )
    except Exception as error:  # it raises whatever its codecs and dates raise
        raise ParseError(url, f"its document cannot be read ({type(error).__name__})") from error
    if not document.get("version") and not document.entries:
        raise ParseError(url, "it is not a feed")
    head: dict[str, Any] = document.feed
    language = _text(head.get("language"), 35)
    articles = []
    for entry in document.entries:
        try:
            articles.append(_article(entry, url=url, language=language, now=now))
        except (ValueError, TypeError, AttributeError, OverflowError):
            continue  # one bad item never costs the others
    return _apart(
        ParsedFeed(
            title=_text(head.get("title"), TITLE_CHARACTERS),
            articles=tuple(articles),
            home_url=canonical_url(str(head.get("link") or "")),
            language=language,
            ttl_s=_ttl(head.get("ttl")),
            bozo=str(document.get("bozo_exception", ""))[:200] if document.get("bozo") else "",
        )
    )


def _article(entry: Any, *, url: str, language: str, now: datetime) -> ParsedArticle:
    link = urljoin(url, str(entry.get("link") or "").strip())
    canonical = canonical_url(link)
    markup = _summary_markup(entry)
    return ParsedArticle(
        uid=str(entry.get("id") or "").strip()[:1000],
        url=link if canonical else "",
        canonical_url=canonical,
        title=_text(entry.get("title"), TITLE_CHARACTERS),
        summary=_text(markup, SUMMARY_CHARACTERS),
        published_at=clamp_date(_date(entry), now=now),
        authors=_names(entry.get("authors"), "name") or _names([entry.get("author")], None),
        categories=_names(entry.get("tags"), "term"),
        image_url=_image(entry, markup),
        language=_text(entry.get("language"), 35) or language,
        outlet=_text((entry.get("source") or {}).get("title"), 80),
    )


def _apart(feed: ParsedFeed) -> ParsedFeed:
    """Items that share an id but not a link are different items: their id is not believed."""
    links: dict[str, set[str]] = {}
    for article in feed.articles:
        links.setdefault(article.uid, set()).add(article.canonical_url or article.title)
    doubted = {uid for uid, found in links.items() if uid and len(found) > 1}
    if not doubted:
        return feed
    return replace(
        feed,
        articles=tuple(
            replace(article, uid="") if article.uid in doubted else article
            for article in feed.articles
        ),
    )


def _text(value: Any, limit: int) -> str:
    return clean_text(html_to_text(str(value)), limit=limit) if value else ""


def _summary_markup(entry: Any) -> str:
    """The item's own summary, else the first of its contents."""
    summary = str(entry.get("summary") or "")
    if summary.strip():
        return summary
    contents = entry.get("content") or ()
    return next((str(one.get("value") or "") for one in contents if one.get("value")), "")


def _date(entry: Any) -> datetime | None:
    """Published, else updated. `get("updated")` would fall back to published, hence the `in`."""
    for name in ("published_parsed", "updated_parsed", "created_parsed"):
        if entry.get(name):
            try:
                seconds = calendar.timegm(entry[name])
                return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
            except (ValueError, OverflowError, TypeError):
                continue
    return None


def _names(values: Any, key: str | None) -> tuple[str, ...]:
    found = (_text(value.get(key) if key else value, 80) for value in values or () if value)
    return tuple(dict.fromkeys(name for name in found if name))[:20]


def _image(entry: Any, markup: str) -> str | None:
    """A picture that the item names: media, an enclosure, or the first of its text."""
    candidates = [one.get("url") for one in entry.get("media_thumbnail") or ()]
    for one in (*(entry.get("media_content") or ()), *(entry.get("enclosures") or ())):
        kind = f"{one.get('medium', '')} {one.get('type', '')}"
        if "image" in kind:
            candidates.append(one.get("url") or one.get("href"))
    first = _FIRST_IMAGE.search(markup[:20_000])
    if first:
        candidates.append(first.group(1))
    return next((str(one) for one in candidates if one and canonical_url(str(one))), None)


def _ttl(value: Any) -> float | None:
    """RSS's ttl, minutes, as seconds."""
    try:
        return float(value) * 60 if value else None
    except ValueError:
        return None


def offered_feeds(body: bytes, url: str) -> tuple[str, ...]:
    """The feeds that a page links to by <link rel="alternate">, as absolute URLs."""
    tree = LexborHTMLParser(body[:200_000].decode("utf-8", "replace"))
    found = []
    for link in tree.css("link[rel~=alternate][href]"):
        kind = (link.attributes.get("type") or "").lower()
        if kind in ("application/rss+xml", "application/atom+xml", "application/feed+json"):
            found.append(canonical_url(urljoin(url, link.attributes.get("href") or "")))
    return tuple(dict.fromkeys(one for one in found if one))


def _page(body: bytes, url: str) -> str:
    offered = offered_feeds(body, url)
    if not offered:
        return "it is a web page, not a feed"
    more = f" and {len(offered) - _LISTED} more" if len(offered) > _LISTED else ""
    return f"it is a web page, not a feed, but it offers: {', '.join(offered[:_LISTED])}{more}"
