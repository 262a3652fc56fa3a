"""Who reported what of a story, and when: every report in order, with what it added. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.model.article import Article
from bot.stories.outlets import origins
from bot.words import later


class Step(StrEnum):
    """What a report was to its story when it came. The value is shown."""

    FIRST = later("first report")
    CONFIRMS = later("another outlet")
    COPY = later("the same text as")
    FOLLOWS = later("more from the same outlet")


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One report. `copy_of` is the outlet whose text or agency it shares, for COPY; `outlets` is
    how many independent ones there were after it."""

    at: datetime
    outlet: str
    title: str
    url: str
    step: Step
    copy_of: str = ""
    outlets: int = 1
    corrected: bool = False


def timeline(articles: Sequence[Article]) -> tuple[Moment, ...]:
    """The reports, earliest first."""
    ordered = sorted(articles, key=lambda one: (one.at, one.id))
    roots = origins(ordered)
    seen: set[int] = set()
    names: set[str] = set()
    found: list[Moment] = []
    for article, root in zip(ordered, roots, strict=True):
        name = article.outlet.casefold()
        if not found:
            step = Step.FIRST
        elif name in names:
            step = Step.FOLLOWS
        else:
            step = Step.COPY if root in seen else Step.CONFIRMS
        seen.add(root)
        names.add(name)
        found.append(
            Moment(
                at=article.at,
                outlet=article.outlet,
                title=article.parsed.title,
                url=article.parsed.url if article.parsed.canonical_url else "",
                step=step,
                copy_of=ordered[root].outlet if step is Step.COPY else "",
                outlets=len(seen),
                corrected=article.corrected_at is not None,
            )
        )
    return tuple(found)
