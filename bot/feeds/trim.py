"""Cuts the items that were seen before out of a document, so that only news costs a parse.

Pure, and exact or not at all: the articles of a trimmed document are those that the whole one
gives for the items that stay, and wherever that is not certain the document is left whole.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from itertools import pairwise
from xml.parsers import expat

# In well-formed XML without a document type a "<" opens a tag, a comment, a CDATA section or an
# instruction and nothing else, so that these tokens, taken from left to right, are exact.
_TOKEN = re.compile(
    rb"<!\[CDATA\[[^\]]*+(?:\](?!\]>)[^\]]*+)*+\]\]>"
    rb"|<!--[^-]*+(?:-(?!->)[^-]*+)*+-->|<\?.*?\?>"
    rb"|<(?P<close>/?)(?P<prefix>[\w.-]+:)?(?P<name>item|entry)(?=[\s/>])",
    re.DOTALL | re.IGNORECASE,
)
_REST_OF_TAG = re.compile(rb"(?:[^<>\"']|\"[^\"]*\"|'[^']*')*>")
_ID = re.compile(
    rb"<(?:guid|id)(?:\s[^<>]*)?>\s*(.*?)\s*</(?:guid|id)\s*>|\brdf:about\s*=\s*[\"'](.*?)[\"']",
    re.DOTALL | re.IGNORECASE,
)
_CDATA = re.compile(rb"<!\[CDATA\[\s*(.*?)\s*\]\]>", re.DOTALL)
_NAMESPACE = re.compile(rb"xmlns(?::([\w.-]+))?\s*=\s*[\"']([^\"'<>]*)[\"']")
_XHTML = b"http://www.w3.org/1999/xhtml"  # on the <div> of many an Atom entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Trimmed:
    """`document` without what was known (as it was, if that is all of it), `kept` the number of
    items that it still has. `hashes` has one for every item of the whole document, in its order,
    or none where `whole` says why it could not be taken apart."""

    document: bytes
    hashes: tuple[str, ...] = ()
    kept: int = 0
    whole: str = ""


class _LeftWholeError(Exception):
    """Why a document cannot be taken apart."""


def item_hash(item: bytes) -> str:
    """24 hex digits that change with any byte of an item's source."""
    return blake2b(item, digest_size=12).hexdigest()


def trim(document: bytes, known: Collection[str]) -> Trimmed:
    """`document` (UTF-8, without a declaration, as encoding.py leaves it) less its known items.

    Left whole if it is ill-formed, declares a document type, has items within items or under a
    prefix, gives a new item a known one's id (they are told apart by looking at all of them), or
    binds a namespace prefix to two names (feedparser remembers the last). Never raises.
    """
    try:
        ranges = tuple(_items(document))
    except _LeftWholeError as reason:
        return Trimmed(document=document, whole=str(reason))
    items = [document[start:end] for start, end in ranges]
    hashes = tuple(map(item_hash, items))
    seen = [number for number, one in enumerate(hashes) if one in known]
    kept = len(hashes) - len(seen)
    if seen and kept:
        if _share_an_id(items, set(seen)):
            return Trimmed(document=document, whole="it repeats an id")
        if _rebinds_a_prefix(document):
            return Trimmed(document=document, whole="it binds a prefix twice")
    if seen and kept:
        document = _without(document, [ranges[number] for number in seen])
    return Trimmed(document=document, hashes=hashes, kept=kept)


def _without(document: bytes, dropped: list[tuple[int, int]]) -> bytes:
    edges = [0, *(edge for cut in dropped for edge in cut), len(document)]
    return b"".join(document[start:end] for start, end in list(pairwise(edges))[::2])


def _items(document: bytes) -> Iterator[tuple[int, int]]:
    """The byte range of each item. Raises _LeftWholeError."""
    if b"<!DOCTYPE" in document:
        raise _LeftWholeError("it declares a document type")
    _check_well_formed(document)
    start: int | None = None
    names = set()
    for token in _TOKEN.finditer(document):
        if token["name"] is None:
            continue
        if token["prefix"]:
            raise _LeftWholeError("its items have a prefix")
        names.add(token["name"])
        tag = _REST_OF_TAG.match(document, token.end())
        if tag is None or len(names) > 1 or bool(token["close"]) is (start is None):
            raise _LeftWholeError("it has items within items")
        if start is None:
            start = token.start()
            if not tag.group().endswith(b"/>"):
                continue
        yield start, tag.end()
        start = None


def _check_well_formed(document: bytes) -> None:
    """By the parser that feedparser uses, with namespaces as it uses them, but no callbacks."""
    try:
        expat.ParserCreate("utf-8", namespace_separator=" ").Parse(document, True)
    except expat.ExpatError as error:
        raise _LeftWholeError("it is ill-formed") from error


def _rebinds_a_prefix(document: bytes) -> bool:
    bound: dict[bytes, bytes] = {}
    for prefix, name in _NAMESPACE.findall(document):
        if name != _XHTML and bound.setdefault(prefix, name) != name:
            return True
    return False


def _share_an_id(items: list[bytes], seen: set[int]) -> bool:
    """Whether an item that stays may have the id of one that goes."""
    staying = {
        id_ for number, item in enumerate(items) if number not in seen for id_ in _ids_of(item)
    }
    going = [items[number] for number in seen]
    together = b"\n".join(going)
    # Nearly always it stands nowhere in them: searching for that is ten times as fast.
    if not any(id_ in together for id_ in staying):
        return False
    return not staying.isdisjoint(id_ for item in going for id_ in _ids_of(item))


def _ids_of(item: bytes) -> Iterator[bytes]:
    for text, about in _ID.findall(item):
        yield _CDATA.sub(rb"\1", text).strip() or about
