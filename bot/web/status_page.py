"""The status page as HTML. Pure: everything that strangers wrote is escaped in one place, `_said`,
and of an address only the host is shown, for the rest of it may be a secret."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from html import escape
from urllib.parse import urlsplit

from bot.feeds.health import Condition, condition
from bot.model.glance import ago, bars
from bot.storage.overview import FollowedFeed, Overview, RunningStory, Stuck, WatchedTopic
from bot.storage.vitals import Vitals
from bot.web.health import WELL
from bot.web.status_style import STYLE

_LONGEST = 200
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]{0,30}://\S+", re.IGNORECASE)
_UNSEEN = re.compile(r"[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")
_COLOUR = {
    Condition.WELL: "good",
    Condition.NEW: "",
    Condition.FAILING: "warn",
    Condition.SILENT: "warn",
    Condition.BROKEN: "bad",
    Condition.GONE: "bad",
}


def status_page(
    vitals: Vitals, found: Overview, *, checks: Mapping[str, str], now: datetime
) -> str:
    """Everything on one page."""
    ill = [f"{name}: {said}" for name, said in checks.items() if said not in WELL]
    needy = len(ill) + len(found.stuck) + len(found.aside)
    state = _pill("All is well", "good") if not needy else _pill("Needs a person", "bad")
    body = (
        f"<header><h1>Wirewatch</h1>{state}"
        f'<span class="when">{now:%Y-%m-%d %H:%M} UTC · anew each minute</span></header>'
        + _tiles(vitals)
        + _section("Needs a person", "", _needs(found, ill, now), trouble=bool(needy))
        + '<div class="two">'
        + _section("Topics", "alerts a day, 14 days", map(_topic(now), found.topics))
        + _section("Running stories", "72 hours", (_story(one, now) for one in found.stories))
        + "</div>"
        + _section(
            "Feeds",
            f"{vitals.feeds:,} read · {vitals.failing:,} failing · {vitals.due:,} due",
            (_feed(one, now) for one in found.feeds),
        )
    )
    return _document(body, again=True)


def door_page(*, refused: bool = False) -> str:
    """Asks for the token."""
    said = (
        '<p class="no" role="alert">That is not the token. It is web.status_token.</p>'
        if refused
        else "<p>The status page needs its token: web.status_token.</p>"
    )
    return _document(
        f'<section class="door"><h1>Wirewatch</h1>{said}<form method="post" action="/status">'
        '<input name="user" value="wirewatch" autocomplete="username" hidden>'
        '<label for="token">Token</label><input id="token" name="token" type="password"'
        ' autocomplete="current-password" required autofocus><button>Open</button></form></section>'
    )


def unwell_page(why: str) -> str:
    """The database does not answer."""
    return _document(
        f"<header><h1>Wirewatch</h1>{_pill('Needs a person', 'bad')}</header>"
        f'<section><p class="empty">{_said(why)}</p></section>',
        again=True,
    )


def _document(body: str, *, again: bool = False) -> str:
    refresh = '<meta http-equiv="refresh" content="60">' if again else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<meta name="robots" content="noindex">{refresh}<title>Wirewatch</title>'
        f"<style>{STYLE}</style></head><body><main>{body}</main></body></html>"
    )


def _tiles(found: Vitals) -> str:
    shown = {
        "feeds": found.feeds,
        "articles in 24 hours": found.articles_today,
        "messages in 24 hours": sum(found.posted.values()),
        "waiting or held": found.pending + found.held,
    }
    tiles = (f"<div><dt>{head}</dt><dd>{count:,}</dd></div>" for head, count in shown.items())
    return f'<dl class="tiles">{"".join(tiles)}</dl>'


def _section(head: str, note: str, rows: Iterable[str], *, trouble: bool = False) -> str:
    listed = "".join(rows)
    inside = f"<ul>{listed}</ul>" if listed else f'<p class="empty">{_NONE[head]}</p>'
    marked = ' class="trouble"' if trouble else ""
    return (
        f'<section{marked}><div class="head"><h2>{head}</h2><span>{note}</span></div>'
        f"{inside}</section>"
    )


_NONE = {
    "Needs a person": "Nothing does.",
    "Topics": "No topic yet. In a chat: /topic watch, in Slack: /news watch.",
    "Running stories": "Nothing that a topic asked for was reported in the last 72 hours.",
    "Feeds": "No feed yet. In a chat: /feed add, in Slack: /news feed add.",
}


def _needs(found: Overview, ill: Iterable[str], now: datetime) -> Iterator[str]:
    for said in ill:
        name, _, why = said.partition(": ")
        yield _row(_said(name), _said(why), _pill("not ready", "bad"))
    for one in found.aside:
        yield _row(_said(one.channel), _said(one.why), _pill("set aside", "bad"))
    for stuck in found.stuck:
        yield _stuck(stuck, now)


def _stuck(one: Stuck, now: datetime) -> str:
    state = _pill("unsure", "warn") if one.unsure else _pill("given up", "bad")
    tried = {1: "once", 2: "twice"}.get(one.attempts, f"{one.attempts:,} times")
    why = _said(one.why) or "Nobody knows whether it arrived"
    since = f"{ago(now - one.since)} ago"
    return _row(
        f"A {_said(one.kind)} for {_said(one.channel)}", f"{why} · tried {tried}", since + state
    )


def _feed(one: FollowedFeed, now: datetime) -> str:
    state = condition(one.state, now=now)
    shown = (
        _pill("paused", "")
        if one.paused
        else _pill("unusually silent" if state is Condition.SILENT else state, _COLOUR[state])
    )
    told = [_said(_host(one.state.address))]
    if one.state.failures:
        told.append(_said(one.state.last_error or "it failed"))
    since = one.state.last_new_at
    news = "no news yet" if since is None else f"news {ago(now - since)} ago"
    return _row(_said(one.name or one.state.title), " · ".join(told), news + shown)


def _topic(now: datetime) -> Callable[[WatchedTopic], str]:
    def row(one: WatchedTopic) -> str:
        quiet = ""
        if one.muted_until is not None and one.muted_until > now:
            quiet = _pill("muted", "warn")
        elif one.snoozed_until is not None and one.snoozed_until > now:
            quiet = _pill("snoozed", "warn")
        total = sum(one.per_day)
        drawn = (
            f'<span class="bars" role="img" aria-label="{total} alerts in 14 days">'
            f"{bars(one.per_day)}</span> {total:,}"
        )
        return _row(_said(one.name), _said(one.query), drawn + quiet)

    return row


def _story(one: RunningStory, now: datetime) -> str:
    outlets = _count(one.outlets, "outlet")
    told = f"{_count(one.reports, 'report')} · {outlets} · {_count(one.channels, 'channel')}"
    return _row(_said(one.title) or "(no headline)", told, f"{ago(now - one.last_at)} ago")


def _count(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def _row(head: str, told: str, side: str) -> str:
    """The three are HTML already."""
    small = f"<small>{told}</small>" if told else ""
    return f'<li><div><b>{head}</b>{small}</div><div class="side">{side}</div></li>'


def _pill(said: str, colour: str) -> str:
    return f'<span class="pill {colour}">{escape(said)}</span>'


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or "?"
    except ValueError:
        return "?"


def _said(text: str) -> str:
    """Anybody's words as HTML: flat, short, without addresses."""
    hosts = _ADDRESS.sub(lambda found: _host(found[0]), text)
    flat = " ".join(_UNSEEN.sub(" ", hosts).split())
    return escape(flat if len(flat) <= _LONGEST else f"{flat[: _LONGEST - 1]}…")
