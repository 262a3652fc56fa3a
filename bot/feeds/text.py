"""Strangers' text and markup -> one line of visible text. Pure; renders and escapes nothing."""

from __future__ import annotations

import re
import unicodedata

from selectolax.lexbor import LexborHTMLParser

MARKUP_CHARACTERS = 60_000
"""Markup beyond this is not read: 100k nested tags took a sanitiser 65 s, and 2,000 visible
characters are all that is ever kept."""

_MARKS_IN_A_ROW = 3
"""More combining marks on one letter than any script needs."""
_JOINERS = "\u200c\u200d"
_JOINED_BEFORE = ("Lo", "Mn", "Mc", "So", "Sk")
_JOINED_AFTER = ("Lo", "So")
_PLAIN = re.compile(  # Latin, Greek, Cyrillic, Chinese, Japanese, Korean and their punctuation
    "[ -~\u00a0-\u00ac\u00ae-\u02ff\u0370-\u0482\u048a-\u052f\u2010-\u2027\u2030-\u205e"
    "\u20a0-\u20c0\u2100-\u2bff\u3001-\u3029\u3041-\u3096\u309b-\u30ff\u4e00-\u9fff\uac00-\ud7a3\uff01-\uffee]*"
)
_SPACES = re.compile(r"\s+")

_INLINE = (
    "a|abbr|acronym|b|bdi|bdo|big|cite|code|del|dfn|em|font|i|ins|kbd|mark|nobr|q|s|samp|small"
    "|span|strike|strong|sub|sup|time|tt|u|var|wbr"
)
_BLOCK_TAG = re.compile(rf"<(?=/?(?!(?:{_INLINE})\b)[a-zA-Z])", re.IGNORECASE)
# fmt: off
_HIDDEN_TAGS = [
    "script", "style", "noscript", "template", "iframe", "svg", "math", "title", "head", "object",
    "embed", "select", "textarea", "button", "audio", "video", "canvas",
]
# fmt: on
_HIDDEN = re.compile(r"<(/?)(script|style|svg)\b", re.IGNORECASE)
_RAW_TAG = re.compile(r"<(/?)(?:plaintext|xmp|listing)\b", re.IGNORECASE)
_DATA_URI = re.compile(r"data:[\w/+.;=-]{1,99},[^\"'\s>]{99,}", re.IGNORECASE)
_HAS_MARKUP = re.compile(r"<[a-zA-Z!/?]|&[#\w]")
_ESCAPED_AGAIN = re.compile(
    r"\s*<(p|div|a|img|span|br|table|ul|ol|h[1-6]|b|i|strong|em|figure|blockquote)\b[^<>]*>",
    re.IGNORECASE,
)


def clean_text(text: str, *, limit: int) -> str:
    """One line of visible text in NFC, cut at a word to `limit` characters ("…" included).

    Drops control and format characters (bidi overrides, zero-width), private-use characters,
    lone surrogates, and more combining marks in a row than any script needs. Zero-width joiners
    stay where Persian, Hindi and emoji need them. Cleaning twice changes nothing.
    """
    text = _SPACES.sub(" ", text[: limit * 8])[: limit * 3]
    if not _PLAIN.fullmatch(text) or not unicodedata.is_normalized("NFC", text):
        text = unicodedata.normalize("NFC", "".join(map(_shown, text)))
        while (fewer := unicodedata.normalize("NFC", _without_piles(text))) != text:
            text = fewer  # what a dropped joiner kept apart may pile up or compose now
        text = _SPACES.sub(" ", text)
    return _cut(text.strip(), limit)


def _shown(character: str) -> str:
    if " " <= character <= "~" or character in _JOINERS:
        return character
    category = unicodedata.category(character)
    if category in ("Cc", "Zl", "Zp"):
        return " " if character.isspace() or category != "Cc" else ""
    if category in ("Cf", "Cs", "Co"):
        return ""
    code = ord(character)
    return "" if code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF else character  # no characters


