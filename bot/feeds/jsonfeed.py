"""JSON Feed 1.0 and 1.1 (jsonfeed.org/version/1.1) -> articles. feedparser does not read it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin

from bot.errors import ParseError
from bot.feeds.normalise import (
    SUMMARY_CHARACTERS,
    TITLE_CHARACTERS,
    canonical_url,
    clamp_date,
    clean_text,
    html_to_text,
)
from bot.model.article import ParsedArticle, ParsedFeed


def looks_like_json(body: bytes) -> bool:
    """Whether the first character that is no space or byte order mark opens an object."""
    return body[:256].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{"


def parse_json_feed(body: bytes, *, url: str, now: datetime) -> ParsedFeed:
    """Raises ParseError if it is not a JSON Feed. Items that are no objects are skipped."""
    try:
        document = json.loads(body.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError) as error:
        raise ParseError(url, "its JSON cannot be read") from error
    version = document.get("version") if isinstance(document, dict) else None
    items = document.get("items") if isinstance(document, dict) else None
    if not isinstance(version, str) or "jsonfeed.org" not in version or not isinstance(items, list):
        raise ParseError(url, "it is JSON, but not a JSON Feed")
    language = _string(document.get("language"))[:35]
    return ParsedFeed(
        title=clean_text(_string(document.get("title")), limit=TITLE_CHARACTERS),
        articles=tuple(
            _article(item, url=url, language=language, now=now)
            for item in items
            if isinstance(item, dict)
        ),
        home_url=canonical_url(_string(document.get("home_page_url"))),
        language=language,
    )


def _article(item: dict[str, Any], *, url: str, language: str, now: datetime) -> ParsedArticle:
    link = urljoin(url, _string(item.get("url"))) if item.get("url") else ""
    canonical = canonical_url(link)
    text = (
        _string(item.get("summary"))
        or _string(item.get("content_text"))
        or html_to_text(_string(item.get("content_html")))
    )
    image = _string(item.get("image")) or _string(item.get("banner_image"))
    return ParsedArticle(
        # Ids should be strings; the specification asks readers to accept numbers.
        uid=str(item.get("id") if isinstance(item.get("id"), (str, int, float)) else "")[:1000],
        url=link if canonical else "",
        canonical_url=canonical,
        title=clean_text(_string(item.get("title")), limit=TITLE_CHARACTERS),
        summary=clean_text(text, limit=SUMMARY_CHARACTERS),
        published_at=clamp_date(
            _date(item.get("date_published")) or _date(item.get("date_modified")), now=now
        ),
        authors=_authors(item),
        categories=tuple(
            clean_text(tag, limit=80) for tag in _list(item.get("tags")) if isinstance(tag, str)
        )[:20],
        image_url=image if canonical_url(image) else None,
        language=_string(item.get("language"))[:35] or language,
    )


def _authors(item: dict[str, Any]) -> tuple[str, ...]:
    """1.1 has `authors`, 1.0 had `author`."""
    listed = _list(item.get("authors")) or [item.get("author")]
    names = [
        clean_text(_string(one.get("name")), limit=80) for one in listed if isinstance(one, dict)
    ]
    return tuple(name for name in names if name)[:20]


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _date(value: Any) -> datetime | None:
    """RFC 3339; a date without a zone counts as UTC."""
    try:
        at = datetime.fromisoformat(_string(value))
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
