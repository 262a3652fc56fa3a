"""Makes strangers' text and links safe to compare and to show. Pure."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

from selectolax.lexbor import LexborHTMLParser
from yarl import URL

from bot.model.article import ParsedArticle
from bot.stories.title import normalised_title

TITLE_CHARACTERS = 500
SUMMARY_CHARACTERS = 2000
MARKUP_CHARACTERS = 60_000
"""Cut before parsing: 100k nested tags took a sanitiser 65 s."""
EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)
LATEST_AHEAD = timedelta(days=1)

_TRACKING = re.compile(
    r"utm_\w+|fbclid|gclid|dclid|msclkid|yclid|mc_[ce]id|igshid|ocid|cmpid|ns_\w+|at_(medium|campaign)\w*"
    r"|_hs(enc|mi)|ref_src|ref_url|guccounter|guce_\w+|spm|vero_\w+|wt_mc",
    re.IGNORECASE,
)
_JOINERS = {"\u200c", "\u200d"}  # Persian, Hindi and emoji need them; Latin hides words with them
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_MARKS_IN_A_ROW = 3
_SPACES = re.compile(r"\s+")
_BLOCKS = (
    "p, div, br, li, ul, ol, table, tr, td, th, h1, h2, h3, h4, h5, h6, blockquote, section,"
    " article, figure, figcaption, pre, hr, dd, dt"
)
_HAS_MARKUP = re.compile(r"<[a-zA-Z!/?]|&[#\w]+;")


def clean_text(text: str, *, limit: int) -> str:
    """One line of visible text in NFC, cut at a word to `limit` characters.

    Drops control and format characters (bidi overrides, zero-width), lone surrogates, and more
    combining marks in a row than any script needs.
    """
    kept: list[str] = []
    marks = 0
    for character in text[: limit * 8]:
        category = unicodedata.category(character)
        if category in _UNSEEN and not (character in _JOINERS and kept and not kept[-1].isascii()):
            if character.isspace():
                kept.append(" ")
            continue
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if marks <= _MARKS_IN_A_ROW:
            kept.append(character)
    line = _SPACES.sub(" ", unicodedata.normalize("NFC", "".join(kept))).strip()
    if len(line) <= limit:
        return line
    cut = line[: limit - 1]
    space = cut.rfind(" ")
    return (cut[:space] if space > limit // 2 else cut).rstrip() + "…"


def html_to_text(markup: str) -> str:
    """The text a reader would see: no script or style, blocks apart, entities decoded."""
    markup = markup[:MARKUP_CHARACTERS]
    if not _HAS_MARKUP.search(markup):
        return markup
    tree = LexborHTMLParser(markup)
    tree.strip_tags(["script", "style", "noscript", "template", "iframe", "svg", "title"])
    body = tree.body
    if body is None:
        return ""
    for block in body.css(_BLOCKS):
        block.insert_before(" ")
        block.insert_after(" ")
    return body.text(deep=True, separator="")


def canonical_url(url: str) -> str:
    """The link without what only tells publishers who clicked; "" unless it is http(s).

    Scheme and host in lower case, default port, fragment and tracking parameters dropped. The
    order of the other parameters is kept: on some sites it matters.
    """
    try:
        parsed = URL(url.strip())
        if parsed.scheme not in ("http", "https") or not parsed.host:
            return ""
        query = [(k, v) for k, v in parsed.query.items() if not _TRACKING.fullmatch(k)]
        clean = parsed.with_fragment(None).with_user(None)
        return str(clean.with_query(query or None))
    except ValueError:
        return ""


def clamp_date(at: datetime | None, *, now: datetime) -> datetime | None:
    """The date if it can be believed: from 1995 to a day ahead. None otherwise."""
    if at is None or not EARLIEST <= at <= now + LATEST_AHEAD:
        return None
    return min(at, now)


def _digest(*parts: str) -> str:
    text = "\x00".join(parts).encode("utf-8", "surrogatepass")
    return blake2b(text, digest_size=12).hexdigest()


def seen_keys(article: ParsedArticle) -> tuple[str, ...]:
    """What an item is recognised by: its id, and its link together with its title.

    An item is known if any of its keys is, so neither a new id, nor an edited title, nor another
    order makes it new.
    """
    keys = [_digest("uid", article.uid)] if article.uid else []
    title = normalised_title(article.title) or article.title
    if article.canonical_url or title:
        keys.append(_digest("link", article.canonical_url, title))
    if not keys:
        keys.append(_digest("text", article.summary))
    return tuple(keys)


def content_hash(article: ParsedArticle) -> str:
    """Changes when what the article says does."""
    return _digest(article.title, article.summary)