def _without_piles(text: str) -> str:
    """Without marks piled on marks, and without joiners that join nothing."""
    kept: list[str] = []
    marks = 0
    before = ""
    for position, character in enumerate(text):
        if character in _JOINERS:
            after = text[position + 1 : position + 2]
            joins = before in _JOINED_BEFORE and after and after not in _JOINERS
            if joins and unicodedata.category(after) in _JOINED_AFTER:
                kept.append(character)
            continue
        category = unicodedata.category(character)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if marks <= _MARKS_IN_A_ROW:
            kept.append(character)
            before = category if ord(character) >= 0x0590 else ""  # past what NFC composes away
    return "".join(kept)


def _cut(line: str, limit: int) -> str:
    """At a space if one is near, else never between a letter and what belongs to it."""
    if len(line) <= limit:
        return line
    end = limit - 1
    space = line.rfind(" ", 0, end + 1)
    if space > limit // 2:
        end = space
    else:
        while end > 1 and (
            line[end] in _JOINERS
            or line[end - 1] in _JOINERS
            or unicodedata.category(line[end]) in ("Mn", "Mc", "Me", "Sk")
        ):
            end -= 1
    return line[:end].rstrip() + "…"


def html_to_text(markup: str) -> str:
    """The text a reader would see: no script or style, blocks apart, entities decoded.

    Not yet one clean line: `clean_text` makes it that. Markup that was escaped once too often,
    as many feeds do, is read a second time. Never raises; reads 60,000 characters at most.
    """
    text = _visible(markup)
    return _visible(text) if _ESCAPED_AGAIN.match(text) else text


def _visible(markup: str) -> str:
    if len(markup) > MARKUP_CHARACTERS:
        # What fills long items without being read: pictures in the text, scripts, drawings.
        markup = _DATA_URI.sub("", markup[: MARKUP_CHARACTERS * 10])
        markup = _without_hidden(markup)[:MARKUP_CHARACTERS]
    if not _HAS_MARKUP.search(markup):
        return markup
    # Lone surrogates cannot be handed to the parser; a tag that is not inline parts words.
    source = (
        _BLOCK_TAG.sub(" <", _RAW_TAG.sub(r"<\1pre", markup))
        .encode("utf-8", "replace")
        .decode("utf-8")
    )
    tree = LexborHTMLParser(f"<body>{source}")
    tree.strip_tags(_HIDDEN_TAGS)
    return tree.body.text(deep=True, separator="") if tree.body is not None else ""


def _without_hidden(markup: str) -> str:
    """Without scripts, styles and drawings that are closed. One pass, however they are nested."""
    kept: list[str] = []
    at = 0
    opened: re.Match[str] | None = None
    for tag in _HIDDEN.finditer(markup):
        if opened is None:
            opened = None if tag.group(1) else tag
        elif tag.group(1) and tag.group(2).lower() == opened.group(2).lower():
            kept.append(markup[at : opened.start()])
            end = markup.find(">", tag.end())
            at, opened = (end + 1 if end >= 0 else len(markup)), None
    kept.append(markup[at:])
    return " ".join(kept)


def first_image(markup: str) -> str:
    """The `src` of the first picture that is neither inline data nor a one-pixel counter, or ""."""
    at = 0
    for _ in range(10):
        found = _IMAGE.search(markup, at, MARKUP_CHARACTERS)
        if found is None:
            return ""
        at = found.end()
        tag = found.group()
        source = _SOURCE.search(tag)
        if source and not _COUNTER.search(tag):
            return next(part for part in source.groups() if part is not None)
    return ""


_IMAGE = re.compile(r"<img\b[^<>]{1,4000}>", re.IGNORECASE)
_SOURCE = re.compile(
    r"\bsrc\s*=\s*(?:\"\s*([^\"]{1,2000}?)\s*\"|'\s*([^']{1,2000}?)\s*'|([^\s\"'<>]{1,2000}))",
    re.IGNORECASE,
)
_COUNTER = re.compile(
    r"(?:width|height)\s*[=:]\s*[\"']?\s*[012](?![\d.])|src\s*=\s*[\"']?\s*data:"
    r"|feedburner\.com|feedsportal\.com|/pixel|doubleclick\.net|stats\.wordpress|b\.gif|gravatar",
    re.IGNORECASE,
)
