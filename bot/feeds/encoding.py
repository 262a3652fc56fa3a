"""Bytes of a document -> text, whatever its server, its declaration and its author believed.

Decodes and repairs what no parser accepts (control characters, impossible character
references); looks at no markup beyond the XML declaration.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WITHOUT_BOM = (  # "<?" or "<r" as XML 1.0 appendix F guesses them
    (re.compile(rb"<\x00\x00\x00"), "utf-32-le"),
    (re.compile(rb"\x00\x00\x00<"), "utf-32-be"),
    (re.compile(rb"<\x00[^\x00]\x00"), "utf-16-le"),
    (re.compile(rb"\x00<\x00[^\x00]"), "utf-16-be"),
)
_DECLARED = re.compile(rb"<\?xml\b[^>]{0,200}?\bencoding\s*=\s*[\"']\s*([\w.:-]{1,40})")
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_DECLARATION = re.compile(r"<\?xml\b[^>]{0,400}\?>\s*")
# What the label means on the web: https://encoding.spec.whatwg.org/#names-and-labels
_MEANT = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "big5": "big5hkscs",
    "tis-620": "cp874",
}
_SEVEN_BIT = ("iso2022", "hz")
_NO_CHARSETS = ("idna", "punycode", "utf-7", "unicode_escape", "raw_unicode_escape", "undefined")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_C0 = bytes(sorted({*range(0x20)} - {0x09, 0x0A, 0x0D}))
_NO_CHARACTERS = ("\ufffe".encode(), "\uffff".encode())
_ODD_REFERENCE = re.compile(
    r"&#(?:[xX]([0-9a-fA-F]{6,}|0*[0-9a-fA-F]{1,2}|0*[dDfF][0-9a-fA-F]{3})|(\d{5,}|0*[0-3]?\d));"
)
_ODD_REFERENCE_BYTES = re.compile(_ODD_REFERENCE.pattern.encode())
_DECLARATION_BYTES = re.compile(_DECLARATION.pattern.encode())
_LEADING = b" \t\r\n\x00"
_STRAY_BYTES = 0.02
"""Up to this share of undecodable bytes a document is UTF-8 with flaws, not another encoding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """`text` has no XML declaration; `complaint` says what was wrong, or ""."""

    text: str
    complaint: str = ""


def decode(body: bytes, *, content_type: str = "") -> Decoded:
    """The document's text. Never raises: what cannot be decoded becomes U+FFFD.

    A byte order mark is believed first, then the bytes themselves where they are valid UTF-8
    (other encodings practically never are by chance), then the XML declaration, then the
    server's charset: in this order servers were found to lie most. feedparser reads a document
    with one bad byte as cp1252 throughout, and one declared UTF-16 but sent as UTF-8 as empty.
    """
    encoding, skip = _sniffed(body)
    if encoding:
        text = body[skip:].decode(encoding, "replace")
        return Decoded(text=_repaired(text))
    declared = [name for name in _labels(body, content_type) if name]
    for name in declared:
        if name.startswith(_SEVEN_BIT):
            return Decoded(text=_repaired(body.decode(name, "replace")))
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return _undeclared(body, declared)
    wrong = next((name for name in declared if name.startswith(("utf-16", "utf-32"))), "")
    complaint = f"declared as {wrong}, but encoded as utf-8" if wrong else ""
    return Decoded(text=_repaired(text), complaint=complaint)


def plain_utf8(body: bytes, *, content_type: str = "") -> bytes | None:
    """What `decode` gives, as UTF-8 and without the work, of a document that turns out to be
    well-formed XML in UTF-8; None where it cannot be told.

    A parser told that it is UTF-8 refuses everything that `decode` would repair: other bytes,
    control characters, references to impossible characters. These last must be looked for all the
    same, as they are no references inside CDATA sections, comments and instructions.
    """
    body = body.removeprefix(codecs.BOM_UTF8)
    if body.lstrip(_LEADING)[:1] != b"<":
        return None
    labels = _labels(body, content_type)
    if any(name.startswith((*_SEVEN_BIT, "utf-16", "utf-32")) for name in labels):
        return None
    if b"&#" in body:
        odd = (found.group().decode("ascii") for found in _ODD_REFERENCE_BYTES.finditer(body))
        if any(_ODD_REFERENCE.sub(_possible, reference) != reference for reference in set(odd)):
            return None
    body = body.lstrip(_LEADING)
    declaration = _DECLARATION_BYTES.match(body)
    return body[declaration.end() :] if declaration else body


def _sniffed(body: bytes) -> tuple[str, int]:
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            return encoding, len(mark)
    for pattern, encoding in _WITHOUT_BOM:
        if pattern.match(body):
            return encoding, 0
    return "", 0


def _labels(body: bytes, content_type: str) -> Iterator[str]:
    declared = _DECLARED.search(body[:1000])
    if declared:
        yield _codec(declared.group(1).decode("ascii"))
    charset = _CHARSET.search(content_type)
    if charset:
        yield _codec(charset.group(1))


def _codec(label: str) -> str:
    """Python's name for a label that is a text encoding, else ""."""
    try:
        name = codecs.lookup(label).name
        "a".encode(name)  # refuses hex, rot13 and their like
    except (LookupError, ValueError, UnicodeError):
        return ""
    return "" if name in _NO_CHARSETS else _MEANT.get(name, name)


def _undeclared(body: bytes, declared: list[str]) -> Decoded:
    for name in declared:
        if name.startswith("utf"):
            continue
        try:
            return Decoded(text=_repaired(body.decode(name)))
        except UnicodeDecodeError:
            continue
    text = body.decode("utf-8", "replace")
    stray = text.count("\ufffd")
    if stray <= max(3, sum(1 for byte in body if byte >= 0x80) * _STRAY_BYTES):
        return Decoded(text=_repaired(text), complaint=f"{stray} bytes are not utf-8")
    name = next((name for name in declared if not name.startswith("utf")), "cp1252")
    text = body.decode(name, "replace")
    return Decoded(text=_repaired(text), complaint=f"read as {name}, which it is not wholly")


def _repaired(text: str) -> str:
    text = text.lstrip("\ufeff \t\r\n\x00")
    declaration = _DECLARATION.match(text)
    if declaration:
        text = text[declaration.end() :]
    if _has_controls(text):
        text = _CONTROLS.sub("", text)
    return _ODD_REFERENCE.sub(_possible, text)


def _has_controls(text: str) -> bool:
    """Ten times as fast as searching for them, and most documents have none."""
    raw = text.encode("utf-8", "replace")
    return len(raw.translate(None, _C0)) < len(raw) or any(one in raw for one in _NO_CHARACTERS)


def _possible(reference: re.Match[str]) -> str:
    """The reference itself, or U+FFFD if no character has that number (XML 1.0 section 2.2)."""
    hexadecimal, decimal = reference.groups()
    digits = (hexadecimal or decimal).lstrip("0") or "0"
    if len(digits) > 7:
        return "\ufffd"
    number = int(digits, 16 if hexadecimal else 10)
    if number in (9, 10, 13) or 0x20 <= number < 0xD800 or 0xE000 <= number < 0xFFFE:
        return reference.group()
    return reference.group() if 0x10000 <= number < 0x110000 else "\ufffd"
