"""OPML in and out. Reads what other readers export; refuses document types, fetches nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from xml.etree import ElementTree as ET
from xml.parsers import expat

from bot.errors import CommandError
from bot.feeds.normalise import NAME_CHARACTERS, clean_text

MAX_BYTES = 10_000_000
MAX_FEEDS = 20_000
_BARE_AMPERSAND = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9a-fA-F]{1,6});)")
_NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class OpmlFeed:
    """One outline with a feed. `category` is the title of the folder around it."""

    url: str
    name: str = ""
    category: str = ""


class _DocumentTypeError(Exception):
    """The document declares a type, and with it perhaps entities."""


def parse_opml(content: bytes) -> tuple[OpmlFeed, ...]:
    """The feeds of an OPML document in its order, each URL once.

    Raises CommandError if it is none, is too large or declares a document type. URLs come as
    written: `parse_feed_url` judges them. A bare `&`, which many exports have, is forgiven.
    """
    if len(content) > MAX_BYTES:
        raise CommandError(
            f"This file is larger than {MAX_BYTES // 1_000_000} MB.", hint="Split it."
        )
    try:
        feeds = _read(content)
    except _DocumentTypeError:
        raise CommandError(
            "This OPML file declares a document type, which is not read.",
            hint="Export it again, or delete the <!DOCTYPE …> line.",
        ) from None
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise CommandError(
            f"This file is not well-formed OPML: {error}.",
            hint="Export it again from your reader as OPML.",
        ) from error
    if not feeds:
        raise CommandError(
            "This file lists no feeds.", hint="OPML keeps them as <outline xmlUrl=…>."
        )
    return feeds


def _read(content: bytes) -> tuple[OpmlFeed, ...]:
    try:
        return _Outlines().read(content)
    except expat.ExpatError:
        repaired = _BARE_AMPERSAND.sub(b"&amp;", content)
        if repaired == content:
            raise
        return _Outlines().read(repaired)


class _Outlines:
    """Collects outlines as expat meets them; nothing is kept of any other element."""

    def __init__(self) -> None:
        self._found: dict[str, OpmlFeed] = {}
        self._folders: list[str] = []

    def read(self, content: bytes) -> tuple[OpmlFeed, ...]:
        parser = expat.ParserCreate()
        # Seen by the parser, not searched for in the bytes: UTF-16 would hide it.
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.Parse(content, True)
        return tuple(self._found.values())

    def _doctype(self, *_: object) -> None:
        raise _DocumentTypeError

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name.lower() != "outline":
            return
        named = {key.lower(): value for key, value in attributes.items()}
        title = clean_text(named.get("title") or named.get("text") or "", limit=NAME_CHARACTERS)
        url = named.get("xmlurl", "").strip()
        around = self._folders[-1] if self._folders else ""
        if url and url not in self._found:
            self._found[url] = OpmlFeed(url=url, name=title, category=around)
            if len(self._found) > MAX_FEEDS:
                raise ValueError(f"it lists more than {MAX_FEEDS:,} feeds")
        self._folders.append(title or around)

    def _end(self, name: str) -> None:
        if name.lower() == "outline":
            self._folders.pop()


def write_opml(feeds: Iterable[OpmlFeed], *, title: str) -> bytes:
    """An OPML 2.0 document in UTF-8: one outline a feed, in folders by category."""
    root = ET.Element("opml", version="2.0")
    ET.SubElement(ET.SubElement(root, "head"), "title").text = _writable(title)
    body = ET.SubElement(root, "body")
    folders: dict[str, ET.Element] = {"": body}
    for feed in feeds:
        category = _writable(feed.category)
        if category not in folders:
            folders[category] = ET.SubElement(body, "outline", text=category, title=category)
        name = _writable(feed.name or feed.url)
        url = _writable(feed.url)
        ET.SubElement(folders[category], "outline", type="rss", text=name, title=name, xmlUrl=url)
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def _writable(text: str) -> str:
    """Without what XML 1.0 section 2.2 has no place for."""
    return _NOT_XML.sub("", text)
