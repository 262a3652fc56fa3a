"""Block Kit's limits for text objects and interactive elements, with Slack's pointer wording.

https://docs.slack.dev/reference/block-kit. Elements that Wirewatch has no use for are refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.servers.slack.records import Json

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_SCRIPT = re.compile(r"\s*(?:javascript|data|vbscript):", re.IGNORECASE)
SELECTS = {"static_select", "external_select", "users_select", "conversations_select"} | {
    "channels_select"
}
SELECTS |= {f"multi_{name}" for name in SELECTS}
CHOICES = {"checkboxes", "radio_buttons"}
PICKERS = {"datepicker", "timepicker", "datetimepicker"}
INPUTS = {"plain_text_input", "number_input", "email_text_input", "url_text_input"}
FILE_INPUT = "file_input"
INTERACTIVE = {"button", "overflow"} | SELECTS | CHOICES | PICKERS


@dataclass(slots=True)
class Check:
    """Collects problems as `must be ... [json-pointer:/blocks/0/text]`."""

    problems: list[str] = field(default_factory=list)

    def add(self, pointer: str, problem: str) -> None:
        self.problems.append(f"{problem} [json-pointer:{pointer}]")

    def string(
        self, node: Json, key: str, pointer: str, longest: int, *, required: bool = False
    ) -> None:
        """A string of 1 to `longest` characters."""
        value = node.get(key)
        if value is None:
            if required:
                self.add(pointer, f"missing required field: {key}")
        elif not isinstance(value, str):
            self.add(f"{pointer}/{key}", "must be a string")
        elif not value:
            self.add(f"{pointer}/{key}", "must be more than 0 characters")
        elif len(value) > longest:
            self.add(f"{pointer}/{key}", f"must be less than {longest + 1} characters")

    def text(
        self, node: Json, key: str, pointer: str, longest: int, *, required: bool, plain: bool
    ) -> None:
        """A text object; `plain` allows plain_text alone."""
        value = node.get(key)
        if value is None:
            if required:
                self.add(pointer, f"missing required field: {key}")
            return
        self.text_object(value, f"{pointer}/{key}", longest, plain=plain)

    def text_object(self, value: object, pointer: str, longest: int, *, plain: bool) -> None:
        kinds = ("plain_text",) if plain else ("plain_text", "mrkdwn")
        if not isinstance(value, dict) or value.get("type") not in kinds:
            self.add(pointer, f"must be a text object of type {' or '.join(kinds)}")
            return
        extra = {"type", "text", "emoji" if value["type"] == "plain_text" else "verbatim"}
        self.keys(value, pointer, extra)
        self.string(value, "text", pointer, longest, required=True)

    def keys(self, node: Json, pointer: str, allowed: set[str]) -> None:
        for key in sorted(set(node) - allowed):
            self.add(pointer, f"invalid additional property: {key}")

    def url(self, node: Json, key: str, pointer: str, *, web: bool, required: bool = False) -> None:
        """At most 3000 characters; `web` wants http(s), and script schemes are never taken."""
        self.string(node, key, pointer, 3000, required=required)
        value = node.get(key)
        if not isinstance(value, str):
            return
        scheme = value.lower().startswith(("http://", "https://")) if web else _SCHEME.match(value)
        if not scheme or _SCRIPT.match(value) or re.search(r"\s", value):
            self.add(f"{pointer}/{key}", "must be a valid URL")

    def whole(self, node: Json, key: str, pointer: str, least: int, most: int) -> None:
        """A whole number between the two, if it is there at all."""
        value = node.get(key, least)
        if not isinstance(value, int) or not least <= value <= most:
            self.add(f"{pointer}/{key}", f"must be between {least} and {most}")

    def count(self, node: Json, key: str, pointer: str, most: int) -> list[Json]:
        """A list of 1 to `most` objects; what of it can be checked further."""
        value = node.get(key)
        if not isinstance(value, list) or not value:
            self.add(pointer, f"missing required field: {key}")
            return []
        if len(value) > most:
            self.add(f"{pointer}/{key}", f"no more than {most} items allowed")
        return [item if isinstance(item, dict) else {} for item in value]


def check_element(check: Check, element: object, pointer: str, allowed: set[str]) -> None:
    """One element where only `allowed` types may stand."""
    kind = str(element.get("type")) if isinstance(element, dict) else ""
    if not isinstance(element, dict) or kind not in allowed:
        check.add(f"{pointer}/type", f"unsupported type: {kind}")
        return
    if kind != "image":
        check.string(element, "action_id", pointer, 255)
    _CHECKS[kind](check, element, pointer)


def check_action_ids(check: Check, elements: list[Json], pointer: str) -> None:
    seen: set[str] = set()
    for number, element in enumerate(elements):
        action_id = element.get("action_id")
        if isinstance(action_id, str):
            if action_id in seen:
                check.add(f"{pointer}/{number}", f"`action_id` {action_id!r} already exists")
            seen.add(action_id)


def _button(check: Check, node: Json, pointer: str) -> None:
    known = "type action_id text url value style confirm accessibility_label"
    check.keys(node, pointer, set(known.split()))
    check.text(node, "text", pointer, 75, required=True, plain=True)
    check.string(node, "value", pointer, 2000)
    check.url(node, "url", pointer, web=False)
    check.string(node, "accessibility_label", pointer, 75)
    if node.get("style") not in (None, "primary", "danger"):
        check.add(f"{pointer}/style", "must be primary or danger")
    _confirm(check, node, pointer)


def _confirm(check: Check, node: Json, pointer: str) -> None:
    confirm = node.get("confirm")
    if confirm is None:
        return
    inside = f"{pointer}/confirm"
    if not isinstance(confirm, dict):
        check.add(inside, "must be an object")
        return
    for key, longest in (("title", 100), ("confirm", 30), ("deny", 30)):
        check.text(confirm, key, inside, longest, required=True, plain=True)
    check.text(confirm, "text", inside, 300, required=True, plain=False)


def _options(most: int, *, least: int = 1) -> Callable[[Check, Json, str], None]:
    def checker(check: Check, node: Json, pointer: str) -> None:
        if node.get("option_groups"):
            for number, group in enumerate(check.count(node, "option_groups", pointer, 100)):
                inside = f"{pointer}/option_groups/{number}"
                check.text(group, "label", inside, 75, required=True, plain=True)
                _option_list(check, group, inside, 100)
            return
        options = _option_list(check, node, pointer, most)
        if len(options) < least:
            check.add(f"{pointer}/options", f"must have at least {least} items")
        _placeholder(check, node, pointer)
        _confirm(check, node, pointer)

    return checker


def _option_list(check: Check, node: Json, pointer: str, most: int) -> list[Json]:
    options = check.count(node, "options", pointer, most)
    rich = node.get("type") in CHOICES
    for number, option in enumerate(options):
        inside = f"{pointer}/options/{number}"
        check.text(option, "text", inside, 75, required=True, plain=not rich)
        check.string(option, "value", inside, 150, required=True)
        check.text(option, "description", inside, 75, required=False, plain=not rich)
        check.url(option, "url", inside, web=False)
    return options


def _placeholder(check: Check, node: Json, pointer: str) -> None:
    check.text(node, "placeholder", pointer, 150, required=False, plain=True)


def _picker(check: Check, node: Json, pointer: str) -> None:
    _placeholder(check, node, pointer)
    _confirm(check, node, pointer)


def _input(check: Check, node: Json, pointer: str) -> None:
    _placeholder(check, node, pointer)
    check.whole(node, "max_length", pointer, 1, 3000)
    check.whole(node, "min_length", pointer, 0, 3000)
    check.string(
        {"initial_value": node.get("initial_value") or None}, "initial_value", pointer, 3000
    )


def _file_input(check: Check, node: Json, pointer: str) -> None:
    check.keys(node, pointer, {"type", "action_id", "filetypes", "max_files"})
    check.whole(node, "max_files", pointer, 1, 10)
    kinds = node.get("filetypes")
    if kinds is not None and not (
        isinstance(kinds, list) and kinds and all(isinstance(kind, str) for kind in kinds)
    ):
        check.add(f"{pointer}/filetypes", "must be a list of strings")


def _image(check: Check, node: Json, pointer: str) -> None:
    check.keys(node, pointer, {"type", "image_url", "alt_text", "slack_file"})
    check.url(node, "image_url", pointer, web=True, required=not node.get("slack_file"))
    check.string(node, "alt_text", pointer, 2000, required=True)


_CHECKS: dict[str, Callable[[Check, Json, str], None]] = {
    "button": _button,
    "image": _image,
    FILE_INPUT: _file_input,
    "overflow": _options(5),
    "checkboxes": _options(10),
    "radio_buttons": _options(10),
    **dict.fromkeys(SELECTS | PICKERS, _picker),
    "static_select": _options(100),
    "multi_static_select": _options(100),
    **dict.fromkeys(INPUTS, _input),
}
