"""A feed's document -> articles. Sole importer of feedparser; runs in a worker process.

feedparser opens files and fetches URLs if it is handed a string that looks like one, so it only
ever gets a BytesIO. An ill-formed document ("bozo") is read as far as it goes, never dropped.
"""

from __future__ import annotations

import io
import re
from collections.abc import Collection
from datetime import datetime
from typing import Any

import feedparser

from bot.errors import ParseError
from bot.feeds.discover import page_error
from bot.feeds.encoding import decode, plain_utf8
from bot.feeds.entry import article_from, hint_s, text_of
from bot.feeds.jsonfeed import looks_like_json, parse_json_feed
from bot.feeds.links import absolute_url, canonical_url
from bot.feeds.news import News
from bot.feeds.normalise import TITLE_CHARACTERS, language_tag, settle_ids
from bot.feeds.page import is_page
from bot.feeds.trim import Trimmed, trim
from bot.model.article import ParsedArticle, ParsedFeed

_FEEDLIKE = re.compile(r"<(?:\w+:)?(?:rss|rdf|feed|channel|item|entry)\b", re.IGNORECASE)
"""Without any of these it is none: feedparser takes 20 s to say so of 4 MB of tags."""
PROLOGUE_BYTES = 20_000
_NOT_A_FEED = "not a feed: neither RSS nor Atom nor JSON Feed"


def _keep_descriptions_apart() -> None:
    """Let media:description and itunes:summary stand beside an item's own description.

    feedparser 6.0.14 stores all three as `summary`, the last one winning
    (https://github.com/kurtmckee/feedparser/issues/53, /324). Done once, at import.
    """
    mixin: Any = feedparser.mixin._FeedParserMixin  # noqa: SLF001 - there is no public hook
    for name in ("media_description", "itunes_summary", "itunes_subtitle"):

        def start(self: Any, attrs_d: Any, name: str = name) -> None:
            self.push_content(name, attrs_d, "text/html", 1)

        def end(self: Any, name: str = name) -> None:
            self.pop_content(name)

        setattr(mixin, f"_start_{name}", start)
        setattr(mixin, f"_end_{name}", end)


_keep_descriptions_apart()


def parse(body: bytes, *, url: str, content_type: str = "", now: datetime) -> ParsedFeed:
    """Read RSS 0.9x, 1.0, 2.0, Atom, RDF or JSON Feed. `url` resolves relative links.

    `content_type` matters only by its charset, and only where the bytes leave doubt. Raises
    ParseError if it is no feed; of a page that offers feeds, the message names them.
    """
    return parse_news(body, url=url, content_type=content_type, now=now, known=None).feed


def parse_news(
    body: bytes, *, url: str, content_type: str = "", now: datetime, known: Collection[str] | None
) -> News:
    """Like `parse`, but items whose hash is among `known` are left out where they can be.

    With None nothing is trimmed and no hashes are made. The known items of a feed are the
    `hashes` of its last document. Where all of a document's items are known, nothing is parsed
    and the feed has neither title nor articles.
    """
    if not body.strip():
        raise ParseError(url, "its document is empty")
    if known is not None:
        trimmed = _trimmed(body, known, content_type)
        if trimmed.hashes and not trimmed.kept:
            nothing = ParsedFeed(title="", articles=())
            return News(feed=nothing, hashes=trimmed.hashes, read=False)
        if trimmed.hashes:
            staying = [one for one in trimmed.hashes if one not in known]
            news = _news(trimmed, staying, url=url, now=now)
            if news is not None:
                return news
    decoded = decode(body, content_type=content_type)
    if looks_like_json(decoded.text):
        return News(feed=parse_json_feed(decoded.text, url=url, now=now))
    if is_page(decoded.text):
        raise page_error(decoded.text, url)
    if not _FEEDLIKE.search(decoded.text):
        raise ParseError(url, _NOT_A_FEED)
    document = _read(decoded.text.encode("utf-8", "replace"), url)
    feed, _ = _feed(document, url=url, now=now, complaint=decoded.complaint)
    return News(feed=feed)


def _trimmed(body: bytes, known: Collection[str], content_type: str) -> Trimmed:
    """The document without its known items. Nearly all are plain UTF-8 and need no decoding."""
    plain = plain_utf8(body, content_type=content_type)
    if plain is not None:
        trimmed = trim(plain, known)
        if not trimmed.whole:
            return trimmed
    decoded = decode(body, content_type=content_type)
    source = decoded.text.encode("utf-8", "replace")
    # What was declared wrongly is read whole each time: its feed says so as a complaint.
    return Trimmed(document=source) if decoded.complaint else trim(source, known)


def _news(trimmed: Trimmed, staying: list[str], *, url: str, now: datetime) -> News | None:
    """What the trimmed document says; None if feedparser counts other items than trim does, so
    that nobody can tell which is which."""
    if is_page(trimmed.document[:PROLOGUE_BYTES].decode("utf-8", "replace")):
        return None
    document = _read(trimmed.document, url)
    if len(document.entries) != trimmed.kept:
        return None
    feed, numbers = _feed(document, url=url, now=now, complaint="")
    return News(
        feed=feed, hashes=trimmed.hashes, sources=tuple(staying[number] for number in numbers)
    )


def _read(source: bytes, url: str) -> Any:
    try:
        document = feedparser.parse(
            io.BytesIO(source),
            # Without content-location it leaks base URIs between items.
            response_headers={
                "content-location": url,
                "content-type": "application/xml; charset=utf-8",
            },
            # All markup becomes text in entry.py and is never rendered; leaving both out saves
            # more than half of the time and changes no link, id or visible text (measured).
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except (MemoryError, RecursionError):
        raise
    except Exception as error:  # it raises whatever its codecs, dates and regexes raise
        raise ParseError(url, f"its document cannot be read ({type(error).__name__})") from error
    if not document.get("version") and not document.entries and not document.feed.get("title"):
        raise ParseError(url, _NOT_A_FEED)
    return document


def _feed(
    document: Any, *, url: str, now: datetime, complaint: str
) -> tuple[ParsedFeed, tuple[int, ...]]:
    """The feed, and for each of its articles the number of its entry."""
    head: Any = document.feed
    title = text_of(head, "title", document.version)[:TITLE_CHARACTERS]
    language = language_tag(str(head.get("language") or ""))
    articles: list[ParsedArticle] = []
    numbers: list[int] = []
    for number, entry in enumerate(document.entries):
        try:
            article = article_from(
                entry, version=document.version, url=url, language=language, now=now, feed=title
            )
        except (ValueError, TypeError, AttributeError, KeyError, IndexError, OverflowError):
            continue  # one bad item never costs the others
        articles.append(article)
        numbers.append(number)
    if document.get("bozo") and not complaint:
        complaint = " ".join(str(document.get("bozo_exception", "")).split())[:200]
    feed = ParsedFeed(
        title=title,
        articles=settle_ids(articles),
        home_url=canonical_url(absolute_url(url, str(head.get("link") or ""))),
        language=language,
        ttl_s=hint_s(head),
        bozo=complaint,
    )
    return feed, tuple(numbers)
