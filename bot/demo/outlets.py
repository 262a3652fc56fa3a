"""What an invented outlet is, and what its feed lists at a moment. Writes and serves nothing."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urljoin


class FeedFormat(StrEnum):
    """The document an outlet serves."""

    RSS = "rss"  # RSS 2.0
    ATOM = "atom"  # Atom 1.0, RFC 4287
    JSON = "json"  # JSON Feed 1.1, jsonfeed.org


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One item of an outlet's feed, as newsroom.toml describes it.

    `at` is seconds into the demo; `age_min` says how many minutes earlier it was published, for
    what the feed lists from the start. `link` is a path of the outlet's site or a whole URL.
    """

    at: float
    outlet: str
    guid: str
    title: str
    summary: str
    link: str
    story: str
    categories: tuple[str, ...] = ()
    age_min: float = 0.0
    replaces: str | None = None
    dated: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """An invented publisher. `slug` is its place in the newsroom's URLs."""

    slug: str
    name: str
    title: str
    format: FeedFormat
    home: str
    reports: tuple[Report, ...]

    @property
    def path(self) -> str:
        """Where the newsroom serves its feed."""
        return f"/{self.slug}/feed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A report as the feed lists it. Times are seconds from the start of the demo, or before it."""

    report: Report
    url: str
    published_s: float
    updated_s: float


def listed_at(outlet: Outlet, elapsed_s: float) -> tuple[Listing, ...]:
    """What `outlet` lists `elapsed_s` seconds into the demo, newest first.

    A report that replaces another takes its place and its date of publication.
    """
    listed: dict[str, Listing] = {}
    for report in sorted(outlet.reports, key=lambda report: report.at):
        if report.at > elapsed_s:
            break
        began_s = report.at - 60 * report.age_min
        if report.replaces is not None:
            began_s = listed.pop(report.replaces).published_s
        listed[report.guid] = Listing(
            report=report,
            url=urljoin(outlet.home, report.link),
            published_s=began_s,
            updated_s=began_s if report.replaces is None else report.at,
        )
    return tuple(sorted(listed.values(), key=lambda entry: -entry.published_s))
