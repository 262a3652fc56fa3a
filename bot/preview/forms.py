"""Forms and Slack's Home tab -> HTML: what opens over a chat, or beside it. Pure.

https://docs.slack.dev/reference/views and
https://docs.discord.com/developers/components/reference#label
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from html import escape
from typing import Any

from bot.preview.markup import joined, tag, unknown
from bot.preview.slack import slack_html

LABEL, TEXT_INPUT = 18, 4
"""Discord's numbers of the components of a form."""


def slack_view_html(view: Mapping[str, Any], *, now: datetime) -> str:
    """A modal, with its title and its buttons; or the Home tab."""
    inside = joined(_block(one, now) for one in view["blocks"])
    if view["type"] == "home":
        return inside
    head = tag("div", escape(view["title"]["text"]), kind="f-title")
    buttons = [("close", "s-button"), ("submit", "s-button s-primary")]
    drawn = joined(
        tag("span", escape(view[name]["text"]), kind=kind) for name, kind in buttons if name in view
    )
    return head + tag("div", inside, kind="f-body") + tag("div", drawn, kind="f-foot")


def _block(one: Mapping[str, Any], now: datetime) -> str:
    if one["type"] != "input":
        return slack_html({"blocks": [one]}, now=now)
    label = escape(one["label"]["text"])
    if one.get("optional"):
        label += tag("span", " (optional)", kind="f-optional")
    parts = tag("div", label, kind="f-label") + _field(one["element"])
    if hint := one.get("hint"):
        parts += tag("div", escape(hint["text"]), kind="f-hint")
    return tag("div", parts, kind="f-field")


def _field(element: Mapping[str, Any]) -> str:
    match element["type"]:
        case "plain_text_input":
            return _line(element.get("initial_value"), element, tall=bool(element.get("multiline")))
        case "static_select":
            return _choice(element["initial_option"]["text"]["text"])
        case "timepicker":
            return _choice(element["initial_time"])
        case "conversations_select":
            chosen = element.get("initial_conversation")
            return _choice(f"# {chosen}" if chosen else "Choose a channel")
        case "checkboxes":
            ticked = {one["value"] for one in element.get("initial_options") or ()}
            return joined(
                tag(
                    "div", f"{'☑' if one['value'] in ticked else '☐'} {escape(one['text']['text'])}"
                )
                for one in element["options"]
            )
        case "file_input":
            kinds = ", ".join(element.get("filetypes") or ())
            return tag("div", f"⬆ Upload a file<br>{escape(kinds)}", kind="f-drop")
        case other:
            return unknown(f"field {other}")


def discord_modal_html(modal: Mapping[str, Any]) -> str:
    """A form of Discord's."""
    head = tag("div", escape(str(modal["title"])), kind="f-title")
    fields = joined(_labelled(one) for one in modal["components"])
    buttons = tag("span", "Cancel", kind="d-button") + tag(
        "span", "Submit", kind="d-button d-style-1"
    )
    return head + tag("div", fields, kind="f-body") + tag("div", buttons, kind="f-foot")


def _labelled(one: Mapping[str, Any]) -> str:
    inside = one.get("component") or {}
    if one["type"] != LABEL or inside.get("type") != TEXT_INPUT:
        return unknown(f"component {one['type']}")
    label = escape(str(one["label"])) + tag("span", " *", kind="f-required")
    return tag("div", tag("div", label, kind="f-label") + _line("", inside), kind="f-field")


def _line(initial: str | None, element: Mapping[str, Any], *, tall: bool = False) -> str:
    """A field to type in, with what stands in it, else what may."""
    proposed = element.get("placeholder") or ""
    if isinstance(proposed, Mapping):
        proposed = proposed["text"]
    kind = "f-line f-tall" if tall else "f-line"
    if initial:
        return tag("div", escape(initial), kind=kind)
    return tag("div", escape(str(proposed)) or "&nbsp;", kind=f"{kind} f-empty")


def _choice(said: str) -> str:
    return tag("div", f"{escape(said)} <span>▾</span>", kind="f-line f-choice")
