"""Messages -> one self-contained page: Discord on the left, Slack on the right. Pure.

The page forbids itself to load or run anything; it needs no network.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any

from bot.commands.caller import Reply
from bot.model.platform import Message
from bot.platforms.discord.message import rendered as for_discord
from bot.platforms.discord.replies import reply_body
from bot.platforms.slack.message import rendered as for_slack
from bot.platforms.slack.replies import render_reply
from bot.preview.discord import discord_html
from bot.preview.forms import discord_modal_html, slack_view_html
from bot.preview.markup import joined, tag
from bot.preview.slack import slack_html
from bot.preview.style import STYLE

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """Payloads that an adapter has made already: of a message, a form, or a Home tab. None where a
    platform has no such thing, and `instead` says what it has."""

    discord: Mapping[str, Any] | None = None
    slack: Mapping[str, Any] | None = None
    instead: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A message, or an answer to one person, with what it is called on the page."""

    title: str
    message: Message | Reply | Drawn
    key: str = "preview"


def page(shown: Sequence[Shown], *, now: datetime) -> str:
    """The page. `now` (aware) is what relative times are told from."""
    drawn = joined(_pair(one, now) for one in shown)
    lead = (
        "Drawn from the payloads that would be posted. Pictures are not fetched;"
        " where Slack tells readers their own time, this is UTC."
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>Wirewatch preview</title><style>{STYLE}</style></head><body>"
        f'<h1>Wirewatch preview</h1><p class="lead">{lead}</p>{drawn}</body></html>\n'
    )


def _pair(one: Shown, now: datetime) -> str:
    left, right = _in_discord(one), _in_slack(one)
    missing = tag("div", escape(getattr(one.message, "instead", "")), kind="instead")
    both = _discord(left, now) if left is not None else missing
    both += _slack(right, now) if right is not None else missing
    return tag("h2", escape(one.title)) + tag("div", both, kind="pair")


def _discord(body: Mapping[str, Any], now: datetime) -> str:
    if "title" in body:
        return tag("div", discord_modal_html(body), kind="form d-form")
    return _window("discord", discord_html(body, now=now))


def _slack(body: Mapping[str, Any], now: datetime) -> str:
    kind = body.get("type")
    if kind in ("modal", "home"):
        return tag("div", slack_view_html(body, now=now), kind=f"s-{kind} form s-form")
    return _window("slack", slack_html(body, now=now))


def _in_discord(one: Shown) -> Mapping[str, Any] | None:
    if isinstance(one.message, Drawn):
        return one.message.discord
    if isinstance(one.message, Reply):
        return reply_body(one.message.typed_after("/"))
    return for_discord(one.message, key=one.key).body


def _in_slack(one: Shown) -> Mapping[str, Any] | None:
    if isinstance(one.message, Drawn):
        return one.message.slack
    if isinstance(one.message, Reply):
        return render_reply(one.message.typed_after("/news "))
    return for_slack(one.message, key=one.key).body


def _window(platform: str, inside: str) -> str:
    who = tag("div", "Wirewatch <small>APP</small>", kind="who")
    return tag("div", tag("div", "W", kind="face") + tag("div", who + inside), kind=platform)
