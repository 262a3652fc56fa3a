"""The installation's numbers in Prometheus' text format, version 0.0.4. Pure.

https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from bot.pipeline.tally import Tally
from bot.storage.vitals import Vitals

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric: its value for each set of labels."""

    name: str
    help: str
    kind: Literal["gauge", "counter"]
    values: Mapping[Labels, float] = field(default_factory=dict)


def exposition(metrics: Iterable[Metric]) -> str:
    """The page that Prometheus reads."""
    return "".join(f"{line}\n" for metric in metrics for line in _lines(metric))


def of_vitals(found: Vitals, *, now: datetime) -> Iterator[Metric]:
    """What the database knows. Ages are seconds; 0 where nothing waits."""
    yield _gauge("feeds", "Feeds that somebody follows.", found.feeds)
    yield _gauge("feeds_failing", "Feeds whose last poll failed.", found.failing)
    yield _gauge("feeds_due", "Feeds that are due now.", found.due)
    yield _gauge(
        "oldest_due_feed_seconds",
        "How long the feed that waits longest has been due.",
        _age(found.due_since, now),
    )
    yield _gauge("articles", "Articles that are stored.", found.articles)
    yield _gauge("articles_day", "Articles of the last 24 hours.", found.articles_today)
    yield _gauge("alerts_held", "Alerts that are held for a digest.", found.held)
    yield _gauge("deliveries_pending", "Messages and edits that wait.", found.pending)
    yield _gauge(
        "oldest_pending_delivery_seconds",
        "How long the post that waits longest, and may be tried now, has waited.",
        _age(found.pending_since, now),
    )
    yield _gauge("deliveries_abandoned_day", "Given up in 24 hours.", found.abandoned)
    yield _labelled("posts_day", "Messages of the last 24 hours.", "kind", found.posted)
    yield _gauge("channels", "Channels that are known.", found.channels)
    yield _gauge("channels_set_aside", "Channels that cannot be posted to.", found.set_aside)
    yield _labelled(
        "ambiguous_outcomes",
        "Posts whose answer was lost, ever, by how that was settled.",
        "settled",
        found.doubts,
    )
    yield _gauge(
        "pushes_ignored",
        "Pushes from hubs that were not believed, of the subscriptions that stand.",
        found.pushes_ignored,
    )


def of_tally(done: Tally) -> Iterator[Metric]:
    """What this process has done since it started."""
    yield _counter("polls_total", "Polls begun.", done.polls)
    yield _counter("polls_429_total", "Polls answered with 429.", done.too_many)
    yield _counter("parses_total", "Documents given to the parser.", done.parses)
    yield _counter("parse_seconds_total", "Seconds that reading them took.", done.parse_s)


def _gauge(name: str, told: str, value: float) -> Metric:
    return Metric(name=f"wirewatch_{name}", help=told, kind="gauge", values={(): value})


def _counter(name: str, told: str, value: float) -> Metric:
    return Metric(name=f"wirewatch_{name}", help=told, kind="counter", values={(): value})


def _labelled(name: str, told: str, label: str, counts: Mapping[str, int]) -> Metric:
    values: dict[Labels, float] = {
        ((label, key),): float(count) for key, count in sorted(counts.items())
    }
    return Metric(name=f"wirewatch_{name}", help=told, kind="gauge", values=values)


def _age(since: datetime | None, now: datetime) -> float:
    return 0.0 if since is None else max(0.0, (now - since).total_seconds())


def _lines(metric: Metric) -> Iterator[str]:
    told = metric.help.replace("\\", "\\\\").replace("\n", "\\n")
    yield f"# HELP {metric.name} {told}"
    yield f"# TYPE {metric.name} {metric.kind}"
    for labels, value in metric.values.items():
        written = ",".join(f'{name}="{_escaped(said)}"' for name, said in labels)
        name = f"{metric.name}{{{written}}}" if written else metric.name
        yield f"{name} {value:.15g}"


def _escaped(said: str) -> str:
    return said.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
