"""What Discord's clients make of a text: a reader of their markup, apart from how we write ours.

The rules are tried at each place in the order in which the clients try them, and what is inside
of one is read again. Where clients differ, what would act counts:
https://support.discord.com/hc/en-us/articles/210298617 and
https://discord.com/developers/docs/reference#message-formatting.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

_LINE = {
    "heading": re.compile(r"#{1,3}[ \t]+(?=\S)([^\n]*)"),
    "small": re.compile(r"-#[ \t]+(?=\S)([^\n]*)"),
    "quote": re.compile(r">(?:>>)?[ \t]([^\n]*)"),
    "item": re.compile(r"[ \t]*(?:[-*+]|\d+\.)[ \t]+(?=\S)([^\n]*)"),
}
_ESCAPED = re.compile(r"\\([^0-9A-Za-z\s])")
_SPANS = {
    "fence": re.compile(r"```(?:[a-z0-9_+\-.#]+?\n)?\n*([^\n][\s\S]*?)\n*```", re.IGNORECASE),
    "code": re.compile(r"(`+)([\s\S]*?[^`])\1(?!`)"),
    "mention": re.compile(
        r"@everyone|@here|<@[!&]?\d+>|<#\d+>|</[^:>\n]+:\d+>|<id:[a-z-]+>", re.IGNORECASE
    ),
    "time": re.compile(r"<t:-?\d+(?::[a-zA-Z])?>"),
    "emoji": re.compile(r"<a?:\w+:\d+>|:[\w+-]+:"),
    "link": re.compile(
        r"\[((?:\[[^\]]*\]|[^\[\]]|\](?=[^\[]*\]))*)\]\(\s*<?((?:[^\s\\()]|\\.|\([^)]*\))*?)>?"
        r"(?:\s+['\"][\s\S]*?['\"])?\s*\)"
    ),
    "address": re.compile(
        r"<?((?:https?|steam|discord)://[^\s<>]+)"
        r"|<((?:mailto|tel):[^\s<>]+|[^\s<>@:]+@[^\s<>@]+|\+\d[\d ()-]+)>"
    ),
    "strong": re.compile(r"\*\*((?:\\[\s\S]|[^\\])+?)\*\*(?!\*)"),
    "underline": re.compile(r"__((?:\\[\s\S]|[^\\])+?)__(?!_)"),
    "italic": re.compile(
        r"(?<![A-Za-z0-9_])_((?:\\[\s\S]|[^\\_])+?)_(?![A-Za-z0-9_])"
        r"|\*(?=\S)((?:\\[\s\S]|[^\\*])+?)(?<!\s)\*(?!\*)"
    ),
    "struck": re.compile(r"~~([\s\S]+?)~~"),
    "spoiler": re.compile(r"\|\|([\s\S]+?)\|\|"),
}
_VERBATIM = {"fence", "code", "mention", "time", "emoji", "address"}


@dataclass(slots=True)
class Read:
    """How often each kind of markup stands there, and where its links lead and say they lead."""

    kinds: Counter[str] = field(default_factory=Counter)
    links: list[tuple[str, str]] = field(default_factory=list)  # label, target


def read(text: str) -> Read:
    """Of one message's text, or of one text component."""
    found = Read()
    _read(text, found, line_start=True)
    return found


def _read(text: str, found: Read, *, line_start: bool) -> None:
    at, length = 0, len(text)
    while at < length:
        step = _line(text, at, found) if line_start else 0
        step = step or _span(text, at, found)
        line_start = text[at + step - 1] == "\n"
        at += step


def _line(text: str, at: int, found: Read) -> int:
    for kind, rule in _LINE.items():
        if match := rule.match(text, at):
            found.kinds[kind] += 1
            _read(match[1], found, line_start=True)
            return match.end() - at
    return 0


def _span(text: str, at: int, found: Read) -> int:
    """Reads what begins at `at`; how many characters that were."""
    if text[at].isalnum() and text[at] not in "hHsSdDmMtT":
        return 1
    if match := _ESCAPED.match(text, at):
        return match.end() - at
    for kind, rule in _SPANS.items():
        match = rule.match(text, at)
        if match is None:
            continue
        found.kinds[kind] += 1
        if kind == "link":
            found.links.append((match[1], match[2]))
        elif kind == "address":
            found.links.append((match[0], match[1] or match[2]))
        if kind not in _VERBATIM:
            _read(next(filter(None, match.groups()), ""), found, line_start=False)
        return match.end() - at
    return 1
