"""JSON Feed 1.0 and 1.1 (jsonfeed.org/version/1.1) -> articles. feedparser does not read it."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from bot.errors import ParseError
from bot.feeds.dates import iso_date
from bot.feeds.links import absolute_url, canonical_url
from bot.feeds.normalise import (
    SUMMARY_CHARACTERS,
    TITLE_CHARACTERS,
    clamp_date,
    clean_names,
    clean_uid,
    language_tag,
    settle_ids,
)
from bot.feeds.text import clean_text, first_image, html_to_text
from bot.model.article import ParsedArticle, ParsedFeed


def looks_like_json(text: str) -> bool:
    """Whether the first character that is no space opens an object or a list."""
    return text[:256].lstrip()[:1] in ("{", "[")


def parse_json_feed(text: str, *, url: str, now: datetime) -> ParsedFeed:
    """Raises ParseError if it is not a JSON Feed. Items that are no objects are skipped.

    The version is not insisted on: real feeds leave it out. A list of items is.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ParseError(url, "its JSON cannot be read") from error
    items = document.get("items") if isinstance(document, dict) else None
    version = _string(document.get("version")) if isinstance(document, dict) else ""
    if not isinstance(items, list) or not ("jsonfeed" in version or "title" in document):
        raise ParseError(url, "not a feed: it is JSON, but not a JSON Feed")
    language = language_tag(_string(document.get("language")))
    articles = (
        _article(item, url=url, language=language, now=now)
        for item in items
        if isinstance(item, dict)
    )
    return ParsedFeed(
        title=clean_text(html_to_text(_string(document.get("title"))), limit=TITLE_CHARACTERS),
        articles=settle_ids(articles),
        home_url=canonical_url(absolute_url(url, _string(document.get("home_page_url")))),
        language=language,
    )


def _article(item: dict[str, Any], *, url: str, language: str, now: datetime) -> ParsedArticle:
    # `external_url` is what a link post is about; `url` is its own page, as in every other format.
    own = absolute_url(url, _string(item.get("url")))
    link = own or absolute_url(url, _string(item.get("external_url")))
    markup = _string(item.get("content_html"))
    text = _string(item.get("summary")) or _string(item.get("content_text"))
    picture = _string(item.get("image")) or _string(item.get("banner_image")) or first_image(markup)
    return ParsedArticle(
        uid=clean_uid(_id(item.get("id"))),
        url=link,
        canonical_url=canonical_url(link),
        title=clean_text(_string(item.get("title")), limit=TITLE_CHARACTERS),
        summary=clean_text(text or html_to_text(markup), limit=SUMMARY_CHARACTERS),
        published_at=clamp_date(
            iso_date(_string(item.get("date_published")))
            or iso_date(_string(item.get("date_modified"))),
            now=now,
        ),
        authors=clean_names(_authors(item)),
        categories=clean_names(_string(tag) for tag in _list(item.get("tags"))),
        image_url=absolute_url(url, picture) or None,
        language=language_tag(_string(item.get("language"))) or language,
    )


def _id(value: Any) -> str:
    """Ids should be strings; the specification asks readers to accept numbers."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def _authors(item: dict[str, Any]) -> list[str]:
    """1.1 has `authors`, 1.0 had `author`."""
    listed = _list(item.get("authors")) or [item.get("author")]
    return [_string(one.get("name")) for one in listed if isinstance(one, dict)]


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
