"""The few pieces of HTML that both drawings are made of. Pure; every text and address is escaped.

Pictures are not fetched: a box with the picture's host stands where it would be.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from urllib.parse import urlsplit


def tag(name: str, inside: str, *, kind: str = "") -> str:
    """An element. `inside` is HTML already; `kind` is its class."""
    return f'<{name} class="{escape(kind)}">{inside}</{name}>' if kind else wrapped(name, inside)


def wrapped(name: str, inside: str) -> str:
    return f"<{name}>{inside}</{name}>"


def anchor(url: str, inside: str, *, kind: str = "") -> str:
    """A link to http(s); `inside` alone for any other address."""
    if not url.lower().startswith(("http://", "https://")):
        return tag("span", inside, kind=kind)
    named = f' class="{escape(kind)}"' if kind else ""
    return f'<a{named} href="{escape(url)}" rel="noopener noreferrer">{inside}</a>'


def picture(url: str, *, kind: str) -> str:
    """The box that stands for a picture."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        host = ""
    return tag("div", f"picture<br>{escape(host)}", kind=kind)


def unknown(what: object) -> str:
    """Said where a payload holds something that is not drawn here, so that nobody overlooks it."""
    return tag("div", f"not drawn: {escape(str(what))}", kind="unknown")


def joined(parts: Iterable[str]) -> str:
    return "".join(parts)
