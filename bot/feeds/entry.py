"""One of feedparser's entries -> one article. Pure; imports feedparser no more than its callers'
dictionaries do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from bot.feeds.dates import utc_date
from bot.feeds.links import absolute_url, canonical_url
from bot.feeds.normalise import (
    NAME_CHARACTERS,
    SUMMARY_CHARACTERS,
    TITLE_CHARACTERS,
    clamp_date,
    clean_names,
    clean_uid,
    language_tag,
)
from bot.feeds.text import clean_text, first_image, html_to_text
from bot.model.article import ParsedArticle

_SUMMARIES = ("summary", "content", "media_description", "itunes_summary", "itunes_subtitle")
_DATES = ("published", "updated", "created")
_MARKUP_AFTER_ALL = re.compile(
    r"</(?:p|a|b|i|em|strong|div|span|ul|ol|li|h[1-6])>|<(?:br|p|img|hr)\b[^<>]*>", re.IGNORECASE
)
_ADDRESS_AND_NAME = re.compile(r"\S+@\S+\s*\(([^()]+)\)|([^<>()@]+?)\s*<\S+@\S+>|(\S+@\S+)")
_WEEK_S = 7 * 86_400.0
_PERIODS_S = {"daily": 86_400.0, "weekly": _WEEK_S, "monthly": _WEEK_S, "yearly": _WEEK_S}


def article_from(
    entry: Any, *, version: str, url: str, language: str, now: datetime, feed: str
) -> ParsedArticle:
    """`version` is feedparser's name of the format, `feed` the feed's own title.

    Raises whatever an entry of an unexpected shape raises; the caller goes on to the next.
    """
    link = _link(entry, url)
    base = link or url
    return ParsedArticle(
        uid=clean_uid(str(entry.get("id") or "")),
        url=link,
        canonical_url=canonical_url(link),
        title=text_of(entry, "title", version),
        summary=_summary(entry, version),
        published_at=_date(entry, now),
        authors=clean_names(_authors(entry)),
        categories=clean_names(_categories(entry)),
        image_url=next((one for one in _images(entry, base) if one), None),
        language=_language(entry) or language,
        outlet=_outlet(entry, feed),
    )


def text_of(node: Any, name: str, version: str, *, limit: int = TITLE_CHARACTERS) -> str:
    """The visible text of a title-like element.

    Atom says whether it is text or markup and is believed, unless its "text" holds plain HTML;
    RSS does not say, and there everything is taken for markup.
    """
    value = str(node.get(name) or "")
    detail = node.get(f"{name}_detail") or {}
    literal = (
        version.startswith("atom")
        and detail.get("type") == "text/plain"
        and not _MARKUP_AFTER_ALL.search(value)
    )
    return clean_text(value if literal else html_to_text(value), limit=limit)


def hint_s(head: Any) -> float | None:
    """How often the publisher says the feed changes, in seconds: ttl, else sy:updatePeriod.

    Of 628 feeds 84 say "hourly", the default of what wrote them, so that it means nothing.
    """
    try:
        minutes = float(str(head.get("ttl") or "0"))
    except ValueError:
        minutes = 0.0
    if 0 < minutes * 60 <= _WEEK_S:
        return minutes * 60
    period = _PERIODS_S.get(str(head.get("sy_updateperiod") or "").strip().lower())
    if period is None:
        return None
    frequency = str(head.get("sy_updatefrequency") or "1").strip()
    return period / max(1, int(frequency)) if frequency.isdecimal() else period


def _link(entry: Any, url: str) -> str:
    """FeedBurner's original link, else the item's own, else any alternate."""
    candidates = [entry.get("feedburner_origlink"), entry.get("link")]
    candidates += [
        one.get("href") for one in entry.get("links") or () if one.get("rel") == "alternate"
    ]
    found = (absolute_url(url, str(one)) for one in candidates if one)
    return next((one for one in found if one), "")


def _summary(entry: Any, version: str) -> str:
    """The item's own summary, else the first of its contents, else a podcast's or a video's."""
    for name in _SUMMARIES:
        if name == "content":
            pieces = [str(one.get("value") or "") for one in entry.get("content") or ()]
            found = next(filter(None, map(_as_summary, pieces)), "")
        else:
            found = text_of(entry, name, version, limit=SUMMARY_CHARACTERS)
        if found:
            return found
    return ""


def _as_summary(markup: str) -> str:
    return clean_text(html_to_text(markup), limit=SUMMARY_CHARACTERS)


def _date(entry: Any, now: datetime) -> datetime | None:
    """Published, else updated, else created; the first that can be believed.

    `get("updated")` falls back to published, hence the `in`.
    """
    for name in _DATES:
        if f"{name}_parsed" in entry:
            raw = str(entry[name]) if name in entry else ""
            at = clamp_date(utc_date(entry[f"{name}_parsed"], raw), now=now)
            if at is not None:
                return at
    return None


def _authors(entry: Any) -> Iterator[str]:
    """Names, or addresses where there are none.

    RSS writes `address (name)`, which feedparser takes apart wrongly where the address ends in
    more than four letters.
    """
    raw = str(entry.get("author") or "")
    person = _ADDRESS_AND_NAME.fullmatch(raw.strip()[:300])
    if person:
        yield next(name for name in person.groups() if name is not None)
        return
    names = [str(one.get("name") or one.get("email") or "") for one in entry.get("authors") or ()]
    yield from names if any(names) else (raw,)


def _categories(entry: Any) -> Iterator[str]:
    for tag in entry.get("tags") or ():
        term, label = str(tag.get("term") or ""), str(tag.get("label") or "")
        yield label if label and (not term or "://" in term) else term


def _images(entry: Any, base: str) -> Iterator[str]:
    """Pictures that the item names: media, enclosures, a podcast's, the first of its text."""
    for one in entry.get("media_content") or ():
        if "image" in f"{one.get('medium', '')} {one.get('type', '')}":
            yield absolute_url(base, str(one.get("url") or ""))
    for one in entry.get("media_thumbnail") or ():
        yield absolute_url(base, str(one.get("url") or ""))
    for one in entry.get("links") or ():
        if one.get("rel") == "enclosure" and str(one.get("type", "")).startswith("image/"):
            yield absolute_url(base, str(one.get("href") or ""))
    image = entry.get("image")
    if isinstance(image, dict):
        yield absolute_url(base, str(image.get("href") or ""))
    markups = [str(one.get("value") or "") for one in entry.get("content") or ()]
    for markup in (str(entry.get("summary") or ""), *markups):
        yield absolute_url(base, html_to_text(first_image(markup)))


def _language(entry: Any) -> str:
    for name in ("title_detail", "summary_detail"):
        tag = language_tag(str((entry.get(name) or {}).get("language") or ""))
        if tag:
            return tag
    return language_tag(str(entry.get("language") or entry.get("dc_language") or ""))


def _outlet(entry: Any, feed: str) -> str:
    """The item's <source>, when it names another outlet than the feed does."""
    source = entry.get("source")
    title = str(source.get("title") or "") if isinstance(source, dict) else str(source or "")
    outlet = clean_text(html_to_text(title), limit=NAME_CHARACTERS)
    return "" if outlet.casefold() == feed.casefold() else outlet
