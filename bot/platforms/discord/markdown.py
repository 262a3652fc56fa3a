"""Text of strangers -> Discord markdown in which it is only text. Pure; knows no messages.

Lengths are UTF-16 units: what Discord's clients count, and never less than what its API counts.
What Discord reads: https://support.discord.com/hc/en-us/articles/210298617 and
https://discord.com/developers/docs/reference#message-formatting.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from datetime import datetime
from itertools import groupby

from icu4py.breakers import CharacterBreaker
from yarl import URL

from bot.model.text import Mark, RichText

MOST_READ = 20_000
"""Characters of one text that are looked at; no limit of Discord's lets more of them through."""
MARKS_PER_LETTER = 4
"""Vietnamese, Hebrew and Thai need up to three; "zalgo" stacks hundreds."""

_JOINERS = "\u200c\u200d"
# Letters and marks that draw nothing: a headline made of them would be an invisible one.
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_JOINED = frozenset({"Lo", "Mn", "Mc", "So", "Sk"})

# Escaped wherever they stand: emphasis, spoilers, strikes, code, links, <@mentions>, <t:times>,
# <:emoji:>, </commands:>, <https://links>; a colon that would begin a link or an :emoji:; the "("
# after a "]", for a client that looks for the end of our link's label finds "](" though escaped.
_ANYWHERE = re.compile(r"[\\*_`~|\[\]<]|:(?=//|\S*:)|@(?=everyone|here)|(?<=\])\(", re.IGNORECASE)
# Only at the beginning of a line: headings, subtext, quotes, bullets; numbered lists.
_BEGINNING = re.compile(r"#{1,3}(?=\s|$)|-#|>|[-+](?=\s|$)")
_NUMBERED = re.compile(r"\d+(?=\.(?:\s|$))")

_IN_A_LINK = str.maketrans({"(": "%28", ")": "%29", "<": "%3C", ">": "%3E", '"': "%22"})
_LEAST_RUN = 12  # a cut word with its markup around it
_LONGEST_TIME = 24
_NAMES = {Mark.PERSON: "<@{}>", Mark.ROLE: "<@&{}>"}
_CODE = str.maketrans({"`": "\u02cb"})


def units(text: str) -> int:
    """The length as UTF-16 units."""
    return len(text) + sum(ch > "\uffff" for ch in text)


def clean(text: str, *, as_typed: bool = False) -> str:
    """Visible characters on one line: no controls, no bidi or zero-width tricks, few marks.

    Joiners stay where scripts and emoji need them. `as_typed` keeps runs of spaces, and spaces
    at the ends, so that a caret still points at its place.
    """
    text = unicodedata.normalize("NFC", text[:MOST_READ])
    kept: list[str] = []
    marks = 0
    for index, ch in enumerate(text):
        category = unicodedata.category(ch)
        if ch.isspace():
            ch = " "
        elif ch in _JOINERS:
            if not _is_joined(text, index):
                continue
        elif category in ("Cc", "Cf", "Cs") or ch in _INVISIBLE:
            continue
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if marks <= MARKS_PER_LETTER:
            kept.append(ch)
    visible = unicodedata.normalize("NFC", "".join(kept))  # what stood between them is gone
    return visible if as_typed else " ".join(visible.split())


def _is_joined(text: str, index: int) -> bool:
    """Between two letters of a script with cases of its own, or two parts of an emoji."""
    around = text[index - 1 : index] + text[index + 1 : index + 2]
    return len(around) == 2 and all(unicodedata.category(ch) in _JOINED for ch in around)


def escape(text: str) -> str:
    """One line in which nothing is markup, a mention, a link, an emoji or a timestamp."""
    escaped = _ANYWHERE.sub(r"\\\g<0>", text)
    if _BEGINNING.match(escaped):
        return f"\\{escaped}"
    return _NUMBERED.sub(r"\g<0>\\", escaped, count=1) if _NUMBERED.match(escaped) else escaped


