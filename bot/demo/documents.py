"""An outlet's listings as the bytes of an RSS 2.0, Atom 1.0 or JSON Feed 1.1 document.

The same listings give the same bytes: nothing here depends on when it is asked.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from bot.demo.outlets import FeedFormat, Listing, Outlet

if TYPE_CHECKING:
    from collections.abc import Sequence

CONTENT_TYPES = {
    FeedFormat.RSS: "application/rss+xml",
    FeedFormat.ATOM: "application/atom+xml",
    FeedFormat.JSON: "application/feed+json",
}

_ATOM = "http://www.w3.org/2005/Atom"


def document(outlet: Outlet, listings: Sequence[Listing], started: datetime) -> bytes:
    """The feed of `outlet` with `listings`; `started` (aware UTC) is when the demo began."""
    match outlet.format:
        case FeedFormat.RSS:
            return _rss(outlet, listings, started)
        case FeedFormat.ATOM:
            return _atom(outlet, listings, started)
        case FeedFormat.JSON:
            return _json_feed(outlet, listings, started)


def _moment(started: datetime, offset_s: float) -> datetime:
    """Whole seconds: RSS has no finer dates, and three formats should tell one time."""
    return (started + timedelta(seconds=offset_s)).replace(microsecond=0)


def _updated(listings: Sequence[Listing], started: datetime) -> datetime:
    return _moment(started, max((entry.updated_s for entry in listings), default=0.0))


def _add(parent: ET.Element, tag: str, text: str = "", **attributes: str) -> ET.Element:
    element = ET.SubElement(parent, tag, attributes)
    element.text = text or None
    return element


def _xml(root: ET.Element) -> bytes:
    ET.indent(root)
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _rss(outlet: Outlet, listings: Sequence[Listing], started: datetime) -> bytes:
    root = ET.Element("rss", {"version": "2.0", "xmlns:atom": _ATOM})
    channel = _add(root, "channel")
    _add(channel, "title", outlet.title)
    _add(channel, "link", f"{outlet.home}/")
    _add(channel, "description", f"The latest from {outlet.name}")
    _add(channel, "language", "en")
    _add(channel, "lastBuildDate", format_datetime(_updated(listings, started), usegmt=True))
    _add(channel, "atom:link", href=outlet.home + "/feed", rel="self", type="application/rss+xml")
    for entry in listings:
        item = _add(channel, "item")
        _add(item, "title", entry.report.title)
        _add(item, "link", entry.url)
        _add(item, "guid", entry.report.guid, isPermaLink="false")
        if entry.report.dated:
            published = _moment(started, entry.published_s)
            _add(item, "pubDate", format_datetime(published, usegmt=True))
        for category in entry.report.categories:
            _add(item, "category", category)
        _add(item, "description", entry.report.summary)
    return _xml(root)


def _atom(outlet: Outlet, listings: Sequence[Listing], started: datetime) -> bytes:
    root = ET.Element("feed", {"xmlns": _ATOM, "xml:lang": "en"})
    _add(root, "id", f"{outlet.home}/feed")
    _add(root, "title", outlet.title)
    _add(root, "updated", _updated(listings, started).isoformat())
    _add(root, "link", rel="self", href=f"{outlet.home}/feed")
    _add(root, "link", rel="alternate", href=f"{outlet.home}/")
    author = _add(root, "author")
    _add(author, "name", outlet.name)
    for entry in listings:
        element = _add(root, "entry")
        _add(element, "id", entry.report.guid)
        _add(element, "title", entry.report.title)
        _add(element, "link", rel="alternate", href=entry.url)
        _add(element, "published", _moment(started, entry.published_s).isoformat())
        _add(element, "updated", _moment(started, entry.updated_s).isoformat())
        for category in entry.report.categories:
            _add(element, "category", term=category)
        _add(element, "summary", entry.report.summary, type="html")
    return _xml(root)


def _json_feed(outlet: Outlet, listings: Sequence[Listing], started: datetime) -> bytes:
    items = [
        {
            "id": entry.report.guid,
            "url": entry.url,
            "title": entry.report.title,
            "content_html": entry.report.summary,
            "date_published": _moment(started, entry.published_s).isoformat(),
            "date_modified": _moment(started, entry.updated_s).isoformat(),
            "tags": list(entry.report.categories),
        }
        for entry in listings
    ]
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": outlet.title,
        "home_page_url": f"{outlet.home}/",
        "feed_url": f"{outlet.home}/feed",
        "language": "en",
        "authors": [{"name": outlet.name}],
        "items": items,
    }
    return json.dumps(feed, ensure_ascii=False, indent=2).encode()
