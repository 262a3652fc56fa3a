"""The installation's numbers in Prometheus' text format, version 0.0.4. Pure.

https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import inf
from typing import Literal

from bot.pipeline.tally import Spread, Tally
from bot.storage.vitals import Vitals

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric: its value for each set of labels."""

    name: str
    help: str
    kind: Literal["gauge", "counter", "histogram"]
    values: Mapping[Labels, float] = field(default_factory=dict)
    spreads: Mapping[Labels, Spread] = field(default_factory=dict)  # of a histogram, instead


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
    yield _gauge("alerts_waiting", "Alerts that wait for more outlets.", found.waiting)
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
    yield _histogram("poll_delay_seconds", "From due to polled.", {(): done.late})
    yield _counter("matches_total", "Articles that met a topic.", done.matches)
    yield _counters(
        "decisions_total",
        "What became of them for each channel, and why.",
        ("outcome", "why"),
        {(one.value, why.name.lower()): count for (one, why), count in done.decisions.items()},
    )
    yield _counters(
        "sends_total",
        "What chats were asked to do, by what became of it.",
        ("platform", "outcome"),
        {(name.value, said): count for (name, said), count in done.sends.items()},
    )
    yield _counters(
        "sends_429_total",
        "Of them those that a chat answered with 429.",
        ("platform",),
        {(name.value,): count for name, count in done.sends_too_many.items()},
    )
    yield _histogram(
        "delivery_seconds",
        "From when a message was wanted until it was posted.",
        {(("kind", kind),): spread for kind, spread in sorted(done.waited.items())},
    )


def of_queues(depths: Mapping[str, int]) -> Iterator[Metric]:
    """What is under way in this process, by what it waits for."""
    yield _labelled("queue_depth", "What is under way or waits its turn.", "queue", depths)


def _gauge(name: str, told: str, value: float) -> Metric:
    return Metric(name=f"wirewatch_{name}", help=told, kind="gauge", values={(): value})


def _counter(name: str, told: str, value: float) -> Metric:
    return Metric(name=f"wirewatch_{name}", help=told, kind="counter", values={(): value})


def _counters(
    name: str, told: str, labels: Sequence[str], counts: Mapping[tuple[str, ...], int]
) -> Metric:
    values: dict[Labels, float] = {
        tuple(zip(labels, key, strict=True)): float(count) for key, count in sorted(counts.items())
    }
    return Metric(name=f"wirewatch_{name}", help=told, kind="counter", values=values)


def _histogram(name: str, told: str, spreads: Mapping[Labels, Spread]) -> Metric:
    return Metric(name=f"wirewatch_{name}", help=told, kind="histogram", spreads=spreads)


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
        yield _sample(metric.name, labels, value)
    for labels, spread in metric.spreads.items():
        below = 0
        for bound, count in zip((*spread.bounds, inf), spread.counts, strict=True):
            below += count
            written = "+Inf" if bound == inf else f"{bound:g}"
            yield _sample(f"{metric.name}_bucket", (*labels, ("le", written)), below)
        yield _sample(f"{metric.name}_sum", labels, spread.total_s)
        yield _sample(f"{metric.name}_count", labels, below)


def _sample(name: str, labels: Labels, value: float) -> str:
    written = ",".join(f'{label}="{_escaped(said)}"' for label, said in labels)
    return f"{name}{{{written}}} {value:.15g}" if written else f"{name} {value:.15g}"


def _escaped(said: str) -> str:
    return said.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