def fit(text: str, limit: int) -> str:
    """`text` cleaned and escaped, within `limit`; a longer one ends in an ellipsis.

    Cut between graphemes, and between words where one ends near the limit.
    """
    text = clean(text)
    whole = escape(text)
    if units(whole) <= limit:
        return whole
    ends = [end for _, end in CharacterBreaker(text[: limit + 1], "en").segments()]
    fitting = bisect_right(ends, limit, key=lambda end: units(_shortened(text, end)))
    if not fitting:
        return "…" if limit else ""
    end = ends[fitting - 1]
    word = text.rfind(" ", 0, end + 1)
    return _shortened(text, word if word > end * 2 // 3 else end)


def _shortened(text: str, end: int) -> str:
    return escape(text[:end].rstrip(" ,;:–—-") + "…")


def drawn(text: RichText, limit: int) -> str:
    """Spans as markdown, within `limit`: strong, code, and links to http(s) only."""
    parts: list[str] = []
    room = limit - 1
    for (mark, url, at), spans in groupby(text, key=lambda span: (span.mark, span.url, span.at)):
        if room < _LEAST_RUN:
            parts.append("…")
            break
        run = "".join(span.text for span in spans)
        timed = at is not None and room > _LONGEST_TIME
        part = instant(at) if at and timed else _drawn_run(run, mark, url, room)
        parts.append(part)
        room -= units(part)
        if part.rstrip("*` ").endswith("…") and not run.rstrip().endswith("…"):
            break
    return "".join(parts).strip()


def instant(at: datetime) -> str:
    """A time that every reader sees in their own zone: `5 minutes ago`."""
    return f"<t:{int(at.timestamp())}:R>"


def _drawn_run(run: str, mark: Mark, url: str | None, room: int) -> str:
    visible = clean(run, as_typed=True)
    left = " " if visible[:1] == " " else ""
    right = " " if visible[-1:] == " " and visible.strip() else ""
    if not visible.strip():
        return left
    target = safe_url(url, limit=300) if url else ""
    if mark in _NAMES and visible.strip().isdecimal() and len(visible) + 5 <= room:
        # A name to click; no message of ours pings by its text.
        body = _NAMES[mark].format(visible.strip())
    elif mark is Mark.CODE:
        body = code(visible.strip(), room - 2)
    elif target and room > len(target) + 24:
        strong = "**" if mark is Mark.STRONG else ""
        body = f"{strong}{link(run, target, room - 6)}{strong}"
    elif mark is Mark.STRONG:
        body = f"**{fit(run, room - 6)}**"
    else:
        body = fit(run, room - 2)
    return f"{left}{body}{right}"


def code(text: str, limit: int) -> str:
    """`text` in a monospaced font, as typed; a backtick in it becomes its look-alike U+02CB."""
    shown = _verbatim(text)
    if units(shown) > limit - 2:
        shown = shown[: max(0, (limit - 3) // 2)] + "…"
    return f"`{shown}`" if shown.strip() else ""


def code_block(lines: list[str], limit: int) -> str:
    """Lines in a monospaced font under each other, as typed, none wider than fits."""
    most = max(8, (limit - 10) // max(1, len(lines)) // 2)
    shown = [_verbatim(line)[:most].rstrip() for line in lines]
    return "```\n" + "\n".join(line or " " for line in shown) + "\n```"


def _verbatim(text: str) -> str:
    """As typed, but for what would end the code, or an earlier link's label (see _ANYWHERE)."""
    return clean(text, as_typed=True).translate(_CODE).replace("](", "]\u2060(")


def link(label: str, url: str, limit: int) -> str:
    """`[label](url)`, or the label alone if it looks like an address itself: no masked links.

    `url` comes from `safe_url`. In a label Discord pairs brackets before it reads escapes, and an
    unpaired one would undo the link, so they become parentheses.
    """
    if "://" in clean(label):
        return fit(label, limit)
    rounded = label.replace("[", "(").replace("]", ")")
    return f"[{fit(rounded, limit - units(url) - 4) or 'link'}]({url})"


def safe_url(url: str | None, *, limit: int) -> str:
    """An http(s) URL that is safe inside `(…)`, in ASCII; "" if it is none, or too long.

    Refused as well: user:password@, whose host is not what it seems, and backslashes, which
    browsers and parsers read differently.
    """
    wanted = (url or "").strip()
    if not wanted.isprintable() or "\\" in wanted:
        return ""
    try:
        parsed = URL(wanted)
        host = parsed.raw_host or ""
        if parsed.scheme not in ("http", "https") or parsed.raw_user is not None:
            return ""
        if parsed.raw_password is not None or not ("." in host or ":" in host):
            return ""
        safe = str(parsed).translate(_IN_A_LINK)
    except (ValueError, TypeError):  # UnicodeError too: what IDNA or UTF-8 cannot say
        return ""
    return safe if safe.isascii() and len(safe) <= limit else ""
