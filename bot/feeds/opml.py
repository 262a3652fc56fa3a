"""OPML in and out. Parses what other readers export; refuses document types."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from bot.errors import CommandError
from bot.feeds.normalise import clean_text


@dataclass(frozen=True, slots=True, kw_only=True)
class OpmlFeed:
    """One outline with a feed. `category` is the title of the outline around it."""

    url: str
    name: str = ""
    category: str = ""


def parse_opml(content: bytes) -> tuple[OpmlFeed, ...]:
    """The feeds of an OPML document, each URL once. Raises CommandError if it is none."""
    if b"<!DOCTYPE" in content[:4096].upper() or b"<!ENTITY" in content.upper():
        raise CommandError(
            "This OPML file declares a document type, which is not read.",
            hint="Export it again, or delete the <!DOCTYPE …> line.",
        )
    try:
        root = ET.fromstring(content)  # noqa: S314 - no document type, hence no entities
    except (ET.ParseError, ValueError) as error:
        raise CommandError(
            f"This file is not well-formed OPML: {error}.",
            hint="Export it again from your reader as OPML.",
        ) from error
    found: dict[str, OpmlFeed] = {}
    stack = [(outline, "") for outline in root.iter("body")]
    while stack:
        node, category = stack.pop()
        for outline in reversed(list(node)):
            name = clean_text(outline.get("title") or outline.get("text") or "", limit=80)
            url = (outline.get("xmlUrl") or outline.get("xmlurl") or "").strip()
            if url:
                found.setdefault(url, OpmlFeed(url=url, name=name, category=category))
            stack.append((outline, name or category))
    if not found:
        raise CommandError(
            "This file lists no feeds.", hint="OPML keeps them as <outline xmlUrl=…>."
        )
    return tuple(found.values())


def write_opml(feeds: Iterable[OpmlFeed], *, title: str) -> bytes:
    """An OPML 2.0 document with one outline a feed."""
    root = ET.Element("opml", version="2.0")
    ET.SubElement(ET.SubElement(root, "head"), "title").text = title
    body = ET.SubElement(root, "body")
    for feed in feeds:
        ET.SubElement(
            body,
            "outline",
            type="rss",
            text=feed.name or feed.url,
            title=feed.name or feed.url,
            xmlUrl=feed.url,
        )
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document + b"\n"
