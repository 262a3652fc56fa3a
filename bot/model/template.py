"""How much of a story a subscription shows: one of three sizes, or a layout of its own."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Size(StrEnum):
    """The value is stored and typed; keep it."""

    COMPACT = "compact"  # the headline, who and when: two lines
    STANDARD = "standard"  # and a summary, key points, other outlets
    FULL = "full"  # and all of the summary, a large picture, more outlets


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A size, or `layout`: lines with placeholders, as bot/model/layout.py reads them."""

    size: Size = Size.STANDARD
    layout: str = ""

    @property
    def fullness(self) -> int:
        """Of several subscriptions that share a message the fullest wins. A layout stands between
        standard and full: somebody took the trouble to write it."""
        if self.layout:
            return 2
        return {Size.COMPACT: 0, Size.STANDARD: 1, Size.FULL: 3}[self.size]


STANDARD = Template()


def template_of(stored: str) -> Template:
    """The inverse of `stored_as`. A layout has a placeholder, so that it is no size's name."""
    return Template(layout=stored) if "{" in stored else Template(size=Size(stored))


def stored_as(template: Template) -> str:
    return template.layout or template.size.value
