"""What a document brings that was not known before. A noun; parse.py makes it."""

from __future__ import annotations

from dataclasses import dataclass

from bot.model.article import ParsedFeed


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """`feed` with the articles whose items were not known. `hashes` has one for each item that
    the document lists, known or not, and none if it could not be taken apart: then `feed` has
    all its articles. `sources` has the hash of each of the feed's articles, in their order, or is
    empty as well. Without `read` everything was known and nothing was parsed."""

    feed: ParsedFeed
    hashes: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    read: bool = True
